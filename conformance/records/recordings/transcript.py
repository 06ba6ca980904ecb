"""The history that a recording of one server stands for: its exchanges as calls and outcomes, in order.

- The past of the recording is unknown. A session that was there already may have been logged in; of tasks, collectors
  and extensions that were there, nothing is known.
- Two requests under way at the same time happened in an order that nobody knows: where one of them changes something,
  the answer of the other (of both, if both do) counts as lost.
- A call that the vocabulary has not, or that cannot be read, may have done anything to the objects that it names
  (`taints`).
- Without an answer to CurrentTime the time of a call is unknown.

That calls may be missing, and others may have acted, is the oracle's to know (`doubt`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.records.recordings import properties
from taskconform.conformance.records.recordings.clock import RecordedClock
from taskconform.conformance.records.recordings.order import READS, Entry, in_order, is_timed, mark_overlaps
from taskconform.conformance.records.recordings.sessions import LOGINS, UNNAMED, Sessions
from taskconform.conformance.records.recordings.taints import references_in, tainting
from taskconform.conformance.records.recordings.wire import ANYTIME
from taskconform.conformance.targets.soap import inventory as soap_inventory
from taskconform.conformance.targets.soap.pseudonyms import Pseudonyms
from taskconform.conformance.wire import answers, xml
from taskconform.conformance.wire.table import METHODS
from taskconform.conformance.wire.xml import Undecodable, local
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.outcomes import Faulted, Lost, Returned, UserSession

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

    from taskconform.conformance.records.recordings.wire import Recorded, Recording
    from taskconform.model.vocabulary.declaration import About
    from taskconform.model.vocabulary.outcomes import Interval, Outcome

BEFORE: Final = "before the recording began"
BESIDE: Final = "beside another request: which came first is not known"
TELLING: Final = frozenset({"RetrieveServiceContent", "CurrentTime"})
"""Methods that come to no call, and tell something all the same."""
UNKNOWN: Final = "unknown"
"""The account of a session whose Login was not recorded."""


@dataclass(slots=True)
class Transcript:
    """A history being made. `judged` counts the exchanges that came to calls, `left` what did not, by method."""

    made: list[tuple[c.Call, Outcome]] = field(default_factory=list)
    about: About | None = None
    version: str = ""
    judged: int = 0
    left: Counter[str] = field(default_factory=Counter)
    _pseudonyms: Pseudonyms = field(default_factory=Pseudonyms)
    _clock: RecordedClock = field(default_factory=RecordedClock)
    _sessions: Sessions = field(init=False)
    _opaque: set[str] = field(default_factory=set)
    _watching: dict[str, tuple[str, str]] = field(default_factory=dict)
    _abouts: set[tuple[str, ...]] = field(default_factory=set)
    reliance: str = "in-order"
    _tokens: dict[tuple[str, str], Element] = field(default_factory=dict)
    _refs: set[str] = field(default_factory=set)
    _seen: int = 0

    def __post_init__(self) -> None:
        """Start without sessions."""
        self._sessions = Sessions()

    @property
    def accounts(self) -> dict[str, str]:
        """The accounts of the sessions, each with its user name as the server spells it."""
        return {UNKNOWN: "", **self._sessions.accounts}

    # --- the whole ----------------------------------------------------------------------------------------------------

    def take(self, recording: Recording) -> None:
        """Take all that a recording holds, in order."""
        self.left.update(recording.beside)
        if not is_timed(recording.exchanges):
            self.reliance = "unordered"
        entries = [one for one in map(self._parsed, in_order(recording.exchanges)) if one is not None]
        self._sessions.tell_apart(entries)
        mark_overlaps(entries)
        for entry in entries:
            if entry.name == "CurrentTime" and entry.response is not None:
                self._learn_time(entry)
        for entry in entries:
            self._take(entry)
        for fact in recording.facts:
            self._open(fact.call.session)
            self.made.append((fact.call, Returned(value=fact.value, at=fact.at)))
            self.judged += 1
        if len(self._abouts) > 1:
            self.reliance = "mixed"

    def _parsed(self, exchange: Recorded) -> Entry | None:
        """Return an exchange as elements; None for one whose request is not readable, which is counted."""
        try:
            request = xml.body_of(xml.root_of(self._pseudonyms.hide(exchange.request)))
        except Undecodable:
            self.left["requests that are no SOAP"] += 1
            return None
        entry = Entry(exchange, request, local(request.tag))
        if exchange.status not in (200, 500):
            entry.why = f"HTTP {exchange.status}"
            return entry
        try:
            response = xml.body_of(xml.root_of(self._pseudonyms.hide(exchange.answer)))
        except Undecodable as problem:
            entry.why = str(problem)
            return entry
        if local(response.tag) == "Fault":
            entry.fault = answers.soap_fault(response)
        else:
            entry.response = response
        return entry

    def _learn_time(self, entry: Entry) -> None:
        try:
            self._clock.learn(entry.exchange, entry.response)  # type: ignore[arg-type]  # there is one
        except Undecodable:
            self.left["CurrentTime"] += 1

    # --- one exchange -------------------------------------------------------------------------------------------------

    def _take(self, entry: Entry) -> None:
        """Take the calls that one exchange stands for."""
        session = self._sessions.name_of(entry.exchange)
        at = self._clock.interval(entry.exchange)
        self._note_version(entry)
        before = len(self.made)
        try:
            self._dispatch(entry, session, at)
        except Undecodable:
            del self.made[before:]
        if len(self.made) > before:
            self.judged += 1
        elif entry.name not in TELLING:
            self.left[entry.name] += 1
            if entry.name not in READS and entry.fault is None:
                self._taint(entry, session, at)

    def _taint(self, entry: Entry, session: str, at: Interval) -> None:
        """Take it that a call which is none of ours did anything to the objects that it names."""
        lost = Lost(why=f"{entry.name} may have changed it", at=at)
        for call in tainting(session, entry.request, self._named):
            self._open(session)
            self.made.append((call, lost))

    @property
    def _named(self) -> frozenset[str]:
        """The reference values that calls or answers so far hold."""
        while self._seen < len(self.made):
            call, outcome = self.made[self._seen]
            self._refs.update(references_in(call), references_in(outcome))
            self._seen += 1
        return frozenset(self._refs)

    def _dispatch(self, entry: Entry, session: str, at: Interval) -> None:
        name = entry.name
        if name in LOGINS:
            self._log_in(entry, session, at)
        elif name in properties.RETRIEVALS:
            self._retrieve(entry, session, at)
        elif name in _OWN:
            _OWN[name](self, entry, session, at)
        else:
            row = METHODS.get(name)
            call = row.read(session, entry.request) if row is not None and row.recorded else None
            if row is not None and call is not None:
                self._open(session)
                self._say(call, entry, at, row.answer)

    def _log_out(self, entry: Entry, session: str, at: Interval) -> None:
        """Take a logout; without a cookie it leaves open who is still logged in."""
        self._open(session)
        named = self._sessions.named and session != UNNAMED
        self._say(c.Logout(session=session), entry, at, None, lost="" if named else "whose session it was is unsure")

    def _terminate(self, _: Entry, session: str, at: Interval) -> None:
        """Take the end of some session by another one; the recording does not tell which."""
        for other in self._sessions.others(session):
            self.made.append((c.Logout(session=other), Lost(why="a session was ended", at=at)))

    def _say(
        self,
        call: c.Call,
        entry: Entry,
        at: Interval,
        decode: Callable[[Element], object] | None,
        *,
        lost: str = "",
    ) -> None:
        """Add one call and its outcome."""
        outcome: Outcome
        why = lost or entry.why or (BESIDE if entry.beside else "")
        if why:
            outcome = Lost(why=why, at=at)
        elif entry.fault is not None:
            outcome = Faulted(fault=entry.fault, at=at)
        else:
            outcome = self._returned(entry, at, decode)
        self.made.append((call, outcome))

    def _returned(self, entry: Entry, at: Interval, decode: Callable[[Element], object] | None) -> Outcome:
        """Return the outcome of a call that was answered; an answer that cannot be read is lost."""
        try:
            value = decode(entry.response) if decode is not None else None  # type: ignore[arg-type]  # there is one
        except Undecodable as problem:
            self.left[f"answers of {entry.name} that cannot be read"] += 1
            return Lost(why=str(problem), at=at)
        return Returned(value=value, at=at)  # type: ignore[arg-type]  # a Value

    # --- sessions -----------------------------------------------------------------------------------------------------

    def _open(self, session: str) -> None:
        """Open a session whose Login was not recorded: whether it was logged in, and what it held, is unknown."""
        if session in self._sessions.opened:
            return
        self._sessions.opened.add(session)
        lost = Lost(why=BEFORE, at=ANYTIME)
        self.made.append((c.Login(session=session, account=UNKNOWN), lost))
        self.made.append((c.CreateCollectorForTasks(session=session, filter=c.TaskFilterSpec()), lost))

    def _log_in(self, entry: Entry, session: str, at: Interval) -> None:
        """Take a login. Without a cookie that tells sessions apart, a second one leaves open whose the requests are."""
        unsure = session in self._sessions.opened
        self._sessions.opened.add(session)
        if entry.fault is not None and not unsure:
            self._sessions.opened.discard(session)
            return
        account = self._sessions.account_of(entry.response)
        self._sessions.note_login(session, account)
        call = c.Login(session=session, account=account, locale=self._sessions.locale_of(entry))
        if unsure:
            self.made.append((call, Lost(why="a second login of the same client", at=at)))
            return
        user = self._sessions.accounts[account]
        self._say(call, entry, at, lambda _: UserSession(user_name=user))
        if session == UNNAMED:  # other sessions may be hidden behind the same name
            lost = Lost(why=BEFORE, at=ANYTIME)
            self.made.append((c.CreateCollectorForTasks(session=session, filter=c.TaskFilterSpec()), lost))

    def _set_locale(self, entry: Entry, session: str, at: Interval) -> None:
        """Take it that a session's locale is no longer known."""
        self._open(session)
        account = self._sessions.last_account(session)
        self.made.append((c.Login(session=session, account=account or UNKNOWN), Lost(why=f"{entry.name}", at=at)))

    def _read_about(self, entry: Entry, _session: str, _at: Interval) -> None:
        """Take AboutInfo."""
        if entry.response is None:
            return
        content = answers.returned(entry.response)
        about = soap_inventory.about_of(content)
        told = xml.required(content, "about")
        self._abouts.add((about.full_name, about.build, xml.text_of(told, "instanceUuid") or ""))
        self.about = self.about or about

    def _note_version(self, entry: Entry) -> None:
        """Note the API version that a client asked for and was answered in, for a server that does not say its own."""
        asked = entry.exchange.request_headers.get("soapaction", "").strip('"').rpartition("/")[2]
        if entry.response is not None and asked[:1].isdigit():
            self.version = asked

    # --- properties ---------------------------------------------------------------------------------------------------

    def _retrieve(self, entry: Entry, session: str, at: Interval) -> None:
        if entry.response is None and entry.fault is None:
            return  # a read without an answer changes nothing
        request = entry.request
        if entry.name == "ContinueRetrievePropertiesEx":
            first = self._tokens.pop((session, xml.text_of(request, "token") or ""), None)
            if first is None:
                return
            request = first
        read = properties.fetched if entry.name == "Fetch" else properties.retrieved
        if entry.response is not None and (token := properties.token_of(entry.response)):
            self._tokens[session, token] = request
        for call, value in list(read(session, request, entry.response)):
            self._open(session)
            self._say(call, entry, at, None if value is None else partial(_made_by, value))

    def _events(self, entry: Entry, session: str, at: Interval) -> None:
        """Take events: each TaskEvent among them, as a query for its chain gives it."""
        if entry.response is None or entry.beside:
            return
        for event in answers.answer_reader(entry.name)(entry.response):
            self._open(session)
            call = c.QueryTaskEvents(session=session, chain=event.chain_id)
            self.made.append((call, Returned(value=(event,), at=at)))

    def _filter(self, entry: Entry, session: str, at: Interval) -> None:
        """Take a filter. If no call stands for it, its collector is opaque from then on: its waits may tell of objects
        that no call watches."""
        self._open(session)
        ref = xml.reference(xml.required(entry.request, "_this"))
        place = properties.place_of(session, ref)
        if ref.value in properties.DEFAULT:
            known = place not in self._opaque and place not in self._watching
            if known and properties.watches_recent_task(entry.request) and entry.response is not None:
                self._watching[place] = ("", answers.answer_reader("CreateFilter")(entry.response).value)
            else:
                self._opaque.add(place)
            return
        call = properties.filter_call(session, entry.request)
        if call is None:
            self._opaque.add(place)
            return
        self._say(call, entry, at, answers.answer_reader("CreateFilter"))

    def _wait(self, entry: Entry, session: str, at: Interval) -> None:
        """Take a wait. One that was broken off is lost: another request tells what broke it off."""
        self._open(session)
        if entry.response is not None and not entry.beside:
            for read, value in list(properties.told(session, entry.response)):
                self._say(read, entry, at, partial(_made_by, value))
        call: Any = METHODS["WaitForUpdatesEx"].read(session, entry.request)
        place = properties.place_of(session, call.collector)
        if place in self._opaque:
            return
        lost = ""
        if entry.fault is not None and entry.fault.is_a("RequestCanceled"):
            lost = "the wait was broken off"
        if place in self._watching:
            self._wait_for_recent(entry, session, at, str(call.version), place)
        elif call.collector.value not in properties.DEFAULT:
            self._say(call, entry, at, METHODS["WaitForUpdatesEx"].answer, lost=lost)

    def _wait_for_recent(self, entry: Entry, session: str, at: Interval, version: str, place: str) -> None:
        """Take a wait for recentTask: from the start, or from the version that the last one gave."""
        fresh = not version
        known, ours = self._watching[place]
        if (not fresh and version != known) or entry.response is None or entry.beside:
            self._opaque.add(place)
            return
        update = properties.recent_update(entry.response, ours)
        if update is None or (fresh and not update.changed):
            self._opaque.add(place)  # the filter may be gone
            return
        self._say(c.WaitForRecentTask(session=session, fresh=fresh), entry, at, lambda _: update)
        returned = xml.child(entry.response, "returnval")
        if returned is not None:
            self._watching[place] = (xml.text_of(returned, "version") or "", ours)

    def _destroy_filter(self, entry: Entry, session: str, at: Interval) -> None:
        """Take the end of a filter; one on recentTask is watched no longer."""
        ref = xml.reference(xml.required(entry.request, "_this"))
        for place, (_, ours) in self._watching.items():
            if ours == ref.value:
                self._opaque.add(place)
        row = METHODS["DestroyPropertyFilter"]
        call = row.read(session, entry.request)
        if call is not None:
            self._open(session)
            self._say(call, entry, at, row.answer)


def _made_by(make: Callable[[], object], _: Element) -> object:
    """Return a value that was read off the answer before."""
    return make()


_OWN: Final[dict[str, Callable[[Transcript, Entry, str, Interval], None]]] = {
    "RetrieveServiceContent": Transcript._read_about,  # noqa: SLF001  # its own
    "Logout": Transcript._log_out,  # noqa: SLF001
    "TerminateSession": Transcript._terminate,  # noqa: SLF001
    "ReadNextEvents": Transcript._events,  # noqa: SLF001
    "ReadPreviousEvents": Transcript._events,  # noqa: SLF001
    "QueryEvents": Transcript._events,  # noqa: SLF001
    "SetLocale": Transcript._set_locale,  # noqa: SLF001
    "CreateFilter": Transcript._filter,  # noqa: SLF001
    "DestroyPropertyFilter": Transcript._destroy_filter,  # noqa: SLF001
    "WaitForUpdatesEx": Transcript._wait,  # noqa: SLF001
    "WaitForUpdates": Transcript._wait,  # noqa: SLF001
    "CheckForUpdates": Transcript._wait,  # noqa: SLF001
}
"""The methods that change what is known of sessions or collectors."""
