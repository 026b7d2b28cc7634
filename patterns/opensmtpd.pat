# OpenSMTPD (smtpd/smtp_session.c). Up to 6.4 each line of a session names its client: "ID smtp event=failed-command address=ip
# host=name command=... result=...", since 6.4 without "event=". Since 6.6 ("ID smtp failed-command command=... result=...") only
# the first line of a session does: "ID smtp connected address=ip host=name". The id, 64 random bits, stands in front of all of
# them: what fails is the client's whom the session's first line has named. Before 5.9 ("smtp-in: Failed command on session ID")
# nothing can be counted. A user name has no blank (vis(3)). 421 and 4xx are ours. A failed AUTH is told twice, by its result and
# by its answer; a quote of the client's is not escaped in his command, but whatever he writes there, the answer is an error of his.

service opensmtpd

macro  id       (?:[0-9a-f]{8,16} )?
macro  client   address=\[?(?:IPv6:)?<addr>\]? host=
macro  user     (?<account>[^ ]{0,300})
macro  tried    <id>smtp (?:event=)?authentication user=<user>
macro  tried-by  host=[^ ]{1,255} result=

macro  failed   <queue> smtp failed-command command="

program smtpd opensmtpd

rule client
    about   smtp_session.c, since 6.6: who begins a session
    kind    client
    match   <queue> smtp connected address=\[?(?:IPv6:)?<addr>\]? host=
    hit     192.0.2.7  5ab3a1c2d4e5f607 smtp connected address=192.0.2.7 host=h.example.net
    hit     2001:db8::7  5ab3a1c2d4e5f607 smtp connected address=[2001:db8::7] host=<unknown>
    miss    5ab3a1c2d4e5f607 smtp connected address=local host=mx.example.com
    miss    5ab3a1c2d4e5f607 mta connected address=203.0.113.99 host=mx.example.net

rule auth-refused
    about   smtp_session.c, since 6.6: AUTH was answered with 535
    kind    failed-login
    match   <failed>AUTH (?:PLAIN|LOGIN) \([a-z.]{1,12}\)" result="535[ ]
    hit     -  5ab3a1c2d4e5f607 smtp failed-command command="AUTH LOGIN (password)" result="535 Authentication failed"
    hit     -  5ab3a1c2d4e5f607 smtp failed-command command="AUTH PLAIN (...)" result="535 Authentication failed"
    miss    5ab3a1c2d4e5f607 smtp failed-command command="AUTH PLAIN (...)" result="421 Temporary failure"
    miss    5ab3a1c2d4e5f607 mta error reason=AUTH rejected: 535 5.7.8 Error: authentication failed

rule auth-result
    about   smtp_session.c, since 6.6: the same, by its result
    kind    failed-login
    side    back
    match   <queue> smtp authentication user=<user> result=permfail<end>
    hit     -  5ab3a1c2d4e5f607 smtp authentication user=info@example.com result=permfail
    hit     -  5ab3a1c2d4e5f607 smtp authentication user=a\040b,c result=permfail
    miss    5ab3a1c2d4e5f607 smtp authentication user=info address=192.0.2.7 host=h.example.net result=permfail
    miss    5ab3a1c2d4e5f607 smtp authentication user=x result=permfail result=ok
    miss    5ab3a1c2d4e5f607 smtp authentication user=info@example.com result=tempfail

