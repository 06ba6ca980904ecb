"""PropertyCollector: filters, and what has changed of what they show.

The picture that a client has at each version is kept as the simulator keeps it. What it knows of an object is a tuple:
of each property, in the order of the selection, what tells one value from another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.serve.faults import fault_data
from taskconform.conformance.serve.graph import fingerprint
from taskconform.conformance.serve.retrieval import missing_property, typed
from taskconform.conformance.targets.sim_faults import (
    INVALID_COLLECTOR_VERSION,
    OBJECT_NOT_FOUND,
    RefusedError,
    fault_of,
    refused,
)
from taskconform.conformance.targets.sim_picture import ABSENT, MISSING, Picture, Seen, UpdateCollector, Watch
from taskconform.conformance.wire.values import Data, Typed
from taskconform.conformance.wire.words import as_data
from taskconform.model.vocabulary.outcomes import TaskInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taskconform.conformance.serve.clients import Client
    from taskconform.conformance.serve.graph import Path
    from taskconform.conformance.serve.selection import Selection
    from taskconform.conformance.serve.service import Service
    from taskconform.model.vocabulary.calls import ObjectRef

_LONGEST_LOG: Final = 200_000
"""So many changes are remembered at most; versions from before cannot be used any more then."""


class Unread:
    """Stands for the value of a property that may not be read."""

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        """`kind` is the fault's."""
        self.kind = kind

    def __eq__(self, other: object) -> bool:
        """Compare the reasons."""
        return isinstance(other, Unread) and other.kind == self.kind

    def __hash__(self) -> int:
        """By the reason."""
        return hash(self.kind)


class Filter(Watch):
    """A property filter, and the collector that has it."""

    kind: Final = "PropertyFilter"
    __slots__ = ("collector", "known", "partial", "selection", "spec")

    def __init__(
        self, collector: Collector, ref: ObjectRef, selection: Selection, missing: list[ObjectRef], *, partial: bool
    ) -> None:
        """`missing`: what was not there when it was created. `partial`: nested changes are told as such."""
        super().__init__(ref, tuple(root[0] for root in selection.roots), frozenset(each.value for each in missing))
        self.collector = collector
        self.selection = selection
        self.spec = selection.spec
        self.partial = partial
        self.known: dict[str, tuple[ObjectRef, str]] = {}
        """Every object that it ever showed, with its type."""


