#!/usr/bin/env python3
"""demo - the bundled day of mail traffic: mailward bans exactly those that share/demo/truth.tsv names

$MAILWARD is the program under test.
"""
import filecmp
import gzip
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap
from program import ROOT, named, run, scan

FOLDER = os.path.join(ROOT, "share", "demo")
LOG = os.path.join(FOLDER, "mail.log")

with open(os.path.join(FOLDER, "truth.tsv"), encoding="utf-8") as lines:
    truth = [line.rstrip("\n").split("\t") for line in lines][1:]
ban = {row[0] for row in truth if row[1] == "ban"}
delay = {row[0] for row in truth if row[1] == "delay"}
with open(LOG, "rb") as log:
    data = log.read()

with tempfile.TemporaryDirectory() as work:
    subprocess.run([os.path.join(ROOT, "scripts", "make-demo-log"), work], check=True)
    for name in ("mail.log", "truth.tsv"):
        tap.ok(filecmp.cmp(os.path.join(work, name), os.path.join(FOLDER, name), shallow=False), f"scripts/make-demo-log makes {name}")

    # the built-in defaults, whatever this machine's own config says
    conf = os.path.join(work, "mailward.conf")
    with open(conf, "w", encoding="utf-8") as out:
        out.write(f"[mailward]\npatterns = {ROOT}/patterns\n")

    status, events, summary, stderr = scan("-c", conf, LOG)
    tap.same(status, 0, "scan ends well")
    tap.same(stderr, "", "scan has nothing to complain of")
    for address, expected, why in truth:
        wanted = {"ban": {"delay", "ban"}, "delay": {"delay"}, "never": set()}[expected]
        if expected == "ban":  # slow ones, and a line that counts several times, may jump the delays
            got = {event["event"] for event in events if event.get("address") == address} | {"delay"}
        else:
            got = {event["event"] for event in events if event.get("address") == address}
        tap.same(got, wanted, f"{expected}: {address} ({why})")
    tap.same(named(events, "ban"), ban, "nobody else is banned")
    tap.same(named(events, "delay") - ban, delay, "nobody else is delayed")
    tap.same(summary.get("lines"), data.count(b"\n"), "the summary counts every line")
    tap.same(summary.get("bytes"), len(data), "and every byte")
    tap.same(summary.get("bans"), sum(event["event"] == "ban" for event in events), "and every ban")

    packed = os.path.join(work, "mail.log.2.gz")
    with gzip.open(packed, "wb") as out:
        out.write(data)
    tap.ok(scan("-c", conf, packed)[1] == events, "the same from a .gz")
    tap.ok(scan("-c", conf, "-", stdin=data)[1] == events, "the same from standard input")

    text = run("scan", "-c", conf, LOG).stdout.decode("utf-8")
    for address in sorted(ban):
        tap.ok(f"would ban {address} for " in text, f"the text for people bans {address}")
    tap.ok(all(" " <= character <= "~" for line in text.splitlines() for character in line), "and is printable")

tap.done()
