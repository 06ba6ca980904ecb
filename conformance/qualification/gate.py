"""The gate: from the results of single runs to the document. Pure: the same results, the same document."""

from __future__ import annotations

from collections import Counter
from importlib.metadata import version
from statistics import median
from typing import TYPE_CHECKING

from taskconform.conformance.qualification.document import (
    NAMED_SHARE,
    QUICK_SHARE,
    SCHEMA,
    STANDARD_SHARE,
    ClauseResult,
    FaultResult,
    Odds,
    Qualification,
    Variants,
)
from taskconform.conformance.qualification.mutants.registry import BUGS, LISTS, frozen_bugs
from taskconform.conformance.qualification.rows import Hunted, Watched
from taskconform.conformance.qualification.watched import AND
from taskconform.model.clauses.registry import CLAUSES, registry_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taskconform.conformance.qualification.coverage import Survey
    from taskconform.conformance.qualification.mutants.registry import Bug
    from taskconform.conformance.qualification.rows import Row

QUICK, STANDARD = "quick", "standard"

FORBIDS_NOTHING = "the text leaves it open: what a target does is recorded, and no behaviour is wrong by itself"
"""Reason why an open clause need not kill a mutant."""


def document(rows: Iterable[Row], *, fingerprint: str, whole: bool, survey: Survey | None = None) -> Qualification:
    """Make the document of these results. `whole`: all faults were to be run, so every clause has to have killed
    one."""
    rows = list(rows)
    hunted = [row for row in rows if isinstance(row, Hunted)]
    free = [row for row in hunted if not row.wanted]
    faults = tuple(_fault(bug, [row for row in free if row.name == bug.id]) for bug in _run_bugs(free))
    clauses = clause_results(hunted)
    watched = [row for row in rows if isinstance(row, Watched)]
    alone = _variants([row for row in watched if AND not in row.name])
    fives = _variants([row for row in watched if AND in row.name])
    runs = sum(fault.quick.runs for fault in faults)
    quick = sum(fault.quick.kills for fault in faults)
    late = sum(fault.standard.kills for fault in faults if fault.standard is not None)
    profiles = tuple(name for name in (QUICK, STANDARD) if any(row.profile == name for row in rows))
    odds = [each for fault in faults for each in (fault.quick, fault.standard) if each is not None]
    found = sum(each.found for each in odds)
    shares = (
        quick / runs if runs else None,
        (quick + late) / runs if runs and _is_complete(faults) else None,
        sum(each.kills for each in odds) / found if found else None,
    )
    failures = (*_share_failures(shares), *_broken(faults), *_raised(alone, fives))
    if whole:
        failures += tuple(f"{one.id} kills no mutant" for one in clauses if not one.bites)
    return Qualification(
        schema=SCHEMA,
        version=version("taskconform"),
        registry_digest=registry_digest(),
        fingerprint=fingerprint,
        seeds=tuple(sorted({row.seed for row in free})),
        profiles=profiles,
        known=len(BUGS),
        faults=faults,
        clauses=clauses,
        alone=alone,
        fives=fives,
        quick_share=shares[0],
        standard_share=shares[1],
        named_share=shares[2],
        median=_median(faults),
        failures=failures,
        coverage=survey.clauses if survey is not None else (),
        arguments=survey.arguments if survey is not None else (),
    )


def _run_bugs(rows: Sequence[Hunted]) -> list[Bug]:
    """List the bugs that were run, in the lists' order."""
    names = {row.name for row in rows}
    return [bug for fault, bug in BUGS.items() if fault in names]


_LISTED = {fault: name for name in LISTS for fault in frozen_bugs(name)}


def _fault(bug: Bug, rows: Sequence[Hunted]) -> FaultResult:
    """Sum up the runs of one mutant."""
    late = [row for row in rows if row.profile == STANDARD]
    return FaultResult(
        id=bug.id,
        list=_LISTED[bug.id],
        wrong=" ".join(bug.wrong.split()),
        clauses=bug.clauses,
        also=bug.also,
        quick=_odds(bug, [row for row in rows if row.profile == QUICK]),
        standard=_odds(bug, late) if late else None,
    )


