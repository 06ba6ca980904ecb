"""From a recording to a history: its exchanges as calls and outcomes, in order, with what is not known left open.

- What came before the recording is unknown. A session that was there already is one that may have been logged in; of
  tasks, collectors and extensions that were there, nothing is known.
- Others may have used the server: it is nobody's own.
- Two requests under way at the same time happened in an order that nobody knows: where one of them changes something,
  the answer of the other (of both, if both do) counts as lost.
- Without an answer to CurrentTime the time of a call is unknown.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.execute import need_of
from taskconform.conformance.history import Episode, Exchange
from taskconform.conformance.recordings import properties, requests
from taskconform.conformance.recordings.clock import RecordedClock
from taskconform.conformance.recordings.sessions import LOGINS, UNNAMED, Sessions
from taskconform.conformance.recordings.wire import ANYTIME
from taskconform.conformance.targets import soap_decode, soap_xml
from taskconform.conformance.targets.soap_pseudonyms import Pseudonyms
from taskconform.conformance.targets.soap_xml import Undecodable, local
from taskconform.model import calls as c
from taskconform.model.declaration import About, Account, Declaration
from taskconform.model.outcomes import Fault, Faulted, Lost, Returned, TaskInfo, UserSession
from taskconform.model.plan import Act

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from xml.etree.ElementTree import Element

    from taskconform.conformance.recordings.wire import Recorded, Recording
    from taskconform.model.outcomes import Interval, Outcome
    from taskconform.model.plan import Plan

PART: Final = "recording"
BEFORE: Final = "before the recording began"
BESIDE: Final = "beside another request: which came first is not known"
OLDEST: Final = "2.5"
"""The API version of a server that does not say its own: what every version holds to is all that binds it."""
READS: Final = frozenset(
    {"RetrieveProperties", "RetrievePropertiesEx", "ContinueRetrievePropertiesEx", "WaitForUpdates", "WaitForUpdatesEx",
     "CheckForUpdates", "CurrentTime", "RetrieveServiceContent", "FindExtension", "QueryEvents"}
)  # fmt: skip
"""Methods that change nothing that another request could tell."""
UNKNOWN: Final = "unknown"
"""The account of a session whose Login was not recorded."""


@dataclass(slots=True)
class _Entry:
    """One exchange, parsed. `fault` or `response`, or neither: there was no answer that says anything."""

    exchange: Recorded
    request: Element
    name: str
    response: Element | None = None
    fault: Fault | None = None
    why: str = ""
    beside: bool = False


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
    _watching: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Nobody has done anything yet."""
        self._sessions = Sessions()

    # --- the whole ----------------------------------------------------------------------------------------------------

    def take(self, recording: Recording) -> None:
        """All that a recording holds, in order."""
        self.left.update(recording.beside)
        entries = [one for one in map(self._parsed, _in_order(recording.exchanges)) if one is not None]
        _mark_overlaps(entries)
        for entry in entries:
            if entry.name == "CurrentTime" and entry.response is not None:
                self._learn_time(entry)
        for entry in entries:
            self._take(entry)
        for fact in recording.facts:
            self._open(fact.call.session)
            self.made.append((fact.call, Returned(value=fact.value, at=fact.at)))
            self.judged += 1

    def _parsed(self, exchange: Recorded) -> _Entry | None:
        """An exchange as elements; None, and counted, for one whose request is not readable."""
        try:
            request = soap_xml.body_of(soap_xml.root_of(self._pseudonyms.hide(exchange.request)))
        except Undecodable:
            self.left["requests that are no SOAP"] += 1
            return None
        entry = _Entry(exchange, request, local(request.tag))
        if exchange.status not in (200, 500):
            entry.why = f"HTTP {exchange.status}"
            return entry
        try:
            response = soap_xml.body_of(soap_xml.root_of(self._pseudonyms.hide(exchange.answer)))
        except Undecodable as problem:
            entry.why = str(problem)
            return entry
        if local(response.tag) == "Fault":
            entry.fault = soap_decode.soap_fault(response)
        else:
            entry.response = response
        return entry

    def _learn_time(self, entry: _Entry) -> None:
        try:
            self._clock.learn(entry.exchange, entry.response)  # type: ignore[arg-type]  # there is one
        except Undecodable:
            self.left["CurrentTime"] += 1

    # --- one exchange -------------------------------------------------------------------------------------------------

    def _take(self, entry: _Entry) -> None:
        """The calls that one exchange stands for."""
        session = self._sessions.name_of(entry.exchange)
        at = self._clock.interval(entry.exchange)
        self._note_version(entry)
        before = len(self.made)
        try:
            self._dispatch(entry, session, at)
        except Undecodable:
            self.left[entry.name] += 1
            return
        if len(self.made) > before:
            self.judged += 1
        else:
            self.left[entry.name] += 1

    def _dispatch(self, entry: _Entry, session: str, at: Interval) -> None:
        name = entry.name
        if name == "RetrieveServiceContent":
            self._read_about(entry)
        elif name in LOGINS:
            self._log_in(entry, session, at)
        elif name == "Logout":
            self._open(session)
            named = self._sessions.named and session != UNNAMED
            self._say(c.Logout(session=session), entry, at, None, lost="" if named else "whose session it was is unsure")
        elif name == "TerminateSession":
            for other in self._sessions.others(session):
                self.made.append((c.Logout(session=other), Lost(why="a session was ended", at=at)))
        elif name in properties.RETRIEVALS:
            self._retrieve(entry, session, at)
        elif name in {"CreatePropertyCollector", "DestroyPropertyCollector", "DestroyPropertyFilter"}:
            self._collect(entry, session, at)
        elif name == "CreateFilter":
            self._filter(entry, session, at)
        elif name == "WaitForUpdatesEx":
            self._wait(entry, session, at)
        else:
            call = requests.read(session, entry.request)
            if call is not None:
                self._open(session)
                self._say(call, entry, at, lambda response: requests.value_of(entry.request, response))

    def _say(
        self,
        call: c.Call,
        entry: _Entry,
        at: Interval,
        decode: Callable[[Element], object] | None,
        *,
        lost: str = "",
    ) -> None:
        """One call and its outcome."""
        outcome: Outcome
        why = lost or entry.why or (BESIDE if entry.beside else "")
        if why:
            outcome = Lost(why=why, at=at)
        elif entry.fault is not None:
            outcome = Faulted(fault=entry.fault, at=at)
        else:
            value = decode(entry.response) if decode is not None else None  # type: ignore[arg-type]  # there is one
            outcome = Returned(value=value, at=at)  # type: ignore[arg-type]  # a Value
        self.made.append((call, outcome))

    # --- sessions -----------------------------------------------------------------------------------------------------

    def _open(self, session: str) -> None:
        """A session that was there before the recording, or whose Login is not in it: whether it was logged in, and
        what it held, is unknown."""
        if session in self._sessions.opened:
            return
        self._sessions.opened.add(session)
        lost = Lost(why=BEFORE, at=ANYTIME)
        self.made.append((c.Login(session=session, account=UNKNOWN), lost))
        self.made.append((c.CreateCollectorForTasks(session=session, filter=c.TaskFilterSpec()), lost))

    def _log_in(self, entry: _Entry, session: str, at: Interval) -> None:
        """A login. Without a cookie that tells sessions apart, a second one leaves open whose the requests are."""
        unsure = session in self._sessions.opened
        self._sessions.opened.add(session)
        if entry.fault is not None and not unsure:
            self._sessions.opened.discard(session)
            return
        account = self._sessions.account_of(entry.response)
        call = c.Login(session=session, account=account)
        if unsure:
            self.made.append((call, Lost(why="a second login of the same client", at=at)))
            return
        user = self._sessions.accounts[account]
        self._say(call, entry, at, lambda _: UserSession(user_name=user))

    def _read_about(self, entry: _Entry) -> None:
        """What the server says of itself."""
        if entry.response is None or self.about is not None:
            return
        about = soap_xml.required(soap_decode.returned(entry.response), "about")

        def of(name: str) -> str:
            return soap_xml.text_of(about, name) or ""

        self.about = About(
            name=of("name"),
            full_name=of("fullName"),
            vendor=of("vendor"),
            version=of("version"),
            build=of("build"),
            api_type=of("apiType"),
            api_version=of("apiVersion"),
            product_line_id=of("productLineId"),
            os_type=of("osType"),
        )

    def _note_version(self, entry: _Entry) -> None:
        """The API version that a client asked for and was answered in, for a server that does not say its own."""
        asked = entry.exchange.request_headers.get("soapaction", "").strip('"').rpartition("/")[2]
        if entry.response is not None and asked[:1].isdigit():
            self.version = asked

    # --- properties ---------------------------------------------------------------------------------------------------

    def _retrieve(self, entry: _Entry, session: str, at: Interval) -> None:
        if entry.response is None and entry.fault is None:
            return  # a read without an answer changes nothing
        for call, value in list(properties.retrieved(session, entry.request, entry.response)):
            self._open(session)
            self._say(call, entry, at, None if value is None else lambda _, value=value: value())

    def _collect(self, entry: _Entry, session: str, at: Interval) -> None:
        """PropertyCollectors of one's own, and filters."""
        self._open(session)
        if entry.name == "CreatePropertyCollector":
            call: c.Call = c.CreatePropertyCollector(session=session)
            self._say(call, entry, at, soap_decode.object_made)
            return
        ref = requests.this(entry.request)
        if entry.name == "DestroyPropertyCollector":
            self._say(c.DestroyPropertyCollector(session=session, collector=ref), entry, at, None)
        else:
            self._say(c.DestroyPropertyFilter(session=session, filter=ref), entry, at, None)

    def _filter(self, entry: _Entry, session: str, at: Interval) -> None:
        """A filter. A collector with one that no call stands for is opaque from then on: what its waits give is not
        known to be all that was watched."""
        self._open(session)
        ref = requests.this(entry.request)
        place = _place(session, ref)
        if ref.value in _DEFAULT:
            known = place not in self._opaque and place not in self._watching
            if known and properties.watches_recent_task(entry.request) and entry.response is not None:
                self._watching[place] = ""
            else:
                self._opaque.add(place)
            return
        call = properties.filter_call(session, entry.request)
        if call is None:
            self._opaque.add(place)
            return
        self._say(call, entry, at, soap_decode.object_made)

    def _wait(self, entry: _Entry, session: str, at: Interval) -> None:
        """A wait. One that was broken off says nothing: by what, stands elsewhere."""
        self._open(session)
        call = properties.wait_call(session, entry.request)
        place = _place(session, call.collector)  # type: ignore[arg-type]  # concrete
        if place in self._opaque:
            return
        lost = ""
        if entry.fault is not None and entry.fault.is_a("RequestCanceled"):
            lost = "the wait was broken off"
        if place in self._watching:
            self._wait_for_recent(entry, session, at, str(call.version), place)
        elif call.collector.value not in _DEFAULT:  # type: ignore[union-attr]  # concrete
            self._say(call, entry, at, soap_decode_update, lost=lost)

    def _wait_for_recent(self, entry: _Entry, session: str, at: Interval, version: str, place: str) -> None:
        """A wait for recentTask: from the start, or from the version that the last one gave."""
        fresh = not version
        if (not fresh and version != self._watching[place]) or entry.response is None:
            self._opaque.add(place)
            return
        update = properties.recent_update(entry.response)
        if update is None:
            self._opaque.add(place)
            return
        self._say(c.WaitForRecentTask(session=session, fresh=fresh), entry, at, lambda _: update)
        returned = soap_xml.child(entry.response, "returnval")
        if returned is not None:
            self._watching[place] = soap_xml.text_of(returned, "version") or ""

    # --- the history --------------------------------------------------------------------------------------------------

    def declaration(self, name: str, form: str) -> Declaration:
        """What is known of the server, and that nothing else is."""
        about = self.about or About(
            name="", full_name="", vendor="", version="", build="", api_type="", api_version=self.version or OLDEST
        )
        left = ", ".join(f"{what}: {count}" for what, count in sorted(self.left.items()) if count)
        accounts = {UNKNOWN: "", **self._sessions.accounts}
        return Declaration(
            name=name,
            about=about,
            capabilities=tuple(sorted({need_of(call) for call, _ in self.made} - {""})),
            accounts=tuple(Account(name=account, user_name=user) for account, user in accounts.items()),
            places={},
            extension_key="org.taskconform.nobody",
            identity={"recording": form, "judged": str(self.judged), "left aside": left or "nothing"},
            recorded=True,
        )

    def records(self, declaration: Declaration) -> list[Episode | Exchange]:
        """The history's records: one episode, whose plan is the calls themselves."""
        plan = _symbolic(self.made)
        begun = Episode(part=PART, number=0, phase="explore", plan=plan, declaration=declaration)
        exchanges = [Exchange(step=step, call=call, outcome=outcome) for step, (call, outcome) in enumerate(self.made)]
        return [begun, *exchanges]


