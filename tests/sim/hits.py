"""hits - log lines to hits, the short way: what the judge is told of a Postfix, Dovecot or Exim log

A hit is (time, kind, address, name, extra); the time in seconds since the epoch, UTC:
    login      address  account
    failed     address  account    (known, password): True, False or None; what tells passwords apart, or None
    recipient  address  name       True where the sender is <>: refused, nobody has it
    accepted   address  queue id
    delivered  -        name       queue id or None: stored on this server, so the name exists
    error      address  -          anything else that counts
It knows the lines that our own worlds write and little more; the daemon's patterns are the real thing."""
import calendar
import datetime
import re
import time

FAILED = re.compile(r"\(auth failed, (\d+) attempts.*user=<([^>]*)>.* rip=([0-9a-f.:]+),(?:.*session=<([^>]+)>)?")
LOGIN = re.compile(r"-login: Log(?:in|ged in): user=<([^>]*)>.* rip=([0-9a-f.:]+),")
AUTH = re.compile(r"auth(?:-worker\(\d+\))?: [a-z-]+\(([^,]*),([0-9a-f.:]+)(?:,<([^>]+)>)?\): "
                  r"(unknown user|[Pp]assword mismatch)(?: \(SHA1 of given password: ([0-9a-f]+)\))?")
SASL = re.compile(r"warning: \S+?\[([0-9a-f.:]+)\]: SASL \S+ authentication failed:.*?(?:sasl_username=(\S+))?$")
CLIENT = re.compile(r"([0-9A-Za-z]{6,}): client=\S+?\[([0-9a-f.:]+)\](?:, sasl_method=\S+, sasl_username=(\S+))?")
RCPT = re.compile(r"reject: RCPT from \S+?\[([0-9a-f.:]+)\]: (\S+) \S+ <([^>]*)>: "
                  r"(Recipient address rejected: User unknown)?.*?from=<([^>]*)>")
SENT = re.compile(r"([0-9A-Za-z]{6,}): to=<([^>]+)>,(?: orig_to=<([^>]+)>,)? .*status=sent")
SAVED = re.compile(r"lmtp\(([^)]+)\).*: (?:msgid=.*: )?saved mail to ")
EXIM_FAILED = re.compile(r"authenticator failed for .*?\[([0-9a-f.:]+)\].*: 535 .*\(set_id=([^)]*)\)")
EXIM_RCPT = re.compile(r"H=.*?\[([0-9a-f.:]+)\].* F=<([^>]*)> rejected RCPT <([^>]*)>: (?:Unrouteable|Unknown user)")
EXIM_IN = re.compile(r"(\S{16,23}) <= (\S+) H=.*?\[([0-9a-f.:]+)\].* P=(\S+)(?:.* A=[a-z_]+:(\S+))?")
EXIM_OUT = re.compile(r"(\S{16,23}) => (\S+) <([^>]+)> R=(\S+)")

HERE = ("postfix/local", "postfix/virtual", "postfix/lmtp", "postfix/pipe", "postfix/relay/smtp")


def of(lines, year=None):
    """The hits of an open log, in its order; year: of a log whose stamps have none."""
    stamp, base, told, size = None, 0, {}, 15 if year else 25
    for line in lines:
        if line[:size] != stamp:
            stamp = line[:size]
            base = (calendar.timegm(time.strptime(f"{year} {stamp}", "%Y %b %d %H:%M:%S")) if year else
                    int(datetime.datetime.fromisoformat(stamp).timestamp()))
        message = line[size + 1:].split(" ", 1)[1]
        for hit in one(message, told):
            yield (base, *hit)


def one(m, told):
    if m.startswith("dovecot: "):
        if found := LOGIN.search(m):
            return [("login", found[2], found[1], None)]
        if found := AUTH.search(m):
            if found[3]:
                told[found[3]] = told.get(found[3], 0) + 1
            return [("failed", found[2], found[1], (found[4] != "unknown user", found[5]))]
        if found := FAILED.search(m):
            if told.pop(found[4], 0):
                return []
            return [("failed", found[3], found[2], (None, None))] * int(found[1])
        if found := SAVED.search(m):
            return [("delivered", None, found[1], None)]
        return []
    if m.startswith("postfix/"):
        if found := CLIENT.search(m):
            if found[3]:
                return [("login", found[2], found[3], None)]
            return [("accepted", found[2], found[1], None)]
        if m.startswith(HERE) and (found := SENT.search(m)):
            return [("delivered", None, name, found[1]) for name in (found[2], found[3]) if name]
        if found := SASL.search(m):
            return [("failed", found[1], found[2] or "", (None, None))]
        if found := RCPT.search(m):
            if found[4]:
                return [("recipient", found[1], found[3], not found[5])]
            return [("error", found[1], "", None)] if found[2][0] == "5" or found[2] == "454" else []
        return []
    if m.startswith("exim["):
        if found := EXIM_FAILED.search(m):
            return [("failed", found[1], found[2], (None, None))]
        if found := EXIM_RCPT.search(m):
            return [("recipient", found[1], found[3], not found[2])]
        if found := EXIM_IN.search(m):
            if found[5]:
                return [("login", found[3], found[5], None)]
            return [("accepted", found[3], found[1], None)]
        if (found := EXIM_OUT.search(m)) and not found[4].startswith("dnslookup"):
            return [("delivered", None, found[3], found[1])]
    return []
