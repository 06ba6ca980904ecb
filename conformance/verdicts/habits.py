"""Habits: how a target behaves where the text says nothing, and no clause either.

The law of this file: a habit is a situation that any target may be in, named in plain words, and the ways in which this
one was observed to behave in it. Nobody judges it. A gate tells when a target has another habit than its baseline:
a call that is taken where it was refused, a field that is kept where it was cleared, a list that is sorted otherwise, a
page that is cut short. Habits are counted by test case, since what happens in one test case is one observation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from taskconform.model.vocabulary.calls import (
    CancelTask,
    CreateCollectorForTasks,
    CreateTask,
    ObjectRef,
    ReadLatestPage,
    ReadNextTasks,
    ReadPreviousTasks,
    ReadRecentTask,
    ReadTaskInfo,
    SetTaskDescription,
    SetTaskState,
    UpdateProgress,
    WaitForUpdatesEx,
)
from taskconform.model.vocabulary.outcomes import (
    ERROR,
    QUEUED,
    RUNNING,
    SUCCESS,
    Faulted,
    Lost,
    Property,
    Returned,
    TaskInfo,
    UpdateSet,
)

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator

    from taskconform.model.oracle.belief import Belief
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.outcomes import Outcome

Observed = tuple[str, str]
"""A habit, and the way in which the target behaved."""

ALL: Final = ""
"""Stands for any way: counted for each test case in which the situation came up."""

FEW: Final = 1
"""A list of so many items has no order, and two tasks of one time have none."""

LARGEST: Final = 1_000
"""The largest maxCount that every server takes; beyond it lies another situation."""

OPTIONAL: Final = ("progress", "start_time", "complete_time", "error", "result", "description", "entity_name", "name")
"""Fields of TaskInfo that may be unset, and that hang on the task's state."""

ALIKE: Final = (("key", "task"), ("entity_name", "entity"), ("name", "description_id"), ("root_task_key", "key"))
"""Fields of TaskInfo that one server takes from one another, and another does not."""

STATES: Final = frozenset({QUEUED, RUNNING, SUCCESS, ERROR})
"""The states that tasks have."""

KINDS: Final = frozenset({"enter", "modify", "leave"})
"""The kinds of updates."""

LONGEST: Final = 80
"""Letters of a fault's name that are kept."""

MOST_WAYS: Final = 20
"""Ways of a situation that a report has: a target may name a fault anew each time."""

_ON_A_TASK: Final = (SetTaskState, UpdateProgress, SetTaskDescription, CancelTask)
_READS: Final = (ReadNextTasks, ReadPreviousTasks)


@dataclass(slots=True)
class Habits:
    """Follows the calls of test cases. What was observed in the one under way is added to a tally when it ends."""

    _here: set[Observed] = field(default_factory=set)
    _short: set[tuple[str, type]] = field(default_factory=set)
    _after: tuple[str, str] | None = None

    def end(self, counts: Counter[Observed]) -> None:
        """End a test case: count what was observed in it."""
        counts.update(self._here)
        counts.update({(habit, ALL) for habit, _ in self._here})
        self._here.clear()
        self._short.clear()
        self._after = None

    def see(self, belief: Belief, call: Call, outcome: Outcome) -> None:
        """Follow one call. `belief` is of before it."""
        if isinstance(outcome, Lost):
            self._after = None
            return
        after, self._after = self._after, None
        if isinstance(call, _ON_A_TASK):
            self._on_a_task(belief, call, outcome)
        elif isinstance(call, CreateCollectorForTasks):
            self._here.update((f"a filter by {part}", _came(outcome)) for part in _parts(call))
        elif isinstance(call, _READS):
            self._read(call, outcome)
        elif isinstance(call, ReadTaskInfo | CreateTask | ReadLatestPage | ReadRecentTask | WaitForUpdatesEx):
            self._here.update(_answer(belief, call, outcome, after))

    def _on_a_task(
        self, belief: Belief, call: SetTaskState | UpdateProgress | SetTaskDescription | CancelTask, outcome: Outcome
    ) -> None:
        """Note what a call on a task of ours came to, by the state that it was read in, and wait for the next read."""
        record = belief.tasks.get(call.task.value)
        if record is None or record.info is None or not record.resolvable:
            return
        words = f"{type(call).__name__}{_given(call)} on a task in state {_state(record.info)}"
        self._here.add((words, _came(outcome)))
        if isinstance(outcome, Returned):
            self._after = (call.task.value, words)

    def _read(self, call: ReadNextTasks | ReadPreviousTasks, outcome: Outcome) -> None:
        """Note whether a page has as many items as were asked for, where there are as many: the next page tells."""
        name, stream = type(call).__name__, (call.collector.value, type(call))
        kind = "beyond 1000" if call.max_count > LARGEST else "of 1 and more" if call.max_count > 0 else "below 1"
        self._here.add((f"{name} with a maxCount {kind}", _came(outcome)))
        if not isinstance(outcome, Returned):
            return
        items = tuple(each for each in outcome.value if isinstance(each, TaskInfo))  # type: ignore[union-attr]
        if items and stream in self._short:
            self._here.add((f"{name}: a page, if more follow it", "fewer items than asked for"))
        if len(items) >= call.max_count > 0:
            self._here.add((f"{name}: a page, if more follow it", "as many as asked for"))
        self._short.discard(stream)
        if 0 < len(items) < call.max_count:
            self._short.add(stream)
        self._here.update(_order(name, items))