def _symbolic(made: list[tuple[c.Call, Outcome]]) -> Plan:
    """The calls as a plan: what an earlier one made goes by that, as in the plans of runs, so that people can read
    it."""
    known: dict[str, c.Made] = {}
    plan: list[Act] = []
    for step, (call, outcome) in enumerate(made):
        plan.append(Act(call=_renamed(call, known)))
        value = outcome.value if isinstance(outcome, Returned) else None
        if isinstance(value, TaskInfo):
            known[value.task.value] = known[value.key] = c.Made(step=step)
        elif isinstance(value, c.ObjectRef):
            known[value.value] = c.Made(step=step)
    return tuple(plan)


def _renamed(call: Any, known: Mapping[str, c.Made]) -> c.Call:
    """A call, with the references in it to what is known."""
    changes: dict[str, Any] = {}
    for name in call.__slots__:
        value = getattr(call, name)
        if isinstance(value, c.ObjectRef) or (name == "parent_task_key" and value is not None):
            changes[name] = known.get(getattr(value, "value", value), value)
        elif isinstance(value, tuple) and value and isinstance(value[0], c.ObjectRef):
            changes[name] = tuple([known.get(one.value, one) for one in value])
    return replace(call, **changes) if changes else call  # type: ignore[no-any-return]  # a Call


