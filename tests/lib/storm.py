"""storm - a mail log written at speed, a daemon that follows it, and what must be left when the storm is over

Used by the whole-system tests that kill, reload and rotate under load. The daemon's totals and bans must be those that
"mailward scan" finds in all the lines together, and the kernel must hold the bans.
"""
import datetime
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import tap
from program import MAILWARD


class Log:
    """The log as a writer keeps it, and all its lines once more for the reference."""

    def __init__(self, folder, chance):
        self.chance = chance
        self.path, self.whole = os.path.join(folder, "mail.log"), open(os.path.join(folder, "whole.log"), "wb")
        self.folder, self.rotated, self.lines = folder, 0, 0
        self.file = open(self.path, "ab", buffering=0)

    def write(self, count):
        lines = [self.line() for _ in range(count)]
        text = b"".join(map(self.dated, lines))
        cut = self.chance.randrange(len(text))           # lines arrive in pieces
        for piece in (text[:cut], text[cut:]):
            self.file.write(piece)
        self.whole.write(b"".join(lines))
        self.lines += count

    def dated(self, line):
        """As it stands in the log; the reference has it as it is."""
        return line

    def line(self):
        stamp = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="microseconds")
        who = self.chance.choice((f"198.51.100.{self.chance.randrange(256)}", f"203.0.113.{self.chance.randrange(256)}",
                                  f"2001:db8:{self.chance.randrange(300):x}::{self.chance.randrange(9) + 1}"))
        tail = "from=<a@example.com> to=<b@example.com> proto=ESMTP helo=<x>"
        kind = self.chance.randrange(10)
        if kind < 2:
            text = f"NOQUEUE: reject: RCPT from unknown[{who}]: 550 5.1.1 <b@example.com>: Recipient address rejected: User unknown in local recipient table; {tail}"
        elif kind == 2:
            text = f"NOQUEUE: reject: RCPT from unknown[{who}]: 554 5.7.1 <b@example.com>: Relay access denied; {tail}"
        elif kind == 3:
            text = f"too many errors after RCPT from unknown[{who}]"
        else:
            text = f"connect from unknown[{who}]"
        return f"{stamp} mx1 postfix/smtpd[{100 + sum(who.encode()) % 40}]: {text}\n".encode()

    def rotate(self, by_renaming=False):
        self.rotated += 1
        old = f"{self.path}.{self.rotated}"
        if self.chance.random() < 0.5 or by_renaming:
            os.rename(self.path, old)
            self.write(self.chance.randrange(1, 20))     # the writer has not heard of it yet
            self.file.close()
            self.file = open(self.path, "ab", buffering=0)
        else:
            shutil.copyfile(self.path, old)
            os.truncate(self.path, 0)


class Storm:
    """The log, its daemon and the folder of both."""

    def __init__(self, chance, policy, log=Log):
        self.temporary = tempfile.TemporaryDirectory(prefix="mailward-storm-")
        self.folder = self.temporary.name
        os.chmod(self.folder, 0o755)
        os.mkdir(os.path.join(self.folder, "state"))
        self.conf, self.policy, self.env = os.path.join(self.folder, "mailward.conf"), policy, dict(os.environ)
        self.configure()
        self.log = log(self.folder, chance)
        self.out = open(os.path.join(self.folder, "out"), "wb")

    def configure(self, more=""):
        with open(self.conf + ".new", "w") as f:
            f.write(f"[mailward]\nstate_dir = {self.folder}/state\nsocket = {self.folder}/control\n"
                    f"[source maillog]\nfile = {self.folder}/mail.log\n[policy]\n{self.policy}{more}")
        os.rename(self.conf + ".new", self.conf)

    def start(self, before=(), after=()):
        """Start the daemon, with more words before its own and after them; true: it answers."""
        self.daemon = subprocess.Popen([*before, MAILWARD, "run", "-c", self.conf, *after], stdout=self.out, stderr=self.out, env=self.env)
        tap.wait_until(lambda: self.status() or self.daemon.poll() is not None)
        return self.daemon.poll() is None

    def command(self, *words):
        return subprocess.run([MAILWARD, words[0], "-c", self.conf, *words[1:]], capture_output=True, text=True)

    def ask(self, *words):
        answer = self.command(*words, "--json")
        return [json.loads(line) for line in answer.stdout.splitlines()] if answer.returncode == 0 else []

    def status(self):
        return (self.ask("status") or [{}])[0]

    def said(self):
        """What the daemon has logged so far."""
        self.out.flush()
        return open(self.out.name, errors="replace").read()

    def finish(self, by=("address", "errors", "rule")):
        """Wait until all is read, compare with a plain scan of all lines, and the bans by some of their fields; end the daemon."""
        log = self.log
        log.whole.close()
        tap.wait_until(lambda: self.status().get("lines") == log.lines)
        got = self.status()
        scan = subprocess.run([MAILWARD, "scan", "--json", "-c", self.conf, log.whole.name], stdout=subprocess.PIPE, text=True, check=True)
        events = [json.loads(line) for line in scan.stdout.splitlines()]
        summary = events[-1]
        for key in ("lines", "bytes", "errors", "addresses", "delays", "bans"):
            tap.ok(got.get(key) == summary[key], f"{key}: {summary[key]}, as in a plain scan", f"got {got.get(key)}")
        tap.ok(summary["bans"] > 20, f"and there was something to count ({summary['bans']} bans)")

        wanted = {tuple(e[key] for key in by) for e in events if e["event"] == "ban"}
        listed = {tuple(e[key] for key in by) for e in self.ask("list") if e["event"] == "ban"}
        tap.same(listed, wanted, f"the {len(wanted)} running bans are those of a plain scan")
        ruleset = subprocess.check_output(["nft", "list", "table", "inet", "mailward"], text=True)
        missing = [a for a, *_ in wanted if f"{a.split('/')[0]} " not in ruleset]
        tap.ok(not missing, "and the kernel holds every one of them", f"missing {missing[:5]}")

        self.daemon.send_signal(signal.SIGTERM)
        tap.ok(self.daemon.wait(tap.PATIENCE_S) == 0, "SIGTERM ends it cleanly")
        if tap.failed:
            for line in self.said().splitlines()[-40:]:
                print("#", line)
        self.temporary.cleanup()
        tap.done()
