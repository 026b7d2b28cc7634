#!/usr/bin/env python3
"""14-crash - every line counts exactly once, whenever the daemon is killed and however the log is rotated

A log is written at speed in a network namespace of its own. Meanwhile the daemon is killed with SIGKILL at random moments,
50 of them, and the log rotated at random, once or several times in a row, by rename and by copytruncate, some of them packed
at once, with the daemon up or down. At the end its totals and its bans must be those that "mailward scan" finds in all the
lines together, the kernel must hold the bans, and none may last longer than it did.

The daemon's clock is set besides, forward and back, while it is up and while it is down, then with lines and rotations before
that and after it; and all must be as a clock that was never set would have it. CLOCKS=0 leaves that out.
"""
import datetime
import glob
import os
import random
import re
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../lib"))
import storm
import tap
from program import ROOT

BAN_S = 7200
CLOCK_REALTIME_COARSE = 5       # of clock_gettime(2)
CLOCKS = os.environ.get("CLOCKS") != "0"
KILLS = 12 if "sanitize" in os.environ.get("MAILWARD", "") else 50  # there a start takes seconds
PACKERS = (["gzip"], ["xz"], ["bzip2"], ["zstd", "-q", "--rm"])
STEPS_S = (-86400, -7200, -90, 90, 3600, 86400)
done = dict.fromkeys(("killed", "terminated", "renamed", "copied and emptied", "packed", "rotated while it is down",
                      "set forward", "set back", "set forward while it is down", "set back while it is down"), 0)


class HardLog(storm.Log):
    """Each file that was rotated away may be packed, as logrotate does without delaycompress; the clock may be another."""

    set_s = 0

    def rotate(self, by_renaming=False):
        inode = os.stat(self.path).st_ino
        super().rotate(by_renaming)
        done["copied and emptied" if os.stat(self.path).st_ino == inode else "renamed"] += 1
        if self.chance.random() < 0.5:
            subprocess.check_call([*self.chance.choice(PACKERS), f"{self.path}.{self.rotated}"])
            done["packed"] += 1

    def rotate_some(self):
        for _ in range(self.chance.choice((1, 1, 2, 3))):
            self.write(self.chance.randrange(1, 30))
            self.rotate()

    def dated(self, line):
        stamp, rest = line.split(b" ", 1)
        when = datetime.datetime.fromisoformat(stamp.decode()) + datetime.timedelta(seconds=self.set_s)
        return when.isoformat(timespec="microseconds").encode() + b" " + rest


class Clock:
    """The daemon's, by set_clock.so."""

    def __init__(self, it):
        self.it, self.path, self.steps = it, os.path.join(it.folder, "clock"), 0
        with open(self.path, "wb") as file:
            file.write(bytes(4096))
        it.env |= {"LD_PRELOAD": os.path.join(ROOT, "build", "set_clock.so"), "SET_CLOCK": self.path,
                   "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}

    def step(self, by_s):
        self.it.log.set_s += by_s
        with open(self.path, "r+b") as file:
            file.seek(16 * self.steps)
            since = time.time_ns()
            file.write(struct.pack("qq", since, self.it.log.set_s))
        self.steps += 1
        # the times of files are as coarse as the kernel's tick: what is written from now on bears one that is later
        tap.wait_until(lambda: time.clock_gettime_ns(CLOCK_REALTIME_COARSE) > since)


def is_read():
    return it.status().get("lines") == log.lines


def save():
    """Until what is there now has been written: of the first that is, some may be of before."""
    for _ in range(2):
        log.write(3)
        tap.wait_until(is_read)
        since = time.time_ns()
        log.write(3)
        tap.wait_until(lambda: any(os.stat(path).st_mtime_ns > since for path in glob.glob(f"{it.folder}/state/state.db*")))


def set_clock_up():
    """What was written before is read first: a line on its way bears a stamp of another clock."""
    by_s = chance.choice(STEPS_S)
    tap.wait_until(is_read)
    before = it.said().count("the clock was set")
    clock.step(by_s)
    tap.wait_until(lambda: it.status() and it.said().count("the clock was set") > before)   # no word comes of the kernel's
    save()
    done["set forward" if by_s > 0 else "set back"] += 1


def end(how):
    """Kill it, or tell it to end; sometimes it is away while the clock is set, and lines have come and gone before that."""
    if how == "terminated":
        it.daemon.terminate()
    else:
        it.daemon.kill()
    it.daemon.wait()
    done[how] += 1
    if chance.random() < 0.85 or not CLOCKS:
        return
    if chance.random() < 0.5:
        log.write(chance.randrange(1, 100))
        if chance.random() < 0.3:
            log.rotate_some()
    by_s = chance.choice(STEPS_S)
    clock.step(by_s)
    done["set forward while it is down" if by_s > 0 else "set back while it is down"] += 1


tap.own_network()
seed = int(os.environ.get("SEED", "20261122"))
chance = random.Random(seed)
print(f"# seed {seed}")
it = storm.Storm(chance, f"judge = window\nban_time = {BAN_S}\nnetwork_limit = 0\n", HardLog)
log, clock = it.log, Clock(it)
begun = time.monotonic()

up = it.start()
while up and done["killed"] < KILLS:
    for _ in range(chance.randrange(1, 40)):
        log.write(chance.randrange(1, 60))
        time.sleep(chance.random() * 0.01)
    if chance.random() < 0.2:
        log.rotate_some()
        if chance.random() < 0.5:
            time.sleep(chance.random() * 0.2)
    if CLOCKS and chance.random() < 0.2:
        set_clock_up()
    end("killed" if chance.random() < 0.9 else "terminated")
    log.write(chance.randrange(0, 100) + 1)
    if chance.random() < 0.2:
        log.rotate_some()
        log.write(50)
        done["rotated while it is down"] += 1
    up = it.start()
for what, times in done.items():
    print(f"# {what}: {times}")
tap.ok(done["killed"] == KILLS and up, f"killed {KILLS} times: it starts every time")
tap.wait_until(is_read)
rests = [event["seconds"] for event in it.ask("list") if event["event"] == "ban"]
least = BAN_S - (time.monotonic() - begun) - 60
tap.ok(all(least <= rest <= BAN_S for rest in rests), "a clock that is set makes no ban longer or shorter", f"{sorted(rests)[:3]} {sorted(rests)[-3:]}")
it.finish()
