"""The whole of a report on a terminal: what has changed, each failure with its shortest trace, those of one probable
cause together, verdicts by area, what was left out, the verdict, and last what the exit code comes from.

Colour only repeats what a word says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich import box
from rich.padding import Padding
from rich.table import Table

from taskconform.reports import unclassified
from taskconform.reports.document import VERDICTS, lapsed
from taskconform.reports.render.printed import line, lines
from taskconform.reports.render.screen import STYLES, ending
from taskconform.reports.wording import (
    LABELS,
    LEFT_OUT,
    LEVELS,
    again,
    area_of,
    by_reason,
    changed,
    is_recorded,
    left_exhausted,
    not_run_again,
    open_groups,
    product,
    share,
    shortfalls,
    statement_of,
    verdict,
    with_verdict,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from taskconform.reports.document import ClauseResult, DivergenceResult, Report, Verdict

LONGEST: Final = 25
"""Lines of a trace that are shown; the file has the rest."""

_STYLES: Final[dict[Verdict, str]] = {
    "passed": "green",
    "failed": "bold red",
    "waived": "yellow",
    "undecided": "magenta",
    "not_exercised": "cyan",
    "not_applicable": "dim",
}
_HEADS: Final[dict[Verdict, str]] = LABELS | {
    "not_exercised": "not\nexercised",
    "not_applicable": "not\napplicable",
}
_REASONS_SHOWN: Final = 5


def render(report: Report, traces: Mapping[str, str], console: Console, place: str = "") -> None:
    """Print the whole of a report. `traces` gives for a signature the steps of its shortest trace, as text; `place`
    names the folder in which it is."""
    console.print(line((f"{report.target.name}: {product(report)}", "bold")))
    for each in shortfalls(report):
        console.print(line((each, _STYLES["undecided"])))
    console.print()
    _changes(report, console)
    for group, found in open_groups(report):
        if len(found) > 1:
            console.print(line((f"{len(found)} divergences, probably of one cause: {group.headline}", "bold")))
        for clause, one in found:
            _failure(clause, one, traces.get(one.signature, ""), console)
    _waived(report, console)
    _lapsed(report, console)
    console.print(_areas(report))
    if is_recorded(report):
        for name, text in report.target.identity.items():
            console.print(line(f"{name}: {text}"))
    else:
        _left_out(report, console)
    for each in unclassified.lines(report, len(report.unclassified)):
        console.print(line(each), soft_wrap=True)
    _end(report, console, place)


def _changes(report: Report, console: Console) -> None:
    """Print what has changed against the baseline, a line each."""
    changes = report.baseline.changes if report.baseline is not None else []
    for change in changes:
        style = {1: _STYLES["failed"], 2: _STYLES["undecided"]}.get(change.blocks, "dim")
        console.print(line(("CHANGED  " if change.blocks else "seen     ", style), changed(change)))
    if changes:
        console.print()


def _areas(report: Report) -> Table:
    """Count the clauses of each area by verdict."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=True)
    table.add_column("area", footer="all", overflow="fold")
    for each in VERDICTS:
        total = sum(clause.verdict == each for clause in report.clauses)
        table.add_column(_HEADS[each], footer=str(total), justify="right", style=_STYLES[each])
    areas = dict.fromkeys(area_of(clause.id) for clause in report.clauses)
    for area in areas:
        clauses = [clause for clause in report.clauses if area_of(clause.id) == area]
        counts = [sum(clause.verdict == each for clause in clauses) for each in VERDICTS]
        table.add_row(line(area), *(str(count) if count else "-" for count in counts))
    return table


