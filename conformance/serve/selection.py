"""PropertyFilterSpec: which properties of which objects, checked against the schema and followed over the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.serve.faults import other_fault
from taskconform.conformance.serve.graph import READERS, Path
from taskconform.conformance.wire import schema
from taskconform.model.spec.faults import FaultRaised, fault, fault_if
from taskconform.model.vocabulary.calls import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from taskconform.conformance.serve.clients import Client
    from taskconform.conformance.serve.service import Service
    from taskconform.conformance.wire.schema import Schema
    from taskconform.conformance.wire.values import Data

_MOST_STEPS: Final = 100_000
"""So many objects are visited in following one selection at most: a selection may lead in circles."""


class Step:
    """A TraversalSpec: a property of objects of a type, that leads to others. `selects`: what to follow from there, by
    itself or by name."""

    __slots__ = ("name", "path", "selects", "skip", "type")

    def __init__(self, version: Schema, spec: Data) -> None:
        """Raises FaultRaised where the type or its property does not exist."""
        self.name = str(spec.get("name", ""))
        self.type = checked_type(version, spec.get("type"))
        self.path = Path(version, self.type, spec.get("path"))
        self.skip = bool(spec.get("skip"))
        self.selects: list[Step | str] = steps_of(version, spec.get("selectSet", ()))


def steps_of(version: Schema, specs: Iterable[Data]) -> list[Step | str]:
    """Give the steps of a selectSet; a plain SelectionSpec is the name of another one."""
    return [Step(version, each) if each.type == "TraversalSpec" else str(each.get("name", "")) for each in specs]


def checked_type(version: Schema, name: str) -> str:
    """Give the name of a managed object type. Raises OtherFault (InvalidType) if there is none."""
    kind = schema.named_type(name)
    if kind is None or not issubclass(kind, schema.ManagedObject) or not version.has_type(kind):
        other_fault("InvalidType", f"there is no managed object type {name}")
    return "ManagedObject" if kind is schema.ManagedObject else name


class Selection:
    """A PropertyFilterSpec, ready to be followed."""

    def __init__(self, version: Schema, spec: Data) -> None:
        """Raises FaultRaised: InvalidArgument if it is empty, InvalidType, InvalidProperty."""
        self.version = version
        self.spec = spec
        self.reports_missing = bool(spec.get("reportMissingObjectsInResults"))
        self.properties = [_Properties(version, each) for each in spec.get("propSet", ())]
        self.roots: list[tuple[ObjectRef, bool, list[Step | str]]] = [
            (each.get("obj"), bool(each.get("skip")), steps_of(version, each.get("selectSet", ())))
            for each in spec.get("objectSet", ())
        ]
        fault_if(not self.properties or not self.roots, "InvalidArgument", "the specification is empty")
        self.named: dict[str, Step] = {}
        for _, __, steps in self.roots:
            self._name(steps)
        self._check_names()
        self._paths: dict[str, tuple[Path, ...]] = {}
        self.is_plain = all(not steps and not skip for _, skip, steps in self.roots)

    def _name(self, steps: Iterable[Step | str]) -> None:
        for step in steps:
            if isinstance(step, Step):
                if step.name:
                    self.named[step.name] = step
                self._name(step.selects)

    def _check_names(self) -> None:
        """InvalidArgument for a selection that refers to one that is not there."""
        pending: list[Iterable[Step | str]] = [steps for _, __, steps in self.roots]
        while pending:
            for step in pending.pop():
                if isinstance(step, Step):
                    pending.append(step.selects)
                elif step not in self.named:
                    fault("InvalidArgument", f"no selection is named {step}")

    def paths(self, kind: str) -> tuple[Path, ...]:
        """Give the properties of objects of this type that are selected, each once. Empty if the type is not in it."""
        found = self._paths.get(kind)
        if found is None:
            above = schema.names_above(kind)
            by_name = {
                name: None
                for one in self.properties
                if one.type == "ManagedObject" or one.type in above
                for name in one.names(self.version, kind)
            }
            found = self._paths[kind] = tuple(Path(self.version, kind, name) for name in by_name)
        return found

    def missing(self, service: Service, client: Client) -> list[ObjectRef]:
        """Give the objects named in it that are not there; ManagedObjectNotFound unless they are to be reported."""
        absent = [ref for ref, _, __ in self.roots if not _is_there(service, client, ref)]
        if absent and not self.reports_missing:
            message = f"the object {absent[0].type}:{absent[0].value} is not there"
            other_fault("ManagedObjectNotFound", message, obj=absent[0])
        return absent

    def objects(self, service: Service, client: Client, only: str | None = None) -> Iterator[tuple[ObjectRef, str]]:
        """Yield the objects selected and their types, each once, as they are found. `only`: those that this root leads
        to, given by its reference value."""
        seen: set[str] = set()
        for ref, skip, steps in self.roots:
            kind = service.kind_of(client, ref) if only in {None, ref.value} else None
            if kind is None:
                continue
            if not skip and ref.value not in seen and self.includes(kind):
                seen.add(ref.value)
                yield (ref if ref.type == kind else ObjectRef(type=kind, value=ref.value)), kind
            if steps:
                yield from self._follow(service, client, [(ref, kind, steps)], seen)

    def _follow(
        self,
        service: Service,
        client: Client,
        pending: list[tuple[ObjectRef, str, list[Step | str]]],
        seen: set[str],
    ) -> Iterator[tuple[ObjectRef, str]]:
        visited: set[tuple[str, int]] = set()
        while pending:
            ref, kind, steps = pending.pop(0)
            for one in steps:
                step = one if isinstance(one, Step) else self.named[one]
                if (ref.value, id(step)) in visited or len(visited) > _MOST_STEPS:
                    continue
                visited.add((ref.value, id(step)))
                for other in _led_to(service, client, ref, kind, step):
                    other_kind = service.kind_of(client, other)
                    if other_kind is None:
                        continue
                    if not step.skip and other.value not in seen and self.includes(other_kind):
                        seen.add(other.value)
                        yield other, other_kind
                    if step.selects:
                        pending.append((other, other_kind, step.selects))

    def includes(self, kind: str) -> bool:
        """Tell whether the propSet names objects of this type at all."""
        above = schema.names_above(kind)
        return any(one.type == "ManagedObject" or one.type in above for one in self.properties)


class _Properties:
    """A PropertySpec."""

    def __init__(self, version: Schema, spec: Data) -> None:
        self.type = checked_type(version, spec.get("type"))
        self.all = bool(spec.get("all"))
        self.paths = tuple(spec.get("pathSet", ()))
        for path in self.paths:
            Path(version, self.type, path)

    def names(self, version: Schema, kind: str) -> Iterable[str]:
        """Give the paths for objects of a type: all that can be read of it, or those named."""
        if not self.all:
            return self.paths
        declared = schema.named_type(kind)
        known = version.fields(declared) if declared is not None else {}
        return [name for name in known if name in READERS.get(kind, {})]


def _is_there(service: Service, client: Client, ref: ObjectRef) -> bool:
    kind = service.kind_of(client, ref)
    return kind is not None and (kind == ref.type or ref.type in schema.names_above(kind))


def _led_to(service: Service, client: Client, ref: ObjectRef, kind: str, step: Step) -> list[ObjectRef]:
    """Give the objects that a step leads to; none from an object of another type, or what may not be read."""
    if step.type not in schema.names_above(kind) and step.type != "ManagedObject":
        return []
    path = step.path
    reader = READERS.get(kind, {}).get(path.first)
    if reader is None:
        return []
    if path.reader is None:
        path = Path(service.schema, kind, path.name)
    try:
        value: Any = path.read(service, client, ref)
    except FaultRaised:
        return []
    if isinstance(value, ObjectRef):
        return [value]
    return [each for each in value or () if isinstance(each, ObjectRef)]
