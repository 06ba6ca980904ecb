"""The matrix as one page: a table of all clauses, and below it the divergences that its cells lead to."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from taskconform.reports.document import VERDICTS
from taskconform.reports.render.page import render
from taskconform.reports.wording import LABELS, LEVELS, area_of, area_title, counted, reading_of

if TYPE_CHECKING:
    from taskconform.reports.document import Verdict
    from taskconform.reports.render.matrix import Cell, Departure, Matrix, Row

SIGNS: Final[dict[Verdict, str]] = {
    "passed": "✓",
    "failed": "✗",
    "waived": "~",
    "undecided": "?",
    "not_exercised": "○",
    "not_applicable": "–",
}
"""Signs in the cells; screen readers get words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The rows of an area."""

    title: str
    rows: list[Row]
    departs: bool
    differs: bool


def matrix_page(matrix: Matrix) -> str:
    """The whole page."""
    failing = [row for row in matrix.rows if _departs(row)]
    differing = sum(row.differs for row in matrix.rows)
    return render(
        "matrix.html.jinja",
        styles=("style.css", "matrix.css"),
        scripts=("matrix.js",),
        matrix=matrix,
        heading=_heading(matrix, differing),
        groups=_groups(matrix),
        signs=SIGNS,
        labels=LABELS,
        levels=LEVELS,
        verdicts=VERDICTS,
        differing=differing,
        failing=[(row, _departures(matrix, row)) for row in failing],
        departs=_departs,
        told=lambda cell: _told(matrix, cell),
        reading_of=reading_of,
    )


def _heading(matrix: Matrix, differing: int) -> str:
    """Sum up the matrix in one sentence."""
    targets = counted(len(matrix.columns), "target")
    if not differing:
        return f"{targets}, {counted(len(matrix.rows), 'clause')}: no difference where both were judged"
    return f"{targets} differ in {differing} of {counted(len(matrix.rows), 'clause')}"


def _groups(matrix: Matrix) -> list[Group]:
    groups = []
    for area, found in groupby(matrix.rows, key=lambda row: area_of(row.id)):
        rows = list(found)
        departs, differs = any(map(_departs, rows)), any(row.differs for row in rows)
        groups.append(Group(title=area_title(area), rows=rows, departs=departs, differs=differs))
    return groups


def _departs(row: Row) -> bool:
    """Return true if any target diverges from the clause."""
    return any(cell is not None and cell.verdict in {"failed", "waived"} for cell in row.cells)


def _departures(matrix: Matrix, row: Row) -> list[Departure]:
    """The divergences of a clause, those that most targets show first."""
    numbers = dict.fromkeys(number for cell in row.cells if cell is not None for number in cell.departures)
    return sorted((matrix.departures[number] for number in numbers), key=lambda one: -len(one.rates))


def _told(matrix: Matrix, cell: Cell | None) -> str:
    """A cell in words."""
    if cell is None:
        return "not in this report"
    reason = f": {matrix.reasons[cell.reason]}" if cell.reason is not None else ""
    return LABELS[cell.verdict] + reason
