# Exim: its own mainlog and rejectlog ("2026-11-22 10:00:00 H=..."), and the same by syslog, where it repeats the stamp.
# Exim writes "H=name (helo) [ip]:port I=[ip]:port Ci=1 U=ident F=<sender> ...". The HELO stands in front of the address, but
# Exim refuses one that is not made of letters, digits, ".", "-" and helo_allow_chars, or an address in brackets. Where
# helo_accept_junk_hosts lets anything pass, a HELO of "x) [203.0.113.99]" would put a foreign address first; then the
# real ") [ip]" stands further right, and <peer> refuses every line that has one there, or that Exim had to cut.
# (Who writes ") [ip]" into his own sender or recipient is not counted there: a price worth paying.)
# A line over 870 bytes is split by Exim for syslog ("[1/2] ...", "[2\2] ..."): such pieces never match.
# Left out, since they say again what another line says: "sender verify fail for <...>" (the reject follows), "H=... Warning:".
# Left out, since they are ours or nobody's fault: "temporarily rejected", "rejected ... message too big", "refused: too many
# connections" without "from that IP address", timeouts, 435 answers to AUTH.

service exim

# a word: no space, quote, bracket, parenthesis, angle, comma, semicolon or backslash
macro  some     [A-Za-z0-9._:/+-]{1,255}
macro  odd      [@=%~$!]|[#&*?^|]|[{}'`]
macro  word     <some>?(?:<odd><some>?){0,12}
macro  stamp    \d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{3})? (?:[+-]\d{4} )?
macro  id       [0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4}
macro  head     (?:\[exim4?\] )?<stamp>?(?:\[\d{1,9}\] )?(?:<id> )?
macro  mailed   (?:\[exim4?\] )?<stamp>?(?:\[\d{1,9}\] )?<queue>[ ]
macro  helo     \[[0-9A-Fa-fIPv.:]{2,45}\]|<some>?(?:(?:<odd>|[ ,\[\]])<some>?){0,12}
macro  whole    (?!<text>(?:\) \[[0-9A-Fa-f.:]{2,45}\]|log string overflowed))
macro  peer     (?:<host> )?(?:\(<helo>\) )?\[<addr>\](?>(?::\d{1,5})?)<whole>
# what stands between, and does not end in "temporarily"
macro  no       (?:<text>(?:[^y]|[^l]y))?
# a command may itself hold a closing quote and a host: not a second time, nor cut off before the real one
macro  once     (?!(?>.*?" H=).*" H=)(?=.{0,780}<end>)
macro  long     (?>[A-Za-z0-9._:/+-]{0,255})(?>[A-Za-z0-9._:/+-]{0,255})(?>[A-Za-z0-9._:/+-]{0,255})
macro  command  <long>(?:(?:<odd>|[ \<\>,]|[\[\]()\\]|[";])<long>){0,20}
# an ACL's verdict, once: not where the sender's or the recipient's text holds the like, nor cut off
macro  stage    (?:RCPT|MAIL|DATA|BDAT|VRFY|EXPN|ETRN|AUTH|STARTTLS|PRDR|after DATA|after PRDR|EHLO or HELO|EHLO|HELO|during MIME ACL checks|connection in)
macro  verdict  (?=.{0,780}<end>)(?!<text> rejected <stage><text> rejected <stage>)

program exim exim4 exim-* exim_* -

rule auth-failed
    about   smtp_in.c, smtp_in_auth(): an authenticator said no (535), or got what is not base64 (501)
    kind    failed-login
    weight  1
    # "for H=name [ip]" since 4.99
    match   <head>(?:[A-Za-z0-9_.-]{1,64} )?authenticator failed for (?:H=)?<peer>(?>.*?: (?:535 |501 Invalid base64|553 Initial data))[^(]{0,300}\(set_id=<account>\) ?<end>
    match   <head>(?:[A-Za-z0-9_.-]{1,64} )?authenticator failed for (?:H=)?<peer><text>: (?:535 |501 Invalid base64|553 Initial data)
    hit     192.0.2.7  2026-11-22 10:00:00 dovecot_login authenticator failed for (User) [192.0.2.7]: 535 Incorrect authentication data (set_id=info@example.com)
    hit     192.0.2.7  plain authenticator failed for mail.example.net (x-1) [192.0.2.7]:51432 I=[198.51.100.1]:587 Ci=4711: 535 Incorrect authentication data
    hit     192.0.2.7  login authenticator failed for ([203.0.113.99]) [192.0.2.7]: 535 Incorrect authentication data (set_id=a)
    hit     192.0.2.7  login authenticator failed for (h) [192.0.2.7]: 535 Incorrect authentication data (set_id=a [203.0.113.99]: 535 b)
    hit     2001:db8::7  [4711] plain_server authenticator failed for ([IPv6:2001:db8::99]) [2001:db8::7]:40000: 535 Incorrect authentication data
    hit     192.0.2.7  cram authenticator failed for host.example.net [192.0.2.7] U=203.0.113.99: 501 Invalid base64 data
    hit@-   192.0.2.7  login authenticator failed for (ylmf-pc) [192.0.2.7]: 535 Incorrect authentication data
    hit     192.0.2.7  2026-11-22 10:00:00 dovecot_login authenticator failed for H=(User) [192.0.2.7]:41822: 535 Incorrect authentication data (set_id=info@example.com)
    hit     192.0.2.7  2026-11-22 10:00:00 [4711] login authenticator failed for H=h.example.net (pc) [192.0.2.7] I=[198.51.100.1]:587 U=x Ci=47: 535 Incorrect authentication data
    hit     192.0.2.7  login authenticator failed for H=(H=[203.0.113.99]) [192.0.2.7]: 535 Incorrect authentication data (set_id=H=[203.0.113.99]: 535 x)
    hit     2001:db8::7  plain authenticator failed for H=[2001:db8::7]: 535 Incorrect authentication data
    miss    login authenticator failed for H=(x) [203.0.113.99]: 535 Incorrect authentication data (set_id=y) [192.0.2.7]: 535 Incorrect authentication data
    miss    login authenticator failed for (h) [192.0.2.7]: 435 Unable to authenticate at present: pam: cannot connect
    miss    login authenticator failed for (h) [192.0.2.7]: 501 Authentication cancelled
    miss    login authenticator failed for (x) [203.0.113.99]: 535 Incorrect authentication data (set_id=y) [192.0.2.7]: 535 Incorrect authentication data
    miss    x 2026-11-22 10:00:00 login authenticator failed for (h) [203.0.113.99]: 535 Incorrect authentication data

rule auth-refused
    about   smtp_in.c, synprot_error(): AUTH where it is not offered, or by a mechanism that is not
    weight  1
    match   <head>SMTP protocol error in <once>"(?i:auth)(?: <command>)?" H=<peer><text> (?:AUTH command used when not advertised|authentication mechanism not supported)
    hit     192.0.2.7  2026-11-22 10:00:00 SMTP protocol error in "AUTH LOGIN" H=(ylmf-pc) [192.0.2.7] AUTH command used when not advertised
    hit     192.0.2.7  SMTP protocol error in "aUtH pLaIn AGFiYwB4eXo=" H=a.example.net (b) [192.0.2.7]:1234 I=[198.51.100.1]:25 AUTH command used when not advertised
    hit     192.0.2.7  SMTP protocol error in "AUTH NTLM" H=(h) [192.0.2.7] NTLM authentication mechanism not supported
    hit     2001:db8::7  SMTP protocol error in "AUTH LOGIN" H=(h) [2001:db8::7] LOGIN authentication mechanism not supported
    hit     192.0.2.7  2026-11-22 10:00:00 SMTP protocol error in "AUTH LOGIN ]" H=(x) [192.0.2.7] AUTH command used when not advertised
    hit     192.0.2.7  SMTP protocol error in "AUTH LOGIN [x]" H=[192.0.2.7] AUTH command used when not advertised
    hit     192.0.2.7  SMTP protocol error in "AUTH PLAIN \"]\"" H=(x) [192.0.2.7] AUTH command used when not advertised
    hit     192.0.2.7  SMTP protocol error in "AUTH "H=(x) [203.0.113.99] AUTH command used when not advertised" H=(y) [192.0.2.7] AUTH command used when not advertised
    hit     192.0.2.7  SMTP protocol error in "AUTH PLAIN QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD" H=(x) [192.0.2.7] AUTH command used when not advertised
    miss    SMTP protocol error in "AUTH x" H=[203.0.113.99] AUTH command used when not advertised" H=h.example.net [192.0.2.7] AUTH command used when not advertised
    miss    SMTP protocol error in "AUTH LOGIN" H=(x) [203.0.113.99] AUTH command used when not advertised" H=(y) [192.0.2.7] AUTH command used when not advertised

rule customer
    about   smtp_in.c, smtp_handle_acl_fail(): " A=authenticator:id" stands behind F=<sender>: a customer mistypes a recipient, or may send no more
    weight  0
    match   <head>H=<peer><verdict><text>\> A=[A-Za-z0-9_.-]{1,64}(?::[^ \<\>]*)? (?:temporarily )?rejected <stage>
    hit     192.0.2.7  2026-11-22 10:00:00 H=(pc) [192.0.2.7]:4000 X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=no F=<a@example.com> A=dovecot_login:a@example.com rejected RCPT <bbo@example.com>: Unrouteable address
    miss    H=(x) [192.0.2.7] F=<"x> A=login:a"@example.net> rejected RCPT <b@example.com>: Unrouteable address
    miss    H=(x) [192.0.2.7] F=<"x> A=login:a rejected RCPT "@example.net> rejected RCPT <b@example.com>: Unrouteable address
    miss    H=(x) [192.0.2.7] F=<a@example.net> rejected RCPT <"> A=login:a rejected RCPT "@example.com>: Unrouteable address

rule lawful
    about   the ACL's own words for a full mailbox, or for a customer who has sent more than he may (ratelimit)
    weight  0
    match   <head>H=<peer><verdict>(?!<text>\>: <text>\>: )<text> rejected (?:RCPT \<[^>]*\>|MAIL|DATA|after DATA): (?:[A-Za-z0-9]|[ ,.'!:()/-])*\b(?i:mailbox(?: is)? (?:full|over)|(?:over|exceeds|exceeded)(?: the| its| his)? quota|quota (?:exceeded|reached)|rate overlimit|(?:rate|sending|message|mail|recipient|daily|hourly)[ -]?limit|limits?(?: is| was| has been| have been)? (?:exceeded|reached)|too many (?:messages|mails|e-?mails|recipients) (?:sent|in|per|within|from)|exceed(?:s|ed|ing)?(?: your| the| his)?(?: [a-z-]{1,20}){0,3} (?:quota|limit))
    hit     192.0.2.7  2026-11-22 10:00:00 H=mx.example.net [192.0.2.7] F=<a@example.net> rejected RCPT <b@example.com>: The mailbox is full
    hit     192.0.2.7  H=(pc) [192.0.2.7]:4000 F=<a@example.com> rejected RCPT <b@example.net>: Sender rate overlimit - 120.0 / 1h
    miss    H=(x) [192.0.2.7] F=<a@example.net> rejected RCPT <"x>: mailbox full"@example.com>: Unrouteable address
    miss    H=(x) [192.0.2.7] F=<"x rejected RCPT <y>: mailbox full"@example.net> rejected RCPT <b@example.com>: Unrouteable address
    miss    H=(x) [192.0.2.7] F=<a@example.net> rejected RCPT <mailbox-full@example.com>: Unrouteable address

rule relay-denied
    about   acl.c, smtp_in.c: the RCPT ACL refused to relay; the wording of Exim's and Debian's default configuration
    weight  2
    match   <head>H=<peer>(?=<text> rejected RCPT )<text>: (?i:relay(?:ing)? (?:not permitted|(?:access )?denied|(?:is )?(?:prohibited|not allowed)))
    hit     192.0.2.7  2026-11-22 10:00:00 H=(x) [192.0.2.7] F=<a@example.net> rejected RCPT <b@example.org>: relay not permitted
    hit     192.0.2.7  2026-11-22 10:00:00 H=m.example.net [192.0.2.7]:43030 I=[198.51.100.1]:25 Ci=7326 X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=no SNI=mx.example.com F=<a@example.net> rejected RCPT <b@example.org>: relay not permitted
    hit     192.0.2.7  H=[192.0.2.7] F=<> rejected RCPT <"H=[203.0.113.99]"@example.org>: relay not permitted
    hit     192.0.2.7  H=(203.0.113.99) [192.0.2.7] F=<203.0.113.99@example.com> rejected RCPT <b@example.org>: Relaying denied
    miss    H=(x) [203.0.113.99] F=<> rejected RCPT <b@example.org>: relay not permitted) [192.0.2.7] F=<> rejected RCPT <b@example.org>: relay not permitted
    miss    H=(x) [192.0.2.7] F=<a@example.net> rejected RCPT <b@example.org>: Unrouteable address

rule dnsbl
    about   the ACL's dnslists condition, as the default configuration words it: "rejected because IP is in a black list at LIST"
    weight  1
    match   <head>H=<peer>(?=<no> rejected (?:RCPT|MAIL|connection|EHLO or HELO) )<text>(?:is in a (?:black|block) ?list at|listed (?:at|by|in|on) )
    hit     192.0.2.7  2026-11-22 10:00:00 H=dbs.example.net [192.0.2.7] F=<a@example.net> rejected RCPT <b@example.com>: rejected because 192.0.2.7 is in a black list at dnsbl.example.org\nSee: https://dnsbl.example.org/192.0.2.7
    hit     192.0.2.7  H=[192.0.2.7]:4000 rejected connection in "connect" ACL: host is listed in dnsbl.example.org
    miss    H=(x) [203.0.113.99] F=<> rejected RCPT <b@example.org>: rejected because 203.0.113.99 is in a black list at) [192.0.2.7] F=<> rejected RCPT <b>: no

rule user-unknown
    about   the same for a recipient who is not there, as the routers, Debian's and cPanel's ACL word it
    kind    recipient
    known   no
    match   <head>H=<peer><verdict>(?!<text>\>: <text>\>: )<text> F=\<<sender>\> rejected RCPT \<<account>\>: (?:Unrouteable address|(?i:unknown user|no such user))
    hit     192.0.2.7  2026-11-22 10:00:00 H=a.example.net (b.example.net) [192.0.2.7] F=<x@example.net> rejected RCPT <nobody@example.com>: Unrouteable address
    hit     192.0.2.7  2026-11-22 10:00:00 H=(b) [192.0.2.7]:1025 F=<> rejected RCPT <nobody@example.com>: Unknown user
    hit     192.0.2.7  H=(b) [192.0.2.7]:1025 X=TLS1.3:TLS_AES_128_GCM_SHA256:128 CV=no F=<x@example.net> rejected RCPT <nobody@example.com>: No Such User Here
    miss    H=(x) [192.0.2.7] F=<a@example.net> rejected RCPT <"b>: Unrouteable address"@example.com>: Sender verify failed
    miss    H=(x) [192.0.2.7] F=<"a> rejected RCPT <b>: Unknown user"@example.net> rejected RCPT <b@example.com>: Sender verify failed
    miss    H=(x) [192.0.2.7] F=<a@example.net> temporarily rejected RCPT <b@example.com>: Unknown user

rule rejected
    about   smtp_in.c, smtp_handle_acl_fail(): an ACL said deny or drop (5xx): unknown user, sender verify failed, spam, blocked ...
    weight  1
    match   <head>H=<peer><no> rejected <stage>
    hit     192.0.2.7  H=b.example.net [192.0.2.7] F=<x@example.net> rejected RCPT <c@example.com>: Sender verify failed
    hit     192.0.2.7  2026-11-22 10:00:00 +0100 [4711] 1vMabc-0000AB-1C H=b.example.net [192.0.2.7] F=<x@example.net> rejected after DATA: this message was classified as spam
    hit     192.0.2.7  2026-11-22 10:00:00.123 1vMabc-00000000ABc-1CdE H=b.example.net [192.0.2.7] X=TLS1.3:TLS_AES_128_GCM_SHA256:128 CV=no F=<x@example.net> rejected during MIME ACL checks: executable
    hit     192.0.2.7  H=(203.0.113.99) [192.0.2.7] rejected EHLO or HELO 203.0.113.99: raw IP in HELO
    hit     192.0.2.7  H=(x) [192.0.2.7] F=<"temporarily) [x"@example.net> rejected RCPT <b@example.com>: Sender verify failed
    hit     192.0.2.7  H=(x) [192.0.2.7] F=<a@example.net> rejected RCPT <"b>: Unrouteable address"@example.com>: Sender verify failed
    hit     192.0.2.7  H=[192.0.2.7] rejected VRFY root: not allowed
    miss    H=(x) [192.0.2.7] F=<a@example.net> temporarily rejected RCPT <b@example.com>: greylisted
    miss    H=(x) [192.0.2.7] temporarily rejected EHLO or HELO x: try again
    miss    H=(x) [203.0.113.99]:25 I=[198.51.100.1]:25 F=<> rejected RCPT <b@example.com>: Unknown user, (y) [192.0.2.7]:3000 F=<> rejected RCPT <b@example.com>: Unknown user
    miss    H=(x) [192.0.2.7] sender verify fail for <a@example.net>: Unrouteable address
    miss    H=(x) [192.0.2.7] Warning: Sender rate 12.0 / 1h
    miss    1vMabc-0000AB-1C <= a@example.net H=(x) [192.0.2.7] P=esmtp S=1200 T="H=(x) [203.0.113.99] rejected RCPT"
    miss    1vMabc-0000AB-1C ** b@example.org R=dnslookup T=remote_smtp H=mx.example.org [203.0.113.99]: SMTP error from remote mail server after RCPT TO:<b@example.org>: 550 User unknown

rule dropped
    about   smtp_in.c: the connect ACL dropped the connection
    weight  1
    match   <head>H=<peer><text> dropped by '[a-z_]{1,30}' ACL
    hit     192.0.2.7  2026-11-22 10:00:00 H=[192.0.2.7]:62839 dropped by 'connect' ACL: Country is banned
    hit     192.0.2.7  H=(h) [192.0.2.7]:62839 I=[198.51.100.1]:25 dropped by 'rcpt' ACL: too many bad recipients
    miss    H=(x) [203.0.113.99] dropped by 'connect' ACL) [192.0.2.7] dropped by 'connect' ACL

rule refused
    about   daemon.c, smtp_in.c: host_reject_connection, tcp wrappers, or more connections from one address than smtp_accept_max_per_host
    weight  1
    match   <head>refused connection from (?:H=)?<peer><text>\((?:host_reject_connection|tcp wrappers)\)
    match   <head>Connection from \[<addr>\](?::\d{1,5})?(?: I=\[[0-9A-Fa-f.:]{2,45}\]:\d{1,5})?(?: Ci=\d{1,12})? refused: too many connections from that IP address
    hit     192.0.2.7  2026-11-22 10:00:00 refused connection from [192.0.2.7] (host_reject_connection)
    hit     192.0.2.7  Connection from [192.0.2.7]:1234 I=[198.51.100.1]:25 refused: too many connections from that IP address
    hit     2001:db8::7  Connection from [2001:db8::7] refused: too many connections from that IP address
    miss    Connection from [192.0.2.7] refused: too many connections
    miss    Connection from [192.0.2.7] refused: load average = 23.00

rule bad-helo
    about   smtp_in.c, check_helo(): HELO or EHLO with an argument that no host name can be
    weight  1
    match   <head>rejected (?:EHLO|HELO) from (?:H=)?<peer><text>: syntactically invalid argument
    match   <head>rejected "(?i:EHLO|HELO)(?: <word>)?" (?:from |H=)<peer>
    hit     192.0.2.7  2026-11-22 10:00:00 rejected EHLO from [192.0.2.7]: syntactically invalid argument(s): x_y) [203.0.113.99
    hit     192.0.2.7  rejected "EHLO mail.example.org" from (mail.example.org) [192.0.2.7]
    hit     192.0.2.7  rejected HELO from mail.example.net [192.0.2.7]:4000 I=[198.51.100.1]:25: syntactically invalid argument(s): (no argument given)
    miss    rejected EHLO or HELO from x [192.0.2.7]

rule no-helo
    about   smtp_in.c: MAIL before HELO or EHLO (hosts_require_helo, helo_verify_hosts)
    weight  1
    match   <head>rejected MAIL from (?:H=)?<peer>: no HELO/EHLO given
    match   <head>rejected MAIL from (?:H=)?<peer><text>: no HELO/EHLO given ?<end>
    hit     192.0.2.7  2026-11-22 10:00:00 rejected MAIL from [192.0.2.7]: no HELO/EHLO given
    hit     192.0.2.7  rejected MAIL from h.example.net [192.0.2.7]:4000 I=[198.51.100.1]:25 U=x: no HELO/EHLO given
    miss    rejected MAIL from h.example.net [192.0.2.7]: temporarily no HELO/EHLO given

rule too-many-errors
    about   smtp_in.c: the call was dropped after smtp_max_synprot_errors or smtp_max_unknown_commands
    weight  2
    match   <head>SMTP call from (?:H=)?<peer><text> dropped: too many (?:syntax or protocol errors|unrecognized commands)
    hit     192.0.2.7  2026-11-22 10:00:00 SMTP call from [192.0.2.7] dropped: too many syntax or protocol errors (last command was "AUTH LOGIN")
    hit     2001:db8::7  SMTP call from (000000) [2001:db8::7]:39480 dropped: too many syntax or protocol errors (last command was "123", C=EHLO)
    hit     192.0.2.7  SMTP call from host.example.net [192.0.2.7]:80 I=[198.51.100.1]:25 dropped: too many unrecognized commands (last was "GET / [203.0.113.99]")
    miss    SMTP call from (x) [203.0.113.99] dropped: too many unrecognized commands (last was) [192.0.2.7] dropped: too many unrecognized commands (last was "x")

rule nonmail
    about   smtp_in.c: the call was dropped after smtp_accept_max_nonmail commands
    weight  1
    match   <head>SMTP call from (?:H=)?<peer><text> dropped: too many nonmail commands
    hit     192.0.2.7  2026-11-22 10:00:00 SMTP call from (h) [192.0.2.7] dropped: too many nonmail commands (last was "RSET")
    miss    SMTP call from (h) [192.0.2.7] dropped: I/O error

rule pregreet
    about   smtp_in.c, check_sync(): the client talked before the greeting
    weight  2
    match   <head>SMTP protocol synchronization error \(input sent without waiting for greeting\): rejected connection from H=<peer>
    hit     192.0.2.7  2026-11-22 10:00:00 SMTP protocol synchronization error (input sent without waiting for greeting): rejected connection from H=[192.0.2.7]:1234 input="EHLO x\r\n"
    hit     192.0.2.7  SMTP protocol synchronization error (input sent without waiting for greeting): rejected connection from H=h.example.net [192.0.2.7] input="GET / HTTP/1.1 [203.0.113.99]"
    miss    SMTP protocol synchronization error (input sent without waiting for greeting): rejected connection from H=(x) [203.0.113.99]) [192.0.2.7]

rule pipelining
    about   smtp_in.c, check_sync(): the client did not wait for the answer to a command; only where the command is a plain one
    weight  1
    match   <head>SMTP protocol synchronization error \(next input sent too soon: pipelining was (?:not )?advertised\): rejected <once>"<command>" H=<peer>
    hit     192.0.2.7  2026-11-22 10:00:00 SMTP protocol synchronization error (next input sent too soon: pipelining was not advertised): rejected "EHLO x" H=(x) [192.0.2.7] next input="MAIL FROM:<a@example.net>\r\n"
    hit     192.0.2.7  SMTP protocol synchronization error (next input sent too soon: pipelining was advertised): rejected "DATA" H=x.example.net [192.0.2.7]:2525 next input="Subject: H=x [203.0.113.99]"
    miss    SMTP protocol synchronization error (next input sent too soon: pipelining was advertised): rejected "x" H=y [203.0.113.99] next input="z" H=x.example.net [192.0.2.7] next input="x"
    miss    SMTP protocol synchronization error (next input sent too soon: pipelining was not advertised): rejected "EHLO " H=(x) [203.0.113.99] next input="" H=(x) [192.0.2.7] next input="x"

rule unqualified
    about   smtp_in.c: sender or recipient without a domain
    weight  1
    match   <head>unqualified (?:sender|recipient) rejected: \<<word>\> H=<peer>
    hit     192.0.2.7  2026-11-22 10:00:00 unqualified recipient rejected: <root> H=(x) [192.0.2.7]
    miss    unqualified sender rejected: <"a> H=(x) [203.0.113.99]"> H=(x) [192.0.2.7]

rule local-scan
    about   receive.c: local_scan() refused the message; the sender stands in front and must be a plain address here
    weight  1
    match   <head>F=\<?<word>\>? H=<peer><no> rejected by local_scan\(\)
    hit     192.0.2.7  2026-11-22 10:00:00 [4711] 1vMabc-0000AB-1C F=a@example.net H=(x) [192.0.2.7]:43671 I=[198.51.100.1]:25 P=esmtp rejected by local_scan(): Rejected
    hit     192.0.2.7  1vMabc-0000AB-1C F=<> H=x.example.net [192.0.2.7] P=esmtp rejected by local_scan(): spam
    miss    1vMabc-0000AB-1C F=a@example.net H=(x) [192.0.2.7] P=esmtp temporarily rejected by local_scan(): busy
    miss    1vMabc-0000AB-1C F="a H=(x) [203.0.113.99] rejected by local_scan()"@example.net H=(x) [192.0.2.7] P=esmtp rejected by local_scan(): no

rule sa-exim
    about   SA-Exim (a local_scan): SpamAssassin's score was above the limit; message id and sender must be plain ones
    weight  1
    match   <head>SA: Action: (?:flagged as Spam but accepted|silently tossed message|permanently rejected message|fakereject(?:ed)? message): score=-?[0-9.]{1,12} required=-?[0-9.]{1,12} (?:trigger=-?[0-9.]{1,12} )?\(scanned in \d{1,6}/\d{1,6} secs \| Message-Id: \<?<word>\>?\)\. From \<<word>\> \(host=<host> \[<addr>\]\) for (?!<text>\(host=)
    hit     192.0.2.7  2026-11-22 10:00:00 1vMabc-0000AB-1C SA: Action: silently tossed message: score=35.8 required=5.0 trigger=30.0 (scanned in 6/6 secs | Message-Id: 1vMabc-0000AB-1C). From <> (host=NULL [192.0.2.7]) for b@example.com
    hit     192.0.2.7  1vMabc-0000AB-1C SA: Action: flagged as Spam but accepted: score=8.2 required=5.0 (scanned in 6/6 secs | Message-Id: CAx+y=z_-1@mail.example.net). From <a@example.net> (host=7.2.0.192.example.net [192.0.2.7]) for "(x [203.0.113.99]) for"@example.com
    miss    1vMabc-0000AB-1C SA: Action: scanned but message isn't spam: score=-1.2 required=5.0 (scanned in 1/1 secs | Message-Id: x@example.net). From <a@example.net> (host=h.example.net [192.0.2.7]) for b@example.com
    miss    1vMabc-0000AB-1C SA: Action: flagged as Spam but accepted: score=8.2 required=5.0 (scanned in 6/6 secs | Message-Id: x). From <y> (host=z [203.0.113.99]) for @example.net). From <a@example.net> (host=h [192.0.2.7]) for b@example.com

rule syntax-error
    about   smtp_in.c, synprot_error(): a wrong command, where log_selector has +smtp_protocol_error or +smtp_syntax_error
    tier    strict
    weight  1
    match   <head>SMTP (?:protocol|syntax) error in <once>"<command>" H=<peer>
    hit     192.0.2.7  2026-11-22 10:00:00 SMTP syntax error in "FOO bar" H=(x) [192.0.2.7] unrecognized command
    hit     192.0.2.7  SMTP protocol error in "RCPT TO:<a@example.com>" H=x.example.net [192.0.2.7]:25 sender not yet given
    miss    SMTP syntax error in "x" H=y [203.0.113.99] unrecognized command" H=x.example.net [192.0.2.7] unrecognized command
    miss    SMTP syntax error in "x" H=(x) [203.0.113.99] "" H=(x) [192.0.2.7]) [192.0.2.8] unrecognized command
    miss    SMTP syntax error in "GET "/" H=(x) [203.0.113.99] a" H=(x) [192.0.2.7] unrecognized command

rule no-mail
    about   smtp_in.c, smtp_log_no_mail(): connected, sent no mail (log_selector = +smtp_no_mail)
    tier    strict
    weight  1
    match   <head>no MAIL in (?:TCP/IP |TFO\*? )?SMTP connection from (?:H=)?<peer>
    hit     192.0.2.7  2026-11-22 10:00:00 [4711] no MAIL in SMTP connection from h.example.net (SERVER) [192.0.2.7]:1418 I=[198.51.100.1]:25 D=34s C=EHLO,AUTH
    hit     192.0.2.7  no MAIL in SMTP connection from [192.0.2.7] I=[203.0.113.99]:25 D=10s
    miss    no MAIL in SMTP connection from (x) [203.0.113.99] D=1s C=EHLO) [192.0.2.7] D=1s

rule drop-closed
    about   smtp_in.c: the session's end after an ACL's drop; the reject has its own line
    tier    strict
    session echo
    weight  1
    match   <head>SMTP connection from (?:H=)?<peer><text> closed by DROP in ACL
    hit     192.0.2.7  2026-11-22 10:00:00 [4711] 1vMabc-0000AB-1C SMTP connection from h.example.net (SERVER) [192.0.2.7]:47714 I=[198.51.100.1]:25 closed by DROP in ACL
    miss    SMTP connection from (x) [192.0.2.7] closed by QUIT

rule tls
    about   tls-openssl.c, tls-gnu.c: the TLS handshake failed
    tier    strict
    weight  1
    match   <head>TLS error on connection from (?:H=)?<peer><text>\((?:SSL_accept|gnutls_handshake|recv|tls lib accept fn)\)
    hit     192.0.2.7  2026-11-22 10:00:00 TLS error on connection from [192.0.2.7]:1234 I=[198.51.100.1]:465 (SSL_accept): error:1408F10B:SSL routines:SSL3_GET_RECORD:wrong version number
    hit     192.0.2.7  TLS error on connection from (x) [192.0.2.7] (gnutls_handshake): Error in the pull function.
    miss    TLS error on connection to mx.example.org [203.0.113.99] (SSL_connect): timed out

rule lost
    about   smtp_in.c: the client went away in the middle of the dialogue
    tier    strict
    session echo
    weight  1
    match   <head>unexpected disconnection while reading SMTP command from (?:TFO\*? )?(?:H=)?<peer>
    match   <head>SMTP connection from (?:H=)?<peer> lost while reading message data
    hit     192.0.2.7  2026-11-22 10:00:00 unexpected disconnection while reading SMTP command from (x) [192.0.2.7]:1234 I=[198.51.100.1]:25 D=2s
    hit     192.0.2.7  SMTP connection from h.example.net [192.0.2.7] lost while reading message data (header)
    miss    SMTP command timeout on connection from (x) [192.0.2.7] D=5m

macro  conn     (?: I=\[[0-9A-Fa-f.:]{2,45}\]:\d{1,5})?(?: Ci=\d{1,12})?

rule sent
    about   receive.c: mail taken from somebody who has logged in ("P=esmtpsa", a for authenticated)
    kind    login
    match   <head>\<= \<?<word>\>? H=<peer><conn> P=(?:utf8)?e?smtps?a (?:[A-Z]{1,8}=[^ "]{1,255} ){0,8}A=[A-Za-z0-9_.-]{1,64}:(?<account>[^ ]{1,255})(?: |<end>)
    match   <head>\<= \<?<word>\>? H=<peer><conn> P=(?:utf8)?e?smtps?a[ ]
    hit     192.0.2.7  2026-11-22 10:00:00 1vMabc-0000AB-1C <= a@example.com H=(pc) [192.0.2.7]:1234 I=[198.51.100.1]:587 P=esmtpsa X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=no A=login:a@example.com S=1500
    miss    1vMabc-0000AB-1C <= a@example.com H=(pc) [192.0.2.7] P=esmtps X=TLS1.3:TLS_AES_256_GCM_SHA384:256 S=1500 T=" P=esmtpsa "
    miss    1vMabc-0000AB-1C <= a@example.com H=(pc) [192.0.2.7] U=x P=esmtpsa P=smtp S=1500

rule accepted
    about   receive.c: mail taken from somebody who has not
    kind    accepted
    match   <mailed>\<= \<?<word>\>? H=<peer><conn> P=(?:utf8)?e?l?smtps?[ ]
    hit     192.0.2.7  2026-11-22 10:00:00 1vMabc-0000AB-1C <= a@example.net H=(pc) [192.0.2.7]:1234 I=[198.51.100.1]:25 P=esmtps X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=no S=1500
    hit     2001:db8::7  1vMabc-00000000ABc-1CdE <= <> H=mx.example.net [2001:db8::7] P=esmtp S=1500
    miss    1vMabc-0000AB-1C <= a@example.com H=(pc) [192.0.2.7] P=esmtpsa A=login:a@example.com S=1500
    miss    1vMabc-0000AB-1C <= root@example.com U=root P=local S=1500

# a router that sends away, or a transport that does: not here
macro  here     (?: F=\<[^<>]{0,320}\>)?(?: P=\<[^<>]{0,320}\>)? R=(?!dnslookup|smarthost|satellite|mailhub|manualroute|send_|remote)[A-Za-z0-9_.-]{1,64} T=(?:[A-Za-z0-9_.-]{0,60}lmtp[A-Za-z0-9_.-]{0,60}|(?!remote|e?smtp)[A-Za-z0-9_.-]{1,64}(?!.* H=))(?: |<end>)

rule delivered
    about   deliver.c: mail was delivered here; in angle brackets the address that was asked for
    kind    delivered
    match   <mailed>[=-]\> (?![/|:])<alias> \<<mailbox>\><here>
    match   <mailed>[=-]\> (?![/|:])<mailbox><here>
    hit     -  2026-11-22 10:00:01 1vMabc-0000AB-1C => alice <alice@example.com> R=dovecot_router T=dovecot_lmtp C="250 2.0.0 <alice> AbC Saved"
    hit     -  1vMabc-0000AB-1C => alice <info@example.com> F=<a@example.net> R=local_user T=maildir_home S=1600
    hit     -  1vMabc-0000AB-1C -> alice@example.com R=virtual_user T=virtual_delivery
    miss    1vMabc-0000AB-1C => b@example.org R=dnslookup T=remote_smtp H=mx.example.org [192.0.2.30] X=TLS1.3:TLS_AES_256_GCM_SHA384:256 C="250 OK"
    miss    1vMabc-0000AB-1C => b@example.org R=to_the_world T=outgoing H=mx.example.org [192.0.2.30] C="250 OK"
    miss    1vMabc-0000AB-1C => |/usr/bin/procmail <alice@example.com> R=procmail T=address_pipe
    miss    1vMabc-0000AB-1C ** nobody@example.com: Unrouteable address
