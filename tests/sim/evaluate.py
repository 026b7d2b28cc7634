"""evaluate - what a policy would have kept away, and whom it would have hurt: its bans against a world's truth

A try of an attacker gets *through* when no ban of its address, or of a network around it, runs at that second. A login
or a mail of somebody who belongs here is *lost* to a ban; a mail whose server finds us open again within four days is
*deferred* instead. The floor is what no policy can better that waits for a first try: one try an address (IPv6 /64).
A try or a login in the very second of the ban came before it."""
import collections
import functools
import ipaddress
import json
from datetime import datetime

EVIL = {"fast", "slow", "moving", "nets", "v6", "single", "behind", "stolen", "credit", "weapon"}
MTAS = {"partner", "provider", "list", "bouncer", "small", "new-server", "shop", "forwarder"}     # who try again by themselves
PATIENCE = 4 * 86400

Result = collections.namedtuple("Result", "tries through floor hurt lost deferred by_class")


def truth(path):
    """The rows that a policy is judged by: (epoch, address, class, ok or fail)."""
    with open(path + ".truth") as rows:
        rows = [line.split("\t") for line in rows]
    return [(int(t), addr, cls, kind) for t, addr, cls, kind, _ in rows if kind != "other"]


@functools.lru_cache(None)
def prefixes(addr):
    """Whatever a ban of this address may be of: itself and the networks around it, as text."""
    ip = ipaddress.ip_address(addr)
    lengths = (32, 24) if ip.version == 4 else (128, 64, 56, 48)
    return tuple(str(ipaddress.ip_network((ip, n), strict=False)) for n in lengths)


class Bans:
    """When whom: prefix -> [start, end], each."""

    def __init__(self):
        self.spans = collections.defaultdict(list)

    def ban(self, t, prefix, seconds):
        prefix = prefix if "/" in prefix else f"{prefix}/{128 if ':' in prefix else 32}"
        if seconds is None:                                  # a release
            for span in self.spans[prefix]:
                span[1] = min(span[1], t)
        else:
            self.spans[prefix].append([t, t + seconds])

    def until(self, addr, t):
        """The end of the ban that runs over the address at t; 0: none."""
        return max((span[1] for prefix in prefixes(addr) if prefix in self.spans for span in self.spans[prefix]
                    if span[0] < t < span[1]), default=0)

    def open_again(self, addr, t):
        """The same, through all that follow at once."""
        end = t
        while end - t < PATIENCE and (more := self.until(addr, end)):
            end = more
        return end


def epoch(stamp):
    return int(datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp())


def of_events(lines):
    """From what "scan --json" printed. A delay is no ban: who tries again gets in."""
    bans = Bans()
    for line in lines:
        event = json.loads(line)
        if event["event"] in ("ban", "release"):
            bans.ban(epoch(event["time"]), event["address"], event["seconds"] if event["event"] == "ban" else None)
    return bans


def of_verdicts(verdicts):
    """From a sketch's."""
    bans = Bans()
    for t, prefix, seconds in verdicts:
        bans.ban(t, prefix, seconds)
    return bans


def of_counting(rows, limit, window, length):
    """fail2ban's way: so many failures within a window, then out."""
    bans, recent, until = Bans(), collections.defaultdict(collections.deque), {}
    for t, addr, _, kind in rows:
        if kind != "fail" or until.get(addr, 0) > t:
            continue
        times = recent[addr]
        times.append(t)
        while times[0] <= t - window:
            times.popleft()
        if len(times) >= limit:
            until[addr] = t + length
            bans.ban(t, addr, length)
            times.clear()
    return bans


def judge(rows, bans):
    tries, through, lost, deferred = [collections.Counter() for _ in range(4)]
    units, hurt = [collections.defaultdict(set) for _ in range(2)]
    for t, addr, cls, kind in rows:
        if cls in EVIL:
            tries[cls] += 1
            through[cls] += not bans.until(addr, t)
            units[cls].add(prefixes(addr)[1] if ":" in addr else addr)
        elif kind == "ok" and bans.until(addr, t):
            late = cls in MTAS and bans.open_again(addr, t) - t < PATIENCE
            (deferred if late else lost)[cls] += 1
            hurt[cls].add(addr)
    floor = {cls: len(units[cls]) for cls in tries}
    by_class = {cls: (tries[cls], through[cls], floor[cls]) for cls in tries}
    by_class.update({cls: (len(hurt[cls]), lost[cls], deferred[cls]) for cls in hurt})
    total = max(1, tries.total())
    return Result(total, 100 * through.total() / total, 100 * sum(floor.values()) / total, sum(map(len, hurt.values())),
                  lost.total(), deferred.total(), by_class)
