#!/usr/bin/env python3
"""20-fail2ban - a fail2ban configuration becomes a mailward.conf that the check passes, and its bans become mailward's

usage: tests/e2e/20-fail2ban.py [--accept]

--accept writes the expected of tests/fail2ban: read it before you commit it.

fail2ban itself is needed for some of it, and never started: what is in $FAIL2BAN, its package unpacked, or installed.
"""
import difflib
import glob
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "..", "share", "import")]
import tap
from program import MAILWARD, ROOT, run

CONFIGS = os.path.join(ROOT, "tests", "fail2ban")
IMPORTER = os.path.join(ROOT, "share", "import")
FAIL2BAN = os.environ.get("FAIL2BAN", "/")
PACKAGE = os.path.join(FAIL2BAN, "usr/lib/python3/dist-packages")
# of the expressions of its filters, how many become rules, and how many of these have a hit
COMES_THROUGH = {"1.0.2": (82, 78), "1.1.0": (84, 81)}
work = tempfile.mkdtemp(prefix="mailward-test.")
os.chmod(work, 0o755)


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
    return path


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def laid(name):
    """A configuration over what all have below."""
    folder = os.path.join(work, "etc", name)
    shutil.rmtree(folder, ignore_errors=True)
    for source in ("base", name):
        shutil.copytree(os.path.join(CONFIGS, source), folder, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns("expected"))
    return folder


def passes(text):
    """What the check says of a config, and how it ends."""
    done = run("check", "-c", write(os.path.join(work, "checked.conf"), text))
    return done.returncode, done.stderr.decode()


def by_fail2bans_reader(folder):
    """The same with fail2ban's own reader; as mailward import starts it, but that it sees the package."""
    return subprocess.run(["/usr/bin/python3", "-B", IMPORTER, MAILWARD, "fail2ban", "--", folder],
                          capture_output=True, check=False,
                          env={**os.environ, "PYTHONPATH": PACKAGE})


def same_text(got, wanted, text):
    """Two texts are the same, else their difference is shown."""
    tap.ok(got == wanted, text, *difflib.unified_diff(wanted.splitlines(), got.splitlines(), "wanted", "got",
                                                      lineterm="", n=1))


def skip(text, why):
    tap.ok(True, f"{text} # SKIP {why}")


here = os.path.isfile(os.path.join(PACKAGE, "fail2ban", "version.py"))
no_fail2ban = f"no fail2ban in {FAIL2BAN}: FAIL2BAN=FOLDER names its package unpacked"

# ---- configurations as they are met
for name in sorted(entry.name for entry in os.scandir(CONFIGS) if entry.is_dir() and entry.name != "base"):
    folder = laid(name)
    done = run("import", "fail2ban", folder)
    text = done.stdout.decode()
    expected = os.path.join(CONFIGS, name, "expected")
    if "--accept" in sys.argv:
        write(expected, text.replace(folder, "/etc/fail2ban"))
    tap.ok(done.returncode == 0 and not done.stderr, f"{name} is imported", done.stderr.decode(),
           f"status {done.returncode}")
    same_text(text.replace(folder, "/etc/fail2ban"), read(expected), f"{name} becomes what is expected")
    tap.same(passes(text), (0, ""), f"{name} passes the check")
    if here:
        same_text(by_fail2bans_reader(folder).stdout.decode(), text, f"{name} is the same by fail2ban's own reader")
    else:
        skip(f"{name} is the same by fail2ban's own reader", no_fail2ban)

