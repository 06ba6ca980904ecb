"""Plans whose tasks come from the target's own operations: drawn as all plans are, with other makers of their tasks.

Where a target makes no tasks on call, every CreateTask of a plan becomes the start of an operation, and what would move
its task becomes a look at it, or the wait for its end. Where it makes both kinds, some tasks of some plans do so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.vocabulary.calls import (
    BreakOffWait,
    CancelTask,
    CreateCollectorForTasks,
    CreateCollectorWithInfoFilterForTasks,
    CreateTask,
    Made,
    Offered,
    Operand,
    Place,
    ReadTaskInfo,
    SetTaskDescription,
    SetTaskState,
    StartOperation,
    Symbol,
    UpdateProgress,
)
from taskconform.model.vocabulary.outcomes import ERROR, SUCCESS
from taskconform.model.vocabulary.plan import Act, Bulk, Pause, Together, references, renumbered
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.model.vocabulary.calls import PlannedCall
    from taskconform.model.vocabulary.declaration import Declaration
    from taskconform.model.vocabulary.plan import Plan, Step

STILL: Final = (CreateCollectorForTasks, CreateCollectorWithInfoFilterForTasks, BreakOffWait)
"""Calls that tell most while no task moves."""
CREATED, STARTED, BOTH = "created", "started", "both"
"""Where the tasks of plans come from: CreateTask, operations, or either."""

MIXED: Final = 3
"""Where tasks come from both, every so many-th plan has some of operations."""
PATIENCE: Final = (2, 2, 40)
"""Seconds for which the end of an operation is waited for, one time after the other."""
MOVES: Final = (SetTaskState, UpdateProgress, SetTaskDescription)
"""Calls that move a task of CreateTask, and that an operation has no need of."""


def source_of(declaration: Declaration) -> str:
    """Return where the tasks of plans for a target come from."""
    if not declaration.operations:
        return CREATED
    return STARTED if "CreateTask" in declaration.calls_without else BOTH


def operated(plans: Iterable[Plan], source: str) -> list[Plan]:
    """Return plans whose tasks come from there."""
    if source == CREATED:
        return list(plans)
    return [
        _operated(plan, number, _makers(plan, every=source == STARTED))
        if source == STARTED or number % MIXED == MIXED - 1
        else plan
        for number, plan in enumerate(plans)
    ]


def _makers(plan: Plan, *, every: bool) -> frozenset[int]:
    """Return the steps that make tasks, of which operations make them instead: every one, or every other one of those
    whose tasks have no children."""
    makers = [number for number, step in enumerate(plan) if _makes(step)]
    if every:
        return frozenset(makers)
    parents = {
        made.step
        for step in plan
        for call in _calls(step)
        if isinstance(call, CreateTask)
        for made in references(call.parent_task_key)
    }
    return frozenset(makers[1::2]) - parents


def _calls(step: Step) -> tuple[PlannedCall, ...]:
    """Return the calls of a step that are written out in it."""
    if isinstance(step, Act):
        return (step.call,)
    return step.calls if isinstance(step, Together) else ()


def _makes(step: Step) -> bool:
    """Return True if a step makes tasks by CreateTask."""
    return isinstance(step, Bulk) or any(isinstance(call, CreateTask) for call in _calls(step))


def _operated(plan: Plan, number: int, makers: frozenset[int]) -> Plan:
    """Return the `number`-th plan, with operations in the place of these steps."""
    canceled = {
        made for step in plan for call in _calls(step) if isinstance(call, CancelTask) for made in references(call.task)
    }
    stills = [at for at, step in enumerate(plan) if any(isinstance(call, STILL) for call in _calls(step))]
    last = max(stills, default=-1)
    steps: list[Step] = []
    places: dict[int, int] = {}
    for index, step in enumerate(plan):
        if index in makers:
            stands_still = index < last
            after: tuple[Step, ...] = (_started(step, number + index, index, canceled, brief=stands_still),)
            after += _ended(step, index) if stands_still else ()
        else:
            after = _watched(step, makers, len(steps) + number)
        places[index] = len(steps)
        steps += after
    return tuple(renumbered(step, places) for step in steps)


def _ended(step: Step, index: int) -> tuple[Step, ...]:
    """Return the waits for the ends of the tasks that a step starts: nothing moves then."""
    calls = _calls(step)
    made = [
        (call.session, Made(step=index, index=nth)) for nth, call in enumerate(calls) if isinstance(call, CreateTask)
    ]
    return tuple(
        each
        for session, one in made
        for each in (
            Pause(session=session, seconds=PATIENCE[0], unless_ended=one),
            Act(call=ReadTaskInfo[Symbol](session=session, tasks=(one,))),
        )
    )


def _started(step: Step, which: int, index: int, canceled: set[Made], *, brief: bool) -> Step:
    """Return a step that starts operations, one for each CreateTask."""
    if isinstance(step, Bulk):
        return evolve(step, operation=Offered(index=0, brief=True))
    if isinstance(step, Together):
        calls = tuple(
            _start(call, which + nth, canceled=Made(step=index, index=nth) in canceled, brief=brief)
            for nth, call in enumerate(step.calls)
        )
        return evolve(step, calls=calls)
    call = _start(_calls(step)[0], which, canceled=Made(step=index) in canceled, brief=brief)
    return Act(call=call, look=True)


def _start(call: PlannedCall, which: int, *, canceled: bool, brief: bool) -> PlannedCall:
    """Return the start of an operation in the place of a CreateTask, on the same entity, if it can be started there."""
    if not isinstance(call, CreateTask):
        return call
    entity = call.obj if isinstance(call.obj, Place) else Operand(index=which)
    operation = Offered(index=which, cancelable=canceled and call.cancelable, brief=brief and not canceled)
    return StartOperation[Symbol](session=call.session, operation=operation, entity=entity)


def _watched(step: Step, makers: frozenset[int], turn: int) -> tuple[Step, ...]:
    """Return a step as it is; or, if it moves the task of an operation, the wait for its end, or a look at it."""
    call: Any = step.call if isinstance(step, Act) else None
    made = call.task if isinstance(call, MOVES) else None
    if not isinstance(made, Made) or made.step not in makers:
        return (step,)
    read: Step = Act(call=ReadTaskInfo[Symbol](session=call.session, tasks=(made,)))
    if isinstance(call, SetTaskState) and call.state in {SUCCESS, ERROR}:
        return Pause(session=call.session, seconds=PATIENCE[turn % len(PATIENCE)], unless_ended=made), read
    return (read,)
