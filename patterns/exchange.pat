# Microsoft Exchange's protocol logs, CSV: POP3 and IMAP4 ("stamp,session,sequence,server,client,user,..."), SMTP receive
# ("stamp,connector,session,sequence,server,client,event,data,context"). The client stands at a fixed place from the left.
# Events: "<" what the client said, ">" what it was told, "*" what the server notes. The note of a refused login (Exchange
# 2010 to 2019, SmtpReceive: "Inbound AUTH LOGIN failed because of LogonDenied", "Inbound Negotiate failed ...", "Inbound
# authentication failed ...") and the answer "535 5.7.3" tell of the same one, in the same session.
# Left out: other reasons than LogonDenied and InvalidToken (NoAuthenticatingAuthority, InternalError ... are ours,
# IllegalMessage comes from Exchange servers whose service names are wrong), 454.

service exchange

macro  end-point  (?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9A-Fa-f:.]{2,45}\]):\d{1,5}
macro  client     (?=\d{1,3}(?:\.\d{1,3}){3}:|\[)\[?<addr>\]?:\d{1,5}

program -

rule login-failed
    about   POP3 and IMAP4: wrong password or no such user
    kind    failed-login
    weight  1
    match   ,[0-9A-Fa-f]{16},\d{1,9},<end-point>,<client>,(?:"?(?<account>[^",]{1,255})"?,<text>|<text>)(?:AuthFailed:LogonDenied|-ERR Authentication failure|-ERR Logon failure|NO (?:LOGIN|AUTHENTICATE) failed)
    hit     192.0.2.7  ,0000000000000005,1,198.51.100.1:110,192.0.2.7:55576,info,193,21,69,auth, PLAIN,"R=""-ERR Authentication failure: unknown user name or bad password."";Msg=""AuthFailed:LogonDenied,User: info"";ErrMsg=AuthFailed:LogonDenied",
    hit     2001:db8::7  ,00000000000000A5,3,[2001:db8::1]:143,[2001:db8::7]:55576,"x,203.0.113.99:1,y",193,21,69,login,x *****,"R=""a NO LOGIN failed."";Msg=""AuthFailed:LogonDenied,User: x""",
    miss    ,0000000000000005,1,198.51.100.1:110,192.0.2.7:55576,info,193,21,69,auth, PLAIN,"R=""+OK User successfully logged on."";Msg=User:info",
    miss    ,0000000000000005,1,198.51.100.1:110,192.0.2.7:55576,info,193,21,69,auth, PLAIN,"R=""-ERR Server Unavailable. 21"";Msg=ProxyNotReady",
    miss    x,0000000000000005,1,198.51.100.1:110,203.0.113.99:55576,info,AuthFailed:LogonDenied

