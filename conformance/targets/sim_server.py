"""What every part of the simulator stands on: settings, state, sessions, privileges, time, extensions."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_faults import (
    INVALID_ARGUMENT,
    INVALID_LOGIN,
    NO_PERMISSION,
    NOT_AUTHENTICATED,
    NOT_FOUND,
    NOT_SUPPORTED,
    refused,
)
from taskconform.conformance.targets.sim_filter import TaskFilter
from taskconform.conformance.targets.sim_inventory import (
    CANCEL_TASK,
    EXTENSION_REGISTER,
    EXTENSION_UNREGISTER,
    INVENTORY,
    NO_ACCESS,
    ROOT,
    SYSTEM_READ,
    SYSTEM_VIEW,
    TASK_CREATE,
    TASK_UPDATE,
    USER_NAMES,
)
from taskconform.conformance.targets.sim_state import Clock, RecentWindow, Session, TaskRecord
from taskconform.model.calls import NOBODY, ObjectRef
from taskconform.model.outcomes import UserSession

if TYPE_CHECKING:
    from taskconform.conformance.targets import sim_inventory
    from taskconform.model import calls

FORBIDDEN_IN_KEYS: Final = frozenset(',/\\#+><=;"\t\n\r\v\f')
"""What an extension key must not contain, beside control characters and all that is not ASCII."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What can be set of a simulator: the limits in force (`window` in seconds), and whether it is a vCenter."""

    max_collector: int = 32
    window: int = 600
    cap: int = 200
    vcenter: bool = True


