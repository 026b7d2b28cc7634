# SquirrelMail with the squirrel_logger plugin: to its own file or to syslog.
#
# The plugin's messages can be set to anything; these are those it comes with, file and syslog. The user name stands
# before the address and nothing of the client's behind it: pinned at the end, the name held short.
# "Connection dropped by IMAP server" and its like are not counted: the login never happened.

service squirrelmail

macro  user    (?<account>[^ ]{1,200}) \([^ ()]{0,200}\)|.{0,900}
macro  date    (?:\d{2}/\d{2}/\d{4}|\d{4}-\d{2}-\d{2}) \d{2}:\d{2}:\d{2}
macro  head    (?:<date>:? )?
macro  tags    (?:\[squirrelmail\] )?
macro  wrong   Unknown user or password incorrect\.

program squirrelmail* httpd* apache* php* -

rule login-failed
    about   squirrel_logger, LOGIN_ERROR: wrong user name or password
    kind    failed-login
    match   <head>\[LOGIN_ERROR\] <user> from <addr>: <wrong> ?<end>
    match   <head><tags>(?:\[LOGIN_ERROR\] )?Failed webmail login: by <user> at <addr>(?: on <date>)?: <wrong> ?<end>
    hit@-   192.0.2.7  10/06/2013 15:50:41 [LOGIN_ERROR] alice (example.org) from 192.0.2.7: Unknown user or password incorrect.
    hit     192.0.2.7  Failed webmail login: by alice (example.org) at 192.0.2.7 on 10/06/2013 15:50:41: Unknown user or password incorrect.
    hit     2001:db8::7  [LOGIN_ERROR] alice () from 2001:db8::7: Unknown user or password incorrect.
    hit     192.0.2.7  Failed webmail login: by x at 203.0.113.99 on 10/06/2013 15:50:41: Unknown user or password incorrect. (example.org) at 192.0.2.7 on 10/06/2013 15:50:41: Unknown user or password incorrect.
    hit@-   192.0.2.7  10/06/2013 15:50:41 [LOGIN_ERROR] x from 203.0.113.99: Unknown user or password incorrect. () from 192.0.2.7: Unknown user or password incorrect.
    miss@-  10/06/2013 15:50:41 [LOGIN] [LOGIN_ERROR] x (example.org) from 192.0.2.7:
    miss@-  10/06/2013 15:50:41 [LOGIN_ERROR] alice (example.org) from 192.0.2.7: Connection dropped by IMAP server.
    miss@-  10/06/2013 15:50:41 [MASS_MAILING] alice (example.org) from 192.0.2.7: 50 recipients: Unknown user or password incorrect.

rule login
    about   squirrel_logger, LOGIN: somebody has logged in
    kind    login
    match   <head>\[LOGIN\] <user> from <addr>:? ?<end>
    match   <head><tags>(?:\[LOGIN\] )?Successful webmail login: by <user> at <addr>(?: on <date>)?:? ?<end>
    hit@-   192.0.2.7  10/06/2013 15:50:41 [LOGIN] alice (example.org) from 192.0.2.7:
    hit     192.0.2.7  Successful webmail login: by alice (example.org) at 192.0.2.7 on 10/06/2013 15:50:41:
    hit@-   192.0.2.7  10/06/2013 15:50:41 [LOGIN] x from 203.0.113.99: (example.org) from 192.0.2.7:
    miss    Failed webmail login: by Successful webmail login: by alice (example.org) at 192.0.2.7 on 10/06/2013 15:50:41