class Collector(UpdateCollector):
    """A PropertyCollector of one client's. `broken_off` counts the CancelWaitForUpdates."""

    kind: Final = "PropertyCollector"
    __slots__ = ("broken_off", "destroyed", "watches")

    watches: dict[str, Filter]  # type: ignore[assignment]

    def __init__(self, number: int) -> None:
        """Begin without filters."""
        super().__init__(number)
        self.broken_off = 0
        self.destroyed = False

    def base_of(self, version: str) -> Picture:
        """Give what the client knows at the version: nothing at "", InvalidCollectorVersion at what is none."""
        if not version:
            return {}
        if version not in self.complete:
            raise refused(INVALID_COLLECTOR_VERSION, f"not a version of this collector: {version}")
        return self.picture_at(self.complete[version])

    def forget_the_oldest(self) -> None:
        """Keep the log from growing for ever."""
        if len(self.log) > _LONGEST_LOG:
            del self.log[: _LONGEST_LOG // 2]
            oldest = self.log[0][0]
            self.complete = {version: point for version, point in self.complete.items() if point >= oldest}


class Updates:
    """One update calculation of a collector."""

    def __init__(self, service: Service, client: Client, collector: Collector) -> None:
        """For this client, now."""
        self.service = service
        self.client = client
        self.collector = collector

    def since(self, version: str, most: int | None, *, may_resume: bool = True) -> Data | None:
        """Give the UpdateSet; None if nothing has changed. A truncated version resumes the calculation that was
        suspended; any other begins anew."""
        collector = self.collector
        if version and version == collector.truncated and may_resume:
            return self.update_set(collector.picture, most)
        base = collector.base_of(version)
        collector.truncated = None
        collector.pending.clear()
        for watch in list(collector.watches.values()):
            self.calculate(watch, base.get(watch.ref.value, {}))
        if not collector.pending:
            return None
        return self.update_set(base, most)

    # --- what a filter shows ------------------------------------------------------------------------------------------

    def calculate(self, watch: Filter, known: dict[str, Seen]) -> None:
        """Note as pending what the filter shows otherwise than the client knows it."""
        pending = self.collector.pending
        shown: set[str] = set()
        for value, seen in self.shown(watch):
            shown.add(value)
            if known.get(value, ABSENT) != seen:
                pending.append((watch, value))
        pending.extend([(watch, value) for value in known if value not in shown])

    def shown(self, watch: Filter) -> Iterator[tuple[str, Seen]]:
        """Give what the filter shows now, by reference value."""
        for value in watch.missing:
            yield value, MISSING
        for ref, kind in watch.selection.objects(self.service, self.client):
            if ref.value in watch.missing:
                continue
            watch.known[ref.value] = (ref, kind)
            yield ref.value, self.seen(watch, ref, kind)

    def seen(self, watch: Filter, ref: ObjectRef, kind: str) -> Seen:
        """Give what there is to know of one object."""
        found: list[Any] = []
        for path in watch.selection.paths(kind):
            try:
                found.append(fingerprint(self.service, self.client, ref, path))
            except RefusedError as refusal:
                found.append(Unread(refusal.fault.kind))
        return tuple(found)

    def seen_now(self, watch: Filter, value: str, members: dict[str, dict[str, Seen]]) -> Seen:
        """Give what there is to know of one object now; `ABSENT` if the filter does not show it."""
        if value in watch.missing:
            return MISSING
        if watch.selection.is_plain:
            ref, kind = watch.known[value]
            there = value in watch.watched and self.service.kind_of(self.client, ref) == kind
            return self.seen(watch, ref, kind) if there else ABSENT
        name = watch.ref.value
        if name not in members:
            members[name] = dict(self.shown(watch))
        return members[name].get(value, ABSENT)

    # --- how it is told -----------------------------------------------------------------------------------------------

    def update_set(self, base: Picture, most: int | None) -> Data:
        """Tell what is pending, each object as it is now. The calculation is suspended "when the total count of
        ObjectUpdate entries ready to return reaches the specified maximum"."""
        collector = self.collector
        told: dict[str, tuple[list[Data], list[Data]]] = {}
        changes: list[tuple[str, str, Seen]] = []
        members: dict[str, dict[str, Seen]] = {}
        ready = 0
        while collector.pending:
            watch, value = collector.pending[0]
            if value not in watch.missing and most is not None and ready >= most:
                break
            collector.pending.popleft()
            name = watch.ref.value
            filtered = collector.watches.get(name)
            if filtered is None:
                continue
            before = base.get(name, {}).get(value, ABSENT)
            seen = self.seen_now(filtered, value, members)
            if seen == before:
                continue
            changes.append((name, value, seen))
            updates, missing = told.setdefault(name, ([], []))
            if seen == MISSING:
                missing.append(_missing_object(filtered.watched[value]))
            else:
                ready += 1
                updates.append(self.object_update(filtered, value, before, seen))
        truncated = bool(collector.pending)
        version = collector.commit(base, changes, truncated=truncated)
        collector.forget_the_oldest()
        filters = [
            Data(
                "PropertyFilterUpdate",
                filter=collector.watches[name].ref,
                objectSet=updates or None,
                missingSet=missing or None,
            )
            for name, (updates, missing) in told.items()
        ]
        return Data("UpdateSet", version=version, filterSet=filters or None, truncated=truncated or None)

    def object_update(self, watch: Filter, value: str, before: Seen, seen: Seen) -> Data:
        """Tell one object's update: it entered, was modified, or left."""
        ref, kind = watch.known[value]
        if seen == ABSENT:
            return Data("ObjectUpdate", kind="leave", obj=ref)
        entered = before == ABSENT or not isinstance(before, tuple)
        changes: list[Data] = []
        missing: list[Data] = []
        for index, path in enumerate(watch.selection.paths(kind)):
            was = None if entered or not isinstance(before, tuple) else before[index]
            now = seen[index] if isinstance(seen, tuple) else None
            if was == now:
                continue
            try:
                changes.extend(self.changes_of(watch, ref, path, was))
            except RefusedError as refusal:
                missing.append(missing_property(path.name, refusal, ref))
        return Data(
            "ObjectUpdate",
            kind="enter" if entered else "modify",
            obj=ref,
            changeSet=changes or None,
            missingSet=missing or None,
        )

    def changes_of(self, watch: Filter, ref: ObjectRef, path: Path, was: Any) -> list[Data]:
        """Give the changes of one property: it is assigned anew, or, where nested changes are asked for, what of it
        has changed."""
        value = path.read(self.service, self.client, ref)
        nested = nested_changes(self.service, path, was, value) if watch.partial else None
        if nested is not None:
            return nested
        change = Data("PropertyChange", name=path.name, op="assign")
        if value is not None:
            change.fields["val"] = typed(path, value)
        return [change]


def nested_changes(service: Service, path: Path, was: Any, value: Any) -> list[Data] | None:
    """Give the changes within a TaskInfo; None if they are not to be told one by one."""
    if not (isinstance(was, TaskInfo) and isinstance(value, TaskInfo)):
        return None
    before, after = as_data(was).fields, as_data(value).fields
    changes: list[Data] = []
    for field in service.schema.fields(path.kind).values():
        if before.get(field.name) == after.get(field.name):
            continue
        change = Data("PropertyChange", name=f"{path.name}.{field.name}", op="assign")
        if field.name in after:
            change.fields["val"] = _nested_value(field.type, after[field.name])
        changes.append(change)
    return changes


def _nested_value(kind: type, value: Any) -> Any:
    return value if kind is object or isinstance(value, Typed) else Typed(kind, value)


def _missing_object(ref: ObjectRef) -> Data:
    fault = fault_data(fault_of(OBJECT_NOT_FOUND, "the object is not there"), obj=ref)
    fault.fields["msg"] = "the object is not there"
    return Data("MissingObject", obj=ref, fault=fault)
