# Courier: imapd, pop3d and their -ssl twins, courierpop3login of old, and esmtpd.
#
# imapd/imaplogin.c and pop3login.c write "user=TEXT, ip=[ADDR]" and nothing of the client's behind it: pinned at the
# end; the user name is held short, so that a line cut by syslogd inside of it cannot end in a forged address.
# courier/esmtpd.c writes relay=ADDR first and the client's words after it: pinned in front; what decides about the
# reason stands at the end of the line.
#
# Left out: authdaemond (authlib/), for it does not know the address; "authentication error: Input/output error" and
# everything with a 4xx, for that is our own back end; "Maximum connection limit reached", which mail programs with many
# folders meet too.

service courier

macro  user    .{0,900}
macro  name    (?<account><user>)
macro  level   (?:(?:ALERT|CRIT|ERR|WARN|NOTICE|INFO|DEBUG): )?
macro  port    (?:, port=\[\d{1,5}\])?
# ident= is what an ident server of the client's says (TCPREMOTEINFO; courieresmtpd.C): in quotes before msg=, else without
# commas and colons
macro  relay   error,relay=<addr>,(?:port=\d{1,5},)?(?:ident=(?:".{0,900}"|[^,:]{0,300}),)?

program imapd* pop3d* imaplogin courier* pop3login

