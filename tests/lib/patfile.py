"""patfile - pattern files as the tests see them: rules with their expressions, macros expanded, and their hits

Reads what `mailward check` has found to be right, so it complains about nothing. The expressions are for Python's re,
whose dialect is near enough; the program under test does the real matching.
"""
import glob
import os
import re

V4 = r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}"
BUILTINS = {
    "addr": rf"(?P<addr>(?:::[Ff]{{4}}:)?{V4}|[0-9A-Fa-f]{{0,4}}:[0-9A-Fa-f:]{{1,37}}(?:{V4})?)",
    "count": r"(?P<count>\d{1,4})",
    "session": r"(?P<session>[0-9A-Za-z]{1,32})",
    "account": r".*",
    "sender": r".*",
    "mailbox": r"[^\x00-\x20<>\"(),;:\\]{1,320}",
    "alias": r"[^\x00-\x20<>\"(),;:\\]{1,320}",
    "queue": r"[0-9A-Za-z-]{5,32}",
    "password": r"[0-9A-Za-z$/.+=-]{1,128}",
    "via": r"[A-Za-z0-9_-]{1,32}",
    "host": r"[A-Za-z0-9._-]{1,255}",
    "text": r".*",
    "end": r"\Z",
}

# macros called like this stand for what a client has written; expanded they begin with a comment that says so
CLIENTS = re.compile(r"\(\?:\(\?#(?:user|plain-user|name|who|helo|sender|command)\)")


class Rule:
    def __init__(self, name, programs):
        self.name, self.programs, self.success, self.weight = name, programs, False, 1
        self.manner = {}  # kind, tier, session, where they are said
        self.matches = []  # expanded
        self.hits = []  # (program, address, message)


def expand(text, macros):
    text = re.sub(r"\(\?<[a-z]+>", "(?:", text)  # a capture of the file's own making
    parts = re.split(r"(\\.|<[a-z0-9-]+>)", text)
    return "".join(f"(?:(?#{part[1:-1]}){macros[part[1:-1]]})" if part[:1] == "<" and part[1:-1] in macros else part for part in parts)


def read_file(path):
    macros, programs, rules, service = dict(BUILTINS), [], [], ""
    with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        for line in file:
            word, _, rest = line.strip(" \t\r\n").partition(" ")
            rest = rest.lstrip(" \t")
            if word == "service":
                service = rest
            elif word == "macro":
                name, _, body = rest.partition(" ")
                macros[name] = expand(body.lstrip(" \t"), macros)
            elif word == "program":
                programs = rest.split()
            elif word == "rule":
                rules.append(Rule(f"{service}/{rest}", programs))
            elif word == "kind":
                rules[-1].manner[word] = rest
                rules[-1].success = rest in ("success", "login", "outage", "accepted", "delivered", "client")  # counts for nothing
            elif word in ("tier", "session"):
                rules[-1].manner[word] = rest
            elif word == "weight":
                rules[-1].weight = int(rest)
            elif word == "match":
                rules[-1].matches.append(expand(rest, macros))
            elif word == "hit" or word.startswith("hit@"):
                address, _, message = rest.partition(" ")
                if address == "-":  # names nobody: the server speaks of itself
                    continue
                program = word[4:] if word[3:] else programs[0].replace("*", "")
                rules[-1].hits.append(("" if program == "-" else program, address, message.lstrip(" \t")))
    return [rule for rule in rules if rule.hits]


def read_dir(path):
    return [rule for name in sorted(glob.glob(os.path.join(path, "*.pat"))) for rule in read_file(name)]
