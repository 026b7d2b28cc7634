# vm-pop3d and virtualmail-pop3d: "User 'USER' of 'DOMAIN' - failed auth, from=ip". The user name stands in front of the
# address, which is the last thing on the line.

service vm-pop3d

program vm-pop3d vmpop3d virtualmail-pop3d

rule login-failed
    about   user.c, pop3d_pass(): no such user or wrong password
    kind    failed-login
    weight  1
    match   User '(?:(?<account>[^']{0,200})'.{0,900}|.{0,900}) failed auth,? from=<addr><end>
    match   User '(?:(?<account>[^']{0,200})'.{0,900}|.{0,900}) failed auth,? from:? <addr><end>
    match   User '(?:(?<account>[^']{0,200})'.{0,900}|.{0,900}) failed auth,? from=\[<addr>\]<end>
    match   User '(?:(?<account>[^']{0,200})'.{0,900}|.{0,900}) failed auth,? from[=:]? ?<host> \[<addr>\]<end>
    match   User '(?:(?<account>[^']{0,200})'.{0,900}|.{0,900}) failed auth,? from[=:]? ?<host> \(<addr>\)<end>
    hit     192.0.2.7  User 'info' of 'example.com' - failed auth, from=192.0.2.7
    hit     192.0.2.7  User 'x' failed auth, from=203.0.113.99' - failed auth, from=192.0.2.7
    hit     192.0.2.7  User 'info' failed auth, from=[192.0.2.7]
    miss    User 'x' failed auth, from=203.0.113.99' logged in, from=192.0.2.7, nmsgs=0
    miss    Incoming connection opened from 192.0.2.7
