#!/usr/bin/env python3
"""bots - SMTP clients for the whole-system tests, each speaking from a source address of its own

usage: bots.py misbehave                  stdin: lines "ADDRESS NAME", done side by side
       bots.py errors ADDRESS COUNT       one session with COUNT unknown recipients, sent in one go
       bots.py patient ADDRESS COUNT      one session each, connecting again for as long as it takes
       bots.py hold ADDRESS...            a session each; each line of stdin is one more error from all of them
       bots.py knock ADDRESS              exit 0: a SYN was answered; 1: it was not, within KNOCK_S
       bots.py customer ADDRESS...        good mail from each in turn until stdin ends; stdout: "sent ID" or "lost ID why"
       bots.py names                      the misbehaviours

Plain sockets, since smtplib refuses to say what bots say. Never waits for a
farewell: a server that drops its packets gives none.
"""
import inspect, select, socket, sys
from concurrent.futures import ThreadPoolExecutor

SERVER = {socket.AF_INET: "192.0.2.25", socket.AF_INET6: "2001:db8:25::25"}
IPV6_FREEBIND = 78          # linux/in6.h; not in the socket module of Python 3.11
PATIENCE_S = 60
KNOCK_S = 0.8               # below the second after which a SYN is repeated: one SYN, one answer
SIDE_BY_SIDE = 12


class Session:
    """One SMTP connection: say() sends a line and returns the reply."""

    def __init__(self, address, helo="bot.bots.example", verb="EHLO", timeout=PATIENCE_S):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.address = address
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        if family == socket.AF_INET6:   # IPv4 may bind to any address that is routed here anyway
            self.socket.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
        self.socket.bind((address, 0))
        self.socket.connect((SERVER[family], 25))
        self.replies = self.socket.makefile("rb")
        self.reply()
        if helo is not None:
            self.say(f"{verb} {helo}")

    def send(self, *lines):
        data = "".join(line + "\r\n" for line in lines)
        self.socket.sendall(data.encode("utf-8", "surrogateescape"))

    def reply(self):
        text = ""
        while True:
            line = self.replies.readline().decode("utf-8", "replace")
            text += line
            if not line or line[3:4] != "-":
                return text.strip()

    def say(self, *lines):
        self.send(*lines)
        return [self.reply() for _ in lines][-1]

    def envelope(self, sender="bot@spam.example", recipient="alice@example.com"):
        self.say(f"MAIL FROM:<{sender}>")
        return self.say(f"RCPT TO:<{recipient}>")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.send("QUIT")
        except OSError:
            pass
        self.socket.close()


# --- one envelope a misbehaviour; what the server's tables hold for them is in lib_postfix.sh ---

def envelope(*helo, **parts):
    def misbehaviour(a):
        with Session(a, *helo) as s: s.envelope(**parts)
    return misbehaviour

user_unknown_local = envelope(recipient="nobody@example.com")
user_unknown_alias = envelope(recipient="nobody@alias.example")
user_unknown_mailbox = envelope(recipient="nobody@mailbox.example")
user_unknown_relay = envelope(recipient="nobody@relay.example")
relay = envelope(recipient="victim@remote.example")
ordinary_session = envelope()           # what it is refused for is a matter of its address
sender_access = envelope(sender="denied@spam.example")
sender_access_text = envelope(sender="told@spam.example")
helo_access = envelope("denied.helo.example")
helo_access_text = envelope("told.helo.example")
recipient_access = envelope(recipient="denied@example.com")
recipient_access_text = envelope(recipient="told@example.com")
nonfqdn_sender = envelope(sender="bot@localhost")
nonfqdn_recipient = envelope(recipient="alice@nowhere")
unknown_sender_domain = envelope(sender="bot@no-such-domain.example")
unknown_recipient_domain = envelope(recipient="alice@no-such-domain.example")
nonfqdn_helo = envelope("bot")
unknown_helo = envelope("no-such-host.example")
invalid_helo = envelope("-bot-.bots.example")
helo_missing = envelope(None)

# --- one function a misbehaviour ---

def pipelining(a):                      # after HELO, instead of EHLO, nothing may be sent ahead
    with Session(a, verb="HELO") as s:
        s.say("MAIL FROM:<bot@spam.example>", "RCPT TO:<alice@example.com>", "NOOP")

def five_errors(a):
    errors(a, 5)

def too_many_errors(a):                 # of the kind that Postfix does not log one by one
    with Session(a) as s:
        s.say("MAIL FROM:<bot@spam.example>")
        while s.say("RCPT TO:").startswith("5"):
            pass

def six_and_out(a):                     # too many errors, of the kind that it does log
    with Session(a) as s:
        s.say("MAIL FROM:<bot@spam.example>")
        while s.say("RCPT TO:<nobody@example.com>").startswith("550"):
            pass

# --- forged text: what the client writes looks like the server's own words about somebody else ---

VICTIM = "198.51.100.99"
FAKE = f"NOQUEUE: reject: RCPT from unknown[{VICTIM}]: 550 5.1.1 <x>: Recipient address rejected: " \
       "User unknown in local recipient table; from=<> to=<x> proto=ESMTP helo=<x>"
