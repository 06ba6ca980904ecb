"""What every part of the simulator stands on: settings, state, sessions, privileges, time, objects."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taskconform.conformance.targets.sim_entities import LiveInventory
from taskconform.conformance.targets.sim_faults import (
    INVALID_ARGUMENT,
    INVALID_LOCALE,
    INVALID_LOGIN,
    NO_PERMISSION,
    NOT_AUTHENTICATED,
    fault_of,
    refused,
)
from taskconform.conformance.targets.sim_filter import TaskFilter
from taskconform.conformance.targets.sim_inventory import (
    CANCEL_TASK,
    INVENTORY,
    NO_ACCESS,
    ROOT,
    SYSTEM_READ,
    SYSTEM_VIEW,
    TASK_CREATE,
    TASK_MANAGER,
    TASK_UPDATE,
    USER_NAMES,
)
from taskconform.conformance.targets.sim_state import Clock, RecentWindow, Session, TaskRecord, Trigger
from taskconform.conformance.targets.sim_strings import COUNTRY, DEFAULT_LOCALE, LOCALES
from taskconform.model.vocabulary.calls import NOBODY, ObjectRef
from taskconform.model.vocabulary.outcomes import UserSession

if TYPE_CHECKING:
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.outcomes import Extension, Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What can be set of a simulator: the limits in force (`window` in seconds), whether it is a vCenter, and of
    which API version.
    """

    max_collector: int = 32
    window: int = 600
    cap: int = 200
    vcenter: bool = True
    api_version: tuple[int, ...] = (8, 0, 3, 0)


class SimulatedServer:
    """A server without tasks: its state, who is logged in, and who may do what."""

    clock_class: type[Clock] = Clock
    window_class: type[RecentWindow] = RecentWindow
    filter_class: type[TaskFilter] = TaskFilter

    def __init__(self, settings: Settings) -> None:
        """Start without sessions, tasks and extensions."""
        self.settings = settings
        self.inventory = LiveInventory(INVENTORY)
        self.clock = self.clock_class()
        self.recent = self.window_class(settings.window, self.cap_in_force())
        self.sessions: dict[str, Session] = {}
        self.tasks: dict[str, TaskRecord] = {}
        self.history: list[TaskRecord] = []
        self.chains: dict[int, list[TaskRecord]] = {}
        self.extensions: dict[str, Extension] = {}
        self.schedules: dict[str, Trigger] = {}
        self.alarms: dict[str, Trigger] = {}
        self.cancelling: deque[tuple[int, TaskRecord]] = deque()
        self.logins = 0
        self.collectors = 0
        self.triggers = 0

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

    def no_view(self) -> Fault:
        """Give what stands in missingSet for a property that the session may not read."""
        return fault_of(NO_PERMISSION, f"{SYSTEM_VIEW} is required on the root folder")

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
        has no permissions granted". A login under a name in use ends the earlier one. The faults are looked for in the
        order of the page.
        """
        user_name = USER_NAMES.get(call.account)
        if call.session == NOBODY or user_name is None:
            raise refused(INVALID_LOGIN, f"no such user: {call.account}")
        locale = self.locale_of(call)
        if not self.has_access(call.account):
            raise refused(NO_PERMISSION, "the user has no access granted")
        if call.session in self.sessions:
            self.end_session(call.session)
        self.logins += 1
        privileges = self.inventory.privileges[call.account]
        self.sessions[call.session] = Session(self.logins, call.account, user_name, privileges, locale)
        return UserSession(user_name=user_name)

    def locale_of(self, call: calls.Login) -> str:
        """Follow the page: "The method uses the server default locale when a locale is not provided"; InvalidLocale "if
        the locale is invalid or unknown to the server". A language may be "followed by an underscore and a
        two-character [...] country ID", which makes no difference: `en_US` is `en`.
        """
        if call.locale is None:
            return DEFAULT_LOCALE
        language, _, country = text(call.locale).partition("_")
        if language not in LOCALES or (call.locale != language and not COUNTRY.fullmatch(country)):
            raise refused(INVALID_LOCALE, f"no such locale: {call.locale}")
        return language

    def has_access(self, account: str) -> bool:
        """Whether the account has any privilege anywhere."""
        return any(self.inventory.privileges[account].values())

    def logout(self, call: calls.Logout) -> None:
        """Follow the page: "Log out and terminate the current session". The page's System.View is not asked for:
        whoever could log in can log out.
        """
        self.authenticated(call.session)
        self.end_session(call.session)

    def end_session(self, name: str) -> None:
        """End the login of this name, and with it its collectors and views."""
        del self.sessions[name]

    def advance_clock(self, call: calls.AdvanceClock) -> None:
        """Move the clock; no API method, open to everybody."""
        if call.seconds < 0:
            raise refused(INVALID_ARGUMENT, "time does not go back")
        self.clock.advance(call.seconds)

    # --- objects --------------------------------------------------------------------------------------------------

    def exists(self, session: Session, ref: ObjectRef) -> bool:
        """Whether a managed object is there for the session: of the inventory, a task, the TaskManager, an alarm, a
        scheduled task, a collector or a view of the session's own.
        """
        value = ref.value
        known = self.inventory.entities.get(value)
        if known is not None:
            return known.ref == ref
        if ref.type == "Task":
            return value in self.tasks
        return ref == TASK_MANAGER or self.is_owned(session, value) or self.is_trigger(ref)

    def is_owned(self, session: Session, value: str) -> bool:
        """Whether the session has made something that goes by this reference value, and still has it."""
        return (
            value in session.task_collectors
            or value in session.event_collectors
            or value in session.views
            or value in session.update_collectors
        )

    def is_trigger(self, ref: ObjectRef) -> bool:
        """Whether this is an alarm or a scheduled task."""
        found = self.alarms.get(ref.value) or self.schedules.get(ref.value)
        return found is not None and found.ref == ref

    def forget_object(self, value: str) -> None:
        """Take an object that is no more out of all views: a view "reflects any subsequent changes"."""
        for session in self.sessions.values():
            for view in session.views.values():
                view.pop(value, None)

    def new_collector_ref(self, session: Session, type_name: str, word: str = "collector") -> ObjectRef:
        """Make a reference that no other object of a session has or had."""
        self.collectors += 1
        return ObjectRef(type=type_name, value=f"session[{session.number}]{word}-{self.collectors}")

    def is_registered(self, task_type_id: str) -> bool:
        """Whether an extension registers this type. Ids of the server's own operations are none's."""
        return any(task_type_id in extension.task_ids for extension in self.extensions.values())


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
