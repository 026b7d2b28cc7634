# ASSP, the SMTP proxy: its own maillog.txt, "Nov-22-26 10:00:00 m1-60000-12345 [Worker_1] [TLS-in] [Tag] ip <sender> to: rcpt
# text". Everything in front of the address is ASSP's. The lines have no program.
# Left out: scoring lines ("[DNSBL]", "[Bayesian]", "PenaltyBox"), of which one message writes many.

service assp

macro  id       (?:[A-Za-z0-9]{1,4}-)?\d{4,6}-\d{4,6}
macro  tags     (?=<id> |\[)(?:<id> )?(?:\[[A-Za-z0-9_:+/.-]{1,40}(?: [A-Za-z0-9_:+/.-]{1,40}){0,3}\] ){0,6}

program - assp

rule auth-failed
    about   the server behind refused AUTH (535)
    kind    failed-login
    weight  1
    match   <tags><addr> (?:\<<text>\> )?\[SMTP Error\] 535 (?!<text>Connection lost to authentication server)
    hit     192.0.2.7  [Worker_1] [TLS-out] 192.0.2.7 [SMTP Error] 535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6
    hit     192.0.2.7  m1-13060-05386 [Worker_1] [TLS-in] [TLS-out] 192.0.2.7 [SMTP Error] 535 5.7.8 Error: authentication failed:
    hit     2001:db8::7  m1-13060-05386 [Worker_1] 2001:db8::7 <"203.0.113.99"@example.net> [SMTP Error] 535 5.7.8 Error: authentication failed: x
    miss    [Worker_1] [TLS-out] 192.0.2.7 [SMTP Error] 535 5.7.8 Error: authentication failed: Connection lost to authentication server
    miss    [Worker_1] 192.0.2.7 <a@example.net> to: b@example.com [SMTP Reply] 250 OK
    miss    <x> 203.0.113.99 [SMTP Error] 535

rule auth-lost
    about   the same, where the server behind says that its own authentication server is away: perhaps ours, perhaps a guess too many
    kind    failed-login
    tier    strict
    weight  1
    match   <tags><addr> (?:\<<text>\> )?\[SMTP Error\] 535 <text>Connection lost to authentication server
    hit     192.0.2.7  [Worker_1] [TLS-out] 192.0.2.7 [SMTP Error] 535 5.7.8 Error: authentication failed: Connection lost to authentication server
    miss    [Worker_1] [TLS-out] 192.0.2.7 [SMTP Error] 454 4.7.0 Temporary authentication failure: Connection lost to authentication server

rule auth-limit
    about   MaxAUTHErrors: ASSP gave up on the client
    kind    failed-login
    weight  2
    match   <tags>?Blocking <addr> - too much AUTH errors
    match   <tags>?<addr> (?:\<<text>\> )?max sender authentication errors \(\d{0,6}\) exceeded
    hit     192.0.2.7  Blocking 192.0.2.7 - too much AUTH errors (8);
    hit     192.0.2.7  [SSL-out] 192.0.2.7 max sender authentication errors (5) exceeded -- dropping connection - after reply: 535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6;
    miss    info: 203.0.113.99 - too much AUTH errors (8)

rule relay
    about   a client that may not relay tried to
    weight  2
    match   <tags><addr> <text>relay attempt blocked
    hit     192.0.2.7  m1-64217-12013 [Worker_1] [TLS-in] [TLS-out] [RelayAttempt] 192.0.2.7 <a@example.net> to: b@example.org relay attempt blocked for (parsing): <c@example.org>
    hit     192.0.2.7  id-64217-12013 [Worker_2] [RelayAttempt] 192.0.2.7 <a@example.net> to: 203.0.113.99@example.org relay attempt blocked for: 203.0.113.99@example.org
    miss    m1-64217-12013 [Worker_1] <203.0.113.99> 192.0.2.7 relay attempt blocked

rule user-unknown
    about   LocalAddresses: no such recipient
    weight  1
    kind    recipient
    known   no
    match   <tags><addr> <text>invalid address rejected: (?<account>[^ ;]{1,320})(?:;| |<end>)
    match   <tags><addr> <text>invalid address rejected:
    hit     192.0.2.7  m1-64217-12013 [Worker_1] [InvalidAddress] 192.0.2.7 <a@example.net> to: nobody@example.com invalid address rejected: nobody@example.com
    miss    m1-64217-12013 [Worker_1] [MessageOK] 192.0.2.7 <a@example.net> to: info@example.com message ok

rule tls
    about   the TLS handshake with a client failed
    tier    strict
    weight  1
    match   <tags><addr> (?:\<<text>\> )?SSL negotiation with client failed
    hit     192.0.2.7  [SSL-out] 192.0.2.7 SSL negotiation with client failed: SSL accept attempt failed with unknown error error:140760FC:SSL routines:SSL23_GET_CLIENT_HELLO:unknown protocol;
    miss    [TLS-in] 192.0.2.7 SSL negotiation with server failed: x
