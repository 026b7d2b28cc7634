#!/usr/bin/env python3
"""30-whatif - each setting comes out as scan has it under a config that says so, and what is wrong is said; the bar over long logs"""
import json
import os
import pty
import subprocess
import sys
import tempfile
import termios

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "sim")]
import program
import tap
import worlds

PATTERNS = f"[mailward]\npatterns = {program.ROOT}/patterns\n"


def run(*arguments, stdin="", **environment):
    return subprocess.run([program.MAILWARD, *arguments], input=stdin, capture_output=True, text=True, check=False,
                          env={**os.environ, "LC_ALL": "C", **environment})


def config(folder, name, text=""):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(PATTERNS + text)
    return path


def settings(output):
    lines = [json.loads(line) for line in output.splitlines()]
    return {line["setting"]: line for line in lines if line["event"] == "setting"}, [line for line in lines if line["event"] == "hurt"]


# what is set, and what a config says to the same effect
ALIKE = [
    ("hard_error_limit=3", "[policy]\nhard_error_limit = 3\n"),
    ("hard_error_limit=2", "[policy]\nhard_error_limit = 2\nsoft_error_limit = 2\n"),
    ("service.postfix.hard_error_limit=2", "[service postfix]\nhard_error_limit = 2\n"),
    ("service.dovecot.window=1h", "[service dovecot]\nwindow = 1h\n"),
    ("policy.hard_error_limit=9", "[policy]\nhard_error_limit = 9\n"),
    ("judge=window", "[policy]\njudge = window\n"),
    ("postfix/user-unknown=off", "[rules]\npostfix/user-unknown = off\n"),
    ("rules.dovecot=off", "[rules]\ndovecot = off\n"),
    ("case=keep", "[names]\ncase = keep\n"),
    ("allow.addresses=100.64.0.0/10", "[allow]\naddresses = 100.64.0.0/10\n"),
    ("mailward.max_bans=1000", "[mailward]\nmax_bans = 1000\n"),
]


def scanned(folder, text, log):
    """What scan says of a log under a config."""
    path = config(folder, "scan.conf", "" if text.startswith("[mailward]") else text)
    if text.startswith("[mailward]"):
        with open(path, "w") as file:
            file.write(PATTERNS + text.partition("\n")[2])
    lines = [json.loads(line) for line in run("scan", "--json", "-c", path, log).stdout.splitlines()]
    summary = lines[-1]
    return (summary["bans"], summary["delays"], summary["errors"], summary["errors"] + summary["evidence"]), \
           {line["address"] for line in lines if line["event"] == "hurt"}


def as_scan_has_it(folder, conf, log):
    today, hurt_today = scanned(folder, "", log)
    for setting, text in ALIKE:
        result = run("whatif", "--json", "-c", conf, "--set", setting, log)
        got, hurt = settings(result.stdout)
        wanted, wanted_hurt = scanned(folder, text, log)
        figures = {name: (line["bans"], line["delays"], line["through"], line["tries"]) for name, line in got.items()}
        tap.same(figures, {"today": today, setting: wanted}, f"{setting}: the figures are scan's, under both")
        if setting not in ("judge=window", "rules.dovecot=off"):      # then a scan knows not who belongs here, or not all of them
            tap.same({line["address"] for line in hurt if line["setting"] == setting}, wanted_hurt, f"{setting}: so are the hurt")
    tap.ok(today[0] > 10 and today[2] < today[3], "there is something to be seen", today)
    _, hurt = settings(run("whatif", "--json", "-c", conf, "--set", "judge=window", log).stdout)
    _, known = settings(run("whatif", "--json", "-c", config(folder, "window.conf", "[policy]\njudge = window\n"),
                            "--set", "judge=memory", log).stdout)
    tap.ok({line["address"] for line in hurt if line["setting"] == "judge=window"} ==
           {line["address"] for line in known if line["setting"] == "today"} != set(),
           "who belongs here is known, whichever judge is today's")


