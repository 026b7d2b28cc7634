"""regex - a regular expression of fail2ban's, which is Python's with tags, as one of a pattern file

Translates the spelling only. Whether the result is safe to use is for "mailward check" to say. Never runs an
expression.
"""
import re

from config import HEADER

try:
    from re import _parser as parser, _constants as ops         # Python 3.11 and later
except ImportError:
    import sre_parse as parser, sre_constants as ops

HOSTS = {"HOST", "ADDR", "IP4", "IP6", "CIDR", "SUBNET", "DNS"}
GROUPS = {"host", "ip4", "ip6", "addr", "cidr", "dns", "subnet", "fid"}
SAMPLE_ADDRESS = "192.0.2.7"
SAMPLE_MAX = 2000
SEVERAL_LINES = "it wants several lines, and a rule reads one"


class Untranslatable(Exception):
    """Its text says why."""


def class_end(text, at):
    """Behind the class "[...]" that begins there."""
    i = at + 1 + text.startswith("^", at + 1)
    first = True
    while i < len(text):
        if text[i] == "]" and not first:
            return i + 1
        i += 2 if text[i] == "\\" else 1
        first = False
    raise Untranslatable("a class is not closed")


def group_end(text, at):
    """Behind the group "(...)" that begins there."""
    depth, i = 0, at
    while i < len(text):
        if text[i] == "[":
            i = class_end(text, i)
            continue
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        i += 2 if text[i] == "\\" else 1
        if depth == 0:
            return i
    raise Untranslatable("a group is not closed")


def spelled(text):
    """Control characters as a pattern file may hold them."""
    return "".join(f"\\x{ord(c):02x}" if c < " " or c == "\x7f" else c for c in text)


class Translation:
    """text: what follows "match". header: it expects a syslog header. anchored: it begins where the message does."""

    def __init__(self, python):
        self.python, self.at, self.out = python, 0, []
        self.header = self.anchored = False
        self._begin()
        while self.at < len(python):
            self._piece()
        self.text = "".join(self.out)
        if self.text.endswith(" "):         # which a pattern file would drop
            self.text = self.text[:-1] + "[ ]"

    def _take(self, *words):
        for word in words:
            if self.python.startswith(word, self.at):
                self.at += len(word)
                return True
        return False

    def _copy(self, end):
        self.out.append(spelled(self.python[self.at:end]))
        self.at = end

    def _begin(self):
        """The header is parsed already, the spaces behind it are gone; what is not anchored may begin anywhere."""
        caseless = self._take("(?i)")
        self.anchored = self._take("^", "\\A")
        grouped = self._take("<F-MLFID>")
        if self._take(HEADER):
            self.header = self.anchored = True
        while self.anchored and self._take("\\s*", "\\s+", " ?", " "):
            pass
        self.out += ["(?i)"] * caseless + ["<text>"] * (not self.anchored) + ["(?:"] * grouped

    def _piece(self):
        c = self.python[self.at]
        if c == "\\":
            self._escape()
        elif c == "[":
            end = class_end(self.python, self.at)
            inverted = self.python.startswith("[^", self.at)
            self._copy(end)
            if not inverted:
                self._repeat()
        elif c == "(":
            self._group()
        elif c == "<":
            self._tag()
        elif c == "{":
            self._brace()
        elif c == "$":
            self.at += 1
            self.out.append("<end>")
        elif c == HEADER:
            raise Untranslatable("the header is not at its beginning")
        else:
            self._copy(self.at + 1)

    def _repeat(self):
        """What the proof wants in front of an address: a run of digits or letters that ends somewhere. Behind anything
        else a bound would prove nothing, so the repeat stays as it is."""
        if self._take("+"):
            self.out.append("{1,255}")
        elif self._take("*"):
            self.out.append("{0,255}")

    def _escape(self):
        follows = self.python[self.at + 1:self.at + 2]
        if self._take("\\Z"):
            self.out.append("<end>")
        elif follows == "n":
            raise Untranslatable(SEVERAL_LINES)
        elif not follows or follows < " " or follows == "\x7f":
            raise Untranslatable("a backslash has nothing to escape")
        else:
            self._copy(self.at + 2)
            if follows in "dw":
                self._repeat()

    def _brace(self):
        """{3}, {3,5}, {3,} are the same; {,5} begins at 0; any other brace is itself."""
        count = re.compile(r"\{[0-9,]+\}").match(self.python, self.at)
        if not count or not self.out:
            self.at += 1
            self.out.append("\\{")
        else:
            self.at = count.end()
            self.out.append(count[0].replace("{,", "{0,"))

    def _group(self):
        named = re.compile(r"\(\?P<([^>]*)>").match(self.python, self.at)
        if named and named[1].lower() in GROUPS:
            self.at = group_end(self.python, self.at)
            self.out.append("<addr>")
        elif named:
            self.at = named.end()
            self.out.append("(?:")
        elif self._take("(?P<"):
            raise Untranslatable("a group's name is not closed")
        elif self._take("(?P=", "(?P>"):
            raise Untranslatable("it refers back to what a group has matched")
        elif self.python.startswith("(?#", self.at):
            self.at = group_end(self.python, self.at)
        elif self._take("(?i)", "(?iu)"):
            self.out.append("(?i)")
        elif self._take("(?<"):             # looks behind: for the proof to refuse
            self.out.append("(?<")
        elif not self._take("(?m)", "(?s)", "(?u)", "(?:)"):
            group_end(self.python, self.at)
            self._copy(self.at + 1)

    def _tag(self):
        """<HOST> and fail2ban's other tags; a < that begins none is itself."""
        tag = re.compile(r"<(/?)([^>]*)>").match(self.python, self.at)
        name = tag[2] if tag else ""
        if name in HOSTS and not tag[1]:
            self.out.append("<addr>")
        elif name == "SKIPLINES":
            raise Untranslatable(SEVERAL_LINES)
        elif name.startswith(("F-NOFAIL", "F-MLFGAINED")):
            raise Untranslatable("it is no failure by itself, it only helps to read other lines")
        elif name.startswith("F-"):
            self.out.append(")" if tag[1] else "\\S+" if name.endswith("/") else "(?:")
        else:
            self.at += 1
            self.out.append("\\<")
            return
        self.at = tag.end()


