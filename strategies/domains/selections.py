"""Selections: whole TaskFilterSpecs, every part with every other, lists of every length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.vocabulary.calls import (
    ByEntity,
    ByTime,
    ByUsername,
    Chain,
    Made,
    Moment,
    Place,
    Symbol,
    TaskFilterSpec,
    UserName,
)
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SECOND, SUCCESS
from taskconform.model.vocabulary.words import evolve
from taskconform.strategies.domains.drawing import chance, number, one_of, some_of
from taskconform.strategies.domains.filters import OFFSETS, RECURSIONS, STAMPS
from taskconform.strategies.domains.texts import texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.strategies.domains.drawing import Draw
    from taskconform.strategies.domains.known import Known

Spec = TaskFilterSpec[Symbol]

EVERYTHING: Final = TaskFilterSpec()
STATES: Final = (QUEUED, RUNNING, SUCCESS, ERROR)
ACCOUNTS: Final = ("primary", "second", "restricted", "stranger")
TAGS: Final = ("", *(f"no-such-tag-{number}" for number in range(66)))
NO_KEY: Final = "no-such-key"
FEW: Final = 5
MANY: Final = 66


def _most(draw: Draw) -> int:
    """Return how many values a list has at most, where there is no end of them: a few, or many now and then."""
    return FEW if chance(draw, 85) else MANY


def _entity(known: Known, draw: Draw) -> ByEntity[Symbol]:
    """Return an entity of the inventory or a folder of the plan's, with any recursion."""
    role = one_of(draw, ("vm", "folder", "folder", "host", "root", "readable"))
    made = known.folders and chance(draw, 20)
    entity = one_of(draw, known.folders) if made else Place(role=role, index=number(draw, 0, 7))
    return ByEntity(entity=entity, recursion=one_of(draw, RECURSIONS))


def _time(known: Known, draw: Draw) -> ByTime[Symbol]:
    """Return a range by any stamp, each bound near any stamp of any task, or open."""

    def bound() -> Moment | None:
        if not known.tasks or chance(draw, 35):
            return None
        stamp = one_of(draw, tuple(STAMPS.values()))
        return Moment(task=one_of(draw, known.tasks), stamp=stamp, offset=draw(OFFSETS))

    return ByTime(time_type=one_of(draw, tuple(STAMPS)), begin_time=bound(), end_time=bound())


def _users(_known: Known, draw: Draw) -> ByUsername[Symbol]:
    """Return none of the users, some, or all, now and then spelled otherwise; systemUser now and then."""
    spelling = "given" if chance(draw, 90) else one_of(draw, ("upper", "bare"))
    users = some_of(draw, tuple(UserName(account=one, spelling=spelling) for one in ACCOUNTS), least=0)
    return ByUsername(system_user=chance(draw, 10), user_list=users)


def _activations(known: Known, draw: Draw) -> tuple[str, ...]:
    """Return some of the ids that tasks have, and some that none has."""
    most = _most(draw)
    others = tuple(draw(texts()) for _ in range(number(draw, 0, 2)))
    none = (f"no-such-activation-{number}" for number in range(1 if most == FEW else MANY))
    return some_of(draw, tuple(dict.fromkeys((*known.activations, *others, *none))), most=most)


def _keys(known: Known, draw: Draw) -> tuple[Any, ...]:
    """Return keys of tasks, and some that none has: of a long list mostly one value alone decides."""
    most = _most(draw)
    none = () if most == FEW else (f"{NO_KEY}-{number}" for number in range(MANY))
    return some_of(draw, (*known.tasks, NO_KEY, *none), most=most)


PARTS: Final[dict[str, Callable[[Known, Draw], Any]]] = {
    "entity": _entity,
    "time": _time,
    "user_name": _users,
    "state": lambda _known, draw: some_of(draw, STATES),
    "alarm": lambda known, draw: one_of(draw, known.alarms) if known.alarms else None,
    "scheduled_task": lambda known, draw: one_of(draw, known.schedules) if known.schedules else None,
    "activation_id": _activations,
    "event_chain_id": lambda known, draw: tuple(
        Chain(task=one) for one in some_of(draw, known.tasks, least=0, most=_most(draw))
    ),
    "tag": lambda _known, draw: some_of(draw, TAGS if chance(draw, 15) else TAGS[:3]),
    "parent_task_key": _keys,
    "root_task_key": _keys,
}
"""The domain of each part of a filter, by its field."""


