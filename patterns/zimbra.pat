# Zimbra: audit.log and mailbox.log, "2026-11-22 10:00:00,123 WARN  [thread] [name=a@b;oip=ip;ip=...;ua=...;] security - cmd=Auth;
# ... error=authentication failed ...". The client is oip, where a proxy stands in front, else ip; a user name may stand in
# front of either, and the user agent behind or in front. So only the first address of a plain prefix counts, and no line
# that shows a second one of the same name, or that is long enough to have been cut by a syslog on its way.
# One failed web login is told in audit.log ("security - cmd=Auth") and in mailbox.log ("SoapEngine - handler exception"):
# follow one of the two.

service zimbra

macro  some     [A-Za-z0-9._:/+-]{1,255}
macro  odd      [@=%~$!]|[#&*?^|]
macro  plain    <some>?(?:(?:<odd>|[ ()])<some>?){0,12}
macro  head     (?=.{0,900}<end>)(?:WARN|INFO|ERROR) {1,3}\[<plain>\] \[
macro  fields   (?:(?:name|aname|mid|via|sid|cid|port|oport|oproto|soapId|zid|op|host|n|aid)=<plain>;){0,6}
macro  origin   <fields>oip=<addr>;(?!<text>oip=)
macro  direct   <fields>ip=<addr>;(?!<text>ip=)

program - zimbramon zimbra* mailboxd saslauthd-zimbra

rule login-failed
    about   audit.log: AuthRequest, IMAP, POP3 or LMTP login: wrong password, no such account, two-factor code, locked
    kind    failed-login
    weight  1
    match   <head><origin><text>\] security - cmd=(?:Auth|AdminAuth|GetAuth|ChangePassword|preAuth);<text>error=(?:authentication failed|account (?:lockout|not found)|no such account|two-factor)
    match   <head><direct><text>\] security - cmd=(?:Auth|AdminAuth|GetAuth|ChangePassword|preAuth);<text>error=(?:authentication failed|account (?:lockout|not found)|no such account|two-factor)
    hit     192.0.2.7  WARN  [qtp93314457-589:https://mail.example.com:7073/service/soap/AuthRequest] [name=info@example.com;oip=192.0.2.7;ua=zclient/8.8.15;soapId=688cb582;] security - cmd=Auth; account=info@example.com; protocol=soap; error=authentication failed for [info@example.com], invalid password;
    hit     192.0.2.7  WARN  [ImapSSLServer-12] [ip=192.0.2.7;] security - cmd=Auth; account=info; protocol=imap; error=authentication failed for [info], account not found;
    hit     192.0.2.7  WARN  [ImapServer-12] [oip=192.0.2.7;ip=198.51.100.2;via=198.51.100.2(nginx/1.20);ua=Zimbra/8;cid=9;] security - cmd=Auth; account=info; protocol=imap; error=authentication failed for [info], invalid password;
    hit     2001:db8::7  INFO  [Pop3Server-1] [ip=2001:db8::7;] security - cmd=Auth; account=x; protocol=pop3; error=authentication failed for [x], invalid password;
    miss    WARN  [qtp1-2:https://mail.example.com/service/soap/] [name=x;oip=203.0.113.99;y;oip=192.0.2.7;ua=z;] security - cmd=Auth; account=x; protocol=soap; error=authentication failed for [x], invalid password;
    miss    INFO  [qtp1-2:https://mail.example.com/service/soap/AuthRequest] [name=a@example.com;oip=192.0.2.7;ua=z;] security - cmd=Auth; account=a@example.com; protocol=soap;
    miss    WARN  [qtp1-2:https://mail.example.com/service/soap/AuthRequest] [name=a@example.com;oip=192.0.2.7;ua=z;] security - cmd=Auth; account=a@example.com; protocol=soap; error=system failure: ldap is down;

rule soap-failed
    about   mailbox.log: the same for a login by soap, also one that Postfix asks for (oproto=smtp)
    kind    failed-login
    weight  1
    match   <head><origin><text>\] SoapEngine - handler exception: (?:authentication failed|account lockout|no such account)
    match   <head><fields>oip=<addr>;oport=\d{1,5};oproto=(?:smtp|imap|pop3);(?!<text>oip=)<text>\] SoapEngine - handler exception
    hit     192.0.2.7  INFO  [qtp1-2:https://mail.example.com/service/soap/AuthRequest] [oip=192.0.2.7;ua=ZimbraWebClient - FF (Linux);soapId=1;] SoapEngine - handler exception: authentication failed for [info], invalid password
    hit     192.0.2.7  WARN  [qtp1-2:smtp://mail.example.com:7073/service/admin/soap/] [name=info@example.com;oip=192.0.2.7;oport=41496;oproto=smtp;soapId=688cb582;] SoapEngine - handler exception
    miss    INFO  [qtp1-2:https://mail.example.com/service/soap/GetInfoRequest] [name=a@example.com;oip=192.0.2.7;ua=z;] SoapEngine - handler exception: permission denied
    miss    WARN  [qtp1-2:smtp://mail.example.com/] [name=x;oip=203.0.113.99;oport=1;oproto=smtp;y;oip=192.0.2.7;oport=1;oproto=smtp;] SoapEngine - handler exception

rule login
    about   audit.log: somebody has logged in
    kind    login
    match   <head><origin><text>\] security - cmd=Auth; account=<plain>; protocol=[a-z0-9_]{1,20};<end>
    match   <head><direct><text>\] security - cmd=Auth; account=<plain>; protocol=[a-z0-9_]{1,20};<end>
    hit     192.0.2.7  INFO  [ImapSSLServer-12] [ip=192.0.2.7;] security - cmd=Auth; account=a@example.com; protocol=imap;
    miss    INFO  [ImapSSLServer-12] [ip=192.0.2.7;] security - cmd=Auth; account=a@example.com; protocol=imap; error=authentication failed for [a@example.com], invalid password;
