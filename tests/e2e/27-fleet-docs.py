#!/usr/bin/env python3
"""27-fleet-docs - the ten commands of docs/fleet.md, as they stand there: from nothing to an address that is banned on three hosts

  srv: Debian's redis-server         mx1, mx2, mx3: make install, systemd, the unit with all its fences
  192.0.2.9                          192.0.2.11 to .13        each booted by systemd-nspawn; a bridge in a network of the test's own

Of the first command, apt, nothing is run: the package is in the tree, which is that of 33-docs.py. What a person does between the
commands (lines of an ACL into a file, passwords, the same key on all hosts, each host's own name), the test does.
# once: what is installed and booted is the plain program
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../lib"))
import docs
import docs_tree
import tap
from program import ROOT

SCRIPT = os.path.abspath(__file__)
if os.environ.get("OWN_NETWORK") != SCRIPT:
    if os.geteuid() != 0 or subprocess.call(["unshare", "--net", "--mount", "true"], stderr=subprocess.DEVNULL) != 0:
        tap.skip_all("needs root, network and mount namespaces")
    if not shutil.which("systemd-nspawn"):
        tap.skip_all("needs systemd-nspawn (package systemd-container)")
    if why := docs_tree.make():
        tap.skip_all(why)
    os.environ["OWN_NETWORK"] = SCRIPT
    os.execvp("unshare", ["unshare", "--net", "--mount", "--propagation", "private", sys.executable, SCRIPT])

HOSTS = {"srv": "192.0.2.9", "mx1": "192.0.2.11", "mx2": "192.0.2.12", "mx3": "192.0.2.13"}
MAIL = [name for name in HOSTS if name != "srv"]
INSTALL = """
mount -t overlay "$2" -o "lowerdir=$3,upperdir=$1/$2/up,workdir=$1/$2/work" "$1/$2/root"
make -s install DESTDIR="$1/$2/root" MAKEFLAGS= SANITIZE= >/dev/null
systemd-sysusers --root="$1/$2/root" "$1/$2/root/usr/lib/sysusers.d/mailward.conf" >/dev/null 2>&1
echo "$2" >"$1/$2/root/etc/hostname"
"""
booted = {}


def sh(text, *words):
    subprocess.run(["sh", "-ec", text, "sh", *words], cwd=ROOT, check=True)


def boot(work, name):
    for folder in ("up", "work", "root"):
        os.makedirs(f"{work}/{name}/{folder}")
    sh(INSTALL, work, name, docs_tree.TREE)
    with open(f"{work}/{name}/said", "w", encoding="utf-8") as said:
        booted[name] = subprocess.Popen(
            ["systemd-nspawn", "-q", "-D", f"{work}/{name}/root", f"--hostname={name}", f"--machine={name}-{os.getpid()}", "--boot",
             "--network-bridge=hub", "--register=no", "--keep-unit",
             "--system-call-filter=landlock_create_ruleset landlock_add_rule landlock_restrict_self"],
            stdin=subprocess.DEVNULL, stdout=said, stderr=said)


def on(name, text, given=""):
    """A script, run there as root by bash."""
    with open(f"/proc/{booted[name].pid}/task/{booted[name].pid}/children", encoding="utf-8") as file:
        inside = (file.read().split() or ["0"])[0]
    return subprocess.run(["nsenter", "-t", inside, "-m", "-u", "-i", "-n", "-p", "-C", "--", "env", "-i", "HOME=/root", "LC_ALL=C.UTF-8",
                           "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "bash", "-ec", f"cd /root\n{text}"],
                          input=given, capture_output=True, text=True, check=False)


def done(name, text, what):
    result = on(name, text)
    tap.ok(result.returncode == 0, f"{name}: {what}", f"status {result.returncode}", *result.stdout.splitlines(), *result.stderr.splitlines())
    return result.stdout


def is_up(name):
    return booted[name].poll() is not None or on(name, "systemctl is-system-running").stdout.strip() in ("running", "degraded")


def until(name, text):
    return tap.wait_until(lambda: on(name, text).returncode == 0)


def commands():
    """What each block says, without the numbers of its commands."""
    for block in docs.blocks_of(f"{ROOT}/docs/fleet.md"):
        if block.heading == "From nothing to banned in ten commands" and block.word == "sh":
            yield "\n".join(re.sub(r"^\d+ +", "", line) for line in block.lines if not re.match(r"\d+ +apt ", line))


with tempfile.TemporaryDirectory(prefix="mailward-fleet-docs-") as work:
    try:
        subprocess.check_call(["mount", "-t", "tmpfs", "hosts", work])
        sh("ip link add hub type bridge; ip link set hub up; ip link set lo up")
        for name in HOSTS:
            boot(work, name)
        if not all(tap.wait_until(lambda name=name: is_up(name)) for name in HOSTS) or any(it.poll() is not None for it in booted.values()):
            tap.skip_all("systemd-nspawn does not boot here: " + docs.read(f"{work}/srv/said").strip()[-300:])
        for name, address in HOSTS.items():
            on(name, f"ip addr add {address}/24 dev host0; ip link set host0 up")
        for name in MAIL:       # as Debian's logger has it; mailward is installed and enforces, as the page says
            on(name, "touch /var/log/mail.log; chgrp adm /var/log/mail.log; chmod 640 /var/log/mail.log; systemctl stop rsyslog; "
               "systemctl enable --now mailward")
        parts = list(commands())
        tap.ok(len(parts) == 4, "the page has its blocks of commands", *parts)
        server, first, restart, each = parts
        done("srv", server, "2")
        acl = [line for line in done("mx1", first, "3 to 5").splitlines() if line.startswith("user ")]
        tap.ok(len(acl) == 3, "three lines: put a password of its own into each")
        on("srv", "cat >/etc/redis/fleet.acl", "\n".join(line.replace(">PASSWORD-OF-", ">secret-of-") for line in acl) + "\nuser default off\n")
        done("srv", restart, "6")
        key, section = on("mx1", "cat /etc/mailward/fleet.key").stdout, on("mx1", "sed -n '/^.fleet/,$p' /etc/mailward/mailward.conf").stdout
        for name in MAIL:
            if name != "mx1":
                on(name, "(umask 027; cat >/etc/mailward/fleet.key; chgrp mailward /etc/mailward/fleet.key)", key)
                on(name, "cat >>/etc/mailward/mailward.conf", re.sub(r"^((?:node|user) *= )mx1", rf"\g<1>{name}", section, flags=re.MULTILINE))
            done(name, each.replace("THE PASSWORD OF THIS HOST", f"secret-of-{name}"), "7 to 10")
        for name in MAIL:
            others = "".join(f" && grep -q '{other}: heard' /tmp/status" for other in MAIL if other != name)
            tap.ok(until(name, f"mailward fleet status >/tmp/status && grep -q 'there for' /tmp/status{others}"),
                   f"{name}: the server is there, and the other two are heard", on(name, "mailward fleet status").stdout)
        for name in MAIL:
            on(name, "for i in 1 2; do echo \"$(date +%Y-%m-%dT%H:%M:%S+00:00) " + name + " postfix/smtpd[$i]: NOQUEUE: reject: RCPT from "
               "unknown[198.51.100.7]: 554 5.7.1 <a@example.com>: Relay access denied; from=<x@example.net> to=<a@example.com> proto=ESMTP "
               "helo=<x>\" >>/var/log/mail.log; done")
        for name in MAIL:
            tap.ok(until(name, "nft list table inet mailward | grep -q '198.51.100.7 '"), f"{name}: six errors over three hosts are a ban")
            tap.ok(until(name, "mailward status --check"), f"{name}: and all is well", on(name, "mailward status").stdout)

        # ---- the next boot: the address comes when the server has tried some times
        on("srv", "ip addr del 192.0.2.9/24 dev host0; systemctl stop redis-server; systemctl start --no-block redis-server")
        tap.ok(until("srv", "[ $(systemctl show -P NRestarts redis-server) -ge 2 ]"), "a server whose address is not there yet")
        on("srv", "ip addr add 192.0.2.9/24 dev host0")
        tap.ok(until("srv", "systemctl is-active redis-server"), "is there when the address is")
        tap.ok(until("mx1", "mailward fleet status | grep -q 'there for'"), "and is found again")
    finally:
        for name in booted:
            on(name, "systemctl --no-block poweroff")
        for process in booted.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for name in booted:
            subprocess.call(["umount", f"{work}/{name}/root"])
        subprocess.call(["umount", "--lazy", work])
tap.done()
