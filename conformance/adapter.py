"""All that the author of an adapter imports, in one stable module.

    from taskconform.conformance.adapter import Declaration, Interval, Returned, calls, run_conformance

- `Target` is the protocol that an adapter implements. `calls` holds the class of every call (`calls.CreateTask`);
  `Call` is their union, and `ObjectRef` the reference to a managed object.
- `Outcome` is what `Target.perform` returns: `Returned`, `Faulted` or `Lost`, each `at` an `Interval` of server time.
  The docstring of each call says which of the classes here its value has.
- `Declaration` says what the target is and can do, in `About`, `Account`, `Entity` and `Operation`; `CAPABILITIES`
lists what it may
  declare.
- `fault` makes a `Fault` by its wire name.
- `evolve` copies one of these frozen structs with some fields changed.
- `TargetMisnamed` and `TargetUnreachable` are the two exceptions that an adapter raises.
- `run_conformance` runs the suite as one call of a test. It raises `DoesNotConform`, or `Refused` or `BrokenOff` where
  it cannot do so.

Names in `__all__` stay: the change log announces what is removed or changes its meaning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskconform.conformance.errors import BrokenOff, DoesNotConform, Refused, TargetMisnamed, TargetUnreachable
from taskconform.conformance.targets.protocol import Target
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import Call, ObjectRef
from taskconform.model.vocabulary.declaration import CAPABILITIES, About, Account, Declaration, Entity, Operation
from taskconform.model.vocabulary.outcomes import (
    ElementDescription,
    Extension,
    Fault,
    Faulted,
    Interval,
    LocalizableMessage,
    Lost,
    ObjectUpdate,
    Outcome,
    Property,
    RecentTaskUpdate,
    Returned,
    TaskDescription,
    TaskEvent,
    TaskInfo,
    TaskReason,
    UpdateSet,
    UserSession,
)
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.conformance.pytest.vendor import run_conformance

__all__ = [
    "CAPABILITIES",
    "About",
    "Account",
    "BrokenOff",
    "Call",
    "Declaration",
    "DoesNotConform",
    "ElementDescription",
    "Entity",
    "Extension",
    "Fault",
    "Faulted",
    "Interval",
    "LocalizableMessage",
    "Lost",
    "ObjectRef",
    "ObjectUpdate",
    "Operation",
    "Outcome",
    "Property",
    "RecentTaskUpdate",
    "Refused",
    "Returned",
    "Target",
    "TargetMisnamed",
    "TargetUnreachable",
    "TaskDescription",
    "TaskEvent",
    "TaskInfo",
    "TaskReason",
    "UpdateSet",
    "UserSession",
    "calls",
    "evolve",
    "fault",
    "run_conformance",
]


def fault(kind: str, message: str = "") -> Fault:
    """Make a fault by its wire name, with all that it is a kind of by the API's type information: `NotAuthenticated` is
    a NoPermission, a SecurityError, a RuntimeFault and a MethodFault. A name that the API does not know is a
    MethodFault."""
    from taskconform.conformance.wire.answers import fault_kinds  # noqa: PLC0415  # pyVmomi is slow to import

    return Fault(kind=kind, kinds=fault_kinds(kind), message=message)


def __getattr__(name: str) -> Any:
    """Import `run_conformance` when it is first asked for: it brings the engine along, which an adapter does not need.
    Raises AttributeError."""
    if name != "run_conformance":
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from taskconform.conformance.pytest import vendor  # noqa: PLC0415  # see above

    return vendor.run_conformance
