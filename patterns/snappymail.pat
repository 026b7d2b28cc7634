# SnappyMail and RainLoop, webmail: data/_data_/_default_/logs/fail2ban/auth-DATE.txt (auth_logging), and SnappyMail by syslog
# (auth_syslog, program "snappymail"); libraries/RainLoop/Actions.php, loggerAuthHelper(). "Auth failed: ip=ADDR user=NAME
# host=... port=...", as auth_logging_format comes set: what the client wrote stands behind.
# The address is the web server's REMOTE_ADDR, or X-Forwarded-For where http_client_ip_check_proxy is on.

service snappymail

program snappymail rainloop -

rule login-failed
    about   RainLoop/Actions.php: wrong user name or password, also for the administration
    kind    failed-login
    match   (?:Admin )?Auth failed: ip=<addr> user=(?:(?<account>[^ ]{1,255})(?: |<end>))?
    hit     192.0.2.7  Auth failed: ip=192.0.2.7 user=info@example.com
    hit@-   2001:db8::7  Auth failed: ip=2001:db8::7 user=x ip=203.0.113.99 user=y host=imap.example.com port=993
    hit     192.0.2.7  Admin Auth failed: ip=192.0.2.7 user=admin
    miss    x Auth failed: ip=203.0.113.99 user=y
