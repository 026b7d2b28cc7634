# Mailu's admin container (2.0 and later: core/admin/mailu/internal/nginx.py, sso/views/base.py, api/common.py), as gunicorn or
# Flask write it: "[2024-05-23 10:25:52,123] INFO in nginx: Login attempt for: USER/imap/993 from: ADDR/PORT: failed: badauth: 1a2b3c".
# The user name stands in front, the address behind the last " from: ". Behind "badauth:" stand six hexadecimal digits that tell
# passwords apart.
# The front container is nginx (nginx-mail.pat) or, since 2024.06, a Dovecot proxy (dovecot.pat); it tells of the same attempt:
# follow one of the two.
# Left out: "password ok, but a token is required", tokens used from a wrong address, rate limits, which hold for whole networks,
# and a token whose owner has put more than a few words into its comment.

service mailu

macro  user    .{0,900}
macro  tried   (?<account>.{0,850})/[a-z0-9]{2,12}/[A-Za-z0-9]{1,12}|<user>
macro  module  (?:[A-Z]{4,8} in [a-z_]{1,30}: )?

program mailu* admin *admin* gunicorn* -

rule login-failed
    about   admin: wrong password, no such user, or an account that is disabled
    kind    failed-login
    match   <module>Login attempt for: <tried> from: <addr>/(?:\d{1,5}|None): failed: (?:account disabled|badauth: (?:<password>)?|badauth)<end>
    match   <module>(?:Invalid credentials for (?<account><user>)|Invalid API token provided) from <addr>\.<end>
    match   <module>Invalid API token provided by <addr>\.<end>
    hit@-   192.0.2.7  INFO in nginx: Login attempt for: alice@example.com/imap/993 from: 192.0.2.7/51234: failed: badauth: 1a2b3c
    hit     2001:db8::7  Login attempt for: 'x from: 203.0.113.99/1: failed: badauth: 1'/smtp/465 from: 2001:db8::7/None: failed: account disabled
    hit@-   192.0.2.7  INFO in base: Login attempt for: admin@example.com/sso/https from: 192.0.2.7/443: failed: badauth: 1a2b3c
    hit     192.0.2.7  Invalid credentials for x from 203.0.113.99. from 192.0.2.7.
    hit     192.0.2.7  Invalid API token provided by 192.0.2.7.
    miss    Login attempt for: alice@example.com/imap/993 from: 192.0.2.7/51234: failed: password ok, but a token is required
    miss    Login attempt for: alice@example.com/imap/993 from: 192.0.2.7/51234: success: password
    miss    Login attempt for: x from: 203.0.113.99/1: failed: badauth: 1a2b3c/imap/993 from: 192.0.2.7/51234: success: password

rule login
    about   admin: somebody has logged in
    kind    login
    match   <module>Login attempt for: <tried> from: <addr>/(?:\d{1,5}|None): success: (?:password(?:: [A-Za-z0-9_-]{0,20})?|token-\d{1,9}: ['"][A-Za-z0-9 _.@()-]{0,80}['"])<end>
    match   <module>Valid credentials for user (?<account><user>) provided by <addr>\.<end>
    hit@-   192.0.2.7  INFO in nginx: Login attempt for: alice@example.com/imap/993 from: 192.0.2.7/51234: success: password
    hit     192.0.2.7  Login attempt for: alice@example.com/imap/993 from: 192.0.2.7/51234: success: token-7: 'phone (old)'
    hit     192.0.2.7  Valid credentials for user alice@example.com provided by 192.0.2.7.
    miss    Login attempt for: x from: 203.0.113.99/1: success: password/imap/993 from: 192.0.2.7/51234: failed: badauth: 1a2b3c
    miss    Login attempt for: alice@example.com/imap/993 from: 192.0.2.7/51234: failed: badip: token-7: 'phone'
