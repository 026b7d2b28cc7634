"""config - fail2ban's configuration files as data: sections and options, resolved, and where each line stands

Python's configparser reads the syntax and does the interpolation of %(name)s; what fail2ban adds is here: the order of
its files, [INCLUDES], *.local, %(known/name)s, %(section/name)s and <name>. Reads files, runs nothing of what is in
them, and is bounded: files, their number and size, depth and length of what references grow to.
"""
import configparser
import glob
import os
import re

FILE_BYTES_MAX = 1 << 20
FILES_MAX = 200
INCLUDE_DEPTH_MAX = 8
REFERENCE_DEPTH_MAX = 16
VALUE_BYTES_MAX = 16384
WORK_BYTES_MAX = 1 << 20        # what all references of a value bring in, one after the other
HEADER = "\x01"                 # stands for %(__prefix_line)s: our header is parsed before any rule
MARK = "\x02"                   # before and behind the number that a line carries through configparser
NOWHERE = "\x03"                # configparser's own default section, which fail2ban's [DEFAULT] is not to be

TAG = re.compile(r"(?<!\?P)<([^ <>]+)>")
ALONE = re.compile(r"%\(([^()]+)\)s|<([A-Za-z0-9_/-]+)>")


class Wrong(Exception):
    """What somebody wrote cannot be read; its text says why."""


class Place:
    """Where a line stands."""
    def __init__(self, file, line):
        self.file, self.line = file, line

    def __str__(self):
        return f"{self.file}:{self.line}" if self.line else self.file


class Line:
    """One line of a value."""
    def __init__(self, text, place):
        self.text, self.place = text, place


def shown(text):
    """The text with nothing in it that a terminal could obey, or that ends a line of ours."""
    return re.sub(r"[^ -~]", "?", text)


# ---- one file

def read_text(path):
    with open(path, "rb") as file:
        data = file.read(FILE_BYTES_MAX + 1)
    if len(data) > FILE_BYTES_MAX:
        raise Wrong(f"is larger than {FILE_BYTES_MAX} bytes")
    return re.sub("[\x01-\x03]", "?", data.decode("utf-8-sig", "surrogateescape"))


def marked(text):
    """The lines, each with its number before its first word: configparser keeps no numbers, and takes them for text.

    A heading must stay as it is. What begins with "[" is none if it is indented deeper than the option above.
    """
    indent = None
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        depth = len(line) - len(line.lstrip())
        if not bare or bare[0] in "#;":
            yield line + "\n"
        elif bare[0] == "[" and (indent is None or depth <= indent):
            indent = None
            yield line + "\n"
        else:
            if indent is None or depth <= indent:
                indent = depth
            yield f"{line[:depth]}{MARK}{number}{MARK}{line[depth:]}\n"


def unmarked(text):
    """The text without its numbers, and the first of them."""
    number = re.match(f"{MARK}([0-9]+){MARK}", text)
    return re.sub(f"{MARK}[0-9]+{MARK}", "", text), int(number[1]) if number else 0


def read_file(path, named=None):
    """The file's sections: {section: {option: [Line...]}}; named: how messages call it."""
    parser = configparser.RawConfigParser(default_section=NOWHERE, strict=False, interpolation=None,
                                          inline_comment_prefixes=(";",))
    try:
        parser.read_file(marked(read_text(path)), path)
    except configparser.MissingSectionHeaderError as error:
        raise Wrong(f"line {error.lineno} stands before the first [section]") from None
    except configparser.ParsingError as error:
        where = ", ".join(str(line) for line, _ in error.errors)
        raise Wrong(f"line {where} is neither a [section] nor NAME = VALUE") from None
    except OSError as error:
        raise Wrong(f"cannot be read: {error.strerror}") from None
    sections = {}
    for section in parser.sections():
        options = sections[section] = {}
        for name, value in parser.items(section):
            name, number = unmarked(name)
            lines = []
            for text in value.split("\n"):
                text, own = unmarked(text)
                number = own or number
                if text.strip():
                    lines.append(Line(text.strip(), Place(named or path, number)))
            options[name] = lines
    return sections


# ---- several, one over the other

