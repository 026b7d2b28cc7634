#!/usr/bin/env python3
"""34-catch-up - several threads read a daemon's backlog, and nobody can tell: all is as if one had, and as a scan finds it

A log of some hours, longer than what is read by one thread alone, lies there when the daemon starts in a network namespace of
its own: once with one processor, once with all. What it has counted, banned, remembers of an address and hands to the kernel
must be the same, and so must what comes of lines that are written then. At the end it is disturbed, again and again, while it
catches up."""
import datetime
import glob
import importlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), HERE]
import program
import storm
import tap

threads = importlib.import_module("33-threads")
RACES = "/tsan/" in program.MAILWARD
SLOW = RACES or "sanitize" in program.MAILWARD
POLICY = "ban_time = 2d\nban_time_max = 4d\n"
HOURS = 16          # the logs below end two hours ago: no error is forgotten between one look and the next
AHEAD = "several threads read"
ONE = ("taskset", "-c", str(min(os.sched_getaffinity(0))))
TURNS = 12
ADDRESS = re.compile(r"\b(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d+\b")
# what is not the same with one thread either: ages, what a start has brought, and lines that came while the disk was busy
OWN = re.compile(r"seconds|_lost|dropped|memory|requests")


def iso(time_s, host):
    return f"{(BEGIN + datetime.timedelta(seconds=time_s)).isoformat(timespec='microseconds')} {host}"


def traditional(time_s, host):
    return f"{(BEGIN + datetime.timedelta(seconds=time_s)).strftime('%b %e %H:%M:%S')} {host}"


