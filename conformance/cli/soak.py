"""The command `taskconform soak`."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from taskconform.conformance.cli.events import File, events_of, tell_found, tell_part
from taskconform.conformance.cli.executors import Pool, pool_named
from taskconform.conformance.cli.terminal import console
from taskconform.conformance.errors import CONFORMS, DIVERGES, UNDECIDED, Refused
from taskconform.conformance.events import Performed, SeedEnded
from taskconform.conformance.records.delivery import options
from taskconform.conformance.targets.naming import default_workers
from taskconform.reports.plain import one_line

if TYPE_CHECKING:
    from taskconform.conformance.engine.soak import Soaking
    from taskconform.conformance.events import Events
    from taskconform.conformance.records.store import Soaked

UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
_TERM: Final = re.compile(r"(\d+)([smhd]?)", re.ASCII)
OFTEN: Final = 100


def duration(text: str) -> float:
    """Read a time such as 90, 90s, 20m, 8h or 1h30m; seconds. Raises Refused."""
    if not re.fullmatch(r"\d+|(\d+[smhd])+", text, re.ASCII):
        message = f"--max-time wants a time such as 90s, 20m, 8h or 1h30m, not {text!r}"
        raise Refused(message)
    return float(sum(int(number) * UNITS[unit] for number, unit in _TERM.findall(text)))


def soak(
    target: Annotated[str, typer.Argument(help="builtin, vcsim, https://user@host/sdk, package.module:factory")],
    max_time: Annotated[str, typer.Option(metavar="TIME", help="When to stop: 90s, 20m, 8h. One seed is always run.")],
    store: Annotated[
        Path, typer.Option(metavar="DIR", help="Where divergences are kept; what is there already is gone on with.")
    ] = Path("taskconform-store"),
    profile: Annotated[str, typer.Option(help="smoke, quick, standard or certify: how much a seed runs.")] = "quick",
    seed: Annotated[int, typer.Option(help="The first seed of a new store.")] = 0,
    workers: Annotated[int, typer.Option(min=0, help="Processes, each with a target of its own; 0: one a core.")] = 0,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="An option of the target.")
    ] = None,
    executor: Pool = None,
    events: File = None,
) -> None:
    """Run seed after seed on TARGET, and keep what each finds: new divergences are shown as they are found, shrunk and
    run again, with a trace each. Says how much is likely left. Exit code 1 if the store holds a divergence that showed
    again, 2 if one was seen and never again, else 0."""
    from taskconform.conformance.engine.profile import PROFILES  # noqa: PLC0415  # keeps `--help` quick
    from taskconform.conformance.engine.run import Listener  # noqa: PLC0415
    from taskconform.conformance.engine.settings import Settings  # noqa: PLC0415
    from taskconform.conformance.engine.soak import soak as soak_target  # noqa: PLC0415
    from taskconform.conformance.records.store import open_store  # noqa: PLC0415

    if profile not in PROFILES:
        message = f"no profile {profile}: there are {', '.join(PROFILES)}"
        raise Refused(message)
    seconds = duration(max_time)
    settings = Settings(
        target=target,
        options=options(set_),
        profile=profile,
        seed=seed,
        workers=workers or default_workers(),
        folder=store,
    )
    opened = open_store(store)
    if opened.document is not None:
        _say(f"going on with seed {opened.document.next_seed}: {store}")
    with (
        events_of("soak", events, doing=settings.command, workers=settings.workers) as told_of,
        pool_named(executor) as pool,
    ):
        listener = Listener(taken=partial(tell_part, told_of), found=partial(tell_found, told_of))
        document = soak_target(settings, opened, seconds, told_of, partial(_tell, told_of), listener, pool)
        told_of.tell(Performed())
        for line in summary(document):
            _say(line)
        _say(f"again: taskconform replay {store} {target}")
        raise typer.Exit(exit_code(document))


def exit_code(document: Soaked) -> int:
    """Return the code that the store's divergences ask for."""
    found = document.found.values()
    if any(kept.trace for kept in found):
        return DIVERGES
    return UNDECIDED if document.found or not document.calls else CONFORMS


def summary(document: Soaked) -> list[str]:
    """Say in a few lines what was run, what was found, and how much is likely left."""
    from taskconform.conformance.verdicts.unseen import unseen  # noqa: PLC0415  # keeps `--help` quick
    from taskconform.model.clauses.registry import CLAUSES  # noqa: PLC0415

    times = [document.exercised.get(clause, 0) for clause in CLAUSES]
    kept = document.found.values()
    left = unseen(document.seeds, (one.seeds for one in kept))
    estimate = [
        f"seen in one seed only: {left.once}; so one more seed shows {left.next_new:.2f} new ones on average",
        f"not seen yet: {left.at_least:.0f} or more",
    ]
    run = f"{document.seeds} seeds, {document.test_cases:,} test cases, {document.calls:,} calls"
    often = sum(one >= OFTEN for one in times)
    return [
        f"{run} in {document.seconds:,.0f} s",
        f"exercised: {sum(map(bool, times))} of {len(times)} clauses, {often} of them {OFTEN} times or more",
        f"divergences: {len(kept)}, of {len({one.clause for one in kept})} clauses",
        f"seen and never again: {sum(not one.trace for one in kept)}",
        *(estimate if document.seeds > 1 else ["how much is left: one seed says nothing of it"]),
    ]


def _tell(events: Events, over: Soaking) -> None:
    """Say what a seed came to, and what became of each divergence that is new."""
    document, ran = over.document, over.finished.report.run
    for signature in over.new:
        kept = document.found[signature]
        again = f"{kept.shown}/{kept.reruns}" if kept.reruns else "not run again"
        _say(f"NEW {kept.clause} ({again}), seed {over.seed}: expected {kept.demand}; observed {kept.observed}")
    _say(
        f"seed {over.seed}: {ran.calls:,} calls, {ran.seconds:.0f} s, {len(over.new)} new, {len(document.found)} in all"
    )
    counts = {"new": len(over.new), "in_all": len(document.found)}
    events.tell(SeedEnded(seed=over.seed, calls=ran.calls, took=ran.seconds, **counts))


def _say(line: str) -> None:
    """Print a line, whatever a target has put into it."""
    console().print(one_line(line), markup=False, highlight=False, soft_wrap=True)
