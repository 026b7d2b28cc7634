#!/usr/bin/env python3
"""23-completion - what Tab makes of a command line: by the program's word, and by pressing it in bash, zsh and fish

Each shell runs on a terminal of its own, gets the keys, and what it then executes shows what it made of them. One that
is not there is skipped.
"""
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import tap
from program import MAILWARD, ROOT, run

work = tempfile.mkdtemp(prefix="mailward-test.")
os.chmod(work, 0o755)


def offers(*words):
    return [line.split("\t")[0] for line in run("completion", "--", *words).stdout.decode().splitlines()]


# ---- the program's word
helped = re.findall(r"^  (\w+) ", run("--help").stdout.decode(), re.MULTILINE)
tap.same(offers(""), helped, "nothing typed: every command of the help")
tap.same(offers("help", ""), helped, "help, too")
tap.same(offers("unb"), ["unban"], "the beginning of one")
tap.same(offers("x"), [], "the beginning of none")
for command in helped:
    options = re.findall(r"^  .{4}(--[\w-]+)", run(command, "--help").stdout.decode(), re.MULTILINE)
    tap.same(sorted(offers(command, "-")), sorted(options), f"{command} -: the options of its help")
for words, wanted in ((("scan", ""), [":files"]), (("scan", "-c", ""), [":files"]),
                      (("scan", "--config", "=", "x"), [":files"]), (("scan", "-c", "x", ""), [":files"]),
                      (("ban", "192.0.2.1", "--for", ""), []), (("import", ""), ["filter", "fail2ban", "bans"]),
                      (("import", "f"), ["filter", "fail2ban"]),
                      (("import", "filter", "x"), [":files"]), (("import", "filter", "--to", ""), [":dirs"]),
                      (("status", ""), []), (("nosuch", ""), []),
                      (("status", "--json", ""), [])):
    tap.same(offers(*words), wanted, f"mailward {' '.join(words)}<Tab>")
tap.same(run("completion").returncode, 2, "without words it is a usage error")

conf = os.path.join(work, "m.conf")
with open(conf, "w", encoding="utf-8") as file:
    file.write(f"[mailward]\npatterns = {ROOT}/patterns\nsocket = {work}/run/control\nstate_dir = {work}/run\n"
               f"[source log]\nfile = {work}/mail.log\n")
open(os.path.join(work, "mail.log"), "w", encoding="utf-8").close()
os.mkdir(os.path.join(work, "run"))
if os.geteuid() == 0:
    shutil.chown(os.path.join(work, "run"), "nobody")
tap.same(offers("unban", "-c", conf, ""), [], "no daemon: nobody to unban")
daemon = subprocess.Popen([MAILWARD, "run", "--dry-run", "-c", conf], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
try:
    tap.ok(tap.wait_until(lambda: run("status", "-c", conf).returncode == 0), "a daemon")
    for address in ("203.0.113.1", "198.51.100.0/24", "2001:db8::7"):
        run("ban", "-c", conf, address)
    tap.same(set(offers("unban", "-c", conf, "")), {"203.0.113.1", "198.51.100.0/24", "2001:db8::7"},
             "unban offers whom it can help")
    tap.same(offers("explain", "-c", conf, "2001"), ["2001:db8::7"], "explain, too")
except BaseException:
    daemon.terminate()
    raise

# ---- the shells
bin_folder = os.path.join(work, "bin")
home = os.path.join(work, "home")
os.makedirs(home)
os.makedirs(bin_folder)
os.symlink(MAILWARD, os.path.join(bin_folder, "mailward"))
os.mkdir(os.path.join(home, "a folder"))
open(os.path.join(home, "only-one.log"), "w", encoding="utf-8").close()
with open(os.path.join(home, "gone.conf"), "w", encoding="utf-8") as file:
    file.write("[Definition]\nfailregex = ^gone <HOST>$\n")
vendor = os.path.join(work, "zsh")
os.mkdir(vendor)
shutil.copy(os.path.join(ROOT, "etc", "completion", "_mailward"), vendor)
LIBRARY = "/usr/share/bash-completion/bash_completion"
BASH = ["bash", "--norc", "--noprofile", "-i"]
OURS = f"source '{ROOT}/etc/completion/mailward.bash'; bind 'set bell-style none'"
SHELLS = {
    "bash": (BASH, OURS),
    "bash with bash-completion": (BASH, f"source {LIBRARY}; {OURS}"),
    "zsh": (["zsh", "-f", "-i"], f"fpath=('{vendor}' $fpath); autoload -U compinit; compinit -u -D; unsetopt beep"),
    "fish": (["fish", "--no-config", "--private"], f"source '{ROOT}/etc/completion/mailward.fish'"),
}


class Shell:
    """One on a terminal."""
    def __init__(self, words):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(home)
            os.environ.update(PATH=f"{bin_folder}:{os.environ['PATH']}", HOME=home, TERM="dumb", PS1="$ ")
            os.execvp(words[0], words)
        self.seen = ""

    def keys(self, text):
        os.write(self.terminal, text.encode())

    def read(self):
        while select.select([self.terminal], [], [], 0.05)[0]:
            try:
                data = os.read(self.terminal, 65536)
            except OSError:
                return
            if not data:
                return
            self.seen += data.decode("utf-8", "replace")
            if "\x1b[c" in data.decode("utf-8", "replace"):      # fish asks what the terminal is
                self.keys("\x1b[?1;2c")

    def until(self, text, keys=""):
        """Press the keys until a text comes: a shell that still draws its prompt may lose some. True: it came."""
        again = 0

        def came():
            nonlocal again
            if keys and time.monotonic() >= again:
                self.keys("\x15" + keys)
                again = time.monotonic() + tap.PATIENCE_S / 6
            self.read()
            return text in self.seen
        return tap.wait_until(came)

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


for name, (words, prepare) in SHELLS.items():
    if not shutil.which(words[0]) or (LIBRARY in prepare and not os.path.exists(LIBRARY)):
        for _ in range(4 if name == "bash" else 5):
            tap.ok(True, f"{name} # SKIP no {name} here")
        continue
    shell = Shell(words)
    shell.keys(prepare + "; echo re''ady\n")
    tap.ok(shell.until("ready"), f"{name} is there", shell.seen[-2000:])
    cases = (("mailward forg\t--he\t\n", "usage: mailward forget"), ("mailward scan only\t\n", "0 lines"),
             ("mailward import filter --to a\t gone.conf\n", "a folder/gone.pat: 1 of 1"),
             (f"mailward explain -c '{conf}' 2001:d\t\n", "2001:db8::7 "))
    for keys, wanted in cases[:3] if name == "bash" else cases:     # which takes addresses apart at their colons
        shell.seen = ""
        tap.ok(shell.until(wanted, keys), f"{name}: {keys.strip()!r}", shell.seen[-2000:])
    os.remove(os.path.join(home, "a folder", "gone.pat"))
    shell.end()
daemon.terminate()
daemon.wait()
shutil.rmtree(work)
tap.done()
