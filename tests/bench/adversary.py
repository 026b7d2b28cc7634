#!/usr/bin/env python3
"""adversary - target 8: lines of 64 KiB made to be as dear as can be, for every rule; what does the dearest cost?"""
import importlib.util
import os
import subprocess
import sys

sys.dont_write_bytecode = True
from bench import QUICK, ROOT, TOOLS, Figure, path, row, save, say
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
import patfile
from shapes import config_for

EVERY = 40 if QUICK else 5     # of each rule's lines one in so many


def dear():
    """The lines of tests/corpus/cost.py."""
    spec = importlib.util.spec_from_file_location("cost", os.path.join(ROOT, "tests", "corpus", "cost.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.dear


def main():
    lines_of, patterns = dear(), os.path.join(ROOT, "patterns")
    rules = patfile.read_dir(patterns)
    os.makedirs(path("adversary"), exist_ok=True)
    config = config_for(path("adversary"), patterns, rules)
    best, first, all_lines = {}, {}, 0
    say(f"dear lines under {len(rules)} rules")
    for rule in rules:
        lines = [line[:65536] for line in list(lines_of(rule, 65400))[::EVERY]]
        said = subprocess.run([os.path.join(TOOLS, "cost"), config], input=b"\n".join(lines) + b"\n", capture_output=True, check=True).stdout
        times = [[int(word) for word in line.split()] for line in said.splitlines()]
        all_lines += len(times)
        best[rule.name] = max(t[0] for t in times) / 1e6
        first[rule.name] = max(t[1] for t in times) / 1e6
    worst = max(best, key=best.get)
    over = sum(ms > 1 for ms in best.values())
    save("rows-adversary.json", [
        row(8, f"the dearest of {all_lines} lines of 64 KiB under {len(rules)} rules ({worst})", Figure([best[worst]], "ms"), ("<=", 1)),
        row(8, "rules that have a line of more than 1 ms", Figure([over], ""), ("<=", 0)),
        row(8, "the dearest when met for the first time", Figure([max(first.values())], "ms")),
    ])


main()
