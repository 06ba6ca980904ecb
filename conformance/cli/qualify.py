"""The command `taskconform qualify`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from taskconform.conformance.errors import CONFORMS, DIVERGES, UNDECIDED, Refused

if TYPE_CHECKING:
    from rich.console import Console

    from taskconform.conformance.events import Events

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
Coverage = Annotated[bool, typer.Option("--coverage", help="Where each clause is live: call, outcome, situation.")]
Sample = Annotated[
    int, typer.Option(min=0, help="Hunt so many mutants of the fault space instead, and tell the share found.")
]
Seed = Annotated[int, typer.Option(min=0, help="With --sample: the seed of the draw, and of the plans.")]
Out = Annotated[Path, typer.Option(metavar="DIR", help="Where results go; those that are there are not run again.")]

OUT = Path("taskconform-qualify")


def sample(
    glob: str,
    profile: str,
    count: int,
    seed: int,
    workers: int,
    out: Path,
    events: Events,
    console: Console,
) -> int:
    """Hunt a sample of the fault space, and give the exit code. Raises Refused, BrokenOff."""
    from taskconform.conformance.cli import sampling  # noqa: PLC0415  # keeps `--help` quick
    from taskconform.conformance.qualification.session import SampleRequest  # noqa: PLC0415

    globs = tuple(part.strip() for part in glob.split(","))
    request = SampleRequest(count=count, seed=seed, profile=profile, workers=workers, globs=globs)
    return sampling.carry_out(request, out, events, console)


def carry_out(
    glob: str,
    profile: str,
    seeds: int,
    workers: int,
    out: Path,
    events: Events,
    console: Console,
    *,
    full: bool,
    coverage: bool,
) -> int:
    """Qualify, show it, write `qualify.json`, and give the exit code. Raises Refused, BrokenOff."""
    from taskconform.conformance.events import Performed  # noqa: PLC0415
    from taskconform.conformance.qualification.document import encode  # noqa: PLC0415  # keeps `--help` quick
    from taskconform.conformance.qualification.gate import QUICK, STANDARD  # noqa: PLC0415
    from taskconform.conformance.qualification.rows import Ledger  # noqa: PLC0415
    from taskconform.conformance.qualification.session import Request, qualify  # noqa: PLC0415
    from taskconform.conformance.qualification.show import render  # noqa: PLC0415

    if profile not in {QUICK, STANDARD}:
        message = f"no profile {profile} to qualify with: there are {QUICK}, {STANDARD}"
        raise Refused(message)
    request = Request(
        globs=tuple(part.strip() for part in glob.split(",")),
        profile=profile,
        seeds=seeds,
        workers=workers or len(os.sched_getaffinity(0)),
        full=full,
        coverage=coverage,
    )
    if not (request.faults or request.variants or request.fives):
        console.print(f"no fault and no variant matches {glob}: nothing was tested", markup=False, highlight=False)
        return UNDECIDED
    with Ledger(out / "results.jsonl") as ledger:
        document = qualify(request, ledger, events)
    events.tell(Performed())
    (out / "qualify.json").write_bytes(encode(document))
    render(document, console)
    console.print(f"\nresults: {out / 'qualify.json'}", markup=False, highlight=False, soft_wrap=True)
    return DIVERGES if document.failures else CONFORMS
