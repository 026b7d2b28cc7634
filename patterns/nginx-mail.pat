# nginx as a mail proxy, Mailu's front above all (src/mail/ngx_mail_auth_http_module.c, ngx_mail_handler.c).
#
# "client login failed: "ANSWER" while in http auth state, client: ADDR, server: ..., login: "TEXT"": the answer is the
# authentication server's, what the client wrote comes last: pinned in front. Answers that tell of a fault of ours do
# not count. The time stands at the head of the file's lines; by syslog or from a container it stands in the message.

service nginx-mail

macro  head    (?:\d{4}/\d{2}/\d{2} \d{2}:\d{2}:\d{2} )?\[(?:info|notice|warn|error)\] \d{1,10}#\d{1,10}: \*\d{1,20}[ ]
macro  answer  (?:[A-Za-z0-9._:/+-]| |,|;|'|!|\(|\)|\[|\]){0,200}

program nginx* *front* mailu* -

rule login-failed
    about   ngx_mail_auth_http: the authentication server refused user name or password
    kind    failed-login
    match   <head>client login failed: "(?![^"]{0,200}(?i:temporar|internal|unavailable|try again))<answer>" while in http auth state, client: <addr>(?: using starttls)?, server: (?:[^"]{1,300}, login: "(?<account>[^"]{1,255})"(?:,<text>)?|<text>)<end>
    hit@-   192.0.2.7  [info] 126#126: *175063 client login failed: "Authentication credentials invalid" while in http auth state, client: 192.0.2.7 using starttls, server: 0.0.0.0:587, login: "postmaster"
    hit     2001:db8::7  2023/04/05 21:00:42 [info] 126#126: *17 client login failed: "Invalid login or password" while in http auth state, client: 2001:db8::7, server: [::]:993, login: "alice@example.com"
    hit@-   192.0.2.7  [info] 9#9: *1 client login failed: "Authentication credentials invalid" while in http auth state, client: 192.0.2.7, server: 0.0.0.0:993, login: "x" while in http auth state, client: 203.0.113.99, server: y"
    miss@-  [info] 9#9: *1 client login failed: "Temporary authentication failure (rate-limit)" while in http auth state, client: 192.0.2.7, server: 0.0.0.0:993, login: "alice"
    miss@-  [error] 9#9: *1 auth http server 192.0.2.30:80 did not send server or port while in http auth state, client: 192.0.2.7, server: 0.0.0.0:993, login: "alice"
    miss@-  [info] 9#9: *1 client 192.0.2.7:51234 connected to 0.0.0.0:993

rule login
    about   ngx_mail_proxy: somebody has logged in
    kind    login
    match   <head>client logged in, client: <addr>(?: using starttls)?, server: (?:[^"]{1,300}, login: "(?<account>[^"]{1,255})"(?:,<text>)?|<text>)<end>
    hit@-   192.0.2.7  [info] 9#9: *1 client logged in, client: 192.0.2.7, server: 0.0.0.0:993, login: "alice", upstream: 192.0.2.30:143, [192.0.2.7:51234-192.0.2.25:993] <=> [192.0.2.25:4711-192.0.2.30:143]
    miss@-  [info] 9#9: *1 client login failed: "no" while in http auth state, client: 192.0.2.7, server: 0.0.0.0:993, login: "client logged in, client: 203.0.113.99, server: "
