"""The suite as one call, for the tests of a vendor.

from taskconform.conformance.adapter import run_conformance

def test_the_simulator_conforms():
    run_conformance(MyTarget)
"""

from __future__ import annotations

import inspect
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from taskconform.conformance.engine.profile import PROFILES
from taskconform.conformance.engine.run import run
from taskconform.conformance.engine.settings import Settings
from taskconform.conformance.errors import DoesNotConform, Refused
from taskconform.conformance.records.delivery import prepared, selected, write
from taskconform.conformance.records.private import Discreet, split
from taskconform.conformance.records.traces import make_traces
from taskconform.conformance.targets.naming import open_named
from taskconform.conformance.verdicts.baseline import load_baseline
from taskconform.conformance.verdicts.decide import is_required
from taskconform.conformance.verdicts.waivers import load, today
from taskconform.reports.cases import cases
from taskconform.reports.trace import listing
from taskconform.reports.wording import again, share, verdict

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from taskconform.conformance.targets.protocol import Target
    from taskconform.conformance.verdicts.compose import Finished
    from taskconform.reports.document import Report

    Factory = Callable[[Mapping[str, str]], Target] | Callable[[], Target]

__all__ = ["DoesNotConform", "Refused", "run_conformance"]

LONGEST: Final = 20
"""Clauses that a message tells in full; the others are only named."""


def run_conformance(
    target: str | Target | Factory,
    *,
    profile: str = "quick",
    seed: int = 0,
    workers: int = 1,
    clauses: str | None = None,
    strict: bool = False,
    waivers: str | os.PathLike[str] | None = None,
    baseline: str | os.PathLike[str] | None = None,
    out: str | os.PathLike[str] | None = None,
    options: Mapping[str, str] | None = None,
) -> Report:
    """Run the suite on a target and return its report, if it conforms.

    `target` is a name, as on the command line; or a factory, which is given the options if it takes an argument, and
    whose target is closed in the end; or an open target, which stays open. With one worker everything happens in this
    process, so that a target can be a fake that the test holds; more workers want a name that each can open. `seed`,
    `profile` (quick, standard, certify), `clauses` (a glob), `strict`, `waivers` and `baseline` (files) are those of
    `taskconform run`; `out` is a folder for report, history and traces, none by default.

    Raises DoesNotConform for what `taskconform run` ends with exit code 1 or 2 for; Refused and TargetMisnamed for what
    makes no sense; TargetUnreachable and BrokenOff if the run cannot go on.
    """
    if profile not in PROFILES:
        message = f"no profile {profile}: there are {', '.join(PROFILES)}"
        raise Refused(message)
    if workers < 1 or (workers > 1 and not isinstance(target, str)):
        message = f"{workers} workers: a target that is no name is driven by one, in this process"
        raise Refused(message)
    chosen = selected(clauses or "*")
    held = load(Path(waivers), today()) if waivers is not None else None
    pinned = load_baseline(Path(baseline), today()) if baseline is not None else None
    with tempfile.TemporaryDirectory(prefix="taskconform-") as spare:
        kept = Path(out) if out is not None else None
        settings = Settings(
            target=_name(target),
            options=dict(options or {}),
            profile=profile,
            seed=seed,
            workers=workers,
            folder=prepared(kept if kept is not None else Path(spare)),
            strict=strict,
            selected=chosen,
            waivers=held,
            baseline=pinned,
        )
        finished = _finished(settings, target)
        if kept is not None:
            write(finished, make_traces(finished.tally, finished.declaration), settings.folder, kept)
    if finished.report.run.exit_code:
        raise DoesNotConform(_told(finished, strict=strict, out=kept, named=isinstance(target, str)), finished.report)
    return finished.report


def _finished(settings: Settings, target: str | Target | Factory) -> Finished:
    """Run, in this process if one worker does, and close what was opened for it."""
    if settings.workers > 1:
        return run(settings, _in_silence)
    if isinstance(target, str):
        opened = open_named(target, settings.options)
    elif _is_open(target):
        return run(settings, _in_silence, cast("Target", target))
    else:
        names, others = split(settings.options)
        made = _made(cast("Factory", target), others)
        opened = Discreet(made, names) if names else made
    try:
        return run(settings, _in_silence, opened)
    finally:
        opened.close()


def _in_silence(_stage: str, _done: int, _total: int) -> None:
    """Progress of a test is told to nobody."""


def _is_open(target: object) -> bool:
    """Tell an open target from something that makes one."""
    return hasattr(target, "perform") and not isinstance(target, type)


def _made(factory: Factory, options: Mapping[str, str]) -> Target:
    """Call a factory, with the options if it takes them. Raises Refused if it takes none and there are some."""
    try:
        inspect.signature(factory).bind(options)
    except TypeError:
        if options:
            message = f"{_name(factory)} takes no options"
            raise Refused(message) from None
        return cast("Callable[[], Target]", factory)()
    return cast("Callable[[Mapping[str, str]], Target]", factory)(options)


def _name(target: object) -> str:
    """Name the target in the report: a factory or an object by where its code stands."""
    if isinstance(target, str):
        return target
    code = target if hasattr(target, "__qualname__") else type(target)
    return f"{code.__module__}:{getattr(code, '__qualname__', '')}"


def _told(finished: Finished, *, strict: bool, out: Path | None, named: bool) -> str:
    """Say why the target does not conform: the verdict, then each clause with its shortest trace."""
    report = finished.report
    traces = make_traces(finished.tally, finished.declaration)
    listings = {signature: listing(trace) for signature, trace in traces.items()}
    shown = cases(report, listings, strict=strict, required=is_required, files=out is not None)
    wrong = [case for case in shown if case.outcome in {"failed", "error"}]
    parts = [verdict(report), *report.blocks]
    parts += [f"{case.outcome.upper()} {case.clause.id}  ({case.level})\n{case.text}" for case in wrong[:LONGEST]]
    if len(wrong) > LONGEST:
        parts.append(f"and {', '.join(case.clause.id for case in wrong[LONGEST:])}")
    parts.append(share(report) + (f"\nagain: {again(report)}" if named else ""))
    if out is not None:
        parts.append(f"report, history and traces: {out}")
    return "\n\n".join(parts)
