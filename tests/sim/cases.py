#!/usr/bin/env python3
"""cases - the rules of the judge's memory one by one: short stories, and exactly who is banned, when, for how long

Each story is told in deeds (world.py), written as a log, and judged by sketch.py and, if it knows "judge = memory", by
mailward. A network's number n stands for an address in a /24 of its own, or (n, host) for a neighbour."""
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
import judges
import tap
import verdicts
import world
from sketch import DAY, HOUR, MINUTE, WEEK

STORIES = []


class Story(world.World):
    """A world of a few deeds; expect: (seconds from the beginning, address, length of the ban; None: released)."""

    def __init__(self, tell):
        super().__init__(1, days=40)
        self.title, self.expected = tell.__doc__, []
        tell(self)

    @staticmethod
    def at(where):
        if isinstance(where, str):
            return where
        net, host = where if isinstance(where, tuple) else (where, 1)
        return f"100.{64 + net // 200}.{net % 200}.{host}"

    def into(self, t, where, account):
        self.login(t, self.at(where), "customer", account)

    def wrong(self, t, where, account, password=None):
        self.failed(t, self.at(where), "stranger", account, password)

    def nobody_has(self, t, where, name, sender="x@example.net"):
        self.refused(t, self.at(where), "stranger", name, sender)

    def brings(self, t, where, to):
        self.mail(t, self.at(where), "partner", to)

    def burn(self, t, name, by=(91, 92), login=True):
        """Two networks have tried it: the next is the third."""
        for i, net in enumerate(by):
            (self.wrong if login else self.nobody_has)(t + i, net, name)

    def banned(self, t, where, seconds):
        self.expected.append((t, self.at(where), seconds))


def story(tell):
    STORIES.append(tell)
    return tell


# ---- the short window, and how long

@story
def six_names(s):
    """six names nobody has tried before, within ten minutes: an hour; then four, then sixteen"""
    for start, length in ((0, HOUR), (2 * HOUR, 4 * HOUR), (10 * HOUR, 16 * HOUR)):
        for k in range(6):
            s.wrong(start + 20 * k, 1, f"n{start}-{k}")
        s.banned(start + 100, 1, length)


@story
def five_names(s):
    """five within ten minutes, and two more within the hour: nothing; the eighth of the week: a week"""
    for k in range(5):
        s.wrong(20 * k, 1, f"n{k}")
    for k in range(5, 8):
        s.wrong(1000 * k, 1, f"n{k}")
    s.banned(7000, 1, WEEK)


@story
def forgotten(s):
    """the seven errors of a week are forgotten with it"""
    for k in range(7):
        s.wrong(HOUR * k, 1, f"n{k}")
    s.wrong(WEEK + 1, 1, "n8")


@story
def recipients(s):
    """six recipients nobody has: an hour, then a day, then twenty-four"""
    for start, length in ((0, HOUR), (2 * HOUR, DAY), (2 * DAY, 24 * DAY)):
        for k in range(6):
            s.nobody_has(start + 20 * k, 1, f"n{start}-{k}")
        s.banned(start + 100, 1, length)


@story
def nameless(s):
    """errors that name nobody: an hour, then four"""
    for start, length in ((0, HOUR), (2 * HOUR, 4 * HOUR)):
        for k in range(6):
            s.deed(start + 20 * k, s.at(1), "stranger", "fail", "-", s.dialect.relay_denied(s.at(1)))
        s.banned(start + 100, 1, length)


@story
def nameless_logins(s):
    """failed logins that name nobody: sixteen in a week, since one old phone cannot be told from a machine"""
    for k in range(16):
        s.deed(HOUR * k, s.at(1), "stranger", "fail", "-", s.dialect.failed_nameless(s.at(1)))
    s.banned(15 * HOUR, 1, WEEK)


@story
def patient_recipients(s):
    """eight recipients in as many hours: an hour, since a mail server may be in the wrong"""
    for k in range(8):
        s.nobody_has(HOUR * k, 1, f"n{k}")
    s.banned(7 * HOUR, 1, HOUR)


