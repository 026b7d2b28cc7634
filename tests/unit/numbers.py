#!/usr/bin/env python3
"""numbers - what docs/how-it-decides.md and docs/ladder.svg say in numbers is what the program does

A number with a key behind it, as in "6 (`hard_error_limit`)", is the default in etc/mailward.conf, which manual.py
compares with the program; a number without one is in CONSTANTS, with the name that it has in the sources. The steps of
the ladder are computed from the keys, and "mailward scan" of a stranger who does not stop says the same; what an error
weighs says "mailward explain" of a daemon.
# once: it reads sources
"""
import datetime
import json
import os
import re
import shutil
import sys
import tempfile
import xml.dom.minidom

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
import program
import tap
from daemon import Daemon


def text_of(path):
    with open(os.path.join(program.ROOT, path), encoding="utf-8") as file:
        return file.read()


def seconds(word):
    """"7d", "10 s": in seconds; a plain number stays one."""
    found = re.fullmatch(r"(\d+) ?([smhd]?)", word)
    return int(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[found[2]]


defaults, section = {}, ""
for line in text_of("etc/mailward.conf").splitlines():
    if found := re.match(r"\[([a-z]+)\]", line):
        section = found[1]
    elif (found := re.match(r"([a-z0-9_]+) *= *(\d+[smhd]?)$", line)) and section in ("policy", "names"):
        defaults[found[1]] = seconds(found[2])
tap.ok(len(defaults) > 25, f"{len(defaults)} numbers in [policy] and [names]")

# ---- how-it-decides.md

WORDS = {"three": "3", "eight": "8", "two": "2"}
page = text_of("docs/how-it-decides.md")
said = [(WORDS.get(value, value), key) for value, key in
        re.findall(r"\b(\d+[smhd]?|three|eight)(?: ?networks)?[ \n]\(`([a-z0-9_]+)`\)", page)]
wrong = [f"{value} ({key})" for value, key in said if key != "ban_factor" and defaults.get(key) != seconds(value)]
tap.ok(len(said) > 20 and not wrong, f"{len(said)} numbers with a key are its default", *wrong)
policy = text_of("etc/mailward.conf").split("[policy]")[1].split("[names]")[0]
judged = {key for key in re.findall(r"^([a-z0-9_]+) *= *\d", policy, re.M) if key != "max_bans_per_minute"}
tap.same({key for key in judged if f"`{key}`" in page}, judged, "each number of [policy] is on the page")

# in words of the page -> where it stands in the sources
CONSTANTS = [
    (r"within the window, (\d+) times running", "daemon/judge/weighed.c", r"#define RUN_MAX (\d+)"),
    (r"the first (\d+) times", "daemon/judge/weighed.c", r"#define MILD_BANS (\d+)"),
    (r"if (\d+) mails from it", "daemon/judge/weighed.c", r"#define NETWORK_MAILS (\d+)"),
    (r"for every (\d+) mails", "daemon/judge/correspondents.h", r"#define MAILS_PER_ERROR (\d+)"),
    (r"\| (\d+)d without a login", "daemon/judge/customers.h", r"#define CUSTOMER_LIFE_H \((\d+) \* 24\)"),
    (r"was delivered \| (\d+)d", "daemon/judge/correspondents.h", r"#define MAIL_LIFE_H \((\d+) \* 24\)"),
    (r"region: IPv4 /(\d+)", "daemon/judge/place.c", r"\.region = around\(unit, v4 \? 96 \+ (\d+)"),
    (r"region: IPv4 /16, IPv6 /(\d+)", "daemon/judge/place.c", r"\.region = around\(unit, v4 \? 96 \+ 16 : (\d+)"),
    (r"A network \(an IPv4 /(\d+)", "daemon/judge/place.c", r"hoods\[PLACE_HOODS\] = \{ v4 \? 96 \+ (\d+)"),
    (r"an IPv6 /(\d+) or", "daemon/judge/place.c", r"hoods\[PLACE_HOODS\] = \{ v4 \? 96 \+ 24 : (\d+)"),
    (r"an IPv6 /56 or /(\d+)", "daemon/judge/place.c", r"hoods\[PLACE_HOODS\] = .*, v4 \? 0 : (\d+)"),
    (r"addresses together, at least (three)", "daemon/judge/sums.h", r"#define SUMS_UNITS (\d+)"),
]
for words, path, there in CONSTANTS:
    on_page, in_source = re.search(words, page), re.search(there, text_of(path))
    tap.same(on_page and WORDS.get(on_page[1], on_page[1]), in_source and in_source[1], f"{words}, of {path}")

# ---- the ladder, by the keys and by the program

LADDER = r"^\| (?:\d[^|]*|again[^|]*) \| ([^|]*) \|$"
rows = re.findall(LADDER, page.split("## 2.")[1].split("## 3.")[0], re.M)
by_page = [seconds(word) for row in rows for word in re.findall(r"\b\d+[smhd]", row)]
start = datetime.datetime(2025, 3, 1)


def line(at, who, text):
    return f"{(start + datetime.timedelta(seconds=at)).isoformat()}+00:00 mx {who}: {text}\n"


def relay(at, address, name="bob@example.net", sender="x@example.org"):
    return line(at, "postfix/smtpd[7]", f"NOQUEUE: reject: RCPT from unknown[{address}]: 554 5.7.1 <{name}>: Relay "
                f"access denied; from=<{sender}> to=<{name}> proto=ESMTP helo=<x>")


def of_scan(log):
    """The delays and bans of a log, in order."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as conf:
        conf.write(f"[mailward]\npatterns = {program.ROOT}/patterns\n[policy]\njudge = window\n")
        conf.flush()
        events = program.scan("-c", conf.name, "-", stdin=log.encode())[1]
        return [event["seconds"] for event in events if event["event"] in ("delay", "ban")]


log, at = "", 0
for length in (3600, 4 * 3600, 16 * 3600, 64 * 3600):
    log += "".join(relay(at + 50 * n, "203.0.113.9", f"n{at + n}@example.net") for n in range(6))
    at += 300 + length
one = [defaults["delay"] * 2 ** n for n in range(3)]
bans = [defaults["ban_time"] * defaults["ban_factor"] ** n for n in range(4)]
tap.same(of_scan(log), [length for ban in bans for length in [*one, ban]], "scan climbs the ladder that the keys say")
tap.same(by_page, [*one, *bans, defaults["ban_time_max"]], "the page shows it")
picture = xml.dom.minidom.parseString(text_of("docs/ladder.svg"))
drawn = [(node.getAttribute("data-is"), node.firstChild.data) for kind in ("text", "tspan")
         for node in picture.getElementsByTagName(kind) if node.getAttribute("data-is")]
wrong = []
for what, shown in drawn:
    product = 1
    for factor in what.split("*"):
        product *= int(factor) if factor.isdigit() else defaults[factor.removeprefix("policy.")]
    if product != seconds(shown):
        wrong.append(f"{shown}: {what} is {product}")
tap.ok(len(drawn) > 10 and not wrong, f"and so does the picture, in {len(drawn)} numbers", *wrong)

# ---- the table of weights, by a daemon


def sasl(address, name):
    return (f"postfix/smtpd[7]: warning: unknown[{address}]: SASL LOGIN authentication failed: authentication failure, "
            f"sasl_username={name}")


def refused(address, name, sender):
    return (f"postfix/smtpd[7]: NOQUEUE: reject: RCPT from unknown[{address}]: 550 5.1.1 <{name}>: Recipient address "
            f"rejected: User unknown in local recipient table; from=<{sender}> to=<{name}> proto=ESMTP helo=<x>")


def logged_in(address, name):
    return (f"dovecot: imap-login: Login: user=<{name}>, method=PLAIN, rip={address}, lip=192.0.2.1, mpid=1, TLS, "
            "session=<a>")


def hours_ago(hours, line):
    return hours, line


# the row of the page, as it begins -> lines of now or some hours ago, and whom the last one is of
STORIES = {
    "any other": ([sasl("203.0.113.1", "first@example.com")], "203.0.113.1"),
    "the same name again": ([sasl("203.0.113.2", "again@example.com")] * 2, "203.0.113.2"),
    "a bounce": ([refused("203.0.113.3", "gone@example.com", "")], "203.0.113.3"),
    "a recipient that nobody has": ([hours_ago(3, refused(f"198.51.{n}.6", "left@example.com", "news@example.net"))
                                     for n in range(100, 102)] +
                                    [hours_ago(3, refused("203.0.113.6", "left@example.com", "news@example.net")),
                                     refused("203.0.113.6", "left@example.com", "news@example.net")], "203.0.113.6"),
    "a name that nobody has": ([sasl(f"198.51.{n}.4", "oracle@example.com") for n in range(3)], "198.51.2.4"),
    "a name that exists": ([logged_in("192.0.2.7", "alice@example.com")] +
                           [sasl(f"198.51.{n}.5", "alice@example.com") for n in range(100, 108)], "198.51.107.5"),
    "an account known from nearby": ([logged_in("192.0.2.7", "nora@example.com"), sasl("192.0.77.7", "nora@example.com")
                                      ], "192.0.77.7"),
    "an account's own": ([logged_in("192.0.2.9", "carol@example.com"), sasl("192.0.2.9", "carol@example.com")],
                         "192.0.2.9"),
}
weights = dict(re.findall(r"^\| ([^|]*?) \| ([\d.]+)[^|]* \|$", page.split("## 4.")[1].split("## 5.")[0], re.M))
work = tempfile.mkdtemp(prefix="mailward-test.")
daemon = Daemon(work)
try:
    daemon.start()
    stamp = datetime.datetime.now().astimezone()
    with open(daemon.log, "a", encoding="utf-8") as file:
        for lines, _ in STORIES.values():
            for line in lines:
                hours, text = line if isinstance(line, tuple) else (0, line)
                daemon.lines += 1
                file.write(f"{(stamp - datetime.timedelta(hours=hours)).isoformat(timespec='seconds')} mx {text}\n")
    tap.wait_until(lambda: daemon.sources()[0]["lines"] >= daemon.lines)
    for row, (_, address) in STORIES.items():
        cell = [value for head, value in weights.items() if head.startswith(row)]
        evidence = json.loads(daemon.ask("explain", "--json", address).stdout.splitlines()[0])["evidence"]
        got = evidence[-1]["weight"] if evidence else 0
        tap.ok(len(cell) == 1 and float(cell[0]) == got, f"{row}: weighs {got:g}", f"on the page: {cell}")
    daemon.stop()
finally:
    if daemon.process and daemon.process.poll() is None:
        daemon.process.kill()
    shutil.rmtree(work, ignore_errors=True)
tap.done()
