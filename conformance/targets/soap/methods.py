"""Each call as one request, by the table of calls.

One call is one request, but for these: a paged answer is fetched to its end, the truncated update set of a wait for
recentTask likewise, and the first such wait of a session makes its filter; to break off a wait takes two requests.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from taskconform.conformance.targets.protocol import TargetUnreachable
from taskconform.conformance.targets.soap import inventory as soap_inventory
from taskconform.conformance.targets.soap import operations, watch
from taskconform.conformance.targets.soap.server import Server
from taskconform.conformance.targets.soap.wire import Session, WireFault, WireLost
from taskconform.conformance.wire import answers, body, xml
from taskconform.conformance.wire.rows import Method, Read
from taskconform.conformance.wire.table import BY_CALL
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.outcomes import Property, TaskInfo, UserSession

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.conformance.targets.soap.inventory import Content
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.outcomes import Value


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
        self._of_managers = {
            row.call: body.property_filter(row.kind, row.path, [self.manager(row.at)])
            for row in BY_CALL.values()
            if isinstance(row, Read) and row.at
        }

    def perform(self, session: Session, call: Call) -> Value:
        """Perform the call; the value it returns. Raises WireFault, WireLost, Undecodable, TargetUnreachable."""
        own = self._OWN.get(type(call))
        if own is not None:
            return own(self, session, call)
        row = BY_CALL[type(call)]
        value: Value
        if isinstance(row, Method):
            this = self.manager(row.at) if row.at else None
            value = row.answer(session.call(row.write(call, this, time.time_ns() // 1000)))
        elif not isinstance(row, Read):
            raise KeyError(type(call))
        elif row.at:
            value = self.retrieve(session, self._of_managers[row.call], row.path, row.decode)
        else:
            value = self.read(session, body.concrete(getattr(call, row.of)), row.path, row.decode)
        return value

    # --- sessions -----------------------------------------------------------------------------------------------------

    def log_in(
        self, session: Session, account: str, pseudonym: str | None = None, locale: str | None = None
    ) -> UserSession:
        """Log in as an account. Its key is known by a pseudonym from then on."""
        credentials = self._accounts[account]
        if credentials.password.lower() not in credentials.user.lower():  # else it is no secret, and the server says it
            session.wire.pseudonyms.keep(credentials.password)
        request = body.login(self.manager("sessionManager"), credentials.user, credentials.password, locale)
        key, user_session = answers.user_session(session.call(request))
        session.wire.pseudonyms.learn(key, session.cookie_value, name=pseudonym)
        session.logged_in, session.has_filter = True, False
        return user_session

    def _login(self, session: Session, call: calls.Login) -> Value:
        locale = None if call.locale is None else body.word(call.locale)
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

    # --- tasks --------------------------------------------------------------------------------------------------------

    def _read_task_info(self, session: Session, call: calls.ReadTaskInfo) -> tuple[Property[TaskInfo], ...]:
        tasks = [body.concrete(task) for task in call.tasks]
        request = body.retrieve(self.collector, body.property_filter("Task", "info", tasks))
        infos = {
            xml.reference(xml.required(content, "obj")): answers.property_of(content, "info", answers.task_info)
            for content in soap_inventory.read_objects(session, self.collector, request)
        }
        return tuple([infos.get(task, Property()) for task in tasks])

    _OWN: ClassVar[dict[type, Callable[[Any, Session, Any], Value]]] = {
        calls.Login: _login,
        calls.Logout: _logout,
        calls.AdvanceClock: _advance_clock,
        calls.ReadTaskInfo: _read_task_info,
        calls.StartOperation: operations.start,
        calls.WaitForRecentTask: watch.wait_for_recent_task,
        calls.CreateFilter: watch.create_filter,
        calls.BreakOffWait: watch.break_off_wait,
        calls.RetrieveReported: watch.retrieve_reported,
    }
    """The calls that take more than one request, or a session."""
