"""AuthorizationManager: the roles, who has which where, and what that allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.targets.builtin import inventory as inv
from taskconform.conformance.wire.values import Data
from taskconform.model.spec import access, inventory
from taskconform.model.spec.faults import fault, fault_if

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from taskconform.conformance.serve.clients import Client
    from taskconform.conformance.serve.service import Service
    from taskconform.model.vocabulary.calls import ObjectRef


_ALL: Final = tuple(sorted(inv.ADMINISTRATOR))
_ROLES: Final[tuple[tuple[int, str, str, frozenset[str]], ...]] = (
    (-1, "Admin", "Administrator", inv.ADMINISTRATOR),
    (-2, "ReadOnly", "Read-only", inv.READ_ONLY),
    (-4, "Anonymous", "Anonymous", inv.LOGIN_ONLY),
    (-5, "NoAccess", "No access", inv.NO_ACCESS),
    (11, "TaskCreator", "Task creator", inv.TASK_CREATOR),
)
"""Id, name, label and privileges of every role that is given to anybody."""


def privilege_list(service: Service, client: Client, _: ObjectRef) -> list[Data]:
    """AuthorizationManager.privilegeList."""
    service.require(client)
    return [
        Data(
            "AuthorizationPrivilege",
            privId=privilege,
            onParent=False,
            name=privilege.rpartition(".")[2],
            privGroupName=privilege.rpartition(".")[0],
        )
        for privilege in _ALL
    ]


def role_list(service: Service, client: Client, _: ObjectRef) -> list[Data]:
    """AuthorizationManager.roleList."""
    service.require(client)
    return [
        Data(
            "AuthorizationRole",
            roleId=number,
            system=number < 0,
            name=name,
            info=Data("Description", label=label, summary=label),
            privilege=sorted(privileges),
        )
        for number, name, label, privileges in _ROLES
    ]


def _role_of(privileges: frozenset[str]) -> int:
    return next(number for number, _, __, held in _ROLES if held == privileges)


def _held(service: Service, account: str) -> Mapping[str, frozenset[str]]:
    """Return the privileges of an account, by managed entity."""
    return service.state.privileges[account]


def effective_role(service: Service, client: Client, ref: ObjectRef) -> list[int]:
    """ManagedEntity.effectiveRole: the role of the session's user on the entity."""
    return [_role_of(_held(service, service.session(client).account).get(ref.value, inv.NO_ACCESS))]


def _permission(account: str, entity: ObjectRef, privileges: frozenset[str]) -> Data:
    return Data(
        "Permission",
        entity=entity,
        principal=inv.USER_NAMES[account],
        group=False,
        roleId=_role_of(privileges),
        propagate=True,
    )


def permissions_on(service: Service, _: Client, ref: ObjectRef) -> list[Data]:
    """ManagedEntity.permission: those defined on the very entity."""
    return [
        _permission(account, ref, granted[ref.value])
        for account, granted in inv.PERMISSIONS.items()
        if ref.value in granted and ref.value in service.state.entities
    ]


def _entity_permissions(service: Service, client: Client, _: ObjectRef, args: dict[str, Any]) -> list[Data]:
    service.require(client)
    entity = inventory.find_entity(service.state, args["entity"])
    _readable(service, client, [entity.ref])
    found = permissions_on(service, client, entity.ref)
    if args["inherited"]:
        for value in service.state.ancestors[entity.ref.value]:
            found += permissions_on(service, client, service.state.entities[value].ref)
    return found


def _all_permissions(service: Service, client: Client, _: ObjectRef, __: dict[str, Any]) -> list[Data]:
    service.require(client)
    entities = service.state.entities
    return [
        _permission(account, entities[value].ref, privileges)
        for account, granted in inv.PERMISSIONS.items()
        for value, privileges in granted.items()
        if value in entities
    ]


def _role_permissions(service: Service, client: Client, this: ObjectRef, args: dict[str, Any]) -> list[Data]:
    known = {number for number, _, __, ___ in _ROLES}
    fault_if(args["roleId"] not in known, "NotFound", f"no role {args['roleId']}")
    return [each for each in _all_permissions(service, client, this, args) if each.get("roleId") == args["roleId"]]


