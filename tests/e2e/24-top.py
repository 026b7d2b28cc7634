#!/usr/bin/env python3
"""24-top - top on a terminal of several sizes, resized, dumb, and none: what it shows, and what its keys do

A terminal is a pty whose screen is kept here: the few sequences that ncurses uses for TERM=vt100. What a row shows is then
read from the screen, as a person would.
"""
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap
from daemon import Daemon

CSI = re.compile(rb"\x1b\[([?>]?)([0-9;]*)([A-Za-z@`])")


class Screen:
    """What a vt100 of that size would show."""

    def __init__(self, width, height):
        self.rest, self.unknown = b"", set()
        self.resize(width, height)

    def resize(self, width, height):
        self.width, self.height, self.x, self.y = width, height, 0, 0
        self.top, self.bottom = 0, height - 1
        self.cells = [[" "] * width for _ in range(height)]

    def rows(self):
        return ["".join(row).rstrip() for row in self.cells]

    def scroll(self, lines):
        for _ in range(abs(lines)):
            if lines > 0:
                del self.cells[self.top]
                self.cells.insert(self.bottom, [" "] * self.width)
            else:
                del self.cells[self.bottom]
                self.cells.insert(self.top, [" "] * self.width)

    def put(self, char):
        if self.x >= self.width:        # a vt100 wraps before the next character
            self.x = 0
            self.down()
        self.cells[self.y][self.x] = char
        self.x += 1

    def down(self):
        if self.y == self.bottom:
            self.scroll(1)
        else:
            self.y = min(self.y + 1, self.height - 1)

    def sequence(self, mark, numbers, final):
        n = [int(number) if number else 0 for number in numbers.split(b";")] + [0]
        one = max(n[0], 1)
        if final in b"Hf":
            self.y, self.x = min(one, self.height) - 1, min(max(n[1], 1), self.width) - 1
        elif final == b"A":
            self.y = max(self.y - one, 0)
        elif final == b"B":
            self.y = min(self.y + one, self.height - 1)
        elif final == b"C":
            self.x = min(self.x + one, self.width - 1)
        elif final == b"D":
            self.x = max(min(self.x, self.width - 1) - one, 0)
        elif final == b"J":
            if n[0] == 2:
                self.y, self.x = 0, 0
            for y in range(self.y, self.height):
                for x in range(self.x if y == self.y else 0, self.width):
                    self.cells[y][x] = " "
        elif final == b"K":
            for x in range(0, self.x + 1) if n[0] == 1 else range(self.x, self.width):
                self.cells[self.y][min(x, self.width - 1)] = " "
        elif final == b"r" and not mark:
            self.top, self.bottom, self.y, self.x = max(n[0], 1) - 1, (n[1] or self.height) - 1, 0, 0
        elif final not in b"mhl" or len(final) != 1:
            self.unknown.add(final)

    def feed(self, data):
        data, self.rest = self.rest + data, b""
        i = 0
        while i < len(data):
            byte = data[i:i + 1]
            if byte == b"\x1b":
                match = CSI.match(data, i)
                if match:
                    self.sequence(*match.groups())
                    i = match.end()
                    continue
                if len(data) - i < 16 and not re.match(rb"\x1b[^\[]", data[i:]):
                    self.rest = data[i:]
                    return
                if data[i + 1:i + 2] in b"()":
                    i += 3
                    continue
                if data[i + 1:i + 2] == b"M":
                    self.scroll(-1) if self.y == self.top else setattr(self, "y", self.y - 1)
                elif data[i + 1:i + 2] not in b"=>78":
                    self.unknown.add(data[i + 1:i + 2])
                i += 2
                continue
            if byte == b"\r":
                self.x = 0
            elif byte == b"\n":
                self.down()
            elif byte == b"\b":
                self.x = max(min(self.x, self.width - 1) - 1, 0)
            elif byte not in b"\x0e\x0f\x07\0":
                self.put(byte.decode("ascii", "replace"))
            i += 1


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, command, width, height, term="vt100"):
        self.screen, self.raw = Screen(width, height), b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM=term)
            for name in ("LINES", "COLUMNS"):
                os.environ.pop(name, None)
            time.sleep(0.1)      # until the size is set
            os.execvp(command[0], command)
        self.size(width, height)
        self.status = None

    def size(self, width, height):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def resize(self, width, height):
        self.read(0)
        self.screen.resize(width, height)
        self.size(width, height)

    def read(self, seconds):
        while select.select([self.fd], [], [], seconds)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
            if not data:
                return False
            self.raw += data
            self.screen.feed(data)
            seconds = 0
        return True

    def until(self, holds):
        """Wait until the screen is as it should be; for as long as a test may wait."""
        end = time.monotonic() + tap.PATIENCE_S
        while time.monotonic() < end:
            alive = self.read(0.1)
            if holds(self.screen):
                return True
            if not alive:
                return False
        return False

    def shows(self, pattern):
        """Wait until a row of the screen matches."""
        return self.until(lambda screen: any(re.search(pattern, row) for row in screen.rows()))

    def press(self, keys):
        os.write(self.fd, keys)

    def ended(self):
        """The exit status, when it has ended."""
        end = time.monotonic() + tap.PATIENCE_S
        while self.status is None and time.monotonic() < end:
            self.read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def close(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


def listed(daemon):
    return {(event["event"], event["address"]) for event in map(json.loads, daemon.ask("list", "--json").stdout.splitlines())}


def test_pipe(daemon):
    result = daemon.ask("top")
    tap.same((result.returncode, result.stderr), (0, ""), "without a terminal one frame is printed")
    lines = result.stdout.splitlines()
    tap.ok(lines[0].startswith("mailward ") and re.match(r"lines [0-9.]+/s  errors [0-9.]+/s  bans", lines[1]) and
           lines[2].startswith("now 1 banned (0 networks), 1 delayed, 2 err, 2 tracked; 0 names under attack") and lines[3] == "all is well",
           "with its figures", *lines[:4])
    heads = [line.split()[0] for line in lines if " by " in line]
    tap.same(heads, ["ADDRESSES", "NETWORKS", "RULES", "VERDICTS"], "and the four lists")
    tap.ok(re.search(r"^203\.0\.113\.2 +4 delayed +\d+s$", result.stdout, re.M), "an address that errs")
    tap.ok(re.search(r"^203\.0\.113\.0/24 +4", result.stdout, re.M), "its network")
    tap.ok(re.search(r"^postfix/relay-denied +11 ", result.stdout, re.M), "a rule")
    tap.ok(re.search(r"^198\.51\.100\.1 +ban +(?:59|60)m +\d+s  postfix/relay-denied", result.stdout, re.M), "and a verdict", result.stdout)
    tap.ok("\x1b" not in result.stdout, "plain text")
    frame = [json.loads(line) for line in daemon.ask("top", "--json").stdout.splitlines()]
    tap.same((frame[0]["event"], frame[0]["running_bans"], {line["event"] for line in frame[1:]}),
             ("top", 1, {"address", "network", "rule", "verdict"}), "as JSON, too")


def four_lists(screen):
    heads = [row for row in screen.rows() if " by " in row]
    return len(heads) == 2 and "ADDRESSES" in heads[0] and "RULES" in heads[0] and "NETWORKS" in heads[1] and "VERDICTS" in heads[1]


def test_keys(daemon):
    terminal = Terminal(daemon.command("top"), 80, 24)
    tap.ok(terminal.shows(r"^mailward \d"), "on a terminal of 80x24 it lives")
    tap.ok(terminal.shows(r"lines [0-9.]+/s") and terminal.until(four_lists), "with rates and four lists", *terminal.screen.rows())
    tap.ok(terminal.until(lambda screen: screen.rows()[23].startswith("q quit")), "the keys stand below")
    tap.same(terminal.screen.unknown, set(), "nothing that the test does not understand was written")
    daemon.errors("203.0.113.3", 5)
    tap.ok(terminal.shows(r"^203\.0\.113\.3 +5 delayed"), "what happens shows")
    terminal.press(b"e")
    tap.ok(terminal.shows(r"^203\.0\.113\.3$") and terminal.shows(r"^errors +5 in the last 10m"), "e explains the address that is chosen")
    terminal.press(b"x")
    tap.ok(terminal.shows(r"^ADDRESSES"), "any key goes back")
    terminal.press(b"b")
    tap.ok(terminal.shows(r"^ban 203\.0\.113\.3\? y/n"), "b asks first")
    terminal.press(b"n")
    tap.ok(terminal.shows(r"^nothing is done") and ("ban", "203.0.113.3") not in listed(daemon), "n does nothing")
    terminal.press(b"b")
    terminal.shows(r"\? y/n")
    terminal.press(b"y")
    tap.ok(terminal.shows(r"^203\.0\.113\.3 would be banned for 1h") and ("ban", "203.0.113.3") in listed(daemon), "y bans")
    terminal.press(b"u")
    tap.ok(terminal.shows(r"^unban \d.*\? y/n"), "u asks, too")
    terminal.press(b"y")
    tap.ok(terminal.shows(r"is released|is not banned"), "and the daemon's answer shows")
    terminal.press(b"\t")
    tap.ok(terminal.shows(r"^NETWORKS\*"), "tab goes to the next list")
    terminal.press(b"s")
    tap.ok(terminal.shows(r"^NETWORKS\*by name"), "s sorts it otherwise")
    terminal.press(b"\tb")
    tap.ok(terminal.shows(r"^a rule is nobody"), "a rule cannot be banned")
    terminal.press(b"\t")
    terminal.shows(r"VERDICTS\*")
    terminal.press(b"\x1b[B\x1bOBu")        # a key that this terminal does not know, then down
    tap.ok(terminal.shows(r"^unban [0-9./:a-f]+\? y/n"), "a verdict is somebody's", *terminal.screen.rows())
    terminal.press(b"n")
    terminal.press(b"q")
    tap.same(terminal.ended(), 0, "q quits")
    terminal.close()


def test_sizes(daemon):
    terminal = Terminal(daemon.command("top"), 40, 10)
    tap.ok(terminal.shows(r"^mailward \d") and terminal.shows(r"^ADDRESSES\*"), "40x10 has room for one list")
    tap.ok(terminal.until(lambda screen: not any("RULES" in row for row in screen.rows()) and "q tab" in screen.rows()[9]),
           "and for the keys", *terminal.screen.rows())
    terminal.press(b"\t\t")
    tap.ok(terminal.shows(r"^RULES\*"), "tab shows the others")
    terminal.resize(100, 30)
    tap.ok(terminal.shows(r"^q quit.*space now$") and terminal.until(four_lists), "a terminal that grows is filled", *terminal.screen.rows())
    tap.ok(terminal.until(lambda screen: screen.rows()[29].startswith("q quit")), "down to its last row")
    terminal.resize(80, 5)
    tap.ok(terminal.shows(r"^q quit"), "one that shrinks is used as it is")
    tap.ok(terminal.until(lambda screen: screen.rows()[4].startswith("q quit")), "all of it")
    for width, height in ((20, 3), (1, 1), (3, 2), (500, 300)):
        terminal.resize(width, height)
        terminal.read(0.5)
    terminal.resize(80, 24)
    tap.ok(terminal.shows(r"^q quit") and terminal.until(four_lists), "whatever it was in between", *terminal.screen.rows())
    os.kill(terminal.pid, signal.SIGTERM)
    tap.same(terminal.ended(), 0, "it ends when it is told to")
    tap.ok(b"\x1b[?1l" in terminal.raw, "and gives the terminal back")
    terminal.close()


def test_dumb(daemon):
    for term in ("dumb", "unknown-to-all", ""):
        terminal = Terminal(daemon.command("top"), 80, 24, term)
        tap.same(terminal.ended(), 0, f"TERM='{term}': it ends by itself")
        tap.ok(b"ADDRESSES by most" in terminal.raw and b"\x1b" not in terminal.raw, "and prints one frame, without a single escape")
        terminal.close()


def test_no_daemon(daemon):
    terminal = Terminal(daemon.command("top"), 80, 24)
    terminal.shows(r"^ADDRESSES")
    daemon.stop()
    tap.ok(terminal.shows(r"^no daemon answers"), "a daemon that ends is told of")
    daemon.start()
    daemon.errors("203.0.113.77", 3)
    tap.ok(terminal.shows(r"^203\.0\.113\.77 +3 delayed"), "and one that comes back is followed")
    tap.ok(terminal.until(lambda screen: not any("no daemon" in row for row in screen.rows())), "as if nothing had been")
    terminal.press(b"q")
    terminal.ended()
    terminal.close()
    daemon.stop()
    result = daemon.ask("top")
    tap.same((result.returncode, result.stdout, "no daemon answers" in result.stderr), (3, "", True), "without one, and without a terminal, that is all")


def main():
    with tempfile.TemporaryDirectory(prefix="mailward-top-") as folder:
        os.chmod(folder, 0o755)
        os.mkdir(f"{folder}/d")
        daemon = Daemon(f"{folder}/d")
        try:
            daemon.start()
            daemon.errors("198.51.100.1", 6)
            daemon.errors("203.0.113.2", 4)
            daemon.errors("2001:db8::5", 1)
            test_pipe(daemon)
            test_keys(daemon)
            test_sizes(daemon)
            test_dumb(daemon)
            test_no_daemon(daemon)
        finally:
            daemon.stop()
    tap.done()


if __name__ == "__main__":
    main()