def _failure(clause: ClauseResult, found: DivergenceResult, trace: str, console: Console) -> None:
    """One divergence: what the text says, what was expected, what came, and how to get there."""
    head = line(("FAILED ", _STYLES["failed"]), (clause.id, "bold"), f"  ({LEVELS[clause.level]})")
    console.print(head)
    grid = Table.grid(padding=(0, 1))
    grid.add_column(min_width=10)
    grid.add_column(overflow="fold")
    rate = found.reproduced + (", intermittent" if found.intermittent else "")
    for name, text in (
        ("the text", statement_of(clause)),
        ("expected", found.expected),
        ("observed", found.observed),
        ("reproduced", rate),
        ("script", found.script),
        ("trace", found.trace),
    ):
        if text:
            grid.add_row(line((name, "dim")), line(text))
    console.print(Padding(grid, (0, 0, 0, 2)))
    steps = trace.rstrip("\n").split("\n")
    if steps != [""]:
        console.print(Padding(lines(*_shortened(steps)), (1, 0, 0, 4)))
    console.print()


def _waived(report: Report, console: Console) -> None:
    """Print the divergences that are waived: a line or two each."""
    rows = [
        (clause.id, found.summary, found.waiver)
        for clause in with_verdict(report, "waived", "failed", "undecided")
        for found in clause.divergences
        if found.waiver
    ]
    rows += [
        (clause.id, f"seen, and no re-run showed it: {clause.unconfirmed[0]}", clause.reason)
        for clause in with_verdict(report, "waived")
        if not clause.divergences and clause.unconfirmed
    ]
    for clause_id, told, waiver in rows:
        console.print(line(("WAIVED ", _STYLES["waived"]), (clause_id, "bold")))
        console.print(Padding(lines(told, waiver), (0, 0, 0, 2)))
    if rows:
        console.print()


def _lapsed(report: Report, console: Console) -> None:
    """The waivers that fail the run."""
    for each in lapsed(report):
        word = f"{each.state.upper()} WAIVER "
        console.print(line((word, _STYLES["failed"]), (each.signature, "bold")))
        console.print(Padding(lines(each.why, f"{each.reason} ({each.owner})"), (0, 0, 0, 2)))
    if lapsed(report):
        console.print()


def _shortened(lines: list[str]) -> list[str]:
    """A trace that is too long for a screen: its beginning; of a recording, which cannot be shrunk, its end."""
    if len(lines) <= LONGEST:
        return lines
    more = f"... {len(lines) - LONGEST} lines more"
    return [more, *lines[-LONGEST:]] if lines[-1].startswith(">") else [*lines[:LONGEST], more]


def _left_out(report: Report, console: Console) -> None:
    """Print the clauses that are left out of the verdict, by reason."""
    for each in LEFT_OUT:
        groups = by_reason(with_verdict(report, each))
        if not groups:
            continue
        console.print(line((LABELS[each].capitalize(), "bold")))
        grid = Table.grid(padding=(0, 1))
        grid.add_column(justify="right", min_width=5)
        grid.add_column(overflow="fold")
        for reason, clauses in groups[:_REASONS_SHOWN]:
            first = ", ".join(clause.id for clause in clauses[:3]) + (", ..." if len(clauses) > 3 else "")
            grid.add_row(str(len(clauses)), line(f"{reason} ({first})"))
        if len(groups) > _REASONS_SHOWN:
            rest = sum(len(clauses) for _, clauses in groups[_REASONS_SHOWN:])
            grid.add_row(str(rest), "for other reasons; report.json has them")
        console.print(grid)
        console.print()


def _end(report: Report, console: Console, place: str) -> None:
    """The verdict, where the rest is, and what the exit code comes from."""
    style = STYLES.get(report.run.exit_code, _STYLES["undecided"])
    console.print(line((verdict(report), style)))
    console.print(line(share(report)))
    if report.run.not_run_again:
        console.print(line((not_run_again(report), "bold")))
    if not is_recorded(report):
        console.print(line(f"{report.run.calls} calls in {report.run.seconds:.1f} s, plan {report.run.plan_digest}"))
        console.print(line(f"again: {again(report)}"))
    if report.run.canary:
        console.print(line((left_exhausted(report), "bold")))
    if place:
        console.print(line(f"report, history and traces: {place}"))
    for each in ending(report):
        console.print(each, soft_wrap=not console.is_terminal)
