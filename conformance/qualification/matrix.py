"""The kill matrix as a page: the clauses that find each mutant, how surely and after how many calls, and the survivors.

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

Does the suite bite? Mutants are simulators that are right in all but one thing. Each was written down, with the
clauses that rightly name it, before the suite was run on it (`mutants/lists/`). To see one run, and to
compute all of this again:

    taskconform run taskconform.conformance.faults:open_target --set fault=root-is-the-grandparent
    taskconform qualify

A run ends at the first *kill*: a divergence from a clause that rightly names the bug. *Calls* counts all calls up to
it, over the shards of the profile in their fixed order; the median is over the seeds, and a run that found nothing
counts as longer than any other. Where quick found nothing the seed's plans of standard were run; what quick finds,
standard is taken to find as well. *Others* are clauses that were named before, and neither name the bug nor are
broken by it.

This page is written by `python docs/generate_kill_matrix.py DIR`, from `DIR/qualify.json`.
"""
COLUMNS: Final = ("| mutant | killed by | quick | calls | standard | others |", "|---|---|---|---|---|---|")
CLAUSES: Final = ("| clause | level | mutants that it killed | named besides others |", "|---|---|---|---|")


def share(part: float | None) -> str:
    """Write a share as a percentage."""
    return "-" if part is None else f"{part:.1%}"


def calls_of(odds: Odds) -> str:
    """Write the median of the calls to detection."""
    middle = median(float("inf") if one is None else one for one in odds.calls.values()) if odds.calls else float("inf")
    return "-" if middle == float("inf") else f"{middle:.0f}"


def page(document: Qualification, reasons: Mapping[str, str]) -> str:
    """Write the whole page. `reasons` says why a mutant survives, by its id."""
    lines = [INTRODUCTION, "## In short", "", *_short(document), "", "## Mutants", "", *COLUMNS]
    lines += [fault_row(fault) for fault in document.faults]
    lines += ["", "## What survives", "", *_survivors(document.faults, reasons)]
    lines += ["", "## Clauses", "", "The mutants that broke each clause in these runs.", "", *CLAUSES]
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
    yield f"- {len(document.faults)} of {document.known} mutants, {len(document.seeds)} seeds: {runs} runs"
    yield f"- found with quick: {share(document.quick_share)} of the runs"
    yield f"- found with standard: {share(document.standard_share)} of the runs"
    yield f"- a right clause was named in {share(document.named_share)} of the runs that found anything"
    yield f"- median calls to detection with quick: {'-' if document.median is None else f'{document.median:.0f}'}"
    yield f"- conforming variants alone: {_watched(document.alone)}"
    yield f"- conforming variants, five at a time: {_watched(document.fives)}"
    yield f"- for what was run, the gate {'does not hold' if document.failures else 'holds'}"


def _watched(variants: Variants) -> str:
    """Sum up runs of variants in a line."""
    return f"{variants.bound} ({len(variants.names)} different, {variants.calls} calls)" if variants.runs else "not run"


def fault_row(fault: FaultResult) -> str:
    """Write a mutant's row of the table."""
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
    """List the mutants that some run did not kill, with the strongest profile that was run."""
    return [
        fault
        for fault in faults
        if fault.quick.kills < fault.quick.runs
        and (fault.standard is None or fault.standard.kills < fault.standard.runs)
    ]


def _survivors(faults: Iterable[FaultResult], reasons: Mapping[str, str]) -> Iterator[str]:
    """Write the mutants that survive somewhere, each with the reason."""
    found = survivors(faults)
    if not found:
        yield "Nothing."
        return
    yield "| mutant | what is wrong | missed | why |"
    yield "|---|---|---|---|"
    for fault in found:
        odds = fault.standard or fault.quick
        profile = "quick" if fault.standard is None else "standard"
        wrong = fault.wrong.replace("|", r"\|")
        why = reasons.get(fault.id, "not looked into yet")
        yield f"| `{fault.id}` | {wrong} | {odds.runs - odds.kills} of {fault.quick.runs} ({profile}) | {why} |"
