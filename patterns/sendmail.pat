# Sendmail 8 (sm-mta, sendmail): "QUEUEID: ruleset=check_rcpt, arg1=<rcpt>, relay=name [ip] (may be forged), reject=550 ...".
# The relay is "name [ip]", "[ip]", "[IPv6:...]", with the ident answer ("user@name [ip]") where the daemon asks for one.
# arg1 is the client's, stands in front of the relay and may come again behind it. A plain one (no space, comma, quote or
# backslash) can forge no ", relay="; with any other one, the line must have one ", relay=" alone, which is then the server's.
# None counts with a second ", relay=" behind, or so long that it may have been cut.
# The rulesets named are those that judge a client; tls_server, tls_rcpt and
# try_tls speak of servers that we deliver to.
# "<x@y>... User unknown" and a milter's "Milter: to=..., reject=" show no address, but the queue id; they count when the line at
# the end of the transaction says whose that is, if no recipient was accepted in it.
# Left out: 4xx (greylisting, "Domain of sender address ... does not resolve"), timeouts, "Authentication-Warning".

service sendmail

macro  some     [A-Za-z0-9._:/+-]{1,255}
macro  odd      [@=%~$!]|[#&*?^|]|[{}'`]
macro  plain    (?:<some>|[\[\]])?(?:(?:<odd>|[\[\]])<some>?){0,12}
macro  arg      \<<plain>\>|<plain>
macro  qid      [0-9A-Za-z]{8,24}:[ ]
macro  client   (?:(?:[A-Za-z0-9._-]{1,255}@)?<host>)? ?\[(?:IPv6:)?<addr>\](?: \(may be forged\))?
macro  judged   (?=.{0,900}<end>)<qid>?ruleset=check_(?:relay, arg1=(?:<host>|\[(?:IPv6:)?[0-9A-Fa-f.:]{2,45}\]|)|(?:mail|rcpt|data|eoh|eom|etrn|expn|vrfy), arg1=<arg>)(?:, arg2=<arg>)?, relay=<client>(?!<text>, relay=), reject=

macro  odd-arg   (?=.{0,900}<end>)(?!<text>, relay=<text>, relay=)<qid>?ruleset=check_(?:mail|rcpt), arg1=.{0,400}, relay=
macro  says      (?: \(may be forged\))?, reject=
macro  no-bare   (?:[^\[]|[^=\[]\[)*<end>
macro  no-bare6  (?:[^:]|[^6:]:)*<end>
macro  no-named  (?:[^\[]|[^ \[]\[)*<end>

program sm-mta* sendmail* sm-accepting* mta

rule relay-denied
    about   proto.m4, check_rcpt: neither sender nor recipient is ours
    weight  2
    match   <judged>(?:550 5\.7\.1 <text>\.\.\. Relaying denied|45[01] 4\.[0-9.]{3,5} <text>\.\.\. Relaying temporarily denied)
    match   <odd-arg>\[<addr>\]<says>(?=<text>\.\.\. Relaying denied)550 5\.7\.1 <no-bare>
    match   <odd-arg>\[IPv6:<addr>\]<says>(?=<text>\.\.\. Relaying denied)550 5\.7\.1 <no-bare6>
    match   <odd-arg>[A-Za-z0-9@._-]{0,255} \[<addr>\]<says>(?=<text>\.\.\. Relaying denied)550 5\.7\.1 <no-named>
    match   <odd-arg>[A-Za-z0-9@._-]{0,255} \[IPv6:<addr>\]<says>(?=<text>\.\.\. Relaying denied)550 5\.7\.1 <no-bare6>
    hit     192.0.2.7  sAMA0AbC004711: ruleset=check_rcpt, arg1=<b@example.org>, relay=h.example.net [192.0.2.7] (may be forged), reject=550 5.7.1 <b@example.org>... Relaying denied. IP name possibly forged [192.0.2.7]
    hit     192.0.2.7  sAMA0AbC004711: ruleset=check_rcpt, arg1=<b@example.org>, relay=[192.0.2.7], reject=550 5.7.1 <b@example.org>... Relaying denied. IP name lookup failed [192.0.2.7]
    hit     192.0.2.7  sAMA0AbC004711: ruleset=check_rcpt, arg1=b=203.0.113.99@example.org, relay=joe@h.example.net [192.0.2.7], reject=550 5.7.1 b@example.org... Relaying denied. Proper authentication required.
    hit     192.0.2.7  sAMA0AbC004711: ruleset=check_rcpt, arg1=<b@[203.0.113.99]>, relay=[192.0.2.7], reject=450 4.4.0 <b@[203.0.113.99]>... Relaying temporarily denied. Cannot resolve PTR record for 192.0.2.7
    hit     2001:db8::7  sAMA0AbC004711: ruleset=check_rcpt, arg1=<b@example.org>, relay=h.example.net [IPv6:2001:db8::7], reject=550 5.7.1 <b@example.org>... Relaying denied
    hit     192.0.2.7  sAMA0AbC004711: ruleset=check_rcpt, arg1=<"a b"@example.org>, relay=h.example.net [192.0.2.7], reject=550 5.7.1 <"a b"@example.org>... Relaying denied
    hit     192.0.2.7  sAMA0AbC004711: ruleset=check_rcpt, arg1=<"x, y [203.0.113.99]"@example.org>, relay=[192.0.2.7], reject=550 5.7.1 <"x, y [203.0.113.99]"@example.org>... Relaying denied
    hit     2001:db8::7  sAMA0AbC004711: ruleset=check_rcpt, arg1=<"a\\b"@example.org>, relay=[IPv6:2001:db8::7] (may be forged), reject=550 5.7.1 <"a\\b"@example.org>... Relaying denied
    miss    sAMA0AbC004711: ruleset=check_rcpt, arg1=<"x, relay=[203.0.113.99], reject=550 5.7.1 y... Relaying denied"@example.org>, relay=root@localhost, reject=550 5.7.1 no... Relaying denied
    miss    sAMA0AbC004711: ruleset=check_rcpt, arg1=<"x, relay=[203.0.113.99], reject=550 5.7.1 y... Relaying denied"@example.org>, relay=[192.0.2.7], reject=550 5.7.1 <"x, relay=[203.0.113.99], reject=550 5.7.1 y... Relaying denied"@example.org>... Relaying denied

rule rate-limit
    about   cf's ratecontrol and conncontrol, srvrsmtp.c: too many connections, or too fast, from one address
    weight  1
    match   <judged>4[25]1 4\.3\.2 <text>(?:Connection rate limit exceeded|Too many open connections|Connection rate too)
    hit     192.0.2.7  ruleset=check_relay, arg1=h.example.net, arg2=192.0.2.7, relay=h.example.net [192.0.2.7], reject=421 4.3.2 Connection rate limit exceeded.
    hit     192.0.2.7  ruleset=check_relay, arg1=[192.0.2.7], arg2=192.0.2.7, relay=[192.0.2.7], reject=421 4.3.2 Too many open connections.
    miss    sAMA0AbC004711: ruleset=check_rcpt, arg1=<b@example.com>, relay=[192.0.2.7], reject=451 4.3.2 <b@example.com>... Please try again later

rule user-unknown
    about   a ruleset, or the access map, says that the recipient is not there
    kind    recipient
    known   no
    match   (?=.{0,900}<end>)<qid>?ruleset=check_rcpt, arg1=\<(?<account><plain>)\>, relay=<client>(?!<text>, relay=), reject=55\d 5\.1\.1 <text>\.\.\. (?i:user unknown|no such user)
    match   <odd-arg>\[<addr>\]<says>(?=<text>\.\.\. (?i:user unknown|no such user))55\d 5\.1\.1 <no-bare>
    match   <odd-arg>\[IPv6:<addr>\]<says>(?=<text>\.\.\. (?i:user unknown|no such user))55\d 5\.1\.1 <no-bare6>
    match   <odd-arg>[A-Za-z0-9@._-]{0,255} \[<addr>\]<says>(?=<text>\.\.\. (?i:user unknown|no such user))55\d 5\.1\.1 <no-named>
    match   <odd-arg>[A-Za-z0-9@._-]{0,255} \[IPv6:<addr>\]<says>(?=<text>\.\.\. (?i:user unknown|no such user))55\d 5\.1\.1 <no-bare6>
    hit     192.0.2.7  sAMA0AbC004711: ruleset=check_rcpt, arg1=<nobody@example.com>, relay=h.example.net [192.0.2.7], reject=550 5.1.1 <nobody@example.com>... User unknown
    hit     192.0.2.7  sAMA0AbC004711: ruleset=check_rcpt, arg1=<"no body"@example.com>, relay=h.example.net [192.0.2.7], reject=550 5.1.1 <"no body"@example.com>... User unknown
    miss    sAMA0AbC004711: ruleset=check_rcpt, arg1=<b@example.com>, relay=h.example.net [192.0.2.7], reject=550 5.7.1 <b@example.com>... Rejected: 192.0.2.7 listed at dnsbl.example.org

rule rejected
    about   srvrsmtp.c, rscheck(): a ruleset said 5xx: access map, DNS blocklist, sender domain does not exist ...
    weight  1
    match   <judged>(?!552 )5\d\d (?!5\.3\.\d rewrite|5\.2\.[23] )
    match   <odd-arg>\[<addr>\]<says>(?!552 )5\d\d (?!5\.3\.\d rewrite|5\.2\.[23] )<no-bare>
    match   <odd-arg>\[IPv6:<addr>\]<says>(?!552 )5\d\d (?!5\.3\.\d rewrite|5\.2\.[23] )<no-bare6>
    match   <odd-arg>[A-Za-z0-9@._-]{0,255} \[<addr>\]<says>(?!552 )5\d\d (?!5\.3\.\d rewrite|5\.2\.[23] )<no-named>
    match   <odd-arg>[A-Za-z0-9@._-]{0,255} \[IPv6:<addr>\]<says>(?!552 )5\d\d (?!5\.3\.\d rewrite|5\.2\.[23] )<no-bare6>
    hit     192.0.2.7  sAMA0AbC004711: ruleset=check_rcpt, arg1=<b@example.com>, relay=h.example.net [192.0.2.7], reject=550 5.7.1 <b@example.com>... Rejected: 192.0.2.7 listed at dnsbl.example.org
    hit     192.0.2.7  sAMA0AbC004711: ruleset=check_mail, arg1=<a@example.invalid>, relay=h.example.net [192.0.2.7] (may be forged), reject=553 5.1.8 <a@example.invalid>... Domain of sender address a@example.invalid does not exist
    hit     192.0.2.7  ruleset=check_relay, arg1=h.example.net, arg2=127.0.0.3, relay=h.example.net [192.0.2.7], reject=553 5.3.0 Message from 192.0.2.7 blocked - see https://dnsbl.example.org/
    hit     192.0.2.7  ruleset=check_relay, arg1=[192.0.2.7], arg2=127.0.0.4, relay=99.113.0.203.example.net [192.0.2.7] (may be forged), reject=550 5.7.1 Rejected: 192.0.2.7 listed at dnsbl.example.org
    hit     2001:db8::7  sAMA0AbC004711: ruleset=check_mail, arg1=<a@example.net>, relay=[IPv6:2001:db8::7], reject=550 5.7.1 <a@example.net>... Access denied
    hit     192.0.2.7  sAMA0AbC004711: ruleset=check_vrfy, arg1=root, relay=[192.0.2.7], reject=550 5.7.1 root... Not here, says [203.0.113.99]
    hit     192.0.2.7  sAMA0AbC004711: ruleset=check_mail, arg1=<"a b"@example.invalid>, relay=h.example.net [192.0.2.7] (may be forged), reject=553 5.1.8 <"a b"@example.invalid>... Domain of sender address does not exist
    miss    sAMA0AbC004711: ruleset=check_rcpt, arg1=<b@example.com>, relay=[192.0.2.7], reject=552 5.2.2 <b@example.com>... Mailbox is full
    miss    sAMA0AbC004711: ruleset=check_vrfy, arg1=root, relay=[203.0.113.99], reject=550 5.7.1 no, relay=[192.0.2.7], reject=550 5.7.1 no
    miss    sAMA0AbC004711: ruleset=check_mail, arg1=<a@example.net, relay=[203.0.113.99], reject=550 5.7.1 no>, relay=[192.0.2.7], reject=550 5.7.1 no
    miss    sAMA0AbC004711: ruleset=check_rcpt, arg1=<b@example.com>, relay=[192.0.2.7], reject=451 4.7.1 Greylisting in action, please come back in 00:05:00
    miss    sAMA0AbC004711: ruleset=check_rcpt, arg1=<b@example.com>, relay=[192.0.2.7] (may be forged), reject=451 4.1.8 Domain of sender address a@example.net does not resolve
    miss    sAMA0AbC004711: ruleset=tls_server, arg1=SOFTWARE, relay=mx.example.org, reject=403 4.7.0 TLS handshake failed.
    miss    sAMA0AbC004711: ruleset=tls_server, arg1=VERIFY, relay=mx.example.org [203.0.113.99], reject=503 5.7.0 encryption too weak 0 less than 112
    miss    sAMA0AbC004711: ruleset=check_mail, arg1=<"a>, relay=[203.0.113.99], reject=550 5.7.1 <b"@example.net>, relay=[192.0.2.7], reject=553 5.1.8 <b@example.com>
    miss    sAMA0AbC004711: ruleset=check_relay, arg1=h.example.net, arg2=192.0.2.7, relay=h.example.net [192.0.2.7], discard
    miss    sAMA0AbC004711: to=<b@example.org>, delay=00:00:01, mailer=esmtp, relay=mx.example.org. [203.0.113.99], dsn=5.1.1, stat=User unknown

macro  who      (?:.{0,200}?, user=(?<account>.{0,300})|.{0,500})

rule auth-failed
    about   srvrsmtp.c: AUTH failed; the user name stands in front of the relay, which is the last thing on the line
    kind    failed-login
    weight  1
    match   <qid>AUTH failure \((?:[A-Za-z0-9_-]{1,20})\): (?:authentication failure|user not found|authorization failure|no mechanism available) \(-\d{1,2}\)<who>, relay=\[<addr>\](?: \(may be forged\))?<end>
    match   <qid>AUTH failure \((?:[A-Za-z0-9_-]{1,20})\): (?:authentication failure|user not found|authorization failure|no mechanism available) \(-\d{1,2}\)<who>, relay=\[IPv6:<addr>\](?: \(may be forged\))?<end>
    match   <qid>AUTH failure \((?:[A-Za-z0-9_-]{1,20})\): (?:authentication failure|user not found|authorization failure|no mechanism available) \(-\d{1,2}\)<who>, relay=[A-Za-z0-9@._-]{0,255} \[<addr>\](?: \(may be forged\))?<end>
    match   <qid>AUTH failure \((?:[A-Za-z0-9_-]{1,20})\): (?:authentication failure|user not found|authorization failure|no mechanism available) \(-\d{1,2}\)<who>, relay=[A-Za-z0-9@._-]{0,255} \[IPv6:<addr>\](?: \(may be forged\))?<end>
    hit     192.0.2.7  sAMA0AbC004711: AUTH failure (LOGIN): authentication failure (-13) SASL(-13): authentication failure: checkpass failed, user=info, relay=[192.0.2.7]
    hit     192.0.2.7  sAMA0AbC004711: AUTH failure (LOGIN): authentication failure (-13) SASL(-13): authentication failure: checkpass failed, user=x, relay=[203.0.113.99], relay=[192.0.2.7] (may be forged)
    hit     192.0.2.7  sAMA0AbC004711: AUTH failure (PLAIN): authentication failure (-13) SASL(-13): authentication failure: Password verification failed, user=x, relay=h.example.net [192.0.2.7]
    hit     192.0.2.7  sAMA0AbC004711: AUTH failure (CRAM-MD5): user not found (-20) SASL(-13): user not found: user: a@mail.example.com property: userPassword not found in sasldb /etc/sasldb2, user=a, relay=[192.0.2.7]
    hit     2001:db8::7  sAMA0AbC004711: AUTH failure (PLAIN): authentication failure (-13) SASL(-13): authentication failure: Password verification failed, relay=h.example.net [IPv6:2001:db8::7]
    miss    sAMA0AbC004711: AUTH failure (LOGIN): generic failure (-1) SASL(-1): generic failure: checkpass failed, relay=[192.0.2.7]
    miss    sAMA0AbC004711: AUTH failure (LOGIN): authentication failure (-13) SASL(-13): authentication failure: checkpass failed, user=x, relay=[203.0.113.99], relay=h.example
    miss    x AUTH failure (LOGIN): authentication failure (-13) SASL(-13): x, relay=[203.0.113.99]

rule attack
    about   srvrsmtp.c, checksmtpattack(): more AUTH, VRFY, NOOP, HELO ... in one session than MAXAUTHCOMMANDS and the like
    weight  2
    match   <qid>?<client>: possible SMTP attack: command=
    hit     192.0.2.7  sAMA0AbC004711: h.example.net [192.0.2.7]: possible SMTP attack: command=AUTH, count=5
    hit     2001:db8::7  sAMA0AbC3529566: [IPv6:2001:db8::7] (may be forged): possible SMTP attack: command=HELO/EHLO, count=3
    miss    sAMA0AbC004711: x [203.0.113.99] y [192.0.2.7]: possible SMTP attack: command=AUTH, count=5

rule open-proxy
    about   srvrsmtp.c: GET, POST, CONNECT or "User-Agent:": somebody makes a browser or a proxy talk to us
    weight  2
    match   <qid>?<client>: probable open proxy: command=
    hit     192.0.2.7  sAMA0AbC004711: h.example.net [192.0.2.7]: probable open proxy: command=GET / HTTP/1.1 [203.0.113.99]
    miss    sAMA0AbC004711: GET / [203.0.113.99]: probable open proxy: command=x

rule pregreet
    about   srvrsmtp.c, greet_pause: the client talked before the greeting
    weight  2
    match   <qid>?rejecting commands from <client> due to pre-greeting traffic
    hit     192.0.2.7  sAMA0AbC004711: rejecting commands from h.example.net [192.0.2.7] due to pre-greeting traffic after 6 seconds
    hit     192.0.2.7  sAMA0AbC004711: rejecting commands from  [192.0.2.7] due to pre-greeting traffic after 0 seconds
    miss    sAMA0AbC004711: rejecting commands from [192.0.2.7] due to load average

rule probe
    about   srvrsmtp.c: VRFY, EXPN or ETRN that the privacy options refuse
    weight  1
    match   <qid>?<client>: (?i:VRFY|EXPN|ETRN)\b<text>\[rejected\]
    hit     192.0.2.7  sAMA0AbC004711: [192.0.2.7]: expn info [rejected]
    hit     192.0.2.7  sAMA0AbC004711: h.example.net [192.0.2.7]: VRFY root@[203.0.113.99] [rejected]
    hit     2001:db8::7  sAMA0AbC004711: [IPv6:2001:db8::7]: vrfy root [rejected]
    miss    sAMA0AbC004711: [192.0.2.7]: VRFY root

rule no-mail
    about   srvrsmtp.c: connected, and did nothing that a mail client does
    tier    strict
    session echo
    weight  1
    match   <qid>?<client> did not issue MAIL/EXPN/VRFY/ETRN during connection to[ ]
    hit     192.0.2.7  sAMA0AbC004711: h.example.net [192.0.2.7] did not issue MAIL/EXPN/VRFY/ETRN during connection to MTA
    hit     192.0.2.7  sAMA0AbC004711: [192.0.2.7] (may be forged) did not issue MAIL/EXPN/VRFY/ETRN during connection to TLSMTA
    hit     2001:db8::7  sAMA0AbC004711: h.example.net [IPv6:2001:DB8::7] did not issue MAIL/EXPN/VRFY/ETRN during connection to IPv6
    miss    sAMA0AbC004711: x [203.0.113.99] [192.0.2.7] did not issue MAIL/EXPN/VRFY/ETRN during connection to MTA

rule lost
    about   srvrsmtp.c: the client went away in the middle of the dialogue
    tier    strict
    session echo
    weight  1
    match   <qid>?lost input channel from <client> to[ ]
    hit     192.0.2.7  sAMA0AbC004711: lost input channel from h.example.net [192.0.2.7] to MTA-v4 after rcpt
    miss    sAMA0AbC004711: timeout waiting for input from h.example.net [192.0.2.7] during server cmd read

rule tls
    about   tls.c: the TLS handshake with a client failed
    tier    strict
    session echo
    weight  1
    match   <qid>?STARTTLS=server, error: accept failed=[-0-9]{1,6}.{0,300}, relay=\[<addr>\](?: \(may be forged\))?<end>
    match   <qid>?STARTTLS=server, error: accept failed=[-0-9]{1,6}.{0,300}, relay=<host> \[<addr>\](?: \(may be forged\))?<end>
    hit     192.0.2.7  STARTTLS=server, error: accept failed=-1, reason=no shared cipher, SSL_error=1, errno=0, retry=-1, relay=h.example.net [192.0.2.7]
    hit     192.0.2.7  sAMA0AbC004711: STARTTLS=server, error: accept failed=0, SSL_error=5, errno=0, retry=-1, relay=[192.0.2.7] (may be forged)
    miss    STARTTLS=client, error: connect failed=-1, SSL_error=1, errno=0, retry=-1, relay=mx.example.org [203.0.113.99]

rule user-unknown-envelope
    about   recipient.c, map "error:nouser": nobody of that name; the client stands in the transaction's last line
    kind    recipient
    known   no
    match   (?=.{0,900}<end>)<queue>: \<(?<account><plain>)\>\.\.\. (?i:user unknown|no such user(?: here)?)\.?<end>
    hit     -  sAMA0AbC004711: <nobody@example.com>... User unknown
    hit     -  sAMA0AbC004711: <nobody@example.com>... No such user here
    miss    sAMA0AbC004711: <x>... User unknown <y@example.com>... Greylisted
    miss    sAMA0AbC004711: to=<nobody@example.com>, delay=00:00:01, mailer=local, pri=30108, dsn=5.1.1, stat=User unknown

rule milter-rejected
    about   srvrsmtp.c: a milter refuses a recipient or a sender for good; the client stands in the transaction's last line
    match   (?=.{0,900}<end>)<queue>: [Mm]ilter(?: \([A-Za-z0-9._-]{1,40}\))?: (?:to|from)=<arg>, reject=(?!552 )5\d\d (?!5\.2\.[23] )
    hit     -  sAMA0AbC004711: Milter: to=<b@example.com>, reject=550 5.7.1 <b@example.com>... Rejected
    hit     -  sAMA0AbC004711: Milter: from=<a@example.net>, reject=554 5.7.1 Service unavailable
    miss    sAMA0AbC004711: Milter: to=<b@example.com>, reject=451 4.7.1 Greylisting in action, please come back in 00:05:00
    miss    sAMA0AbC004711: Milter: to=<b@example.com>, reject=552 5.2.2 Mailbox full

rule client
    about   envelope.c, logsender(): whose transaction it was that ended without one accepted recipient
    kind    client
    match   <queue>: from=<arg>, size=\d{1,12}, class=-?\d{1,6}, nrcpts=0,(?: [a-z]{1,12}=[A-Za-z0-9._:/+-]{0,80},){0,6} relay=<client><end>
    hit     192.0.2.7  sAMA0AbC004711: from=<a@example.net>, size=108, class=0, nrcpts=0, proto=ESMTP, daemon=MTA-v4, relay=[192.0.2.7]
    hit     192.0.2.7  sAMA0AbC004711: from=<a@example.net>, size=0, class=0, nrcpts=0, bodytype=8BITMIME, proto=ESMTP, daemon=MTA, relay=h.example.net [192.0.2.7] (may be forged)
    hit     2001:db8::7  sAMA0AbC004711: from=<>, size=0, class=0, nrcpts=0, proto=SMTP, daemon=MTA, relay=h.example.net [IPv6:2001:db8::7] (may be forged)
    miss    sAMA0AbC004711: from=<a@example.net>, size=108, class=0, nrcpts=1, msgid=<x@example.net>, proto=ESMTP, daemon=MTA, relay=[192.0.2.7]

rule login
    about   srvrsmtp.c: somebody has logged in
    kind    login
    match   <qid>?AUTH=server, relay=<client>, authid=(?<account>[^ ,]{1,255}), mech=
    match   <qid>?AUTH=server, relay=<client>, authid=
    hit     192.0.2.7  sAMA0AbC004711: AUTH=server, relay=h.example.net [192.0.2.7], authid=a@example.com, mech=LOGIN, bits=0
    miss    AUTH=client, relay=mx.example.org. [203.0.113.99], mech=PLAIN, bits=0

rule accepted
    about   envelope.c, logsender(): mail was accepted for one recipient or more; the Message-ID is the client's, the relay comes last
    kind    accepted
    match   (?=.{0,900}<end>)(?!<text>, nrcpts=<text>, nrcpts=)<queue>: from=.{0,320}, size=\d{1,12}, class=-?\d{1,6}, nrcpts=[1-9]\d{0,4},.{0,500}, relay=[A-Za-z0-9@._-]{0,255} ?\[<addr>\](?: \(may be forged\))?<end>
    match   (?=.{0,900}<end>)(?!<text>, nrcpts=<text>, nrcpts=)<queue>: from=.{0,320}, size=\d{1,12}, class=-?\d{1,6}, nrcpts=[1-9]\d{0,4},.{0,500}, relay=[A-Za-z0-9@._-]{0,255} ?\[IPv6:<addr>\](?: \(may be forged\))?<end>
    hit     192.0.2.7  sAMA0AbC004711: from=<a@example.net>, size=108, class=0, nrcpts=1, msgid=<a@example.net>, proto=ESMTP, daemon=MTA-v4, relay=h.example.net [192.0.2.7]
    hit     192.0.2.7  sAMA0AbC004711: from=<a@example.net>, size=108, class=0, nrcpts=1, msgid=<x, relay=y [203.0.113.99]>, bodytype=8BITMIME, proto=ESMTP, daemon=MTA-v4, relay=[192.0.2.7] (may be forged)
    hit     2001:db8::7  sAMA0AbC004711: from=<>, size=108, class=0, nrcpts=2, msgid=<a@example.net>, proto=ESMTP, daemon=MTA, relay=h.example.net [IPv6:2001:db8::7]
    miss    sAMA0AbC004711: from=<a@example.net>, size=108, class=0, nrcpts=0, proto=ESMTP, daemon=MTA-v4, relay=[192.0.2.7]
    miss    sAMA0AbC004711: from=root, size=108, class=0, nrcpts=1, msgid=<a@example.com>, relay=root@localhost

rule delivered
    about   deliver.c, logdelivery(): mail was delivered by a local mailer
    kind    delivered
    match   <queue>: to=\<?<mailbox>\>?, (?:\[more\], )?(?:ctladdr=[^,]{1,300}, )?delay=[0-9:+]{5,16}, xdelay=[0-9:+]{5,16}, mailer=(?:local|cyrus[a-z0-9]{0,8}|lmtp|dovecot|procmail|maildrop|virtual), pri=\d{1,12}, <text>stat=Sent
    hit     -  sAMA0AbC004711: to=<alice@example.com>, delay=00:00:01, xdelay=00:00:00, mailer=local, pri=30108, dsn=2.0.0, stat=Sent
    hit     -  sAMA0AbC004711: to=alice, ctladdr=<info@example.com> (8/0), delay=00:00:01, xdelay=00:00:00, mailer=local, pri=30108, relay=local, dsn=2.0.0, stat=Sent
    miss    sAMA0AbC004711: to=<bob@example.net>, delay=00:00:01, xdelay=00:00:00, mailer=esmtp, pri=30108, relay=mx.example.net. [192.0.2.30], dsn=2.0.0, stat=Sent (4XyZ7q1fKJzvQb Message accepted for delivery)
    miss    sAMA0AbC004711: to=<alice@example.com>, delay=00:00:01, xdelay=00:00:00, mailer=local, pri=30108, dsn=4.0.0, stat=Deferred