def _privileges_on(service: Service, granted: Mapping[str, frozenset[str]], entity: ObjectRef) -> frozenset[str]:
    """Give what is granted on an entity; on any other object, what is granted on the root folder."""
    return granted.get(entity.value if entity.value in service.state.entities else inv.ROOT, inv.NO_ACCESS)


def _readable(
    service: Service, client: Client, entities: Iterable[ObjectRef], privilege: str = access.SYSTEM_READ
) -> None:
    """Ask for a privilege on each managed entity."""
    for entity in entities:
        held = entity.value not in service.state.entities or service.holds(client, privilege, entity.value)
        fault_if(not held, "NoPermission", f"{privilege} is required on the entity")


def _checked(service: Service, client: Client, entities: Iterable[ObjectRef]) -> None:
    """Look the objects up."""
    for entity in entities:
        fault_if(service.kind_of(client, entity) is None, "ManagedObjectNotFound", f"no such object: {entity.value}")


def _session_privileges(service: Service, session_key: str) -> Mapping[str, frozenset[str]]:
    account = next((each.account for each in service.clients if each.key == session_key), None)
    if account is None:
        fault("NotFound", "no such session")
    return _held(service, account)


def _account_of(user_name: str) -> str | None:
    return next((name for name, user in inv.USER_NAMES.items() if user.lower() == user_name.lower()), None)


def _has_on_entity(service: Service, client: Client, _: ObjectRef, args: dict[str, Any]) -> list[bool]:
    service.require(client)
    _checked(service, client, [args["entity"]])
    _readable(service, client, [args["entity"]])
    held = _privileges_on(service, _session_privileges(service, args["sessionId"]), args["entity"])
    return [privilege in held for privilege in args.get("privId", ())]


def _availability(entity: ObjectRef, held: frozenset[str], wanted: Iterable[str]) -> Data:
    return Data(
        "EntityPrivilege",
        entity=entity,
        privAvailability=[Data("PrivilegeAvailability", privId=each, isGranted=each in held) for each in wanted],
    )


def _has_on_entities(service: Service, client: Client, _: ObjectRef, args: dict[str, Any]) -> list[Data]:
    service.require(client)
    _checked(service, client, args["entity"])
    _readable(service, client, args["entity"])
    granted = _session_privileges(service, args["sessionId"])
    wanted = args.get("privId", ())
    return [_availability(entity, _privileges_on(service, granted, entity), wanted) for entity in args["entity"]]


def _user_has_on_entities(service: Service, client: Client, _: ObjectRef, args: dict[str, Any]) -> list[Data]:
    service.require(client)
    _checked(service, client, args["entities"])
    _readable(service, client, args["entities"], access.SYSTEM_VIEW)
    account = _account_of(args["userName"])
    granted = _held(service, account) if account is not None else {}
    wanted = args.get("privId", ())
    return [_availability(entity, _privileges_on(service, granted, entity), wanted) for entity in args["entities"]]


def _fetch_on_entities(service: Service, client: Client, _: ObjectRef, args: dict[str, Any]) -> list[Data]:
    service.require(client)
    _checked(service, client, args["entities"])
    _readable(service, client, args["entities"], access.SYSTEM_VIEW)
    account = _account_of(args["userName"])
    if account is None:
        fault("NotFound", f"no such user: {args['userName']}")
    granted = _held(service, account)
    return [
        Data("UserPrivilegeResult", entity=each, privileges=sorted(_privileges_on(service, granted, each)) or None)
        for each in args["entities"]
    ]


METHODS: Final[Mapping[str, Callable[[Service, Client, ObjectRef, dict[str, Any]], Any]]] = {
    "RetrieveEntityPermissions": _entity_permissions,
    "RetrieveAllPermissions": _all_permissions,
    "RetrieveRolePermissions": _role_permissions,
    "HasPrivilegeOnEntity": _has_on_entity,
    "HasPrivilegeOnEntities": _has_on_entities,
    "HasUserPrivilegeOnEntities": _user_has_on_entities,
    "FetchUserPrivilegeOnEntities": _fetch_on_entities,
}
