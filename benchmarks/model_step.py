"""One step of the model (expect, judge, advance) in worlds of ever more known tasks.

    python benchmarks/model_step.py [--sizes 100 1000 10000 100000]

A world is made by calling the built-in target and following what it answers, as a run does; of its tasks the completed
ones fill the recent window, a few are queued or running. A step is one call and its outcome, judged in that world, as
often as there are calls and outcomes prepared: on different tasks, half of the ended ones known for long, half of them
new. ReadRecentTask is judged with an answer of 100 references, in every world; and with one of all that are recent, 200
at most, which is a drain and is quoted a reference. Seconds are CPU time.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taskconform.conformance.engine.execute import EVERYTHING
from taskconform.conformance.targets.naming import open_named
from taskconform.model.oracle.belief import Belief
from taskconform.model.oracle.expect import advance, expect
from taskconform.model.vocabulary.calls import (
    MAIN,
    CancelTask,
    CreateCollectorForTasks,
    CreateTask,
    Login,
    ObjectRef,
    ReadMaxCollector,
    ReadRecentTask,
    ReadTaskInfo,
    RegisterExtension,
    SetTaskState,
)
from taskconform.model.vocabulary.outcomes import RUNNING, SUCCESS, Property, Returned, TaskInfo

if TYPE_CHECKING:
    from taskconform.conformance.targets.protocol import Target
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.outcomes import Outcome

RUNS = 5
BAR = 2.0
STEPS = 200
ITEMS = 200
FEW = 100
LIVE = 40
LISTED = "ReadRecentTask, 100"
DRAINED = "ReadRecentTask, a reference"
SIZES = (100, 1_000, 10_000, 100_000)


@dataclass(slots=True, kw_only=True)
class Known:
    """A target, the world that follows it, and the tasks in it by what was done to them."""

    target: Target
    world: Belief
    place: ObjectRef
    ended: list[ObjectRef]
    live: list[ObjectRef]

    def follow(self, call: Call) -> Outcome:
        """Perform a call; the world goes on."""
        outcome = self.target.perform(call)
        self.world = advance(self.world, call, outcome)
        return outcome

    def create(self) -> CreateTask:
        """A CreateTask on a virtual machine."""
        key = self.target.declaration.extension_key
        return CreateTask(session=MAIN, obj=self.place, task_type_id=f"{key}.work", cancelable=True)

    def made(self) -> ObjectRef:
        """A new task."""
        outcome = self.follow(self.create())
        if not isinstance(outcome, Returned) or not isinstance(outcome.value, TaskInfo):
            message = f"CreateTask: {outcome}"
            raise TypeError(message)
        return outcome.value.task


def known(size: int) -> Known:
    """A world that knows this many tasks."""
    target = open_named("builtin", {})
    declaration = target.declaration
    self = Known(
        target=target,
        world=Belief(declaration=declaration),
        place=declaration.places["vm"][0].ref,
        ended=[],
        live=[],
    )
    key = declaration.extension_key
    self.follow(Login(session=MAIN, account="primary"))
    self.follow(RegisterExtension(session=MAIN, key=key, version="1.0.0", task_ids=(f"{key}.work", f"{key}.rest")))
    self.follow(ReadMaxCollector(session=MAIN))
    live = min(LIVE, size // 2)
    for number in range(size):
        task = self.made()
        if number >= size - live:
            self.live.append(task)
        else:
            self.follow(SetTaskState(session=MAIN, task=task, state=RUNNING))
            self.follow(SetTaskState(session=MAIN, task=task, state=SUCCESS))
            self.ended.append(task)
        self.follow(ReadTaskInfo(session=MAIN, tasks=(task,)))
    self.follow(ReadRecentTask(session=MAIN))
    return self


def calls_of(self: Known, chance: random.Random) -> dict[str, list[Call]]:
    """The calls to be judged, by method."""
    recent = self.ended[-ITEMS:]
    some = [chance.choice(recent if number % 2 else self.ended) for number in range(STEPS)]
    live = [chance.choice(self.live) for _ in range(STEPS)]
    return {
        "CreateTask": [self.create()] * STEPS,
        "SetTaskState": [SetTaskState(session=MAIN, task=task, state=RUNNING) for task in live],
        "ReadTaskInfo, ended": [ReadTaskInfo(session=MAIN, tasks=(task,)) for task in some],
        "ReadTaskInfo, live": [ReadTaskInfo(session=MAIN, tasks=(task,)) for task in live],
        LISTED: [ReadRecentTask(session=MAIN)] * STEPS,
        DRAINED: [ReadRecentTask(session=MAIN)] * STEPS,
        "CancelTask": [CancelTask(session=MAIN, task=task) for task in live],
        "CreateCollectorForTasks": [CreateCollectorForTasks(session=MAIN, filter=EVERYTHING)] * STEPS,
    }


def outcome_of(self: Known, call: Call, items: int) -> Outcome:
    """What the target says; of a list of recent tasks, so many references at most."""
    outcome = self.target.perform(call)
    if isinstance(call, ReadRecentTask) and isinstance(outcome, Returned) and isinstance(outcome.value, Property):
        refs = (outcome.value.value or ())[:items]  # type: ignore[index]  # recentTask is a list
        return Returned(value=Property(value=refs), at=outcome.at)
    return outcome


def seconds_a_step(world: Belief, pairs: list[tuple[Call, Outcome]]) -> float:
    """Judge each in the same world; what comes after it is made, and thrown away."""
    started = time.process_time()
    for call, outcome in pairs:
        expected = expect(world, call)
        expected.judge(outcome)
        advance(world, call, outcome, expected)
    return (time.process_time() - started) / len(pairs)


def medians(size: int) -> dict[str, float]:
    """Microseconds a step, by method, in a world of this size."""
    self = known(size)
    found = {}
    for method, calls in calls_of(self, random.Random(size)).items():
        # a call that changes something is performed once: the others would meet what it left
        items = FEW if method == LISTED else ITEMS
        first = outcome_of(self, calls[0], items) if not isinstance(calls[0], ReadTaskInfo) else None
        pairs = [(call, first if first is not None else outcome_of(self, call, items)) for call in calls]
        # a list is judged after the same list: on what is in it, not on what has left
        world = advance(self.world, *pairs[0]) if isinstance(calls[0], ReadRecentTask) else self.world
        seconds_a_step(world, pairs)
        gc.collect()
        gc.disable()
        found[method] = 1e6 * statistics.median(seconds_a_step(world, pairs) for _ in range(RUNS))
        gc.enable()
        if method == DRAINED:
            found[method] /= min(size, ITEMS)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="a model step in worlds of many tasks")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    sizes = parser.parse_args().sizes
    table = {size: medians(size) for size in sizes}
    print(f"microseconds a step, medians of {RUNS}, by known tasks; in brackets: times that of {sizes[0]} (<= {BAR})\n")
    print(f"{'':27s}" + "".join(f"{size:>18,d}" for size in sizes))
    for method, first in table[sizes[0]].items():
        row = "".join(f"{table[size][method]:10.2f} ({table[size][method] / first:4.2f})" for size in sizes)
        print(f"{method:27s}{row}")


if __name__ == "__main__":
    main()
