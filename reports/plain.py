"""Text of unknown origin, made harmless: one line, and no character that does not print."""

from __future__ import annotations


def one_line(text: object) -> str:
    """Return a text as one line. White space becomes a blank; any other character that does not print (controls, C1,
    marks of direction) is escaped: a text can neither steer a terminal nor begin a line."""
    plain = str(text)
    return plain if plain.isprintable() else "".join(map(_printable, plain))


def _printable(char: str) -> str:
    """Return a character as it prints."""
    if char.isprintable():
        return char
    return " " if char.isspace() else ascii(char)[1:-1]
