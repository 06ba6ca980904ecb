"""The command `taskconform merge`."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # the command line asks for it
from typing import Annotated

import typer

from taskconform.conformance.cli.events import events_of
from taskconform.conformance.cli.qualify import merge_portions
from taskconform.conformance.cli.terminal import console, deliver
from taskconform.conformance.errors import Refused
from taskconform.conformance.records.delivery import prepared


def merge(
    shards: Annotated[
        list[Path],
        typer.Argument(metavar="DIR...", help="Folders that `run --shard` or `qualify --shard` wrote."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where report, history and traces go.")],
    waivers: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Known divergences; default: those that the shards were given.")
    ] = None,
    verbose: Annotated[  # noqa: FBT002
        bool, typer.Option("--verbose", "-v", help="Show the whole report, not one screen.")
    ] = False,
) -> None:
    """Put the shards of a run together: the report, history and traces that one run would have made, and its exit
    code. All shards must be there, of the same seed, version and target. Or those of a qualification: its document."""
    from taskconform.conformance.qualification.portions import is_shard  # noqa: PLC0415  # keeps `--help` quick
    from taskconform.conformance.verdicts.merging import merge as merge_shards  # noqa: PLC0415  # keeps `--help` quick
    from taskconform.conformance.verdicts.waivers import load, today  # noqa: PLC0415

    if any(map(is_shard, shards)):
        if waivers is not None:
            message = "waivers are held against runs: a qualification has none"
            raise Refused(message)
        _check_other(shards, out)
        with events_of("merge") as events:
            raise typer.Exit(merge_portions(shards, out, events, console()))
    held = load(waivers, today()) if waivers is not None else None
    _check_other(shards, out)
    history = prepared(out)
    with events_of("merge") as events:
        finished = merge_shards(shards, history, events, held)
    raise typer.Exit(deliver(finished, history, out, verbose=verbose))


def _check_other(shards: list[Path], out: Path) -> None:
    """Raise Refused where the result would go into one of the shards."""
    if out.resolve() in [shard.resolve() for shard in shards]:
        message = f"{out} is one of the shards: name another folder with --out"
        raise Refused(message)
