"""jails - a fail2ban configuration's jails as data: which are on, which are about mail, and what they say where

Reads jail.conf, jail.d and jail.local as fail2ban does; where it is installed, its own reader resolves the values. What
the values mean is computed, never evaluated.
"""
import logging
import os
import re

import filters
from config import Config

try:
    from fail2ban.client.configreader import ConfigReader
except ImportError:
    ConfigReader = None

DAY_S = 86400
PORTS_MAX = 64                  # of a mailward.conf
MAIL_PORTS = [25, 110, 143, 465, 587, 993, 995, 4190]
PORTS = {
    "smtp": 25, "smtps": 465, "ssmtp": 465, "urd": 465, "submissions": 465, "submission": 587,
    "pop2": 109, "pop3": 110, "pop-3": 110, "pop3s": 995, "imap": 143, "imap2": 143, "imap3": 220, "imaps": 993,
    "sieve": 4190, "managesieve": 4190, "http": 80, "https": 443, "ssh": 22, "socks": 1080, "ldap": 389, "ldaps": 636,
}
# fail2ban's own filters for mail, and whose patterns of ours know the same lines
SERVICES = {
    "postfix": "postfix", "postfix-sasl": "postfix", "postfix-rbl": "postfix", "dovecot": "dovecot",
    "courier-smtp": "courier", "courier-auth": "courier", "couriersmtp": "courier", "courierlogin": "courier",
    "sendmail-auth": "sendmail", "sendmail-reject": "sendmail", "exim": "exim", "exim-spam": "exim",
    "cyrus-imap": "cyrus", "sieve": "cyrus", "roundcube-auth": "roundcube", "sogo-auth": "sogo", "horde": "horde",
    "openwebmail": "openwebmail", "squirrelmail": "squirrelmail", "solid-pop3d": "solid-pop3d",
    "perdition": "perdition", "kerio": "kerio", "uwimap-auth": "uw-imap", "assp": "assp", "domino-smtp": "domino",
    "oracleims": "oracle-ims", "qmail": "qmail", "groupoffice": "groupoffice", "tine20": "tine",
}
# what another filter's or a jail's name tells of the service
WORDS = [
    ("postfix", "postfix"), ("sasl", "postfix"), ("submission", "postfix"), ("dovecot", "dovecot"), ("exim", "exim"),
    ("sendmail", "sendmail"), ("courier", "courier"), ("cyrus", "cyrus"), ("roundcube", "roundcube"), ("sogo", "sogo"),
    ("squirrelmail", "squirrelmail"), ("horde", "horde"), ("qmail", "qmail"), ("sieve", None), ("imap", None),
    ("pop3", None), ("smtp", None), ("webmail", None), ("mail", None),
]
# names that are not about mail, whatever log they read
OTHERS = re.compile("ssh|apache|nginx|proftpd|vsftpd|pure-ftpd|mysql|named|asterisk|wordpress|php|drupal|recidive|"
                    "webmin|munin|owncloud|nextcloud")
UNITS_S = {
    "s": 1, "ss": 1, "sec": 1, "second": 1, "m": 60, "mm": 60, "min": 60, "minute": 60,
    "h": 3600, "hh": 3600, "hour": 3600, "d": DAY_S, "dd": DAY_S, "day": DAY_S,
    "w": 7 * DAY_S, "ww": 7 * DAY_S, "week": 7 * DAY_S,
    "mo": 2629800, "mon": 2629800, "month": 2629800, "y": 31557600, "yy": 31557600, "year": 31557600,
}
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
        if not item:
            continue
        run = re.fullmatch(r"(\d{1,5})[:-](\d{1,5})", item)
        low, high = (int(run[1]), int(run[2])) if run else (0, 0)
        if item.lower() in ("all", "any") or (run and low <= 1 and high == 65535):
            return [], True, unknown
        if 0 < low <= high <= 65535 and high - low < PORTS_MAX:
            found += range(low, high + 1)
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
        both = f"{self.filter_name} {self.name}".lower()
        named = service_named(self.filter_name, both)
        if named is not False:
            return named
        mail = not self.all_ports and set(self.ports) & set(MAIL_PORTS)
        log = os.path.basename(self.text("logpath", "").split("\n")[0].split(" ")[0])
        mail = mail or log.startswith(("mail.log", "maillog", "mail.warn", "dovecot"))
        return None if mail and not OTHERS.search(both) else False

    @property
    def known(self):
        """Is its filter one of fail2ban's own?"""
        return self.filter_name in SERVICES

    @property
    def filter_name(self):
        return re.sub(r"\.(conf|local)$", "", self.filter)

    def ports_value(self):
        """Who says which ports: the option, or where the jail has an action of its own, that one's."""
        action, found = self.get("action"), []
        if action and action.jail == self.name:
            found = re.findall(r"""\bport\s*=\s*(?:"([^"]*)"|'([^']*)'|([^,\]\s]+))""", action.text)
        if not found:
            return self.get("port")
        return Value(self.name, "action ... port", ",".join(unique("".join(texts) for texts in found)), action.place)

    def actions(self):
        return [found[1] for found in ACTION.finditer(re.sub(r"\[[^\]]*\]", " ", self.text("action", "")))]

    def everywhere(self):
        """Does its ban take all ports?"""
        return self.all_ports or any("allports" in action for action in self.actions() or [self.text("banaction", "")])


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


def names(jails):
    return ", ".join(f"[{jail.name}]" for jail in jails) or "none"


def unique(texts):
    return list(dict.fromkeys(texts))
