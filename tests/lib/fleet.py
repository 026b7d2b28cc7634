"""fleet - a Redis server and mail hosts with a mailward each, in network namespaces of their own

	   mx1          mx2          mx3             each a namespace: its own nftables, its own link
	192.0.2.1    192.0.2.2    192.0.2.3
	    \\            |            /
	     ------- bridge "hub" -------            the test's own namespace
	          192.0.2.254 : 6379 redis-server

The server's binary is $REDIS_SERVER, else redis-server, else valkey-server. Debian's is redis-check-rdb of redis-tools under another
name: so it is to be had without a service that would start.
"""
import contextlib
import datetime
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import tap
from program import MAILWARD

HUB = "192.0.2.254"
SERVER = (os.environ.get("REDIS_SERVER") or shutil.which("redis-server") or shutil.which("valkey-server") or
          shutil.which("redis-check-rdb") or shutil.which("valkey-check-rdb"))
POLICY = "judge = window\nnetwork_limit = 0\n"
ENDED = []


def need_server():
    """Run in a network of our own, or skip, loudly."""
    if not SERVER or not os.path.exists(SERVER):
        tap.skip_all("no redis-server or valkey-server here: NOTHING OF THE FLEET IS TESTED")
    tap.own_network()


def sh(command):
    subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL)


