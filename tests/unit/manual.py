#!/usr/bin/env python3
"""manual - what there is is in the manual, and what is in the manual there is: commands, options, keys, fields, figures

What there is says the program: its help (the table of commands), what it prints with --json for a world of errors, its
metrics. Tables that it prints nowhere are read from their sources: conf_keys.c (keys) and rules_read.c with macros.c
(statements, words, macros of pattern files). Pages are read as roff: a heading is .SS or .TP.

A field that this world does not bring about (a refusal by the kernel) must at least be written beside its event by one
file of the program; and each field that the program can write at all is in the manual.
# once: it reads sources
"""
import datetime
import glob
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
import program
import tap
from daemon import Daemon

FONTS = re.compile(r"\\f[BIRP]")


def text_of(path):
    with open(os.path.join(program.ROOT, path), encoding="utf-8") as file:
        return file.read()


def output(*args, stdin=b""):
    return program.run(*args, stdin=stdin).stdout.decode()


def differ(got, wanted, text):
    """What stands in the first and not in the second, and the other way round, are two tests."""
    tap.ok(not wanted - got, f"{text}: nothing is missing", *map(str, sorted(wanted - got)[:20]))
    tap.ok(not got - wanted, f"{text}: nothing is made up", *map(str, sorted(got - wanted)[:20]))


# ---- roff

def plain(line):
    """A line as it is read: macros that set a font go, their words stay."""
    found = re.match(r"\.(B|I|BR|RB|IR|RI|BI|IB|SH|SS) (.*)", line)
    if found:
        words = shlex.split(found[2].replace("\\", "\\\\").replace("'", "\\'"))
        line = (" " if found[1] in ("B", "I", "SH", "SS") else "").join(words)
    return re.sub(r"\\(.)", r"\1", FONTS.sub("", line).replace("\\&", "").replace("\\e", "\\\\"))


class Page:
    def __init__(self, path):
        self.name, self.roff = os.path.basename(path), text_of(path)
        self.parts, head, sub = {}, "", ""          # (section, subsection) -> lines
        for line in self.roff.splitlines():
            if line.startswith(".SH "):
                head, sub = plain(line), ""
            elif line.startswith(".SS "):
                sub = plain(line)
            else:
                self.parts.setdefault((head, sub), []).append(line)

    def tags(self, head, sub):
        """The headings (.TP) of a part, and what is said below each."""
        tags, lines = [], iter(self.parts.get((head, sub), []))
        for line in lines:
            if re.match(r"\.T[PQ]\b", line):
                tags.append([plain(next(lines)), ""])
            elif tags:
                tags[-1][1] += " " + plain(line)
        return tags

    def said(self, head, sub=""):
        lines = self.parts.get((head, sub), [])
        return " ".join(plain(line) for line in lines if not re.match(r"\.(br|PP|nf|fi)", line))

    def subs(self, head):
        return [sub for one, sub in self.parts if one == head and sub]


pages = {os.path.basename(path): Page(path) for path in sorted(glob.glob(f"{program.ROOT}/etc/man/*"))}
if shutil.which("mandoc"):
    for name in pages:
        said = subprocess.run(["mandoc", "-Tlint", f"{program.ROOT}/etc/man/{name}"], capture_output=True, text=True,
                              check=False).stdout
        tap.ok(not said, f"mandoc -Tlint has nothing to say of {name}", *said.splitlines())
else:
    tap.skip("mandoc -Tlint", "no mandoc here")
for name, page in pages.items():
    named = re.findall(r"\b(mailward[\w.-]*) ?\((\d)\)", page.said("SEE ALSO"))
    gone = {f"{word}.{number}" for word, number in named} - set(pages)
    tap.ok(not gone, f"{name} refers to pages that there are", *sorted(gone))

# ---- commands and their options