def seldom_odd(log, count):
    """Some blocks begin with a line that stands for the last one before it, and some lines are too long."""
    lines = log.lines(count)
    for at in range(count // 8, count, count // 8):
        lines[at] = f"{log.head()} last message repeated 3 times"
        lines[at + 700] += "x" * log.random.choice((65000, 66000, 70000, 300000))
    return lines


BEGIN = datetime.datetime.now().astimezone() - datetime.timedelta(hours=HOURS)
LINES, MORE = 100000, 3000
TOTALS = ("lines", "bytes", "errors", "addresses", "delays", "bans", "limit_hits")
LOGS = {
    "of two hosts": lambda: threads.Log(1, stamp=iso, step_s=1).lines(LINES + MORE),
    "whose stamps have no year": lambda: threads.Log(2, stamp=traditional, step_s=1, hosts=3).lines(LINES + MORE),
    "with lines that stand for others, and too long ones": lambda: seldom_odd(threads.Log(3, stamp=iso, step_s=1), LINES + MORE),
}

HASTY = "judge = window\nwindow = 1h\nsoft_error_limit = 2\nhard_error_limit = 4\nnetwork_limit = 0\n"


def figures(it):
    """The daemon's numbers, but for those of its own time and of the folder's name."""
    found = {}
    for line in it.command("metrics").stdout.replace(it.folder, "").splitlines():
        name, _, value = line.rpartition(" ")
        if not line.startswith("#") and not OWN.search(name):
            found[name] = value
    return found


def bans(it):
    return {tuple(e.get(key) for key in ("event", "address", "errors", "rule", "time")) for e in it.ask("list")}


def evidence(it, lines):
    """What is remembered of those who were counted last, with the lines: those of before may have made room, as the disk was slow."""
    addresses = sorted({address for line in lines[-300:] for address in ADDRESS.findall(line)})
    since = (BEGIN + datetime.timedelta(seconds=len(lines) / 2 - 300)).astimezone(datetime.timezone.utc).isoformat()
    known = {}
    for address in addresses[::len(addresses) // 20 + 1]:
        event, = it.ask("explain", address)
        known[address] = {key: value for key, value in event.items() if not OWN.search(key)}
        known[address]["evidence"] = [line for line in event["evidence"] if line["time"] > since]
    return known


def kernel():
    return set(ADDRESS.findall(subprocess.check_output(["nft", "list", "table", "inet", "mailward"], text=True)))


def summary(it, lines):
    status = it.ask("status")
    source = next(item for item in status if item["event"] == "source")
    return {
        "the totals": {key: status[0][key] for key in TOTALS},
        "the source's numbers": {key: source.get(key) for key in ("lines", "bytes", "known", "cut_lines", "rotations", "truncations", "left")},
        "the figures": figures(it),
        "the bans": bans(it),
        "what is known of some": evidence(it, lines),
        "the kernel's bans": kernel(),
    }


def caught_up(it):
    return any(item["event"] == "source" and item["caught_up"] for item in it.ask("status"))


def must(done, it):
    if not done:
        raise RuntimeError("\n".join(it.said().splitlines()[-20:]))


def state_of(path):
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0]
    except OSError:
        return "X"


def runs(pid):
    """Any thread that is no zombie: the last one to go lets go of the table, and the first may be gone long before it."""
    return any(state_of(path) not in "ZX" for path in glob.glob(f"/proc/{pid}/task/*/stat"))


def end(it):
    """And its warden, who would mend the table that is deleted then."""
    with open(f"/proc/{it.daemon.pid}/task/{it.daemon.pid}/children") as file:
        others = file.read().split()
    it.daemon.terminate()
    it.daemon.wait(tap.PATIENCE_S)
    must(tap.wait_until(lambda: not any(map(runs, others))), it)


def append(it, lines):
    with open(it.log.path, "ab") as file:
        file.write(b"".join(line.encode("latin-1") + b"\n" for line in lines))


def read_by(before, lines, policy, state):
    """What the daemon makes of a log, then of some lines that are written while it is down; is it read ahead?"""
    it = storm.Storm(random.Random(7), POLICY + policy)
    found = []
    try:
        if os.path.exists(state):       # keys and seeds are those of the other
            shutil.copytree(state, f"{it.folder}/state", dirs_exist_ok=True)
        else:
            must(it.start(), it)
            end(it)
            shutil.copytree(f"{it.folder}/state", state)
        append(it, lines[:LINES])
        must(it.start(before, ("-v",)) and tap.wait_until(lambda: caught_up(it)), it)
        found.append(summary(it, lines[:LINES]))
        end(it)
        scan = json.loads(it.command("scan", "--json", it.log.path).stdout.splitlines()[-1])
        append(it, lines[LINES:])
        must(it.start(before, ("-v",)) and tap.wait_until(lambda: it.status().get("lines") == len(lines) and caught_up(it)), it)
        found.append(summary(it, lines))
        end(it)
        return found, scan, it.said().count(AHEAD)
    finally:
        if it.daemon.poll() is None:
            it.daemon.kill()
        subprocess.run(["nft", "delete", "table", "inet", "mailward"], check=True)      # or the next one takes its bans over
        it.temporary.cleanup()


def compare(name, policy):
    lines = LOGS[name]()
    with tempfile.TemporaryDirectory(prefix="mailward-state-") as folder:
        one, scan, ahead = read_by(ONE, lines, policy, f"{folder}/state")
        tap.ok(not ahead, f"a log {name}: one thread reads it on one processor")
        several, _, ahead = read_by((), lines, policy, f"{folder}/state")
    tap.ok(ahead, "... several on more of them", "nothing was said of it")
    for when, of_one, of_several in zip(("", ", and behind it"), one, several):
        for what, wanted in of_one.items():
            got = of_several[what]
            if isinstance(wanted, dict):        # show only what differs
                got, wanted = ({key: which.get(key) for key in wanted if got.get(key) != wanted[key]} for which in (got, wanted))
            tap.same(got, wanted, f"{what}: the same{when}")
    totals = several[0]["the totals"]
    if "window" in policy:      # the other judge's keys are its own, and so is one time in a thousand what it believes
        tap.same(totals, {key: scan.get(key, totals[key]) for key in totals}, "a scan finds as much")
    tap.ok(totals["bans"] > 20 and len(several[0]["the kernel's bans"]) > 20, f"... which is something ({totals['bans']} bans)")
    if "window" not in policy:      # this one has banned whoever comes late in the log
        tap.ok('"weight"' in json.dumps(several[0]["what is known of some"]), "... with lines that are evidence")


def disturbed():
    """Ended, killed, reloaded and rotated wherever it is: its place and what it counted belong together."""
    chance, done = random.Random(11), dict.fromkeys(("ended", "killed", "reloaded"), 0)
    limit = 10 if SLOW else 200     # so that there is something to count until late
    it = storm.Storm(chance, f"judge = window\nban_time = 7200\nsoft_error_limit = {limit // 2}\nhard_error_limit = {limit}\nnetwork_limit = 0\n")
    log = it.log
    log.write(50000 if SLOW else 250000)
    log.whole.flush()
    with open(log.whole.name, "rb") as file:
        part, lines = file.read(), log.lines
    for _ in range(1 if SLOW else 7):
        log.file.write(part)
        log.whole.write(part)
        log.lines += lines
    midst, up = 0, it.start(after=("-v",))
    while up and sum(done.values()) < TURNS:
        time.sleep(chance.random() * 0.1)
        what = chance.choice(tuple(done))
        midst += it.status().get("lines", 0) < log.lines
        done[what] += 1
        if what == "reloaded":
            it.command("reload")
            continue
        it.daemon.send_signal(signal.SIGKILL if what == "killed" else signal.SIGTERM)
        it.daemon.wait(tap.PATIENCE_S)
        log.write(chance.randrange(1, 200))
        if chance.random() < 0.3:
            log.rotate()
            log.write(20)
        up = it.start(after=("-v",))
    tap.ok(up, f"{done}, {midst} times of {TURNS} before it has caught up: it starts every time")
    tap.ok(AHEAD in it.said(), "and several threads read")
    it.finish(("address", "errors"))    # the last of many may be another: seeds say which lines of a session tell one error


def main():
    if len(os.sched_getaffinity(0)) < 2:
        tap.skip_all("there is one processor: one thread reads in any case")
    tap.own_network()
    for name in list(LOGS)[:1] if RACES else LOGS:
        compare(name, HASTY if name == "of two hosts" else "judge = memory\n")
    disturbed()


if __name__ == "__main__":
    main()
