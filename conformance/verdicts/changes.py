"""Changes: verdicts held against a baseline. Pure: of the findings, the verdicts and the baseline, nothing else, so
that the same history gives the same gate each time.

The law of this file: nothing that chance alone may bring blocks. A divergence that showed in fresh runs and is not
known is new; one whose known steps no longer show it, or show it at a size at which they did not, begins elsewhere or
is gone. All else is a matter of counts, and blocks where the baseline makes them less likely than `DOUBT`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from taskconform.conformance.engine.profile import KNOWN
from taskconform.conformance.errors import CONFORMS, DIVERGES, UNDECIDED
from taskconform.conformance.verdicts import rates
from taskconform.conformance.verdicts.decide import is_required
from taskconform.conformance.verdicts.frontiers import is_gone, moved, was_performed
from taskconform.conformance.verdicts.gate import ENOUGH
from taskconform.conformance.verdicts.habits_held import changed_habits
from taskconform.conformance.verdicts.waivers import lacking
from taskconform.reports.cause import kind_of
from taskconform.reports.document import BaselineSection, Change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskconform.conformance.verdicts.baseline import Baseline, Held, Known
    from taskconform.conformance.verdicts.judgement import Tally
    from taskconform.model.vocabulary.plan import Plan
    from taskconform.reports.document import (
        ChangeKind,
        ClauseResult,
        DivergenceResult,
        ReadingResult,
        TargetSection,
    )

DOUBT: Final = 1e-3
"""Probability below which chance no longer explains a count."""

DOUBT_OF_KIN: Final = 1e-2
"""The same, for a divergence that has the cause of a known one: a rare way to meet it is no change."""

_OF_WHOLE_FILTERS: Final = frozenset({"filter.none", "filter.and", "filter.or"})
"""Clauses about filters that break where one of the parts does."""

JUMP: Final = 4
"""Times the most test cases of a run of the baseline, beyond which a divergence that always shows has spread."""

PLANNED: Final = 2
"""Directed checks that every run of a baseline had, from which on a run of the same profile has some as well."""

PLANNED_IF_SPARED: Final = 4
"""The same, where a gate leaves out half of the scenarios' rounds."""

MOST_HABITS: Final = 8
"""Changed habits that are told one by one."""

OFTEN: Final = 0.5
"""Share of re-runs from which on a divergence that is not known shows at will."""

_WAITED_FOR: Final = "recent.aged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The verdicts with what is known marked, what has changed, and the exit code that this comes to."""

    clauses: list[ClauseResult]
    section: BaselineSection
    exit_code: int


