"""worlds - the hard cases, one function each; its first line says what is hard about it"""
from dialect import Exim
from world import DAY, FIRST, HOMES, LAST, MOBILE, MTAS, STRANGERS, World


def first_day(w):
    """a first day: nothing is known, and customers and botnets come together"""
    w.days = 1
    w.customers(200)
    w.office(20)
    w.correspondents()
    w.attackers()


def mx(w):
    """an MX that logs no logins: the mailboxes are elsewhere, all there is are recipients"""
    w.dialect.inside = True
    w.people(w.n(200))
    w.correspondents(40, 3, 8)
    w.moving(3)
    for _ in range(w.n(25)):                                 # a dictionary from one address
        addr, t = w.fresh(STRANGERS), w.rng.uniform(0, w.end)
        for _ in range(60):
            w.refused(t, addr, "fast", w.rng.choice(w.nobody))
            t += w.rng.uniform(1, 4)
    w.slow(200)


def new_customers(w):
    """new customers mistype the new password twice from a new address, while a botnet tries the same names"""
    w.customers(100)
    w.correspondents()
    new = w.people(w.n(60))
    names = new + w.rng.sample(w.nobody, 200)
    w.slow(400, names)
    for i, account in enumerate(new):
        start = w.rng.uniform(0, w.end - DAY / 2)
        home = w.fresh(HOMES)
        if i % 2:                                            # every other one has had a mail of welcome
            w.mail(start - 3600, w.fresh(MTAS), "partner", account)
        for k in range(2):
            w.failed(start + 15 * k, home, "newcomer", account)
        if i % 3:                                            # every third one gives up for today
            w.login(start + 45, home, "newcomer", account)
        for t in w.times(start, w.end, DAY):
            w.mail(t, w.fresh(MTAS), "partner", account)
        w.customer(account, lambda: home, start=start + 40, cls="newcomer", moves=1e9, every=3600)
    w.attackers()


def role_accounts(w):
    """mail comes for info@ and sales@, nobody logs in; bots guess, and an office phone has an old password for it"""
    w.customers(100)
    roles = ["info", "sales", "office", "support"]
    w.accounts += roles
    w.correspondents(40)
    for role in roles:
        for t in w.times(0, w.end, 7200):
            w.mail(t, w.fresh(MTAS), "partner", role)
    addr, _ = w.office(20)
    w.phone("info", addr, w.end * .4, w.end * .7)
    for _ in range(w.n(20)):                                 # someone looks in after a month, from home
        home, t = w.fresh(HOMES), w.rng.uniform(DAY, w.end)
        w.login(w.mistypes(t, home, "customer", "sales", 3), home, "customer", "sales")
    w.slow(300, roles + w.rng.sample(w.nobody, 100))
    w.attackers()


def catch_all(w):
    """a domain where everything exists: spam to any name is delivered, so that delivery says nothing"""
    w.customers(100)
    for _ in range(w.n(20)):
        for t in w.times(0, w.end, 7200):
            w.mail(t, w.fresh(MTAS), "partner", w.rng.choice(w.accounts))
    for _ in range(w.n(40)):                                 # spam to names out of the air
        addr, t = w.fresh(STRANGERS), w.rng.uniform(0, w.end / 2)
        for _ in range(60):
            w.mail(t, addr, "spam", w.rng.choice(w.nobody))
            t += 20
    w.slow(400)
    w.nets(3)
    w.moving(1, login=True)


def joe_job(w):
    """bounces to forged senders: a thousand lawful servers tell us, from <>, of mail we never sent"""
    w.customers(100)
    w.correspondents()
    for i in range(w.n(600)):
        addr, start = w.fresh(MTAS), w.rng.uniform(0, w.end / 2)
        for _ in range(w.rng.choice([1, 2, 3, 3, 6, 12])):
            w.refused(start, addr, "bouncer", w.rng.choice(w.nobody), "")
            start += w.rng.choice([3, 30, 600, 7200])
        for t in w.times(start, w.end, 2 * DAY):
            w.mail(t, addr, "bouncer", w.rng.choice(w.accounts))
    w.attackers()