rule login-failed
    about   imaplogin.c, pop3login.c: wrong user name or password
    kind    failed-login
    match   <level>LOGIN FAILED, user=<name>, ip=\[<addr>\]<port> ?<end>
    match   <level>LOGIN FAILED,(?: (?:user|method)=<user>,)? ip=\[<addr>\]<port> ?<end>
    hit     192.0.2.7     LOGIN FAILED, user=alice@example.com, ip=[::ffff:192.0.2.7]
    hit     192.0.2.7     LOGIN FAILED, user=alice, ip=[192.0.2.7], port=[50255]
    hit     2001:db8::7   LOGIN FAILED, user=alice, ip=[2001:db8::7]
    hit@imapd-ssl 192.0.2.7  LOGIN FAILED, method=PLAIN, ip=[::ffff:192.0.2.7]
    hit@courierpop3login 192.0.2.7  LOGIN FAILED, user=ALICE@example.com, ip=[::ffff:192.0.2.7]
    hit@pop3d 192.0.2.7   ERR: LOGIN FAILED, user=alice, ip=[::ffff:192.0.2.7], port=[50255]
    hit     192.0.2.7     LOGIN FAILED, ip=[::ffff:192.0.2.7]
    hit     192.0.2.7     LOGIN FAILED, user=x, ip=[203.0.113.99], ip=[::ffff:192.0.2.7], port=[50255]
    hit     192.0.2.7     LOGIN FAILED, user=], ip=[203.0.113.99], port=[1], ip=[192.0.2.7]
    miss    LOGIN, user=LOGIN FAILED, user=x, ip=[::ffff:192.0.2.7], protocol=IMAP
    miss    LOGIN FAILED, user=x, ip=[203.0.113.99], ip=[::ffff:192.
    miss    DISCONNECTED, user=LOGIN FAILED, ip=[::ffff:192.0.2.7], headers=0, body=0, rcvd=11, sent=22, time=1

rule login
    about   imaplogin.c, pop3login.c: somebody has logged in
    kind    login
    match   <level>LOGIN, user=<name>, ip=\[<addr>\]<port>(?:, protocol=[A-Z0-9]{1,10})?(?:, stls=1)? ?<end>
    hit     192.0.2.7     LOGIN, user=alice@example.com, ip=[::ffff:192.0.2.7], port=[50255], protocol=IMAP
    hit@pop3d-ssl 192.0.2.7  LOGIN, user=alice@example.com, ip=[::ffff:192.0.2.7]
    hit     192.0.2.7     LOGIN, user=x, ip=[203.0.113.99], port=[1], protocol=IMAP, ip=[192.0.2.7], port=[50255], protocol=IMAP
    miss    LOGIN FAILED, user=LOGIN, user=x, ip=[::ffff:192.0.2.7]
    miss    LOGOUT, user=alice@example.com, ip=[::ffff:192.0.2.7], headers=0, body=0

rule tls-handshake
    about   couriertls: the TLS handshake failed
    tier    strict
    match   <level>(?:couriertls: )?ip=\[<addr>\], (?:couriertls: (?:accept|connect|read): |couriertls: /[A-Za-z0-9/._:-]{1,200}|Unexpected SSL|An unexpected TLS packet)<text><end>
    hit@imapd-ssl 192.0.2.7  ip=[::ffff:192.0.2.7], couriertls: accept: error:1408F10B:SSL routines:SSL3_GET_RECORD:wrong version number
    hit@pop3d-ssl 192.0.2.7  ip=[::ffff:192.0.2.7], An unexpected TLS packet was received.
    miss    ip=[::ffff:192.0.2.7], couriertls: read error

rule auth-failed
    about   esmtpd.c: AUTH failed; what follows is the command, the client's own words
    kind    failed-login
    match   <relay>(?:from=\<.{0,900}\>,)?msg="535 Authentication (?:failed|rejected)\.?",cmd:<text><end>
    hit@courieresmtpd 192.0.2.7  error,relay=::ffff:192.0.2.7,msg="535 Authentication failed.",cmd: AUTH PLAIN AGFsaWNlAHNlY3JldA== alice
    hit@courieresmtpd 192.0.2.7  error,relay=::ffff:192.0.2.7,port=47625,msg="535 Authentication failed.",cmd: YWRtaW5AZXhhbXBsZS5jb20=
    hit@courieresmtpd 2001:db8::7  error,relay=2001:db8::7,msg="535 Authentication failed.",cmd: AUTH LOGIN error,relay=::ffff:203.0.113.99,msg="535 Authentication failed.",cmd: x
    hit@courieresmtpd 192.0.2.7  error,relay=192.0.2.7,port=47625,ident="x",msg="535 relay=203.0.113.99",msg="535 Authentication failed.",cmd: YWRtaW4=
    miss@courieresmtpd  error,relay=::ffff:192.0.2.7,msg="454 Temporary authentication failure",cmd: AUTH LOGIN

rule user-unknown
    about   esmtpd.c, submit: the recipient does not exist
    kind    recipient
    known   no
    match   <relay>from=\<(?:(?<sender>)\>,to=\<|(?>.*?\>,to=\<))<account>\>: 550[ -](?:5\.1\.1 )?User (?:\<<text>\> )?unknown\.? ?<end>
    hit@courieresmtpd 192.0.2.7  error,relay=::ffff:192.0.2.7,from=<>,to=<nobody@example.com>: 550 User unknown.
    hit@courieresmtpd 192.0.2.7  error,relay=::ffff:192.0.2.7,port=4711,from=<a@example.net>,to=<ben@example.com>: 550 User <ben> unknown
    hit@courieresmtpd 192.0.2.7  error,relay=::ffff:192.0.2.7,port=4711,ident=root  error relay=203.0.113.99,from=<a@example.net>,to=<ben@example.com>: 550 User unknown.
    hit@courieresmtpd 192.0.2.7  error,relay=::ffff:192.0.2.7,from=<"error,relay=203.0.113.99,from=<"@example.net>,to=<>: 550 User unknown.
    miss@courieresmtpd  error,relay=::ffff:192.0.2.7,from=<a@example.net>,to=<x>: 550 User unknown.@example.com>: 432 Service temporarily unavailable.

rule relay-denied
    about   esmtpd.c: mail for a foreign domain from somebody who may not send it through us
    weight  2
    match   <relay>from=\<(?>.*?\>,to=\<)<text>\>: (?:513|550|553|554)[ -](?:5\.7\.1 )?Relaying denied\.? ?<end>
    hit@courieresmtpd 192.0.2.7  error,relay=::ffff:192.0.2.7,from=<a@example.net>,to=<b@example.org>: 513 Relaying denied.
    hit@courieresmtpd 192.0.2.7  error,relay=::ffff:192.0.2.7,port=4711,from=<a@example.net>,to=<relay=203.0.113.99,x@example.org>: 513 Relaying denied.
    miss@courieresmtpd  error,relay=::ffff:192.0.2.7,from=<a@example.net>,to=<x: 513 Relaying denied.@example.com>: 450 Try again

rule blocked
    about   couriertcpd, esmtpd.c: the address stands in a block list (BLOCK in the access file or from a DNS list)
    match   <relay>from=\<.*\>: 511[ -]<text><end>
    hit@courieresmtpd 192.0.2.7  error,relay=::ffff:192.0.2.7,from=<a@example.net>: 511 https://check.example.org/?ip=192.0.2.7
    hit@courieresmtpd 192.0.2.7  error,relay=::ffff:192.0.2.7,from=<"a>,to=<b"@example.net>: 511 https://check.example.org/
    miss@courieresmtpd  error,relay=::ffff:192.0.2.7,from=<a@example.net>: 517 Domain does not exist: example.net.

rule not-smtp
    about   esmtpd.c: what was sent is no SMTP command
    tier    strict
    match   <relay>msg="502 ESMTP command error",cmd:<text><end>
    hit@courieresmtpd 192.0.2.7  error,relay=::ffff:192.0.2.7,msg="502 ESMTP command error",cmd: GET / HTTP/1.1
    miss@courieresmtpd  error,relay=::ffff:192.0.2.7,msg="430 ESMTP command error",cmd: GET / HTTP/1.1
