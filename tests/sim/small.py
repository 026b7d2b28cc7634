#!/usr/bin/env python3
"""small - every world, small: its log is read as it was meant, and its judges stay within generous limits

mailward itself takes part in the second half once it knows "judge = memory"; then it must come near the sketch."""
import json
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
import evaluate
import judges
import program
import tap
import worlds

OPEN_DOORS = ("behind",)                                     # attackers are let through rather than customers lost


def same_again(world, path):
    texts = []
    for seed in (1, 1, 2):
        worlds.make(world, seed, .05).write(path)
        texts.append(open(path).read())
    tap.ok(texts[0] == texts[1] != texts[2], "the same seed writes the same log, another seed another")


def read_as_meant(world, path):
    """Every failure is found, at its address; no login or mail is taken for one."""
    worlds.make(world, 3, .1).write(path)
    found = {}
    with open(path, "rb") as log:
        for line in program.run("match", "--json", stdin=log.read()).stdout.splitlines():
            match = json.loads(line)
            found[match["line"]] = match["address"]
    with open(path + ".truth") as rows:
        rows = [row.split("\t") for row in rows]
    wrong = [f"line {i}: {row[1]} {row[3]}, matched {found.get(i)}" for i, row in enumerate(rows, 1)
             if row[3] == "fail" and found.get(i) != row[1] or row[3] == "ok" and i in found]
    tap.ok(rows and not wrong, f"{world.__name__}: {world.__doc__.splitlines()[0]}", *wrong[:5])


def stays_within(world, path, memory):
    worlds.make(world, 3, .5).write(path)
    rows = evaluate.truth(path)
    floor, theirs = (evaluate.judge(rows, judge(path)) for judge in (judges.the_sketch, judges.fail2ban))
    most = theirs.through if world.__name__ in OPEN_DOORS else .65 * theirs.through
    tap.ok(floor.through < most and floor.lost <= 75, f"{world.__name__}: the sketch lets {floor.through:.1f} % "
           f"through (fail2ban {theirs.through:.1f}), {floor.lost} lost, {floor.deferred} deferred")
    if memory:
        ours = evaluate.judge(rows, judges.mailward(path, judges.MEMORY))
        tap.ok(abs(ours.through - floor.through) < 1 and ours.lost <= floor.lost + 10,
               f"{world.__name__}: mailward the same, {ours.through:.1f} %, {ours.lost} lost")


with tempfile.TemporaryDirectory() as folder:
    PATH = os.path.join(folder, "log")
    same_again(worlds.first_day, PATH)
    for each in worlds.ALL:
        read_as_meant(each, PATH)
    knows = judges.accepts(judges.MEMORY)
    for each in worlds.ALL:
        stays_within(each, PATH, knows)
if not knows:
    print("# this mailward has no judge with a memory: the sketch alone was tried")
tap.done()
