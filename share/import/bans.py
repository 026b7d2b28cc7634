"""bans - what fail2ban's database holds is dropped by mailward, for the rest of its time

The database is only read; each ban is asked of the running daemon as "mailward ban" does, which refuses whom it must
not drop.
"""
import ipaddress
import pathlib
import re
import shlex
import subprocess
import sys
import time

import filters
import jails
from config import shown

try:
    import sqlite3
except ImportError:
    sqlite3 = None

DONE, INPUT, NO_DAEMON = 0, 1, 3


class Unreadable(Exception):
    """Its text says why."""


def rows_of(path):
    """(jail, address, begin, length) of what the database holds; a length below 0 is for ever."""
    if not sqlite3:
        raise Unreadable("cannot be read: this Python has no sqlite3")
    if not pathlib.Path(path).is_file():
        raise Unreadable("there is no such file; fail2ban keeps its bans in /var/lib/fail2ban/fail2ban.sqlite3")
    try:
        base = sqlite3.connect(f"{pathlib.Path(path).absolute().as_uri()}?mode=ro", uri=True, timeout=10)
    except sqlite3.Error as error:
        raise Unreadable(f"cannot be read: {error}") from None
    try:
        base.execute("PRAGMA trusted_schema = off")
        tables = {name for name, in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        table = "bips" if "bips" in tables else "bans"
        if table not in tables:
            raise Unreadable("is no database of fail2ban's")
        if "bantime" not in {row[1] for row in base.execute(f"PRAGMA table_info({table})")}:
            raise Unreadable("is of a fail2ban before 0.11, which did not keep how long a ban is")
        return base.execute(f"SELECT jail, ip, timeofban, bantime FROM {table} ORDER BY timeofban").fetchall()
    except sqlite3.Error as error:
        raise Unreadable(f"cannot be read: {error}") from None
    finally:
        base.close()


def running(rows, now_s, wanted):
    """{network: (rest in seconds, jail)}, the longest of each; how many have run out; {other jail: how many}; what is
    no address."""
    found, over, others, odd = {}, 0, {}, []
    for jail, address, begin, length in rows:
        kinds = (jail, str), (address, str), (begin, int), (length, int)
        if not all(isinstance(value, kind) for value, kind in kinds):
            odd.append(shown(str(address))[:100])
            continue
        rest = begin + length - now_s if length >= 0 else float("inf")
        if rest < 1:
            over += 1
            continue
        if not wanted(jail):
            others[jail] = others.get(jail, 0) + 1
            continue
        try:
            network = ipaddress.ip_network(address, strict=False)
        except ValueError:
            odd.append(shown(address)[:100])
            continue
        found[network] = max(found.get(network, (0, "")), (rest, jail))
    return found, over, others, odd


def chosen(names):
    """Which jails are meant: those named, all, or those of mail services, and recidive, which bans from all ports."""
    if names == "all":
        return lambda jail: True
    if names:
        return lambda jail: jail in re.split(r"[,\s]+", names)
    return lambda jail: jail == "recidive" or jails.service_named(jail, jail.lower()) is not False


def text_of(network):
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def plural(count, one, many):
    return f"{count} {one if count == 1 else many}"


def import_bans(mailward, path, options):
    """Have the daemon take them. Returns the exit status."""
    try:
        rows = rows_of(path)
    except Unreadable as error:
        filters.warn(path, str(error))
        return INPUT
    found, over, others, odd = running(rows, int(time.time()), chosen(options.get("jail")))
    longest, cut, taken, refused = int(options["longest"]), 0, 0, 0
    conf = ["-c", options["config"]] if "config" in options else []
    for network, (rest, jail) in sorted(found.items(), key=lambda item: (item[0].version, item[0])):
        cut += rest > longest
        reason = f"fail2ban {shown(jail)[:200]}"
        words = ["ban", *conf, "--for", f"{min(rest, longest)}s", "--reason", reason, text_of(network)]
        if "dry-run" in options:
            print(shlex.join(["mailward", *words]))
            continue
        done = subprocess.run([mailward, *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, check=False)
        if done.returncode:
            sys.stderr.write(shown_lines(done.stderr))
            if done.returncode == NO_DAEMON:
                return NO_DAEMON
            refused += 1
        else:
            taken += 1
    for address in odd:
        filters.warn(path, f"'{address}' is no address: not taken over")
    if "dry-run" not in options:
        left = refused + len(odd)
        print(f"{plural(taken, 'ban', 'bans')} taken over, {left} not; {plural(over, 'has', 'have')} run out")
    to = sys.stderr if "dry-run" in options else sys.stdout
    if cut:
        print(f"{plural(cut, 'ban is', 'bans are')} longer than ban_time_max, which is what they get", file=to)
    if others:
        listed = ", ".join(f"{shown(jail)} ({count})" for jail, count in sorted(others.items()))
        why = "of other jails" if options.get("jail") else "as jails that are not about mail"
        print(f"left to fail2ban, {why}: {listed}; --jail NAME,... takes them", file=to)
    return INPUT if refused or odd else DONE


def shown_lines(data):
    return "".join(f"{shown(line)}\n" for line in data.decode("utf-8", "replace").splitlines())