@dataclass(slots=True, kw_only=True)
class _Comparison:
    """A comparison under way."""

    tally: Tally
    held: Held
    scale: float
    profile: str
    changes: list[Change] = field(default_factory=list)

    def tell(self, kind: ChangeKind, clause: str, told: str, *, blocks: int = DIVERGES, signature: str = "") -> None:
        """Note a change."""
        self.changes.append(
            Change(kind=kind, clause=clause, signature=signature, told=told, blocks=blocks)  # type: ignore[arg-type]
        )

    @property
    def same_profile(self) -> bool:
        """Tell whether the baseline was made with this profile."""
        return self.profile == self.held.baseline.runs.profile

    # --- one clause

    def clause(self, result: ClauseResult) -> ClauseResult:
        """Hold one clause against the baseline: mark what is known, and note what has changed."""
        known = self.held.baseline.known
        marked = [self._divergence(result, each, known.get(each.signature)) for each in result.divergences]
        accepted = [self._unconfirmed(result, each, known.get(each)) for each in result.unconfirmed]
        there = {each.signature for each in result.divergences} | set(result.unconfirmed)
        for each in known.values():
            if each.clause == result.id and each.signature not in there:
                self._absent(result, each)
        self._exercised(result)
        verdict, reason = result.verdict, result.reason
        if verdict == "failed" and marked and all(each.waiver for each in marked):
            verdict = "waived"
        elif verdict == "undecided" and accepted and all(accepted):
            verdict, reason = "waived", accepted[0]
        return msgspec.structs.replace(result, divergences=marked, verdict=verdict, reason=reason)

    def _divergence(self, result: ClauseResult, found: DivergenceResult, known: Known | None) -> DivergenceResult:
        """Hold a divergence that showed again in fresh runs against what is known of it."""
        if known is None:
            return self._new(result, found)
        if self.held.on > known.expires:
            told = f"expired on {known.expires}: {known.reason} ({known.owner})"
            self.tell("expired", result.id, told, signature=known.signature)
            return found
        elsewhere = moved(known, self._probes(known.signature))
        if elsewhere:
            self.tell("begins_elsewhere", result.id, f"begins elsewhere ({elsewhere})", signature=known.signature)
            return found
        if known.observed and found.answers and known.observed not in found.answers:
            told = f"shows otherwise ({known.observed} -> {found.answers[0]})"
            self.tell("shows_otherwise", result.id, told, signature=known.signature)
            return found
        if not self._rate(result, known):
            return found
        return msgspec.structs.replace(found, waiver=f"known: {known}")

    def _probes(self, signature: str) -> list[tuple[Plan, bool]]:
        """Give the plans that were run to see whether they show a divergence; the trace of it does."""
        trace = self.tally.traces.get(signature)
        return [*self.tally.probes.get(signature, ()), *([(trace.plan, True)] if trace is not None else ())]

    def _new(self, result: ClauseResult, found: DivergenceResult) -> DivergenceResult:
        """Note a divergence that the baseline does not know. One that comes and goes, and shows no more often than the
        baseline's runs may have missed it, proves no change."""
        told = f"new: expected {found.expected}; observed {found.observed}"
        baseline = self.held.baseline
        chance = _chance(baseline, result.id, max(1, found.sightings), result.live)
        rare = found.intermittent and _share(found.reproduced) < OFTEN and chance >= DOUBT
        akin = _kin(baseline, found.signature) if chance >= DOUBT_OF_KIN else ""
        if rare or akin:
            told = f"seen rarely ({found.reproduced} re-runs), which the baseline's runs may have missed"
            told = _by_kin(found.sightings, akin) if akin else told
            self.tell("seen_rarely", result.id, told, blocks=CONFORMS, signature=found.signature)
            return msgspec.structs.replace(found, waiver=f"not counted: {told}")
        self.tell("new", result.id, told, signature=found.signature)
        return found

    def _unconfirmed(self, result: ClauseResult, signature: str, known: Known | None) -> str:
        """Say why a divergence that no re-run showed again is accepted; "" if it is not, which is noted."""
        if known is not None and known.rate:
            return f"{known}; it comes and goes" if self._rate(result, known) else ""
        if known is not None:
            told = f"rate changed (always -> {self._in_words(result, signature)}): no re-run shows it any more"
            self.tell("rate_changed", result.id, told, signature=signature)
            return ""
        times = self.tally.seen[signature]
        chance = _chance(self.held.baseline, result.id, times, result.live)
        akin = _kin(self.held.baseline, signature) if chance >= DOUBT_OF_KIN else ""
        if akin:
            told = _by_kin(times, akin)
            self.tell("seen_rarely", result.id, told, blocks=CONFORMS, signature=signature)
            return f"not counted: {told}"
        if chance >= DOUBT:
            told = f"seen {times} times and never again, which the baseline's runs may have missed: {signature}"
            self.tell("seen_rarely", result.id, told, blocks=CONFORMS, signature=signature)
        else:
            told = f"new: seen {times} times, and no re-run showed it: {signature}"
            self.tell("new", result.id, told, signature=signature)
        return ""

    def _in_words(self, result: ClauseResult, signature: str) -> str:
        return rates.in_words(self.tally.seen[signature], max(result.live, 1))

    def _rate(self, result: ClauseResult, known: Known) -> bool:
        """Tell whether a known divergence shows as often as the baseline makes likely; note it if not."""
        times, live = self.tally.seen[known.signature], max(result.live, self.tally.seen[known.signature])
        if known.interval is not None:
            likely = rates.tail(times, live, known.interval[1]) >= DOUBT
        else:
            likely = times <= JUMP * max(known.seen.most, ENOUGH) * max(1.0, self.scale)
        if not likely:
            before = known.rate or rates.in_words(known.seen.sightings, max(known.seen.live, 1))
            told = f"rate changed ({before} -> {rates.in_words(times, max(live, 1))})"
            self.tell("rate_changed", result.id, told, signature=known.signature)
        return likely

    def _absent(self, result: ClauseResult, known: Known) -> None:
        """Hold a known divergence that did not show against how surely it would have."""
        if known.rate or result.verdict not in {"passed", "failed"}:
            return
        probes = self._probes(known.signature)
        expected = known.seen.sightings * result.live / max(known.seen.live, 1)
        if is_gone(known, probes) if was_performed(known, probes) else expected >= ENOUGH:
            self.tell("gone", result.id, "gone: strike it off", signature=known.signature)

    def _exercised(self, result: ClauseResult) -> None:
        """Note that a clause is no longer exercised, or not decided, where the baseline's runs did that each time."""
        baseline = self.held.baseline
        if result.verdict == "undecided" and not result.unconfirmed:
            if result.id not in baseline.not_exercised and is_required(result):
                told = f"undecided, and was not before: {result.reason}"
                self.tell("undecided", result.id, told, blocks=UNDECIDED)
            return
        if result.id == _WAITED_FOR or result.live or result.verdict not in {"not_exercised", "not_applicable"}:
            return
        least, directed = baseline.exercised.get(result.id, (0, 0))
        planned = self.same_profile and directed >= (PLANNED_IF_SPARED if KNOWN[self.profile].spares else PLANNED)
        if least * min(1.0, self.scale) >= ENOUGH or planned:
            told = f"no longer exercised (at least {least} checks before): {result.reason}"
            self.tell("no_longer_exercised", result.id, told, blocks=UNDECIDED)

    # --- the run

    def interpretation(self, result: ReadingResult) -> None:
        """Note an open clause of which no interpretation is left that the baseline has, or one is excluded that the
        baseline's runs would have excluded."""
        before = self.held.baseline.interpretations.get(result.id, ())
        lost = [one for one in before if one not in result.left]
        if not before or not result.left or not lost:
            return
        other = [one for one in result.left if one not in before]
        if len(lost) == len(before) or self._is_excluded(result.id, lost):
            told = f"interpretation changed ({' or '.join(lost)} -> {' or '.join(other or result.left)})"
            self.tell("interpretation_changed", result.id, told)

    def _is_excluded(self, clause: str, lost: Sequence[str]) -> bool:
        """Tell whether so many outcomes exclude an interpretation that the baseline's runs would have seen some."""
        live, before = self.tally.exercised[clause], self.held.baseline.least(clause)
        before *= self.held.baseline.runs.runs
        counts = self.tally.shown[clause]
        times = min(sum(count for options, count in counts.items() if one not in options) for one in lost)
        return times >= ENOUGH and (live / (live + before)) ** times < DOUBT * DOUBT

    def habits(self) -> None:
        """Note where the target behaves in another way although no clause says anything; not all, where there are
        many."""
        told = list(changed_habits(self.held.baseline, self.tally.habits))
        for one in told[:MOST_HABITS]:
            self.tell("habit_changed", "", f"behaviour changed: {one}")
        if told[MOST_HABITS:]:
            self.tell("habit_changed", "", f"behaviour changed in {len(told) - MOST_HABITS} more situations")

    def target(self, target: TargetSection) -> None:
        """Note that the baseline is one of another target."""
        lacks = lacking(self.held.baseline.target, target)
        if lacks:
            wanted = ", ".join(f"{key} {value}" for key, value in self.held.baseline.target.items())
            self.tell("another_target", "", f"the baseline is of another target ({wanted}): {lacks}")


