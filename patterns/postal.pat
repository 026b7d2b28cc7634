# Postal 2.1 and later (app/lib/smtp_server/client.rb), on standard output: "2026-11-22 10:00:00 +0000 WARN   Authentication failure
# for ADDR (invalid credential) trace_id=4ABF0K component=smtp-server" (3, by Klogger's Go-like formatter), or
# "[smtp.1:2377] [2026-11-22T10:00:00.664]  WARN -- : [S4M7NR] Authentication failure for ::ffff:ADDR" (2).
# Mail to a foreign domain without a login is told in the same words. What it was that a client sent stands behind.

service postal

program *postal* -

rule login-failed
    about   client.rb: wrong credential, or mail for somebody else's domain without any
    kind    failed-login
    match   (?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4} |\[[a-z0-9._:-]{1,40}\] \[[0-9T:.-]{10,32}\] {1,3})?WARN(?: {1,7}| -- : (?:\[[A-Z0-9]{4,10}\] {1,4})?)Authentication failure for <addr>(?: |<end>)
    hit@-   192.0.2.7  WARN   Authentication failure for 192.0.2.7 trace_id=4ABF0K component=smtp-server
    hit     192.0.2.7  2026-11-22 10:00:00 +0000 WARN   Authentication failure for 192.0.2.7 trace_id=4ABF0K component=smtp-server
    hit@-   2001:db8::7  WARN   Authentication failure for 2001:db8::7 (no server found matching Authentication failure for 203.0.113.99) trace_id=4ABF0K
    hit@-   192.0.2.7  [smtp.1:2377] [2026-11-22T10:00:00.664]  WARN -- : [S4M7NR] Authentication failure for ::ffff:192.0.2.7
    miss@-  DEBUG  <= MAIL FROM:<WARN   Authentication failure for 203.0.113.99> trace_id=4ABF0K
    miss@-  WARN   Authentication failure for unknown trace_id=4ABF0K
