"""ViewManager.CreateListView and ListView: a list of objects that a session keeps on the server.

"The list of references corresponds to the input object list. You can modify the resulting list after you have created
the object." ModifyListView and ResetListView return the references that can't be resolved; the page does not say what
CreateListView does with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.oracle import access
from taskconform.model.oracle.access import OWN, UNPRIVILEGED, advance_destroy, with_owned
from taskconform.model.oracle.belief import exists
from taskconform.model.oracle.belief_watch import OPEN, View
from taskconform.model.oracle.checks import fault_condition, open_clause, rule
from taskconform.model.oracle.findings import Divergence, MustAnswer, Said
from taskconform.model.oracle.method import AnyMethod, Method, always, judge_by, no_effect
from taskconform.model.vocabulary.calls import (
    CreateListView,
    DestroyView,
    ModifyListView,
    ObjectRef,
    ReadView,
    ResetListView,
)
from taskconform.model.vocabulary.outcomes import Faulted, Outcome, Property, Returned, references_of
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.model.oracle.belief import Belief
    from taskconform.model.vocabulary.outcomes import Interval

# --- CreateListView ---------------------------------------------------------------------------------------------------


@fault_condition("watch.unresolved-create", "MethodFault")
def something_may_not_resolve(belief: Belief, call: CreateListView) -> bool | None:
    """A reference cannot be resolved, or may not be: the page is silent, so a fault is allowed."""
    return False if all(exists(belief, call.session, ref) for ref in call.objs) else None


@open_clause("watch.unresolved-create")
def view_without_unresolvable(belief: Belief, call: CreateListView, outcome: Outcome) -> tuple[str, ...] | None:
    """CreateListView with a reference that never existed among others that surely can be resolved: a fault, or a view
    without it."""
    there = [exists(belief, call.session, ref) for ref in call.objs]
    if False not in there or None in there or not belief.is_full(call.session):
        return None
    if isinstance(outcome, Faulted):
        return None if outcome.fault.is_a("SecurityError") else ("refused",)
    return ("left-out",)


def advance_create(belief: Belief, call: CreateListView, outcome: Outcome, _refused: tuple[str, ...]) -> Belief:
    """Remember a view. References that surely can be resolved are in it."""
    if not isinstance(outcome, Returned) or not isinstance(outcome.value, ObjectRef):
        return belief
    objs: frozenset[ObjectRef] = frozenset(call.objs)
    there = frozenset(ref for ref in objs if exists(belief, call.session, ref))
    has_unresolvable = any(exists(belief, call.session, ref) is False for ref in objs)
    view = View(
        session=call.session, members=objs, certain=there, changed=belief.seq, has_unresolvable=has_unresolvable
    )
    return with_owned(belief, "views", outcome.value.value, view)


# --- ModifyListView, ResetListView ------------------------------------------------------------------------------------


def references_given(call: ModifyListView | ResetListView) -> tuple[ObjectRef, ...]:
    """Return the references that a change puts into the list."""
    return call.add if isinstance(call, ModifyListView) else call.objs


@rule("watch.unresolved")
def returns_what_it_could_not_resolve(
    belief: Belief, call: ModifyListView | ResetListView, unresolved: tuple[ObjectRef, ...], _at: Interval
) -> Said:
    """The page: "A list containing any objects in 'add' that could not be resolved": a reference that never existed is
    in it. Exercised with such a reference."""
    never = [ref for ref in references_given(call) if exists(belief, call.session, ref) is False]
    for ref in never:
        if ref not in unresolved:
            demand = MustAnswer(property="holds", value=ref)
            return Divergence(demand=demand, observed=f"{ref.value} is not returned", situation="not returned")
    return True if never else None


@rule("watch.unresolved")
def returns_nothing_else(
    belief: Belief, call: ModifyListView | ResetListView, unresolved: tuple[ObjectRef, ...], _at: Interval
) -> Said:
    """A reference that surely can be resolved, or was not given, is not in it. Exercised where something was given that
    can."""
    named = {*references_given(call), *(call.remove if isinstance(call, ModifyListView) else ())}
    for ref in unresolved:
        if ref not in named or exists(belief, call.session, ref):
            demand = MustAnswer(property="does not hold", value=ref)
            return Divergence(demand=demand, observed=f"{ref.value} is returned", situation="returned")
    return True if any(exists(belief, call.session, ref) for ref in references_given(call)) else None


ON_CHANGE: Final = (returns_what_it_could_not_resolve, returns_nothing_else)


def _given(
    belief: Belief, call: ModifyListView | ResetListView, unresolved: Iterable[ObjectRef]
) -> tuple[frozenset[ObjectRef], frozenset[ObjectRef]]:
    """Return the references that a change put into the list: those that may be in it now, and those that surely are.
    One that was returned as not resolved is not in it, if that is true."""
    out = frozenset(unresolved)
    given = frozenset(references_given(call))
    there = frozenset(ref for ref in given - out if exists(belief, call.session, ref))
    never = frozenset(ref for ref in given & out if exists(belief, call.session, ref) is False)
    return given - never, there


def _beside(belief: Belief, call: ModifyListView | ResetListView, there: frozenset[ObjectRef]) -> frozenset[ObjectRef]:
    """Return what was given beside something that never existed: "the operation will still succeed for all objects
    which could be resolved"."""
    has_unresolvable = any(exists(belief, call.session, ref) is False for ref in references_given(call))
    return there if has_unresolvable else frozenset()