def _chance(baseline: Baseline, clause: str, times: int, live: int) -> float:
    """Compute how likely chance puts all of so many occurrences into a run with so many exercised checks of a clause,
    and none into the baseline's."""
    everything = baseline.least(clause) * baseline.runs.runs + live
    return (live / everything) ** times if everything else 1.0


def _kin(baseline: Baseline, signature: str) -> str:
    """Name a clause of which a divergence is known that shows at the same answer, in the same way; "" if none. Parts of
    a filter are several things to get wrong, though they show alike."""
    kind, clause = kind_of(signature), signature.partition(":")[0]
    known = [each.clause for each in baseline.known.values() if kind_of(each.signature) == kind]
    return next((each for each in known if each == clause or not (_is_of_a_part(each) and _is_of_a_part(clause))), "")


def _is_of_a_part(clause: str) -> bool:
    """Return True for a clause about one part of a filter: it holds whatever the other parts do."""
    return clause.startswith("filter.") and clause not in _OF_WHOLE_FILTERS


def _by_kin(times: int, akin: str) -> str:
    return f"seen {times} times, probably by the cause of {akin}"


def kin_of(tally: Tally, held: Held) -> set[str]:
    """Give the divergences that the baseline does not know, and that probably have the cause of a known one, seen no
    more often than the baseline's runs may have missed them: however they shrink, they are no change."""
    baseline, found = held.baseline, set()
    for signature, occurrence in tally.shortest.items():
        clause = occurrence.broken.clause
        chance = _chance(baseline, clause, tally.seen[signature], tally.exercised[clause])
        if signature not in baseline.known and chance >= DOUBT_OF_KIN and _kin(baseline, signature):
            found.add(signature)
    return found


def compare(
    results: Sequence[ClauseResult],
    interpretations: Sequence[ReadingResult],
    tally: Tally,
    held: Held,
    target: TargetSection,
    profile: str,
) -> Compared:
    """Hold a run against a baseline."""
    scale = tally.total_calls / held.baseline.runs.calls if held.baseline.runs.calls else 1.0
    comparison = _Comparison(tally=tally, held=held, scale=scale, profile=profile)
    comparison.target(target)
    clauses = [comparison.clause(result) for result in results]
    for each in interpretations:
        comparison.interpretation(each)
    comparison.habits()
    changes = sorted(comparison.changes, key=lambda one: ORDER.index(one.kind))
    judged = any(clause.verdict in {"passed", "failed", "waived"} for clause in clauses)
    codes = {change.blocks for change in changes} | ({CONFORMS} if judged else {UNDECIDED})
    return Compared(
        clauses=clauses,
        section=BaselineSection(
            file=held.file, on=held.on.isoformat(), known=len(held.baseline.known), changes=changes
        ),
        exit_code=DIVERGES if DIVERGES in codes else max(codes),
    )


ORDER: Final[tuple[ChangeKind, ...]] = (
    "another_target",
    "new",
    "begins_elsewhere",
    "shows_otherwise",
    "interpretation_changed",
    "habit_changed",
    "rate_changed",
    "gone",
    "expired",
    "no_longer_exercised",
    "undecided",
    "seen_rarely",
)
"""The order in which changes are told."""


def _share(reproduced: str) -> float:
    """Give the share of re-runs that showed a divergence; 1 where there is no such count."""
    showed, _, runs = reproduced.partition("/")
    return int(showed) / int(runs) if showed.isdecimal() and runs.isdecimal() and int(runs) else 1.0