def compose(prefregex, failregex):
    """failregex in the place of prefregex's <F-CONTENT>."""
    before, opened, rest = prefregex.partition("<F-CONTENT>")
    _, closed, after = rest.partition("</F-CONTENT>")
    if not opened or not closed:
        raise Untranslatable("prefregex has no <F-CONTENT> to put it into")
    anchored = failregex.startswith("^")
    ends = bool(after) and failregex.endswith("$") and not failregex.endswith("\\$")
    inner = failregex[anchored:len(failregex) - ends]
    return f"{before}{'' if anchored else '.*'}(?:{inner}){'' if ends or not after else '.*'}{after}"


def branches(text):
    """(?:IPv6:<IP6>|<IP4>) has two addresses, a pattern one: one for each, where the others' branches are dead."""
    parts = text.split("<addr>")
    if len(parts) < 3:
        return [text]
    return ["(?!)".join(parts[:kept + 1]) + "<addr>" + "(?!)".join(parts[kept + 1:]) for kept in range(len(parts) - 1)]


# what stands for the name in "NAME[<addr>]", as Postfix, Sendmail and Cyrus write a client, where nobody bounded it
NAME = re.compile(r"(?<!\\)(\[\^\\?\[\]|\\S)([*+])\??(?=(?: \??)?\)?\??\\\[(?:\(\?:|IPv6:|\)\?|\(\?!\)|\|)*<addr>)")


def narrowed(text):
    """The expression with <host> for the name in front of [ADDRESS], where it has anything; None: it has none such."""
    def host(found):
        name = "<host>" if found[1] == "\\S" else "<host> ?"
        return f"(?:{name})?" if found[2] == "*" else name
    changed = NAME.sub(host, text)
    return changed if changed != text else None


# ---- a message that the expression matches

class _NoSample(Exception):
    pass


def _one_of(items):
    """A character of a class."""
    inverted = items and items[0][0] is ops.NEGATE
    literal = {chr(arg) for op, arg in items if op is ops.LITERAL}
    ranges = [arg for op, arg in items if op is ops.RANGE]
    kinds = [arg for op, arg in items if op is ops.CATEGORY]

    def belongs(c):
        return c in literal or any(low <= ord(c) <= high for low, high in ranges) or any(
            {ops.CATEGORY_DIGIT: c.isdigit(), ops.CATEGORY_NOT_DIGIT: not c.isdigit(), ops.CATEGORY_SPACE: c.isspace(),
             ops.CATEGORY_NOT_SPACE: not c.isspace(), ops.CATEGORY_WORD: c.isalnum() or c == "_",
             ops.CATEGORY_NOT_WORD: not (c.isalnum() or c == "_")}[kind] for kind in kinds)
    for c in "xa1A -._:/+@=,;<>()[]\"'" + "".join(map(chr, range(32, 127))):
        if belongs(c) != inverted:
            return c
    raise _NoSample


