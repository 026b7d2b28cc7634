# PAM for the mail services that have no better word for it: saslauthd, Courier, Cyrus, UW, qpopper, Exim.
#
# pam_unix, pam_sss, pam_winbind and the like write the same (modules/pam_unix/support.c): ruser= may be the client's
# word and stands before rhost=; user= stands behind it, an account's name, or with PAM's audit option and in pam_sss
# what the client typed. So: the last rhost=, and none behind a user=. A host name for rhost= counts for nobody.
# Dovecot's own (tty=dovecot) are in dovecot.pat. sshd, ftpd, login and sudo are none of our business.
# The form before Linux-PAM 0.99, "pop(pam_unix)[4920]: authentication failure", is left out.

service pam

macro  user    .{0,300}
macro  name    (?<account><user>)
macro  mod     (?:\(pam_[a-z0-9_]{2,20}\)|pam_[a-z0-9_]{2,20}(?:\([A-Za-z0-9._:-]{0,64}\))?:)

macro  said    (?!(?>.{0,1000}? user=).{0,1000}rhost=)<mod> authentication failure; logname=[A-Za-z0-9._-]{0,64} uid=\d{1,10} euid=\d{1,10} tty=(?!dovecot )[A-Za-z0-9/._:-]{0,64}[ ]

program imap* ipop* pop* in.qpopper* qpopper* popper* smtp* saslauthd courier* authdaemond* cyrus* exim* sendmail* sieve* timsieved perdition* nginx* mail*

rule failed
    about   pam_unix and the like: wrong user name or password
    kind    failed-login
    side    back
    match   <said>ruser=<user> ?rhost=<addr> {0,2}user=(?<account>(?:[^=]|[^t=]=){0,99}[^ =]) ?<end>
    match   <said>ruser=(?:<name> |<user>)rhost=<addr> {0,2}(?:user=)? ?<end>
    hit     192.0.2.7  pam_unix(imap:auth): authentication failure; logname= uid=0 euid=0 tty= ruser= rhost=192.0.2.7  user=alice
    hit     192.0.2.7  pam_unix(imap:auth): authentication failure; logname= uid=0 euid=0 tty= ruser= rhost=192.0.2.7  user=john smith=x
    hit@saslauthd 192.0.2.7  pam_unix(smtp:auth): authentication failure; logname= uid=0 euid=0 tty= ruser= rhost=192.0.2.7 
    hit@ipop3d 2001:db8::7  (pam_unix) authentication failure; logname= uid=0 euid=0 tty= ruser=alice rhost=2001:db8::7
    hit@pop3d 192.0.2.7  pam_sss(pop3:auth): authentication failure; logname= uid=0 euid=0 tty= ruser= rhost=192.0.2.7 user=alice@example.com
    hit     192.0.2.7  pam_unix(imap:auth): authentication failure; logname= uid=0 euid=0 tty= ruser=x rhost=203.0.113.99 rhost=192.0.2.7
    miss    pam_unix(imap:auth): authentication failure; logname= uid=0 euid=0 tty= ruser= rhost=192.0.2.7 user=x rhost=203.0.113.99
    miss    pam_unix(imap:auth): authentication failure; logname= uid=0 euid=0 tty= ruser= rhost=192.0.2.7  user=rhost=203.0.113.99
    miss    pam_unix(imap:auth): authentication failure; logname= uid=0 euid=0 tty= ruser=x rhost=mail.example.com
    miss    pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=x rhost=192.0.2.7
    miss    pam_unix(imap:session): session opened for user alice by (uid=0)
