"""Each call as one request.

One call is one request, but for these: a paged answer is fetched to its end, the truncated update set of a wait for
recentTask likewise, and the first such wait of a session makes its filter; to break off a wait takes two requests. Here
stand the calls on sessions, extensions, tasks and their manager; the others are in `soap_history`, `soap_watch` and
`soap_entities`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from taskconform.conformance.targets.protocol import TargetUnreachable
from taskconform.conformance.targets.soap import decode as soap_decode
from taskconform.conformance.targets.soap import encode as soap_encode
from taskconform.conformance.targets.soap import entities as soap_entities
from taskconform.conformance.targets.soap import history as soap_history
from taskconform.conformance.targets.soap import inventory as soap_inventory
from taskconform.conformance.targets.soap import updates as soap_updates
from taskconform.conformance.targets.soap import watch as soap_watch
from taskconform.conformance.targets.soap import xml as soap_xml
from taskconform.conformance.targets.soap.server import Server, plain
from taskconform.conformance.targets.soap.wire import Session, WireFault, WireLost
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.outcomes import Property, RecentTaskUpdate, TaskInfo, UserSession, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from xml.etree.ElementTree import Element

    from taskconform.conformance.targets.soap.inventory import Content
    from taskconform.model.vocabulary.calls import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """One account's login."""

    user: str
    password: str = field(repr=False)


