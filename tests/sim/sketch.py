"""sketch - the judge with a memory, the short way: hits in (hits.py), verdicts out

The naive model of what daemon/judge does under "judge = memory": the same rules and the same numbers over dictionaries
without bounds. Weights are counted in halves. POLICY holds every number; off names facts to leave out, to see what each
is worth. Nothing here is fast or bounded."""
import collections
import ipaddress

MINUTE, HOUR, DAY = 60, 3600, 86400
WEEK = 7 * DAY
NEVER = -1 << 60

POLICY = dict(
    window=10 * MINUTE, hard_error_limit=6, long_window=WEEK, long_limit=8,
    ban_time=HOUR, ban_factor=4, ban_time_max=30 * DAY,      # the ladder: by the short window
    sure_ban_time=WEEK,                                      # logins by the long window, or a burnt name
    recipient_factor=24,                                     # the ladder of recipients: an hour, a day, 24 days
    others_max=2,                                            # a burnt recipient and so few others: an hour,
    rush=8 * HOUR,                                           # or a day so soon after a ban
    mild_ban_time=10 * MINUTE,                               # at most: where many log in, for one name, for bounces
    mild_bans=7,                                             # so often in the latter two cases, then times ban_factor
    customer_networks=16, customer_life=30 * DAY, place_rest=DAY,
    guest_limit=32, guest_limit_per_account=8,               # the long window where customers are at home
    guests_max=128,
    run_max=3,                                               # so often in a row the same name again weighs half
    name_window=WEEK, burn_networks=3, campaign_networks=8, weight_burnt=6, weight_campaign=3, weight_all=3,
    catch_all=256, mails_per_error=4, credit_max=32,
    stay=2 * MINUTE, near_stay=2 * HOUR,                     # the latter in a region where customers log in
    network_limit=5, network_window=WEEK, network_sum=24, network_units=3,
    network_ban_time=WEEK, near_network_ban_time=DAY,        # the latter in a region where customers log in
    network_mails=8,                                         # delivered from a network: then it is not banned
    off=(),
)

# Where one is: the unit that is counted and banned, the customers' network around it, the region of that, and the
# networks that are banned for what their units did, the widest last.
Place = collections.namedtuple("Place", "unit net region hoods")


def place(addr):
    ip = ipaddress.ip_address(addr)
    if ip.version == 4:
        a = addr.split(".")
        net = ".".join(a[:3]) + ".0/24"
        return Place(addr, net, ".".join(a[:2]), (net,))
    at = lambda bits: f"{ipaddress.ip_address(int(ip) >> (128 - bits) << (128 - bits))}/{bits}"
    return Place(at(64), at(64), at(40), (at(56), at(48)))


class Window:
    """What one unit has done wrong lately."""

    def __init__(self):
        self.events = []                                     # (time, halves, kind, in the long window too)
        self.only = None                                     # the one name it has tried, or False: several
        self.name = self.password = None                     # the last one
        self.last, self.run = NEVER, 0
        self.told = False                                    # more than failed logins that name nobody