class SimulatedServer:
    """A server without tasks: its state, who is logged in, and who may do what."""

    clock_class: type[Clock] = Clock
    window_class: type[RecentWindow] = RecentWindow
    filter_class: type[TaskFilter] = TaskFilter

    def __init__(self, settings: Settings) -> None:
        """Start without sessions, tasks and extensions."""
        self.settings = settings
        self.inventory: sim_inventory.Inventory = INVENTORY
        self.clock = self.clock_class()
        self.recent = self.window_class(settings.window, self.cap_in_force())
        self.sessions: dict[str, Session] = {}
        self.tasks: dict[str, TaskRecord] = {}
        self.history: list[TaskRecord] = []
        self.extensions: dict[str, tuple[str, ...]] = {}
        self.cancelling: deque[tuple[int, TaskRecord]] = deque()
        self.logins = 0
        self.collectors = 0

    def cap_in_force(self) -> int | None:
        """Follow the page: "When connected to vCenter Server, there is an additional default limitation"; on a host
        there is none.
        """
        return self.settings.cap if self.settings.vcenter else None

    # --- who may do what ------------------------------------------------------------------------------------------

    def authenticated(self, name: str) -> Session:
        """Find the login of this name; NotAuthenticated if "the session has not yet successfully logged in", or is
        over.
        """
        session = self.sessions.get(name)
        if session is None:
            raise refused(NOT_AUTHENTICATED, "the session is not authenticated")
        return session

    def holds(self, session: Session, privilege: str, entity: str = ROOT) -> bool:
        """Whether the session's user holds the privilege on the entity of this reference value."""
        return privilege in session.privileges.get(entity, NO_ACCESS)

    def require(self, session: Session, privilege: str) -> None:
        """NoPermission, "because of a privilege not held" on the root folder."""
        if not self.holds(session, privilege):
            raise refused(NO_PERMISSION, f"{privilege} is required on the root folder")

    def may_view(self, session: Session) -> bool:
        """Ask for the privilege of every property of TaskManager, and of what makes collectors: System.View."""
        return self.holds(session, SYSTEM_VIEW)

    def may_access(self, session: Session, task: TaskRecord) -> bool:
        """Follow the page: "Determined by having permission to access the Task object's managed entity": System.Read
        there. The page does not say what holds for a task without entity: here the root folder stands for it.
        """
        return self.holds(session, SYSTEM_READ, ROOT if task.entity is None else task.entity.value)

    def may_read_info(self, session: Session, task: TaskRecord) -> bool:
        """Task.info can be read with access to the task and System.View on the root folder."""
        return self.may_view(session) and self.may_access(session, task)

    def check_may_create(self, session: Session, call: calls.CreateTask) -> None:
        """Privilege Task.Create, on the root folder whatever the object of the task is."""
        del call
        self.require(session, TASK_CREATE)

    def check_may_update(self, session: Session, task: TaskRecord) -> None:
        """Privilege Task.Update, on the root folder whatever the object of the task is."""
        del task
        self.require(session, TASK_UPDATE)

    def check_may_cancel(self, session: Session, task: TaskRecord) -> None:
        """Privilege Global.CancelTask, on the root folder; the page knows no exception for the task's own user."""
        del task
        self.require(session, CANCEL_TASK)

    # --- sessions and time ----------------------------------------------------------------------------------------

    def login(self, call: calls.Login) -> UserSession:
        """Follow the page: "This method fails if the user name and password are incorrect, or if the user is valid but
        has no permissions granted". A login under a name in use ends the earlier one.
        """
        user_name = USER_NAMES.get(call.account)
        if call.session == NOBODY or user_name is None:
            raise refused(INVALID_LOGIN, f"no such user: {call.account}")
        if not self.has_access(call.account):
            raise refused(NO_PERMISSION, "the user has no access granted")
        self.logins += 1
        privileges = self.inventory.privileges[call.account]
        self.sessions[call.session] = Session(self.logins, call.account, user_name, privileges)
        return UserSession(user_name=user_name)

    def has_access(self, account: str) -> bool:
        """Whether the account has any privilege anywhere."""
        return any(self.inventory.privileges[account].values())

    def logout(self, call: calls.Logout) -> None:
        """Follow the page: "Log out and terminate the current session", and with it its collectors. The page's
        System.View is not asked for: whoever could log in can log out.
        """
        self.authenticated(call.session)
        del self.sessions[call.session]

    def advance_clock(self, call: calls.AdvanceClock) -> None:
        """Move the clock; no API method, open to everybody."""
        if call.seconds < 0:
            raise refused(INVALID_ARGUMENT, "time does not go back")
        self.clock.advance(call.seconds)

    # --- extensions -----------------------------------------------------------------------------------------------

    def check_has_extensions(self) -> None:
        """Refuse on a host, which has no ExtensionManager."""
        if not self.settings.vcenter:
            raise refused(NOT_SUPPORTED, "there is no ExtensionManager on this server")

    def register_extension(self, call: calls.RegisterExtension) -> None:
        """InvalidArgument "if the Extension description is incomplete or an extension is already registered with the
        given unique key".
        """
        session = self.authenticated(call.session)
        self.check_has_extensions()
        self.require(session, EXTENSION_REGISTER)
        if not self.is_complete(call):
            raise refused(INVALID_ARGUMENT, "the extension's description is incomplete")
        if call.key in self.extensions:
            raise refused(INVALID_ARGUMENT, "an extension is registered with this key")
        self.extensions[call.key] = call.task_ids

    def is_complete(self, call: calls.RegisterExtension) -> bool:
        """Ask for a key and a version, neither empty, and nothing in the key that the page of Extension forbids."""
        return bool(call.version) and self.is_well_formed(call.key)

    def is_well_formed(self, key: str) -> bool:
        """Follow the page: "Characters belonging to the lower ASCII character set" but for those listed; a plain space
        is allowed.
        """
        return bool(key) and key.isascii() and key.isprintable() and FORBIDDEN_IN_KEYS.isdisjoint(key)

    def unregister_extension(self, call: calls.UnregisterExtension) -> None:
        """NotFound "if the specified extension is not registered". Its task types go with it; tasks stay."""
        session = self.authenticated(call.session)
        self.check_has_extensions()
        self.require(session, EXTENSION_UNREGISTER)
        if call.key not in self.extensions:
            raise refused(NOT_FOUND, f"no extension is registered as {call.key}")
        del self.extensions[call.key]

    def is_registered(self, task_type_id: str) -> bool:
        """Whether an extension registers this type. Ids of the server's own operations are none's."""
        return any(task_type_id in task_ids for task_ids in self.extensions.values())


def concrete(reference: calls.Reference) -> ObjectRef:
    """Give a reference as it goes over the wire. Raises TypeError for a symbol."""
    if not isinstance(reference, ObjectRef):
        raise TypeError(reference)
    return reference


def text(word: object) -> str:
    """Give a string as it goes over the wire. Raises TypeError for a symbol."""
    if not isinstance(word, str):
        raise TypeError(word)
    return word