# ---- the package's own
if here:
    version = re.search(r'version = "([0-9.]+)', read(os.path.join(PACKAGE, "fail2ban", "version.py")))[1]
    folder = os.path.join(work, "etc", "package")
    shutil.copytree(os.path.join(FAIL2BAN, "etc/fail2ban"), folder)
    sections = re.findall(r"^\[([\w-]+)\]", read(os.path.join(folder, "jail.conf")), re.MULTILINE)
    on = [f"[{jail}]\nenabled = true\n" for jail in sections if jail not in ("INCLUDES", "DEFAULT")]
    write(os.path.join(folder, "jail.local"), "".join(on))
    done = run("import", "fail2ban", folder)
    tap.ok(done.returncode == 0 and not done.stderr, "every jail of the package, turned on", done.stderr.decode())
    tap.same(passes(done.stdout.decode()), (0, ""), "passes the check")
    same_text(by_fail2bans_reader(folder).stdout.decode(), done.stdout.decode(),
              "and is the same by fail2ban's own reader")
    rules = hits = 0
    for path in sorted(glob.glob(os.path.join(folder, "filter.d", "*.conf"))):
        text = run("import", "filter", path).stdout.decode()
        rules += len(re.findall(r"^rule ", text, re.MULTILINE))
        hits += len(re.findall(r"^    hit ", text, re.MULTILINE))
        theirs = subprocess.run(["/usr/bin/python3", "-B", IMPORTER, MAILWARD, "filter", "--", path],
                                capture_output=True, check=False,
                                env={**os.environ, "PYTHONPATH": PACKAGE}).stdout.decode()
        if text != theirs:
            same_text(theirs, text, f"{os.path.basename(path)} is the same by fail2ban's own reader")
    if version in COMES_THROUGH:
        tap.same((rules, hits), COMES_THROUGH[version],
                 f"of fail2ban {version}'s expressions so many come through, and so many with a hit")
    else:
        tap.ok(rules >= 80, f"of fail2ban {version}'s expressions at least 80 come through",
               f"{rules}, {hits} with a hit")
else:
    for text in ("every jail of the package, turned on", "passes the check",
                 "and is the same by fail2ban's own reader", "expressions that come through"):
        skip(text, no_fail2ban)

# ---- what fail2ban's values mean
import bans
import jails
import regex
import settings

for text, wanted in (("600", 600), ("10m", 600), ("1h 30m", 5400), ("1h30m", 5400), ("1week", 604800),
                     ("2 days", 172800), ("24*3600", 86400), ("1d-1h", 82800),
                     ("-1", -1), ("1mo", 2629800), ("1y", 31557600), ("1.5h", 5400), ("", None), ("soon", None),
                     ("10x", None),
                     ("__import__('os').system('id')", None), ("9" * 40, None), ("1h; 2h", None)):
    tap.same(jails.seconds(text), wanted, f"bantime = {text[:30]}")
for text, wanted in (("smtp,465,submission", ([25, 465, 587], False, [])), ("0:65535", ([], True, [])),
                     ("imap2 993", ([143, 993], False, [])),
                     ("5000:5002", ([5000, 5001, 5002], False, [])),
                     ("smtp,nosuch,70000", ([25], False, ["nosuch", "70000"])), ("", ([], False, []))):
    tap.same(jails.ports_of(text), wanted, f"port = {text}")
tap.same(jails.options_of('postfix[mode="rbl", x=1]'), ("postfix", {"mode": "rbl", "x": "1"}), "a filter with options")
for text, wanted in ((r"postfix(-\w+)?/smtp[ds]?", "postfix-*/smtp* postfix-*/smtp postfix/smtp* postfix/smtp"),
                     ("(?:a|b)c", "ac bc"), ("x{2}", None), ("(?=a)", None), ("(a", None)):
    tap.same(regex.globs(text), wanted, f"_daemon = {text}")

rules = set()
for path in glob.glob(os.path.join(ROOT, "patterns", "*.pat")):
    text = read(path)
    service = re.search("^service (.+)", text, re.MULTILINE)[1]
    rules |= {f"{service}/{rule}" for rule in re.findall("^rule (.+)", text, re.MULTILINE)}
tap.same({rule for some in settings.RULES.values() for rule in some} - rules, set(),
         "what it weighs are rules that there are")
