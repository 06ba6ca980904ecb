"""The events of a command, and who hears them: the progress bar, the terminal, a file."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from taskconform.conformance.cli.terminal import Bar, show_found, why_ended
from taskconform.conformance.errors import CONFORMS
from taskconform.conformance.events import Began, Confirmed, Ended, EventFile, Events, Found, PartEnded, Performed
from taskconform.reports.render.printed import Screen, line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taskconform.conformance.engine.schedule.worker import Done
    from taskconform.conformance.verdicts.judgement import Occurrence
    from taskconform.model.vocabulary.declaration import Declaration
    from taskconform.reports.document import Report

File = Annotated[
    Path | None,
    typer.Option("--events", metavar="FILE", help="What happens when, one line of JSON each."),
]


@contextmanager
def events_of(command: str, file: Path | None = None, *, doing: str = "", workers: int = 0) -> Iterator[Events]:
    """Give the stream of a command's events, which ends with the command, however that ends. Raises Refused for a file
    that cannot be written."""
    with ExitStack() as stack:
        written = stack.enter_context(EventFile(file)) if file is not None else None
        bar = stack.enter_context(Bar())
        events = Events(*((written,) if written is not None else ()), bar, show_found)
        events.tell(Began(command=command, version=version("taskconform"), doing=doing, workers=workers))
        try:
            yield events
            events.tell(Ended(exit_code=CONFORMS))
        except typer.Exit as over:
            events.tell(Ended(exit_code=over.exit_code))
            raise
        except BaseException as problem:
            code, why = why_ended(problem)
            events.tell(Ended(exit_code=code, why=why))
            raise
        finally:
            if written is not None and written.problem:
                told = f"taskconform: events are not written to {file} any more: {written.problem}"
                Screen(stderr=True).print(line(told), soft_wrap=True)


def tell_found(events: Events, occurrence: Occurrence, declaration: Declaration) -> None:
    """Tell of a divergence that is new."""
    from taskconform.conformance.records.traces import trace_of  # noqa: PLC0415  # keeps `--help` quick
    from taskconform.reports.trace import expected, observed  # noqa: PLC0415

    trace = trace_of(occurrence, declaration)
    words = {"expected": expected(trace), "observed": observed(trace)}
    events.tell(Found(clause=trace.clause, signature=trace.signature, **words))


def tell_part(events: Events, done: Done) -> None:
    """Tell of a part of a run that is over, and of the divergences that it ran again."""
    tally = done.tally
    events.tell(
        PartEnded(
            part=done.part,
            calls=done.calls,
            test_cases=tally.test_cases,
            divergences=len(tally.seen),
            took=round(done.seconds, 3),
        )
    )
    for signature, showed in sorted(tally.confirmed.items()):
        clause = signature.partition(":")[0]
        events.tell(Confirmed(clause=clause, signature=signature, shown=sum(showed), runs=len(showed)))


def tell_performed(events: Events, report: Report) -> None:
    """Tell what a run came to."""
    events.tell(Performed(verdicts=msgspec.to_builtins(report.totals)))
