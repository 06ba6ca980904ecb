"""The operators on what a call does, and on what lies between calls: sessions, repetition, other tasks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, get_type_hints

from taskconform.conformance.qualification.mutants.mutant import remembered, remembering
from taskconform.conformance.qualification.space.behaviour import Fault, Step, on_methods, session_of, task_of
from taskconform.conformance.qualification.space.fields import argument_places, changed
from taskconform.model.spec import access
from taskconform.model.spec.state import Session, State, Task
from taskconform.model.spec.step import METHODS
from taskconform.model.vocabulary import calls, outcomes
from taskconform.model.vocabulary.outcomes import Faulted, Interval, Outcome, Returned, TaskInfo
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from taskconform.model.spec.choices import Choices
    from taskconform.model.vocabulary.calls import Call

After = tuple[State, Outcome]
TIMES: Final = (2, 3, 5, 12, 32, 50, 64, 100, 256, 999)
"""Calls after which something is different."""
WRITERS: Final = tuple(
    method for method in METHODS if not method.__name__.startswith(("Read", "Find", "Query", "Retrieve"))
)
"""Methods that have an effect."""
READERS: Final = tuple(method for method in METHODS if method not in WRITERS)
UPDATES: Final = (calls.SetTaskState, calls.UpdateProgress, calls.SetTaskDescription, calls.CancelTask)
"""Methods that change a task."""
FIELDS: Final = tuple(
    name
    for name in TaskInfo.__struct_fields__
    if name not in {"key", "task", "state", "event_chain_id", "reason", "locked", "other", "change_tag", "name"}
)
"""Fields of a task that one of its updates could spoil."""
SHARED: Final = ("locale", "collectors", "event_collectors", "views", "property_collectors", "recent")
"""What belongs to a session."""
CYCLES: Final = {
    calls.Login: (calls.Logout,),
    calls.RegisterExtension: (calls.UnregisterExtension,),
    calls.CreateCollectorForTasks: (calls.DestroyCollector, calls.Logout),
    calls.CreateListView: (calls.DestroyView, calls.Logout),
    calls.CreatePropertyCollector: (calls.DestroyPropertyCollector, calls.Logout),
    calls.CreateFilter: (calls.DestroyPropertyFilter, calls.DestroyPropertyCollector),
    calls.CreateFolder: (calls.Destroy,),
    calls.CreateScheduledTask: (calls.RemoveScheduledTask,),
    calls.CreateAlarm: (calls.RemoveAlarm,),
}
"""What makes something, and what takes it away."""


def faulted(state: State, kind: str) -> Outcome:
    """Return a fault as the outcome."""
    kinds = state.server.faults.get(kind, (kind,))
    at = Interval(earliest=state.now, latest=state.now)
    return Faulted(fault=outcomes.Fault(kind=kind, kinds=kinds), at=at)


def counted(state: State, key: str) -> tuple[State, int]:
    """Count one more under a key."""
    count = remembered(state, key, 0) + 1
    return remembering(state, key, count), count


# --- whether there is an effect ---------------------------------------------------------------------------------------


@on_methods("no-effect-at-all", conditional=True)
def without_effect(method: type[Call]) -> Iterator[Fault]:
    """A call returns and has no effect."""

    def wrong(original: Step, state: State, call: Any, choices: Choices) -> After:
        return state, original(state, call, choices)[1]

    if method in WRITERS and "session" in method.__struct_fields__ and method is not calls.Login:
        yield "effect", "none", wrong


@on_methods("effect-and-fault", conditional=True)
def effect_and_fault(_method: type[Call]) -> Iterator[Fault]:
    """A call has its effect and faults."""

    def wrong(kind: str, original: Step, state: State, call: Any, choices: Choices) -> After:
        after, outcome = original(state, call, choices)
        return after, faulted(after, kind) if isinstance(outcome, Returned) else outcome

    for kind in ("InvalidState", "InvalidArgument", "ManagedObjectNotFound", "NotSupported"):
        yield "outcome", kind, partial(wrong, kind)


@on_methods("fault-swallowed", conditional=True)
def fault_swallowed(method: type[Call]) -> Iterator[Fault]:
    """A call that faults says that it has worked."""

    def wrong(original: Step, state: State, call: Any, choices: Choices) -> After:
        after, outcome = original(state, call, choices)
        return after, Returned(value=None, at=outcome.at) if isinstance(outcome, Faulted) else outcome

    if get_type_hints(METHODS[method])["return"].__args__[1] is type(None):
        yield "outcome", "returned", wrong


@on_methods("breaks-after")
def breaks_after(_method: type[Call]) -> Iterator[Fault]:
    """A method faults when it has been called so many times, on the server or in a session."""

    def wrong(count: int, scope: str, original: Step, state: State, call: Any, choices: Choices) -> After:
        key = "served" if scope == "server" else f"served {getattr(session_of(state, call), 'number', 0)}"
        state, served = counted(state, key)
        return original(state, call, choices) if served <= count else (state, faulted(state, "InvalidState"))

    for scope in ("server", "session"):
        for count in TIMES:
            yield scope, f"{count}", partial(wrong, count, scope)


@on_methods("leaks")
def leaks(method: type[Call]) -> Iterator[Fault]:
    """What is taken away still counts: after so many cycles there is no room."""

    def wrong(count: int, taken: str, original: Step, state: State, call: Any, choices: Choices) -> After:
        after, outcome = original(state, call, choices)
        if isinstance(outcome, Faulted):
            return after, outcome
        after, made = counted(after, "made")
        return (after, outcome) if made <= count else (state, faulted(state, taken))

    if method in CYCLES:
        for count in TIMES:
            yield "room", f"{count}", partial(wrong, count, "InvalidState")


@on_methods("lost-on-interleaving")
def lost_on_interleaving(method: type[Call]) -> Iterator[Fault]:
    """A call has no effect if another session has made such a call since this one did."""

    def wrong(what: str, original: Step, state: State, call: Any, choices: Choices) -> After:
        key = f"writer {getattr(getattr(call, what, None), 'value', '')}"
        writer = remembered(state, key, call.session)
        after, outcome = original(state, call, choices)
        if writer != call.session:
            after = state
        return remembering(after, key, call.session), outcome

    if method in WRITERS and method not in {calls.Login, calls.AdvanceClock}:
        for what in ("task", "collector", "view", "key", "session"):
            if what in method.__struct_fields__:
                yield what, "lost", partial(wrong, what)


# --- what else it changes ---------------------------------------------------------------------------------------------


def spoiled(state: State, task: Task, field: str, value: Any) -> State:
    """Return the state with one field of a task as another value."""
    return evolve(state, tasks=state.tasks.set(task.number, evolve(task, info=evolve(task.info, **{field: value}))))


def methods_on_tasks(name: str) -> Callable[[Callable[..., Iterator[Fault]]], Callable[..., Iterator[Fault]]]:
    """Declare an operator on the methods that change a task."""

    def mark(operator: Callable[..., Iterator[Fault]]) -> Callable[..., Iterator[Fault]]:
        def only(method: type[Call]) -> Iterator[Fault]:
            if method in UPDATES:
                yield from operator(method)

        on_methods(name, conditional=True)(only)
        return operator

    return mark


@methods_on_tasks("field-lost")
def field_lost(_method: type[Call]) -> Iterator[Fault]:
    """An update of a task takes a value away."""
    defaults = dict(zip(TaskInfo.__struct_fields__[::-1], TaskInfo.__struct_defaults__[::-1], strict=False))

    def wrong(field: str, value: Any, original: Step, state: State, call: Any, choices: Choices) -> After:
        after, outcome = original(state, call, choices)
        task = task_of(after, call)
        if task is None or isinstance(outcome, Faulted):
            return after, outcome
        return spoiled(after, task, field, value), outcome

    for field in FIELDS:
        if field in defaults:
            yield field, "lost", partial(wrong, field, defaults[field])


@methods_on_tasks("field-kept")
def field_kept(_method: type[Call]) -> Iterator[Fault]:
    """An update of a task leaves a field as it was."""

    def wrong(field: str, original: Step, state: State, call: Any, choices: Choices) -> After:
        before = task_of(state, call)
        after, outcome = original(state, call, choices)
        task = task_of(after, call)
        if task is None or before is None:
            return after, outcome
        return spoiled(after, task, field, getattr(before.info, field)), outcome

    for field in FIELDS:
        yield field, "kept", partial(wrong, field)


@methods_on_tasks("stamped-anew")
def stamped_anew(_method: type[Call]) -> Iterator[Fault]:
    """An update of a task overwrites a time that it has."""

    def wrong(field: str, original: Step, state: State, call: Any, choices: Choices) -> After:
        after, outcome = original(state, call, choices)
        task = task_of(after, call)
        if task is None or isinstance(outcome, Faulted) or getattr(task.info, field) is None:
            return after, outcome
        return spoiled(after, task, field, after.now), outcome

    for field in ("queue_time", "start_time", "complete_time"):
        yield field, "now", partial(wrong, field)


NEIGHBOURS: Final[dict[str, Callable[[State, Task], Task | None]]] = {
    "first": lambda state, _task: state.tasks.get(2),
    "before": lambda state, task: state.tasks.get(task.number - 1),
    "after": lambda state, task: state.tasks.get(task.number + 1),
    "parent": lambda state, task: state.tasks.get(state.keys.get(task.info.parent_task_key or "", 0)),
    "entity": lambda state, task: next(
        (
            one
            for one in map(state.tasks.get, range(1, len(state.tasks) + 1))
            if one is not None and one.number != task.number and one.info.entity == task.info.entity
        ),
        None,
    ),
}
"""Tasks that a task could be taken for."""


@methods_on_tasks("spills")
def spills(_method: type[Call]) -> Iterator[Fault]:
    """An update of a task changes another one, too."""

    def wrong(
        field: str,
        find: Callable[[State, Task], Task | None],
        original: Step,
        state: State,
        call: Any,
        choices: Choices,
    ) -> After:
        before = task_of(state, call)
        after, outcome = original(state, call, choices)
        task = task_of(after, call)
        if task is None or before is None or getattr(task.info, field) == getattr(before.info, field):
            return after, outcome
        other = find(after, task)
        if other is not None and other.number != task.number:
            after = spoiled(after, other, field, getattr(task.info, field))
        return after, outcome

    for field in ("description", "progress", "result", "error", "cancelled", "start_time", "complete_time"):
        for name, find in NEIGHBOURS.items():
            yield field, name, partial(wrong, field, find)


@on_methods("wrong-object", conditional=True)
def wrong_object(method: type[Call]) -> Iterator[Fault]:
    """A call on a task is one on another."""

    def wrong(
        find: Callable[[State, Task], Task | None], original: Step, state: State, call: Any, choices: Choices
    ) -> After:
        task = task_of(state, call)
        other = None if task is None else find(state, task)
        return original(state, call if other is None else evolve(call, task=other.info.task), choices)

    if "task" in method.__struct_fields__:
        for name, find in NEIGHBOURS.items():
            yield "task", name, partial(wrong, find)


# --- sessions ---------------------------------------------------------------------------------------------------------


@on_methods("wrong-scope", conditional=True)
def wrong_scope(method: type[Call]) -> Iterator[Fault]:
    """A call is performed as one of another session's."""

    def wrong(at: int, original: Step, state: State, call: Any, choices: Choices) -> After:
        logins = sorted(state.sessions.values(), key=lambda one: one.number)
        if session_of(state, call) is None:
            return original(state, call, choices)
        return original(state, evolve(call, session=logins[at].name), choices)

    if method not in {calls.Login, calls.Logout, calls.AdvanceClock}:
        yield "session", "first", partial(wrong, 0)
        yield "session", "last", partial(wrong, -1)