@story
def one_name(s):
    """one name alone: three repeats weigh half, then each one; ten minutes at the most, seven times, then forty"""
    s.brings(0, 90, "carla")
    t = DAY
    for repeat in range(1, 9):
        for k in range(8):                                   # 1 + 3 x 1/2, then whole ones
            s.wrong(t + 20 * k, 1, "carla")
        s.banned(t + 140, 1, 10 * MINUTE if repeat <= 7 else 40 * MINUTE)
        t += 5 * HOUR


@story
def typing_errors(s):
    """four wrong passwords and the right one: nothing; what came before the right one is forgotten"""
    for start in (0, 300, 600, 900):
        for k in range(4):
            s.wrong(start + 10 * k, 1, "carla")
        s.into(start + 60, 1, "carla")


@story
def same_password(s):
    """the same wrong password again is no new try, where Dovecot tells"""
    s.dialect.verbose = True
    for k in range(200):
        s.wrong(60 * k, 1, "carla", "old")


# ---- names

@story
def burnt_login(s):
    """a name that three networks try is burnt: the third has two minutes, then a week"""
    s.burn(0, "ghost")
    s.wrong(100, 1, "ghost")
    s.wrong(110, 1, "ghost")
    s.banned(220, 1, WEEK)
    s.wrong(300, 1, "ghost")


@story
def burnt_login_and_another(s):
    """a burnt name and then another, whatever it is: no two minutes"""
    s.burn(0, "ghost")
    s.wrong(100, 1, "ghost")
    s.wrong(105, 1, "n1")
    s.banned(105, 1, WEEK)


@story
def burnt_login_too_often(s):
    """a burnt name five times in half a minute: no two minutes either"""
    s.burn(0, "ghost")
    for k in range(5):
        s.wrong(100 + 5 * k, 1, "ghost")
    s.banned(120, 1, WEEK)


@story
def burnt_recipient(s):
    """a burnt name as a recipient: an hour, at once"""
    s.burn(0, "ghost", login=False)
    s.nobody_has(100, 1, "ghost")
    s.banned(100, 1, HOUR)


@story
def not_burnt_for_ever(s):
    """a name that was tried a week ago by two is not burnt by the third"""
    s.burn(0, "ghost")
    s.wrong(WEEK + 100, 1, "ghost")


@story
def stay_and_login(s):
    """a new customer mistypes a burnt name's password twice, then logs in: nothing"""
    s.burn(0, "carla")
    s.wrong(100, 1, "carla")
    s.wrong(115, 1, "carla")
    s.into(130, 1, "carla")
    s.wrong(2000, 1, "carla")


@story
def stay_near_customers(s):
    """where others of his region log in, he has two hours; a first mail to him ends it, too; another name does not"""
    s.into(0, 2, "anna")
    s.burn(10, "carla", by=(250, 251))
    for host in (1, 2, 3):
        s.wrong(100, (1, host), "carla")
    s.wrong(200, (1, 3), "ghost")
    s.banned(200, (1, 3), WEEK)
    s.into(HOUR, (1, 1), "carla")
    s.burn(2 * HOUR, "dora", by=(250, 251))
    s.wrong(3 * HOUR, 3, "dora")
    s.wrong(3 * HOUR, 4, "dora")
    s.brings(4 * HOUR, 253, "dora")
    s.into(9 * HOUR, 2, "anna")


@story
def release(s):
    """a burnt name that comes to exist: who was banned for it is let in again, if others of his region log in"""
    s.burn(10, "carla", by=(250, 251))
    s.wrong(100, 1, "carla")
    s.wrong(100, 252, "carla")
    s.banned(220, 1, WEEK)
    s.banned(220, 252, WEEK)
    s.into(300, 2, "anna")                                   # somebody else in this region
    s.brings(HOUR, 253, "carla")
    s.banned(HOUR + 2, 1, None)


@story
def existing_name(s):
    """a name that exists is never burnt; that eight networks try it makes each try weigh three"""
    s.brings(0, 90, "carla")
    for net in range(10, 17):
        s.wrong(net, net, "carla")
    for k in range(5):                                       # 3 + 1/2 + 1/2 + 1/2, then 3
        s.wrong(100 + 10 * k, 1, "carla")
    s.banned(140, 1, 10 * MINUTE)


