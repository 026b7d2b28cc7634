#!/usr/bin/env python3
"""08-dovecot - a real Dovecot whose passwords are gone: nobody is banned for it; with them, a stranger is

Dovecot is Debian 12's packages, unpacked in build/dovecot-tree and not installed. It runs there, in a network namespace
of its own, with a configuration of its own, and writes the log that "mailward run --dry-run" follows. The clients name their addresses with the IMAP command ID, which Dovecot believes from a trusted
network. Customers must have logged in an hour before: their first logins are the real lines, stamped two hours earlier.
"""
import datetime
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../lib"))
import tap
from program import MAILWARD, ROOT

PORT = 1143
TREE = f"{ROOT}/build/dovecot-tree"
# the test's folder is /srv there; dies with the process, as the mounts do
IN_TREE = """folder=$1 tree=$2; shift 2
mount --bind "$folder" "$tree/srv" && mount --rbind /dev "$tree/dev" && mount -t proc none "$tree/proc" && exec chroot "$tree" "$@"
"""
CUSTOMERS = {f"192.0.2.{i}": f"customer{i}" for i in range(1, 9)}
USERS = "".join(f"{name}:{{PLAIN}}secret\n" for name in CUSTOMERS.values())
STAMP = "%b %d %H:%M:%S "

PASSWD_FILE = "passdb {{\n driver = passwd-file\n args = /srv/users\n}}\n"
CHECKPASSWORD = "passdb {{\n driver = checkpassword\n args = /srv/no-such-program\n}}\n"
CONF = """base_dir = /srv/run
log_path = /srv/mail.log
log_timestamp = "%b %d %H:%M:%S "
protocols = imap
ssl = no
listen = 127.0.0.1
disable_plaintext_auth = no
login_trusted_networks = 127.0.0.0/8
auth_failure_delay = 0
mail_location = maildir:~/mail
default_login_user = nobody
default_internal_user = daemon
default_internal_group = daemon
service anvil {{
 unix_listener anvil-auth-penalty {{
  mode = 0
 }}
}}
service imap-login {{
 chroot =
 inet_listener imap {{
  port = {port}
 }}
 inet_listener imaps {{
  port = 0
 }}
}}
userdb {{
 driver = static
 args = uid=65534 gid=65534 home=/srv/home
}}
"""


def in_tree(folder, *words):
    return ["unshare", "--mount", "sh", "-c", IN_TREE, "sh", folder, TREE, *words]


def can_connect():
    try:
        socket.create_connection(("127.0.0.1", PORT), 1).close()
        return True
    except OSError:
        return False