tap.same(set(jails.SERVICES.values()) - {rule.split("/")[0] for rule in rules}, set(), "and services")
tap.same(list(regex.samples("(?:x{4000000000}){4000000000}<addr>")), [], "no sample is made without end")

# ---- one log by two names
twice = laid("debian")
write(os.path.join(work, "real.log"), "")
os.symlink("real.log", os.path.join(work, "other.log"))
write(os.path.join(twice, "jail.d", "logs.local"),
      f"[postfix]\nlogpath = {work}/real.log\n[dovecot]\nlogpath = {work}/other.log\n  {work}/re?l.log\n")
done = run("import", "fail2ban", twice)
tap.same(passes(done.stdout.decode()), (0, ""), "one log by three names passes the check")
tap.same(re.findall("^file +=.*log$", done.stdout.decode(), re.MULTILINE),
         [f"file             = {work}/real.log", "file             = /var/log/mail.log",
          "file             = /var/log/roundcube/errors.log"], "and is one source")

# ---- a file beside the journal
both = laid("debian")
maillog = os.path.join(work, "both", "mail.log")
write(os.path.join(both, "jail.d", "backend.local"),
      f"[DEFAULT]\nlogpath =\n[postfix]\nlogpath = {maillog}\n[postfix-rbl]\nlogpath = {maillog}\n[postfix-sasl]\nlogpath = {maillog}\n"
      "[roundcube-auth]\nenabled = false\n[dovecot]\nbackend = systemd\nlogpath =\n")
POSTFIX = "2026-11-22T10:00:05+00:00 mx postfix/smtpd[71]: connect from unknown[192.0.2.1]\n"
DOVECOT = "2026-11-22T10:00:05+00:00 mx dovecot: imap-login: Login: user=<alice>, rip=192.0.2.1\n"
FILE, JOURNAL = f"file             = {maillog}", "journal          = yes"
for what, lines, wanted, reason in (
        ("is not there: the journal alone", None, [JOURNAL], "nobody writes that here"),
        ("is empty: the journal alone", "", [JOURNAL], "nobody writes that here"),
        ("has the lines of both: the file alone", POSTFIX + DOVECOT, [FILE], "each line would count twice. Of the two the file is taken"),
        ("has one's, the journal the other's: both, and of the journal that other's alone", POSTFIX,
         [FILE, JOURNAL, "unit             = dovecot.service"], "what each has, the other has not")):
    if lines is not None:
        write(maillog, lines)
    text = run("import", "fail2ban", both).stdout.decode()
    tap.same(re.findall("^(?:file|journal|unit) +=.*$", text, re.MULTILINE), wanted, f"a file beside the journal: the file {what}")
    tap.ok(reason in " ".join(re.findall(r"^; *(.*)$", text, re.MULTILINE)), "and why is said", text)
    tap.same(passes(text), (0, ""), "and it passes the check")

# ---- limits that differ
several = laid("debian")
write(os.path.join(several, "filter.d", "shop.conf"), "[Definition]\n_daemon = shop\nfailregex = ^gone from <HOST>$\n")
write(os.path.join(several, "jail.d", "limits.local"),
      "[dovecot]\nmaxretry = 12\nfindtime = 1h\nbantime = -1\nbantime.increment = false\n"
      "[postfix-sasl]\nmaxretry = 2\n[postfix-rbl]\nbantime = 2h\n[roundcube-auth]\nbanaction = iptables-allports\n"
      "[shop]\nenabled = true\nport = smtp\nfilter = shop\nlogpath = /var/log/shop.log\nmaxretry = 9\n")