def _odds(bug: Bug, rows: Sequence[Hunted]) -> Odds:
    """Sum up the runs of one mutant with one profile."""
    wrong = Counter(clause for row in rows for clause in row.others if clause not in bug.also)
    return Odds(
        runs=len(rows),
        kills=sum(bool(row.killed_by) for row in rows),
        found=sum(bool(row.killed_by or row.others) for row in rows),
        by=dict(Counter(row.killed_by for row in rows if row.killed_by).most_common()),
        calls={row.seed: row.calls if row.killed_by else None for row in sorted(rows, key=lambda row: row.seed)},
        wrong=dict(wrong.most_common()),
        broke=next((row.broke for row in rows if row.broke), ""),
    )


def _is_complete(faults: Iterable[FaultResult]) -> bool:
    """Tell whether standard was run wherever quick had missed."""
    return all(
        fault.quick.kills == fault.quick.runs
        or (fault.standard is not None and fault.standard.runs == fault.quick.runs - fault.quick.kills)
        for fault in faults
    )


def _median(faults: Iterable[FaultResult]) -> float | None:
    """The median of the calls to detection with quick; a run that found nothing needed more than any number."""
    calls = [calls for fault in faults for calls in fault.quick.calls.values()]
    middle = median(float("inf") if one is None else one for one in calls) if calls else float("inf")
    return None if middle == float("inf") else middle


def clause_results(rows: Iterable[Hunted]) -> tuple[ClauseResult, ...]:
    """Every clause, with the faults that were found by it."""
    kills: dict[str, set[str]] = {}
    breaks: dict[str, set[str]] = {}
    soonest: dict[str, Hunted] = {}
    for row in sorted(rows, key=lambda row: (row.calls, row.key)):
        bug = BUGS[row.name]
        for clause in (row.killed_by, *row.others) if row.profile == QUICK else ():
            if clause in bug.clauses or clause in bug.also:
                soonest.setdefault(clause, row)
        for clause in (row.killed_by, *row.others):
            if clause in bug.clauses:
                kills.setdefault(clause, set()).add(bug.id)
            elif clause in bug.also:
                breaks.setdefault(clause, set()).add(bug.id)
    return tuple(
        ClauseResult(
            id=clause.id,
            level=clause.level,
            kills=tuple(sorted(kills.get(clause.id, ()))),
            breaks=tuple(sorted(breaks.get(clause.id, ()))),
            witness=(soonest[clause.id].name, soonest[clause.id].seed) if clause.id in soonest else None,
            unkilled=clause.unkilled or (FORBIDS_NOTHING if clause.level == "Q" else ""),
        )
        for clause in CLAUSES.values()
    )


def _variants(rows: Sequence[Watched]) -> Variants:
    """Sum up the runs of variants."""
    return Variants(
        names=tuple(sorted({row.name for row in rows})),
        runs=len(rows),
        calls=sum(row.calls for row in rows),
        alarms={f"{row.name} (seed {row.seed})": row.alarms for row in rows if row.alarms},
    )


# --- why the gate does not hold ---------------------------------------------------------------------------------------


def _share_failures(shares: tuple[float | None, float | None, float | None]) -> tuple[str, ...]:
    """The shares that are too small."""
    asked = (
        ("quick found", shares[0], QUICK_SHARE),
        ("standard found", shares[1], STANDARD_SHARE),
        ("a right clause was named in", shares[2], NAMED_SHARE),
    )
    return tuple(
        f"{what} {share:.1%} of the runs, not {least:.0%}"
        for what, share, least in asked
        if share is not None and share < least
    )


def _broken(faults: Iterable[FaultResult]) -> tuple[str, ...]:
    """The simulators that broke."""
    odds = [(fault.id, each) for fault in faults for each in (fault.quick, fault.standard) if each is not None]
    return tuple(f"the simulator of {fault} broke: {each.broke}" for fault, each in odds if each.broke)


def _raised(*variants: Variants) -> tuple[str, ...]:
    """The alarms."""
    return tuple(
        f"an alarm on {run}: {alarm}" for each in variants for run, found in each.alarms.items() for alarm in found
    )