class Dovecot:
    def __init__(self, folder):
        self.folder, self.log = folder, os.path.join(folder, "mail.log")

    def start(self, passdb):
        conf = os.path.join(self.folder, "dovecot.conf")
        with open(conf, "w") as file:
            file.write((CONF + passdb).format(port=PORT))
        self.process = subprocess.Popen(in_tree(self.folder, "dovecot", "-F", "-c", "/srv/dovecot.conf"),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return tap.wait_until(can_connect)

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def login(self, address, password, name=None):
        """What it answers: OK or NO. Without a name, the customer's own, or one that nobody has."""
        name = name or CUSTOMERS.get(address, "nobody")
        with socket.create_connection(("127.0.0.1", PORT), tap.PATIENCE_S) as connection:
            file = connection.makefile("rwb")
            file.readline()
            answers = []
            for command in (f'a ID ("x-originating-ip" "{address}")', f"b LOGIN {name} {password}", "c LOGOUT"):
                file.write(f"{command}\r\n".encode())
                file.flush()
                tag = command[:2].encode()
                for line in file:
                    if line.startswith(tag):
                        answers.append(line.split()[1].decode())
                        break
            return answers[1] if len(answers) > 1 else None

    def all_login(self, addresses, times):
        """Each address in a thread of its own; the set of what it answers."""
        answers = []
        threads = [threading.Thread(target=lambda a=address: answers.extend(self.login(a, "secret") for _ in range(times)))
                   for address in addresses]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return set(answers)


def two_hours_earlier(line):
    stamp = datetime.datetime.strptime(f"{datetime.datetime.now().year} {line[:16]}", "%Y " + STAMP)
    return (stamp - datetime.timedelta(hours=2)).strftime(STAMP) + line[16:]


def write_users(text):
    with open(f"{folder}/users.new", "w") as users:
        users.write(text)
    os.rename(f"{folder}/users.new", f"{folder}/users")


class Guard:
    """mailward, in a dry run: what it says are events."""

    def __init__(self, folder):
        self.conf, self.out = os.path.join(folder, "mailward.conf"), open(os.path.join(folder, "out"), "w")
        with open(self.conf, "w") as file:
            file.write(f"[mailward]\nsocket = {folder}/control\nstate_dir = {folder}\n[source maillog]\nfile = {folder}/mail.log\n"
                       "[policy]\nnetwork_limit = 0\n")
        self.process = subprocess.Popen([MAILWARD, "run", "--dry-run", "--json", "-c", self.conf], stdout=self.out)

    def events(self):
        with open(self.out.name) as file:
            return [json.loads(line) for line in file]

    def says(self, **wanted):
        return tap.wait_until(lambda: any(wanted.items() <= event.items() for event in self.events()))

    def status(self):
        return subprocess.run([MAILWARD, "status", "-c", self.conf], capture_output=True, text=True).stdout

    def stop(self):
        self.process.terminate()
        return self.process.wait(tap.PATIENCE_S)


os.environ["PATH"] += ":/usr/sbin:/sbin"
if os.geteuid() == 0:       # while there is a network
    unpack = subprocess.run(["sh", "-c", f". {ROOT}/tests/lib/debian.sh; unpacked {TREE} bookworm dovecot-imapd"], capture_output=True, text=True)
    if unpack.returncode:
        tap.skip_all(f"Dovecot's packages do not come: {(unpack.stdout + unpack.stderr).splitlines()[-1:]}")
tap.own_network()
temporary = tempfile.TemporaryDirectory(prefix="mailward-dovecot-")
folder = temporary.name
os.chmod(folder, 0o755)
os.makedirs(f"{folder}/home", 0o777)
os.chmod(f"{folder}/home", 0o777)
write_users(USERS)
dovecot = Dovecot(folder)
version = subprocess.run(in_tree(folder, "dovecot", "--version"), capture_output=True, text=True).stdout.strip()
tap.ok(dovecot.start(PASSWD_FILE), f"Dovecot {version} is up")
tap.same(dovecot.all_login(CUSTOMERS, 1), {"OK"}, "customers log in")
dovecot.stop()
with open(dovecot.log) as log:
    logins = [two_hours_earlier(line) for line in log if "Login: " in line]
with open(dovecot.log, "w") as log:
    log.writelines(logins)
tap.same(len(logins), len(CUSTOMERS), "which are two hours old from now on")

dovecot.start(PASSWD_FILE)
guard = Guard(folder)
tap.ok(tap.wait_until(lambda: "following" in guard.status()), "mailward follows Dovecot's own log")
for i in range(6):
    dovecot.login("198.51.100.1", "wrong", f"guess{i}")
tap.ok(guard.says(event="ban", address="198.51.100.1"), "a stranger guesses six names, and is banned")
dovecot.login("192.0.2.1", "secret")

write_users("")
tap.wait_until(lambda: dovecot.login("192.0.2.8", "secret") == "NO")     # Dovecot looks once a second
tap.same(dovecot.all_login(CUSTOMERS, 8), {"NO"}, "the passwords are gone: everybody fails eight times, as if his were wrong")
tap.ok(guard.says(event="outage", service="dovecot", reason="silence"), "an outage: known customers fail, and nobody logs in")
tap.ok("outage     dovecot: failed logins count for nobody" in guard.status(), "which status shows")
dovecot.all_login(["198.51.100.2"], 7)

write_users(USERS)
tap.ok(tap.wait_until(lambda: dovecot.login("192.0.2.8", "secret") == "OK"), "the passwords are back")
tap.ok(guard.says(event="outage-over", service="dovecot"), "and it is over")
banned = {event["address"] for event in guard.events() if event["event"] == "ban"}
tap.same(banned - {event["address"] for event in guard.events() if event["event"] == "release"}, {"198.51.100.1"},
         "nobody is banned but the stranger of before")
for i in range(6):
    dovecot.login("198.51.100.3", "wrong", f"guess{i}")
tap.ok(guard.says(event="ban", address="198.51.100.3"), "another stranger is banned as ever")

dovecot.stop()
dovecot.start(CHECKPASSWORD)
tap.same(dovecot.all_login(list(CUSTOMERS)[:4], 1), {"NO"}, "the program that checks passwords is not there")
tap.ok(guard.says(event="outage", service="dovecot", reason="complaint"), "an outage: Dovecot itself complains")
dovecot.stop()
tap.ok(guard.stop() == 0, "mailward ends cleanly")
if tap.failed:
    with open(dovecot.log) as log:
        print("".join(f"# {line}" for line in log.readlines()[-60:]))
    print("".join(f"# {event}\n" for event in guard.events()))
temporary.cleanup()
tap.done()
