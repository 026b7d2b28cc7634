"""writer - the text of a mailward.conf: sections, keys and comments, in which nothing is what it should not be"""
import re
import textwrap

from config import shown

WIDTH, LINE_MAX = 118, 4000     # of a comment's line, and of any


class Writer:
    """A mailward.conf in the making: comments, sections, keys."""
    def __init__(self):
        self.lines = []

    def say(self, *texts):
        for text in texts:
            self.lines += textwrap.wrap(shown(str(text))[:4000], WIDTH, initial_indent="; ", subsequent_indent=";   ",
                                        break_long_words=False, break_on_hyphens=False) or [";"]

    def command(self, text):
        """A line to be copied, so in one piece."""
        self.lines.append(f";     {shown(text)}"[:LINE_MAX])

    def section(self, name, *texts):
        self.lines.append("")
        self.say(*texts)
        self.lines.append(f"[{name}]")

    def key(self, name, value, *texts):
        self.say(*texts)
        self.lines.append(f"{name:<16} = {value}")

    def unset(self, name, value, *texts):
        """A line that would be right, turned off."""
        self.say(*texts)
        self.lines.append(f"; {name:<14} = {value}")

    def words(self, name, values, *texts):
        self.say(*texts)
        line = f"{name:<16} ="
        for value in values:
            if len(line) + len(value) > 100:
                self.lines.append(line)
                line = " " * 18
            line += f" {value}"
        self.lines.append(line)


def sayable(text):
    """May it be the value of a key?"""
    return shown(text) == text and len(text) < 1000 and not re.search(r"(^|\s)[;#]", text) and text == text.strip()
