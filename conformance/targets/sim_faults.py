"""The simulator's faults: values with the chain of kinds that the API's type information gives them."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final

from pyVmomi import vmodl
from pyVmomi.VmomiSupport import GetWsdlType

from taskconform.model.vocabulary.outcomes import Fault

WIRE_NAMESPACE: Final = "urn:vim25"
LONGEST_MESSAGE: Final = 300

DUPLICATE_NAME: Final = "DuplicateName"
INVALID_ARGUMENT: Final = "InvalidArgument"
INVALID_COLLECTOR_VERSION: Final = "InvalidCollectorVersion"
INVALID_LOCALE: Final = "InvalidLocale"
INVALID_LOGIN: Final = "InvalidLogin"
INVALID_NAME: Final = "InvalidName"
INVALID_POWER_STATE: Final = "InvalidPowerState"
INVALID_REQUEST: Final = "InvalidRequest"
INVALID_STATE: Final = "InvalidState"
METHOD_NOT_FOUND: Final = "MethodNotFound"
NOT_AUTHENTICATED: Final = "NotAuthenticated"
NOT_FOUND: Final = "NotFound"
NOT_SUPPORTED: Final = "NotSupported"
NO_PERMISSION: Final = "NoPermission"
OBJECT_NOT_FOUND: Final = "ManagedObjectNotFound"
REQUEST_CANCELED: Final = "RequestCanceled"


class RefusedError(Exception):
    """A call ends with this fault."""

    def __init__(self, fault: Fault) -> None:
        """Carry the fault to where the outcome is made."""
        super().__init__(fault.kind)
        self.fault = fault


@cache
def kinds_of(name: str) -> tuple[str, ...]:
    """Give the wire names of all that the fault type is a kind of, itself first; empty if it is no fault type."""
    try:
        wire_type: type = GetWsdlType(WIRE_NAMESPACE, name)  # type: ignore[no-untyped-call]
    except KeyError:
        return ()
    if not issubclass(wire_type, vmodl.MethodFault):
        return ()
    return tuple(kind._wsdlName for kind in wire_type.__mro__ if issubclass(kind, vmodl.MethodFault))  # noqa: SLF001


def fault_of(name: str, message: str = "") -> Fault:
    """Make the fault value of a known fault type. A message that quotes something long is cut."""
    return _fault_of(name, message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…")


@lru_cache(maxsize=1024)
def _fault_of(name: str, message: str) -> Fault:
    return Fault(kind=name, kinds=kinds_of(name), message=message)


def refused(name: str, message: str) -> RefusedError:
    """Make the exception that ends a call with a fault of this type."""
    return RefusedError(fault_of(name, message))
