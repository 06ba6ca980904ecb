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
from taskconform.conformance.records.delivery import write
from taskconform.reports.render.printed import Screen, line

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from taskconform.conformance.verdicts.compose import Finished
    from taskconform.conformance.verdicts.judgement import Occurrence
    from taskconform.model.vocabulary.declaration import Declaration

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

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show how far a stage has come. Raises KeyboardInterrupt if an earlier one was swallowed."""
        if _interrupts:
            raise KeyboardInterrupt
        if stage not in self._stages:
            self._stages[stage] = self._progress.add_task(stage, total=total)
        self._progress.update(self._stages[stage], completed=done)  # type: ignore[arg-type]  # a TaskID


def tell_found(occurrence: Occurrence, declaration: Declaration, seconds: float) -> None:
    """Print a divergence when it is found, in a line that is written at once, also to a pipe."""
    from taskconform.conformance.records.traces import trace_of  # noqa: PLC0415
    from taskconform.reports.trace import expected, observed  # noqa: PLC0415

    trace = trace_of(occurrence, declaration)
    words = f"expected {expected(trace)}; observed {observed(trace)}"
    console().print(line(f"{seconds:7.1f} s  found  {trace.clause}: {words}"), soft_wrap=True)
    sys.stdout.flush()


_interrupts: list[int] = []


def end(number: int, _: object) -> None:
    """Treat SIGTERM and SIGHUP as SIGINT, so that nothing is left behind. The interrupt is also noted down, because
    some parts of Python swallow exceptions: finalizers, callbacks."""
    _interrupts.append(number)
    raise KeyboardInterrupt


def told(problem: BaseException) -> int:
    """Say in one line on standard error why a command ends, and return its exit code. A fault of the suite also shows a
    traceback."""
    error = Screen(stderr=True)
    text, code = str(problem), BROKE_OFF
    if isinstance(problem, (OutputClosed, BrokenPipeError)):
        silence()
        return code
    if isinstance(problem, CommandError):
        code = problem.exit_code
        for each in getattr(problem, "trace", "").splitlines():
            error.print(line(each), soft_wrap=True)
    elif isinstance(problem, WrongUsage):
        text, code = problem.format_message(), MISUSED  # type: ignore[attr-defined]  # names the option, too
    elif isinstance(problem, (KeyboardInterrupt, typer.Abort)):
        text, code = str(Interrupted(*problem.args)), INTERRUPTED
    elif not isinstance(problem, OSError):
        error.print(Traceback.from_exception(type(problem), problem, problem.__traceback__, max_frames=8))
        text = "this is a fault of the suite, not of the target"
    notes = getattr(problem, "__notes__", ())
    error.print(line(f"taskconform: {'; '.join((text, *notes))}"), soft_wrap=True)
    return code
