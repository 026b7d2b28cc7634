# Perdition, the POP3 and IMAP4 proxy: "Auth: ip:port->ip:port ... authentication_id="USER" ... status="..."". The client is
# the first address. Its port follows the address behind a colon, so IPv6 counts only in brackets.
# Left out: status="failed: Could not connect to server" and the like, which is our side.

service perdition

macro  client   (?=\d{1,3}(?:\.\d{1,3}){3}:|\[)\[?<addr>\]?:\d{1,5}->

program perdition perdition.*

rule login-failed
    about   perdition.c: the local authentication, or the server behind, said no
    kind    failed-login
    weight  1
    match   Auth: <client>(?:[^"]{0,200} authentication_id="(?<account>[^"]{0,255})" )?<text>status="failed: (?:local authentication failure|Re-Authentication Failure|[Aa]uthentication [Ff]ailure)"?<end>
    hit     192.0.2.7  Auth: 192.0.2.7:2274->198.51.100.9:993 client-secure=ssl authorisation_id=NONE authentication_id="info" server="imap.example.com:993" protocol=IMAP4S server-secure=ssl status="failed: Re-Authentication Failure"
    hit     192.0.2.7  Auth: 192.0.2.7:2274->198.51.100.9:110 authentication_id="203.0.113.99:1->1 status="ok"" server="pop.example.com:110" protocol=POP3 status="failed: local authentication failure"
    hit     2001:db8::7  Auth: [2001:db8::7]:2274->[2001:db8::9]:143 client-secure=plaintext authorisation_id=NONE authentication_id="a" server="imap.example.com:143" protocol=IMAP4 server-secure=plaintext status="failed: local authentication failure"
    miss    Auth: 192.0.2.7:2274->198.51.100.9:993 authentication_id="status="failed: local authentication failure"" server="imap.example.com:993" protocol=IMAP4S status="ok"
    miss    Auth: 192.0.2.7:2274->198.51.100.9:993 authentication_id="a" server="imap.example.com:993" protocol=IMAP4S status="failed: Could not connect to server"
    miss    Auth: 2001:db8::7:2274->2001:db8::9:143 authentication_id="a" status="failed: local authentication failure"

rule no-login
    about   perdition.c: the client went away, or talked something else, before it named itself
    tier    strict
    weight  1
    match   Fatal [Ee]rror reading authentication information from client (?=\d{1,3}(?:\.\d{1,3}){3}:|\[)\[?<addr>\]?:\d{1,5}->
    hit     192.0.2.7  Fatal Error reading authentication information from client 192.0.2.7:1234->198.51.100.9:143: Exiting child
    miss    Fatal Error reading authentication information from client 2001:db8::7:1234->2001:db8::9:143: Exiting child

rule login
    about   perdition.c: somebody has logged in
    kind    login
    match   Auth: <client>(?:[^"]{0,200} authentication_id="(?<account>[^"]{0,255})")?<text> status="ok"<end>
    hit     192.0.2.7  Auth: 192.0.2.7:2274->198.51.100.9:993 client-secure=ssl authorisation_id=NONE authentication_id="info" server="imap.example.com:993" protocol=IMAP4S server-secure=ssl status="ok"
    miss    Auth: 192.0.2.7:2274->198.51.100.9:993 authentication_id=" status="ok"" server="imap.example.com:993" protocol=IMAP4S status="failed: Re-Authentication Failure"