text = run("import", "fail2ban", several).stdout.decode()
settled = {name: dict(re.findall(r"^([a-z_/-]+) += (.+)$", body, re.MULTILINE))
           for name, body in re.findall(r"^\[([^\]\n]+)\]\n(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL)}
tap.same(passes(text), (0, ""), "jails with limits of their own pass the check")
tap.same(settled["service dovecot"], {"ports": "110,143,465,587,993,995,4190", "window": "1h", "hard_error_limit": "12",
                                      "ban_time": "365d", "ban_factor": "1"}, "they are their service's section")
tap.same({name: settled["policy"][name] for name in ("window", "hard_error_limit", "ban_time", "ban_factor", "ban_time_max")},
         {"window": "10m", "hard_error_limit": "5", "ban_time": "10m", "ban_factor": "2", "ban_time_max": "365d"},
         "what they have in common stays for all")
tap.same(settled["service postfix"], {"ports": "25,110,143,465,587,993,995"}, "several jails of one service are one section")
tap.same(settled["rules"]["postfix/sasl-failed"], "3", "fewer tries in one of them are a weight")
comments = " ".join(re.findall(r"^; *(.*)$", text, re.MULTILINE))
for wanted in ("another in [postfix-rbl]: jail.d/limits.local:9: [postfix-rbl] bantime = 2h",
               "[roundcube-auth] bans from all ports, and others do not", "[service shop] ports = 25 hard_error_limit = 9"):
    tap.ok(wanted in comments, f"what is not carried over is said: {wanted}", text)

# ---- what nobody meant
hostile = laid("debian")
write(os.path.join(hostile, "jail.d", "evil.local"),
      "[DEFAULT]\nbantime = __import__('os').system('touch %(__name__)s')\nfindtime = 1h\x1b[31m\n"
      "maxretry = 999999999999\nignoreip = 192.0.2.1\x1b 0.0.0.0/0 ;x\n  x;y#z 2001:db8::1%%eth0\n"
      "[postfix]\nport = smtp;drop,99999999,-1\nlogpath = /var/log/a ; b\n"
      "  /tmp/a #b\n  relative.log\n  /tmp/\x07bell\n  /tmp/*\n"
      "[dovecot]\naction = x[port=\"imap\n ports = all\"]\nlogpath = /x\x85[rules]\npostfix = off\n"
      "[evil\x1b]\nenabled = true\nport = smtp\nfilter = ../../../../etc/passwd[mode=\"$(id)\"]\n")
done = run("import", "fail2ban", hostile)
said = done.stdout.decode("utf-8", "surrogateescape")
tap.ok(not re.search("[^\n -~]", said + done.stderr.decode()), "nothing of it reaches the terminal as it is",
       done.stderr.decode())
tap.same(passes(said), (0, ""), "and what comes out passes the check")
tap.ok("ports            = all" not in said and not re.search("^postfix += off", said, re.MULTILINE),
       "and none of it is a line of its own")
write(os.path.join(work, "dots", "jail.conf"),
      "[DEFAULT]\na = %(b)s%(b)s\nb = %(a)s%(a)s\n[postfix]\nenabled = true\nport = %(a)s\nlogpath = %(nothing)s\n")
done = run("import", "fail2ban", os.path.join(work, "dots"))
tap.ok(done.returncode == 1 and b"refers to itself" in done.stderr and b"no value 'nothing'" in done.stderr,
       "references that lead nowhere are told", done.stderr)
write(os.path.join(work, "big", "jail.conf"), "x" * (1 << 21))
tap.ok(b"larger than" in run("import", "fail2ban", os.path.join(work, "big")).stderr, "a file without end is not read")
write(os.path.join(work, "broken", "jail.conf"), "bantime = 1h\n[postfix]\nenabled = true\n")
done = run("import", "fail2ban", os.path.join(work, "broken"))
tap.ok(done.returncode == 1 and done.stderr.startswith(b"jail.conf: line 1 stands before the first [section]"),
       "a broken file is told with its line", done.stderr)
done = run("import", "fail2ban", os.path.join(work, "nowhere"))
tap.ok(done.returncode == 1 and b"no jail.conf or jail.local" in done.stderr and not done.stdout,
       "a folder that is not there", done.stderr)
write(os.path.join(work, "off", "jail.conf"), "[sshd]\nenabled = true\n[postfix]\nenabled = false\n")
done = run("import", "fail2ban", os.path.join(work, "off"))
tap.ok(done.returncode == 1 and b"no jail of a mail service is enabled; those that are: [sshd]" in done.stderr,
       "no jail that is about mail", done.stderr)

# ---- several filters at once
for name in ("one", "two"):
    write(os.path.join(work, f"{name}.conf"),
          f"[Definition]\n_daemon = {name}\nfailregex = ^gone {name} from <HOST>$\n")
two = [os.path.join(work, f"{name}.conf") for name in ("one", "two")]
tap.same(run("import", "filter", *two).returncode, 2, "several filters without --to")
os.makedirs(os.path.join(work, "pat"))
done = run("import", "filter", "--to", os.path.join(work, "pat"), *two)
tap.ok(done.returncode == 0 and sorted(os.listdir(os.path.join(work, "pat"))) == ["one.pat", "two.pat"],
       "several filters with --to", done.stderr)
tap.same(passes(f"[mailward]\npatterns = {work}/pat\n"), (0, ""),
         "pass the check as they are, with hits made from the expressions")
done = run("import", "filter", "--to", os.path.join(work, "pat"), *two)
tap.ok(done.returncode == 1 and b"File exists" in done.stderr, "and nothing is overwritten", done.stderr)

# ---- running bans
now = int(time.time())
HELD = [("203.0.113.7", "postfix", now - 60, 3600), ("203.0.113.7", "dovecot", now - 60, 7200),
        ("203.0.113.8", "dovecot", now - 7200, 3600),
        ("203.0.113.9", "postfix-sasl", now, -1), ("2001:db8::7", "postfix", now, 6000),
        ("198.51.100.0/24", "recidive", now, 86400),
        ("203.0.113.5", "sshd", now, 6000), ("127.0.0.1", "postfix", now, 6000),
        ("mail.example.com; id\x1b", "postfix", now, 6000)]


def database(name, rows, table="bips"):
    path = os.path.join(work, name)
    base = sqlite3.connect(path)
    base.execute(f"CREATE TABLE {table}(ip TEXT, jail TEXT NOT NULL, timeofban INTEGER NOT NULL, "
                 "bantime INTEGER NOT NULL, bancount INTEGER, data JSON)")
    base.executemany(f"INSERT INTO {table} VALUES(?, ?, ?, ?, 1, NULL)", rows)
    base.commit()
    base.close()
    return path


held = database("held.sqlite3", HELD)
before = os.stat(held)
done = run("import", "bans", "--dry-run", held)
tap.same(re.sub(r"--for \d+s", "--for Ns", done.stdout.decode()).splitlines(),
         [f"mailward ban --for Ns --reason 'fail2ban {jail}' {address}" for address, jail in (
             ("127.0.0.1", "postfix"), ("198.51.100.0/24", "recidive"), ("203.0.113.7", "dovecot"),
             ("203.0.113.9", "postfix-sasl"), ("2001:db8::7", "postfix"))],
         "a dry run prints the commands")
conf = write(os.path.join(work, "live", "m.conf"),
             f"[mailward]\npatterns = {ROOT}/patterns\nsocket = {work}/live/control\nstate_dir = {work}/live\n"
             f"[source log]\nfile = {work}/live/mail.log\n[policy]\nban_time_max = 2d\n")
write(os.path.join(work, "live", "mail.log"), "")
done = run("import", "bans", "-c", conf, held)
tap.ok(done.returncode == 3 and b"no daemon answers" in done.stderr, "without a daemon", done.stderr)
if os.geteuid() == 0:
    subprocess.check_call(["chown", "-R", "nobody", os.path.join(work, "live")])
daemon = subprocess.Popen([MAILWARD, "run", "--dry-run", "-c", conf], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
try:
    tap.ok(tap.wait_until(lambda: run("status", "-c", conf).returncode == 0), "a daemon")
    done = run("import", "bans", "-c", conf, held)
    tap.same((done.returncode, done.stdout.decode().splitlines()),
             (1, ["4 bans taken over, 2 not; 1 has run out",
                  "1 ban is longer than ban_time_max, which is what they get",
                  "left to fail2ban, as jails that are not about mail: sshd (1); --jail NAME,... takes them"]),
             "takes the bans over")
    tap.ok(b"127.0.0.1" in done.stderr and b"is no address" in done.stderr and b"\x1b" not in done.stderr,
           "and says what it does not", done.stderr)
    listed = run("list", "--json", "-c", conf).stdout.decode()
    got = {address: int(rest) for address, rest in re.findall(r'"address":"([^"]+)","seconds":(\d+)', listed)}
    tap.same(set(got), {"203.0.113.7", "203.0.113.9", "198.51.100.0/24", "2001:db8::7"}, "they are listed")
    rest = {"203.0.113.7": 7140, "203.0.113.9": 172800, "198.51.100.0/24": 86400, "2001:db8::7": 6000}
    tap.ok(all(rest[address] - 300 <= seconds <= rest[address] for address, seconds in got.items()),
           "for the rest of their time, of two jails' the longer",
           str(got))
    done = run("import", "bans", "-c", conf, "--jail", "sshd", held)
    tap.ok(done.stdout.startswith(b"1 ban taken over, 0 not;") and b"of other jails: dovecot (1)" in done.stdout,
           "--jail takes those of others", done.stdout, done.stderr)
    old = database("old.sqlite3", [("203.0.113.77", "postfix", now, 6000)], "bans")
    tap.same(run("import", "bans", "-c", conf, old).stdout.decode(), "1 ban taken over, 0 not; 0 have run out\n",
             "a database that has bans alone")
finally:
    daemon.terminate()
    daemon.wait()
same = os.stat(held)
tap.same((same.st_mtime_ns, same.st_size), (before.st_mtime_ns, before.st_size), "the database was only read")
for name, text in (("text.sqlite3", "no database"), ("empty.sqlite3", "")):
    done = run("import", "bans", "-c", conf, write(os.path.join(work, name), text))
    tap.ok(done.returncode == 1 and not done.stdout and done.stderr.count(b"\n") == 1, f"a file that is none: {name}",
           done.stderr)
done = run("import", "bans", "-c", conf, os.path.join(work, "nosuch"))
tap.ok(done.returncode == 1 and b"there is no such file" in done.stderr, "a database that is not there", done.stderr)
tap.ok(not os.path.exists(os.path.join(work, "nosuch")), "and is not made")

# ---- the command line
for words in (("import",), ("import", "x"), ("import", "filter"), ("import", "bans"), ("import", "bans", "a", "b"),
              ("import", "fail2ban", "a", "b"),
              ("import", "fail2ban", "--mode", "x"), ("import", "filter", "--jail", "x", "a"),
              ("import", "bans", "--to", "x", "a")):
    done = run(*words)
    tap.ok(done.returncode == 2 and b"usage: mailward import" in done.stderr and not done.stdout,
           f"usage error: {' '.join(words)}", done.stderr)
if os.geteuid() == 0:
    jail = os.path.join(work, "root")       # where nothing is but the program and its libraries
    linked = subprocess.run(["ldd", MAILWARD], capture_output=True, text=True, check=True).stdout
    for path in [MAILWARD] + re.findall(r"(/\S+) \(0x", linked):
        os.makedirs(jail + os.path.dirname(path), exist_ok=True)
        shutil.copy(path, jail + path)
    os.makedirs(jail + "/proc")
    script = f"mount -t proc none '{jail}/proc' && exec chroot '{jail}' '{MAILWARD}' import fail2ban"
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script], capture_output=True, check=False)
    tap.ok(done.returncode == 1 and done.stderr.startswith(b"mailward import: python3 is missing"),
           "a machine without Python", done.stderr)
else:
    skip("a machine without Python", "needs root")
shutil.rmtree(work)
tap.done()