@story
def known_to_the_server(s):
    """where Dovecot says "Password mismatch" the name exists, whatever we know"""
    s.dialect.verbose = True
    s.accounts = ["carla"]
    s.burn(0, "carla")
    s.wrong(100, 1, "carla")
    s.wrong(1000, 1, "carla")


@story
def without_domain(s):
    """a login without a domain exists if anybody of that name does"""
    s.brings(0, 90, "carla")
    for t, net in ((10, 91), (11, 92), (100, 1), (1000, 1)):
        s.deed(t, s.at(net), "stranger", "fail", "carla", [s.dialect.left(s.at(net), "carla")])


@story
def catch_all(s):
    """a domain of 256 names that nobody logs in to: names tried by three networks weigh three there"""
    for k in range(300):
        s.brings(k, 90, f"any{k}")
    s.burn(1000, "ghost")
    s.wrong(2000, 1, "ghost")
    s.burn(1000, "spook")
    s.wrong(2010, 1, "spook")
    s.banned(2010, 1, HOUR)


@story
def not_catch_all(s):
    """the same many names, but one was refused: not everything exists"""
    for k in range(300):
        s.brings(k, 90, f"any{k}")
    s.nobody_has(900, 93, "left")
    s.burn(1000, "ghost")
    s.wrong(2000, 1, "ghost")
    s.banned(2120, 1, WEEK)
    s.into(3000, 2, "carla")


@story
def bounces(s):
    """bounces to forged senders weigh half for ten minutes, burn nothing, and cost ten minutes"""
    s.burn(0, "ghost", login=False)
    for k in range(30):
        s.nobody_has(100 + HOUR * k, 1, "ghost", "")
    for k in range(12):
        s.nobody_has(3 * DAY + 10 * k, 2, f"n{k}", "")
    s.banned(3 * DAY + 110, 2, 10 * MINUTE)
    for net in range(10, 20):
        s.nobody_has(5 * DAY, net, "other", "")
    s.nobody_has(5 * DAY + 10, 3, "other")


# ---- customers

@story
def own_account(s):
    """an account at the address it logged in from does not count there, however often"""
    s.into(0, 1, "carla")
    for k in range(500):
        s.wrong(100 + 30 * k, 1, "carla")


@story
def neighbour(s):
    """the same account from the next address weighs half"""
    s.into(0, (1, 7), "carla")
    for k in range(12):
        s.wrong(100 + 20 * k, (1, 8), "carla")
    s.banned(320, (1, 8), 10 * MINUTE)


@story
def new_home(s):
    """so does an account from another network of its region, until it logs in there"""
    s.into(0, 1, "carla")
    for k in range(8):
        s.wrong(100 + 300 * k, 2, "carla")
    s.into(2600, 2, "carla")
    for k in range(100):
        s.wrong(3000 + 300 * k, 2, "carla")


@story
def guests(s):
    """where one customer is at home, others' names have a limit of 40 a week: then the ladder"""
    s.into(0, 1, "carla")
    s.burn(10, "ghost")
    for k in range(40):
        s.wrong(100 + HOUR * k, 1, "ghost" if k % 2 else f"n{k}")
    s.banned(100 + 39 * HOUR, 1, WEEK)


@story
def shared(s):
    """where four are at home: 64 a week, 30 in ten minutes, and ten minutes at the most"""
    for k in range(4):
        s.into(k, 1, f"anna{k}")
    for k in range(30):
        s.wrong(100 + 10 * k, 1, f"n{k}")
    s.banned(390, 1, 10 * MINUTE)


@story
def stolen(s):
    """one account vouches for sixteen addresses a day, no more"""
    for net in range(1, 19):
        s.into(net, net, "carla")
    for net in range(15, 19):                                # no more: five who fail and nobody logs in is an outage
        for k in range(8):
            s.wrong(1000 + HOUR * k, net, f"n{net}-{k}")
    s.banned(1000 + 7 * HOUR, 17, WEEK)
    s.banned(1000 + 7 * HOUR, 18, WEEK)