class _Names:
    """What configparser's interpolation asks for, of one section of a Config and one place."""
    def __init__(self, config, section, depth):
        self.config, self.section, self.depth = config, section, depth

    def optionxform(self, name):
        return name.lower()

    def get(self, section, option, raw=False, fallback=""):
        return fallback

    def __getitem__(self, name):
        lines = self.config.meant(self.section, name)
        if lines is None:
            raise KeyError(name)
        text = "\n".join(line.text for line in lines)
        self.config.spend(len(text))
        return text


class Config:
    """Files merged in fail2ban's order.

    complain(place, text): hears what is wrong. given: options from outside, which win. filter: it is a filter, where
    <name> is a reference, too. root: the folder, which messages leave out.
    """

    def __init__(self, complain, given=None, filter=False, root=None):
        self.complain, self.filter, self.root = complain, filter, root
        self.sections = {"DEFAULT": {}}
        self.known = {}
        self.given = {name: [Line(text, Place("the command line", 0))] for name, text in (given or {}).items()}
        self.files = []
        self.spent = 0

    def name(self, path):
        """What a message calls the file."""
        return os.path.relpath(path, self.root) if self.root else path

    def read(self, path, depth=0):
        """The file and what it includes; false: it cannot be read."""
        if depth == INCLUDE_DEPTH_MAX or len(self.files) >= FILES_MAX:
            self.complain(Place(self.name(path), 0), "includes too many files, or itself")
            return False
        self.files.append(path)
        try:
            sections = read_file(path, self.name(path))
        except Wrong as error:
            self.complain(Place(self.name(path), 0), str(error))
            return False
        includes = sections.get("INCLUDES", {})
        self._include(path, includes.get("before", []), depth)
        for section, options in sections.items():
            self._merge(section, options)
        self._include(path, includes.get("after", []), depth)
        local = os.path.splitext(path)[0] + ".local"
        if self.filter or depth:
            if local != path and os.path.isfile(local) and local not in self.files:
                self.read(local, depth)
        return True

    def _include(self, path, lines, depth):
        for name in (line.text.strip() for line in lines):
            beside = os.path.join(os.path.dirname(path), name)
            if os.path.exists(beside):
                self.read(beside, depth + 1)
            elif not name.endswith(".local"):       # which need not be there
                self.complain(Place(self.name(beside), 0),
                              "warning: an include that cannot be read: No such file or directory")

    def _merge(self, section, options):
        if section == "DEFAULT":
            self.sections["DEFAULT"].update(options)
            return
        mine = self.sections.setdefault(section, {})
        self.known.setdefault(section, {}).update((name, mine[name]) for name in options if name in mine)
        mine.update(options)

    def parse_header(self):
        """Put HEADER where the syslog header stands: for __prefix_line, if that speaks of host or daemon.

        What a filter adds to it, as "%(known/__prefix_line)s(?:QUEUE: )?", stays. Returns where it was put, sections.
        """
        put = []
        for section in list(self.sections):
            lines = self.sections[section].get("__prefix_line")
            if lines is None and section != "DEFAULT":
                continue
            raw = " ".join(line.text for line in lines or [])
            for name in re.findall(r"%\(([^()]+)\)s", raw):
                meant = [] if "known/" in name else self.meant("Definition", name.lower()) or []
                raw += "".join(f" {line.text}" for line in meant)
            if lines is None or ("known/" not in raw and re.search("_daemon|__hostname|/__prefix_line", raw)):
                self.sections[section]["__prefix_line"] = [Line(HEADER, Place("", 0))]
                put.append(section)
        return put

    def read_all(self, name):
        """NAME.conf, NAME.d/*.conf, NAME.local, NAME.d/*.local of the root; false: there is none."""
        paths = []
        for kind in ("conf", "local"):
            paths += [os.path.join(self.root, f"{name}.{kind}")]
            paths += sorted(glob.glob(os.path.join(glob.escape(self.root), f"{name}.d", f"*.{kind}")))
        return any([self.read(path) for path in paths if os.path.isfile(path)])

    # ---- looking up

    def meant(self, section, name):
        """The lines, as they stand, of what a name means there, or None."""
        defaults, mine = self.sections["DEFAULT"], self.sections.get(section, {})
        if name == "__name__":
            return [Line(section, Place("", 0))]
        if "/" in name:
            other, option = name.split("/", 1)
            if other.lower() == "known":
                init = self.sections.get("Init", {}) if self.filter else {}
                return self.known.get(section, {}).get(option, defaults.get(option, init.get(option)))
            if other.lower() == "default":
                return defaults.get(option)
            return self.sections.get(other, {}).get(option, defaults.get(option))
        for options in (self.given, mine, defaults, self.sections.get("Init", {}) if self.filter else {}):
            if name in options:
                return options[name]
        return None

    def tagged(self, section, name):
        """The same for <name>, of a filter."""
        init = self.sections.get("Init", {})
        return init[name] if name in init and name not in self.given else self.meant(section, name)

    def spend(self, size):
        self.spent += size
        if self.spent > WORK_BYTES_MAX:
            raise Wrong("grows too long with its references")

    def each(self, section, option):
        """Every line of an option, resolved. A line that is one reference to another option gives that one's lines."""
        self.spent = 0
        return self._lines(section, self.meant(section, option) or [], 0)

    def _lines(self, section, lines, depth):
        for line in lines:
            try:
                if depth == REFERENCE_DEPTH_MAX:
                    raise Wrong("refers to itself, or too deeply")
                self.spend(len(line.text))
                alone = ALONE.fullmatch(self._tags(section, line.text, depth, inner=True) if self.filter else line.text)
                name = alone and (alone[1] or alone[2])
                found = None
                if alone:
                    found = self.meant(section, name.lower()) if alone[1] else self.tagged(section, name)
                if found is not None and (alone[1] or self.filter):
                    yield from self._lines(section, found, depth + 1)
                    continue
                for text in self._whole(section, line.text, depth).split("\n"):
                    if text.strip():
                        yield Line(text.strip(), line.place)
            except Wrong as error:
                self.complain(line.place, str(error))
                yield Line(None, line.place)

    def _whole(self, section, text, depth):
        text = self._percent(section, text, depth)
        text = self._tags(section, text, depth) if self.filter else text
        if len(text) > VALUE_BYTES_MAX:
            raise Wrong("grows too long with its references")
        return text

    def _percent(self, section, text, depth):
        names = _Names(self, section, depth)
        try:
            return configparser.BasicInterpolation().before_get(names, section, "", text, names)
        except configparser.InterpolationMissingOptionError as error:
            raise Wrong(f"there is no value '{shown(error.reference)}': perhaps an include is missing") from None
        except configparser.InterpolationDepthError:
            raise Wrong("refers to itself, or too deeply, or grows too long") from None
        except configparser.InterpolationError:
            raise Wrong("a '%' stands alone: '%%' or '%(name)s' would be right") from None

    def _tags(self, section, text, depth, inner=False):
        """<name> replaced, the innermost first; inner: only those inside another."""
        at = 0
        for _ in range(10000):
            tag = TAG.search(text, at)
            if not tag:
                return text
            outer = tag.start() > 0 and re.search(r"<[A-Za-z0-9_/-]*$", text[:tag.start()])
            found = self.tagged(section, tag[1]) if outer or not inner else None
            if found is None or (inner and len(found) != 1):
                at = tag.start() + 1
                continue
            else:
                if depth >= REFERENCE_DEPTH_MAX:
                    raise Wrong("refers to itself, or too deeply")
                value = "\n".join(self._whole(section, line.text, depth + 1) for line in found)
            self.spend(len(value))
            text = text[:tag.start()] + value + text[tag.end():]
            at = text.rfind("<", 0, tag.start()) if outer else tag.start() + len(value)
            if len(text) > VALUE_BYTES_MAX:
                raise Wrong("grows too long with its references")
        raise Wrong("refers to itself, or too deeply")

    def value(self, section, option):
        """An option's text, and where it stands; (None, None): there is none."""
        lines = list(self.each(section, option))
        if not lines and self.meant(section, option) is None:
            return None, None
        raw = self.meant(section, option)
        return "\n".join(line.text or "" for line in lines), raw[0].place if raw else None