class Methods(Server):
    """The calls, performed against one server."""

    def __init__(self, content: Content, accounts: Mapping[str, Credentials]) -> None:
        """`content` says where the managers are; `accounts` go by the plan's names."""
        super().__init__(content)
        self._accounts = accounts
        self._properties = {
            path: soap_encode.property_filter("TaskManager", path, [self.task_manager])
            for path in ("recentTask", "maxCollector", "description")
        }

    def perform(self, session: Session, call: Call) -> Value:
        """Perform the call; the value it returns. Raises WireFault, WireLost, Undecodable, TargetUnreachable."""
        return self._BY_CALL[type(call)](self, session, call)

    # --- sessions -----------------------------------------------------------------------------------------------------

    def log_in(
        self, session: Session, account: str, pseudonym: str | None = None, locale: str | None = None
    ) -> UserSession:
        """Log in as an account. Its key is known by a pseudonym from then on."""
        credentials = self._accounts[account]
        manager = self.manager("sessionManager")
        response = session.call(soap_encode.login(manager, credentials.user, credentials.password, locale))
        key, user_session = soap_decode.user_session(response)
        session.wire.pseudonyms.learn(key, session.cookie_value, name=pseudonym)
        session.logged_in, session.has_filter = True, False
        return user_session

    def _login(self, session: Session, call: calls.Login) -> Value:
        locale = None if call.locale is None else soap_encode.word(call.locale)
        return self.log_in(session, call.account, locale=locale)

    def _logout(self, session: Session, _: calls.Logout) -> Value:
        self.log_out(session)
        return None

    def leave(self, session: Session) -> None:
        """Log out, if the server lets us, and close the connection."""
        try:
            if session.logged_in:
                self.log_out(session)
        except (WireFault, WireLost, TargetUnreachable):
            session.logged_in = False
        session.close()

    def _advance_clock(self, _: Session, __: calls.AdvanceClock) -> Value:
        message = "a SOAP server's clock cannot be moved, nor is the capability `clock` declared"
        raise NotImplementedError(message)

    # --- extensions ---------------------------------------------------------------------------------------------------

    def _register_extension(self, session: Session, call: calls.RegisterExtension) -> Value:
        now = time.time_ns() // 1000
        session.call(soap_encode.register_extension(self.manager("extensionManager"), call, now))
        return None

    def _update_extension(self, session: Session, call: calls.UpdateExtension) -> Value:
        now = time.time_ns() // 1000
        session.call(soap_encode.update_extension(self.manager("extensionManager"), call, now))
        return None

    def _unregister_extension(self, session: Session, call: calls.UnregisterExtension) -> Value:
        key = soap_encode.word(call.key)
        session.call(soap_encode.unregister_extension(self.manager("extensionManager"), key))
        return None

    def _find_extension(self, session: Session, call: calls.FindExtension) -> Value:
        key = soap_encode.word(call.key)
        response = session.call(soap_encode.find_extension(self.manager("extensionManager"), key))
        found = soap_xml.child(response, "returnval")
        return None if found is None else soap_decode.extension(found)

    def _read_extension_list(self, session: Session, _: calls.ReadExtensionList) -> Value:
        return self.read(session, self.manager("extensionManager"), "extensionList", soap_decode.extensions)

    # --- TaskManager --------------------------------------------------------------------------------------------------

    def _create_task(self, session: Session, call: calls.CreateTask) -> Value:
        response = session.call(soap_encode.create_task(self.task_manager, call))
        return soap_decode.task_info(soap_decode.returned(response))

    def _read_recent_task(self, session: Session, _: calls.ReadRecentTask) -> Value:
        return self.retrieve(session, self._properties["recentTask"], "recentTask", soap_xml.references)

    def _read_max_collector(self, session: Session, _: calls.ReadMaxCollector) -> Value:
        return self.retrieve(session, self._properties["maxCollector"], "maxCollector", soap_xml.integer)

    def _read_description(self, session: Session, _: calls.ReadDescription) -> Value:
        return self.retrieve(session, self._properties["description"], "description", soap_decode.task_description)

    def _wait_for_recent_task(self, session: Session, call: calls.WaitForRecentTask) -> RecentTaskUpdate:
        if not session.has_filter:
            session.call(soap_encode.create_filter(self.collector, self._properties["recentTask"]))
            session.has_filter, session.version = True, ""
        version = "" if call.fresh else session.version
        updates: list[Element] = []
        while True:
            response = session.call(soap_encode.wait_for_updates(self.collector, version))
            update = soap_xml.child(response, "returnval")
            if update is None:
                break
            updates.append(update)
            version = session.version = soap_updates.version_of(update)
            if not soap_updates.is_truncated(update):
                break
        return soap_updates.recent_task_update(updates)

    # --- Task ---------------------------------------------------------------------------------------------------------

    def _read_task_info(self, session: Session, call: calls.ReadTaskInfo) -> tuple[Property[TaskInfo], ...]:
        tasks = [soap_encode.concrete(task) for task in call.tasks]
        body = soap_encode.retrieve(self.collector, soap_encode.property_filter("Task", "info", tasks))
        infos = {
            soap_xml.reference(soap_xml.required(content, "obj")): soap_decode.property_of(
                content, "info", soap_decode.task_info
            )
            for content in soap_inventory.read_objects(session, self.collector, body)
        }
        return tuple([infos.get(task, Property()) for task in tasks])

    _BY_CALL: ClassVar[dict[type, Callable[[Any, Session, Any], Value]]] = {
        calls.Login: _login,
        calls.Logout: _logout,
        calls.AdvanceClock: _advance_clock,
        calls.RegisterExtension: _register_extension,
        calls.UpdateExtension: _update_extension,
        calls.UnregisterExtension: _unregister_extension,
        calls.FindExtension: _find_extension,
        calls.ReadExtensionList: _read_extension_list,
        calls.CreateTask: _create_task,
        calls.ReadRecentTask: _read_recent_task,
        calls.WaitForRecentTask: _wait_for_recent_task,
        calls.ReadMaxCollector: _read_max_collector,
        calls.ReadDescription: _read_description,
        calls.ReadTaskInfo: _read_task_info,
        calls.SetTaskState: plain(soap_encode.set_task_state),
        calls.UpdateProgress: plain(soap_encode.update_progress),
        calls.SetTaskDescription: plain(soap_encode.set_task_description),
        calls.CancelTask: plain(soap_encode.cancel_task),
        **soap_history.BY_CALL,
        **soap_watch.BY_CALL,
        **soap_entities.BY_CALL,
    }
