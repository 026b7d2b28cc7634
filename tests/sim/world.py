"""world - some days of a mail server that never was: who did what and when, its log, and the truth about each line

A world is told in deeds (a login, a wrong password, a mail, a refused recipient), each of an address and a class. A
dialect turns a deed into the lines that a server writes. The lines are as if nobody were ever banned: a policy is
judged by what it would have kept away (evaluate.py). The same seed gives the same bytes. Addresses are those reserved
for documentation, benchmarks and shared use (RFC 3849, 2544, 6598): the three /24s of RFC 5737 have too little room."""
import ipaddress
import random
import time

from dialect import Postfix

START = 1762300800                                           # 2025-11-05 00:00:00 UTC
DAY = 86400
HOMES, MOBILE, OFFICES, MTAS = ["198.18.0.0/17"], ["198.18.200.0/24"], ["198.18.224.0/19"], ["198.19.0.0/17"]
STRANGERS, RENTED, SIX = ["100.64.0.0/11"], ["100.96.0.0/12"], "2001:db8::"
FIRST = """anna ben carla david eva felix greta hans ida jan karin leo mia noah olga paul rita sam tina uwe vera will
    yann zoe""".split()
LAST = """adler berg conrad dorn ebert frank graf hahn iven jung kern lang maier noll otto pohl quast rau stein thun
    ulm vogt""".split()
WORDS = """info sales admin test office scan backup user mail web support billing hr ftp oracle shop news team sap
    crm""".split()


