# hMailServer (Common/Application/Logger.cpp): ""SMTPD"<tab>THREAD<tab>SESSION<tab>"STAMP"<tab>"ADDR"<tab>"SENT: 535 ..."", and the
# same of POP3D and IMAPD: what the server said to this client. Everything before the address is the server's own. The stamp
# stands in the middle, so that the time of a line is not read.
# Left out: what was received; 530 "SMTP authentication is required", which its own mail programs meet, too.

service hmailserver

macro  line    "(?:SMTPD|POP3D|IMAPD)"\t-?\d{1,10}\t\d{1,10}\t"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?"\t"<addr>"\t"SENT:[ ]

program - hmailserver*

rule login-failed
    about   SMTPConnection.cpp, POP3Connection.cpp, IMAPCommandLogin.cpp: wrong user name or password
    kind    failed-login
    match   <line>(?:535 |-ERR Invalid user name or password|.{1,200} NO (?:\[AUTHENTICATIONFAILED\] )?Invalid user name)
    hit     192.0.2.7  "SMTPD"	3476	12	"2026-11-22 10:00:00.123"	"192.0.2.7"	"SENT: 535 Authentication failed. Restarting authentication process."
    hit     192.0.2.7  "POP3D"	3476	12	"2026-11-22 10:00:00.123"	"192.0.2.7"	"SENT: -ERR Invalid user name or password. Please use full email address as user name."
    hit     2001:db8::7  "IMAPD"	3476	12	"2026-11-22 10:00:00.123"	"2001:db8::7"	"SENT: a "203.0.113.99"	"SENT: 535 NO Invalid user name or password."
    miss    "SMTPD"	3476	12	"2026-11-22 10:00:00.123"	"192.0.2.7"	"RECEIVED: SENT: 535 x"
    miss    "SMTPC"	3476	12	"2026-11-22 10:00:00.123"	"203.0.113.99"	"RECEIVED: 535 no"

rule user-unknown
    about   SMTPConnection.cpp: no such mailbox; which one, the line does not say
    kind    recipient
    known   no
    match   <line>550 (?:5\.1\.1 )?Unknown user
    hit     192.0.2.7  "SMTPD"	3476	12	"2026-11-22 10:00:00.123"	"192.0.2.7"	"SENT: 550 Unknown user"
    miss    "SMTPD"	3476	12	"2026-11-22 10:00:00.123"	"192.0.2.7"	"RECEIVED: SENT: 550 Unknown user"

rule rejected
    about   SMTPConnection.cpp: relaying, blocklists: 550, and the 554 of a connection that is refused
    match   <line>55[04][ ]
    hit     192.0.2.7  "SMTPD"	3476	12	"2026-11-22 10:00:00.123"	"192.0.2.7"	"SENT: 550 Delivery is not allowed to this address."
    hit     192.0.2.7  "SMTPD"	3476	12	"2026-11-22 10:00:00.123"	"192.0.2.7"	"SENT: 554 Rejected"
    miss    "SMTPD"	3476	12	"2026-11-22 10:00:00.123"	"192.0.2.7"	"SENT: 530 SMTP authentication is required."
    miss    "SMTPD"	3476	12	"2026-11-22 10:00:00.123"	"192.0.2.7"	"SENT: 250 OK"

rule login
    about   SMTPConnection.cpp, POP3Connection.cpp, IMAPCommandLogin.cpp: somebody has logged in
    kind    login
    match   <line>(?:235 |\+OK Mailbox locked and ready|[^ ]{1,100} OK LOGIN completed)
    hit     192.0.2.7  "SMTPD"	3476	12	"2026-11-22 10:00:00.123"	"192.0.2.7"	"SENT: 235 authenticated."
    hit     192.0.2.7  "POP3D"	3476	12	"2026-11-22 10:00:00.123"	"192.0.2.7"	"SENT: +OK Mailbox locked and ready"
    hit     192.0.2.7  "IMAPD"	3476	12	"2026-11-22 10:00:00.123"	"192.0.2.7"	"SENT: A1 OK LOGIN completed"
    miss    "SMTPD"	3476	12	"2026-11-22 10:00:00.123"	"192.0.2.7"	"RECEIVED: SENT: 235 "
