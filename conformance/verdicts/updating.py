"""Updating: a baseline that is there, brought up to date by later runs whose changes people have accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from taskconform.conformance.verdicts import rates
from taskconform.conformance.verdicts.baseline import Sighted
from taskconform.conformance.verdicts.habits import ALL
from taskconform.conformance.verdicts.habits_held import VANISHED
from taskconform.conformance.verdicts.pinning import rounded
from taskconform.conformance.verdicts.waivers import lacking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskconform.conformance.verdicts.baseline import Baseline, Known
    from taskconform.conformance.verdicts.pinning import Folder


def updated(old: Baseline, new: Baseline, folders: Sequence[Folder]) -> Baseline:
    """Bring a baseline up to date. What the later runs show counts; of what they do not show stays what comes and goes,
    and what they say nothing of. The range of the target's versions stays if it still fits."""
    gone = {
        change.signature
        for folder in folders
        if folder.report.baseline is not None
        for change in folder.report.baseline.changes
        if change.kind == "gone"
    }
    held = all(folder.report.baseline is not None for folder in folders)
    lives = {clause.id: clause.live for folder in folders for clause in folder.report.clauses}
    known = [_one(old.known.get(each.signature), each) for each in new.known.values()]
    known += [
        _seen_less(each, lives.get(each.clause, 0))
        for each in old.known.values()
        if each.signature not in new.known and each.signature not in gone and (held or each.rate)
    ]
    fits = not lacking(old.target, folders[-1].report.target)
    return msgspec.structs.replace(
        new,
        target=old.target if fits else new.target,
        divergence=tuple(sorted((each for each in known if not each.rate), key=lambda one: one.signature)),
        intermittent=tuple(sorted((each for each in known if each.rate), key=lambda one: one.signature)),
        interpretations={**old.interpretations, **new.interpretations},
        habits=_both(old, new),
        exercised={clause: _fewer(counts, old.exercised.get(clause)) for clause, counts in new.exercised.items()},
    )


def _both(old: Baseline, new: Baseline) -> dict[str, dict[str, int]]:
    """Put habits together: every way that either has, with the fewer test cases of a run; one that the later runs have
    in none of enough is gone."""
    found = dict(old.habits)
    for situation, ways in new.habits.items():
        before = old.habits.get(situation)
        if before is None:
            found[situation] = ways
            continue
        found[situation] = {way: min(times, before.get(way, 0)) for way, times in ways.items()}
        rare = [way for way, times in before.items() if times * ways[ALL] < VANISHED * before[ALL]]
        found[situation] |= {way: 0 for way in rare if way not in ways}
    return found


def _fewer(counts: tuple[int, int], before: tuple[int, int] | None) -> tuple[int, int]:
    """Give the fewest exercised checks of both."""
    return counts if before is None else (min(counts[0], before[0]), min(counts[1], before[1]))


def _one(old: Known | None, new: Known) -> Known:
    """Put together what is known of a divergence that the later runs show."""
    if old is None:
        return new
    seen = Sighted(
        runs=old.seen.runs + new.seen.runs,
        sightings=old.seen.sightings + new.seen.sightings,
        most=max(old.seen.most, new.seen.most),
        live=old.seen.live + new.seen.live,
    )
    both = msgspec.structs.replace(
        new, seen=seen, steps=new.steps or old.steps, frontier=new.frontier if new.steps else old.frontier
    )
    return _rated(both) if old.rate or new.rate else both


def _seen_less(old: Known, live: int) -> Known:
    """Add checks in which a known divergence did not show."""
    seen = msgspec.structs.replace(old.seen, live=old.seen.live + live)
    known = msgspec.structs.replace(old, seen=seen)
    return _rated(known) if old.rate else known


def _rated(known: Known) -> Known:
    """Compute the rate of what comes and goes anew."""
    count, live = known.seen.sightings, max(known.seen.live, known.seen.sightings)
    low, high = rates.interval(count, live)
    return msgspec.structs.replace(
        known, rate=rates.in_words(count, live), interval=(rounded(low), rounded(high)), steps=(), frontier=()
    )
