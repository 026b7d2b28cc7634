"""jails - the mailward.conf that does for mail what a fail2ban configuration does

Reads jail.conf, jail.d and jail.local as fail2ban does, looks at the jails that are on and are about mail, and prints the
settings with a comment for each line: from which jail, file and line it comes, or why it is another. What has no equivalent,
what is no longer needed and what stays with fail2ban is said at the end. Where fail2ban is installed, its own reader resolves
the values.
"""
import glob
import ipaddress
import logging
import math
import os
import re
import shlex
import sys
import textwrap

import filters
from config import Config, shown

try:
    from fail2ban.client.configreader import ConfigReader
except ImportError:
    ConfigReader = None

DAY_S = 86400
WINDOW_MAX_S, LONG_WINDOW_MAX_S, BAN_MAX_S = DAY_S, 30 * DAY_S, 365 * DAY_S
LIMIT_MAX, LONG_LIMIT_MAX, FACTOR_MAX, WEIGHT_MAX, PORTS_MAX, SOURCES_MAX = 1000, 120, 100, 100, 64, 32
WIDTH, LINE_MAX = 118, 4000     # of a comment's line, and of any
MAIL_PORTS = [25, 110, 143, 465, 587, 993, 995, 4190]
WEB_PORTS = {80, 443}
PORTS = {"smtp": 25, "smtps": 465, "ssmtp": 465, "urd": 465, "submissions": 465, "submission": 587, "pop2": 109, "pop3": 110, "pop-3": 110,
         "pop3s": 995, "imap": 143, "imap2": 143, "imap3": 220, "imaps": 993, "sieve": 4190, "managesieve": 4190, "http": 80, "https": 443,
         "ssh": 22, "socks": 1080, "ldap": 389, "ldaps": 636}

# fail2ban's own filters for mail, and whose patterns of ours know the same lines
SERVICES = {
    "postfix": "postfix", "postfix-sasl": "postfix", "postfix-rbl": "postfix", "dovecot": "dovecot", "courier-smtp": "courier", "courier-auth": "courier",
    "couriersmtp": "courier", "courierlogin": "courier", "sendmail-auth": "sendmail", "sendmail-reject": "sendmail", "exim": "exim", "exim-spam": "exim",
    "cyrus-imap": "cyrus", "sieve": "cyrus", "roundcube-auth": "roundcube", "sogo-auth": "sogo", "horde": "horde", "openwebmail": "openwebmail",
    "squirrelmail": "squirrelmail", "solid-pop3d": "solid-pop3d", "perdition": "perdition", "kerio": "kerio", "uwimap-auth": "uw-imap", "assp": "assp",
    "domino-smtp": "domino", "oracleims": "oracle-ims", "qmail": "qmail", "groupoffice": "groupoffice", "tine20": "tine"}
# what a filter's or a jail's name tells of the service
WORDS = [("postfix", "postfix"), ("sasl", "postfix"), ("submission", "postfix"), ("dovecot", "dovecot"), ("exim", "exim"), ("sendmail", "sendmail"),
         ("courier", "courier"), ("cyrus", "cyrus"), ("roundcube", "roundcube"), ("sogo", "sogo"), ("squirrelmail", "squirrelmail"), ("horde", "horde"),
         ("qmail", "qmail"), ("sieve", None), ("imap", None), ("pop3", None), ("smtp", None), ("webmail", None), ("mail", None)]
