#!/usr/bin/env python3
"""32-suggest - check --suggest: who may belong into [allow], which limits would fit; its figures are those of whatif"""
import json
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib")]
import program
import tap

NOW = time.time()


def run(*arguments, **environment):
    return subprocess.run([program.MAILWARD, *arguments], capture_output=True, text=True, check=False,
                          env={**os.environ, "LC_ALL": "C", **environment})


def stamp(ago_s):
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(NOW - ago_s))


def fail(ago_s, address, name):
    return f"{stamp(ago_s)} mx postfix/smtpd[{ago_s}]: warning: unknown[{address}]: SASL LOGIN authentication failed: authentication failure, sasl_username={name}\n"


def login(ago_s, address, name):
    return f"{stamp(ago_s)} mx postfix/smtpd[{ago_s}]: 4ABC{ago_s}: client=x[{address}], sasl_method=PLAIN, sasl_username={name}\n"


def write(folder, name, lines):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.writelines(sorted(lines) if name.endswith(".log") else lines)
    return path


def config(folder, name, text=""):
    return write(folder, name, [f"[mailward]\npatterns = {program.ROOT}/patterns\n{text}"])


def rows(text):
    """The tables' rows: setting -> (bans, delays, through, hurt)."""
    return {found[1]: tuple(map(int, found.group(2, 3, 4, 5)))
            for found in re.finditer(r"^(\S.*?) +(\d+) +(\d+) +(\d+) +[\d.]+ % +(?:[+-][\d.]+)? +\S+ +(\d+) +\S+$", text, re.M)}


def whom_to_allow(folder):
    office = "198.51.100.9"
    lines = [login(90000 + n, office, f"user{n}@example.com") for n in range(4)] + [login(90010, "198.51.100.77", "one@example.com")]
    lines += [fail(8000 - n, "192.168.7.8", f"w{n}") for n in range(9)]         # a webmail
    lines += [fail(7000 - n, "192.168.7.9", "w") for n in range(2)]             # hardly fails
    lines += [fail(6000 - n, "192.168.7.7", f"w{n}") for n in range(9)]         # is allowed
    lines += [fail(5000 - n, office, f"x{n}") for n in range(60)]               # an office, with something odd in it
    lines += [fail(4000 - n, "198.51.100.77", f"y{n}") for n in range(60)]      # one customer, likewise
    lines += [fail(3000 - n, "203.0.113.5", f"z{n}") for n in range(30)]        # a stranger
    log = write(folder, "allow.log", lines)
    conf = config(folder, "allow.conf", "[allow]\naddresses = 192.168.7.7\n")
    result = run("check", "--suggest", "-c", conf, log)
    tap.ok(result.returncode == 0 and result.stderr == "", "done", result.stderr)
    said = dict(re.findall(r"^  (\S+) +(\d.*)$", result.stdout, re.M))
    tap.same(set(said), {"192.168.7.8", office}, "a private address that fails, and one where several are at home; nobody else")
    tap.ok(said.get("192.168.7.8", "").startswith("9 errors of a private address"), "why the one", said)
    tap.ok(re.match(r"4 accounts at home and \d mails? delivered from there; \d bans?, dropped for ", said.get(office, "")), "why the other", said)
    tap.ok(f"With addresses = 192.168.7.8 {office}\n" in result.stdout, "as they would stand in the config")
    got = rows(result.stdout.partition("With addresses")[2])
    tap.ok(len(got) == 2 and got["today"][3] == 2 and [hurt for name, (*_, hurt) in got.items() if name != "today"] == [1],
           "and what it would change", got)
    tap.ok("1 who belongs here was dropped for mistakes of his own" in result.stdout,
           "one customer's mistakes are no reason", result.stdout)
    done = config(folder, "done.conf", f"[allow]\naddresses = 192.168.7.7 192.168.7.8 {office}\n")
    result = run("check", "--suggest", "-c", done, log)
    tap.ok("[allow]: nobody is missing" in result.stdout, "once they are allowed, nobody is missing", result.stdout)