listed = re.findall(r"^  ([a-z]+) +(.*)$", output("help"), re.M)
commands = dict(listed)
tap.ok(len(commands) > 15, f"the program knows {len(commands)} commands")
main = pages["mailward.8"]
in_main = {}
for sub in main.subs("COMMANDS"):
    page = pages.get(re.sub(r"(.*)\((\d)\).*", r"\1.\2", sub))
    tap.ok(page, f"mailward(8) names {sub.split(':')[0]}")
    for word, about in main.tags("COMMANDS", sub):
        in_main[word] = about.strip()
        help_text = output(word, "--help")
        usage = re.sub(r"\s+", " ", re.sub(r"^usage: ", "", help_text.split("\n\n")[0]))
        synopsis = "\n".join(page.parts["SYNOPSIS", ""]).split("\n.br\n") if page else []
        synopsis = [re.sub(r"\s+", " ", " ".join(map(plain, line.split("\n")))).strip() for line in synopsis]
        tap.ok(usage in synopsis, f"{page and page.name} has the synopsis of {word}: {usage}")
        told = set()
        for tag, _ in page.tags("COMMANDS", word) if page else []:
            told |= {option for option in re.findall(r"(?<![\w-])--?[\w-]+", tag)}
        options = set(re.findall(r"(?<![\w-])--?[\w-]+", "\n".join(re.findall(r"^  (.{4}--[\w-]+)", help_text, re.M))))
        common = {"-h", "--help"} | ({"-c", "--config"} - told)
        differ(told | common, options | common, f"options of {word}")
    if page:
        own = set(page.subs("COMMANDS"))
        differ(own, {word for word, _ in main.tags("COMMANDS", sub)}, f"commands of {page.name}")
differ(set(in_main), set(commands), "commands of mailward(8)")
unlike = [f"{word}: {in_main[word]!r}, the help says {about!r}" for word, about in listed
          if in_main.get(word, about) != about]
tap.ok(not unlike, "mailward(8) and the help say the same of each", *unlike)

# ---- the configuration: the parser's own table against the manual and etc/mailward.conf


def parsed():
    """(section, key) of the parser's table."""
    rows = re.findall(r'\{ CONF_([A-Z]+), "([a-z0-9_]+)", [A-Z0-9_]+, ', text_of("daemon/conf/conf_keys.c"))
    return {(section.lower(), key) for section, key in rows}


def told_keys():
    """(section, key) -> (default or None, what is said of it), of the manual's headings."""
    keys, section = {}, None
    for part in re.split(r"^(?=\.(?:SH|TP|PP)\b)", text_of("etc/man/mailward.conf.5"), flags=re.M):
        if found := re.match(r"\.SH (?:\[([a-z]+)[^\]]*\]|.*)", part):
            section = found[1]
        if not section or not (found := re.match(r"\.TP\n\.(B|BR) ((?:.*\\\n)*.*)\n", part)):
            continue
        if section == "service":    # whose defaults are those of [policy]
            keys.update({(section, key): (None, part) for key in re.findall(r'([a-z_]+) " \(', found[2])})
            continue
        heading = re.sub(r'[" ]', "", found[2]) if found[1] == "BR" else found[2] + "()"
        for key, default in re.findall(r"([a-z0-9_]+)\(([^)]*)\)", heading):
            keys[section, key] = default or None, part
    return keys


def shipped():
    """The same of etc/mailward.conf; a default that stands behind a semicolon is none."""
    keys, section = {}, None
    for line in text_of("etc/mailward.conf").splitlines():
        if found := re.match(r"(?:; )?\[([a-z]+)(?: [a-z]+)?\]$", line):
            section = found[1]
        elif found := re.match(r"(; )?([a-z0-9_]+) *= *(.*)$", line):
            keys[section, found[2]] = None if found[1] else found[3]
    return keys


parser, manual, config = parsed(), told_keys(), shipped()
tap.ok(len(parser) > 40, f"the parser knows {len(parser)} keys")
for where, keys in ("the manual", set(manual)), ("etc/mailward.conf", set(config)):
    differ({key for key in keys if key[0] != "rules"}, {key for key in parser if key[0] != "rules"}, f"keys of {where}")
unlike = [f"{key}: {manual[key][0]} in the manual, {config[key]} in etc/mailward.conf" for key in sorted(parser)
          if key in manual and config.get(key) and manual[key][0] and manual[key][0] != config[key].split("  ")[0]]
tap.ok(not unlike, "where both name a default, it is one", *unlike)
conf_page = text_of("etc/man/mailward.conf.5")
first = conf_page.index('.BR "judge = memory" .')
bare = sorted({key for (section, key), (_, part) in manual.items()
               if section in ("policy", "names") and key not in ("case", "delimiter") and "xample" not in part and
               conf_page.index(part) > first})
tap.ok(not bare, "each key of the judge that remembers has an example", *bare)