@story
def standing_stays(s):
    """a thief with the password cannot push out the owner who logs in every day"""
    for day in range(3):
        s.into(day * DAY, 1, "carla")
        for net in range(30):
            s.into(day * DAY + HOUR + net, 100 + 30 * day + net, "carla")
    for k in range(100):
        s.wrong(3 * DAY + 60 * k, 1, "carla")


# ---- correspondents

@story
def credit(s):
    """four mails delivered pay for one that nobody gets; a wrong password they do not pay for"""
    for k in range(8):
        s.brings(10 * k, 1, "carla")
    for k in range(8):                                       # two are paid for, six are not
        s.nobody_has(1000 + 20 * k, 1, f"n{k}")
    s.banned(1140, 1, HOUR)
    for k in range(32):
        s.brings(10 * k, 2, "carla")
    for k in range(6):
        s.wrong(1000 + 20 * k, 2, f"m{k}")
    s.banned(1100, 2, HOUR)


@story
def old_list(s):
    """whose first mail here was delivered may have one burnt name in his list; with the second he is like anybody"""
    s.burn(10, "ghost", login=False)
    s.burn(10, "ghoul", login=False)
    s.brings(100, 1, "carla")
    s.nobody_has(110, 1, "ghost")
    s.brings(100, 2, "carla")
    s.nobody_has(110, 2, "ghost")
    s.nobody_has(800, 2, "ghoul")
    s.banned(800, 2, HOUR)


@story
def credit_has_an_end(s):
    """a hundred mails pay for eight, no more"""
    for k in range(100):
        s.brings(10 * k, 1, "carla")
    for k in range(36):
        s.brings(10 * k, 2, "carla")
    for k in range(14):
        s.nobody_has(2000 + 20 * k, 2, f"m{k}")
    s.banned(2000 + 20 * 13, 2, HOUR)
    for k in range(14):
        s.nobody_has(2000 + 20 * k, 1, f"n{k}")
    s.banned(2000 + 20 * 13, 1, HOUR)


@story
def accepted_is_not_delivered(s):
    """a recipient that was accepted and then reset pays for nothing"""
    for k in range(100):
        s.deed(10 * k, s.at(1), "stranger", "other", "-", s.dialect.reset(s.at(1)))
    for k in range(6):
        s.nobody_has(2000 + 20 * k, 1, f"n{k}")
    s.banned(2100, 1, HOUR)


# ---- networks

def neighbours(s, number, near=False):
    """So many of network 1 try a burnt name, an hour apart: the first has two minutes, the others not; near customers the
    first two have two hours.

    Returns when the last is banned."""
    for host in range(1, number + 1):
        s.burn(host * 10, f"ghost{host}", by=(300 + 2 * host, 301 + 2 * host))
        s.wrong(host * HOUR, (1, host), f"ghost{host}")
        s.banned(host * HOUR + (2 * HOUR if near and host <= 2 else 120 if host == 1 else 0), (1, host), WEEK)
    return number * HOUR


@story
def network(s):
    """sums: 24 within a week from three units of a network, short of what bans each: the network, for a week"""
    for host in range(1, 5):
        for k in range(6):
            s.wrong(HOUR * k + host, (1, host), f"n{host}-{k}")
    s.banned(5 * HOUR + 4, "100.64.1.0/24", WEEK)


@story
def banned_neighbours(s):
    """five banned neighbours within a week: the network, for a week"""
    s.banned(neighbours(s, 5), "100.64.1.0/24", WEEK)


@story
def network_with_a_customer(s):
    """not where a customer logs in"""
    s.into(0, (1, 99), "carla")
    neighbours(s, 8, near=True)


@story
def network_near_customers(s):
    """a day, where others of the region log in"""
    s.into(0, (7, 99), "carla")
    s.banned(neighbours(s, 5, near=True), "100.64.1.0/24", DAY)


@story
def network_with_mail(s):
    """not from which eight mails were delivered"""
    for k in range(8):
        s.brings(k, (1, 99), "carla")
    neighbours(s, 8)


