#!/usr/bin/env python3
"""cost - lines made to be as dear as can be, for every shape of the catalogue: is the work bounded?

usage: tests/corpus/cost.py [SERVICE[/RULE]...]        MAILWARD: the program, default build/mailward

Each place a client can write to (tests/lib/shapes.py) is filled with repeats of what the rule looks for: words of its
hits, what closes the field, what stands around the address, single bytes; with and without the rest of the record.
PCRE2's match limit is what counts the steps. No line of 8 KiB, the most that a syslogd passes on by default, may reach
it, for a line that does is skipped: that would be a way to go unseen. Of 64 KiB, the longest line there is, lines may
reach it, but never more: the rule that follows such a line still counts.
"""
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import patfile
import tap
from program import run
from shapes import config_for, each_rule, fields, line_of

HITS = 4  # of a rule: their shapes repeat


def pieces(message, place, where):
    start, end = place[:2]
    rest = message[end:where[1]] if end <= where[0] else message[end:]
    around = [message[max(0, where[0] - back):where[1] + ahead] for back, ahead in ((3, 0), (12, 6), (len(message), 0), (0, len(message)))]
    words = re.findall(r"\S+", message)
    return dict.fromkeys(piece for piece in [rest, message[end:], message[start:end], *around, *words, *" ,<>[](){}'\"=:.-A1"] if piece)


def dear(rule, size):
    for program, address, message in rule.hits[:HITS]:
        places, where = fields(rule, address, message)
        for place in places or [(len(message), len(message), False)]:
            for piece in pieces(message, place, where):
                for filling in (piece, piece + " "):
                    text = (filling * (size // len(filling)))[:size]
                    yield line_of(program, message[:place[0]] + text + message[place[1]:])
                    yield line_of(program, message[:place[0]] + text)


def check(rule, config):
    program, address, message = rule.hits[0]
    short = list(dear(rule, 8000))
    result = run("match", "-c", config, stdin=b"\n".join(short) + b"\n")
    tap.ok(result.returncode == 0 and not result.stderr, f"{rule.name}: {len(short)} lines of 8 KiB reach no limit",
           *result.stderr.decode("utf-8", "replace").splitlines()[:3])
    if rule.manner.get("kind") == "client":  # match says nothing of what names a session's client
        return
    long = list(dear(rule, 64000))[::7]
    result = run("match", "-c", config, stdin=b"\n".join([*long, line_of(program, message)]) + b"\n")
    last = result.stdout.decode("utf-8", "replace").splitlines()[-1:]
    tap.ok(result.returncode == 0 and last and last[0].split()[:2] == [str(len(long) + 1), address],
           f"{rule.name}: after {len(long)} lines of 64 KiB its hit is still found", f"said last: {last}")


# what the bound is for: quadratic, and let pass by check
QUADRATIC = """service dear
program dear
rule quadratic
    about  as much work as there are pairs of bytes
    match  <addr> says <text>a<text>b<text>c<end>
    hit    192.0.2.7 192.0.2.7 says abc
"""


def prove_the_lines(folder):
    with open(os.path.join(folder, "dear.pat"), "w", encoding="ascii") as file:
        file.write(QUADRATIC)
    rules = patfile.read_dir(folder)
    lines = list(dear(rules[0], 8000))
    result = run("match", "-c", config_for(folder, folder, rules), stdin=b"\n".join(lines) + b"\n")
    tap.ok(b"skipped at a limit" in result.stderr, "a quadratic rule is found out", result.stderr.decode())


def main():
    for rule, config in each_rule(prove_the_lines):
        check(rule, config)
    tap.done()


if __name__ == "__main__":
    main()
