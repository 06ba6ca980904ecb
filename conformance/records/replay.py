"""Replay: run one trace again and say what came back, call by call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.engine.perform import unrecorded
from taskconform.conformance.records.history import SETUP, Episode, Exchange, Skipped
from taskconform.conformance.verdicts.judgement import Judge
from taskconform.model.oracle.findings import shown
from taskconform.model.vocabulary.outcomes import Faulted, Lost, Outcome
from taskconform.reports.plain import one_line
from taskconform.reports.render.printed import lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from taskconform.conformance.records.history import Record
    from taskconform.conformance.targets.protocol import Target
    from taskconform.reports.trace import Trace

MOST_LINES = 40
"""Number of calls of a replay that are shown."""


def replay(trace: Trace, target: Target, times: int, console: Console) -> bool:
    """Perform a trace so many times from a fresh server state, show the first, and say whether the divergence showed in
    any. Raises TargetUnreachable."""
    records: list[Record] = []
    judge = Judge()
    executor = Executor(target=target, judge=judge, record=records.append)
    showed = 0
    plan = () if trace.in_setup else trace.plan
    for number in range(times):
        executor.run(Episode(part="replay", number=number, phase="confirm", plan=plan, signature=trace.signature))
        showed += judge.saw(trace.signature)
        if number == 0:
            _show(records, console)
    console.print(lines(f"{trace.clause}: {trace.statement}", f"expected: {trace.demand}"))
    verdict = f"the divergence shows: {showed} of {times}" if showed else f"the divergence does not show, in {times}"
    console.print(verdict, style="bold", markup=False, highlight=False)
    return bool(showed)


def replay_all(traces: Sequence[Trace], target: Target, times: int, console: Console) -> int:
    """Perform each trace so many times from a fresh server state, or until its divergence shows, and say in a line each
    whether it did. Returns how many did. Raises TargetUnreachable."""
    shows = 0
    for number, trace in enumerate(traces):
        judge = Judge()
        executor = Executor(target=target, judge=judge, record=unrecorded)
        for run in range(times):
            executor.run(
                Episode(part=f"{number}", number=run, phase="confirm", plan=trace.plan, signature=trace.signature)
            )
            if judge.saw(trace.signature):
                break
        showed = judge.saw(trace.signature)
        shows += showed
        told = f"{'shows' if showed else 'gone '}  {one_line(trace.signature)}"
        console.print(told, markup=False, highlight=False, soft_wrap=True)
    told = f"{shows} of {len(traces)} divergences show"
    console.print(told, style="bold", markup=False, highlight=False, soft_wrap=True)
    return shows


def _show(records: list[Record], console: Console) -> None:
    """The calls and their outcomes, a line each."""
    shown = [_line(record) for record in records if not isinstance(record, Episode)]
    console.print(lines(*shown[:MOST_LINES]), soft_wrap=True)
    if len(shown) > MOST_LINES:
        console.print(f"… and {len(shown) - MOST_LINES} more", markup=False, highlight=False)


def _line(record: Record) -> str:
    """One call and its outcome."""
    if isinstance(record, Skipped):
        return f"{record.step + 1:>4}  skipped: {record.why}"
    if not isinstance(record, Exchange):
        return ""
    step = "set-up" if record.step == SETUP else f"{record.step + 1:>6}"
    return f"{step}  {type(record.call).__name__} ({record.call.session}) -> {_brief(record.outcome)}"


def _brief(outcome: Outcome) -> str:
    """An outcome in a few words."""
    if isinstance(outcome, Faulted):
        return f"fault {outcome.fault.kind}"
    if isinstance(outcome, Lost):
        return f"lost: {outcome.why}"
    value = getattr(outcome.value, "key", None) or outcome.value
    text = shown(value) if not isinstance(value, tuple) else f"{len(value)} items"
    return text if len(text) < 100 else text[:99] + "…"
