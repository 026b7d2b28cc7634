#!/usr/bin/env python3
"""manual - every key of the configuration is in mailward.conf(5) and in etc/mailward.conf, with one default, and no other is

The parser's own table, daemon/conf/conf_keys.c, says which there are. A key has its place in the manual as a heading of
the section (.TP and .B), with its default in parentheses; in etc/mailward.conf it stands with it, or behind a semicolon.
Each key of a judge that remembers has an example.
# once: it reads sources
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
import program
import tap


def text_of(path):
    with open(os.path.join(program.ROOT, path)) as file:
        return file.read()


def parsed():
    """(section, key) of the parser's table."""
    return {(section.lower(), key)
            for section, key in re.findall(r'\{ CONF_([A-Z]+), "([a-z0-9_]+)", [A-Z0-9_]+, ', text_of("daemon/conf/conf_keys.c"))}


def told():
    """(section, key) -> (default or None, what is said of it), of the manual's headings."""
    keys, section = {}, None
    for part in re.split(r"^(?=\.(?:SH|TP|PP)\b)", text_of("etc/man/mailward.conf.5"), flags=re.M):
        if found := re.match(r"\.SH (?:\[([a-z]+)[^\]]*\]|.*)", part):
            section = found[1]
        if not section or not (found := re.match(r"\.TP\n\.(B|BR) (.*)\n", part)):
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


parser, manual, config = parsed(), told(), shipped()
tap.ok(len(parser) > 40, f"the parser knows {len(parser)} keys")
for where, keys in ("the manual", set(manual)), ("etc/mailward.conf", set(config)):
    tap.ok(not parser - keys, f"each of them is in {where}", *map(str, sorted(parser - keys)))
    foreign = {key for key in keys - parser if key[0] != "rules"}
    tap.ok(not foreign, f"{where} has no other", *map(str, sorted(foreign)))
differ = [f"{key}: {manual[key][0]} in the manual, {config[key]} in etc/mailward.conf" for key in sorted(parser)
          if key in manual and config.get(key) and manual[key][0] and manual[key][0] != config[key].split("  ")[0]]
tap.ok(not differ, "where both name a default, it is one", *differ)
first = text_of("etc/man/mailward.conf.5").index('.BR "judge = memory" .')
bare = sorted({key for (section, key), (_, part) in manual.items() if section in ("policy", "names") and "xample" not in part and
               text_of("etc/man/mailward.conf.5").index(part) > first and key not in ("case", "delimiter")})
tap.ok(not bare, "each key of the judge that remembers has an example", *bare)
tap.done()
