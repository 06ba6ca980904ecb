"""The graph of the specification over the small scope, and the tours that cross each of its edges.

A node is a class of states, an edge a call made there and how it came out. A tour is a sequence of calls from the
set-up on; together the tours make every kind of call in every class of states that the scope reaches in so many calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import asdict

from taskconform.model.spec.choices import DEFAULT
from taskconform.model.spec.clock import pass_time
from taskconform.model.spec.step import step
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import ExtensionKey, Made, ObjectRef, Place, TypeId
from taskconform.model.vocabulary.outcomes import SECOND, Faulted, Property, Returned
from taskconform.model.vocabulary.plan import Act
from taskconform.model.vocabulary.words import evolve
from taskconform.strategies.tours.scope import KEY, MACHINE, SET_UP, WORK, first_state, offered

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from taskconform.model.spec.state import State, Task
    from taskconform.model.vocabulary.calls import Call, PlannedCall
    from taskconform.model.vocabulary.outcomes import Outcome
    from taskconform.model.vocabulary.plan import Plan

CALL_TIME: Final = 1_000
"""Microseconds that a call takes."""
LONGEST: Final = 16
"""Calls that a tour has at most, the set-up not counted."""
Edge = tuple["Hashable", str, str]
"""The class of the state, the call, and how it came out."""


@dataclass(frozen=True, slots=True)
class Node:
    """A state, and the calls that led there after the set-up."""

    state: State
    path: tuple[Call, ...]


def situation(state: State) -> Hashable:
    """Return all of a state but its absolute times, of which the order counts, and whether a completed task is still
    inside the window. States with the same situation go on alike."""
    infos = [task.info for _, task in sorted(state.tasks.items())]
    stamps = sorted({at for info in infos for at in (info.queue_time, info.start_time, info.complete_time) if at})
    rank = {at: number for number, at in enumerate(stamps)}
    tasks = tuple(
        (
            evolve(task.info, queue_time=0, start_time=None, complete_time=None),
            rank[task.info.queue_time],
            task.info.start_time and rank[task.info.start_time],
            task.info.complete_time and rank[task.info.complete_time],
            is_aged(state, task),
            task.removed,
            task.frozen,
        )
        for _, task in sorted(state.tasks.items())
    )
    sessions = tuple(
        (name, tuple((value, evolve(one, made_at=0, moves=0)) for value, one in sorted(session.collectors.items())))
        for name, session in sorted(state.sessions.items())
    )
    return (tasks, sessions, state.extensions, bool(state.ending))


def is_aged(state: State, task: Task) -> bool:
    """Tell whether a task completed before the window."""
    ended = task.info.complete_time
    return ended is not None and ended < state.now - state.server.window * SECOND


def class_of(state: State) -> Hashable:
    """Return the class of a state: its tasks by state and flags, who holds collectors and whether they have been read,
    who is logged in, whether the extension is registered."""
    tasks = sorted(
        (
            task.info.state,
            task.info.cancelled,
            task.info.cancelable,
            task.info.progress is not None,
            is_aged(state, task),
        )
        for task in state.tasks.values()
    )
    holders = tuple(
        (name, tuple((one.position == 0, one.page_size is None) for one in session.collectors.values()))
        for name, session in sorted(state.sessions.items())
    )
    return (tuple(tasks), holders, bool(state.extensions))


def shape_of(state: State, call: Call) -> str:
    """Return what a call is in its class of states: its method and arguments, tasks named by the state they are in."""
    given = {key: value for key, value in asdict(call).items() if key not in {"collector", "tasks", "task"}}
    refs = [getattr(call, "task", None), *getattr(call, "tasks", ())]
    numbers = [state.keys[ref.value] for ref in refs if ref is not None and ref.value in state.keys]
    named = [(state.tasks[number].info.state, state.tasks[number].info.cancelled) for number in numbers]
    return f"{type(call).__name__} {given} {named}"


def came_out(outcome: Outcome) -> str:
    """Return how a call came out: the fault, or how much it gave."""
    if isinstance(outcome, Faulted):
        return outcome.fault.kind
    value: object = outcome.value if isinstance(outcome, Returned) else None
    value = value.value if isinstance(value, Property) else value
    return str(len(value)) if isinstance(value, tuple) else "answered"


def tours(depth: int) -> list[tuple[Call, ...]]:
    """Return sequences of calls that cross every edge which `depth` calls after the set-up reach. Each edge is crossed
    in the shortest way; a tour goes on across edges that were not crossed before for as long as there are any."""
    crossed: set[Edge] = set()
    found: list[tuple[Call, ...]] = []
    for node, call in _reached(depth):
        state, edge = _perform(node.state, call)
        if edge in crossed:
            continue
        path = (*node.path, call)
        crossed.add(edge)
        while len(path) < LONGEST and (onward := _onward(state, crossed)) is not None:
            state, edge, further = onward
            crossed.add(edge)
            path = (*path, further)
        found.append(path)
    return found


def _reached(depth: int) -> Iterator[tuple[Node, Call]]:
    """Yield every state that so many calls reach, the nearest first, with each call that can be made of it."""
    state = first_state()
    for call in SET_UP:
        state, _ = _perform(state, call)
    layer, known = [Node(state, ())], {situation(state)}
    for _ in range(depth):
        after: list[Node] = []
        for node in layer:
            for call in offered(node.state):
                yield node, call
                state, _ = _perform(node.state, call)
                if (key := situation(state)) not in known:
                    known.add(key)
                    after.append(Node(state, (*node.path, call)))
        layer = after


def _perform(state: State, call: Call) -> tuple[State, Edge]:
    """Perform a call as the specification says."""
    after, outcome = step(pass_time(state, CALL_TIME, DEFAULT), call, DEFAULT)
    return after, (class_of(state), shape_of(state, call), came_out(outcome))


def _onward(state: State, crossed: set[Edge]) -> tuple[State, Edge, Call] | None:
    """Return an edge out of this state that was not crossed yet."""
    for call in offered(state):
        after, edge = _perform(state, call)
        if edge not in crossed:
            return after, edge, call
    return None


# --- as plans ---------------------------------------------------------------------------------------------------------


def plan_of(tour: tuple[Call, ...]) -> Plan:
    """Return a tour as a plan for any target: what it makes is referred to by the step that makes it."""
    made: dict[str, Made] = {}
    steps: list[Act] = [Act(call=calls.Login(session="other", account="second"))]
    state = first_state()
    for call in SET_UP:
        state, _ = _perform(state, call)
    for call in tour:
        steps.append(Act(call=_planned(call, made)))
        before, (state, _) = state, _perform(state, call)
        for key in state.keys:
            if key not in before.keys:
                made[key] = Made(step=len(steps) - 1)
        for session in state.sessions.values():
            for value in session.collectors:
                made.setdefault(value, Made(step=len(steps) - 1))
    return tuple(steps)


def _planned(call: Call, made: dict[str, Made]) -> PlannedCall:
    """Return a call with symbols in the place of what the scope has."""
    fields = {key: _symbol(getattr(call, key), made) for key in call.__struct_fields__}
    planned: PlannedCall = type(call)(**fields)
    return planned


def _symbol(value: Any, made: dict[str, Made]) -> Any:
    """Return the symbol that stands for a value in a plan."""
    if isinstance(value, tuple):
        return tuple(_symbol(one, made) for one in value)
    if isinstance(value, ObjectRef):
        return Place(role="vm") if value == MACHINE.ref else made.get(value.value, value)
    return {KEY: ExtensionKey(), WORK: TypeId(which="work")}.get(value, value) if isinstance(value, str) else value
