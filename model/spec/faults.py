"""Fault conditions: how the specification says that a call faults.

A method checks its fault conditions before it has any effect: its faults in the order of its page, which says nothing
of privileges and arguments among them. The first one that holds ends the call, and `step` turns it into the outcome. So
a call that faults changes nothing (life.atomic), with one exception: a wait that Logout breaks off, whose session has
ended (`after`).

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/
"""

from __future__ import annotations

from typing import Final, Literal, NoReturn

from taskconform.model.spec.state import State

FaultName = Literal[
    "DuplicateName",
    "GenericVmConfigFault",
    "InvalidArgument",
    "InvalidCollectorVersion",
    "InvalidLocale",
    "InvalidLogin",
    "InvalidName",
    "InvalidRequest",
    "InvalidState",
    "ManagedObjectNotFound",
    "MethodNotFound",
    "NoPermission",
    "NotAuthenticated",
    "NotFound",
    "NotSupported",
    "OutOfBounds",
    "RequestCanceled",
]
"""Every fault that the specification knows, by its wire name."""
LONGEST_MESSAGE: Final = 300
"""Characters of a fault's message that are kept."""


class FaultRaised(Exception):  # noqa: N818  # it ends a call, not the specification
    """A fault condition holds. `name` is the fault's wire name; `after` the state that the call leaves, if not the one
    that it found."""

    def __init__(self, name: FaultName, message: str, after: State | None = None) -> None:
        """Keep what the outcome is made of."""
        super().__init__(name)
        self.name = name
        self.message = message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"
        self.after = after


def fault(name: FaultName, message: str = "", after: State | None = None) -> NoReturn:
    """End the call with this fault."""
    raise FaultRaised(name, message, after)


def fault_if(condition: object, name: FaultName, message: str = "") -> None:
    """End the call with this fault if the condition holds."""
    if condition:
        raise FaultRaised(name, message)
