"""Who may do what: the refusals that every method shares.

SessionManager: a session that is not logged in is refused by everything that asks for a privilege. A SecurityError kind
is what the page's privilege column means; which one, the page leaves open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskconform.model.calls import NOBODY
from taskconform.model.findings import refusal

if TYPE_CHECKING:
    from taskconform.model.world import World


@refusal("session.required", "SecurityError")
def nobody_is_logged_in(world: World, call: Any) -> bool | None:
    """The connection never logged in."""
    return call.session == NOBODY or world.session_of(call.session) is None


@refusal("session.logout", "SecurityError", "ManagedObjectNotFound")
def session_has_ended(world: World, call: Any) -> bool | None:
    """The session was logged out."""
    session = world.session_of(call.session)
    return session is not None and not session.live


@refusal("session.no-view", "SecurityError")
def nothing_is_viewable(world: World, call: Any) -> bool | None:
    """The account may hold no System.View on the root folder: what it then gets is open, so this is never sure."""
    return None if world.account_of(call.session) == "outsider" else False


ACCESS = (nobody_is_logged_in, session_has_ended, nothing_is_viewable)
"""The refusals of every method that names a privilege."""
