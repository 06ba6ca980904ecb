"""Who may do what: the refusals that every method shares.

SessionManager: a session that is not logged in is refused by everything that asks for a privilege. A SecurityError kind
is what the page's privilege column means; which one, the page leaves open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.oracle.findings import only, refusal
from taskconform.model.vocabulary.calls import NOBODY
from taskconform.model.vocabulary.outcomes import SECOND, Property, RecentTaskUpdate

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import World
    from taskconform.model.vocabulary.outcomes import Fault

IDLE: Final = 15 * 60 * SECOND
"""From this much idle time on a server may have ended a session: half the default of vCenter, 30 minutes (EV 2.7)."""


@refusal("session.required", "SecurityError")
def nobody_is_logged_in(world: World, call: Any) -> bool | None:
    """The connection never logged in."""
    return call.session == NOBODY or world.session_of(call.session) is None


@refusal("session.logout", "SecurityError", "ManagedObjectNotFound")
def session_has_ended(world: World, call: Any) -> bool | None:
    """The session was logged out. Open where the answer to that was lost, and for one that has idled so long that the
    server may have ended it."""
    session = world.session_of(call.session)
    if session is None:
        return False
    if session.unsure or (session.live and world.now - session.used > IDLE):
        return None
    return not session.live


@refusal("session.no-view", "SecurityError")
def nothing_is_viewable(world: World, call: Any) -> bool | None:
    """The account may hold no System.View on the root folder: what it then gets is open, so this is never sure."""
    return None if world.account_of(call.session) == "outsider" else False


def may_be_shut_out(world: World, call: Any) -> bool:
    """Whether anything about the session, or its account, is not as usual."""
    session = world.session_of(call.session)
    usual = session is not None and session.live and not session.unsure and session.account != "outsider"
    return not usual or session is None or world.now - session.used > IDLE or call.session == NOBODY


def missing_in(value: object) -> Fault | None:
    """The fault that came in missingSet in the place of what a read asked for: one property, or every one of several.
    Where a read must be refused, that is as good as a method fault."""
    if isinstance(value, RecentTaskUpdate):
        value = value.recent_task
    if isinstance(value, Property):
        return value.missing
    faults = [getattr(one, "missing", None) for one in value] if isinstance(value, tuple) else []
    return faults[0] if faults and all(faults) else None


ACCESS = only(may_be_shut_out, nobody_is_logged_in, session_has_ended, nothing_is_viewable)
"""The refusals of every method that names a privilege."""