@on_methods("shared-between-sessions")
def shared_between_sessions(method: type[Call]) -> Iterator[Fault]:
    """What a call changes of its session it changes of others."""

    def wrong(part: str, of_user: bool, original: Step, state: State, call: Any, choices: Choices) -> After:  # noqa: FBT001
        before = session_of(state, call)
        after, outcome = original(state, call, choices)
        session = session_of(after, call)
        if session is None or (before is not None and getattr(before, part) == getattr(session, part)):
            return after, outcome
        for one in after.sessions.values():
            if not of_user or one.account == session.account:
                after = access.with_session(after, evolve(one, **{part: getattr(session, part)}))
        return after, outcome

    if method in WRITERS or method in {calls.ReadNextTasks, calls.ReadPreviousTasks}:
        for part in PARTS_CHANGED.get(method, ()):
            for scope in ("all", "user"):
                yield part, scope, partial(wrong, part, scope == "user")


PARTS_CHANGED: Final[dict[type[Call], tuple[str, ...]]] = {
    calls.Login: ("locale",),
    calls.CreateCollectorForTasks: ("collectors",),
    calls.CreateCollectorWithInfoFilterForTasks: ("collectors",),
    calls.CreateCollectorForEvents: ("event_collectors",),
    calls.DestroyCollector: ("collectors", "event_collectors"),
    calls.SetCollectorPageSize: ("collectors",),
    calls.RewindCollector: ("collectors",),
    calls.ResetCollector: ("collectors",),
    calls.ReadNextTasks: ("collectors",),
    calls.ReadPreviousTasks: ("collectors",),
    calls.CreateListView: ("views",),
    calls.ModifyListView: ("views",),
    calls.ResetListView: ("views",),
    calls.DestroyView: ("views",),
    calls.CreatePropertyCollector: ("property_collectors",),
    calls.CreateFilter: ("property_collectors",),
    calls.DestroyPropertyFilter: ("property_collectors",),
    calls.DestroyPropertyCollector: ("property_collectors",),
    calls.WaitForUpdatesEx: ("property_collectors",),
    calls.WaitForRecentTask: ("recent",),
}
"""By method: what of its session it changes."""