def advance_modify(belief: Belief, call: ModifyListView, outcome: Outcome, refused: tuple[str, ...]) -> Belief:
    """Add and remove references; one that is in both lists is open. After an undocumented fault, or a lost answer, any
    part of it may have been done."""
    value = call.view.value
    view = belief.watched.views.get(value)
    if view is None or (isinstance(outcome, Faulted) and refused):
        return belief
    out: frozenset[ObjectRef] = frozenset(call.remove)
    if not isinstance(outcome, Returned):
        doubt = evolve(view, members=view.members | frozenset(call.add), certain=view.certain - out, changed=belief.seq)
        return with_owned(belief, "views", value, doubt)
    may, there = _given(belief, call, references_of(outcome) or ())
    removed = view.removed.update({ref.value: belief.seq for ref in out - may})
    after = evolve(
        view,
        members=(view.members - out) | may,
        certain=(view.certain | there) - out,
        beside=(view.beside - there - out) | (_beside(belief, call, there) - view.certain),
        removed=removed,
        changed=belief.seq,
    )
    return with_owned(belief, "views", value, after)


def advance_reset(belief: Belief, call: ResetListView, outcome: Outcome, refused: tuple[str, ...]) -> Belief:
    """The page: "Replaces the list with an entirely new set of objects"."""
    value = call.view.value
    view = belief.watched.views.get(value)
    if view is None or (isinstance(outcome, Faulted) and refused):
        return belief
    if not isinstance(outcome, Returned):
        objs: frozenset[ObjectRef] = frozenset(call.objs)
        doubt = evolve(view, members=view.members | objs, certain=view.certain & objs, changed=belief.seq)
        return with_owned(belief, "views", value, doubt)
    may, there = _given(belief, call, references_of(outcome) or ())
    after = evolve(
        view,
        members=may,
        certain=there,
        beside=_beside(belief, call, there),
        removed=view.removed.update({ref.value: belief.seq for ref in view.members - may}),
        changed=belief.seq,
        has_unresolvable=False,
    )
    return with_owned(belief, "views", value, after)


# --- ManagedObjectView.view -------------------------------------------------------------------------------------------


def _view_of(belief: Belief, call: ReadView) -> View | None:
    """Return the view that is read; None if it is not known."""
    return belief.watched.views.get(call.view.value)


def _lacking(belief: Belief, call: ReadView, wanted: Iterable[ObjectRef], listed: tuple[ObjectRef, ...]) -> Said:
    """Check that references which surely are in the view are listed; None if there are none."""
    exercised = False
    for ref in sorted(wanted, key=lambda one: one.value):
        if not exists(belief, call.session, ref):
            continue
        exercised = True
        if ref not in listed:
            demand = MustAnswer(property="holds", value=ref)
            return Divergence(demand=demand, observed=f"{ref.value} is not in the view", situation="lacking")
    return True if exercised else None


