"""Decide: from the tally of a history to a verdict on every clause. Pure; `run`, `judge` and `verify` decide here."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from taskconform.conformance.errors import CONFORMS, DIVERGES, UNDECIDED
from taskconform.conformance.records.traces import trace_name, trace_of
from taskconform.conformance.verdicts.gate import never_again
from taskconform.model.clauses.registry import CLAUSES, Clause, in_scope, registry_digest
from taskconform.model.oracle.expect import CHECKED_BY
from taskconform.model.oracle.filters import BY_PART
from taskconform.model.vocabulary.parts import wire_name
from taskconform.reports.document import (
    ClauseResult,
    DivergenceResult,
    Lost,
    LostAnswer,
    ReadingResult,
    SetupFault,
    Verdict,
)
from taskconform.reports.trace import expected, observed

if TYPE_CHECKING:
    from taskconform.conformance.engine.profile import Profile
    from taskconform.conformance.verdicts.judgement import Occurrence, Tally
    from taskconform.conformance.verdicts.requirements import Requirements
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
    """Results of the clauses, the exit code they come to, what became of the waivers, if there are any, and the answers
    that were lost."""

    clauses: list[ClauseResult]
    interpretations: list[ReadingResult]
    exit_code: int
    gate: Gate | None = None
    lost: Lost | None = None


NEEDS_WAIT: Final = "needs a wait longer than the window, or a target whose clock can be moved"
"""Reason why such a clause was not exercised, where the window was not waited out."""


def decide(
    tally: Tally,
    declaration: Declaration,
    profile: Profile,
    *,
    strict: bool = False,
    selected: frozenset[str] | None = None,
    waited: bool = False,
    requirements: Requirements | None = None,
) -> Verdicts:
    """Decide on every selected clause (all, if None), and on the exit code. `waited`: the window was waited out. Of
    clauses that are not in the `requirements` it is told what they would be, and nothing more."""
    found = interpretations(tally)
    left = {each.id: each.left for each in found}
    results = [
        _decide_clause(clause, tally, declaration, profile, left, waited=waited)
        for clause in CLAUSES.values()
        if selected is None or clause.id in selected
    ]
    if requirements is not None:
        results = [each if each.id in requirements.clauses else _not_scored(each, requirements) for each in results]
    found = [each for each in found if selected is None or each.id in selected]
    lost = lost_answers(tally, declaration)
    code = exit_code(results, strict=strict, whole=not declaration.recorded, lost=lost)
    return Verdicts(clauses=results, interpretations=found, exit_code=code, lost=lost)


def _not_scored(result: ClauseResult, requirements: Requirements) -> ClauseResult:
    """Return the result of a clause that was added after the requirement set was frozen."""
    told = f"added after {requirements.name}, not scored"
    if result.verdict != "not_applicable":
        told += f"; it would be {result.verdict.replace('_', ' ')}"
    return msgspec.structs.replace(result, verdict="not_applicable", reason=told, divergences=[], unconfirmed=[])


def _decide_clause(
    clause: Clause,
    tally: Tally,
    declaration: Declaration,
    profile: Profile,
    left: dict[str, list[str]],
    *,
    waited: bool,
) -> ClauseResult:
    """Decide on one clause."""
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
        if declaration.recorded:
            reason = _explainable(tally.shortest[unsure[0]], declaration)
    elif verdict == "passed" and tally.lost.total() > MOST_LOST * tally.total_calls and not declaration.recorded:
        verdict, reason = "undecided", f"too many answers were lost: {tally.lost.total()} of {tally.total_calls}"
    return ClauseResult(
        id=clause.id,
        level=clause.level,
        title=clause.title,
        verdict=verdict,
        reason=reason,
        checks=tally.checks(clause.id),
        live=tally.exercised[clause.id],
        directed=tally.directed[clause.id],
        divergences=divergences,
        unconfirmed=unsure,
        text_digest=registry_digest((clause,)),
    )


def _explainable(occurrence: Occurrence, declaration: Declaration) -> str:
    """Say what of a recording diverges unless something that it does not show explains it."""
    trace = trace_of(occurrence, declaration)
    order = "" if declaration.recording == "in-order" else ", and happened in the order in which they stand"
    return (
        f"expected {expected(trace)}; observed {observed(trace)}: a divergence if no call is missing from the "
        f"recording, nobody else acted meanwhile, and its calls are of one server{order}"
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
    """Decide on a clause as if nothing had diverged, and give the reason if it is not passed."""
    out = _out_of_scope(clause, tally, declaration, left)
    if clause.id in left and not left[clause.id]:
        return "failed", CONTRADICTION
    times, wanted = tally.exercised[clause.id], profile.exercised if clause.level != "Q" else 1
    if out is not None and not (times >= wanted and clause.id in YIELDING):
        return "not_applicable", out
    if times >= wanted and _is_from_both(clause, tally, profile):
        return "passed", ""
    if clause.id not in CHECKED_BY:
        return "not_exercised", "this version has no check for it yet"
    if clause.id in WAITS and "clock" not in declaration.capabilities and not waited:
        return "not_exercised", NEEDS_WAIT
    if times >= wanted:
        side = "free" if tally.directed[clause.id] == times else "directed"
        return "not_exercised", f"exercised {times} times, but in no {side} test case: {profile.name} asks for both"
    if times:
        return "not_exercised", f"exercised {times} times of the {wanted} that {profile.name} asks for"
    return "not_exercised", f"needs {clause.live_when}"


CONTRADICTION: Final = "the target behaves in one way, and in another where nothing differs: no interpretation is left"
"""Reason why an open clause failed."""

YIELDING: Final = frozenset({"recent.wait-truth"})
"""Clauses about updates that a target may yield, and need not."""


def _out_of_scope(clause: Clause, tally: Tally, declaration: Declaration, left: dict[str, list[str]]) -> str | None:
    """Give the reason why a clause does not apply to this target, or not in this run; None if it does."""
    out = in_scope(clause, declaration)
    if out is not None:
        return out
    if clause.id in SPARED and not declaration.exclusive:
        return "others may use the server; say --set i-own-this-server=yes if it is yours alone"
    methods = set(CHECKED_BY.get(clause.id, ()))
    if methods and methods <= declaration.calls_without:
        return f"the adapter makes no {' or '.join(sorted(methods))} calls"
    lacking = _lacking_parts(clause, tally, declaration)
    if lacking:
        return f"the target has no {' and no '.join(lacking)}"
    unread = not (declaration.is_vcenter or declaration.recorded or tally.calls["ReadNextTasks"])
    if clause.id == "info.event-chain" and unread:
        return "the target makes no history collectors (collector.esxi), in which the chain of a task is read"
    later = left.get("recent.wait-later")
    if clause.id in YIELDING and later and not _yields(later, tally):
        return "the target yields no later updates, which recent.wait-later allows"
    return None


def _lacking_parts(clause: Clause, tally: Tally, declaration: Declaration) -> list[str]:
    """Name the parts of the API without which a clause cannot be judged, and which the target is declared not to have:
    parts of a filter, by what the clause is on; fields of TaskInfo, by what its checks lacked."""
    on = FILTERED_BY.get(clause.id) or next((name for name in _PREFIXES if clause.id.startswith(name)), "")
    word = _PREFIXES.get(on, on)
    fields = {f"TaskInfo.{field}" for id_, field in tally.unsaid if id_ == clause.id}
    needed = {word} if word else set()
    if not tally.exercised[clause.id]:
        without = declaration.calls_without
        named = {call for call in without if re.search(rf"\b{call}\b", clause.live_when)}
        for pattern, calls in _OF_CALLS.items():
            named |= calls if calls <= without and re.match(pattern, clause.id) else set()
        named |= {"CreateTask"} if "CreateTask" in without and clause.id.startswith(_OF_CREATED) else set()
        if named:
            return sorted(named)
        about = {f"TaskInfo.{one.at}" for one in clause.source if one.page == "vim.TaskInfo"}
        fields = about if about and about <= set(declaration.without) else fields
        roles = {role for role in _OF_PLACES.get(clause.id, ()) if not declaration.places.get(role)}
        if roles:
            return [f"place that is declared as `{role}`" for role in sorted(roles)]
    if fields <= set(declaration.without) and not tally.exercised[clause.id]:
        needed |= fields
    return sorted(needed & set(declaration.without))


_OF_CALLS: Final = {
    r"session\.": {"Login"},
    r"create\.(unknown-type|type-builtin)": {"RegisterExtension"},
    r"extension\.(register|unregister(-tasks)?|duplicate|update(-removed)?)$": {"RegisterExtension"},
    r"life\.cancel": {"CancelTask"},
    r"life\.progress": {"UpdateProgress"},
    r"life\.description": {"SetTaskDescription"},
    r"recent\.": {"ReadRecentTask", "WaitForRecentTask"},
    r"(filter|page|latest)\.": {"CreateCollectorForTasks", "CreateCollectorWithInfoFilterForTasks"},
    r"watch\.(list-view|view-list|unresolved)": {"CreateListView"},
}
"""Calls without all of which nothing shows of clauses whose ids begin so."""

_OF_PLACES: Final = {
    "create.unknown-object": ("nowhere",),
    "create.entity-other": ("manager",),
    "filter.entity-unknown": ("nowhere",),
    "filter.entity-compute": ("compute",),
}
"""Roles of places without which nothing shows of a clause."""

_OF_CREATED: Final = (
    *("create.", "extension.unregister-tasks", "session.outlive-live", "recent.child", "recent.no-entity"),
    *("life.final", "life.backward", "life.skip", "life.result", "life.fault", "life.progress", "life.description"),
    *("life.privilege-", "life.same-state", "life.set-state", "life.atomic", "life.cancel-"),
    *("filter.parent-key", "filter.root-", "filter.activation", "filter.state-moves", "filter.time-open"),
    *("info.error-missing", "info.progress-end", "info.entity-gone", "info.entity-name-kept", "latest.monitor-"),
    *("recent.cap-scope", "recent.cap-completed-only", "recent.read-only-view", "filter.visible"),
)
"""Clauses, or the beginnings of their ids, that only tasks show which clients make and move: what they rest on is given
to CreateTask, or set by SetTaskState, or must stand still."""

_PREFIXES: Final = {
    "filter.entity": "TaskFilterSpec.entity",
    "filter.time": "TaskFilterSpec.time",
    "filter.user": "TaskFilterSpec.userName",
    "filter.state": "TaskFilterSpec.state",
}
"""Clauses on one part of a filter, by the beginning of their ids."""

FILTERED_BY: Final = {clause: f"TaskFilterSpec.{wire_name(part)}" for part, clause in BY_PART.items()}
"""Clauses on one part of a filter."""


def _is_from_both(clause: Clause, tally: Tally, profile: Profile) -> bool:
    """Tell whether a clause was exercised in directed test cases and in free ones, where the profile asks for that and
    there is a scenario for the clause."""
    if not profile.both or clause.level == "Q":
        return True
    from taskconform.strategies.drawing.themes import DIRECTED  # noqa: PLC0415  # Hypothesis is slow to import

    if clause.id not in DIRECTED or clause.id in WAITS:
        return True  # without a clock that moves there is one wait for all
    return 0 < tally.directed[clause.id] < tally.exercised[clause.id]


def _yields(left: list[str], tally: Tally) -> bool:
    """Tell whether any later version yielded anything."""
    return any("nothing" not in options for options in tally.shown.get("recent.wait-later", ())) and bool(left)


def _divergences(clause: str, tally: Tally, declaration: Declaration) -> tuple[list[DivergenceResult], list[str]]:
    """Give the clause's confirmed divergences, shortest first, and the signatures that no re-run showed again."""
    found: list[DivergenceResult] = []
    unsure: list[str] = []
    rechecked = {signature: seen for signature, seen in tally.traces.items() if signature in tally.probes}
    for signature, seen in sorted({**rechecked, **tally.shortest}.items()):
        if seen.broken.clause != clause:
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
                script=f"traces/{name}.py" if not (declaration.recorded or trace.in_setup) else "",
                steps=len(trace.plan),
                reproduced=f"{sum(runs)}/{len(runs)}" if not declaration.recorded else "as recorded",
                intermittent=not all(runs),
                sightings=tally.seen[signature],
                answers=sorted(tally.answers.get(signature, ())),
            )
        )
    return sorted(found, key=lambda one: (one.intermittent, one.steps, one.signature)), unsure


