"""Container views: what of the inventory is in a container."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_inventory import SYSTEM_VIEW
from taskconform.conformance.wire import schema

if TYPE_CHECKING:
    from taskconform.conformance.targets.sim_state import Session
    from taskconform.conformance.targets.simulator import Simulator
    from taskconform.model.vocabulary.calls import ObjectRef


def may_see(simulator: Simulator, session: Session, value: str) -> bool:
    """Tell whether the session may see that the entity of this reference value is there: with System.View on it, or on
    anything below, which could not be got to otherwise.
    """
    return any(
        simulator.holds(session, SYSTEM_VIEW, each)
        for each in (value, *simulator.inventory.below[value])
        if each in simulator.inventory.entities
    )


class ContainerView:
    """A view of a container. `types` by wire name, empty for all; `recursive`: to the bottom, else one level down."""

    kind: Final = "ContainerView"
    __slots__ = ("container", "recursive", "types")

    def __init__(self, container: ObjectRef, types: tuple[str, ...], *, recursive: bool) -> None:
        """Look at nothing yet: a view is always what there is now."""
        self.container = container
        self.types = frozenset(types)
        self.recursive = recursive

    def objects(self, simulator: Simulator, session: Session) -> list[ObjectRef]:
        """Give the managed entities in the view that the session may see."""
        inventory = simulator.inventory
        if self.container.value not in inventory.entities:
            return []
        below = inventory.below[self.container.value]
        return [
            entity.ref
            for value, entity in inventory.entities.items()
            if value in below
            and (self.recursive or entity.parent == self.container)
            and self.shows(entity.ref.type)
            and may_see(simulator, session, value)
        ]

    def shows(self, type_name: str) -> bool:
        """Tell whether entities of this type are in the view."""
        return not self.types or not self.types.isdisjoint(schema.names_above(type_name))
