"""maillog - write the log of a mail server that never was: Postfix and Dovecot records, session by session

Used by scripts/make-demo-log (a day with a plot) and tests/corpus/random-truth.py
(random logs whose bans are known). The same random.Random gives the same bytes.
Addresses and domains are those reserved for documentation (RFC 5737, 3849, 2606).
"""
import datetime

SERVER = "192.0.2.25"
DOMAIN = "example.com"
ZONE = datetime.timezone(datetime.timedelta(hours=1))

USER_UNKNOWN = "550 5.1.1 <{to}>: Recipient address rejected: User unknown in local recipient table"
RELAY_DENIED = "554 5.7.1 <{to}>: Relay access denied"
HELO_NOT_FQDN = "504 5.5.2 <{helo}>: Helo command rejected: need fully-qualified hostname"
HELO_INVALID = "501 5.5.2 <{helo}>: Helo command rejected: Invalid name"
SENDER_NOT_FQDN = "504 5.5.2 <{sender}>: Sender address rejected: need fully-qualified address"
SENDER_UNKNOWN_DOMAIN = "450 4.1.8 <{sender}>: Sender address rejected: Domain not found"
ACCESS_DENIED = "554 5.7.1 <{client}>: Client host rejected: Access denied"
DNSBL = ("554 5.7.1 Service unavailable; Client host [{ip}] blocked using dnsbl.example.net; "
         "https://dnsbl.example.net/query/ip/{ip}")
GREYLISTED = "450 4.7.1 <{to}>: Recipient address rejected: Greylisted, try again in 5 minutes"
NO_HOSTNAME = "450 4.7.25 Client host rejected: cannot find your hostname, [{ip}]"