def _contradiction(clause: Clause, tally: Tally, reason: str) -> DivergenceResult:
    """Make a divergence of the run as a whole, without a trace, where no interpretation is left."""
    shown = tally.shown[clause.id]
    seen = [f"{tally.examples[clause.id, each]} ({', '.join(each) or 'no interpretation'})" for each in sorted(shown)]
    return DivergenceResult(
        signature=f"{clause.id}:no reading is left",
        summary=reason,
        expected="one interpretation of the text that fits all that was observed",
        observed="; ".join(seen),
        steps=0,
        reproduced="over the whole run",
        sightings=tally.test_cases,
    )


def interpretations(tally: Tally) -> list[ReadingResult]:
    """Give the interpretations left of each open clause, and the outcomes that ruled out the others."""
    found = []
    for clause, shown in sorted(tally.shown.items()):
        options = [each.id for each in CLAUSES[clause].readings]
        struck: dict[str, str] = {}
        for compatible in sorted(shown):
            for option in options:
                if option not in compatible and option not in struck:
                    struck[option] = f"{tally.examples[clause, compatible]}: {', '.join(compatible)}"
        found.append(ReadingResult(id=clause, left=[one for one in options if one not in struck], struck=struck))
    return found


def is_required(result: ClauseResult) -> bool:
    """Tell whether a clause that was not exercised, or not decided, leaves the run undecided."""
    return result.level != "Q" and result.id in CHECKED_BY and result.reason != NEEDS_WAIT


