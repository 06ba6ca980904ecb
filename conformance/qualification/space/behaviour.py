"""Operators on behaviour: what a call of some method does otherwise, at a place in its arguments, its answer or its
effect, and when.

An operator is a function of a place, which yields its parameters and what goes wrong there:

    @on_arguments("list")
    def clipped(place: Place) -> Iterator[Edit]:
        for count in SIZES:
            yield f"{count}", lambda value, around: value[:count]

It goes wrong always, or only when a condition holds: that is the other part of the parameter (`64`, or `64,ended`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from taskconform.conformance.qualification.mutants.mutant import remembered, remembering
from taskconform.conformance.qualification.space.fields import EACH, Place, answer_places, argument_places, changed
from taskconform.conformance.qualification.space.source import written_fields
from taskconform.model.spec import access
from taskconform.model.spec.choices import DEFAULT, Choices
from taskconform.model.spec.life import COMPLETED
from taskconform.model.spec.state import Session, State, Task
from taskconform.model.spec.step import METHODS
from taskconform.model.vocabulary.calls import Call
from taskconform.model.vocabulary.outcomes import SECOND, Faulted, Outcome, Returned
from taskconform.model.vocabulary.words import evolve

Step = Callable[[State, Any, Choices], tuple[State, Outcome]]
Wrong = Callable[[Step, State, Any, Choices], tuple[State, Outcome]]
"""A step that goes wrong: it is given the right one first."""
Edit = tuple[str, Callable[[Any, Any], Any]]
"""A parameter, and what becomes of a value there, beside others."""
Fault = tuple[str, str, Wrong]
"""A site, a parameter, and the step that goes wrong."""

CALLS_MADE: Final = "calls made"
LAST_FAULTED: Final = "last faulted"
WINDOW: Final = 600 * SECOND


# --- when -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class When:
    """A condition on which a mutant goes wrong: what it asks of the state and the call, and what it has to note of each
    call. `of_task`: it is about the task that a call is about."""

    name: str
    holds: Callable[[State, Any], bool]
    note: Callable[[State, Any, Outcome], State] | None = None
    of_task: bool = False


def session_of(state: State, call: Call) -> Session | None:
    """Return the login of a call, if there is one."""
    return state.sessions.get(call.session)


def task_of(state: State, call: Any) -> Task | None:
    """Return the task that a call is about, the first if there are several."""
    refs = getattr(call, "tasks", ()) or (getattr(call, "task", None),)
    number = state.keys.get(getattr(refs[0], "value", ""))
    return None if number is None else state.tasks[number]


def of_task(name: str, test: Callable[[State, Any, Task], bool]) -> When:
    """Return a condition on the task that a call is about."""

    def holds(state: State, call: Any) -> bool:
        task = task_of(state, call)
        return task is not None and test(state, call, task)

    return When(name, holds, of_task=True)


def is_second_login(state: State, call: Any) -> bool:
    """Tell whether the caller logged in after another."""
    session = session_of(state, call)
    return session is not None and session.number > 1


def is_limited(state: State, call: Any) -> bool:
    """Tell whether there is something that the caller may not access."""
    session = session_of(state, call)
    return session is not None and not access.is_unrestricted(state, session, DEFAULT)


def is_made_by_another(state: State, call: Any, task: Task) -> bool:
    """Tell whether another login made the task."""
    session = session_of(state, call)
    return session is not None and session.number != task.maker


def is_later(state: State, _call: Any) -> bool:
    """Tell whether the server has been up for longer than the window of recentTask."""
    first = state.tasks.get(1)
    return first is not None and state.now - first.info.queue_time > WINDOW


def after_calls(count: int) -> When:
    """Return the condition that so many calls of the method were made."""

    def note(state: State, call: Any, _outcome: Outcome) -> State:
        key = f"{CALLS_MADE} {type(call).__name__}"
        return remembering(state, key, remembered(state, key, 0) + 1)

    def holds(state: State, call: Any) -> bool:
        return bool(remembered(state, f"{CALLS_MADE} {type(call).__name__}", 0) >= count)

    return When(f"after-{count}-calls", holds, note)


def with_tasks(count: int) -> When:
    """Return the condition that there are so many tasks."""
    return When(f"{count}-tasks", lambda state, _call: len(state.tasks) >= count)


def note_fault(state: State, _call: Any, outcome: Outcome) -> State:
    """Note whether a call faulted."""
    return remembering(state, LAST_FAULTED, isinstance(outcome, Faulted))


ALWAYS: Final = When("always", lambda _state, _call: True)
CONDITIONS: Final = (
    When("second-login", is_second_login),
    When("limited-user", is_limited),
    When("late", is_later),
    When("after-logout", lambda state, _call: state.logins > len(state.sessions)),
    When("after-a-fault", lambda state, _call: bool(remembered(state, LAST_FAULTED, default=False)), note_fault),
    *map(with_tasks, (3, 12, 64)),
    *map(after_calls, (3, 12, 64)),
    of_task("child", lambda _state, _call, task: task.info.parent_task_key is not None),
    of_task("ended", lambda _state, _call, task: task.info.state in COMPLETED),
    of_task("cancelled", lambda _state, _call, task: task.info.cancelled),
    of_task("of-another-login", is_made_by_another),
    of_task("without-entity", lambda _state, _call, task: task.info.entity is None),
)


# --- operators --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """An operator on behaviour: the faults that it makes of a method, and whether each may depend on a condition."""

    name: str
    faults: Callable[[type[Call]], Iterator[Fault]]
    conditional: bool = False


BEHAVIOURS: Final[dict[str, Behaviour]] = {}
"""By name."""
PlaceOperator = Callable[[Place], Iterator[Edit]]
MethodOperator = Callable[[type[Call]], Iterator[Fault]]


def on_methods(name: str, *, conditional: bool = False) -> Callable[[MethodOperator], MethodOperator]:
    """Declare an operator on a method as a whole."""

    def mark(operator: MethodOperator) -> MethodOperator:
        BEHAVIOURS[name] = Behaviour(name=name, faults=operator, conditional=conditional)
        return operator

    return mark


def on_places(
    name: str,
    *kinds: str,
    places: Callable[[type[Call]], list[Place]],
    wrong: Callable[..., tuple[State, Outcome]],
    conditional: bool,
) -> Callable[[PlaceOperator], PlaceOperator]:
    """Declare an operator on the values at certain places."""

    def mark(operator: PlaceOperator) -> PlaceOperator:
        def faults(method: type[Call]) -> Iterator[Fault]:
            for place in places(method):
                if place.kind in kinds or not kinds:
                    for parameter, change in operator(place):
                        yield place.name or "answer", parameter, partial(wrong, place.path, change)

        BEHAVIOURS[name] = Behaviour(name=name, faults=faults, conditional=conditional)
        return operator

    return mark


def with_argument(
    path: tuple[str, ...], change: Callable[[Any, Any], Any], original: Step, state: State, call: Any, choices: Choices
) -> tuple[State, Outcome]:
    """Perform a call with another argument."""
    return original(state, changed(call, path, change), choices)


def with_answer(
    path: tuple[str, ...], change: Callable[[Any, Any], Any], original: Step, state: State, call: Any, choices: Choices
) -> tuple[State, Outcome]:
    """Give another answer to a call that returns."""
    state, outcome = original(state, call, choices)
    if isinstance(outcome, Returned):
        outcome = evolve(outcome, value=changed(outcome.value, path, change))
    return state, outcome


def on_arguments(name: str, *kinds: str, conditional: bool = True) -> Callable[[PlaceOperator], PlaceOperator]:
    """Declare an operator on arguments of these kinds."""
    return on_places(name, *kinds, places=argument_places, wrong=with_argument, conditional=conditional)


def places_answered(method: type[Call]) -> list[Place]:
    """Return the places of a method's answer that ever have a value."""
    return answer_places(method, written_fields() | {EACH, "value"})