def swept(conf, log):
    result = run("whatif", "--json", "-c", conf, "--set", "long_limit=5", "--sweep", "hard_error_limit=3,6,9", "--sweep",
                 "judge=memory,window", log)
    got, _ = settings(result.stdout)
    tap.same(list(got), ["today", "long_limit=5"] + [f"long_limit=5 hard_error_limit={hard} judge={judge}" for hard in (3, 6, 9)
                                                     for judge in ("memory", "window")], "each combination, on top of what is set")
    text = run("whatif", "-c", conf, "--set", "long_limit=5", "--sweep", "hard_error_limit=3,6,9", "--sweep",
               "judge=memory,window", log).stdout
    lines = text.splitlines()
    rows = [line for line in lines if " % " in line and "|" not in line]
    names = sorted(got, key=len, reverse=True)
    order = [next(name for name in names if row.startswith(name + " ")) for row in rows]
    tap.same([got[name]["cost"] for name in order], sorted(line["cost"] for line in got.values()), "the best trade stands on top")
    plotted = [line for line in lines if "|" in line]
    tap.same([line.partition("|")[0].strip() for line in plotted], list(got), "the plot is in the order of the values")
    tap.ok(text.isascii() and any("###" in line for line in plotted), "in ASCII where the locale knows no more")
    utf8 = run("whatif", "-c", conf, "--sweep", "hard_error_limit=3,6,9", log, LC_ALL="C.UTF-8", TERM="xterm").stdout
    dumb = run("whatif", "-c", conf, "--sweep", "hard_error_limit=3,6,9", log, LC_ALL="C.UTF-8", TERM="dumb").stdout
    tap.ok("█" in utf8 and "#" not in utf8, "in blocks where it is UTF-8")
    tap.ok(dumb.isascii(), "but not on a dumb terminal")
    tap.ok(max(len(line) for line in utf8.splitlines()) <= 120, "no line is too long")


REFUSED = [
    (2, "nothing to try", []),
    (2, "KEY=A,B,C would be right", ["--sweep", "hard_error_limit"]),
    (2, "a value is empty", ["--sweep", "hard_error_limit=3,,4"]),
    (2, "at most 64 at once", ["--sweep", "hard_error_limit=" + ",".join(map(str, range(3, 13))), "--sweep", "long_limit=1,2,3,4,5,6,7"]),
    (2, "command line: 'x' is no setting, KEY=VALUE would be right", ["--set", "x"]),
    (2, "command line: hard_error_limit: 'x' is no number from 1 to 1000", ["--set", "hard_error_limit=x"]),
    (2, "command line: hard_error_limit: no value", ["--set", "policy.hard_error_limit="]),
    (2, "command line: unknown key 'hard_eror_limit', did you mean 'hard_error_limit'?", ["--set", "hard_eror_limit=3"]),
    (2, "command line: unknown key 'frobnicate', one of the config's", ["--set", "frobnicate=3"]),
    (2, "command line: unknown key 'widow', did you mean 'window'?", ["--set", "policy.widow=3"]),
    (2, "command line: soft_error_limit = 7 is above hard_error_limit = 6 (the default),", ["--set", "soft_error_limit=7"]),
    (2, "command line: [service dovecot] soft_error_limit = 7 is above hard_error_limit = 6,", ["--set", "service.dovecot.soft_error_limit=7"]),
    (2, "command line: [service NAME] is a section for each service, service.NAME.window would be right", ["--set", "service.window=1h"]),
    (2, "command line: unknown key 'widow', did you mean 'window'?", ["--set", "service.dovecot.widow=1h"]),
    (2, "command line: [service] needs a name, up to 32", ["--set", "service.do vecot.window=1h"]),
    (2, "command line: window is set twice", ["--set", "service.dovecot.window=1h", "--sweep", "service.dovecot.window=2h,3h"]),
    (2, "frobnicate", ["--set", "service.frobnicate.window=1h"]),
    (2, "command line: hard_error_limit is set twice", ["--set", "hard_error_limit=5", "--sweep", "hard_error_limit=3,4"]),
    (2, "command line: 'file' is a key of several sections", ["--set", "file=x"]),
    (2, "command line: [source NAME] is a section for each source", ["--set", "source.file=x"]),
    (2, "command line: there is no rule postfix/frobnicate in the patterns", ["--set", "postfix/frobnicate=2"]),
    (2, "command line: postfix/user-unknown is set twice", ["--set", "postfix/user-unknown=2", "--set", "rules.postfix/user-unknown=3"]),
    (2, "command line: postfix/user-unknown: '1000' is no weight of a rule", ["--set", "postfix/user-unknown=1000"]),
    (2, "command line: '\\x1b[31m", ["--set", "\033[31m"]),
]


