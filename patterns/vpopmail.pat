# vpopmail's vchkpw (vchkpw.c): "vchkpw-pop3: password fail (pass: 'PASSWORD') user@domain:ip", the password where vpopmail was
# built with --enable-logging=v. Any bytes of password and name stand in front; the address is what follows the last colon, so
# it must be IPv4: of an IPv6 address it is not known where it begins.

service vpopmail

macro  some     [A-Za-z0-9._/+-]{1,255}
# any bytes, in sets that are small enough to be proved
macro  odd      [ !"#$%]|[&'()*,]|[:;<=>?]|[@\[\]\\^`]|[{|}~]|[\x80-\x85]|[\x86-\x8b]|[\x8c-\x91]|[\x92-\x97]|[\x98-\x9d]|[\x9e-\xa3]|[\xa4-\xa9]|[\xaa-\xaf]|[\xb0-\xb5]|[\xb6-\xbb]|[\xbc-\xc1]|[\xc2-\xc7]|[\xc8-\xcd]|[\xce-\xd3]|[\xd4-\xd9]|[\xda-\xdf]|[\xe0-\xe5]|[\xe6-\xeb]|[\xec-\xf1]|[\xf2-\xf7]|[\xf8-\xfd]|[\xfe-\xff]
macro  name     <some>?(?:<odd><some>?){0,24}
macro  head     (?:vchkpw(?:-[A-Za-z0-9]{1,20})?: )?
macro  from     :(?=\d{1,3}(?:\.\d{1,3}){3}<end>)<addr><end>

program vpopmail vchkpw vchkpw-*

rule login-failed
    about   vchkpw.c: password or user wrong
    kind    failed-login
    weight  1
    match   <head>(?:\([A-Z0-9-]{1,16}\) )?(?:(?:system )?password fail|(?:vpopmail |system )?user not found|no such user|invalid user/domain characters|null user name given|null password given|login fail(?:ed|ure)?)(?: \(pass: '<name>'\))? ?(?<account><name>)<from>
    hit     192.0.2.7  vchkpw-pop3: password fail info@example.com:192.0.2.7
    hit     192.0.2.7  vchkpw-smtp: password fail (pass: 'a1!') info@example.com:192.0.2.7
    hit     192.0.2.7  vchkpw-submission: vpopmail user not found info@example.com:192.0.2.7
    hit     192.0.2.7  vchkpw-587: null password given info@example.com:192.0.2.7
    hit     192.0.2.7  vchkpw-imap: null user name given :192.0.2.7
    hit     192.0.2.7  vchkpw-pop3: password fail (pass: 'a b') (c' :203.0.113.99 é') info@example.com:192.0.2.7
    hit     192.0.2.7  vchkpw-smtp: vpopmail user not found (pass: '') x y:203.0.113.99:192.0.2.7
    hit     192.0.2.7  vchkpw-pop3: password fail x:2001:db8:0:0:0:0:192.0.2.7
    miss    vchkpw-pop3: password fail info@example.com:2001:db8::7
    miss    vchkpw-pop3: password fail info@example.com:192.0.2.777
    miss    vchkpw-pop3: login success info@example.com:192.0.2.7
    miss    vchkpw-pop3: password fail info@example.com:192.0.2.7 password fail

rule access-denied
    about   vchkpw.c: right or wrong password, but this service is closed for the account
    kind    failed-login
    weight  1
    match   <head>(?:pop|smtp|imap|webmail|relay|[a-z0-9]{1,16}) access denied (?<account><name>)<from>
    hit     192.0.2.7  vchkpw-pop3: pop access denied info@example.com:192.0.2.7
    miss    vchkpw-pop3: pop access denied a b:192.0.2.7 c

rule login
    about   vchkpw.c: somebody has logged in
    kind    login
    match   <head>(?:\([A-Z0-9-]{1,16}\) )?login success (?<account><name>)<from>
    hit     192.0.2.7  vchkpw-pop3: (PLAIN) login success info@example.com:192.0.2.7
    miss    vchkpw-pop3: password fail info@example.com:192.0.2.7
