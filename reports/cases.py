"""Clauses as test cases: what a test runner shows of a verdict, and in which words.

One mapping for all of them (pytest's items, `junit.xml`, `allure-results/`): passed is passed, failed is failed, waived
is an expected failure, not applicable is skipped; undecided is an error, and so is a clause that was required and not
exercised. A should-clause that failed is an expected failure unless the run was strict. A clause whose waiver is stale
or has expired is failed, whatever its verdict: something has to be done about it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from taskconform.reports.document import lapsed
from taskconform.reports.plain import one_line
from taskconform.reports.wording import LABELS, LEVELS, area_of, named, open_groups, statement_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.reports.document import Change, ClauseResult, DivergenceResult, Report, WaiverResult

Outcome = Literal["passed", "failed", "xfailed", "error", "skipped"]
"""Outcome of a test case."""

SEVERITIES: Final = {"M": "critical", "S": "minor", "Q": "normal"}
"""Severity of a failure, by the clause's level, in the words of test reports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A probable cause: its headline, and the clauses that it breaks."""

    headline: str
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One clause as a test case. `message` is one line, `text` all there is to say; both are empty if it passed.
    `causes` are the probable causes of its divergences, each with the other clauses that it breaks."""

    clause: ClauseResult
    outcome: Outcome
    message: str = ""
    text: str = ""
    causes: tuple[Cause, ...] = ()

    @property
    def area(self) -> str:
        """Return the area of the clause."""
        return area_of(self.clause.id)

    @property
    def level(self) -> str:
        """Return the clause's level, as a word."""
        return LEVELS[self.clause.level]

    @property
    def severity(self) -> str:
        """Return the severity of a failure."""
        return SEVERITIES[self.clause.level]

    @property
    def properties(self) -> list[tuple[str, str]]:
        """Return the properties that test reports keep beside the outcome."""
        return [("clause", self.clause.id), ("area", self.area), ("level", self.level)]


def cases(
    report: Report,
    listings: Mapping[str, str],
    *,
    strict: bool,
    required: Callable[[ClauseResult], bool],
    files: bool = True,
) -> list[Case]:
    """Every clause of a report as a test case: those that failed first, by probable cause, then errors, then the others
    in the report's order.

    `listings` gives for a signature the steps of its trace, as text; `required` says whether a clause that was not
    exercised leaves the run undecided; without `files` no trace and no script is named.
    """
    if report.baseline is not None:
        found = _compared(report, listings, strict=strict, required=required, files=files)
    else:
        found = _plain(report, listings, strict=strict, required=required, files=files)
    return _ordered(report, found)


def _ordered(report: Report, found: list[Case]) -> list[Case]:
    """Put failures first, by probable cause, and note the causes."""
    causes: dict[str, list[Cause]] = {}
    for group, members in open_groups(report):
        cause = Cause(headline=_line(group.headline), clauses=tuple(dict.fromkeys(clause.id for clause, _ in members)))
        for clause in cause.clauses:
            causes.setdefault(clause, []).append(cause)
    places = {clause: place for place, clause in enumerate(causes)}
    cases = [_caused(case, causes.get(case.clause.id, [])) for case in found]
    return sorted(cases, key=lambda one: (_RANKS.get(one.outcome, len(_RANKS)), places.get(one.clause.id, len(places))))


def _caused(case: Case, causes: list[Cause]) -> Case:
    """Note the probable causes of a case; its text begins with those that it shares with other clauses."""
    if case.outcome not in {"failed", "xfailed"} or not causes:
        return case
    others = [(cause, [one for one in cause.clauses if one != case.clause.id]) for cause in causes]
    shared = "\n".join(
        f"{'cause':<12}{cause.headline} (probably; breaks {named(broken)} too)" for cause, broken in others if broken
    )
    return replace(case, causes=tuple(causes), text=f"{shared}\n\n{case.text}" if shared else case.text)


_RANKS: Final = {"failed": 0, "error": 1}
"""Outcomes that come first."""


def _plain(
    report: Report,
    listings: Mapping[str, str],
    *,
    strict: bool,
    required: Callable[[ClauseResult], bool],
    files: bool,
) -> list[Case]:
    """Every clause as a test case, by its verdict and its waivers."""
    over: dict[str, list[WaiverResult]] = {}
    for waiver in lapsed(report):
        over.setdefault(waiver.clause, []).append(waiver)
    return [
        _lapsed(
            _case(clause, _outcome(clause, strict=strict, required=required(clause)), listings, files=files),
            over.get(clause.id, []),
        )
        for clause in report.clauses
    ]


