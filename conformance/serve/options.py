"""The options of a server, and the managers that it has."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from taskconform.conformance.serve.behaviour import AS_SPECIFIED, Behaviour
from taskconform.conformance.targets.builtin.inventory import ACCOUNTS, ROOT, TASK_MANAGER
from taskconform.model.vocabulary.calls import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.model.spec.state import Server

VCENTER, ESXI = FLAVOURS = ("vcenter", "esxi")
REAL, VIRTUAL = CLOCKS = ("real", "virtual")
PASSWORD: Final = "TASKCONFORM_SERVE_PASSWORD"  # noqa: S105 -- the name of a variable
DEFAULT_VERSION: Final = "8.0.3.0"
IDLE: Final = 1800.0
LARGEST: Final = 4 * 1024 * 1024
OPERATION_TIME: Final = 200
QUEUE_TIME: Final = 20
CALL_TIME: Final = 1

_MANAGERS: Final = {
    "rootFolder": ("Folder", ROOT, ROOT),
    "propertyCollector": ("PropertyCollector", "propertyCollector", "ha-property-collector"),
    "viewManager": ("ViewManager", "ViewManager", "ViewManager"),
    "sessionManager": ("SessionManager", "SessionManager", "ha-sessionmgr"),
    "authorizationManager": ("AuthorizationManager", "AuthorizationManager", "ha-authmgr"),
    "scheduledTaskManager": ("ScheduledTaskManager", "ScheduledTaskManager", None),
    "alarmManager": ("AlarmManager", "AlarmManager", None),
    "eventManager": ("EventManager", "EventManager", "ha-eventmgr"),
    "taskManager": (TASK_MANAGER.type, TASK_MANAGER.value, "ha-taskmgr"),
    "extensionManager": ("ExtensionManager", "ExtensionManager", None),
    "searchIndex": ("SearchIndex", "SearchIndex", "ha-searchindex"),
}
"""By field of ServiceContent: the type, and the reference value on a vCenter and on a host, which lacks some."""


def managers_of(flavour: str) -> dict[str, ObjectRef]:
    """Give the managers by field of ServiceContent."""
    column = 1 if flavour == VCENTER else 2
    return {
        name: ObjectRef(type=str(row[0]), value=str(row[column]))
        for name, row in _MANAGERS.items()
        if row[column] is not None
    }


def passwords(environment: Mapping[str, str] | None = None, for_all: str | None = None) -> dict[str, str]:
    """Give the accounts' passwords: TASKCONFORM_SERVE_PASSWORD_ and the account in capitals, else the one given for
    all, else TASKCONFORM_SERVE_PASSWORD, else the name of the account.
    """
    known = os.environ if environment is None else environment
    common = for_all or known.get(PASSWORD)
    return {
        account.name: known.get(f"{PASSWORD}_{account.name.upper()}") or common or account.name for account in ACCOUNTS
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The choices. Times in seconds, but for three in milliseconds: those that an operation runs (`operation_time`) and
    is queued before, if it takes time at all (`queue_time`), and those that a request takes on a virtual clock
    (`call_time`). Sizes in bytes. `control`: the token that the control endpoint asks for, None for no such endpoint.
    `without`: methods that it does not have, by name. `behaviour`: in which of the ways that the pages allow the server
    behaves."""

    host: str = "127.0.0.1"
    port: int = 0
    tls: bool = True
    certificate: str | None = None
    private_key: str | None = None
    flavour: str = VCENTER
    api_version: str = DEFAULT_VERSION
    max_collector: int = 32
    window: int = 600
    cap: int = 200
    clock: str = REAL
    idle: float = IDLE
    largest: int = LARGEST
    operation_time: int | None = None
    queue_time: int = QUEUE_TIME
    call_time: int = CALL_TIME
    control: str | None = None
    without: tuple[str, ...] = ()
    passwords: Mapping[str, str] = field(default_factory=passwords, repr=False)
    behaviour: Behaviour = AS_SPECIFIED

    def __post_init__(self) -> None:
        """Raises ValueError for what makes no sense."""
        from taskconform.conformance.wire.schema import known_versions, newest  # noqa: PLC0415  # keeps `--help` quick

        if self.flavour not in FLAVOURS:
            message = f"the flavour is one of {', '.join(FLAVOURS)}, not {self.flavour}"
            raise ValueError(message)
        if self.clock not in CLOCKS:
            message = f"the clock is one of {', '.join(CLOCKS)}, not {self.clock}"
            raise ValueError(message)
        if self.api_version not in known_versions():
            message = f"no API version {self.api_version}; known: {', '.join(known_versions())}"
            raise ValueError(message)
        if bool(self.certificate) != bool(self.private_key):
            message = "a certificate and its private key are given together"
            raise ValueError(message)

        unknown = [name for name in self.without if newest().method(name) is None]
        if unknown:
            message = f"no method {', '.join(unknown)}"
            raise ValueError(message)

    @property
    def server(self) -> Server:
        """The facts of the server, as the specification has them."""
        from taskconform.conformance.targets.builtin.server import new_server  # noqa: PLC0415  # keeps `--help` quick

        return new_server(
            max_collector=self.max_collector,
            window=self.window,
            cap=self.cap,
            vcenter=self.flavour == VCENTER,
            api_version=tuple(int(part) for part in self.api_version.split(".")),
            task_manager=managers_of(self.flavour)["taskManager"],
        )

    @property
    def operation_microseconds(self) -> int:
        """The time that operations take, in microseconds: none by default if the clock is virtual."""
        chosen = self.operation_time
        if chosen is None:
            chosen = 0 if self.clock == VIRTUAL else OPERATION_TIME
        return chosen * 1_000


def new_token() -> str:
    """Make a token for the control endpoint."""
    return secrets.token_urlsafe(18)
