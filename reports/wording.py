"""Words of a finished run: the verdict in one sentence, the clauses left out and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.clauses.registry import AREAS, CLAUSES
from taskconform.reports.document import Group, lapsed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from taskconform.reports.document import (
        BaselineSection,
        Change,
        ClauseResult,
        DivergenceResult,
        Report,
        Verdict,
    )

LABELS: Final[dict[Verdict, str]] = {
    "passed": "passed",
    "failed": "failed",
    "waived": "waived",
    "undecided": "undecided",
    "not_exercised": "not exercised",
    "not_applicable": "not applicable",
}
"""The verdicts as people write them."""

LEVELS: Final = {"M": "must", "S": "should", "Q": "reading"}
"""The levels in words."""

LEFT_OUT: Final[tuple[Verdict, ...]] = ("undecided", "not_exercised", "not_applicable")
"""Verdicts that leave open if the clause holds."""


def counted(count: int, noun: str) -> str:
    """`1 clause`, `2 clauses`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def with_verdict(report: Report, *verdicts: Verdict) -> list[ClauseResult]:
    """The clauses with one of these verdicts: must before should before open clauses, else in the report's order."""
    found = [clause for clause in report.clauses if clause.verdict in verdicts]
    return sorted(found, key=lambda clause: "MSQ".index(clause.level))


RECORDED: Final = "recorded"
"""The profile of a recording: its verdict is on the recording, not on the target."""


def is_recorded(report: Report) -> bool:
    """Return true if the report is of a recording, and not of a run."""
    return report.run.profile == RECORDED


def reference(clause: str, documentation: str) -> str:
    """The address of a clause in the clause reference, of pages that are published at this address; empty if they are
    not published, or the clause is none of this version's."""
    return f"{documentation.rstrip('/')}/clauses/#{clause}" if documentation and clause in CLAUSES else ""


def verdict(report: Report) -> str:
    """Return the verdict on the target, in one sentence."""
    if report.baseline is not None and report.run.exit_code in {0, 1, 2}:
        return f"{_compared(report, report.baseline)}; {left_out(report)}."
    told = (_SHOWN if is_recorded(report) else _TOLD).get(report.run.exit_code)
    code = report.run.exit_code
    sentence = told(report) if told is not None else _BROKEN.get(code, f"The run ended with exit code {code}")
    return "; ".join((sentence, *lost_in_words(report), left_out(report))) + "."


def _compared(report: Report, section: BaselineSection) -> str:
    """Say whether anything has changed since the baseline was made."""
    known = f"{counted(report.totals.passed, 'clause')} passed, {report.totals.waived} diverge as known"
    blocking = [change for change in section.changes if change.blocks]
    if blocking:
        return f"{counted(len(blocking), 'change')} against {section.file}: {known}"
    if report.run.exit_code:
        return f"Nothing was judged against {section.file}"
    return f"Nothing has changed against {section.file}: {known}"


def changed(change: Change) -> str:
    """Tell a change in one line."""
    return f"{change.clause}: {change.told}" if change.clause else change.told


def _conforms(report: Report) -> str:
    also = _allowed_failures(report)
    tail = f" ({', '.join(also)})" if also else ""
    return f"The target conforms: {counted(report.totals.passed, 'clause')} passed{tail}"


def _allowed_failures(report: Report) -> list[str]:
    """Count the failures that decide nothing: those waived, and those of clauses that should hold."""
    should = sum(clause.level == "S" for clause in with_verdict(report, "failed"))
    waived = [f"{counted(report.totals.waived, 'failure')} waived"] if report.totals.waived else []
    return [*waived, f"{counted(should, 'clause')} that should hold failed"] if should else waived


def _diverges(report: Report) -> str:
    failed = with_verdict(report, "failed")
    lapses = lapsed_in_words(report)
    if not failed:
        return f"No clause failed, but {lapses or 'a waiver is stale or has expired'}"
    counts = [
        f"{count} {LEVELS[level]}" for level in "MSQ" if (count := sum(clause.level == level for clause in failed))
    ]
    waived = f", {report.totals.waived} more waived" if report.totals.waived else ""
    tail = f", and {lapses}" if lapses else ""
    return f"The target diverges from {counted(len(failed), 'clause')} ({', '.join(counts)}){waived}{tail}"


def lapsed_in_words(report: Report) -> str:
    """Count the waivers that are stale or have expired; empty if none."""
    states = [each.state for each in lapsed(report)]
    stale, expired = states.count("stale"), states.count("expired")
    parts = [f"{counted(stale, 'waiver')} {'is' if stale == 1 else 'are'} stale"] if stale else []
    parts += [f"{counted(expired, 'waiver')} {'has' if expired == 1 else 'have'} expired"] if expired else []
    return " and ".join(parts)


def _undecided(report: Report) -> str:
    passed = counted(report.totals.passed, "clause")
    why = "not all that the profile requires was judged"
    if report.lost is not None and report.lost.too_many:
        why = "too many answers were lost"
    failed = ", ".join(_allowed_failures(report)) or "none failed"
    return f"Not decided: {passed} passed and {failed}, but {why}"


_TOLD: Final[dict[int, Callable[[Report], str]]] = {0: _conforms, 1: _diverges, 2: _undecided}
_SHOWN: Final[dict[int, Callable[[Report], str]]] = {
    0: lambda report: f"Nothing in the recording diverges: {counted(report.totals.passed, 'clause')} passed",
    1: lambda report: _diverges(report).replace("The target diverges", "The recording shows a divergence"),
    2: lambda _: "Nothing in the recording could be judged",
}
_BROKEN: Final = {
    3: "Nothing was judged: the run was not set up as it should be",
    4: "The run broke off: the target could not be reached, or the suite itself failed",
    130: "The run was interrupted",
}