def which_limits(folder):
    lines = []
    for n in range(60):         # who goes when five tries are done
        lines += [fail(80000 - 1000 * n - i, f"203.0.{n}.7", f"n{n}x{i}") for i in range(5)]
    log = write(folder, "five.log", lines)
    conf = config(folder, "five.conf")
    result = run("check", "--suggest", "-c", conf, log)
    tap.ok("[policy]: hard_error_limit=4 would be the better trade" in result.stdout and
           "80.0 % come through instead of 100.0 %" in result.stdout, "a limit that would fit", result.stdout)
    got = rows(result.stdout)
    tap.ok({"today", "hard_error_limit=8", "long_limit=5", "network_limit=3"} <= set(got) and "judge=memory" not in got,
           "others are tried, but not what is today's", sorted(got))
    for setting in ("hard_error_limit=8", "long_limit=5"):
        for line in map(json.loads, run("whatif", "--json", "-c", conf, "--set", setting, log).stdout.splitlines()):
            if line["event"] == "setting":
                tap.same(got[line["setting"]], tuple(line[name] for name in ("bans", "delays", "through", "hurt")),
                         f"{setting}: {line['setting']} has whatif's figures")
    four = config(folder, "four.conf", "[policy]\nhard_error_limit = 4\n")
    result = run("check", "--suggest", "-c", four, log)
    tap.ok("today's limits fit" in result.stdout and "hard_error_limit=4 " not in result.stdout, "with it, they fit", result.stdout)
    soft = config(folder, "soft.conf", "[policy]\nsoft_error_limit = 6\n")
    result = run("check", "--suggest", "-c", soft, log)
    tap.ok(result.returncode == 0 and "hard_error_limit=5" not in result.stdout and "hard_error_limit=8" in result.stdout,
           "what the config cannot have is not tried", result.stdout)
    few = write(folder, "few.log", lines[:50])
    result = run("check", "--suggest", "-c", conf, few)
    tap.ok("50 tries are too few" in result.stdout and not rows(result.stdout), "few tries tell nothing", result.stdout)
    return lines


def sources(folder, lines):
    half = len(lines) // 2
    lines.sort()
    write(folder, "mail.1", lines[:half])
    subprocess.run(["gzip", os.path.join(folder, "mail.1")], check=True)
    write(folder, "mail", lines[half:])
    conf = config(folder, "sources.conf", f"[source maillog]\nfile = {folder}/mail\n")
    result = run("check", "--suggest", "-c", conf)
    tap.ok(f"\n{len(lines)} lines, " in result.stdout, "the config's sources, with what they were rotated to", result.stdout)
    for path, text in (("none.conf", ""), ("empty.conf", f"[source maillog]\nfile = {write(folder, 'empty', [])}\n")):
        result = run("check", "--suggest", "-c", config(folder, path, text))
        tap.ok(result.returncode == 1 and "no line of a log was seen" in result.stderr and "nobody is missing" not in result.stdout,
               f"without a log it suggests nothing: {path}", result.stdout, result.stderr)
    result = run("check", "-c", conf)
    tap.ok("[policy]" not in result.stdout, "only if it is asked for")
    result = run("check", "-c", conf, "unexpected")
    tap.ok(result.returncode == 2 and "unexpected 'unexpected'" in result.stderr, "files only with it", result.stderr)
    result = run("check", "--suggest", "-c", conf, "-")
    tap.ok(result.returncode == 2 and "has to be a file" in result.stderr, "no standard input, which cannot be read twice", result.stderr)
    result = run("check", "--suggest", "-c", conf, "/nonexistent\033")
    tap.ok(result.returncode == 1 and "/nonexistent\\x1b: No such file" in result.stderr, "what cannot be read is told", result.stderr)
    result = run("check", "--suggest", "-c", config(folder, "wrong.conf", "[policy]\nwindow = x\n"), os.path.join(folder, "mail"))
    tap.ok(result.returncode == 1 and result.stdout == "", "a config that is wrong is put right first", result.stdout)


with tempfile.TemporaryDirectory() as temporary:
    whom_to_allow(temporary)
    sources(temporary, which_limits(temporary))
tap.done()
