"""Flips: verdicts that changed when a stored history was judged again, and why. Pure.

The calls and their outcomes are the same: whatever differs comes from the suite: its registry, its rules, how it
decides. Waivers are no part of it: what they cover counts as failed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taskconform.reports.wording import LABELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taskconform.reports.document import ClauseResult, Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A clause of which the verdict, or the divergences, are other ones now. `before` and `after` are verdicts, or
    `absent`; `reasons` say why, as far as the two reports tell."""

    clause: str
    before: str
    after: str
    appeared: tuple[str, ...]
    gone: tuple[str, ...]
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        """The flip and its reasons, in one line."""
        return f"{self.clause}: {self.before} to {self.after}: {'; '.join(self.reasons)}"


def flips(stored: Report, now: Report) -> list[Flip]:
    """The clauses that flipped, in the order of the registry."""
    before = {clause.id: clause for clause in stored.clauses}
    after = {clause.id: clause for clause in now.clauses}
    return [
        flip
        for clause in dict.fromkeys([*after, *before])
        if (flip := _flip(before.get(clause), after.get(clause), stored, now)) is not None
    ]


def suites(stored: Report, now: Report) -> str:
    """Name the suite that judged then and the one that does now, in one line."""
    then, today = stored.suite, now.suite
    if then.registry_digest != today.registry_digest:
        return f"the registry of clauses differs; suite {then.version} then, {today.version} now"
    if then.version != today.version:
        return f"the same registry of clauses; suite {then.version} then, {today.version} now"
    return f"the same registry of clauses and the same version, {today.version}"


def _flip(old: ClauseResult | None, new: ClauseResult | None, stored: Report, now: Report) -> Flip | None:
    """Return the flip of one clause; None if its verdict is the same."""
    then = {found.signature for found in old.divergences} if old is not None else set()
    today = {found.signature for found in new.divergences} if new is not None else set()
    before, after = _verdict(old), _verdict(new)
    either = new or old
    if (before == after and then == today) or either is None:
        return None
    appeared, gone = tuple(sorted(today - then)), tuple(sorted(then - today))
    if old is None or new is None:
        reasons = ["the registry has the clause no longer" if new is None else "the clause is new in the registry"]
    else:
        reasons = list(_reasons(old, new, appeared, gone)) + list(_beside(old, stored, now))
    return Flip(
        clause=either.id,
        before=before,
        after=after,
        appeared=appeared,
        gone=gone,
        reasons=tuple(reasons) or ("the same checks were exercised and said the same: it is decided in another way",),
    )


def _verdict(result: ClauseResult | None) -> str:
    """A verdict in words, as it would be without waivers."""
    if result is None:
        return "absent"
    return LABELS["failed" if result.verdict == "waived" and result.divergences else result.verdict]


def _reasons(old: ClauseResult, new: ClauseResult, appeared: tuple[str, ...], gone: tuple[str, ...]) -> Iterator[str]:
    """Why, by the clause's own results."""
    if old.text_digest and old.text_digest != new.text_digest:
        yield "what the registry says of the clause has changed"
    if old.level != new.level:
        yield f"its level was {old.level} and is {new.level}"
    for signature in appeared:
        yield f"a rule accuses what none accused: {signature}"
    for signature in gone:
        doubt = ", in re-runs" if signature in new.unconfirmed else ""
        yield f"no rule accuses{doubt} what one accused: {signature}"
    for signature in sorted(set(new.unconfirmed) - set(old.unconfirmed) - set(gone)):
        yield f"a rule accuses what none accused, and the history has no re-run of it: {signature}"
    if old.live != new.live:
        yield f"its checks were exercised {old.live} times, and are {new.live} times"
    if "not_applicable" in {old.verdict, new.verdict}:
        yield f"its scope: {new.reason or old.reason}"


def _beside(old: ClauseResult, stored: Report, now: Report) -> Iterator[str]:
    """Why, by what the whole reports tell."""
    if stored.suite.registry_digest != now.suite.registry_digest and not old.text_digest:
        yield "the registry differs, and the stored report does not say whether this clause does"