OTHERS = re.compile(r"ssh|apache|nginx|proftpd|vsftpd|pure-ftpd|mysql|named|asterisk|wordpress|php|drupal|recidive|webmin|munin|owncloud|nextcloud")
# what a jail with few tries is about, as rules of ours: only these weigh more then
RULES = {
    ("postfix", "rbl"): ["postfix/dnsbl", "postfix/postscreen-dnsbl"],
    ("postfix-rbl", None): ["postfix/dnsbl", "postfix/postscreen-dnsbl"],
    ("postfix", "errors"): ["postfix/too-many-errors"],
    ("postfix", "auth"): ["postfix/sasl-failed", "postfix/auth-refused"],
    ("postfix-sasl", None): ["postfix/sasl-failed", "postfix/auth-refused"],
    ("dovecot", None): ["dovecot/auth-failed", "dovecot/auth-unknown", "dovecot/auth-mismatch", "dovecot/auth-verbose"],
    ("roundcube-auth", None): ["roundcube/login-failed", "roundcube/userlogins-failed"],
    ("sogo-auth", None): ["sogo/login-failed"],
    ("courier-auth", None): ["courier/login-failed", "courier/auth-failed"],
    ("cyrus-imap", None): ["cyrus/badlogin"],
    ("sieve", None): ["cyrus/badlogin"],
    ("sendmail-auth", None): ["sendmail/auth-failed"],
}
UNITS_S = {"s": 1, "ss": 1, "sec": 1, "second": 1, "m": 60, "mm": 60, "min": 60, "minute": 60, "h": 3600, "hh": 3600, "hour": 3600, "d": DAY_S,
           "dd": DAY_S, "day": DAY_S, "w": 7 * DAY_S, "ww": 7 * DAY_S, "week": 7 * DAY_S, "mo": 2629800, "mon": 2629800, "month": 2629800,
           "y": 31557600, "yy": 31557600, "year": 31557600}
TIME = re.compile(r"\s*([-+*]?)\s*(\d+(?:\.\d+)?)\s*([a-z]*)", re.IGNORECASE)
ACTION = re.compile(r"\s*([A-Za-z0-9_.-]+)\s*(\[[^\]]*\])?")


# ---- values

def seconds(text):
    """fail2ban's "1h 30m", "1week", "24*3600" or a number; None: it is none of these. Computed, never evaluated."""
    total, product, at = 0.0, 0.0, 0
    text = text.strip()
    while at < len(text):
        part = TIME.match(text, at)
        if not part:
            return None
        unit = part[3].lower()
        unit = unit[:-1] if unit.endswith("s") and unit[:-1] in UNITS_S and len(unit) > 2 else unit
        if unit and unit not in UNITS_S:
            return None
        amount = float(part[2]) * UNITS_S.get(unit, 1)
        if part[1] == "*":
            product *= amount
        else:
            total, product = total + product, -amount if part[1] == "-" else amount
        at = part.end()
    total += product
    return int(total) if text and abs(total) < 1e12 else None


def duration(value_s):
    """As mailward writes it."""
    out = ""
    for letter, size in (("d", DAY_S), ("h", 3600), ("m", 60), ("s", 1)):
        if value_s >= size:
            out += f"{value_s // size}{letter}"
            value_s %= size
    return out or "0s"


def number(text):
    return int(text) if text and re.fullmatch(r"\s*-?[0-9]{1,9}\s*", text) else None


def options_of(text):
    """"name[a=1, b="2"]" taken apart."""
    name, _, rest = text.partition("[")
    found = {}
    for option in re.finditer(r"""([\w.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^,\]]*))""", rest):
        found[option[1]] = next(value for value in option.groups()[1:] if value is not None).strip()
    return name.strip(), found


def ports_of(text):
    """The numbers, whether it is all ports, and what is neither name nor number."""
    found, unknown = [], []
    for item in re.split(r"[,\s]+", text.strip()):
        low, _, high = item.partition(":") if ":" in item else item.partition("-") if re.fullmatch(r"\d+-\d+", item) else (item, "", "")
        if not item:
            continue
        if item.lower() in ("all", "any") or (low in ("0", "1") and high == "65535"):
            return [], True, unknown
        if high and low.isdigit() and high.isdigit() and 0 < int(low) <= int(high) <= 65535 and int(high) - int(low) < PORTS_MAX:
            found += range(int(low), int(high) + 1)
        elif item.isdigit() and 0 < int(item) <= 65535:
            found.append(int(item))
        elif item.lower() in PORTS:
            found.append(PORTS[item.lower()])
        else:
            unknown.append(item)
    return found, False, unknown


