"""filters - a fail2ban filter file as a pattern file

Each failregex that nobody can misuse becomes a rule with a hit, the others comments with the reason. Where fail2ban is
installed, its own reader resolves the file; ours says where each line stands. A rule that was made narrower to be safe
says so.
"""
import os
import re
import sys

import checker
import regex
from config import HEADER, Config, Line, Place, Wrong, shown

try:
    from fail2ban.client.filterreader import FilterReader
except ImportError:
    FilterReader = None

SERVICE_MAX = 31


def warn(place, text):
    """On stderr, as every message of mailward's."""
    print(f"{shown(str(place))}: {shown(text)}", file=sys.stderr)


def service_of(path):
    """The name of the file, as a service may be called."""
    name = re.sub(r"\.(conf|local)$", "", os.path.basename(path)).lower()
    return re.sub(r"[^a-z0-9]", "-", name)[:SERVICE_MAX].strip("-") or "imported"


def by_fail2ban(path, given, headers):
    """The options as fail2ban reads them, or None; headers: the sections whose __prefix_line is the syslog header."""
    if not FilterReader:
        return None
    try:
        reader = FilterReader(os.path.abspath(path), "mailward", dict(given), share_config={},
                              basedir=os.path.dirname(os.path.dirname(os.path.abspath(path))))
        reader.setBaseDir(None)
        if not reader.readexplicit():
            return None
        for section in headers:
            values = reader._cfg.get_defaults() if section == "DEFAULT" else reader._cfg.get_sections()[section]
            values["__prefix_line"] = HEADER
        reader.getOptions(None)
        return reader.getCombined()
    except Exception:       # whatever it stumbles over, ours tells better
        return None


class Rule:
    """One failregex on its way."""
    def __init__(self, number, line):
        self.number, self.line = number, line
        self.why, self.shown = None, []         # why it is not imported, and what that is seen by
        self.translation = None
        self.texts = []                         # of its match statements
        self.narrow = False                     # it matches less than it did, to be safe
        self.hit = None


