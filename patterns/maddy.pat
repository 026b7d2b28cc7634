# maddy mail server (framework/log: "ENDPOINT: MESSAGE<tab>{JSON}", keys in alphabetical order): internal/endpoint/smtp/session.go,
# endpoint/imap/imap.go, auth/sasl.go. In JSON the client's quotes are escaped, so that "src_ip":" can only be maddy's own.
# By syslog or the journal the program is maddy and the endpoint stands in the message; in a file with stamps the endpoint
# looks like the program. Tabs may have become "#011" on their way.
# "RCPT error" has no address, but the message id under which "incoming message" has named it; of one who has logged in it
# does not count. Of a session five are logged, then "too many RCPT errors".
# Left out: what a check says of a recipient (its fields stand in front of the id), failures of its own ("internal error", or a
# reason that tells of a connection).

service maddy

macro  endpoint  (?:[A-Za-z0-9._/-]{1,40}: )?
macro  tab     (?:\t|#011|\\t| )
macro  text-json  (?:[^"\\]|\\.)*
macro  reason  (?!.{0,500}"reason":"[^"]{0,300}(?i:connect|timeout|timed out|refused|temporar|internal|lookup|dial|unavailable))

program maddy* smtp submission imap tls -

rule login-failed
    about   session.go, imap.go, sasl.go: no provider knows this name with this password
    kind    failed-login
    match   <endpoint>authentication failed<tab>\{<reason>.{0,900}"src_ip":"<addr>:\d{1,5}","username":"(?<account><text-json>)"\}<end>
    match   <endpoint>authentication failed<tab>\{<reason>.{0,900}"src_ip":"\[<addr>\]:\d{1,5}","username":"(?<account><text-json>)"\}<end>
    hit     192.0.2.7  submission: authentication failed	{"reason":"no auth. provider accepted creds, last err: unknown credentials","src_ip":"192.0.2.7:51234","username":"info@example.com"}
    hit@submission  2001:db8::7  authentication failed	{"reason":"unknown credentials","src_ip":"[2001:db8::7]:51234","username":"x\",\"src_ip\":\"203.0.113.99:1\",\"username\":\"y"}
    hit     192.0.2.7  imap: authentication failed#011{"reason":"unknown credentials","src_ip":"192.0.2.7:51234","username":"a"}
    miss    imap: authentication failed	{"reason":"dial tcp 127.0.0.1:5432: connect: connection refused","src_ip":"192.0.2.7:51234","username":"a"}
    miss    imap: authentication failed due to an internal error	{"reason":"x","src_ip":"192.0.2.7:51234","username":"a"}
    miss    smtp: RCPT error	{"msg_id":"a","rcpt":"authentication failed\t{\"reason\":\"x\",\"src_ip\":\"203.0.113.99:1\",\"username\":\"y\"}","reason":"User does not exist"}

rule user-unknown
    about   session.go: no such user (storage/imapsql/delivery.go), or a domain that is not ours, in the words of the shipped maddy.conf
    kind    recipient
    known   no
    match   <endpoint>RCPT error<tab>\{"msg_id":"<queue>","rcpt":"(?<account><text-json>)",(?:"reason":"<text-json>",)?"smtp_code":5\d\d,"smtp_enchcode":"5\.1\.1"
    hit     -  smtp: RCPT error	{"msg_id":"4e5a9a1b","rcpt":"nobody@example.com","reason":"no such user","smtp_code":501,"smtp_enchcode":"5.1.1","smtp_msg":"User does not exist","target":"imapsql"}
    hit@smtp  -  RCPT error	{"msg_id":"4e5a9a1b","rcpt":"b@example.org","reason":"reject directive used","smtp_code":550,"smtp_enchcode":"5.1.1","smtp_msg":"User doesn't exist"}
    miss    smtp: RCPT error	{"msg_id":"4e5a9a1b","rcpt":"a@example.com","reason":"x","smtp_code":451,"smtp_enchcode":"4.3.0","smtp_msg":"Internal server error"}
    miss    smtp: RCPT error	{"msg_id":"4e5a9a1b","rcpt":"\",\"smtp_code\":550,\"smtp_enchcode\":\"5.1.1\"","reason":"x","smtp_code":451,"smtp_enchcode":"4.3.0"}

rule recipient-refused
    about   session.go: the recipient was refused for good
    match   <endpoint>RCPT error<tab>\{"msg_id":"<queue>","rcpt":"(?<account><text-json>)",(?:"reason":"<text-json>",)?"smtp_code":(?!552)5\d\d,"smtp_enchcode":"5\.(?!2\.[23]")
    hit     -  smtp: RCPT error	{"msg_id":"4e5a9a1b","rcpt":"b@example.org","reason":"reject directive used","smtp_code":554,"smtp_enchcode":"5.7.0","smtp_msg":"Message rejected due to a local policy"}
    miss    smtp: RCPT error	{"msg_id":"4e5a9a1b","rcpt":"b@example.com","reason":"x","smtp_code":552,"smtp_enchcode":"5.2.2","smtp_msg":"Quota exceeded"}

rule dictionary
    about   session.go: more than five recipients of a session, or senders, were refused
    match   <endpoint>too many RCPT errors, possible dictonary attack<tab>\{"msg_id":"[0-9a-f-]{0,64}","src_ip":"<addr>:\d{1,5}"\}
    match   <endpoint>too many RCPT errors, possible dictonary attack<tab>\{"msg_id":"[0-9a-f-]{0,64}","src_ip":"\[<addr>\]:\d{1,5}"\}
    match   <endpoint>MAIL FROM (?:repeated error|error repeated) a lot(?: of times)?, possible dictonary attack<tab>\{"count":\d{1,9},(?:"msg_id":"[0-9a-f-]{0,64}",)?"src_ip":"<addr>:\d{1,5}"\}
    match   <endpoint>MAIL FROM (?:repeated error|error repeated) a lot(?: of times)?, possible dictonary attack<tab>\{"count":\d{1,9},(?:"msg_id":"[0-9a-f-]{0,64}",)?"src_ip":"\[<addr>\]:\d{1,5}"\}
    hit     192.0.2.7  smtp: too many RCPT errors, possible dictonary attack	{"msg_id":"4e5a9a1b","src_ip":"192.0.2.7:51234"}
    hit@smtp  2001:db8::7  MAIL FROM repeated error a lot of times, possible dictonary attack	{"count":6,"src_ip":"[2001:db8::7]:51234"}
    miss    smtp: RCPT error	{"msg_id":"4e5a9a1b","rcpt":"nobody@example.com","reason":"User does not exist"}

rule login
    about   session.go: mail from one who has logged in
    kind    login
    match   <endpoint>incoming message<tab>\{.{0,900}"src_ip":"<addr>:\d{1,5}","username":"(?<account><text-json>)"\}<end>
    match   <endpoint>incoming message<tab>\{.{0,900}"src_ip":"\[<addr>\]:\d{1,5}","username":"(?<account><text-json>)"\}<end>
    hit     192.0.2.7  submission: incoming message	{"msg_id":"4e5a9a1b","sender":"a@example.com","src_host":"pc","src_ip":"192.0.2.7:51234","username":"a@example.com"}
    miss    smtp: incoming message	{"msg_id":"4e5a9a1b","sender":"a@example.net","src_host":"x\",\"src_ip\":\"203.0.113.99:1\",\"username\":\"y","src_ip":"192.0.2.7:51234"}

rule client
    about   session.go: whose message it is
    kind    client
    match   <endpoint>incoming message<tab>\{"msg_id":"<queue>","sender":.{0,900}"src_ip":"<addr>:\d{1,5}"\}<end>
    match   <endpoint>incoming message<tab>\{"msg_id":"<queue>","sender":.{0,900}"src_ip":"\[<addr>\]:\d{1,5}"\}<end>
    hit     192.0.2.7  smtp: incoming message	{"msg_id":"4e5a9a1b","sender":"a@example.net","src_host":"x\",\"src_ip\":\"203.0.113.99:1\"}","src_ip":"192.0.2.7:51234"}
    hit@smtp  2001:db8::7  incoming message	{"msg_id":"4e5a9a1b","sender":"","src_host":"h.example.net","src_ip":"[2001:db8::7]:51234"}
    miss    submission: incoming message	{"msg_id":"4e5a9a1b","sender":"a@example.com","src_host":"pc","src_ip":"192.0.2.7:51234","username":"a@example.com"}
