"""ViewManager.CreateListView and ListView: a list of objects that a session keeps on the server.

"The list of references corresponds to the input object list. You can modify the resulting list after you have created
the object." What can't be resolved, ModifyListView and ResetListView return; what CreateListView does with it, the page
does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.oracle import access
from taskconform.model.oracle.belief_watch import View
from taskconform.model.oracle.findings import Departure, MustAnswer, Said, question, refusal, rule
from taskconform.model.oracle.method import Method, always, judge_rules
from taskconform.model.oracle.owned import OWN, UNPRIVILEGED, advance_destroy, kept
from taskconform.model.oracle.standing import exists
from taskconform.model.vocabulary.calls import (
    CreateListView,
    DestroyView,
    ModifyListView,
    ObjectRef,
    ReadView,
    ResetListView,
)
from taskconform.model.vocabulary.outcomes import Faulted, Outcome, Property, Returned
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.model.oracle.belief import World
    from taskconform.model.vocabulary.outcomes import Interval

# --- CreateListView ---------------------------------------------------------------------------------------------------


@refusal("watch.unresolved-create", "MethodFault")
def something_may_not_resolve(world: World, call: CreateListView) -> bool | None:
    """A reference that cannot be resolved, or may not: silent, so a fault is allowed."""
    return False if all(exists(world, call.session, ref) for ref in call.objs) else None


@question("watch.unresolved-create")
def whether_a_view_is_made_without_it(world: World, call: CreateListView, outcome: Outcome) -> tuple[str, ...] | None:
    """CreateListView with a reference that never existed, and else with what surely can be resolved: a fault, or a view
    without it."""
    there = [exists(world, call.session, ref) for ref in call.objs]
    if False not in there or None in there or not world.is_full(call.session):
        return None
    if isinstance(outcome, Faulted):
        return None if outcome.fault.is_a("SecurityError") else ("refused",)
    return ("left-out",)


def advance_create(world: World, call: CreateListView, outcome: Outcome, _refused: tuple[str, ...]) -> World:
    """A view is its session's. What surely can be resolved is in it."""
    if not isinstance(outcome, Returned) or not isinstance(outcome.value, ObjectRef):
        return world
    objs: frozenset[Any] = frozenset(call.objs)
    there = frozenset(ref for ref in objs if exists(world, call.session, ref))
    spoiled = any(exists(world, call.session, ref) is False for ref in objs)
    view = View(session=call.session, members=objs, certain=there, changed=world.seq, spoiled=spoiled)
    return kept(world, "views", outcome.value.value, view)


# --- ModifyListView, ResetListView ------------------------------------------------------------------------------------


def given_to(call: ModifyListView | ResetListView) -> tuple[Any, ...]:
    """What a change puts into the list."""
    return call.add if isinstance(call, ModifyListView) else call.objs


@rule("watch.unresolved")
def returns_what_it_could_not_resolve(
    world: World, call: ModifyListView | ResetListView, unresolved: tuple[ObjectRef, ...], _at: Interval
) -> Said:
    """The page: "A list containing any objects in 'add' that could not be resolved": what never existed is in it. Live
    with such a reference."""
    never = [ref for ref in given_to(call) if exists(world, call.session, ref) is False]
    for ref in never:
        if ref not in unresolved:
            demand = MustAnswer(property="holds", value=ref)
            return Departure(demand=demand, observed=f"{ref.value} is not returned", situation="not returned")
    return True if never else None


@rule("watch.unresolved")
def returns_nothing_else(
    world: World, call: ModifyListView | ResetListView, unresolved: tuple[ObjectRef, ...], _at: Interval
) -> Said:
    """What surely can be resolved, or was not given, is not in it. Live where something was given that can."""
    named = {*given_to(call), *(call.remove if isinstance(call, ModifyListView) else ())}
    for ref in unresolved:
        if ref not in named or exists(world, call.session, ref):
            demand = MustAnswer(property="does not hold", value=ref)
            return Departure(demand=demand, observed=f"{ref.value} is returned", situation="returned")
    return True if any(exists(world, call.session, ref) for ref in given_to(call)) else None


ON_CHANGE: Final = (returns_what_it_could_not_resolve, returns_nothing_else)


def _given(world: World, call: Any, unresolved: Iterable[Any]) -> tuple[frozenset[ObjectRef], frozenset[ObjectRef]]:
    """What a change put into the list: what may be in it now, and what surely is. What it said it could not resolve is
    not in it, if that is true."""
    out = frozenset(unresolved)
    given = frozenset(given_to(call))
    there = frozenset(ref for ref in given - out if exists(world, call.session, ref))
    never = frozenset(ref for ref in given & out if exists(world, call.session, ref) is False)
    return given - never, there


def _beside(world: World, call: Any, there: frozenset[ObjectRef]) -> frozenset[ObjectRef]:
    """What was given beside something that never existed: "the operation will still succeed for all objects which could
    be resolved"."""
    spoiled = any(exists(world, call.session, ref) is False for ref in given_to(call))
    return there if spoiled else frozenset()


def advance_modify(world: World, call: ModifyListView, outcome: Outcome, refused: tuple[str, ...]) -> World:
    """Add and remove. What is in both is open. After a fault without reason, or a lost answer, anything of it may have
    been done."""
    value = call.view.value
    view = world.watched.views.get(value)
    if view is None or (isinstance(outcome, Faulted) and refused):
        return world
    out: frozenset[Any] = frozenset(call.remove)
    if not isinstance(outcome, Returned):
        doubt = evolve(view, members=view.members | frozenset(call.add), certain=view.certain - out, changed=world.seq)
        return kept(world, "views", value, doubt)
    may, there = _given(world, call, outcome.value if isinstance(outcome.value, tuple) else ())
    removed = view.removed.update({ref.value: world.seq for ref in out - may})
    after = evolve(
        view,
        members=(view.members - out) | may,
        certain=(view.certain | there) - out,
        beside=(view.beside - there - out) | (_beside(world, call, there) - view.certain),
        removed=removed,
        changed=world.seq,
    )
    return kept(world, "views", value, after)


