# Postfix 2.x to 3.10: smtpd (any instance: postfix-out/smtpd, postfix/submission/smtpd), postscreen, cleanup.
# "postfix" alone is what rsyslog's RFC 5424 template makes of every service's tag.
#
# Weights: 1 for a plain error, 2 for what no mail client does by mistake, 0 for what lawful servers run into when
# their DNS or ours has a bad day. Temporary failures (4xx) are nobody's, but for 454 relay (Debian's default code)
# and the soft-bounced 450 of a user unknown.
service postfix

macro  queue-id   [0-9A-F]{5,20}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}
macro  id         NOQUEUE|<queue-id>
macro  client     <host>\[<addr>\](?::\d{1,5})?
# since 3.10 the queue id stands also before what is no reject
macro  maybe-id   (?:(?:<id>): )?
# "DATA content", "BDAT content": in the middle of a message
macro  stage      [A-Z-]{3,16}(?: content)?
macro  reject     <maybe-id>reject: <stage> from <client>:
# the enhanced status code is missing before 2.3
macro  5xx        5\d\d (?:5\.\d{1,3}\.\d{1,3} )?
# the address or name that a reply begins with: up to the first blank, since what stands behind a blank in it is the
# client's as well; refusals of addresses with a blank in them are "odd-address"
macro  named      \<[^ ]*>:
# all that log_whatsup adds, and no blank in it
macro  plain      (?:from=\<[^ ]*> )?(?:to=\<[^ ]*> )?proto=[A-Z]{4,5}(?: helo=\<[^ ]*>)?(?: sasl_[a-z]{4,8}=[^ <>]*){0,3}
# no syslogd has cut it, so what a client wrote into the reply stands again in from= or to=
macro  whole      (?=.{0,900}<end>)
# the words of a policy service, behind the first ">": not where the address itself holds them (then they stand twice in
# the line), nor where the line may have been cut in the middle of it
macro  refuses    <whole>(?!<text> rejected: <text> rejected: )\<[^>]*>: (?:Recipient address|Sender address|Data command|End-of-data) rejected: (?:[A-Za-z0-9]|[ ,.'!:()/-])*

program */smtpd postfix

# ---- reported only ----

rule reject-warning
    about   smtpd: warn_if_reject, what would have been rejected
    tier    observe
    match   <maybe-id>reject_warning: <stage> from <client>:
    hit     192.0.2.7  NOQUEUE: reject_warning: RCPT from unknown[192.0.2.7]: 450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.7]; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>
    hit     192.0.2.7  4F2B1AD208C: reject_warning: RCPT from unknown[192.0.2.7]: 504 5.5.2 <foo>: Sender address rejected: need fully-qualified address; from=<foo> to=<b@example.org> proto=ESMTP helo=<x>
    miss    NOQUEUE: warn: RCPT from unknown[192.0.2.7]: access map warning; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>

# ---- customers and lawful senders ----

rule customer
    about   smtpd since 3.10 (log_whatsup): who has logged in mistypes a recipient or breaks a rule of the house; a HELO of the same words ends in ">"
    weight  0
    match   <reject> <whole><text>\> sasl_method=[A-Za-z0-9_-]+ sasl_username=[^ <>]+(?: sasl_sender=[^ <>]+)?<end>
    hit@postfix/submission/smtpd  192.0.2.7  NOQUEUE: reject: RCPT from h.example.net[192.0.2.7]: 550 5.1.1 <bbo@example.org>: Recipient address rejected: User unknown in virtual mailbox table; from=<a@example.org> to=<bbo@example.org> proto=ESMTP helo=<[127.0.0.1]> sasl_method=PLAIN sasl_username=a@example.org
    hit@postfix/smtps/smtpd  2001:db8::7  NOQUEUE: reject: RCPT from unknown[2001:db8::7]: 554 5.7.1 <b@example.net>: Recipient address rejected: Access denied; from=<a@example.org> to=<b@example.net> proto=ESMTP helo=<pc> sasl_method=XOAUTH2 sasl_username=a@example.org sasl_sender=a@example.org
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.1 <b@example.org>: Recipient address rejected: User unknown in virtual mailbox table; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x> sasl_method=PLAIN sasl_username=a>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.1 <b@example.org>: Recipient address rejected: User unknown in virtual mailbox table; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>

rule mailbox-full
    about   a policy service, Dovecot's quota-status above all: the recipient's mailbox is full, which is no sender's fault
    weight  0
    match   <reject> (?:552 |5\d\d 5\.2\.[23] )
    match   <reject> 5\d\d (?:5\.[2-7]\.\d{1,3} )?<refuses>\b(?i:mailbox(?: is)? (?:full|over)|inbox(?: is)? full|(?:over|exceeds|exceeded)(?: the| its| his)? (?:disk )?quota|(?:block|inode|storage)s? limit exceeded)
    hit     192.0.2.7  NOQUEUE: reject: RCPT from mx.example.net[192.0.2.7]: 552 5.2.2 <b@example.org>: Recipient address rejected: Mailbox is full; from=<a@example.net> to=<b@example.org> proto=ESMTP helo=<mx.example.net>
    hit     192.0.2.7  NOQUEUE: reject: RCPT from mx.example.net[192.0.2.7]: 550 5.2.2 <b@example.org>: Recipient address rejected: User over quota; from=<a@example.net> to=<b@example.org> proto=ESMTP helo=<mx.example.net>
    hit     192.0.2.7  NOQUEUE: reject: RCPT from mx.example.net[192.0.2.7]: 554 5.7.1 <b@example.org>: Recipient address rejected: The mailbox is full; from=<a@example.net> to=<b@example.org> proto=ESMTP helo=<mx.example.net>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.1 <"x>: Recipient address rejected: mailbox full"@example.org>: Recipient address rejected: User unknown in local recipient table; from=<> to=<"x>: Recipient address rejected: mailbox full"@example.org> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.7.23 <b@example.org>: Recipient address rejected: Message rejected due to: SPF fail. See https://example.com/?id=x@mailbox-full.example.net; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<mailbox is full>

rule sending-limit
    about   a policy service (policyd, iRedAPD, postfwd, policyd-rate-limit): a customer has sent more than he may
    weight  0
    match   <reject> 5\d\d (?:5\.[2-7]\.\d{1,3} )?<refuses>\b(?i:quota(?: limit)?(?: is| was| has been)? (?:exceeded|reached)|(?:rate|sending|message|mail|recipient|daily|hourly)[ -]?limit|limits?(?: is| was| has been| have been| of \d{1,9}(?: [a-z-]{1,20}){1,6})? (?:exceeded|reached)|too many (?:messages|mails|e-?mails|recipients) (?:sent|in|per|within|from)|exceed(?:s|ed|ing)?(?: your| the| his)?(?: [a-z-]{1,20}){0,3} (?:quota|limit)|max(?:imum)? \d{1,9} [a-z-]{1,20} (?:per|in|within) )
    hit@postfix/submission/smtpd  192.0.2.7  NOQUEUE: reject: RCPT from h.example.net[192.0.2.7]: 554 5.7.1 <b@example.com>: Recipient address rejected: Policy Rejection- Quota Exceeded.; from=<a@example.org> to=<b@example.com> proto=ESMTP helo=<pc>
    hit     192.0.2.7  NOQUEUE: reject: RCPT from h.example.net[192.0.2.7]: 550 5.7.1 <b@example.com>: Recipient address rejected: You exceeded your hourly sending limit, sasl_username=a@example.org; from=<a@example.org> to=<b@example.com> proto=ESMTP helo=<pc>
    hit     192.0.2.7  NOQUEUE: reject: RCPT from h.example.net[192.0.2.7]: 554 5.7.1 <b@example.com>: Recipient address rejected: Policy rejection: limit of 200 messages per hour reached; from=<a@example.org> to=<b@example.com> proto=ESMTP helo=<pc>
    hit     192.0.2.7  NOQUEUE: reject: RCPT from h.example.net[192.0.2.7]: 550 5.7.1 <b@example.com>: Recipient address rejected: Too many mails sent today; from=<a@example.org> to=<b@example.com> proto=ESMTP helo=<pc>
    hit     192.0.2.7  D195AAD2434: reject: END-OF-MESSAGE from h.example.net[192.0.2.7]: 554 5.7.1 <END-OF-MESSAGE>: End-of-data rejected: sorry, max 200 recipients per day; from=<a@example.org> to=<b@example.com> proto=ESMTP helo=<pc>
    hit     192.0.2.7  NOQUEUE: reject: RCPT from h.example.net[192.0.2.7]: 554 5.7.1 <a@example.org>: Sender address rejected: Rate limit reached, retry later; from=<a@example.org> to=<b@example.com> proto=ESMTP helo=<pc>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 <"x>: Sender address rejected: limit exceeded"@example.net>: Sender address rejected: Access denied; from=<"x>: Sender address rejected: limit exceeded"@example.net> to=<b@example.org> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 <b@example.net>: Relay access denied; from=<"x>: Sender address rejected: limit exceeded"@example.net> to=<b@example.net> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 <"x>: Sender address rejected: limit exceeded"@example.net>: Relay access denied; from=<> to=<"x>: Sender address rejected: limit exceeded"@example.net> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 <unknown[192.0.2.7]>: Client host rejected: rate limit exceeded; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>

# ---- a name that nobody has: what no address can be mistaken for, so before all that have words behind one ----

rule unverified-recipient
    about   smtpd: reject_unverified_recipient, which echoes what another server said
    weight  0
    match   <reject> <whole>(?!<text> to=\<<text>un(?:verified|deliverable) address)[45]\d\d (?:[45]\.1\.1 )?<named> Recipient address rejected: un(?:verified|deliverable) address
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.1 <y@example.org>: Recipient address rejected: undeliverable address: host mx.example.net[198.51.100.9] said: 550 5.1.1 <y@example.org>: Recipient address rejected: User unknown in virtual mailbox table (in reply to RCPT TO command); from=<a@example.com> to=<y@example.org> proto=ESMTP helo=<x>
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.1.1 <y@example.org>: Recipient address rejected: unverified address: connect to mx.example.net[198.51.100.9]:25: Connection refused; from=<a@example.com> to=<y@example.org> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.1.1 <b@example.org>: Recipient address rejected: User unknown in local recipient table; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>

rule user-unknown
    about   smtpd: the recipient is in none of the tables (reject_unlisted_recipient); 450 is its soft bounce
    kind    recipient
    known   no
    # most of them, proved without PCRE2
    match   <reject> (?:5\d\d (?:5\.1\.1 )?|450 4\.1\.1 )\<(?<account>[^ <>"]{1,255})\>(?:: Recipient address rejected)?: User unknown(?: in [a-z ]{1,40})?; from=\<(?<sender>[^ <>"]{0,255})\> to=\<
    match   <reject> (?:5\d\d (?:5\.1\.1 )?|450 4\.1\.1 )\<<account>\>(?:: Recipient address rejected)?: User unknown(?: in [a-z ]{1,40})?; from=\<<sender>\> to=\<
    match   <reject> (?:5\d\d (?:5\.1\.1 )?|450 4\.1\.1 )\<<account>\>(?:: Recipient address rejected)?: User unknown(?: in |;|$)
    # so long that the reason is cut off: no lawful address is
    match   <reject> 550 5\.1\.1 (?=.{900})\<
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.1 <a@example.com>: Recipient address rejected: User unknown in local recipient table; from=<> to=<a@example.com> proto=ESMTP helo=<x>
    hit     192.0.2.7  4XyZ7q1fKJzvQb: reject: RCPT from h.example.net[192.0.2.7]: 550 5.1.1 <a@example.com>: Recipient address rejected: User unknown in virtual alias table; from=<> to=<a@example.com> proto=ESMTP helo=<x>
    hit     2001:db8::7  00ADB3C0899: reject: RCPT from h.example.net[2001:db8::7]:41857: 550 5.1.1 <a@example.com>: Recipient address rejected: User unknown in virtual mailbox table; from=<> to=<a@example.com> proto=ESMTP helo=<x>
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.1 <a@example.com>: Recipient address rejected: User unknown in relay recipient table; from=<> to=<a@example.com> proto=ESMTP helo=<x>
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.1.1 <a@example.com>: Recipient address rejected: User unknown in local recipient table; from=<> to=<a@example.com> proto=ESMTP helo=<x>
    hit     192.0.2.7  NOQUEUE: reject: VRFY from unknown[192.0.2.7]: 550 5.1.1 <a>: Recipient address rejected: User unknown; to=<a> proto=ESMTP helo=<x>
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.1 <x]: 550 5.1.1 from y[198.51.100.99]: z@example.com>: Recipient address rejected: User unknown in local recipient table; from=<> to=<z@example.com> proto=ESMTP helo=<x>
    hit@postfix-out/smtpd  192.0.2.7  reject: RCPT from unknown[192.0.2.7]: 550 <a@example.com>: User unknown in local recipient table; from=<> to=<a@example.com>
    hit@postfix  192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.1 <a@example.com>: Recipient address rejected: User unknown in local recipient table; from=<> to=<a@example.com> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject_warning: RCPT from unknown[192.0.2.7]: 550 5.1.1 <a@example.com>: Recipient address rejected: User unknown in local recipient table; from=<> to=<a@example.com> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[unknown]: 550 5.1.1 <a@example.com>: Recipient address rejected: User unknown in local recipient table; from=<> to=<a@example.com> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.7.1 <a@example.com>: Recipient address rejected: Greylisted; from=<User unknown in> to=<a@example.com> proto=ESMTP helo=<x>
    miss    71614AD208F: to=<b@example.org>, relay=mx.example.org[192.0.2.7]:25, delay=0.04, dsn=5.1.1, status=bounced (host mx.example.org[192.0.2.7] said: 550 5.1.1 <b@example.org>: Recipient address rejected: User unknown in local recipient table (in reply to RCPT TO command))

