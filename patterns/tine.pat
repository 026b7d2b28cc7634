# Tine 2.0: tine20.log (Tinebase_Controller). Request, session, account and time stand in front, no syslog header.
# The user name stands before the address, only the result's number behind it: pinned at the end.
# -4 (uncategorised) and 0 mean that the authentication back end has failed: not counted.

service tine

macro  user    (?<account>.{0,900})
macro  head    [0-9a-z]{1,12} [0-9a-z]{1,12} .{1,100} - \d{4}-\d{2}-\d{2}[T ][0-9:.+Z-]{8,32} [A-Z]{2,8} \(\d{1,2}\):[ ]

program tine* httpd* apache* php* -

rule login-failed
    about   Tinebase_Controller, login: unknown user (-1), ambiguous (-2), wrong password (-3), account disabled, expired, blocked
    kind    failed-login
    match   (?:<head>)?Tinebase_[A-Za-z0-9_]{1,60}::[A-Za-z0-9_]{1,60}::\d{1,6} Login with username <user> from <addr> failed \(-(?:[123]|1\d\d)\)! ?<end>
    hit@-   192.0.2.7  78017 00cff -- none -- - 2014-01-13T05:02:22+00:00 WARN (4): Tinebase_Controller::login::106 Login with username alice from 192.0.2.7 failed (-1)!
    hit@-   192.0.2.7  78017 00cff -- none -- - 2014-01-13 05:02:22 WARN (4): Tinebase_Controller::_loginFailed::206 Login with username alice from 192.0.2.7 failed (-3)!
    hit     192.0.2.7  Tinebase_Controller::login::106 Login with username x from 203.0.113.99 failed (-1)! from 192.0.2.7 failed (-1)!
    miss@-  78017 00cff -- none -- - 2014-01-13T05:02:22+00:00 WARN (4): Tinebase_Controller::login::106 Login with username alice from 192.0.2.7 failed (-4)!
    miss@-  78017 00cff -- none -- - 2014-01-13T05:02:22+00:00 INFO (6): Tinebase_Controller::login::99 Login with username x from 192.0.2.7 failed (-1)! from 192.0.2.7 succeeded.
