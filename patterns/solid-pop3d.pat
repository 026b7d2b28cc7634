# solid-pop3d (0.15 and 0.16devel, src/main.c): "authentication failed for user USER - CLIENT". The user name stands in front,
# the client is the last thing: its address, or "name (address)" where names are resolved.

service solid-pop3d

macro  failed   (?:(?:authentication failed: (?:no such (?:mapped )?user|can't map user name):|(?:APOP )?authentication failed for (?:mapped )?user|can't find APOP secret for (?:mapped )?user) (?<account>.{0,900})|root login not allowed)

program solid-pop3d spop3d solid-pop3d-*

rule login-failed
    about   main.c: no such user, wrong password, no APOP secret, no name that can be mapped, or root
    kind    failed-login
    weight  1
    match   <failed> - <addr><end>
    match   <failed> - .{0,256} \(<addr>\)<end>
    match   <failed> - <host> \[<addr>\]<end>
    hit     192.0.2.7  authentication failed: no such user: info - 192.0.2.7
    hit     192.0.2.7  authentication failed for user x - 203.0.113.99 - 192.0.2.7
    hit     192.0.2.7  authentication failed for mapped user info - 192.0.2.7
    hit     192.0.2.7  authentication failed: can't map user name: info@example.com - 192.0.2.7
    hit     192.0.2.7  root login not allowed - 192.0.2.7
    hit     192.0.2.7  can't find APOP secret for user info - 192.0.2.7
    hit     2001:db8::7  APOP authentication failed for user info - 2001:db8::7
    hit     192.0.2.7  authentication failed for user info - h.example.net [192.0.2.7]
    hit     192.0.2.7  authentication failed for user info - h.example.net (192.0.2.7)
    hit     2001:db8::7  authentication failed: no such user: x - y (203.0.113.99) - h.example.net (2001:db8::7)
    miss    authentication failed for user x - 203.0.113.99 is my name
    miss    authentication failed for user x - 203.0.113.99 (is my name)
    miss    user info authenticated - 192.0.2.7
    miss    connect from 192.0.2.7

rule too-many-errors
    about   main.c: more wrong commands than a session may have
    match   wrong commands limit exceeded - <addr><end>
    match   wrong commands limit exceeded - .{0,256} \(<addr>\)<end>
    hit     192.0.2.7  wrong commands limit exceeded - 192.0.2.7
    hit     2001:db8::7  wrong commands limit exceeded - h.example.net (2001:db8::7)
    miss    session limit exceeded: 192.0.2.7

rule login
    about   main.c: somebody has logged in
    kind    login
    match   (?:mapped )?user (?<account>.{0,900}) authenticated(?: through APOP)? - <addr><end>
    match   (?:mapped )?user (?<account>.{0,900}) authenticated(?: through APOP)? - .{0,256} \(<addr>\)<end>
    hit     192.0.2.7  user info authenticated - 192.0.2.7
    hit     192.0.2.7  mapped user info authenticated through APOP - h.example.net (192.0.2.7)
    miss    session ended for user info - 192.0.2.7
