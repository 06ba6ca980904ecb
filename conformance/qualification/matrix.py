"""The kill matrix as a page: which fault is found by which clause, how surely, after how many calls; and what survives.

Pure: drawn from the document alone.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from taskconform.conformance.qualification.document import FaultResult, Odds, Qualification, Variants

INTRODUCTION: Final = """\
# Kill matrix

Does the suite bite? Seeded faults are simulators that are right in all but one thing. Each was written down, with the
clauses that rightly name it, before the suite was run on it (`mutants/lists/`). To see one run, and to
compute all of this again:

    taskconform run taskconform.conformance.faults:open_target --set fault=root-is-the-grandparent
    taskconform qualify

A run ends at the first *kill*: a departure from a clause that rightly names the fault. *Calls* counts all calls up to
it, over the shards of the profile in their fixed order; the median is over the seeds, and a run that found nothing
counts as longer than any other. Where quick found nothing the seed's plans of standard were run; what quick finds,
standard is taken to find as well. *Others* are clauses that were named before, and neither name the fault nor are
broken by it.

This page is written by `python docs/generate_kill_matrix.py DIR`, from `DIR/qualify.json`.
"""
COLUMNS: Final = ("| fault | killed by | quick | calls | standard | others |", "|---|---|---|---|---|---|")
CLAUSES: Final = ("| clause | level | faults that it killed | named besides others |", "|---|---|---|---|")


def share(part: float | None) -> str:
    """A share as people read it."""
    return "-" if part is None else f"{part:.1%}"


def calls_of(odds: Odds) -> str:
    """The median of the calls to detection."""
    middle = median(float("inf") if one is None else one for one in odds.calls.values()) if odds.calls else float("inf")
    return "-" if middle == float("inf") else f"{middle:.0f}"


def page(document: Qualification, reasons: Mapping[str, str]) -> str:
    """The whole page. `reasons` says why a fault survives, by its id."""
    lines = [INTRODUCTION, "## In short", "", *_short(document), "", "## Faults", "", *COLUMNS]
    lines += [fault_row(fault) for fault in document.faults]
    lines += ["", "## What survives", "", *_survivors(document.faults, reasons)]
    lines += ["", "## Clauses", "", "The faults that each clause was seen to be broken by in these runs.", "", *CLAUSES]
    lines += [
        f"| `{one.id}` | {one.level} | {_names(one.kills) or one.unkilled or '-'} | {_names(one.breaks) or '-'} |"
        for one in document.clauses
    ]
    return "\n".join((*lines, ""))


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _short(document: Qualification) -> Iterator[str]:
    """The figures."""
    runs = sum(fault.quick.runs for fault in document.faults)
    yield f"- {len(document.faults)} of {document.known} faults, {len(document.seeds)} seeds: {runs} runs"
    yield f"- found with quick: {share(document.quick_share)} of the runs"
    yield f"- found with standard: {share(document.standard_share)} of the runs"
    yield f"- a right clause was named in {share(document.named_share)} of the runs that found anything"
    yield f"- median calls to detection with quick: {'-' if document.median is None else f'{document.median:.0f}'}"
    yield f"- permitted variants alone: {_watched(document.alone)}"
    yield f"- permitted variants, five at a time: {_watched(document.fives)}"
    yield f"- for what was run, the gate {'does not hold' if document.failures else 'holds'}"


def _watched(variants: Variants) -> str:
    """Runs of variants in a line."""
    return f"{variants.bound} ({len(variants.names)} different, {variants.calls} calls)" if variants.runs else "not run"


def fault_row(fault: FaultResult) -> str:
    """A fault's row of the table."""
    by = ", ".join(f"`{clause}` ({times})" for clause, times in fault.quick.by.items())
    late = fault.standard
    if not by and late is not None:
        by = ", ".join(f"`{clause}` ({times})" for clause, times in late.by.items())
    cells = (
        f"`{fault.id}`",
        by or "-",
        f"{fault.quick.kills}/{fault.quick.runs}",
        calls_of(fault.quick),
        "-" if late is None else f"{late.kills}/{late.runs}",
        _names(fault.quick.wrong) or "-",
    )
    return f"| {' | '.join(cells)} |"


def survivors(faults: Iterable[FaultResult]) -> list[FaultResult]:
    """The faults that some run did not find, with the strongest profile that was run."""
    return [
        fault
        for fault in faults
        if fault.quick.kills < fault.quick.runs
        and (fault.standard is None or fault.standard.kills < fault.standard.runs)
    ]


def _survivors(faults: Iterable[FaultResult], reasons: Mapping[str, str]) -> Iterator[str]:
    """The faults that survive somewhere, each with the reason."""
    found = survivors(faults)
    if not found:
        yield "Nothing."
        return
    yield "| fault | what is wrong | missed | why |"
    yield "|---|---|---|---|"
    for fault in found:
        odds = fault.standard or fault.quick
        profile = "quick" if fault.standard is None else "standard"
        wrong = fault.wrong.replace("|", r"\|")
        why = reasons.get(fault.id, "not looked into yet")
        yield f"| `{fault.id}` | {wrong} | {odds.runs - odds.kills} of {fault.quick.runs} ({profile}) | {why} |"
