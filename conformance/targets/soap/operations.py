"""Operations of a SOAP server: those of its `_Task` methods that do no harm, and where they can be started.

On a server that is thrown away afterwards they are started on what is there, elsewhere only on a folder of our own. An
entity is renamed to the name that it has, a virtual machine is reconfigured to what it is; some servers refuse that, in
a task that ends in error, which is as good."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from taskconform.conformance.targets.soap.wire import WireFault
from taskconform.conformance.wire import answers, body, xml
from taskconform.model.vocabulary.declaration import Entity, Operation
from taskconform.model.vocabulary.faults import ABSENT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from taskconform.conformance.targets.soap.inventory import Content
    from taskconform.conformance.targets.soap.server import Server
    from taskconform.conformance.targets.soap.wire import Session
    from taskconform.model.vocabulary.calls import ObjectRef, StartOperation


class Harmless(NamedTuple):
    """A method that can be started any number of times: the types of its entities, what writes its arguments, given
    the name of the entity, and whether its task can be canceled; `seconds`: about how long it takes. `moves`: it
    changes its entity, so that it is for a server that is thrown away."""

    types: tuple[str, ...]
    write: Callable[[str], str]
    cancelable: bool = False
    seconds: float = 1.0
    moves: bool = False


HARMLESS: Final[Mapping[str, Harmless]] = {
    "Rename_Task": Harmless(("VirtualMachine", "Folder"), lambda name: body.element("newName", name)),
    "ReconfigVM_Task": Harmless(("VirtualMachine",), lambda _: "<spec/>"),
    "EnterMaintenanceMode_Task": Harmless(
        ("HostSystem",), lambda _: body.element("timeout", "0"), cancelable=True, moves=True
    ),
}
"""By name, as it is called."""


def start(server: Server, session: Session, call: StartOperation) -> ObjectRef:
    """Start an operation, and return its Task. Raises WireFault, WireLost, Undecodable."""
    entity = body.concrete(call.entity)
    name = server.read(session, entity, "name", xml.text).value or ""
    request = body.method(str(call.operation), entity, HARMLESS[str(call.operation)].write(name))
    return xml.reference(answers.returned(session.call(request)))


def offered(
    session: Session, places: Mapping[str, Sequence[Entity]], own: Entity | None, *, thrown_away: bool
) -> tuple[Operation, ...]:
    """Return the operations that a server has, tried once each: on its places if it is `thrown_away` afterwards, else
    on our own folder, if there is one. Raises WireLost."""
    found = []
    entities = [one for role in ("vm", "folder", "host") for one in places.get(role, ())] if thrown_away else []
    entities = entities or ([own] if own is not None else [])
    for name, each in HARMLESS.items():
        refs = tuple(dict.fromkeys(one.ref for one in entities if one.ref.type in each.types))
        names = {one.ref: one.name for one in entities}
        if (each.moves and not thrown_away) or not refs or not _has(session, name, refs[0], each.write(names[refs[0]])):
            continue
        found.append(Operation(name=name, entities=refs, cancelable=each.cancelable, seconds=each.seconds))
    return tuple(found)


def _has(session: Session, name: str, entity: ObjectRef, arguments: str) -> bool:
    """Tell whether a server has a method: it does not fault as one that does not. Raises WireLost."""
    try:
        session.call(body.method(name, entity, arguments))
    except WireFault as error:
        return not error.fault.is_a(*ABSENT)
    return True


def own_folder(session: Session, content: Content, places: Mapping[str, Sequence[Entity]], name: str) -> Entity | None:
    """Make a folder of our own, of this name, beside the virtual machines; None where folders cannot be made. Raises
    WireLost."""
    if content.about.api_type != "VirtualCenter":
        return None
    folders = {one.ref for one in places.get("folder", ())}
    parents = [one.parent for one in places.get("vm", ()) if one.parent in folders]
    for parent in (*parents, *(one.ref for one in places.get("root", ()))):
        if parent is None:
            continue
        with suppress(WireFault):
            made = session.call(body.method("CreateFolder", parent, body.element("name", name)))
            return Entity(ref=xml.reference(answers.returned(made)), name=name, parent=parent)
    return None
