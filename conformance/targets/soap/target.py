"""A SOAP server as a target: its sessions, its clock, its declaration."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.protocol import TargetUnreachable
from taskconform.conformance.targets.soap import inventory as soap_inventory
from taskconform.conformance.targets.soap import operations as soap_operations
from taskconform.conformance.targets.soap.cleaning import Cleaning
from taskconform.conformance.targets.soap.clock import Clock
from taskconform.conformance.targets.soap.eviction import is_shut_out
from taskconform.conformance.targets.soap.ledger import PREFIX, Ledger
from taskconform.conformance.targets.soap.methods import Credentials, Methods
from taskconform.conformance.targets.soap.paced import PacedWire
from taskconform.conformance.targets.soap.permissions import NEEDS, Asked, disproof, lacks_of
from taskconform.conformance.targets.soap.sending import PATIENCE, SHORT, hurried, silence_of
from taskconform.conformance.targets.soap.sweeping import OWN, turned_away, why_not
from taskconform.conformance.targets.soap.wire import Endpoint, Session, WireFault, WireLost
from taskconform.conformance.wire import answers, body
from taskconform.conformance.wire.xml import Undecodable
from taskconform.model.vocabulary.declaration import Account, Declaration
from taskconform.model.vocabulary.faults import ABSENT
from taskconform.model.vocabulary.outcomes import Faulted, Lost, Outcome, Returned
from taskconform.model.vocabulary.parts import KNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from xml.etree.ElementTree import Element

    from taskconform.conformance.targets.soap.profile import Profile
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.declaration import Entity, Operation

_TOGETHER: Final = 16
"""So many calls go out at the same time at most."""
_LOSSES: Final = 4
"""After so many calls in a row without an answer, the server is asked whether it is there at all."""
_GRACE: Final = 2.0
"""Seconds that whoever ended our sessions is given to remove our extension too, which says that we are not wanted."""


class SoapTarget:
    """A server, driven over SOAP. See `protocol.Target`.

    Beside the plan's sessions it has one of its own, as `primary`, for what is no call: clock, inventory, cleaning up.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        accounts: Mapping[str, Credentials],
        profile: Profile,
        alike: SoapTarget | None = None,
    ) -> None:
        """Connect, log in, look around. `accounts` by the plan's names. `alike`: a target of a server that is the same
        in all that a declaration says; what it found is taken over. Raises TargetUnreachable."""
        self._wire = PacedWire(endpoint, profile.agent, profile.rate)
        self._sessions: dict[str, Session] = {}
        self._past_seconds = 0.0
        self._pool: ThreadPoolExecutor | None = None
        self._closed = False
        self._accounts = accounts
        self._ledger = Ledger()
        self._ended = ""
        self._gone = ""
        self._losses = 0
        self._folder: Entity | None = None
        self._own = self._wire.session()
        try:
            self._wire.negotiate()
            self._own = self._wire.session()
            self._content = soap_inventory.read_content(self._own) if alike is None else alike.content
            self._start_methods()
            if alike is None:
                self._declaration = self._declare(self._content, accounts, profile)
            else:
                self._log_in(self._own, "primary")
                self._declaration = alike.declaration
            self._clock = self._new_clock()
            self._set_clock()
        except (WireFault, WireLost, Undecodable) as error:
            self._retreat()
            raise TargetUnreachable(why_not(endpoint, error)) from error
        except BaseException:
            self._retreat()
            raise

    def _start_methods(self) -> None:
        """Start anew: no session has a filter yet."""
        self._methods = Methods(self._content, self._accounts)

    def _set_clock(self) -> None:
        """Ask what time it is there for the first time. A server that has no CurrentTime is worked with all the
        same."""
        try:
            self._clock.measure(self._own)
        except WireFault as error:
            if not error.fault.is_a(*ABSENT):
                raise
            self._clock.give_up()

    def _new_clock(self) -> Clock:
        """Make the server's clock, which has not been asked yet."""
        return Clock()

    def _declare(
        self, content: soap_inventory.Content, accounts: Mapping[str, Credentials], profile: Profile
    ) -> Declaration:
        found = [Account(name="primary", user_name=self._log_in(self._own, "primary"))]
        places = soap_inventory.read_places(self._own, content, profile.places)
        capabilities, undeclared = {*profile.capabilities, "raw"}, dict(profile.undeclared)
        for name in accounts:
            if name in NEEDS:
                account, why_not = self._limited(name, profile.lacks, places)
                if why_not:
                    undeclared[name] = why_not
                    continue
                capabilities.add(name)
            elif name == "primary":
                continue
            else:
                account = Account(name=name, user_name=self._spelling(name, spelled=profile.spelled))
                capabilities.add("second-user")
            found.append(account)
        operations = self._offered(places, profile, undeclared)
        if operations:
            capabilities.add("operations")
        locales = soap_inventory.read_locales(self._own, content)
        if locales:
            capabilities.add("locale")
        capabilities |= soap_inventory.capabilities(content)
        return Declaration(
            name=profile.name,
            about=content.about,
            capabilities=tuple(sorted(capabilities.difference(profile.without))),
            accounts=tuple(found),
            places=places,
            extension_key=profile.extension_key,
            identity=dict(profile.identity),
            exclusive=profile.exclusive,
            settling=profile.settling,
            apart=profile.apart,
            window=profile.window,
            cap=profile.cap,
            locales=locales,
            operations=operations,
            undeclared=undeclared,
            without=tuple(word for word in profile.without if word in KNOWN),
        )

    def _offered(
        self, places: dict[str, tuple[Entity, ...]], profile: Profile, undeclared: dict[str, str]
    ) -> tuple[Operation, ...]:
        """Return the operations that can be started, if that is wanted. A folder that is made for them is a place of
        its own."""
        if not profile.operations:
            return ()
        if not profile.thrown_away:
            name = f"{profile.extension_key} operations"
            self._folder = soap_operations.own_folder(self._own, self._content, places, name)
            if self._folder is None:
                undeclared["operations"] = "no folder of our own can be made, on which they would be started"
                return ()
            places["folder"] = (*places["folder"], self._folder)
        found = soap_operations.offered(self._own, places, self._folder, thrown_away=profile.thrown_away)
        if not found:
            undeclared["operations"] = f"the server has none of {', '.join(soap_operations.HARMLESS)}"
        return found

    def _spelling(self, account: str, *, spelled: bool) -> str:
        """Return the user name as the server spells it, which only a login tells, unless it was given so."""
        if spelled:
            return self._accounts[account].user
        session = self._wire.session()
        try:
            return self._log_in(session, account)
        finally:
            self._cleaning().leave(session)

    def _limited(
        self, account: str, lacks: Sequence[str], places: Mapping[str, Sequence[Entity]]
    ) -> tuple[Account, str]:
        """Return an account that lacks privileges, and the reason why it is of no use, or ""."""
        session, pseudonym = self._wire.session(), f"{OWN}-{account}"
        declared = lacks_of(account, lacks)
        try:
            user_name = self._log_in(session, account, pseudonym)
            asked = Asked(user_name=user_name, session_key=self._wire.pseudonyms.key_of(pseudonym))
            why_not = disproof(self._own, self._content, account, asked, declared, places)
        finally:
            self._cleaning().leave(session)
        return Account(name=account, user_name=user_name, lacks=declared), why_not

    def _log_in(self, session: Session, account: str, pseudonym: str = OWN) -> str:
        """Log in, and say as whom. Raises TargetUnreachable where that is refused."""
        try:
            return self._methods.log_in(session, account, pseudonym).user_name
        except WireFault as error:
            raise TargetUnreachable(turned_away(self._wire.endpoint, self._accounts[account], error)) from error

    @property
    def content(self) -> soap_inventory.Content:
        """The server's ServiceContent."""
        return self._content

    @property
    def declaration(self) -> Declaration:
        """The target's declaration."""
        return self._declaration

    @property
    def socket_seconds(self) -> float:
        """Seconds from sending requests to having read their answers; of calls made together, the sum."""
        return self._past_seconds + sum(each.socket_seconds for each in (self._own, *self._sessions.values()))

    def perform(self, call: Call) -> Outcome:
        """Perform one call and say what came back. Raises TargetUnreachable once the server is gone for good."""
        self._raise_if_gone()
        session = self._session(call.session)
        self._read_clock()
        return self._perform(session, call)

    def perform_together(self, calls: Sequence[Call]) -> list[Outcome]:
        """Perform the calls at the same time, a thread and a connection each; those of one session in turn."""
        sessions = [self._session(call.session) for call in calls]
        self._read_clock()
        if self._pool is None:
            self._pool = ThreadPoolExecutor(_TOGETHER, thread_name_prefix="taskconform-soap")
        return list(self._pool.map(self._perform, sessions, calls))

    def raw_call(self, session: str, body: str) -> Element:
        """Send any method call, ill-formed or not, on the connection and with the cookie of one of the plan's sessions.

        `body` is what stands inside soapenv:Body; the answer is the response element. Raises WireFault and WireLost.
        """
        return self._session(session).call(body)

    def reset(self) -> None:
        """Remove what is ours and end the plan's sessions; the server's state stays as it is otherwise. Raises
        TargetUnreachable if the server is gone, or somebody has removed what is ours: we are not wanted, then."""
        if self._ended:
            self._heed_eviction()
        self._raise_if_gone()
        cleaning = self._cleaning()
        self._clean(cleaning)
        if cleaning.gone:
            why = silence_of(hurried(self._wire))
            self._gone = f"{self._wire.endpoint} has stopped to answer{f': {why}' if why else ''}"
        self._raise_if_gone()

    def _raise_if_gone(self) -> None:
        if self._gone:
            raise TargetUnreachable(self._gone)

    def _cleaning(self) -> Cleaning:
        """Make a cleaning, with less patience for a server that was gone already."""
        hope = SHORT if self._gone else PATIENCE
        return Cleaning(self._own, self._content, lambda session: self._methods.log_in(session, "primary", OWN), hope)

    def _clean(self, cleaning: Cleaning) -> None:
        """Remove what the plan's calls made and left, and end its sessions."""
        ledger, self._ledger = self._ledger, Ledger()
        name = self._declaration.extension_key.removeprefix(PREFIX)
        cleaning.remove(ledger, name, kept=None if self._folder is None else self._folder.ref)
        for session in self._sessions.values():
            cleaning.leave(session)
            self._past_seconds += session.socket_seconds
        self._sessions.clear()
        if ledger.unsure:
            for key, _ in cleaning.find_sessions(name):
                cleaning.end_session(key)
        cleaning.end()
        self._start_methods()
        self._ended = ""

    def _heed_eviction(self) -> None:
        """Somebody has ended a session of ours. If our extension is removed as well, or is about to be, then somebody
        cleans up after us, or does not want us. Raises TargetUnreachable."""
        cleaning = self._cleaning()
        until = time.monotonic() + _GRACE
        while any(self._ledger.extensions.values()) and time.monotonic() < until and not cleaning.gone:
            there = cleaning.told_extensions(self._declaration.extension_key.removeprefix(PREFIX))
            if there is not None and not there:
                cleaning.end()
                self._gone = f"{self._wire.endpoint}: somebody has ended our sessions and removed our extension"
                raise TargetUnreachable(self._gone)
            time.sleep(0.2)
        cleaning.end()

    def close(self) -> None:
        """Remove what is ours, end all sessions. A server that is gone is left alone."""
        if self._closed:
            return
        cleaning = self._cleaning()
        try:
            self._clean(cleaning)
            if self._folder is not None:
                cleaning.remove_object(self._folder.ref)
            cleaning.leave(self._own)
        finally:
            self.abandon()

    def _retreat(self) -> None:
        """Opening has failed: end our own session if it had come to one."""
        try:
            if self._own.logged_in:
                Cleaning(self._own, self._content, lambda _: None).leave(self._own)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Close all connections without a word: whoever stops the server takes away with it what is ours."""
        self._closed = True
        self._drop()

    def _drop(self) -> None:
        for session in (self._own, *self._sessions.values()):
            session.close()
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def _session(self, name: str) -> Session:
        session = self._sessions.get(name)
        if session is None:
            session = self._sessions[name] = self._wire.session()
        return session

    def _read_clock(self) -> None:
        """Ask the server's clock again if it is time to. As long as that fails the intervals go on widening."""
        if not self._clock.due:
            return
        try:
            self._clock.measure(self._own)
        except (WireLost, Undecodable):
            return
        except WireFault:
            self._read_clock_anew()

    def _read_clock_anew(self) -> None:
        """Our own session may have been idle for too long, or ended by someone: log in once more, and ask."""
        try:
            self._methods.log_in(self._own, "primary", OWN)
            self._clock.measure(self._own)
        except (WireFault, WireLost, Undecodable):
            return

    def _perform(self, session: Session, call: Call) -> Outcome:
        if self._ended:
            return Lost(why=self._ended, at=self._clock.since(self._clock.mark()))
        believed = session.logged_in
        self._wire.pace.wait()
        start = self._clock.mark()
        outcome: Outcome
        try:
            value = self._methods.perform(session, call)
            outcome = Returned(value=value, at=self._clock.since(start))
        except WireFault as error:
            outcome = Faulted(fault=error.fault, at=self._clock.since(start))
        except (WireLost, Undecodable) as error:
            outcome = Lost(why=str(error), at=self._clock.since(start))
        self._ledger.note(session, call, outcome)
        if believed and session.logged_in and is_shut_out(outcome):
            outcome = self._shut_out(session, call, outcome)
        self._count_losses(outcome)
        return outcome

    def _shut_out(self, session: Session, call: Call, outcome: Outcome) -> Outcome:
        """Return the outcome of a call that was answered as if nobody were logged in, on a session that is."""
        ended = self._has_ended(session)
        if ended is None:
            return Lost(why=f"whether session {call.session} has ended is not known: no answer", at=outcome.at)
        if not ended:
            return outcome
        self._ended = f"session {call.session} has ended, and not by a call of ours: the episode is lost"
        return Lost(why=self._ended, at=outcome.at)

    def _has_ended(self, session: Session) -> bool | None:
        """Ask whether a session of ours has ended behind our back; None if the server did not answer, False if it does
        not say."""
        manager, collector = self._content.manager("sessionManager"), self._content.manager("propertyCollector")
        request = body.retrieve(collector, body.property_filter("SessionManager", "currentSession", [manager]))
        try:
            (content,) = soap_inventory.read_objects(session, collector, request)
            current = answers.property_of(content, "currentSession", _is_there)
        except WireFault as error:
            return error.fault.is_a("NotAuthenticated")
        except WireLost:
            return None
        except (Undecodable, ValueError):
            return False
        return current.missing.is_a("NotAuthenticated") if current.missing is not None else current.value is None

    def _count_losses(self, outcome: Outcome) -> None:
        """Raises TargetUnreachable once the server answers nothing any more, not even who it is."""
        if not isinstance(outcome, Lost):
            self._losses = 0
            return
        self._losses += 1
        if self._losses < _LOSSES:
            return
        self._losses = 0
        why = silence_of(hurried(self._wire))
        if why is not None:
            self._gone = f"{self._wire.endpoint} has stopped to answer: {why}"
            self._raise_if_gone()


def _is_there(_: Element) -> bool:
    """Read any value as True."""
    return True