@on_methods("outlives-the-session")
def outlives_the_session(method: type[Call]) -> Iterator[Fault]:
    """A login has what the one before of its name, or of its user, left."""

    def wrong(part: str, by: str, original: Step, state: State, call: Any, choices: Choices) -> After:
        after, outcome = original(state, call, choices)
        session = session_of(after, call)
        if session is None:
            return after, outcome
        left: dict[str, Session] = remembered(state, "left", {})
        for one in state.sessions.values():
            left = {**left, getattr(one, by): one}
        old = left.get(getattr(session, by))
        if old is not None and old.number != session.number:
            after = access.with_session(after, evolve(session, **{part: getattr(old, part)}))
        return after, outcome

    if method is calls.Login:
        for part in SHARED:
            for by in ("name", "account"):
                yield part, by, partial(wrong, part, by)


# --- repetition -------------------------------------------------------------------------------------------------------


@on_methods("stale-after")
def stale_after(method: type[Call]) -> Iterator[Fault]:
    """What was told so many times is told for good, to the session or to all."""

    def wrong(count: int, scope: str, original: Step, state: State, call: Any, choices: Choices) -> After:
        key = str(call if scope == "session" else evolve(call, session=""))
        told, value = remembered(state, key, (0, None))
        if told >= count:
            return state, Returned(value=value, at=Interval(earliest=state.now, latest=state.now))
        after, outcome = original(state, call, choices)
        if isinstance(outcome, Faulted):
            return after, outcome
        return remembering(after, key, (told + 1, getattr(outcome, "value", None))), outcome

    if method in READERS and not method.__name__.endswith("Tasks"):
        for scope in ("session", "server"):
            for count in (1, 2, 3, 5, 12):
                yield scope, f"{count}", partial(wrong, count, scope)


