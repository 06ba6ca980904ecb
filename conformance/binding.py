"""Binding: from the symbols of a plan to what a target really has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from taskconform.model.calls import Made, ObjectRef, Place, TypeId, UserName
from taskconform.model.create import BUILT_IN, NO_SUCH_USER
from taskconform.model.evolve import evolve
from taskconform.model.life import NO_TASK

if TYPE_CHECKING:
    from taskconform.model.calls import Call
    from taskconform.model.declaration import Declaration

SYMBOLS = (Made, Place, TypeId, UserName)


class Unbound(Exception):  # noqa: N818  # not an error: the step that needs it is recorded as a no-op
    """A symbol for which this target has nothing: it lacks the place or the account, or never made the thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What a step made: a reference, and the key if it is a task."""

    ref: ObjectRef
    key: str = ""


class Bindings:
    """What the steps of one episode made, and the target's own places and names."""

    def __init__(self, declaration: Declaration) -> None:
        """Start with nothing made."""
        self.declaration = declaration
        self.made: dict[Made, Thing] = {}

    def bind(self, call: Call) -> Call:
        """The concrete call. Raises Unbound."""
        changes: dict[str, Any] = {}
        for name in call.__slots__:
            value = getattr(call, name)
            if value.__class__ in SYMBOLS:
                changes[name] = self._key(value) if name == "parent_task_key" else self.resolve(value)
            elif name == "tasks":
                changes[name] = tuple(self.resolve(item) for item in value)
            elif name == "filter" and value is not None:
                changes[name] = self._bind_filter(value)
        return evolve(call, **changes) if changes else call

    def _bind_filter(self, spec: Any) -> Any:
        """A filter with its entity resolved."""
        if spec.entity is not None and spec.entity.entity.__class__ in SYMBOLS:
            return replace(spec, entity=replace(spec.entity, entity=self.resolve(spec.entity.entity)))
        return spec

    def _key(self, value: Any) -> str:
        """The key of a task that a step made."""
        if isinstance(value, Made):
            return self._thing(value).key
        return str(self.resolve(value))

    def _thing(self, made: Made) -> Thing:
        thing = self.made.get(made)
        if thing is None:
            message = f"step {made.step} made no {made.index}"
            raise Unbound(message)
        return thing

    def resolve(self, value: Any) -> Any:
        """What a symbol stands for here; a concrete value stands for itself. Raises Unbound."""
        if isinstance(value, Made):
            return self._thing(value).ref
        if isinstance(value, Place):
            return self._place(value)
        if isinstance(value, TypeId):
            return self._type(value)
        if isinstance(value, UserName):
            if value.account == "stranger":
                return NO_SUCH_USER
            try:
                return self.declaration.account(value.account).user_name
            except KeyError:
                message = f"the target declares no account {value.account}"
                raise Unbound(message) from None
        return value

    def _place(self, place: Place) -> ObjectRef:
        if place.role == "no-task":
            return ObjectRef(type="Task", value=NO_TASK)
        entities = self.declaration.places.get(place.role, ())
        if not entities:
            message = f"the target declares no place {place.role}"
            raise Unbound(message)
        return entities[place.index % len(entities)].ref

    def _type(self, type_id: TypeId) -> str:
        if type_id.which == "built-in":
            return BUILT_IN
        return f"{self.declaration.extension_key}.{type_id.which}"
