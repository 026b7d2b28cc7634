#!/usr/bin/env python3
"""hide - every rule's own words in everything a client can write, for every shape: does a line that counts still count?

usage: tests/corpus/hide.py [SERVICE[/RULE]...]        MAILWARD: the program, default build/mailward

The first rule that matches decides, so whoever writes the words of one that counts nothing must not thereby get his line
taken by it. Into each place of each shape (tests/lib/shapes.py) goes what the service's other rules are told by, closed
and quoted as the server writes it, also in an address that stands twice in the line, and so long that a syslogd cuts the
line in the worst place. The line must blame whom it blamed, for as much, by the same rule or by one that counts in
the same manner.
"""
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import patfile
import tap
from program import ROOT
from shapes import blamed, config_for, each_rule, fields, line_of

CUTS = (1000, 1024, 2000)  # no syslogd cuts a line shorter than the first
# whose places are known for certain: there, a line may not be left to nobody either, since who is to blame is never in doubt
CERTAIN = ("postfix", "weak")
HITS = 2  # of a rule: their shapes repeat
ONE_WORD = re.compile(r".*SASL $", re.DOTALL)  # stands in front of what can hold no blank
SERVERS = re.compile(r"DATA$|END-OF-MESSAGE$|.*[\[(]?[0-9a-f.:]{6,}[\])]?(?::\d+)?$")  # stands in a client's place, and is the server's


def counts(rule):
    return not rule.success and rule.weight > 0 and rule.manner.get("tier") != "observe"


def milder(rule, than):
    """Does it count for nothing, or in a certain service: for less, or in another manner, other than more often?"""
    if not counts(rule) or than.name.split("/")[0] not in CERTAIN:
        return not counts(rule)
    kind, session = ([r.manner.get(word, usual) for r in (rule, than)] for word, usual in (("kind", "error"), ("session", "each")))
    return rule.weight < than.weight or kind[0] != kind[1] or session[0] not in ("each", session[1])


def words(rule):
    """What the rule's lines are told by: all behind the address or in front of it, all behind a client's text"""
    for _, address, message in rule.hits[:1 if counts(rule) else HITS]:
        places, where = fields(rule, address, message, rest=False)
        if where is None:
            continue
        yield message
        for at in [where[1], *(place[1] for place in places)]:
            for text in (message[at:], message[at:].split("; from=")[0]):
                yield text.lstrip("]>)\"': ") if text is message[at:] else text
        yield message[:where[0]]


def quoted(text):
    return '"' + text.replace("\\", "").replace('"', '\\"') + '"@example.net'


def dressed(text):
    """As it is, and behind what closes a field"""
    for head in ("", "x", "x>", "x>: ", 'x" '):
        yield head + text.replace("\t", " ")  # what separates columns is not let through


def put(message, spans, old, text, form):
    """The text in place of all that stands in these spans; form: how an address behind from= and the like is written"""
    out, at = [], 0
    for start, end, mailbox in spans:
        out += [message[at:start], form(text) if mailbox else text]
        at = end
    return "".join(out) + message[at:]


def variants(rule, texts):
    """(program, address, line, the harmless line that it must be like)"""
    for program, address, message in rule.hits[:HITS]:
        places, where = fields(rule, address, message, rest=False)
        if where is None:
            continue
        places = [place for place in places if place[0] < place[1] and not SERVERS.match(message[place[0]:place[1]])]
        for place in places:
            old = message[place[0]:place[1]]
            twins = [p for p in places if message[p[0]:p[1]] == old]
            if " proto=" in message and not any(message[p[0] - 2:p[0]] == "=<" for p in twins):
                continue  # Postfix: what a client wrote into the reply stands again in from=, to= or helo=
            mailboxes = any(p[2] for p in twins)
            own = [text.replace(" ", "-") for text in texts] if ONE_WORD.match(message[:place[0]]) else texts
            for text in own:
                for form in (quoted, lambda t: t + "@example.net") if mailboxes else (str,):
                    yield program, address, put(message, twins, old, text, form), message
            for text in own[::23]:
                for long in (text + "A" * 2000, "A" * (CUTS[0] - place[0]) + text):
                    harmless = re.sub(r"[^A-Za-z0-9]", "x", long)
                    for form in (quoted, lambda t: t + "@example.net") if mailboxes else (str,):
                        line, like = (put(message, twins, old, t, form) for t in (long, harmless))
                        for cut in (*CUTS, place[0] + len(long) + (form is quoted), len(line)):
                            if cut >= CUTS[0]:
                                yield program, address, line[:cut], like[:cut]


