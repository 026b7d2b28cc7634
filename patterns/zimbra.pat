# Zimbra: audit.log and mailbox.log, "2026-11-22 10:00:00,123 WARN  [thread] [name=a@b;oip=ip;ip=...;ua=...;] security - cmd=Auth;
# ... error=authentication failed ...". The fields are those of common/util/ZimbraLog.java: name, aname, mid and ip first,
# the others as they came; a ";" of a value is doubled, so that a single one is the server's.
# The client is oip where a proxy stands in front, else ip. Over HTTP (threads "qtp...", also what Postfix asks for) the
# server takes oip from trusted proxies alone (util/RemoteIP.java); over IMAP and POP3 it takes it from anybody who says ID or
# XOIP (ImapHandler.java, Pop3Handler.java). There it counts where ip is a private address, which the proxy's is, and a line
# with a public ip and an oip counts for nobody.
# No line counts that is long enough to have been cut by a syslog on its way.
# One failed web login is told in audit.log ("security - cmd=Auth") and in mailbox.log ("SoapEngine - handler exception"):
# follow one of the two.

service zimbra

macro  some     [A-Za-z0-9._:/+-]{1,255}
macro  odd      [@=%~$!]|[#&*?^|]|['"`\\]|[{}\<\>,]
macro  plain    <some>?(?:(?:<odd>|[ ()])<some>?){0,6}
macro  level    (?=.{0,900}<end>)(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} )?(?:WARN|INFO|ERROR) {1,3}
macro  head     <level>\[<plain>\] \[
macro  fields   (?:(?:name|aname|mid|via|sid|cid|port|oport|oproto|soapId|zid|op|host|n|aid|ds|item|msgid)=<plain>;){0,6}
macro  v4       \d{1,3}\.\d{1,3}
macro  private  (?:::[Ff]{4}:)?(?:(?:10|127)\.\d{1,3}\.<v4>|(?:192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\.<v4>)|(?:0:0:0:0:0:0:0|:):1|[Ff](?:[CDcd]|[Ee]80)[0-9A-Fa-f:]{2,37}
macro  once     (?!<text>[^;](?:;;)*;oip=)
macro  proxy    <level>(?:\[<plain>\] \[<fields>(?:ip=(?:<private>);<fields>)?|\[qtp<plain>\] \[<fields>(?:ip=[0-9A-Fa-f:.]{2,45};<fields>)?)
macro  origin   <proxy>oip=<addr>;<once>
macro  direct   <head><fields>ip=<addr>;(?!oip=)<once>

program - zimbramon zimbra* mailboxd saslauthd-zimbra

rule login-failed
    about   audit.log: AuthRequest, IMAP, POP3 or LMTP login: wrong password, no such account, two-factor code, locked
    kind    failed-login
    weight  1
    match   <origin><text>\] security - cmd=(?:Auth|AdminAuth|GetAuth|ChangePassword|[Pp]reAuth);(?: account=(?<account>[^;]{1,255});)?<text>error=(?:authentication failed|account (?:lockout|not found)|no such account|two-factor)
    match   <direct><text>\] security - cmd=(?:Auth|AdminAuth|GetAuth|ChangePassword|[Pp]reAuth);(?: account=(?<account>[^;]{1,255});)?<text>error=(?:authentication failed|account (?:lockout|not found)|no such account|two-factor)
    hit     192.0.2.7  WARN  [qtp93314457-589:https://mail.example.com:7073/service/soap/AuthRequest] [name=info@example.com;oip=192.0.2.7;ua=zclient/8.8.15;soapId=688cb582;] security - cmd=Auth; account=info@example.com; protocol=soap; error=authentication failed for [info@example.com], invalid password;
    hit     192.0.2.7  WARN  [ImapSSLServer-12] [ip=192.0.2.7;] security - cmd=Auth; account=info; protocol=imap; error=authentication failed for [info], account not found;
    hit     192.0.2.7  WARN  [ImapServer-12] [oip=192.0.2.7;ip=198.51.100.2;via=198.51.100.2(nginx/1.20);ua=Zimbra/8;cid=9;] security - cmd=Auth; account=info; protocol=imap; error=authentication failed for [info], invalid password;
    hit     192.0.2.7  WARN  [ImapSSLServer-1] [ip=fd00::50;oip=192.0.2.7;via=198.51.100.52(nginx/1.7.1);ua=Zimbra/8.8.15_GA_3869;cid=234;] security - cmd=Auth; account=a@example.com; protocol=imap; error=authentication failed for [a@example.com], invalid password;
    hit     192.0.2.7  WARN  [Pop3Server-5] [name=a@example.com;mid=3;ip=127.0.0.1;port=44632;oip=192.0.2.7;via=198.51.100.10(nginx/1.20.0);cid=56;] security - cmd=Auth; account=a@example.com; protocol=pop3; error=authentication failed for [a@example.com], invalid password;
    hit     2001:db8::7  WARN  [ImapServer-5] [ip=0:0:0:0:0:0:0:1;oip=2001:db8::7;ua=x;;oip=203.0.113.99;;y;cid=56;] security - cmd=Auth; account=a@example.com; protocol=imap; error=authentication failed for [a@example.com], invalid password;
    hit     192.0.2.7  WARN  [qtp366712642-84:https://mail.example.com:8443/service/soap/AuthRequest] [name=a@example.com;ip=198.51.100.2;port=40112;oip=192.0.2.7;oport=52112;ua=ZimbraWebClient - FF (Linux)/9.0.0_GA_4273;soapId=11a5;] security - cmd=Auth; account=a@example.com; protocol=soap; error=authentication failed for [a@example.com], invalid password;
    hit     192.0.2.7  WARN  [qtp366712642-84:https://mail.example.com:7073/service/admin/soap/AuthRequest] [name=a@example.com;ip=198.51.100.2;port=40112;oip=192.0.2.7;oport=52112;oproto=smtp;soapId=11a5;] security - cmd=Auth; account=a@example.com; protocol=soap; error=authentication failed for [a@example.com], invalid password;
    hit     192.0.2.7  WARN  [ImapServer-5] [ip=192.0.2.7;ua=x oip=203.0.113.99;;oip=203.0.113.98;cid=56;] security - cmd=Auth; account=a@example.com; protocol=imap; error=authentication failed for [a@example.com], invalid password;
    hit     192.0.2.7  2026-11-22 10:00:00,142 WARN  [ImapSSLServer-1] [name="a o'neill"@example.com;ip=10.0.0.2;oip=192.0.2.7;via=10.0.0.2(nginx/1.20.0);ua=Zimbra/9.0.0_GA_4273;] security - cmd=Auth; account="a o'neill"@example.com; protocol=imap; error=authentication failed for ["a o'neill"@example.com], invalid password;
    miss    WARN  [ImapServer-5] [ip=192.0.2.7;ua=x;;;oip=203.0.113.99;cid=56;] security - cmd=Auth; account=a@example.com; protocol=imap; error=authentication failed for [a@example.com], invalid password;
    miss    WARN  [ImapServer-5] [ip=192.0.2.7;oip=203.0.113.99;via=192.0.2.7(nginx/1.20.0);ua=Zimbra/9.0.0_GA_4273;cid=56;] security - cmd=Auth; account=a@example.com; protocol=imap; error=authentication failed for [a@example.com], invalid password;
    hit     2001:db8::7  INFO  [Pop3Server-1] [ip=2001:db8::7;] security - cmd=Auth; account=x; protocol=pop3; error=authentication failed for [x], invalid password;
    miss    WARN  [qtp1-2:https://mail.example.com/service/soap/] [name=x;oip=203.0.113.99;y;oip=192.0.2.7;ua=z;] security - cmd=Auth; account=x; protocol=soap; error=authentication failed for [x], invalid password;
    miss    INFO  [qtp1-2:https://mail.example.com/service/soap/AuthRequest] [name=a@example.com;oip=192.0.2.7;ua=z;] security - cmd=Auth; account=a@example.com; protocol=soap;
    miss    WARN  [qtp1-2:https://mail.example.com/service/soap/AuthRequest] [name=a@example.com;oip=192.0.2.7;ua=z;] security - cmd=Auth; account=a@example.com; protocol=soap; error=system failure: ldap is down;

rule soap-failed
    about   mailbox.log: the same for a login by soap, also one that Postfix asks for (oproto=smtp)
    kind    failed-login
    weight  1
    match   <origin><text>\] SoapEngine - handler exception: (?:authentication failed(?: for \[(?<account>[^\]]{1,255})\])?|account lockout|no such account)
    match   <head><fields>(?:ip=[0-9A-Fa-f:.]{2,45};<fields>)?oip=<addr>;oport=\d{1,5};oproto=(?:smtp|imap|pop3);<once><text>\] SoapEngine - handler exception
    hit     192.0.2.7  INFO  [qtp1-2:https://mail.example.com/service/soap/AuthRequest] [oip=192.0.2.7;ua=ZimbraWebClient - FF (Linux);soapId=1;] SoapEngine - handler exception: authentication failed for [info], invalid password
    hit     192.0.2.7  WARN  [qtp1-2:smtp://mail.example.com:7073/service/admin/soap/] [name=info@example.com;oip=192.0.2.7;oport=41496;oproto=smtp;soapId=688cb582;] SoapEngine - handler exception
    miss    INFO  [qtp1-2:https://mail.example.com/service/soap/GetInfoRequest] [name=a@example.com;oip=192.0.2.7;ua=z;] SoapEngine - handler exception: permission denied
    miss    WARN  [qtp1-2:smtp://mail.example.com/] [name=x;oip=203.0.113.99;oport=1;oproto=smtp;y;oip=192.0.2.7;oport=1;oproto=smtp;] SoapEngine - handler exception

rule login
    about   audit.log: somebody has logged in
    kind    login
    match   <origin><text>\] security - cmd=Auth; account=(?<account><plain>); protocol=[a-z0-9_]{1,20};<end>
    match   <direct><text>\] security - cmd=Auth; account=(?<account><plain>); protocol=[a-z0-9_]{1,20};<end>
    hit     192.0.2.7  INFO  [ImapSSLServer-12] [ip=192.0.2.7;] security - cmd=Auth; account=a@example.com; protocol=imap;
    miss    INFO  [ImapSSLServer-12] [ip=192.0.2.7;] security - cmd=Auth; account=a@example.com; protocol=imap; error=authentication failed for [a@example.com], invalid password;
