"""PropertyCollector.WaitForUpdatesEx: the objects that a wait watches, the version it starts from, and its effect.

A change calculation goes from the version passed in to the one that comes back. It may come in several truncated sets,
which follow each other (`Chain`). The picture of a version is what a client has learned by following the versions up to
it. `updates` has the checks of the sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from immutables import Map
from msgspec import Struct

from taskconform.model.oracle.belief import exists, states_since
from taskconform.model.oracle.belief_watch import (
    ALIVE,
    LEFT,
    MISSING,
    Chain,
    Key,
    Picture,
    PropertyCollector,
    PropertyFilter,
    Version,
    View,
)
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import Belief
    from taskconform.model.vocabulary.calls import BreakOffWait, ObjectRef, WaitForUpdatesEx
    from taskconform.model.vocabulary.outcomes import TaskInfo, UpdateSet


class Wait(Struct, frozen=True, kw_only=True, gc=False):
    """A wait that was answered: the call, its collector, the collector's live filters, and the calculation that its
    answer belongs to, with what that answer delivered."""

    call: WaitForUpdatesEx
    collector: PropertyCollector
    filters: dict[str, PropertyFilter]
    chain: Chain
    complete: bool

    @property
    def is_sure(self) -> bool:
        """Return True if no fault and no lost answer came between the version passed in and now."""
        return self.chain.base.seq >= self.collector.failed_wait_seq

    @property
    def first(self) -> bool:
        """Return True if the calculation started from the initial version, the empty string."""
        return not self.chain.name


# --- what is watched, and by which calculation ------------------------------------------------------------------------


def filters_of(belief: Belief, collector: PropertyCollector) -> dict[str, PropertyFilter]:
    """Return the live filters of a collector, by reference value."""
    known = ((name, belief.watched.filters[name]) for name in collector.filters)
    return {name: one for name, one in known if one.fate == ALIVE}


VIEWS: Final = frozenset({"ListView", "ContainerView", "InventoryView", "ManagedObjectView", "View"})
"""Types of objects that stand for the tasks in them."""


def is_through_a_view(belief: Belief, watching: PropertyFilter) -> bool:
    """Return True if a filter watches what is in a view, known or not."""
    return view_of(belief, watching) is not None or any(ref.type in VIEWS for ref in watching.watched)


def view_of(belief: Belief, watching: PropertyFilter) -> View | None:
    """Return the list view that a filter watches; None if it watches something else."""
    return belief.watched.views.get(watching.watched[0].value) if watching.watched else None


def surely_watched(belief: Belief, watching: PropertyFilter, since: int) -> frozenset[ObjectRef]:
    """Return the tasks that a filter surely has been watching since a call number: those named, or those in a view of
    its own session."""
    view = view_of(belief, watching)
    if watching.made > since:
        return frozenset()
    if view is None:
        return frozenset() if is_through_a_view(belief, watching) else frozenset(watching.watched)
    is_there = view.fate == ALIVE and view.session == watching.session
    return view.certain if is_there and view.changed <= since else frozenset()


def states_in(answer: UpdateSet | None) -> dict[Key, str]:
    """Return the states that an update set delivers, object by object."""
    found: dict[Key, str] = {}
    for update in answer.updates if answer is not None else ():
        word = LEFT if update.kind == "leave" else update.state
        if word is None and update.missing is not None:
            word = MISSING
        if word is not None:
            found[update.filter.value, update.obj.value] = word
    for ref in answer.missing if answer is not None else ():
        found["", ref.value] = MISSING
    return found


def _gone_on(chain: Chain, answer: UpdateSet | None) -> Chain:
    """Return a calculation with one more set."""
    told = states_in(answer)
    said = answer.updates if answer is not None else ()
    other = any(one.kind != "leave" and one.state is None and one.missing is None for one in said)
    news = other or any(chain.delivered.get(key) != word for key, word in told.items())
    return evolve(chain, delivered=chain.delivered.update(told), stale=0 if news else chain.stale + 1)


def calculation_from(collector: PropertyCollector, version: str, since: int) -> Chain | None:
    """Return the calculation that a wait from this version starts, or continues; None if the version was never given.
    `since` is the number of calls made before."""
    if not version:
        return Chain(name="", base=Version(seq=since), since=since)
    known = collector.versions.get(version)
    if known is None:
        return None
    return known.chain or Chain(name=version, base=known, since=since)


def wait_answered(belief: Belief, call: WaitForUpdatesEx, answer: UpdateSet | None) -> Wait | None:
    """Return a wait with its answer; None if its collector or its version is not known."""
    collector = belief.watched.collectors.get(call.collector.value)
    chain = calculation_from(collector, call.version, belief.seq) if collector is not None else None
    if collector is None or chain is None:
        return None
    return Wait(
        call=call,
        collector=collector,
        filters=filters_of(belief, collector),
        chain=_gone_on(chain, answer),
        complete=answer is None or not answer.truncated,
    )


# --- nothing has changed ----------------------------------------------------------------------------------------------


def _is_unchanged(belief: Belief, session: str, key: Key, ref: ObjectRef, version: Version) -> bool:
    """Return True if an object surely has been as in the version's picture all the time since; a task, with all of its
    info."""
    if exists(belief, session, ref) is False:
        return version.picture.get(("", ref.value)) == MISSING
    record = belief.tasks.get(ref.value)
    if record is None or not exists(belief, session, ref) or version.infos.get(ref.value) != record.info:
        return False
    states = states_since(belief, record, version.seq)
    return states is not None and states == {version.picture.get(key)}


def nothing_has_changed(belief: Belief, collector: PropertyCollector, name: str) -> bool:
    """Return True if surely nothing that the filters watch has changed since a version, and they watch something."""
    version = collector.versions.get(name)
    if version is None or version.chain is not None or version.seq < collector.failed_wait_seq or version.yielded:
        return False
    if collector.changed > version.seq or collector.lost:
        return False
    watched = 0
    for value, watching in filters_of(belief, collector).items():
        view = view_of(belief, watching)
        refs = surely_watched(belief, watching, version.seq)
        if view is None and is_through_a_view(belief, watching):
            return False
        if (view is not None and (view.changed > version.seq or refs != view.members)) or not all(
            _is_unchanged(belief, collector.session, (value, ref.value), ref, version) for ref in refs
        ):
            return False
        watched += len(refs)
    return watched > 0


# --- effect -----------------------------------------------------------------------------------------------------------


def _infos_of(belief: Belief, collector: PropertyCollector) -> Map[str, TaskInfo | None]:
    """Return the infos of the tasks that a collector watches, as they were read last."""
    found: dict[str, TaskInfo | None] = {}
    for watching in filters_of(belief, collector).values():
        view = view_of(belief, watching)
        for ref in view.members if view is not None else watching.watched:
            record = belief.tasks.get(ref.value)
            if record is not None:
                found[ref.value] = record.info
    return Map(found)


def _with_yielded(collector: PropertyCollector, chain: Chain, delivered: Picture) -> Map[str, Version]:
    """Return the versions, with what a calculation delivered added to the version that it started from. If a truncated
    set had the same name, the name means the earlier version again."""
    versions = collector.versions
    if chain.name not in versions:
        return versions
    start = versions[chain.name]
    if start.chain is not None:
        start = chain.base
    return versions.set(chain.name, evolve(start, yielded=start.yielded.update(delivered)))


def after_answer(
    belief: Belief, collector: PropertyCollector, call: WaitForUpdatesEx | BreakOffWait, answer: UpdateSet | None
) -> PropertyCollector:
    """Return the collector after a wait that was answered: the new version has the picture of the one passed in, with
    what was delivered since. If it has the name of an older one, it may be that. `belief` is the one after the call."""
    chain = calculation_from(collector, call.version, belief.seq - 1)
    if answer is None:
        if chain is None:
            return collector
        return evolve(collector, used=chain.name, versions=_with_yielded(collector, chain, chain.delivered))
    if chain is None:  # from a version that was never given: its start is not known
        return evolve(collector, versions=collector.versions.set(answer.version, Version(seq=-2)), last="")
    chain = _gone_on(chain, answer)
    delivered = chain.delivered
    versions = _with_yielded(collector, chain, delivered)
    if answer.truncated:
        resumed = Version(seq=belief.seq, chain=chain)
        return evolve(collector, versions=versions.set(answer.version, resumed), last=answer.version, used=chain.name)
    if answer.version != chain.name:  # two versions with one name are one version, which yielded the changes
        picture = chain.base.picture.update(delivered)
        namesake = versions.get(answer.version)
        since = namesake.seq if namesake is not None else belief.seq
        given = Version(seq=since, picture=picture, infos=_infos_of(belief, collector))
        versions = versions.set(answer.version, given)
    return evolve(collector, versions=versions, newest=answer.version, last=answer.version, used=chain.name)
