#!/usr/bin/env python3
"""12-reload - a hundred reloads under attack lose nothing and count nothing twice; a bad config changes nothing and is reported

A log is written at speed, and rotated now and then, in a network namespace of its own. Meanwhile the daemon is told 100
times to read its config again, by SIGHUP or by "mailward reload"; every third config is bad, each in another way. At the
end the daemon's totals and bans must be those that "mailward scan" finds in all the lines together.
"""
import os
import random
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../lib"))
import storm
import tap

RELOADS = 100
# what is wrong, and what must be said of it; FOLDER is the test's own, LAST the config's last line
BAD = [
    ("[rules]\npostfix/user-unknown = often\n", "mailward.conf:{last}: postfix/user-unknown: 'often' is no weight"),
    ("hard_error_limit = none\n", "mailward.conf:{last}: hard_error_limit: 'none' is no number"),
    ("nonsense = 1\n", "mailward.conf:{last}: unknown key 'nonsense'"),
    ("[rules]\npostfix/no-such-rule = 1\n", "mailward.conf:{last}: "),
    ("[allow]\nfile = {folder}/nowhere\n", "mailward.conf:{last}: {folder}/nowhere cannot be read"),
    ("[allow]\nfile = {folder}/broken-list\n", "broken-list:2: allow: '203.0.113.7/8' has bits set past its length"),
    ("[source again]\nfile = {folder}/mail.log\n", "reads the file of [source maillog]"),
]

tap.own_network()
seed = int(os.environ.get("SEED", "20261122"))
chance = random.Random(seed)
print(f"# seed {seed}")
it = storm.Storm(random.Random(seed + 1), "ban_time = 2h\nnetwork_limit = 0\n")
with open(f"{it.folder}/broken-list", "w") as f:
    f.write("192.0.2.0/24\n203.0.113.7/8\n")
over = threading.Event()
rotations = 0


def write():
    """The attack. One rotation at a time: the next one when the daemon has read what was written before the last."""
    global rotations
    rotated_at = 0
    while not over.is_set():
        it.log.write(it.log.chance.randrange(1, 40))
        time.sleep(0.005)
        if it.log.chance.random() < 0.01 and it.status().get("lines", 0) > rotated_at:
            it.log.rotate()
            rotations += 1
            rotated_at = it.log.lines


def allowed(address):
    return (it.ask("explain", address) or [{}])[0].get("allowed")


def reload_good(number):
    """A config with an address of its own on the allow-list: seen there, it is in force."""
    it.configure(f"[allow]\naddresses = 192.0.2.{number}\n[rules]\nroundcube = {'off' if number % 2 else 'normal'}\n")
    if chance.random() < 0.5:
        it.daemon.send_signal(signal.SIGHUP)
        return tap.wait_until(lambda: allowed(f"192.0.2.{number}"))
    return it.command("reload").returncode == 0 and allowed(f"192.0.2.{number}")


def reload_bad(number, text, wanted):
    """Reported, and what was in force still is."""
    before = it.said().count("not reloaded")
    it.configure(text.format(folder=it.folder))
    wanted = wanted.format(folder=it.folder, last=len(open(it.conf).readlines()))
    if chance.random() < 0.5:
        it.daemon.send_signal(signal.SIGHUP)
        reported = tap.wait_until(lambda: it.said().count("not reloaded") > before) and wanted in it.said()
    else:
        answer = it.command("reload")
        reported = answer.returncode == 1 and wanted in answer.stdout + answer.stderr
    return reported and allowed(f"192.0.2.{number}")


tap.ok(it.start(), "it starts")
writer = threading.Thread(target=write, daemon=True)
writer.start()
taken = refused = good = bad = last_good = 0
wrong = []
for number in range(1, RELOADS + 1):
    if len(wrong) == 3:         # each may have been waited for
        break
    if number % 3 == 0:
        text, wanted = BAD[bad % len(BAD)]
        bad += 1
        if reload_bad(last_good, text, wanted):
            refused += 1
        else:
            wrong.append(f"not refused, or not reported: {text!r}")
    else:
        good += 1
        last_good = number
        if reload_good(number):
            taken += 1
        else:
            wrong.append(f"not taken: {number}")
over.set()
writer.join()
it.configure()
tap.ok(taken == good, f"{good} good configs, each taken", *wrong[:10])
tap.ok(refused == bad, f"{bad} bad ones, each reported, none taken", *wrong[:10])
tap.ok(it.daemon.poll() is None and number == RELOADS, f"{number} reloads, {rotations} rotations, {it.log.lines} lines: it runs")
it.finish()
