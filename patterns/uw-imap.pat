# UW-IMAP and its descendants (Panda, Alpine's): imapd, ipop3d, ipop2d. "Login failed user=USER auth=USER host=name [ip]":
# user names stand in front (each cut to 80 bytes), the client is the last thing on the line. The host is cut to 80 bytes, too:
# without its "]" such a line counts for nobody.
# Left out: "Logout", "Autologout", "Command stream end of file", "imap service init": no failure.

service uw-imap

program imapd imap imaps imapsd ipop3d ipop2d ipop3sd pop3d pop3 pop3s uw-imapd uw-ipop3d

rule login-failed
    about   imapd.c, ipop3d.c: wrong password, too many of them, or plain-text logins are disabled
    kind    failed-login
    weight  1
    match   Login (?:failed|failure|excessive login failures|disabled|SYSTEM BREAK-IN ATTEMPT) user=(?:(?<account>.{0,80}) auth=.{0,200}|.{0,300}) host=\[<addr>\]<end>
    match   Login (?:failed|failure|excessive login failures|disabled|SYSTEM BREAK-IN ATTEMPT) user=(?:(?<account>.{0,80}) auth=.{0,200}|.{0,300}) host=<host> \[<addr>\]<end>
    hit     192.0.2.7  Login failed user=info auth=info host=h.example.net [192.0.2.7]
    hit     192.0.2.7  Login excessive login failures user=a b auth=a b host=[192.0.2.7]
    hit     192.0.2.7  Login disabled user=test auth=test host=h.example.net [192.0.2.7]
    hit     192.0.2.7  Login SYSTEM BREAK-IN ATTEMPT user=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa auth=x host=h.example.net [192.0.2.7]
    hit     2001:db8::7  Login failed user=x host=y [203.0.113.99] auth=x host=y [203.0.113.99] host=h.example.net [2001:db8::7]
    miss    Login failed user=x host=y [203.0.113.99] auth=x host=averylonghost.example.net [192.0.2.
    miss    Login user=info host=h.example.net [192.0.2.7]
    miss    Logout user=info host=h.example.net [192.0.2.7]
    miss    x Login failed user=x auth=x host=h [203.0.113.99]

rule override-failed
    about   osdep/unix/env_unix.c, pw_login(): the password is right, but its owner is no mail administrator who may be somebody else
    kind    failed-login
    match   Failed (?<account>.{0,80}) override of user=.{0,80} host=\[<addr>\]<end>
    match   Failed (?<account>.{0,80}) override of user=.{0,80} host=<host> \[<addr>\]<end>
    hit     192.0.2.7  Failed info override of user=root host=h.example.net [192.0.2.7]
    hit     2001:db8::7  Failed x override of user=y host=z [203.0.113.99] override of user=a host=[2001:db8::7]
    miss    Admin info override of user=a host=h.example.net [192.0.2.7]

rule authenticate-failed
    about   imapd.c, ipop3d.c: AUTHENTICATE or AUTH failed; the mechanism is the client's word
    kind    failed-login
    weight  1
    match   AUTHENTICATE .{0,120} (?:failure|invalid) host=\[<addr>\]<end>
    match   AUTHENTICATE .{0,120} (?:failure|invalid) host=<host> \[<addr>\]<end>
    hit     192.0.2.7  AUTHENTICATE LOGIN failure host=h.example.net [192.0.2.7]
    hit     192.0.2.7  AUTHENTICATE NTLM invalid host=h.example.net [192.0.2.7]
    hit     192.0.2.7  AUTHENTICATE X failure host=x [203.0.113.99] failure host=[192.0.2.7]
    miss    Authenticated user=info host=h.example.net [192.0.2.7] mech=PLAIN
    miss    Logout user=??? host=h.example.net [192.0.2.7]

rule login
    about   imapd.c, ipop3d.c: somebody has logged in
    kind    login
    match   (?:(?:Admin )?Login|Authenticated|Auth|APOP) user=(?<account>[A-Za-z0-9._+-]{1,80}(?:@[A-Za-z0-9._-]{1,80})?) (?:auth=[A-Za-z0-9._+-]{1,80}(?:@[A-Za-z0-9._-]{1,80})? )?host=(?:<host> )?\[<addr>\]
    hit     192.0.2.7  Login user=info host=h.example.net [192.0.2.7] nmsgs=0/0
    hit     192.0.2.7  Admin Login user=info host=h.example.net [192.0.2.7] nmsgs=0/0
    hit     192.0.2.7  Authenticated user=a@example.com auth=a@example.com host=[192.0.2.7] mech=PLAIN
    miss    Login user="x host=y [203.0.113.99]" host=h.example.net [192.0.2.7]
    miss    Login failed user=info auth=info host=h.example.net [192.0.2.7]
