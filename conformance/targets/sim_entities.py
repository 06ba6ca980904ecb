"""The inventory of one simulator: the fixed tree, the folders made in it since, and those that are gone again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.declaration import Entity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taskconform.conformance.targets.sim_inventory import Inventory


class LiveInventory:
    """The managed entities by reference value, what is `below` and what is `within` (itself included) each, and what
    each account may do on it. The sets are live: who keeps one sees what is added to it. What is destroyed leaves
    `entities` only, for the history still speaks of it.
    """

    __slots__ = ("below", "entities", "gone", "made", "numbers", "privileges", "within")

    def __init__(self, fixed: Inventory) -> None:
        """Begin with the fixed tree."""
        self.entities: dict[str, Entity] = dict(fixed.entities)
        self.below: dict[str, set[str]] = {value: set(others) for value, others in fixed.below.items()}
        self.within: dict[str, set[str]] = {value: {value, *others} for value, others in fixed.below.items()}
        self.privileges: dict[str, dict[str, frozenset[str]]] = {
            account: dict(granted) for account, granted in fixed.privileges.items()
        }
        self.made: set[str] = set()
        self.gone: set[str] = set()
        self.numbers = 1_000

    def add_folder(self, parent: Entity, name: str) -> Entity:
        """Make a folder. No permission is given on it, so its parent's holds for it."""
        self.numbers += 1
        value = f"group-v{self.numbers}"
        entity = Entity(ref=ObjectRef(type="Folder", value=value), name=name, parent=parent.ref)
        self.entities[value] = entity
        self.made.add(value)
        self.below[value] = set()
        self.within[value] = {value}
        for above in self.upwards(parent):
            self.below[above].add(value)
            self.within[above].add(value)
        for granted in self.privileges.values():
            granted[value] = granted[parent.ref.value]
        return entity

    def upwards(self, entity: Entity | None) -> Iterator[str]:
        """Give the reference values of the entity and of all that is above it."""
        while entity is not None:
            yield entity.ref.value
            entity = None if entity.parent is None else self.entities[entity.parent.value]

    def remove(self, entity: Entity) -> set[str]:
        """Take the entity away, and all that is in it. Give the reference values of what went."""
        removed = {value for value in self.within[entity.ref.value] if value in self.entities}
        for value in removed:
            del self.entities[value]
        self.gone |= removed
        return removed
