# Postfix: smtpd
service postfix

macro  queue-id   [0-9A-F]{5,20}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}
macro  client     <host>\[<addr>\](?::\d{1,5})?

program postfix*/smtpd postfix

rule user-unknown
    about   smtpd: the recipient is in none of the tables (reject_unlisted_recipient)
    weight  1
    match   (?:NOQUEUE|<queue-id>): reject: RCPT from <client>: 550 5\.1\.1 <text>: Recipient address rejected: User unknown in
    hit     192.0.2.7  NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 550 5.1.1 <a@example.com>: Recipient address rejected: User unknown in local recipient table; from=<> to=<a@example.com> proto=ESMTP helo=<x>
    miss    NOQUEUE: reject_warning: RCPT from unknown[192.0.2.7]: 550 5.1.1 <a@example.com>: Recipient address rejected: User unknown in local recipient table; from=<> to=<a@example.com> proto=ESMTP helo=<x>
