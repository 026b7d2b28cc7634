#!/usr/bin/env python3
"""33-threads - a log that several threads read comes out as if one had: to the byte, whatever stands in it and however it is packed"""
import bz2
import gzip
import json
import lzma
import os
import random
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib")]
import program
import tap

# Under ThreadSanitizer all takes twenty times as long, and a race shows wherever there may be one: three logs will do.
RACES = "/tsan/" in program.MAILWARD
RACY = ("of two hosts", "whose syslogd seldom does", "in JSON")

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
DAY_S = 86400


def traditional(time_s, host):
    day = time_s // DAY_S
    return f"{MONTHS[day // 28 % 12]} {day % 28 + 1:2} {time_s // 3600 % 24:02}:{time_s // 60 % 60:02}:{time_s % 60:02} {host}"


def iso(time_s, host):
    day = time_s // DAY_S
    return (f"20{20 + day // 336:02}-{day // 28 % 12 + 1:02}-{day % 28 + 1:02}T{time_s // 3600 % 24:02}:{time_s // 60 % 60:02}:"
            f"{time_s % 60:02}.{time_s % 997:06}+01:00 {host}")


class Log:
    """Lines of a server as it is scanned; stamp says how their heads look, hosts how many there are."""

    def __init__(self, seed, stamp=iso, hosts=2, step_s=3):
        self.random, self.stamp, self.hosts, self.step_s, self.time_s = random.Random(seed), stamp, hosts, step_s, 0

    def head(self):
        self.time_s += self.random.randrange(self.step_s * 2)
        return self.stamp(self.time_s, f"mx{self.random.randrange(self.hosts)}")

    def client(self):
        return f"unknown[{self.random.choice(('192.0.2', '198.51.100', '203.0.113'))}.{self.random.randrange(256)}]"

    def reject(self):
        name = f"user{self.random.randrange(300)}@example.org"
        return (f"postfix/smtpd[{self.random.randrange(1, 40000)}]: NOQUEUE: reject: RCPT from {self.client()}: 550 5.1.1 <{name}>: Recipient "
                f"address rejected: User unknown in local recipient table; from=<x@example.com> to=<{name}> proto=ESMTP helo=<h>")

    def message(self):
        r, client = self.random, self.client()
        name, pid, queue = f"user{r.randrange(300)}@example.org", r.randrange(1, 40000), f"{r.randrange(16 ** 11):011X}"
        return r.choice((
            f"postfix/smtpd[{pid}]: connect from {client}",
            f"postfix/smtpd[{pid}]: disconnect from {client} ehlo=1 auth=0/1 quit=1 commands=2/3",
            self.reject(),
            f"postfix/submission/smtpd[{pid}]: warning: {client}: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username={name}",
            f"postfix/smtpd[{pid}]: {queue}: client={client}",
            f"postfix/smtpd[{pid}]: {queue}: client={client}, sasl_method=PLAIN, sasl_username={name}",
            f"postfix/lmtp[{pid}]: {queue}: to=<{name}>, relay=mx[private/dovecot-lmtp], delay=0.4, dsn=2.0.0, status=sent (250 2.0.0 ok)",
            f"postfix/qmgr[77]: {queue}: removed",
            f"dovecot: imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<{name}>, method=PLAIN, "
            f"rip={client[8:-1]}, lip=192.0.2.25, TLS, session=<{queue}>",
            f"opensmtpd{r.randrange(90)}[{pid}]: this was refused, says nobody we know",
            f"smtpd[{pid}]: {queue} smtp connected address={client[8:-1]} host=h.example.net",
            f"smtpd[{pid}]: {queue} smtp failed-command command=\"RCPT TO:<{name}>\" result=\"550 Invalid recipient\"",
            f"kernel: [{pid}] nothing of ours",
            f"postfix/smtpd[{pid}]: warning: something was denied that no rule knows, {name}"))

    def line(self):
        return f"{self.head()} {self.message()}"

    def lines(self, count):
        return [self.line() for _ in range(count)]


def repeats(log):
    """Every so often "last message repeated", of this host or another."""
    return [line for _ in range(3000) for line in [*log.lines(4), f"{log.head()} last message repeated {log.random.randrange(1, 4)} times"]]


BLOCK_BYTES = 262144    # as daemon/source/blocks.h has it


def seldom_repeats(log):
    """Every third block begins with one, that stands for the last line of the block before it, which is no odd block."""
    lines, used = [], 0
    for block in range(12):
        if block and block % 3 == 0:
            lines.append(f"{log.head()} last message repeated 30 times")
            used = len(lines[-1]) + 1
        while used < BLOCK_BYTES - 1000:
            lines.append(log.line())
            used += len(lines[-1]) + 1
        last = f"{log.head()} {log.reject()[:-1]}"
        lines.append(last + "h" * (BLOCK_BYTES - used - len(last) - 2) + ">")
        used = 0
    return lines


def as_json(log):
    """What journalctl -o json prints: its texts are taken apart elsewhere than in the log."""
    return [json.dumps({"__REALTIME_TIMESTAMP": str(1760000000000000 + at * 3000000), "_HOSTNAME": "mx", "SYSLOG_IDENTIFIER": program,
                        "SYSLOG_PID": pid, "MESSAGE": text}, separators=(",", ":"))
            for at in range(6000) for program, pid, text in [re.match(r"([^[:]*)(?:\[(\d+)\])?: (.*)", log.message()).groups("7")]]


