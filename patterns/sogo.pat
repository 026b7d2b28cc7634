# SOGo: sogo.log, written by sogod (UI/MainUI/SOGoRootPage.m).
#
# The address stands first, in quotes; the user name follows. Behind a proxy it is what stands in X-Forwarded-For: if
# that has several, the first ones are the client's words unless the proxy throws away what it gets, so such a line
# counts in the strict tier only: turn it on if yours does.
# "bound: 1" means that the password was right: an expired one, or a policy.

service sogo

macro  page    (?:\|SOGo\| )?(?:\<0x[0-9A-Fa-fx]{1,20}\[SOGoRootPage\](?::[A-Za-z0-9.-]{0,64})?\>|SOGoRootPage)[ ]
macro  failed  ' for user '<account>' might not have worked(?: - password policy: \d{1,6}  grace: -?\d{1,10}  expire: -?\d{1,10}(?:  bound: 0)?)? ?<end>

program sogod* sogo* -

rule login-failed
    about   SOGoRootPage, connectAction: wrong user name or password
    kind    failed-login
    match   (?:sogod \[\d{1,10}\]: )?<page>Login from '<addr><failed>
    hit     192.0.2.7  SOGoRootPage Login from '192.0.2.7' for user 'alice' might not have worked - password policy: 65535  grace: -1  expire: -1  bound: 0
    hit     2001:db8::7  SOGoRootPage Login from '2001:db8::7' for user 'alice' might not have worked - password policy: 65535  grace: -1  expire: -1
    hit     192.0.2.7  <0x0x55d0c8a1[SOGoRootPage]> Login from '192.0.2.7' for user 'alice' might not have worked - password policy: 65535  grace: -1  expire: -1  bound: 0
    hit     192.0.2.7  SOGoRootPage Login from '192.0.2.7' for user 'x' SOGoRootPage Login from '203.0.113.99' for user 'x' might not have worked - password policy: 65535  grace: -1  expire: -1  bound: 0
    miss    SOGoRootPage Login from '192.0.2.7' for user 'alice' might not have worked - password policy: 1  grace: 2  expire: -1  bound: 1
    miss    SOGoRootPage successful login from '192.0.2.7' for user 'SOGoRootPage Login from '203.0.113.99' for user 'x' might not have worked' - expire = -1  grace = -1
    miss    SOGoRootPage Login from '203.0.113.99, 192.0.2.7' for user 'alice' might not have worked - password policy: 65535  grace: -1  expire: -1  bound: 0

rule login-failed-proxied
    about   the same, X-Forwarded-For with several addresses: only for a proxy that throws away the client's own
    kind    failed-login
    tier    strict
    match   (?:sogod \[\d{1,10}\]: )?<page>Login from '<addr>(?:, ?[0-9A-Fa-f:.]{2,45}){1,20}<failed>
    hit     192.0.2.7  SOGoRootPage Login from '192.0.2.7, 198.51.100.1' for user 'alice' might not have worked - password policy: 65535  grace: -1  expire: -1  bound: 0
    miss    SOGoRootPage Login from 'unknown, 203.0.113.99' for user 'alice' might not have worked - password policy: 65535  grace: -1  expire: -1  bound: 0

rule login
    about   SOGoRootPage, connectAction: somebody has logged in
    kind    login
    match   (?:sogod \[\d{1,10}\]: )?<page>successful login from '<addr>' for user '(?:(?<account>[^']{1,255})'<text>|<text>)<end>
    hit     192.0.2.7  SOGoRootPage successful login from '192.0.2.7' for user 'alice' - expire = -1  grace = -1
    miss    SOGoRootPage Login from '192.0.2.7' for user ' successful login from '203.0.113.99' for user 'x' might not have worked - password policy: 65535  grace: -1  expire: -1  bound: 0
