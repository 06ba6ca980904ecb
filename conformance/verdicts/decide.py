"""Decide: from what a history says to a verdict on every clause. Pure; `run`, `judge` and `verify` all decide here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from taskconform.conformance.errors import CONFORMS, DIVERGES, UNDECIDED
from taskconform.conformance.records.traces import trace_name, trace_of
from taskconform.conformance.verdicts.gate import never_again
from taskconform.model.clauses.registry import CLAUSES, Clause, in_scope, registry_digest
from taskconform.model.oracle.expect import CHECKED_BY
from taskconform.reports.document import (
    ClauseResult,
    DivergenceResult,
    ReadingResult,
    Verdict,
)
from taskconform.reports.trace import expected, observed

if TYPE_CHECKING:
    from taskconform.conformance.engine.profile import Profile
    from taskconform.conformance.verdicts.judgement import Tally
    from taskconform.model.vocabulary.declaration import Declaration
    from taskconform.reports.document import Gate

SPARED: Final = frozenset(
    {
        "recent.completed",
        "recent.cap",
        "recent.cap-completed-only",
        "recent.cap-esxi",
        "recent.cap-scope",
        "limit.reachable",
        "limit.exceeded",
        "limit.boundary",
        "limit.per-client",
        "limit.scope",
        "limit.destroy-frees",
        "limit.logout-frees",
        "limit.events-shared",
        "limit.fault-frees",
    }
)
"""Clauses that are not judged on a server that others use: judging them would disturb the others (bursts of tasks,
collectors up to the limit), or the others could disturb the judgement."""

WAITS: Final = frozenset({"recent.aged"})
"""Clauses that a target without a movable clock can only be judged on by waiting out the window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """The clauses' results, the exit code they come to, and what became of the waivers, if there are any."""

    clauses: list[ClauseResult]
    readings: list[ReadingResult]
    exit_code: int
    gate: Gate | None = None


NEEDS_WAIT: Final = "needs a wait longer than the window, or a target whose clock can be moved"
"""Why such a clause was not exercised, where nobody waited."""


def decide(
    tally: Tally,
    declaration: Declaration,
    profile: Profile,
    *,
    strict: bool = False,
    selected: frozenset[str] | None = None,
    waited: bool = False,
) -> Verdicts:
    """The verdict on every selected clause (all, if None), and the exit code. `waited`: the window was waited out."""
    readings = _readings(tally)
    left = {reading.id: reading.left for reading in readings}
    results = [
        _decide_clause(clause, tally, declaration, profile, left, waited=waited)
        for clause in CLAUSES.values()
        if selected is None or clause.id in selected
    ]
    readings = [reading for reading in readings if selected is None or reading.id in selected]
    code = exit_code(results, strict=strict, whole=not declaration.recorded)
    return Verdicts(clauses=results, readings=readings, exit_code=code)


def _decide_clause(
    clause: Clause,
    tally: Tally,
    declaration: Declaration,
    profile: Profile,
    left: dict[str, list[str]],
    *,
    waited: bool,
) -> ClauseResult:
    """The verdict on one clause."""
    divergences, unsure = _divergences(clause.id, tally, declaration)
    verdict, reason = _verdict(clause, tally, declaration, profile, left, waited=waited)
    if verdict == "failed":
        divergences.append(_contradiction(clause, tally, reason))
    if divergences:
        verdict, reason = "failed", ""
    elif verdict == "passed" and unsure:
        verdict, reason = "undecided", never_again(unsure)
        if unsure[0] not in tally.confirmed:
            reason = f"seen, and never run again: {unsure[0]}"
    return ClauseResult(
        id=clause.id,
        level=clause.level,
        title=clause.title,
        verdict=verdict,
        reason=reason,
        checks=tally.checks(clause.id),
        live=tally.live[clause.id],
        directed=tally.directed[clause.id],
        divergences=divergences,
        unconfirmed=unsure,
        text_digest=registry_digest((clause,)),
    )


def _verdict(
    clause: Clause,
    tally: Tally,
    declaration: Declaration,
    profile: Profile,
    left: dict[str, list[str]],
    *,
    waited: bool,
) -> tuple[Verdict, str]:
    """The verdict where nothing diverged, and the reason if it is not passed."""
    out = _out_of_scope(clause, tally, declaration, left)
    if clause.id in left and not left[clause.id]:
        return "failed", "the target behaves in one way, and in another where nothing differs: no reading is left"
    live, wanted = tally.live[clause.id], profile.live if clause.level != "Q" else 1
    if out is not None and not (live >= wanted and clause.id in YIELDING):
        return "not_applicable", out
    if live >= wanted and _is_from_both(clause, tally, profile):
        return "passed", ""
    if clause.id not in CHECKED_BY:
        return "not_exercised", "this version has no check for it yet"
    if clause.id in WAITS and "clock" not in declaration.capabilities and not waited:
        return "not_exercised", NEEDS_WAIT
    if live >= wanted:
        side = "free" if tally.directed[clause.id] == live else "directed"
        return "not_exercised", f"live {live} times, but never in a {side} episode, and {profile.name} asks for both"
    if live:
        return "not_exercised", f"live {live} times of the {wanted} that {profile.name} asks for"
    return "not_exercised", f"never live; it is when there is: {clause.live_when}"


