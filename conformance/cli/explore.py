"""The command `taskconform explore`."""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from taskconform.conformance.errors import CONFORMS, DIVERGES, Refused

if TYPE_CHECKING:
    from taskconform.conformance.qualification.exploration import Explored

Depth = Annotated[int, typer.Option(min=1, max=8, help="Calls of a sequence after the set-up; states are merged.")]
Exhaustive = Annotated[int, typer.Option(min=0, max=5, help="Calls of a sequence of which none is left out.")]
OneChoice = Annotated[str, typer.Option("--choice", metavar="NAME", help="One choice only, such as life_skip=refused.")]
Mutants = Annotated[
    str, typer.Option(metavar="GLOB", help="Instead, these mutants beside the right specification, with looks.")
]
Workers = Annotated[int, typer.Option(min=1, help="Processes.")]


def explore(
    depth: Depth = 4, exhaustive: Exhaustive = 3, choice: OneChoice = "", mutants: Mutants = "", workers: Workers = 2
) -> None:
    """Put the oracle every sequence of calls of a small scope, as the specification answers it under every choice."""
    if mutants:
        _compare(mutants, depth, workers)
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

    server = dict(exploration.every_choice())[name]
    return name, (exploration.explore if merged else exploration.exhaust)(depth, server)


def _compare(glob: str, depth: int, workers: int) -> None:
    """Say of the mutants which show, and which of these the oracle rejects by a right clause."""
    from taskconform.conformance.qualification.exploration import compared_by_name  # noqa: PLC0415
    from taskconform.conformance.qualification.mutants.registry import UNPROVED, mutant_names  # noqa: PLC0415

    names = [name for name in mutant_names() if fnmatchcase(name, glob)]
    if not names:
        message = f"no mutant {glob}"
        raise Refused(message)
    begun = time.monotonic()
    with ProcessPoolExecutor(workers) as pool:
        found = dict(zip(names, pool.map(partial(compared_by_name, depth), names, chunksize=8), strict=True))
    shown = {name: one for name, one in found.items() if one.shows}
    unproved = [name for name, one in shown.items() if not one.is_rejected(name)]
    for name in unproved:
        typer.echo(f"{name} shows and is not rejected by a right clause: {UNPROVED.get(name, 'not listed')}")
        for call in shown[name].shows or ():
            typer.echo(f"    {call}")
    typer.echo(
        f"{len(found)} mutants, {depth} calls with looks: {len(shown)} show, {len(shown) - len(unproved)} are rejected "
        f"by a right clause; {sum(one.explored.calls for one in found.values()):,} calls judged in "
        f"{time.monotonic() - begun:.0f} s."
    )
    raise typer.Exit(CONFORMS if set(unproved) <= set(UNPROVED) else DIVERGES)
