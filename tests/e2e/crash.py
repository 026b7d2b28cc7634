#!/usr/bin/env python3
"""crash - every line counts exactly once, whenever the daemon is killed and however the log is rotated

A log is written at speed in a network namespace of its own. Meanwhile the daemon is killed with SIGKILL at 50 random
moments and the log rotated at random, by rename and by copytruncate, with the daemon up or down. At the end its totals
and its bans must be those that "mailward scan" finds in all the lines together, and the kernel must hold the bans.
"""
import datetime, json, os, random, shutil, signal, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
MAILWARD = os.path.abspath(os.environ.get("MAILWARD", os.path.join(HERE, "../../build/mailward")))
KILLS = 50
WAIT_S = 60

if os.environ.get("MAILWARD_CRASH_INSIDE") != "1":
    if os.geteuid() != 0 or subprocess.call(["unshare", "-n", "true"], stderr=subprocess.DEVNULL) != 0:
        print("1..0 # SKIP needs root and network namespaces")
        sys.exit(0)
    os.environ["MAILWARD_CRASH_INSIDE"] = "1"
    os.execvp("unshare", ["unshare", "-n", sys.executable, os.path.abspath(__file__)])

seed = int(os.environ.get("SEED", "20261122"))
chance = random.Random(seed)
tests = failed = 0


def ok(condition, text, *notes):
    global tests, failed
    tests += 1
    failed += not condition
    print(f"{'ok' if condition else 'not ok'} {tests} - {text}", flush=True)
    for note in notes if not condition else ():
        print(f"# {note}")


class Log:
    """The log as a writer keeps it, and all its lines once more for the reference."""

    def __init__(self, folder):
        self.path, self.whole = os.path.join(folder, "mail.log"), open(os.path.join(folder, "whole.log"), "wb")
        self.folder, self.rotated, self.lines = folder, 0, 0
        self.file = open(self.path, "ab", buffering=0)

    def write(self, count):
        text = b"".join(self.line() for _ in range(count))
        cut = chance.randrange(len(text))           # lines arrive in pieces
        for piece in (text[:cut], text[cut:]):
            self.file.write(piece)
        self.whole.write(text)
        self.lines += count

    def line(self):
        stamp = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="microseconds")
        who = chance.choice((f"198.51.100.{chance.randrange(256)}", f"203.0.113.{chance.randrange(256)}",
                             f"2001:db8:{chance.randrange(300):x}::{chance.randrange(9) + 1}"))
        tail = "from=<a@example.com> to=<b@example.com> proto=ESMTP helo=<x>"
        kind = chance.randrange(10)
        if kind < 2:
            text = f"NOQUEUE: reject: RCPT from unknown[{who}]: 550 5.1.1 <b@example.com>: Recipient address rejected: User unknown in local recipient table; {tail}"
        elif kind == 2:
            text = f"NOQUEUE: reject: RCPT from unknown[{who}]: 554 5.7.1 <b@example.com>: Relay access denied; {tail}"
        elif kind == 3:
            text = f"too many errors after RCPT from unknown[{who}]"
        else:
            text = f"connect from unknown[{who}]"
        return f"{stamp} mx1 postfix/smtpd[{100 + sum(who.encode()) % 40}]: {text}\n".encode()

    def rotate(self):
        self.rotated += 1
        old = f"{self.path}.{self.rotated}"
        if chance.random() < 0.5:
            os.rename(self.path, old)
            self.write(chance.randrange(1, 20))     # the writer has not heard of it yet
            self.file.close()
            self.file = open(self.path, "ab", buffering=0)
        else:
            shutil.copyfile(self.path, old)
            os.truncate(self.path, 0)


def start(conf, out):
    return subprocess.Popen([MAILWARD, "run", "-c", conf], stdout=out, stderr=out)


def ask(conf, *words):
    answer = subprocess.run([MAILWARD, words[0], "-c", conf, *words[1:]], capture_output=True, text=True)
    return [json.loads(line) for line in answer.stdout.splitlines()] if answer.returncode == 0 else None


def wait_until(condition):
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


with tempfile.TemporaryDirectory(prefix="mailward-crash-") as folder:
    subprocess.check_call(["ip", "link", "set", "lo", "up"])
    state = os.path.join(folder, "state")
    os.mkdir(state)
    os.chmod(folder, 0o755)
    conf = os.path.join(folder, "mailward.conf")
    with open(conf, "w") as f:
        f.write(f"[mailward]\nstate_dir = {state}\nsocket = {folder}/control\n"
                f"[source maillog]\nfile = {folder}/mail.log\n[policy]\nban_time = 2h\n")
    log = Log(folder)
    out = open(os.path.join(folder, "out"), "wb")
    print(f"# seed {seed}")

    kills, rotations = 0, 0
    daemon = start(conf, out)
    while kills < KILLS:
        for _ in range(chance.randrange(1, 40)):
            log.write(chance.randrange(1, 60))
            time.sleep(chance.random() * 0.01)
        if chance.random() < 0.2:
            log.rotate()
            rotations += 1
            # one rotation at a time: wait until the daemon has met it, or kill it before it can
            if chance.random() < 0.5:
                time.sleep(chance.random() * 0.2)
        daemon.kill()
        daemon.wait()
        kills += 1
        log.write(chance.randrange(0, 100) + 1)
        if chance.random() < 0.2:
            log.rotate()
            rotations += 1
            log.write(50)
        daemon = start(conf, out)
        if not wait_until(lambda: ask(conf, "status", "--json") or daemon.poll() is not None) or daemon.poll() is not None:
            break
    ok(kills == KILLS and daemon.poll() is None, f"killed {kills} times, {rotations} rotations, {log.lines} lines: it starts every time")
    log.whole.close()

    status = lambda: (ask(conf, "status", "--json") or [{}])[0]
    wait_until(lambda: status().get("lines") == log.lines)
    got = status()
    scan = subprocess.run([MAILWARD, "scan", "--json", "-c", conf, f"{folder}/whole.log"], capture_output=True, text=True)
    events = [json.loads(line) for line in scan.stdout.splitlines()]
    summary = events[-1]
    for key in ("lines", "bytes", "errors", "addresses", "delays", "bans"):
        ok(got.get(key) == summary[key], f"{key}: {summary[key]}, as in a plain scan", f"got {got.get(key)}")
    ok(summary["bans"] > 20, f"and there was something to count ({summary['bans']} bans)")

    wanted = sorted((e["address"], e["errors"], e["rule"]) for e in events if e["event"] == "ban")
    listed = sorted((e["address"], e["errors"], e["rule"]) for e in ask(conf, "list", "--json") or [] if e["event"] == "ban")
    ok(listed == wanted, f"the {len(wanted)} running bans are those of a plain scan",
       f"missing {sorted(set(wanted) - set(listed))[:5]}", f"too many {sorted(set(listed) - set(wanted))[:5]}")
    ruleset = subprocess.run(["nft", "list", "table", "inet", "mailward"], capture_output=True, text=True).stdout
    missing = [a for a, _, _ in wanted if f"{a.split('/')[0]} " not in ruleset]
    ok(not missing, "and the kernel holds every one of them", f"missing {missing[:5]}")

    daemon.send_signal(signal.SIGTERM)
    ok(daemon.wait(WAIT_S) == 0, "SIGTERM ends it cleanly")
    if failed:
        out.flush()
        for line in open(out.name, errors="replace").read().splitlines()[-40:]:
            print("#", line)

print(f"1..{tests}")
sys.exit(failed > 0)
