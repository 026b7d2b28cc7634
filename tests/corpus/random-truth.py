#!/usr/bin/env python3
"""random-truth - logs made at random whose bans are known: six clear errors within ten minutes, and no other

A clear error is one that every postmaster counts as one: a recipient nobody is,
a password that is wrong. Each log mixes addresses of every temper, from one
error to dozens, with ordinary mail, and a naive model here says who is banned.
The seeds are fixed. $MAILWARD is the program under test.
"""
import os
import random
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import maillog
import tap
from program import ROOT, named, scan

LOGS, START, SPAN = 40, 1741734000, 4 * 3600
WINDOW, HARD = 600, 6
EDGE = 2  # no two errors are this near to being a window apart, whatever the boundary's fine print


def one_error(log, rng, t, ip, kind):
    if kind == 0:
        log.reject(t - 1, ip, [maillog.USER_UNKNOWN], helo=rng.choice(("mail.example.org", f"x[198.51.100.{rng.randrange(256)}]")))
    elif kind == 1:
        log.login_failed(t, f"{rng.choice(maillog.NAMES)}@{maillog.DOMAIN}", ip, service=rng.choice(("imap", "pop3")))
    else:
        log.sasl_failed(t - 1, ip, rng.choice(maillog.NAMES))


def timeline(rng):
    """When an address errs: bursts and drizzle, most of them near the limit."""
    times = [START + 60 + rng.random() * (SPAN - 120)]
    pace = rng.choice((5, 40, 90, 119, 121, 150, 250, 700))
    for _ in range(rng.choice((0, 1, 4, 5, 6, 7, 8, 12, 25))):
        t = times[-1] + 1.5 + rng.random() * 2 * pace
        while any(abs(t - earlier - WINDOW) < EDGE for earlier in times):
            t += EDGE
        times.append(t)
    return times


def banned(times):
    return any(later - first < WINDOW for first, later in zip(times, times[HARD - 1:]))


def addresses(rng):
    """(what it logs as, what it is banned as): hosts, and IPv6 networks that show a new address each time"""
    v4 = [f"{net}.{host}" for net in ("192.0.2", "198.51.100", "203.0.113") for host in range(1, 255)]
    for ip in rng.sample(v4, 40):
        yield (lambda ip=ip: ip), ip
    for net in rng.sample(range(1, 65536), 25):
        yield (lambda net=net: f"2001:db8:{net:x}:7::{rng.randrange(1, 65536):x}"), f"2001:db8:{net:x}:7::/64"


def make(seed):
    rng = random.Random(seed)
    log = maillog.MailLog(rng, stamp=rng.choice(("iso", "traditional")))
    truth = set()
    for address, key in addresses(rng):
        times, kind = timeline(rng), rng.randrange(3)
        for t in times:
            one_error(log, rng, t, address(), kind)
        if banned(times):
            truth.add(key)
    for i in range(60):
        t = START + rng.random() * SPAN
        log.incoming(t, "mail.partner.example", "2001:db8:0:1::25", "orders@partner.example", "alice")
        log.newcomer(t, "2001:db8:0:2::25", "smtp.newcomer.example", "hello@newcomer.example", "bob")
        log.outgoing(t, "unknown", "2001:db8:0:3::1", "carol", f"gone{i}@partner.example", ("mail.partner.example", "2001:db8:0:1::25"), refused=True)
        log.reject(t, "2001:db8:0:4::1", [maillog.NO_HOSTNAME], verb="reject_warning", to=[f"alice@{maillog.DOMAIN}"])
        log.lost(t, "2001:db8:0:5::1")
    return "".join(line + "\n" for line in log.lines()).encode(), truth


with tempfile.TemporaryDirectory() as work:
    conf, path = os.path.join(work, "mailward.conf"), os.path.join(work, "mail.log")
    with open(conf, "w", encoding="utf-8") as out:
        # networks are another question: here three small ones hold all of IPv4
        out.write(f"[mailward]\npatterns = {ROOT}/patterns\n[policy]\njudge = window\nnetwork_limit = 0\n")
    total = 0
    for seed in range(LOGS):
        data, truth = make(seed)
        total += len(truth)
        with open(path, "wb") as out:
            out.write(data)
        status, events, _, stderr = scan("-c", conf, path)
        got = named(events, "ban")
        tap.ok(status == 0 and got == truth, f"log {seed}: {data.count(10)} lines, {len(truth)} addresses to ban",
               f"status {status}, {stderr}", f"missing: {sorted(truth - got)[:10]}", f"too much: {sorted(got - truth)[:10]}")
    tap.ok(LOGS * 10 < total < LOGS * 55, "the logs hold some of both", f"{total} of {LOGS * 65} addresses are to be banned")
tap.done()
