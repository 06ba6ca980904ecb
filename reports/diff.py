"""The diff: what flipped between two reports. Pure; drawn from the two documents and nothing else.

A clause is *tested* where its verdict is passed, failed or waived. What an untested clause does not show is not fixed:
the clause is no longer tested. Exit codes: 1 a new divergence that nothing waives; 2 none, but a clause that was tested
is no longer; 0 nothing got worse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from taskconform.reports.wording import LABELS, counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taskconform.reports.document import ClauseResult, DivergenceResult, Report

SCHEMA: Final = "taskconform.diff/1"
"""The name of the document's form."""

TESTED: Final = frozenset({"passed", "failed", "waived"})
"""The verdicts that say something of the target."""

Kind = Literal["new", "changed", "no_longer_tested", "fixed", "newly_tested", "waived", "no_longer_waived"]
"""Kinds of changes. *changed*: the clause failed before, and fails now in another way."""

KINDS: Final[dict[Kind, str]] = {
    "new": "New",
    "changed": "Changed signature",
    "no_longer_tested": "No longer tested",
    "no_longer_waived": "No longer waived",
    "fixed": "Fixed",
    "newly_tested": "Newly tested",
    "waived": "Waived",
}
"""Every kind, in the order in which they are shown, and what it is called."""


class Side(msgspec.Struct, kw_only=True, frozen=True):
    """One of the two reports: what was judged, by what."""

    target: str
    identity: dict[str, Any]
    suite: str
    registry_digest: str
    profile: str
    plan_digest: str
    started: str


class Change(msgspec.Struct, kw_only=True, frozen=True):
    """One change. `before` and `after` are verdicts, or `absent`; `was` are the signatures that a changed one took the
    place of; `worse`: it is a new divergence that counts."""

    kind: Kind
    clause: str
    level: Literal["M", "S", "Q"]
    before: str
    after: str
    signature: str = ""
    was: list[str] = []
    summary: str = ""
    note: str = ""
    worse: bool = False


class ReadingChange(msgspec.Struct, kw_only=True, frozen=True):
    """An open clause of which other interpretations are left."""

    id: str
    before: list[str]
    after: list[str]


class Diff(msgspec.Struct, kw_only=True, frozen=True):
    """The whole document. `notes` say what makes the two reports less comparable."""

    schema: Literal["taskconform.diff/1"] = SCHEMA
    old: Side
    new: Side
    notes: list[str]
    changes: list[Change]
    readings: list[ReadingChange]
    exit_code: int


def compare(old: Report, new: Report, *, strict: bool = False) -> Diff:
    """Compare two reports. A should-clause makes it worse only if `strict`."""
    before = {clause.id: clause for clause in old.clauses}
    after = {clause.id: clause for clause in new.clauses}
    changes = [
        change
        for clause in dict.fromkeys([*after, *before])
        for change in _changes(before.get(clause), after.get(clause), strict=strict)
    ]
    code = 0
    if any(change.worse for change in changes):
        code = 1
    elif any(change.kind == "no_longer_tested" for change in changes):
        code = 2
    return Diff(
        old=_side(old),
        new=_side(new),
        notes=list(_notes(old, new)),
        changes=sorted(changes, key=lambda change: (list(KINDS).index(change.kind), "MQS".index(change.level))),
        readings=_readings(old, new),
        exit_code=code,
    )


def sentence(diff: Diff) -> str:
    """Sum up the diff in one sentence."""
    worse = sum(change.worse for change in diff.changes)
    lost = sum(change.kind == "no_longer_tested" for change in diff.changes)
    parts = [counted(worse, "new divergence")] if worse else []
    parts += [f"{counted(lost, 'clause')} no longer tested"] if lost else []
    return f"{' and '.join(parts) or 'Nothing got worse'}."


