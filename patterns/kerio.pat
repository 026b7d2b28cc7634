# Kerio Connect (Kerio MailServer): security.log and warning.log, "[22/Nov/2026 10:00:00] text". The lines have no program.

service kerio

program - kerio* mailserver

rule login-failed
    about   security.log: a login by SMTP, IMAP, POP3, the web ... failed; the user name, where there is one, stands in front
    kind    failed-login
    weight  1
    match   Failed (?:[A-Za-z0-9/+._-]{1,24} ){1,3}login from (?:IP address )?<addr>\b
    match   [A-Z][A-Za-z0-9]{1,20}(?:/[A-Za-z0-9]{1,24})?(?: [A-Za-z]{1,20}){0,2}: (?:User|Invalid password for user|Authentication failed for user) (?<account>.{0,300}?)(?: doesn't exist)?\. Attempt from IP address <addr>\.?<end>
    match   Administration login (?:into|to) (?:[A-Za-z]{1,24} ){1,3}from <addr> failed
    hit     192.0.2.7  Failed SMTP login from 192.0.2.7 with SASL method CRAM-MD5.
    hit     192.0.2.7  Failed IMAP login from 192.0.2.7, user info@example.com from 203.0.113.99.
    hit     192.0.2.7  SMTP: User x doesn't exist. Attempt from IP address 203.0.113.99. doesn't exist. Attempt from IP address 192.0.2.7.
    hit     2001:db8::7  POP3: Invalid password for user info@example.com. Attempt from IP address 2001:db8::7
    hit     192.0.2.7  HTTP/WebMail: User a b doesn't exist. Attempt from IP address 192.0.2.7
    hit     192.0.2.7  Administration login into Web Administration from 192.0.2.7 failed: IP address not allowed
    miss    SMTP: User x doesn't exist. Attempt from IP address 203.0.113.99 is my name
    miss    User info logged in from IP address 192.0.2.7

rule relay-denied
    about   security.log: neither sender nor recipient is ours
    weight  2
    match   Relay attempt from IP address <addr>[, ]
    hit     192.0.2.7  Relay attempt from IP address 192.0.2.7, mail from <a@example.net> to <b@example.org> rejected
    miss    mail from <Relay attempt from IP address 203.0.113.99, > rejected

rule user-unknown
    about   security.log: no such recipient; the client is the last thing on the line
    weight  1
    kind    recipient
    known   no
    match   Attempt to deliver to unknown recipient \<(?<account>.{0,320})\>, from \<(?:(?<sender>)\>|.{0,400}\>), IP address <addr>\.?<end>
    match   Attempt to deliver to unknown recipient .{0,900}, IP address <addr>\.?<end>
    hit     192.0.2.7  Attempt to deliver to unknown recipient <nobody@example.com>, from <a@example.net>, IP address 192.0.2.7
    hit     192.0.2.7  Attempt to deliver to unknown recipient <"x, IP address 203.0.113.99"@example.com>, from <>, IP address 192.0.2.7
    miss    Attempt to deliver to unknown recipient <nobody@example.com>, from <"a, IP address 203.0.113.99"@example.net>

rule spam-attack
    about   security.log: the client talked, or went, before the greeting
    weight  1
    match   SMTP Spam attack detected from <addr>,
    hit     192.0.2.7  SMTP Spam attack detected from 192.0.2.7, client closed connection before SMTP greeting
    hit     192.0.2.7  SMTP Spam attack detected from 192.0.2.7, client sent data before SMTP greeting
    miss    x SMTP Spam attack detected from 203.0.113.99,

rule dnsbl
    about   security.log: the client is on a DNS blocklist
    weight  1
    # "mail from ... rejected" comes behind addresses that may be long; what only adds to the score says so before them
    match   IP address <addr> found in DNS (?:black|block) ?list (?![^<]{0,200}\b(?:scor|added))
    hit     192.0.2.7  IP address 192.0.2.7 found in DNS blacklist Example, mail from <a@example.net> to <b@example.com> rejected
    hit     192.0.2.7  IP address 192.0.2.7 found in DNS blacklist Example, mail from <score@example.net> to <b@exam
    hit     2001:db8::7  IP address 2001:db8::7 found in DNS blacklist Example Zen, connection rejected
    miss    IP address 192.0.2.7 found in DNS blacklist Example, score added

rule rejected
    about   security.log: no reverse name, sender domain does not exist, blacklisted or too many connections
    weight  1
    match   Client with IP address <addr> (?:has no reverse DNS entry|is blacklisted|is on the blacklist)
    match   Message from IP address <addr>, sender <text>rejected:
    match   IP address <addr> (?:found in IP blacklist|is blacklisted|exceeded)
    hit     192.0.2.7  Client with IP address 192.0.2.7 has no reverse DNS entry, connection rejected before SMTP greeting
    hit     192.0.2.7  Message from IP address 192.0.2.7, sender <a@example.invalid> rejected: sender domain does not exist
    miss    Message from IP address 192.0.2.7, sender <a@example.net> accepted
