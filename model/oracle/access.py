"""Access: the fault conditions that methods share.

SessionManager: a session that is not logged in gets a fault from every method that requires a privilege. The page's
privilege column means some kind of SecurityError; it leaves open which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.oracle.belief_watch import (
    ALIVE,
    DESTROYED,
    ENDED,
    OPEN,
    Owned,
    PropertyCollector,
    View,
)
from taskconform.model.oracle.checks import fault_condition, only
from taskconform.model.vocabulary.calls import (
    NOBODY,
    BreakOffWait,
    Call,
    CreateFilter,
    DestroyPropertyCollector,
    DestroyPropertyFilter,
    DestroyView,
    ModifyListView,
    ReadView,
    ResetListView,
    WaitForUpdatesEx,
)
from taskconform.model.vocabulary.outcomes import SECOND, Faulted, Outcome, Property, RecentTaskUpdate, Returned
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import Belief
    from taskconform.model.vocabulary.outcomes import Fault

IDLE: Final = 15 * 60 * SECOND
"""Idle time after which a server may have ended a session: half of vCenter's default, 30 minutes (EV 2.7)."""


@fault_condition("session.required", "SecurityError")
def nobody_is_logged_in(belief: Belief, call: Call) -> bool | None:
    """The connection never logged in."""
    return call.session == NOBODY or belief.session_of(call.session) is None


@fault_condition("session.logout", "SecurityError", "ManagedObjectNotFound")
def session_has_ended(belief: Belief, call: Call) -> bool | None:
    """The session was logged out. This is not known if the answer to Logout was lost, or if the session has idled so
    long that the server may have ended it."""
    session = belief.session_of(call.session)
    if session is None:
        return False
    if session.unsure or (session.live and belief.now - session.used > IDLE):
        return None
    return not session.live


@fault_condition("session.no-view", "SecurityError")
def nothing_is_viewable(belief: Belief, call: Call) -> bool | None:
    """The account holds no System.View on the root folder: the page leaves open what it gets, so this is never sure."""
    return None if belief.account_of(call.session) == "outsider" else False


def may_be_shut_out(belief: Belief, call: Call) -> bool:
    """Return True if the session may not be logged in, or its account may hold no privilege."""
    session = belief.session_of(call.session)
    usual = session is not None and session.live and not session.unsure and session.account != "outsider"
    return not usual or session is None or belief.now - session.used > IDLE or call.session == NOBODY


def missing_in(value: object) -> Fault | None:
    """Return the fault in missingSet that stands for what a read asked for: for one property, or for each of several.
    Where a read must fault, it counts as a method fault."""
    if isinstance(value, RecentTaskUpdate):
        value = value.recent_task
    if isinstance(value, Property):
        return value.missing
    faults = [getattr(one, "missing", None) for one in value] if isinstance(value, tuple) else []
    return faults[0] if faults and all(faults) else None


ACCESS = only(may_be_shut_out, nobody_is_logged_in, session_has_ended, nothing_is_viewable)
"""The fault conditions of every method that names a privilege."""


# --- views, property collectors and filters belong to a session -------------------------------------------------------


OnOwned = (
    ModifyListView
    | ResetListView
    | ReadView
    | DestroyView
    | CreateFilter
    | WaitForUpdatesEx
    | BreakOffWait
    | DestroyPropertyFilter
    | DestroyPropertyCollector
)
"""The calls on a view, a property collector or a filter."""


def place_of(call: OnOwned) -> tuple[str, str]:
    """Return the kind (`views`, `filters`, `collectors`) and the reference value of what a method is called on."""
    if isinstance(call, DestroyPropertyFilter):
        return "filters", call.filter.value
    if isinstance(call, ModifyListView | ResetListView | ReadView | DestroyView):
        return "views", call.view.value
    return "collectors", call.collector.value


def thing_of(belief: Belief, call: OnOwned) -> Owned | None:
    """Return the view, collector or filter that a method is called on, if a call of the suite made it."""
    kind, value = place_of(call)
    return belief.watched.of_kind(kind).get(value)


@fault_condition("watch.destroyed", "ManagedObjectNotFound")
def is_destroyed(belief: Belief, call: OnOwned) -> bool | None:
    """The call uses an object after DestroyView, DestroyPropertyFilter or DestroyPropertyCollector: "a request refers
    to a managed object that no longer exists"."""
    thing = thing_of(belief, call)
    if thing is None or thing.fate == OPEN:
        return None
    return thing.fate == DESTROYED


@fault_condition("watch.session-bound", "MethodFault")
def ended_with_its_session(belief: Belief, call: OnOwned) -> bool | None:
    """The session that made it was logged out, and a later session uses it. The ended session itself is
    session.logout's."""
    thing = thing_of(belief, call)
    if thing is None:
        return None
    if thing.fate == ENDED:
        own = thing.session == call.session
        return True if belief.logged_in(call.session) else False if own else None
    return False if belief.logged_in(thing.session) else None


@fault_condition("watch.private", "MethodFault")
def belongs_to_another_session(belief: Belief, call: OnOwned) -> bool | None:
    """A view of another live session. The page says that sessions cannot share collectors and filters, and names no
    fault: for those it is open."""
    thing = thing_of(belief, call)
    if thing is None or thing.session == call.session or thing.fate == ENDED:
        return False
    known = call.session == NOBODY or belief.logged_in(call.session)
    if not isinstance(thing, View) or thing.fate != ALIVE or not belief.logged_in(thing.session) or not known:
        return None
    return True


OWN = (is_destroyed, ended_with_its_session, belongs_to_another_session)
"""The fault conditions of every call on one of them."""

UNPRIVILEGED = (session_has_ended, nothing_is_viewable)
"""The fault conditions that come before those where the page names no privilege: such a call needs no login."""


def with_owned(belief: Belief, kind: str, value: str, thing: Owned) -> Belief:
    """Return the belief with a view, collector or filter added or replaced."""
    return evolve(belief, watched=belief.watched.having(kind, value, thing))


def advance_destroy(belief: Belief, call: OnOwned, outcome: Outcome, refused: tuple[str, ...]) -> Belief:
    """The object is gone, whichever session destroyed it. After an undocumented fault, or a lost answer, that is open.
    The filters of a collector go with it."""
    kind, value = place_of(call)
    thing = belief.watched.of_kind(kind).get(value)
    if thing is None or (isinstance(outcome, Faulted) and refused):
        return belief
    fate = DESTROYED if isinstance(outcome, Returned) else OPEN
    belief = evolve(belief, watched=belief.watched.with_fate(kind, value, fate))
    if isinstance(thing, PropertyCollector):
        for one in thing.filters:
            if belief.watched.filters[one].fate == ALIVE:
                belief = evolve(belief, watched=belief.watched.with_fate("filters", one, fate))
    return belief
