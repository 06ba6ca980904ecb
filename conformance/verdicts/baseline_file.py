"""The file of a baseline: written for people to review. What they wrote in it stays when it is written anew: owners,
reasons, links, expiries, and each comment that does not begin with `#:`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
import tomlkit
from tomlkit import TOMLDocument
from tomlkit.items import Comment

from taskconform.conformance.errors import Refused
from taskconform.reports.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from tomlkit.items import Item, Table

    from taskconform.conformance.verdicts.baseline import Baseline, Known

OURS: Final = ":"
"""Comments that begin so are written anew each time."""

HEAD: Final = (
    "The behaviour of a target, as it was when this file was written: taskconform run TARGET --baseline FILE is",
    "green while nothing of it changes. Edit owner, reason, link and expires; taskconform baseline --update writes",
    "the rest anew. Lines that begin with a number sign and a colon are written anew, too; your own comments stay.",
)

TABLES: Final = ("divergence", "intermittent")


def write_baseline(baseline: Baseline, told: Mapping[str, Sequence[str]], path: Path) -> None:
    """Write the file. `told` has the comments that explain each signature. Raises Refused."""
    before = _comments(path)
    document = tomlkit.document()
    for text in before.get("", ()):
        document.add(tomlkit.comment(text))
    for text in HEAD:
        document.add(_comment(text))
    document.add("schema", tomlkit.item(baseline.schema))
    document.add("target", _table(baseline.target))
    document.add("runs", _table(msgspec.to_builtins(baseline.runs)))
    for name in TABLES:
        entries = getattr(baseline, name)
        if entries:
            array = tomlkit.aot()
            for each in entries:
                array.append(_entry(each, told.get(each.signature, ()), before.get(each.signature, ())))
            document.add(name, array)
    document.add("interpretations", _table({key: list(value) for key, value in baseline.interpretations.items()}))
    document.add("not_exercised", _table(baseline.not_exercised))
    document.add("exercised", _table({key: list(value) for key, value in baseline.exercised.items()}))
    document.add("habits", _table({key: _inline(value) for key, value in baseline.habits.items()}))
    try:
        path.write_text(tomlkit.dumps(document), encoding="utf-8")
    except OSError as problem:
        message = f"cannot write {path}: {problem.strerror}"
        raise Refused(message) from None


def _entry(known: Known, told: Sequence[str], comments: Iterable[str]) -> Table:
    """Make the table of one known divergence: what it is, who accepts it until when, how it showed, the steps."""
    table = tomlkit.table()
    for text in comments:
        table.add(tomlkit.comment(text))
    for text in told:
        table.add(_comment(text))
    for name in ("clause", "signature"):
        table.add(name, getattr(known, name))
    table.add("cause", known.cause)
    for name in ("owner", "reason", "link"):
        table.add(name, getattr(known, name))
    table.add("expires", known.expires)
    if known.interval is not None:
        table.add("rate", known.rate)
        table.add("interval", list(known.interval))
    table.add("seen", _inline(msgspec.to_builtins(known.seen)))
    if known.observed:
        table.add("observed", known.observed)
    if known.frontier:
        table.add("frontier", _lines([_inline(msgspec.to_builtins(one)) for one in known.frontier]))
    if known.steps:
        table.add("steps", _lines([tomlkit.string(step, literal="'" not in step) for step in known.steps]))
    return table


def explained(cause: str, expected: str, observed: str, steps: str) -> list[str]:
    """Explain a divergence, in comments of its own."""
    lines = [cause, f"expected {expected}", f"observed {observed}", *steps.splitlines()]
    return [line for line in lines if line]


def _comments(path: Path) -> dict[str, list[str]]:
    """Collect the comments that people wrote: those of an entry by its signature, the others of the file by nothing."""
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    found: dict[str, list[str]] = {"": _of(document)}
    for name in TABLES:
        for table in document.get(name, ()):
            found[str(table.get("signature", ""))] = _of(table)
    return found


def _of(container: TOMLDocument | Table) -> list[str]:
    """Give the comments of people that stand directly in a table."""
    body: Sequence[tuple[object, Item]] = (container if isinstance(container, TOMLDocument) else container.value).body
    texts = [str(item.trivia.comment).lstrip("#") for _, item in body if isinstance(item, Comment)]
    return [text.removeprefix(" ") for text in texts if not text.startswith(OURS)]


def _comment(text: str) -> Comment:
    """Make a comment of ours; what a target said stays in its line."""
    comment = tomlkit.comment(one_line(text))
    comment.trivia.comment = f"#{OURS} {one_line(text)}"
    return comment


def _table(values: Mapping[str, Any]) -> Table:
    table = tomlkit.table()
    for key, value in values.items():
        table.add(key, value)
    return table


def _inline(values: Mapping[str, Any]) -> tomlkit.items.InlineTable:
    table = tomlkit.inline_table()
    table.update(values)
    return table


def _lines(items: Sequence[Any]) -> tomlkit.items.Array:
    """An array with a line for each of its items."""
    array = tomlkit.array()
    for item in items:
        array.append(item)
    return array.multiline(multiline=True)