# ---- the client ----

rule unknown-client
    about   smtpd: reject_unknown_client_hostname; lawful senders fail it too, so it is off
    weight  0
    match   <reject> [45]\d\d (?:[45]\.\d{1,3}\.\d{1,3} )?Client host rejected: cannot find your hostname
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.7]; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>
    hit     2001:db8::7  NOQUEUE: reject: CONNECT from unknown[2001:db8::7]: 550 5.7.1 Client host rejected: cannot find your hostname, [2001:db8::7]; proto=SMTP
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.7]; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>

rule unknown-reverse-client
    about   smtpd: reject_unknown_reverse_client_hostname; off, as above
    weight  0
    match   <reject> [45]\d\d (?:[45]\.\d{1,3}\.\d{1,3} )?Client host rejected: cannot find your reverse hostname
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.7]; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.7]; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>

rule client-access
    about   smtpd: check_client_access, the access map's own text
    match   <reject> <5xx>(?:<[^ ]{1,350}>: )?Client host rejected:
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 <unknown[192.0.2.7]>: Client host rejected: Access denied; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>
    hit     192.0.2.7  NOQUEUE: reject: CONNECT from host.example.net[192.0.2.7]:40912: 521 5.7.1 <host.example.net[192.0.2.7]:40912>: Client host rejected: Go away; proto=SMTP
    hit     2001:db8::7  NOQUEUE: reject: RCPT from unknown[2001:db8::7]: 554 5.7.1 <unknown[2001:db8::7]>: Client host rejected: Access denied; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.7.1 <unknown[192.0.2.7]>: Client host rejected: Access denied; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.7]; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[unknown]: 554 5.7.1 <unknown[unknown]>: Client host rejected: Access denied; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>