class World:
    def __init__(self, seed, scale=1.0, days=4, dialect=None):
        self.rng, self.scale, self.days = random.Random(seed), scale, days
        self.dialect = dialect or Postfix(self.rng)
        self.deeds, self.used = [], set()
        self.accounts, self.known_accounts = [], set()
        self.nobody = [f"{w}{n}" for w in WORDS for n in ["", *range(1, 25)]]

    @property
    def end(self):
        return self.days * DAY

    def n(self, number):
        """So many, at this world's scale."""
        return max(1, round(number * self.scale))

    # deeds: t in seconds from the world's beginning

    def deed(self, t, addr, cls, kind, name, lines):
        if 0 <= t < self.end:
            self.deeds.append((t, len(self.deeds), addr, cls, kind, name, lines))

    def login(self, t, addr, cls, account):
        self.deed(t, addr, cls, "ok", account, self.dialect.login(addr, account))

    def failed(self, t, addr, cls, account, password=None):
        """A wrong password; which one may be told, so that the same can come again."""
        password = password or self.rng.random()
        self.deed(t, addr, cls, "fail", account, self.dialect.failed(addr, account, password, account in self.known()))

    def mail(self, t, addr, cls, to, sender=None):
        self.deed(t, addr, cls, "ok", to, self.dialect.mail(addr, to, self.sender() if sender is None else sender))

    def refused(self, t, addr, cls, to, sender=None):
        self.deed(t, addr, cls, "fail", to, self.dialect.refused(addr, to, self.sender() if sender is None else sender))

    def known(self):
        if len(self.accounts) != len(self.known_accounts):
            self.known_accounts = set(self.accounts)
        return self.known_accounts

    def sender(self):
        return f"{self.rng.choice(FIRST)}{self.rng.randrange(999)}@{self.rng.choice(['example.net', 'example.org'])}"

    # addresses and names

    def fresh(self, nets):
        while True:
            net = ipaddress.ip_network(self.rng.choice(nets))
            addr = str(net[self.rng.randrange(1, net.num_addresses - 1)])
            if addr not in self.used:
                self.used.add(addr)
                return addr

    def six(self, bits):
        """A random IPv6 network of that length, as a number."""
        return int(ipaddress.ip_address(SIX)) + (self.rng.getrandbits(bits - 32) << (128 - bits))

    def inside(self, net, bits):
        """An address in a random network of that length of a /40 or /48."""
        net += self.rng.getrandbits(bits - (48 if bits > 56 else 40)) << (128 - bits)
        return str(ipaddress.ip_address(net + self.rng.getrandbits(40)))

    def people(self, number):
        """So many new accounts."""
        new = []
        for _ in range(number):
            new.append(f"{self.rng.choice(FIRST)}.{self.rng.choice(LAST)}{len(self.accounts) + len(new)}")
        self.accounts += new
        return new

    def times(self, start, stop, every):
        """At random, so often on the average."""
        t = start + self.rng.uniform(0, every)
        while t < stop:
            yield t
            t += self.rng.expovariate(1 / every)

    # those who belong here

    def mistypes(self, t, addr, cls, account, most=4):
        """Some wrong passwords; returns when the right one comes."""
        for _ in range(self.rng.randint(1, most)):
            self.failed(t, addr, cls, account)
            t += self.rng.uniform(4, 20)
        return t

    def customer(self, account, home, start=0, cls="customer", moves=4 * DAY, road=(), mistakes=.004, every=10800):
        """Logs in from a home whose address changes, now and then on the road. home: makes an address."""
        addr, since = home(), start + self.rng.uniform(-moves, 0)
        for t in self.times(start, self.end, every):
            while t - since > moves:
                addr, since = home(), since + moves
            here, what = (self.rng.choice(road), "mobile") if road and self.rng.random() < .25 else (addr, cls)
            if self.rng.random() < mistakes:
                t = self.mistypes(t, here, what, account)
            self.login(t, here, what, account)

    def phone(self, account, addr, start, stop, cls="phone", every=300):
        """An old phone asks on and on with the old password."""
        password, t = self.rng.random(), start
        while t < stop:
            self.failed(t, addr, cls, account, password)
            t += every * self.rng.uniform(.8, 1.2)

    def customers(self, number, **how):
        road = [self.fresh(MOBILE) for _ in range(self.n(8))]
        people = self.people(self.n(number))
        for account in people:
            self.customer(account, lambda: self.fresh(HOMES), road=road, **how)
        return people

    def office(self, number, cls="office"):
        """So many people behind one address."""
        addr, people = self.fresh(OFFICES), self.people(number)
        for account in people:
            self.customer(account, lambda: addr, cls=cls, moves=1e9, mistakes=.01, every=14400)
        return addr, people

    def mta(self, addr, cls, every, left=.03, start=0, stop=None):
        """A lawful mail server; some of its mail is to people who have left."""
        for t in self.times(start, stop or self.end, every):
            if self.rng.random() < left:
                self.refused(t, addr, cls, f"old.{self.rng.choice(LAST)}{self.rng.randrange(9)}")
            else:
                self.mail(t, addr, cls, self.rng.choice(self.accounts))

    def correspondents(self, partners=20, providers=2, lists=4):
        for _ in range(self.n(partners)):
            self.mta(self.fresh(MTAS), "partner", 21600)
        for _ in range(self.n(providers)):
            self.mta(self.fresh(MTAS), "provider", 300, left=.015)
        for _ in range(self.n(lists)):                       # a newsletter: 60 in some minutes, five have left
            start = self.rng.uniform(0, self.end)
            self.mta(self.fresh(MTAS), "list", 2.5, left=.08, start=start, stop=start + 150)

    # attackers

    def guess(self, t, addr, cls, name, login):
        (self.failed if login else self.refused)(t, addr, cls, name)

    def fast(self, number):
        """One address, a hundred names in some minutes."""
        for _ in range(self.n(number)):
            addr, t, login = self.fresh(STRANGERS), self.rng.uniform(0, self.end), self.rng.random() < .5
            for _ in range(self.rng.randint(40, 160)):
                real = login and self.accounts and self.rng.random() < .1
                self.guess(t, addr, "fast", self.rng.choice(self.accounts if real else self.nobody), login)
                t += self.rng.uniform(1, 4)

    def slow(self, number, names=None, every=(3600, 6 * 3600), cls="slow", pool=STRANGERS):
        """A botnet: one password an address every some hours."""
        names = names or self.rng.sample(self.accounts, len(self.accounts) // 10) + self.rng.sample(self.nobody, 150)
        for _ in range(self.n(number)):
            addr, t = self.fresh(pool), self.rng.uniform(0, self.end)
            stop = t + self.rng.uniform(1, 6) * DAY
            while t < min(stop, self.end):
                self.failed(t, addr, cls, self.rng.choice(names))
                t += self.rng.uniform(*every)

    def moving(self, number, login=False):
        """One dictionary, four names an address, then the next address."""
        for _ in range(self.n(number)):
            t, words = self.rng.uniform(0, self.end / 2), self.rng.sample(self.nobody, 360)
            while words and t < self.end:
                addr = self.fresh(STRANGERS)
                for _ in range(min(4, len(words))):
                    self.guess(t, addr, "moving", words.pop(), login)
                    t += self.rng.uniform(2, 5)
                t += self.rng.uniform(60, 400)

    def nets(self, number):
        """A rented /24: twenty addresses, some tries each."""
        for _ in range(self.n(number)):
            net = ipaddress.ip_network(self.fresh(RENTED) + "/24", strict=False)
            start = self.rng.uniform(0, self.end)
            for host in self.rng.sample(range(1, 255), 20):
                t = start + self.rng.uniform(0, DAY / 2)
                for _ in range(self.rng.randint(4, 9)):
                    self.failed(t, str(net[host]), "nets", self.rng.choice(self.nobody))
                    t += self.rng.uniform(5, 40)

    def six_net(self, number, names=None):
        """A /48, another /64 every three tries."""
        for _ in range(self.n(number)):
            net, t = self.six(48), self.rng.uniform(0, self.end)
            for _ in range(60):
                addr = self.inside(net, 64)
                for _ in range(3):
                    self.failed(t, addr, "v6", self.rng.choice(names or self.accounts + self.nobody))
                    t += self.rng.uniform(10, 60)

    def attackers(self):
        """The weather: something of everything."""
        self.fast(12)
        self.slow(300)
        self.moving(2)
        self.nets(3)
        self.six_net(1)

    # the end

    def write(self, path):
        """PATH, and PATH.truth with a row a line of the log: epoch, address, class, ok|fail|other, name."""
        rows = []
        for t, number, addr, cls, kind, name, lines in self.deeds:
            for after, telling, text in lines:
                rows.append((t + after, number, addr, cls, kind if telling else "other", name, text))
        rows.sort(key=lambda row: row[:2])
        with open(path, "w") as log, open(path + ".truth", "w") as truth:
            for t, _, addr, cls, kind, name, text in rows:
                log.write(f"{time.strftime('%FT%T', time.gmtime(START + t))}+00:00 mx1 {text}\n")
                truth.write(f"{int(START + t)}\t{addr}\t{cls}\t{kind}\t{name or '-'}\n")
