"""Monitoring a latest page: a property filter on TaskHistoryCollector.latestPage.

The latest page is "available as the 'latestPage' property, which the client may retrieve and monitor by using the
PropertyCollector". That a new task updates it is sure; which other changes of its items do, the pages do not say (EV
2.17)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from taskconform.model.oracle import latest, watch
from taskconform.model.oracle.belief import CHANGES_KEPT
from taskconform.model.oracle.collectors import is_settled
from taskconform.model.oracle.filters import EVERYTHING
from taskconform.model.oracle.findings import Departure, MustAnswer, MustHold, question, rule
from taskconform.model.oracle.method import Method, broken, held_of, show
from taskconform.model.oracle.waits import Wait, answered
from taskconform.model.vocabulary.calls import (
    CreateTask,
    SetTaskDescription,
    SetTaskState,
    UpdateProgress,
    WaitForUpdatesEx,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from taskconform.model.oracle.belief import World
    from taskconform.model.oracle.belief_history import Collector
    from taskconform.model.oracle.findings import Finding
    from taskconform.model.vocabulary.outcomes import Interval, TaskInfo, UpdateSet


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
        page = page_given(answer, found[1])
        said = _lacks_the_newest(world, found[1], page) if page is not None else None
        yield held_of("latest.monitor") if said is None else broken("latest.monitor", said, "WaitForUpdatesEx")
        return
    demand = MustAnswer(property="latest page changed")
    said = Departure(demand=demand, observed="no update of latestPage", eventually=True)
    yield broken("latest.monitor", said, "WaitForUpdatesEx")


def _is_updated(answer: UpdateSet | None, collector: Collector) -> bool:
    """Whether an update set tells of a change of a collector's latest page."""
    return answer is not None and any(one.obj.value == collector.ref and one.changed for one in answer.updates)


def page_given(answer: UpdateSet | None, collector: Collector) -> tuple[TaskInfo, ...] | None:
    """The latest page that an update set assigns, if it assigns one as a whole."""
    given = [one.latest_page for one in answer.updates if one.obj.value == collector.ref] if answer is not None else []
    return given[-1] if given else None


def _lacks_the_newest(world: World, collector: Collector, page: tuple[TaskInfo, ...]) -> Departure | None:
    """The task that was made last is in the page that the update gives, if it has a place there."""
    size = latest.size_of(collector)
    made = max(world.tasks.values(), key=lambda record: record.created_seq, default=None)
    if size is None or made is None or not made.resolvable or world.may_be_removed(made):
        return None
    if made.ref.value in {item.task.value for item in page} or not latest.has_a_place(world, made, page, size):
        return None
    demand = MustHold(task=made.ref, present=True, where="page")
    return Departure(demand=demand, observed="the page given lacks the new task", situation="lacks", eventually=True)


@rule("latest.size")
def page_given_is_within_the_size(
    world: World, wait: Wait, answer: UpdateSet | None, _at: Interval
) -> Iterator[Finding]:
    """A page that an update gives has at most the number of items that was set."""
    found = _watching(world, wait)
    page = page_given(answer, found[1]) if found is not None else None
    size = latest.size_of(found[1]) if found is not None else None
    if page is None or size is None or len(page) <= size:
        return
    demand = MustAnswer(property="at most", value=size)
    said = Departure(demand=demand, observed="more items than that", situation="update", eventually=True)
    yield broken("latest.size", said, "WaitForUpdatesEx")


_ASKED: Final[dict[type, str]] = {
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
    if collector.sizes and (latest.size_of(collector) or 0) < len(world.tasks) + world.lost_creates:
        return  # the task may not be in the page; where an answer was lost, nobody knows its size, or what is in it
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
        yield from page_given_is_within_the_size(world, wait, answer, at)
        yield from whether_changes_update_it(world, wait, answer, at)


_WATCH: Final = watch.METHODS[WaitForUpdatesEx]

METHODS: Final[dict[type, Method]] = {
    WaitForUpdatesEx: replace(
        _WATCH,
        judge=judge_wait,
        checks=(*_WATCH.checks, new_tasks_update_it, page_given_is_within_the_size, whether_changes_update_it),
    )
}
"""WaitForUpdatesEx, with what it says of latest pages."""