macro  receive    ,(?:[A-Za-z0-9._:/+-]|[ \\()&']){1,150},<session>,\d{1,9},<end-point>,<client>

rule smtp-auth-failed
    about   SMTP receive: wrong password or no such user
    kind    failed-login
    weight  1
    match   <receive>,\*,[^,]{0,200},Inbound (?:authentication|AUTH [A-Z0-9-]{1,20}|Negotiate|[A-Za-z0-9-]{1,20}) failed (?:with error|because of) (?:LogonDenied|InvalidToken)(?: for User (?<account>[^",]{1,255}))?
    hit     192.0.2.7  ,MX1\Default Frontend MX1,08DE4A061F5F5A1B,12,198.51.100.1:25,192.0.2.7:37148,*,,Inbound authentication failed with error LogonDenied for User info
    hit     192.0.2.7  ,MX1\Client Frontend MX1,08DE4A061F5F5A1B,15,198.51.100.1:587,192.0.2.7:37148,*,,Inbound AUTH LOGIN failed because of LogonDenied
    hit     2001:db8::7  ,MX1\Client Frontend MX1,08DE4A061F5F5A1B,15,[2001:db8::1]:587,[2001:db8::7]:37148,*,,Inbound Negotiate failed because of LogonDenied
    hit     192.0.2.7  ,MX1\Client Frontend MX1,08DE4A061F5F5A1B,15,198.51.100.1:587,192.0.2.7:37148,*,,Inbound authentication failed because of LogonDenied
    miss    ,MX1\Client Frontend MX1,08DE4A061F5F5A1B,15,198.51.100.1:587,192.0.2.7:37148,*,,Inbound AUTH LOGIN failed because of NoAuthenticatingAuthority
    miss    ,MX1\Client Frontend MX1,08DE4A061F5F5A1B,16,198.51.100.1:587,192.0.2.7:37148,*,,"User Name: Inbound AUTH LOGIN failed because of LogonDenied"
    miss    ,MX1\Default Frontend MX1,08DE4A061F5F5A1B,13,198.51.100.1:25,192.0.2.7:37148,>,535 5.7.3 Authentication unsuccessful,
    miss    ,MX1\Default Frontend MX1,08DE4A061F5F5A1B,2,198.51.100.1:25,192.0.2.7:37148,<,"EHLO ,203.0.113.99:1,*,,Inbound authentication failed with error LogonDenied",

rule smtp-auth-refused
    about   SMTP receive: the answer to it, where no note says so; or to AUTH where none is offered
    kind    failed-login
    match   <receive>,\>,"?(?:535 5\.7\.3 |504 5\.7\.4 Unrecognized [Aa]uthentication)
    hit     192.0.2.7  ,MX1\Default Frontend MX1,08DE4A061F5F5A1B,13,198.51.100.1:25,192.0.2.7:37148,>,535 5.7.3 Authentication unsuccessful,
    hit     192.0.2.7  ,MX1\Default Frontend MX1,08DE4A061F5F5A1B,13,198.51.100.1:25,192.0.2.7:37148,>,504 5.7.4 Unrecognized authentication type,
    miss    ,MX1\Default Frontend MX1,08DE4A061F5F5A1B,13,198.51.100.1:25,192.0.2.7:37148,<,535 5.7.3 Authentication unsuccessful,
    miss    ,MX1\Default Frontend MX1,08DE4A061F5F5A1B,13,198.51.100.1:25,192.0.2.7:37148,>,454 4.7.0 Temporary authentication failure,

rule smtp-user-unknown
    about   SMTP receive: no such recipient; which one, the answer does not say
    kind    recipient
    known   no
    match   <receive>,\>,"?550 5\.1\.(?:1 (?:RESOLVER\.ADR\.|User unknown)|10 RESOLVER\.ADR\.)
    hit     192.0.2.7  ,MX1\Default MX1,08DE4A061F5F5A1B,13,198.51.100.1:25,192.0.2.7:37148,>,550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup,
    hit     192.0.2.7  ,MX1\Default MX1,08DE4A061F5F5A1B,13,198.51.100.1:25,192.0.2.7:37148,>,550 5.1.1 User unknown,
    miss    ,MX1\Default MX1,08DE4A061F5F5A1B,12,198.51.100.1:25,192.0.2.7:37148,<,RCPT TO:<550 5.1.1 User unknown>,

rule smtp-relay-denied
    about   SMTP receive: mail for somebody else's domain without a login
    weight  2
    match   <receive>,\>,"?550 5\.7\.(?:54 SMTP; Unable to relay|1 Unable to relay)
    hit     192.0.2.7  ,MX1\Default MX1,08DE4A061F5F5A1B,13,198.51.100.1:25,192.0.2.7:37148,>,550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain,
    hit     2001:db8::7  ,MX1\Default MX1,08DE4A061F5F5A1B,13,[2001:db8::1]:25,[2001:db8::7]:37148,>,550 5.7.1 Unable to relay,
    miss    ,MX1\Default MX1,08DE4A061F5F5A1B,12,198.51.100.1:25,192.0.2.7:37148,>,250 2.1.5 Recipient OK,

rule smtp-login
    about   SMTP receive: somebody has logged in
    kind    login
    match   <receive>,\>,"?235 2\.7\.0 Authentication success
    hit     192.0.2.7  ,MX1\Client Frontend MX1,08DE4A061F5F5A1B,20,198.51.100.1:587,192.0.2.7:37148,>,235 2.7.0 Authentication successful,
    miss    ,MX1\Client Frontend MX1,08DE4A061F5F5A1B,20,198.51.100.1:587,192.0.2.7:37148,<,"235 2.7.0 Authentication successful",