class Server:
    """A Redis of the test's own; acl: lines of an ACL file; user: whom raw() speaks as, and the password."""

    def __init__(self, folder, name="redis", port=6379, acl="", user=None):
        self.folder, self.name, self.port, self.process = folder, name, port, None
        self.acl = os.path.join(folder, f"{name}.acl")
        self.admit(acl or "user default on nopass ~* &* +@all\n", user)

    def admit(self, acl, user=None):
        """Whom it knows from its next start on."""
        self.user = user
        with open(self.acl, "w") as file:
            file.write(acl)
        os.chmod(self.acl, 0o644)

    def start(self):
        self.out = open(os.path.join(self.folder, f"{self.name}.out"), "ab")
        name = "valkey-server" if "valkey" in SERVER else "redis-server"
        self.process = subprocess.Popen(
            [name, "--bind", HUB, "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no", "--dir", self.folder,
             "--aclfile", self.acl, "--protected-mode", "no", "--daemonize", "no"], executable=SERVER, stdout=self.out, stderr=self.out)
        if not tap.wait_until(lambda: self.raw("PING") == "PONG" or self.process.poll() is not None) or self.process.poll() is not None:
            raise RuntimeError(f"{SERVER} does not start")

    def stop(self):
        """At once, and all that it held is gone."""
        self.process.kill()
        self.process.wait()

    def raw(self, *words, user=None):
        """A command, spoken by ourselves; an array comes back as a list, an error as its text behind a minus."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as conn:
                conn.settimeout(30)
                file = conn.makefile("rwb")
                if user or self.user:
                    say(file, ("AUTH", *(user or self.user)))
                    hear(file)
                say(file, words)
                return hear(file)
        except OSError as error:
            return f"-{error}"


def say(file, words):
    file.write(b"*%d\r\n" % len(words))
    for word in words:
        word = word if isinstance(word, bytes) else str(word).encode()
        file.write(b"$%d\r\n%s\r\n" % (len(word), word))
    file.flush()


def hear(file):
    line = file.readline().rstrip(b"\r\n")
    kind, rest = line[:1], line[1:]
    if kind == b"+":
        return rest.decode()
    if kind == b"-":
        return "-" + rest.decode()
    if kind == b":":
        return int(rest)
    if kind == b"$":
        if int(rest) < 0:
            return None
        data = file.read(int(rest) + 2)[:-2]
        return data
    if kind == b"*":
        return None if int(rest) < 0 else [hear(file) for _ in range(int(rest))]
    return "-nothing"


class Node:
    """A mail host: namespace, log, daemon."""

    def __init__(self, fleet, number):
        self.fleet, self.number, self.name = fleet, number, f"mx{number}"
        self.folder = os.path.join(fleet.folder, self.name)
        os.makedirs(f"{self.folder}/state")
        self.conf, self.log = f"{self.folder}/m.conf", f"{self.folder}/mail.log"
        open(self.log, "w").close()
        self.lines, self.process, self.pids = 0, None, set()
        self.holder = subprocess.Popen(["unshare", "-n", "sleep", "infinity"])
        ours = os.readlink("/proc/self/ns/net")
        if not tap.wait_until(lambda: os.readlink(f"/proc/{self.holder.pid}/ns/net") != ours):
            raise RuntimeError("no namespace")
        self.enter = ["nsenter", "-t", str(self.holder.pid), "-n"]
        sh(f"ip link add to-{self.name} type veth peer name eth0 netns {self.holder.pid}; ip link set to-{self.name} master hub up")
        sh(f"{' '.join(self.enter)} sh -c 'ip link set lo up; ip addr add 192.0.2.{number}/24 dev eth0; ip link set eth0 up'")

    def configure(self, fleet="", policy=POLICY, mailward="", more=""):
        keys = {"server": f"{HUB}:6379", "node": self.name, "nodes": " ".join(self.fleet.names), "key_file": self.fleet.key}
        keys.update(dict(line.split(" = ", 1) for line in fleet.splitlines() if line))
        with open(self.conf + ".new", "w") as file:
            file.write(f"[mailward]\nstate_dir = {self.folder}/state\nsocket = {self.folder}/control\n{mailward}"
                       f"[source maillog]\nfile = {self.log}\n[policy]\n{policy}[fleet]\n" +
                       "".join(f"{key} = {value}\n" for key, value in keys.items() if value) + more)
        os.rename(self.conf + ".new", self.conf)

    def start(self, wait=True):
        self.out = open(f"{self.folder}/out", "ab")
        self.process = subprocess.Popen([*self.enter, MAILWARD, "run", "-c", self.conf], stdout=self.out, stderr=self.out,
                                        stdin=subprocess.DEVNULL)
        tap.wait_until(lambda: self.status() or self.process.poll() is not None)
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} does not start: {self.said()[-2000:]}")
        return not wait or tap.wait_until(self.is_there)

    def engine(self):
        return self.process.pid

    def couriers(self):
        """The process ids of the courier, not of its keeper."""
        out = subprocess.run(["pgrep", "-x", "mailward-courie"], capture_output=True, text=True).stdout
        return [int(pid) for pid in out.split() if os.path.exists(f"/proc/{pid}/ns/net") and
                os.readlink(f"/proc/{pid}/ns/net") == os.readlink(f"/proc/{self.holder.pid}/ns/net")]

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(tap.PATIENCE_S)
        self.out.close()

    def forget(self):
        """It ends, and has lost what it knew; its log is empty."""
        self.stop()
        for name in os.listdir(f"{self.folder}/state"):
            os.unlink(f"{self.folder}/state/{name}")
        os.truncate(self.log, 0)
        self.lines = 0

    def ask(self, *words):
        answer = subprocess.run([MAILWARD, words[0], "-c", self.conf, *words[1:]], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        return answer

    def json(self, *words):
        answer = self.ask(*words, "--json")
        return [json.loads(line) for line in answer.stdout.splitlines()] if answer.returncode in (0, 1) else []

    def status(self):
        return (self.json("status") or [{}])[0]

    def is_there(self):
        servers = [event for event in self.json("status") if event["event"] == "fleet-server"]
        return bool(servers) and any(server["there"] for server in servers)

    def peer(self, name):
        return next((event for event in self.json("status") if event["event"] == "fleet-node" and event["node"] == name), {})

    def bans(self):
        return {event["address"]: event for event in self.json("list") if event["event"] == "ban"}

    def delays(self):
        return {event["address"] for event in self.json("list") if event["event"] == "delay"}

    def kernel(self):
        return subprocess.run([*self.enter, "nft", "list", "table", "inet", "mailward"], capture_output=True, text=True).stdout

    def said(self):
        with open(f"{self.folder}/out", errors="replace") as file:
            return file.read()

    def write(self, *texts, program="postfix/smtpd", ago_s=0):
        stamp = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=ago_s)).isoformat(timespec="microseconds")
        with open(self.log, "a") as log, open(self.fleet.whole, "a") as whole:
            for text in texts:
                self.lines += 1
                line = f"{stamp} {self.name} {program}[{self.number * 100000 + self.lines}]: {text}\n"
                log.write(line)
                whole.write(line)

    def errors(self, address, count=1):
        self.write(*[f"NOQUEUE: reject: RCPT from unknown[{address}]: 554 5.7.1 <secret@example.com>: Relay access denied; "
                     "from=<x@example.net> to=<secret@example.com> proto=ESMTP helo=<x>"] * count)

    def login(self, user, address, ago_s=0):
        self.write(f"imap-login: Login: user=<{user}>, method=PLAIN, rip={address}, lip=192.0.2.254, mpid=1, TLS, session=<x{self.lines}>",
                   program="dovecot", ago_s=ago_s)

    def has_read(self):
        return self.status().get("lines", 0) >= self.lines

    def link(self, up):
        sh(f"ip link set to-{self.name} {'up' if up else 'down'}")


class Fleet:
    """count hosts and a folder of theirs."""

    def __init__(self, folder, count):
        self.folder, self.whole, self.key = folder, os.path.join(folder, "whole.log"), os.path.join(folder, "fleet.key")
        os.chmod(folder, 0o755)
        open(self.whole, "w").close()
        key = subprocess.run([MAILWARD, "fleet", "key"], capture_output=True, text=True, check=True).stdout
        with open(self.key, "w") as file:
            file.write(key)
        os.chmod(self.key, 0o640)
        self.names = [f"mx{i + 1}" for i in range(count)]
        sh(f"ip link add hub type bridge; ip addr add {HUB}/24 dev hub; ip link set hub up")
        self.nodes, self.servers, self.helpers = [], [], []     # helpers: other processes that end with it
        for i in range(count):
            self.nodes.append(Node(self, i + 1))
            self.nodes[-1].configure()

    def server(self, *words, **more):
        self.servers.append(Server(self.folder, *words, **more))
        return self.servers[-1]

    def everywhere(self, condition):
        """Does it come to hold on every host?"""
        return all(tap.wait_until(lambda node=node: condition(node)) for node in self.nodes)

    def close(self):
        for node in self.nodes:
            if node.process and node.process.poll() is None:
                node.process.kill()
                node.process.wait()
            node.holder.kill()
            node.holder.wait()
        for helper in self.helpers:
            helper.kill()
            helper.wait()
        for server in self.servers:
            if server.process:
                server.stop()


@contextlib.contextmanager
def fleet(count, acl="", user=None):
    """A fleet and a server, neither of them started, in a network of our own; at the end nothing of them is left.

    Where a test failed, $KEEP names a folder for a copy of theirs.
    """
    need_server()
    with tempfile.TemporaryDirectory(prefix="mailward-fleet-") as folder:
        hosts = Fleet(folder, count)
        try:
            yield hosts, hosts.server(acl=acl, user=user)
        finally:
            show(hosts)
            hosts.close()
            if tap.failed and os.environ.get("KEEP"):
                shutil.copytree(folder, os.environ["KEEP"], dirs_exist_ok=True)


def show(fleet):
    """What the daemons said, when something failed."""
    if tap.failed:
        for node in fleet.nodes:
            for line in node.said().splitlines()[-25:]:
                print(f"# {node.name}: {line}")
