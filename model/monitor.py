"""Monitoring a latest page: a property filter on TaskHistoryCollector.latestPage.

The latest page is "available as the 'latestPage' property, which the client may retrieve and monitor by using the
PropertyCollector". That a new task updates it is sure; which other changes of its items do, the pages do not say (EV
2.17)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from taskconform.model import watch
from taskconform.model.calls import (
    CreateTask,
    SetTaskDescription,
    SetTaskState,
    UpdateProgress,
    WaitForUpdatesEx,
)
from taskconform.model.collectors import is_settled
from taskconform.model.filters import EVERYTHING
from taskconform.model.findings import Departure, MustAnswer, question, rule
from taskconform.model.method import Method, broken, held_of, show
from taskconform.model.waits import Wait, answered
from taskconform.model.world import CHANGES_KEPT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from taskconform.model.findings import Finding
    from taskconform.model.outcomes import Interval, UpdateSet
    from taskconform.model.world import World
    from taskconform.model.world_history import Collector


def _watching(world: World, wait: Wait) -> tuple[str, Collector] | None:
    """The one filter of a wait, and the collector of everything whose latest page it watches."""
    if len(wait.filters) != 1 or wait.first or not wait.complete or not wait.is_sure:
        return None
    if wait.collector.used == wait.chain.name:
        return None  # what a version yields a second time is watch.reuse's to say
    (name, watching), *_ = wait.filters.items()
    collector = world.history.collectors.get(watching.watched[0].value) if watching.watched else None
    if collector is None or collector.spec != EVERYTHING or not world.is_full(collector.session):
        return None
    return name, collector


def _since(world: World, wait: Wait) -> list[type]:
    """By which calls something was changed since the version that a wait started from; empty, too, if that is not known
    any more."""
    since = wait.chain.base.seq
    if len(world.changes) == CHANGES_KEPT and world.changes[0][0] > since:
        return []
    return [what for seq, what in world.changes if seq > since]


@rule("latest.monitor")
def new_tasks_update_it(world: World, wait: Wait, answer: UpdateSet | None, _at: Interval) -> Iterator[Finding]:
    """A matching task was created since the version given: latestPage is updated, by a deadline."""
    found = _watching(world, wait)
    if found is None or CreateTask not in _since(world, wait):
        return
    if _is_updated(answer, found[1]):
        yield held_of("latest.monitor")
        return
    demand = MustAnswer(property="latest page changed")
    said = Departure(demand=demand, observed="no update of latestPage", eventually=True)
    yield broken("latest.monitor", said, "WaitForUpdatesEx")


def _is_updated(answer: UpdateSet | None, collector: Collector) -> bool:
    """Whether an update set tells of a change of a collector's latest page."""
    return answer is not None and any(one.obj.value == collector.ref and one.changed for one in answer.updates)


_ASKED: Final = {
    SetTaskState: "latest.monitor-state",
    UpdateProgress: "latest.monitor-progress",
    SetTaskDescription: "latest.monitor-description",
}


@question("latest.monitor-state")
@question("latest.monitor-progress")
@question("latest.monitor-description")
def whether_changes_update_it(world: World, wait: Wait, answer: UpdateSet | None, at: Interval) -> Iterator[Finding]:
    """One task of ours that is in the page changed its state, progress or description, and nothing else happened:
    whether latestPage is updated. That it is not is said when the settling time is over."""
    found = _watching(world, wait)
    changes = set(_since(world, wait))
    if found is None or len(changes) != 1 or not world.declaration.exclusive:
        return  # where others make tasks, an update may be theirs
    collector = found[1]
    if collector.sizes and collector.sizes[-1] < len(world.tasks):
        return  # the task may not be in the page
    clause = _ASKED.get(changes.pop())
    if clause is None:
        return
    if _is_updated(answer, collector):
        yield show(_Asked(clause), ("updated",), "an update")
    elif is_settled(world, at):
        yield show(_Asked(clause), ("silent",), "no update")


class _Asked:
    """A clause, as `show` wants it."""

    def __init__(self, clause: str) -> None:
        """Of this id."""
        self.clause = clause


def judge_wait(world: World, call: WaitForUpdatesEx, answer: UpdateSet | None, at: Interval) -> Iterable[Finding]:
    """What a wait says of tasks and of latest pages."""
    yield from watch.METHODS[WaitForUpdatesEx].judge(world, call, answer, at)
    wait = answered(world, call, answer)
    if wait is not None:
        yield from new_tasks_update_it(world, wait, answer, at)
        yield from whether_changes_update_it(world, wait, answer, at)


_WATCH: Final = watch.METHODS[WaitForUpdatesEx]

METHODS: Final[dict[type, Method]] = {
    WaitForUpdatesEx: replace(
        _WATCH, judge=judge_wait, checks=(*_WATCH.checks, new_tasks_update_it, whether_changes_update_it)
    )
}
"""WaitForUpdatesEx, with what it says of latest pages."""