def long_lines(log):
    lines = log.lines(12000)
    for at in range(0, len(lines), 1500):
        lines[at] += " " + log.random.choice("xyz") * log.random.choice((65000, 65536, 70000, 262144, 300000, 900000)) + " from unknown[192.0.2.1]"
    return lines


def in_containers(log):
    """A container's log, as Docker's json-file and syslog have it, some in several parts."""
    return [json.dumps({"log": f"{log.line()}\n"[:log.random.choice((40, 1000))], "stream": "stdout", "time": "2026-11-22T10:00:00.1Z"})
            if log.random.randrange(2) else f"{log.head()} 0123456789ab[7]: {log.message()}" for _ in range(9000)]


def odd_bytes(log):
    return [line if log.random.randrange(40) else log.random.randbytes(log.random.randrange(200)).replace(b"\n", b"").decode("latin-1")
            for line in log.lines(12000)]


LOGS = {
    "of two hosts": lambda: Log(1).lines(14000),
    "of twenty hosts": lambda: Log(2, hosts=20).lines(12000),
    "with stamps that have no year, over four of them": lambda: Log(3, stamp=traditional, step_s=4000).lines(14000),
    "with stamps that have no year, of a week": lambda: Log(4, stamp=traditional, step_s=30).lines(14000),
    "whose syslogd folds what comes again": lambda: repeats(Log(5, stamp=traditional)),
    "whose syslogd seldom does": lambda: seldom_repeats(Log(6, hosts=1, stamp=traditional)),
    "with lines that are too long": lambda: long_lines(Log(7)),
    "of containers": lambda: in_containers(Log(8)),
    "in JSON": lambda: as_json(Log(10)),
    "with odd bytes": lambda: odd_bytes(Log(9)),
}


PACKERS = ((gzip.compress, "gz"), (lzma.compress, "xz"), (bz2.compress, "bz2"))


def run(*arguments, stdin=None):
    result = subprocess.run([program.MAILWARD, *arguments], stdin=stdin, capture_output=True, check=False)
    return result.returncode, re.sub(rb'"elapsed":[0-9.]+|read in [0-9.]+ s \(\d+ lines a second\)', b"", result.stdout), result.stderr


def alike(what, *arguments, threads=(3,) if RACES else (2, 3, 8), stdin=None):
    def with_threads(count):
        if stdin is None:
            return run(arguments[0], "--threads", str(count), *arguments[1:])
        with open(stdin, "rb") as file, subprocess.Popen(["cat"], stdin=file, stdout=subprocess.PIPE) as pipe:
            return run(arguments[0], "--threads", str(count), *arguments[1:], stdin=pipe.stdout)

    one = with_threads(1)
    differ = [count for count in threads if with_threads(count) != one]
    tap.ok(not differ and one[1], f"{what}", f"another with so many threads: {differ}", one[2].decode(errors="replace")[:300])
    return one


def write(path, lines, end="\n", last=True):
    with open(path, "wb") as file:
        data = end.join(lines).encode("latin-1") + (end.encode() if last else b"")
        file.write(data)
    return data


def main():
    with tempfile.TemporaryDirectory(prefix="mailward-threads-") as folder:
        conf = os.path.join(folder, "conf")
        with open(conf, "w") as file:
            file.write(f"[mailward]\npatterns = {program.ROOT}/patterns\n")
        path = os.path.join(folder, "log")
        quick = ("scan", "-c", conf, "--json", path)
        for name in RACY if RACES else LOGS:
            write(path, LOGS[name]())
            status, out, _ = alike(f"a log {name}", *quick)
            summary = json.loads(out.splitlines()[-1].replace(b',}', b'}'))
            tap.ok(status == 0 and summary["lines"] > 5000 and summary["errors"] > 100, f"... says something ({summary['errors']} errors)")
        data = write(path, LOGS["of two hosts"](), end="\r\n", last=False)
        alike("with CRs, and a last line without an end", *quick)
        alike("by a pipe", "scan", "-c", conf, "--json", "-", stdin=path)
        alike("as text", "scan", "-c", conf, path)
        for pack, suffix in PACKERS[:1] if RACES else PACKERS:
            for cut, what in ((None, "packed"), (-200, "packed and cut short")):
                with open(f"{path}.{suffix}", "wb") as file:
                    file.write(pack(data)[:cut])
                alike(f"{what} ({suffix})", "scan", "-c", conf, "--json", f"{path}.{suffix}", threads=(2,))
        write(f"{path}.1", LOGS["with stamps that have no year, of a week"]())
        alike("several logs, one after the other", *quick, f"{path}.1", f"{path}.gz")
        alike("report", "report", "-c", conf, "--json", path, threads=(2,))
        alike("whatif", "whatif", "-c", conf, "--sweep", "hard_error_limit=3,9", "--json", path, threads=(2,))
        alike("whatif with rules of its own", "whatif", "-c", conf, "--set", "rules.postfix/user-unknown=3", "--json", path, threads=(2,))
    for wrong in ("0", "65", "two", "-1", "2x", ""):
        tap.same(run("scan", "--threads", wrong, "/dev/null")[0], 2, f"--threads '{wrong}' is refused")
    tap.done()


if __name__ == "__main__":
    main()
