"""Source text of scripts. The law of this file: what a plan, a trace or an observation says gets into a script by
`literal`, `interpolated`, `attribute`, `identifier`, `comment` or `docstring`, and in no other way.
"""

from __future__ import annotations

import builtins
import keyword
import math
import re
from datetime import UTC, datetime, timedelta
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.outcomes import dated
from taskconform.reports.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

WIDTH: Final = 84
"""Columns: an expression longer than this is broken, one part a line."""

Lines = list[str]
"""Statements, each on one line or on several."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LARGE: Final = 10**18


# --- values -----------------------------------------------------------------------------------------------------------


def literal(value: object) -> str:
    """Return the literal of a value: text, number, truth value, None, a sequence of these; of a reference, its value.
    Anything else becomes its description as text."""
    if value is None or isinstance(value, bool):
        return str(bool(value)) if value is not None else "None"
    if isinstance(value, int):
        return int.__repr__(value) if abs(value) < _LARGE else hex(value)
    if isinstance(value, float) and math.isfinite(value):
        return float.__repr__(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, list | frozenset):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, ObjectRef):
        return literal(value.value)
    return _quoted(value if isinstance(value, str) else repr(value))


def _quoted(text: str) -> str:
    """Return a string literal, in double quotes where that needs no escape. `repr` escapes what does not print."""
    plain = repr(str(text))
    return f'"{plain[1:-1]}"' if plain[0] == "'" and '"' not in plain else plain


def interpolated(*parts: str) -> str:
    """Return an f-string of texts and expressions of ours, which take turns: text, expression, text."""
    template = "".join(
        f"{{{part}}}" if index % 2 else part.replace("{", "{{").replace("}", "}}") for index, part in enumerate(parts)
    )
    return f"f{_quoted(template)}" if len(parts) > 1 else _quoted(parts[0])


def attribute(owner: str, name: str, known: Container[str]) -> str:
    """Return the expression of a field of an object. Only the `known` names become attributes."""
    return f"{owner}.{name}" if name in known else f"getattr({owner}, {literal(name)}, None)"


def identifier(text: str, stem: str, taken: Container[str]) -> str:
    """Return a new variable for what has this name: the name if it is a plain word, else the stem and a number."""
    plain = text.replace("-", "_")
    fits = re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", plain) is not None and len(plain) <= 20
    if fits and not (keyword.iskeyword(plain) or hasattr(builtins, plain) or plain in taken):
        return plain
    return next(name for number in range(1, 10**6) if (name := f"{stem}_{number}") not in taken)


def instant(at: int) -> str:
    """Return the ISO 8601 form of a time of the model, in microseconds since 1970."""
    return (_EPOCH + timedelta(microseconds=dated(at))).isoformat()


# --- prose ------------------------------------------------------------------------------------------------------------


def comment(text: str) -> Lines:
    """Return a text as lines of comment."""
    return [f"# {line}" for line in wrap(one_line(text), 100, subsequent_indent="   ")] or ["#"]


def docstring(paragraphs: Iterable[Iterable[str]]) -> str:
    """Return a docstring of paragraphs of lines."""
    lines = "\n\n".join("\n".join(map(_harmless, lines)) for lines in paragraphs)
    return f'"""{lines}\n"""'


def _harmless(line: str) -> str:
    """Return one line of a docstring, which cannot end it."""
    return one_line(line).replace("\\", "\\\\").replace('"""', "'''")


# --- statements -------------------------------------------------------------------------------------------------------


def called(function: str, *arguments: str) -> str:
    """Return a call expression, broken over lines where it would be long."""
    line = f"{function}({', '.join(arguments)})"
    if len(line) <= WIDTH and "\n" not in line:
        return line
    inner = "".join(f"    {indented(argument)},\n" for argument in arguments)
    return f"{function}(\n{inner})"


def indented(text: str) -> str:
    """Return a text with all lines but the first indented."""
    return text.replace("\n", "\n    ")


def block(head: str, body: Iterable[str]) -> Lines:
    """Return a compound statement."""
    return [head, *(f"    {indented(line)}" for line in body)]


def listed(expressions: Iterable[str]) -> str:
    """Return a list of expressions, one a line where it would be long."""
    found = list(expressions)
    line = f"[{', '.join(found)}]"
    return line if len(line) <= WIDTH else f"[\n{''.join(f'    {indented(each)},{chr(10)}' for each in found)}]"


def as_set(expressions: Iterable[str]) -> str:
    """Return a set of expressions."""
    return f"{{{', '.join(found)}}}" if (found := list(expressions)) else "set()"


def either(conditions: Sequence[str]) -> str:
    """Return the condition that one of the conditions holds."""
    line = " or ".join(conditions)
    return line if len(line) <= WIDTH else "(\n    {}\n)".format("\n    or ".join(conditions))


def filtered(variable: str, iterable: str, conditions: Sequence[str]) -> str:
    """Return the list of those items for which one of the conditions holds."""
    loop = f"for {variable} in {iterable}"
    line = f"[{variable} {loop} if {' or '.join(conditions)}]"
    return (
        line
        if len(line) <= WIDTH
        else "[\n    {}\n]".format("\n    ".join([variable, loop, "if " + "\n    or ".join(conditions)]))
    )
