"""daemon - a mailward that follows a log of the test's own, as a dry run, and the commands that ask it

Started by root, the daemon and all that asks it run as nobody, without any power. The program is copied to where nobody
may execute it."""
import datetime
import glob
import json
import os
import shutil
import signal
import subprocess

import tap
from program import MAILWARD, ROOT

NOBODY = ["setpriv", "--reuid", "nobody", "--clear-groups", "--no-new-privs", "--bounding-set", "-all", "--inh-caps", "-all",
          "--ambient-caps", "-all"] if os.geteuid() == 0 else []


class Daemon:
    """folder: empty, and the test's to remove; more: further sections of the config, after [mailward] and its source."""

    def __init__(self, folder, more="", mailward=""):
        self.folder, self.process, self.lines = folder, None, 0
        self.program, self.conf, self.log = f"{folder}/mailward", f"{folder}/m.conf", f"{folder}/mail.log"
        shutil.copy(MAILWARD, self.program)
        os.makedirs(f"{folder}/patterns")
        for pattern in glob.glob(f"{ROOT}/patterns/*.pat"):
            shutil.copy(pattern, f"{folder}/patterns")
        open(self.log, "w").close()
        self.configure(more, mailward)
        os.chmod(folder, 0o755)
        if NOBODY:
            subprocess.check_call(["chown", "-R", "nobody", folder])

    def configure(self, more="", mailward=""):
        with open(self.conf, "w") as file:
            file.write(f"[mailward]\npatterns = {self.folder}/patterns\nsocket = {self.folder}/control\n"
                       f"state_dir = {self.folder}/state\n{mailward}\n[source maillog]\nfile = {self.log}\n{more}")

    def command(self, *words):
        """The command line of one of mailward's commands, as who the daemon is."""
        return [*NOBODY, self.program, words[0], "-c", self.conf, *words[1:]]

    def start(self):
        self.said = open(f"{self.folder}/said", "ab")
        self.process = subprocess.Popen(self.command("run", "--dry-run", "--json"), stdout=subprocess.DEVNULL, stderr=self.said,
                                        stdin=subprocess.DEVNULL)
        if not tap.wait_until(lambda: self.ask("status").returncode == 0 or self.process.poll() is not None):
            raise RuntimeError("the daemon does not answer")
        if self.process.poll() is not None:
            with open(f"{self.folder}/said") as file:
                raise RuntimeError("the daemon ended: " + file.read())

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(tap.PATIENCE_S)
        self.said.close()
        self.lines = 0

    def ask(self, *words):
        return subprocess.run(self.command(*words), capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              timeout=tap.PATIENCE_S, check=False)

    def sources(self):
        return [item for item in map(json.loads, self.ask("status", "--json").stdout.splitlines()) if item["event"] == "source"]

    def errors(self, address, count, wait=True):
        """So many errors of an address are written to the log, as Postfix would now."""
        stamp = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
        with open(self.log, "a") as log:
            for _ in range(count):
                self.lines += 1
                log.write(f"{stamp} mx postfix/smtpd[{self.lines}]: NOQUEUE: reject: RCPT from unknown[{address}]: 554 5.7.1 "
                          "<secret@example.com>: Relay access denied; from=<x@example.net> to=<secret@example.com> "
                          "proto=ESMTP helo=<x>\n")
        if wait and not tap.wait_until(lambda: self.sources()[0]["lines"] >= self.lines):
            raise RuntimeError("the daemon does not read its log")
