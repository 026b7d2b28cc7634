# Open WebMail: its openwebmail.log (writelog in shares/ow-shared.pl): process id, address, user, what happened.
# Pinned in front. ret -4 of an auth module means a wrong user or password; -1, -2 and -3 are faults of ours.

service openwebmail

macro  head    - \[\d{1,10}\] \(<addr>\)[ ]

program openwebmail* -

rule login-failed
    about   openwebmail.pl: unknown user or wrong password
    kind    failed-login
    match   <head>(?:(?<account>[^ ]{1,200})|<text>) - (?:login error - (?:no such user - loginname=|auth_[a-z0-9_]{1,30}\.pl, ret -4, )|userinfo error - auth_[a-z0-9_]{1,30}\.pl, ret -4, )<text><end>
    hit@-   192.0.2.7  - [72926] (192.0.2.7) alice - userinfo error - auth_unix.pl, ret -4, User alice doesn't exist
    hit@-   192.0.2.7  - [72926] (192.0.2.7) alice - login error - auth_unix.pl, ret -4, Password incorrect
    hit@-   192.0.2.7  - [72926] (192.0.2.7) alice - login error - no such user - loginname=alice
    hit@-   192.0.2.7  - [72926] (192.0.2.7) x - [1] (203.0.113.99) x - login error - auth_unix.pl, ret -4, Password incorrect
    miss@-  - [72926] (192.0.2.7) alice - login error - auth_ldap.pl, ret -3, cannot connect
    miss@-  - [72926] (mail.example.com) - [1] (203.0.113.99) x - login error - no such user - loginname=x

rule login
    about   openwebmail.pl: somebody has logged in
    kind    login
    match   <head>(?<account>[A-Za-z0-9._@+-]{1,64}) - login - [^ ]{1,200}<end>
    hit@-   192.0.2.7  - [72926] (192.0.2.7) alice - login - alice*example.com-session-0.123456789
    miss@-  - [72926] (192.0.2.7) x - login - y - login error - no such user - loginname=x - login - y 
