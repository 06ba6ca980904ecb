"""Privileges on entities, as AuthorizationManager says them: proof that an account lacks what it is declared to lack,
by a path that is not under test.

What is declared is asked for on every place that the run uses. An account of which it does not hold, or cannot be
asked, is not declared to the run, and the reason is kept for the report.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.soap.wire import WireFault, WireLost
from taskconform.conformance.wire import xml
from taskconform.conformance.wire.body import element, elements, method, reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from xml.etree.ElementTree import Element

    from taskconform.conformance.targets.soap.inventory import Content
    from taskconform.conformance.targets.soap.wire import Session
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.declaration import Entity

VIEW, READ, TASK_CREATE = "System.View", "System.Read", "Task.Create"
LACKS: Final = (
    TASK_CREATE,
    "Task.Update",
    "Global.CancelTask",
    "Extension.Register",
    "Extension.Unregister",
    "Extension.Update",
)
"""The privileges that a restricted user lacks, unless others are named."""
ORDINARY: Final = ("root", "folder", "vm", "host", "compute")
"""Roles of places that anybody may read who may log in and see something."""
NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "restricted": ("hidden", "readable"),
    "delegate": ("granted",),
    "outsider": (),
}
"""By account: the places without which it is of no use."""

Held = dict[tuple[str, str], bool]
"""By reference value and privilege: whether it is granted there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whom to ask about: a user's name as the server spells it, and the key of a session of his."""

    user_name: str
    session_key: str


def lacks_of(account: str, restricted: Sequence[str]) -> tuple[str, ...]:
    """The privileges that an account is declared to lack, given those of the restricted one. A delegate holds
    Task.Create somewhere, so it does not lack it everywhere."""
    if account == "outsider":
        return (VIEW, READ, *restricted)
    return tuple(each for each in restricted if account != "delegate" or each != TASK_CREATE)


def disproof(
    session: Session,
    content: Content,
    account: str,
    asked: Asked,
    lacks: Sequence[str],
    places: Mapping[str, Sequence[Entity]],
) -> str:
    """Return why an account is not shown to be what it is declared to be; "" if it is. `session` is a full
    user's."""
    for role in NEEDS[account]:
        if not places.get(role):
            return f"no place is named for it (--set {role}=NAME)"
    managed = [entity for role, entities in places.items() if role not in {"manager", "nowhere"} for entity in entities]
    refs = list(dict.fromkeys(entity.ref for entity in managed))
    privileges = tuple(dict.fromkeys((VIEW, READ, TASK_CREATE, *lacks)))
    try:
        held = _held(session, content, asked, refs, privileges)
    except (WireFault, WireLost, xml.Undecodable) as problem:
        kind = problem.fault.kind if isinstance(problem, WireFault) else str(problem)
        return f"what it lacks cannot be proven: AuthorizationManager does not say what it holds ({kind})"
    for entity, privilege, wanted in _declared(account, lacks, places):
        if held.get((entity.ref.value, privilege)) is not wanted:
            word = "lacks" if wanted else "holds"
            return f"AuthorizationManager says that {asked.user_name} {word} {privilege} on {entity.name}"
    return ""


def _declared(
    account: str, lacks: Sequence[str], places: Mapping[str, Sequence[Entity]]
) -> Iterator[tuple[Entity, str, bool]]:
    """Every place, a privilege, and whether the account is declared to hold it there."""
    special = {entity.ref for role in ("hidden", "ancestor") for entity in places.get(role, ())}
    for role, entities in places.items():
        for entity in entities:
            if role in {"manager", "nowhere"}:
                continue
            yield from ((entity, privilege, False) for privilege in lacks if account != "outsider")
            if account == "outsider":
                if role == "root":
                    yield from ((entity, privilege, False) for privilege in lacks)
            elif role in {"hidden", "ancestor"}:
                yield entity, READ, False
            elif role == "readable" or (role in ORDINARY and entity.ref not in special):
                yield entity, READ, True
                if role in ORDINARY:
                    yield entity, VIEW, True
            if account == "delegate":
                yield entity, TASK_CREATE, entity.ref in {each.ref for each in places["granted"]}


# --- asking -----------------------------------------------------------------------------------------------------------


def _held(
    session: Session, content: Content, asked: Asked, refs: Sequence[ObjectRef], privileges: Sequence[str]
) -> Held:
    """Return the privileges that the user holds, by the newest method that the server has. Raises WireFault, WireLost,
    Undecodable."""
    manager = content.manager("authorizationManager")
    wanted = elements("privId", privileges)
    by_user = method(
        "HasUserPrivilegeOnEntities",
        manager,
        "".join(reference("entities", ref) for ref in refs),
        element("userName", asked.user_name),
        wanted,
    )
    by_session = method(
        "HasPrivilegeOnEntities",
        manager,
        "".join(reference("entity", ref) for ref in refs),
        element("sessionId", asked.session_key),
        wanted,
    )
    for body in (by_user, by_session):
        try:
            return _availability(session.call(body))
        except WireFault:
            continue  # a method of a later version: the next one is older
    return {
        (ref.value, privilege): granted
        for ref in refs
        for privilege, granted in zip(privileges, _one_by_one(session, manager, asked, ref, wanted), strict=True)
    }


def _one_by_one(session: Session, manager: ObjectRef, asked: Asked, ref: ObjectRef, wanted: str) -> Iterable[bool]:
    """HasPrivilegeOnEntity, which every version has."""
    key = element("sessionId", asked.session_key)
    body = method("HasPrivilegeOnEntity", manager, reference("entity", ref), key, wanted)
    return [xml.text(each) == "true" for each in xml.children(session.call(body), "returnval")]


def _availability(response: Element) -> Held:
    """An array of EntityPrivilege."""
    held: Held = {}
    for each in xml.children(response, "returnval"):
        ref = xml.reference(xml.required(each, "entity"))
        for one in xml.children(each, "privAvailability"):
            privilege = xml.text_of(one, "privId") or ""
            held[ref.value, privilege] = xml.text_of(one, "isGranted") in {"true", "1"}
    return held