def _made(tree, least):
    """least: how often at least what may be missing stands there."""
    out = []
    for op, arg in tree:
        if op is ops.LITERAL:
            out.append(chr(arg))
        elif op is ops.NOT_LITERAL:
            out.append("x" if chr(arg) != "x" else "y")
        elif op is ops.ANY:
            out.append("x")
        elif op is ops.IN:
            out.append(_one_of(arg))
        elif op in (ops.MAX_REPEAT, ops.MIN_REPEAT):
            low, high, inner = arg
            often = max(low, min(least, high))
            made = _made(inner, least) if often else ""
            if len(made) * often > SAMPLE_MAX:
                raise _NoSample
            out.append(made * often)
        elif op is ops.SUBPATTERN:
            out.append(_made(arg[-1], least))
        elif op is ops.BRANCH:
            out.append(_first(arg[1], least))
        elif op not in (ops.AT, ops.ASSERT_NOT, ops.ASSERT):
            raise _NoSample
        if sum(map(len, out)) > SAMPLE_MAX:
            raise _NoSample
    return "".join(out)


def _first(choices, least):
    """The first branch that is not dead; one with the address is better than none."""
    made = []
    for branch in choices:
        try:
            made.append(_made(branch, least))
        except _NoSample:
            pass
    if not made:
        raise _NoSample
    return next((text for text in made if SAMPLE_ADDRESS in text), made[0])


def samples(text):
    """Messages that the translated expression should match, the shortest first; the check says whether they do."""
    for macro, meaning in (("<addr>", re.escape(SAMPLE_ADDRESS)), ("<end>", r"\Z"), ("<text>", ""),
                           ("<host>", r"mx\.example\.com")):
        text = text.replace(macro, meaning)
    text = text.replace(r"\<", "<").replace("(?i)", "")         # the last Python takes at the beginning alone
    for least in (0, 1):
        try:
            message = _made(parser.parse(text), least).strip()
        except (_NoSample, re.error, OverflowError, RecursionError, ValueError):
            continue
        if SAMPLE_ADDRESS in message and message.isprintable() and message.isascii():
            yield message


# ---- program tags

GLOBS_MAX = 48
GLOB_BYTES_MAX = 63


def globs(regex):
    """The program tags that an expression such as "postfix(?:-\\w+)?/smtpd" stands for; None: there are none such.

    It is multiplied out; what is not literal becomes "*".
    """
    def choice(at, depth):
        found = []
        if depth > 4:
            raise Untranslatable("too deep")
        while True:
            branch = [""]
            while at < len(regex) and regex[at] not in "|)":
                piece, at = repeat(*atom(at, depth))
                branch = [a + (b.lstrip("*") if a.endswith("*") else b) for a in branch for b in piece]
                if len(branch) > GLOBS_MAX or any(len(glob) > GLOB_BYTES_MAX for glob in branch):
                    raise Untranslatable("too many")
            found += [glob for glob in branch if glob not in found]
            if at == len(regex) or regex[at] == ")":
                return found, at
            at += 1

    def atom(at, depth):
        c = regex[at]
        if c == "(":
            at += 3 if regex.startswith("(?:", at) else 1
            if regex.startswith("?", at):
                raise Untranslatable("a group of another kind")
            found, at = choice(at, depth + 1)
            if at == len(regex):
                raise Untranslatable("a group is not closed")
            return found, at + 1
        if c == "[":
            return ["*"], class_end(regex, at)
        if c == ".":
            return ["*"], at + 1
        if c == "\\" and at + 1 < len(regex):
            return [regex[at + 1] if regex[at + 1] in "/.-_+ " else "*"], at + 2
        if c in "*+?{}|)^$<> \\" or not "!" <= c <= "~":
            raise Untranslatable("no tag")
        return [c], at + 1

    def repeat(found, at):
        c = regex[at:at + 1]
        if c == "?":
            return found + [""] * ("" not in found), at + 1
        if c == "{":
            raise Untranslatable("a count")
        return (["*"], at + 1) if c in ("*", "+") else (found, at)

    try:
        found, at = choice(0, 0)
    except Untranslatable:
        return None
    return " ".join(glob for glob in found if glob) or None if at == len(regex) else None