# ---- the jails

def service_named(name, words):
    """What a filter's name, or the words of it, tell of the service: as Jail.service."""
    if name in SERVICES:
        return SERVICES[name]
    return next((service for word, service in WORDS if word in words), False)


class Value:
    """text, and who says so: "[section] option = text" at a place."""
    def __init__(self, jail, option, text, place):
        self.jail, self.option, self.text, self.place = jail, option, text, place

    def __str__(self):
        return f"{self.place}: [{self.jail}] {self.option} = {' '.join(self.text.split())}"


class Jail:
    def __init__(self, name, get):
        self.name, self.get = name, get
        self.filter, self.filter_options = options_of((get("filter") or Value(name, "", name, "")).text)
        self.mode = self.filter_options.get("mode") or None
        self.ports, self.all_ports, self.odd_ports = ports_of(self.ports_value().text if self.ports_value() else "")
        self.service = self._service()

    def text(self, option, default=None):
        value = self.get(option)
        return value.text if value and value.text.strip() else default

    def seconds(self, option):
        return seconds(self.text(option, ""))

    def number(self, option):
        return number(self.text(option))

    def flag(self, option):
        return (self.text(option) or "").strip().lower() in ("1", "on", "true", "yes")

    def _service(self):
        """Which patterns of ours know its lines; None: those of no service we know; False: it is not about mail."""
        name = re.sub(r"\.(conf|local)$", "", self.filter)
        both = f"{name} {self.name}".lower()
        named = service_named(name, both)
        if named is not False:
            return named
        mail = not self.all_ports and set(self.ports) & set(MAIL_PORTS)
        log = os.path.basename(self.text("logpath", "").split("\n")[0].split(" ")[0])
        return None if not OTHERS.search(both) and (mail or log.startswith(("mail.log", "maillog", "mail.warn", "dovecot"))) else False

    @property
    def known(self):
        return re.sub(r"\.(conf|local)$", "", self.filter) in SERVICES

    def ports_value(self):
        """Who says which ports: the option, or where the jail has an action of its own, that one's."""
        action = self.get("action")
        found = re.findall(r"""\bport\s*=\s*(?:"([^"]*)"|'([^']*)'|([^,\]\s]+))""", action.text) if action and action.jail == self.name else []
        if not found:
            return self.get("port")
        return Value(self.name, "action ... port", ",".join(unique("".join(texts) for texts in found)), action.place)

    def actions(self):
        return [found[1] for found in ACTION.finditer(re.sub(r"\[[^\]]*\]", " ", self.text("action", "")))]

    def everywhere(self):
        """Does its ban take all ports?"""
        return any("allports" in action for action in self.actions() or [self.text("banaction", "")]) or (self.all_ports and self.name != "recidive")


class Jails:
    """The configuration in a folder."""
    def __init__(self, root):
        self.complaints = 0
        self.config = Config(self._complain, root=root)
        self.readable = self.config.read_all("jail")
        self.config.sections["DEFAULT"].pop("__name__", None)
        self.theirs = self._by_fail2ban(root) if self.readable else None

    def _complain(self, place, text):
        self.complaints += not text.startswith("warning: ")
        filters.warn(place, text)

    @staticmethod
    def _by_fail2ban(root):
        if not ConfigReader:
            return None
        logging.disable(logging.CRITICAL)
        try:
            reader = ConfigReader(share_config={}, basedir=root)
            reader.setBaseDir(root)
            return reader if reader.read("jail") else None
        except Exception:       # whatever it stumbles over, ours tells better
            return None

    def get(self, section, option):
        """A Value, or None."""
        if self.config.meant(section, option) is None:
            return None
        text, place = self.config.value(section, option)
        if self.theirs:
            try:
                text = self.theirs.get(section, option)
            except Exception:
                pass
        owner = section if option in self.config.sections.get(section, {}) else "DEFAULT"
        return Value(owner, option, str(text or ""), place or "")

    def names(self):
        return [name for name in self.config.sections if name not in ("DEFAULT", "INCLUDES", "Definition", "Init")]

    def on(self):
        """Those that are enabled."""
        for name in self.names():
            enabled = self.get(name, "enabled")
            if enabled and enabled.text.strip().lower() in ("1", "on", "true", "yes"):
                yield Jail(name, lambda option, name=name: self.get(name, option))


