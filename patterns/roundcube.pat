# Roundcube: logs/errors (log_bug), logs/userlogins (log_login), or both by syslog.
#
# The user name stands before the address, and at the end of an "errors" line the address of the page, both the
# client's own words; between them the IMAP server's answer. So the pattern goes over the whole rest of the line: an
# answer in the words that mean a failed login, no second " from " in the page's address, none but addresses in the
# proxy's headers. A server that repeats the user name in its answer makes a line with client text on both sides of the
# address, where no safe rule exists: count those by "userlogins" or by the IMAP server's own log.
# REMOTE_ADDR counts, and not the headers, which a client can write; but where it is a private address, that is a proxy of
# our own, and what a proxy adds to X-Forwarded-For is the last address in it: that one counts. A proxy with a public
# address: let Roundcube know it (Apache: mod_remoteip, nginx: realip), and allow its address here.
# A server that cannot be reached ("Could not connect", "Unable to negotiate TLS") is no failed login.

service roundcube

macro  name    (?<account>.{0,400})
# "[29.01.2021 19:21:38]: " (rcube.php, write_log(): log_date_format, what date() of PHP can make), where it is no stamp we
# know or its end was left
macro  date    (?:\[[A-Za-z0-9 .,:/+_-]{1,60}\])?(?:: )?
macro  id      (?:\<(?:<session>|[A-Za-z0-9,-]{1,128})\> )?
macro  file    (?:(?:errors|userlogins): )?<date>
macro  ip      [0-9A-Fa-f:.]{2,45}
macro  proxied (?: ?\((?:X-Real-IP: <ip>,?)?(?:X-Forwarded-For: <ip>(?:, ?<ip>){0,19})?\))?
macro  v4      \d{1,3}\.\d{1,3}
macro  private (?:::[Ff]{4}:)?(?:(?:10|127)\.\d{1,3}\.<v4>|(?:192\.168|172\.(?:1[6-9]|2\d|3[01]))\.<v4>)|::1|[Ff][CDcd][0-9A-Fa-f:]{2,37}
macro  origin  (?:<private>) ?\((?:X-Real-IP: <ip>, ?)?X-Forwarded-For: <addr>\)
macro  last    (?:<private>) ?\((?:X-Real-IP: <ip>, ?)?X-Forwarded-For: <ip>(?:, ?<ip>){0,18}, <addr>\)
macro  real    (?:<private>) ?\(X-Real-IP: <addr>\)
macro  word    (?i:authenticat(?:e|ion)|log ?in|user(?: ?name)?|password|credentials|account|mailbox|access|invalid|incorrect|wrong|bad|unknown|fail(?:ed|ure)|error|denied|rejected|generic|plain|sasl|permission|not|no|or|and|is|your|the)
macro  answer  (?: ?(?:AUTHENTICATE [A-Z0-9-]{1,30}|LOGIN|IMAP):(?: A\d{4})?(?: (?:NO|BAD))?(?: \[[A-Z-]{1,40}\])?(?:[ .,!:-]{1,2}<word>){0,12}[.!]{0,2})
# the same without a comma
macro  calm    (?: ?(?:AUTHENTICATE [A-Z0-9-]{1,30}|LOGIN|IMAP):(?: A\d{4})?(?: (?:NO|BAD))?(?: \[[A-Z-]{1,40}\])?(?:[ .!:-]{1,2}<word>){0,12}[.!]{0,2})
# no session is called "from"
macro  sid     [A-Za-z0-9,-]
macro  insess  (?: in session <sid><sid><sid><sid><sid><sid>{1,122})?
macro  place   (?: in /[A-Za-z0-9/._-]{1,300} on line \d{1,6})?(?: \((?:POST|GET) [^ ]{0,2000}\))?

program roundcube* httpd* apache* php* -

