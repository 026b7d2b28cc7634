# qmail: rblsmtpd of ucspi-tcp, qmail-smtpd with the usual patches (badiprbl, CHKUSER), by splogger ("qmail: 1700000000.123456
# rblsmtpd: ...") or by multilog. qmail-smtpd itself logs no reject.
# splogger cuts at 800 bytes, so a line must be shorter where client text stands on both sides of the address.

service qmail

macro  some     [A-Za-z0-9._/+-]{1,255}
macro  odd      [@=%~$!]|[#&*?^|]
macro  name     <some>?(?:<odd><some>?){0,12}
macro  stamp    (?:\d{9,11}\.\d{6} )?

program qmail qmail-smtpd rblsmtpd qmail-*

rule rblsmtpd
    about   ucspi-tcp's rblsmtpd.c: the client is on a DNS blocklist; 451 is its way of saying so
    weight  1
    match   <stamp>(?:rblsmtpd: )?<addr> pid \d{1,9}[ :]<text>(?:4|5)5\d[ :-]
    match   <stamp>(?:rblsmtpd: )?<host> blocked <addr>[ ]
    hit@rblsmtpd  192.0.2.7  192.0.2.7 pid 4711: 451 https://dnsbl.example.org/192.0.2.7
    hit     192.0.2.7  1700000000.123456 rblsmtpd: 192.0.2.7 pid 4711 sbl@example.org: 553 Blocked, see https://dnsbl.example.org/203.0.113.99
    hit     192.0.2.7  dnsbl.example.org blocked 192.0.2.7 h.example.net -
    miss    tcpserver: ok 4711 mx.example.com:198.51.100.1:25 h.example.net:192.0.2.7::1234
    miss    1700000000.123456 x 203.0.113.99 pid 1: 451

rule badiprbl
    about   qmail-smtpd with a blocklist patch: the client's address is listed
    weight  1
    match   <stamp>(?:qmail-smtpd: )?(?:4|5)\d\d badiprbl: ip <addr> rbl:
    hit     192.0.2.7  1700000000.123456 qmail-smtpd: 421 badiprbl: ip 192.0.2.7 rbl: dnsbl.example.org
    hit@qmail-smtpd  192.0.2.7  553 badiprbl: ip 192.0.2.7 rbl: dnsbl.example.org
    miss    qmail-smtpd: 421 badmailfrom: ip x 203.0.113.99 rbl: y

rule user-unknown
    about   chkuser: the recipient is not there
    kind    recipient
    known   no
    match   <stamp>(?:qmail-smtpd: )?(?=.{0,780}<end>)CHKUSER (?:rejected|rejecting|intrusion)(?: [a-z]{1,12}){1,3}: from \<(?:(?<sender>):<name>:<name>?|<name>:<name>:<name>?)\> remote \<<name>:(?:<host>)?:(?!:)<addr>\> rcpt \<(?!<text>:[0-9A-Fa-f.:]{2,45}\> rcpt \<)<account>\> : not existing recipient
    hit     192.0.2.7  CHKUSER rejected rcpt: from <a@example.net::> remote <x:h.example.net:192.0.2.7> rcpt <nobody@example.com> : not existing recipient
    hit     192.0.2.7  CHKUSER rejected rcpt: from <::> remote <x:h.example.net:192.0.2.7> rcpt <nobody@example.com> : not existing recipient
    hit     192.0.2.7  1700000000.123456 CHKUSER rejected rcpt: from <::> remote <x::192.0.2.7> rcpt <"a:203.0.113.99> rcp"@example.com> : not existing recipient
    miss    CHKUSER accepted rcpt: from <a@example.net::> remote <x:h.example.net:192.0.2.7> rcpt <b@example.com> : found existing recipient

rule chkuser
    about   CHKUSER patch: the recipient does not exist, or there were too many that do not
    weight  1
    match   <stamp>(?:qmail-smtpd: )?(?=.{0,780}<end>)CHKUSER (?:rejected|rejecting|intrusion)(?: [a-z]{1,12}){1,3}: from \<<name>:<name>:<name>?\> remote \<<name>:(?:<host>)?:(?!:)<addr>\> rcpt \<(?!<text>:[0-9A-Fa-f.:]{2,45}\> rcpt \<)<text>\> : (?:not existing recipient|(?:max number|too many) (?:of )?(?:allowed )?(?:invalid|wrong|recipients)|recipients limit)
    hit     192.0.2.7  CHKUSER rejected rcpt: from <a@example.net::> remote <x:h.example.net:192.0.2.7> rcpt <b@example.com> : max number of invalid recipients
    miss    CHKUSER rejected rcpt: from <a@example.net::> remote <x:y:203.0.113.99> rcpt <z> : not existing recipient:h.example.net:192.0.2.7> rcpt <nobody@example.com> : not existing recipient
    miss    CHKUSER accepted rcpt: from <a@example.net::> remote <x:h.example.net:192.0.2.7> rcpt <info@example.com> : found existing recipient
    miss    CHKUSER rejected sender: from <a@example.invalid::> remote <x:h.example.net:192.0.2.7> rcpt <> : invalid sender MX domain