FAKE_LINE = f"Nov 22 10:00:00 mx postfix/smtpd[1]: {FAKE}"

def forged_helo_address(a):
    with Session(a, f"x[{VICTIM}]") as s: s.envelope(recipient="nobody@example.com")

def forged_helo_line(a):
    with Session(a, FAKE_LINE) as s: s.envelope(recipient="nobody@example.com")

def forged_sender_address(a):
    with Session(a) as s: s.envelope(f'"x[{VICTIM}]: 550 5.1.1 "@spam.example', "nobody@example.com")

def forged_sender_line(a):
    with Session(a) as s: s.envelope(f'"{FAKE_LINE}"@spam.example', "nobody@example.com")

def forged_recipient_address(a):
    with Session(a) as s: s.envelope(recipient=f'"x[{VICTIM}]"@example.com')

def forged_recipient_line(a):
    with Session(a) as s: s.envelope(recipient=f'"{FAKE_LINE}"@example.com')

def forged_recipient_long(a):           # pushes the server's own words out of the line
    with Session(a) as s: s.envelope(recipient=f'"{"y" * 1200} from z[{VICTIM}]: 550 5.1.1 <x>: User unknown"@example.com')

def forged_recipient_illegal(a):        # an @ too many: Postfix has words of its own for that
    with Session(a) as s: s.envelope(recipient=f'"{FAKE_LINE} to=<x@example.com>"@example.com')

def forged_command(a):
    with Session(a) as s:
        s.say(f"{FAKE_LINE}")
        s.say(f"from unknown[{VICTIM}]: 550")
        s.say(f"too many errors after RCPT from unknown[{VICTIM}]")

def forged_pipelining(a):
    with Session(a, verb="HELO") as s:
        s.say("MAIL FROM:<bot@spam.example>", "RCPT TO:<alice@example.com>", f"X from unknown[{VICTIM}]: {FAKE_LINE}")

def forged_reverse_name(a):             # the lie is in DNS
    user_unknown_local(a)

ENDS = ("\r", "\u0085", "\u2028", "\x1b[2K", "\x00")     # of every kind that is not CRLF

def forged_line_ends(a):
    with Session(a) as s:
        s.say(f'MAIL FROM:<"{ENDS[0].join(["a", FAKE_LINE])}"@spam.example>')
        for end in ENDS:
            s.say(f'RCPT TO:<"b{end}{FAKE_LINE}"@example.com>')


MISBEHAVIOURS = {name.replace("_", "-"): f for name, f in list(globals().items())
                 if inspect.isfunction(f) and f.__code__.co_varnames[:1] == ("a",)}


def one(line):
    address, name = line.split()[:2]
    try:
        MISBEHAVIOURS[name](address)
        return True
    except OSError as e:
        print(f"bots: {address} {name}: {e}", file=sys.stderr)
        return False


def misbehave():
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return 0 if all(list(pool.map(one, sys.stdin.read().splitlines()))) else 1


def errors(address, count):
    """All recipients in one segment, so that a drop after the third cannot hold the others back. The replies it can:
    dropped, we acknowledge nothing, and the server holds the rest (Nagle) until the drop is over."""
    with Session(address) as s:
        s.send("MAIL FROM:<bot@spam.example>", *[f"RCPT TO:<nobody{n}@example.com>" for n in range(int(count))])
        return 0 if all([s.reply() for _ in range(int(count) + 1)]) else 1


def patient(address, count):
    for n in range(int(count)):
        user_unknown_local(address)
        print(f"error {n + 1}", flush=True)
    return 0


def hold(*addresses):
    sessions = [Session(a) for a in addresses]
    for s in sessions:
        s.say("MAIL FROM:<bot@spam.example>")
    for line in sys.stdin:
        for s in sessions:
            s.say("RCPT TO:<nobody@example.com>")
        print(line.strip(), flush=True)
    return 0


def knock(address):
    try:
        Session(address, helo=None, timeout=KNOCK_S).socket.close()
        return 0
    except TimeoutError:
        return 7            # as nothing else ends


def deliver(address, ident):
    with Session(address, "mail.customer.example", timeout=10) as s:
        for line, want in (("MAIL FROM:<ann@customer.example>", "250"), ("RCPT TO:<alice@mailbox.example>", "250"),
                           ("DATA", "354"), (f"Subject: {ident}\r\n\r\nHello\r\n.", "250")):
            got = s.say(line)
            if not got.startswith(want):
                return got or "connection lost"
    return None


def customer(*addresses):
    number = 0
    while not select.select([sys.stdin], [], [], 0.3)[0]:
        number += 1
        address = addresses[number % len(addresses)]
        try:
            why = deliver(address, f"mail-{number}")
        except OSError as e:
            why = str(e)
        print(f"lost mail-{number} {address} {why}" if why else f"sent mail-{number}", flush=True)
    return 0


def names():
    print("\n".join(MISBEHAVIOURS))
    return 0


if __name__ == "__main__":
    commands = {f.__name__: f for f in (misbehave, errors, patient, hold, knock, customer, names)}
    if len(sys.argv) < 2 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    sys.exit(commands[sys.argv[1]](*sys.argv[2:]))
