#!/usr/bin/env python3
"""14-crash - every line counts exactly once, whenever the daemon is killed and however the log is rotated

A log is written at speed in a network namespace of its own. Meanwhile the daemon is killed with SIGKILL at 50 random
moments and the log rotated at random, once or several times in a row, by rename and by copytruncate, some of them packed
at once, with the daemon up or down. At the end its totals and its bans must be those that "mailward scan" finds in all
the lines together, and the kernel must hold the bans.
"""
import os
import random
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../lib"))
import storm
import tap

KILLS = 50
PACKERS = (["gzip"], ["xz"], ["bzip2"], ["zstd", "-q", "--rm"])


class PackedLog(storm.Log):
    """Each file that was rotated away may be packed, as logrotate does without delaycompress."""

    packed = 0

    def rotate(self):
        super().rotate()
        if self.chance.random() < 0.5:
            subprocess.check_call([*self.chance.choice(PACKERS), f"{self.path}.{self.rotated}"])
            self.packed += 1

    def rotate_some(self):
        for _ in range(self.chance.choice((1, 1, 2, 3))):
            self.write(self.chance.randrange(1, 30))
            self.rotate()


tap.own_network()
seed = int(os.environ.get("SEED", "20261122"))
chance = random.Random(seed)
print(f"# seed {seed}")
it = storm.Storm(chance, "ban_time = 2h\nnetwork_limit = 0\n", PackedLog)
log = it.log

kills = 0
up = it.start()
while up and kills < KILLS:
    for _ in range(chance.randrange(1, 40)):
        log.write(chance.randrange(1, 60))
        time.sleep(chance.random() * 0.01)
    if chance.random() < 0.2:
        log.rotate_some()
        if chance.random() < 0.5:
            time.sleep(chance.random() * 0.2)
    it.daemon.kill()
    it.daemon.wait()
    kills += 1
    log.write(chance.randrange(0, 100) + 1)
    if chance.random() < 0.2:
        log.rotate_some()
        log.write(50)
    up = it.start()
tap.ok(kills == KILLS and up, f"killed {kills} times, {log.rotated} rotations, {log.packed} packed, {log.lines} lines: it starts every time")
it.finish()
