# Dovecot 2.2 to 2.4: logins to imap, pop3, managesieve and submission, and what the auth process says of them.
#
# The login processes write one line at the end of a connection (login-common/client-common.c, client_get_log_str()), in
# the elements of login_log_format_elements, as they come set the address behind the user name. That is the client's
# text, cut at 80 bytes, but the last " rip=" decides (400 bytes on at most: a longer line may have been cut behind a
# forged one): what stands behind it is the server's own. The operator may have put other elements there, or in front of it;
# where the address comes before all that is the client's, the first one decides. An operator must not log behind the
# address what a client chooses and Dovecot does not check: a user name without its "<>", the name in a certificate, the
# one it asked TLS for (local_name).
# The auth process writes one line an attempt, with auth_verbose only (auth/auth-request.c), the address again behind
# the user name. Where the password is logged in plain (auth_verbose_passwords) it comes last of all, so that such a
# line has client text on both sides: it counts for a plain user name, and if nothing in it looks like a second user
# and address. So does a line of 2.4, where ",sasl:" follows the address.
#
# Left out, for they say nothing about the client: "no auth attempts", "Internal login failure", "trying the next passdb",
# "password expired", "connection limit reached", and lmtp, which has no logins. What says that the auth
# process itself is in trouble is an outage, for which nobody is blamed.
#
# Program: "dovecot", or the instance_name (dv... stands for those who have several); in a log_path file the process.

service dovecot

macro  name     (?<account>.{0,300})
macro  ids      .{0,400}
macro  session-id  \<(?:<session>|[A-Za-z0-9+/._:-]{0,255})\>
macro  ip       [0-9A-Fa-f:.]{2,45}
macro  proc     (?:(?:imap|pop3|managesieve|sieve|submission|imap-urlauth|lmtp)-login: )?(?:Info: )?
macro  left     Login aborted|Aborted login|Disconnected|Remote closed connection|Client has quit the connection|Logged out
macro  why      (?:: [^<]{1,300}?)?
macro  secs     (?: in \d{1,7} secs)?