def left_out(report: Report) -> str:
    """Count the clauses that are left out of the verdict, by verdict."""
    totals = report.totals
    parts = [f"{getattr(totals, each)} {LABELS[each]}" for each in LEFT_OUT if getattr(totals, each)]
    count = sum(getattr(totals, each) for each in LEFT_OUT)
    return f"{count} of {counted(len(report.clauses), 'clause')} left out" + (f" ({', '.join(parts)})" if parts else "")


def share(report: Report) -> str:
    """The share that passed, never without the number left out; no percentage where answers were lost."""
    totals = report.totals
    judged = totals.passed + totals.failed + totals.waived
    if not judged:
        return f"nothing was judged; {left_out(report)}"
    percentage = f" ({100 * totals.passed // judged} %)" if report.lost is None else ""
    return "; ".join(
        (f"{totals.passed} of {judged} judged passed{percentage}", *lost_in_words(report), left_out(report))
    )


def lost_in_words(report: Report) -> list[str]:
    """Count the lost answers: one part of a sentence, or none."""
    lost = report.lost
    return [] if lost is None else [f"{lost.times} of {counted(lost.calls, 'answer')} lost"]


def shortfalls(report: Report) -> list[str]:
    """Say what the run had to go without, one line each: calls of the set-up, and answers that were lost, by call and
    reason."""
    lines = [
        f"set-up: {each.call} came to {each.outcome} {counted(each.times, 'time')}; what needs it was left out"
        for each in report.setup
    ]
    lost = report.lost
    if lost is not None:
        lines += [f"lost: {each.call}, {counted(each.times, 'answer')}: {each.reason}" for each in lost.answers]
        rest = lost.times - sum(each.times for each in lost.answers)
        lines += [f"lost: {counted(rest, 'answer')} more, for other reasons"] if rest else []
    return lines


def by_reason(clauses: Iterable[ClauseResult]) -> list[tuple[str, list[ClauseResult]]]:
    """The clauses by the reason given, the most frequent reason first."""
    groups: dict[str, list[ClauseResult]] = {}
    for clause in clauses:
        groups.setdefault(clause.reason or "no reason given", []).append(clause)
    return sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))


def cut(texts: Sequence[str], most: int) -> list[str]:
    """Give so many lines at most; the last of them says how many are left out."""
    left = len(texts) - most
    return list(texts) if left <= 0 else [*texts[: most - 1], f"and {left + 1} more"]


def named(ids: Sequence[str], most: int = 3) -> str:
    """Name some of these: `a, b, c and 4 more`."""
    left = len(ids) - most
    return ", ".join(ids) if left <= 1 else f"{', '.join(ids[:most])} and {left} more"


def open_groups(report: Report) -> list[tuple[Group, list[tuple[ClauseResult, DivergenceResult]]]]:
    """The groups of divergences that nothing accepts: those that have a failure of a clause that must hold first. In a
    document without groups each divergence is one of its own."""
    found = {
        one.signature: (clause, one)
        for clause in with_verdict(report, "failed", "waived", "undecided")
        for one in clause.divergences
        if not one.waiver
    }
    known = {signature for group in report.groups for signature in group.signatures}
    rest = [Group(headline=one.summary, signatures=[one.signature]) for _, one in found.values()]
    groups = [*report.groups, *(group for group in rest if group.signatures[0] not in known)]
    members = [(group, [found[one] for one in group.signatures if one in found]) for group in groups]
    return [(group, ones) for group, ones in members if ones]


def seen_only(report: Report) -> list[str]:
    """Tell what is not as in the baseline, and blocks nothing: a line each."""
    changes = report.baseline.changes if report.baseline is not None else []
    return [changed(change) for change in changes if not change.blocks]


def area_of(clause_id: str) -> str:
    """The area that a clause belongs to, by its id where the registry does not know it."""
    known = CLAUSES.get(clause_id)
    return known.area if known is not None else clause_id.partition(".")[0]


def area_title(area: str) -> str:
    """An area's title."""
    return AREAS.get(area, area)


def statement_of(clause: ClauseResult) -> str:
    """The sentence that the clause quotes, or its title where the registry does not know it."""
    known = CLAUSES.get(clause.id)
    return known.statement if known is not None else clause.title


def reading_of(clause_id: str, reading: str) -> str:
    """Return the statement of an interpretation of an open clause."""
    known = CLAUSES.get(clause_id)
    found = {each.id: each.statement for each in known.readings} if known is not None else {}
    return found.get(reading, reading)


def product(report: Report) -> str:
    """The product as AboutInfo has it, in one line."""
    about = report.target.about
    name = about.get("full_name") or about.get("fullName") or about.get("name") or "unknown product"
    version = about.get("api_version") or about.get("apiVersion")
    return f"{name}, API {version}" if version else str(name)


def left_exhausted(report: Report) -> str:
    """Say that the server has no room for a new session's collector after the run."""
    return f"the server was left exhausted: a new session asked for a collector, and got {report.run.canary}"


def not_run_again(report: Report) -> str:
    """Say how many divergences were seen and not run again; "" if all were."""
    count = report.run.not_run_again
    each = "each" if count > 1 else "it"
    return f"{counted(count, 'divergence')} seen and not run again: the clause of {each} has many" if count else ""


def again(report: Report) -> str:
    """The command that makes the same calls again."""
    run = report.run
    if run.command:
        return run.command
    return f"taskconform run {report.target.name} --profile {run.profile} --seed {run.seed}"