def _answer(belief: Belief, call: Call, outcome: Outcome, after: tuple[str, str] | None) -> Iterator[Observed]:
    """Yield what an answer shows of the tasks in it."""
    if not isinstance(outcome, Returned):
        return
    value, name = outcome.value, type(call).__name__
    if isinstance(value, UpdateSet):
        yield from ((f"{name}: updates", each.kind) for each in value.updates if each.kind in KINDS)
    elif isinstance(value, TaskInfo):
        yield from _of_info(value)
    elif isinstance(call, ReadTaskInfo) and isinstance(value, tuple):
        for each in value:
            info = each.value if isinstance(each, Property) else None
            if isinstance(info, TaskInfo):
                yield from _of_info(info)
                if after is not None and info.task is not None and info.task.value == after[0]:
                    yield f"after {after[1]}", f"{_state(info)}{', cancelled' if info.cancelled else ''}"
    elif isinstance(value, Property) and isinstance(value.value, tuple):
        if isinstance(call, ReadLatestPage):
            yield from _order("latestPage", value.value)
        else:
            refs = (each.value for each in value.value if isinstance(each, ObjectRef))
            made = [record.created_seq for ref in refs if (record := belief.tasks.get(ref)) is not None]
            yield from _sorted("recentTask", made)


def _of_info(info: TaskInfo) -> Iterator[Observed]:
    """Yield which fields are set, by state, and which are alike."""
    state = _state(info)
    for name in OPTIONAL:
        yield f"{name} of a task in state {state}", "unset" if getattr(info, name) is None else "set"
    for one, other in ALIKE:
        first, second = (getattr(getattr(info, name), "value", getattr(info, name)) for name in (one, other))
        if first is not None and second is not None:
            yield f"{one} and {other} of a task", "the same" if first == second else "not the same"


def _order(name: str, items: Iterable[object]) -> Iterator[Observed]:
    """Yield in which order items stand, by the time at which they were queued."""
    yield from _sorted(name, [each.queue_time for each in items if isinstance(each, TaskInfo) and each.queue_time])


def _sorted(name: str, values: list[int]) -> Iterator[Observed]:
    """Yield in which order numbers stand, if several differ."""
    if len(set(values)) <= FEW:
        return
    ordered = sorted(values)
    told = "oldest first" if values == ordered else "newest first" if values[::-1] == ordered else "neither way"
    yield f"order of {name}", told


def _came(outcome: Outcome) -> str:
    """Tell what a call came to."""
    return f"faults with {outcome.fault.kind[:LONGEST]}" if isinstance(outcome, Faulted) else "is taken"


def _state(info: TaskInfo) -> str:
    """Name the state of a task; whatever is none is one word, since a target may say anything."""
    return info.state if info.state in STATES else "unknown"


def _given(call: Call) -> str:
    """Name what is asked for, as far as it makes another situation."""
    if isinstance(call, SetTaskState):
        more = [name for name in ("result", "fault") if getattr(call, name) is not None]
        return f"({' with '.join((call.state, *more))})"
    if isinstance(call, UpdateProgress):
        return "(0 to 100)" if 0 <= call.percent_done <= 100 else "(beyond 0 to 100)"  # percent
    return ""


def _parts(call: CreateCollectorForTasks) -> Iterator[str]:
    """Name the parts of a filter that are given."""
    if call.filter is None:
        return
    for name in call.filter.__struct_fields__:
        if getattr(call.filter, name) not in (None, ()):
            yield name