def on_answers(name: str, *kinds: str, conditional: bool = True) -> Callable[[PlaceOperator], PlaceOperator]:
    """Declare an operator on answers of these kinds."""
    return on_places(name, *kinds, places=places_answered, wrong=with_answer, conditional=conditional)


@dataclass(frozen=True, slots=True, kw_only=True)
class Misbehaviour:
    """A step that goes wrong in the calls of one method, when a condition holds."""

    method: type[Call]
    wrong: Wrong
    when: When = ALWAYS

    def __call__(self, original: Step, state: State, call: Any, choices: Choices) -> tuple[State, Outcome]:
        """Perform a call."""
        goes_wrong = type(call) is self.method and self.when.holds(state, call)
        after, outcome = self.wrong(original, state, call, choices) if goes_wrong else original(state, call, choices)
        return (self.when.note(after, call, outcome) if self.when.note else after), outcome


def misbehaviours() -> Iterator[tuple[str, str, str, Misbehaviour]]:
    """Yield the operator, the place, the parameter and the step of every mutant of this kind."""
    for name, operator in BEHAVIOURS.items():
        for method, function in METHODS.items():
            if "Clauses:" not in (function.__doc__ or ""):
                continue
            where = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
            about_task = {"task", "tasks"} & set(method.__struct_fields__)
            for site, parameter, wrong in operator.faults(method):
                place = f"{where}:{site}"
                yield name, place, parameter, Misbehaviour(method=method, wrong=wrong)
                for when in CONDITIONS if operator.conditional else ():
                    if about_task or not when.of_task:
                        yield (
                            name,
                            place,
                            f"{parameter},{when.name}",
                            Misbehaviour(method=method, wrong=wrong, when=when),
                        )
