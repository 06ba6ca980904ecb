"""The command line. `taskconform.conformance.errors` has the exit codes."""

from __future__ import annotations

import signal
import sys
import tempfile
from functools import partial
from importlib.metadata import version
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.core

from taskconform.conformance.cli import certify as certifying
from taskconform.conformance.cli import gating
from taskconform.conformance.cli import qualify as typed
from taskconform.conformance.cli.baseline import baseline
from taskconform.conformance.cli.bisect import bisect
from taskconform.conformance.cli.clauses import as_json, as_table
from taskconform.conformance.cli.events import File, events_of, tell_found, tell_part, tell_performed
from taskconform.conformance.cli.evidence import evidence
from taskconform.conformance.cli.executors import Pool, pool_named
from taskconform.conformance.cli.explore import explore
from taskconform.conformance.cli.matrix import matrix
from taskconform.conformance.cli.merge import merge
from taskconform.conformance.cli.new_adapter import new_adapter
from taskconform.conformance.cli.record import record
from taskconform.conformance.cli.serve import serve
from taskconform.conformance.cli.shadowing import check_exact, shadowed, shadowed_run
from taskconform.conformance.cli.soak import soak
from taskconform.conformance.cli.terminal import console, deliver, end, mend_streams, told
from taskconform.conformance.errors import (
    CONFORMS,
    DIVERGES,
    BrokenOff,
    Interrupted,
    OutputClosed,
    Refused,
)
from taskconform.conformance.events import Performed
from taskconform.conformance.records.delivery import options, prepared, selected
from taskconform.conformance.targets.naming import RECORDING, default_workers
from taskconform.model.clauses.registry import matching
from taskconform.reports.render.printed import lines as printed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from taskconform.conformance.engine.settings import Settings
    from taskconform.conformance.events import Events
    from taskconform.conformance.records.recordings.judging import Asked
    from taskconform.conformance.verdicts.compose import Finished


class Commands(typer.core.TyperGroup):
    """The commands, with exit codes of ours where the command-line library has its own."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Show the help for no command at all, which is wrong usage."""
        if not args and not ctx.resilient_parsing:
            ctx.get_help()  # which prints it
            ctx.fail("name a command, such as: taskconform run builtin")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Carry out a command. Raises Interrupted, OutputClosed."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as interrupt:
            raise Interrupted(*getattr(interrupt, "__notes__", ())) from None
        except BrokenPipeError:
            raise OutputClosed from None


app = typer.Typer(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

Target = Annotated[
    str,
    typer.Argument(
        help="builtin, vcsim, vcsim:/path/to/binary, https://user@host/sdk, package.module:factory; recording:FILE"
    ),
]
Set = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="An option of the target.")]

Waivers = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Known divergences, accepted until a date; a TOML file.")
]
Baseline = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="What `taskconform baseline` wrote: green while nothing changes."),
]

Shadow = Annotated[
    bool,
    typer.Option("--shadow", help="Also list outcomes that the specification does not give, and no clause covers."),
]

Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show the whole report, not one screen: every failure with its steps.")
]

TOGETHER = frozenset(
    {
        ("--baseline", RECORDING),
        *((limit, held) for limit in ("--max-time", "--max-failures") for held in ("--waivers", "--requirements")),
    }
)
"""Pairs of options that go together, among those that mostly do not."""

INTERRUPTED = 130
"""Code that the command-line library returns if it was interrupted while it read the command line."""


def _version(wanted: bool) -> None:  # noqa: FBT001  # the command-line library calls it so
    """Print the version and end, if that is wanted."""
    if wanted:
        sys.stdout.write(f"taskconform {version('taskconform')}\n")
        raise typer.Exit


@app.callback()
def taskconform(
    version: Annotated[  # noqa: FBT002  # its callback has done it
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version, and end.")
    ] = False,
) -> None:
    """Does this vSphere TaskManager behave as documented?"""