@rule("watch.view-list")
def lists_what_was_given(
    belief: Belief, call: ReadView, answer: Property[tuple[ObjectRef, ...]], _at: Interval
) -> Said:
    """The view property holds the resolvable references given. watch.unresolved checks those given beside one that
    can't be resolved."""
    view = _view_of(belief, call)
    return _lacking(belief, call, view.certain - view.beside, answer.value or ()) if view is not None else None


@rule("watch.view-list")
def lists_nothing_else(belief: Belief, call: ReadView, answer: Property[tuple[ObjectRef, ...]], _at: Interval) -> Said:
    """The view holds no reference that was not given, or was removed."""
    view = _view_of(belief, call)
    if view is None or view.fate == OPEN:
        return None
    for ref in answer.value or ():
        if ref not in view.members:
            demand = MustAnswer(property="does not hold", value=ref)
            never = exists(belief, call.session, ref) is False
            situation = "unresolved" if never else "removed" if ref.value in view.removed else "never given"
            return Divergence(demand=demand, observed=f"{ref.value} is in the view", situation=situation)
    return True if view.members or view.removed else None


@rule("watch.unresolved")
def lists_the_rest(belief: Belief, call: ReadView, answer: Property[tuple[ObjectRef, ...]], _at: Interval) -> Said:
    """References given beside one that can't be resolved are served. If others are missing, too, watch.view-list is
    broken instead."""
    view = _view_of(belief, call)
    if view is None or isinstance(_lacking(belief, call, view.certain - view.beside, answer.value or ()), Divergence):
        return None
    return _lacking(belief, call, view.certain & view.beside, answer.value or ())


@open_clause("watch.unresolved-create")
def unresolvable_in_view(belief: Belief, call: ReadView, outcome: Outcome) -> tuple[str, ...] | None:
    """A view that was made with a reference that never existed does not hold it."""
    view = _view_of(belief, call)
    answer = outcome.value if isinstance(outcome, Returned) else None
    if view is None or not view.has_unresolvable or not isinstance(answer, Property) or answer.missing is not None:
        return None
    never = [ref for ref in view.members if exists(belief, call.session, ref) is False]
    listed = references_of(outcome) or ()
    if not never:
        return None
    return () if any(ref in listed for ref in never) else ("left-out",)


ON_READ: Final = (lists_what_was_given, lists_nothing_else, lists_the_rest)


METHODS: Final[dict[type, AnyMethod]] = {
    CreateListView: Method[CreateListView, object](
        succeeds=always("watch.view-list"),
        advance=advance_create,
        fault_conditions=(*access.ACCESS, something_may_not_resolve),
        open_clauses=(view_without_unresolvable,),
    ),
    ModifyListView: Method[ModifyListView, tuple[ObjectRef, ...]](
        succeeds=always("watch.unresolved"),
        advance=advance_modify,
        fault_conditions=(*UNPRIVILEGED, *OWN),
        judge=judge_by(*ON_CHANGE),
        checks=ON_CHANGE,
    ),
    ResetListView: Method[ResetListView, tuple[ObjectRef, ...]](
        succeeds=always("watch.unresolved"),
        advance=advance_reset,
        fault_conditions=(*UNPRIVILEGED, *OWN),
        judge=judge_by(*ON_CHANGE),
        checks=ON_CHANGE,
    ),
    ReadView: Method[ReadView, Property[tuple[ObjectRef, ...]]](
        succeeds=always("watch.view-list"),
        advance=no_effect,
        fault_conditions=(*UNPRIVILEGED, *OWN),
        open_clauses=(unresolvable_in_view,),
        judge=judge_by(*ON_READ),
        checks=ON_READ,
        is_read=True,
    ),
    DestroyView: Method[DestroyView, object](
        succeeds=always("watch.destroyed"), advance=advance_destroy, fault_conditions=(*access.ACCESS, *OWN)
    ),
}
"""The methods of list views."""