def check(rule, cases, config, by_name):
    """Where a line does not count as the harmless one does"""
    lines = list(dict.fromkeys(line_of(case[0], message) for case in cases for message in case[2:4]))
    got, result = blamed(config, lines)
    said = {line: got.get(number) for number, line in enumerate(lines, 1)}
    wrong = []
    for program, _, message, harmless in cases:
        mine, like = said[line_of(program, message)], said[line_of(program, harmless)]
        if like is None or not counts(by_name[like[1]]):
            continue
        if mine is None and rule.name.split("/")[0] not in CERTAIN:
            continue  # it was not sure who is to blame
        if mine is None or mine[0] != like[0] or milder(by_name[mine[1]], by_name[like[1]]):
            wrong.append(f"{like[1]} became {mine and mine[1]}: {message[:700]!r}")
    return wrong, result.returncode == 0 and not result.stderr, result.stderr.decode("utf-8", "replace").splitlines()


# check refuses the first, the second it must let pass: that a client cannot write ">" is what the file claims
WEAK = """service weak
program weak
rule lawful
    about  up to the first ">", which this client can write
    weight 0
    match  refused <addr>: \\<[^>]*>: quota exceeded
    hit    192.0.2.7 refused 192.0.2.7: <alice>: quota exceeded; user=alice
rule firm
    about  up to the first blank, and the words stand once only
    weight 0
    match  refused <addr>: (?!<text> user=<text>is moved)\\<[^ ]*>: is moved
    hit    192.0.2.7 refused 192.0.2.7: <alice>: is moved; user=alice
rule unknown
    about  the client's text is the name
    match  refused <addr>: \\<<text>>: (?:unknown|no such user)
    hit    192.0.2.7 refused 192.0.2.7: <bob>: unknown; user=bob
"""


def prove_the_generator(folder):
    with open(os.path.join(folder, "weak.pat"), "w", encoding="ascii") as file:
        file.write(WEAK)
    rules = patfile.read_dir(folder)
    config = config_for(folder, folder, rules)
    by_name = {rule.name: rule for rule in rules}
    for other, hidden in ((0, True), (1, False)):
        texts = [text for word in words(rules[other]) for text in dressed(word)]
        wrong, _, _ = check(rules[2], list(variants(rules[2], texts)), config, by_name)
        tap.ok(bool(wrong) == hidden, f"the words of {rules[other].name}: {'hide' if hidden else 'do not hide'} a line of another", *wrong[:3])


def main():
    rules = patfile.read_dir(os.path.join(ROOT, "patterns"))
    by_name = {rule.name: rule for rule in rules}
    texts = {}
    for rule in rules:
        service = rule.name.split("/")[0]
        if counts(rule) and service not in CERTAIN:
            continue  # it hides nothing
        texts.setdefault(service, {}).update(dict.fromkeys(text for word in words(rule) if word.strip() for text in dressed(word)))
    for rule, config in each_rule(prove_the_generator):
        if not counts(rule):
            continue
        cases = list(dict.fromkeys(variants(rule, list(texts.get(rule.name.split("/")[0], ())))))
        wrong, clean, said = check(rule, cases, config, by_name)
        tap.ok(not wrong and clean, f"{rule.name}: {len(cases)} lines count for what they are", f"{len(wrong)} wrong", *wrong[:3], *said[:3])
    tap.done()


main()
