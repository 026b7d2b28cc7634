# mailcow: what its web interface and API publish to the Redis channel F2B_CHANNEL, and write to PHP's error log
# (data/web/inc/functions.inc.php and others). The name is the client's text and may hold anything; the address stands last, so
# that a name is bounded: a line that was cut off behind it must not end in an address of its own.

service mailcow

program php* nginx* *php-fpm* -

rule ui-password
    about   check_login, api_auth: wrong password or API key
    kind    failed-login
    match   mailcow (?:UI|API): Invalid (?:password|SimpleLogin-compatible API key) for (?<account>.{1,255}) by <addr><end>
    hit@-   192.0.2.7  mailcow UI: Invalid password for admin by 192.0.2.7
    hit@-   2001:db8::7  mailcow UI: Invalid password for API_USER by 2001:db8::7
    hit@-   192.0.2.7  mailcow UI: Invalid password for x by 203.0.113.99 by 192.0.2.7
    hit@-   192.0.2.7  mailcow API: Invalid SimpleLogin-compatible API key for alice@example.com by 192.0.2.7
    miss@-  mailcow UI: Invalid password for x by 203.0.113.99 as well

rule rspamd-password
    about   data/web/rspamd: wrong password for Rspamd's interface
    kind    failed-login
    match   Rspamd UI: Invalid password by <addr><end>
    hit@-   192.0.2.7  Rspamd UI: Invalid password by 192.0.2.7
    miss@-  Rspamd UI: Invalid password by somebody
