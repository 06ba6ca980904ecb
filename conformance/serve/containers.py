"""Managed entities as the service lists them, and container views of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taskconform.conformance.targets.builtin.inventory import INVENTORY
from taskconform.conformance.wire import schema
from taskconform.model.spec import access
from taskconform.model.spec.choices import DEFAULT

if TYPE_CHECKING:
    from taskconform.model.spec.state import Session, State
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.declaration import Entity


def entities_of(state: State) -> list[Entity]:
    """List the managed entities: those of the fixed inventory in its order, then the folders made since, by age."""
    made = sorted(state.folders_made, key=lambda value: (len(value), value))
    return [state.entities[value] for value in (*INVENTORY.entities, *made) if value in state.entities]


def may_see(state: State, session: Session, value: str) -> bool:
    """Tell whether the session may see that the entity of this reference value is there: with System.View on it, or on
    anything below, which could not be reached otherwise.
    """
    if access.holds(state, session, access.SYSTEM_VIEW, value, DEFAULT):
        return value in state.entities
    below = [each for each in state.entities if value in state.ancestors[each]]
    return any(access.holds(state, session, access.SYSTEM_VIEW, each, DEFAULT) for each in below)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerView:
    """A view of a container. `types` by wire name, empty for all; `recursive`: to the bottom, else one level down."""

    container: ObjectRef
    types: frozenset[str]
    recursive: bool

    def objects(self, state: State, session: Session) -> list[ObjectRef]:
        """List the managed entities that are in the view now and that the session may see."""
        top = self.container
        return [
            entity.ref
            for entity in entities_of(state)
            if top.value in state.entities
            and top.value in state.ancestors[entity.ref.value]
            and (self.recursive or entity.parent == top)
            and (not self.types or not self.types.isdisjoint(schema.names_above(entity.ref.type)))
            and may_see(state, session, entity.ref.value)
        ]
