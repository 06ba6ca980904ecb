"""A conforming target, as far as a plan has gone: the specification, performed on the plan's own calls.

So a plan knows which of its calls made something, and in which state its tasks are. It never sees a target's answer.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from immutables import Map
from msgspec import Struct
from msgspec.structs import asdict

from taskconform.model.spec.state import Server, State
from taskconform.model.spec.step import step
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import MAIN, ObjectRef
from taskconform.model.vocabulary.declaration import Entity
from taskconform.model.vocabulary.faults import OTHER_FAULTS, VIM_FAULTS
from taskconform.model.vocabulary.outcomes import SECOND, ElementDescription, Returned, TaskDescription, TaskInfo
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.vocabulary.calls import Call, Made, PlannedCall

KEY: Final = "suite"
EPOCH: Final = 1_767_225_600 * SECOND
CALL_TIME: Final = 1_000
"""Microseconds that a call takes."""
ROOT: Final = ObjectRef(type="Folder", value="root")
MANAGER: Final = ObjectRef(type="EventManager", value="manager")
PLACES: Final = {"vm": 8, "folder": 4, "host": 2, "readable": 1, "hidden": 1, "granted": 1, "ancestor": 1}
"""Entities below the root folder, by role: how many."""
USERS: Final = {name: f"users\\{name}" for name in ("primary", "second", "restricted", "delegate", "outsider")}
READ: Final = frozenset({"System.View", "System.Read"})
ALL: Final = READ | {
    "Task.Create",
    "Task.Update",
    "Global.CancelTask",
    "Extension.Register",
    "Extension.Unregister",
    "Extension.Update",
    "Folder.Create",
    "Folder.Delete",
    "ScheduledTask.Create",
    "ScheduledTask.Delete",
    "ScheduledTask.Run",
    "Alarm.Create",
    "Alarm.Delete",
    "Global.LogEvent",
}
TYPES: Final = {"vm": "VirtualMachine", "host": "HostSystem"}


def _refs(role: str) -> list[ObjectRef]:
    """Return the entities of a role."""
    return [ObjectRef(type=TYPES.get(role, "Folder"), value=f"{role}-{number}") for number in range(PLACES[role])]


@cache
def first_state() -> State:
    """Return the server on which a plan begins: logged in as the main session, with the suite's extension."""
    entities = {ROOT.value: Entity(ref=ROOT, name="Root")}
    entities |= {ref.value: Entity(ref=ref, name=ref.value, parent=ROOT) for role in PLACES for ref in _refs(role)}
    strings = TaskDescription(method_info=(), state=(ElementDescription(key="a", label="a", summary="a"),), reason=())
    base = ("VimFault", "MethodFault")
    faults = {name: (name, *base) for name in VIM_FAULTS} | {name: (name, "MethodFault") for name in OTHER_FAULTS}
    server = Server(
        accounts=Map(USERS), root=ROOT.value, catalogs=Map({"en": strings}), default_locale="en", faults=Map(faults)
    )
    everywhere = Map(dict.fromkeys(entities, ALL))
    granted = {role: {ref.value: READ for ref in _refs(role)} for role in ("readable", "granted")}
    state = State(
        server=server,
        now=EPOCH,
        entities=Map(entities),
        ancestors=Map({value: () if value == ROOT.value else (ROOT.value,) for value in entities}),
        privileges=Map(
            {
                "primary": everywhere,
                "second": everywhere,
                "restricted": Map({ROOT.value: READ, **granted["readable"]}),
                "delegate": Map({ROOT.value: READ, **dict.fromkeys(granted["granted"], READ | {"Task.Create"})}),
                "outsider": Map(),
            }
        ),
    )
    for call in (
        c.Login(session=MAIN, account="primary"),
        c.RegisterExtension(session=MAIN, key=KEY, version="1", task_ids=(f"{KEY}.work", f"{KEY}.rest")),
    ):
        state, _ = step(state, call)
    return state


class Conforming:
    """The specification, where a plan has brought it."""

    def __init__(self) -> None:
        """Begin after the set-up of every test case."""
        self.state = first_state()
        self.made: dict[Made, ObjectRef | str] = {}

    def perform(self, call: PlannedCall, made: Made) -> bool:
        """Perform a planned call; `made` is the symbol of what it makes. Return True if it succeeds."""
        try:
            bound = evolve(call, **{name: self._value(name, value) for name, value in asdict(call).items()})
        except KeyError:
            return False  # it names what no call has made
        after, outcome = step(self.state, cast("Call", bound))  # no symbol is left
        self.state = evolve(after, now=after.now + CALL_TIME)
        if not isinstance(outcome, Returned):
            return False
        value: Any = outcome.value
        if isinstance(value, TaskInfo):
            value = value.task
        version = getattr(value, "version", None)
        if isinstance(value, ObjectRef) or version is not None:
            self.made[made] = version if version is not None else value
        return True

    def state_of(self, task: Made) -> str | None:
        """Return the state of a task that the plan made; None if it is there no more."""
        ref = self.made.get(task)
        number = self.state.keys.get(ref.value) if isinstance(ref, ObjectRef) else None
        found = self.state.tasks.get(number) if number is not None else None
        return found.info.state if found is not None and not found.removed else None

    def _value(self, name: str, value: Any) -> Any:
        """Return what an argument stands for. Raises KeyError for what no call has made."""
        if isinstance(value, tuple):
            return tuple(self._value(name, one) for one in value)
        if isinstance(value, c.Made):
            ref = self.made[value]
            return ref.value if name in {"parent_task_key", "root_task_key"} and isinstance(ref, ObjectRef) else ref
        if isinstance(value, c.Moment | c.Chain):
            return self._read_off(value)
        resolve = RESOLVE.get(type(value))
        if resolve is not None:
            return resolve(value)
        if isinstance(value, Struct) and not isinstance(value, ObjectRef):
            return evolve(value, **{one: self._value(one, part) for one, part in asdict(value).items()})
        return value

    def _read_off(self, value: c.Moment | c.Chain) -> int:
        """Return a stamp or the chain of a task. Raises KeyError if it has none."""
        ref = self.made[value.task]
        number = self.state.keys[ref.value] if isinstance(ref, ObjectRef) else None
        info = self.state.tasks[number].info if number is not None else None
        read = getattr(info, value.stamp if isinstance(value, c.Moment) else "event_chain_id", None)
        if read is None:
            raise KeyError(value)
        return int(read) + (value.offset if isinstance(value, c.Moment) else 0)


def _place(place: c.Place) -> ObjectRef:
    """Return an object of the inventory, or what is none."""
    if place.role in PLACES:
        return _refs(place.role)[place.index % PLACES[place.role]]
    odd = {"root": ROOT, "manager": MANAGER, "no-task": ObjectRef(type="Task", value=c.NO_TASK)}
    return odd.get(place.role, ObjectRef(type="VirtualMachine", value="nowhere"))


def _user(user: c.UserName) -> str:
    """Return a user's name, spelled as asked."""
    name = USERS.get(user.account, c.NO_SUCH_USER)
    return {"upper": name.upper(), "bare": name.rpartition("\\")[2]}.get(user.spelling, name)


RESOLVE: Final[dict[type[Any], Any]] = {
    c.Place: _place,
    c.UserName: _user,
    c.TypeId: lambda one: c.BUILT_IN if one.which == "built-in" else f"{KEY}.{one.which}",
    c.ExtensionKey: lambda one: f"{KEY}.{one.which}" if one.which else KEY,
    c.Locale: lambda _one: "en",
}
"""The value of a symbol, by its type."""
