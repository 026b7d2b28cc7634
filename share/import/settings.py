"""settings - the mailward.conf that does for mail what a fail2ban configuration does

Each line has a comment: from which jail, file and line it comes, or why it is another. What has no equivalent, what is
no longer needed and what stays with fail2ban is said at the end. Nothing of the input gets into it as it is.
"""
import glob
import ipaddress
import math
import os
import re
import shlex
import sys

import filters
from jails import DAY_S, MAIL_PORTS, PORTS_MAX, Jails, duration, names, unique
from writer import Writer, sayable

WINDOW_MAX_S, LONG_WINDOW_MAX_S, BAN_MAX_S = DAY_S, 30 * DAY_S, 365 * DAY_S
LIMIT_MAX, LONG_LIMIT_MAX, FACTOR_MAX, WEIGHT_MAX, SOURCES_MAX = 1000, 120, 100, 100, 32
WEB_PORTS = {80, 443}
STRICT = {"postfix", "dovecot", "exim", "sendmail", "courier"}      # services that have a strict tier
FIREWALLS = re.compile("iptables|nftables|firewallcmd|ufw|shorewall|ipset|pf$|ipfw|route|hostsdeny|dummy")
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


class Importer:
    def __init__(self, root, jails, mailward):
        self.root, self.mailward, self.out = root, mailward, Writer()
        self.jails = list(jails.on())
        self.mail = [jail for jail in self.jails if jail.service is not False]
        self.config = jails
        self.lost, self.needless = [], []           # what has no equivalent, what is no longer needed
        self.commands = {}                          # what can be done about something lost

    def most(self, option, read):
        """What most mail jails have for an option, or the gentler one, and who says so; the others are named."""
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
        self.out.key("dry_run", "yes", "first it only tells whom it would drop, beside fail2ban, which goes on; "
                     "\"mailward enforce\" ends that")
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
            out.unset("ports", ",".join(map(str, MAIL_PORTS)), "no jail names ports: these are mailward's default")
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
                    self.lost.append(f"{jail.get('journalmatch')}: the journal's records of containers are not read; a "
                                     "container's json-file log can be: [source NAME], "
                                     "file = /var/lib/docker/containers/ID/ID-json.log")
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
                self.needless.append(f"{path}, a part of {whole}: mailward learns from logins and deliveries, "
                                     "which are in the whole log alone")
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
            self.out.section("source journal", backend,
                             f"the journal, for {names(journals)}; of the mail services' own units and users alone")
            self.out.key("journal", "yes")
            for jail in journals:
                match = jail.get("journalmatch")
                if match and match.text.strip() and not jail.known:
                    self.lost.append(f"{match}: mailward believes records by their unit and user; see unit, user and "
                                     "identifier in mailward.conf(5)")
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
        said.append(f"{path} stands for what is there now; a new file wants a section of its own" if found else
                    f"no file is {path} now")
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
        others = [f"another in {names(other)}: {pair[0]} in {duration(pair[1])}"
                  for pair, other in pairs.items() if other is not jails]
        if find_s > WINDOW_MAX_S:
            said.append("a day at most; what is longer, long_window below counts")
        self.out.key("window", duration(self.window_s), *said)
        limit = min(max(self.tries, 1), LIMIT_MAX)
        self.out.key("hard_error_limit", limit, maxretry or "maxretry is not set: fail2ban's default", *others)
        if limit <= 3:
            self.out.key("soft_error_limit", limit, "not above hard_error_limit: so there are no delays before a ban")
        else:
            self.out.unset("soft_error_limit", 3,
                           "fail2ban has nothing like it: from the third error on, a drop for 10s, 20s, 40s ...")
        if find_s > WINDOW_MAX_S:
            self.out.key("long_window", duration(min(find_s, LONG_WINDOW_MAX_S)), findtime,
                         "for strangers; customers are given more")
            self.out.key("long_limit", min(limit, LONG_LIMIT_MAX), maxretry)
        else:
            self.needless.append("long findtimes and jails for the slow: eight errors of a stranger within a week "
                                 "ban him in any case (long_limit)")

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
            self.out.key("ban_factor", 1, "bantime.increment is off: each ban is as long; mailward's default is 4, "
                         "each repeat four times as long")
        longest = growing[0].seconds("bantime.maxtime") if growing else None
        recidive = next((jail for jail in self.jails if jail.filter == "recidive"), None)
        if longest:
            longest = min(max(longest, ban_s), BAN_MAX_S)
            self.out.key("ban_time_max", duration(longest), growing[0].get("bantime.maxtime"))
        elif ban_s > 30 * DAY_S:
            self.out.key("ban_time_max", duration(ban_s), "ban_time is longer than mailward's default of 30d")
        else:
            self.out.unset("ban_time_max", "30d", "mailward's default" + ("; fail2ban has none" if growing else ""))
        if recidive:
            self.needless.append(f"[recidive]{self._tells(recidive)}: whoever comes back is banned longer each time "
                                 "with ban_factor = 4 or so")
        for option in ("bantime.rndtime", "bantime.formula"):
            value = self.mail[0].get(option)
            if value and value.text.strip():
                self.lost.append(f"{value}: ban_factor is all there is")
        if self.mail[0].flag("bantime.overalljails"):
            self.needless.append("bantime.overalljails: mailward counts an address once, for all services")

    @staticmethod
    def _tells(jail):
        options = ("maxretry", "findtime", "bantime")
        said = [f"{option} = {jail.text(option)}" for option in options if jail.text(option)]
        return f" ({', '.join(said)})" if said else ""

    @staticmethod
    def _factor(jail):
        multipliers = jail.text("bantime.multipliers")
        found = [float(word) for word in (multipliers or "").split() if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", word)]
        if len(found) > 1 and found[0] > 0:
            factor = min(max(round(found[1] / found[0]), 1), FACTOR_MAX)
            return factor, [jail.get("bantime.multipliers"), "the first step, for all of them"]
        return 2, ["fail2ban doubles"]

    # ---- [rules]

    def rules(self):
        lines = []
        strict = {}
        for jail in self.mail:
            if jail.mode in ("aggressive", "ddos") and jail.service in STRICT:
                strict.setdefault(jail.service, jail)
        for service, jail in strict.items():
            lines.append((service, "strict", [f"{jail.get('filter')}: the doubtful lines count, too"]))
        limit = min(max(self.tries, 1), LIMIT_MAX)
        seen = set()
        for jail in self.mail:
            tries = jail.number("maxretry")
            if not tries or tries < 1 or tries >= limit:
                continue
            mine = RULES.get((jail.filter_name, jail.mode)) or RULES.get((jail.filter_name, None))
            if not mine:
                self.lost.append(f"{jail.get('maxretry')}, fewer than hard_error_limit = {limit}: weigh its rules "
                                 "under [rules]; mailward match names the rule of a line")
                continue
            weight = min(math.ceil(limit / tries), WEIGHT_MAX)
            for rule in mine:
                if rule not in seen:
                    why = f"{jail.get('maxretry')}: {tries} of {limit}, so each weighs {weight}"
                    lines.append((rule, weight, [why]))
                seen.add(rule)
        covered = {jail.service for jail in self.mail}
        unmet = [service for service in ("postfix", "dovecot") if service not in covered]
        if lines or unmet:
            self.out.section("rules")
        for name, value, said in lines:
            self.out.key(name, value, *said)
        for service in unmet:
            self.out.unset(service, "observe", f"no jail was about {service}, mailward counts its lines, too; without "
                           "the first \";\" it would only tell")
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
        whose = ""
        if jail.service:
            whose = f"; but mailward knows {jail.service}'s lines by itself, so perhaps nothing is missing"
        mode = ["--mode", jail.mode] if jail.mode else []
        if not found.rules:
            self.needless.append(f"[{jail.name}], whose filter {jail.filter} is empty, for bans by hand: "
                                 "mailward ban ADDRESS --for TIME")
            return
        self.lost.append(f"[{jail.name}] has a filter of this server's, {jail.filter}: "
                         f"{len(found.imported)} of {len(found.rules)} expressions can be rules{whose}")
        if found.imported:
            command = shlex.join(["mailward", "import", "filter", *mode, path])
            self.commands[self.lost[-1]] = f"{command} >/etc/mailward/patterns/{name}.pat"

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
        out.section("allow", "this machine's own addresses, loopback and the default gateways are allowed in any case "
                    "(ignoreself)")
        for name, value in dict(reversed(names_)).items():
            out.say(f"{value.place}: {name} is a name: mailward asks no DNS. Look its addresses up and put them here")
        wanted = [text for text in found if text not in ("127.0.0.0/8", "::1")]
        if wanted:
            out.words("addresses", wanted, *said)
        else:
            out.unset("addresses", "192.0.2.0/24", *said,
                      "the networks of your customers, your backup MX, your monitoring belong here")

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
        tells = sorted({action for jail in self.mail for action in jail.actions() if not FIREWALLS.search(action)})
        if tells:
            self.lost.append(f"actions that are no firewall: {', '.join(tells)}. mailward tells nobody; "
                             "journalctl -u mailward and mailward list do")
        self.needless += ["usedns, logencoding, maxlines, backend: mailward asks no DNS, reads bytes and one line at a "
                          "time, and is woken by the kernel",
                          "banaction, chain, protocol: bans are in table inet mailward, before every other firewall"]
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


def import_fail2ban(mailward, root):
    """Print it. Returns the exit status."""
    root = os.path.abspath(root)
    jails = Jails(root)
    if not jails.readable:
        filters.warn(root, "no jail.conf or jail.local can be read there: a fail2ban configuration would be right")
        return 1
    importer = Importer(root, jails, mailward)
    if not importer.mail:
        filters.warn(root, f"no jail of a mail service is enabled; those that are: {names(importer.jails)}")
        return 1
    sys.stdout.write(importer.print())
    return 1 if jails.complaints else 0
