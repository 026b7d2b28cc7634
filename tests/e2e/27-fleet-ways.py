#!/usr/bin/env python3
"""27-fleet-ways - the ways to a server: a unix socket, stunnel, TLS, two servers of which one after the other is lost, eight hosts

And what hosts learn of each other with judge = memory, and a server that is none. See tests/lib/fleet.py for the picture.
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../lib"))
import fleet as lab
import tap


def banned(address):
    return lambda node: address in node.bans()


def restart(nodes, text):
    for node in nodes:
        node.stop()
        node.configure(fleet=text(node))
    for node in nodes:
        node.start()


def spread(address):
    """Six errors over the hosts, none of which would ban alone."""
    for node in (fleet.nodes * 2)[:6]:
        node.errors(address, 1)


def stunnel(name, text, enter=()):
    folder = f"{fleet.folder}/{name}"
    os.makedirs(folder)
    with open(f"{folder}/psk", "w") as file:
        file.write("mail:" + "5b" * 32 + "\n")
    os.chmod(f"{folder}/psk", 0o600)
    with open(f"{folder}/conf", "w") as file:
        file.write(f"foreground = yes\npid =\nsyslog = no\n[redis]\n{text}ciphers = PSK\nPSKsecrets = {folder}/psk\n")
    fleet.helpers.append(subprocess.Popen([*enter, "stunnel", f"{folder}/conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))


with lab.fleet(8) as (fleet, server):
    servers = [server, fleet.server("other", 6390)]
    for server in servers:
        server.start()

    # ---- eight hosts ----
    for node in fleet.nodes:
        node.start()
    for node in fleet.nodes[:6]:
        node.errors("198.51.100.1", 1)
    tap.ok(fleet.everywhere(banned("198.51.100.1")), "an error on each of six hosts is a ban on all eight")

    # ---- two servers ----
    restart(fleet.nodes, lambda node: f"server = {lab.HUB}:6379 {lab.HUB}:6390\n")
    tap.ok(all(tap.wait_until(lambda node=node: all(event["there"] for event in node.json("status") if event["event"] == "fleet-server"))
               for node in fleet.nodes), "both servers are there")
    spread("198.51.100.2")
    tap.ok(fleet.everywhere(banned("198.51.100.2")), "with two servers")
    for node in fleet.nodes[:5]:
        node.errors("198.51.100.3", 1)
    tap.ok(tap.wait_until(lambda: all(node.peer("mx1")["again"] > 0 for node in fleet.nodes[1:])), "each record comes twice")
    tap.ok(not any(banned("198.51.100.3")(node) for node in fleet.nodes), "and counts once")
    servers[0].stop()
    spread("198.51.100.4")
    tap.ok(fleet.everywhere(banned("198.51.100.4")), "the first is lost: they count together by the second")
    tap.ok("counts alone" not in fleet.nodes[0].said(), "nobody is alone")
    servers[0].start()
    tap.ok(all(tap.wait_until(lambda node=node: all(event["there"] for event in node.json("status") if event["event"] == "fleet-server"))
               for node in fleet.nodes), "it is back, empty")
    servers[1].stop()
    fleet.nodes[7].errors("198.51.100.3", 1)
    tap.ok(fleet.everywhere(banned("198.51.100.3")), "the second is lost: by the first they go on where they were")
    spread("198.51.100.5")
    tap.ok(fleet.everywhere(banned("198.51.100.5")), "and count together")
    for node in fleet.nodes[3:]:
        node.stop()
    nodes = fleet.nodes[:3]

    # ---- a unix socket ----
    path = f"{fleet.folder}/redis.sock"
    servers[0].stop()
    local = subprocess.Popen(["valkey-server" if "valkey" in lab.SERVER else "redis-server", "--port", "0", "--unixsocket", path,
                              "--unixsocketperm", "777", "--save", ""], executable=lab.SERVER, stdout=subprocess.DEVNULL)
    fleet.helpers.append(local)
    tap.wait_until(lambda: os.path.exists(path))
    restart(nodes, lambda node: f"server = {path}\n")
    spread("198.51.100.6")
    for node in nodes:
        node.errors("198.51.100.6", 1)
    tap.ok(all(tap.wait_until(lambda node=node: banned("198.51.100.6")(node)) for node in nodes), "by a unix socket")

    # ---- who belongs here ----
    for node in nodes:
        node.stop()
        node.configure(fleet=f"server = {path}\n", policy="judge = memory\n")
    for node in nodes:
        node.start()
    nodes[0].login("alice@example.com", "203.0.113.50")
    tap.ok(all(tap.wait_until(lambda node=node: "its own" in node.ask("explain", "alice@example.com", "203.0.113.50").stdout) for node in nodes),
           "who logs in on one is at home on all")
    nodes[1].write("DEADBEEF: to=<bob@example.com>, relay=virtual, delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, status=sent (delivered to maildir)",
                   program="postfix/virtual")
    tap.ok(all(tap.wait_until(lambda node=node: "yes: mail was delivered" in node.ask("explain", "bob@example.com").stdout) for node in nodes),
           "what is delivered on one exists on all")
    for number, node in enumerate(nodes):
        node.write(f"warning: unknown[198.51.{100 + number}.9]: SASL LOGIN authentication failed: (reason unavailable), sasl_username=carol@example.com")
    tap.ok(all(tap.wait_until(lambda node=node: "a burnt name" in node.ask("explain", "carol@example.com").stdout) for node in nodes),
           "a name that strangers try on each of three is burnt on all")

    # ---- a server that is none ----
    evil = [b"*2147483647\r\n", b"$2147483647\r\n", b"*1\r\n" * 20000, b"*4000\r\n" * 20000, b"-ERR \x1b[31m\0\xff\r\n", b"$-5\r\n", b"\0" * 100000,
            b"+" + b"x" * 20000000, b":99999999999999999999\r\n", b"*2\r\n$1\r\n1\r\n$1\r\nx\r\n", b"*2\r\n$30\r\n999999999999999999999999999999\r\n$1\r\n1\r\n",
            b"*-1\r\n", b"$0\r\n\r\n" * 100000, b"%2\r\n", b"+OK\r\n" * 3, b""]
    met = []

    def speak(conn, words):
        met.append(words)
        try:
            conn.sendall(words)
            conn.settimeout(0.3)
            while conn.recv(65536):
                pass
        except OSError:
            pass
        conn.close()

    def serve(listener):
        while True:
            conn, _ = listener.accept()
            threading.Thread(target=speak, args=(conn, evil[len(met) % len(evil)]), daemon=True).start()

    listener = socket.create_server((lab.HUB, 6399))
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
    nodes[0].stop()
    nodes[0].configure(fleet=f"server = {lab.HUB}:6399\n")
    nodes[0].start(wait=False)
    tap.wait_until(lambda: nodes[0].couriers())
    pid = nodes[0].couriers()[0]
    tap.ok(tap.wait_until(lambda: len(met) >= len(evil)), f"a server that is none, with {len(evil)} kinds of nonsense")
    with open(f"/proc/{pid}/status") as file:
        most = int(next(line for line in file if line.startswith("VmHWM")).split()[1])
    tap.ok(nodes[0].couriers() == [pid] and "begun anew" not in nodes[0].said(), "the courier lives on")
    tap.ok(most < 65536 or "sanitize" in lab.MAILWARD, f"and has taken {most} KiB at most")
    nodes[0].errors("198.51.100.30", 6)
    tap.ok(tap.wait_until(lambda: banned("198.51.100.30")(nodes[0])), "and the host counts alone")

    # ---- a server that is one, until it says a line that does not end ----
    tries = []

    def answer(conn):
        """What a new server says to who logs in; then the line, for as long as it is read. How much was taken of it."""
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        asked = conn.recv(65536)
        taken = 0
        try:
            conn.sendall(b"*2\r\n$10\r\n%d\r\n$1\r\n0\r\n-ERR no such key\r\n*0\r\n" % time.time() if b"TIME" in asked else b"")
            conn.sendall(b"+")
            while True:
                taken += conn.send(b"x" * 65536)
        except OSError:
            conn.close()
        return taken

    def try_it(conn):
        this = [time.monotonic(), None]
        tries.append(this)
        this[1] = answer(conn)

    endless = socket.create_server((lab.HUB, 6398))
    threading.Thread(target=lambda: [threading.Thread(target=try_it, args=(endless.accept()[0],), daemon=True).start() for _ in iter(int, 1)],
                     daemon=True).start()
    nodes[0].stop()
    nodes[0].configure(fleet=f"server = {lab.HUB}:6398\n")
    nodes[0].start(wait=False)
    tap.ok(tap.wait_until(lambda: len(tries) > 12) and "does not end" in nodes[0].ask("fleet", "status").stdout, "a line that does not end is said",
           nodes[0].ask("fleet", "status").stdout)
    taken = [this[1] for this in tries[:10]]
    tap.ok(None not in taken and max(taken) < 4 << 20, "it is not read for long", *taken)
    tap.ok(tries[12][0] - tries[9][0] > 1, "and ever more seldom, though each time all begins well", *[this[0] - tries[0][0] for this in tries])

    # ---- stunnel ----
    if not shutil.which("stunnel"):
        tap.skip("by stunnel", "there is no stunnel")
    else:
        servers[0].start()
        stunnel("server", f"accept = {lab.HUB}:6380\nconnect = 127.0.0.1:6379\n")
        for node in nodes:
            stunnel(node.name + "-tunnel", f"client = yes\naccept = 127.0.0.1:6379\nconnect = {lab.HUB}:6380\n", node.enter)
        restart(nodes, lambda node: "server = 127.0.0.1:6379\n")
        for node in nodes:
            node.errors("198.51.100.7", 2)
        tap.ok(all(tap.wait_until(lambda node=node: banned("198.51.100.7")(node)) for node in nodes), "by stunnel with a shared secret")
    # ---- TLS ----
    tls = subprocess.run(["openssl", "version"], capture_output=True).returncode == 0
    if not tls:
        tap.skip("by TLS", "there is no openssl")
    else:
        folder = fleet.folder
        for name, extra in (("ca", []), ("cert", ["-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca.key"]), ("foreign", [])):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                            "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem", *extra], check=True, capture_output=True)
        fleet.helpers.append(subprocess.Popen(["valkey-server" if "valkey" in lab.SERVER else "redis-server", "--bind", lab.HUB, "--port", "0", "--tls-port", "6392",
                                         "--tls-cert-file", f"{folder}/cert.pem", "--tls-key-file", f"{folder}/cert.key", "--tls-ca-cert-file", f"{folder}/ca.pem",
                                         "--tls-auth-clients", "no", "--save", "", "--protected-mode", "no"], executable=lab.SERVER, stdout=subprocess.DEVNULL))
        for node in nodes:
            node.stop()
            node.configure(fleet=f"server = {lab.HUB}:6392\ntls_ca_file = {folder}/ca.pem\n")
            node.start(wait=False)
        if "knows no TLS" in nodes[0].said():
            tap.skip("by TLS", "built with a hiredis that has none, which is said")
        else:
            for node in nodes:
                node.errors("198.51.100.8", 2)
            tap.ok(all(tap.wait_until(lambda node=node: banned("198.51.100.8")(node)) for node in nodes), "by TLS")
            nodes[0].stop()
            nodes[0].configure(fleet=f"server = {lab.HUB}:6392\ntls_ca_file = {folder}/foreign.pem\n")
            nodes[0].start(wait=False)
            tap.ok(tap.wait_until(lambda: "cannot be used" in nodes[0].said().rsplit("mailward 0.", 1)[1]), "not with a server whom somebody else has signed")
            tap.ok(not nodes[0].is_there(), "with whom it does not count")
    for node in nodes:
        node.stop(signal.SIGTERM)
tap.done()
