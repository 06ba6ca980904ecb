"""Each call as one request, and what that leaves behind on the server.

One call is one request, but for these: a paged answer is fetched to its end, a truncated update set likewise, and the
first wait of a session makes its filter.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from taskconform.conformance.targets import soap_decode, soap_encode, soap_inventory, soap_xml
from taskconform.conformance.targets.protocol import TargetUnreachable
from taskconform.conformance.targets.soap_wire import Session, WireFault, WireLost
from taskconform.conformance.targets.soap_xml import Undecodable
from taskconform.model import calls
from taskconform.model.outcomes import ERROR, RUNNING, SUCCESS, Property, RecentTaskUpdate, TaskInfo, UserSession, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from xml.etree.ElementTree import Element

    from taskconform.conformance.targets.soap_inventory import Content
    from taskconform.model.calls import Call, ObjectRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """One account's login."""

    user: str
    password: str = field(repr=False)


class Methods:
    """The calls, performed against one server. Keeps what they made and nobody has removed yet."""

    def __init__(self, content: Content, accounts: Mapping[str, Credentials]) -> None:
        """`content` says where the managers are; `accounts` go by the plan's names."""
        self._accounts = accounts
        self._manager = content.manager
        self._task_manager = content.manager("taskManager")
        self._collector = content.manager("propertyCollector")
        self._properties = {
            path: soap_encode.property_filter("TaskManager", path, [self._task_manager])
            for path in ("recentTask", "maxCollector", "description")
        }
        self._open_tasks: dict[str, ObjectRef] = {}
        self._extensions: dict[str, None] = {}
        self._collectors: dict[ObjectRef, Session] = {}

    def perform(self, session: Session, call: Call) -> Value:
        """Perform the call; the value it returns. Raises WireFault, WireLost, Undecodable, TargetUnreachable."""
        return self._BY_CALL[type(call)](self, session, call)

    # --- sessions -----------------------------------------------------------------------------------------------------

    def log_in(self, session: Session, account: str, pseudonym: str | None = None) -> UserSession:
        """Log in as an account. Its key is known by a pseudonym from then on."""
        credentials = self._accounts[account]
        manager = self._manager("sessionManager")
        response = session.call(soap_encode.login(manager, credentials.user, credentials.password))
        key, user_session = soap_decode.user_session(response)
        session.wire.pseudonyms.learn(key, session.cookie_value, name=pseudonym)
        session.logged_in, session.has_filter = True, False
        return user_session

    def log_out(self, session: Session) -> None:
        """Log out. The session keeps the dead cookie, and sends it."""
        session.call(soap_encode.method("Logout", self._manager("sessionManager")))
        session.logged_in = False

    def _login(self, session: Session, call: calls.Login) -> Value:
        return self.log_in(session, call.account)

    def _logout(self, session: Session, _: calls.Logout) -> Value:
        self.log_out(session)
        return None

    def _advance_clock(self, _: Session, __: calls.AdvanceClock) -> Value:
        message = "a SOAP server's clock cannot be moved, nor is the capability `clock` declared"
        raise NotImplementedError(message)

    # --- extensions ---------------------------------------------------------------------------------------------------

    def _register_extension(self, session: Session, call: calls.RegisterExtension) -> Value:
        now = time.time_ns() // 1000
        session.call(soap_encode.register_extension(self._manager("extensionManager"), call, now))
        self._extensions[call.key] = None
        return None

    def _unregister_extension(self, session: Session, call: calls.UnregisterExtension) -> Value:
        session.call(soap_encode.unregister_extension(self._manager("extensionManager"), call.key))
        self._extensions.pop(call.key, None)
        return None

    # --- TaskManager --------------------------------------------------------------------------------------------------

    def _create_task(self, session: Session, call: calls.CreateTask) -> Value:
        response = session.call(soap_encode.create_task(self._task_manager, call))
        info = soap_decode.task_info(soap_decode.returned(response))
        self._open_tasks[info.task.value] = info.task
        return info

    def _read(self, session: Session, path: str, decode: Callable[[Element], Any]) -> Property[Any]:
        """One property of the TaskManager."""
        body = soap_encode.retrieve(self._collector, self._properties[path])
        found = soap_inventory.read_objects(session, self._collector, body)
        return soap_decode.property_of(found[0], path, decode) if found else Property()

    def _read_recent_task(self, session: Session, _: calls.ReadRecentTask) -> Value:
        return self._read(session, "recentTask", soap_xml.references)

    def _read_max_collector(self, session: Session, _: calls.ReadMaxCollector) -> Value:
        return self._read(session, "maxCollector", soap_xml.integer)

    def _read_description(self, session: Session, _: calls.ReadDescription) -> Value:
        return self._read(session, "description", soap_decode.task_description)

    def _wait_for_recent_task(self, session: Session, call: calls.WaitForRecentTask) -> RecentTaskUpdate:
        if not session.has_filter:
            session.call(soap_encode.create_filter(self._collector, self._properties["recentTask"]))
            session.has_filter, session.version = True, ""
        version = "" if call.fresh else session.version
        updates: list[Element] = []
        while True:
            response = session.call(soap_encode.wait_for_updates(self._collector, version))
            update = soap_xml.child(response, "returnval")
            if update is None:
                break
            updates.append(update)
            version = session.version = soap_decode.version_of(update)
            if not soap_decode.is_truncated(update):
                break
        return soap_decode.recent_task_update(updates)

    # --- Task ---------------------------------------------------------------------------------------------------------

    def _read_task_info(self, session: Session, call: calls.ReadTaskInfo) -> tuple[Property[TaskInfo], ...]:
        tasks = [soap_encode.concrete(task) for task in call.tasks]
        body = soap_encode.retrieve(self._collector, soap_encode.property_filter("Task", "info", tasks))
        infos = {
            soap_xml.reference(soap_xml.required(content, "obj")): soap_decode.property_of(
                content, "info", soap_decode.task_info
            )
            for content in soap_inventory.read_objects(session, self._collector, body)
        }
        return tuple([infos.get(task, Property()) for task in tasks])

    def _set_task_state(self, session: Session, call: calls.SetTaskState) -> Value:
        session.call(soap_encode.set_task_state(call))
        if call.state in (SUCCESS, ERROR):
            self._open_tasks.pop(soap_encode.concrete(call.task).value, None)
        return None

    def _update_progress(self, session: Session, call: calls.UpdateProgress) -> Value:
        session.call(soap_encode.update_progress(call))
        return None

    def _set_task_description(self, session: Session, call: calls.SetTaskDescription) -> Value:
        session.call(soap_encode.set_task_description(call))
        return None

    def _cancel_task(self, session: Session, call: calls.CancelTask) -> Value:
        session.call(soap_encode.cancel_task(call))
        return None

    # --- history collectors -------------------------------------------------------------------------------------------

    def _create_collector_for_tasks(self, session: Session, call: calls.CreateCollectorForTasks) -> Value:
        return self._collector_made(session, soap_encode.create_collector_for_tasks(self._task_manager, call))

    def _create_collector_for_events(self, session: Session, _: calls.CreateCollectorForEvents) -> Value:
        manager = self._manager("eventManager")
        return self._collector_made(session, soap_encode.method("CreateCollectorForEvents", manager, "<filter/>"))

    def _collector_made(self, session: Session, body: str) -> ObjectRef:
        collector = soap_xml.reference(soap_decode.returned(session.call(body)))
        self._collectors[collector] = session
        return collector

    def _read_next_tasks(self, session: Session, call: calls.ReadNextTasks) -> Value:
        return soap_decode.tasks(session.call(soap_encode.read_next_tasks(call)))

    def _destroy_collector(self, session: Session, call: calls.DestroyCollector) -> Value:
        session.call(soap_encode.destroy_collector(call))
        self._collectors.pop(soap_encode.concrete(call.collector), None)
        return None

    _BY_CALL: ClassVar[dict[type, Callable[[Methods, Session, Any], Value]]] = {
        calls.Login: _login,
        calls.Logout: _logout,
        calls.AdvanceClock: _advance_clock,
        calls.RegisterExtension: _register_extension,
        calls.UnregisterExtension: _unregister_extension,
        calls.CreateTask: _create_task,
        calls.ReadRecentTask: _read_recent_task,
        calls.WaitForRecentTask: _wait_for_recent_task,
        calls.ReadMaxCollector: _read_max_collector,
        calls.ReadDescription: _read_description,
        calls.ReadTaskInfo: _read_task_info,
        calls.SetTaskState: _set_task_state,
        calls.UpdateProgress: _update_progress,
        calls.SetTaskDescription: _set_task_description,
        calls.CancelTask: _cancel_task,
        calls.CreateCollectorForTasks: _create_collector_for_tasks,
        calls.CreateCollectorForEvents: _create_collector_for_events,
        calls.ReadNextTasks: _read_next_tasks,
        calls.DestroyCollector: _destroy_collector,
    }

    # --- cleaning up --------------------------------------------------------------------------------------------------

    def clean(self, own: Session) -> None:
        """Remove what the calls made and left: collectors, open tasks, extensions. What the server refuses stays."""
        for collector, session in self._collectors.items():
            if session.logged_in:
                attempt(session, soap_encode.method("DestroyCollector", collector))
        for task in self._open_tasks.values():
            _finish(own, task)
        for key in self._extensions:
            attempt(own, soap_encode.unregister_extension(self._manager("extensionManager"), key))
        self._collectors.clear()
        self._open_tasks.clear()
        self._extensions.clear()

    def leave(self, session: Session) -> None:
        """Log out, if the server lets us, and close the connection."""
        if session.logged_in:
            attempt(session, soap_encode.method("Logout", self._manager("sessionManager")))
            session.logged_in = False
        session.close()


def _finish(own: Session, task: ObjectRef) -> None:
    """End a task that was left open; a queued one may have to run first."""
    succeed = soap_encode.set_task_state(calls.SetTaskState(session="", task=task, state=SUCCESS))
    run = soap_encode.set_task_state(calls.SetTaskState(session="", task=task, state=RUNNING))
    if not attempt(own, succeed) and attempt(own, run):
        attempt(own, succeed)


def attempt(session: Session, body: str) -> bool:
    """Send what need not succeed; whether it did. A server that does not answer is not asked again."""
    if session.wire.gone:
        return False
    try:
        session.call(body)
    except (WireFault, Undecodable):
        return False
    except (WireLost, TargetUnreachable):
        session.wire.gone = True
        return False
    return True
