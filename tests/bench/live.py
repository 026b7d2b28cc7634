#!/usr/bin/env python3
"""live - targets 2 to 6, and 9: the daemon at work, in network namespaces of its own that end with this program

usage: live.py [latency|botnet|flood|restart|rebuild|lists|steady|answers|names|sources|large]...       default: all
"""
import datetime
import errno
import os
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from bench import (LONG_S, MAILWARD, PATIENCE_S, QUICK, TOOLS, Daemon, Figure, kernel_kib, memory_kib, path, row, run_s, save, say, skipped, switches,
                   wait_until)
from kernel import Arrivals, Elements, delete_table, flush_ruleset, has_rules

BOTS = 200_000 if QUICK else 999_000    # with those of the single bans they just fit into the default tables
PACE, UNOWNED = os.path.join(TOOLS, "pace"), os.path.join(TOOLS, "unowned")
FAIL2BAN = "/usr/bin/fail2ban-server"


def stamp(t=None):
    return datetime.datetime.fromtimestamp(t or time.time()).astimezone().isoformat(timespec="microseconds")


def bot(n):
    """Bot addresses are private ones, since the documentation has too few."""
    return f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"


def failed(address, attempts, pid=1):
    return (f"{stamp()} mx dovecot: imap-login: Disconnected: Connection closed (auth failed, {attempts} attempts in 2 secs): "
            f"user=<anna>, method=PLAIN, rip={address}, lip=192.0.2.25, TLS, session=<s{pid & 0xffffffff:x}>\n")


def append(log, text):
    with open(log, "a", encoding="ascii") as f:
        f.write(text)


def written(log, text):
    """The time just before the text is in the log."""
    fd, data = os.open(log, os.O_WRONLY | os.O_APPEND), text.encode("ascii")
    now = time.monotonic()
    os.write(fd, data)
    os.close(fd)
    return now


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


def peace(name):
    """Lines of ordinary traffic that no rule counts."""
    with open(path(name), "w", encoding="ascii") as f:
        for i in range(20000):
            f.write(f"{stamp()} mx postfix/smtpd[{i % 100 + 1000}]: {('connect', 'disconnect')[i % 2]} from mx{i % 50}.example.net[192.0.2.{i % 200 + 30}]"
                    f"{'' if i % 2 == 0 else ' ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5'}\n")
    return path(name)


# -- 2: from the line to the element

def ban_times(log, count, first, gap_s):
    """Milliseconds from the line that tips the scale to the element, one address after the other."""
    arrivals, times = Arrivals(), []
    for i in range(count):
        address = bot(first + i)
        append(log, failed(address, 5, i))
        if arrivals.when(address, 10) is None:
            raise TimeoutError("no delay came")
        time.sleep(gap_s + i % 16 * 0.00025)   # else in step with a reader that comes every millisecond
        begin = written(log, failed(address, 1, -1 - i))
        came = arrivals.when(address, 10)
        if came is None:
            raise TimeoutError("no ban came")
        times.append(1000 * (came - begin))
    return times


