#!/usr/bin/env python3
"""25-fleet-orders - what operators order holds on all hosts as it was ordered; an outage's pardon, too; whose key or limits differ is told

See tests/lib/fleet.py for the picture.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../lib"))
import fleet as lab
import tap

REASON = "scans us every night, see the abuse desk's ticket of March; \"never\" answered by postmaster@example.net, twice asked"
SHUT = "198.51.100.1"

with lab.fleet(3) as (fleet, server):
    one, two, three = fleet.nodes
    server.start()
    for node in fleet.nodes:
        node.start()

    # ---- a ban without an end, and why ----
    def stands(node, address=SHUT):
        ban = node.bans().get(address, {})
        return ban.get("permanent") and ban.get("reason") == REASON

    one.ask("ban", SHUT, "--permanent", "--reason", REASON)
    one.ask("ban", "198.51.100.2", "--for", "2h", "--reason", "for now")
    tap.ok(fleet.everywhere(stands), "a ban without an end has none anywhere, and its reason", *(node.bans() for node in fleet.nodes))
    tap.ok(fleet.everywhere(lambda node: node.bans().get("198.51.100.2", {}).get("reason") == "for now" and
                            "permanent" not in node.bans()["198.51.100.2"]), "one with an end has an end, and its reason")
    tap.ok("always" in two.ask("list").stdout and REASON[:40] in two.ask("explain", SHUT).stdout, "for people, too")
    two.stop()
    two.start()
    tap.ok(stands(two), "it outlives a restart of who has only heard of it")
    three.forget()
    three.start()
    tap.ok(tap.wait_until(lambda: stands(three)), "who comes later learns it so")
    server.stop()
    server.start()
    three.stop()
    three.forget()
    three.start()
    tap.ok(tap.wait_until(lambda: stands(three)), "after the server has lost all, too")
    two.ask("unban", SHUT)
    tap.ok(fleet.everywhere(lambda node: SHUT not in node.bans() and SHUT not in node.ask("list").stdout), "unban on another host ends it on all")
    two.ask("ban", SHUT)
    tap.ok(fleet.everywhere(lambda node: SHUT in node.bans() and "permanent" not in node.bans()[SHUT]), "and what is ordered then has an end")
    one.ask("ban", "198.51.100.3", "--permanent", "--here", "--reason", "mine")
    one.ask("ban", "198.51.100.4", "--here")
    server.stop()
    server.start()
    tap.ok(tap.wait_until(lambda: server.raw("ZCARD", "mailward:1:b:mx1") == 1) and one.bans()["198.51.100.3"]["permanent"],
           "one for here alone is told nobody, not even a server that has lost all", server.raw("ZCARD", "mailward:1:b:mx1"))

    # ---- who is allowed ----
    for address in ("198.51.100.10", "198.51.100.11"):
        one.errors(address, 6)
        tap.ok(fleet.everywhere(lambda node: address in node.bans()), f"({address} is banned)")
    two.ask("allow", "198.51.100.10")
    tap.ok(fleet.everywhere(lambda node: "198.51.100.10" not in node.bans()), "who is allowed on one host is let go by all")
    two.ask("allow", "198.51.100.11", "--here")
    one.errors("198.51.100.12", 6)
    tap.ok(tap.wait_until(lambda: "198.51.100.12" in two.bans() and "198.51.100.12" in three.bans()), "(what came later has arrived)")
    tap.ok("198.51.100.11" not in two.bans() and "198.51.100.11" in one.bans() and "198.51.100.11" in three.bans(), "allow --here: by that one alone")

    # ---- an outage ----
    alice = "203.0.113.50"
    failed = (f"imap-login: Disconnected: Aborted login by logging out (auth failed, 1 attempts in 1 secs): user=<alice>, method=PLAIN, rip={alice}, "
              "lip=192.0.2.254, TLS, session=<y%d>")
    one.login("alice", alice, ago_s=7200)
    one.write(*[failed % i for i in range(2)], program="dovecot")
    two.errors("198.51.100.13", 6)
    tap.ok(tap.wait_until(lambda: "2 dovecot/auth-failed" in two.ask("explain", alice).stdout), "(alice has failed twice, which mx2 has heard)",
           two.ask("explain", alice).stdout)
    one.write(*["auth: Error: mysql(127.0.0.1): Connect failed to database (mail): Can't connect to server on '127.0.0.1' (115) - "
                "waiting for 5 seconds before retry"] * 8, program="dovecot")
    tap.ok(tap.wait_until(lambda: any(event["event"] == "outage" for event in one.json("status"))), "(an outage of mx1's)")
    one.errors("198.51.100.14", 6)
    tap.ok(tap.wait_until(lambda: "198.51.100.14" in two.bans()), "(what came later has arrived)")
    two.write(*[failed % i for i in range(10, 12)], program="dovecot")
    two.errors("198.51.100.15", 3)
    tap.ok(tap.wait_until(lambda: "198.51.100.15" in two.delays()) and alice not in two.delays(),
           "what an outage on one host pardons is pardoned on the others", two.ask("explain", alice).stdout)

    # ---- who differs ----
    tap.ok(one.peer("mx3")["same_policy"], "(all have the same limits)")
    three.configure(more="[service dovecot]\nhard_error_limit = 9\n")
    three.ask("reload")
    tap.ok(tap.wait_until(lambda: not one.peer("mx3")["same_policy"] and one.peer("mx2")["same_policy"]), "other limits of one service are noticed")
    tap.ok("has other limits" in one.said(), "and told")
    tap.same(two.ask("status", "--check").returncode, 0, "(all is well with mx2)")
    three.stop()
    with open(f"{fleet.folder}/another.key", "w") as file:
        file.write(one.ask("fleet", "key").stdout)
    os.chmod(f"{fleet.folder}/another.key", 0o640)
    three.configure(fleet=f"key_file = {fleet.folder}/another.key\n")
    three.start()
    two.stop()      # else it takes a minute
    two.start()
    tap.ok(tap.wait_until(lambda: two.ask("status", "--check").returncode == 1), "a host with another key: status --check warns")
    said = two.ask("status", "--check").stdout
    tap.ok("mx3" in said and "key_file" in said and "mx1" not in said, "and says whose", said)
    tap.ok(any(event["event"] == "trouble" and event["kind"] == "not-believed" for event in two.json("status")),
           "for programs, too")
    tap.ok(tap.wait_until(lambda: three.ask("status", "--check").stdout.count("(and 1 more)")), "the odd one hears nobody")
    three.stop()
    three.configure()
    three.start()
    tap.ok(tap.wait_until(lambda: two.ask("status", "--check").returncode == 0), "with the right one all is well", two.ask("status").stdout)
tap.done()
