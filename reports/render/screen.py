"""A report on one screen: probable causes first, then what has changed, what was left out in one line, and last of all
what the exit code comes from. `terminal` shows the whole of it.

Colour only repeats what a word says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.reports import unclassified
from taskconform.reports.render.printed import line
from taskconform.reports.wording import (
    LEVELS,
    again,
    cut,
    is_recorded,
    left_exhausted,
    named,
    not_run_again,
    open_groups,
    product,
    seen_only,
    shortfalls,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.text import Text

    from taskconform.reports.document import ClauseResult, DivergenceResult, Group, Report

LINES: Final = 40
"""Lines of a screen, where there is no terminal to ask."""

FEWEST: Final = 24
"""Lines that every screen has."""

STYLES: Final = {0: "green", 1: "bold red", 2: "magenta"}
"""Styles by exit code."""

SHORTFALLS: Final = 4
"""Lines on what the run had to go without."""

BLOCKS: Final = 6
"""Reasons for the exit code that are listed before the last line."""

DIVERGES: Final = 1
"""The exit code of a run that found a divergence."""


def show(report: Report, console: Console, place: str = "") -> None:
    """Print a report on one screen. `place` names the folder with the whole of it."""
    head = [line((f"{report.target.name}: {product(report)}", "bold"))]
    head += [line((each, STYLES[2])) for each in cut(shortfalls(report), SHORTFALLS)]
    tail = _tail(report, place)
    end = ending(report)
    height = max(FEWEST, console.height) if console.is_terminal else LINES
    room = height - len(head) - len(tail) - len(end) - 2
    for each in (*head, *_causes(report, max(room, 4)), *tail, *end[:-1]):
        if console.is_terminal:
            console.print(each, no_wrap=True, overflow="ellipsis", crop=True)
        else:
            console.print(each, soft_wrap=True)
    console.print(end[-1], soft_wrap=not console.is_terminal)


def _causes(report: Report, room: int) -> list[Text]:
    """Show the groups of divergences that nothing accepts: with what was expected and observed as long as there is
    room, in a line each otherwise."""
    groups = open_groups(report)
    if not groups:
        return []
    count = sum(len(found) for _, found in groups)
    told = f"{count} divergences, by {len(groups)} probable cause{'s' if len(groups) > 1 else ''}"
    lines = [line("")] if room > 6 else []
    lines.append(line((told if count > 1 else "1 divergence", "bold")))
    room -= len(lines)
    details = 3 * len(groups) <= room
    shown = groups if details or len(groups) <= room else groups[: room - 1]
    for group, found in shown:
        lines.append(_cause(group, found))
        lines += _detail(found[0][1]) if details else []
    if len(shown) < len(groups):
        lines.append(line(f"        and {len(groups) - len(shown)} more; --verbose, or the report, has them all"))
    return lines


def _cause(group: Group, found: Sequence[tuple[ClauseResult, DivergenceResult]]) -> Text:
    """Show one group: its headline, and the clauses that it breaks."""
    clauses = list(dict.fromkeys(clause.id for clause, _ in found))
    level = LEVELS[min((clause.level for clause, _ in found), key="MSQ".index)]
    return line(("FAILED  ", STYLES[1]), (group.headline, "bold"), f": {named(clauses)} ({level})")


def _detail(found: DivergenceResult) -> list[Text]:
    """Show what was expected and observed, and the script that shows it."""
    where = found.script or found.trace
    return [
        line(f"        expected {found.expected}; observed {found.observed}"),
        line((f"        {found.reproduced}, {found.steps} steps" + (f": {where}" if where else ""), "dim")),
    ]


def _tail(report: Report, place: str) -> list[Text]:
    """Say what was seen and is not counted, the verdict with what was left out, and where the rest is."""
    seen = [f"seen    {told}" for told in seen_only(report)]
    found = [line(""), *(line((told, "dim")) for told in cut(seen, 3)), *map(line, unclassified.lines(report))]
    found.append(line((verdict(report), STYLES.get(report.run.exit_code, STYLES[2]))))
    if report.run.not_run_again:
        found.append(line((not_run_again(report), "bold")))
    if report.run.canary:
        found.append(line((left_exhausted(report), "bold")))
    if not is_recorded(report):
        found.append(line(f"{report.run.calls} calls in {report.run.seconds:.1f} s; again: {again(report)}"))
    if place:
        found.append(line(f"report, history and traces: {place}"))
    return found


def ending(report: Report) -> list[Text]:
    """Say what the exit code comes from: the last line has the exit code, and the first reason. The others stand before
    it, unless they are the divergences that are shown above."""
    code, blocks = report.run.exit_code, report.blocks
    style = STYLES.get(code, STYLES[2])
    if not blocks:
        return [line((f"exit code {code}", style))]
    listed = blocks[1:] if report.baseline is not None or code != DIVERGES else []
    more = f" (and {len(blocks) - 1} more)" if len(blocks) > 1 else ""
    return [*(line(f"  {told}") for told in cut(listed, BLOCKS)), line((f"exit code {code}: {blocks[0]}{more}", style))]
