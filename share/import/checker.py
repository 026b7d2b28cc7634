"""checker - "mailward check" asked what it thinks of pattern files

The proof that a rule can blame nobody else is the daemon's own, in C; here it is run on candidates and its answer read.
"""
import os
import re
import subprocess
import tempfile

NO_HIT = "has no hit"
PROBLEM = re.compile(r"(?P<file>.+?\.pat)(?::(?P<line>\d+))?(?::(?P<column>\d+))?: (?P<text>.*)")


class Foreign(Exception):
    """check stumbles over something that is not asked about, such as a local pattern; its text is what it said."""


class Problem:
    def __init__(self, name, line, text):
        self.name, self.line, self.text, self.shown = name, line, text, []      # shown: the line and the caret below it


def check(mailward, files):
    """Run it on {name: text}, each a pattern file. Returns its problems with them, in order."""
    with tempfile.TemporaryDirectory(prefix="mailward-import-") as folder:
        patterns = os.path.join(folder, "patterns")
        os.mkdir(patterns)
        for name, text in files.items():
            with open(os.path.join(patterns, name + ".pat"), "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(text)
        conf = os.path.join(folder, "mailward.conf")
        with open(conf, "w", encoding="utf-8") as file:
            file.write(f"[mailward]\npatterns = {patterns}\n")
        done = subprocess.run([mailward, "check", "-c", conf], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, check=False)
        said = done.stderr.decode("utf-8", "replace")
        if done.returncode not in (0, 1):
            raise Foreign(said or f"mailward check: status {done.returncode}")
        return list(_problems(said, patterns + "/"))


def _problems(said, folder):
    last, foreign = None, []
    for line in said.splitlines():
        if line.startswith("    ") and last:
            last.shown.append(line.strip("\n"))
            continue
        found = PROBLEM.match(line)
        if not found or not found["file"].startswith(folder):
            if NO_HIT not in line:      # of a local rule, that is for another day
                foreign.append(line)
            last = None
            continue
        name = found["file"][len(folder):-len(".pat")]
        last = Problem(name, int(found["line"] or 0), found["text"])
        yield last
    if foreign:
        raise Foreign("\n".join(foreign))


def sieve(mailward, files):
    """Which of {name: text} it refuses: {name: [Problem...]}, a hit that is missing being none.

    It compiles expressions only once all are proved, so that is asked again until nothing new is refused.
    """
    refused = {}
    files = dict(files)
    while files:
        fresh = {}
        for problem in check(mailward, files):
            if NO_HIT not in problem.text:
                fresh.setdefault(problem.name, []).append(problem)
        if not fresh:
            break
        refused.update(fresh)
        for name in fresh:
            del files[name]
    return refused
