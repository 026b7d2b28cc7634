# vpopmail's vchkpw: "vchkpw-pop3: password fail user@domain:ip". The user name stands in front of the address, so only plain
# names count, and only IPv4: "x:2001:db8:0:0:0:0" as a name would make "x:2001:db8:0:0:0:0:192.0.2.7" out of anybody's line.

service vpopmail

macro  some     [A-Za-z0-9._/+-]{1,255}
macro  odd      [@=%~$!]|[#&*?^|]
macro  name     <some>?(?:<odd><some>?){0,12}
macro  head     (?:vchkpw(?:-[A-Za-z0-9]{1,20})?: )?
macro  from     :(?=\d{1,3}(?:\.\d{1,3}){3}<end>)<addr><end>

program vpopmail vchkpw vchkpw-*

rule login-failed
    about   vchkpw.c: password or user wrong
    kind    failed-login
    weight  1
    match   <head>(?:\([A-Z0-9-]{1,16}\) )?(?:(?:system )?password fail|(?:vpopmail |system )?user not found|no such user|invalid user/domain characters|null user name given|null password given|login fail(?:ed|ure)?)(?: \(pass: '<name>'\))? ?<name><from>
    hit     192.0.2.7  vchkpw-pop3: password fail info@example.com:192.0.2.7
    hit     192.0.2.7  vchkpw-smtp: password fail (pass: 'a1!') info@example.com:192.0.2.7
    hit     192.0.2.7  vchkpw-submission: vpopmail user not found info@example.com:192.0.2.7
    hit     192.0.2.7  vchkpw-587: null password given info@example.com:192.0.2.7
    hit     192.0.2.7  vchkpw-imap: null user name given :192.0.2.7
    miss    vchkpw-pop3: password fail x:2001:db8:0:0:0:0:192.0.2.7
    miss    vchkpw-pop3: password fail x:203.0.113.99 y:192.0.2.7
    miss    vchkpw-pop3: login success info@example.com:192.0.2.7
    miss    vchkpw-pop3: password fail info@example.com:192.0.2.7 password fail

rule access-denied
    about   vchkpw.c: right or wrong password, but this service is closed for the account
    kind    failed-login
    weight  1
    match   <head>(?:pop|smtp|imap|webmail|relay|[a-z0-9]{1,16}) access denied <name><from>
    hit     192.0.2.7  vchkpw-pop3: pop access denied info@example.com:192.0.2.7
    miss    vchkpw-pop3: pop access denied a b:192.0.2.7

rule login
    about   vchkpw.c: somebody has logged in
    kind    login
    match   <head>(?:\([A-Z0-9-]{1,16}\) )?login success <name><from>
    hit     192.0.2.7  vchkpw-pop3: (PLAIN) login success info@example.com:192.0.2.7
    miss    vchkpw-pop3: password fail info@example.com:192.0.2.7