rule dnsbl
    about   smtpd: reject_rbl_client, reject_rhsbl_*: listed in a blocklist
    match   <reject> <5xx>Service unavailable(?:;|<end>)
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using dnsbl.example.org; https://dnsbl.example.org/query/ip/192.0.2.7; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>
    # cut where a part of the reply was left empty, or by somebody's syslogd
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 Service unavailable
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 Service unavailable; Sender address [a@example.com] blocked using dbl.example.org; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 454 4.7.1 Service unavailable; Client host [192.0.2.7] blocked using dnsbl.example.org; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.3.2 Service currently unavailable; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>

rule dnsbl-temporary
    about   smtpd: the same with a temporary reply code
    weight  0
    match   <reject> 4\d\d (?:4\.\d{1,3}\.\d{1,3} )?Service unavailable;
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 454 4.7.1 Service unavailable; Client host [192.0.2.7] blocked using dnsbl.example.org; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using dnsbl.example.org; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>

# ---- HELO ----

rule unknown-helo
    about   smtpd: reject_unknown_helo_hostname, temporary: the name or its name server is not found
    weight  0
    match   <reject> 4(?:[0-46-9]\d|5[0-35-9]) (?:4\.7\.1 )?<named> Helo command rejected: Host not found
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.7.1 <nx.example.net>: Helo command rejected: Host not found; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<nx.example.net>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.7.1 <x.example.net>: Helo command rejected: Access denied; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x.example.net>

rule refused-helo
    about   smtpd: reject_unknown_helo_hostname with a permanent code
    match   <reject> <5xx><named> Helo command rejected: Host not found
    hit     192.0.2.7  NOQUEUE: reject: RCPT from host.example.net[192.0.2.7]: 550 5.7.1 <nx.example.net>: Helo command rejected: Host not found; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<nx.example.net>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.7.1 <nx.example.net>: Helo command rejected: Host not found; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<nx.example.net>

rule nonfqdn-helo
    about   smtpd: reject_non_fqdn_helo_hostname
    match   <reject> <5xx><named> Helo command rejected: need fully-qualified hostname
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 504 5.5.2 <ylmf-pc>: Helo command rejected: need fully-qualified hostname; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<ylmf-pc>
    hit@postfix/smtps/smtpd  192.0.2.7  NOQUEUE: reject: EHLO from unknown[192.0.2.7]: 504 5.5.2 <User>: Helo command rejected: need fully-qualified hostname; proto=SMTP helo=<User>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 504 5.5.2 <nosuch>: Recipient address rejected: need fully-qualified address; from=<a@example.com> to=<nosuch> proto=ESMTP helo=<x>

rule invalid-helo
    about   smtpd: reject_invalid_helo_hostname
    match   <reject> <5xx><named> Helo command rejected: [Ii]nvalid
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 501 5.5.2 <bad_host!.example>: Helo command rejected: Invalid name; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<bad_host!.example>
    hit     192.0.2.7  NOQUEUE: reject: EHLO from unknown[192.0.2.7]: 501 5.5.2 <a]:_550_from_unknown[198.51.100.99]:_550>: Helo command rejected: Invalid name; proto=SMTP helo=<a]:_550_from_unknown[198.51.100.99]:_550>
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 501 5.5.2 <[192.0.2.777]>: Helo command rejected: invalid ip address; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<[192.0.2.777]>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.7.1 <nx.example.net>: Helo command rejected: Host not found; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<nx.example.net>

rule helo-access
    about   smtpd: check_helo_access, the access map's own text
    match   <reject> <5xx><named> Helo command rejected:
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 <mx.example.org>: Helo command rejected: Fake HELO: you are not mx; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<mx.example.org>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.7.1 <x.example.net>: Helo command rejected: Access denied; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x.example.net>

# ---- pipelining ----

rule pipelining
    about   smtpd: reject_unauth_pipelining, and what smtpd notes by itself when a client talks before its turn
    session once
    match   <reject> 503 (?:5\.5\.0 |<named> [A-Z][a-z]{2,9} (?:command|address) rejected: Improper use of SMTP command pipelining)
    match   <maybe-id>improper command pipelining after [A-Z-]{3,16}(?: \(\d{1,12} bytes\))? from <client>
    hit     192.0.2.7  B185CAD24BC: reject: DATA from unknown[192.0.2.7]: 503 5.5.0 <DATA>: Data command rejected: Improper use of SMTP command pipelining; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 503 5.5.0 <b@example.org>: Recipient address rejected: Improper use of SMTP command pipelining; from=<a@example.com> to=<b@example.org> proto=SMTP helo=<x>
    hit     192.0.2.7  improper command pipelining after EHLO from unknown[192.0.2.7]: MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n
    hit     192.0.2.7  improper command pipelining after RSET from h.example.net[192.0.2.7]
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 504 5.5.2 <nosuch>: Recipient address rejected: need fully-qualified address; from=<a@example.com> to=<nosuch> proto=ESMTP helo=<x>

# ---- the sender ----

