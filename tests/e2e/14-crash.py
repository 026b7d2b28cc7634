#!/usr/bin/env python3
"""14-crash - every line counts exactly once, whenever the daemon is killed and however the log is rotated

A log is written at speed in a network namespace of its own. Meanwhile the daemon is killed with SIGKILL at 50 random
moments and the log rotated at random, by rename and by copytruncate, with the daemon up or down. At the end its totals
and its bans must be those that "mailward scan" finds in all the lines together, and the kernel must hold the bans.
"""
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../lib"))
import storm
import tap

KILLS = 50

tap.own_network()
seed = int(os.environ.get("SEED", "20261122"))
chance = random.Random(seed)
print(f"# seed {seed}")
it = storm.Storm(chance, "ban_time = 2h\nnetwork_limit = 0\n")
log = it.log

kills, rotations = 0, 0
up = it.start()
while up and kills < KILLS:
    for _ in range(chance.randrange(1, 40)):
        log.write(chance.randrange(1, 60))
        time.sleep(chance.random() * 0.01)
    if chance.random() < 0.2:
        log.rotate()
        rotations += 1
        # one rotation at a time: wait until the daemon has met it, or kill it before it can
        if chance.random() < 0.5:
            time.sleep(chance.random() * 0.2)
    it.daemon.kill()
    it.daemon.wait()
    kills += 1
    log.write(chance.randrange(0, 100) + 1)
    if chance.random() < 0.2:
        log.rotate()
        rotations += 1
        log.write(50)
    up = it.start()
tap.ok(kills == KILLS and up, f"killed {kills} times, {rotations} rotations, {log.lines} lines: it starts every time")
it.finish()
