#!/usr/bin/env python3
"""15-outage - the server's own database is down: nobody is banned for it, not even when the daemon is killed in between

A log in which customers log in and strangers guess passwords, then one in which every login fails and nobody logs in,
then the first again. The daemon is killed with SIGKILL all the while. Its totals and bans must be those of a scan of
all lines, none of them a customer's; strangers are banned before and after.
"""
import datetime
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../lib"))
import storm
import tap

CUSTOMERS = [f"192.0.2.{i}" for i in range(1, 41)]
NOW = datetime.timezone.utc


class Logins(storm.Log):
    """calm: customers log in, some mistype; broken: the same logins all fail. Strangers fail always."""

    broken = False
    complaints = 0
    ago_s = 0

    def line(self):
        now = datetime.datetime.now(NOW) - datetime.timedelta(seconds=self.ago_s)
        if self.chance.random() < self.complaints:
            text = ("auth: Error: mysql(127.0.0.1): Connect failed to database (mail): Can't connect to server on '127.0.0.1' "
                    "(115) - waiting for 5 seconds before retry")
        elif self.chance.random() < 0.3 and not self.ago_s:
            text = self.session(f"198.51.100.{self.chance.randrange(30)}", True)
        else:
            text = self.session(self.chance.choice(CUSTOMERS), self.broken or (not self.ago_s and self.chance.random() < 0.001))
        return f"{now.isoformat(timespec='microseconds')} mx1 dovecot: {text}\n".encode()

    def session(self, who, fails):
        name = f"customer{CUSTOMERS.index(who)}" if who in CUSTOMERS else f"guess{self.chance.randrange(10**6)}"
        rest = f"user=<{name}>, method=PLAIN, rip={who}, lip=192.0.2.250, TLS, session=<x{self.chance.randrange(10**9)}>"
        if fails:
            return f"imap-login: Disconnected: Aborted login by logging out (auth failed, 1 attempts in 1 secs): {rest}"
        return f"imap-login: Login: {rest.replace(', TLS', ', mpid=77, TLS')}"


tap.own_network()
seed = int(os.environ.get("SEED", "20261122"))
chance = random.Random(seed)
print(f"# seed {seed}")
it = storm.Storm(chance, "network_limit = 0\nnetwork_sum = 0\nban_time = 2h\n", Logins)
log = it.log
it.kills = 0


def work(rounds):
    """Lines come, the daemon is killed and started again; false: it did not start."""
    for _ in range(rounds):
        for _ in range(chance.randrange(1, 10)):
            log.write(chance.randrange(1, 60))
            time.sleep(chance.random() * 0.01)
        it.daemon.kill()
        it.daemon.wait()
        it.kills += 1
        log.write(chance.randrange(1, 20))
        if not it.start():
            return False
    return True


def read_all():
    return tap.wait_until(lambda: it.status().get("lines") == log.lines)


def events(name):
    return [event for event in it.ask("status") if event["event"] == name]


def banned():
    return {event["address"] for event in it.ask("list") if event["event"] == "ban"}


for log.ago_s in range(7200, 0, -600):
    log.write(100)
log.ago_s = 0
up = it.start() and work(4)
tap.ok(up and read_all() and not events("outage"), "strangers fail, customers log in: no outage")
before = banned()
tap.ok(len(before) > 5 and not before & set(CUSTOMERS), f"{len(before)} strangers are banned, no customer")

log.broken = True
up = up and work(8)
tap.ok(up and read_all() and len(events("outage")) == 1, "every login fails: an outage")
tap.ok(events("outage") and events("outage")[0]["reason"] == "silence" and events("outage")[0]["service"] == "dovecot",
       "of Dovecot's, since nobody logs in")
tap.ok(it.status()["uncounted"] > 500, f"{it.status().get('uncounted')} failed logins did not count")
tap.ok(not banned() & set(CUSTOMERS), "no customer is banned")

log.broken = False
up = up and work(4)
tap.ok(up and read_all() and not events("outage"), "customers log in: it is over")
tap.ok(len(banned()) > len(before), "and strangers are banned again")

log.complaints = 1
log.write(5)
log.broken, log.complaints = True, 0.2
up = up and work(4)
tap.ok(up and read_all() and [e["reason"] for e in events("outage")] == ["complaint"], "the server complains of its database: an outage")
log.broken, log.complaints = False, 0
up = up and work(3)
tap.ok(up and read_all() and not events("outage") and not banned() & set(CUSTOMERS), "it is over, no customer is banned")
said = it.said()
tap.ok(said.count("failed logins count for nobody") >= 2 and said.count("failed logins count again") >= 2,
       "beginning and end are in the daemon's log")
tap.ok(up, f"it was killed {it.kills} times, and started every time")
it.finish()