rule no-recipient
    about   smtp_session.c, since 6.6: the recipient is not there, or is somebody else's
    kind    recipient
    known   no
    match   <failed>(?i:RCPT TO:) ?\<(?<account>[^ "]{0,300})\>[^"]{0,300}" result="550 (?:5\.1\.1 )?Invalid recipient
    hit     -  5ab3a1c2d4e5f607 smtp failed-command command="RCPT TO:<nobody@example.com>" result="550 Invalid recipient: <nobody@example.com>"
    hit     -  5ab3a1c2d4e5f607 smtp failed-command command="rcpt to:<nobody@example.com> NOTIFY=NEVER" result="550 Invalid recipient"
    miss    5ab3a1c2d4e5f607 smtp failed-command command="RCPT TO:<b@example.com>" result="451 Temporary failure"
    miss    5ab3a1c2d4e5f607 smtp failed-command command="RCPT TO:<b@example.com>" result="550 5.2.2 Mailbox full"

rule refused
    about   smtp_session.c, since 6.6: a command was answered with 5xx: AUTH or STARTTLS first, no such command, a filter's answer
    match   <queue> smtp (?:failed-command command=<text>|bad-input )result="(?!552|5\d\d 5\.2\.[23])5\d\d
    hit     -  5ab3a1c2d4e5f607 smtp failed-command command="HELO x" result="501 5.5.1 Invalid command: Invalid domain name"
    hit     -  5ab3a1c2d4e5f607 smtp failed-command command="" result="500 5.5.1 Invalid command: Command unrecognized"
    hit     -  5ab3a1c2d4e5f607 smtp bad-input result="500 5.5.2 Syntax error: Line too long"
    miss    5ab3a1c2d4e5f607 smtp failed-command command="RCPT TO:<b@example.com>" result="552 5.2.2 Mailbox full"
    miss    5ab3a1c2d4e5f607 smtp failed-command command="DATA" result="421 Temporary Error"
    miss    5ab3a1c2d4e5f607 smtp disconnected reason=quit

rule logged-in
    about   smtp_session.c, since 6.6: somebody has logged in
    kind    login
    match   <queue> smtp authentication user=<user> result=ok<end>
    hit     -  5ab3a1c2d4e5f607 smtp authentication user=info@example.com result=ok
    miss    5ab3a1c2d4e5f607 smtp authentication user=x result=ok result=permfail

rule auth-failed
    about   smtp_session.c: AUTH was refused (535)
    kind    failed-login
    weight  1
    match   <id>(?:smtp: |smtp-in: )?smtp (?:event=)?failed-command <client>(?>.*? command=")(?i:AUTH)<text>result="535
    hit     192.0.2.7  5ab3a1c2d4e5f607 smtp event=failed-command address=192.0.2.7 host=h.example.net command="AUTH LOGIN (password)" result="535 Authentication failed"
    hit     192.0.2.7  5ab3a1c2d4e5f607 smtp failed-command address=192.0.2.7 host=h.example.net command="AUTH PLAIN (...)" result="535 Authentication failed"
    hit     2001:db8::7  5ab3a1c2d4e5f607 smtp event=failed-command address=[2001:db8::7] host=h.example.net command="AUTH PLAIN (...)" result="535 Authentication failed"
    miss    5ab3a1c2d4e5f607 smtp event=failed-command address=192.0.2.7 host=h.example.net command="AUTH LOGIN (password)" result="421 Temporary Error"

rule auth-told
    about   smtp_session.c: the same, by its result
    kind    failed-login
    side    back
    match   <tried> address=<addr> <tried-by>(?:permfail|fail)<end>
    match   <tried> address=\[<addr>\] <tried-by>(?:permfail|fail)<end>
    match   <tried> address=\[IPv6:<addr>\] <tried-by>(?:permfail|fail)<end>
    hit     192.0.2.7  5ab3a1c2d4e5f607 smtp event=authentication user=info address=192.0.2.7 host=203.0.113.99 result=permfail
    hit     2001:db8::7  5ab3a1c2d4e5f607 smtp authentication user=a"b,c address=[2001:db8::7] host=<unknown> result=permfail
    miss    5ab3a1c2d4e5f607 smtp event=authentication user=x address=203.0.113.99 host=y result=permfail address=192.0.2.7 host=h.example.net result=ok

rule user-unknown
    about   smtp_session.c: the recipient is not there
    kind    recipient
    known   no
    match   <id>(?:smtp: |smtp-in: )?smtp (?:event=)?failed-command <client>(?>.*? command=")RCPT TO:\<<account>\>" result="550 (?:5\.1\.1 )?Invalid recipient
    hit     192.0.2.7  5ab3a1c2d4e5f607 smtp event=failed-command address=192.0.2.7 host=h.example.net command="RCPT TO:<nobody@example.com>" result="550 Invalid recipient"
    miss    5ab3a1c2d4e5f607 smtp event=failed-command address=192.0.2.7 host=h.example.net command="RCPT TO:<b@example.org>" result="550 Relay denied"

rule rejected
    about   smtp_session.c: a command was answered with 5xx: no such recipient, relaying, AUTH first, no such command
    weight  1
    match   <id>(?:smtp: |smtp-in: )?smtp (?:event=)?(?:failed-command|bad-input) <client><text>result="(?!552|5\d\d 5\.2\.[23])5\d\d
    hit     192.0.2.7  5ab3a1c2d4e5f607 smtp event=failed-command address=192.0.2.7 host=h.example.net command="RCPT TO:<b@example.org>" result="550 Relay denied"
    hit     192.0.2.7  5ab3a1c2d4e5f607 smtp event=failed-command address=192.0.2.7 host=h.example.net command="HELO address=203.0.113.99" result="501 5.5.1 Invalid command"
    hit     192.0.2.7  5ab3a1c2d4e5f607 smtp event=bad-input address=192.0.2.7 host=h.example.net result="500 5.1.1 Illegal character"
    miss    5ab3a1c2d4e5f607 smtp event=failed-command address=192.0.2.7 host=h.example.net command="RCPT TO:<a@example.com>" result="451 Try again later"
    miss    5ab3a1c2d4e5f607 smtp event=failed-command address=192.0.2.7 host=h.example.net command="RCPT TO:<a@example.com>" result="552 5.2.2 Mailbox full"
    miss    5ab3a1c2d4e5f607 smtp event=connected address=192.0.2.7 host=h.example.net
    miss    5ab3a1c2d4e5f607 smtp failed-command command="RCPT TO:<nobody@example.com>" result="550 Invalid recipient address=203.0.113.99"
    miss    smtp-in: New session 5ab3a1c2d4e5f607 from host h.example.net [192.0.2.7]
    miss    smtp-in: Failed command on session 5ab3a1c2d4e5f607: "RCPT TO:<x@example.com>" => 550 Invalid recipient
    miss    5ab3a1c2d4e5f607 mta event=delivery evpid=1 from=<a@example.com> to=<b@example.org> result="PermFail" stat="550 address=203.0.113.99 host= unknown"

rule login
    about   smtp_session.c: somebody has logged in
    kind    login
    match   <tried> address=<addr> <tried-by>ok<end>
    match   <tried> address=\[<addr>\] <tried-by>ok<end>
    match   <tried> address=\[IPv6:<addr>\] <tried-by>ok<end>
    hit     192.0.2.7  5ab3a1c2d4e5f607 smtp event=authentication user=info address=192.0.2.7 host=h.example.net result=ok
    miss    5ab3a1c2d4e5f607 smtp event=authentication user=info address=192.0.2.7 host=h.example.net result=permfail

rule delivered
    about   mda.c, since 6.6: mail was put into somebody's mailbox
    kind    delivered
    match   [0-9a-f]{16} mda delivery evpid=<queue> from=\<<text>\> to=\<<alias>\> rcpt=\<<mailbox>\> user=[^ ]{1,64} delay=[^ ]{1,20} result=Ok stat=Delivered
    match   [0-9a-f]{16} mda delivery evpid=<queue> from=\<<text>\> to=\<<mailbox>\> user=[^ ]{1,64} delay=[^ ]{1,20} result=Ok stat=Delivered
    hit     -  5ab3a1c2d4e5f607 mda delivery evpid=1c3d5e7f90a1b2c3 from=<a@example.net> to=<info@example.com> rcpt=<alice@example.com> user=alice delay=1s result=Ok stat=Delivered
    hit     -  5ab3a1c2d4e5f607 mda delivery evpid=1c3d5e7f90a1b2c3 from=<> to=<alice@example.com> user=alice delay=1s result=Ok stat=Delivered
    miss    5ab3a1c2d4e5f607 mda delivery evpid=1c3d5e7f90a1b2c3 from=<a@example.net> to=<alice@example.com> user=alice delay=1s result=TempFail stat=Error