rule unknown-sender-domain
    about   smtpd: reject_unknown_sender_domain, temporary: the text is the same for a name that is not and a server that is down
    weight  0
    match   <reject> 4\d\d (?:4\.1\.8 )?<named> Sender address rejected: (?:Domain not found|Malformed DNS server reply)
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.1.8 <a@nx.example.net>: Sender address rejected: Domain not found; from=<a@nx.example.net> to=<b@example.org> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.8 <a@nx.example.net>: Sender address rejected: Domain not found; from=<a@nx.example.net> to=<b@example.org> proto=ESMTP helo=<x>

rule refused-sender-domain
    about   smtpd: reject_unknown_sender_domain with a permanent code, or a domain that says it sends no mail
    match   <reject> <5xx><named> Sender address rejected: (?:Domain not found|Malformed DNS server reply|Domain [A-Za-z0-9._-]{1,255} does not accept mail)
    hit     192.0.2.7  NOQUEUE: reject: RCPT from h.example.net[192.0.2.7]: 550 5.1.8 <a@nx.example.net>: Sender address rejected: Domain not found; from=<a@nx.example.net> to=<b@example.org> proto=ESMTP helo=<x>
    hit     192.0.2.7  NOQUEUE: reject: RCPT from h.example.net[192.0.2.7]: 550 5.7.27 <a@nullmx.example.net>: Sender address rejected: Domain nullmx.example.net does not accept mail (nullMX); from=<a@nullmx.example.net> to=<b@example.org> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.1.8 <a@nx.example.net>: Sender address rejected: Domain not found; from=<a@nx.example.net> to=<b@example.org> proto=ESMTP helo=<x>

rule nonfqdn-sender
    about   smtpd: reject_non_fqdn_sender
    match   <reject> <5xx><named> Sender address rejected: need fully-qualified address
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 504 5.5.2 <foo@localhost>: Sender address rejected: need fully-qualified address; from=<foo@localhost> to=<b@example.org> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 504 5.5.2 <nosuch>: Recipient address rejected: need fully-qualified address; from=<a@example.com> to=<nosuch> proto=ESMTP helo=<x>

rule sender-unknown
    about   smtpd: reject_unlisted_sender, a sender of ours that is in none of the tables
    match   <reject> <5xx><named> Sender address rejected: User unknown
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.0 <nosuch@example.org>: Sender address rejected: User unknown in local recipient table; from=<nosuch@example.org> to=<b@example.org> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.1 <a@example.com>: Recipient address rejected: User unknown in local recipient table; from=<> to=<a@example.com> proto=ESMTP helo=<x>

rule sender-not-owned
    about   smtpd: reject_sender_login_mismatch for one who did log in: a customer and his aliases
    weight  0
    match   <reject> <whole>(?!<text> from=\<<text>not owned by user)553 (?:5\.7\.1 )?<named> Sender address rejected: not owned by user
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 553 5.7.1 <bob@example.org>: Sender address rejected: not owned by user alice; from=<bob@example.org> to=<c@example.com> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 553 5.7.1 <bob@example.org>: Sender address rejected: not logged in; from=<bob@example.org> to=<c@example.com> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from h[192.0.2.7]: 550 5.1.1 <a@example.com>: Recipient address rejected: User unknown in local recipient table; from=<"x: Sender address rejected: not owned by user y"@example.net> to=<a@example.com> proto=ESMTP helo=<x>

rule unverified-sender
    about   smtpd: reject_unverified_sender, which echoes what another server said
    weight  0
    match   <reject> <whole>(?!<text> from=\<<text>un(?:verified|deliverable) address)[45]\d\d (?:[45]\.1\.7 )?<named> Sender address rejected: un(?:verified|deliverable) address
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.1.7 <x@example.net>: Sender address rejected: unverified address: host mx.example.net[198.51.100.9] said: 550 5.1.1 <x@example.net>: Recipient address rejected: User unknown in virtual mailbox table (in reply to RCPT TO command); from=<x@example.net> to=<b@example.org> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.0 <nosuch@example.org>: Sender address rejected: User unknown in local recipient table; from=<nosuch@example.org> to=<b@example.org> proto=ESMTP helo=<x>

rule sender-access
    about   smtpd: check_sender_access, check_sender_mx_access and the like, the access map's own text
    match   <reject> <5xx><named> Sender address rejected:
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 <a@example.com>: Sender address rejected: Access denied; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>
    hit     192.0.2.7  NOQUEUE: reject: MAIL from unknown[192.0.2.7]: 553 5.7.1 <bob@example.org>: Sender address rejected: not logged in; from=<bob@example.org> proto=ESMTP helo=<x>
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 553 5.7.1 <x>: Sender address rejected: not owned by user y@example.org>: Sender address rejected: not logged in; from=<"x>: Sender address rejected: not owned by user y"@example.org> to=<b@example.org> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.7.1 <a@example.com>: Sender address rejected: Access denied; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>

# ---- the recipient ----

rule relay-denied
    about   smtpd: reject_unauth_destination; 454 is defer_unauth_destination, Debian's default
    match   <reject> (?:<5xx>|454 4\.7\.1 )<named> (?:[A-Z][a-z]{2,9} (?:command|address) rejected: )?Relay access denied
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 <victim@example.net>: Relay access denied; from=<a@example.com> to=<victim@example.net> proto=ESMTP helo=<x>
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 454 4.7.1 <victim@example.net>: Relay access denied; from=<a@example.com> to=<victim@example.net> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.7.1 <b@example.org>: Recipient address rejected: Greylisted; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>

rule unknown-recipient-domain
    about   smtpd: reject_unknown_recipient_domain, temporary
    weight  0
    match   <reject> 4\d\d (?:4\.1\.2 )?<named> Recipient address rejected: (?:Domain not found|Malformed DNS server reply)
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.1.2 <foo@nx.example.net>: Recipient address rejected: Domain not found; from=<a@example.com> to=<foo@nx.example.net> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.2 <foo@nx.example.net>: Recipient address rejected: Domain not found; from=<a@example.com> to=<foo@nx.example.net> proto=ESMTP helo=<x>

rule refused-recipient-domain
    about   smtpd: reject_unknown_recipient_domain with a permanent code, or a domain that takes no mail
    match   <reject> <5xx><named> Recipient address rejected: (?:Domain not found|Malformed DNS server reply|Domain [A-Za-z0-9._-]{1,255} does not accept mail)
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.2 <foo@nx.example.net>: Recipient address rejected: Domain not found; from=<a@example.com> to=<foo@nx.example.net> proto=ESMTP helo=<x>
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 556 5.1.10 <foo@nullmx.example.net>: Recipient address rejected: Domain nullmx.example.net does not accept mail (nullMX); from=<a@example.com> to=<foo@nullmx.example.net> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.1.2 <foo@nx.example.net>: Recipient address rejected: Domain not found; from=<a@example.com> to=<foo@nx.example.net> proto=ESMTP helo=<x>