class MailLog:
    """Collects records in any order; lines() gives them in the order of their times."""

    def __init__(self, rng, stamp="iso", host="mx"):
        self.rng, self.stamp, self.host = rng, stamp, host
        self.records = []
        self.pids = {}

    # -- records

    def add(self, t, program, text, pid=None):
        """One record; t: seconds since the epoch, give or take some milliseconds."""
        tag = f"{program}[{pid}]" if pid else program
        self.records.append((round(t + self.rng.random() * 0.009, 6), len(self.records), tag, text))

    def lines(self):
        for t, _, tag, text in sorted(self.records):
            yield f"{self.header(t)} {self.host} {tag}: {text}"

    def header(self, t):
        when = datetime.datetime.fromtimestamp(t, ZONE)
        if self.stamp == "iso":
            return when.isoformat(timespec="microseconds")
        return f"{when:%b} {when.day:2d} {when:%H:%M:%S}"

    # -- small things a server makes up

    def pid(self, program):
        """A process of the program: a handful serve in turn, now and then a new one."""
        pool = self.pids.setdefault(program, [])
        if len(pool) < 3 or self.rng.random() < 0.05:
            pool.append(self.rng.randrange(1000, 60000))
            del pool[:-6]
        return self.rng.choice(pool)

    def queue_id(self):
        return f"{self.rng.randrange(16 ** 5, 16 ** 6):06X}AD{self.rng.randrange(16 ** 3):03X}"

    def token(self, length=16):
        return "".join(self.rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789+/") for _ in range(length))

    def session_id(self):
        return f"<{self.token()}>"

    # -- a mail that arrives, a mail that leaves

    def incoming(self, t, name, ip, sender, user, program="postfix/smtpd"):
        """Mail from another server, delivered to a mailbox by Dovecot's LMTP."""
        rng, smtpd, queue_id = self.rng, self.pid(program), self.queue_id()
        lmtp, qmgr, delivery = self.pid("postfix/lmtp"), 1203, self.pid("dovecot/lmtp")
        tls = rng.random() < 0.8
        message = self.token(12)
        self.add(t, program, f"connect from {name}[{ip}]", smtpd)
        if tls:
            self.add(t + 0.1, program, f"Anonymous TLS connection established from {name}[{ip}]: TLSv1.3 with cipher "
                     "TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature RSA-PSS (2048 bits) "
                     "server-digest SHA256", smtpd)
        self.add(t + 0.3, program, f"{queue_id}: client={name}[{ip}]", smtpd)
        self.add(t + 0.4, "postfix/cleanup", f"{queue_id}: message-id=<{message}@{sender.split('@')[1]}>", self.pid("cleanup"))
        self.add(t + 0.5, "postfix/qmgr", f"{queue_id}: from=<{sender}>, size={rng.randrange(900, 90000)}, nrcpt=1 (queue active)", qmgr)
        session = self.token(22)
        self.add(t + 0.6, "dovecot", f"lmtp({delivery}): Connect from local")
        self.add(t + 0.7, "dovecot", f"lmtp({user}@{DOMAIN})<{delivery}><{session}>: msgid=<{message}@{sender.split('@')[1]}>: saved mail to INBOX")
        self.add(t + 0.8, "postfix/lmtp", f"{queue_id}: to=<{user}@{DOMAIN}>, relay=mx.{DOMAIN}[private/dovecot-lmtp], delay=0.4, "
                 f"delays=0.3/0.01/0.02/0.07, dsn=2.0.0, status=sent (250 2.0.0 <{user}@{DOMAIN}> {session} Saved)", lmtp)
        self.add(t + 0.85, "dovecot", f"lmtp({delivery}): Disconnect from local: Logged out (state=READY)")
        self.add(t + 0.9, "postfix/qmgr", f"{queue_id}: removed", qmgr)
        counters = "ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7" if tls else "ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5"
        self.add(t + 1.2, program, f"disconnect from {name}[{ip}] {counters}", smtpd)

    def outgoing(self, t, name, ip, user, to, relay, refused=False):
        """Mail that a customer submits; refused: the other server knows no such user."""
        rng, smtpd, smtp, queue_id = self.rng, self.pid("submission"), self.pid("smtp"), self.queue_id()
        program, qmgr = "postfix/submission/smtpd", 1203
        self.add(t, program, f"connect from {name}[{ip}]", smtpd)
        self.add(t + 0.4, program, f"{queue_id}: client={name}[{ip}], sasl_method=PLAIN, sasl_username={user}@{DOMAIN}", smtpd)
        self.add(t + 0.5, "postfix/cleanup", f"{queue_id}: message-id=<{self.token(12)}@{DOMAIN}>", self.pid("cleanup"))
        self.add(t + 0.6, "postfix/qmgr", f"{queue_id}: from=<{user}@{DOMAIN}>, size={rng.randrange(900, 90000)}, nrcpt=1 (queue active)", qmgr)
        self.add(t + 0.8, program, f"disconnect from {name}[{ip}] ehlo=2 starttls=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=8", smtpd)
        where = f"relay={relay[0]}[{relay[1]}]:25, delay=1.1, delays=0.2/0.01/0.5/0.4"
        if not refused:
            self.add(t + 1.9, "postfix/smtp", f"{queue_id}: to=<{to}>, {where}, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as {self.queue_id()})", smtp)
        else:
            bounce = self.queue_id()
            self.add(t + 1.9, "postfix/smtp", f"{queue_id}: to=<{to}>, {where}, dsn=5.1.1, status=bounced (host {relay[0]}[{relay[1]}] said: "
                     f"550 5.1.1 <{to}>: Recipient address rejected: User unknown in local recipient table (in reply to RCPT TO command))", smtp)
            self.add(t + 2.0, "postfix/bounce", f"{queue_id}: sender non-delivery notification: {bounce}", self.pid("bounce"))
        self.add(t + 2.1, "postfix/qmgr", f"{queue_id}: removed", qmgr)

    # -- people who read mail

    def login(self, t, user, ip, service="imap", minutes=5):
        pid, session = self.rng.randrange(1000, 60000), self.session_id()
        self.add(t, "dovecot", f"{service}-login: Login: user=<{user}@{DOMAIN}>, method=PLAIN, rip={ip}, lip={SERVER}, mpid={pid}, TLS, session={session}")
        self.add(t + minutes * 60, "dovecot", f"{service}({user}@{DOMAIN})<{pid}>{session}: Disconnected: Logged out in={self.rng.randrange(200, 4000)} "
                 f"out={self.rng.randrange(900, 90000)} deleted=0 expunged=0 trashed=0 hdr_count=0 hdr_bytes=0 body_count=0 body_bytes=0")

    def login_failed(self, t, user, ip, attempts=1, service="imap", method="PLAIN"):
        self.add(t, "dovecot", f"{service}-login: Disconnected: Connection closed (auth failed, {attempts} attempts in {attempts * 2} secs): "
                 f"user=<{user}>, method={method}, rip={ip}, lip={SERVER}, TLS, session={self.session_id()}")

    def sasl_failed(self, t, ip, user, name="unknown", repeated=0):
        """A password tried through submission; repeated: rsyslog's "message repeated" for so many more."""
        pid, program = self.pid("submission"), "postfix/submission/smtpd"
        text = f"warning: {name}[{ip}]: SASL LOGIN authentication failed: (reason unavailable), sasl_username={user}"
        self.add(t, program, f"connect from {name}[{ip}]", pid)
        self.add(t + 1, program, text, pid)
        if repeated:
            self.add(t + 2 + repeated, program, f"message repeated {repeated} times: [ {text}]", pid)
        self.add(t + 3 + repeated, program, f"disconnect from {name}[{ip}] ehlo=1 auth=0/{1 + repeated} quit=1 commands=2/{3 + repeated}", pid)

    # -- clients that are refused

    def reject(self, t, ip, reasons, name="unknown", helo="mail.example.org", sender="info@example.org", to=None, gap=1.0,
               verb="reject", hard_limit=6):
        """A session with one refused recipient for each of the reasons; ends at Postfix's own hard limit.

        to: the recipients, in turn; default: names nobody has. Returns the times of the rejects.
        """
        pid, program, client, times = self.pid("smtpd"), "postfix/smtpd", f"{name}[{ip}]", []
        self.add(t, program, f"connect from {client}", pid)
        for i, reason in enumerate(reasons):
            rcpt = to[i % len(to)] if to else f"{self.rng.choice(NAMES)}{self.rng.randrange(100)}@{DOMAIN}"
            text = reason.format(to=rcpt, helo=helo, sender=sender, client=client, ip=ip)
            t += gap
            times.append(t)
            self.add(t, program, f"NOQUEUE: {verb}: RCPT from {client}: {text}; from=<{sender}> to=<{rcpt}> proto=ESMTP helo=<{helo}>", pid)
            if verb == "reject" and i + 1 == hard_limit:
                self.add(t + 0.01, program, f"too many errors after RCPT from {client}", pid)
                break
        n = len(times)
        self.add(t + 0.5, program, f"disconnect from {client} ehlo=1 mail=1 rcpt=0/{n} commands=2/{n + 2}", pid)
        return times

    def pipelining(self, t, ip, text, name="unknown"):
        pid, program = self.pid("smtpd"), "postfix/smtpd"
        self.add(t, program, f"connect from {name}[{ip}]", pid)
        self.add(t + 0.2, program, f"improper command pipelining after EHLO from {name}[{ip}]: {text}", pid)
        self.add(t + 0.4, program, f"lost connection after RCPT from {name}[{ip}]", pid)
        self.add(t + 0.5, program, f"disconnect from {name}[{ip}] ehlo=1 mail=1 rcpt=1 commands=3", pid)

    def not_smtp(self, t, ip, text="GET / HTTP/1.1", name="unknown"):
        pid, program = self.pid("smtpd"), "postfix/smtpd"
        self.add(t, program, f"connect from {name}[{ip}]", pid)
        self.add(t + 0.2, program, f"warning: non-SMTP command from {name}[{ip}]: {text}", pid)
        self.add(t + 0.3, program, f"disconnect from {name}[{ip}] unknown=0/1 commands=0/1", pid)

    def lost(self, t, ip, after="STARTTLS", name="unknown"):
        pid, program = self.pid("smtpd"), "postfix/smtpd"
        self.add(t, program, f"connect from {name}[{ip}]", pid)
        self.add(t + 0.6, program, f"lost connection after {after} from {name}[{ip}]", pid)
        self.add(t + 0.7, program, f"disconnect from {name}[{ip}] ehlo=1 starttls=0/1 commands=1/2", pid)

    # -- postscreen, the doorkeeper

    def pregreet(self, t, ip, helo):
        port, pid = self.rng.randrange(1024, 65000), 1377
        greeting = f"EHLO {helo}\\r\\n"
        self.add(t, "postfix/postscreen", f"CONNECT from [{ip}]:{port} to [{SERVER}]:25", pid)
        self.add(t + 0.1, "postfix/postscreen", f"PREGREET {len(greeting) - 2} after 0.11 from [{ip}]:{port}: {greeting}", pid)
        self.add(t + 4, "postfix/postscreen", f"NOQUEUE: reject: RCPT from [{ip}]:{port}: 550 5.5.1 Protocol error; from=<info@{helo}>, "
                 f"to=<sales@{DOMAIN}>, proto=ESMTP, helo=<{helo}>", pid)
        self.add(t + 4.1, "postfix/postscreen", f"DISCONNECT [{ip}]:{port}", pid)

    def newcomer(self, t, ip, helo, sender, user):
        """A lawful server's first visit: told to come again, then let in."""
        port, pid = self.rng.randrange(1024, 65000), 1377
        self.add(t, "postfix/postscreen", f"CONNECT from [{ip}]:{port} to [{SERVER}]:25", pid)
        self.add(t + 6.1, "postfix/postscreen", f"NOQUEUE: reject: RCPT from [{ip}]:{port}: 450 4.3.2 Service currently unavailable; "
                 f"from=<{sender}>, to=<{user}@{DOMAIN}>, proto=ESMTP, helo=<{helo}>", pid)
        self.add(t + 6.3, "postfix/postscreen", f"PASS NEW [{ip}]:{port}", pid)
        self.add(t + 6.4, "postfix/postscreen", f"DISCONNECT [{ip}]:{port}", pid)


NAMES = """admin info sales support test office contact webmaster root john mary peter anna frank laura david susan
mark julia paul emma thomas lisa billing accounts hr jobs news marketing service shop orders backup scanner guest
michael robert william linda barbara richard jessica charles sarah daniel karen matthew nancy""".split()
