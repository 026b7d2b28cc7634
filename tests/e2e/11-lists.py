#!/usr/bin/env python3
"""11-lists - blocklists in the kernel: who can still connect, while files, config and daemon change

    namespace "mx"                               namespace "net"
    mailward, listeners on 25 and 2525           clients, from any address of the networks below
    192.0.2.25, 2001:db8:25::25      == veth ==  192.0.2.2, 2001:db8:25::2

Every connection is a real one. At the end each line that decides about an address is compared with what Postfix's own
tables answer, where there is a Postfix.
"""
import glob, json, os, random, re, shutil, signal, socket, subprocess, sys, tempfile, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import tap
from program import MAILWARD, ROOT

PATIENCE_S = 60
SYN_S = 0.8                 # below the second after which a SYN is repeated
MX, NET = f"mw-mx-{os.getpid()}", f"mw-net-{os.getpid()}"
SERVER = {4: "192.0.2.25", 6: "2001:db8:25::25"}
SEED = int(os.environ.get("SEED", "20261122"))

LISTENER = """
import select, socket, sys
poll, listeners, sessions = select.poll(), {}, {}
for family, any in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
    for port in (25, 2525):
        s = socket.socket(family)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        s.bind((any, port)); s.listen(1000); listeners[s.fileno()] = s; poll.register(s, select.POLLIN)
print("listening", flush=True)
while True:
    for fd, _ in poll.poll():
        if fd in listeners:
            c, _ = listeners[fd].accept(); sessions[c.fileno()] = c; poll.register(c, select.POLLIN)
        else:
            data = sessions[fd].recv(100)
            if data: sessions[fd].sendall(data)     # an echo
            else: poll.unregister(fd); sessions.pop(fd).close()
"""

# Reads "ADDRESS PORT SECONDS", "open ADDRESS" and "echo" (over what is open), "flood ADDRESS" and "count" (who got through)
CLIENT = f"""
import socket, sys
SERVER, held, flood = {SERVER!r}, [], []
def client(address, timeout):
    v6 = ":" in address
    s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET)
    if v6: s.setsockopt(socket.IPPROTO_IPV6, 78, 1)     # IPV6_FREEBIND
    s.settimeout(timeout); s.bind((address, 0))
    return s, SERVER[6 if v6 else 4]
for line in sys.stdin:
    words, answer = line.split(), "y"
    try:
        if words[0] == "open":
            s, to = client(words[1], {PATIENCE_S}); s.connect((to, 25)); held.append(s)
        elif words[0] == "echo":
            for s in held:
                s.sendall(b"x"); assert s.recv(1) == b"x"
        elif words[0] == "flood":
            s, to = client(words[1], 0); flood.append(s)
            s.connect_ex((to, 25))
        elif words[0] == "count":
            answer = str(sum(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == 1 for s in flood))   # established
            flood.clear()
        else:
            s, to = client(words[0], float(words[2]))
            with s: s.connect((to, int(words[1])))
    except (TimeoutError, AssertionError, ConnectionError):
        answer = "n"
    print(answer, flush=True)
"""


def command(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, check=False, **more)


def inside(namespace, *words):
    return ("ip", "netns", "exec", namespace, *words)


def wait_until(condition):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


