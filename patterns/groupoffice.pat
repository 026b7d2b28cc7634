# Group-Office: its info.log. The user name stands in quotes before the address, which ends the line.

service groupoffice

macro  user    (?<account>.{0,300})

program groupoffice* httpd* apache* php* -

rule login-failed
    about   GO_Base_Session: wrong user name or password
    kind    failed-login
    match   LOGIN FAILED for user: "<user>" from IP: <addr> ?<end>
    hit@-   192.0.2.7  LOGIN FAILED for user: "alice" from IP: 192.0.2.7
    hit     2001:db8::7  LOGIN FAILED for user: "" from IP: 2001:db8::7
    hit@-   192.0.2.7  LOGIN FAILED for user: "x" from IP: 203.0.113.99" from IP: 192.0.2.7
    miss@-  LOGIN SUCCESS for user: "LOGIN FAILED for user: " from IP: 192.0.2.7
    miss@-  LOGIN FAILED for user: "x" from IP: 203.0.113.99"

rule login
    about   GO_Base_Session: somebody has logged in
    kind    login
    match   LOGIN SUCCESS for user: "<user>" from IP: <addr> ?<end>
    hit@-   192.0.2.7  LOGIN SUCCESS for user: "admin" from IP: 192.0.2.7
    miss@-  LOGIN FAILED for user: "LOGIN SUCCESS for user: " from IP: 192.0.2.7
