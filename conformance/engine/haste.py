"""Haste: reads are made at once, and only what the target may still be given time for is done again with it.

A test case is performed as if the target settled at once. If that shows a divergence, or something of an open clause
that does not go with what was shown before, time may explain it: then the test case is performed again on a fresh
target, with all the settling time, and the first attempt counts for nothing. So a server without lag costs no waiting,
and one that lags raises no alarm. On a server that is seen to lag every test case has its time from the start."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.engine.schedule.interrupts import heeding, rest
from taskconform.conformance.engine.schedule.lanes import Performed
from taskconform.conformance.verdicts.judgement import Judge
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.declaration import ORDINARY
from taskconform.model.vocabulary.outcomes import SUCCESS, Outcome, Property, Returned, TaskInfo
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.conformance.records.history import Episode, Record
    from taskconform.conformance.targets.protocol import Target
    from taskconform.conformance.verdicts.judgement import Tally
    from taskconform.model.vocabulary.declaration import Declaration

WORTH: Final = 1.0
"""Seconds of settling time from which it is worth while to do without."""

SAMPLES: Final = 3
"""Tasks with which the lag of a target is sampled."""

_POLL: Final = 0.05


def is_worth_while(declaration: Declaration) -> bool:
    """Tell whether a target would be waited for, unless one does without."""
    return declaration.settling >= WORTH and "clock" not in declaration.capabilities


@dataclass(slots=True, kw_only=True)
class Haste:
    """Performs test cases on one target, at once where that will do. `left` has the interpretations of each open clause
    that go with all that was shown so far."""

    target: Target
    left: dict[str, frozenset[str]] = field(default_factory=dict)
    _lags: bool | None = None

    @property
    def lags(self) -> bool:
        """Tell whether the target is seen to lag, which is sampled once."""
        if self._lags is None:
            self._lags = lag_of(self.target) > 0
        return self._lags

    def run(self, case: Episode, *, is_known: bool) -> Performed:
        """Perform a test case. `is_known`: the part of the history has the declaration already. Raises
        TargetUnreachable."""
        spent = Performed()
        for at_once in (True, False) if not self.lags else (False,):
            performed = self._attempt(evolve(case, at_once=at_once), is_known=is_known)
            spent.calls += performed.calls
            spent.target_seconds += performed.target_seconds
            spent.socket_seconds += performed.socket_seconds
            if not at_once or self._agrees(performed.tally):
                break
        self._learn(performed.tally)
        spent.tally, spent.records = performed.tally, performed.records
        return spent

    def _attempt(self, case: Episode, *, is_known: bool) -> Performed:
        records: list[Record] = []
        judge, socket = Judge(), self.target.socket_seconds
        if is_known:
            judge.declaration = self.target.declaration
        executor = Executor(target=self.target, judge=judge, record=heeding(records.append), rest=rest)
        executor.run(case)
        judge.end()
        return Performed(
            records=records,
            tally=judge.tally,
            calls=executor.calls,
            target_seconds=executor.target_seconds,
            socket_seconds=self.target.socket_seconds - socket,
        )

    def _agrees(self, tally: Tally) -> bool:
        """Tell whether a test case showed nothing that more time might explain."""
        if tally.shortest:
            return False
        return all(
            self.left.get(clause, frozenset(options)) & frozenset(options)
            for clause, shown in tally.shown.items()
            for options in shown
        )

    def _learn(self, tally: Tally) -> None:
        for clause, shown in tally.shown.items():
            for options in shown:
                self.left[clause] = self.left.get(clause, frozenset(options)) & frozenset(options)


def lag_of(target: Target) -> float:
    """Sample how long it takes until a task that ended is in history as it is: the seconds of the slowest sample, 0.0
    if each was there at once, or if the target does not say. Leaves the target fresh. Raises TargetUnreachable."""
    target.reset()
    declaration = target.declaration
    missing = declaration.calls_without
    key = declaration.extension_key
    session: dict[str, Any] = {"session": c.MAIN}
    if "Login" not in missing:
        target.perform(c.Login(**session, account="primary"))
    if "RegisterExtension" not in missing:
        target.perform(c.RegisterExtension(**session, key=key, version="1.0.0", task_ids=(f"{key}.work",)))
    entity = next((one for role in ORDINARY for one in declaration.places.get(role, ())), None)
    needed = {"CreateTask", "SetTaskState", "CreateCollectorForTasks", "ReadLatestPage", "DestroyCollector"}
    slowest = 0.0
    if entity is not None and not needed & missing:
        create = c.CreateTask(**session, obj=entity.ref, task_type_id=f"{key}.work", cancelable=False)
        for _ in range(SAMPLES):
            slowest = max(slowest, _sample(target.perform, create, declaration.settling))
    target.reset()
    return slowest


def _sample(perform: Callable[[c.Call], Outcome], create: c.CreateTask, settling: float) -> float:
    """Make and end a task; give the seconds until the latest page of a new collector has it as it is."""
    info = _value(perform(create))
    if not isinstance(info, TaskInfo) or info.task is None:
        return 0.0
    perform(c.SetTaskState(session=c.MAIN, task=info.task, state=SUCCESS))
    began = time.monotonic()
    first = True
    while time.monotonic() - began < settling:
        found = _is_in_history(perform, info.task)
        if found is None or found:
            return 0.0 if found is None or first else time.monotonic() - began
        first = False
        rest(_POLL)
    return 0.0  # it never comes: that is no lag


def _is_in_history(perform: Callable[[c.Call], Outcome], task: c.ObjectRef) -> bool | None:
    """Tell whether a new collector's latest page has a task as ended; None if it cannot be told."""
    collector = _value(perform(c.CreateCollectorForTasks(session=c.MAIN, filter=c.TaskFilterSpec())))
    if not isinstance(collector, c.ObjectRef):
        return None
    page = _value(perform(c.ReadLatestPage(session=c.MAIN, collector=collector)))
    perform(c.DestroyCollector(session=c.MAIN, collector=collector))
    items = page.value if isinstance(page, Property) else None
    if not isinstance(items, tuple):
        return None
    return any(isinstance(one, TaskInfo) and one.task == task and one.state == SUCCESS for one in items)


def _value(outcome: Outcome) -> object:
    return outcome.value if isinstance(outcome, Returned) else None
