#!/usr/bin/env python3
"""scan - target 1: a log of a million lines from start to end, beside wc, grep and the peers"""
import glob
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
from bench import HERE, MAILWARD, QUICK, ROOT, TOOLS, Figure, cpu_s, in_turn, path, row, save, say, skipped, wall_s

LINES = 300_000 if QUICK else 1_000_000
RUNS = 5 if QUICK else 9
GREP = (r"reject: (RCPT|MAIL|HELO|EHLO|CONNECT|DATA) from [^ ]*\[[0-9a-fA-F:.]+\]: 5[0-9][0-9]|SASL [A-Z0-9-]+ authentication failed|"
        r"\(auth failed, [0-9]+ attempts")
PARSER = "/usr/libexec/sshguard/sshg-parser"


def log(percent):
    """The log, made when it is first needed."""
    name = path(f"log-{LINES}-{percent}")
    if not os.path.exists(name):
        say(f"writing {LINES} lines, {percent} % errors")
        with open(name + ".part", "wb") as out:
            subprocess.run([os.path.join(HERE, "make-log"), str(LINES), str(percent)], stdout=out, check=True)
        os.rename(name + ".part", name)
    return name


def head(name, lines):
    """Its first lines, for the slow."""
    with open(name, "rb") as source, open(path(f"log-{lines}"), "wb") as out:
        for _ in range(lines):
            out.write(source.readline())
    return path(f"log-{lines}")


def config(name, patterns):
    with open(path(name), "w", encoding="ascii") as f:
        f.write(f"[mailward]\npatterns = {patterns}\n")
    return path(name)


