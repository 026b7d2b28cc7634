"""docs - the commands in Markdown pages, and whether what they print is what stands there; see 33-docs.py"""
import re

WORDS = ("sh", "console", "ini", "text")


class Block:
    """What stands between two lines of three back quotes; word: what it calls itself, heading: the last above it."""

    def __init__(self, path, line, heading, word):
        self.path, self.line, self.heading, self.word, self.lines = path, line, heading, word, []

    def commands(self):
        """(command, what it prints or None); a command goes on behind a backslash, or over a document in place."""
        found, lines = [], iter(self.lines)
        for line in lines:
            if self.word == "console" and not line.startswith("$ "):
                if found:
                    found[-1][1].append(line)
                continue
            line = line.removeprefix("$ ")
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            while line.endswith("\\"):
                line += "\n" + next(lines)
            if here := re.search(r"<<-?'?(\w+)'?", line):
                while line.split("\n")[-1] != here[1]:
                    line += "\n" + next(lines)
            found.append((line, [] if self.word == "console" else None))
        return found


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def blocks_of(path):
    found, block, heading = [], None, ""
    for number, line in enumerate(read(path).splitlines(), 1):
        if fence := re.match(r"\s*```(.*)$", line):
            block = None if block else Block(path, number, heading, fence[1].strip())
            if block:
                found.append(block)
        elif block:
            block.lines.append(line)
        elif line.startswith("#"):
            heading = line.lstrip("# ")
    return found


def running_text(path):
    return re.sub(r"```.*?```", "", read(path), flags=re.S)


def alike(line):
    """A line without what differs from run to run."""
    for what, name in ((r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?)?", "<time>"),
                       (r"\b[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d\b", "<time>"),
                       (r"(?<![\w.])(\d+[dhms])+\b", "<span>"),
                       (r"\[\d+\]", "[pid]"),
                       (r"\b\d+\.\d+ lines a second", "<rate>"),
                       (r"mailward \d+\.\d+\.\d+", "mailward <version>"),
                       (r"\s+", " ")):
        line = re.sub(what, name, line)
    return line.strip()


def prints(wanted, got):
    """Does the output fit, but for empty lines? "..." is anything in a line; alone, it is any number of lines."""
    pattern = ""
    for line in filter(str.strip, wanted):
        if line.strip() == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(map(re.escape, alike(line).split("..."))) + r"\n"
    return re.fullmatch(pattern, "".join(alike(line) + "\n" for line in got.splitlines() if line.strip())) is not None


def shortened(lines):
    """Lines of the log are long, and some outputs are."""
    lines = [line if len(line) <= 160 else line[:line.rindex(" ", 0, 140)] + " ..." for line in lines if line]
    return lines if len(lines) <= 24 else [*lines[:14], "...", *lines[-4:]]


def write(path, outputs):
    """Put outputs into the page's console blocks. outputs: block -> [(command, lines)]"""
    lines = read(path).splitlines()
    for block in sorted(outputs, key=lambda block: -block.line):
        new = [line for command, said in outputs[block] for line in ("$ " + command, *said)]
        lines[block.line:block.line + len(block.lines)] = new
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