class World:
    """The two namespaces, a listener, a client, and one mailward."""

    def __init__(self, folder):
        self.folder, self.daemon = folder, None
        self.conf, self.out = f"{folder}/mailward.conf", open(f"{folder}/out", "ab", buffering=0)
        for line in (f"netns add {MX}", f"netns add {NET}", f"-n {MX} link add mx0 type veth peer name n0 netns {NET}",
                     f"-n {MX} link set lo up", f"-n {MX} link set mx0 up", f"-n {NET} link set lo up", f"-n {NET} link set n0 up",
                     f"-n {MX} address add 192.0.2.25/24 dev mx0", f"-n {MX} address add 2001:db8:25::25/64 dev mx0 nodad",
                     f"-n {NET} address add 192.0.2.2/24 dev n0", f"-n {NET} address add 2001:db8:25::2/64 dev n0 nodad",
                     f"-n {MX} route add default via 192.0.2.2", f"-n {MX} -6 route add default via 2001:db8:25::2",
                     f"-n {NET} route add local 198.51.100.0/24 dev lo", f"-n {NET} route add local 203.0.113.0/24 dev lo",
                     f"-n {NET} route add local 2001:db8:b0::/44 dev lo"):
            subprocess.check_call(["ip", *line.split()])
        self.listener = subprocess.Popen(inside(MX, sys.executable, "-c", LISTENER), stdout=subprocess.PIPE, text=True)
        self.listener.stdout.readline()
        self.client = subprocess.Popen(inside(NET, sys.executable, "-c", CLIENT), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if not wait_until(lambda: self.answered("198.51.100.250") and self.answered("2001:db8:b0::1")):
            raise RuntimeError("the client does not reach the server")

    def close(self):
        for process in (self.daemon, self.client, self.listener):
            if process and process.poll() is None:
                process.kill()
                process.wait()
        for namespace in (MX, NET):
            command("ip", "netns", "delete", namespace)

    def write(self, name, text):
        with open(f"{self.folder}/{name}", "w") as file:
            file.write(text)

    def configure(self, *lists, allow="198.51.100.200"):
        self.write("mailward.conf", f"[mailward]\npatterns = {self.folder}/patterns\nstate_dir = {self.folder}/state\n"
                   f"socket = {self.folder}/state/control\nports = 25\n[source a]\nfile = {self.folder}/mail.log\n"
                   f"[allow]\naddresses = {allow}\n" + "".join(f"[blocklist {name}]\nfile = {name}\n" for name in lists))

    def start(self):
        """As the systemd unit does: nobody's user, CAP_NET_ADMIN alone."""
        self.daemon = subprocess.Popen(inside(MX, "setpriv", "--reuid", "nobody", "--clear-groups", "--no-new-privs",
            "--bounding-set", "-all,+net_admin", "--inh-caps", "-all,+net_admin", "--ambient-caps", "-all,+net_admin",
            f"{self.folder}/program/mailward", "run", "-c", self.conf), stdout=self.out, stderr=self.out)
        return wait_until(lambda: self.ask("list").returncode == 0 or self.daemon.poll() is not None) and self.daemon.poll() is None

    def stop(self):
        self.daemon.send_signal(signal.SIGTERM)
        return self.daemon.wait(PATIENCE_S)

    def ask(self, *words):
        return command(*inside(MX, MAILWARD, words[0], "-c", self.conf, *words[1:]))

    def explain(self, *words):
        """What explain says, the test's folder left out; a refusal is an error, not an answer without lines."""
        answer = self.ask("explain", *words)
        if answer.returncode:
            raise RuntimeError(f"explain {' '.join(words)}: status {answer.returncode}: {answer.stderr}")
        return answer.stdout.replace(self.folder + "/", "")

    def states(self):
        """What status says of each list: its state, and whether it is in force."""
        answer = [json.loads(line) for line in self.ask("status", "--json").stdout.splitlines()]
        return {one["list"]: (one["state"], one["in_force"]) for one in answer if one["event"] == "blocklist"}

    def said(self):
        with open(self.out.name, errors="replace") as file:
            return file.read().replace(self.folder + "/", "")

    def tell(self, *words):
        self.client.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.client.stdin.flush()
        return self.client.stdout.readline().strip()

    def answered(self, address, port=25, seconds=PATIENCE_S):
        return self.tell(address, port, seconds) == "y"

    def counted(self):
        """Packets that the blocklists' rules have dropped."""
        tables = [json.loads(command(*inside(MX, "nft", "-j", "list", "chain", "inet", "mailward", chain)).stdout or '{"nftables":[]}')
                  for chain in ("block4", "block6")]
        rules = [item["rule"]["expr"] for table in tables for item in table["nftables"] if "rule" in item]
        return sum(part["counter"]["packets"] for rule in rules if "@block" in json.dumps(rule) for part in rule if "counter" in part)

    def dropped(self, address):
        """A SYN gets no answer, and a blocklist's counter says why."""
        before = self.counted()
        return not self.answered(address, seconds=SYN_S) and self.counted() > before

    def comes_true(self, *dropped, answered=()):
        """After a change of a file: soon, and without anybody's doing."""
        return wait_until(lambda: all(self.dropped(a) for a in dropped)) and all(self.answered(a) for a in answered)


ACCESS = """# the form of access(5)
198.51.100        REJECT you are a spammer
198.51.100.9      OK
198.51.100.10     450 come again
example.com       REJECT
2001:db8:b0:1     REJECT
2001:db8:b0:1::9  DUNNO
"""
CIDR = "203.0.113.7 OK\n203.0.113.0/28 REJECT\n203.0.113.8 OK\n2001:db8:b1::/48 550 no\n"
DROP = "; Spamhaus DROP List\n203.0.113.64/26 ; SBL1\n203.0.113.128/27 ; SBL2\n203.0.113.128/25 ; SBL3\n"


def test_forms(world):
    world.write("access", ACCESS)
    world.write("cidr", CIDR)
    world.write("drop", DROP)
    world.configure("access", "cidr", "drop")
    check = world.ask("check")
    tap.same(check.returncode, 0, "mailward check likes the lists")
    text = check.stdout.replace(world.folder + "/", "")
    for line in ("access: [blocklist access], access(5): 2 lines drop 254 IPv4 addresses and 1 IPv6 /64 network,",
                 "; 2 are exceptions, 1 refuses for now alone, which drops nothing; 1 about a name is skipped; 1 IPv4 address and",
                 "cidr: [blocklist cidr], cidr_table(5): 2 lines drop 15 IPv4 addresses and 65536 IPv6 /64 networks",
                 "drop: [blocklist drop], plain: 3 lines drop 192 IPv4 addresses and 0 IPv6 /64 networks, in 1 range"):
        tap.ok(line in text, f"and says: {line}", *text.splitlines())
    tap.ok(world.start(), "mailward starts with three lists")
    tap.ok(wait_until(lambda: world.dropped("198.51.100.1")), "the first listed address is dropped")
    for address in ("198.51.100.0", "198.51.100.255", "2001:db8:b0:1::1", "203.0.113.0", "203.0.113.8", "203.0.113.15", "2001:db8:b1::1",
                    "2001:db8:b1:ffff::1", "203.0.113.64", "203.0.113.127", "203.0.113.128", "203.0.113.255"):
        tap.ok(world.dropped(address), f"{address} is dropped")
    for address, why in (("198.51.100.9", "an exception"), ("198.51.100.10", "refused for now alone"), ("203.0.113.7", "an exception, by order"),
                         ("203.0.113.16", "not listed"), ("203.0.113.63", "not listed"), ("2001:db8:b0:2::1", "not listed"),
                         ("2001:db8:b2::1", "not listed"), ("198.51.100.200", "allowed"), ("2001:db8:b0:1::9", "an exception")):
        tap.ok(world.answered(address), f"{address} is answered: {why}")
    tap.ok(world.answered("198.51.100.1", 2525), "a listed address is answered at a port that is not guarded")


def test_explain(world):
    for address, wanted in (
            ("198.51.100.1", ("listed     blocklist access drops it: access:2, 198.51.100.0/24", "now        dropped when it connects: a blocklist that is in force holds it")),
            ("198.51.100.9", ("listed     blocklist access does not drop it: access:3, 198.51.100.9", "now        not dropped")),
            ("198.51.100.10", ("listed     blocklist access does not drop (a refusal for now) it: access:4, 198.51.100.10",)),
            ("198.51.100.200", ("allowed    always", "listed     blocklist access drops it", "now        not dropped")),
            ("203.0.113.8", ("listed     blocklist cidr drops it: cidr:2, 203.0.113.0/28",)),
            ("203.0.113.129", ("listed     blocklist drop drops it: drop:3, 203.0.113.128/27",))):
        text = world.explain(address)
        tap.ok(all(line in text for line in wanted), f"explain {address}: {wanted[0]}", *text.splitlines())
    tap.ok("listed" not in world.explain("203.0.113.16"), "explain of an address that is not listed")
    answer = [json.loads(line) for line in world.explain("--json", "2001:db8:b1::7").splitlines()]
    tap.same([(a["list"], os.path.basename(a["file"]), a["line"], a["prefix"], a["action"]) for a in answer if a["event"] == "listed"],
             [("cidr", "cidr", 4, "2001:db8:b1::/48", "drop")], "explain --json says it, too")


def test_changes(world):
    tap.ok(world.tell("open", "203.0.113.20") == "y", "an address that is not listed has a session")
    world.write("cidr", CIDR + "203.0.113.16/28 REJECT\n")
    tap.ok(world.comes_true("203.0.113.20"), "a list is written to: the new line is in force")
    tap.ok(world.tell("echo") == "y", "the session of before goes on: a list keeps out, it does not cut")
    world.write("cidr.new", CIDR.replace("203.0.113.0/28 REJECT", "203.0.113.32/28 REJECT"))
    os.rename(f"{world.folder}/cidr.new", f"{world.folder}/cidr")
    tap.ok(world.comes_true("203.0.113.33", answered=["203.0.113.20", "203.0.113.1"]), "a list is replaced: the new lines are in force, the old ones gone")

    for about, text, message in (("bad lines", "203.0.113.32/28 OK\n203.0.113.48/28 REJCT\n203.0.113.300/28 REJECT\n",
                                  ("cidr:2: 'REJCT' is no action, did you mean REJECT?", "cidr:3: '203.0.113.300/28' is not an IP address")),
                                 ("everything", "0.0.0.0/0 REJECT\n", ("cidr:1: '0.0.0.0/0' is wider than",)),
                                 ("our own network", "192.0.2.0/24 REJECT\n", ("cidr:1: this would drop 192.0.2.2", "cidr:1: this would drop 192.0.2.25"))):
        world.write("cidr", text)
        tap.ok(wait_until(lambda: all(m in world.said() for m in message)), f"a list with {about}: told with file and line", *world.said().splitlines()[-5:])
        tap.ok(world.comes_true("203.0.113.33", "198.51.100.1", answered=["203.0.113.49", "198.51.100.9"]), "the old list stays in force")
        text = world.explain("203.0.113.33")
        tap.ok("listed     not known: " in text and "now        dropped when it connects" in text, "and explain does not pretend to know the line", text)
        tap.same(world.states(), {"access": ("in-force", True), "cidr": ("as-before", True), "drop": ("in-force", True)}, "status knows which list is as it was")
    check = world.ask("check")
    tap.ok(check.returncode == 1 and "cidr:1: this would drop 192.0.2.2" in check.stderr, "mailward check refuses it, too", check.stderr)
    os.unlink(f"{world.folder}/cidr")
    tap.ok(wait_until(lambda: "cidr: cannot be read: No such file" in world.said()), "a list is deleted: told")
    tap.ok(world.comes_true("203.0.113.33"), "the old list stays in force")
    text = world.explain("203.0.113.33")
    tap.ok("listed     not known: cidr is wrong or gone now" in text and "now        dropped when it connects" in text, "explain says so", text)
    status = world.ask("status").stdout
    tap.ok("TROUBLE    blocklist cidr: " in status, "and status calls it trouble", status)
    metrics = world.ask("metrics").stdout
    tap.ok('mailward_blocklist_in_force{list="cidr"} 1\n' in metrics and 'mailward_blocklist_current{list="cidr"} 0\n' in metrics and
           'mailward_blocklist_current{list="access"} 1\n' in metrics, "and the metrics", metrics)
    world.write("cidr", CIDR)
    tap.ok(world.comes_true("203.0.113.1", answered=["203.0.113.33"]), "a good list is there again, and in force")


def test_written(world):
    """A list that is written in place, or removed and written anew, in pieces: until it is whole, the old one is in force."""
    world.write("cidr.new", CIDR)
    for about, remove, other in (("removed and written anew", True, "203.0.113.50"), ("written over", False, "203.0.113.51")):
        said = len(world.said())
        if remove:
            os.unlink(f"{world.folder}/cidr")
        with open(f"{world.folder}/cidr", "w") as file:
            file.write("203.0.113.40/32 REJECT\n")
            file.flush()
            world.write("drop", DROP + f"{other} ; SBL4\n")      # while another is changed, too, which comes into force
            came = world.comes_true(other)
            dropped = world.dropped("203.0.113.1")
            reloaded = world.ask("reload").returncode == 0 and world.dropped("203.0.113.1")
            file.write(CIDR)
        tap.ok(came, f"while a list is {about}, another is read", world.said()[said:])
        tap.ok(dropped, f"a list that is {about}: until then the old one is in force", world.said()[said:])
        tap.ok(reloaded, "over a reload, too", world.said()[said:])
        tap.ok(world.comes_true("203.0.113.40", "203.0.113.1"), "closed, the new one is, with all its lines")
        tap.ok("blocklist cidr: 1 line" not in world.said()[said:], "half of it was never read", world.said()[said:])
    over = threading.Event()

    def append():
        """Somebody who opens and closes it all the time."""
        while not over.is_set():
            with open(f"{world.folder}/cidr", "a") as file:
                file.write("# and so on\n")
            time.sleep(0.02)

    writer = threading.Thread(target=append)
    writer.start()
    world.write("drop", DROP + "203.0.113.52 ; SBL4\n")
    came = world.comes_true("203.0.113.52")
    over.set()
    writer.join()
    tap.ok(came, "while one changes all the time, too", *world.said().splitlines()[-5:])
    os.unlink(f"{world.folder}/cidr")
    os.link(f"{world.folder}/cidr.new", f"{world.folder}/cidr")
    os.unlink(f"{world.folder}/cidr.new")
    tap.ok(wait_until(lambda: world.answered("203.0.113.40", seconds=SYN_S)) and world.dropped("203.0.113.1"), "another name of a whole file is read at once")


def test_counted(world):
    """What the kernel has dropped, of one ban and by set."""
    tap.ok(world.ask("ban", "203.0.113.16", "--for", "1h").returncode == 0 and not world.answered("203.0.113.16", seconds=SYN_S),
           "somebody is banned, and tries")
    tap.ok(re.search(r"^kernel     has dropped [1-9][0-9]* packets? of it, [0-9.]+ kB, so far$", world.explain("203.0.113.16"), re.MULTILINE),
           "explain says that he does", world.explain("203.0.113.16"))
    answer = json.loads(world.explain("--json", "203.0.113.16").splitlines()[0])
    tap.ok(answer["in_kernel"] and answer["dropped_packets"] > 0 and answer["dropped_bytes"] >= 40 * answer["dropped_packets"],
           "--json, too", answer)
    before = world.counted()
    sums = [json.loads(line) for line in world.ask("status", "--json").stdout.splitlines()]
    sums = [one for one in sums if one["event"] == "dropped"]
    tap.ok(0 < before <= sum(one["packets"] for one in sums if one["by"] == "blocklist") <= world.counted(), "status has the blocklists' packets", *sums)
    tap.ok(sum(one["packets"] for one in sums if one["by"] == "ban" and one["family"] == "ipv4" and one["length"] == 32) >= answer["dropped_packets"] > 0,
           "and the bans'", *sums)
    tap.same(world.ask("unban", "203.0.113.16").returncode, 0, "he is let in again")


def test_reload(world):
    """Nobody who is listed gets through while the table is replaced."""
    opened, reloads, failures = 0, 0, 0
    for _ in range(20):
        reload = subprocess.Popen(inside(MX, MAILWARD, "reload", "-c", world.conf), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        while reload.poll() is None:
            for address in ("198.51.100.1", "2001:db8:b1::1", "203.0.113.65"):
                world.tell("flood", address)
                opened += 1
            time.sleep(0.002)
        reloads += 1
        failures += reload.returncode != 0
        reload.stdout.close()
    tap.same(failures, 0, f"{reloads} reloads")
    tap.ok(opened > 50, f"{opened} connections tried meanwhile from listed addresses")
    tap.ok(world.dropped("198.51.100.1"), "the lists are in force")
    tap.same(world.tell("count"), "0", "not one connection came about")
    world.tell("flood", "203.0.113.16")
    tap.ok(world.answered("203.0.113.16") and world.tell("count") == "1", "while one from elsewhere would have shown")

    world.write("access", "198.51.100 REJECT\n198.51.100.7 REJCT\n")
    answer = world.ask("reload")
    tap.ok("access:2: 'REJCT' is no action, did you mean REJECT?" in answer.stdout + answer.stderr, "reload tells of a bad list", answer.stdout, answer.stderr)
    tap.ok(world.comes_true("198.51.100.1", answered=["198.51.100.9"]), "and the old one stays in force")
    with socket.socket(socket.AF_UNIX) as control:
        control.connect(f"{world.folder}/state/control")
        control.sendall(b"reload\n")
        answer = b"".join(iter(lambda: control.recv(4096), b"")).decode()
    tap.same(answer, "ok\nreloaded\n", "which the daemon did not find out itself: no line of the log waits for a list to be read")
    world.write("access", ACCESS)
    world.configure("access", "cidr", allow="198.51.100.0/28")
    tap.same(world.ask("reload").returncode, 0, "reload without one of the lists, and with more allowed")
    tap.ok(wait_until(lambda: world.answered("203.0.113.65", seconds=SYN_S)), "what was in the missing list is answered")
    tap.ok(world.dropped("198.51.100.16") and world.dropped("203.0.113.1"), "the others are in force")
    tap.ok(world.answered("198.51.100.1"), "the allow-list wins")


def test_restart(world):
    tap.same(world.stop(), 0, "mailward stops")
    tap.ok(world.dropped("198.51.100.77"), "the lists stay in the kernel")
    world.write("cidr", "nonsense!\n")
    tap.ok(world.start(), "it starts with a list that is wrong")
    tap.ok("blocklist cidr is not read: it drops nothing" in world.said(), "and says so")
    tap.ok(world.comes_true("198.51.100.77", answered=["203.0.113.1"]), "the other list is in force")
    world.write("cidr", CIDR)
    tap.ok(world.comes_true("203.0.113.1"), "once it is right, it is in force")
    world.write("cidr", "")
    tap.ok(wait_until(lambda: world.answered("203.0.113.1", seconds=SYN_S)), "an empty list drops nobody")
    tap.ok(wait_until(lambda: "blocklist cidr: cidr is empty now: what it dropped is let in" in world.said()), "which is said")
    os.unlink(f"{world.folder}/cidr")
    os.mkdir(f"{world.folder}/later")
    world.write("later/list", CIDR)
    os.symlink("later/list", f"{world.folder}/cidr")
    tap.ok(world.comes_true("203.0.113.1"), "a list behind a link is in force")
    world.write("later/list", "203.0.113.16/28\n")
    tap.ok(world.comes_true("203.0.113.17", answered=["203.0.113.1"]), "and when it changes there")


def random_table(chance, form):
    """A table whose lines name themselves, and addresses to ask about."""
    lines, addresses = [], []
    for number in range(1, 80):
        host = f"198.51.{chance.randrange(3)}.{chance.randrange(4) * 64 + chance.randrange(3)}"
        host6 = f"2001:db8:{chance.randrange(1, 4):x}:{chance.randrange(1, 4):x}:{chance.randrange(1, 3):x}::{chance.randrange(1, 4):x}"
        if form == "cidr":
            length = chance.choice((32, 32, 32, 31, 30, 28, 26))
            value = int.from_bytes(socket.inet_aton(host), "big") >> (32 - length) << (32 - length)
            length6 = chance.choice((128, 128, 80, 79, 64))
            value6 = int.from_bytes(socket.inet_pton(socket.AF_INET6, host6), "big") >> (128 - length6) << (128 - length6)
            pattern = chance.choice((f"{socket.inet_ntoa(value.to_bytes(4, 'big'))}/{length}",
                                     f"{socket.inet_ntop(socket.AF_INET6, value6.to_bytes(16, 'big'))}/{length6}"))
        else:
            pattern = chance.choice((".".join(host.split(".")[:chance.choice((4, 4, 4, 4, 3))]), host6,
                                     ":".join(host6.split("::")[0].split(":")[:chance.randrange(3, 6)])))
        lines.append(f"{pattern}{chance.choice((' ', chr(9), chr(10) + '  '))}{chance.choice(('REJECT', 'OK', 'DUNNO', '450', '550'))} line{number}")
        addresses += [host, host6]
    return lines, addresses


def keys_of(form, address):
    """What access(5) looks for, one after the other: ever shorter keys; cidr_table(5) takes the whole address alone."""
    separator = ":" if ":" in address else "."
    keys = [address]
    while form == "access" and separator in keys[-1]:
        keys.append(keys[-1].rpartition(separator)[0])
    return keys


def postfix_says(folder, form, table, keys):
    """The number of the line that Postfix takes for each key that it finds; at least one is to be found.

    With a configuration of the test's own: this machine's may be missing, and postmap wants one."""
    os.makedirs(f"{folder}/postfix-etc", exist_ok=True)
    with open(f"{folder}/postfix-etc/main.cf", "w") as file:
        file.write("compatibility_level = 3.6\n")
    result = command("postmap", "-c", f"{folder}/postfix-etc", "-q", "-", f"{'cidr' if form == 'cidr' else 'texthash'}:{folder}/{table}",
                     input="\n".join(keys) + "\n")
    tap.ok(result.returncode == 0, f"postmap answers for {len(keys)} keys", *result.stderr.splitlines())
    return {key: int(value.split("line")[1]) for key, value in (line.split("\t", 1) for line in result.stdout.splitlines())}


def test_as_postfix(world):
    if not shutil.which("postmap"):
        tap.ok(True, "Postfix's own tables say the same # SKIP no Postfix here")
        return
    chance, wrong, asked, found = random.Random(SEED), [], 0, 0
    for form in ("access", "cidr"):
        lines, addresses = random_table(chance, form)
        world.write("postfix", "\n".join(lines) + "\n")
        first = {}      # of a logical line, its physical one
        with open(f"{world.folder}/postfix") as file:
            for physical, line in enumerate(file, 1):
                if not line.startswith(" "):
                    first[physical] = len(first) + 1
        world.configure("postfix")
        tap.same(world.ask("reload").returncode, 0, f"a random table of the form {form}, seed {SEED}")
        addresses = addresses[:120]
        lines_of = postfix_says(world.folder, form, "postfix", sorted({key for address in addresses for key in keys_of(form, address)}))
        for address in addresses:
            answer = [json.loads(line) for line in world.explain("--json", address).splitlines()]
            ours = [first[item["line"]] for item in answer if item["event"] == "listed"]
            theirs = next((lines_of[key] for key in keys_of(form, address) if key in lines_of), 0)
            asked, found = asked + 1, found + (theirs > 0)
            if (ours or [0]) != [theirs]:
                wrong.append(f"{form} {address}: we take line {ours}, Postfix {theirs}")
    tap.ok(found > 50, f"Postfix's own tables find {found} of {asked} addresses")
    tap.ok(not wrong, "and by the same lines as we do", *wrong[:10])


def main():
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    probe = f"mw-probe-{os.getpid()}"
    if os.geteuid() != 0 or command("ip", "netns", "add", probe).returncode:
        print("1..0 # SKIP needs root and network namespaces")
        return
    able = command(*inside(probe, "nft", "add", "table", "inet", "probe")).returncode == 0
    command("ip", "netns", "delete", probe)
    if not able or not shutil.which("setpriv"):
        print("1..0 # SKIP needs nft, nf_tables and setpriv")
        return
    with tempfile.TemporaryDirectory(prefix="mailward-lists-") as folder:
        os.chmod(folder, 0o755)
        os.mkdir(f"{folder}/state")
        shutil.chown(f"{folder}/state", "nobody")
        os.makedirs(f"{folder}/program")
        shutil.copy(MAILWARD, f"{folder}/program/mailward")
        os.mkdir(f"{folder}/patterns")
        for pattern in glob.glob(f"{ROOT}/patterns/*.pat"):
            shutil.copy(pattern, f"{folder}/patterns")
        world = None
        try:
            world = World(folder)
            for test in (test_forms, test_explain, test_changes, test_written, test_counted, test_reload, test_restart, test_as_postfix):
                test(world)
            tap.same(world.stop(), 0, "mailward ends cleanly")
        finally:
            if world:
                if tap.failed:
                    print("\n".join("# " + line for line in world.said().splitlines()[-60:]))
                world.close()
    tap.done()


if __name__ == "__main__":
    main()