# ---- the config

class Writer:
    """A mailward.conf in the making: comments, sections, keys; nothing of the input gets in as it is."""
    def __init__(self):
        self.lines = []

    def say(self, *texts):
        for text in texts:
            self.lines += textwrap.wrap(shown(str(text))[:4000], WIDTH, initial_indent="; ", subsequent_indent=";   ",
                                        break_long_words=False, break_on_hyphens=False) or [";"]

    def command(self, text):
        """A line to be copied, so in one piece."""
        self.lines.append(f";     {shown(text)}"[:LINE_MAX])

    def section(self, name, *texts):
        self.lines.append("")
        self.say(*texts)
        self.lines.append(f"[{name}]")

    def key(self, name, value, *texts):
        self.say(*texts)
        self.lines.append(f"{name:<16} = {value}")

    def unset(self, name, value, *texts):
        """A line that would be right, turned off."""
        self.say(*texts)
        self.lines.append(f"; {name:<14} = {value}")

    def words(self, name, values, *texts):
        self.say(*texts)
        line = f"{name:<16} ="
        for value in values:
            if len(line) + len(value) > 100:
                self.lines.append(line)
                line = " " * 18
            line += f" {value}"
        self.lines.append(line)


def sayable(text):
    """May it be the value of a key?"""
    return shown(text) == text and len(text) < 1000 and not re.search(r"(^|\s)[;#]", text) and text == text.strip()


