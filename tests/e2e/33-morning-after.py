#!/usr/bin/env python3
"""33-morning-after - docs/morning-after.md: every command in it runs, and prints what the page says it does

The demonstration log as of four past ten in the evening, its stamps moved to now, followed by a dry run. Times, dates,
durations and the folder are anybody's; all other figures are those of the page."""
# once: the program is the same
import datetime
import os
import re
import shlex
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
import tap
from daemon import Daemon
from program import ROOT

UNTIL = datetime.datetime.fromisoformat("2025-03-12T22:04:00+00:00")
LOG = "/var/log/mail.log"
BESIDE = re.compile("kernel     bans of an earlier run|standing   bans of an earlier run")     # of a dry run that is started by hand


def demo():
    """The demonstration log, as if it had been written until now."""
    by = datetime.datetime.now().astimezone() - UNTIL
    lines = []
    with open(f"{ROOT}/share/demo/mail.log") as log:
        for line in log:
            stamp, _, rest = line.partition(" ")
            time = datetime.datetime.fromisoformat(stamp)
            if time <= UNTIL:
                lines.append(f"{(time + by).isoformat(timespec='microseconds')} {rest}")
    return lines


def commands():
    """The page's commands: (words, wanted lines)."""
    found, inside = [], False
    with open(f"{ROOT}/docs/morning-after.md") as page:
        for line in page.read().splitlines():
            if line == "```":
                inside = not inside
            elif inside and line.startswith("$ "):
                found.append((line[2:], []))
            elif inside:
                found[-1][1].append(line)
    return found


def plain(line):
    """Without what hangs on when and where."""
    line = re.sub(r"\d{4}-\d\d-\d\d", "DATE", line)
    line = re.sub(r"\d\d:\d\d(:\d\d)?", "TIME", line)
    line = re.sub(r"\b(\d+[dhms])+\b", "SPAN", line)
    line = re.sub(r"[0-9.]+ lines a second", "N lines a second", line)
    return re.sub(r"\s+", " ", line).strip()


def holds(said, wanted):
    """The first wanted line that does not come, in its place; None: all do."""
    at, anywhere = 0, False
    for line in wanted:
        if line == "...":
            anywhere = True
            continue
        parts = [re.escape(plain(part)) for part in line.split("...")]
        pattern = re.compile(".*".join(parts))
        while anywhere and at < len(said) and not pattern.fullmatch(said[at]):
            at += 1
        if at == len(said) or not pattern.fullmatch(said[at]):
            return line
        at, anywhere = at + 1, False
    return None if anywhere or at == len(said) else f"(nothing after it, but there is: {said[at]})"


def run(daemon, line):
    words = shlex.split(line.replace("<", "\\<").replace(">", "\\>"))
    if words[:2] == ["sudo", "mailward"]:
        return daemon.ask(*[word.replace("week.html", f"{daemon.folder}/state/week.html") for word in words[2:]])
    return subprocess.run([word.replace(LOG, daemon.log) for word in words], capture_output=True, text=True, check=False)


def main():
    os.environ["TZ"] = "UTC"
    os.environ["LC_ALL"] = "C.UTF-8"
    with tempfile.TemporaryDirectory(prefix="mailward-test-") as folder:
        daemon = Daemon(folder)
        os.makedirs(f"{folder}/state")
        os.chmod(f"{folder}/state", 0o777)
        try:
            daemon.start()
            lines = demo()
            with open(daemon.log, "a") as log:
                log.writelines(lines)
            tap.ok(tap.wait_until(lambda: daemon.sources()[0]["lines"] == len(lines)), "the demonstration log is read")
            page = commands()
            tap.ok(len(page) >= 12, f"{len(page)} commands on the page")
            for line, wanted in page:
                result = run(daemon, line)
                said = [plain(text.replace(daemon.log, LOG)) for text in result.stdout.splitlines() if not BESIDE.match(text)]
                missing = holds(said, wanted)
                tap.ok(result.returncode == 0 and missing is None, line, result.returncode, result.stderr, missing or "", *result.stdout.splitlines())
            tap.ok(os.path.getsize(f"{folder}/state/week.html") > 1000, "the page is written")
        finally:
            daemon.stop()
    tap.done()


if __name__ == "__main__":
    main()
