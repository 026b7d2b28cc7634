#!/usr/bin/env python3
"""labels - the labelled lines beside this file, through the program itself: each blames whom it should

usage: tests/corpus/labels.py [FILE.tsv...]        MAILWARD: the program, default build/mailward

One test for each file, reason and label; the columns are explained at the top of each file. A new kind of line
begins with a line in a file here, and needs no C.
"""
import glob
import os
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import tap
from program import ROOT, run

MEANS = {"yes": "counts", "no": "counts for nobody", "weak": "blames nobody else"}
RIGHT = {"yes": lambda got, wanted: got == wanted, "no": lambda got, _: got == "", "weak": lambda got, wanted: got in ("", wanted)}


def check(path, config):
    name = os.path.basename(path).removesuffix(".tsv")
    with open(path, "rb") as file:
        cases = [line.split(b"\t", 4) for line in file if not line.startswith(b"#")]
    result = run("match", "-c", config, "--plain", stdin=b"".join(case[4] for case in cases))
    blamed = {int(words[0]): words[1:] for words in map(str.split, result.stdout.decode().splitlines())}
    tests = {}
    for number, case in enumerate(cases, 1):
        ident, reason, wanted, label = (field.decode() for field in case[:4])
        got, rule = blamed.get(number, ["", "nothing"])[:2]
        count, wrong = tests.setdefault(f"{name}: {reason}, {MEANS[label]}", [[], []])
        count.append(number)
        if not RIGHT[label](got, wanted):
            wrong.append(f"{ident}: {rule} blamed {got or 'nobody'}, label {label} {wanted}: {ascii(case[4][:200])}")
    for test, (count, wrong) in tests.items():
        tap.ok(not wrong, f"{test} ({len(count)} lines)", *wrong)
    tap.ok(result.returncode == 0 and tests, f"{name}: the program ends well", *result.stderr.decode("utf-8", "replace").splitlines())


with tempfile.TemporaryDirectory() as folder:
    # the config is the built-in one, with the patterns of this tree, wherever the program is
    with open(os.path.join(folder, "conf"), "w", encoding="utf-8") as file:
        file.write(f"[mailward]\npatterns = {ROOT}/patterns\n")
    for path in sys.argv[1:] or sorted(glob.glob(os.path.join(HERE, "*.tsv"))):
        check(path, os.path.join(folder, "conf"))
tap.done()
