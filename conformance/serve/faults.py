"""Faults as exceptions, and as the API's data objects, with the fields that clients read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

from taskconform.conformance.serve import envelope
from taskconform.conformance.targets.builtin.inventory import ROOT, SYSTEM_VIEW
from taskconform.conformance.wire.encoding import escape
from taskconform.conformance.wire.values import Data
from taskconform.model.spec.faults import FaultRaised
from taskconform.model.vocabulary.calls import ObjectRef

if TYPE_CHECKING:
    from taskconform.conformance.wire.encoding import Encoders
    from taskconform.model.spec.faults import FaultName
    from taskconform.model.vocabulary.outcomes import Fault

PRIVILEGE_FAULTS: Final = frozenset({"NoPermission", "NotAuthenticated"})
_PRIVILEGE: Final = re.compile(r"[A-Z]\w+(?:\.\w+)+")
_ROOT: Final = ObjectRef(type="Folder", value=ROOT)


class OtherFault(FaultRaised):
    """A call ends with a fault that the specification does not know, or with one that has fields."""

    def __init__(self, name: str, message: str, **fields: Any) -> None:
        """`fields` by wire name."""
        super().__init__(cast("FaultName", name), message)
        self.fields = fields


def other_fault(name: str, message: str, **fields: Any) -> NoReturn:
    """End the call with a fault that the specification does not know, or with one that has fields."""
    raise OtherFault(name, message, **fields)


def raised(fault: Fault) -> OtherFault:
    """Return the exception that ends a call with this fault."""
    return OtherFault(fault.kind, fault.message)


def fault_data(name: str, message: str, this: ObjectRef | None = None, **fields: Any) -> Data:
    """Return a fault as a data object: with the privilege that the specification's message names, on the root folder
    where it names no other place; with the object that was called where that is not found.
    """
    data = Data(name, **fields)
    if name in PRIVILEGE_FAULTS:
        named = _PRIVILEGE.search(message)
        data.fields.setdefault("object", this if this is not None and "entity" in message else _ROOT)
        data.fields.setdefault("privilegeId", named[0] if named else SYSTEM_VIEW)
    elif name == "ManagedObjectNotFound" and this is not None:
        data.fields.setdefault("obj", this)
    return data


def document(fault: FaultRaised, this: ObjectRef | None, encoders: Encoders) -> bytes:
    """Return the SOAP answer."""
    fields = fault.fields if isinstance(fault, OtherFault) else {}
    data = fault_data(fault.name, fault.message, this, **fields)
    name = encoders.known_name(fault.name)
    return envelope.fault(name, name, encoders.inside(data), escape(fault.message))
