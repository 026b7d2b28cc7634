# HCL (IBM, Lotus) Domino: "2026-11-22 10:00:00   smtp: USER [ip] authentication failure using internet password", from a console
# log that is written to a file. The user name stands in front of the address, which stands at a fixed place from the end.
# A user name counts when it is made of words ("CN=Jo Doe/O=Example"): no colon, quote, bracket or comma.

service domino

macro  stamp    \d{2,4}[/.-]\d\d[/.-]\d{2,4} \d\d:\d\d:\d\d(?: [AP]M)? {1,3}
macro  thread   \[[0-9A-F:-]{4,40}\]
macro  some     [A-Za-z0-9._/+-]{1,255}
macro  user     <some>(?:[ @=%&']<some>?){0,12}

program smtp pop3 imap http ldap domino

rule login-failed
    about   the SMTP, POP3, IMAP, HTTP or LDAP task: wrong internet password
    kind    failed-login
    weight  1
    match   <user> \[<addr>\] authentication failure using internet password<end>
    hit     192.0.2.7  postmaster [192.0.2.7] authentication failure using internet password
    hit     192.0.2.7  CN=Jo Doe/O=Example [192.0.2.7] authentication failure using internet password
    miss    x [203.0.113.99] authentication failure using internet password [192.0.2.7] authentication failure using internet password
    miss    x [203.0.113.99] authentication failure using internet password, they say

program -

rule login-failed-console
    about   the same as the console shows it, and as newer versions word it
    kind    failed-login
    weight  1
    match   (?:<thread> )?<stamp>(?:smtp|pop3|imap|http|ldap): <user> \[<addr>\] authentication failure using internet password<end>
    match   (?:SMTP|POP3|IMAP|HTTP|LDAP) Server <thread> Authentication failed for user .{0,300} ; connecting host \[<addr>\]<end>
    match   (?:SMTP|POP3|IMAP|HTTP|LDAP) Server <thread> Authentication failed for user .{0,300} ; connecting host <addr><end>
    hit     192.0.2.7  11/22/2026 10:00:00 AM  smtp: a b [192.0.2.7] authentication failure using internet password
    hit     192.0.2.7  SMTP Server [0D14:0027-1334] Authentication failed for user Bad Guesser ; connecting host [192.0.2.7]
    hit     2001:db8::7  SMTP Server [0D14:0027-1334] Authentication failed for user x ; connecting host 203.0.113.99 ; connecting host 2001:db8::7
    miss    SMTP Server: Message 00A1B2C3 (MessageID: <x@example.net>) received from h.example.net (192.0.2.7)
    miss    H=(x) [192.0.2.7] rejected EHLO: x [203.0.113.99] authentication failure using internet password