@app.command()
def run(
    target: Target = "builtin",
    profile: Annotated[str, typer.Option(help="smoke, quick, standard or certify.")] = "quick",
    seed: Annotated[int, typer.Option(help="The same seed plans the same calls on every target.")] = 0,
    workers: Annotated[
        int, typer.Option(min=0, help="Processes, each with a target of its own; 0: one a core, for vcsim two.")
    ] = 0,
    clauses: Annotated[
        str, typer.Option(metavar="GLOB", help="Report and require only these; `!page.*`: all but these.")
    ] = "*",
    strict: Annotated[bool, typer.Option("--strict", help="A failed should-clause fails the run.")] = False,  # noqa: FBT002
    requirements: Annotated[
        str | None,
        typer.Option(metavar="VERSION", help="Clauses that were added after this release are not scored."),
    ] = None,
    waivers: Waivers = None,
    shard: Annotated[
        str | None, typer.Option(metavar="K/N", help="Explore only the K-th of N shards; `merge` makes the report.")
    ] = None,
    baseline: Baseline = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait recentTask's window out, as certify does.")] = False,  # noqa: FBT002
    max_time: Annotated[float, typer.Option(metavar="SECONDS", min=0, help="End after so long; 0: when done.")] = 0,
    max_failures: Annotated[
        int, typer.Option(metavar="N", min=0, help="Explore until so many divergences were found; 0: all.")
    ] = 0,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where report, history and traces go.")] = Path(
        "taskconform-out"
    ),
    set_: Set = None,
    executor: Pool = None,
    events: File = None,
    shadow: Shadow = False,  # noqa: FBT002
    verbose: Verbose = False,  # noqa: FBT002
) -> None:
    """Run the suite against TARGET and say, clause by clause, where it diverges from the documented API."""
    from taskconform.conformance.engine.portion import portion  # noqa: PLC0415
    from taskconform.conformance.engine.profile import PROFILES  # noqa: PLC0415  # keeps `--help` quick
    from taskconform.conformance.engine.run import Listener  # noqa: PLC0415
    from taskconform.conformance.engine.run import run as run_suite  # noqa: PLC0415
    from taskconform.conformance.engine.settings import Settings  # noqa: PLC0415
    from taskconform.conformance.records.recordings.judging import Asked  # noqa: PLC0415
    from taskconform.conformance.verdicts.baseline import load_baseline  # noqa: PLC0415
    from taskconform.conformance.verdicts.requirements import requirements_of  # noqa: PLC0415
    from taskconform.conformance.verdicts.waivers import load, today  # noqa: PLC0415

    if profile not in PROFILES:
        message = f"no profile {profile}: there are {', '.join(PROFILES)}"
        raise Refused(message)
    held = load(waivers, today()) if waivers is not None else None
    pinned = load_baseline(baseline, today()) if baseline is not None else None
    _check_together(
        {
            "--waivers": held,
            "--shard": shard,
            "--executor": executor,
            "--requirements": requirements,
            RECORDING: target.startswith(RECORDING),
        },
        {"--baseline": pinned, "--max-time": max_time, "--max-failures": max_failures},
    )
    _check_shadow(target, options(set_), {"--shard": shard, "--executor": executor}, is_wanted=shadow)
    if target.startswith(RECORDING):
        asked = Asked(
            whole=options(set_).get("whole") == "yes",
            strict=strict,
            selected=selected(clauses),
            waivers=held,
            baseline=pinned,
        )
        away = {"--shard": shard, "--wait": wait, "--requirements": requirements}
        raise typer.Exit(_judge_target(target, out, asked, away, verbose=verbose))
    if wait and profile == "quick":
        message = "the quick profile waits for nothing: --wait is for standard"
        raise Refused(message)
    history = prepared(out)
    if shard is not None and (out / "report.json").exists():
        message = f"{out} has the report of a whole run: name another folder for a shard with --out"
        raise Refused(message)
    settings = Settings(
        target=target,
        options=options(set_),
        profile=profile,
        seed=seed,
        workers=workers or default_workers(),
        folder=history,
        strict=strict,
        selected=selected(clauses),
        waivers=held,
        requirements=requirements_of(requirements) if requirements is not None else None,
        baseline=pinned,
        wait=wait,
        shard=None if shard is None else portion(shard, PROFILES[profile]),
        max_time=max_time,
        max_failures=max_failures,
    )
    if executor is not None:
        if settings.shard is not None:
            message = "--executor has its own shards: leave --shard out"
            raise Refused(message)
        from taskconform.conformance.engine.portions import run_elsewhere  # noqa: PLC0415

        with pool_named(executor) as pool, _telling(settings, events) as told_of:
            assert pool is not None  # noqa: S101  # it has a name
            finished = run_elsewhere(*pool, settings, told_of)
            for occurrence in finished.tally.shortest.values():
                tell_found(told_of, occurrence, finished.declaration)
            tell_performed(told_of, finished.report)
            raise typer.Exit(deliver(finished, history, out, verbose=verbose))
    with _telling(settings, events) as told_of:
        listener = Listener(
            taken=partial(tell_part, told_of),
            found=partial(tell_found, told_of),
            salvaged=partial(deliver, history=history, out=out, verbose=verbose),
        )
        finished = run_suite(settings, told_of, listener=listener)
        if shard is not None:
            told_of.tell(Performed())
            raise typer.Exit(_tell_shard(finished, shard, out))
        tell_performed(told_of, finished.report)
        shown = shadowed_run(finished, settings) if shadow else finished
        raise typer.Exit(deliver(shown, history, out, verbose=verbose))


