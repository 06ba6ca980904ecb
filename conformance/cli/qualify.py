"""The command `taskconform qualify`."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from taskconform.conformance.errors import CONFORMS, DIVERGES, UNDECIDED, Refused
from taskconform.conformance.events import Performed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor

    from rich.console import Console

    from taskconform.conformance.engine.portion import Portion
    from taskconform.conformance.events import Events
    from taskconform.conformance.qualification.session import Request, SampleRequest

Glob = Annotated[
    str,
    typer.Argument(
        help="Which mutants, by name, and which conforming variants: `life-*`, `fault:*`, `variant:*`, or several."
    ),
]
Profile = Annotated[str, typer.Option(help="quick, or standard: the latter where quick has found nothing.")]
Seeds = Annotated[int, typer.Option(min=1, help="Seeds that each fault is run with; variants with five at most.")]
Workers = Annotated[int, typer.Option(min=0, help="Processes; 0: as many as there are cores.")]
Full = Annotated[bool, typer.Option("--full", help="Variants with 20 seeds, and 300 times five at a time.")]
Coverage = Annotated[bool, typer.Option("--coverage", help="What quick plans reach: clauses, and arguments.")]
Sample = Annotated[
    int, typer.Option(min=0, help="Hunt so many mutants of the fault space instead, and tell the share found.")
]
Seed = Annotated[int, typer.Option(min=0, help="With --sample: the seed of the draw, and of the plans.")]
Out = Annotated[Path, typer.Option(metavar="DIR", help="Where results go; those that are there are not run again.")]

Piece = Annotated[
    str | None, typer.Option("--shard", metavar="K/N", help="Make only the K-th of N parts of the runs; then `merge`.")
]

OUT = Path("taskconform-qualify")

_FORM: Final = re.compile(r"(\d{1,5})/(\d{1,5})", re.ASCII)


def wanted(
    glob: str, profile: str, seeds: int, sample: int, seed: int, workers: int, *, full: bool, coverage: bool
) -> Request | SampleRequest:
    """Return what is asked for: a qualification, or a sample of the fault space. Raises Refused."""
    from taskconform.conformance.engine.profile import PROFILES  # noqa: PLC0415  # keeps `--help` quick
    from taskconform.conformance.qualification.gate import QUICK, STANDARD  # noqa: PLC0415
    from taskconform.conformance.qualification.session import Request, SampleRequest  # noqa: PLC0415

    profiles = tuple(PROFILES) if sample else (QUICK, STANDARD)
    if profile not in profiles:
        message = f"no profile {profile} to qualify with: there are {', '.join(profiles)}"
        raise Refused(message)
    globs = tuple(part.strip() for part in glob.split(","))
    workers = workers or len(os.sched_getaffinity(0))
    if sample:
        return SampleRequest(count=sample, seed=seed, profile=profile, workers=workers, globs=globs)
    return Request(globs=globs, profile=profile, seeds=seeds, workers=workers, full=full, coverage=coverage)


def portion(text: str) -> Portion:
    """Read a portion as it is typed, `2/8`. Raises Refused."""
    from taskconform.conformance.engine.portion import Portion  # noqa: PLC0415

    found = _FORM.fullmatch(text)
    index, of = (int(found[1]), int(found[2])) if found is not None else (0, 0)
    if not 1 <= index <= of:
        message = f"--shard wants K/N with K from 1 to N, such as 2/8, not {text!r}"
        raise Refused(message)
    return Portion(index, of)


def carry_out(
    request: Request | SampleRequest, out: Path, events: Events, console: Console, executor: Executor | None = None
) -> int:
    """Make the runs, show what they come to, write `qualify.json`, or of a sample `power.json`, and give the exit code.
    Raises Refused, BrokenOff."""
    from taskconform.conformance.cli import sampling  # noqa: PLC0415  # keeps `--help` quick
    from taskconform.conformance.qualification.document import encode  # noqa: PLC0415
    from taskconform.conformance.qualification.portions import RESULTS  # noqa: PLC0415
    from taskconform.conformance.qualification.rows import Ledger  # noqa: PLC0415
    from taskconform.conformance.qualification.session import Request, qualify  # noqa: PLC0415
    from taskconform.conformance.qualification.show import render  # noqa: PLC0415

    if not isinstance(request, Request):
        return sampling.carry_out(request, out, events, console, executor)
    if not (request.faults or request.variants or request.fives):
        told = f"no fault and no variant matches {','.join(request.globs)}: nothing was tested"
        console.print(told, markup=False, highlight=False)
        return UNDECIDED
    with Ledger(out / RESULTS) as ledger:
        document = qualify(request, ledger, events, executor)
    events.tell(Performed())
    (out / "qualify.json").write_bytes(encode(document))
    render(document, console)
    console.print(f"\nresults: {out / 'qualify.json'}", markup=False, highlight=False, soft_wrap=True)
    return DIVERGES if document.failures else CONFORMS


def carry_out_portion(
    request: Request | SampleRequest, piece: Portion, out: Path, events: Events, console: Console
) -> int:
    """Make the runs of a portion, and give the exit code: a portion has no verdict. Raises Refused, BrokenOff."""
    from taskconform.conformance.qualification.portions import RESULTS, write_shard  # noqa: PLC0415
    from taskconform.conformance.qualification.rows import Ledger  # noqa: PLC0415
    from taskconform.conformance.qualification.session import Request, qualify_portion, sample_portion  # noqa: PLC0415

    with Ledger(out / RESULTS) as ledger:
        if isinstance(request, Request):
            tasks = qualify_portion(request, ledger, events, piece)
        else:
            tasks = sample_portion(request, ledger, events, piece)
        write_shard(out, request, piece, ledger.fingerprint)
    events.tell(Performed())
    told = f"shard {piece}: {len(tasks):,} runs; taskconform merge makes the document\nresults: {out}"
    console.print(told, markup=False, highlight=False, soft_wrap=True)
    return CONFORMS


def merge_portions(shards: Sequence[Path], out: Path, events: Events, console: Console) -> int:
    """Put the portions of a qualification together, make the runs that depend on all of them, and give the exit code of
    the whole. Raises Refused, BrokenOff."""
    from taskconform.conformance.qualification.portions import RESULTS, gather  # noqa: PLC0415
    from taskconform.conformance.qualification.rows import Ledger  # noqa: PLC0415

    with Ledger(out / RESULTS) as ledger:
        request = gather(shards, ledger)
    return carry_out(request.with_workers(len(os.sched_getaffinity(0))), out, events, console)
