"""The signatures: what a method or property of the API takes, gives back, asks for and may refuse with.

The law of this file: nothing that pyVmomi's type information says is written down again. Names, parameters, versions,
privileges and declared faults are read from the loaded types. What only the API pages say (the types leave out every
RuntimeFault) is added from one table, and marked as added.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from pyVmomi import VmomiSupport

_TYPES: Final[Any] = VmomiSupport
"""pyVmomi's register of types, which has no annotations that a type checker could use."""

WIRE_NAMESPACE: Final = "urn:vim25"
"""The XML namespace of the vSphere API's types."""

# --- what a signature is ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument of a method. `type` is the type's name, with `[]` for an array; `since` the API version as text.

    `privilege` is the one required on the object given, empty where the types name none.
    """

    name: str
    type: str
    since: str
    optional: bool
    privilege: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredFault:
    """A fault that a method may answer with. `added`: the types do not name it, the API page `page` does."""

    name: str
    added: bool = False
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One method. `owner` is the type that defines it, an ancestor perhaps of the one asked for. `privilege` is empty
    where the types name none; `returns` is `void` where nothing comes back, and `optional` says that it may be unset.
    """

    owner: str
    name: str
    since: str
    params: tuple[Parameter, ...]
    returns: str
    optional: bool
    privilege: str
    faults: tuple[DeclaredFault, ...]

    def allows(self, fault: str) -> bool:
        """Tell whether the fault, or a kind that it extends, is among those declared. False for a name the types lack.

        The name may be the type's (`vim.fault.NotFound`) or that on the wire (`NotFound`).
        """
        kinds = _ancestry(fault)
        return any(declared.name in kinds for declared in self.faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One property of a managed object. `privilege` is empty where the types name none."""

    owner: str
    name: str
    type: str
    since: str
    optional: bool
    privilege: str


# --- what only the pages say ------------------------------------------------------------------------------------------

PAGE_FAULTS: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("vim.TaskManager", "CreateCollectorForTasks"): ("vmodl.fault.InvalidArgument",),
    ("vim.Task", "CancelTask"): ("vmodl.fault.NotSupported",),
    ("vim.HistoryCollector", "SetCollectorPageSize"): ("vmodl.fault.InvalidArgument",),
    ("vim.TaskHistoryCollector", "ReadNextTasks"): ("vmodl.fault.InvalidArgument",),
    ("vim.TaskHistoryCollector", "ReadPreviousTasks"): ("vmodl.fault.InvalidArgument",),
    ("vim.ExtensionManager", "RegisterExtension"): ("vmodl.fault.InvalidArgument",),
    ("vim.ExtensionManager", "UpdateExtension"): ("vmodl.fault.InvalidArgument",),
    ("vim.SessionManager", "Login"): ("vim.fault.NoPermission",),
    ("vmodl.query.PropertyCollector", "CreateFilter"): (
        "vmodl.fault.InvalidArgument",
        "vmodl.fault.InvalidType",
        "vmodl.fault.ManagedObjectNotFound",
    ),
    ("vmodl.query.PropertyCollector", "RetrieveProperties"): (
        "vmodl.fault.InvalidArgument",
        "vmodl.fault.InvalidType",
        "vmodl.fault.ManagedObjectNotFound",
    ),
    ("vmodl.query.PropertyCollector", "RetrievePropertiesEx"): (
        "vmodl.fault.InvalidArgument",
        "vmodl.fault.InvalidType",
        "vmodl.fault.ManagedObjectNotFound",
    ),
    ("vmodl.query.PropertyCollector", "ContinueRetrievePropertiesEx"): ("vmodl.fault.InvalidArgument",),
    ("vmodl.query.PropertyCollector", "CancelRetrievePropertiesEx"): ("vmodl.fault.InvalidArgument",),
    ("vmodl.query.PropertyCollector", "CheckForUpdates"): ("vmodl.fault.RequestCanceled",),
    ("vmodl.query.PropertyCollector", "WaitForUpdates"): ("vmodl.fault.RequestCanceled",),
    ("vmodl.query.PropertyCollector", "WaitForUpdatesEx"): ("vmodl.fault.RequestCanceled",),
    ("vmodl.query.PropertyCollector", "DestroyPropertyCollector"): ("vmodl.fault.NotSupported",),
}
"""Faults that a method's page lists and its type information does not; the page is the defining type's."""

PAGE_PRIVILEGES: Final[dict[tuple[str, str], str]] = {
    ("vim.Task", "CancelTask"): "Global.CancelTask",
    ("vmodl.query.PropertyCollector", "ContinueRetrievePropertiesEx"): "System.Anonymous",
    ("vmodl.query.PropertyCollector", "CancelRetrievePropertiesEx"): "System.Anonymous",
}
"""Privileges that a method's page names where its type information names another, or none. `Signature.privilege` is
always that of the types: neither is taken for the truth (life.privilege-cancel is an open clause)."""

METHODS: Final[dict[str, tuple[str, ...]]] = {
    "vim.TaskManager": (
        "CreateCollectorForTasks",
        "CreateCollectorWithInfoFilterForTasks",
        "CreateTask",
        "ReadNextTasksByViewSpec",
    ),
    "vim.Task": ("CancelTask", "UpdateProgress", "SetTaskState", "SetTaskDescription"),
    "vim.HistoryCollector": ("SetCollectorPageSize", "RewindCollector", "ResetCollector", "DestroyCollector"),
    "vim.TaskHistoryCollector": ("ReadNextTasks", "ReadPreviousTasks"),
    "vim.ExtensionManager": ("UnregisterExtension", "FindExtension", "RegisterExtension", "UpdateExtension"),
    "vim.SessionManager": ("Login", "Logout", "SetLocale"),
    "vim.view.View": ("DestroyView",),
    "vim.view.ListView": ("ModifyListView", "ResetListView", "ResetListViewFromView"),
    "vim.view.ViewManager": ("CreateListView", "CreateListViewFromView"),
    "vmodl.query.PropertyCollector": (
        "CreateFilter",
        "RetrieveProperties",
        "CheckForUpdates",
        "WaitForUpdates",
        "CancelWaitForUpdates",
        "WaitForUpdatesEx",
        "RetrievePropertiesEx",
        "ContinueRetrievePropertiesEx",
        "CancelRetrievePropertiesEx",
        "CreatePropertyCollector",
        "DestroyPropertyCollector",
    ),
    "vmodl.query.PropertyCollector.Filter": ("DestroyPropertyFilter",),
}
"""The methods that the suite has to do with, by the type that defines them."""

PROPERTIES: Final[dict[str, tuple[str, ...]]] = {
    "vim.TaskManager": ("recentTask", "description", "maxCollector"),
    "vim.Task": ("info",),
    "vim.HistoryCollector": ("filter",),
    "vim.TaskHistoryCollector": ("latestPage",),
    "vim.ExtensionManager": ("extensionList",),
    "vim.SessionManager": ("currentSession", "supportedLocaleList"),
    "vim.view.ManagedObjectView": ("view",),
    "vim.view.ViewManager": ("viewList",),
    "vmodl.query.PropertyCollector": ("filter",),
}
"""The properties that the suite has to do with, by the type that defines them."""


# --- reading the types ------------------------------------------------------------------------------------------------


def _ancestry(type_name: str) -> frozenset[str]:
    """Name the type and all that it extends, as the types spell them; empty for a name that they lack."""
    try:
        is_wire_name = "." not in type_name
        loaded = _TYPES.GetWsdlType(WIRE_NAMESPACE, type_name) if is_wire_name else _TYPES.GetVmodlType(type_name)
    except KeyError:
        return frozenset()
    return frozenset(kind.__name__ for kind in loaded.__mro__)


def _defining(type_name: str, table: str, name: str) -> tuple[str, Any]:
    """Find the entry whose wire name is `name` in `table` of the type, or of one that it extends.

    Gives the name of the type that defines it, and the entry. Raises KeyError if there is none.
    """
    for kind in _TYPES.GetVmodlType(type_name).__mro__:
        for entry in getattr(kind, "__dict__", {}).get(table, {}).values():
            if (entry.wsdlName if table == "_methodInfo" else entry.name) == name:
                return kind.__name__, entry
    message = f"{type_name} has no {name}"
    raise KeyError(message)


@cache
def version_text(version: str) -> str:
    """Give an internal version (`vim.version.version5`) the number that AboutInfo.apiVersion would show: `4.0`.

    Trailing zeros go, down to two places: `8.0.3.0` is `8.0.3`. A version of the property collector's own, which has no
    number, is that of the oldest vSphere API that includes it.
    """
    if not version.startswith("vim.version."):
        heirs = (
            known
            for known in _TYPES.nsMap
            if known.startswith("vim.version.") and _TYPES.IsChildVersion(known, version)
        )
        version = min(heirs, key=lambda known: (len(_TYPES.GetVersionParents(known)), known))
    parts = str(_TYPES.versionIdMap[version]).split(".")
    while len(parts) > 2 and parts[-1] == "0":
        parts.pop()
    return ".".join(parts)


def _is_optional(flags: int) -> bool:
    """Tell whether the flags of a parameter, property or result say that it may be unset."""
    return bool(flags & _TYPES.F_OPTIONAL)


@cache
def _type_name(described: Any, attribute: str = "type") -> str:
    """The name of the type that pyVmomi describes; it forgets the name once somebody has asked for the type itself."""
    name = vars(described).get(f"{attribute}Name")
    return str(name) if name is not None else str(_TYPES.GetVmodlName(getattr(described, attribute)))


def method(type_name: str, name: str) -> Signature:
    """Describe the method whose wire name is `name`: `method("vim.TaskManager", "CreateTask")`.

    The type may have inherited it. The faults are those of the types, in their order, then those that only the page
    names. Raises KeyError for an unknown type or method.
    """
    owner, info = _defining(type_name, "_methodInfo", name)
    added = PAGE_FAULTS.get((owner, name), ())
    return Signature(
        owner=owner,
        name=name,
        since=version_text(info.version),
        params=tuple(
            Parameter(
                name=param.name,
                type=_type_name(param),
                since=version_text(param.version),
                optional=_is_optional(param.flags),
                privilege=param.privId or "",
            )
            for param in info.params
        ),
        returns=_type_name(info, "methodResult"),
        optional=_is_optional(info.resultFlags),
        privilege=info.privId or "",
        faults=(
            *(DeclaredFault(name=fault) for fault in info.faults),
            *(DeclaredFault(name=fault, added=True, page=owner) for fault in added),
        ),
    )


@cache
def prop(type_name: str, name: str) -> Property:
    """Describe a property: `prop("vim.TaskManager", "recentTask")`. The type may have inherited it.

    Raises KeyError for an unknown type or property.
    """
    owner, info = _defining(type_name, "_propInfo", name)
    return Property(
        owner=owner,
        name=name,
        type=_type_name(info),
        since=version_text(info.version),
        optional=_is_optional(info.flags),
        privilege=info.privId or "",
    )