def refused(folder, conf, log):
    for status, wanted, options in REFUSED:
        result = run("whatif", "-c", conf, *options, log)
        tap.ok(result.returncode == status and wanted in result.stderr and result.stdout == "" and "\033" not in result.stderr,
               f"refused: {wanted}", result.returncode, result.stderr, result.stdout)
    soft = config(folder, "soft.conf", "[policy]\nsoft_error_limit = 6\n[service dovecot]\nsoft_error_limit = 6\n")
    result = run("whatif", "--json", "-c", soft, "--sweep", "hard_error_limit=4,9", "--sweep", "service.dovecot.hard_error_limit=4,6,9", log)
    below = run("whatif", "--json", "-c", soft, "--set", "hard_error_limit=4", log)
    tap.ok(below.returncode == 0 and result.returncode == 0 and len(settings(result.stdout)[0]) == 7, "a sweep goes below the config's soft limits", result.stderr)
    over = config(folder, "over.conf", "[policy]\nhard_error_limit = 9\n[rules]\npostfix/user-unknown = 3\n")
    result = run("whatif", "--json", "-c", over, "--set", "hard_error_limit=4", "--set", "postfix/user-unknown=1", log)
    got, _ = settings(result.stdout)
    plain, _ = settings(run("whatif", "--json", "-c", conf, "--set", "hard_error_limit=4", log).stdout)
    tap.same(got["hard_error_limit=4 postfix/user-unknown=1"]["bans"], plain["hard_error_limit=4"]["bans"],
             "what is set wins over the config")
    result = run("whatif", "-c", conf, "--set", "hard_error_limit=4", os.path.join(folder, "none\033[31m"))
    tap.ok(result.returncode == 1 and "none\\x1b[31m: No such file" in result.stderr, "a log that is not there is told", result.stderr)


def sources(folder, conf_text, log):
    """Without a FILE: the config's, with what they were rotated to."""
    whole = os.path.join(folder, "mail.log")
    with open(log) as file:
        lines = file.readlines()
    third = len(lines) // 3
    for name, part in (("mail.log.2", lines[:third]), ("mail.log.1", lines[third:2 * third]), ("mail.log", lines[2 * third:])):
        with open(os.path.join(folder, name), "w") as file:
            file.writelines(part)
    subprocess.run(["gzip", os.path.join(folder, "mail.log.2")], check=True)
    subprocess.run(["gzip", "-k", os.path.join(folder, "mail.log.1")], check=True)      # it is being packed just now
    with open(os.path.join(folder, "mail.log.old"), "w") as file:
        file.writelines(lines)
    conf = config(folder, "sources.conf", f"{conf_text}[source maillog]\nfile = {whole}\n")
    split, _ = settings(run("whatif", "--json", "-c", conf, "--set", "hard_error_limit=4").stdout)
    one, _ = settings(run("whatif", "--json", "-c", conf, "--set", "hard_error_limit=4", log).stdout)
    tap.same(split, one, "without a FILE the config's sources are read, and what they were rotated to, once")


def bar(conf, log, command, terminal="xterm"):
    """Feed a log bit by bit until something shows on the terminal that standard error is; what showed."""
    master, slave = pty.openpty()
    os.set_blocking(master, False)
    termios.tcsetwinsize(slave, (24, 80))
    process = subprocess.Popen([program.MAILWARD, *command, "-c", conf, "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=slave,
                               env={**os.environ, "LC_ALL": "C", "TERM": terminal})
    os.close(slave)
    shown = b""

    def look():
        nonlocal shown
        try:
            shown += os.read(master, 65536)
        except OSError:
            pass
        return b"MB/s" in shown or b"kB/s" in shown

    with open(log, "rb") as file:
        text = file.read()[:200000]
    text = text[:text.rindex(b"\n") + 1]

    def feed():
        process.stdin.write(text)
        process.stdin.flush()
        return look()

    seen = tap.wait_until(feed) if terminal != "dumb" else [feed() for _ in range(100)][-1]
    process.stdin.close()
    process.wait()
    look()
    os.close(master)
    return seen, shown.decode()


def main():
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "world.log")
        worlds.make(worlds.behind, 5, .1).write(log)
        conf = config(folder, "m.conf")
        as_scan_has_it(folder, conf, log)
        swept(conf, log)
        refused(folder, conf, log)
        sources(folder, "", log)
        for command in (["scan"], ["whatif", "--set", "hard_error_limit=4"]):
            seen, shown = bar(conf, log, command)
            tap.ok(seen and shown.endswith("\r\033[K"), f"{command[0]}: a long log has a bar, which goes at the end", repr(shown[-200:]))
            seen, shown = bar(conf, log, command, "dumb")
            tap.ok(not seen and shown == "", f"{command[0]}: but on a dumb terminal", repr(shown))
        result = run("scan", "-c", conf, *[log] * 40)
        tap.ok(result.stderr == "", "and where there is no terminal", result.stderr)
    tap.done()


main()
