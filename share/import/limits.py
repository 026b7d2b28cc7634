"""limits - what a few jails say together: how many errors in which time, for how long, from which ports; and who says so

The jails of one service, or all of them: what most have holds, and where it is a draw the gentler. What the others have is
said beside it.
"""
import re

from jails import DAY_S, duration, names, unique

WINDOW_MAX_S, LONG_WINDOW_MAX_S, BAN_MAX_S = DAY_S, 30 * DAY_S, 365 * DAY_S
LIMIT_MAX, LONG_LIMIT_MAX, FACTOR_MAX = 1000, 120, 100
STRANGERS = 8                   # errors of a stranger that ban him within a week: long_limit


def bounded(value, least, most):
    return min(max(value, least), most)


class Choice:
    """The value that holds, whose it is, and who has another."""
    def __init__(self, jails, read, gentle):
        votes = {}
        for jail in jails:
            votes.setdefault(read(jail), []).append(jail)
        self.value = max(votes, key=lambda value: (len(votes[value]), gentle(value)))
        self.jails = votes.pop(self.value)
        self.others = votes

    def said(self, option, default):
        return str(self.jails[0].get(option) or default)

    def told(self, show, elsewhere):
        """Who has another, but for those who are told of elsewhere."""
        for value, jails in self.others.items():
            jails = [jail for jail in jails if jail not in elsewhere]
            if jails:
                yield f"another in {names(jails)}: {show(value, jails[0])}"


class Limits:
    def __init__(self, jails):
        self.jails = jails
        self.counts = Choice(jails, lambda jail: (jail.number("maxretry") or 5, jail.seconds("findtime") or 600),
                             lambda pair: pair[0] / pair[1])
        self.times = Choice(jails, self._ban_s, lambda value: (value >= 0, -value))
        self.growth = Choice(jails, lambda jail: self._factor(jail) if jail.flag("bantime.increment") else 1,
                             lambda value: -value)
        tries, find_s = self.counts.value
        self.limit = bounded(tries, 1, LIMIT_MAX)
        self.window_s = bounded(find_s, 1, WINDOW_MAX_S)
        self.long_s = bounded(find_s, 0, LONG_WINDOW_MAX_S) if find_s > WINDOW_MAX_S else 0
        self.forever = self.times.value < 0
        self.ban_s = BAN_MAX_S if self.forever else min(self.times.value, BAN_MAX_S)
        self.factor = self.growth.value
        self.ports = sorted({port for jail in jails for port in jail.ports})
        self.everywhere = all(jail.everywhere() for jail in jails)

    @staticmethod
    def _ban_s(jail):
        value = jail.seconds("bantime")
        return 600 if value is None else -1 if value < 0 else max(value, 1)

    @staticmethod
    def _multipliers(jail):
        words = (jail.text("bantime.multipliers") or "").split()
        return [float(word) for word in words if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", word)]

    @classmethod
    def _factor(cls, jail):
        found = cls._multipliers(jail)
        return bounded(round(found[1] / found[0]), 1, FACTOR_MAX) if len(found) > 1 and found[0] > 0 else 2

    def port_lines(self):
        """Who says which ports."""
        return unique(str(jail.ports_value()) for jail in self.jails if jail.ports)

    def keys(self, common=None, apart=()):
        """(key, value, [who says so...]) of all, or of what is another in common.

        apart: Limits of services that have a section: what they have instead is told there.

        What stands in parentheses is not set, but could be.
        """
        tries, find_s = self.counts.value
        counts = [jail for limits in apart for jail in limits.jails if limits.limit != self.limit]
        times = [jail for limits in apart for jail in limits.jails if limits.ban_s != self.ban_s]
        if not common or self.window_s != common.window_s:
            said = [self.counts.said("findtime", "findtime is not set: fail2ban's default")]
            if find_s > WINDOW_MAX_S:
                said.append("a day at most; what is longer, long_window counts")
            yield "window", duration(self.window_s), said
        if not common or self.limit != common.limit:
            said = [self.counts.said("maxretry", "maxretry is not set: fail2ban's default")]
            said += self.counts.told(lambda pair, _: f"{pair[0]} in {duration(pair[1])}", counts)
            yield "hard_error_limit", self.limit, said
        if self.long_s and (not common or (self.long_s, self.limit) != (common.long_s, common.limit)):
            said = [self.counts.said("findtime", ""), "for strangers; customers are given more"]
            yield "long_window", duration(self.long_s), said
            yield "long_limit", min(self.limit, LONG_LIMIT_MAX), [self.counts.said("maxretry", "")]
        elif tries > STRANGERS and (not common or self.limit != common.limit):
            yield "(long_limit)", min(self.limit, LONG_LIMIT_MAX), [
                f"{STRANGERS} errors of a stranger within a week ban him in any case; with this he, too, has {tries}"]
        if not common or self.ban_s != common.ban_s:
            said = [self.times.said("bantime", "bantime is not set: fail2ban's default")]
            if self.forever:
                said.append("for ever: at most a year with mailward, and a restart forgets no ban")
            yield "ban_time", duration(self.ban_s), [*said, *self.times.told(lambda _, jail: jail.get("bantime"), times)]
        if not common or self.factor != common.factor:
            yield "ban_factor", self.factor, self._growth_said()

    def _growth_said(self):
        jail = self.growth.jails[0]
        if not jail.flag("bantime.increment"):
            return ["bantime.increment is off: each ban is as long; mailward's default is 4, each repeat four times as long"]
        if len(self._multipliers(jail)) > 1:
            return [str(jail.get("bantime.increment")), str(jail.get("bantime.multipliers")), "the first step, for all of them"]
        return [str(jail.get("bantime.increment")), "fail2ban doubles"]
