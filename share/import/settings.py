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
from limits import BAN_MAX_S, Limits, bounded
from writer import Writer, sayable

WEIGHT_MAX, SOURCES_MAX, SERVICES_MAX = 100, 32, 15
WEB_PORTS = {80, 443}
SYSLOG = ("mail.log", "maillog", "mail", "syslog", "messages")      # what syslog calls the file that it writes mail's lines to
LOG_END_BYTES = 1 << 20
UNITS = {"postfix": ["system-postfix.slice", "postfix.service"], "dovecot": ["dovecot.service"]}
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
        self.all = Limits(self.mail) if self.mail else None
        self.services = {service: Limits([jail for jail in self.mail if jail.service == service])
                         for service in unique(jail.service for jail in self.mail if jail.service)}
        self.sections = [service for service, limits in self.services.items() if self.differs(limits)]
        for service in self.sections[SERVICES_MAX:]:
            self.lost.append(f"more than {SERVICES_MAX} services have limits of their own: {service} has those of all")
        del self.sections[SERVICES_MAX:]

    def print(self):
        self.head()
        self.out.section("mailward")
        self.out.key("dry_run", "yes", "first it only tells whom it would drop, beside fail2ban, which goes on; "
                     "\"mailward enforce\" ends that")
        self.ports()
        self.sources()
        self.policy()
        self.sections_of_services()
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
        out, found, said = self.out, self.all.ports, self.all.port_lines()
        if self.all.everywhere:
            jail = self.mail[0]
            value = jail.get("banaction") or jail.get("action") or jail.get("port")
            out.key("ports", "all", value, "all ports, ssh too: perhaps the mail ports are enough")
            return
        for jail in self.mail:
            for item in jail.odd_ports:
                self.lost.append(f"{jail.ports_value()}: there is no port '{item}' that mailward knows by name")
            if jail.everywhere():
                self.lost.append(f"[{jail.name}] bans from all ports, and others do not: here all are from those of [mailward]")
        if not found:
            out.unset("ports", ",".join(map(str, MAIL_PORTS)), "no jail names ports: these are mailward's default")
            return
        if set(found) & WEB_PORTS:
            said.append("80 and 443 are lost with bans by hand and of networks, and where no [service NAME] below says less: without "
                        "them, webmail stays open to who is banned")
        if len(found) > PORTS_MAX:
            self.lost.append(f"more than {PORTS_MAX} ports: the first {PORTS_MAX} are taken")
        missing = [port for port in MAIL_PORTS if port not in found]
        if missing:
            said.append(f"mailward would guard these, too: {','.join(map(str, missing))}")
        out.key("ports", ",".join(map(str, found[:PORTS_MAX])), *said)

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
        units, why = self._once(files, journals)
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
            self.out.section("source journal", backend, *why,
                             f"the journal, for {names(journals)}; of the mail services' own units and users alone")
            self.out.key("journal", "yes")
            if units:
                self.out.key("unit", " ".join(units))
            for jail in journals:
                match = jail.get("journalmatch")
                if match and match.text.strip() and not jail.known:
                    self.lost.append(f"{match}: mailward believes records by their unit and user; see unit, user and "
                                     "identifier in mailward.conf(5)")
        if not files and not journals:
            self.out.say("no jail names a log: mailward takes /var/log/mail.log, or else the journal")

    def _once(self, files, journals):
        """Of a file that syslog writes and the journal, which may have the same lines, the one that has all.

        Takes the jails of the other over. Returns the units of the journal that are to be read, none being all, and why.
        """
        paths = [path for path in files if os.path.basename(path) in SYSLOG]
        if not paths or not journals:
            return [], []
        here = [path for path in paths if self._size(path)]
        if not here:
            for path in paths:
                journals += [jail for jail in files.pop(path) if jail not in journals]
            return [], [f"not {', '.join(paths)} besides: nobody writes that here, and what syslog would write there the journal has"]
        inside = {jail.service for jail in journals if any(self._speaks(path, jail.service) for path in here)}
        outside = [jail for jail in journals if jail.service not in inside]
        units = unique(unit for jail in outside for unit in UNITS.get(jail.service, []))
        if outside and units and all(jail.service in UNITS for jail in outside):
            self.needless += [f"{jail.get('backend')}: {jail.service}'s lines are in {here[0]}, too, and would count twice"
                              for jail in journals if jail not in outside]
            journals[:] = outside
            return units, [f"beside {here[0]}, in which there is nothing of {names(outside)}: what each has, the other has not"]
        self.needless.append(f"{journals[0].get('backend')}: what the journal has for {names(journals)} syslog writes to {here[0]}, "
                             "too, and each line would count twice. Of the two the file is taken, as it outlives the journal's rotation; "
                             "[source journal] with journal = yes in its place would do as well")
        files[here[0]] += [jail for jail in journals if jail not in files[here[0]]]
        journals.clear()
        return [], []

    @staticmethod
    def _size(path):
        try:
            return os.path.getsize(path)
        except OSError:
            return 0

    @staticmethod
    def _speaks(path, service):
        """Has the service a line at the end of that file?"""
        try:
            with open(path, "rb") as file:
                file.seek(max(os.fstat(file.fileno()).st_size - LOG_END_BYTES, 0))
                return re.search(rb" %s(-[\w-]+)?(/[\w./-]+)?(\[\d+\])?: " % re.escape(service or "?").encode(), file.read()) is not None
        except OSError:
            return False

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

    def policy(self):
        """What most jails have, for all services without a section of their own."""
        self.out.section("policy")
        self._keys(self.all, apart=[self.services[service] for service in self.sections])
        if not self.all.long_s:
            self.needless.append("long findtimes and jails for the slow: eight errors of a stranger within a week "
                                 "ban him in any case (long_limit)")
        self.longest()
        recidive = next((jail for jail in self.jails if jail.filter == "recidive"), None)
        if recidive:
            self.needless.append(f"[recidive]{self._tells(recidive)}: whoever comes back is banned longer each time "
                                 "with ban_factor = 4 or so")
        for option in ("bantime.rndtime", "bantime.formula"):
            value = self.mail[0].get(option)
            if value and value.text.strip():
                self.lost.append(f"{value}: ban_factor is all there is")
        if self.mail[0].flag("bantime.overalljails"):
            self.needless.append("bantime.overalljails: how often an address was banned counts for all services")

    def _keys(self, limits, common=None, apart=()):
        for name, value, said in limits.keys(common, apart):
            if name.startswith("("):
                self.out.unset(name.strip("()"), value, *said)
            else:
                self.out.key(name, value, *said)
            if name == "hard_error_limit" and not common and value > 3:
                self.out.unset("soft_error_limit", 3,
                               "fail2ban has nothing like it: from the third error on, a drop for 10s, 20s, 40s ...")

    def longest(self):
        """ban_time_max, which no ban is above, of whatever service."""
        growing = next((jail for jail in self.mail if jail.flag("bantime.increment") and jail.seconds("bantime.maxtime")), None)
        ban_s = max([self.all.ban_s] + [self.services[service].ban_s for service in self.sections])
        if growing:
            self.out.key("ban_time_max", duration(bounded(growing.seconds("bantime.maxtime"), ban_s, BAN_MAX_S)),
                         growing.get("bantime.maxtime"))
        elif ban_s > 30 * DAY_S:
            self.out.key("ban_time_max", duration(ban_s), "ban_time is longer than mailward's default of 30d")
        else:
            self.out.unset("ban_time_max", "30d", "mailward's default" + ("; fail2ban has none" if self.all.factor > 1 else ""))

    # ---- [service]

    def differs(self, limits):
        """Has a service anything of its own?"""
        return any(limits.keys(self.all)) or self.own_ports(limits)

    def own_ports(self, limits):
        """Its ports, if they are not those of all."""
        if self.all.everywhere or limits.everywhere:
            return []
        ports = [port for port in limits.ports if port in self.all.ports[:PORTS_MAX]]
        return ports if ports != self.all.ports[:PORTS_MAX] else []

    def sections_of_services(self):
        for service in self.sections:
            limits = self.services[service]
            self.out.section(f"service {service}", f"of {names(limits.jails)}: what is another than above. Errors of {service} are "
                             "counted by themselves, as they were")
            if self.own_ports(limits):
                self.out.key("ports", ",".join(map(str, self.own_ports(limits))), *limits.port_lines())
            self._keys(limits, self.all)

    @staticmethod
    def _tells(jail):
        options = ("maxretry", "findtime", "bantime")
        said = [f"{option} = {jail.text(option)}" for option in options if jail.text(option)]
        return f" ({', '.join(said)})" if said else ""

    # ---- [rules]

    def rules(self):
        lines = []
        strict = {}
        for jail in self.mail:
            if jail.mode in ("aggressive", "ddos") and jail.service in STRICT:
                strict.setdefault(jail.service, jail)
        for service, jail in strict.items():
            lines.append((service, "strict", [f"{jail.get('filter')}: the doubtful lines count, too"]))
        seen = set()
        for jail in self.mail:
            tries, limit = jail.number("maxretry"), (self.services[jail.service] if jail.service in self.sections else self.all).limit
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
            self.commands[self.lost[-1]] = [f"{command} >/etc/mailward/patterns/{name}.pat"]
            if jail.service is None:
                self.commands[self.lost[-1]] += self._section(name, Limits([jail]))

    def _section(self, name, limits):
        """The lines of a [service NAME] that there cannot be yet."""
        lines = [f"{key} = {value}" for key, value, _ in limits.keys(self.all) if not key.startswith("(")]
        if limits.ports and self.own_ports(limits):
            lines.insert(0, f"ports = {','.join(map(str, self.own_ports(limits)))}")
        return [f"[service {name}]", *lines] if lines else []

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
            for command in self.commands.get(text, []):
                out.command(command)
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
