"""Text of unknown origin, made harmless: one line, and no character that does not print."""

from __future__ import annotations

import re
from typing import Final

_COMMAND: Final = re.compile(r"(:|#)\1(?=[a-z][\w-]*(?:\s|::|\[)|\[)", re.IGNORECASE)
"""Text that a continuous integration takes for a command in a log: `::error::`, `##[error]`, `##vso[`."""


def one_line(text: object) -> str:
    """Return a text as one line. White space becomes a blank; any other character that does not print (controls, C1,
    marks of direction) is escaped: a text can neither steer a terminal, nor begin a line, nor be taken for a command in
    a log."""
    plain = str(text)
    if not plain.isprintable():
        plain = "".join(map(_printable, plain))
    return _COMMAND.sub(r"\1 \1", plain)


def printable(text: str) -> str:
    """Return a text of several lines, each as `one_line` gives it."""
    return text if text.isprintable() else "\n".join(map(one_line, text.split("\n")))


def _printable(char: str) -> str:
    """Return a character as it prints."""
    if char.isprintable():
        return char
    return " " if char.isspace() else ascii(char)[1:-1]