rule nonfqdn-recipient
    about   smtpd: reject_non_fqdn_recipient
    match   <reject> <5xx><named> Recipient address rejected: need fully-qualified address
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 504 5.5.2 <nosuch>: Recipient address rejected: need fully-qualified address; from=<a@example.com> to=<nosuch> proto=ESMTP helo=<x>
    hit     192.0.2.7  NOQUEUE: reject: VRFY from unknown[192.0.2.7]: 504 5.5.2 <alice>: Recipient address rejected: need fully-qualified address; to=<alice> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 504 5.5.2 <foo>: Sender address rejected: need fully-qualified address; from=<foo> to=<b@example.org> proto=ESMTP helo=<x>

rule user-moved
    about   smtpd: relocated_maps, somebody writes to an old address
    weight  0
    match   <reject> 5\d\d 5\.1\.6 
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.6 <old@example.org>: Recipient address rejected: User has moved to new@example.org; from=<a@example.com> to=<old@example.org> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.1 <old@example.org>: Recipient address rejected: User unknown in local recipient table; from=<a@example.com> to=<old@example.org> proto=ESMTP helo=<x>

rule recipient-access
    about   smtpd: check_recipient_access or a policy service, in their own words
    match   <reject> <5xx><named> Recipient address rejected:
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 <closed@example.org>: Recipient address rejected: Mailbox closed; from=<a@example.com> to=<closed@example.org> proto=ESMTP helo=<x>
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.7.23 <b@example.org>: Recipient address rejected: Message rejected due to: SPF fail - not authorized; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.7.1 <b@example.org>: Recipient address rejected: Greylisted; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 451 4.3.5 <b@example.org>: Recipient address rejected: Server configuration problem; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>

# ---- DATA, ETRN, milters ----

rule data-access
    about   smtpd: a restriction at DATA or at the end of the message
    match   <reject> <5xx><named> (?:Data command|End-of-data) rejected:
    hit     192.0.2.7  D195AAD2434: reject: DATA from unknown[192.0.2.7]: 550 5.5.3 <DATA>: Data command rejected: Multi-recipient bounce; from=<> proto=ESMTP helo=<x>
    miss    D195AAD2434: reject: DATA from unknown[192.0.2.7]: 451 4.7.1 <DATA>: Data command rejected: try again; from=<> proto=ESMTP helo=<x>

rule etrn-denied
    about   smtpd: smtpd_etrn_restrictions
    match   <maybe-id>reject: ETRN from <client>: <5xx>\<
    hit     192.0.2.7  NOQUEUE: reject: ETRN from unknown[192.0.2.7]: 554 5.7.1 <example.org>: Etrn command rejected: Access denied; proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: ETRN from unknown[192.0.2.7]: 450 4.7.1 <example.org>: Etrn command rejected: try again; proto=ESMTP helo=<x>

# last of the refusals: what the rules above tell by the words behind an address

rule odd-address
    about   smtpd: an address with a blank in it, which no mail program writes, or one so long that the reason is cut off: what seems to be the reason may be the client's words
    match   <reject> (?:<5xx>|454 4\.7\.1 |450 4\.1\.1 )(?:(?=.{900})|(?!(?>.*?; (?=(?:from|to)=\<|proto=))<plain><end>))\<
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 <a" from unknown[198.51.100.99]: 554 5.7.1 @example.net>: Relay access denied; from=<a@example.com> to=<"a\" from unknown[198.51.100.99]: 554 5.7.1 "@example.net> proto=ESMTP helo=<x>
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 <a b@example.org>: Recipient address rejected: Access denied; from=<a@example.com> to=<"a b"@example.org> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.7.1 <a b@example.org>: Recipient address rejected: Greylisted; from=<a@example.com> to=<"a b"@example.org> proto=ESMTP helo=<x>

# ---- what smtpd itself notes ----

rule too-many-errors
    about   smtpd: smtpd_hard_error_limit, Postfix's own hard limit, speaks
    session echo
    match   <maybe-id>too many errors after [A-Z-]{3,16}(?: \(\d{1,12} bytes\))? from <client>
    hit     192.0.2.7  too many errors after RCPT from unknown[192.0.2.7]
    hit     192.0.2.7  NOQUEUE: too many errors after UNKNOWN from unknown[192.0.2.7]
    hit@postfix/submission/smtpd  192.0.2.7  4F2B1AD208C: too many errors after DATA (0 bytes) from h.example.net[192.0.2.7]
    miss    NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.7.1 <b@example.org>: Recipient address rejected: too many errors after RCPT from x[198.51.100.99]; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>

rule bare-newline
    about   smtpd: smtpd_forbid_bare_newline; a reject since 3.8.5 and 3.9.0, before (3.5.23 to 3.8.4) the reason why the session ended
    session once
    match   <reject> bare \<LF\> received
    match   <maybe-id>bare \<LF\> received after [A-Z-]{3,16}(?: \(\d{1,12} bytes\))? from <client>
    hit     192.0.2.7  NOQUEUE: reject: EHLO from unknown[192.0.2.7]: bare <LF> received; proto=SMTP
    hit     192.0.2.7  4XyZ7q1fKJzvQb: reject: DATA content from unknown[192.0.2.7]: bare <LF> received; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>
    hit     2001:db8::7  4XyZ7q1fKJzvQb: reject: END-OF-MESSAGE from unknown[2001:db8::7]: bare <LF> received; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>
    hit     192.0.2.7  bare <LF> received after DATA (1104 bytes) from h.example.net[192.0.2.7]
    hit     192.0.2.7  NOQUEUE: bare <LF> received after CONNECT from h.example.net[192.0.2.7]
    miss    disconnect from unknown[192.0.2.7] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5 notes=bare_lf

rule non-smtp-command
    about   smtpd: smtpd_forbidden_commands: HTTP, mail headers after a refused DATA
    weight  2
    session echo
    match   warning: <maybe-id>non-SMTP command from <client>:
    hit     192.0.2.7  warning: non-SMTP command from unknown[192.0.2.7]: GET / HTTP/1.1
    hit@postfix/submission/smtpd  192.0.2.7  warning: non-SMTP command from unknown[192.0.2.7]: GET / from unknown[198.51.100.99]: 550 5.1.1 HTTP/1.1
    miss    warning: unknown[192.0.2.7]: request longer than 2048: GET non-SMTP command from x[198.51.100.99]: AAAA...

rule rate-limit
    about   smtpd: anvil's limits: connections, messages, recipients, logins, TLS sessions
    match   warning: (?:Connection concurrency|(?:Connection|Message delivery request|Recipient address|AUTH command|New TLS session) rate) limit exceeded: \d{1,9} from <client> for service
    hit     192.0.2.7  warning: Connection rate limit exceeded: 4 from unknown[192.0.2.7] for service 192.0.2.25:25
    hit     2001:db8::7  warning: Connection concurrency limit exceeded: 51 from unknown[2001:db8::7] for service smtp
    hit     192.0.2.7  warning: AUTH command rate limit exceeded: 3 from unknown[192.0.2.7] for service submission
    miss    warning: Refusing STARTTLS request from unknown[192.0.2.7] for service 192.0.2.25:25