# what may follow the address: lip=, mpid=, TLS with its cipher or its error, session=, what the operator likes
# (login_log_format_elements: "real_rip=198.51.100.5", "ja3=769,47-53,0-23", nothing at all); never again " rip="
macro  more     (?:,(?: session=\<(?:<session>|[A-Za-z0-9+/._:-]*)\>|[^ <>]| (?:[^r <>]|r[^i <>]|ri[^p <>]|rip[^= <>]))*)?(?: \.\.\.)? ?
# the address before anything of the client's
# the session is the last of the elements; a name there only without "<" and ">", else its end would be the client's to choose
macro  reason   (?:: (?:[A-Za-z0-9._:/-]|[ ()'"]|[,=]){1,250})?
macro  behind   (?:,(?:.{0,400} session=\<<session>\> ?<end>)?|<end>)
macro  named    , (?:[A-Za-z0-9_.:=-]{1,45}, ){0,8}user=\<(?<account>[^<>]{0,255})\><behind>
# the elements as they come set, of a plain user: what most lines end in, and proved without PCRE2
macro  usual    user=\<(?<account>[^ <>"]{0,255})\>, (?:method=[A-Z0-9-]{1,20}, )?rip=<addr>, lip=<ip>,(?: mpid=\d{1,10},)?(?: (?:TLS|secured),)? session=\<<session>\><end>
macro  before   (?:(?:method=[A-Z0-9-]{1,20}|(?:lip|lport|rport|mpid|service|real_rip|real_lip)=[A-Za-z0-9.:-]{1,45}|TLS|secured|session=\<[A-Za-z0-9+/._:-]{0,255}\>), ){0,8}

program *dovecot* dv* *-login -

rule auth-failed
    about   login-common: the connection ends, and every attempt to log in has failed
    kind    failed-login
    match   <proc><left><why> \(auth failed, <count> attempts?<secs>\)(?: \(auth_failed\))?: <usual>
    match   <proc><left><reason> \(auth failed, <count> attempts?(?: in \d{1,7} secs)?\)(?: \(auth_failed\))?: <before>rip=<addr><named>
    match   <proc><left><reason> \(auth failed, <count> attempts?(?: in \d{1,7} secs)?\)(?: \(auth_failed\))?: <before>rip=<addr><behind>
    match   <proc><left><why> \(auth failed, <count> attempts?<secs>\)(?: \(auth_failed\))?: user=\<(?!.{400}.* rip=)<account>\>,?(?: method=[A-Z0-9-]{1,20},)? rip=<addr><more><end>
    match   <proc><left><why> \(auth failed, <count> attempts?<secs>\)(?: \(auth_failed\))?:<ids> rip=<addr><more><end>
    hit     192.0.2.7     imap-login: Disconnected: Aborted login by logging out (auth failed, 1 attempts in 1 secs): user=<alice>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, session=<AgsHXeFgB6nGM2Q9>
    hit     192.0.2.7     imap-login: Disconnected: Connection closed (auth failed, 3 attempts in 3 secs): user=<bob>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, TLS, session=<1ac+XeFgCYDGM2Q9>
    hit     2001:db8::61  pop3-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<bob>, method=PLAIN, rip=2001:db8::61, lip=2001:db8:25::25, TLS: Disconnected, session=<EspaYuFgT68gAQ24C60AAAAAAAAAAAB>
    hit     192.0.2.7     imap-login: Login aborted: Logged out (auth failed, 1 attempts in 2 secs) (auth_failed): user=<carol>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, TLS, session=<9M55YuFg7a7GM2RA>
    hit     192.0.2.7     imap-login: Login aborted: Connection closed: SSL_read() failed: error:0A000126:SSL routines::unexpected eof while reading (auth failed, 2 attempts in 4 secs) (auth_failed): user=<carol>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, TLS: SSL_read() failed: error:0A000126:SSL routines::unexpected eof while reading, session=<9M55YuFg7a7GM2RA>
    hit     192.0.2.7     managesieve-login: Disconnected: Too many invalid commands. (auth failed, 1 attempts in 2 secs): user=<dan>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, TLS, TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
    hit     192.0.2.7     submission-login: Client has quit the connection (auth failed, 1 attempts in 2 secs): user=<dan>, method=LOGIN, rip=192.0.2.7, lip=192.0.2.25
    hit     192.0.2.7     pop3-login: Disconnected: Inactivity (auth failed, 1 attempts in 178 secs): user=<eve>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, session=<6brQWt/vCADDhP>
    hit     192.0.2.7     imap-login: Aborted login (auth failed, 1 attempts): method=PLAIN, rip=::ffff:192.0.2.7, lip=::ffff:192.0.2.25, TLS
    hit@imap-login 192.0.2.7  Aborted login (auth failed, 1 attempts in 62 secs): user=<eve>, method=PLAIN, rip=192.0.2.7, TLS
    hit@- 192.0.2.7       imap-login: Info: Aborted login (auth failed, 6 attempts): user=<eve> rip=192.0.2.7, lip=192.0.2.25
    hit     192.0.2.7     imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<x>, method=PLAIN, rip=203.0.113.99, lip=192.0.2.25>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, session=<SLgzY+Fgx6jGM2RC>
    hit     192.0.2.7     imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<x, rip=203.0.113.99, session=<abc>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, session=<SLgzY+Fgx6jGM2RC>
    hit     192.0.2.7     imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<alice>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, real_rip=198.51.100.5, real_lip=198.51.100.9, TLS, local_name=imap.example.com, session=<a1>, ja3=769,47-53,0-23
    hit     192.0.2.7     imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<alice>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25,, imaps, session=<>
    hit     192.0.2.7     imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, user=<x>, method=PLAIN, rip=203.0.113.99, lip=192.0.2.25>, TLS, session=<a6>
    hit     2001:db8::7   imap-login: Login aborted: Connection closed: SSL_read() failed: error:0A000126:SSL routines::unexpected eof while reading (auth failed, 2 attempts in 4 secs) (auth_failed): rip=2001:db8::7, lip=2001:db8:25::25, user=<>
    miss    imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<alice>, local_name=x, rip=192.0.2.7, lip=192.0.2.25, user=<x, rip=203.0.113.99>, session=<a1>
    hit     192.0.2.7     imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<x (auth failed, 900 attempts): rip=203.0.113.99>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, session=<SLgzY+Fgx6jGM2RC>
    miss    imap-login: Disconnected: Connection closed (no auth attempts in 0 secs): user=<>, rip=192.0.2.7, lip=192.0.2.25, session=<oK+YYuFgN+vGM2RA>
    miss    imap-login: Login aborted: Connection closed (no auth attempts in 0 secs) (no_auth_attempts): user=<>, rip=192.0.2.7, lip=192.0.2.25
    miss    imap-login: Disconnected: Internal login failure (pid=22619 id=1): user=<alice (auth failed, 1 attempts): user=<x>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, mpid=22622, session=<yuvDJOFgd8LGEgBN>
    miss    imap-login: Disconnected: Auth process broken (disconnected before auth was ready, waited 14 secs): user=<>, rip=192.0.2.7, lip=192.0.2.25, session=<ow/oCeFgY9bGM2Q+>
    miss    imap-login: Disconnected (auth process communication failure): user=<alice>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25
    miss    imap-login: Login: user=<alice (auth failed, 1 attempts): x>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, mpid=28614, TLS, session=<5WXuaeFgg9/GEgBP>
    miss    imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<x>, method=PLAIN, rip=192.0.2.7, what=<, rip=203.0.113.99>

rule cleartext-refused
    about   login-common: a password was offered in clear text where only TLS will do
    match   <proc><left><reason> \(tried to use (?:disallowed|disabled) [a-z]{1,10} auth(?:, \d{1,4} attempts?)?(?: in \d{1,7} secs)?\)(?: \(cleartext_auth_disabled\))?: <before>rip=<addr><behind>
    match   <proc><left><why> \(tried to use (?:disallowed|disabled) [a-z]{1,10} auth(?:, \d{1,4} attempts?)?<secs>\)(?: \(cleartext_auth_disabled\))?:<ids> rip=<addr><more><end>
    hit     192.0.2.7     pop3-login: Aborted login (tried to use disallowed plaintext auth): rip=192.0.2.7, lip=192.0.2.25, session=<LgDINsQCkttVIMPg>
    hit     192.0.2.7     imap-login: Disconnected: Aborted login by logging out (tried to use disallowed plaintext auth): user=<>, rip=192.0.2.7, lip=192.0.2.25, session=<LgDINsQCkttVIMPg>
    hit     192.0.2.7     imap-login: Login aborted: Logged out (tried to use disallowed cleartext auth, 1 attempts in 0 secs) (cleartext_auth_disabled): user=<>, rip=192.0.2.7, lip=192.0.2.25, session=<LgDINsQCkttVIMPg>
    hit     192.0.2.7     imap-login: Aborted login (tried to use disabled plaintext auth): user=<x, rip=203.0.113.99>, rip=192.0.2.7, lip=192.0.2.25
    miss    imap-login: Disconnected: Connection closed (no auth attempts in 0 secs): user=<(tried to use disallowed plaintext auth):>, rip=192.0.2.7, lip=192.0.2.25

macro  refused  (?:authorization failed|user disabled|proxy dest (?:auth failed|authentication failure))(?:, (?:\d{1,4} attempts?|\d{1,4}/\d{1,4} successful auths))?
macro  refused-as  (?: \((?:authorization_failed|user_disabled|proxy_dest_auth_failed)\))?

rule login-refused
    about   login-common: the password may have been right, but not for this account or not on the next hop of a proxy; "user disabled" is mostly a name that a passdb with deny = yes holds, whatever the password
    kind    failed-login
    match   <proc><left><reason> \(<refused>(?: in \d{1,7} secs)?\)<refused-as>: <before>rip=<addr><named>
    match   <proc><left><reason> \(<refused>(?: in \d{1,7} secs)?\)<refused-as>: <before>rip=<addr><behind>
    match   <proc><left><why> \(<refused><secs>\)<refused-as>: user=\<(?!.{400}.* rip=)<account>\>,?(?: method=[A-Z0-9-]{1,20},)? rip=<addr><more><end>
    match   <proc><left><why> \(<refused><secs>\)<refused-as>:<ids> rip=<addr><more><end>
    hit     192.0.2.7     imap-login: Disconnected (proxy dest auth failed): user=<alice>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, TLS, session=<HlM6YuFgW6TGM2SM>
    hit     192.0.2.7     imap-login: Login aborted: Logged out (proxy dest authentication failure, 1/1 successful auths in 3 secs) (proxy_dest_auth_failed): user=<alice>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, TLS, session=<HlM6YuFgW6TGM2SM>
    hit     192.0.2.7     imap-login: Login aborted: Logged out (authorization failed, 1 attempts in 3 secs) (authorization_failed): user=<x>, rip=203.0.113.99>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, TLS
    miss    imap-login: Login aborted: Logged out (proxy dest connection failed, 1/1 successful auths in 3 secs) (proxy_dest_connect_failed): user=<alice>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, TLS
    miss    imap-login: Login aborted: Logged out (proxy dest temporary authentication failure, 1/1 successful auths in 3 secs) (proxy_dest_auth_temp_failed): user=<alice>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, TLS
    hit     192.0.2.7     imap-login: Login aborted: Logged out (user disabled, 1 attempts in 3 secs) (user_disabled): user=<root>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, TLS
    hit     192.0.2.7     pop3-login: Disconnected: Connection closed (user disabled): user=<root>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, session=<HlM6YuFgW6TGM2SM>
    miss    imap-login: Login aborted: Logged out (password expired, 1 attempts in 3 secs) (password_expired): user=<alice>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, TLS

rule unavailable
    about   login-common: the auth process could not be asked, or had no answer; if a customer meets this, it is an outage
    kind    outage
    match   <proc><left><why> \((?:auth service reported temporary failure|auth process communication failure|internal failure, \d{1,4} successful auths|disconnected before auth was ready, waited \d{1,7} secs)\)(?: \([a-z_]{1,40}\))?:<ids> rip=<addr><more><end>
    hit     192.0.2.7     imap-login: Disconnected: Aborted login by logging out (auth service reported temporary failure): user=<alice>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, secured, session=<L5vNmOVgdt/GM2QB>
    hit     192.0.2.7     imap-login: Disconnected (auth process communication failure): user=<alice>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25
    hit     192.0.2.7     imap-login: Disconnected: Auth process broken (disconnected before auth was ready, waited 2 secs): user=<>, rip=192.0.2.7, lip=192.0.2.25, secured, session=<hws6meVgEoh/AAAB>
    miss    imap-login: Disconnected: Aborted login by logging out (auth failed, 1 attempts in 1 secs): user=<x (auth service reported temporary failure)>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25

rule odd-sasl
    about   login-common: an exchange that no mail program has: unknown mechanism, bad base64, anonymous, or begun and left
    kind    failed-login
    tier    strict
    match   <proc><left><why> \((?:tried to use unsupported auth mechanism|sent invalid base64 in response|anonymous logins disabled|client didn't finish SASL auth|auth aborted by client|aborted authentication)(?:, \d{1,4} attempts?)?(?:,? (?:in|waited) \d{1,7} secs)?\)(?: \([a-z0-9_]{1,40}\))?:<ids> rip=<addr><more><end>
    hit     192.0.2.7     imap-login: Disconnected: Aborted login by logging out (tried to use unsupported auth mechanism): user=<>, method=NTLM, rip=192.0.2.7, lip=192.0.2.25, session=<YK8IYuFg9bjGM2Q/>
    hit     192.0.2.7     imap-login: Disconnected: Connection closed (client didn't finish SASL auth, waited 0 secs): user=<>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, session=<uUKsYeFgK+fGM2Q/>
    hit     192.0.2.7     imap-login: Login aborted: Logged out (tried to use unsupported auth mechanism, 1 attempts in 0 secs) (invalid_mech): user=<>, method=X, RIP=203.0.113.99, rip=203.0.113.99, rip=192.0.2.7, lip=192.0.2.25
    miss    imap-login: Disconnected (client didn't send a cert): user=<>, rip=192.0.2.7, lip=192.0.2.25

rule invalid-commands
    about   login-common: what was sent is no mail protocol, and nobody tried to log in
    tier    strict
    match   <proc><left>: Too many invalid (?:IMAP |POP3 |MANAGESIEVE )?(?:bad )?commands\.? \(no auth attempts<secs>\)(?: \(no_auth_attempts\))?:<ids> rip=<addr><more><end>
    hit     192.0.2.7     imap-login: Disconnected: Too many invalid commands (no auth attempts in 0 secs): user=<>, rip=192.0.2.7, lip=192.0.2.25, session=<5r0DY+FgD+vGM2RB>
    hit     192.0.2.7     managesieve-login: Disconnected: Too many invalid commands. (no auth attempts in 0 secs): user=<>, rip=192.0.2.7, lip=192.0.2.25
    hit     192.0.2.7     imap-login: Disconnected: Too many invalid commands (no auth attempts in 0 secs): user=<, rip=203.0.113.99>, rip=192.0.2.7, lip=192.0.2.25
    miss    imap-login: Disconnected: Connection closed (no auth attempts in 0 secs): user=<>, rip=192.0.2.7, lip=192.0.2.25

rule tls-handshake
    about   login-common, lib-ssl-iostream: the TLS handshake failed or was broken off
    tier    strict
    match   <proc><left>: [^<]{0,200}?SSL_accept\(\) (?:syscall )?failed: [^<]{1,300}? \((?:no auth attempts<secs>|disconnected during TLS handshake)\)(?: \([a-z_]{1,40}\))?:<ids> rip=<addr><more><end>
    match   <proc><left><why> \((?:no auth attempts<secs>|disconnected during TLS handshake)\)(?: \([a-z_]{1,40}\))?:<ids> rip=<addr>(?:, lip=<ip>)?, TLS handshaking: SSL_accept\(\) (?:syscall )?failed: [A-Za-z0-9:. _()-]*(?:, session=<session-id>)? ?<end>
    hit     192.0.2.7     imap-login: Disconnected: Connection closed: SSL_accept() failed: error:0A00010B:SSL routines::wrong version number (no auth attempts in 0 secs): user=<>, rip=192.0.2.7, lip=192.0.2.25, TLS handshaking: SSL_accept() failed: error:0A00010B:SSL routines::wrong version number, session=<bEaoYuFgTdvGM2RA>
    hit     192.0.2.7     imap-login: Login aborted: Connection closed: SSL_accept() failed: error:0A0000C1:SSL routines::no shared cipher (disconnected during TLS handshake) (tls_handshake_not_finished): user=<>, rip=192.0.2.7, lip=192.0.2.25, TLS handshaking: SSL_accept() failed: error:0A0000C1:SSL routines::no shared cipher, session=<Q23ybvY8RLSkXGoP>
    hit     192.0.2.7     pop3-login: Disconnected (no auth attempts in 10 secs): user=<>, rip=192.0.2.7, TLS handshaking: SSL_accept() failed: error:140760FC:SSL routines:SSL23_GET_CLIENT_HELLO:unknown protocol
    hit     192.0.2.7     imap-login: Disconnected (no auth attempts in 4 secs): user=<, rip=203.0.113.99>, rip=192.0.2.7, lip=192.0.2.25, TLS handshaking: SSL_accept() syscall failed: Connection reset by peer
    miss    imap-login: Disconnected: Connection closed (no auth attempts in 0 secs): user=<>, rip=192.0.2.7, lip=192.0.2.25, TLS handshaking: Connection closed, session=<sGu5YuFgE5vGM2RA>

rule login-left
    about   Dovecot 1: a login was begun with a mechanism and given up; it had no better word for a failure
    kind    failed-login
    tier    strict
    match   <proc>Aborted login: user=\<(?=[^>])<name>\>, method=[A-Z0-9-]{1,20}, rip=<addr><more><end>
    hit     192.0.2.7     pop3-login: Aborted login: user=<alice>, method=PLAIN, rip=::ffff:192.0.2.7, lip=::ffff:192.0.2.25
    hit     192.0.2.7     pop3-login: Aborted login: user=<x>, method=PLAIN, rip=203.0.113.99, lip=192.0.2.25>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25
    miss    pop3-login: Aborted login: rip=192.0.2.7, lip=192.0.2.25

rule login
    about   login-common: somebody has logged in
    kind    login
    match   <proc>(?:Login|Logged in): <usual>
    match   <proc>(?:Login|Logged in): <before>rip=<addr><named>
    match   <proc>(?:Login|Logged in): <before>rip=<addr><behind>
    match   <proc>(?:Login|Logged in): user=\<(?!.{400}.* rip=)<account>\>,?(?: method=[A-Z0-9-]{1,20},)? rip=<addr><more><end>
    match   <proc>(?:Login|Logged in): user=<ids> rip=<addr><more><end>
    hit     192.0.2.7     imap-login: Login: user=<alice>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, mpid=28614, TLS, session=<5WXuaeFgg9/GEgBP>
    hit     2001:db8::71  submission-login: Login: user=<alice>, method=PLAIN, rip=2001:db8::71, lip=2001:db8:25::25, mpid=28629, session=<fLVTauFgJaogAQ24kA0AAAAAAAAAAABx>
    hit     192.0.2.7     imap-login: Logged in: user=<alice>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, mpid=28614, TLS, session=<5WXuaeFgg9/GEgBP>
    hit@pop3-login 192.0.2.7  Login: user=<x>, rip=203.0.113.99>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, mpid=28614, secured, session=<5WXuaeFgg9/GEgBP>
    hit     192.0.2.7     imap-login: Login: rip=192.0.2.7, lip=192.0.2.25, mpid=28614, user=<x, rip=203.0.113.99>, TLS, session=<5WXuaeFgg9/GEgBP>
    miss    imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<Login: user=<x>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25
    miss    imap-login: proxy(alice): started proxying to 192.0.2.30:143 (0.010 secs): user=<alice>, rip=192.0.2.7, lip=192.0.2.25

# ---- the auth process ----
#
# What it writes about an attempt stands for the same failure as the login line that follows; with several databases it is
# written for each that says no, also when the next one says yes. That is for the judge to join, by the account and the
# session. Only "unknown user" and "Password mismatch" tell whether the account exists: PAM and LDAP binds say the same of both.

macro  worker   (?:conn unix:[A-Za-z0-9._/-]{1,120} \((?:pid=\d{1,10},)?uid=\d{1,10}\): )?(?:auth-worker\<\d{1,10}\>: )?
macro  says     (?:dovecot: )?(?:auth(?:-worker)?(?:\((?:default|\d{1,10})\))?: )?(?:Info: )?<worker>
macro  plain-user  (?<account>(?:[A-Za-z0-9._+-]|@|\*){1,80})
# any bytes, in sets that are small enough to be proved: only where <only> has seen to it that no second address is about
macro  some     [A-Za-z0-9._:/+-]{1,80}
macro  odd      [ !"#$%]|[&'()*,]|[;<=>?@]|[\[\]\\^`{]|[|}~]|[\x80-\x85]|[\x86-\x8b]|[\x8c-\x91]|[\x92-\x97]|[\x98-\x9d]|[\x9e-\xa3]|[\xa4-\xa9]|[\xaa-\xaf]|[\xb0-\xb5]|[\xb6-\xbb]|[\xbc-\xc1]|[\xc2-\xc7]|[\xc8-\xcd]|[\xce-\xd3]|[\xd4-\xd9]|[\xda-\xdf]|[\xe0-\xe5]|[\xe6-\xeb]|[\xec-\xf1]|[\xf2-\xf7]|[\xf8-\xfd]|[\xfe-\xff]
macro  any-user  (?<account><some>?(?:<odd><some>?){0,24})
macro  only     (?!(?>.*?,[0-9A-Fa-f.:]{3,45}[,)]).*,[0-9A-Fa-f.:]{3,45}[,)])(?=.{0,400}<end>)
macro  plain    (?!<text>\((?:given password|username): )
macro  once     (?!(?>.*?,[0-9A-Fa-f.:]{3,45}[,)]).*,[0-9A-Fa-f.:]{3,45}[,)])
macro  stranger [Uu]nknown user|pam_authenticate\(\) failed: User not known to the underlying authentication module
macro  mismatch [Pp]assword mismatch
macro  failed   (?:<stranger>|<mismatch>|User found from deny passdb|[Ii]nvalid credentials|Login attempt with empty password|Attempted login with password having illegal chars|pam_authenticate\(\) failed: (?:Authentication failure(?: \([Pp]assword mismatch\?\))?|Permission denied|Have exhausted maximum number of retries for service))
macro  trailer  (?: \(for LDAP bind\))?(?: \(SHA1 of given password: (?:<password>|[0-9a-f]{1,40})\))?(?:: \d{1,4} Time\(s\))? ?

# who it is about, with which reason: in the form up to 2.3, and since 2.4; with a password in plain, only for a plain name
macro  old      <plain><says>(?!pam_)<via>\(<name>,<addr>(?:,<session-id>)?\):[ ]
macro  old-plain <once><says>(?!pam_)<via>\(<plain-user>,<addr>(?:,<session-id>)?\):[ ]
macro  behind-addr  (?:,sasl:[a-z0-9_+-]{1,30})?(?:,master)?\)(?:\<\d{1,10}\>)?(?:<session-id>)?: (?:Info: )?(?:request \[\d{1,10}\]: )?(?:Info: )?(?:(?:<via>|[A-Za-z0-9._-]{1,60}): )?
macro  new      <plain><only>auth(?:-worker)?\(<any-user>,<addr><behind-addr>
macro  new-plain <only>auth(?:-worker)?\(<plain-user>,<addr><behind-addr>
macro  given    \(given password: (?:<password>|.{0,1100})\) ?<end>

program *dovecot* dv* auth auth-worker -

rule auth-unknown
    about   auth: a password database does not know the user, with auth_verbose
    kind    failed-login
    side    back
    known   no
    match   <old>(?:<stranger>)<trailer><end>
    match   <old-plain>(?:<stranger>) <given>
    match   <new>(?:<stranger>)<trailer><end>
    match   <new-plain>(?:<stranger>) <given>
    hit     192.0.2.7     auth-worker(28525): conn unix:auth-worker (uid=103): auth-worker<2>: sql(bob@example.com,192.0.2.7,<FHk7XuFgfbbGM2Q9>): unknown user
    hit     192.0.2.7     auth: passwd-file(alice,192.0.2.7,<SFyBYOFg6eDGM2Q9>): unknown user
    hit     192.0.2.7     auth(default): pam(alice,::ffff:192.0.2.7): pam_authenticate() failed: User not known to the underlying authentication module
    hit@auth 192.0.2.7    sql(bob@example.com,192.0.2.7,<Yx7+W8+Io>): unknown user
    hit     192.0.2.7     auth(o'brien (x) [y] <z>; "a b"@example.com,192.0.2.7,sasl:plain)<5WXuaeFgg9/GEgBP>: sql: unknown user
    hit@-   192.0.2.7     auth(info@example.com,192.0.2.7,sasl:login): Info: passwd-file: unknown user

rule auth-mismatch
    about   auth: the user exists, the password is wrong, with auth_verbose
    kind    failed-login
    side    back
    known   yes
    match   <old>(?:<mismatch>)(?! \(for LDAP bind\))<trailer><end>
    match   <old-plain>(?:<mismatch>) <given>
    match   <new>(?:<mismatch>)(?! \(for LDAP bind\))<trailer><end>
    match   <new-plain>(?:<mismatch>) <given>
    hit     2001:db8::7   auth: sql(bob@example.com,2001:db8::7,<6rXunFtu493AqJDi>): Password mismatch
    hit@auth-worker 192.0.2.7  conn unix:auth-worker (uid=143): auth-worker<225622>: sql(bob@example.com,192.0.2.7,<Yx7+W8+Io>): Password mismatch
    hit     192.0.2.7     auth(alice,192.0.2.7,sasl:plain)<5WXuaeFgg9/GEgBP>: passwd-file: Password mismatch
    hit     192.0.2.7     auth: sql(x,203.0.113.99,<a>): Password mismatch,192.0.2.7,<4AOQeOFgG9LGM2RC>): Password mismatch
    hit     192.0.2.7     auth(alice,192.0.2.7,sasl:login)<5WXuaeFgg9/GEgBP>: passwd-file: Password mismatch (given password: ab(c)) x)
    hit@-   192.0.2.7     auth(info@example.com,192.0.2.7,sasl:login)<CvN+E95Uf4e7eEnj>: Info: sql: Password mismatch
    hit@-   192.0.2.7     auth-worker(info@example.com,192.0.2.7)<4001084><CvN+E95Uf4e7eEnj>: request [12]: Info: sql: Password mismatch
    hit     192.0.2.7     auth: passwd-file(alice,192.0.2.7,<SFyBYOFg6eDGM2Q9>): Password mismatch (given password: bad) rip=203.0.113.99, (given password: z)

rule auth-verbose
    about   auth: a password database has refused, with auth_verbose, and does not say whether it knows the user; driver(user,address,<session>) or, since 2.4, auth(user,address,sasl:mechanism)<session-id>
    kind    failed-login
    side    back
    match   <old><failed><trailer><end>
    match   <old-plain><failed> <given>
    match   <new><failed><trailer><end>
    match   <new-plain><failed> <given>
    hit     192.0.2.7     auth-worker(304): pam(alice,192.0.2.7): pam_authenticate() failed: Authentication failure (password mismatch?)
    hit     192.0.2.7     auth-worker(28525): conn unix:auth-worker (pid=28524,uid=103): auth-worker<1>: pam(alice,192.0.2.7,<tlgAXuFgta7GM2Q9>): pam_authenticate() failed: Authentication failure (Password mismatch?)
    hit     192.0.2.7     auth: ldap(bob@example.com,192.0.2.7,<LZmGp6mZaMrAqLIZ>): Password mismatch (for LDAP bind) (SHA1 of given password: f638ff)
    hit     192.0.2.7     auth: ldap(bob@example.com,192.0.2.7): invalid credentials
    hit     192.0.2.7     auth-worker(alice,192.0.2.7,sasl:plain)<123><5WXuaeFgg9/GEgBP>: request [7]: pam: pam_authenticate() failed: Authentication failure (Password mismatch?)
    hit     2001:db8::7   auth(müller,x@example.com,2001:db8::7,sasl:scram-sha-256)<>: ldap: Password mismatch (for LDAP bind) (SHA1 of given password: f638ff)
    hit     192.0.2.7     auth(root,192.0.2.7,sasl:login)<5WXuaeFgg9/GEgBP>: passwd-file: User found from deny passdb
    hit     192.0.2.7     auth: ldap(alice,192.0.2.7,<SFyBYOFg6eDGM2Q9>): invalid credentials (given password: x y)
    miss    auth(alice,192.0.2.7,sasl:login)<a>: sql: Password mismatch (given password: x,203.0.113.99,sasl:plain)<a>: sql: unknown user (given password: y)
    miss    auth(x,203.0.113.99,sasl:plain)<a>: sql: Password mismatch,192.0.2.7,sasl:plain)<5WXuaeFgg9/GEgBP>: sql: unknown user
    miss    auth: passwd-file(alice,192.0.2.7,<SFyBYOFg6eDGM2Q9>): unknown user (given password: x,203.0.113.99,<a>): Password mismatch
    miss    auth: passwd-file(alice,192.0.2.7,<SFyBYOFg6eDGM2Q9>): Password mismatch (given password: x,203.0.113.99): Password mismatch (SHA1 of given password: abcdef)
    miss    auth: sql(x,203.0.113.99): unknown user (given password: ,192.0.2.7): pam_authenticate() failed: Authentication failure (Password mismatch?)
    miss    auth: passwd-file(alice,192.0.2.7,<SFyBYOFg6eDGM2Q9>): unknown user (given password: wrong) - trying the next passdb
    miss    auth: passwd-file(alice,192.0.2.7,<SFyBYOFg6eDGM2Q9>): unknown user (SHA1 of given password: f638ff) - trying the next passdb
    miss    auth: plain(?,192.0.2.7,<Lo8ieOFgE8XGM2RC>): Username character disallowed by auth_username_chars: 0x2c (username: x,203.0.113.99,<a>): unknown user)
    miss    pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=x rhost=192.0.2.7  user=x,203.0.113.99,<s>): Password mismatch
    miss    auth: ldap(alice,192.0.2.7): ldap_bind() failed: Can't contact LDAP server
    miss    auth-worker(1): pam(alice,192.0.2.7): pam_authenticate() failed: System error
    miss    auth: Error: passwd-file(alice,192.0.2.7,<yuvDJOFgd8LGEgBN>): user not found from userdb

rule bad-username
    about   auth: the user name holds a character that auth_username_chars does not allow
    kind    failed-login
    side    back
    known   no
    match   <says>[a-z][a-z0-9_-]{1,20}\(\?,<addr>(?:,<session-id>)?\): Username character disallowed by auth_username_chars: 0x[0-9a-f]{1,4} \(username: (?:<account>\)(?:|:<text>)|<text>)<end>
    match   auth\(\?,<addr>(?:,sasl:[a-z0-9_+-]{1,30})?\)(?:<session-id>)?: (?:Info: )?(?:[A-Za-z0-9._-]{1,60}: )?Username character disallowed by auth_username_chars: 0x[0-9a-f]{1,4} \(username: (?:<account>\)(?:|:<text>)|<text>)<end>
    hit     192.0.2.7     auth: plain(?,192.0.2.7,<Lo8ieOFgE8XGM2RC>): Username character disallowed by auth_username_chars: 0x20 (username: x rhost=203.0.113.99 user=root)
    hit     192.0.2.7     auth: plain(?,192.0.2.7): Username character disallowed by auth_username_chars: 0x28 (username: plain(?,203.0.113.99): Username character disallowed by auth_username_chars: 0x20)
    hit     192.0.2.7     auth(?,192.0.2.7,sasl:plain)<Lo8ieOFgE8XGM2RC>: plain: Username character disallowed by auth_username_chars: 0x20 (username: x)
    miss    auth: plain(?,unknown): Username character disallowed by auth_username_chars: 0x20 (username: x,203.0.113.99)

# PAM sets tty=dovecot, whatever the service is called; ruser= is the client's word, and user= too where PAM's audit
# option is on. So: the last rhost=, and none behind a user=. The line doubles the login line.

macro  pam-mod  (?:\(pam_[a-z0-9_]{2,20}\)|pam_[a-z0-9_]{2,20}(?:\([A-Za-z0-9._:-]{0,64}\))?:)
macro  pam      (?!(?>.{0,1000}? user=).{0,1000}rhost=)<pam-mod> authentication failure; logname=[A-Za-z0-9._-]{0,64} uid=\d{1,10} euid=\d{1,10} tty=dovecot ruser=(?:<name> |.{0,300})rhost=<addr> {0,2}(?:user=(?:[^=]|[^t=]=){0,100})? ?<end>

program dovecot-auth -

rule pam-1
    about   pam_unix and the like, called by dovecot-auth (Dovecot 1)
    kind    failed-login
    side    back
    match   <pam>
    hit     192.0.2.7  pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=web rhost=192.0.2.7
    hit     192.0.2.7  pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=root rhost=192.0.2.7  user=root
    hit     192.0.2.7  pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=x rhost=203.0.113.99 rhost=192.0.2.7
    hit     192.0.2.7  pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=rhost=203.0.113.99 rhost=192.0.2.7
    miss    pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser= rhost=192.0.2.7 user=x rhost=203.0.113.99
    miss    pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser= rhost=192.0.2.7  user=rhost=203.0.113.99
    miss    pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=x rhost=mail.example.com

program auth *dovecot* dv* auth-worker

rule pam
    about   pam_unix and the like, called by auth: Dovecot 2 always tells the same in its own words
    kind    failed-login
    side    back
    tier    strict
    match   <pam>
    hit     192.0.2.7  pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=alice rhost=192.0.2.7  user=alice
    hit     2001:db8::7  pam_unix(imap:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=bob@example.com rhost=2001:db8::7 
    miss    pam_sss(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=x rhost=203.0.113.99  user=x rhost=192.0.2.7 user=alice
    miss    pam_unix(dovecot:auth): check pass; user unknown

# ---- deliveries ----

program *dovecot* dv* lmtp lda deliver -

rule delivered
    about   mail-deliver.c, lda-sieve: mail was put into a mailbox; the Message-ID is the sender's word, the name is not
    kind    delivered
    match   (?:lmtp|lda|deliver)\((?:\d{1,10}, )?<mailbox>\)(?:\<\d{1,10}\>)?(?:\<[A-Za-z0-9+/._:-]{0,255}\>)?: (?:[A-Za-z0-9+/]{8,64}: )?(?:Info: )?(?:sieve: )?msgid=<text>: (?:saved mail to |stored mail into mailbox )
    hit     -  lmtp(alice@example.com)<28525><KGnqHx1gkGMsDQAAdPzgMQ>: msgid=<a@example.net>: saved mail to INBOX
    hit     -  lmtp(28525, alice@example.com): KGnqHx1gkGMsDQAAdPzgMQ: sieve: msgid=<a@example.net>: stored mail into mailbox 'INBOX'
    hit     -  lda(alice)<28525><KGnqHx1gkGMsDQAAdPzgMQ>: sieve: msgid=<a@example.net>: stored mail into mailbox 'Junk'
    hit     -  deliver(alice): msgid=<a@example.net>: saved mail to INBOX
    miss    lmtp(alice@example.com)<28525><KGnqHx1gkGMsDQAAdPzgMQ>: msgid=<a@example.net>: save failed to INBOX: Quota exceeded
    miss    lmtp(28525): Connect from local

# ---- auth, of its own back end ----
#
# No client can write or bring about these lines: nothing of a request stands in them. Those that name the user, or a
# path that may be made of his domain (passwd-file's), are left out. So is what many logins at a time bring about: MySQL's
# "Too many connections" and "max_user_connections", PostgreSQL's "too many clients already", an error 11 (EAGAIN: the
# queue of MySQL's socket is full), whatever timed out.

macro  own      (?:auth(?:-worker)?(?:\(\d{1,10}\)|\<\d{1,10}\>)?: )?(?:Error|Fatal):
macro  path     /[A-Za-z0-9._/-]{1,200}
macro  pool     (?:sqlpool\([a-z]{1,20}\): )?
macro  mysql    Can't connect to (?:local )?(?:My|Maria)?(?:SQL |DB )?server (?:on|through socket) '[A-Za-z0-9._:/-]{1,200}' \((?:2|101|111|113|115)\b|Can't connect to (?:local )?(?:My|Maria)?(?:SQL |DB )?server (?:on|through socket) '[A-Za-z0-9._:/-]{1,200}:\d{1,5}' \((?:2|101|111|113|115)\b|Access denied for user|Unknown (?:MySQL server host|server host|database)
macro  pgsql    (?:[A-Za-z0-9._:/-]|[ "'(),]){0,200}(?:Connection refused|No such file or directory|could not translate host name|No route to host|password authentication failed|no pg_hba\.conf entry|the database system is (?:starting up|shutting down|in recovery mode)|database "[A-Za-z0-9._-]{1,64}" does not exist)
macro  database (?: database)?(?: \(?[A-Za-z0-9._-]{1,64}\)?)?

program *dovecot* dv* auth auth-worker master -

rule backend-down
    about   auth: the database of users does not answer, or the program that checks them is not there
    kind    outage
    match   <own> <pool>mysql(?:\([A-Za-z0-9._/:-]{1,120}\))?: Connect failed(?: to<database>)?: (?:<mysql>)
    match   <own> <pool>pgsql\([A-Za-z0-9._/:-]{0,120}\): Connect failed(?: to<database>)?: <pgsql>
    match   <own> <pool>sqlite: open\(<path>\) failed:
    match   <own> (?:ldap\(<path>\)|LDAP|ldap\(ldap[si]?://[A-Za-z0-9._:/-]{1,200}\)): Can't connect to server: (?:[A-Za-z0-9._:/-]|\[|\]| ){1,200}<end>
    match   <own> (?:ldap\(<path>\)|LDAP|ldap\(ldap[si]?://[A-Za-z0-9._:/-]{1,200}\)): binding failed \(dn (?:[A-Za-z0-9._-]|=|,| ){1,200}\): Invalid credentials<end>
    match   <own> execv\(<path>\) failed:
    match   (?:master: )?Error: service\(auth(?:-worker)?\): command startup failed
    hit     -             auth: Error: mysql(127.0.0.1): Connect failed to database (mail): Can't connect to server on '127.0.0.1' (115) - waiting for 1 seconds before retry
    hit     -             auth-worker(19744): Error: mysql(127.0.0.1): Connect failed to database (mail): Can't connect to server on '127.0.0.1' (115) - waiting for 5 seconds before retry
    hit     -             auth: Error: sqlpool(mysql): mysql(127.0.0.1): Connect failed to database (mail): Can't connect to local MySQL server through socket '/run/mysqld/mysqld.sock' (2) - waiting for 1 seconds before retry
    hit     -             auth: Error: mysql(db.example.com): Connect failed to database (mail): Can't connect to MySQL server on 'db.example.com:3306' (111) - waiting for 25 seconds before retry
    hit     -             auth: Error: pgsql(127.0.0.1): Connect failed to database mail: Connection refused
    hit     -             auth-worker(12): Error: pgsql(127.0.0.1): Connect failed to database mail: connection to server at "127.0.0.1", port 5432 failed: Connection refused
    hit     -             auth: Error: pgsql(db): Connect failed to database mail: connection to server at "db" (198.51.100.3), port 5432 failed: FATAL:  the database system is shutting down (state: wait for input)
    hit     -             auth: Error: ldap(ldap://127.0.0.1): Can't connect to server: ldap://127.0.0.1
    miss    auth-worker(304): Error: mysql(127.0.0.1): Connect failed to database (mail): Too many connections - waiting for 1 seconds before retry
    miss    auth-worker(304): Error: mysql(127.0.0.1): Connect failed to database (mail): User 'mail' has exceeded the 'max_user_connections' resource (current value: 10) - waiting for 1 seconds before retry
    miss    auth: Error: mysql(localhost): Connect failed to database (mail): Can't connect to local MySQL server through socket '/run/mysqld/mysqld.sock' (11) - waiting for 1 seconds before retry
    miss    auth: Error: mysql(127.0.0.1): Connect failed to database (mail): Can't connect to server on '127.0.0.1' (110) - waiting for 1 seconds before retry
    miss    auth: Error: pgsql(127.0.0.1): Connect failed to database mail: connection to server at "127.0.0.1", port 5432 failed: FATAL:  sorry, too many clients already
    miss    auth: Error: pgsql(127.0.0.1): Connect failed: Timeout after 30 seconds (state: wait for input)
    hit     -             auth-worker(19878): Error: sqlite: open(/var/lib/dovecot/users.sqlite) failed: unable to open database file
    hit     -             auth: Error: ldap(/etc/dovecot/dovecot-ldap.conf.ext): Can't connect to server: 127.0.0.1:389
    hit     -             auth: Error: LDAP: Can't connect to server: ldap://a.example.com ldap://b.example.com
    hit     -             auth: Error: ldap(/etc/dovecot/dovecot-ldap.conf.ext): binding failed (dn cn=dovecot,dc=example,dc=com): Invalid credentials
    hit     -             auth: Fatal: execv(/usr/local/bin/checkpassword) failed: No such file or directory
    hit     -             master: Error: service(auth): command startup failed, throttling for 2.000 secs
    hit@auth -            Error: mysql(127.0.0.1): Connect failed to database (mail): Access denied for user
    miss    auth-worker(19744): Error: conn unix:auth-worker (pid=19743,uid=1): auth-worker<1>: sql(alice,192.0.2.7,<L5vNmOVgdt/GM2QB>): Not connected to database
    miss    auth: Error: ldap(/x): Can't connect to server: y,192.0.2.7,<L5vNmOVgdt/GM2QB>): user not found from userdb
    miss    auth: passwd-file(mysql(x): Connect failed,192.0.2.7): unknown user
    miss    auth: Error: passwd-file /etc/dovecot/example.com/passwd:open(/etc/dovecot/example.com/passwd) failed: No such file or directory
