# Cyrus IMAP: imapd, pop3d, timsieved, lmtpd, nntpd, httpd, under any name that cyrus.conf gives them ("imaps", "cyrus/imaps").
# "badlogin: name [ip] MECHANISM user [SASL(-13): ...]": the client stands at the left, checked by a reverse look-up; the
# mechanism and the user are the client's and stand behind.
# Left out: SASL(-1) "generic failure" and the like (our saslauthd or database is down), "TLS negotiation failed".

service cyrus

# Domino's tasks are called imap, pop3 and http, too, and begin their lines with a user name
macro  domino   <text> authentication failure using internet password<end>
macro  client   (?:<host> ?)?\[<addr>\](?!<domino>)

program cyrus/* cyrus-* imap imaps imapd imapsd pop3 pop3s pop3d pop3sd sieve timsieved managesieve lmtp lmtpd nntp nntps nntpd http https

rule badlogin
    about   imapd.c, pop3d.c, timsieved/parser.c, httpd.c: a login failed, by whatever mechanism
    kind    failed-login
    weight  1
    match   badlogin:? (?:from:? )?<client> plaintext <account> (?:SASL\(-(?:4|13|14|20)\)|SASL [^ ]{1,40} checkpass failed|invalid user)
    match   badlogin:? (?:from:? )?<client> [A-Za-z0-9-]{1,30} \(<account>\) \[SASL\(-(?:4|13|14|20)\)
    match   badlogin:? (?:from:? )?<client> <text>(?:SASL\(-(?:4|13|14|20)\)|SASL <text>checkpass failed|invalid user|[Aa]uthentication fail(?:ure|ed)|user not found|authorization failure|login disabled|no such user)
    hit     192.0.2.7  badlogin: h.example.net [192.0.2.7] plaintext info@example.com SASL(-13): authentication failure: checkpass failed
    hit     192.0.2.7  badlogin: [192.0.2.7] PLAIN [SASL(-13): authentication failure: Password verification failed]
    hit     192.0.2.7  badlogin: h[192.0.2.7] OTP [SASL(-13): authentication failure: External SSF not good enough]
    hit     192.0.2.7  badlogin: h.example.net [192.0.2.7] PLAIN (info) [SASL(-13): user not found: Password verification failed]
    hit     192.0.2.7  badlogin: h.example.net [192.0.2.7] plaintext x [203.0.113.99] plaintext v SASL(-13): authentication failure: checkpass failed
    hit     2001:db8::7  badlogin: [2001:db8::7] CRAM-MD5 (a@example.com) [SASL(-13): authentication failure: incorrect digest response]
    hit     192.0.2.7  badlogin: h.example.net [192.0.2.7] plaintext x"y invalid user
    hit@cyrus/imaps  192.0.2.7  badlogin: h.example.net [192.0.2.7] NTLM [SASL(-4): no mechanism available: No worthy mechs found]
    miss    badlogin: h.example.net [192.0.2.7] plaintext info SASL(-1): generic failure: checkpass failed
    miss    badlogin: x y [203.0.113.99] plaintext SASL(-13): authentication failure
    miss    badlogin: x [203.0.113.99] y SASL(-13): [192.0.2.7] authentication failure using internet password
    miss    imaps TLS negotiation failed: [192.0.2.7]
    miss    STARTTLS negotiation failed: h.example.net [192.0.2.7]
    miss    login: h.example.net [192.0.2.7] x plaintext User logged in badlogin: x [203.0.113.99] plaintext y SASL(-13): authentication failure

rule tls
    about   imapd.c, pop3d.c: the TLS handshake failed
    tier    strict
    weight  1
    match   (?:(?:imaps|pop3s|imap|pop3|nntps|https) TLS|STARTTLS|STLS) negotiation failed: <client>
    hit     192.0.2.7  imaps TLS negotiation failed: [192.0.2.7]
    hit     192.0.2.7  STARTTLS negotiation failed: h.example.net [192.0.2.7]
    miss    STARTTLS negotiation failed: a b [203.0.113.99]

rule login
    about   imapd.c, pop3d.c, timsieved: somebody has logged in
    kind    login
    match   login: <client> <account> (?:plaintext|[A-Z0-9-]{1,30})(?:\+TLS)? User logged in
    match   login: <client> <text>User logged in
    hit     192.0.2.7  login: h.example.net [192.0.2.7] info@example.com PLAIN+TLS User logged in SESSIONID=<mx-1-2-3>
    miss    login: x y [203.0.113.99] info plaintext User logged in

program cyrus/lmtp* cyrus-lmtp* lmtp lmtpd lmtpunix

rule delivered
    about   lmtpd.c: mail was put into somebody's mailbox
    kind    delivered
    match   Delivered: \<[^<>]{0,500}\> to mailbox: (?:[A-Za-z0-9.-]{1,255}!)?user[./]<mailbox>
    hit     -  Delivered: <a@example.net> to mailbox: user.alice
    miss    Delivered: <a@example.net> to mailbox: lists.info