rule sasl-down
    about   smtpd: Dovecot's auth socket, or saslauthd, is not there; that it is busy does not count
    kind    outage
    match   warning: SASL: Connect to (?:Dovecot auth socket ')?[A-Za-z0-9._:/-]{1,200}'? failed: (?:Connection refused|No such file or directory|Permission denied)
    match   warning: SASL authentication failure: cannot connect to saslauthd server: (?:Connection refused|No such file or directory|Permission denied)
    hit     -  warning: SASL: Connect to Dovecot auth socket 'private/auth' failed: Connection refused
    hit     -  warning: SASL: Connect to private/auth failed: No such file or directory
    hit     -  warning: SASL authentication failure: cannot connect to saslauthd server: Connection refused
    miss    warning: SASL: Connect to Dovecot auth socket 'private/auth' failed: Resource temporarily unavailable
    miss    warning: SASL authentication failure: Password verification failed

rule sasl-unavailable
    about   smtpd: a login failed for want of an answer; strangers bring this about too, so it counts if a customer meets it
    kind    outage
    match   warning: <maybe-id><client>: SASL [^ ]+ authentication failed: (?:Connection lost to|Can't connect|generic failure|no memory|transient failure|remote authentication server|[Tt]emporary|[Ii]nternal)
    hit     192.0.2.7  warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: Connection lost to authentication server, sasl_username=alice
    hit     192.0.2.7  warning: unknown[192.0.2.7]: SASL PLAIN authentication failed: generic failure
    miss    warning: unknown[192.0.2.7]: SASL PLAIN authentication failed: (reason unavailable), sasl_username=generic failure

rule sasl-failed
    about   smtpd: a login failed, as Dovecot or Cyrus SASL put it; not when the failure was the server's own
    kind    failed-login
    # most of them, proved without PCRE2
    match   warning: <maybe-id><client>: SASL [^ ]+ authentication failed: (?:\(reason unavailable\)|authentication failure|Invalid authentication mechanism|UGFzc3dvcmQ6|VXNlcm5hbWU6)?, sasl_username=(?<account>[^ (),"<>]{1,255})<end>
    match   warning: <maybe-id><client>: SASL [^ ]+ authentication failed(?!: (?:Connection lost to|Can't connect|generic failure|no memory|overflowed buffer|transient failure|version mismatch|remote authentication server|[Tt]emporary|[Ii]nternal))<text>, sasl_username=(?!\(unavailable\)<end>)<account><end>
    match   warning: <maybe-id><client>: SASL [^ ]+ authentication (?:aborted|failed(?!: (?:Connection lost to|Can't connect|generic failure|no memory|overflowed buffer|transient failure|version mismatch|remote authentication server|[Tt]emporary|[Ii]nternal)))
    hit     192.0.2.7  warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: (reason unavailable), sasl_username=alice
    hit     192.0.2.7  warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: UGFzc3dvcmQ6
    hit     192.0.2.7  warning: h.example.net[192.0.2.7]:55729: SASL PLAIN authentication failed: authentication failure
    hit     192.0.2.7  warning: unknown[192.0.2.7]: SASL FOO authentication failed: Invalid authentication mechanism, sasl_username=(unavailable)
    hit     192.0.2.7  warning: unknown[192.0.2.7]: SASL Plain authentication failed:
    hit     192.0.2.7  warning: unknown[192.0.2.7]: SASL PLAIN authentication failed: authentication failure, sasl_username=x from unknown[198.51.100.99]: SASL
    hit@postfix/submission/smtpd  192.0.2.7  warning: unknown[192.0.2.7]: SASL LOGIN authentication aborted
    hit@postfix-incoming/smtpd  2001:db8::7  warning: unknown[2001:db8::7]: SASL DIGEST-MD5 authentication failed: bad protocol / cancel
    miss    warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: Connection lost to authentication server, sasl_username=alice
    miss    warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: generic failure
    miss    warning: SASL authentication failure: Password verification failed

rule lost-auth
    about   smtpd: the client hung up during AUTH and nothing else tells of it
    kind    failed-login
    match   <maybe-id>lost connection after AUTH from <client>
    hit     192.0.2.7  lost connection after AUTH from h.example.net[192.0.2.7]
    hit@postfix/smtps/smtpd  192.0.2.7  NOQUEUE: lost connection after AUTH from h.example.net[192.0.2.7]:59123
    miss    lost connection after DATA from h.example.net[192.0.2.7]

# ---- cleanup's and smtpd's milters ----

program */cleanup */smtpd postfix

rule milter-reject
    about   smtpd, cleanup: a milter refuses for good (spam, virus, DMARC)
    match   <id>: milter-reject: <stage> from <client>: (?:5\d\d )?5\.\d{1,3}\.\d{1,3}
    hit     192.0.2.7  3ADC6AD205E: milter-reject: END-OF-MESSAGE from unknown[192.0.2.7]: 5.7.1 Spam message rejected; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>
    hit     192.0.2.7  NOQUEUE: milter-reject: EHLO from unknown[192.0.2.7]: 550 5.7.1 HELO not liked; proto=SMTP helo=<x>
    miss    02B0EAD247B: milter-reject: END-OF-MESSAGE from unknown[192.0.2.7]: 4.7.1 Try again later (greylisted); from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>
    miss    NOQUEUE: milter-reject: CONNECT from unknown[192.0.2.7]: 451 4.7.1 Service unavailable - try again later; proto=SMTP
    miss    42BFEAD24C5: reject: header Subject: cheap pills from unknown[192.0.2.7]; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>: 5.7.1 No pills here

# ---- smtpd: connections without a login, for the strict ----

program */smtpd postfix

rule lost-connection
    about   smtpd: the client hung up, or said nothing, before any mail; flaky lines and monitors do so too
    tier    strict
    session echo
    match   <maybe-id>(?:lost connection|timeout) after (?:CONNECT|HELO|EHLO|STARTTLS|AUTH|MAIL|RCPT|RSET|NOOP|VRFY|ETRN|UNKNOWN) from <client>
    hit     192.0.2.7  lost connection after CONNECT from unknown[192.0.2.7]
    hit     192.0.2.7  NOQUEUE: timeout after EHLO from unknown[192.0.2.7]:41857
    miss    lost connection after DATA (614 bytes) from unknown[192.0.2.7]
    miss    lost connection after CONNECT from unknown[unknown]

rule tls-failed
    about   smtpd: a TLS handshake failed; old devices do so too
    tier    strict
    session echo
    match   <maybe-id>SSL_accept error from <client>:
    hit     192.0.2.7  SSL_accept error from unknown[192.0.2.7]: -1
    hit@postfix/smtps/smtpd  192.0.2.7  SSL_accept error from unknown[192.0.2.7]: lost connection
    miss    Anonymous TLS connection established from unknown[192.0.2.7]: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)

rule bad-syntax
    about   smtpd: an address that is none, a request longer than any
    tier    strict
    session echo
    match   warning: <maybe-id>Illegal address syntax from <client> in
    match   warning: <maybe-id><client>: request longer than \d{1,9}:
    hit     192.0.2.7  warning: Illegal address syntax from unknown[192.0.2.7] in RCPT command: <a b@example.org>
    hit     192.0.2.7  warning: unknown[192.0.2.7]: request longer than 2048: FOO AAAAAAAAAAAAAAAAAAAAAAAAAA...
    miss    warning: hostname h.example.net does not resolve to address 192.0.2.7

# ---- smtpd: the summary at the session's end, for what no other line tells ----

rule auth-refused
    about   smtpd: every AUTH of the session failed, and no other line says so: logins where none are offered
    kind    failed-login
    session summary
    match   disconnect from <client><text> auth=0/
    hit     192.0.2.7  disconnect from unknown[192.0.2.7] ehlo=1 auth=0/3 quit=1 commands=2/5
    miss    disconnect from unknown[192.0.2.7] ehlo=1 auth=1/2 mail=1 rcpt=1 data=1 quit=1 commands=6/7

rule helo-required
    about   smtpd: MAIL before HELO, smtpd_helo_required; Postfix logs nothing else about it
    session summary
    match   disconnect from <client>(?!<text> [eh][he]lo=)<text> mail=0/
    hit     192.0.2.7  disconnect from unknown[192.0.2.7] mail=0/1 commands=0/1
    hit     192.0.2.7  disconnect from unknown[192.0.2.7] mail=0/1 rcpt=0/1 quit=1 commands=1/3
    miss    disconnect from unknown[192.0.2.7] ehlo=1 mail=0/1 quit=1 commands=2/3
    miss    disconnect from unknown[192.0.2.7] helo=1 mail=0/1 quit=1 commands=2/3

rule unknown-commands
    about   smtpd: three commands or more that do not exist
    session summary
    match   disconnect from <client><text> unknown=0/(?:[3-9]|\d\d)
    hit     192.0.2.7  disconnect from unknown[192.0.2.7] ehlo=1 quit=1 unknown=0/4 commands=2/6
    miss    disconnect from unknown[192.0.2.7] ehlo=1 unknown=0/1 commands=1/2

rule refused-commands
    about   smtpd: VRFY, ETRN, XCLIENT or XFORWARD, all refused
    tier    strict
    session summary
    match   disconnect from <client><text> (?:vrfy|etrn|xclient|xforward)=0/
    hit     192.0.2.7  disconnect from unknown[192.0.2.7] ehlo=1 vrfy=0/3 quit=1 commands=2/5
    miss    disconnect from unknown[192.0.2.7] ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4

rule session-end
    about   smtpd: the client is gone, and the process may serve the next one, or the same again
    weight  0
    session summary
    match   disconnect from <client>
    hit     192.0.2.7  disconnect from unknown[192.0.2.7] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
    hit     192.0.2.7  disconnect from h.example.net[192.0.2.7]
    miss    connect from unknown[192.0.2.7]

# ---- smtpd: customers and lawful senders ----

rule authenticated
    about   smtpd: mail from one who has logged in
    kind    login
    match   <id>: client=<client>, sasl_method=[A-Za-z0-9_-]{1,32}, sasl_username=(?!<text>, (?:sasl_sender|orig_queue_id|orig_client)=)<account><end>
    match   <id>: client=<client>, sasl_method=[A-Za-z0-9_-]{1,32}, sasl_username=(?<account>[^, ]{1,255}), (?:sasl_sender|orig_queue_id|orig_client)=
    match   <id>: client=<client>, sasl_method=
    hit     192.0.2.7  7CC65AD208C: client=h.example.net[192.0.2.7], sasl_method=PLAIN, sasl_username=alice@example.org
    hit     192.0.2.7  7CC65AD208C: client=h.example.net[192.0.2.7], sasl_method=PLAIN, sasl_username=alice@example.org, sasl_sender=bob@example.org
    miss    7CC65AD208C: client=h.example.net[192.0.2.7]

rule accepted
    about   smtpd: a recipient of this client's was accepted; a content filter tells by XFORWARD whose mail it brings back
    kind    accepted
    match   <queue>: client=<host>\[[0-9A-Fa-f.:]{2,45}\](?::\d{1,5})?, orig_queue_id=[0-9A-Za-z]{5,20}, orig_client=<client>
    match   <queue>: client=<client><end>
    match   <queue>: client=<client>(?!, sasl_method=)
    hit     192.0.2.7  7CC65AD208C: client=h.example.net[192.0.2.7]
    hit     192.0.2.7  4XyZ7q1fKJzvQb: client=localhost[127.0.0.1], orig_queue_id=7CC65AD208C, orig_client=h.example.net[192.0.2.7]
    miss    7CC65AD208C: client=unknown[unknown]

# ---- postscreen: one process for all, so the client's port tells its sessions apart ----

program */postscreen postfix

rule postscreen-pregreet
    about   postscreen: the client talked before the greeting
    weight  2
    match   PREGREET \d{1,6} after [0-9.]{1,12} from \[<addr>\]:<session>:
    hit     192.0.2.7  PREGREET 26 after 0.04 from [192.0.2.7]:39911: EHLO client.example.com\r\n
    hit     2001:db8::7  PREGREET 44 after 0 from [2001:db8::7]:49009: EHLO x\r\nfrom [198.51.100.99]:25: 550 5.7.1\r\n
    miss    HANGUP after 1 from [192.0.2.7]:40081 in tests before SMTP handshake

rule postscreen-denied
    about   postscreen: on the permanent deny list (postscreen_access_list)
    match   (?:DENY|BLACK)LISTED \[<addr>\]:<session>
    hit     192.0.2.7  DENYLISTED [192.0.2.7]:40661
    hit     2001:db8::7  BLACKLISTED [2001:db8::7]:44087
    miss    ALLOWLISTED [192.0.2.7]:40661

rule postscreen-dnsbl
    about   postscreen: the blocklists' score is over the threshold
    session echo
    match   DNSBL rank \d{1,6} for \[<addr>\]:<session>
    hit     192.0.2.7  DNSBL rank 2 for [192.0.2.7]:43113
    miss    PASS NEW [192.0.2.7]:43113

rule postscreen-non-smtp
    about   postscreen: HTTP or mail headers instead of commands
    weight  2
    session echo
    match   NON-SMTP COMMAND from \[<addr>\]:<session> after
    hit     192.0.2.7  NON-SMTP COMMAND from [192.0.2.7]:42461 after CONNECT: GET / HTTP/1.1
    miss    COMMAND PIPELINING from [192.0.2.7]:43637 after EHLO: x

rule postscreen-pipelining
    about   postscreen: several commands at once without leave
    session echo
    match   COMMAND PIPELINING from \[<addr>\]:<session> after
    hit     192.0.2.7  COMMAND PIPELINING from [192.0.2.7]:43637 after EHLO: from [198.51.100.99]:25: 550 5.7.1 \377\r\n
    miss    BARE NEWLINE from [192.0.2.7]:43637 after EHLO x

rule postscreen-limit
    about   postscreen: too many commands, too long ones, too many connections
    session echo
    match   COMMAND (?:COUNT|LENGTH) LIMIT from \[<addr>\]:<session> after
    match   NOQUEUE: reject: CONNECT from \[<addr>\]:<session>: too many connections
    hit     192.0.2.7  COMMAND COUNT LIMIT from [192.0.2.7]:52169 after NOOP
    hit     192.0.2.7  NOQUEUE: reject: CONNECT from [192.0.2.7]:55593: too many connections
    miss    COMMAND TIME LIMIT from [192.0.2.7]:39911 after EHLO
    miss    NOQUEUE: reject: CONNECT from [192.0.2.7]:55593: all server ports busy

rule postscreen-reject
    about   postscreen: refused for good; repeats PREGREET, DNSBL or DENYLISTED where they were logged
    session echo
    match   NOQUEUE: reject: <stage> from \[<addr>\]:<session>: 5\d\d
    hit     192.0.2.7  NOQUEUE: reject: RCPT from [192.0.2.7]:49477: 550 5.5.1 Protocol error; from=<a@example.com>, to=<b@example.org>, proto=ESMTP, helo=<x>
    hit     192.0.2.7  NOQUEUE: reject: RCPT from [192.0.2.7]:43113: 550 5.7.1 Service unavailable; client [192.0.2.7] blocked using dnsbl.example.org; from=<a@example.com>, to=<b@example.org>, proto=ESMTP, helo=<x>
    miss    NOQUEUE: reject: RCPT from [192.0.2.7]:53119: 450 4.3.2 Service currently unavailable; from=<a@example.com>, to=<b@example.org>, proto=ESMTP, helo=<x>

rule postscreen-hangup
    about   postscreen: hung up or fell silent during the tests; lawful senders in a hurry do so too
    tier    strict
    session echo
    match   HANGUP after [0-9.]{1,12} from \[<addr>\]:<session> in tests
    match   COMMAND TIME LIMIT from \[<addr>\]:<session> after
    match   BARE NEWLINE from \[<addr>\]:<session> after
    match   DATA without valid RCPT from \[<addr>\]:<session>
    hit     192.0.2.7  HANGUP after 3.4 from [192.0.2.7]:43637 in tests after SMTP handshake
    hit     192.0.2.7  COMMAND TIME LIMIT from [192.0.2.7]:39911 after EHLO
    hit     192.0.2.7  BARE NEWLINE from [192.0.2.7]:54175 after EHLO x
    hit     192.0.2.7  DATA without valid RCPT from [192.0.2.7]:37509
    miss    DISCONNECT [192.0.2.7]:39911

# ---- what was delivered here ----

# where mail is handed on to a content filter ("from MTA": amavis) it is not there yet
macro  sent-to  delay=[0-9.]{1,20}, delays=[0-9./]{1,60}, dsn=2\.\d{1,3}\.\d{1,3}, status=sent \((?:250 2\.\d\.\d <|deliver)
macro  sent     delay=[0-9.]{1,20}, delays=[0-9./]{1,60}, dsn=2\.\d{1,3}\.\d{1,3}, status=sent \((?!250 2\.\d\.\d from MTA|discard)

program */local */virtual */lmtp */pipe */relay/smtp

rule delivered
    about   local, virtual, lmtp, pipe, relay: mail was delivered to a mailbox of this server or of those behind it
    kind    delivered
    # most of them, proved without PCRE2
    match   <queue>: to=\<<mailbox>\>, relay=[^ ,]{1,320}, <sent-to>
    match   <queue>: to=\<<mailbox>\>, (?:orig_to=\<<alias>\>, )?relay=[^ ,]{1,320}, (?:conn_use=\d{1,5}, )?<sent>
    hit@postfix/local  -  4XyZ7q1fKJzvQb: to=<alice@example.com>, relay=local, delay=0.04, delays=0.02/0/0/0.02, dsn=2.0.0, status=sent (delivered to mailbox)
    hit@postfix/lmtp   -  4XyZ7q1fKJzvQb: to=<alice@example.com>, orig_to=<info@example.com>, relay=mx.example.com[private/dovecot-lmtp], delay=0.1, delays=0.02/0/0/0.08, dsn=2.0.0, status=sent (250 2.0.0 <alice@example.com> AbC Saved)
    miss    4XyZ7q1fKJzvQb: to=<alice@example.com>, relay=local, delay=0.04, delays=0.02/0/0/0.02, dsn=5.1.1, status=bounced (unknown user: "alice")
    miss    4XyZ7q1fKJzvQb: to=<bob@example.net>, relay=127.0.0.1[127.0.0.1]:10024, delay=0.4, delays=0.2/0/0.1/0.1, dsn=2.0.0, status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 4ABC)
    miss    4XyZ7q1fKJzvQb: to=<"x>, relay=local, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (x"@example.com>, relay=local, delay=0.04, delays=0.02/0/0/0.02, dsn=5.1.1, status=bounced (unknown user)

program postfix

rule delivered-here
    about   the same where the tag does not tell which program: local, virtual, a pipe, or LMTP by a socket of this server
    kind    delivered
    match   <queue>: to=\<<mailbox>\>, (?:orig_to=\<<alias>\>, )?relay=(?!none,)(?:[A-Za-z0-9_-]{1,64}|[A-Za-z0-9._-]{1,255}\[(?:private)?/[A-Za-z0-9._/-]{1,200}\]|[A-Za-z0-9._-]{1,255}\[(?:127\.|::1\])[^ ,]{0,60}), (?:conn_use=\d{1,5}, )?<sent>
    hit     -  4XyZ7q1fKJzvQb: to=<alice@example.com>, orig_to=<info@example.com>, relay=mx.example.com[private/dovecot-lmtp], delay=0.1, delays=0.02/0/0/0.08, dsn=2.0.0, status=sent (250 2.0.0 <alice@example.com> AbC Saved)
    hit     -  4XyZ7q1fKJzvQb: to=<alice@example.com>, relay=dovecot, delay=0.1, delays=0.02/0/0/0.08, dsn=2.0.0, status=sent (delivered via dovecot service)
    miss    4XyZ7q1fKJzvQb: to=<bob@example.net>, relay=mx.example.net[192.0.2.30]:25, delay=0.4, delays=0.2/0/0.1/0.1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4ABC)
    miss    4XyZ7q1fKJzvQb: to=<bob@example.net>, relay=127.0.0.1[127.0.0.1]:10024, delay=0.4, delays=0.2/0/0.1/0.1, dsn=2.0.0, status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 4ABC)
