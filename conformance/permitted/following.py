"""Following tasks: views, versions, truncated sets."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from taskconform.conformance.permitted.variant import permitted
from taskconform.conformance.targets import sim_faults as sf
from taskconform.conformance.targets.sim_faults import refused
from taskconform.conformance.targets.sim_picture import Picture, Seen, UpdateCollector, Watch
from taskconform.conformance.targets.sim_server import concrete
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import ObjectUpdate, Property, UpdateSet
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef


@permitted("unresolved-view-refused", "views", by="watch.unresolved-create: refused")
class UnresolvedViewRefused(Simulator):
    """CreateListView with a reference that cannot be resolved faults."""

    def create_list_view(self, call: calls.CreateListView) -> ObjectRef:
        session = self.authenticated(call.session)
        for obj in call.objs:
            if not self.exists(session, concrete(obj)):
                raise refused(sf.OBJECT_NOT_FOUND, "")
        return super().create_list_view(call)


@permitted("view-in-other-order", "view-order", by="vim.view.ManagedObjectView, view: a set")
class ViewInOtherOrder(Simulator):
    """The view property is a set, and so is what cannot be resolved."""

    def read_view(self, call: calls.ReadView) -> Property[tuple[ObjectRef, ...]]:
        found = super().read_view(call)
        return found if found.value is None else Property(value=found.value[::-1])

    def add_resolved(
        self, session: Session, view: dict[str, ObjectRef], objs: Iterable[calls.Reference]
    ) -> tuple[ObjectRef, ...]:
        return super().add_resolved(session, view, objs)[::-1]


class NamedCollector(UpdateCollector):
    """Gives its versions names that tell nothing."""

    __slots__ = ()

    def commit(self, base: Picture, changes: list[tuple[str, str, Seen]], *, truncated: bool) -> str:
        plain = super().commit(base, changes, truncated=truncated)
        name = "v1/" + hashlib.sha256(plain.encode()).hexdigest()[:24]
        if truncated:
            self.truncated = name
        else:
            self.complete[name] = self.complete.pop(plain)
        return name


class ForgetfulCollector(UpdateCollector):
    """Knows the last two complete versions, and the one that the last wait began with."""

    __slots__ = ()

    def commit(self, base: Picture, changes: list[tuple[str, str, Seen]], *, truncated: bool) -> str:
        version = super().commit(base, changes, truncated=truncated)
        if not truncated and len(self.complete) > 2:
            del self.complete[next(iter(self.complete))]
        return version

    def picture_at(self, point: int) -> Picture:
        name = next(name for name, known in self.complete.items() if known == point)
        self.complete[name] = self.complete.pop(name)
        return super().picture_at(point)


class Versions(Simulator):
    """Property collectors of another class."""

    collector_class: type[UpdateCollector] = NamedCollector

    def create_property_collector(self, call: calls.CreatePropertyCollector) -> ObjectRef:
        ref = super().create_property_collector(call)
        made = self.authenticated(call.session).update_collectors
        made[ref.value] = self.collector_class(made[ref.value].number)
        return ref


@permitted("versions-tell-nothing", "versions", by="vmodl PropertyCollector, UpdateSet.version: opaque (EV 1.3)")
class VersionsTellNothing(Versions):
    """Versions are opaque; the first is like any other."""


@permitted(
    "versions-are-forgotten", "versions", by="vmodl PropertyCollector, UpdateSet: only the last versions must be known"
)
class VersionsForgotten(Versions):
    """Of the versions before, only those that the page asks for are known."""

    collector_class = ForgetfulCollector


@permitted("one-object-a-set", "truncation", by="vmodl PropertyCollector: the server may truncate where it likes")
class OneObjectASet(Simulator):
    """Every set is truncated that holds an object, and is not the last."""

    def is_suspended(self, ready: int, maximum: int | None) -> bool:
        del maximum
        return ready >= 1


@permitted("truncated-at-the-maximum", "truncation", by="vmodl WaitOptions, maxObjectUpdates: suspended at the maximum")
class TruncatedAtMaximum(Simulator):
    """A calculation is suspended when the maximum is reached, also if nothing is left; an empty set follows."""

    def __init__(self, settings: Settings) -> None:
        self.at_maximum: dict[str, str] = {}
        super().__init__(settings)

    def is_suspended(self, ready: int, maximum: int | None) -> bool:
        return maximum is not None and ready >= maximum

    def updates_since(
        self, session: Session, collector: UpdateCollector, version: str, maximum: int | None
    ) -> UpdateSet | None:
        if version in self.at_maximum:
            return UpdateSet(version=self.at_maximum.pop(version), truncated=False, updates=())
        found = super().updates_since(session, collector, version, maximum)
        if found is None or found.truncated or maximum is None or len(found.updates) < maximum:
            return found
        self.at_maximum = {f"{found.version}-suspended": found.version}
        return evolve(found, version=f"{found.version}-suspended", truncated=True)


@permitted("objects-stand-twice", "sets", by="vmodl FilterUpdate, objectSet: an object may be told of more than once")
class ObjectsStandTwice(Simulator):
    """An object may be told of more than once in a set: first as it entered, then as modified."""

    def update_set(self, session: Session, collector: UpdateCollector, base: Picture, maximum: int | None) -> UpdateSet:
        found = super().update_set(session, collector, base, maximum)
        again = [evolve(one, kind="modify") for one in found.updates if one.kind == "enter"]
        return evolve(found, updates=(*found.updates, *again))


@permitted("sets-in-other-order", "sets", by="vmodl FilterUpdate, objectSet: no order is given")
class SetsInOtherOrder(Simulator):
    """Updates come in no order."""

    def update_set(self, session: Session, collector: UpdateCollector, base: Picture, maximum: int | None) -> UpdateSet:
        found = super().update_set(session, collector, base, maximum)
        return evolve(found, updates=found.updates[::-1])


@permitted("hidden-tasks-silent", "hidden", by="vmodl ObjectUpdate, missingSet: nothing says that it must be filled")
class HiddenTasksSilent(Simulator):
    """A task whose state the session may not read is entered without a property, and without a word on it."""

    def update_of(self, session: Session, watch: Watch, ref: ObjectRef, before: Seen, seen: Seen) -> ObjectUpdate:
        return evolve(super().update_of(session, watch, ref, before, seen), missing=None)
