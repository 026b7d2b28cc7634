# Stalwart mail server, 0.9 and later, its log file or its standard output (crates/trc/src/serializers/text.rs):
# "2026-11-22T10:00:00Z INFO Authentication failed (auth.failed) listenerId = "imaptls", localPort = 993, remoteIp = ADDR,
# remotePort = 51234, accountName = "x", ...". What is known of the session comes first (crates/common/src/network/mod.rs),
# then what the event says; text stands in quotes, in which a quote of the client's is not escaped: so the address counts
# behind listener and port, or, of a web request without them, where it is the last thing on the line.
# Left out: Stalwart's own bans ("Banned due to ..."), which follow what counts here; limits; errors of its own directory.

service stalwart

macro  level   (?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z )?(?:TRACE|DEBUG|INFO|WARN|ERROR)[ ]
macro  span    listenerId = "[A-Za-z0-9._-]{1,64}", localPort = \d{1,5}, remoteIp = <addr>(?:,|<end>)

program stalwart* -

rule login-failed
    about   common/src/auth/authentication.rs: wrong user name or password, by whatever protocol
    kind    failed-login
    match   <level>Authentication failed \(auth\.failed\) <span>(?> remotePort = \d{1,5},)? accountName = "(?<account>[^"\\]{1,255})"
    match   <level>Authentication failed \(auth\.failed\) <span>
    match   <level>Authentication failed \(auth\.failed\) .{0,1000}remoteIp = <addr><end>
    hit@-   192.0.2.7  INFO Authentication failed (auth.failed) listenerId = "imaptls", localPort = 993, remoteIp = 192.0.2.7, remotePort = 51234, accountName = "info@example.com", remoteIp = 192.0.2.7
    hit     2001:db8::7  2026-11-22T10:00:00Z WARN Authentication failed (auth.failed) listenerId = "submissions", localPort = 465, remoteIp = 2001:db8::7, remotePort = 51234, accountName = "x", remoteIp = 203.0.113.99, y", id = "z"
    hit@-   192.0.2.7  INFO Authentication failed (auth.failed) accountName = "x", remoteIp = 203.0.113.99, y = "z", reason = "x", remoteIp = 192.0.2.7
    miss    INFO Authentication failed (auth.failed) accountName = "x", remoteIp = 203.0.113.99"
    miss    INFO Authentication successful (auth.success) listenerId = "imaptls", localPort = 993, remoteIp = 192.0.2.7, remotePort = 51234, accountName = "info@example.com"

rule auth-refused
    about   smtp/src/inbound: AUTH where none is offered, or by a mechanism that is not
    session echo
    match   <level>(?:Authentication not allowed \(smtp\.auth-not-allowed\)|Auth mechanism not supported \(smtp\.auth-mechanism-not-supported\)) <span>
    hit@-   192.0.2.7  DEBUG Authentication not allowed (smtp.auth-not-allowed) listenerId = "smtp", localPort = 25, remoteIp = 192.0.2.7, remotePort = 51234
    miss    DEBUG Already authenticated (smtp.already-authenticated) listenerId = "smtp", localPort = 25, remoteIp = 192.0.2.7, remotePort = 51234

rule user-unknown
    about   smtp/src/inbound/rcpt.rs: no such recipient
    kind    recipient
    known   no
    match   <level>Mailbox does not exist \(smtp\.mailbox-does-not-exist\) <span>(?> remotePort = \d{1,5},)? to = "(?<account>[^"\\]{1,255})"
    match   <level>Mailbox does not exist \(smtp\.mailbox-does-not-exist\) <span>
    hit@-   192.0.2.7  INFO Mailbox does not exist (smtp.mailbox-does-not-exist) listenerId = "smtp", localPort = 25, remoteIp = 192.0.2.7, remotePort = 51234, to = "nobody@example.com"
    miss    INFO RCPT TO command (smtp.rcpt-to) listenerId = "smtp", localPort = 25, remoteIp = 192.0.2.7, remotePort = 51234, to = "Mailbox does not exist (smtp.mailbox-does-not-exist)"

rule relay-denied
    about   smtp/src/inbound/rcpt.rs: mail for somebody else's domain from somebody who may not send it through us
    weight  2
    match   <level>Relay not allowed \(smtp\.relay-not-allowed\) <span>
    hit@-   192.0.2.7  INFO Relay not allowed (smtp.relay-not-allowed) listenerId = "smtp", localPort = 25, remoteIp = 192.0.2.7, remotePort = 51234, to = "b@example.org"
    miss    INFO RCPT TO command (smtp.rcpt-to) listenerId = "smtp", localPort = 25, remoteIp = 192.0.2.7, remotePort = 51234, to = "b@example.com"

rule scan
    about   common: what was sent is no mail protocol, or a path that only scanners ask for; Stalwart has banned the address by itself
    weight  2
    session echo
    match   <level>Banned due to scan \(security\.scan-ban\) <span>
    hit@-   192.0.2.7  INFO Banned due to scan (security.scan-ban) listenerId = "imap", localPort = 143, remoteIp = 192.0.2.7, remotePort = 51234, remoteIp = 192.0.2.7, reason = "Invalid IMAP command"
    miss    INFO Banned due to loitering (security.loiter-ban) listenerId = "imap", localPort = 143, remoteIp = 192.0.2.7, remotePort = 51234

rule login
    about   common/src/auth/authentication.rs: somebody has logged in
    kind    login
    match   <level>Authentication successful \(auth\.success\) <span>(?> remotePort = \d{1,5},)? accountName = "(?<account>[^"\\]{1,255})"
    match   <level>Authentication successful \(auth\.success\) <span>
    hit@-   192.0.2.7  INFO Authentication successful (auth.success) listenerId = "imaptls", localPort = 993, remoteIp = 192.0.2.7, remotePort = 51234, accountName = "info@example.com", accountId = 4
    miss    INFO Authentication failed (auth.failed) listenerId = "imaptls", localPort = 993, remoteIp = 192.0.2.7, remotePort = 51234, accountName = "info@example.com"
