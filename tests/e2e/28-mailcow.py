#!/usr/bin/env python3
"""28-mailcow - lines that a Redis server publishes on a channel are read as they come, and what is lost is said

The server is a real one, with a password as mailcow's has; see tests/lib/fleet.py for the picture, of which one host is used.
"""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../lib"))
import fleet as lab
import tap

LINES = {  # as mailcow's containers publish them: bare messages
    "198.51.100.1": "warning: unknown[198.51.100.1]: SASL LOGIN authentication failed: UGFzc3dvcmQ6",
    "198.51.100.2": "imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<a@example.com>, method=PLAIN, rip=198.51.100.2, "
                    "lip=172.22.1.250, TLS, session=<abcdEFGH+IJ>",
    "198.51.100.3": "mailcow UI: Invalid password for admin by 198.51.100.3",
    "198.51.100.4": "SOGoRootPage Login from '198.51.100.4' for user 'alice' might not have worked - password policy: 65535  grace: -1  expire: -1  bound: 0",
    "198.51.100.5": "NOQUEUE: reject: RCPT from unknown[198.51.100.5]: 554 5.7.1 <a@example.com>: Relay access denied; from=<x@example.net> "
                    "to=<a@example.com> proto=ESMTP helo=<x>",
    "198.51.100.6": "Rspamd UI: Invalid password by 198.51.100.6",
}


def configure(password):
    with open(f"{node.folder}/password", "w") as file:
        file.write(password + "\n")
    with open(node.conf, "w") as file:
        file.write(f"[mailward]\nstate_dir = {node.folder}/state\nsocket = {node.folder}/control\n[policy]\njudge = window\nnetwork_limit = 0\n"
                   f"[source mailcow]\nredis = {lab.HUB}:6379\npassword_file = {node.folder}/password\n")


def source():
    return next((event for event in node.json("status") if event["event"] == "source"), {})


def is_heard():
    return source().get("present")


def publish(text, times=6):
    return [server.raw("PUBLISH", "F2B_CHANNEL", text) for _ in range(times)]


with lab.fleet(1, acl="user default on >secret ~* &* +@all\n", user=("default", "secret")) as (fleet, server):
    node = fleet.nodes[0]
    server.start()
    configure("wrong")
    node.start(wait=False)
    tap.ok(tap.wait_until(lambda: "WRONGPASS" in node.said()) and "published meanwhile is lost" in node.said(), "a wrong password is said")
    node.stop()
    configure("secret")
    node.start(wait=False)
    tap.ok(tap.wait_until(is_heard), "with the right one it listens")
    tap.ok("what was published before is lost" in node.said(), "and says what a channel has not")
    for address, text in LINES.items():
        tap.same(publish(text), [1] * 6, f"published: {text[:40]}")
        tap.ok(tap.wait_until(lambda: address in node.bans()), f"{address} is banned")
    tap.ok(tap.wait_until(lambda: all(f"{address} " in node.kernel() for address in LINES)), "and in the kernel")
    publish("\x1b[31m\0\xff" * 4000, 2)
    publish("x" * 100000, 1)
    publish("", 1)
    publish(LINES["198.51.100.5"].replace("198.51.100.5", "198.51.100.7"), 3)
    tap.ok(tap.wait_until(lambda: "198.51.100.7" in node.delays()), "after nonsense, too")
    node.ask("reload")
    publish(LINES["198.51.100.5"].replace("198.51.100.5", "198.51.100.7"), 3)
    tap.ok(tap.wait_until(lambda: "198.51.100.7" in node.bans()), "and after a reload, which keeps the count")
    tap.ok(is_heard(), "of which status knows")
    for pid in node.couriers():
        os.kill(pid, signal.SIGKILL)
    tap.ok(tap.wait_until(lambda: publish(LINES["198.51.100.5"].replace("198.51.100.5", "198.51.100.8"), 1) == [1] and "198.51.100.8" in node.bans()),
           "a courier that is killed is begun anew")
    server.stop()
    tap.ok(tap.wait_until(lambda: not is_heard()), "the server is away, and status says so")
    server.start()
    tap.ok(tap.wait_until(is_heard), "and is back")
    publish(LINES["198.51.100.5"].replace("198.51.100.5", "198.51.100.9"))
    tap.ok(tap.wait_until(lambda: "198.51.100.9" in node.bans()), "and heard")
    tap.ok("error" in (node.ask("fleet", "status").stderr + node.ask("fleet", "status").stdout).lower() or node.ask("fleet", "status").returncode == 1,
           "it is no fleet for that")
    node.stop()
    tap.ok(node.process.returncode == 0, "it ends cleanly")
tap.done()
