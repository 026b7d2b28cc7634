# Horde and IMP: Horde::log() to a file or to syslog.
#
# "FAILED LOGIN for TEXT [ADDR] to SERVER [pid N on line N of FILE]": the user name stands before the address, behind
# it more in brackets. So only plain user names count, and the pattern goes over the whole line: brackets that a user
# name brings along match nowhere. "[ADDR] (forwarded for [TEXT])" has client text on both sides and cannot count.

service horde

macro  user    (?<account>(?:[A-Za-z0-9._+-]|@){0,100})
macro  module  (?:\[(?:emerg|alert|crit|err|error|warn|warning|notice|info|debug)\] )?(?:\[[a-z0-9_-]{1,30}\] )?(?:\[[a-z]{1,20}\] )?
macro  server  (?: to \{?[A-Za-z0-9._:-]{1,255}(?: ?\[[A-Za-z0-9/-]{1,100}\])?\}?)?
macro  where   (?: \[(?:pid \d{1,10} )?on line \d{1,6} of [A-Za-z0-9._/"-]{1,300}\])?

program HORDE* horde* imp* httpd* apache* php* -

rule login-failed
    about   Horde, IMP: wrong user name or password
    kind    failed-login
    match   <module>FAILED LOGIN for <user> \[<addr>\]<server><where> ?<end>
    hit     192.0.2.7  [error] [imp] FAILED LOGIN for alice@example.com [192.0.2.7] to {mx.example.com:993 [imap/ssl/novalidate-cert]} [pid 68394 on line 139 of /usr/local/www/horde/imp/lib/Auth/imp.php"]
    hit     192.0.2.7  [imp] FAILED LOGIN for alice [192.0.2.7] to localhost:143[imap/notls] [on line 258 of "/usr/share/horde/imp/lib/Auth/imp.php"]
    hit@horde 192.0.2.7  [horde] FAILED LOGIN for alice [192.0.2.7] to Horde [pid 123 on line 198 of "/usr/share/horde/login.php"]
    miss    [horde] FAILED LOGIN for alice [192.0.2.7] (forwarded for [203.0.113.99]) to Horde [pid 123 on line 198 of "/usr/share/horde/login.php"]
    miss    [error] [imp] FAILED LOGIN for x [203.0.113.99] to {mx.example.com:993 [imap/ssl]} [192.0.2.7] to {mx.example.com:993 [imap/ssl]} [pid 6 on line 139 of /a/imp.php"]
    miss    [horde] FAILED LOGIN for alice [192.0.2.7] (forwarded for [x [203.0.113.99] to {h]) to Horde [pid 123 on line 198 of "/a/login.php"]
    miss    [horde] Login success for FAILED LOGIN for x [192.0.2.7] to Horde [pid 123 on line 198 of "/a/login.php"]

rule login
    about   Horde, IMP: somebody has logged in
    kind    login
    match   <module>Login success for <user> \[<addr>\]<server><where> ?<end>
    hit     192.0.2.7  [notice] [imp] Login success for alice@example.com [192.0.2.7] to {mx.example.com:993 [imap/ssl]} [pid 68394 on line 139 of /a/imp.php"]
    miss    [error] [imp] FAILED LOGIN for Login success for x [192.0.2.7] to {mx.example.com:993 [imap/ssl]} [pid 6 on line 139 of /a/imp.php"]
