"""The schema: pyVmomi's type information about a version of the API.

Every answer is kept, because pyVmomi makes its types when they are first looked at.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from pyVmomi import VmomiSupport, vmodl

if TYPE_CHECKING:
    from collections.abc import Callable

VIM25: Final = "urn:vim25"
XSD: Final = "http://www.w3.org/2001/XMLSchema"
OPTIONAL: Final = 4
"""pyVmomi's flag of a field or a parameter that may be left out."""

ManagedObject = cast("type", VmomiSupport.ManagedObject)
DataObject = cast("type", VmomiSupport.DataObject)
MethodFault = cast("type", vmodl.MethodFault)
Array = cast("type", VmomiSupport.Array)
Enum = cast("type", VmomiSupport.Enum)

_wsdl_type = cast("Callable[[str, str], type]", VmomiSupport.GetWsdlType)
_wsdl_name = cast("Callable[[type], str]", VmomiSupport.GetWsdlName)
_wsdl_method = cast("Callable[[str, str], Any]", VmomiSupport.GetWsdlMethod)
_is_child = cast("Callable[[str, str], bool]", cast("Any", VmomiSupport).IsChildVersion)
_namespace = cast("Callable[[str], str]", VmomiSupport.GetVersionNamespace)
_versions = cast("Callable[[str], list[str]]", VmomiSupport.GetServiceVersions)
_names: dict[type, str] = {}
_types: dict[str, type] = {"ManagedObjectReference": ManagedObject}
_NOT_ON_THE_WIRE: Final = frozenset({"dynamicType", "dynamicProperty"})
"""Fields that every data object is said to have, and that no server sends."""


class Field(NamedTuple):
    """A property of a type, or a parameter of a method."""

    name: str
    type: type
    optional: bool


class Method(NamedTuple):
    """A method of the API, and the managed object type that has it."""

    name: str
    owner: type
    params: tuple[Field, ...]
    result: type | None
    may_return_nothing: bool = False


FETCH: Final = Method("Fetch", ManagedObject, (Field("prop", str, optional=False),), object)
"""The method by which pyVmomi reads a single property: servers have it, and no version's description does."""


def named_type(name: str) -> type | None:
    """Give the type of this wire name; None if there is none in any version."""
    found = _types.get(name)
    if found is None:
        found = _look_up(name)
        if found is not None:  # names that mean nothing are not kept: whoever asks can make up any number of them
            _types[name] = found
    return found


def known_type(name: str) -> type:
    """Return the type of this wire name. Raises KeyError if there is none."""
    found = named_type(name)
    if found is None:
        raise KeyError(name)
    return found


def is_fault(name: str) -> bool:
    """Tell whether the type of this wire name is a fault."""
    kind = named_type(name)
    return kind is not None and issubclass(kind, MethodFault)


def _look_up(name: str) -> type | None:
    for namespace in (VIM25, XSD):
        try:
            return _wsdl_type(namespace, name)
        except KeyError:
            continue
    return None


def wire_name(kind: type) -> str:
    """Give the type's name on the wire; of an array `ArrayOf…`."""
    found = _names.get(kind)
    if found is None:
        found = _names[kind] = _wire_name(kind)
    return found


def _wire_name(kind: type) -> str:
    if issubclass(kind, Array):
        item = item_name(kind)
        return f"ArrayOf{item[0].upper()}{item[1:]}"
    if kind is ManagedObject:
        return "ManagedObjectReference"
    if kind is object:
        return "anyType"
    return _wsdl_name(kind)


def item_name(kind: type) -> str:
    """Give the element name of an array's item, where the array is a value of its own."""
    item: type = kind.Item  # type: ignore[attr-defined]
    return "ManagedObjectReference" if issubclass(item, ManagedObject) else wire_name(item)


@cache
def names_above(name: str) -> frozenset[str]:
    """Give the wire names of a managed object type and of all that it derives from."""
    kind = named_type(name)
    if kind is None or not issubclass(kind, ManagedObject):
        return frozenset()
    return frozenset(wire_name(each) for each in kind.__mro__ if issubclass(each, ManagedObject))


def known_versions() -> list[str]:
    """Give the versions of the API as AboutInfo spells them, newest first, from 4.0 on."""
    names = [_namespace(version) for version in _versions("vim25") if version.startswith("vim.version")]
    versions = [name.removeprefix("vim25/") for name in names if name[6:7].isdigit()]
    return versions[: versions.index("4.0") + 1]


@cache
def schema_of(version: str) -> Schema:
    """Give the schema of a version as AboutInfo spells it (`8.0.3.0`). Raises KeyError if pyVmomi does not know it."""
    return Schema(version, cast("dict[str, str]", VmomiSupport.versionMap)[f"vim25/{version}"])


def newest() -> Schema:
    """Return the schema of the newest version that pyVmomi knows."""
    return schema_of(known_versions()[0])


class Schema:
    """One version of the API."""

    def __init__(self, version: str, identifier: str) -> None:
        """`identifier` is pyVmomi's name of the version."""
        self.version = version
        self._identifier = identifier
        self._methods: dict[str, Method] = {}
        self._fields: dict[type, dict[str, Field]] = {}

    def has(self, since: str) -> bool:
        """Tell whether this version has what another one introduced."""
        return _is_child(self._identifier, since)

    def has_type(self, kind: type) -> bool:
        """Tell whether this version has the type."""
        since = getattr(kind, "_version", None)
        return since is None or self.has(since)

    def method(self, name: str) -> Method | None:
        """Give the method of this name on the wire; None if this version has none."""
        found = self._methods.get(name)
        if found is None:
            found = self._method(name)
            if found is not None:
                self._methods[name] = found
        return found

    def _method(self, name: str) -> Method | None:
        if name == FETCH.name:
            return FETCH
        try:
            info = _wsdl_method(VIM25, name)
        except KeyError:
            return None
        info = getattr(info, "info", info)
        if not self.has(info.version):
            return None
        params = tuple(
            Field(each.name, each.type, bool(each.flags & OPTIONAL)) for each in info.params if self.has(each.version)
        )
        result = None if info.result is type(None) else info.result
        return Method(name, info.type, params, result, bool((info.resultFlags or 0) & OPTIONAL))

    def fields(self, kind: type) -> dict[str, Field]:
        """Give the properties of a data or managed object type that this version has, in the order of the wire."""
        found = self._fields.get(kind)
        if found is None:
            found = self._fields[kind] = {
                each.name: Field(each.name, each.type, bool(each.flags & OPTIONAL))
                for each in kind._GetPropertyList()  # type: ignore[attr-defined]  # noqa: SLF001
                if each.name not in _NOT_ON_THE_WIRE and self.has(each.version)
            }
        return found
