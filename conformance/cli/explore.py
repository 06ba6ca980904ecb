"""The command `taskconform explore`."""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Annotated

import typer

from taskconform.conformance.errors import CONFORMS, DIVERGES, Refused

if TYPE_CHECKING:
    from taskconform.conformance.qualification.exploration import Explored

Depth = Annotated[int, typer.Option(min=1, max=8, help="Calls of a sequence after the set-up; states are merged.")]
Exhaustive = Annotated[int, typer.Option(min=0, max=5, help="Calls of a sequence of which none is left out.")]
OneChoice = Annotated[str, typer.Option("--choice", metavar="NAME", help="One choice only, such as life_skip=refused.")]
Workers = Annotated[int, typer.Option(min=1, help="Processes.")]


def explore(depth: Depth = 4, exhaustive: Exhaustive = 3, choice: OneChoice = "", workers: Workers = 2) -> None:
    """Put the oracle every sequence of calls of a small scope, as the specification answers it under every choice."""
    from taskconform.conformance.qualification.exploration import every_choice  # noqa: PLC0415  # keeps `--help` quick

    names = [name for name, _ in every_choice()]
    if choice and choice not in names:
        message = f"no choice {choice}: there are {', '.join(names)}"
        raise Refused(message)
    begun = time.monotonic()
    with ProcessPoolExecutor(workers) as pool:
        chosen = [choice] if choice else names
        jobs = [
            pool.submit(_explored, name, length, merged=merged)
            for name in chosen
            for length, merged in ((depth, True), (exhaustive, False))
            if length
        ]
        found = [job.result() for job in jobs]
    for name, one in found:
        for said, path in one.rejected.items():
            typer.echo(f"{name}: {said}")
            for call in path:
                typer.echo(f"    {call}")
    whole = [one for _, one in found if not one.states]
    merged = [one for _, one in found if one.states]
    rejected = sum(len(one.rejected) for _, one in found)
    typer.echo(
        f"{len(chosen)} choices: {_total(whole, 'sequences')} sequences of {exhaustive} calls, none left out; "
        f"{_total(merged, 'sequences')} of up to {depth} calls, merged into {_total(merged, 'states')} states; "
        f"{_total(merged + whole, 'calls')} calls judged in {time.monotonic() - begun:.0f} s; {rejected} rejected."
    )
    raise typer.Exit(DIVERGES if rejected else CONFORMS)


def _total(explored: list[Explored], what: str) -> str:
    """Add a count up."""
    return f"{sum(getattr(one, what) for one in explored):,}"


def _explored(name: str, depth: int, *, merged: bool) -> tuple[str, Explored]:
    """Explore under one choice, in a process of its own."""
    from taskconform.conformance.qualification import exploration  # noqa: PLC0415

    choices = dict(exploration.every_choice())[name]
    return name, (exploration.explore if merged else exploration.exhaust)(depth, choices)