YIELDING: Final = frozenset({"recent.wait-truth"})
"""Clauses about what a target may yield, and need not."""


def _out_of_scope(clause: Clause, tally: Tally, declaration: Declaration, left: dict[str, list[str]]) -> str | None:
    """Why a clause does not apply to this target, or not in this run; None if it does."""
    out = in_scope(clause, declaration)
    if out is not None:
        return out
    if clause.id in SPARED and not declaration.exclusive:
        return "others may use the server; say --set i-own-this-server=yes if it is yours alone"
    methods = set(CHECKED_BY.get(clause.id, ()))
    if methods and methods <= set(declaration.without):
        return f"the adapter makes no {' or '.join(sorted(methods))} calls"
    unread = not (declaration.is_vcenter or declaration.recorded or tally.calls["ReadNextTasks"])
    if clause.id == "info.event-chain" and unread:
        return "the target makes no history collectors (collector.esxi), in which the chain of a task is read"
    later = left.get("recent.wait-later")
    if clause.id in YIELDING and later and not _yields(later, tally):
        return "the target yields no later updates, which recent.wait-later allows"
    return None


def _is_from_both(clause: Clause, tally: Tally, profile: Profile) -> bool:
    """Whether a clause was live both in episodes of the director's and in free ones, where the profile's budget allows
    to ask for that, and the director has an approach to the clause."""
    if not profile.both or clause.level == "Q":
        return True
    from taskconform.strategies.drawing.themes import DIRECTED  # noqa: PLC0415  # Hypothesis is slow to import

    if clause.id not in DIRECTED or clause.id in WAITS:
        return True  # without a clock that moves there is one wait for all
    return 0 < tally.directed[clause.id] < tally.live[clause.id]


def _yields(left: list[str], tally: Tally) -> bool:
    """Whether any later version yielded anything."""
    return any("nothing" not in options for options in tally.shown.get("recent.wait-later", ())) and bool(left)


def _divergences(clause: str, tally: Tally, declaration: Declaration) -> tuple[list[DivergenceResult], list[str]]:
    """The clause's confirmed divergences, shortest first, and the signatures that no re-run showed again."""
    found: list[DivergenceResult] = []
    unsure: list[str] = []
    for signature in sorted(tally.shortest):
        if tally.shortest[signature].broken.clause != clause:
            continue
        runs = tally.confirmed.get(signature, [])
        if not any(runs):
            unsure.append(signature)
            continue
        trace = trace_of(tally.traces[signature], declaration)
        expected_, observed_ = expected(trace), observed(trace)
        name = trace_name(signature)
        found.append(
            DivergenceResult(
                signature=signature,
                summary=f"expected {expected_}; observed {observed_}",
                expected=expected_,
                observed=observed_,
                trace=f"traces/{name}.json",
                script=f"traces/{name}.py" if not declaration.recorded else "",
                steps=len(trace.plan),
                reproduced=f"{sum(runs)}/{len(runs)}" if not declaration.recorded else "as recorded",
                intermittent=not all(runs),
                sightings=tally.seen[signature],
            )
        )
    return sorted(found, key=lambda one: (one.intermittent, one.steps, one.signature)), unsure


def _contradiction(clause: Clause, tally: Tally, reason: str) -> DivergenceResult:
    """That no reading is left, as a divergence: of the run as a whole, so that there is no trace of it."""
    shown = tally.shown[clause.id]
    seen = [f"{tally.examples[clause.id, options]} ({', '.join(options) or 'no reading'})" for options in sorted(shown)]
    observed_ = "; ".join(seen)
    return DivergenceResult(
        signature=f"{clause.id}:no reading is left",
        summary=reason,
        expected="one reading of the text that fits all that was observed",
        observed=observed_,
        steps=0,
        reproduced="over the whole run",
        sightings=tally.episodes,
    )


def _readings(tally: Tally) -> list[ReadingResult]:
    """What is left of each unclear clause's readings, and what struck out the others."""
    found = []
    for clause, shown in sorted(tally.shown.items()):
        options = [reading.id for reading in CLAUSES[clause].readings]
        struck: dict[str, str] = {}
        for compatible in sorted(shown):
            for option in options:
                if option not in compatible and option not in struck:
                    struck[option] = f"{tally.examples[clause, compatible]}: {', '.join(compatible)}"
        found.append(ReadingResult(id=clause, left=[one for one in options if one not in struck], struck=struck))
    return found


def is_required(result: ClauseResult) -> bool:
    """Whether a clause that was not exercised, or not decided, leaves the run undecided."""
    return result.level != "Q" and result.id in CHECKED_BY and result.reason != NEEDS_WAIT


def exit_code(results: list[ClauseResult], *, strict: bool, whole: bool = True) -> int:
    """1 outranks 2. A run that exercised nothing is never green. A recording is not `whole`: it exercises what it
    does."""
    if any(result.verdict == "failed" and (result.level != "S" or strict) for result in results):
        return DIVERGES
    lacking = whole and [one for one in results if one.verdict in {"undecided", "not_exercised"} and is_required(one)]
    if lacking or not any(result.verdict in {"passed", "failed", "waived"} for result in results):
        return UNDECIDED
    return CONFORMS
