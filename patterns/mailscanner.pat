# MailScanner: "Message ID from ip (sender) to domains is spam (...)". The address stands at the left.

service mailscanner

program MailScanner mailscanner

rule blacklisted
    about   Message.pm: the sender or the client is on our own blacklist
    weight  1
    match   Message [A-Za-z0-9.-]{1,40} from <addr> \(<text>\) to <text>is spam \(blacklisted\)
    hit     192.0.2.7  Message 5ctN6m5yKmz5sU7.A1B2C from 192.0.2.7 (a@example.net) to example.com is spam (blacklisted)
    hit     192.0.2.7  Message 5ctN6m5yKmz5sU7 from 192.0.2.7 ("from 203.0.113.99 (x"@example.net) to example.com is spam (blacklisted)
    miss    Message 5ctN6m5yKmz5sU7 from 192.0.2.7 (a@example.net) to example.com is not spam (whitelisted), SpamAssassin (score=1)
    miss    x Message 5ctN6m5yKmz5sU7 from 203.0.113.99 (a@example.net) to example.com is spam (blacklisted)

rule spam
    about   Message.pm: spam by score or by DNS blocklist; strict, since who relays for others hands on their spam, too
    tier    strict
    weight  1
    match   Message [A-Za-z0-9.-]{1,40} from <addr> \(<text>\) to <text>is spam[ ,]
    hit     192.0.2.7  Message 5ctN6m5yKmz5sU7.A1B2C from 192.0.2.7 (a@example.net) to example.com is spam, SpamAssassin (score=18.2, required 6, BAYES_99 3.50)
    miss    Message 5ctN6m5yKmz5sU7 from 192.0.2.7 (a@example.net) to example.com is not spam, SpamAssassin (score=-1)