class Judge:
    def __init__(self, **policy):
        self.p = type("Policy", (), {**POLICY, **policy})
        self.places = {}
        self.customers = collections.defaultdict(dict)       # account -> {net: (last login, region)}
        self.customer_nets = {}                              # net, hood or region -> last login
        self.homes = collections.defaultdict(dict)           # unit -> {account: last login}
        self.names = {}                                      # name -> "login" or "delivered": it exists
        self.tried = collections.defaultdict(dict)           # name -> {network of a stranger: last try}
        self.again = set()                                   # (name, network): it came in another hour, too
        self.delivered_only = collections.Counter()          # domain -> names that exist by delivery alone
        self.rejecting = set()                               # domains in which somebody does not exist
        self.queue = {}                                      # queue id -> unit
        self.credit = collections.Counter()                  # unit -> mails delivered, less what they paid for
        self.mails = collections.Counter()                   # hood or unit -> mails that were delivered from it
        self.windows = collections.defaultdict(Window)
        self.bans = {}                                       # prefix -> (until, repeat, burnt name, region)
        self.stays = {}                                      # unit -> (due, what for)
        self.banned_units = collections.defaultdict(dict)    # hood -> {unit: time of its ban}
        self.sums = collections.defaultdict(collections.deque)   # hood -> (time, halves, unit)
        self.verdicts = []                                   # (time, prefix, seconds; None: released)

    def on(self, fact):
        return fact not in self.p.off

    def banned(self, key, t):
        return self.bans.get(key, (NEVER,))[0] > t

    def has_customers(self, net, t):
        return t - self.customer_nets.get(net, NEVER) < self.p.customer_life

    def hit(self, t, kind, addr, name, extra):
        while self.stays and (first := min(self.stays.items(), key=lambda stay: stay[1][0]))[1][0] <= t:
            due, args = self.stays.pop(first[0])
            self.ban(due, *args)
        if kind == "delivered":
            self.delivered(t, name, extra)
            return
        if addr not in self.places:
            self.places[addr] = place(addr)
        at = self.places[addr]
        if self.banned(at.unit, t) or any(self.banned(hood, t) for hood in at.hoods):
            return
        if kind == "accepted":
            self.queue[name] = at.unit
        elif kind == "login":
            self.login(t, at, name)
        else:
            self.error(t, at, kind, name, extra)

    # ---- what is learnt

    def login(self, t, at, account):
        p = self.p
        self.exists(t, account, "login")
        nets = self.customers[account]
        if at.net not in nets and len(nets) >= p.customer_networks:
            oldest = min(nets, key=lambda net: nets[net][0])
            if t - nets[oldest][0] < p.place_rest:           # a stolen account vouches for no more
                return
            del nets[oldest]
        if self.on("customers"):
            nets[at.net] = t, at.region
            self.homes[at.unit][account] = t
            for net in (at.net, at.region, *at.hoods):
                self.customer_nets[net] = t
        if self.stays.pop(at.unit, None) or self.windows[at.unit].only == account:
            self.windows.pop(at.unit, None)

    def exists(self, t, name, how):
        local, _, domain = name.rpartition("@")
        was = self.names.get(name)
        if was in (how, "login") or not self.on("names"):
            return
        if how == "delivered":
            if self.all_exist(domain):
                return
            self.delivered_only[domain] += 1
        elif was:
            self.delivered_only[domain] -= 1
        self.names[name] = how
        if local:                                            # a login without a domain may be anybody's of that name
            self.names.setdefault(local, "delivered")
        if name not in self.tried or not self.on("release"):
            return
        self.stays = {unit: stay for unit, stay in self.stays.items() if stay[1][2] != name}
        for unit, (until, _, burnt, region) in list(self.bans.items()):
            if burnt == name and until > t and self.has_customers(region, t):
                del self.bans[unit]
                self.verdicts.append((t, unit, None))

    def all_exist(self, domain):
        return self.delivered_only[domain] >= self.p.catch_all and domain not in self.rejecting

    def delivered(self, t, name, queue_id):
        self.exists(t, name, "delivered")
        unit = self.queue.pop(queue_id, None)
        if unit and self.on("correspondents"):
            self.credit[unit] = min(self.credit[unit] + 1, self.p.credit_max)
            self.mails[unit] += 1
            for hood in place(unit.split("/")[0]).hoods:
                self.mails[hood] += 1

    # ---- what is weighed

    def error(self, t, at, kind, name, extra):
        p, window = self.p, self.windows[at.unit]
        known, password = extra if kind == "failed" else (None, None)
        null = kind == "recipient" and extra
        home = self.homes.get(at.unit, {})                   # who is at home here
        guests = min(p.guests_max, sum(t - last < p.customer_life for last in home.values()))

        if kind == "recipient":
            self.rejecting.add(name.rpartition("@")[2])
        price = p.mails_per_error if kind == "recipient" else 1
        if kind != "failed" and self.credit[at.unit] >= price:
            self.credit[at.unit] -= price
            return
        if name and password and (window.name, window.password) == (name, password):
            return                                           # an old phone; a bot learns nothing by it
        again = bool(name) and window.name == name and t - window.last <= p.window
        near = False
        if kind == "failed":
            nets = {net: region for net, (last, region) in self.customers.get(name, {}).items()
                    if t - last < p.customer_life}
            if at.net in nets and t - home.get(name, NEVER) < p.customer_life:
                return                                       # his own account, where he is at home
            near = self.on("near") and (at.net in nets or at.region in nets.values())

        halves, burnt, stale = 2, False, False
        if near or null:
            halves = 1
        elif name and kind != "error" and not guests and not (
                kind == "recipient" and self.mails[at.unit] and t - window.last > p.long_window and not self.bans.get(at.unit)):
            halves, burnt, stale = self.weigh_name(t, at, kind, name, known)
        window.run = window.run + 1 if again else 0
        if again and window.run <= p.run_max:
            halves = min(halves, 1)
        window.only = name if name and window.only in (None, name) else False
        window.name, window.password, window.last = name, password, t
        window.told |= bool(name) or kind != "failed"

        window.events = [e for e in window.events if t - e[0] <= (p.long_window if e[3] else p.window)]
        window.events.append((t, halves, kind, not null and not stale and self.on("long")))
        short = sum(e[1] for e in window.events if t - e[0] <= p.window)
        long = sum(e[1] for e in window.events if e[3])
        hard = 2 * p.hard_error_limit * (1 + guests)
        limit = 2 * (p.guest_limit + p.guest_limit_per_account * guests if guests else p.long_limit * (1 if window.told else 2))
        one = bool(name) and window.only == name
        if burnt and kind == "failed" and one and window.run <= p.run_max and self.on("stay") and self.clean(at):
            if at.unit not in self.stays:
                self.stays[at.unit] = t + (p.near_stay if self.has_customers(at.region, t) else p.stay), (at, kind, name, burnt, False, guests, True)
        elif burnt or short >= hard or long >= limit:
            logins = sum(e[1] for e in window.events if e[2] == "failed")
            sure = (burnt and kind == "failed" or at.unit in self.stays or
                    long >= limit and short < hard and 2 * logins >= long)
            self.stays.pop(at.unit, None)
            old_list = stale and long <= 2 * p.others_max
            self.ban(t, at, kind, name, burnt, one and not burnt, guests, sure, null, long - halves, old_list)
        elif not guests and not null and not stale:
            self.sum_up(t, at, halves)

    def weigh_name(self, t, at, kind, name, known):
        p = self.p
        networks = self.tried[name]
        hours = t // HOUR - networks.get(at.hoods[-1], NEVER) // HOUR
        networks[at.hoods[-1]] = t
        if hours > p.name_window // HOUR:
            self.again.discard((name, at.hoods[-1]))
        elif hours > 0:
            self.again.add((name, at.hoods[-1]))
        count = sum(t - last <= p.name_window for last in networks.values())
        if name in self.names or known:
            return (2 * p.weight_campaign if count >= p.campaign_networks and self.on("campaign") else 2), False, False
        before = self.bans.get(at.unit)
        if kind == "recipient" and self.on("stale") and ((name, at.hoods[-1]) in self.again or before and before[2] == name):
            return 2, False, True                            # an address in an old list
        if count < p.burn_networks or not self.on("burnt"):
            return 2, False, False
        if kind == "failed" and self.all_exist(name.rpartition("@")[2]):
            return 2 * p.weight_all, False, False
        return 2 * p.weight_burnt, True, False

    def clean(self, at):
        """Nothing else speaks against it: neither itself nor a neighbour was ever banned."""
        return not any(self.bans.get(where) or self.banned_units.get(where) for where in (at.unit, *at.hoods))

    # ---- for how long

    def ban(self, t, at, kind, name, burnt, one, guests, sure, null=False, others=0, old_list=False):
        p = self.p
        until, repeat, *_ = self.bans.get(at.unit, (NEVER, 0))
        repeat = repeat + 1 if t - until <= p.ban_time_max else 1
        factor = p.recipient_factor if kind == "recipient" else p.ban_factor
        length = min(p.ban_time * factor ** (repeat - 1), p.ban_time_max)
        if burnt and kind == "recipient" and others <= 2 * p.others_max and self.on("stale"):
            length = p.ban_time * (p.recipient_factor if repeat > 1 and t - until < p.rush else 1)
        if sure:
            length = max(length, p.sure_ban_time)
        if old_list:
            length = min(length, p.mild_ban_time)
        elif one or null:
            length = min(length, p.mild_ban_time * p.ban_factor ** max(0, repeat - p.mild_bans))
        if guests > 1:
            length = min(length, p.mild_ban_time)
        self.bans[at.unit] = t + length, repeat, name if burnt else None, at.region
        self.windows.pop(at.unit, None)
        self.verdicts.append((t, at.unit, length))
        if guests or one or null or old_list or not self.on("networks"):
            return
        for hood in at.hoods:
            units = self.banned_units[hood]
            units[at.unit] = t
            if sum(t - banned <= p.network_window for banned in units.values()) >= p.network_limit:
                self.ban_network(t, hood, at.region)

    def sum_up(self, t, at, halves):
        p = self.p
        for hood in at.hoods if self.on("sums") else ():
            sums = self.sums[hood]
            sums.append((t, halves, at.unit))
            while t - sums[0][0] > p.network_window:
                sums.popleft()
            if sum(s[1] for s in sums) >= 2 * p.network_sum and len({s[2] for s in sums}) >= p.network_units:
                self.ban_network(t, hood, at.region)

    def ban_network(self, t, hood, region):
        p = self.p
        if self.has_customers(hood, t) or self.mails[hood] >= p.network_mails or self.banned(hood, t):
            return
        self.banned_units.pop(hood, None)
        self.sums.pop(hood, None)
        length = p.near_network_ban_time if self.has_customers(region, t) else p.network_ban_time
        self.bans[hood] = t + length, 1, None, None
        self.verdicts.append((t, hood, length))