@story
def six(s):
    """IPv6: three tries each of 64s of one /56: the /56"""
    for k in range(8):
        for j in range(3):
            s.wrong(100 * k + 10 * j, f"2001:db8:1:{k:x}::1", f"n{k}-{j}")
    s.banned(720, "2001:db8:1::/56", WEEK)
    s.banned(720, "2001:db8:1::/48", WEEK)


# ---- the hard cases that no rule above tells whole

@story
def first_day(s):
    """a first day: nobody is known; a customer mistypes twice and is in, a bot's six names are out for an hour"""
    for k in range(2):
        s.wrong(10 * k, 1, "carla")
    s.into(30, 1, "carla")
    for k in range(6):
        s.wrong(100 + 5 * k, 2, f"n{k}")
    s.banned(125, 2, HOUR)


@story
def old_list(s):
    """a newsletter to somebody who left before we came, to whom others write, too: an hour, and from then on nothing"""
    s.burn(0, "carla", login=False)
    for day in range(1, 20):
        s.burn(day * DAY, "carla", login=False)
        for again in (0, 65 * MINUTE, 66 * MINUTE, 3 * HOUR):
            s.nobody_has(day * DAY + HOUR + again, 1, "carla")
    s.banned(DAY + HOUR, 1, HOUR)


@story
def many_lists(s):
    """the same to many: each is out once, though more have tried the name than are told apart"""
    for day in range(0, 12, 3):
        for n in range(3 if day else 1, 16):
            s.nobody_has(day * DAY + n * HOUR, n, "carla")
    for n in range(3, 16):
        s.banned(n * HOUR, n, HOUR)


@story
def long_list(s):
    """six who have left, met one a day: an hour each; all at once, and once more: ten minutes, since each is known by now"""
    for day in range(12):
        for k in range(6):
            s.burn(day * DAY + k, f"n{k}", by=(200 + 2 * k, 201 + 2 * k), login=False)
    for k in range(6):
        s.nobody_has(k * DAY + HOUR, 1, f"n{k}")
        s.banned(k * DAY + HOUR, 1, HOUR)
    for day in range(6, 12):
        for k in range(6):
            s.nobody_has(day * DAY + HOUR + 10 * k, 1, f"n{k}")
        s.banned(day * DAY + HOUR + 50, 1, 10 * MINUTE)


@story
def list_as_a_cloak(s):
    """seven guesses, and a burnt name on purpose: the ladder, as for any who guesses"""
    for t, length, name in ((0, HOUR, "carla"), (DAY, DAY, "david"), (4 * DAY, 24 * DAY, "eva")):
        s.burn(t, name, login=False)
        for k in range(5):
            s.nobody_has(t + 60 + k * 700, 1, f"n{t}-{k}")
        s.nobody_has(t + 2 * HOUR, 1, name)
        s.banned(t + 2 * HOUR, 1, length)


@story
def old_lists(s):
    """several who have left: an hour for the first, a day for the next right after it, an hour for one some days later"""
    for t, name, length in ((0, "carla", HOUR), (2 * HOUR, "david", DAY), (3 * DAY, "eva", HOUR)):
        s.burn(t, name, login=False)
        s.nobody_has(t + 60, 1, name)
        s.banned(t + 60, 1, length)


@story
def forwarder(s):
    """a correspondent half of whose mail we do not like, day by day: nothing; six that none pays for: an hour, as a stranger"""
    for k in range(40):
        s.brings(k * 2 * HOUR, 1, "carla")
        s.deed(k * 2 * HOUR + HOUR, s.at(1), "partner", "fail", "-", s.dialect.relay_denied(s.at(1)))
    for k in range(6):
        s.deed(20 * DAY + 20 * k, s.at(1), "partner", "fail", "-", s.dialect.relay_denied(s.at(1)))
    s.banned(20 * DAY + 100, 1, HOUR)


@story
def role_account(s):
    """a role account that gets mail and nobody logs in to: bots try it, it is not burnt; a month later somebody looks in"""
    s.brings(0, 90, "info")
    for net in range(10, 16):
        s.wrong(net, net, "info")
    for k in range(3):
        s.wrong(28 * DAY + 10 * k, 1, "info")
    s.into(28 * DAY + 40, 1, "info")


