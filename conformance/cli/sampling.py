"""`taskconform qualify --sample`: the share of the fault space that a profile finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from taskconform.conformance.errors import CONFORMS, DIVERGES, UNDECIDED
from taskconform.conformance.events import Performed
from taskconform.conformance.qualification.portions import RESULTS
from taskconform.conformance.qualification.power import BLIND, CLASSES, GAP, encode
from taskconform.conformance.qualification.rows import Ledger
from taskconform.conformance.qualification.session import qualify_sample

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

    from rich.console import Console

    from taskconform.conformance.events import Events
    from taskconform.conformance.qualification.power import Group, Power
    from taskconform.conformance.qualification.session import SampleRequest


def carry_out(
    request: SampleRequest, out: Path, events: Events, console: Console, executor: Executor | None = None
) -> int:
    """Hunt a sample, show the share found, write `power.json`, and give the exit code. Raises Refused, BrokenOff."""
    if not request.names:
        console.print("no mutant of the fault space matches: nothing was tested", markup=False, highlight=False)
        return UNDECIDED
    with Ledger(out / RESULTS) as ledger:
        document = qualify_sample(request, ledger, events, executor)
    events.tell(Performed())
    (out / "power.json").write_bytes(encode(document))
    render(document, console)
    console.print(f"\nresults: {out / 'power.json'}", markup=False, highlight=False, soft_wrap=True)
    return DIVERGES if document.alarms else CONFORMS


def render(document: Power, console: Console) -> None:
    """Print the shares, the tables, and what was missed."""
    console.print(_table("operator", document.by_operator))
    console.print(_table("module", document.by_module))
    for came in (BLIND, GAP):
        missed = [one for one in document.missed if one.came == came]
        if missed:
            console.print(f"\n{came}: {CLASSES[came]}", markup=False, highlight=False)
        for one in missed:
            seen = f" [{one.cases} test cases]" if one.cases else " [explored]" if one.explored else ""
            console.print(f"  {one.name}{seen}", markup=False, highlight=False, soft_wrap=True)
    told = document.told_apart
    for line in (
        "",
        f"{document.sample} of {document.space} mutants, {document.operators} operators, seed {document.seed}",
        f"told apart by the exploration: {told['exploration']}, by the run only: {told['run']}, not: {told['nobody']}",
        f"profile {document.profile} found, of all: {document.of_all.text}",
        f"of those that differ: {document.of_different.text}",
        f"of those that the exploration tells apart: {document.of_explored.text}",
        *(f"found where nothing differs: {one}" for one in document.alarms),
    ):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _table(what: str, groups: tuple[Group, ...]) -> Table:
    """Make a row for each operator or module."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in (what, "drawn", "found", "blind oracle", "gap of generation", "conforms", "no run"):
        table.add_column(heading, overflow="fold", justify="left" if heading == what else "right")
    for one in groups:
        table.add_row(one.name, *map(str, (one.drawn, one.found, one.blind, one.gap, one.conforms, one.broke)))
    return table