def grown_catalogue():
    """The shipped patterns, and ten times as many rules again, of services that are not in the log."""
    folder = path("patterns-grown")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(os.path.join(ROOT, "patterns"), folder)
    shipped = sum(open(f, encoding="utf-8").read().count("\nrule ") for f in glob.glob(os.path.join(ROOT, "patterns", "*.pat")))
    for service in range(9 * shipped // 50 + 1):
        with open(os.path.join(folder, f"foreign{service}.pat"), "w", encoding="ascii") as f:
            f.write(f"service foreign{service}\nprogram foreign{service}-*d foreign{service}/*\n")
            for rule in range(50):
                f.write(f"rule rule{rule}\n\tabout nothing that is here\n\tmatch error {rule}: <host>\\[<addr>\\]: <text> failed\n")
    return config("conf-grown", folder)


def scan(conf, name):
    return lambda: cpu_s([MAILWARD, "scan", "--threads", "1", "-c", conf, "--json", name])


def threads(rows, conf, name):
    """By the clock: all cores beside one, and packed beside what unpacks it."""
    cores = len(os.sched_getaffinity(0))
    packed = name + ".gz"
    if not os.path.exists(packed):
        with open(packed + ".part", "wb") as out:
            subprocess.run(["gzip", "-c", name], stdout=out, check=True)
        os.rename(packed + ".part", packed)
    runs = {str(count): (lambda count=count: wall_s([MAILWARD, "scan", "--threads", str(count), "-c", conf, "--json", name]))
            for count in sorted({1, 2, cores})}
    t = in_turn(RUNS, packed=lambda: wall_s([MAILWARD, "scan", "-c", conf, "--json", packed]),
                zcat=lambda: wall_s(["sh", "-c", f"zcat {packed} | wc -l"]), **runs)
    if cores == 1:
        rows.append(skipped(1, "scan with several threads", "there is one processor"))
    for count in sorted({2, cores}) if cores > 1 else ():
        rows.append(row(1, f"scan with {count} threads, by the clock", t[str(count)], ("<=", 0.6) if count == 2 else None, "one thread", t["1"],
                        t[str(count)].median / t["1"].median))
    rows.append(row(1, "scan of a packed log, by the clock", t["packed"], ("<=", 0.6), "zcat | wc -l", t["zcat"], t["packed"].median / t["zcat"].median))


def judge_alone(rows, conf, name):
    """What is left for one thread, however many read."""
    def hits_per_s():
        with open(name, "rb") as lines:
            hits, ns = map(int, subprocess.run([os.path.join(TOOLS, "verdicts"), conf], stdin=lines, capture_output=True, check=True).stdout.split())
        return hits / ns * 1e9
    rows.append(row(1, "the judge alone, hits a second", Figure([hits_per_s() for _ in range(3)], "M/s")))


def ripgrep(rows, name, scanned):
    if not shutil.which("rg"):
        rows.append(skipped(1, "scan beside ripgrep", "rg is not installed"))
        return
    t = in_turn(RUNS, rg=lambda: cpu_s(["rg", "-j1", "-c", GREP, name]))["rg"]
    rows.append(row(1, "scan, processor time, times rg", scanned, ("<=", 4), "rg -j1 -c, three expressions", t, scanned.median / t.median))


def peers(rows, mixed, lines_per_s):
    count = 20000 if QUICK else 100000
    slow = head(mixed, count)
    if os.path.exists(PARSER):
        t = in_turn(3, parser=lambda: cpu_s([PARSER], stdin=head(mixed, 100000)))["parser"]
        peer = Figure([100000 / s for s in t.runs], "M/s")
        rows.append(row(1, "scan, times sshguard's parser", lines_per_s, None, "sshg-parser", peer, lines_per_s.median / peer.median))
    else:
        rows.append(skipped(1, "scan beside sshguard", "sshguard is not installed"))
    if not shutil.which("fail2ban-regex"):
        rows.append(skipped(1, "scan beside fail2ban", "fail2ban is not installed"))
        return
    both = [s for s in in_turn(1 if QUICK else 3, both=lambda: sum(
        cpu_s(["fail2ban-regex", "--no-check-all", slow, f"/etc/fail2ban/filter.d/{jail}.conf"]) for jail in ("postfix", "dovecot")))["both"].runs]
    peer = Figure([count / s for s in both], "M/s")
    rows.append(row(1, "scan, times fail2ban (postfix and dovecot)", lines_per_s, (">=", 1000), "fail2ban-regex", peer,
                    lines_per_s.median / peer.median))


def main():
    rows = []
    mixed, half = log(30), log(50)
    conf, grown = config("conf", os.path.join(ROOT, "patterns")), grown_catalogue()
    say("scanning")
    t = in_turn(RUNS, scan=scan(conf, mixed), grown=scan(grown, mixed), half=scan(conf, half), none=scan(conf, "/dev/null"),
                none_grown=scan(grown, "/dev/null"),
                wc=lambda: cpu_s(["wc", "-l", mixed]), grep=lambda: cpu_s(["grep", "-cE", GREP, mixed]))
    speed = Figure([LINES / s for s in t["scan"].runs], "M/s")
    rows.append(row(1, "scan, processor time, times wc -l", t["scan"], None, "wc -l", t["wc"], t["scan"].median / t["wc"].median))
    rows.append(row(1, "scan, times as fast as grep -cE", speed, (">=", 4), "grep -cE, three expressions",
                    Figure([LINES / s for s in t["grep"].runs], "M/s"), t["grep"].median / t["scan"].median))
    rows.append(row(1, "scan with ten times the catalogue, without its loading", Figure([s - t["none_grown"].median for s in t["grown"].runs], "s"),
                    ("<=", 1.3), "the catalogue", Figure([s - t["none"].median for s in t["scan"].runs], "s"),
                    (t["grown"].median - t["none_grown"].median) / (t["scan"].median - t["none"].median)))
    rows.append(row(1, "half of the lines errors, not 30 %", t["half"], ("<=", 2), "30 %", t["scan"], t["half"].median / t["scan"].median))
    rows.append(row(1, "loading the catalogue", Figure([1000 * s for s in t["none"].runs], "ms")))
    rows.append(row(1, "loading ten times the catalogue", Figure([1000 * s for s in t["none_grown"].runs], "ms")))
    ripgrep(rows, mixed, t["scan"])
    say("several threads")
    threads(rows, conf, mixed)
    judge_alone(rows, conf, mixed)
    say("the peers")
    peers(rows, mixed, speed)
    save("rows-scan.json", rows)


main()
