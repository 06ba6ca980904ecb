"""Pinning: from the folders of finished runs to what a baseline says of their target.

Several runs with other seeds tell what comes and goes from what always shows, and how often a clause is exercised.
What people wrote (owner, reason, link, expiry) is taken over from the file that is there, or from waivers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from taskconform.conformance.engine.frontier import resized
from taskconform.conformance.errors import Refused
from taskconform.conformance.records import codec
from taskconform.conformance.records.traces import read_trace
from taskconform.conformance.verdicts import rates
from taskconform.conformance.verdicts.baseline import BASELINE, Baseline, Frontier, Known, Runs, Sighted
from taskconform.conformance.verdicts.gate import ENOUGH
from taskconform.conformance.verdicts.habits import ALL
from taskconform.conformance.verdicts.waivers import DIGESTS, NAME, is_version
from taskconform.reports.cause import cause_of
from taskconform.reports.document import Report, ReportError, decode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from taskconform.conformance.verdicts.waivers import Waiver
    from taskconform.reports.document import ClauseResult, DivergenceResult, TargetSection
    from taskconform.reports.trace import Trace

DIGITS: Final = 3
"""Significant digits of the ends of an interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A finished run: its report, and its traces by signature."""

    path: Path
    report: Report
    traces: dict[str, Trace]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What people wrote of a known divergence."""

    owner: str
    reason: str
    expires: date
    link: str = ""


@dataclass(slots=True, kw_only=True)
class _Seen:
    """How a divergence showed over the runs."""

    clause: str
    runs: int = 0
    sightings: list[int] = field(default_factory=list)
    wavers: bool = False
    found: DivergenceResult | None = None
    trace: Trace | None = None


def read_folder(path: Path) -> Folder:
    """Read what a finished run wrote. Raises Refused, TraceError."""
    try:
        report = decode((path / "report.json").read_bytes())
    except OSError as problem:
        message = f"{path} is no folder of a run: report.json: {problem.strerror}"
        raise Refused(message) from None
    except ReportError as problem:
        message = f"{path / 'report.json'}: {problem}"
        raise Refused(message) from None
    traces = {
        found.signature: read_trace(path / found.trace)
        for clause in report.clauses
        for found in clause.divergences
        if found.trace is not None
    }
    return Folder(path=path, report=report, traces=traces)


RECORDING: Final = "recording"
"""The key that the identity of a recording has, and that of a server has not: the form of its file."""


def pinned_target(target: TargetSection) -> dict[str, str]:
    """Name a target by its product version, as a range that further patches stay in: `~=0.56.0`. Where it tells no
    version: by a digest; by nothing but its name where there is none either. A recording is named by the product alone:
    the next one has another name, and holds more or less."""
    is_recording = RECORDING in target.identity
    versions = {
        key: str(value)
        for key, value in target.identity.items()
        if not is_recording and key not in DIGESTS and is_version(str(value))
    }
    about = str(target.about.get("version", ""))
    digests = {key: str(value) for key, value in target.identity.items() if key in DIGESTS}
    if versions:
        named = {key: as_range(value) for key, value in versions.items()}
    elif about:
        named = {"version": as_range(about) if is_version(about) else about}
    else:
        named = digests
    return named if is_recording and named else {NAME: target.name, **named}


def as_range(version: str) -> str:
    """Give the range of versions that differ in their last number only, or are the same where they have one."""
    plain = version.lower().removeprefix("v")
    return f"~={plain}" if len(plain.split("-")[0].split("+")[0].split(".")) > 1 else f"=={plain}"


def written_by(waivers: Sequence[Waiver]) -> dict[str, Written]:
    """Take over what people wrote in waivers."""
    return {
        each.signature: Written(owner=each.owner, reason=each.reason, expires=each.expires, link=each.link)
        for each in waivers
    }


def pin(folders: Sequence[Folder], written: Mapping[str, Written], default: Written) -> Baseline:
    """Make a baseline from finished runs on one target. Raises Refused if they are not of one."""
    first = folders[0].report
    target = pinned_target(first.target)
    for folder in folders[1:]:
        if pinned_target(folder.report.target) != target or folder.report.run.profile != first.run.profile:
            message = f"{folder.path} is another target, or another profile, than {folders[0].path}"
            raise Refused(message)
    reports = [folder.report for folder in folders]
    known = [
        _known(signature, seen, reports, written.get(signature, default))
        for signature, seen in sorted(_sightings(folders).items())
    ]
    return Baseline(
        schema=BASELINE,
        target=target,
        runs=Runs(
            profile=first.run.profile,
            runs=len(reports),
            seeds=tuple(sorted({one.run.seed for one in reports})),
            calls=round(sum(one.run.calls for one in reports) / len(reports)),
            suite=first.suite.version,
        ),
        divergence=tuple(each for each in known if not each.rate),
        intermittent=tuple(each for each in known if each.rate),
        interpretations=_interpretations(reports),
        not_exercised=_not_exercised(reports),
        exercised=_exercised(reports),
        habits=_habits(reports),
    )