def _check_shadow(target: str, given: Mapping[str, str], others: Mapping[str, object], *, is_wanted: bool) -> None:
    """Raise Refused where a shadow is wanted and cannot be used."""
    if not is_wanted:
        return
    for other in (other for other, value in others.items() if value):
        message = f"--shadow or {other}, not both: judge --shadow takes the history of a whole run"
        raise Refused(message)
    if target.startswith(RECORDING):
        message = f"--shadow cannot be used with {target}: it is a recording"
        raise Refused(message)
    check_exact(target, given)


def _telling(settings: Settings, file: Path | None) -> AbstractContextManager[Events]:
    """Begin the events of a run."""
    return events_of("run", file, doing=settings.command, workers=settings.workers)


def _judge_target(target: str, out: Path, asked: Asked, away: Mapping[str, object], *, verbose: bool) -> int:
    """Judge a recording that is named as a target. Raises Refused for options that are about calls."""
    for name in (name for name, value in away.items() if value):
        message = f"{name}: {target} is judged on what it holds, and not called"
        raise Refused(message)
    return _judge_file(Path(target.removeprefix(RECORDING)), out, asked, verbose=verbose)


def _check_together(others: dict[str, object], ours: dict[str, object]) -> None:
    """Raise Refused for options that make no sense together."""
    for name in (name for name, value in ours.items() if value):
        for other in (other for other, value in others.items() if value):
            if (name, other) not in TOGETHER:
                message = f"{name} or {other}, not both: hold what comes of it against a baseline (judge --baseline)"
                raise Refused(message)


def _tell_shard(finished: Finished, shard: str, out: Path) -> int:
    """Say what a shard came to, and give the exit code: it has no verdict."""
    found, calls = len(finished.tally.shortest), finished.report.run.calls
    told = f"shard {shard}: {calls:,} calls, divergences found: {found}; taskconform merge makes the report"
    console().print(f"{told}\nhistory: {out}", highlight=False, soft_wrap=True)
    return CONFORMS


