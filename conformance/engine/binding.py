"""Binding: from the symbols of a plan to the objects and names of a target."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, cast, get_args

from msgspec import Struct
from msgspec.structs import asdict, fields

from taskconform.model.oracle.checks import unless_unsaid
from taskconform.model.vocabulary.calls import (
    BRIEF,
    BUILT_IN,
    NO_SUCH_USER,
    NO_TASK,
    ByEntity,
    ByTime,
    ByUsername,
    Chain,
    CreateAlarm,
    CreateFolder,
    CreateScheduledTask,
    ExtensionKey,
    Locale,
    Made,
    Moment,
    ObjectRef,
    Offered,
    Operand,
    Place,
    StartOperation,
    Symbol,
    TaskFilterSpec,
    TaskInfoFilterSpec,
    TypeId,
    UserName,
)
from taskconform.model.vocabulary.declaration import ORDINARY
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.oracle.belief import Belief
    from taskconform.model.vocabulary.calls import Call, PlannedCall
    from taskconform.model.vocabulary.declaration import Declaration, Operation

SYMBOLS = frozenset(get_args(Symbol))
NESTED = frozenset({TaskFilterSpec, ByEntity, ByTime, ByUsername, TaskInfoFilterSpec})
"""Data objects that hold symbols."""
NAMED = frozenset({CreateFolder, CreateScheduledTask, CreateAlarm})
"""Calls that name the object that they make."""
KEYED = frozenset({"parent_task_key", "root_task_key", "version"})
"""Arguments that are text: the key of what a step made."""


@cache
def symbolic(cls: type[PlannedCall]) -> tuple[str, ...]:
    """Name the arguments of a call that can be symbols, or hold some: their types have the type variable of symbols."""
    return tuple(one.name for one in fields(cls) if getattr(one.type, "__parameters__", ()))


class Unbound(Exception):  # noqa: N818  # not an error: the step that needs it is recorded as a no-op
    """A symbol for which this target has nothing: it lacks the place or the account, or never made the thing."""


class Thing(Struct, frozen=True, kw_only=True, gc=False):
    """Something that a step made: a reference, and the key if it is a task."""

    ref: ObjectRef
    key: str = ""


def _some_of(offers: tuple[Operation, ...], fits: Callable[[Operation], bool]) -> tuple[Operation, ...]:
    """Return the operations that fit; all, if none does."""
    return tuple(one for one in offers if fits(one)) or offers


class Bindings:
    """Objects that the steps of one test case made, and the target's own places and names."""

    def __init__(self, declaration: Declaration) -> None:
        """Start with nothing made."""
        self.declaration = declaration
        self.made: dict[Made, Thing] = {}
        self._world: Belief

    def bind(self, call: PlannedCall, world: Belief) -> Call:
        """Make the concrete call. Stamps and chains are those last read; names get the suite's key before them, by
        which they are found again. Raises Unbound."""
        self._world = world
        if isinstance(call, StartOperation):
            call = self.offered(call)
        changes: dict[str, Any] = {}
        for name in symbolic(call.__class__):
            value = getattr(call, name)
            cls = value.__class__
            if cls in SYMBOLS:
                changes[name] = self._key(value) if name in KEYED else self.resolve(value)
            elif (cls is tuple and value) or cls in NESTED:
                changes[name] = self._within(name, value)
        if call.__class__ in NAMED:
            changes["name"] = f"{self.declaration.extension_key} {call.name}"
        return cast("Call", evolve(call, **changes) if changes else call)  # no symbol is left

    def offered(self, call: StartOperation[Symbol]) -> StartOperation[Symbol]:
        """Choose the operation that a call starts, of those that the target declares, and the entity it is started on:
        the place that the plan names, if an operation can be started there. Raises Unbound."""
        offers = self.declaration.operations
        wanted, entity = call.operation, call.entity
        if isinstance(wanted, Offered):
            offers = _some_of(offers, lambda one: one.cancelable or not wanted.cancelable)
            offers = _some_of(offers, lambda one: one.seconds <= BRIEF or not wanted.brief)
        else:
            offers = tuple(one for one in offers if one.name == wanted)
        place = self._found(entity)
        offers = _some_of(offers, lambda one: place in one.entities)
        if not offers:
            message = (
                "the target declares no operations" if isinstance(wanted, Offered) else f"the target has no {wanted}"
            )
            raise Unbound(message)
        found = offers[wanted.index % len(offers) if isinstance(wanted, Offered) else 0]
        index = entity.index if isinstance(entity, Operand | Place) else 0
        on = place if place in found.entities else found.entities[index % len(found.entities)]
        return evolve(call, operation=found.name, entity=on)

    def _found(self, entity: ObjectRef | Symbol) -> ObjectRef | None:
        """Give the object that is named as what an operation is started on; None if that is left to the operation, or
        if the target has no such object."""
        try:
            return None if isinstance(entity, Operand) else self.resolve(entity)
        except Unbound:
            return None

    def _within(self, name: str, value: Any) -> Any:
        """Resolve the symbols inside a value."""
        if value.__class__ in SYMBOLS:
            return self._key(value) if name in KEYED else self.resolve(value)
        if value.__class__ is tuple:
            return tuple(self._within(name, item) for item in value)
        if value.__class__ in NESTED:
            return evolve(value, **{one: self._within(one, part) for one, part in asdict(value).items()})
        return value

    def _key(self, value: Any) -> str:
        """Give the key of the task that a step made, or the version that it yielded."""
        if isinstance(value, Made):
            thing = self._thing(value)
            return thing.key or self._key_of_operations(value, thing.ref)
        return str(self.resolve(value))

    def _key_of_operations(self, made: Made, ref: ObjectRef) -> str:
        """Give the key of a task that an operation made, as it was read; "" of any other. Raises Unbound."""
        record = self._world.tasks.get(ref.value)
        if ref.value in self._world.extensions.origins.operations and record is None:
            message = f"the task of step {made.step} was not read"
            raise Unbound(message)
        return record.key if record is not None and record.operation else ""

    def _thing(self, made: Made) -> Thing:
        thing = self.made.get(made)
        if thing is None:
            message = f"step {made.step} made no {made.index}"
            raise Unbound(message)
        return thing

    def resolve(self, value: Any) -> Any:
        """Resolve a symbol on this target; a concrete value stands for itself. Raises Unbound."""
        if isinstance(value, Made):
            return self._thing(value).ref
        if isinstance(value, Place):
            return self._place(value)
        if isinstance(value, TypeId):
            return self._type(value)
        if isinstance(value, ExtensionKey):
            return self._extension(value.which)
        if isinstance(value, UserName):
            return self._user_name(value)
        if isinstance(value, Locale):
            locales = self.declaration.locales
            if not locales:
                message = "the target declares no locales"
                raise Unbound(message)
            return locales[value.index % len(locales)]
        if isinstance(value, Moment | Chain):
            return self._read_off(value)
        return value

    def _read_off(self, value: Moment | Chain) -> int:
        """Give a stamp or the chain of a task, as it was read last."""
        record = self._world.tasks.get(self._thing(value.task).ref.value)
        if isinstance(value, Chain):
            if record is None or not record.chain:
                message = "no event chain of that task is known"
                raise Unbound(message)
            return record.chain
        info = record.info if record is not None else None
        stamp = unless_unsaid(getattr, info, value.stamp) if info is not None else None
        if stamp is None:
            message = f"the task of step {value.task.step} has no {value.stamp} yet"
            raise Unbound(message)
        return int(stamp) + value.offset

    def _user_name(self, user: UserName) -> str:
        """Give a user's name, as the server spells it or otherwise."""
        if user.account == "stranger":
            return NO_SUCH_USER
        try:
            name = self.declaration.account(user.account).user_name
        except KeyError:
            message = f"the target declares no account {user.account}"
            raise Unbound(message) from None
        if user.spelling == "upper":
            return name.upper()
        return re.split(r"[\\@]", name)[1 if "\\" in name else 0] if user.spelling == "bare" else name

    def _extension(self, which: str) -> str:
        """Give the key of the suite's own extension, or of another one of its."""
        own = self.declaration.extension_key
        return f"{own}.{which}" if which else own

    def _place(self, place: Place) -> ObjectRef:
        """Give a place of a role; where an ordinary task would be made, another such place will do."""
        if place.role == "no-task":
            return ObjectRef(type="Task", value=NO_TASK)
        roles = (place.role, *ORDINARY) if place.role in ORDINARY else (place.role,)
        entities = next((found for role in roles if (found := self.declaration.places.get(role))), ())
        if not entities:
            message = f"the target declares no place {place.role}"
            raise Unbound(message)
        return entities[place.index % len(entities)].ref

    def _type(self, type_id: TypeId) -> str:
        if type_id.which == "built-in":
            return BUILT_IN
        return f"{self.declaration.extension_key}.{type_id.which}"
