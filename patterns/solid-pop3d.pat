# solid-pop3d: "authentication failed for user USER - ip". The user name stands in front, the address is the last thing.

service solid-pop3d

program solid-pop3d spop3d solid-pop3d-*

rule login-failed
    about   options.c, authenticate.c: no such user, wrong password, no APOP secret, or root
    kind    failed-login
    weight  1
    match   (?:authentication failed: no such (?:mapped )?user: .{0,300}|(?:APOP )?authentication failed for (?:mapped )?user .{0,300}|can't find APOP secret for (?:mapped )?user .{0,300}|root login not allowed) - <addr><end>
    match   (?:authentication failed: no such (?:mapped )?user: .{0,300}|(?:APOP )?authentication failed for (?:mapped )?user .{0,300}|can't find APOP secret for (?:mapped )?user .{0,300}|root login not allowed) - <host> \[<addr>\]<end>
    hit     192.0.2.7  authentication failed: no such user: info - 192.0.2.7
    hit     192.0.2.7  authentication failed for user x - 203.0.113.99 - 192.0.2.7
    hit     192.0.2.7  authentication failed for mapped user info - 192.0.2.7
    hit     192.0.2.7  root login not allowed - 192.0.2.7
    hit     192.0.2.7  can't find APOP secret for user info - 192.0.2.7
    hit     2001:db8::7  APOP authentication failed for user info - 2001:db8::7
    hit     192.0.2.7  authentication failed for user info - h.example.net [192.0.2.7]
    miss    authentication failed for user x - 203.0.113.99 is my name
    miss    user info authenticated - 192.0.2.7
    miss    connect from 192.0.2.7
