#!/usr/bin/env python3
"""21-from-fail2ban - each command line of docs/from-fail2ban.md works as it stands there, one after the other

In namespaces of its own: /etc, /run, /var/lib and /var/log are the test's, with a fail2ban configuration and its bans
in them. What systemd does for the lines (restart, reload), a script of the test's does; fail2ban is not there: with both,
the lines are run by 33-docs.py, which the sanitizers do not see.
"""
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
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import tap
from program import MAILWARD, ROOT

SCRIPT = os.path.abspath(__file__)
if os.environ.get("OWN_NETWORK") != SCRIPT:
    if os.geteuid() != 0 or subprocess.call(["unshare", "--net", "--mount", "true"], stderr=subprocess.DEVNULL) != 0:
        tap.skip_all("needs root, network and mount namespaces")
    os.environ["OWN_NETWORK"] = SCRIPT
    os.execvp("unshare", ["unshare", "--net", "--mount", sys.executable, SCRIPT])
if not shutil.which("nft", path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
    tap.skip_all("needs nft")

SYSTEMCTL = """#!/bin/sh
case $* in
'restart mailward')
	[ ! -e /run/pid ] || { kill "$(cat /run/pid)"; while kill -0 "$(cat /run/pid)" 2>/dev/null; do sleep 0.1; done; }
	setsid mailward run </dev/null >/run/out 2>&1 & echo $! >/run/pid
	until mailward status >/dev/null 2>&1; do kill -0 "$(cat /run/pid)" || exit 1; sleep 0.1; done ;;
'reload mailward') mailward reload ;;
'enable --now mailward-notify') ;;
'reload fail2ban') grep -q 'enabled = false' /etc/fail2ban/jail.d/zz-mailward.local ;;
*) exit 1 ;;
esac
"""


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def copy_plain(source, to, **_):
    """Plain files; what else there may be is left out."""
    if os.path.isfile(source):
        shutil.copy2(source, to, follow_symlinks=False)


def shell(line):
    return subprocess.run(["sh", "-ec", line], cwd=home, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL)


work = tempfile.mkdtemp(prefix="mailward-test.")
os.chmod(work, 0o755)
subprocess.check_call(["mount", "-t", "tmpfs", "-o", "mode=755", "none", work])
shutil.copytree("/etc", os.path.join(work, "etc"), symlinks=True,
                ignore=shutil.ignore_patterns("mailward", "fail2ban", "*shadow*", "ssl"),
                copy_function=copy_plain)
subprocess.check_call(["mount", "--bind", os.path.join(work, "etc"), "/etc"])
subprocess.check_call(["ip", "link", "set", "lo", "up"])
for folder in ("/run", "/var/lib", "/var/log"):
    subprocess.check_call(["mount", "-t", "tmpfs", "-o", "mode=755", "none", folder])
home = os.path.join(work, "home")
os.makedirs(home)
for folder in ("/run/mailward", "/var/lib/mailward"):
    os.makedirs(folder)
    shutil.chown(folder, "nobody")
write(os.path.join(work, "bin", "sudo"), '#!/bin/sh\nexec "$@"\n', 0o755)
write(os.path.join(work, "bin", "systemctl"), SYSTEMCTL, 0o755)
os.symlink(MAILWARD, os.path.join(work, "bin", "mailward"))
os.environ["PATH"] = f"{work}/bin:{os.environ['PATH']}:/usr/sbin:/sbin"
os.makedirs("/etc/mailward/patterns")
shutil.copy(os.path.join(ROOT, "etc", "mailward.conf"), "/etc/mailward/mailward.conf")
for name in ("base", "debian"):
    shutil.copytree(os.path.join(ROOT, "tests", "fail2ban", name), "/etc/fail2ban", dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns("expected"))
write("/etc/fail2ban/filter.d/webmail.conf",
      "[Definition]\n_daemon = webmail\nfailregex = ^no such user .* from <HOST>$\n")
write("/var/log/mail.log", "".join(
    f"{time.strftime('%Y-%m-%dT%H:%M:%S+00:00', time.gmtime())} mx postfix/smtpd[9]: NOQUEUE: reject: RCPT from "
    f"unknown[203.0.113.9]: 550 5.1.1 <a{n}@example.com>: Recipient address rejected: User unknown in local recipient "
    f"table; from=<> to=<a{n}@example.com> proto=ESMTP helo=<x>\n" for n in range(8)))
os.makedirs("/var/lib/fail2ban")
base = sqlite3.connect("/var/lib/fail2ban/fail2ban.sqlite3")
base.execute("CREATE TABLE bips(ip TEXT, jail TEXT, timeofban INTEGER, bantime INTEGER, bancount INTEGER, data JSON)")
base.execute("INSERT INTO bips VALUES('198.51.100.20', 'postfix-sasl', ?, 86400, 1, NULL)", (int(time.time()),))
base.commit()
base.close()

lines, inside = [], False
for line in open(os.path.join(ROOT, "docs", "from-fail2ban.md"), encoding="utf-8"):
    if line.startswith("```"):
        inside = line.strip() == "```sh"
    elif inside:
        lines.append(line.rstrip("\n"))
tap.ok(len(lines) > 20, "the document has command lines", str(lines))
try:
    for line in lines:
        if line == "sudo mailward enforce":         # systemd would restart the service
            done = shell(line)
            tap.ok(done.returncode == 1 and "still in its dry run: restart it" in done.stderr, line, done.stdout,
                   done.stderr)
            tap.ok(shell("systemctl restart mailward && mailward enforce").returncode == 0,
                   "and after a restart it enforces")
            continue
        done = shell(line)
        tap.ok(done.returncode == 0 and not re.search(r"warning|error:", done.stderr), line,
               f"status {done.returncode}", done.stdout, done.stderr)
        if "scan -c" in line:
            tap.ok("203.0.113.9" in done.stdout, "tells whom it would have dropped", done.stdout)
        if "import bans" in line:
            tap.ok(shell("nft list table inet mailward").stdout.count("198.51.100.20") == 1,
                   "the ban is in the kernel", done.stdout)
        if "match --explain" in line:
            tap.ok("postfix/user-unknown" in done.stdout, "names the rule", done.stdout)
    # ---- beside the postmaster's own patterns
    local = "/etc/mailward/patterns/local.pat"
    one = "mailward import filter /etc/fail2ban/filter.d/webmail.conf"
    write(local, "service local\nprogram local\nrule gone\nabout gone\nmatch gone from <addr><end>\n")
    done = shell(one)
    tap.ok(done.returncode == 0 and "    hit " in done.stdout, "a local rule that has no hit yet is not in the way",
           done.stdout, done.stderr)
    write(local, "service local\nprogram local\nrule gone\nabout gone\nmatch .* from <addr> gone\n")
    done = shell(one)
    told = "mailward check" in done.stderr and local in done.stderr and "Traceback" not in done.stderr
    tap.ok(done.returncode == 1 and not done.stdout and told,
           "one that is wrong is told, before anything is imported", done.stdout, done.stderr)
finally:
    if os.path.exists("/run/pid"):
        shell('kill "$(cat /run/pid)"; while kill -0 "$(cat /run/pid)" 2>/dev/null; do sleep 0.1; done')
    os.chdir("/")
    for folder in ("/var/log", "/var/lib", "/run", "/etc", work):
        subprocess.call(["umount", "--lazy", folder])
    os.rmdir(work)
tap.done()
