#!/usr/bin/env python3
"""chance - random timelines: mailward bans whom the sketch bans, to the second; the sketch is the naive model of its judge

Days of a few networks and names, every kind of deed, seeded: a failure says which timeline, and the first difference. Where
accounts are at home, strangers' errors are counted by ten minutes and by days (customers.h), and from the first login on; no
stranger errs there here, but in worlds.py. SEED= another beginning, ROUNDS= so many."""
import os
import random
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
import judges
import tap
import verdicts
import world
from sketch import DAY, HOUR

SEED, ROUNDS = int(os.environ.get("SEED", 20261122)), int(os.environ.get("ROUNDS", 300))


class Timeline(world.World):
    """Strangers, customers and mail servers of some /24s and a few /48s, for some days."""

    def __init__(self, seed):
        super().__init__(seed, days=40)
        rng = self.rng
        self.dialect.verbose = rng.random() < .3
        self.accounts = [f"a{k}" for k in range(4)]
        self.names = self.accounts + [f"n{k}" for k in range(rng.randint(2, 12))]
        self.strangers = [f"100.{64 + rng.randrange(3)}.{rng.randrange(4)}.{rng.randrange(1, 4)}" for _ in range(rng.randint(3, 12))]
        self.strangers += [f"2001:db8:{rng.randrange(2):x}:{rng.randrange(600):x}::1" for _ in range(rng.randint(0, 4))]
        self.homes = {f"100.{64 + rng.randrange(3)}.{10 + rng.randrange(3)}.{k + 1}": account
                      for k, account in enumerate(self.accounts)}
        self.stubborn = (self.strangers[0], rng.choice(self.names)) if rng.random() < .3 else None    # one name, over and over
        t = 0
        for _ in range(rng.randint(100, 400) if self.stubborn else rng.randint(40, 200)):
            t += rng.choice([5, 60, 60, 200, 900]) if self.stubborn and rng.random() < .9 else rng.choice([1, 2, 5, 20, 20, 60, 300, 900, HOUR, rng.randrange(1, 5 * HOUR)] + [DAY] * (rng.random() < .3))
            if t > 6 * DAY:                                  # a week is counted in hours (names.h)
                break
            self.something(t)

    def something(self, t):
        rng = self.rng
        stranger, name = rng.choice(self.strangers), rng.choice(self.names)
        home, account = rng.choice(list(self.homes.items()))
        what = rng.random()
        if self.stubborn and rng.random() < .8:
            self.failed(t, *self.stubborn[:1], "stranger", self.stubborn[1], rng.random())
            return
        if what < .45:
            self.failed(t, stranger, "stranger", name, rng.choice(["one", "two", None]))
        elif what < .65:
            self.refused(t, stranger, "stranger", name, rng.choice(["x@example.net", "x@example.net", ""]))
        elif what < .75:
            self.login(t, home, "customer", account)
        elif what < .8:
            self.failed(t, home, "customer", account)
        elif what < .85:
            self.login(t, f"100.{64 + rng.randrange(3)}.{rng.randrange(4)}.9", "thief", account)    # beside strangers
        else:
            self.mail(t, rng.choice(self.strangers + ["198.18.0.9"]), "partner", rng.choice(self.accounts))


def main():
    wrong, count = [], 0
    with tempfile.TemporaryDirectory() as folder:
        config, path = os.path.join(folder, "conf"), os.path.join(folder, "log")
        with open(config, "w") as out:
            out.write(judges.MEMORY)
        for seed in range(SEED, SEED + ROUNDS):
            Timeline(seed).write(path)
            wanted, got = sorted(verdicts.of_sketch(path), key=str), sorted(verdicts.of_mailward(path, config), key=str)
            count += len(wanted)
            if wanted != got:
                first = sorted(set(wanted) ^ set(got))[:1]
                wrong.append(f"SEED={seed}: {first}: " + ("mailward alone" if first and first[0] in got else "the sketch alone"))
    tap.ok(not wrong, f"{ROUNDS} random timelines from SEED={SEED} on: the verdicts are the sketch's", f"{len(wrong)} are not", *wrong[:3])
    tap.ok(count > ROUNDS, f"of which there were enough ({count})")
    tap.done()


main()