def stolen(w):
    """one stolen account and 400 bots, each of which logs in with it before it guesses others"""
    people = w.customers(200)
    w.correspondents()
    names = w.rng.sample(people, len(people) // 5) + w.rng.sample(w.nobody, 200)
    for _ in range(w.n(400)):
        addr = w.fresh(STRANGERS)
        for t in w.times(w.rng.uniform(0, w.end / 2), w.end, 2 * 3600):
            if w.rng.random() < .2:
                w.deed(t, addr, "thief", "other", people[0], w.dialect.login(addr, people[0]))
            else:
                w.failed(t, addr, "stolen", w.rng.choice(names))
    w.attackers()


def credit(w):
    """mail first, guesses then: attackers whose mail is delivered try names and passwords from the same address"""
    w.customers(100)
    w.correspondents()
    for _ in range(w.n(60)):
        addr, t = w.fresh(STRANGERS), w.rng.uniform(0, w.end / 2)
        for _ in range(w.rng.choice([1, 10, 100])):
            w.mail(t, addr, "spam", w.rng.choice(w.accounts))
            t += w.rng.uniform(2, 20)
        login = w.rng.random() < .5
        for _ in range(80):
            w.guess(t, addr, "credit", w.rng.choice(w.nobody), login)
            t += w.rng.uniform(2, 600)
    w.attackers()


def office_phone(w):
    """an office behind one address, forty people, and one phone that has an old password for three days"""
    w.customers(60)
    w.correspondents()
    for _ in range(w.n(4)):
        addr, people = w.office(40)
        w.phone(people[0], addr, w.rng.uniform(0, DAY), w.end, every=180)
    w.attackers()


def nightly(w):
    """homes whose address changes every night, some with a phone that has an old password"""
    people = w.people(w.n(150))
    w.correspondents()
    for i, account in enumerate(people):
        turn, addr = w.rng.uniform(0, 7200), w.fresh(HOMES)
        for day in range(-1, w.days):
            addr, start, stop = w.fresh(HOMES), day * DAY + turn, (day + 1) * DAY + turn
            for t in w.times(start, stop, 10800):
                w.login(t, addr, "customer", account)
            if i % 10 == 0:
                w.phone(account, addr, start, stop)
    w.attackers()


def behind(w):
    """attackers behind a customer's gateway: infected machines in offices and in a mobile network"""
    w.customers(150)
    w.correspondents()
    for k in range(w.n(6)):
        addr, people = w.office([2, 10, 40][k % 3])
        for t in w.times(w.rng.uniform(0, DAY), w.end, 400):
            w.failed(t, addr, "behind", w.rng.choice(w.nobody if w.rng.random() < .8 else w.accounts))
    for addr in [str(a) for a in w.used if a.startswith(MOBILE[0].rsplit(".", 1)[0])][:3]:
        for t in w.times(w.rng.uniform(0, DAY), w.end, 600):
            w.failed(t, addr, "behind", w.rng.choice(w.nobody))
    w.attackers()


def neighbours(w):
    """bots in the customers' own /24s, where no network may be banned"""
    w.customers(200)
    w.correspondents()
    w.slow(300, pool=HOMES)
    for _ in range(w.n(60)):
        addr, t = w.fresh(HOMES), w.rng.uniform(0, w.end)
        for _ in range(60):
            w.failed(t, addr, "fast", w.rng.choice(w.nobody))
            t += w.rng.uniform(1, 30)
    w.attackers()


def migration(w):
    """a day on which all passwords change: everybody's devices fail for hours, from wherever they are"""
    people = w.people(w.n(200))
    w.correspondents()
    change = 2 * DAY + 8 * 3600
    for i, account in enumerate(people):
        home = w.fresh(HOMES)
        new = change + w.rng.uniform(600, 8 * 3600)          # when he sets the new one
        for t in w.times(0, w.end, 7200):
            if not change <= t < new:
                w.login(t, home, "customer", account)
        w.phone(account, home, change, new, "customer", w.rng.choice([60, 300, 900]))
        w.login(w.mistypes(new, home, "customer", account), home, "customer", account)
        if i % 10 == 0:
            w.phone(account, home, new, new + 4 * 3600, "customer", 300)
    addr, people = w.office(40)
    for account in people:
        w.phone(account, addr, change, change + w.rng.uniform(600, 8 * 3600), "office", 900)
    w.attackers()


def migration_told(w):
    """the same day, where Dovecot tells passwords apart"""
    w.dialect.verbose = True
    migration(w)


def webmail(w):
    """a webmail server from which everybody logs in, and through which strangers guess"""
    people = w.people(w.n(300))
    w.correspondents()
    addr = w.fresh(MTAS)
    for account in people:
        w.customer(account, lambda: addr, cls="webmail", moves=1e9, mistakes=.02, every=14400)
    for t in w.times(DAY, w.end, 300):
        w.failed(t, addr, "behind", w.rng.choice(w.nobody + people))
    w.attackers()


def six_homes(w):
    """customers on IPv6 whose /56 changes every night, and attackers with a /48 each"""
    people = w.people(w.n(150))
    w.correspondents()
    pools = [w.six(40) for _ in range(3)]
    for account in people:
        pool = w.rng.choice(pools)
        w.customer(account, lambda: w.inside(pool, 56), moves=DAY, mistakes=.02)
    w.six_net(6)
    w.six_net(3, w.accounts)
    w.attackers()


def leaked(w):
    """leaked lists: accounts that exist, each address once an hour, each account and password once"""
    w.customers(300)
    w.correspondents()
    w.slow(150, names=w.accounts, every=(3000, 4200))
    w.attackers()


def single(w):
    """one account from one address, as fast as a person types, for days"""
    w.customers(150)
    w.correspondents()
    for _ in range(w.n(20)):
        addr, name = w.fresh(STRANGERS), w.rng.choice(w.accounts)
        for t in w.times(w.rng.uniform(0, w.end / 2), w.end, w.rng.choice([30, 120, 700])):
            w.failed(t, addr, "single", name)
    w.attackers()


def newcomers(w):
    """mail servers that never wrote before: one to three mails, the first now and then to nobody"""
    w.customers(100)
    w.correspondents()
    for _ in range(w.n(600)):
        addr, t = w.fresh(MTAS), w.rng.uniform(0, w.end)
        if w.rng.random() < .2:
            names = [f"old.{w.rng.choice(LAST)}", "info", w.rng.choice(w.nobody)]
            w.refused(t, addr, "new-server", w.rng.choice(names))
            t += w.rng.uniform(5, 600)
        for _ in range(w.rng.randint(1, 3)):
            w.mail(t, addr, "new-server", w.rng.choice(w.accounts))
            t += w.rng.uniform(60, DAY / 2)
    w.attackers()


def fortnight(w):
    """Two weeks of a small server, for those whose harm or good takes days."""
    w.days = 14
    w.customers(60)
    w.correspondents(10, 1, 2)


def small_senders(w):
    """many who write once a week, one mail in eight to somebody who has left, whom others write to as well"""
    fortnight(w)
    for _ in range(w.n(300)):
        w.mta(w.fresh(MTAS), "small", 5 * DAY, left=.125)
    w.attackers()


def dead_mailboxes(w):
    """shops that write to people who left long before we came, day by day; some of them to nobody else"""
    fortnight(w)
    gone = [f"{w.rng.choice(FIRST)}.{name}" for name in LAST[:12]]
    for _ in range(w.n(80)):
        addr = w.fresh(MTAS)
        dead, live = w.rng.sample(gone, w.rng.choice([1, 1, 1, 2, 3])), w.rng.sample(w.accounts, w.rng.choice([0, 1, 1, 2, 3]))
        for t in w.times(0, w.end, DAY * w.rng.choice([.5, 1, 1, 3, 7])):
            for name in w.rng.sample(dead + live, len(dead + live)):
                (w.refused if name in dead else w.mail)(t, addr, "shop", name)
                t += w.rng.uniform(1, 30)
    w.attackers()


def forwarders(w):
    """servers that forward to us what others have sent: a third of it fails at its sender's SPF, day by day"""
    fortnight(w)
    for _ in range(w.n(40)):
        addr, who = w.fresh(MTAS), w.rng.sample(w.accounts, 3)
        for t in w.times(0, w.end, w.rng.choice([1800, 3600, 14400, 43200])):
            to = w.rng.choice(who)
            if w.rng.random() < .33:
                w.deed(t, addr, "forwarder", "fail", to, w.dialect.spf(addr, to))
            else:
                w.mail(t, addr, "forwarder", to)
    w.attackers()


def exim(w):
    """the same weather, told by Exim"""
    w.dialect = Exim(w.rng)
    w.customers(150)
    w.office(20)
    w.correspondents()
    w.attackers()


def weapons(w):
    """attackers who want others banned: they try customers' names, and burn what customers may mistype"""
    people = w.customers(150)
    w.correspondents()
    office, staff = w.office(20)
    w.slow(300, names=people + staff, every=(600, 7200), cls="weapon")
    for _ in range(w.n(40)):                                 # names a customer may mistype into, burnt beforehand
        addr, t = w.fresh(STRANGERS), w.rng.uniform(0, w.end / 2)
        for _ in range(5):
            w.failed(t, addr, "weapon", f"{w.rng.choice(people)}x")
            t += w.rng.uniform(1000, 7200)
    for account in people:                                   # whose own users also mistype the name
        if w.rng.random() < .2:
            home, t = w.fresh(HOMES), w.rng.uniform(w.end / 2, w.end)
            w.failed(t, home, "customer", f"{account}x")
            w.login(t + 20, home, "customer", account)
            w.login(t + 7200, home, "customer", account)
    w.attackers()


ALL = [first_day, mx, new_customers, role_accounts, catch_all, joe_job, stolen, credit, office_phone, nightly, behind,
       neighbours, migration, migration_told, webmail, six_homes, leaked, single, newcomers, small_senders, dead_mailboxes, forwarders, exim,
       weapons]


def make(world, seed=1, scale=1.0):
    w = World(seed, scale)
    world(w)
    return w