class Filter:
    """A filter file. rules: all it has, in order; complaints: what was wrong with the file itself."""

    def __init__(self, path, given=None, program=None, quiet=False):
        self.path, self.quiet = path, quiet
        self.name = service_of(path)
        self.rules, self.ignore, self.complaints = [], "", 0
        self.config = Config(self._complain, given, filter=True)
        self.readable = self.config.read(path)
        headers = self.config.parse_header()
        self.theirs = by_fail2ban(path, given or {}, headers) if self.readable and not self.complaints else None
        self.programs, self.programs_known = program, bool(program)
        if self.readable:
            self._programs()
            self._rules()

    def _complain(self, place, text):
        if not text.startswith("warning: "):
            self.complaints += 1
        if not self.quiet:
            warn(place, text)

    def _lines(self, option):
        """The lines of an option: fail2ban's own text where it can be had, our places."""
        ours = list(self.config.each("Definition", option))
        if self.theirs is None or option not in self.theirs or any(line.text is None for line in ours):
            return ours
        texts = [text.strip() for text in str(self.theirs[option] or "").split("\n") if text.strip()]
        if texts == [line.text for line in ours]:
            return ours
        places = {line.text: line.place for line in ours}
        usual = ours[0].place if ours else Place(self.path, 0)
        return [Line(text, places.get(text, usual)) for text in texts]

    def _programs(self):
        if not self.programs:
            for line in self.config.each("Definition", "_daemon"):
                self.programs = regex.globs(line.text) if line.text else None
                if not self.programs and line.text and not self.quiet:
                    warn(line.place, "warning: _daemon: no program tags can be made of this; --program GLOB names them")
            self.programs_known = bool(self.programs)
        self.programs = self.programs or self.name

    def _rules(self):
        prefix = None
        for line in self._lines("prefregex"):
            prefix = line.text or prefix
        for line in self._lines("ignoreregex"):
            rule = Rule(0, line)
            self._translate(rule, None)
            if rule.why:
                self.rules.append(rule)
            else:       # a line that it matches is no failure; an address there blames nobody
                self.ignore += f"(?!{rule.translation.text})".replace("<addr>", r"\S+")
        for number, line in enumerate(self._lines("failregex"), 1):
            rule = Rule(number, line)
            self._translate(rule, prefix)
            self.rules.append(rule)

    def _translate(self, rule, prefix):
        if rule.line.text is None:
            rule.why = ""       # which has been said
            return
        try:
            rule.translation = regex.Translation(regex.compose(prefix, rule.line.text) if prefix else rule.line.text)
        except regex.Untranslatable as error:
            rule.why = str(error)

    def program_of(self, rule):
        tagged = rule.translation.header or (not rule.translation.anchored and self.programs_known)
        return self.programs if tagged else "-"

    def _file_of(self, name, texts, hit=None):
        """A pattern file with one rule alone, whose name and program no other candidate has."""
        matches = "".join(f"match {self.ignore}{text}\n" for text in texts)
        return f"service x\nprogram {name}\nrule {name}\nabout x\n{matches}" + (f"hit {hit}\n" if hit else "")

    def prove(self, mailward):
        """Ask the daemon's proof about each rule, as it is, then narrowed; then about its hit."""
        waiting = [rule for rule in self.rules if rule.translation and rule.number]
        for narrow in (False, True):
            tried = {}
            for rule in waiting:
                text = regex.narrowed(rule.translation.text) if narrow else rule.translation.text
                if text:
                    tried[str(rule.number)] = regex.branches(text)
            refused = checker.sieve(mailward, {name: self._file_of(name, texts) for name, texts in tried.items()})
            for rule in waiting:
                name = str(rule.number)
                if name in tried and name not in refused:
                    rule.texts, rule.narrow, rule.why = tried[name], narrow, None
                elif not narrow:
                    rule.why, rule.shown = refused[name][0].text, refused[name][0].shown
            waiting = [rule for rule in waiting if not rule.texts]
        self._find_hits(mailward)

    def _find_hits(self, mailward):
        """A message made from the expression, where mailward agrees that it is one, and no rule above takes it."""
        made = {}
        for rule in self.rules:
            for text in rule.texts[::-1]:       # of IPv6 and IPv4, that is the second
                for message in regex.samples(text):
                    made[f"{rule.number}-{len(made)}"] = (rule, f"{regex.SAMPLE_ADDRESS} {message}")
        refused = checker.sieve(mailward, {name: self._file_of(name, rule.texts, hit)
                                           for name, (rule, hit) in made.items()})
        for name, (rule, hit) in made.items():
            if name not in refused:
                rule.hit = rule.hit or hit
        while any(rule.hit for rule in self.rules):
            text, owner = self._text()
            taken = {owner[problem.line] for problem in checker.check(mailward, {self.name: text})
                     if checker.NO_HIT not in problem.text and problem.line in owner}
            if not any(rule.hit for rule in taken):
                break
            for rule in taken:
                rule.hit = None

    # ---- the pattern file

    @property
    def imported(self):
        return [rule for rule in self.rules if rule.texts]

    @property
    def refused(self):
        return [rule for rule in self.rules if not rule.texts]

    def _text(self):
        """The file, and which rule each of its lines is of."""
        lines = [f"# Imported from {shown(self.path)}.",
                 "# Read each rule, weigh it, and give it a hit of your log: \"hit ADDRESS MESSAGE\".",
                 "", f"service {self.name}"]
        owner, program = {}, None
        for rule in self.rules:
            if rule.texts and program != self.program_of(rule):
                program = self.program_of(rule)
                lines += ["", f"program {program}"]
            begin = len(lines)
            lines += [""] + (self._statements(rule) if rule.texts else self._comment(rule))
            owner.update((number, rule) for number in range(begin + 1, len(lines) + 1))
        return "\n".join(lines) + "\n", owner

    def _statements(self, rule):
        lines = [f"rule failregex-{rule.number}", f"    about   {shown(str(rule.line.place))}"]
        if rule.narrow:
            lines.append("    # narrower than it was: the name in front of the address must be a host name")
        lines += [f"    match   {self.ignore}{text}" for text in rule.texts]
        if rule.hit:
            lines += ["    # made from the expression; a line of your own log is the better one",
                      f"    hit     {rule.hit}"]
        else:
            lines += ["    # no hit could be made from the expression: put a line of your own log here"]
        return lines

    def _comment(self, rule):
        kind = "" if rule.number else "ignoreregex "
        lines = [f"# {kind}{shown(str(rule.line.place))} is not imported: {shown(rule.why or 'it cannot be resolved')}"]
        if rule.translation:
            lines += [f"#     match   {shown(text)}" for text in regex.branches(rule.translation.text)]
        elif rule.line.text:
            lines.append(f"#    {shown(rule.line.text)}")
        return lines + [f"#    {shown(text)}" for text in rule.shown]

    def text(self):
        return self._text()[0]

    def tell(self):
        """What is not imported, on stderr."""
        for rule in self.refused:
            if rule.why:
                warn(rule.line.place, f"warning: not imported: {rule.why}")


def import_filters(mailward, paths, mode, program, folder):
    """Print one, or write several into a folder; false: something was not imported."""
    whole = True
    for path in paths:
        found = Filter(path, {"mode": mode} if mode else {}, program)
        if not found.readable:
            whole = False
            continue
        found.prove(mailward)
        found.tell()
        if not found.rules:
            warn(path, "has no failregex that could be read")
        whole = whole and bool(found.rules) and not found.refused and not found.complaints
        if not folder:
            sys.stdout.write(found.text())
            continue
        to = os.path.join(folder, found.name + ".pat")
        try:
            with open(to, "x", encoding="utf-8", errors="surrogateescape") as file:
                file.write(found.text())
            print(f"{shown(to)}: {len(found.imported)} of {len(found.rules)} expressions")
        except OSError as error:
            warn(to, f"cannot be written: {error.strerror}")
            whole = False
    return whole