_DEFAULT: Final = frozenset({"propertyCollector", "ha-property-collector", "PropertyCollector"})
"""The property collector that every session has."""


def _place(session: str, collector: c.ObjectRef) -> str:
    """A property collector: that which every session has is another one in each."""
    return f"{session} {collector.value}" if collector.value in _DEFAULT else collector.value


def soap_decode_update(response: Element) -> object:
    """The answer of WaitForUpdatesEx."""
    return properties.soap_updates.update_set(response)


def _in_order(exchanges: tuple[Recorded, ...]) -> list[Recorded]:
    """By when they began, where all say so; else as they stand."""
    if any(one.started is None for one in exchanges):
        return list(exchanges)
    return sorted(exchanges, key=lambda one: one.started or 0)


def _mark_overlaps(entries: list[_Entry]) -> None:
    """Mark the exchanges of which it is not known whether they came before or after one that changed something."""
    under_way: list[_Entry] = []
    for entry in entries:
        started = entry.exchange.started
        if started is None or entry.exchange.ended is None:
            continue
        under_way = [one for one in under_way if one.exchange.ended > started]  # type: ignore[operator]  # there is one
        for other in under_way:
            changes = entry.name not in READS, other.name not in READS
            entry.beside = entry.beside or changes[1]
            other.beside = other.beside or changes[0]
        under_way.append(entry)