def fail2ban():
    """fail2ban as Debian ships it, with its dovecot jail on a log of its own; None where it is not installed."""
    if not os.path.exists(FAIL2BAN):
        return None
    folder = path("fail2ban")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree("/etc/fail2ban", f"{folder}/etc")
    append(f"{folder}/mail.log", "")
    with open(f"{folder}/etc/jail.local", "w", encoding="ascii") as f:
        f.write("[DEFAULT]\nbanaction = nftables-multiport\nmaxretry = 6\nfindtime = 600\n"
                f"[sshd]\nenabled = false\n[dovecot]\nenabled = true\nlogpath = {folder}/mail.log\n")
    with open(f"{folder}/etc/fail2ban.local", "w", encoding="ascii") as f:
        f.write("[Definition]\ndbfile = None\n")
    os.remove(f"{folder}/etc/jail.d/defaults-debian.conf")
    server = subprocess.Popen([FAIL2BAN, "-f", "-c", f"{folder}/etc", "-s", f"{folder}/socket", "-p", f"{folder}/pid",
                               "--logtarget", f"{folder}/log", "-x", "start"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: os.path.exists(f"{folder}/log") and "Jail 'dovecot' started" in open(f"{folder}/log", encoding="utf-8").read(),
               "fail2ban's jail", step_s=0.1)
    return server, f"{folder}/mail.log"


def fail2ban_times(count):
    server = fail2ban()
    if not server:
        return None
    arrivals, times = Arrivals(), []
    time.sleep(1)
    for i in range(count):
        address = f"203.0.113.{i + 1}"
        append(server[1], "".join(failed(address, 1, k) for k in range(5)))
        time.sleep(0.7 + i * 0.13 % 0.5)
        begin = written(server[1], failed(address, 1, 9))
        came = arrivals.when(address, 20)
        if came:
            times.append(1000 * (came - begin))
    server[0].terminate()
    server[0].wait(30)
    return times


def latency():
    rows, count = [], 100 if QUICK else 400
    daemon = Daemon("latency", "[policy]\nnetwork_limit = 0\n")     # the bots are neighbours
    daemon.start()
    ban_times(daemon.log, 5, 0, 0.02)
    say("latency, idle")
    idle = ban_times(daemon.log, count, 1000, 0.02)
    say("latency beside 10,000 lines a second")
    pace = subprocess.Popen([PACE, "10000", "600", peace("peace"), daemon.log])
    time.sleep(1)
    busy = ban_times(daemon.log, count, 5000, 0.02)
    pace.terminate()
    pace.wait()
    daemon.stop()
    say("latency of fail2ban")
    peer = fail2ban_times(8 if QUICK else 25)
    for what, times, limits in (("idle", idle, (0.3, 1)), ("beside 10,000 lines/s", busy, (None, 3))):
        for share, limit in zip((0.5, 0.99), limits):
            figure = Figure([percentile(times, share)], "ms")
            reference = Figure([percentile(peer, share)], "ms") if peer else None
            rows.append(row(2, f"line to element, {what}, p{share * 100:.0f}", figure, ("<=", limit) if limit else None,
                            "fail2ban, idle" if peer else None, reference))
    if not peer:
        rows.append(skipped(2, "latency beside fail2ban", "fail2ban is not installed"))
    return rows


# -- 3, 5: a botnet, and a restart with all its bans

def has(address, name="ban4"):
    elements = Elements()
    return lambda: elements.holds(name, address)


def write_bots(name, count, attempts):
    """A line for each bot, in an order that no table likes."""
    now = stamp()
    with open(path(name), "w", encoding="ascii") as f:
        for n in range(count):
            f.write(f"{now} mx dovecot: imap-login: Disconnected: Connection closed (auth failed, {attempts} attempts in 2 secs): "
                    f"user=<anna>, method=PLAIN, rip={bot(n * 7919 % count)}, lip=192.0.2.25, TLS, session=<s{n}{attempts}>\n")
    return path(name)


def pour(source, log):
    with open(source, "rb") as f, open(log, "ab") as out:
        shutil.copyfileobj(f, out, 1 << 20)


def botnet_daemon(fresh=True):
    return Daemon("botnet", "[policy]\nban_time = 1d\nwindow = 1h\nsoft_error_limit = 6\nnetwork_limit = 0\n", fresh)


def set_settled(daemon):
    """Until the daemon has nothing more to do."""
    last = -1.0

    def still():
        nonlocal last
        now = run_s(daemon.processes())
        calm, last = now - last < 0.002, now
        return calm
    wait_until(still, "the daemon at rest", patience_s=LONG_S, step_s=1.5)


def botnet():
    rows = []
    daemon = botnet_daemon()
    daemon.start()
    idle_kib = {f: memory_kib(daemon.processes(), f) for f in ("VmRSS", "Pss")}
    engine_kib = memory_kib(daemon.processes()[:1], "VmRSS")
    say(f"botnet: five errors each of {BOTS} addresses")
    pour(write_bots("five", BOTS, 5), daemon.log)
    last = bot((BOTS - 1) * 7919 % BOTS)
    wait_until(lambda: f'"lines":{BOTS}' in daemon.status_lines(), "all lines read", step_s=0.5)
    set_settled(daemon)
    tracked_kib = {f: memory_kib(daemon.processes(), f) for f in ("VmRSS", "Pss", "VmHWM")}
    tracked_engine_kib = memory_kib(daemon.processes()[:1], "VmRSS")
    say("botnet: the sixth, all together")
    sixth = write_bots("sixth", BOTS, 1)
    before = ban_time_single(daemon, 0)
    begin, cpu = time.monotonic(), run_s(daemon.processes())
    pour(sixth, daemon.log)
    wait_until(has(last), "the last ban", step_s=0.002)
    rate = BOTS / (time.monotonic() - begin)
    cpu = run_s(daemon.processes()) - cpu
    elements = Elements()
    missing = sum(not elements.holds("ban4", bot(n)) for n in range(0, BOTS, max(1, BOTS // 5000)))
    if missing:
        raise RuntimeError(f"{missing} of 5,000 bots are not in the set")
    rows.append(row(3, f"{BOTS} addresses banned together, from line to set", Figure([rate], "k/s"), (">=", 400_000)))
    rows.append(row(3, "the same, processor time a ban, both processes", Figure([1e6 * cpu / BOTS], "us")))
    set_settled(daemon)
    after = ban_time_single(daemon, 100)
    rows.append(row(3, "the next single ban afterwards, p50", Figure([percentile(after, 0.5)], "ms"), ("<=", 2), "before",
                    Figure([percentile(before, 0.5)], "ms"), percentile(after, 0.5) / percentile(before, 0.5)))
    banned_kib = {f: memory_kib(daemon.processes(), f) for f in ("VmRSS", "Pss", "VmHWM")}
    per = 1024 / BOTS
    rows += [
        row(4, "memory, idle: both processes, shared pages once", Figure([idle_kib["Pss"] / 1024], "MiB"), ("<=", 12)),
        row(4, "memory, idle: RSS of the engine", Figure([engine_kib / 1024], "MiB"), ("<=", 12)),
        row(4, "memory a tracked address", Figure([(tracked_engine_kib - engine_kib) * per], "bytes"), ("<=", 80)),
        row(4, f"memory with {BOTS} tracked: RSS of the engine", Figure([tracked_engine_kib / 1024], "MiB"), ("<=", 110)),
        row(4, "... and both at their highest until then", Figure([tracked_kib["VmHWM"] / 1024], "MiB")),
        row(4, "memory more an active ban, both processes", Figure([(banned_kib["Pss"] - tracked_kib["Pss"]) * per], "bytes"), ("<=", 100)),
        row(4, "... and both at their highest until then", Figure([banned_kib["VmHWM"] / 1024], "MiB")),
    ]
    daemon.stop()
    append(path("botnet/bots"), str(BOTS))
    return rows


def has_state():
    """Has botnet() left the state that restart() needs, of as many bots, some hours ago at most?"""
    try:
        with open(path("botnet/bots"), encoding="ascii") as f:
            return f.read() == str(BOTS) and time.time() - os.fstat(f.fileno()).st_mtime < 12 * 3600
    except FileNotFoundError:
        return False


def ban_time_single(daemon, first):
    """Milliseconds to the element for single bans, asked for and not listened to: a million events would drown them."""
    elements, times = Elements(), []
    for i in range(20):
        address = f"198.19.{first}.{i + 1}"
        append(daemon.log, failed(address, 5, first + i))
        time.sleep(0.03)
        begin = written(daemon.log, failed(address, 1, -1 - first - i))
        wait_until(lambda: elements.holds("ban4", address), "a single ban", step_s=0.00001)
        times.append(1000 * (time.monotonic() - begin))
    return times


def restart():
    """In a namespace whose kernel knows nothing, with the state that botnet() left."""
    daemon = botnet_daemon(fresh=False)
    last = bot((BOTS - 1) * 7919 % BOTS)
    say(f"restart with {BOTS} bans stored")
    begin = time.monotonic()
    ready_s = daemon.start()
    append(daemon.log, failed("198.19.200.1", 6))
    elements = Elements()
    wait_until(lambda: elements.holds("ban4", last) and elements.holds("ban4", bot(0)), "the bans", step_s=0.005)
    enforced_s = time.monotonic() - begin
    wait_until(lambda: elements.holds("ban4", "198.19.200.1"), "the first new line", step_s=0.005)
    line_s = time.monotonic() - begin
    missing = sum(not elements.holds("ban4", bot(n)) for n in range(0, BOTS, max(1, BOTS // 5000)))
    if missing:
        raise RuntimeError(f"{missing} of 5,000 bots are not in the set")
    highest = memory_kib(daemon.processes(), "VmHWM") / 1024
    daemon.stop()
    return [row(5, f"restart: {BOTS} bans enforced", Figure([enforced_s], "s"), ("<=", 5)),
            row(5, "restart: READY", Figure([ready_s], "s")),
            row(5, "restart: the first new line's ban", Figure([line_s], "s")),
            row(5, "restart: memory at its highest, both processes", Figure([highest], "MiB"))]


def cold():
    wait_until(lambda: delete_table() in (0, errno.ENOENT), "the table to go")    # or what stands there were taken over
    times = []
    for _ in range(5 if QUICK else 15):
        daemon = Daemon("cold")
        times.append(1000 * daemon.start())
        daemon.stop()
    return [row(5, "cold start to READY", Figure(times, "ms"), ("<=", 20))]


# -- 4: far more addresses than are kept, and a few attackers among them

FLOOD, KEPT, ATTACKERS = (1_000_000, 100_000, 20) if QUICK else (10_000_000, 1_000_000, 20)


def attacker(i):
    return f"198.18.0.{i + 1}"


def write_flood(number, count):
    """One of ten parts. An attacker tries twice in the first, soon enough not to be forgotten between, and then once in each."""
    now, part = stamp(), count // 10
    with open(path("flood-part"), "w", encoding="ascii") as f:
        for n in range(number * part, (number + 1) * part):
            f.write(f"{now} mx postfix/smtpd[7]: warning: unknown[{bot(n)}]: SASL LOGIN authentication failed: UGFzc3dvcmQ6\n")
            at = n % part
            if at % (part // ATTACKERS) == 0 or (number == 0 and at % (part // ATTACKERS) == 100):
                f.write(failed(attacker(at // (part // ATTACKERS)), 1, n))
    return path("flood-part")


def flood():
    daemon = Daemon("flood", f"max_addresses = {KEPT}\n[policy]\nwindow = 1d\nban_time = 1d\nnetwork_limit = 0\n")
    daemon.start()
    rows, lines = [], 0
    for number in range(10):
        say(f"flood: {(number + 1) * FLOOD // 10} addresses with one error each")
        part = write_flood(number, FLOOD)
        with open(part, "rb") as f:
            lines += sum(1 for _ in f)
        pour(part, daemon.log)
        wait_until(lambda: f'"lines":{lines},' in daemon.status_lines(), "all lines read", step_s=0.2)
        set_settled(daemon)
        os.truncate(daemon.log, 0)
        if number in (0, 4, 9):
            rows.append(row(4, f"memory at its highest, both, after {(number + 1) * FLOOD // 10} addresses, {KEPT} kept",
                            Figure([memory_kib(daemon.processes(), "VmHWM") / 1024], "MiB"), ("<=", 110)))
    elements = Elements()
    banned = sum(elements.holds("ban4", attacker(i)) for i in range(ATTACKERS))
    rows.append(row(4, f"... of {ATTACKERS} slow attackers among them banned", Figure([banned], ""), (">=", ATTACKERS)))
    daemon.stop()
    return rows


# -- 5: somebody else flushes the firewall, or deletes our table

def missing_of(count):
    """How many of the bots are not in the set, of all or of a sample."""
    elements, step = Elements(), max(1, count // 5000)
    return sum(not elements.holds("ban4", bot(n)) for n in range(0, count, step))


def rebuild_times(attack, count, runs):
    """Milliseconds from the attack on the table until all is back: one transaction brings it, so that one address tells."""
    elements, times = Elements(), []
    for _ in range(runs):
        begin = time.monotonic()
        attack()
        wait_until(lambda: elements.holds("ban4", bot(count - 1)), "the rebuilt table", step_s=0.0005)
        times.append(1000 * (time.monotonic() - begin))
        if missing_of(count):
            raise RuntimeError("the table came back without all of its bans")
        time.sleep(0.5)
    return times


def rebuild_of(count, limit_ms, owned):
    daemon = Daemon("rebuild", "[policy]\nban_time = 1d\nnetwork_limit = 0\n", program=None if owned else UNOWNED)
    daemon.start()
    pour(write_bots("six", count, 6), daemon.log)
    wait_until(lambda: not missing_of(count), "the bans", step_s=0.2)
    set_settled(daemon)
    say(f"rebuild: {count} bans, table {'owned' if owned else 'not owned'}")
    rows = []
    if not owned:
        rows = [row(5, f"{what} by others, table not owned: {count} bans back", Figure(rebuild_times(attack, count, 5), "ms"), ("<=", limit_ms))
                for what, attack in (("flush ruleset", flush_ruleset), ("delete table", delete_table))]
    elif delete_table() == errno.EPERM and flush_ruleset() == 0:
        rows = [row(5, f"flush and deletion by others, table owned: of {count} bans lost", Figure([missing_of(count)], ""), ("<=", 0))]
    else:
        rows = [skipped(5, f"flush by others, table owned, {count} bans", "this kernel has no owned tables")]
    daemon.stop()
    return rows


def rebuild():
    return [r for count, limit_ms in ((1000, 50), (100_000, 2000)) for owned in (False, True) for r in rebuild_of(count, limit_ms, owned)]


# -- 5: a blocklist, and bans beside it

PREFIXES = 100_000 if QUICK else 1_000_000


def write_list(name, first=20):
    """Networks of all lengths from /24 to /32, none beside another."""
    with open(name, "w", encoding="ascii") as f:
        for n in range(PREFIXES):
            f.write(f"{first + (n >> 16)}.{n >> 8 & 255}.{n & 255}.0/{24 + n * 7 % 9}\n")


def bans_until(daemon, done, first):
    """Milliseconds of single bans, one after the other, until it is done; and how many seconds that took."""
    elements, times, begin = Elements(), [], time.monotonic()
    while not done() and time.monotonic() < begin + PATIENCE_S:
        address = bot(first + len(times))
        written = time.monotonic()
        append(daemon.log, failed(address, 6, first + len(times)))
        wait_until(lambda: elements.holds("ban4", address), "a ban", step_s=0.0001)
        times.append(1000 * (time.monotonic() - written))
    return times, time.monotonic() - begin


def lists():
    daemon = Daemon("lists", f"[policy]\nnetwork_limit = 0\n[blocklist big]\nfile = {path('lists')}/big\n")
    write_list(f"{daemon.folder}/big")
    say(f"a blocklist of {PREFIXES} prefixes")
    time.sleep(3)       # a file that has only just changed is read twice
    ready_s = daemon.start()
    times, fill_s = bans_until(daemon, lambda: has_rules("block4"), 0)
    rows = [row(5, f"start with {PREFIXES} prefixes: READY, with reading them", Figure([ready_s], "s")),
            row(5, "... until the kernel drops them", Figure([fill_s], "s"))]
    if times:
        rows += [row(5, f"... a ban meanwhile, p50 of {len(times)}", Figure([percentile(times, 0.5)], "ms")),
                 row(5, "... the slowest of them", Figure([max(times)], "ms"))]
    set_settled(daemon)
    append(f"{daemon.folder}/big", "198.51.100.7\n")
    elements = Elements()
    times, change_s = bans_until(daemon, lambda: elements.holds("block4_32", "198.51.100.7"), 100_000)
    rows += [row(5, "a line is added to the list: until the kernel drops it", Figure([change_s], "s")),
             row(5, "... the slowest ban meanwhile", Figure([max(times)], "ms"))]
    write_list(f"{daemon.folder}/other", 60)
    os.rename(f"{daemon.folder}/other", f"{daemon.folder}/big")
    times, change_s = bans_until(daemon, lambda: not elements.holds("block4_24", "20.0.0.0"), 200_000)
    rows += [row(5, f"all of its {PREFIXES} lines are others: until the kernel drops them", Figure([change_s], "s")),
             row(5, "... the slowest ban meanwhile", Figure([max(times)], "ms"))]
    daemon.stop()
    return rows


# -- 9: who asks, with a full table

ASKED = ("status", "status --check", "status --json", "list", "list --json", "metrics", "top", "explain 10.0.0.1", "explain 203.0.113.1")


def answer_times(daemon, words, first):
    """Seconds of the command, and milliseconds of the bans one after the other meanwhile."""
    begin = time.monotonic()
    asking = subprocess.Popen([MAILWARD, words[0], "-c", daemon.conf, *words[1:]], stdout=subprocess.DEVNULL)
    times, _ = bans_until(daemon, lambda: asking.poll() is not None, first)
    if asking.wait() not in (0, 1):
        raise RuntimeError(f"{' '.join(words)}: status {asking.returncode}")
    return time.monotonic() - begin, times


def answers_with(daemon, what, first):
    rows = []
    for command in ASKED:
        said = [answer_times(daemon, command.split(), first + 1000 * i + 100 * ASKED.index(command)) for i in range(2 if QUICK else 5)]
        took = Figure([seconds for seconds, _ in said], "s")
        beside = Figure([max(times) for _, times in said if times] or [0], "ms")
        rows += [row(9, f"{command}, {what}", took, ("<=", 1)), row(9, "... the slowest ban meanwhile", beside)]
    return rows


def answers():
    daemon = Daemon("answers", "[policy]\nban_time = 1d\nwindow = 1h\nsoft_error_limit = 6\nnetwork_limit = 0\n")
    daemon.start()
    bots = BOTS - 40_000    # and those of the single bans
    say(f"answers: five errors each of {bots} addresses")
    pour(write_bots("five", bots, 5), daemon.log)
    wait_until(lambda: f'"lines":{bots}' in daemon.status_lines(), "all lines read", step_s=0.5)
    set_settled(daemon)
    rows = answers_with(daemon, f"{bots} tracked", bots + 100)
    say("answers: all of them banned")
    pour(write_bots("sixth", bots, 1), daemon.log)
    wait_until(has(bot((bots - 1) * 7919 % bots)), "the last ban", step_s=0.1)
    set_settled(daemon)
    rows += answers_with(daemon, f"{bots} banned", bots + 10_000)
    daemon.stop()
    return rows


# -- 10: where it ends: ten million names, fifty sources, ten million addresses and bans

NAMES, LARGE, SOURCES = (1_000_000, 1_000_000, 50) if QUICK else (10_000_000, 10_000_000, 50)
ATTEMPT = "imap-login: Disconnected: Connection closed (auth failed, {} attempts in 2 secs): user=<{}>, method=PLAIN, rip={}, lip=192.0.2.25, session=<s{}>"


def tried(n):
    return (f"dovecot: {ATTEMPT.format(1, f'tried{n}@example.com', bot(n), n)}\n",)


def logged_in(n):
    return (f"dovecot: imap-login: Login: user=<user{n}@example.org>, method=PLAIN, rip={bot(n)}, lip=192.0.2.25, mpid=7, TLS, session=<l{n}>\n",)


def delivered(n):
    return (f"postfix/smtpd[{n % 30000}]: {n:012X}: client=mx.example.net[{bot(n)}]\n",
            f"postfix/lmtp[7]: {n:012X}: to=<box{n}@dom{n % 5000}.example.net>, relay=mx[192.0.2.25]:24, delay=0.1, dsn=2.0.0, status=sent (250 2.0.0 Ok)\n")


def pour_all(daemon, what, count, lines):
    """Lines for each of so many, in parts, each read before the next is written; seconds of processor, both processes."""
    cpu, part = run_s(daemon.processes()), max(1, count // 10)
    read = daemon.status()["lines"]
    for begin in range(0, count, part):
        say(f"{what}: {begin + part} of {count}")
        os.truncate(daemon.log, 0)
        now = stamp()
        with open(path("part"), "w", encoding="ascii") as f:
            for n in range(begin, begin + part):
                for line in lines(n):
                    f.write(f"{now} mx {line}")
                    read += 1
        pour(path("part"), daemon.log)
        wait_until(lambda: daemon.status()["lines"] >= read, f"{read} lines read", patience_s=LONG_S, step_s=0.2)
    set_settled(daemon)
    return run_s(daemon.processes()) - cpu


def state_mib(daemon):
    folder = f"{daemon.folder}/state"
    return sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder)) / (1 << 20)


def again(daemon, what):
    """Its state on disk, and what a start with that takes."""
    daemon.stop()
    rows = [row(10, f"{what}: the state on disk", Figure([state_mib(daemon)], "MiB"))]
    ready_s = daemon.start(LONG_S)
    elements, begin = Elements(), time.monotonic()
    append(daemon.log, failed("172.16.0.1", 6))
    wait_until(lambda: elements.holds("ban4", "172.16.0.1"), "the first new line", patience_s=LONG_S)
    line_s = ready_s + time.monotonic() - begin
    set_settled(daemon)
    return rows + [row(10, f"{what}: start, until READY", Figure([ready_s], "s")),
                   row(10, "... until the first new line has its effect", Figure([line_s], "s")),
                   row(10, "... processor time until all is read, enforced and written anew", Figure([run_s(daemon.processes())], "s")),
                   row(10, "... memory at its highest, both processes", Figure([memory_kib(daemon.processes(), "VmHWM") / 1024], "MiB"))]


def names():
    """The judge that remembers names, with tables that are far too small for all of it."""
    daemon = Daemon("names", "[policy]\nnetwork_limit = 0\nnetwork_sum = 10000\n", judge="memory")     # the bots are neighbours
    daemon.start()
    rows = []
    for what, count, lines in (("mails delivered, of as many senders", NAMES // 10, delivered), ("accounts that log in", NAMES, logged_in),
                               ("names tried, by as many addresses", NAMES, tried)):
        cpu_s = pour_all(daemon, what, count, lines)
        rows += [row(10, f"{count} {what}: processor time each", Figure([1e6 * cpu_s / count], "us")),
                 row(10, "... memory at its highest by then, both processes", Figure([memory_kib(daemon.processes(), "VmHWM") / 1024], "MiB"))]
    rows += again(daemon, f"{NAMES} names")
    daemon.stop()
    return rows


def large():
    """Tables ten times as large, and full."""
    daemon = Daemon("large", f"max_addresses = {LARGE}\nmax_bans = {LARGE}\n[policy]\nban_time = 1d\nwindow = 1d\nsoft_error_limit = 6\nnetwork_limit = 0\n")
    daemon.start()
    rows, count, kernel_before = [], LARGE - 1000, kernel_kib()
    for attempts, what in ((5, "tracked"), (1, "banned")):
        cpu_s = pour_all(daemon, f"addresses {what}", count,
                         lambda n, attempts=attempts: (f"dovecot: {ATTEMPT.format(attempts, 'anna', bot(n), f'{n}{attempts}')}\n",))
        rows += [row(10, f"{count} addresses {what}: processor time each", Figure([1e6 * cpu_s / count], "us")),
                 row(10, "... memory of both processes", Figure([memory_kib(daemon.processes(), "Pss") / 1024], "MiB")),
                 row(10, "... and at its highest until then", Figure([memory_kib(daemon.processes(), "VmHWM") / 1024], "MiB"))]
    wait_until(lambda: not missing_of(count), "all bans", patience_s=LONG_S, step_s=0.5)
    rows.append(row(10, "... memory of the kernel", Figure([(kernel_kib() - kernel_before) / 1024], "MiB")))
    rows += again(daemon, f"{count} bans")
    wait_until(lambda: not missing_of(count), "all bans again", patience_s=LONG_S, step_s=0.5)
    daemon.stop()
    return rows


def descriptors(pids):
    """Open descriptors, inotify instances, and watches."""
    fds = instances = watches = 0
    for pid in pids:
        for fd in os.listdir(f"/proc/{pid}/fdinfo"):
            with open(f"/proc/{pid}/fdinfo/{fd}", encoding="ascii") as f:
                marks = sum(line.startswith("inotify") for line in f)
            fds, instances, watches = fds + 1, instances + (marks > 0), watches + marks
    return fds, instances, watches


def sources():
    """Fifty logs, all of them written to and rotated, as one that gets as many lines."""
    rows, seconds = [], 5 if QUICK else 15
    for count in (1, SOURCES):
        daemon = Daemon(f"sources{count}", "", sources=count)
        daemon.start()
        set_settled(daemon)
        idle_kib = memory_kib(daemon.processes(), "Pss")
        fds, instances, watches = descriptors(daemon.processes())
        say(f"10,000 lines a second into {count} logs, which are rotated meanwhile")
        pace = subprocess.Popen([PACE, "10000", str(3 * (seconds + 2)), peace("peace"), *daemon.logs])
        rates = []
        for _ in range(3):
            time.sleep(1)
            begin, cpu = time.monotonic(), run_s(daemon.processes())
            time.sleep(seconds)
            rates.append(100 * (run_s(daemon.processes()) - cpu) / (time.monotonic() - begin))
            for log in daemon.logs:
                os.rename(log, f"{log}.{len(rates)}")
        pace.wait()
        lines = 10000 * 3 * (seconds + 2)
        wait_until(lambda: daemon.status()["lines"] >= lines, "all lines read", step_s=0.1)
        set_settled(daemon)
        if daemon.status()["lines"] != lines:
            raise RuntimeError(f"{daemon.status()['lines']} lines were read, and {lines} written")
        what = f"{count} source{'s' * (count > 1)}"
        rows += [row(10, f"{what}: open descriptors", Figure([fds], "")), row(10, f"{what}: inotify instances", Figure([instances], "")),
                 row(10, f"{what}: inotify watches", Figure([watches], "")),
                 row(10, f"{what}: memory, idle, both processes", Figure([idle_kib / 1024], "MiB")),
                 row(10, f"{what}: memory, after all of it, both processes", Figure([memory_kib(daemon.processes(), "Pss") / 1024], "MiB")),
                 row(10, f"{what}: 10,000 lines/s, each log rotated three times, of a core", Figure(rates, "%"))]
        daemon.stop()
    return rows


# -- 6: a steady stream, and nothing at all

def share_of_core(daemon, seconds, errors, attempts=1):
    """Processor time in percent while the log grows by 10,000 lines a second, and by so many errors, each of another address."""
    pace = subprocess.Popen([PACE, "10000", str(seconds + 2), peace("peace"), daemon.log])
    time.sleep(1)
    begin, cpu = time.monotonic(), run_s(daemon.processes())
    for i in range(seconds * max(errors, 1)):
        if errors:
            append(daemon.log, failed(bot(int(begin) * 1000 + i & 0xffffff), attempts, i))
        time.sleep(1 / max(errors, 1))
    share = 100 * (run_s(daemon.processes()) - cpu) / (time.monotonic() - begin)
    pace.wait()
    return share


def steady():
    seconds, rows = 5 if QUICK else 15, []
    daemon = Daemon("steady")
    daemon.start()
    say("10,000 lines a second")
    rates = [share_of_core(daemon, seconds, 0) for _ in range(3)]
    rows.append(row(6, "10,000 lines/s live, of a core", Figure(rates, "%"), ("<=", 1)))
    say("ten errors a second among them")
    rates = [share_of_core(daemon, seconds, 10) for _ in range(3)]
    rows.append(row(6, "... while ten errors a second are counted", Figure(rates, "%"), ("<=", 2)))
    say("ten delays a second among them")
    rates = [share_of_core(daemon, seconds, 10, 3) for _ in range(3)]
    rows.append(row(6, "... while ten addresses a second are delayed", Figure(rates, "%")))
    say("nothing at all")
    time.sleep(3)
    before = switches(daemon.processes())
    time.sleep(5 if QUICK else 15)
    rows.append(row(6, f"wake-ups in {5 if QUICK else 15} s of silence", Figure([switches(daemon.processes()) - before], ""), ("<=", 0)))
    daemon.stop()
    return rows


PARTS = {"latency": (latency,), "botnet": (botnet,), "flood": (flood,), "restart": (restart, cold), "rebuild": (rebuild,), "lists": (lists,), "steady": (steady,), "answers": (answers,), "names": (names,), "sources": (sources,), "large": (large,)}


def inside(name):
    subprocess.run(["unshare", "--net", sys.executable, __file__, name], env={**os.environ, "BENCH_INSIDE": "1"}, check=True)


def main():
    if os.environ.get("BENCH_INSIDE"):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        name = sys.argv[1]
        save(f"rows-{name}.json", [r for part in PARTS[name] for r in part()])
        return
    for name in sys.argv[1:] or PARTS:
        if name == "restart" and not has_state():
            inside("botnet")
        inside(name)


main()
