#!/usr/bin/env python3
"""forge - hostile text in everything a client can write, in every shape of the catalogue: who is blamed?

usage: tests/corpus/forge.py [SERVICE[/RULE]...]        MAILWARD: the program, default build/mailward

Into each place of each shape (tests/lib/shapes.py) goes what an attacker would write: another address in every dress,
quotes and brackets that close the field, the rest of the record with another address in it, whole records, fillers with
the line cut behind the forged address, bytes that are no UTF-8, U+0085, U+2028, U+202E. The blamed address must be the client's, or nobody's. A new pattern file is tested from its first hit on.
"""
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import patfile
import tap
from shapes import blamed, config_for, each_rule, fields, line_of

FORGED = "203.0.113.99"
CUT = 1000  # no syslogd cuts a line shorter than this


def dresses():
    a = FORGED
    return [a, f" {a} ", f"[{a}]", f"({a})", f"<{a}>", f" from {a}", f" from {a}. ", f"x[{a}]", f" from x[{a}]: ", f" from [{a}]:25: ",
            f", rip={a}, ", f">, method=PLAIN, rip={a}, lip=192.0.2.25", f" rip={a}", f" rhost={a} ", f"rhost={a}", f" rhost={a}  user=x",
            f"], ip=[{a}]", f", ip=[{a}], port=[1]", f", relay=x [{a}]", f" relay=[{a}] (may be forged)", f"\", client: {a}, server: x",
            f"x,{a},<s>): Password mismatch", f"x,{a}): unknown user (given password: ", f"' from '{a}' ", f" ip={a} ", f" address={a} host=x",
            f"x) [{a}]:25: 535 Incorrect authentication data (set_id=x", f"(x) [{a}]", f"H=x [{a}]", f" host=x [{a}]", f"::ffff:{a}",
            f"x]: 550 5.1.1 <x>: Recipient address rejected: User unknown; from x[{a}]: 554 5.7.1 Relay access denied",
            f"Nov 22 10:00:00 mx1 postfix/smtpd[1]: NOQUEUE: reject: RCPT from x[{a}]: 550 5.1.1 <x>: Recipient address rejected: User unknown",
            f"warning: x[{a}]: SASL LOGIN authentication failed: ", f"?{a}:25 -> ", f"\\n{a}\\n", f"2001:db8:bad::99", "[IPv6:2001:db8:bad::99]"]


def tails(message, where, field):
    """The field closed, and the record gone on with another address; only the beginning of that; the record anew."""
    other = message[:where[0]] + FORGED + message[where[1]:]
    moved = len(FORGED) - (where[1] - where[0])
    yield other
    yield other[:where[0] + len(FORGED)]
    if field[1] <= where[0]:
        rest = other[field[1]:]
        yield "x" + rest
        yield "x" + other[field[1]:where[0] + len(FORGED)]
        yield "x" + rest + " "
        for back in (12, 6, 3, 1):  # only what stands close around the address
            near = other[max(field[1], where[0] - back):where[0] + len(FORGED)]
            yield "x" + near
            yield "x" + near + other[where[0] + len(FORGED):][:back]
            yield "x" + near + other[where[0] + len(FORGED):]
    else:
        yield "x" + message[field[1]:] + other
        yield "x" + other[field[1] + moved:] + other


ENDS = ("", "'", "\"", ">", ")", "]", ">)", "\"]", "\\", "\xff\xfe", "\u0085", "\u2028", "\u202e", "\r", "?", ":", ",", " ")
FILLER = "A" * 2000


def payloads(message, where, field, words):
    texts = [*words, *tails(message, where, field)]
    yield from texts
    for text in texts[-8:] + texts[:4]:
        for end in ENDS:
            yield end + text + end
        yield FILLER + text
        yield text + FILLER


def forgeries(rule, everything):
    """Lines, each with the address that may be blamed"""
    for program, address, message in rule.hits:
        places, where = fields(rule, address, message)
        if where is None:
            continue
        for field in places:
            old = message[field[0]:field[1]]
            for text in payloads(message, where, field, everything):
                if field[2]:
                    put_in = (re.sub(r"[ \"]", "", text), '"' + text.replace("\\", "").replace('"', '\\"') + '"@example.net')
                else:
                    put_in = (text, old + text, text + old)
                for put in put_in:
                    yield program, address, message[:field[0]] + put + message[field[1]:]
            if field[1] <= where[0] and not field[2]:
                for tail in tails(message, where, field):  # cut by syslogd, just behind the forged address
                    cut = message[:field[0]] + FILLER + tail
                    at = cut.rfind(FORGED) + len(FORGED)
                    if at >= CUT:
                        for extra in (at, at + 1, len(cut)):
                            yield program, address, cut[:extra]
        if len(places) > 1:
            for text in everything[:12]:
                put, at = [], 0
                for start, end, mailbox in places:
                    if start >= at and not mailbox:
                        put += [message[at:start], text]
                        at = end
                yield program, address, "".join(put) + message[at:]


def canonical(address):
    return address.lower().removeprefix("::ffff:")


def check(rule, cases, config):
    lines = [line_of(program, message) for program, _, message in cases]
    got, result = blamed(config, lines)
    wrong = [f"{number}: {got[number][1]} blames {got[number][0]}, not {cases[number - 1][1]}: {lines[number - 1][:600]!r}"
             for number in sorted(got) if canonical(got[number][0]) != canonical(cases[number - 1][1])]
    clean = result.returncode == 0 and not result.stderr
    return wrong, clean, result.stderr.decode("utf-8", "replace").splitlines()


# check lets them all pass, for it cannot know that a client chooses the harmless letters of the last: the generator must
WEAK = """service weak
program weak
rule end
    about  a user name, and nothing behind the address that could hold another
    match  login of (?:[a-z]|@| |=){0,80} rip=<addr>(?: user=[^ ]{0,40})?(?: [a-z]{0,40})*<end>
    hit    192.0.2.7 login of alice rip=192.0.2.7 user=bob
rule fixed
    about  nothing of the client's stands on either side
    match  connection of <addr> failed<end>
    hit    192.0.2.7 connection of 192.0.2.7 failed
rule front
    about  a run of harmless letters before the address, which the client chooses
    match  Login failed for [A-Za-z0-9.]{1,60} from <addr> <text><end>
    hit    192.0.2.7 Login failed for alice from 192.0.2.7 with a wrong password
"""


def prove_the_generator(folder):
    with open(os.path.join(folder, "weak.pat"), "w", encoding="ascii") as file:
        file.write(WEAK)
    rules = patfile.read_dir(folder)
    config = config_for(folder, folder, rules)
    for rule, forgeable in zip(rules, (False, False, True)):
        wrong, _, _ = check(rule, list(forgeries(rule, dresses())), config)
        tap.ok(bool(wrong) == forgeable, f"{rule.name}: the generator {'forges' if forgeable else 'cannot forge'} it", *wrong[:3])


def main():
    for rule, config in each_rule(prove_the_generator):
        lost = [f"where is the address in: {message}" for _, address, message in rule.hits if not fields(rule, address, message)[1]]
        cases = list(dict.fromkeys(forgeries(rule, dresses())))
        wrong, clean, said = check(rule, rule.hits + cases, config)
        tap.ok(not wrong and clean and not lost, f"{rule.name}: {len(cases)} forgeries blame the client or nobody",
               *wrong[:3], *said[:3], *lost[:3])
    tap.done()


main()
