# Oracle (Sun, iPlanet) Messaging Server. The MTA with LOG_FORMAT=4 and bit 5 of LOG_CONNECTION (Administration Guide, "MTA Log
# Entry Format"): "<co ts="..." pi="..." sc="tcp_local" dr="+" ac="U" tr="TCP|SERVER|25|ADDR|PORT" ap="SMTP" mi="Bad password" us="USER"
# di="535 5.7.8 ..."/>": transport stands before what the client wrote, and a quote of his is written as an entity.
# The message store: "[22/Nov/2026:10:00:00 -0700] host imapd[13027]: Account Notice: badlogin: [ADDR:PORT] plaintext USER authentication
# failure". Left out: "account disabled (hold)" and the like.

service oracle-ims

macro  ip      [0-9A-Fa-f.:]{2,45}
macro  entry   \<co ts="[0-9T:.+Z-]{10,40}"(?: (?:no|pi|sc|dc|dr|ac|sz)="[A-Za-z0-9._:/+-]{0,80}"){0,7} tr="TCP\|<ip>\|\d{1,5}\|<addr>\|\d{1,5}"
macro  begin   (?:\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] <host> [a-z]{3,20}\[\d{1,9}\]: )?[A-Z][a-z]{2,15} (?:Notice|Information|Warning|Error):[ ]{0,2}

program - imapd popd pop3d mshttpd ims_master

rule login-failed
    about   MTA: SASL says no; message store: wrong password or no such user
    kind    failed-login
    match   <entry> (?:<text> us="(?<account>[^"]{0,255})" |<text>)di="535[ ]
    match   <begin>badlogin: \[<addr>:\d{1,5}\] (?:plaintext (?<account>[^ ]{1,255}) |<text>)(?:authentication failure|user not found|checkpass failed|[Aa]uthentication failed) ?<end>
    hit     192.0.2.7  <co ts="2026-11-22T10:00:00.29" pi="123f.3f8.4397" sc="tcp_local" dr="+" ac="U" tr="TCP|198.51.100.1|25|192.0.2.7|59762" ap="SMTP" mi="Bad password" us="tr=&quot;TCP|198.51.100.1|25|203.0.113.99|1&quot;" di="535 5.7.8 Bad username or password (Authentication failed)."/>
    hit     2001:db8::7  <co ts="2026-11-22T10:00:00.29" pi="123f.3f8.4397" sc="tcp_submit" dr="+" ac="U" tr="TCP|2001:db8::1|587|2001:db8::7|59762" ap="SMTP/TLS-256" us="x" di="535 5.7.8 Bad username or password (Authentication failed)."/>
    hit     192.0.2.7  [22/Nov/2026:10:00:00 -0700] mx1 imapd[13027]: Account Notice: badlogin: [192.0.2.7:40718] plaintext info authentication failure
    hit@imapd  192.0.2.7  Account Notice: badlogin: [192.0.2.7:40718] plaintext [203.0.113.99:1] authentication failure
    miss    <co ts="2026-11-22T10:00:00.29" pi="123f.3f8.4397" sc="tcp_local" dr="+" ac="O" tr="TCP|198.51.100.1|25|192.0.2.7|59762" ap="SMTP"/>
    miss    [22/Nov/2026:10:00:00 -0700] mx1 imapd[13027]: Account Notice: badlogin: [192.0.2.7:40720] plaintext info account disabled (hold)