# ---- pattern files

page, source = pages["mailward-patterns.5"], text_of("daemon/match/rules_read.c")
tags = [tag for tag, _ in page.tags("DESCRIPTION", "")]
statements = set(re.findall(r'\{ TEXT\("([a-z]+)"\), read_', source))
statements |= set(re.findall(r'text_starts\(word, TEXT\("([a-z]+)"\)\)', source))
tap.ok(len(statements) > 10, f"a pattern file has {len(statements)} statements")
differ({re.match(r"[a-z]+", tag)[0] for tag in tags if not tag.startswith("<")}, statements,
       "statements of pattern files")
for words, word in re.findall(r'words\[\] = \{ ([^}]*) \};\n\n.*read_word_of\(r, "([a-z]+)"', source):
    differ({choice for tag in tags if tag.startswith(word + " ") for choice in tag.split()[1].split("|")},
           set(re.findall(r'"([a-z-]+)"', words)), f"words of {word}")
differ(set(re.findall(r"<([a-z]+)>", " ".join(tag for tag in tags if tag.startswith("<")))),
       set(re.findall(r'\{ TEXT\("([a-z]+)"\), TEXT\(', text_of("daemon/match/macros.c"))), "macros")

# ---- JSON, of a world that brings about most of it

seen = {}       # (command, event) -> fields


def note(command, text, default=""):
    def fields(one):
        for key, value in one.items():
            yield key
            for item in value if isinstance(value, list) else []:
                yield from fields(item)
    for line in text.splitlines():
        if line.startswith("{"):
            one = json.loads(line)
            have = seen.setdefault((command, one.get("event", default)), set())
            have.update(key for key in fields(one) if key != "event")


def told_fields():
    """(section, event) -> fields, of mailward-json(5)."""
    told_by = pages["mailward-json.5"]
    return {(head, event): {tag for tag, _ in told_by.tags(head, sub)}
            for head, sub in told_by.parts if told_by.tags(head, sub)
            for event in (sub.split(", ") if sub else [""])}


def at(stamp, who, text):
    return f"{stamp.isoformat()}+00:00 mx {who}: {text}\n"


def relay(stamp, address, name):
    return at(stamp, "postfix/smtpd[7]", f"NOQUEUE: reject: RCPT from unknown[{address}]: 554 5.7.1 <{name}>: Relay "
              f"access denied; from=<x@example.net> to=<{name}> proto=ESMTP helo=<x>")


work = tempfile.mkdtemp(prefix="mailward-test.")
daemon = Daemon(work, f"[policy]\njudge_dry_run = yes\n[blocklist local]\nfile = {work}/list\n")
try:
    with open(f"{work}/list", "w", encoding="utf-8") as file:
        file.write("198.51.100.0/24\n")
    os.chmod(f"{work}/list", 0o644)
    beside = f"{work}/beside.conf"
    with open(beside, "w", encoding="utf-8") as file:
        file.write(f"[mailward]\npatterns = {program.ROOT}/patterns\n[policy]\njudge_dry_run = yes\n")
    demo = f"{program.ROOT}/share/demo/mail.log"
    weeks = f"{work}/weeks.log"     # a customer who goes wrong, and a stranger one of the two judges alone would ban
    with open(weeks, "w", encoding="utf-8") as file:
        stamp = datetime.datetime(2025, 3, 1, 8, 0, 0)
        for day in range(9):
            then = stamp + datetime.timedelta(days=day)
            file.write(at(then, "dovecot", "imap-login: Login: user=<carol@example.com>, method=PLAIN, "
                          f"rip=203.0.113.30, lip=192.0.2.1, mpid=1, TLS, session=<a{day}>"))
            file.write(relay(then, "198.51.100.40", f"n{day}@example.com"))
        for count in range(60):
            then = stamp + datetime.timedelta(days=8, hours=1, seconds=count)
            file.write(relay(then, "203.0.113.30", f"n{count}@example.net"))
    for log in demo, weeks:
        note("SCAN", output("scan", "--json", "-c", beside, log))
        note("WHATIF", output("whatif", "--json", "-c", beside, "--sweep", "hard_error_limit=3,6", log))
        note("REPORT", output("report", "--json", "-c", beside, log))
    with open(demo, "rb") as file:
        note("MATCH", output("match", "--json", "-c", beside, stdin=file.read()))
    daemon.start()
    events = subprocess.Popen(daemon.command("events", "--json"), stdout=open(f"{work}/events", "wb"),
                              stderr=subprocess.DEVNULL)
    tap.wait_until(lambda: "mailward_event_readers 1" in daemon.ask("metrics").stdout)
    daemon.errors("203.0.113.9", 5)
    daemon.errors("203.0.113.9", 1)
    daemon.errors("192.168.7.8", 7)
    daemon.errors("203.0.113.10", 3)
    daemon.ask("ban", "203.0.113.77")
    tap.wait_until(lambda: '"event":"address"' in daemon.ask("top", "--json").stdout)   # which counts once a second
    for words in (("status",), ("list",), ("top",), ("explain", "203.0.113.9"), ("explain", "198.51.100.9"),
                  ("explain", "203.0.113.0/24"),
                  ("explain", "carol@example.com", "203.0.113.9")):
        note(words[0].upper(), daemon.ask(words[0], "--json", *words[1:]).stdout)
    tap.wait_until(lambda: "192.168.7.8" in open(f"{work}/events", encoding="utf-8").read())
    events.terminate()
    events.wait()
    note("EVENTS", open(f"{work}/events", encoding="utf-8").read())
    figures = dict(re.findall(r"^# HELP mailward_(\S+) (.*)$", daemon.ask("metrics").stdout, re.M))
    os.rename(daemon.log, daemon.log + ".gone")
    tap.wait_until(lambda: daemon.ask("status", "--check").returncode == 2)
    note("STATUS", daemon.ask("status", "--json").stdout)
    note("TOP", daemon.ask("top", "--json").stdout)
    daemon.stop()
