"""The terminal: what every command prints, its progress, and why it ended."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.traceback import Traceback

from taskconform.conformance.errors import (
    BROKE_OFF,
    INTERRUPTED,
    MISUSED,
    BrokenOff,
    CommandError,
    Interrupted,
    OutputClosed,
)
from taskconform.conformance.events import Found, Performed, Progressed
from taskconform.conformance.records.delivery import write
from taskconform.reports.render.printed import Screen, line

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from taskconform.conformance.events import Event, Moment
    from taskconform.conformance.verdicts.compose import Finished

WrongUsage: type[Exception] = typer.BadParameter.__mro__[1]
"""Exception of the command-line library for an unknown option, a missing argument, a value of the wrong kind."""


def deliver(
    finished: Finished,
    history: Path,
    out: Path | None,
    *,
    verbose: bool = False,
    also: Callable[[], None] | None = None,
) -> int:
    """Write the files of a finished run, show its report on one screen, or, `verbose`, the whole of it, and return its
    exit code. What there is to show `also` comes first: what the exit code comes from stays last."""
    from taskconform.conformance.records.traces import make_traces  # noqa: PLC0415
    from taskconform.reports.render.screen import show  # noqa: PLC0415
    from taskconform.reports.render.terminal import render  # noqa: PLC0415
    from taskconform.reports.trace import listing  # noqa: PLC0415

    traces = make_traces(finished.tally, finished.declaration)
    report = finished.report
    if out is not None:
        try:
            write(finished, traces, history, out)
        except OSError as problem:
            message = f"cannot write to {out}: {problem.strerror or problem}"
            raise BrokenOff(message) from None
    try:
        if also is not None:
            also()
        place = str(out) if out is not None else ""
        if verbose:
            render(report, {signature: listing(trace) for signature, trace in traces.items()}, console(), place)
        else:
            show(report, console(), place)
        sys.stdout.flush()
    except BrokenPipeError:
        silence()
    return int(report.run.exit_code)


def silence() -> None:
    """Let standard output swallow what is still written, so that the interpreter's last flush succeeds."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def console() -> Console:
    """Open the terminal."""
    return Screen()


def mend_streams() -> None:
    """Make standard output and error such that anything can be printed: one that is closed swallows it, and what its
    encoding lacks is escaped."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  # as long as we live
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


class Bar:
    """Progress bars on standard error, if that is a terminal."""

    def __init__(self) -> None:
        """Show nothing yet."""
        self._progress = Progress(
            TextColumn("{task.description:>10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Screen(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._stages: dict[str, object] = {}

    def __enter__(self) -> Self:
        """Begin to show."""
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bars away."""
        self._progress.stop()

    def __call__(self, event: Event, _: Moment) -> None:
        """Show how far a stage has come, until all is performed. Raises KeyboardInterrupt if an earlier one was
        swallowed."""
        if isinstance(event, Performed):
            self._progress.stop()
        if not isinstance(event, Progressed):
            return
        if _interrupts:
            raise KeyboardInterrupt
        if event.stage not in self._stages:
            self._stages[event.stage] = self._progress.add_task(event.stage, total=event.total)
        self._progress.update(self._stages[event.stage], completed=event.done)  # type: ignore[arg-type]  # a TaskID


def show_found(event: Event, moment: Moment) -> None:
    """Print a divergence when it is found, in a line that is written at once, also to a pipe."""
    if isinstance(event, Found):
        words = f"expected {event.expected}; observed {event.observed}"
        console().print(line(f"{moment.seconds:7.1f} s  found  {event.clause}: {words}"), soft_wrap=True)
        sys.stdout.flush()


_interrupts: list[int] = []


def end(number: int, _: object) -> None:
    """Treat SIGTERM and SIGHUP as SIGINT, so that nothing is left behind. The interrupt is also noted down, because
    some parts of Python swallow exceptions: finalizers, callbacks."""
    _interrupts.append(number)
    raise KeyboardInterrupt


def why_ended(problem: BaseException) -> tuple[int, str]:
    """Return the exit code of a command that ends with an exception, and why it does, in a line."""
    text, code = str(problem), BROKE_OFF
    if isinstance(problem, CommandError):
        code = problem.exit_code
    elif isinstance(problem, WrongUsage):
        text, code = problem.format_message(), MISUSED  # type: ignore[attr-defined]  # names the option, too
    elif isinstance(problem, (KeyboardInterrupt, typer.Abort)):
        text, code = str(Interrupted(*problem.args)), INTERRUPTED
    elif not isinstance(problem, OSError):
        text = "this is a fault of the suite, not of the target"
    return code, "; ".join((text, *getattr(problem, "__notes__", ())))


def told(problem: BaseException) -> int:
    """Say in one line on standard error why a command ends, and return its exit code. A fault of the suite also shows a
    traceback."""
    error = Screen(stderr=True)
    code, text = why_ended(problem)
    if isinstance(problem, (OutputClosed, BrokenPipeError)):
        silence()
        return code
    for each in getattr(problem, "trace", "").splitlines():
        error.print(line(each), soft_wrap=True)
    known = (CommandError, WrongUsage, KeyboardInterrupt, typer.Abort, OSError)
    if not isinstance(problem, known):
        error.print(Traceback.from_exception(type(problem), problem, problem.__traceback__, max_frames=8))
    error.print(line(f"taskconform: {text}"), soft_wrap=True)
    return code
