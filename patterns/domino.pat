# HCL (IBM, Lotus) Domino: "2026-11-22 10:00:00   smtp: USER [ip] authentication failure using internet password", from a console
# log that is written to a file. The user name stands in front of the address, which stands at a fixed place from the end.
# Where the line does not begin in Domino's own way, a user name counts when it is made of words ("CN=Jo Doe/O=Example"): no
# colon, quote, bracket or comma.
# Newer versions: "[thread] 22-11-2026 10:00:00   SMTP Server: Authentication failed for user USER ; connecting host ip", the
# thread in front, behind "Server", or not at all.

service domino

macro  stamp    \d{2,4}[/.-]\d\d[/.-]\d{2,4} \d\d:\d\d:\d\d(?: [AP]M)? {1,3}
macro  thread   \[[0-9A-F:-]{4,40}\]
macro  when     (?:<thread> {1,3})?(?:<stamp>)?
macro  task     (?:SMTP|POP3|IMAP|HTTP|LDAP) Server(?: <thread>:?|:)[ ]{1,3}
macro  some     [A-Za-z0-9._/+-]{1,255}
macro  user     <some>(?:[ @=%&']<some>?){0,12}

program smtp pop3 imap http ldap domino

rule login-failed
    about   the SMTP, POP3, IMAP, HTTP or LDAP task: wrong internet password
    kind    failed-login
    weight  1
    match   (?<account><user>) \[<addr>\] authentication failure using internet password(?:: User is locked out)?<end>
    hit     192.0.2.7  postmaster [192.0.2.7] authentication failure using internet password
    hit     192.0.2.7  CN=Jo Doe/O=Example [192.0.2.7] authentication failure using internet password
    miss    x [203.0.113.99] authentication failure using internet password [192.0.2.7] authentication failure using internet password
    miss    x [203.0.113.99] authentication failure using internet password, they say

program -

rule login-failed-console
    about   the same as the console shows it, and as newer versions word it
    kind    failed-login
    weight  1
    match   (?:<thread> {1,3})?(?:<stamp>)?(?:smtp|pop3|imap|http|ldap): (?<account>.{0,300}) \[<addr>\] authentication failure using internet password(?:: User is locked out)?<end>
    match   <when><task>Authentication failed for user (?<account>.{0,300}) ; connecting host \[<addr>\]<end>
    match   <when><task>Authentication failed for user (?<account>.{0,300}) ; connecting host <addr><end>
    match   <when><task>Authentication failure for (?<account>.{0,300}), connecting host <addr>: Password not found[A-Za-z .'-]*<end>
    hit     192.0.2.7  11/22/2026 10:00:00 AM  smtp: a b [192.0.2.7] authentication failure using internet password
    hit     192.0.2.7  SMTP Server [0D14:0027-1334] Authentication failed for user Bad Guesser ; connecting host [192.0.2.7]
    hit     2001:db8::7  SMTP Server [0D14:0027-1334] Authentication failed for user x ; connecting host 203.0.113.99 ; connecting host 2001:db8::7
    hit     192.0.2.7  [000738:000027-00007F1164C23700] 22-11-2026 10:00:00   SMTP Server: Authentication failed for user x ; connecting host 192.0.2.7
    hit     192.0.2.7  22.11.2026 10:00:00   POP3 Server: Authentication failure for x, connecting host 203.0.113.99: y, connecting host 192.0.2.7: Password not found in the Name and Address Book entry or password did not verify
    hit     192.0.2.7  [13630:00021-3704552256] 22.11.2026 10:00:00   http: CN=Jo Doe/O=Example [192.0.2.7] authentication failure using internet password: User is locked out
    hit     192.0.2.7  22.11.2026 10:00:00   smtp: a: "b" [203.0.113.99] authentication failure [192.0.2.7] authentication failure using internet password
    miss    SMTP Server: Message 00A1B2C3 (MessageID: <x@example.net>) received from h.example.net (192.0.2.7)
    miss    H=(x) [192.0.2.7] rejected EHLO: x [203.0.113.99] authentication failure using internet password

rule rejected
    about   the SMTP task: the connection was refused by the rules of the house: a blocklist, no reverse name
    match   <when><task>Connection from (?:<host> )?\[<addr>\] rejected for policy reasons
    hit     192.0.2.7  22-11-2026 10:00:00   SMTP Server [000527:000013-0000001227564800] Connection from [192.0.2.7] rejected for policy reasons. IP address of connecting host not found in reverse DNS lookup.
    hit     2001:db8::7  SMTP Server: Connection from h.example.net [2001:db8::7] rejected for policy reasons. Host name is in DNS blacklist.
    miss    SMTP Server: 192.0.2.7 connected

# "SMTP Server: " behind a stamp looks like a host and a program

program Server

rule login-failed-task
    about   the same as newer versions word it, where the date is one that is read
    kind    failed-login
    match   Authentication failed for user (?<account>.{0,300}) ; connecting host \[<addr>\]<end>
    match   Authentication failed for user (?<account>.{0,300}) ; connecting host <addr><end>
    match   Authentication failure for (?<account>.{0,300}), connecting host <addr>: Password not found[A-Za-z .'-]*<end>
    hit     192.0.2.7  Authentication failure for x, connecting host 192.0.2.7: Password not found in the Name and Address Book entry or password did not verify
    hit     192.0.2.7  Authentication failed for user Bad Guesser ; connecting host 192.0.2.7
    hit     2001:db8::7  Authentication failed for user x ; connecting host 203.0.113.99 ; connecting host [2001:db8::7]
    miss    Authentication failed for user x ; connecting host 192.0.2.7 is my name

rule rejected-task
    about   the same of a connection that was refused
    match   Connection from (?:<host> )?\[<addr>\] rejected for policy reasons
    hit     192.0.2.7  Connection from [192.0.2.7] rejected for policy reasons. IP address of connecting host not found in reverse DNS lookup.
    miss    192.0.2.7 connected