finally:
    if daemon.process and daemon.process.poll() is None:
        daemon.process.kill()
    shutil.rmtree(work, ignore_errors=True)

told = told_fields()
tap.ok(len(seen) > 35, f"{len(seen)} kinds of objects were seen")
for (command, event), fields in sorted(seen.items()):
    where = (command, event) if (command, event) in told else ("VERDICTS", event)
    missing = fields - told.get(where, set())
    tap.ok(where in told and not missing, f"mailward-json(5): {command.lower()}, {event or 'a line'}",
           f"{where}: {sorted(missing)}")

sources = {path: text_of(path) for path in sorted(glob.glob("daemon/*/*.c", root_dir=program.ROOT))}
WRITE = re.compile(r'json_(?:str|cstr|uint|bool|fixed|time|list)\(&?\w+(?:->\w+)?, "(\w+)"')
written = {path: set(WRITE.findall(text)) - {"event"} for path, text in sources.items()}
written = {path: fields for path, fields in written.items() if fields}
names = set(re.findall(r"NAMED\((\w+)\)", sources["daemon/judge/figures.c"].split("figure_names[]")[1]))
everything = names.union(*written.values())
described = set().union(*told.values())
differ(described, everything, f"mailward-json(5), all {len(everything)} fields that the program can write")
rare = set()
for (head, event), fields in told.items():
    have = set().union(*(fields for (command, one), fields in seen.items()
                         if one == event and head in (command, "VERDICTS")))
    files = [path for path in written if f'"{event}"' in sources[path]] if event else []
    family = {path.removesuffix(".c").split("_")[0] for path in files}      # explain.c, explain_lines.c, ...
    could = set().union(*(written[path] for path in written if path.removesuffix(".c").split("_")[0] in family))
    could |= names if any("figure_names" in sources[path] for path in files) else set()
    rare |= {(head, event, field) for field in fields - have - could}
tap.ok(not rare, "and each of them in the object that it is told of", *map(str, sorted(rare)))

# ---- metrics

tags = {tag: said.strip() for tag, said in pages["mailward-events.8"].tags("METRICS", "")}
source = sources["daemon/service/metrics.c"]
live = dict(re.findall(r'one\(out, "(firewall_\w+)", \w+, [^"]*"([^"]*)"\)', source))
live |= dict(re.findall(r'family\(out, "(dropped_\w+)", \w+,\s+"([^"]*)"\)', source))
tap.ok(len(live) == 6, "of a daemon that enforces there are six figures more")
tap.same(set(tags.items()), set({**figures, **live}.items()),
         "each figure is in mailward-events(8), in the words of its HELP")
tap.done()