@app.command()
def judge(
    history: Annotated[
        Path, typer.Argument(help="A history folder, the folder that a run wrote, or somebody's recording: a file.")
    ],
    against: Annotated[
        Path | None, typer.Option(metavar="REPORT", help="What the verdicts were; default: the report beside it.")
    ] = None,
    waivers: Waivers = None,
    baseline: Baseline = None,
    on: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="The day on which waivers and baseline are looked at; default: today."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the report goes; default: the terminal only.")
    ] = None,
    whole: Annotated[bool, typer.Option("--whole", help="Of a recording: all is in it.")] = False,  # noqa: FBT002
    shadow: Shadow = False,  # noqa: FBT002
    verbose: Verbose = False,  # noqa: FBT002
) -> None:
    """Judge a recorded history again, offline: the same report, from the record alone; or, on a newer model, which
    verdicts have changed, and why. Without --waivers, it is held against those of the run, on the day of the run. Or
    somebody's recording: an HTTP archive (HAR) or cassette (VCR, vcrpy) of SOAP exchanges, a SOAP answer, a dump, a
    host's log."""
    from taskconform.conformance.cli.gating import render_flips, stored_report  # noqa: PLC0415  # keeps `--help` quick
    from taskconform.conformance.verdicts.baseline import load_baseline  # noqa: PLC0415
    from taskconform.conformance.verdicts.offline import judge as judge_history  # noqa: PLC0415
    from taskconform.conformance.verdicts.waivers import day, load  # noqa: PLC0415

    if on is not None and waivers is None and baseline is None:
        message = "--on says when waivers or a baseline are looked at: it wants --waivers or --baseline"
        raise Refused(message)
    held = load(waivers, day(on)) if waivers is not None else None
    pinned = load_baseline(baseline, day(on)) if baseline is not None else None
    if history.is_file():
        if shadow:
            message = f"--shadow cannot be used with {history}: it is a recording"
            raise Refused(message)
        if against is not None:
            message = f"{history} is a recording: a report is held against a run"
            raise Refused(message)
        from taskconform.conformance.records.recordings.judging import Asked as Wanted  # noqa: PLC0415

        asked = Wanted(whole=whole, waivers=held, baseline=pinned)
        raise typer.Exit(_judge_file(history, out, asked, verbose=verbose))
    folder = history / "history" if (history / "history" / "run.json").exists() else history
    stored = stored_report(folder, against)
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            message = f"cannot write to {out}: {problem.strerror}"
            raise Refused(message) from None
    with events_of("judge") as events:
        finished = judge_history(folder, events, held, baseline=pinned)
    if shadow:
        finished = shadowed(finished, folder)
    flips = partial(render_flips, stored, finished.report, console()) if stored is not None else None
    raise typer.Exit(deliver(finished, folder, out, verbose=verbose, also=flips))


def _judge_file(path: Path, out: Path | None, asked: Asked, *, verbose: bool) -> int:
    """Judge a recording; its history goes to the folder of the report, if there is one."""
    from taskconform.conformance.records.recordings.judging import judge_recording  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as spare:
        folder = prepared(out) if out is not None else Path(spare)
        with events_of("judge") as events:
            finished = judge_recording(path, folder, events, asked)
        return deliver(finished, folder, out, verbose=verbose)


@app.command()
def replay(
    trace: Annotated[
        Path,
        typer.Argument(help="A trace (traces/….json) that a run wrote; or all in the folder of a run or a soak."),
    ],
    target: Target = "builtin",
    times: Annotated[int, typer.Option(min=1, help="How often.")] = 1,
    set_: Set = None,
) -> None:
    """Run one trace again, or all those of a folder, one line each: the fast check while a simulator is repaired. Exit
    code 1 if a divergence shows, 0 if none does."""
    from taskconform.conformance.records.replay import replay as replay_trace  # noqa: PLC0415
    from taskconform.conformance.records.replay import replay_all  # noqa: PLC0415
    from taskconform.conformance.records.store import traces_in  # noqa: PLC0415
    from taskconform.conformance.records.traces import read_trace  # noqa: PLC0415
    from taskconform.conformance.targets.naming import open_named  # noqa: PLC0415

    read = [read_trace(path) for path in (traces_in(trace) if trace.is_dir() else [trace])]
    opened = open_named(target, options(set_))
    try:
        if trace.is_dir():
            showed = replay_all(read, opened, times, console()) > 0
        else:
            showed = replay_trace(read[0], opened, times, console())
    finally:
        opened.close()
    raise typer.Exit(DIVERGES if showed else CONFORMS)


@app.command()
def doctor(
    target: Target = "builtin",
    set_: Set = None,
) -> None:
    """Half a minute: can TARGET be reached, what is it, what can it do, is its adapter sound? If not, exit code 1."""
    from taskconform.conformance.cli.diagnosis import render  # noqa: PLC0415  # keeps `--help` quick
    from taskconform.conformance.cli.doctor import examine  # noqa: PLC0415

    found = examine(target, options(set_))
    render(found, console())
    raise typer.Exit(CONFORMS if found.sound else DIVERGES)