@story
def migration(s):
    """a day on which all passwords change: an office and a home fail for hours; nobody is out"""
    for k in range(10):
        s.into(k, 1, f"anna{k}")
    s.into(20, 2, "anna1")
    for k in range(10):
        for j in range(60):
            s.wrong(2 * HOUR + 300 * j + 7 * k, 1, f"anna{k}")
    for j in range(60):
        s.wrong(2 * HOUR + 300 * j, 2, "anna1")


@story
def webmail(s):
    """a webmail server from which two hundred log in: a hundred names of strangers through it ban nobody"""
    for k in range(200):
        s.into(k, 1, f"anna{k}")
    for k in range(100):
        s.wrong(1000 + 5 * k, 1, f"n{k}")


@story
def bot_beside_a_customer(s):
    """a bot in a customer's /24: out for a week like any, two hours later, and the customer goes on"""
    s.into(0, (1, 7), "carla")
    s.burn(10, "ghost")
    s.wrong(100, (1, 8), "ghost")
    s.banned(100 + 2 * HOUR, (1, 8), WEEK)
    s.wrong(300, (1, 7), "carla")
    s.into(3 * HOUR, (1, 7), "carla")


@story
def six_customer(s):
    """a customer on IPv6 whose prefix changes, with an old phone: half, until he logs in from the new one"""
    s.into(0, "2001:db8:7:100::1", "carla")
    for k in range(11):
        s.wrong(DAY + 20 * k, "2001:db8:7:200::1", "carla")
    s.into(DAY + 300, "2001:db8:7:200::1", "carla")
    for k in range(100):
        s.wrong(DAY + 400 + 300 * k, "2001:db8:7:200::1", "carla")


# ---- to the second, and to one more or less

@story
def window_edges(s):
    """the sixth error ten minutes after the first: out; a second later: not. The eighth of a week likewise"""
    for k in range(5):
        s.wrong(k, 1, f"a{k}")
        s.wrong(k, 2, f"b{k}")
    s.wrong(600, 1, "a5")
    s.wrong(601, 2, "b5")
    s.banned(600, 1, HOUR)
    for net, last in ((3, WEEK), (4, WEEK + 1)):
        for k in range(7):
            s.wrong(HOUR * k, net, f"{net}-{k}")
        s.wrong(last, net, "last")
    s.banned(WEEK, 3, WEEK)


@story
def name_window_edges(s):
    """two other networks within a week burn a name, but not an hour later"""
    s.wrong(0, 91, "ghost")
    s.wrong(1, 92, "ghost")
    s.wrong(0, 93, "spook")
    s.wrong(1, 94, "spook")
    s.wrong(WEEK, 1, "ghost")
    s.wrong(WEEK + HOUR, 2, "spook")
    s.banned(WEEK + 2 * MINUTE, 1, WEEK)
    s.into(WEEK + 2 * HOUR, 9, "carla")


@story
def campaign_edges(s):
    """seven networks are no campaign, eight are"""
    s.brings(0, 290, "carla")
    s.brings(0, 290, "david")
    for net in range(10, 16):
        s.wrong(net, net, "carla")
    for net in range(20, 27):
        s.wrong(net, net, "david")
    for name, net in (("carla", 1), ("david", 2)):           # 1 or 3, and three more of others
        s.wrong(100, net, name)
        for k in range(3):
            s.wrong(110 + k, net, f"{net}-{k}")
    s.wrong(100, 3, "david")
    for k in range(2):
        s.wrong(110 + k, 3, f"3-{k}")
    s.banned(112, 2, HOUR)


@story
def catch_all_edges(s):
    """255 names are no catch-all"""
    for k in range(255):
        s.brings(k, 90, f"any{k}")
    s.burn(1000, "ghost")
    s.wrong(2000, 1, "ghost")
    s.banned(2120, 1, WEEK)
    s.brings(3000, 90, "any255")
    s.burn(4000, "spook", by=(93, 94))
    s.wrong(5000, 2, "spook")                                # 256 are: it weighs three
    for k in range(2):
        s.wrong(5010 + k, 2, f"m{k}")
    s.brings(6000, 90, "any256")