def advance_reset(world: World, call: ResetListView, outcome: Outcome, refused: tuple[str, ...]) -> World:
    """The page: "Replaces the list with an entirely new set of objects"."""
    value = call.view.value
    view = world.watched.views.get(value)
    if view is None or (isinstance(outcome, Faulted) and refused):
        return world
    if not isinstance(outcome, Returned):
        objs: frozenset[Any] = frozenset(call.objs)
        doubt = evolve(view, members=view.members | objs, certain=view.certain & objs, changed=world.seq)
        return kept(world, "views", value, doubt)
    may, there = _given(world, call, outcome.value if isinstance(outcome.value, tuple) else ())
    after = evolve(
        view,
        members=may,
        certain=there,
        beside=_beside(world, call, there),
        removed=view.removed.update({ref.value: world.seq for ref in view.members - may}),
        changed=world.seq,
        spoiled=False,
    )
    return kept(world, "views", value, after)


# --- ManagedObjectView.view -------------------------------------------------------------------------------------------


def _view_of(world: World, call: ReadView) -> View | None:
    """The view that is read, if we made it."""
    return world.watched.views.get(call.view.value)


def _lacking(world: World, call: ReadView, wanted: Iterable[ObjectRef], listed: Any) -> Said:
    """Held if what surely is there is listed; None if nothing is."""
    live = False
    for ref in sorted(wanted, key=lambda one: one.value):
        if not exists(world, call.session, ref):
            continue
        live = True
        if ref not in listed:
            demand = MustAnswer(property="holds", value=ref)
            return Departure(demand=demand, observed=f"{ref.value} is not in the view", situation="lacking")
    return True if live else None


@rule("watch.view-list")
def lists_what_was_given(world: World, call: ReadView, answer: Property[tuple[ObjectRef, ...]], _at: Interval) -> Said:
    """The view property holds the resolvable references given. Those given beside one that can't be resolved are
    watch.unresolved's."""
    view = _view_of(world, call)
    return _lacking(world, call, view.certain - view.beside, answer.value or ()) if view is not None else None


@rule("watch.view-list")
def lists_nothing_else(world: World, call: ReadView, answer: Property[tuple[ObjectRef, ...]], _at: Interval) -> Said:
    """It holds nothing that was not given, or was removed."""
    view = _view_of(world, call)
    if view is None:
        return None
    for ref in answer.value or ():
        if ref not in view.members:
            demand = MustAnswer(property="does not hold", value=ref)
            never = exists(world, call.session, ref) is False
            situation = "unresolved" if never else "removed" if ref.value in view.removed else "never given"
            return Departure(demand=demand, observed=f"{ref.value} is in the view", situation=situation)
    return True if view.members or view.removed else None


@rule("watch.unresolved")
def lists_the_rest(world: World, call: ReadView, answer: Property[tuple[ObjectRef, ...]], _at: Interval) -> Said:
    """What was given beside a reference that can't be resolved is served. Where others are lacking, too, it is
    watch.view-list's."""
    view = _view_of(world, call)
    if view is None or isinstance(_lacking(world, call, view.certain - view.beside, answer.value or ()), Departure):
        return None
    return _lacking(world, call, view.certain & view.beside, answer.value or ())


@question("watch.unresolved-create")
def whether_it_was_left_out(world: World, call: ReadView, outcome: Outcome) -> tuple[str, ...] | None:
    """A view that was made with a reference that never existed is one without it."""
    view = _view_of(world, call)
    answer = outcome.value if isinstance(outcome, Returned) else None
    if view is None or not view.spoiled or not isinstance(answer, Property) or answer.missing is not None:
        return None
    never = [ref for ref in view.members if exists(world, call.session, ref) is False]
    listed: Any = answer.value or ()
    if not never:
        return None
    return () if any(ref in listed for ref in never) else ("left-out",)


ON_READ: Final = (lists_what_was_given, lists_nothing_else, lists_the_rest)


METHODS: Final[dict[type, Method]] = {
    CreateListView: Method(
        succeeds=always("watch.view-list"),
        advance=advance_create,
        refusals=(*access.ACCESS, something_may_not_resolve),
        questions=(whether_a_view_is_made_without_it,),
    ),
    ModifyListView: Method(
        succeeds=always("watch.unresolved"),
        advance=advance_modify,
        refusals=(*UNPRIVILEGED, *OWN),
        judge=judge_rules(*ON_CHANGE),
        checks=ON_CHANGE,
    ),
    ResetListView: Method(
        succeeds=always("watch.unresolved"),
        advance=advance_reset,
        refusals=(*UNPRIVILEGED, *OWN),
        judge=judge_rules(*ON_CHANGE),
        checks=ON_CHANGE,
    ),
    ReadView: Method(
        succeeds=always("watch.view-list"),
        advance=lambda world, _call, _outcome, _refused: world,
        refusals=(*UNPRIVILEGED, *OWN),
        questions=(whether_it_was_left_out,),
        judge=judge_rules(*ON_READ),
        checks=ON_READ,
        is_read=True,
    ),
    DestroyView: Method(succeeds=always("watch.destroyed"), advance=advance_destroy, refusals=(*access.ACCESS, *OWN)),
}
"""The methods of list views."""
