#!/usr/bin/env python3
"""25-fleet - three hosts that count as one: bans, releases, logins; a server that is away, lies, is empty, or knows no password

See tests/lib/fleet.py for the picture. The server is a real one; what it is made to say is put into it by its own commands.
"""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../lib"))
import fleet as lab
import tap
from program import MAILWARD

stream = {name: f"mailward:1:e:{name}" for name in ("mx1", "mx2", "mx3")}


def banned(address):
    return lambda node: address in node.bans()


def free(address):
    return lambda node: address not in node.bans()


def run(*words, node=None):
    return (node or one).ask(*words).stdout


def entries(name):
    """All batches of a node's stream, as the server has them."""
    return [entry[1][1] for entry in server.raw("XRANGE", stream[name], "-", "+")]


def records(batch):
    return int.from_bytes(batch[4:6], "little")


def settled():
    """What every node has told has been heard by all others."""
    return fleet.everywhere(lambda node: node.has_read() and all(
        event["waiting"] == 0 for event in node.json("status") if event["event"] == "fleet-server"))


def refused(node, name):
    return node.peer(name)["refused"]


with lab.fleet(3) as (fleet, server):
    one, two, three = fleet.nodes
    # ---- alone, then together ----
    for node in fleet.nodes:
        node.start(wait=False)
    one.errors("198.51.100.1", 6)
    tap.ok(tap.wait_until(lambda: banned("198.51.100.1")(one)), "without the server a host counts alone")
    tap.ok("counts alone" in one.said(), "and says so")
    tap.ok("NOT THERE" in run("fleet", "status"), "and in its status")
    server.start()
    tap.ok(all(tap.wait_until(node.is_there) for node in fleet.nodes), "the server comes: all three find it")
    tap.ok(fleet.everywhere(banned("198.51.100.1")), "a ban of before is everywhere")
    for node in fleet.nodes:
        node.errors("198.51.100.2", 2)
    tap.ok(fleet.everywhere(banned("198.51.100.2")), "six errors over three hosts are a ban on all three")
    tap.ok(fleet.everywhere(lambda node: "198.51.100.2 " in node.kernel()), "and in the kernels")
    tap.ok("counted on mx2" in run("explain", "198.51.100.2") and "counted on mx3" in run("explain", "198.51.100.2"),
           "explain names the host that each error came from")
    for node in fleet.nodes:
        node.errors("2001:db8:7::1", 1)
        node.errors("2001:db8:7::2", 1)
    tap.ok(fleet.everywhere(banned("2001:db8:7::/64")), "of an IPv6 network, too")
    two.errors("198.51.100.3", 2)
    three.errors("198.51.100.3", 1)
    tap.ok(fleet.everywhere(lambda node: "198.51.100.3" in node.delays()), "three are a delay everywhere")

    # ---- the operator's ----
    run("unban", "198.51.100.2", node=two)
    tap.ok(fleet.everywhere(free("198.51.100.2")), "unban on one host is for all")
    one.errors("198.51.100.2", 5)
    settled()
    tap.ok(free("198.51.100.2")(three), "and what was before it counts no more")
    run("ban", "203.0.113.9", "--for", "2h", node=three)
    tap.ok(fleet.everywhere(banned("203.0.113.9")), "so is ban")
    run("ban", "203.0.113.10", "--here", node=three)
    run("unban", "203.0.113.9", "--here", node=three)
    one.errors("198.51.100.4", 6)
    tap.ok(fleet.everywhere(banned("198.51.100.4")), "(what came later has arrived)")
    tap.ok(banned("203.0.113.9")(one) and free("203.0.113.9")(three), "unban --here is not for all")
    tap.ok(free("203.0.113.10")(one) and banned("203.0.113.10")(three), "nor is ban --here")

    made = dict(line.split() for line in run("fleet", "key").splitlines())
    with open(fleet.key) as file:
        ours = dict(line.split() for line in file)
    tap.ok(made["names"] == ours["names"] and made["mac"] != ours["mac"], "fleet key: another seal, and the key of the names that are known here")

    tap.ok(one.ask("check").returncode == 0, "check has nothing to say")
    os.chmod(fleet.key, 0o644)
    said = one.ask("check")
    tap.ok(said.returncode == 1 and "may be used by everybody" in said.stderr, "but of a key that everybody may read")
    os.chmod(fleet.key, 0o640)

    # ---- what the courier may ----
    pid = one.couriers()[0]
    with open(f"/proc/{pid}/status") as file:
        status = dict(line.split(":", 1) for line in file.read().splitlines())
    tap.same([status[key].strip() for key in ("CapPrm", "CapEff", "CapBnd", "NoNewPrivs", "Seccomp")],
             ["0" * 16, "0" * 16, "0" * 16, "1", "2"], "the courier: no capability, no new privileges, a system call filter")
    tap.ok(status["Uid"].split()[0] != "0", "it is not root")
    kinds = {os.readlink(f"/proc/{pid}/fd/{fd}").split(":")[0] for fd in os.listdir(f"/proc/{pid}/fd")}
    tap.ok(kinds <= {"/dev/null", "socket", f"{one.folder}/out", "pipe"}, "and has sockets alone", *kinds)
    for node in fleet.nodes:
        for pid in node.couriers():
            os.kill(pid, signal.SIGKILL)
    one.errors("198.51.100.5", 3)
    two.errors("198.51.100.5", 3)
    tap.ok(fleet.everywhere(banned("198.51.100.5")), "killed, it is begun anew, and nothing is lost")

    # ---- exactly once ----
    one.errors("198.51.100.11", 3)
    one.errors("198.51.100.6", 2)
    two.errors("198.51.100.6", 3)
    settled()
    for node in fleet.nodes:
        node.stop(signal.SIGKILL)
        node.start()
    settled()
    tap.ok(all(free("198.51.100.6")(node) for node in fleet.nodes), "five errors, and all engines killed: still five")
    three.errors("198.51.100.6", 1)
    tap.ok(fleet.everywhere(banned("198.51.100.6")), "and with a sixth a ban")
    one.errors("198.51.100.7", 3)
    settled()
    whole = {name: entries(name) for name in stream}
    for name, batches in whole.items():
        for batch in batches:
            server.raw("XADD", stream[name], "*", "r", batch)
    two.errors("198.51.100.8", 6)
    tap.ok(fleet.everywhere(banned("198.51.100.8")), "streams that are played again: the hosts go on")
    tap.ok(all(free("198.51.100.7")(node) and free("198.51.100.11")(node) for node in fleet.nodes) and two.peer("mx1")["again"] > 0,
           "and each record has counted once, those of before the kill, too")

    # ---- lies ----
    real = next(batch for batch in whole["mx1"] if records(batch))
    flipped = bytearray(real)
    flipped[80] ^= 1
    lies = {"a bit is another": bytes(flipped), "cut short": real[:-1], "longer": real + b"x", "empty": b"", "too large": b"x" * 100000,
            "no head": b"\0" * 32, "zeros": b"\0" * 160}
    for what, lie in lies.items():
        before = refused(two, "mx1")
        server.raw("XADD", stream["mx1"], "*", "r", lie)
        tap.ok(tap.wait_until(lambda: refused(two, "mx1") > before), f"not believed: {what}")
    before = refused(one, "mx2")
    server.raw("XADD", stream["mx2"], "*", "r", real)
    tap.ok(tap.wait_until(lambda: refused(one, "mx2") > before), "not believed: another node's")
    server.raw("XADD", stream["mx1"], "*", "r", real, "s", "more")
    server.raw("XADD", stream["mx1"], "*", *[f"field{i}" for i in range(2000)])
    server.raw("ZADD", "mailward:1:b:mx1", "1e300", "nonsense", "inf", "more", str(10 ** 15), real)
    server.raw("ZADD", "mailward:1:r:mx1", "nan" if server.raw("PING") != "PONG" else "5", real)
    for node in fleet.nodes:
        for pid in node.couriers():
            os.kill(pid, signal.SIGKILL)
    two.errors("198.51.100.9", 6)
    tap.ok(fleet.everywhere(banned("198.51.100.9")), "after all of it they count together")

    # ---- the server is away, and comes back empty ----
    server.stop()
    tap.ok(tap.wait_until(lambda: "NOT THERE" in run("fleet", "status")), "the server is gone")
    for node in fleet.nodes:
        node.errors("198.51.100.20", 2)
    tap.ok(tap.wait_until(lambda: all(node.has_read() for node in fleet.nodes)) and free("198.51.100.20")(one), "everybody counts alone")
    one.stop()
    one.start(wait=False)
    server.start()
    tap.ok(fleet.everywhere(banned("198.51.100.20")), "it comes back empty, one host was restarted meanwhile: all that was told counts, once")
    tap.ok(run("explain", "198.51.100.20", node=two).count("counted on mx1") == 2, "those of the host that was restarted, too")
    tap.ok(sum(map(records, entries("mx2"))) > 10, "the server has again what it was told before")
    tap.ok(server.raw("ZCARD", "mailward:1:b:mx2") > 0, "and who comes later finds the bans")

    # ---- taken, and lost before all had read it, and who told it was restarted meanwhile ----
    three.link(False)
    two.errors("198.51.100.23", 3)
    tap.ok(tap.wait_until(lambda: run("explain", "198.51.100.23", node=one).count("counted on mx2") == 3), "the server has it, and one has read it")
    two.stop()
    two.start(wait=False)
    server.stop()
    server.start()
    two.errors("198.51.100.23", 2)
    three.link(True)
    tap.ok(tap.wait_until(lambda: run("explain", "198.51.100.23", node=three).count("counted on mx2") == 5), "who was cut off hears all of it")
    three.errors("198.51.100.23", 1)
    tap.ok(fleet.everywhere(banned("198.51.100.23")), "and counts it")
    tap.ok(all(run("explain", "198.51.100.23", node=node).count("counted on mx2") == 5 for node in (one, three)), "once")

    # ---- cut off ----
    three.link(False)
    for node in fleet.nodes:
        node.errors("198.51.100.21", 2)
    tap.ok(tap.wait_until(three.has_read) and free("198.51.100.21")(one), "a host that is cut off")
    three.link(True)
    tap.ok(fleet.everywhere(banned("198.51.100.21")), "and is back: the errors count together")

    # ---- who comes later, who is not believed, who says too much ----
    three.forget()
    three.configure(fleet="remote_bans_per_minute = 3\n")
    server.raw("DEL", stream["mx1"], stream["mx2"], stream["mx3"])
    three.start()
    tap.ok(tap.wait_until(lambda: "198.51.100.8" in three.bans() and "203.0.113.9" in three.bans()),
           "who has lost all learns which bans run")
    for i in range(8):
        run("ban", f"192.0.2.{100 + i}", node=one)
    tap.ok(tap.wait_until(lambda: "192.0.2.107" in three.delays() | set(three.bans())), "(eight bans of one node)")
    tap.ok(sum(f"192.0.2.{100 + i}" in three.bans() for i in range(8)) <= 3, "beyond its share they are delays")
    tap.ok("more bans than 3 a minute" in three.said(), "and a notice")
    foreign = "198.51.100.29"
    two.errors(foreign, 6)
    tap.ok(tap.wait_until(lambda: banned(foreign)(three)), "(a ban of mx2)")
    three.configure(fleet="ignore = mx2\n")
    run("reload", node=three)
    tap.ok(tap.wait_until(lambda: free(foreign)(three)), "ignore: what a node has said is revoked")
    two.errors("198.51.100.30", 6)
    one.errors("198.51.100.31", 6)
    tap.ok(tap.wait_until(lambda: banned("198.51.100.31")(three)) and free("198.51.100.30")(three), "and it is heard no more")
    tap.ok(banned(foreign)(one), "by that host alone")

    # ---- users and passwords ----
    acl = run("fleet", "acl").splitlines()
    tap.ok(len(acl) == 3, "fleet acl has a user for each host")
    for node in fleet.nodes:
        node.stop()
    server.stop()
    server.admit("\n".join(line.replace(">PASSWORD-OF-", ">secret-") for line in acl) +
                 "\nuser default off\nuser admin on >admin ~* &* +@all\n", ("admin", "admin"))
    server.start()
    for node in fleet.nodes:
        with open(f"{node.folder}/password", "w") as file:
            file.write(f"secret-{node.name}\n")
        node.configure(fleet=f"user = {node.name}\npassword_file = {node.folder}/password\n")
    with open(f"{three.folder}/password", "w") as file:
        file.write("another\n")
    tap.ok(all(node.start() for node in (one, two)), "with users and passwords as fleet acl prints them")
    three.start(wait=False)
    tap.ok(tap.wait_until(lambda: "WRONGPASS" in run("fleet", "status", node=three)), "a wrong password is said")
    one.errors("198.51.100.40", 3)
    two.errors("198.51.100.40", 3)
    tap.ok(tap.wait_until(lambda: banned("198.51.100.40")(one) and banned("198.51.100.40")(two)), "the others count together")
    mine = ("mx1", "secret-mx1")
    for words in (("XADD", stream["mx2"], "*", "r", "x"), ("ZADD", "mailward:1:b:mx2", "1", "x"), ("EVAL", "return 1", "0"), ("FLUSHALL",),
                  ("CONFIG", "GET", "*"), ("KEYS", "*"), ("DEL", stream["mx2"])):
        tap.ok(str(server.raw(*words, user=mine)).startswith("-NOPERM"), f"a host may not: {words[0]} {words[1] if len(words) > 1 else ''}",
               server.raw(*words, user=mine))
    with open(f"{three.folder}/password", "w") as file:
        file.write("secret-mx3\n")
    three.stop()
    three.start()
    tap.ok(tap.wait_until(lambda: banned("198.51.100.40")(three)), "with the right password the third has it, too")

    # ---- another key ----
    with open(f"{three.folder}/key", "w") as file:
        file.write(run("fleet", "key"))
    os.chmod(f"{three.folder}/key", 0o640)
    os.chown(f"{three.folder}/key", -1, os.stat(fleet.key).st_gid)
    three.configure(fleet=f"user = mx3\npassword_file = {three.folder}/password\nkey_file = {three.folder}/key\n")
    three.stop()
    three.start()
    tap.ok(tap.wait_until(lambda: "nothing that the node mx1 says is believed: its seal is of no key of ours" in run("status", node=three)),
           "with another key nobody is believed, and status says so", run("status", node=three))
    check = three.ask("status", "--check")
    tap.ok(check.returncode == 1 and check.stdout.startswith("MAILWARD WARNING - ") and "is believed" in check.stdout, "so does status --check",
           check.stdout)

    for node in fleet.nodes:
        node.stop()
    tap.ok(all(node.process.returncode == 0 for node in fleet.nodes), "all end cleanly")
    tap.ok(tap.wait_until(lambda: not any(node.couriers() for node in fleet.nodes)), "and their couriers with them")
tap.done()