def encode(diff: Diff) -> bytes:
    """The document as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(diff, order="deterministic"), indent=2) + b"\n"


# --- the parts --------------------------------------------------------------------------------------------------------


def _side(report: Report) -> Side:
    return Side(
        target=report.target.name,
        identity=report.target.identity,
        suite=report.suite.version,
        registry_digest=report.suite.registry_digest,
        profile=report.run.profile,
        plan_digest=report.run.plan_digest,
        started=report.run.started,
    )


def _notes(old: Report, new: Report) -> Iterator[str]:
    """List the differences that make the two reports less comparable."""
    if old.suite.registry_digest != new.suite.registry_digest:
        yield f"the registry of clauses differs (suite {old.suite.version} and {new.suite.version})"
    elif old.suite.version != new.suite.version:
        yield f"the suite differs: {old.suite.version} and {new.suite.version}"
    if old.target.name != new.target.name:
        yield f"the target has another name: {old.target.name} and {new.target.name}"
    if old.run.profile != new.run.profile:
        yield f"the profile differs: {old.run.profile} and {new.run.profile}"
    if old.run.plan_digest != new.run.plan_digest:
        yield "the plans differ: a divergence that only one of them shows may be a matter of chance"


def _changes(old: ClauseResult | None, new: ClauseResult | None, *, strict: bool) -> Iterator[Change]:
    """List the changes of one clause."""
    was_tested, is_tested = _tested(old), _tested(new)
    if was_tested and not is_tested:
        note = new.reason if new is not None else "the clause is not in the new report"
        yield _change("no_longer_tested", old, new, note=note)
    if is_tested and not was_tested:
        yield _change("newly_tested", old, new, note=old.reason if old is not None else "")
    before = {found.signature: found for found in old.divergences} if old is not None else {}
    after = {found.signature: found for found in new.divergences} if new is not None else {}
    gone = [found for signature, found in before.items() if signature not in after] if is_tested else []
    appeared = [found for signature, found in after.items() if signature not in before]
    for found in appeared:
        yield _appeared(found, gone, old, new, strict=strict)
    for found in [] if appeared else gone:
        note = f"it came and went ({found.reproduced}): its absence proves little" if found.intermittent else ""
        yield _change("fixed", old, new, signature=found.signature, summary=found.summary, note=note)
    for signature, found in after.items():
        earlier = before.get(signature)
        if earlier is not None and bool(earlier.waiver) != bool(found.waiver):
            kind: Kind = "waived" if found.waiver else "no_longer_waived"
            note = found.waiver or earlier.waiver or ""
            yield _change(kind, old, new, signature=signature, summary=found.summary, note=note)


def _appeared(
    found: DivergenceResult,
    gone: list[DivergenceResult],
    old: ClauseResult | None,
    new: ClauseResult | None,
    *,
    strict: bool,
) -> Change:
    """A divergence that was not there before."""
    return _change(
        "changed" if gone else "new",
        old,
        new,
        signature=found.signature,
        was=[each.signature for each in gone],
        summary=found.summary,
        note=f"waived: {found.waiver}" if found.waiver else "",
        worse=not found.waiver and (strict or (new is not None and new.level != "S")),
    )


def _change(kind: Kind, old: ClauseResult | None, new: ClauseResult | None, **more: Any) -> Change:
    either = new or old
    if either is None:
        message = "a change is one of a clause"
        raise ValueError(message)
    return Change(
        kind=kind,
        clause=either.id,
        level=either.level,
        before=LABELS[old.verdict] if old is not None else "absent",
        after=LABELS[new.verdict] if new is not None else "absent",
        **more,
    )


def _tested(result: ClauseResult | None) -> bool:
    return result is not None and result.verdict in TESTED


def _readings(old: Report, new: Report) -> list[ReadingChange]:
    """Return the open clauses in both, of which other interpretations are left."""
    before = {reading.id: reading.left for reading in old.readings}
    return [
        ReadingChange(id=reading.id, before=before[reading.id], after=reading.left)
        for reading in new.readings
        if reading.id in before and before[reading.id] != reading.left
    ]
