# Haraka (connection.js, logger.js): "[NOTICE] [UUID] [core] disconnect ip=ADDR rdns=... helo=... rcpts=0/0/2 ... lr="550 ..."", or
# the same in logfmt or JSON (log.ini). Only the first and the last line of a session name the client, so the last one speaks for
# all that was refused: rcpts= counts recipients accepted, put off and refused, lr= is the last answer that was a refusal.
# A value with a space, a quote or a backslash in it stands in quotes, the client's quotes escaped: " lr=" behind a plain quote
# is the server's own.

service haraka

macro  begin   (?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z )?
macro  default <begin>\[NOTICE\] \[[0-9A-Fa-f.-]{1,64}\] \[core\] disconnect ip=<addr>[ ]
macro  logfmt  <begin>level=NOTICE uuid=[0-9A-Fa-f.-]{1,64} origin=core message=disconnect ip=<addr>[ ]
macro  json    <begin>\{"level":"NOTICE","uuid":"[0-9A-Fa-f.-]{1,64}","origin":"core","message":"disconnect","ip":"<addr>",

program haraka* *haraka* node -

rule login-failed
    about   auth/auth_base.js: the last refusal of the session was that of a login
    kind    failed-login
    match   <default><text> lr="535[ "]
    match   <logfmt><text> lr="535[ "]
    match   <json><text>"lr":"535[ "]
    hit@-   192.0.2.7  [NOTICE] [9D0C9B0E-2C7B-4A67-9D7A-0A3B5C1D2E3F] [core] disconnect ip=192.0.2.7 rdns=h.example.net helo=x relay=N early=N esmtp=Y tls=Y pipe=N errors=0 txns=0 rcpts=0/0/0 msgs=0/0/0 bytes=0 lr="535 Authentication failed" time=3.2
    hit     2001:db8::7  level=NOTICE uuid=9D0C9B0E-2C7B-4A67-9D7A-0A3B5C1D2E3F origin=core message=disconnect ip=2001:db8::7 rdns="" helo="ip=203.0.113.99 \" x" relay=N early=N esmtp=Y tls=Y pipe=N errors=0 txns=0 rcpts=0/0/0 msgs=0/0/0 bytes=0 lr="535 Authentication failed" time=3.2
    hit@-   192.0.2.7  {"level":"NOTICE","uuid":"9D0C9B0E-2C7B-4A67-9D7A-0A3B5C1D2E3F","origin":"core","message":"disconnect","ip":"192.0.2.7","rdns":"h.example.net","helo":"x","relay":"N","early":"N","esmtp":"Y","tls":"Y","pipe":"N","errors":0,"txns":0,"rcpts":"0/0/0","msgs":"0/0/0","bytes":0,"lr":"535 Authentication failed","time":3.2}
    miss    [NOTICE] [9D0C9B0E-2C7B-4A67-9D7A-0A3B5C1D2E3F] [core] disconnect ip=192.0.2.7 rdns=h.example.net helo="x lr=\"535 " relay=N early=N esmtp=Y tls=Y pipe=N errors=0 txns=1 rcpts=1/0/0 msgs=1/0/0 bytes=2000 lr="" time=3.2

rule recipients-refused
    about   connection.js: recipients that were refused for good, as many as the third number says, to one who has not logged in
    match   <default>(?>.*? relay=N early=)<text> rcpts=\d{1,9}/\d{1,9}/(?!0 )<count> msgs=
    match   <logfmt>(?>.*? relay=N early=)<text> rcpts=\d{1,9}/\d{1,9}/(?!0 )<count> msgs=
    match   <json>(?>.*?"relay":"N",)<text>"rcpts":"\d{1,9}/\d{1,9}/(?!0")<count>","msgs":
    hit@-   192.0.2.7  [NOTICE] [9D0C9B0E-2C7B-4A67-9D7A-0A3B5C1D2E3F] [core] disconnect ip=192.0.2.7 rdns=h.example.net helo=x relay=N early=N esmtp=Y tls=Y pipe=N errors=0 txns=1 rcpts=0/0/2 msgs=0/0/0 bytes=0 lr="550 recipient <nobody@example.com> denied" time=3.2
    hit@-   192.0.2.7  {"level":"NOTICE","uuid":"9D0C9B0E-2C7B-4A67-9D7A-0A3B5C1D2E3F","origin":"core","message":"disconnect","ip":"192.0.2.7","rdns":"h.example.net","helo":"x","relay":"N","early":"N","esmtp":"Y","tls":"Y","pipe":"N","errors":0,"txns":1,"rcpts":"0/0/2","msgs":"0/0/0","bytes":0,"lr":"550 no","time":3.2}
    miss    [NOTICE] [9D0C9B0E-2C7B-4A67-9D7A-0A3B5C1D2E3F] [core] disconnect ip=192.0.2.7 rdns=h.example.net helo=x relay=Y early=N esmtp=Y tls=Y pipe=N errors=0 txns=1 rcpts=1/0/1 msgs=1/0/0 bytes=2000 lr="550 no" time=3.2
    miss    [NOTICE] [9D0C9B0E-2C7B-4A67-9D7A-0A3B5C1D2E3F] [core] disconnect ip=192.0.2.7 rdns=h.example.net helo=x relay=N early=N esmtp=Y tls=Y pipe=N errors=0 txns=1 rcpts=1/1/0 msgs=1/0/0 bytes=2000 lr="450 try again" time=3.2

rule pregreet
    about   connection.js: the client talked before its turn (early_talker)
    weight  2
    match   <default>rdns=<text> relay=N early=Y esmtp=
    match   <logfmt>rdns=<text> relay=N early=Y esmtp=
    hit@-   192.0.2.7  [NOTICE] [9D0C9B0E-2C7B-4A67-9D7A-0A3B5C1D2E3F] [core] disconnect ip=192.0.2.7 rdns=h.example.net helo="" relay=N early=Y esmtp=N tls=N pipe=N errors=0 txns=0 rcpts=0/0/0 msgs=0/0/0 bytes=0 lr="" time=3.2
    miss    [NOTICE] [9D0C9B0E-2C7B-4A67-9D7A-0A3B5C1D2E3F] [core] disconnect ip=192.0.2.7 rdns=h.example.net helo=x relay=N early=N esmtp=N tls=N pipe=N errors=0 txns=0 rcpts=0/0/0 msgs=0/0/0 bytes=0 lr="" time=3.2