def selection(known: Known, draw: Draw) -> Spec:
    """Draw a filter: none of the parts, a few, or all that there are. Parts drawn one by one hardly ever hold a task
    together, so mostly those that can be made to hold one task are."""
    most = len(PARTS) if chance(draw, 10) else 4
    names = some_of(draw, tuple(PARTS), least=0, most=most)
    spec = evolve(EVERYTHING, **{name: PARTS[name](known, draw) for name in names})
    if not known.tasks or chance(draw, 40):
        return spec
    task = one_of(draw, known.tasks)
    held = {name: _holding(known, task, name, getattr(spec, name)) for name in names if name in OWN or name in HOLD}
    spec = evolve(spec, **{name: part for name, part in held.items() if part is not None})
    misses = [name for name in held if name in OWN or name == "time"]
    if len(names) > 1 and misses and chance(draw, 40):
        name = one_of(draw, misses)
        spec = evolve(spec, **{name: _missing(known, task, name, getattr(spec, name), draw)})
    return spec


def _with(values: tuple[Any, ...], one: Any) -> tuple[Any, ...]:
    """Return a list of a filter with one more value, at its end; the list as it is without one, or if it is there."""
    return values if one is None or one in values else (*values, one)


def _hold_in_time(_known: Known, task: Made, part: ByTime[Symbol]) -> ByTime[Symbol]:
    """Return a range about the task's own stamp, open where it was."""

    def bound(of: Any, side: int) -> Any:
        return of and evolve(of, task=task, stamp=STAMPS[str(part.time_type)], offset=side * abs(of.offset))

    return evolve(part, begin_time=bound(part.begin_time, -1), end_time=bound(part.end_time, 1))


def _hold_user(known: Known, task: Made, part: ByUsername[Symbol]) -> ByUsername[Symbol]:
    """Return the users, and the one who made the task."""
    account = known.sessions.get(known.creates[task].session)
    return evolve(part, user_list=_with(part.user_list, account and UserName(account=account)))


OWN: Final[dict[str, Callable[[Known, Made], Any]]] = {
    "activation_id": lambda known, task: known.creates[task].activation_id,
    "event_chain_id": lambda _known, task: Chain(task=task),
    "tag": lambda _known, _task: "",
    "parent_task_key": lambda known, task: known.creates[task].parent_task_key,
    "root_task_key": lambda known, task: known.creates[task].parent_task_key or task,
}
"""A task's own value for each part of a filter that is a list. States change."""
HOLD: Final[dict[str, Callable[[Known, Made, Any], Any]]] = {
    "entity": lambda known, task, part: evolve(
        part, entity=known.creates[task].obj, recursion="all" if part.recursion == "all" else "self"
    ),
    "time": _hold_in_time,
    "user_name": _hold_user,
}
"""By field, a function for each part of a filter that is no list: it changes the part so that the task passes it."""


def _holding(known: Known, task: Made, name: str, part: Any) -> Any:
    """Return a part of a filter, made to hold a task."""
    return _with(part, OWN[name](known, task)) if name in OWN else HOLD[name](known, task, part)


def _miss_in_time(_known: Known, task: Made, part: ByTime[Symbol], draw: Draw) -> ByTime[Symbol]:
    """Return a range that ends before the task's own stamp, or begins after it."""
    offset = one_of(draw, (1, SECOND, 5 * SECOND))
    late = chance(draw, 50)
    moment = Moment(task=task, stamp=STAMPS[str(part.time_type)], offset=offset if late else -offset)
    return evolve(part, begin_time=moment if late else None, end_time=None if late else moment)


def _missing(known: Known, task: Made, name: str, part: Any, draw: Draw) -> Any:
    """Return a part of a filter that leaves out a task, which the other parts hold: so this part alone decides."""
    if name == "time":
        return _miss_in_time(known, task, part, draw)
    own = OWN[name](known, task)
    return tuple(value for value in part if value != own)


def parts_of(spec: Spec) -> tuple[Spec, ...]:
    """Return one filter for each part that is given."""
    given = (name for name in PARTS if getattr(spec, name) not in (None, ()))
    return tuple(evolve(EVERYTHING, **{name: getattr(spec, name)}) for name in given)


def values_of(part: Spec) -> tuple[Spec, ...]:
    """Return one filter for each value of a filter's one part; the filter itself, if that is no list of several."""
    name = next(name for name in PARTS if getattr(part, name) not in (None, ()))
    value = getattr(part, name)
    if isinstance(value, ByUsername):
        return tuple(evolve(EVERYTHING, user_name=evolve(value, user_list=(one,))) for one in value.user_list) or (
            part,
        )
    return tuple(evolve(EVERYTHING, **{name: (one,)}) for one in value) if isinstance(value, tuple) else (part,)
