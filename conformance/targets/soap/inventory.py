"""The server's description of itself: ServiceContent, AboutInfo, and the places of its inventory."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol, TypeVar
from urllib.parse import unquote

from taskconform.conformance.targets.protocol import TargetMisnamed
from taskconform.conformance.targets.soap.wire import WireFault
from taskconform.conformance.wire import answers, body, xml
from taskconform.conformance.wire.body import SERVICE_INSTANCE
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.declaration import About, Entity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from xml.etree.ElementTree import Element

    from taskconform.conformance.targets.soap.wire import Session

T = TypeVar("T")
APART: Final = ("hidden", "ancestor")
"""Roles whose places, and what is below, are used as nothing else, unless it is named."""
NOWHERE: Final = Entity(ref=ObjectRef(type="VirtualMachine", value="vm-987654321"), name="nowhere")
"""A machine that never existed. Real identifiers are counted from 1, so that this one is out of reach."""
MOST_PAGES: Final = 10_000
"""Pages of one answer, after which it is taken to have no end."""
LONGEST: Final = 300.0
"""Seconds after which the same holds."""
_PLACES_A_ROLE: Final = 8
_ROLES: Final = {
    "Folder": "folder",
    "Datacenter": "folder",
    "VirtualMachine": "vm",
    "HostSystem": "host",
    "ComputeResource": "compute",
    "ClusterComputeResource": "compute",
    "ResourcePool": "compute",
}
_MANAGERS: Final = {
    "eventManager": ("events", "task-events"),
    "scheduledTaskManager": ("schedules",),
    "alarmManager": ("alarms",),
}
"""Managers that not every server has, and the capabilities that come with them."""
_DOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "Folder": ("childEntity",),
    "Datacenter": ("vmFolder", "hostFolder"),
    "ComputeResource": ("host", "resourcePool"),
    "ClusterComputeResource": ("host", "resourcePool"),
}
"""The properties that lead from an entity to those below it."""
_MOST_WALKED: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """ServiceContent: AboutInfo, and the managers by the name of their field."""

    about: About
    managers: dict[str, ObjectRef]

    def manager(self, name: str) -> ObjectRef:
        """The manager of that field; where the server has none, the one that vCenter would have, so that the call goes
        out and the server says what it thinks of it."""
        return self.managers.get(name) or ObjectRef(type=name[0].upper() + name[1:], value=name[0].upper() + name[1:])


def about_of(content: Element) -> About:
    """Read AboutInfo out of a ServiceContent. Raises Undecodable."""
    about = xml.required(content, "about")

    def of(name: str) -> str:
        return xml.text_of(about, name) or ""

    return About(
        name=of("name"),
        full_name=of("fullName"),
        vendor=of("vendor"),
        version=of("version"),
        build=of("build"),
        api_type=of("apiType"),
        api_version=of("apiVersion"),
        product_line_id=of("productLineId"),
        os_type=of("osType"),
    )


def read_content(session: Session) -> Content:
    """Call RetrieveServiceContent."""
    content = answers.returned(session.call(body.method("RetrieveServiceContent", SERVICE_INSTANCE)))
    return Content(
        about=about_of(content),
        managers={xml.local(each.tag): xml.reference(each) for each in content if each.get("type") is not None},
    )


def read_objects(session: Session, collector: ObjectRef, request: str) -> list[Element]:
    """Return the ObjectContents of a RetrievePropertiesEx, all pages of it. Raises Undecodable if they have no end."""
    response = session.call(request)
    found: list[Element] = []
    until = time.monotonic() + LONGEST
    for _ in range(MOST_PAGES):
        result = xml.child(response, "returnval")
        if result is None:
            return found
        found.extend(xml.children(result, "objects"))
        token = xml.text_of(result, "token")
        if token is None:
            return found
        if time.monotonic() > until:
            break
        response = session.call(body.retrieve_more(collector, token))
    message = "RetrievePropertiesEx gives one page after another, without end"
    raise xml.Undecodable(message)


def capabilities(content: Content) -> set[str]:
    """Return the capabilities that follow from the managers that the server has."""
    found = {name for manager, names in _MANAGERS.items() if manager in content.managers for name in names}
    return found | ({"inventory"} if content.about.api_type == "VirtualCenter" else set())


def read_locales(session: Session, content: Content) -> tuple[str, ...]:
    """Return the locales that a session can ask for, if there is a choice, and the server tells."""
    manager = content.manager("sessionManager")
    told = _of_each(
        session, content, manager.type, "supportedLocaleList", [manager], lambda value: tuple(map(xml.text, value))
    )
    locales = next(iter(told.values()), ())
    return locales if len(locales) > 1 else ()


def read_places(
    session: Session, content: Content, special: Mapping[str, Sequence[str]] = MappingProxyType({})
) -> dict[str, tuple[Entity, ...]]:
    """The places, by role, a few of each. In the order of type and name, because a server's own order may be none.
    `special`: roles that go with accounts, and the names or reference values of their places; what is hidden, or an
    ancestor only, and whatever is below, is used as nothing else. `other`: whatever else is on their way up to the root
    folder. Raises TargetMisnamed for a place that is not there, or that several are called."""
    root = content.manager("rootFolder")
    try:
        found = _shown(session, content)
    except WireFault:
        found = walked(root, partial(_of_each, session, content))
    named = {role: [_called(name, found, role) for name in names] for role, names in special.items()}
    apart = _below([entity for role in APART for entity in named.get(role, ())], found)
    places: dict[str, list[Entity]] = {"root": [], "folder": [], "vm": [], "host": [], "compute": []}
    for entity in sorted(found, key=lambda entity: (entity.ref.type, entity.name, entity.ref.value)):
        if entity.ref in apart:
            continue
        role = "root" if entity.ref == root else _ROLES.get(entity.ref.type)
        if role is not None and len(places[role]) < _PLACES_A_ROLE:
            places[role].append(entity)
    if not places["root"]:
        places["root"].append(Entity(ref=root, name=root.value))
    places |= named
    places["other"] = _between([entity for entities in places.values() for entity in entities], found)
    manager = content.manager("taskManager")
    return {role: tuple(entities) for role, entities in places.items()} | {
        "manager": (Entity(ref=manager, name=manager.value),),
        "nowhere": (NOWHERE,),
    }


def _shown(session: Session, content: Content) -> list[Entity]:
    """Return the root folder, and all that a container view shows. Raises WireFault where the server makes none."""
    collector, root = content.manager("propertyCollector"), content.manager("rootFolder")
    request = body.method(
        "CreateContainerView",
        content.manager("viewManager"),
        body.reference("container", root),
        body.elements("type", _ROLES),
        body.boolean("recursive", value=True),
    )
    view = xml.reference(answers.returned(session.call(request)))
    found = [_entity(each) for each in read_objects(session, collector, body.inventory(collector, view, root))]
    session.call(body.method("DestroyView", view))
    return found


class Reader(Protocol):
    """Reads a property of objects of one type: of those of which the server gives it."""

    def __call__(
        self, kind: str, path: str, refs: Sequence[ObjectRef], decode: Callable[[Element], T], /
    ) -> Mapping[ObjectRef, T]:
        """Return the property, by object."""


def walked(root: ObjectRef, read: Reader) -> list[Entity]:
    """Return the root folder, and what is found below it, property by property, as far as the server says: for one that
    makes no container views. At most so many entities as `_MOST_WALKED`."""
    level: dict[ObjectRef, ObjectRef | None] = {root: None}
    found: dict[ObjectRef, Entity] = {}
    while level and len(found) < _MOST_WALKED:
        below: dict[ObjectRef, ObjectRef | None] = {}
        for kind in dict.fromkeys(ref.type for ref in level):
            refs = [ref for ref in level if ref.type == kind][:_MOST_WALKED]
            names = read(kind, "name", refs, xml.text)
            found |= {ref: Entity(ref=ref, name=names.get(ref, ""), parent=level[ref]) for ref in refs}
            for path in _DOWN.get(kind, ()):
                for above, refs_below in read(kind, path, refs, _references).items():
                    below |= dict.fromkeys(refs_below, above)
        level = {ref: above for ref, above in below.items() if ref not in found and ref.type in _ROLES}
    return list(found.values())


def _of_each(
    session: Session, content: Content, kind: str, path: str, refs: Sequence[ObjectRef], decode: Callable[[Element], T]
) -> dict[ObjectRef, T]:
    """Read one property of objects of one type; of none, if the server faults."""
    collector = content.manager("propertyCollector")
    request = body.retrieve(collector, body.property_filter(kind, path, refs))
    found = {}
    with suppress(WireFault):
        for each in read_objects(session, collector, request):
            value = answers.property_of(each, path, decode).value
            if value is not None:
                found[xml.reference(xml.required(each, "obj"))] = value
    return found


def _references(value: Element) -> tuple[ObjectRef, ...]:
    """Read a reference, or an array of them."""
    return (xml.reference(value),) if value.get("type") is not None else xml.references(value)


def _called(name: str, found: list[Entity], role: str) -> Entity:
    """Return the entity of that name, or reference value. Raises TargetMisnamed."""
    entities = [entity for entity in found if entity.ref.value == name] or [
        entity for entity in found if unquote(entity.name) == name
    ]
    if len(entities) == 1:
        return entities[0]
    many = "several are called so: give the value of a reference" if entities else "there is no such entity"
    message = f"{role}={name}: {many}"
    raise TargetMisnamed(message)


def _below(above: list[Entity], found: list[Entity]) -> set[ObjectRef]:
    """Return these entities, and all that are below one of them."""
    inside = {entity.ref for entity in above}
    grown = True
    while grown:
        more = {entity.ref for entity in found if entity.parent in inside} - inside
        grown = bool(more)
        inside |= more
    return inside


def _between(chosen: list[Entity], found: list[Entity]) -> list[Entity]:
    """Return the entities between the chosen ones and the root folder that were not chosen themselves."""
    by_ref = {entity.ref: entity for entity in found}
    seen = {entity.ref for entity in chosen}
    between: list[Entity] = []
    for entity in chosen:
        parent = entity.parent
        while parent is not None and parent not in seen and parent in by_ref:
            seen.add(parent)
            between.append(by_ref[parent])
            parent = by_ref[parent].parent
    return between


def _entity(content: Element) -> Entity:
    return Entity(
        ref=xml.reference(xml.required(content, "obj")),
        name=answers.property_of(content, "name", xml.text).value or "",
        parent=answers.property_of(content, "parent", xml.reference).value,
    )