@app.command()
def clean(
    target: Annotated[str, typer.Argument(help="https://user@host/sdk")],
    set_: Set = None,
) -> None:
    """Remove what killed runs left behind on a server: sessions, live tasks, extensions, folders, alarms and scheduled
    tasks of ours. It does not ask whether their run is dead: a run that is under way there is ended, too."""
    from taskconform.conformance.cli.clean import clean as clean_server  # noqa: PLC0415  # keeps `--help` quick

    cleaned = clean_server(target, options(set_))
    lines = [*cleaned.removed, *cleaned.left] or ["nothing of ours is left"]
    console().print(printed(*lines), soft_wrap=True)
    if cleaned.left:
        message = f"{len(cleaned.left)} things of ours are left on {target}"
        raise BrokenOff(message)


@app.command()
def qualify(
    glob: typed.Glob = "*",
    profile: typed.Profile = "standard",
    seeds: typed.Seeds = 20,
    workers: typed.Workers = 0,
    full: typed.Full = False,  # noqa: FBT002
    coverage: typed.Coverage = False,  # noqa: FBT002
    sample: typed.Sample = 0,
    seed: typed.Seed = 0,
    out: typed.Out = typed.OUT,
    shard: typed.Piece = None,
    executor: Pool = None,
    events: File = None,
) -> None:
    """Does the suite bite, and leave alone what is right? Runs it on mutants and on conforming variants, in
    process: the kill matrix. Exit code 0: the gate holds; 1: it does not; 2: nothing was tested. With --sample: the
    share of the fault space that a profile finds; 1 if something was found where nothing differs."""
    asked = typed.wanted(glob, profile, seeds, sample, seed, workers, full=full, coverage=coverage)
    if shard is not None and executor is not None:
        message = "--executor has its own shards: leave --shard out"
        raise Refused(message)
    with events_of("qualify", events, workers=asked.workers) as told_of, pool_named(executor) as pool:
        if shard is not None:
            raise typer.Exit(typed.carry_out_portion(asked, typed.portion(shard), out, told_of, console()))
        raise typer.Exit(typed.carry_out(asked, out, told_of, console(), pool and pool[0]))


app.command()(serve)
app.command("new-adapter")(new_adapter)
app.command()(record)
app.command()(evidence)


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
        console().print(as_table(found))


app.command()(baseline)
app.command()(bisect)
app.command()(gating.waive)
app.command()(gating.diff)
app.command()(matrix)
app.command()(merge)
app.command()(soak)
app.command()(explore)
app.command()(certifying.certify)
app.command()(certifying.verify)


def _described() -> dict[str, dict[str, bool]]:
    """Give every command its help, as one paragraph and as one sentence, and return the parameters of each: by name,
    whether they take several values."""
    found = {}
    for one in app.registered_commands:
        if one.callback is None:
            continue
        one.help = " ".join((one.callback.__doc__ or "").split())
        one.short_help = one.help.partition(". ")[0].rstrip(".") + "."
        found[one.name or one.callback.__name__] = {
            name: "list[" in str(each.annotation)
            for name, each in signature(one.callback, eval_str=True).parameters.items()
        }
    return found


COMMANDS = _described()
"""The parameters of every command."""


def main() -> None:
    """Run the command line, and exit with its code."""
    from taskconform.conformance.cli.configuration import defaults  # noqa: PLC0415

    mend_streams()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    try:
        code = app(prog_name="taskconform", standalone_mode=False, default_map=defaults(COMMANDS))
        if code == INTERRUPTED:
            sys.exit(told(Interrupted()))
        sys.exit(code if isinstance(code, int) else CONFORMS)
    except (Exception, KeyboardInterrupt) as problem:  # noqa: BLE001  # a fault of ours must not pass for a divergence
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # once is enough: what is left is to say so
        sys.exit(told(problem))