class Importer:
    def __init__(self, root, jails, mailward):
        self.root, self.mailward, self.out = root, mailward, Writer()
        self.jails = list(jails.on())
        self.mail = [jail for jail in self.jails if jail.service is not False]
        self.config = jails
        self.lost, self.needless = [], []           # what has no equivalent, what is no longer needed
        self.commands = {}                          # what can be done about something lost

    def most(self, option, read):
        """What most mail jails have for an option, and who says so; the others are named. The gentler one if it is a draw."""
        votes = {}
        for jail in self.mail:
            value = read(jail)
            if value is not None:
                votes.setdefault(value, []).append(jail)
        if not votes:
            return None, []
        best = max(votes, key=lambda value: (len(votes[value]), value >= 0, -value))
        said = [str(votes[best][0].get(option))]
        for value, jails in votes.items():
            if value != best:
                said.append(f"another in {names(jails)}: {jails[0].get(option)}; mailward has one for all")
        return best, said

    def print(self):
        self.head()
        self.out.section("mailward")
        self.out.key("dry_run", "yes", "first it only tells whom it would drop, beside fail2ban, which goes on; \"mailward enforce\" ends that")
        self.ports()
        self.sources()
        self.out.section("policy")
        self.limits()
        self.times()
        self.rules()
        self.allow()
        self.foot()
        return "\n".join(self.out.lines) + "\n"

    def head(self):
        self.out.say(f"Imported from {self.root}: the jails {names(self.mail)}.",
                     "Prove it: mailward check -c FILE; see what it would have done: mailward scan -c FILE LOG",
                     "What is not set here has mailward's default; see mailward.conf(5) and docs/from-fail2ban.md.")

    # ---- [mailward]

    def ports(self):
        out = self.out
        wide = [jail for jail in self.mail if jail.everywhere()]
        if wide and len(wide) == len(self.mail):
            value = wide[0].get("banaction") or wide[0].get("action") or wide[0].get("port")
            out.key("ports", "all", value, "all ports, ssh too: perhaps the mail ports are enough")
            return
        found, said = set(), []
        for jail in self.mail:
            if jail.ports:
                found |= set(jail.ports)
                said.append(str(jail.ports_value()))
            for item in jail.odd_ports:
                self.lost.append(f"{jail.ports_value()}: there is no port '{item}' that mailward knows by name")
        if not found:
            out.unset("ports", ",".join(map(str, MAIL_PORTS)), "no jail names ports: mailward's default, the mail ports")
            return
        if found & WEB_PORTS:
            said.append("80 and 443 are lost with any ban: without them, webmail stays open to who is banned")
        found = sorted(found)
        if len(found) > PORTS_MAX:
            self.lost.append(f"more than {PORTS_MAX} ports: the first {PORTS_MAX} are taken")
        missing = [port for port in MAIL_PORTS if port not in found]
        if missing:
            said.append(f"mailward would guard these, too: {','.join(map(str, missing))}")
        out.key("ports", ",".join(map(str, found[:PORTS_MAX])), *unique(said))

    # ---- [source]

    def sources(self):
        files, journals = {}, []
        for jail in self.mail:
            if (jail.text("backend", "") or "").startswith("systemd"):
                if "CONTAINER_" in jail.text("journalmatch", ""):
                    self.lost.append(f"{jail.get('journalmatch')}: the journal's records of containers are not read; a container's json-file "
                                     "log can be: [source NAME], file = /var/lib/docker/containers/ID/ID-json.log")
                else:
                    journals.append(jail)
                continue
            for line in jail.text("logpath", "").split("\n"):
                path = re.sub(r"\s+(head|tail)$", "", line.strip())
                if path:
                    files.setdefault(path, []).append(jail)
        count, seen = 0, {}
        for path in list(files):
            folder, name = os.path.split(path)
            whole = os.path.join(folder, "mail.log")
            if name in ("mail.warn", "mail.err", "mail.info"):
                jails = files.pop(path)
                files.setdefault(whole, []).extend(jails)
                self.needless.append(f"{path}, a part of {whole}: mailward learns from logins and deliveries, which are in the whole log alone")
        for path, jails in files.items():
            said = [str(jails[0].get("logpath"))] + ([f"also of {names(jails[1:])}"] if jails[1:] else [])
            for match in self._matches(path, said):
                if self._file(match) in seen:
                    self.needless.append(f"{match}, which is {seen[self._file(match)]}: each line would count twice")
                    continue
                seen[self._file(match)] = match
                count += 1
                if count > SOURCES_MAX or not sayable(match) or not match.startswith("/"):
                    self.lost.append(f"{jails[0].get('logpath')}: is no path that mailward's config can hold")
                    continue
                self.out.section(f"source log{count}", *said)
                self.out.key("file", match)
        if journals:
            backend = journals[0].get("backend")
            self.out.section("source journal", backend, f"the journal, for {names(journals)}; of the mail services' own units and users alone")
            self.out.key("journal", "yes")
            for jail in journals:
                match = jail.get("journalmatch")
                if match and match.text.strip() and not jail.known:
                    self.lost.append(f"{match}: mailward believes records by their unit and user; see unit, user and identifier "
                                     "in mailward.conf(5)")
        if not files and not journals:
            self.out.say("no jail names a log: mailward takes /var/log/mail.log, or else the journal")

    @staticmethod
    def _file(path):
        """What two paths to one file have in common."""
        try:
            found = os.stat(path)
            return found.st_dev, found.st_ino
        except OSError:
            return os.path.realpath(path)

    @staticmethod
    def _matches(path, said):
        """The files that a logpath stands for; fail2ban takes patterns, mailward names."""
        if not glob.has_magic(path):
            return [path]
        found = sorted(glob.glob(path))[:SOURCES_MAX]
        said.append(f"{path} stands for what is there now; a new file wants a section of its own" if found else f"no file is {path} now")
        return found

    # ---- [policy]

    def limits(self):
        """maxretry and findtime belong together: those of most jails, with the gentler one if it is a draw."""
        pairs = {}
        for jail in self.mail:
            pair = (jail.number("maxretry") or 5, jail.seconds("findtime") or 600)
            pairs.setdefault(pair, []).append(jail)
        (self.tries, find_s), jails = max(pairs.items(), key=lambda item: (len(item[1]), item[0][0] / item[0][1]))
        self.window_s = min(max(find_s, 1), WINDOW_MAX_S)
        self.chosen = jails
        findtime, maxretry = jails[0].get("findtime"), jails[0].get("maxretry")
        said = [findtime or "findtime is not set: fail2ban's default"]
        others = [f"another in {names(other)}: {pair[0]} in {duration(pair[1])}" for pair, other in pairs.items() if other is not jails]
        if find_s > WINDOW_MAX_S:
            said.append("a day at most; what is longer, long_window below counts")
        self.out.key("window", duration(self.window_s), *said)
        limit = min(max(self.tries, 1), LIMIT_MAX)
        self.out.key("hard_error_limit", limit, maxretry or "maxretry is not set: fail2ban's default", *others)
        if limit <= 3:
            self.out.key("soft_error_limit", limit, "above it would be hard_error_limit: so there are no delays before a ban")
        else:
            self.out.unset("soft_error_limit", 3, "fail2ban has nothing like it: from the third error on, a drop for 10s, 20s, 40s ...")
        if find_s > WINDOW_MAX_S:
            self.out.key("long_window", duration(min(find_s, LONG_WINDOW_MAX_S)), findtime, "for strangers; customers are given more")
            self.out.key("long_limit", min(limit, LONG_LIMIT_MAX), maxretry)
        else:
            self.needless.append("long findtimes and jails for the slow: eight errors of a stranger within a week ban him in any case (long_limit)")

    def times(self):
        def bantime(jail):
            value = jail.seconds("bantime")
            return None if value is None else -1 if value < 0 else max(value, 1)
        ban_s, said = self.most("bantime", bantime)
        ban_s = 600 if ban_s is None else ban_s
        forever = ban_s < 0
        ban_s = BAN_MAX_S if forever else min(ban_s, BAN_MAX_S)
        if forever:
            said.append("for ever: at most a year with mailward, and a restart forgets no ban")
        self.out.key("ban_time", duration(ban_s), *(said or ["bantime is not set: fail2ban's default"]))
        growing = [jail for jail in self.mail if jail.flag("bantime.increment")]
        if growing:
            factor, why = self._factor(growing[0])
            self.out.key("ban_factor", factor, growing[0].get("bantime.increment"), *why)
        else:
            self.out.key("ban_factor", 1, "bantime.increment is off: each ban is as long; mailward's default is 4, each repeat four times as long")
        longest = growing[0].seconds("bantime.maxtime") if growing else None
        recidive = next((jail for jail in self.jails if jail.filter == "recidive"), None)
        if longest:
            longest = min(max(longest, ban_s), BAN_MAX_S)
            self.out.key("ban_time_max", duration(longest), growing[0].get("bantime.maxtime"))
        elif ban_s > 30 * DAY_S:
            self.out.key("ban_time_max", duration(ban_s), "ban_time is longer than mailward's default of 30d")
        else:
            self.out.unset("ban_time_max", "30d", "mailward's default; fail2ban has none" if growing else "mailward's default")
        if recidive:
            self.needless.append(f"[recidive]{self._tells(recidive)}: whoever comes back is banned longer each time with ban_factor = 4 or so")
        for option in ("bantime.rndtime", "bantime.formula"):
            value = self.mail[0].get(option)
            if value and value.text.strip():
                self.lost.append(f"{value}: ban_factor is all there is")
        if self.mail[0].flag("bantime.overalljails"):
            self.needless.append("bantime.overalljails: mailward counts an address once, for all services")

    @staticmethod
    def _tells(jail):
        said = [f"{option} = {jail.text(option)}" for option in ("maxretry", "findtime", "bantime") if jail.text(option)]
        return f" ({', '.join(said)})" if said else ""

    @staticmethod
    def _factor(jail):
        multipliers = jail.text("bantime.multipliers")
        found = [float(word) for word in (multipliers or "").split() if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", word)]
        if len(found) > 1 and found[0] > 0:
            return min(max(round(found[1] / found[0]), 1), FACTOR_MAX), [jail.get("bantime.multipliers"), "the first step, for all of them"]
        return 2, ["fail2ban doubles"]

    # ---- [rules]

    def rules(self):
        lines = []
        strict = {}
        for jail in self.mail:
            if jail.mode in ("aggressive", "ddos") and jail.service in ("postfix", "dovecot", "exim", "sendmail", "courier"):
                strict.setdefault(jail.service, jail)
        for service, jail in strict.items():
            lines.append((service, "strict", [f"{jail.get('filter')}: the doubtful lines count, too"]))
        limit = min(max(self.tries, 1), LIMIT_MAX)
        seen = set()
        for jail in self.mail:
            tries = jail.number("maxretry")
            if not tries or tries < 1 or tries >= limit:
                continue
            name = re.sub(r"\.(conf|local)$", "", jail.filter)
            mine = RULES.get((name, jail.mode)) or RULES.get((name, None))
            if not mine:
                self.lost.append(f"{jail.get('maxretry')}, fewer than hard_error_limit = {limit}: weigh its rules under [rules]; "
                                 "mailward match names the rule of a line")
                continue
            weight = min(math.ceil(limit / tries), WEIGHT_MAX)
            for rule in mine:
                if rule not in seen:
                    lines.append((rule, weight, [f"{jail.get('maxretry')}: {tries} of {limit}, so each weighs {weight}"]))
                seen.add(rule)
        covered = {jail.service for jail in self.mail}
        unmet = [service for service in ("postfix", "dovecot") if service not in covered]
        if lines or unmet:
            self.out.section("rules")
        for name, value, said in lines:
            self.out.key(name, value, *said)
        for service in unmet:
            self.out.unset(service, "observe", f"no jail was about {service}, mailward counts its lines, too; without the first \";\" it would only tell")
        for jail in self.mail:
            if not jail.known:
                self._own_filter(jail)

    def _own_filter(self, jail):
        """A filter that is the server's own."""
        for kind in (".conf", ".local", ""):
            path = os.path.join(self.root, "filter.d", jail.filter + kind)
            if os.path.isfile(path):
                break
        else:
            self.lost.append(f"[{jail.name}] has no filter: {jail.filter} is not there")
            return
        name = filters.service_of(path)
        found = filters.Filter(path, {"mode": jail.mode} if jail.mode else {}, quiet=True)
        found.prove(self.mailward)
        whose = f"; but mailward knows {jail.service}'s lines by itself, so perhaps nothing is missing" if jail.service else ""
        mode = ["--mode", jail.mode] if jail.mode else []
        if not found.rules:
            self.needless.append(f"[{jail.name}], whose filter {jail.filter} is empty, for bans by hand: mailward ban ADDRESS, for as long as you say")
            return
        self.lost.append(f"[{jail.name}] has a filter of this server's, {jail.filter}: "
                         f"{len(found.imported)} of {len(found.rules)} expressions can be rules{whose}")
        if found.imported:
            self.commands[self.lost[-1]] = f"{shlex.join(['mailward', 'import', 'filter', *mode, path])} >/etc/mailward/patterns/{name}.pat"

    # ---- [allow]

    def allow(self):
        out, said, found, names_ = self.out, [], {}, []
        for jail in self.mail:
            value = jail.get("ignoreip")
            if value and str(value) not in said and value.text.strip():
                said.append(str(value))
                self._addresses(value, found, names_)
            command = jail.get("ignorecommand")
            if command and command.text.strip() and str(command) not in self.lost:
                self.lost.append(f"{command}: mailward runs no commands; put the addresses under [allow]")
        if self.mail and not self.mail[0].flag("ignoreself") and self.mail[0].get("ignoreself"):
            self.lost.append(f"{self.mail[0].get('ignoreself')}: this machine's own addresses are always allowed")
        out.section("allow", "this machine's own addresses, loopback and the default gateways are allowed in any case (ignoreself)")
        for name, value in dict(reversed(names_)).items():
            out.say(f"{value.place}: {name} is a name: mailward asks no DNS. Look its addresses up and put them here")
        wanted = [text for text in found if text not in ("127.0.0.0/8", "::1")]
        if wanted:
            out.words("addresses", wanted, *said)
        else:
            out.unset("addresses", "192.0.2.0/24", *said, "the networks of your customers, your backup MX, your monitoring belong here")

    def _addresses(self, value, found, names_):
        for item in re.split(r"[,\s]+", value.text.strip()):
            try:
                network = ipaddress.ip_network(item.strip("[]"), strict=False)
            except ValueError:
                if item:
                    names_.append((item, value))
                continue
            text = str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)
            if getattr(network.network_address, "scope_id", None):
                names_.append((item, value))
            elif network.prefixlen == 0:
                self.lost.append(f"{value}: {item} is everybody")
            else:
                found[text] = True

    # ---- the rest

    def foot(self):
        out = self.out
        tells = sorted({action for jail in self.mail for action in jail.actions()
                        if not re.search(r"iptables|nftables|firewallcmd|ufw|shorewall|ipset|pf$|ipfw|route|hostsdeny|dummy", action)})
        if tells:
            self.lost.append(f"actions that are no firewall: {', '.join(tells)}. mailward tells nobody; journalctl -u mailward and mailward list do")
        self.needless += ["usedns, logencoding, maxlines, backend: mailward asks no DNS, reads bytes and one line at a time, and is woken by the kernel",
                          "banaction, chain, protocol: bans are in table inet mailward, in front of every other firewall"]
        out.lines.append("")
        if self.lost:
            out.say("What has no equivalent here, or wants your hand:")
        for text in unique(self.lost):
            out.say(f"- {text}")
            if text in self.commands:
                out.command(self.commands[text])
        out.say("What is no longer needed:", *(f"- {text}" for text in unique(self.needless)))
        stays = [jail for jail in self.jails if jail.service is False and jail.filter != "recidive"]
        if stays:
            out.say(f"What stays with fail2ban, beside which mailward runs well: {names(stays)}")
        out.say("When mailward drops them, turn these off in fail2ban, in jail.d/zz-mailward.local:")
        for jail in self.mail:
            out.command(f"[{jail.name}]")
            out.command("enabled = false")


def names(jails):
    return ", ".join(f"[{jail.name}]" for jail in jails) or "none"


def unique(texts):
    return list(dict.fromkeys(texts))


def import_fail2ban(mailward, root):
    """Print it. Returns the exit status."""
    root = os.path.abspath(root)
    jails = Jails(root)
    if not jails.readable:
        filters.warn(root, "no jail.conf or jail.local can be read there: the folder of a fail2ban configuration would be right")
        return 1
    importer = Importer(root, jails, mailward)
    if not importer.mail:
        filters.warn(root, f"no jail of a mail service is enabled; those that are: {names(importer.jails)}")
        return 1
    sys.stdout.write(importer.print())
    return 1 if jails.complaints else 0