MOST_LOST: Final = 0.05
"""Share of the answers that may be lost: with more the run is undecided."""

MOST_LISTED: Final = 20
"""Kinds of lost answers that a report lists."""


def lost_answers(tally: Tally, declaration: Declaration) -> Lost | None:
    """Sum up the answers that were lost; None if there are none, or if a recording lacks them. They are too many if
    more than a small share is lost, or every answer of some call."""
    times, calls = tally.lost.total(), tally.total_calls
    if not times or declaration.recorded:
        return None
    by_call: Counter[str] = Counter()
    for (call, _), count in tally.lost.items():
        by_call[call] += count
    silent = any(count == tally.calls[call] for call, count in by_call.items())
    ordered = sorted(tally.lost.items(), key=lambda one: (-one[1], one[0]))
    return Lost(
        times=times,
        calls=calls,
        too_many=silent or times > MOST_LOST * calls,
        answers=[LostAnswer(call=call, reason=why, times=count) for (call, why), count in ordered[:MOST_LISTED]],
    )


def setup_faults(tally: Tally) -> list[SetupFault]:
    """List the calls of the set-up that faulted or were lost."""
    return [
        SetupFault(call=call, outcome=came_to, times=count) for (call, came_to), count in sorted(tally.setup.items())
    ]


def exit_code(results: list[ClauseResult], *, strict: bool, whole: bool = True, lost: Lost | None = None) -> int:
    """Compute the exit code of a run; 1 outranks 2. A run that exercised nothing is never green, nor is one that lost
    too many answers. A recording is not `whole`: it need not exercise anything in particular."""
    if any(result.verdict == "failed" and (result.level != "S" or strict) for result in results):
        return DIVERGES
    lacking = whole and [one for one in results if one.verdict in {"undecided", "not_exercised"} and is_required(one)]
    if lacking or not any(result.verdict in {"passed", "failed", "waived"} for result in results):
        return UNDECIDED
    return UNDECIDED if lost is not None and lost.too_many else CONFORMS
