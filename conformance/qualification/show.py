"""A qualification in the terminal. Drawn from the document alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from taskconform.conformance.qualification.matrix import calls_of, share, survivors

if TYPE_CHECKING:
    from rich.console import Console

    from taskconform.conformance.qualification.document import Qualification


def render(document: Qualification, console: Console) -> None:
    """Print the tables, the figures, and whether the gate holds."""
    if document.faults:
        console.print(_faults(document))
    if document.coverage:
        console.print(_coverage(document))
    if document.arguments:
        console.print(_arguments(document))
    for line in _figures(document):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _faults(document: Qualification) -> Table:
    """Make a row for each mutant."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("mutant", "killed by", "quick", "calls", "standard", "others"):
        table.add_column(heading, overflow="fold")
    for fault in document.faults:
        late = fault.standard
        by = [*fault.quick.by, *(late.by if late is not None else ())]
        table.add_row(
            fault.id,
            ", ".join(dict.fromkeys(by)) or "-",
            f"{fault.quick.kills}/{fault.quick.runs}",
            calls_of(fault.quick),
            "" if late is None else f"{late.kills}/{late.runs}",
            ", ".join(fault.quick.wrong),
        )
    return table


def _coverage(document: Qualification) -> Table:
    """A row for each clause, call, outcome and situation."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("clause", "call", "outcome", "situation", "live"):
        table.add_column(heading, overflow="fold")
    for one in document.coverage:
        table.add_row(one.clause, one.call, one.outcome, one.situation, str(one.times))
    return table


def _arguments(document: Qualification) -> Table:
    """Make a row for each call: how many classes of its arguments the plans reach, and those that they do not."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("call", "classes of arguments", "reached", "not reached"):
        table.add_column(heading, overflow="fold")
    for call in dict.fromkeys(one.call for one in document.arguments):
        its = [one for one in document.arguments if one.call == call]
        lacking: dict[str, list[str]] = {}
        for one in its:
            if not one.times:
                what = f"{one.argument} {one.value}" + (f" ({one.reason})" if one.reason else "")
                lacking.setdefault(what, []).append(one.state)
        told = "; ".join(f"{what}{' on ' + ', '.join(on) if any(on) else ''}" for what, on in lacking.items())
        table.add_row(call, str(len(its)), str(sum(one.times > 0 for one in its)), told)
    return table


def _figures(document: Qualification) -> list[str]:
    """The figures, one a line."""
    lines: list[str] = []
    if document.faults:
        runs = sum(fault.quick.runs for fault in document.faults)
        middle = "-" if document.median is None else f"{document.median:.0f}"
        lines += [
            f"{len(document.faults)} mutants, {runs} runs: quick finds {share(document.quick_share)}",
            f"standard finds {share(document.standard_share)}",
            f"a right clause is named in {share(document.named_share)} of the runs that found anything",
            f"median calls to detection with quick: {middle}",
            *(f"survives in some run: {fault.id}" for fault in survivors(document.faults)),
        ]
    for what, each in (("variants", document.alone), ("variants, five at a time", document.fives)):
        if each.runs:
            lines.append(f"{len(each.names)} {what}: {each.bound}")
    lines += [f"FAILED {failure}" for failure in document.failures]
    return [*lines, "the gate does not hold" if document.failures else "the gate holds"]
