"""PropertyCollector: filters over any selection of objects, and what has changed of what they show.

Collectors, filters and versions are the specification's (`model.spec.watch`). Only what a filter shows is general here:
of an object that is there it is a tuple of the object's type and, for each property in the order of the selection, what
tells one value from another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from taskconform.conformance.serve.faults import fault_data
from taskconform.conformance.serve.graph import fingerprint
from taskconform.conformance.serve.retrieval import missing_property, typed
from taskconform.conformance.serve.selection import Selection  # noqa: TC001  # a field's type
from taskconform.conformance.wire.values import Data, Typed
from taskconform.conformance.wire.words import as_data
from taskconform.model.spec import watch
from taskconform.model.spec.faults import FaultRaised
from taskconform.model.spec.state import ABSENT, MISSING, PropertyFilter
from taskconform.model.vocabulary.outcomes import TaskInfo
from taskconform.model.vocabulary.words import Word, evolve

if TYPE_CHECKING:
    from taskconform.conformance.serve.clients import Client
    from taskconform.conformance.serve.graph import Path
    from taskconform.conformance.serve.service import Service
    from taskconform.model.spec.state import Picture, PropertyCollector, Seen
    from taskconform.model.vocabulary.calls import ObjectRef

    Pending = tuple[tuple[str, ObjectRef], ...]

_MOST_VERSIONS: Final = 10_000
"""So many versions of a collector are remembered at most; those from before cannot be used any more."""


class Unread(Word, frozen=True):
    """Stands for the value of a property that may not be read: `fault` says why, by its name."""

    fault: str


class Filter(PropertyFilter, frozen=True, kw_only=True):
    """A property filter over any selection. `partial`: nested changes are told as such."""

    selection: Selection
    partial: bool


class Updates:
    """One update calculation of a collector."""

    def __init__(self, service: Service, client: Client, this: ObjectRef, collector: PropertyCollector) -> None:
        """For this client, now."""
        self.service = service
        self.client = client
        self.this = this
        self.collector = collector
        self.filters = {one.ref.value: cast("Filter", one) for one in collector.filters}
        self.shown: dict[str, dict[ObjectRef, Seen]] = {}
        """By filter: what it shows, as far as that was looked at."""

    def since(self, version: str, most: int | None, *, may_resume: bool = True) -> Data | None:
        """Return the UpdateSet; None if nothing has changed. A truncated version resumes the calculation that was
        suspended; any other begins anew."""
        if version and version == self.collector.truncated and may_resume:
            return self.update_set(self.collector.known, self.collector.pending, most)
        known = watch.known_at(self.collector, version)
        for gone in [key for key in known if key[0] not in self.filters]:
            known = known.delete(gone)
        pending = self.changes(known)
        return self.update_set(known, pending, most) if pending else None

    # --- what a filter shows ------------------------------------------------------------------------------------------

    def changes(self, known: Picture) -> Pending:
        """Name what the filters show otherwise than the client knows it: what is there, then what has left."""
        found: list[tuple[str, ObjectRef]] = []
        for name, one in self.filters.items():
            shown = self.shown[name] = self.look_at(one)
            found += [(name, ref) for ref, seen in shown.items() if known.get((name, ref), ABSENT) != seen]
        left = [key for key in known if key[1] not in self.shown[key[0]]]
        return (*found, *sorted(left, key=lambda key: (key[0], key[1].value)))

    def look_at(self, one: Filter, only: str | None = None) -> dict[ObjectRef, Seen]:
        """Return what the filter shows now; or what this root of it leads to."""
        found: dict[ObjectRef, Seen] = dict.fromkeys(one.missing, MISSING)
        for ref, kind in one.selection.objects(self.service, self.client, only):
            if ref not in found:
                found[ref] = (kind, *[self.seen(ref, path) for path in one.selection.paths(kind)])
        return found

    def seen(self, ref: ObjectRef, path: Path) -> Any:
        """Return what tells one value of a property from another."""
        try:
            return fingerprint(self.service, self.client, ref, path)
        except FaultRaised as raised:
            return Unread(raised.name)

    def seen_now(self, one: Filter, ref: ObjectRef) -> Seen:
        """Return what the filter shows of one object now; `ABSENT` if it does not."""
        name = one.ref.value
        if name not in self.shown:
            if one.selection.is_plain:
                return self.look_at(one, ref.value).get(ref, ABSENT)
            self.shown[name] = self.look_at(one)
        return self.shown[name].get(ref, ABSENT)

    # --- how it is told -----------------------------------------------------------------------------------------------

    def update_set(self, known: Picture, pending: Pending, most: int | None) -> Data:
        """Tell what is pending, each object as it is now. The calculation is suspended "when the total count of
        ObjectUpdate entries ready to return reaches the specified maximum"."""
        told: dict[str, tuple[list[Data], list[Data]]] = {}
        ready = done = 0
        for name, ref in pending:
            one = self.filters.get(name)
            if most is not None and ready >= most and (one is None or ref not in one.missing):
                break
            done += 1
            before = known.get((name, ref), ABSENT)
            now = before if one is None else self.seen_now(one, ref)
            if one is None or now == before:
                continue
            known = known.delete((name, ref)) if now == ABSENT else known.set((name, ref), now)
            updates, missing = told.setdefault(name, ([], []))
            if now == MISSING:
                missing.append(_missing_object(ref))
            else:
                ready += 1
                updates.append(self.object_update(one, ref, before, now))
        version = self.give_out(known, pending[done:])
        filters = [
            Data("PropertyFilterUpdate", filter=self.filters[name].ref, objectSet=one or None, missingSet=two or None)
            for name, (one, two) in told.items()
        ]
        return Data("UpdateSet", version=version, filterSet=filters or None, truncated=done < len(pending) or None)

    def give_out(self, known: Picture, pending: Pending) -> str:
        """Give out a version for what the client knows now."""
        collector, version = self.service.modules.watch.given_out(self.collector, known, pending)
        oldest = f"{collector.number}.{collector.given - _MOST_VERSIONS}"
        if oldest in collector.versions:
            collector = evolve(collector, versions=collector.versions.delete(oldest))
        session = self.service.session(self.client)
        self.service.state = watch.with_collector(self.service.state, session, self.this.value, collector)
        return str(version)

    def object_update(self, one: Filter, ref: ObjectRef, before: Seen, now: Seen) -> Data:
        """Tell one object's update: it entered, was modified, or left."""
        was = before if isinstance(before, tuple) else ()
        values = now if isinstance(now, tuple) else ()
        if not values:
            return Data("ObjectUpdate", kind="leave", obj=ref)
        changes: list[Data] = []
        missing: list[Data] = []
        for index, path in enumerate(one.selection.paths(ref.type), 1):
            old = was[index] if was else None
            if old == values[index]:
                continue
            try:
                changes.extend(self.changes_of(one, ref, path, old))
            except FaultRaised as raised:
                missing.append(missing_property(path.name, raised, ref))
        word = "modify" if was else "enter"
        return Data("ObjectUpdate", kind=word, obj=ref, changeSet=changes or None, missingSet=missing or None)

    def changes_of(self, one: Filter, ref: ObjectRef, path: Path, was: Any) -> list[Data]:
        """Return the changes of one property: it is assigned anew, or, where nested changes are asked for, what of it
        has changed."""
        value = path.read(self.service, self.client, ref)
        nested = nested_changes(self.service, path, was, value) if one.partial else None
        if nested is not None:
            return nested
        return [_assigned(path.name, None if value is None else typed(path, value))]


def _assigned(name: str, value: Any) -> Data:
    return Data("PropertyChange", name=name, op="assign", val=value)


def nested_changes(service: Service, path: Path, was: Any, value: Any) -> list[Data] | None:
    """Return the changes within a TaskInfo; None if they are not to be told one by one."""
    if not (isinstance(was, TaskInfo) and isinstance(value, TaskInfo)):
        return None
    before, after = as_data(was).fields, as_data(value).fields
    return [
        _assigned(
            f"{path.name}.{each.name}", _nested_value(each.type, after[each.name]) if each.name in after else None
        )
        for each in service.schema.fields(path.kind).values()
        if before.get(each.name) != after.get(each.name)
    ]


def _nested_value(kind: type, value: Any) -> Any:
    return value if value is None or kind is object or isinstance(value, Typed) else Typed(kind, value)


def _missing_object(ref: ObjectRef) -> Data:
    message = "the object is not there"
    return Data("MissingObject", obj=ref, fault=fault_data("ManagedObjectNotFound", message, obj=ref, msg=message))