def _sightings(folders: Sequence[Folder]) -> dict[str, _Seen]:
    """Collect how each divergence showed, run by run."""
    found: dict[str, _Seen] = {}
    for folder in folders:
        for clause in folder.report.clauses:
            for each in clause.divergences:
                seen = found.setdefault(each.signature, _Seen(clause=clause.id))
                seen.runs += 1
                seen.sightings.append(each.sightings)
                seen.wavers |= each.intermittent
                trace = folder.traces.get(each.signature)
                if seen.found is None or _is_better(trace, seen.trace):
                    seen.found, seen.trace = each, trace
            for signature in clause.unconfirmed:
                seen = found.setdefault(signature, _Seen(clause=clause.id))
                seen.runs += 1
                seen.sightings.append(1)
                seen.wavers = True
    for seen in found.values():
        seen.wavers |= seen.runs < len(folders) and seen.trace is None
    return found


def _is_better(trace: Trace | None, than: Trace | None) -> bool:
    """Tell whether a trace has fewer steps, or as many and tells more of where the divergence begins."""
    if trace is None or than is None:
        return than is None
    return (len(trace.plan), -len(trace.frontier)) < (len(than.plan), -len(than.frontier))


def _known(signature: str, seen: _Seen, reports: Sequence[Report], by: Written) -> Known:
    """Make an entry. A steady divergence whose frontier has one edge is pinned by the smallest steps that show it."""
    live = sum(_result(report, seen.clause).live for report in reports)
    count = sum(seen.sightings)
    low, high = rates.interval(count, max(live, count))
    plan = seen.trace.plan if seen.trace is not None else ()
    edges = seen.trace.frontier if seen.trace is not None else ()
    if len(edges) == 1:
        plan = resized(plan, edges[0].step, edges[0].size, edges[0].shows)
    frontier = tuple(
        Frontier(step=one.step + 1, size=one.size, shows=one.shows, shows_not=one.shows_not) for one in edges
    )
    return Known(
        clause=seen.clause,
        signature=signature,
        cause=cause_of(seen.trace),
        owner=by.owner,
        reason=by.reason,
        expires=by.expires,
        link=by.link,
        seen=Sighted(runs=seen.runs, sightings=count, most=max(seen.sightings), live=live),
        frontier=() if seen.wavers else frontier,
        steps=() if seen.wavers else tuple(msgspec.json.encode(codec.encode(step)).decode() for step in plan),
        observed=_observed(seen) if not seen.wavers and not frontier else "",
        rate=rates.in_words(count, live) if seen.wavers else "",
        interval=(rounded(low), rounded(high)) if seen.wavers else None,
    )


def _observed(seen: _Seen) -> str:
    """Give what the re-runs of the known steps observed, if that was the same each time."""
    answers = seen.found.answers if seen.found is not None else []
    return answers[0] if len(answers) == 1 else ""


def rounded(value: float) -> float:
    """Round an end of an interval, as it is written."""
    return float(f"{value:.{DIGITS}g}")


def _result(report: Report, clause: str) -> ClauseResult:
    return next(each for each in report.clauses if each.id == clause)


def _interpretations(reports: Sequence[Report]) -> dict[str, tuple[str, ...]]:
    """Give the interpretations of each open clause that no run has excluded, where any is left."""
    left: dict[str, list[str]] = {}
    for report in reports:
        for each in report.readings:
            before = left.get(each.id, each.left)
            left[each.id] = [one for one in before if one in each.left]
    return {clause: tuple(ids) for clause, ids in sorted(left.items()) if ids}


def _not_exercised(reports: Sequence[Report]) -> dict[str, str]:
    """Give the clauses that some run did not exercise at all, or did not decide for another reason than a divergence,
    and why."""
    return {
        clause.id: clause.reason
        for report in reversed(reports)
        for clause in report.clauses
        if (clause.verdict == "not_exercised" and not clause.live)
        or (clause.verdict == "undecided" and not clause.unconfirmed)
    }


def _habits(reports: Sequence[Report]) -> dict[str, dict[str, int]]:
    """Give for each situation that came up in enough test cases of every run all ways in which the target behaved, with
    the fewest test cases of a run that showed them."""
    found: dict[str, dict[str, int]] = {}
    for situation in sorted({each for report in reports for each in report.habits}):
        counts = [report.habits.get(situation, {}) for report in reports]
        if min(count.get(ALL, 0) for count in counts) >= ENOUGH:
            ways = sorted({way for count in counts for way in count})
            found[situation] = {way: min(count.get(way, 0) for count in counts) for way in ways}
    return found


def _exercised(reports: Sequence[Report]) -> dict[str, tuple[int, int]]:
    """Give the fewest exercised checks of each clause in a run, and the fewest of them in directed test cases, where
    every run had some."""
    found: dict[str, tuple[int, int]] = {}
    for report in reports:
        for clause in report.clauses:
            live, directed = found.get(clause.id, (clause.live, clause.directed))
            found[clause.id] = (min(clause.live, live), min(clause.directed, directed))
    return {clause: counts for clause, counts in found.items() if counts[0]}