rule login-failed
    about   rcube_imap.php: the IMAP server refused user name or password
    kind    failed-login
    match   (?!(?>.*? on line \d{1,6} \([A-Z]{3,7} ).* from )<file><id>(?:IMAP Error: )?(?:Login failed|FAILED login) for <name> (?:against [A-Za-z0-9._:/-]{1,255} )?from <origin>(?:\.<answer><place>)? ?<end>
    match   (?!(?>.*? on line \d{1,6} \([A-Z]{3,7} ).* from )<file><id>(?:IMAP Error: )?(?:Login failed|FAILED login) for <name> (?:against [A-Za-z0-9._:/-]{1,255} )?from <last>(?:\.<calm><place>)? ?<end>
    match   (?!(?>.*? on line \d{1,6} \([A-Z]{3,7} ).* from )<file><id>(?:IMAP Error: )?(?:Login failed|FAILED login) for <name> (?:against [A-Za-z0-9._:/-]{1,255} )?from <real>(?:\.<answer><place>)? ?<end>
    match   (?!(?>.*? on line \d{1,6} \([A-Z]{3,7} ).* from )<file><id>(?:IMAP Error: )?(?:Login failed|FAILED login) for <name> against [A-Za-z0-9._:/-]{1,255} from <addr><proxied>(?:\.<answer><place>)? ?<end>
    match   (?!(?>.*? on line \d{1,6} \([A-Z]{3,7} ).* from )<file><id>(?:IMAP Error: )?(?:Login failed|FAILED login) for <name> from <addr><proxied>(?:\.<answer><place>)? ?<end>
    hit     192.0.2.7  IMAP Error: Login failed for alice from 192.0.2.7. AUTHENTICATE PLAIN: A0002 NO Login failed. in /usr/share/roundcube/program/include/rcube_imap.php on line 205 (POST /wmail/?_task=login&_action=login)
    hit@-   192.0.2.7  <j2pncet8> IMAP Error: Login failed for alice@example.com against imap.example.com from 192.0.2.7. AUTHENTICATE PLAIN: Authentication failed. in /var/www/roundcube/program/lib/Roundcube/rcube_imap.php on line 211 (POST /?_task=login&_action=login)
    hit@-   192.0.2.7  <j2pncet8> IMAP Error: Login failed for alice@example.com from 192.0.2.7(X-Real-IP: 203.0.113.98,X-Forwarded-For: 203.0.113.99). AUTHENTICATE PLAIN: Authentication failed. in /usr/share/roundcubemail/program/lib/Roundcube/rcube_imap.php on line 197 (POST /?_task=login?_task=login&_action=login)
    hit     2001:db8::7  IMAP Error: Login failed for alice against localhost from 2001:db8::7 (X-Forwarded-For: 203.0.113.99, 198.51.100.1). LOGIN: A0001 NO [AUTHENTICATIONFAILED] Authentication failed. in /a/rcube_imap.php on line 1 (POST /)
    hit@-   192.0.2.7  FAILED login for alice from 192.0.2.7
    hit     192.0.2.7  IMAP Error: Login failed for x from 203.0.113.99 from 192.0.2.7
    hit@-   192.0.2.7  <j2pncet8> IMAP Error: Login failed for alice@example.com against imap.example.com from 172.18.0.3(X-Real-IP: 192.0.2.7,X-Forwarded-For: 203.0.113.99, 192.0.2.7). AUTHENTICATE PLAIN: Authentication failed. in /usr/share/roundcubemail/program/lib/Roundcube/rcube_imap.php on line 197 (POST /?_task=login&_action=login)
    hit@-   2001:db8::7  IMAP Error: Login failed for alice from 10.0.0.2(X-Real-IP: 2001:db8::7). AUTHENTICATE PLAIN: A0002 NO Login failed. in /a/rcube_imap.php on line 205 (POST /)
    hit     10.0.0.2  IMAP Error: Login failed for alice from 10.0.0.2. AUTHENTICATE PLAIN: A0002 NO Login failed. in /a/rcube_imap.php on line 205 (POST /)
    hit     198.51.100.1  IMAP Error: Login failed for x from 10.0.0.2(X-Forwarded-For: 203.0.113.99) from 198.51.100.1(X-Forwarded-For: 203.0.113.99). LOGIN: A0001 NO Login failed. in /a/rcube_imap.php on line 1 (POST /)
    hit@-   192.0.2.7  [29.01.2021 19:21:38]: <j05t88vr> IMAP Error: Login failed for alice@example.com against imap.example.com from 192.0.2.7. AUTHENTICATE PLAIN: Authentication failed. in /usr/share/webapps/roundcubemail/program/lib/Roundcube/rcube_imap.php on line 200 (POST /?_task=login&_action=login)
    hit@-   192.0.2.7  [Fri, 29 Jan 2021 19:21:38 +0100]: IMAP Error: Login failed for alice@example.com against imap.example.com from 192.0.2.7. AUTHENTICATE PLAIN: Authentication failed. in /a/rcube_imap.php on line 200 (POST /?_task=login&_action=login)
    hit@-   192.0.2.7  : <j05t88vr> IMAP Error: Login failed for alice@example.com against imap.example.com from 192.0.2.7. LOGIN: Login failed. in /a/rcube_imap.php on line 200 (POST /?_task=login&_action=login)
    miss    IMAP Error: Login failed for x from 203.0.113.99. AUTHENTICATE PLAIN: A0002 NO Login failed. in /a on line 1 (POST /) from 192.0.2.7. AUTHENTICATE PLAIN: A0002 NO Login failed. in /a/rcube_imap.php on line 205 (POST /?_task=login)
    hit     192.0.2.7  IMAP Error: Login failed for x from 192.0.2.7. AUTHENTICATE PLAIN: A0002 NO Login failed. in /a/rcube_imap.php on line 205 (POST /?x+from+203.0.113.99.)
    miss    IMAP Error: Login failed for x from 192.0.2.7 (X-Forwarded-For: x from 203.0.113.99. LOGIN: NO). AUTHENTICATE PLAIN: A0002 NO Login failed. in /a/rcube_imap.php on line 205 (POST /?_task=login)
    miss    IMAP Error: Login failed for x from 203.0.113.99. AUTHENTICATE PLAIN: A from 192.0.2.7 (X-Real-IP: y). AUTHENTICATE PLAIN: A0002 NO Login failed. in /a/rcube_imap.php on line 205 (POST /?_task=login)
    miss    IMAP Error: Login failed for x from 192.0.2.7. AUTHENTICATE PLAIN: A0002 NO Login failed. user=x from 203.0.113.99. in /a/rcube_imap.php on line 205 (POST /?_task=login)
    miss    IMAP Error: Login failed for alice from 192.0.2.7. Could not connect to imap.example.com:143: Connection refused in /a/rcube_imap.php on line 205 (POST /?_task=login)
    miss    IMAP Error: Login failed for x from 192.0.2.7. AUTHENTICATE PLAIN: A0002 NO Login failed. in /a/rcube_imap.php on line 205 (POST / from 203.0.113.99. LOGIN: NO (POST /)

rule userlogins-failed
    about   rcmail.php, log_login: the same in the userlogins log
    kind    failed-login
    match   <file><id>Failed login for <name> from <origin><insess>(?: \(error: -?\d{1,6}\))? ?<end>
    match   <file><id>Failed login for <name> from <last><insess>(?: \(error: -?\d{1,6}\))? ?<end>
    match   <file><id>Failed login for <name> from <real><insess>(?: \(error: -?\d{1,6}\))? ?<end>
    match   <file><id>Failed login for <name> from <addr><proxied><insess>(?: \(error: -?\d{1,6}\))? ?<end>
    hit@-   192.0.2.7  <4z506z6r> Failed login for alice@example.com from 192.0.2.7 in session 4z506z6rvddstv6k7jz08hxo27 (error: 0)
    hit     192.0.2.7  Failed login for x from 203.0.113.99 in session aaaaaaaa (error: 0) from 192.0.2.7 in session 4z506z6rvddstv6k (error: 0)
    hit     192.0.2.7  userlogins: <4z506z6r> Failed login for alice from 10.0.0.2(X-Forwarded-For: 203.0.113.99, 192.0.2.7) in session no-session (error: 1)
    hit     192.0.2.7  userlogins: <4z506z6r> Failed login for alice from 192.0.2.7 (X-Forwarded-For: 203.0.113.99) in session no-session (error: 1)
    hit@-   2001:db8::7  [2021-01-29T19:21:38+01:00]: <4z506z6r> Failed login for alice@example.com from 2001:db8::7 in session 4z506z6rvddstv6k (error: 0)
    miss    Failed login for alice from 192.0.2.7 (X-Forwarded-For: x from 203.0.113.99) in session no-session (error: 1)
    miss    Successful login for Failed login for x (ID: 1) from 192.0.2.7 in session 4z506z6rvddstv6k

rule login
    about   rcmail.php, log_login: somebody has logged in
    kind    login
    match   <file><id>Successful login for <name> \(ID: \d{1,10}\) from <addr><proxied><insess> ?<end>
    hit     192.0.2.7  <4z506z6r> Successful login for alice@example.com (ID: 4) from 192.0.2.7 in session 4z506z6rvddstv6k
    hit     192.0.2.7  Successful login for x (ID: 1) from 203.0.113.99 (ID: 4) from 192.0.2.7 in session 4z506z6rvddstv6k
    miss    Failed login for Successful login for x (ID: 1) from 192.0.2.7 in session 4z506z6rvddstv6k (error: 0)
