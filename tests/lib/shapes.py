"""shapes - the catalogue's shapes, with the places in them that a client can write to

Each hit of each pattern file is a shape. What a client can have written is found in two ways: where the rule's own
expression allows more than harmless runs (<text>, `.`, [^...] and their like) or has a macro that is called after a
client's word (<user>, <name>, <helo>, ...), and where the message introduces one (user=, for, from=<, helo=<, ...).
"""
import os
import re
import sys
import tempfile

import patfile
import tap
from program import ROOT, run

HARMLESS = set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._:/+-")

# words that introduce what a client has written; the field is the group
FREE = re.compile(
    r"(?:\b(?:user|username|ruser|login|set_id|sasl_username|helo|SNI|authid|authorisation_id)="
    r"|\b(?:(?:LOGIN|[Ll]ogin) for|(?:Login failed|Failed login|LOGIN FAILED|FAILED LOGIN|FAILED login) for|login success for|for user:?|username|login: by) "
    r"|\bX-Real-IP: |\bX-Forwarded-For: |\((?:POST|GET) |\blogin: (?=\")|\bcmd: ?)"
    r"[<\"'(\[]{0,2}([^\s<>\"',()\[\]]{0,64})")
# and addresses: what has more than harmless characters stands in quotes there
ADDRESS = re.compile(r"\b(?:from|to|arg1|ctladdr|F)=<?([^\s<>,;]{0,64})")


def _loose_atoms(regex, with_macros):
    """Wrap what may match a client's words in groups f0, f1, ...: (regex, how many)"""
    out, count, at = [], 0, 0
    quantifier = re.compile(r"(?:[*+?]|\{\d+(?:,\d*)?\})[?+]?")
    while at < len(regex):
        start, loose = at, False
        if named := with_macros and patfile.CLIENTS.match(regex, at):
            out.append(f"(?P<f{count}>")
            count, at = count + 1, named.end()
            continue
        if regex[at] == "\\":
            at += 4 if regex[at + 1] == "x" else 2
            loose = regex[start + 1] in "SDW"
        elif regex[at] == "[":
            at += 2 if regex[at + 1] == "^" else 1
            at += regex[at] == "]"
            while regex[at] != "]":
                at += 2 if regex[at] == "\\" else 1
            at += 1
            members = re.sub(r"\\[dw]|.-.", "", regex[start + 1:at - 1])
            loose = regex[start + 1] == "^" or len(members) > 6 and not set(members) <= HARMLESS
        elif regex[at] == ".":
            at, loose = at + 1, True
        else:
            at += 1
        repeat = quantifier.match(regex, at)
        if loose and repeat:
            at = repeat.end()
            out.append(f"(?P<f{count}>{regex[start:at]})")
            count += 1
        else:
            out.append(regex[start:at])
    return "".join(out), count


def fields(rule, address, message, rest=True):
    """Where the client's words are: (start, end, whether it is a mail address), and where the blamed address is

    rest: also in whatever the rule passes over; else only in fields of one word
    """
    found, where = set(), None
    for match in rule.matches:
        regex, count = _loose_atoms(match, not rule.success)
        fit = re.compile(regex, re.DOTALL).match(message)
        if not fit:
            continue
        where = fit.span("addr")
        spans = {fit.span(f"f{i}") for i in range(count)} - {(-1, -1)}
        if not rest:
            spans = {span for span in spans if " " not in message[span[0]:span[1]]}  # the server's own sentences
        before = {span for span in spans if span[1] <= where[0]}
        # pinned in front: what follows is the client's; pinned at the end: what follows is the server's
        if rest and r"\Z" not in match:
            spans.add((fit.end(), len(message)))  # what the rule does not even look at
        found |= {(*span, False) for span in before or {span for span in spans if span[0] >= where[1]}}
        break
    # the user name of a login that worked is one that exists
    for introduced, mailbox in ((FREE, False), (ADDRESS, True)) if where and not rule.success else ():
        for word in introduced.finditer(message):
            start, end = word.span(1)
            if (end <= where[0] or start >= where[1]) and not any(start < f[1] and f[0] < end for f in found):
                found.add((start, end, mailbox))
    return sorted(found), where


def line_of(program, message):
    """The message as syslogd writes it for a program, or as in a file of a server's own"""
    head = f"Nov 22 10:00:00 mx1 {program}[4711]: " if program else "2026/11/22 10:00:00 "
    return (head + message).replace("\n", "?").replace("\0", "?").encode("utf-8", "surrogateescape").replace(b"\xc3\xbf\xc3\xbe", b"\xff\xfe")


def blamed(config, lines):
    """{line number: (address, rule)}: also of successes and of what is only observed"""
    result = run("match", "-c", config, stdin=b"\n".join(lines) + b"\n")
    words = (line.split() for line in result.stdout.decode("utf-8", "replace").splitlines())
    return {int(word[0]): (word[1], word[2]) for word in words}, result


def config_for(folder, patterns, rules):
    """A config with every rule of these patterns turned on; its path"""
    path = os.path.join(folder, "conf")
    with open(path, "w", encoding="ascii") as file:
        services = sorted({rule.name.split("/")[0] for rule in rules})
        file.write(f"[mailward]\npatterns = {patterns}\n[rules]\n" + "".join(f"{service} = strict\n" for service in services) +
                   "".join(f"{rule.name} = 1\n" for rule in rules if rule.weight == 0))
    return path


def each_rule(prove):
    """Each shipped rule, or those that the command line names, with a config for them all; prove(folder) comes first"""
    patterns = os.path.join(ROOT, "patterns")
    rules = patfile.read_dir(patterns)
    tap.ok(len(rules) > 100, f"there are rules to test ({len(rules)})")
    with tempfile.TemporaryDirectory() as folder:
        prove(folder)
        config = config_for(folder, patterns, rules)
        for rule in rules:
            if len(sys.argv) < 2 or any(rule.name.startswith(name) for name in sys.argv[1:]):
                yield rule, config
