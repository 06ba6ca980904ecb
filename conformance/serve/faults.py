"""The simulator's faults as the API's data objects, with the fields that clients read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from taskconform.conformance.serve import envelope
from taskconform.conformance.targets.sim_faults import RefusedError, fault_of
from taskconform.conformance.targets.sim_inventory import ROOT, SYSTEM_VIEW
from taskconform.conformance.wire.encoding import escape
from taskconform.conformance.wire.values import Data
from taskconform.model.vocabulary.calls import ObjectRef

if TYPE_CHECKING:
    from taskconform.conformance.wire.encoding import Encoders
    from taskconform.model.vocabulary.outcomes import Fault

PRIVILEGE_FAULTS: Final = frozenset({"NoPermission", "NotAuthenticated"})
_PRIVILEGE: Final = re.compile(r"[A-Z]\w+(?:\.\w+)+")
_ROOT: Final = ObjectRef(type="Folder", value=ROOT)


class DetailedRefusalError(RefusedError):
    """A call ends with a fault that has fields."""

    def __init__(self, name: str, message: str, **fields: object) -> None:
        """`fields` by wire name."""
        super().__init__(fault_of(name, message))
        self.fields = fields


def fault_data(fault: Fault, this: ObjectRef | None = None, **fields: object) -> Data:
    """Give the fault as a data object: with the privilege that the simulator's message names, on the root folder where
    it names no other place; with the object that was called where that is not found.
    """
    data = Data(fault.kind, **fields)
    if fault.kind in PRIVILEGE_FAULTS:
        named = _PRIVILEGE.search(fault.message)
        data.fields.setdefault("object", this if this is not None and "entity" in fault.message else _ROOT)
        data.fields.setdefault("privilegeId", named[0] if named else SYSTEM_VIEW)
    elif fault.kind == "ManagedObjectNotFound" and this is not None:
        data.fields.setdefault("obj", this)
    return data


def document(refusal: RefusedError, this: ObjectRef | None, encoders: Encoders) -> bytes:
    """Give the SOAP answer."""
    fault = refusal.fault
    fields = refusal.fields if isinstance(refusal, DetailedRefusalError) else {}
    data = fault_data(fault, this, **fields)
    name = encoders.known_name(fault.kind)
    return envelope.fault(name, name, encoders.inside(data), escape(fault.message))