@story
def life_of_a_customer(s):
    """a login is remembered for a month: at home for half of it at least"""
    for day in (0, 14):
        s.into(day * DAY, 1, "carla")
    s.into(0, 101, "emma")
    s.into(0, 201, "david")
    for k in range(10):
        s.wrong(29 * DAY + 10 * k, 101, "emma")              # half at the most
    for k in range(20):
        s.wrong(28 * DAY - 2 * HOUR + 10 * k, 1, "carla")
        s.wrong(30 * DAY + 10 * k, 201, "david")             # 1 + 3 x 1/2, then whole ones
    s.banned(30 * DAY + 70, 201, 10 * MINUTE)


@story
def rest_of_a_place(s):
    """a full account takes a new network once its oldest was not used for a day"""
    for account, net in (("carla", 1), ("david", 201)):
        for k in range(16):
            s.into(k, net + k, account)
    s.into(DAY - 1, 50, "carla")
    s.into(DAY, 250, "david")
    for net, account in ((50, "carla"), (250, "david")):
        for k in range(16):
            s.wrong(2 * DAY + 10 * k, net, account)          # near by, or at home
    s.banned(2 * DAY + 110, 50, 10 * MINUTE)


@story
def long_memory_of_bans(s):
    """a ban is a repeat up to thirty days after the last one's end"""
    for net, second in ((1, HOUR + 100 + 30 * DAY), (2, HOUR + 101 + 30 * DAY)):
        for start in (0, second - 100):
            for k in range(6):
                s.wrong(start + 20 * k, net, f"{net}-{start}-{k}")
        s.banned(100, net, HOUR)
        s.banned(second, net, 4 * HOUR if net == 1 else HOUR)


@story
def network_edges(s):
    """the fifth banned neighbour within a week, to the second"""
    for net, last in ((1, WEEK + 1), (2, WEEK)):
        for host in range(1, 5):
            s.burn(host, f"ghost{net}-{host}", by=(300 + 2 * host, 301 + 2 * host), login=False)
            s.nobody_has(HOUR + (host > 1) * 100, (net, host), f"ghost{net}-{host}")
            s.banned(HOUR + (host > 1) * 100, (net, host), HOUR)
        s.burn(WEEK - HOUR, f"spook{net}", by=(321, 322), login=False)
        s.nobody_has(HOUR + last, (net, 9), f"spook{net}")
        s.banned(HOUR + last, (net, 9), HOUR)
    s.banned(HOUR + WEEK, "100.64.2.0/24", WEEK)


@story
def units_of_a_network(s):
    """24 errors of two units ban no network"""
    for host in (1, 2):
        for start in (0, 2 * HOUR, 8 * HOUR):
            for k in range(6):
                s.wrong(start + 10 * k, (1, host), f"{host}-{start}-{k}")
            s.banned(start + 50, (1, host), {0: HOUR, 2 * HOUR: 4 * HOUR, 8 * HOUR: 16 * HOUR}[start])


@story
def seven_mails(s):
    """seven mails do not spare a network"""
    for k in range(7):
        s.brings(k, (1, 99), "carla")
    s.banned(neighbours(s, 5), "100.64.1.0/24", WEEK)


def main():
    knows = judges.accepts(judges.MEMORY)
    with tempfile.TemporaryDirectory() as folder:
        config, path = os.path.join(folder, "conf"), os.path.join(folder, "log")
        with open(config, "w") as out:
            out.write(judges.MEMORY)
        for tell in STORIES:
            story_told = Story(tell)
            story_told.write(path)
            expected = set(story_told.expected)
            tap.same(set(verdicts.of_sketch(path)), expected, f"sketch: {story_told.title}")
            if knows:
                tap.same(set(verdicts.of_mailward(path, config)), expected, f"mailward: {story_told.title}")
    if not knows:
        print("# this mailward has no judge with a memory: the sketch alone was tried")
    tap.done()


if __name__ == "__main__":
    main()
