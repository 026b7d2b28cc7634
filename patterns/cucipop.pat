# Cubic Circle's POP3 daemon: "authentication failure USER ip". The user name stands in front, the address is the last thing.

service cucipop

program cucipop

rule login-failed
    about   cucipop.c: no such user or wrong password
    kind    failed-login
    weight  1
    match   authentication failure (?:for )?(?<account>.{0,300}) <addr><end>
    hit     192.0.2.7  authentication failure info 192.0.2.7
    hit     192.0.2.7  authentication failure x 203.0.113.99 192.0.2.7
    hit     2001:db8::7  authentication failure info 2001:db8::7
    miss    authentication failure x 203.0.113.99 y
    miss    info 192.0.2.7 0, 12 (0), 0 (0)
