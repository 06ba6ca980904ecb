"""The gate: verdicts held against waivers. Pure: of the verdicts, the waivers, their day and the target, nothing else.

The law of this file: a divergence is waived if a waiver in force names its clause, its signature and the target; a
clause is waived if all its divergences are. A waiver that is over, or that matches nothing where it must have, fails
the run.

When does "matches nothing" say anything? Not where the clause was not judged; never of a divergence that comes and
goes, of which only the expiry makes an end. Of any other: where the plan is the one that showed it, always; on another
plan, if so many exercised checks would have been expected to show it `ENOUGH` times. So the same plan gives the same
answer each time, and another plan a wrong one in a thousand at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from taskconform.reports.document import Gate, WaiverResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskconform.conformance.verdicts.waivers import Seen, Waiver, Waivers
    from taskconform.reports.document import ClauseResult, DivergenceResult, TargetSection, WaiverState

ENOUGH: Final = 7.0
"""Times that a run must have been expected to show a divergence for its absence to count: by chance it is absent with
a probability of exp(-7), less than one in a thousand."""

JUDGED: Final = frozenset({"passed", "failed", "waived"})
"""The verdicts on clauses that were judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gated:
    """The clauses' results with their waivers, and what became of each waiver."""

    clauses: list[ClauseResult]
    gate: Gate

    @property
    def is_open(self) -> bool:
        """Tells whether no waiver is expired or stale."""
        return all(each.state not in {"expired", "stale"} for each in self.gate.waivers)


def hold(results: Sequence[ClauseResult], waivers: Waivers, target: TargetSection, plan: str) -> Gated:
    """Hold the results against the waivers. `plan` is the digest of the run's plan."""
    in_force = {
        (each.clause, each.signature): str(each)
        for each in reversed(waivers.waivers)
        if waivers.on <= each.expires and not each.lacks(target)
    }
    by_id = {result.id: result for result in results}
    found = []
    for number, each in enumerate(waivers.waivers, 1):
        state, why = _state(each, waivers, target, by_id.get(each.clause), plan)
        found.append(_result(number, each, state, why))
    gate = Gate(file=waivers.file, on=waivers.on.isoformat(), waivers=found)
    return Gated(clauses=[_waived(result, in_force) for result in results], gate=gate)


def _waived(result: ClauseResult, in_force: dict[tuple[str, str], str]) -> ClauseResult:
    """A clause's result, with the waivers of its divergences; waived if nothing is left, also of what was seen and not
    confirmed: a divergence that comes and goes must not turn the gate."""
    marked = [_marked(each, in_force.get((result.id, each.signature))) for each in result.divergences]
    loose = [each for each in result.unconfirmed if (result.id, each) not in in_force]
    verdict, reason = result.verdict, result.reason
    if verdict == "failed" and marked and all(each.waiver for each in marked):
        verdict, reason = ("undecided", never_again(loose)) if loose else ("waived", "")
    elif verdict == "undecided" and result.unconfirmed and not loose:
        verdict, reason = "waived", f"{in_force[result.id, result.unconfirmed[0]]}; seen, and no re-run showed it"
    return msgspec.structs.replace(result, divergences=marked, verdict=verdict, reason=reason)


def never_again(unconfirmed: Sequence[str]) -> str:
    """The reason why a clause is undecided."""
    return f"seen once and never again: {unconfirmed[0]}"


def _marked(found: DivergenceResult, waiver: str | None) -> DivergenceResult:
    return msgspec.structs.replace(found, waiver=waiver)


def _result(number: int, waiver: Waiver, state: WaiverState, why: str) -> WaiverResult:
    return WaiverResult(
        number=number,
        clause=waiver.clause,
        signature=waiver.signature,
        target=waiver.target,
        reason=waiver.reason,
        owner=waiver.owner,
        expires=waiver.expires.isoformat(),
        link=waiver.link,
        state=state,
        why=why,
    )


def _state(
    waiver: Waiver, waivers: Waivers, target: TargetSection, result: ClauseResult | None, plan: str
) -> tuple[WaiverState, str]:
    """Decide what becomes of a waiver, and say why."""
    lacks = waiver.lacks(target)
    if lacks:
        return "elsewhere", lacks
    if result is None:
        return "unselected", "the clause was not selected"
    doubtful = waiver.signature in result.unconfirmed
    showed = doubtful or any(each.signature == waiver.signature for each in result.divergences)
    if waivers.on > waiver.expires:
        then = "the divergence is still there, and counts again" if showed else "nothing matches it any more"
        return "expired", f"it expired on {waiver.expires}; {then}"
    if showed:
        return "used", "seen, and no re-run showed it" if doubtful else ""
    unsure = _unsure(waiver, result, plan)
    return ("unseen", unsure) if unsure else ("stale", "the divergence is gone: strike the waiver off")


def _unsure(waiver: Waiver, result: ClauseResult, plan: str) -> str:
    """Say why the absence of a matching divergence proves nothing; "" if it proves that the divergence is gone."""
    if result.verdict not in JUDGED:
        return f"the clause was not judged: {result.reason}"
    seen = waiver.seen
    if seen is None or (seen.plan == plan and not seen.intermittent):
        return ""
    if seen.intermittent:
        return "the divergence comes and goes: that one run does not show it proves nothing"
    expected = _expected(seen, result)
    return "" if expected >= ENOUGH else f"on this plan it would have been expected {expected:.1f} times only"


def _expected(seen: Seen, result: ClauseResult) -> float:
    """Estimate in how many test cases the divergence would have shown, at the rate at which it was seen before."""
    return seen.sightings * result.live / seen.live if seen.live else 0.0