def _compared(
    report: Report,
    listings: Mapping[str, str],
    *,
    strict: bool,
    required: Callable[[ClauseResult], bool],
    files: bool,
) -> list[Case]:
    """Every clause as a test case, held against a baseline: what has changed fails, or is an error where it is no
    longer judged; what is as it was is no failure."""
    changes: dict[str, list[Change]] = {}
    for change in report.baseline.changes if report.baseline is not None else ():
        if change.blocks:
            changes.setdefault(change.clause, []).append(change)
    found = []
    for clause in report.clauses:
        plain = _outcome(clause, strict=strict, required=required(clause))
        changed = changes.get(clause.id, [])
        outcome: Outcome = {"error": "skipped", "failed": "xfailed"}.get(plain, plain)  # type: ignore[assignment]
        if changed:
            outcome = "failed" if any(change.blocks == 1 for change in changed) else "error"
        case = _case(clause, outcome, listings, files=files)
        if changed:
            told = "; ".join(_line(change.told) for change in changed)
            text = "\n".join(_line(change.told) for change in changed)
            rest = case.text or f"the text    {statement_of(clause)}"
            case = Case(clause=clause, outcome=outcome, message=told, text=f"{text}\n\n{rest}")
        found.append(case)
    return found


def _lapsed(case: Case, waivers: list[WaiverResult]) -> Case:
    """The case of a clause with these waivers that are stale or have expired."""
    if not waivers:
        return case
    told = "; ".join(_line(f"{each.state} waiver of {each.signature}: {each.why}") for each in waivers)
    rows = "\n".join(
        f"{'waiver':<12}{each.number}, {each.signature}: {each.state}; {each.why}\n{'':<12}{each.reason} ({each.owner})"
        for each in waivers
    )
    return Case(
        clause=case.clause,
        outcome="failed",
        message=f"{told}; {case.message}" if case.outcome == "failed" else told,
        text=f"{rows}\n\n{case.text or f'the text    {statement_of(case.clause)}'}",
    )


def _outcome(clause: ClauseResult, *, strict: bool, required: bool) -> Outcome:
    """Return the outcome of a clause as a test case."""
    match clause.verdict:
        case "passed":
            return "passed"
        case "failed":
            return "xfailed" if clause.level == "S" and not strict else "failed"
        case "waived":
            return "xfailed"
        case "undecided":
            return "error"
        case "not_exercised":
            return "error" if required else "skipped"
        case "not_applicable":
            return "skipped"


def _case(clause: ClauseResult, outcome: Outcome, listings: Mapping[str, str], *, files: bool) -> Case:
    """A clause, its outcome, and the words for it."""
    if outcome == "passed":
        return Case(clause=clause, outcome=outcome)
    if clause.verdict in {"failed", "waived"}:
        text = "\n\n".join(
            [
                f"the text    {statement_of(clause)}",
                *([] if clause.divergences else [clause.reason]),
                *(
                    divergence_text(found, listings.get(found.signature, ""), files=files)
                    for found in clause.divergences
                ),
            ]
        )
        return Case(clause=clause, outcome=outcome, message=_failure(clause), text=text)
    label = LABELS[clause.verdict]
    message = f"{label}: {clause.reason}" if outcome == "error" else clause.reason or label
    return Case(
        clause=clause,
        outcome=outcome,
        message=_line(message),
        text=f"the text    {statement_of(clause)}\n\n{_line(message)}",
    )


def _failure(clause: ClauseResult) -> str:
    """A failure in one line: why it is no surprise, if it is none, and the divergence with the shortest trace, among
    those that no waiver covers."""
    ordered = sorted(clause.divergences, key=lambda each: each.waiver is not None)
    found = ordered[0] if ordered else None
    told = f"expected {found.expected}; observed {found.observed}" if found is not None else clause.reason
    if clause.verdict == "waived" and found is None:
        return _line(f"waived: {told}")
    if clause.verdict == "waived":
        waivers = dict.fromkeys(each.waiver for each in clause.divergences if each.waiver)
        return _line(f"waived: {', '.join(waivers) or 'no reason given'}: {told}")
    return _line(f"{LEVELS[clause.level]}: {told}")


def divergence_text(found: DivergenceResult, listing: str, *, files: bool = True) -> str:
    """One divergence: expected, observed, how often it showed, where it is kept, and the steps that show it."""
    rate = found.reproduced + (", intermittent" if found.intermittent else "")
    rows = [("expected", found.expected), ("observed", found.observed), ("reproduced", rate), ("waiver", found.waiver)]
    if files:
        rows += [("script", found.script), ("trace", found.trace)]
    head = "\n".join(f"{name:<12}{_line(text)}" for name, text in rows if text)
    steps = "\n".join(f"  {line}" for line in listing.rstrip("\n").splitlines())
    return f"{head}\n\n{steps}" if steps else head


def _line(text: str) -> str:
    """The text, in one line."""
    return " ".join(one_line(text).split())
