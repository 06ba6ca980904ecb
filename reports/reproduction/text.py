"""Text of scripts: calls, blocks, literals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

WIDTH: Final = 112
"""A statement longer than this is broken, one argument a line."""

Lines = list[str]
"""Statements, each on one line or on several."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def called(function: str, *arguments: str) -> str:
    """A call expression, broken over lines where it would be long."""
    line = f"{function}({', '.join(arguments)})"
    if len(line) <= WIDTH and "\n" not in line:
        return line
    inner = "".join(f"    {indented(argument)},\n" for argument in arguments)
    return f"{function}(\n{inner})"


def indented(text: str) -> str:
    """The text with all lines but the first indented."""
    return text.replace("\n", "\n    ")


def block(head: str, body: Iterable[str]) -> Lines:
    """A compound statement."""
    return [head, *(f"    {indented(line)}" for line in body)]


def quoted(text: str) -> str:
    """A string literal in double quotes where that is plain."""
    plain = repr(text)
    return f'"{plain[1:-1]}"' if plain[0] == "'" and '"' not in plain else plain


def listed(expressions: Iterable[str]) -> str:
    """A list of expressions."""
    return f"[{', '.join(expressions)}]"


def instant(at: int) -> datetime:
    """A time of the model, in microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=at)


def until(seconds: float, body: Lines) -> Lines:
    """The statements again and again until they set `shows` to false, for so long at most."""
    loop = [*body, *block("if not shows:", ["break"]), "time.sleep(0.1)"]
    return [f"deadline = time.monotonic() + {seconds:g}", *block("while time.monotonic() < deadline:", loop)]
