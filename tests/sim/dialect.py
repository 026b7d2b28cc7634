"""dialect - what a server writes of a deed: Postfix and Dovecot, or Exim and Dovecot

Each deed gives a list of (seconds after it, does this line count, text of the record from its program on). A line that
does not count belongs to the deed's others: the truth calls it "other"."""
import hashlib

MX, STORE = "relay=mx1.example.com[private/dovecot-lmtp]", "relay=store.example.com[192.0.2.30]:25"
SENT = "delay=0.4, delays=0.2/0/0.1/0.1, dsn=2.0.0, status=sent"
LEFT = "dovecot: imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs)"
CIPHER = "X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=no"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


class Postfix:
    """Postfix and Dovecot.

    verbose: Dovecot's auth_verbose, with auth_verbose_passwords = sha1:6
    inside: the mailboxes are on another server, this is an MX alone"""

    def __init__(self, rng, verbose=False, inside=False, domain="example.com"):
        self.rng, self.verbose, self.inside, self.domain = rng, verbose, inside, domain

    def token(self, length=16):
        return "".join(self.rng.choices(LETTERS, k=length))

    def queue_id(self):
        return f"{self.rng.getrandbits(44):011X}"

    def pid(self):
        return self.rng.randrange(1000, 99999)

    def host(self, addr):
        """Every other address has a name; always the same."""
        named = hashlib.md5(addr.encode()).digest()[0] % 2
        return f"host-{addr.replace('.', '-').replace(':', '-')}.example.net" if named else "unknown"

    def client(self, addr):
        return f"{self.host(addr)}[{addr}]"

    def mailbox(self, name):
        return f"{name}@{self.domain}"

    # each of these is a line of its own

    def smtpd(self, text, service="postfix/smtpd"):
        return 0, True, f"{service}[{self.pid()}]: {text}"

    def logged_in(self, addr, account):
        return 0, True, (f"dovecot: imap-login: Login: user=<{self.mailbox(account)}>, method=PLAIN, rip={addr}, "
                         f"lip=192.0.2.25, mpid={self.pid()}, TLS, session=<{self.token()}>")

    def left(self, addr, user, session=None):
        return 0, True, (f"{LEFT}: user=<{user}>, method=PLAIN, rip={addr}, lip=192.0.2.25, TLS, "
                         f"session=<{session or self.token()}>")

    # deeds

    def login(self, addr, account):
        if self.rng.random() < .1:
            return [self.smtpd(f"{self.queue_id()}: client={self.client(addr)}, sasl_method=PLAIN, "
                               f"sasl_username={self.mailbox(account)}", "postfix/submission/smtpd")]
        return [self.logged_in(addr, account)]

    def failed(self, addr, account, password, known):
        user = self.mailbox(account)
        if self.verbose:
            session, sha1 = self.token(), hashlib.sha1(str(password).encode()).hexdigest()[:6]
            why = f"{'Password mismatch' if known else 'unknown user'} (SHA1 of given password: {sha1})"
            return [(0, True, f"dovecot: auth: passwd-file({user},{addr},<{session}>): {why}"),
                    (2, False, self.left(addr, user, session)[2])]
        if self.rng.random() < .4:
            return [self.smtpd(f"warning: {self.client(addr)}: SASL LOGIN authentication failed: "
                               f"(reason unavailable), sasl_username={user}", "postfix/submission/smtpd")]
        return [self.left(addr, user)]

    def failed_nameless(self, addr):
        return [self.smtpd(f"warning: {self.client(addr)}: SASL LOGIN authentication failed: authentication failure")]

    def mail(self, addr, to, sender):
        queue_id, to = self.queue_id(), self.mailbox(to)
        if self.inside:
            sent = f"relay/smtp[{self.pid()}]: {queue_id}: to=<{to}>, {STORE}, {SENT} (250 2.0.0 Ok: queued as 4ABC)"
        else:
            sent = f"lmtp[{self.pid()}]: {queue_id}: to=<{to}>, {MX}, {SENT} (250 2.0.0 <{to}> {self.token()} Saved)"
        size = self.rng.randrange(2000, 90000)
        return [self.smtpd(f"{queue_id}: client={self.client(addr)}"),
                (1, False, f"postfix/qmgr[811]: {queue_id}: from=<{sender}>, size={size}, nrcpt=1 (queue active)"),
                (2, False, f"postfix/{sent}"), (2, False, f"postfix/qmgr[811]: {queue_id}: removed")]

    def reset(self, addr):
        """A recipient is accepted, and then the client thinks better of it."""
        return [(0, False, self.smtpd(f"{self.queue_id()}: client={self.client(addr)}")[2])]

    def refused(self, addr, to, sender):
        to = self.mailbox(to)
        return [self.smtpd(f"NOQUEUE: reject: RCPT from {self.client(addr)}: 550 5.1.1 <{to}>: Recipient address "
                           f"rejected: User unknown in virtual mailbox table; from=<{sender}> to=<{to}> proto=ESMTP "
                           f"helo=<{self.host(addr)}>")]

    def spf(self, addr, to):
        return [self.smtpd(f"NOQUEUE: reject: RCPT from {self.client(addr)}: 550 5.7.23 <{to}@example.com>: Recipient address "
                           f"rejected: Message rejected due to: SPF fail - not authorized; from=<a@example.net> "
                           f"to=<{to}@example.com> proto=ESMTP helo=<{self.host(addr)}>")]

    def relay_denied(self, addr):
        return [self.smtpd(f"NOQUEUE: reject: RCPT from {self.client(addr)}: 554 5.7.1 <x@example.org>: Relay access "
                           f"denied; from=<a@example.net> to=<x@example.org> proto=ESMTP helo=<{self.host(addr)}>")]


class Exim(Postfix):
    """Exim, by syslog, and Dovecot."""

    def exim(self, text, telling=True, after=0):
        return after, telling, f"exim[{self.pid()}]: {text}"

    def peer(self, addr):
        return f"H=({self.host(addr)}) [{addr}]:{self.rng.randrange(1024, 65000)}"

    def message_id(self):
        start = self.token(4).replace("+", "x").replace("/", "y")
        return f"1v{start}-{self.rng.getrandbits(40):011X}-{self.rng.getrandbits(12):04X}"

    def login(self, addr, account):
        user = self.mailbox(account)
        if self.rng.random() < .3:
            return [self.exim(f"{self.message_id()} <= {user} {self.peer(addr)} P=esmtpsa {CIPHER} "
                              f"A=plain_login:{user} S=1500")]
        return [self.logged_in(addr, account)]

    def failed(self, addr, account, password, known):
        user = self.mailbox(account)
        if self.rng.random() < .5:
            return [self.left(addr, user)]
        return [self.exim(f"plain_login authenticator failed for {self.peer(addr)[2:]}: 535 Incorrect authentication "
                          f"data (set_id={user})")]

    def mail(self, addr, to, sender):
        queue_id = self.message_id()
        return [self.exim(f"{queue_id} <= {sender or '<>'} {self.peer(addr)} P=esmtps {CIPHER} S=4711"),
                self.exim(f"{queue_id} => {to} <{self.mailbox(to)}> R=dovecot_router T=dovecot_lmtp "
                          f"C=\"250 2.0.0 <{to}> {self.token(12)} Saved\"", False, 1),
                self.exim(f"{queue_id} Completed", False, 1)]

    def refused(self, addr, to, sender):
        return [self.exim(f"{self.peer(addr)} F=<{sender}> rejected RCPT <{self.mailbox(to)}>: Unrouteable address")]
