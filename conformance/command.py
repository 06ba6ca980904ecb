"""The command line.

Exit codes of `run` and `judge`: 0 conforms · 1 a divergence · 2 undecided: a clause that the profile requires was not
exercised, or could not be decided · 3 wrong usage or configuration · 4 the target could not be reached or broke off, or
the harness failed.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from taskconform.conformance.clauses_view import as_json, as_table
from taskconform.conformance.decide import BROKE_OFF, CONFORMS, DIVERGES, MISUSED
from taskconform.conformance.history import HistoryError
from taskconform.conformance.targets.protocol import TargetMisnamed, TargetUnreachable
from taskconform.model.clauses import matching

if TYPE_CHECKING:
    from taskconform.conformance.run import Finished

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    help="Does this vSphere TaskManager behave as documented?",
    pretty_exceptions_enable=False,
)

Target = Annotated[
    str,
    typer.Argument(help="builtin, vcsim, vcsim:/path/to/binary, https://user@host/sdk, package.module:factory"),
]
Set = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="An option of the target.")]


WrongUsage: type[Exception] = typer.BadParameter.__mro__[1]
"""What the command-line library raises for an unknown option, a missing argument, a value of the wrong kind."""


class Refused(Exception):  # noqa: N818  # it ends the command with a message, as an answer
    """The command cannot be carried out as it was given: one line, exit code 3."""


class Interrupted(Exception):  # noqa: N818  # somebody pressed Ctrl-C: no error of anybody's
    """The run was broken off by its user, exit code 4."""


@app.command()
def run(
    target: Target = "builtin",
    profile: Annotated[str, typer.Option(help="quick, standard or certify.")] = "quick",
    seed: Annotated[int, typer.Option(help="The same seed plans the same calls on every target.")] = 0,
    workers: Annotated[
        int, typer.Option(min=0, help="Processes, each with a target of its own; 0: as many as there are cores.")
    ] = 0,
    clauses: Annotated[str, typer.Option(metavar="GLOB", help="Report and require only these clauses.")] = "*",
    strict: Annotated[bool, typer.Option("--strict", help="A failed should-clause fails the run.")] = False,  # noqa: FBT002
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where report, history and traces go.")] = Path(
        "taskconform-out"
    ),
    set_: Set = None,
) -> None:
    """Run the suite against TARGET and say, clause by clause, where it departs from the documented API."""
    from taskconform.conformance.profile import PROFILES  # noqa: PLC0415  # keeps `--help` quick
    from taskconform.conformance.run import Settings  # noqa: PLC0415
    from taskconform.conformance.run import run as run_suite  # noqa: PLC0415

    if profile not in PROFILES:
        message = f"no profile {profile}: there are {', '.join(PROFILES)}"
        raise Refused(message)
    history = _prepared(out)
    settings = Settings(
        target=target,
        options=_options(set_),
        profile=profile,
        seed=seed,
        workers=workers or len(os.sched_getaffinity(0)),
        folder=history,
        strict=strict,
        selected=_selected(clauses),
    )
    try:
        with _Bar() as bar:
            finished = run_suite(settings, bar)
    except KeyboardInterrupt:
        raise Interrupted from None
    raise typer.Exit(_deliver(finished, history, out))


@app.command()
def judge(
    history: Annotated[Path, typer.Argument(help="A history folder, or the folder that a run wrote.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the report goes; default: the terminal only.")
    ] = None,
) -> None:
    """Judge a recorded history again, offline: the same report, from the record alone."""
    from taskconform.conformance.run import judge as judge_history  # noqa: PLC0415

    folder = history / "history" if (history / "history" / "run.json").exists() else history
    with _Bar() as bar:
        finished = judge_history(folder, bar)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    raise typer.Exit(_deliver(finished, folder, out))


@app.command()
def replay(
    trace: Annotated[Path, typer.Argument(help="A trace (traces/….json) that a run wrote.")],
    target: Target = "builtin",
    times: Annotated[int, typer.Option(min=1, help="How often.")] = 1,
    set_: Set = None,
) -> None:
    """Run one trace again. Exit code 1 if the divergence shows, 0 if it does not."""
    from taskconform.conformance.naming import open_named  # noqa: PLC0415
    from taskconform.conformance.replay import replay as replay_trace  # noqa: PLC0415
    from taskconform.conformance.traces import TraceError, read_trace  # noqa: PLC0415

    try:
        read = read_trace(trace)
    except TraceError as problem:
        raise Refused(str(problem)) from None
    opened = open_named(target, _options(set_))
    try:
        showed = replay_trace(read, opened, times, Console())
    finally:
        opened.close()
    raise typer.Exit(DIVERGES if showed else CONFORMS)


@app.command("clauses")
def clauses_command(
    glob: Annotated[str, typer.Argument(help="Which clauses: `life.*`, `recent.cap*,create.*`.")] = "*",
    json: Annotated[bool, typer.Option("--json", help="As one JSON array.")] = False,  # noqa: FBT002
) -> None:
    """Show the registry: id, level, statement, source, since."""
    found = matching(glob)
    if not found:
        message = f"no clause matches {glob}"
        raise Refused(message)
    if json:
        sys.stdout.write(as_json(found) + "\n")
    else:
        Console().print(as_table(found))


# --- what the commands share ------------------------------------------------------------------------------------------


def _options(given: list[str] | None) -> dict[str, str]:
    """`--set key=value`, as a mapping. Raises Refused."""
    options = {}
    for text in given or ():
        key, separator, value = text.partition("=")
        if not separator or not key:
            message = f"--set wants KEY=VALUE, not {text!r}"
            raise Refused(message)
        options[key] = value
    return options


def _selected(glob: str) -> frozenset[str] | None:
    """The clauses a glob selects; None for all. Raises Refused."""
    if glob == "*":
        return None
    found = matching(glob)
    if not found:
        message = f"no clause matches {glob}"
        raise Refused(message)
    return frozenset(clause.id for clause in found)


def _prepared(out: Path) -> Path:
    """An empty folder for the history below `out`. What an earlier run left there is replaced; a folder with anything
    else in it is refused. Raises Refused."""
    try:
        if out.exists() and any(out.iterdir()) and not (out / "history").is_dir():
            message = f"{out} is not empty, and was not written by a run: name another folder with --out"
            raise Refused(message)
        for name in ("history", "traces"):
            shutil.rmtree(out / name, ignore_errors=True)
        (out / "history").mkdir(parents=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as problem:
        message = f"cannot write to {out}: {problem.strerror}"
        raise Refused(message) from None
    return out / "history"


def _deliver(finished: Finished, history: Path, out: Path | None) -> int:
    """Write what a finished run is shown as, show it, and return its exit code."""
    from taskconform.conformance.traces import make_traces, write_traces  # noqa: PLC0415
    from taskconform.reports.document import encode  # noqa: PLC0415
    from taskconform.reports.summary import summary  # noqa: PLC0415
    from taskconform.reports.terminal import render  # noqa: PLC0415
    from taskconform.reports.trace import listing  # noqa: PLC0415

    traces = make_traces(finished.tally, finished.declaration)
    report = finished.report
    if out is not None:
        write_traces(finished.tally, traces, history, out)
        (out / "report.json").write_bytes(encode(report))
        (out / "summary.md").write_text(summary(report), encoding="utf-8")
    render(report, {signature: listing(trace) for signature, trace in traces.items()}, Console())
    if out is not None:
        Console().print(f"\nreport, history and traces: {out}", highlight=False, soft_wrap=True)
    return int(report.run.exit_code)


class _Bar:
    """Progress on the terminal: nothing where standard error is none."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description:>10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._stages: dict[str, object] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show how far a stage has come."""
        if stage not in self._stages:
            self._stages[stage] = self._progress.add_task(stage, total=total)
        self._progress.update(self._stages[stage], completed=done)  # type: ignore[arg-type]  # a TaskID


def main() -> None:
    """Run the command line, and exit with its code."""
    error = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        code = app(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else CONFORMS)
    except typer.Exit as end:
        sys.exit(end.exit_code)
    except WrongUsage as problem:
        error.print(f"taskconform: {problem}", markup=False)
        sys.exit(MISUSED)
    except (Refused, TargetMisnamed) as problem:
        error.print(f"taskconform: {problem}", markup=False)
        sys.exit(MISUSED)
    except HistoryError as problem:
        error.print(f"taskconform: {problem}", markup=False)
        sys.exit(MISUSED)
    except TargetUnreachable as problem:
        error.print(f"taskconform: {problem}", markup=False)
        sys.exit(BROKE_OFF)
    except (Interrupted, KeyboardInterrupt, typer.Abort):
        error.print("taskconform: interrupted", markup=False)
        sys.exit(BROKE_OFF)
    except Exception:  # noqa: BLE001  # a fault of ours must not pass for a divergence (exit code 1)
        error.print_exception(max_frames=8)
        error.print("taskconform: this is a fault of the suite, not of the target", markup=False)
        sys.exit(BROKE_OFF)