@on_methods("told-to-another")
def told_to_another(method: type[Call]) -> Iterator[Fault]:
    """A session is told what another was told of the same just before."""

    def wrong(original: Step, state: State, call: Any, choices: Choices) -> After:
        key = str(evolve(call, session=""))
        who, value = remembered(state, key, (call.session, None))
        after, outcome = original(state, call, choices)
        if isinstance(outcome, Faulted):
            return after, outcome
        if who != call.session:
            outcome = evolve(outcome, value=value)
        return remembering(after, key, (call.session, getattr(outcome, "value", None))), outcome

    if method in READERS:
        yield "answer", "last", wrong


def note(given: list[Any], value: Any, _around: Any) -> Any:
    """Note a value."""
    given.append(value)
    return value


@on_methods("stuck")
def stuck(method: type[Call]) -> Iterator[Fault]:
    """An argument keeps what it was given first, on the server or in the session."""

    def wrong(path: tuple[str, ...], scope: str, original: Step, state: State, call: Any, choices: Choices) -> After:
        key = f"given {call.session if scope == 'session' else ''}"

        def keep(value: Any, _around: Any) -> Any:
            return remembered(state, key, value)

        after, outcome = original(state, changed(call, path, keep), choices)
        given: list[Any] = []
        changed(call, path, partial(note, given))
        kept = remembered(state, key, given[0] if given else None)
        return remembering(after, key, kept) if given else after, outcome

    for place in argument_places(method):
        if place.kind in {"str", "int", "bool", "list"} and "[]" not in place.path:
            for scope in ("session", "server"):
                yield place.name, scope, partial(wrong, place.path, scope)
