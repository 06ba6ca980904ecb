"""Views, property collectors and filters belong to the session that made them: the refusals that all their methods
share.

"A view exists until you terminate it by calling the DestroyView method, or until the end of the session. Access to a
view is limited to the session in which it is created." A filter is "automatically destroyed when the session on which
it was created is closed or the PropertyCollector on which it was created is destroyed"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskconform.model.oracle import access
from taskconform.model.oracle.belief_watch import ALIVE, DESTROYED, ENDED, OPEN, PropertyCollector, PropertyFilter, View
from taskconform.model.oracle.findings import refusal
from taskconform.model.vocabulary.calls import NOBODY
from taskconform.model.vocabulary.outcomes import Faulted, Outcome, Returned
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import World


def place_of(call: Any) -> tuple[str, str]:
    """What a method is called on: its kind (`views`, `filters`, `collectors`) and its reference value."""
    for name in ("view", "filter", "collector"):
        ref = getattr(call, name, None)
        if ref is not None:
            return f"{name}s", ref.value
    raise TypeError(call)


def thing_of(world: World, call: Any) -> View | PropertyCollector | PropertyFilter | None:
    """The view, collector or filter that a method is called on, if we made it."""
    kind, value = place_of(call)
    thing: View | PropertyCollector | PropertyFilter | None = getattr(world.watched, kind).get(value)
    return thing


@refusal("watch.destroyed", "ManagedObjectNotFound")
def is_destroyed(world: World, call: Any) -> bool | None:
    """Use after DestroyView, DestroyPropertyFilter or DestroyPropertyCollector: "a request refers to a managed object
    that no longer exists"."""
    thing = thing_of(world, call)
    if thing is None or thing.fate == OPEN:
        return None
    return thing.fate == DESTROYED


@refusal("watch.session-bound", "MethodFault")
def ended_with_its_session(world: World, call: Any) -> bool | None:
    """Its session was logged out, and a later one uses it. What the ended session itself gets is session.logout's."""
    thing = thing_of(world, call)
    if thing is None:
        return None
    if thing.fate == ENDED:
        own = thing.session == call.session
        return True if world.logged_in(call.session) else False if own else None
    return False if world.logged_in(thing.session) else None


@refusal("watch.private", "MethodFault")
def belongs_to_another_session(world: World, call: Any) -> bool | None:
    """A view of another live session. Of collectors and filters the page says that sessions cannot share them, and of
    no fault: for those it is open."""
    thing = thing_of(world, call)
    if thing is None or thing.session == call.session or thing.fate == ENDED:
        return False
    known = call.session == NOBODY or world.logged_in(call.session)
    if not isinstance(thing, View) or thing.fate != ALIVE or not world.logged_in(thing.session) or not known:
        return None
    return True


OWN = (is_destroyed, ended_with_its_session, belongs_to_another_session)
"""The refusals of every method that is called on one of them."""

UNPRIVILEGED = (access.session_has_ended, access.nothing_is_viewable)
"""What stands before those where the page names no privilege: there is nothing then that a login is required for."""


def kept(world: World, kind: str, value: str, thing: Any) -> World:
    """This world, with a view, collector or filter added or replaced."""
    return evolve(world, watched=world.watched.having(kind, value, thing))


def advance_destroy(world: World, call: Any, outcome: Outcome, refused: tuple[str, ...]) -> World:
    """Destroyed is destroyed, whoever did it. After a fault without reason, or a lost answer, it is open. A collector
    takes its filters along."""
    kind, value = place_of(call)
    thing = getattr(world.watched, kind).get(value)
    if thing is None or (isinstance(outcome, Faulted) and refused):
        return world
    fate = DESTROYED if isinstance(outcome, Returned) else OPEN
    world = evolve(world, watched=world.watched.with_fate(kind, value, fate))
    if isinstance(thing, PropertyCollector):
        for one in thing.filters:
            if world.watched.filters[one].fate == ALIVE:
                world = evolve(world, watched=world.watched.with_fate("filters", one, fate))
    return world
