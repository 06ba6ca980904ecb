"""Stubs: waivers for what failed, to be filled in by whoever accepts it.

What people wrote in the file stays as it is, comments and all; entries are added at its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import tomlkit
from tomlkit.exceptions import TOMLKitError

from taskconform.conformance.errors import Refused
from taskconform.conformance.verdicts.waivers import DIGESTS, NAME, is_version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tomlkit import TOMLDocument
    from tomlkit.items import Table

    from taskconform.reports.document import ClauseResult, DivergenceResult, Report, TargetSection

HEAD: Final = (
    "Known divergences, accepted until a date. Fill in reason, owner and expires (a day, at most 180 days ahead);",
    "a link helps whoever reads this. A target's version may be a range, such as >=0.48,<0.57.",
)


def add_stubs(report: Report, path: Path) -> int:
    """Add a waiver to be filled in for each divergence that has none, neither in the report nor in the file; say how
    many. Raises Refused."""
    document = _read(path)
    entries = document.get("waiver", [])
    there = {(entry.get("signature"), tuple(sorted(entry.get("target", {}).items()))) for entry in entries}
    target = named(report.target)
    added = 0
    for clause in report.clauses:
        for found in clause.divergences:
            if found.waiver is None and (found.signature, tuple(sorted(target.items()))) not in there:
                _append(document, _stub(clause, found, target, report.run.plan_digest))
                added += 1
    try:
        path.write_text(tomlkit.dumps(document), encoding="utf-8")
    except OSError as problem:
        message = f"cannot write {path}: {problem.strerror}"
        raise Refused(message) from None
    return added


def named(target: TargetSection) -> dict[str, str]:
    """Describe the target: by its version, by what the adapter knows of it; else by its AboutInfo; a digest where there
    is no version."""
    digests = {key: str(value) for key, value in target.identity.items() if key in DIGESTS}
    about = {key: value for key in ("version", "build") if (value := str(target.about.get(key, "")))}
    versions = {
        key: f"=={str(value).lower().removeprefix('v')}"
        for key, value in target.identity.items()
        if key not in DIGESTS and is_version(str(value))
    }
    return {NAME: target.name, **(versions or digests or about)}


def _read(path: Path) -> TOMLDocument:
    """The file as it is, or a new one. Raises Refused."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        document = tomlkit.document()
        for line in HEAD:
            document.add(tomlkit.comment(line))
        document.add(tomlkit.nl())
        return document
    except (OSError, UnicodeDecodeError) as problem:
        message = f"cannot read {path}: {problem}"
        raise Refused(message) from None
    try:
        document = tomlkit.parse(text)
    except TOMLKitError as problem:
        message = f"{path} is no TOML: {problem}"
        raise Refused(message) from None
    entries = document.get("waiver", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        message = f"{path} must hold [[waiver]] tables"
        raise Refused(message)
    return document


def _append(document: TOMLDocument, stub: Table) -> None:
    if "waiver" not in document:
        document.add("waiver", tomlkit.aot())
    document["waiver"].append(stub)


def _stub(clause: ClauseResult, found: DivergenceResult, target: dict[str, str], plan: str) -> Table:
    """A waiver of one divergence."""
    stub = tomlkit.table()
    stub.add(tomlkit.comment(f"expected {_line(found.expected)}"))
    stub.add(tomlkit.comment(f"observed {_line(found.observed)}"))
    stub.add("clause", clause.id)
    stub.add("signature", found.signature)
    stub.add("target", _inline(target))
    for name in ("reason", "link", "owner", "expires"):
        stub.add(name, "")
    seen = {"plan": plan, "sightings": found.sightings, "live": clause.live, "intermittent": found.intermittent}
    stub.add("seen", _inline(seen))
    return stub


def _inline(values: Mapping[str, object]) -> tomlkit.items.InlineTable:
    table = tomlkit.inline_table()
    table.update(values)
    return table


def _line(text: str) -> str:
    """The text in one line, which a comment can hold."""
    return "".join(char if char.isprintable() else " " for char in " ".join(text.split()))
