# MailEnable's activity logs, fields with tabs between (knowledge base ME020170): "11/22/26 10:00:00<tab>SMTP-IN<tab>MESSAGE<tab>SOCKET<tab>ADDR
# <tab>COMMAND<tab>what the client said<tab>what it was told<tab>...", and the W3C logs, fields with spaces between, in which a space
# is "+": "2026-11-22 10:00:00 ADDR SMTP-IN ACCOUNT SERVER SOCKET COMMAND said told ...". A tab or a space of the client's does not
# begin a field before the address.

service mailenable

macro  activity  (?:\d\d/\d\d/\d\d \d\d:\d\d:\d\d\t)?(?:SMTP|IMAP|POP3?)-IN\t[A-Za-z0-9._-]{0,64}\t\d{0,10}\t<addr>\t
macro  tried   (?:[^\t]{0,200}\t\d{0,9}\t\d{0,9}\t(?<account>[^\t]{1,255})(?:\t|<end>))?
macro  w3c     <addr> (?:SMTP|IMAP|POP3?)-IN [^ ]{1,255} [0-9A-Fa-f.:-]{1,45} [0-9-]{1,10}[ ]

program -

rule login-failed
    about   SMTP: AUTH was refused; IMAP: LOGIN, AUTHENTICATE; POP: PASS
    kind    failed-login
    match   <activity>AUTH\t[^\t]{0,500}\t535 <tried>
    match   <activity>AUTH\t<text>\t535[ ]
    match   <activity>(?:LOGIN|AUTHENTICATE)\t<text> NO (?:LOGIN|AUTHENTICATE) [Ff]ailed - Invalid username
    match   <activity>PASS\t<text>\t-ERR Unable to log on
    match   <w3c>AUTH [^ ]{1,500} 535\+
    match   <w3c>PASS [^ ]{1,500} -ERR\+Unable\+to\+log\+on
    hit     192.0.2.7  11/22/26 10:00:00	SMTP-IN	A5BF8672904641649F6160728A756FFC.MAI	832	192.0.2.7	AUTH	YnJlZXpl	535 Invalid Username or Password	34	10	a@example.com	
    hit     192.0.2.7  11/22/26 10:00:00	SMTP-IN	A5BF8672904641649F6160728A756FFC.MAI	832	192.0.2.7	AUTH	x	235 y	535 Invalid Username or Password	34	10	a@example.com	
    hit     192.0.2.7  11/22/26 10:00:00	IMAP-IN		3404	192.0.2.7	LOGIN	LOGIN "a@example.com" "********"	001 NO LOGIN Failed - Invalid username or password.	53	42		
    hit     192.0.2.7  11/22/26 10:00:00	POP-IN		3404	192.0.2.7	PASS	PASS ********	-ERR Unable to log on	53	42	a@example.com	
    hit     192.0.2.7  192.0.2.7 SMTP-IN - 198.51.100.2 1940 AUTH {blank} 535+Invalid+Username+or+Password MX1 34 14 a@example.com
    miss    11/22/26 10:00:00	SMTP-IN	A5BF8672904641649F6160728A756FFC.MAI	832	192.0.2.7	AUTH	YnJlZXpl	235 Authenticated	34	10	a@example.com	
    miss    11/22/26 10:00:00	SMTP-OU	A5BF8672904641649F6160728A756FFC.MAI	832	203.0.113.99	AUTH	x	535 no	34	10		

rule relay-denied
    about   SMTP: RCPT to a foreign domain without a login
    weight  2
    match   <activity>RCPT\t<text>\t503 This mail server requires authentication
    match   <w3c>RCPT [^ ]{1,500} 503\+This\+mail\+server\+requires\+authentication
    hit     192.0.2.7  11/22/26 10:00:00	SMTP-IN	A5BF8672904641649F6160728A756FFC.MAI	832	192.0.2.7	RCPT	RCPT TO:<b@example.org>	503 This mail server requires authentication when attempting to send to a non-local e-mail address.	34	10		
    miss    11/22/26 10:00:00	SMTP-IN	A5BF8672904641649F6160728A756FFC.MAI	832	192.0.2.7	RCPT	RCPT TO:<503 This mail server requires authentication>	250 Requested mail action okay, completed	34	10		

rule user-unknown
    about   SMTP: RCPT to somebody whom nobody knows
    kind    recipient
    known   no
    match   <activity>RCPT\tRCPT TO:\<(?<account>[^\t>]{1,320})\>\t550[ ]
    match   <activity>RCPT\t<text>\t550[ ]
    match   <w3c>RCPT [^ ]{1,500} 550\+
    hit     192.0.2.7  11/22/26 10:00:00	SMTP-IN	A5BF8672904641649F6160728A756FFC.MAI	832	192.0.2.7	RCPT	RCPT TO:<a	250 b>	550 Requested action not taken	34	10		
    hit     192.0.2.7  11/22/26 10:00:00	SMTP-IN	A5BF8672904641649F6160728A756FFC.MAI	832	192.0.2.7	RCPT	RCPT TO:<nobody@example.com>	550 Requested action not taken: mailbox unavailable or not local	34	10		
    miss    11/22/26 10:00:00	SMTP-IN	A5BF8672904641649F6160728A756FFC.MAI	832	192.0.2.7	RCPT	RCPT TO:<a@example.com>	250 Requested mail action okay, completed	34	10		

rule login
    about   SMTP: somebody has logged in
    kind    login
    match   <activity>AUTH\t[^\t]{0,500}\t235 <tried>
    match   <w3c>AUTH [^ ]{1,500} 235\+
    hit     192.0.2.7  11/22/26 10:00:00	SMTP-IN	A5BF8672904641649F6160728A756FFC.MAI	832	192.0.2.7	AUTH	YnJlZXpl	235 Authenticated	34	10	a@example.com	
    miss    11/22/26 10:00:00	SMTP-IN	A5BF8672904641649F6160728A756FFC.MAI	832	192.0.2.7	AUTH	235 x	535 Invalid Username or Password	34	10	a@example.com	
