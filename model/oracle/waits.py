"""PropertyCollector.WaitForUpdatesEx: what a wait watches, from which version it counts, and what it leaves behind.

A change calculation goes from the version passed in to the one that comes back. It may come in several truncated sets,
which follow each other (`Chain`). What a client has learned by following the versions up to one is that version's
picture. What the sets must say is in `updates`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from immutables import Map
from msgspec import Struct

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
from taskconform.model.oracle.standing import exists, states_since
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import World
    from taskconform.model.vocabulary.calls import BreakOffWait, ObjectRef, WaitForUpdatesEx
    from taskconform.model.vocabulary.outcomes import TaskInfo, UpdateSet


class Wait(Struct, frozen=True, kw_only=True, gc=False):
    """A wait that was answered: the call, its collector, the collector's living filters, and the calculation that its
    answer belongs to, with what that answer delivered."""

    call: WaitForUpdatesEx
    collector: PropertyCollector
    filters: dict[str, PropertyFilter]
    chain: Chain
    complete: bool

    @property
    def is_sure(self) -> bool:
        """Whether no fault and no lost answer came between the version passed in and now."""
        return self.chain.base.seq >= self.collector.shaken

    @property
    def first(self) -> bool:
        """Whether the calculation started from the initial version, the empty string."""
        return not self.chain.name


# --- what is watched, and by which calculation ------------------------------------------------------------------------


def filters_of(world: World, collector: PropertyCollector) -> dict[str, PropertyFilter]:
    """The living filters of a collector, by reference value."""
    known = ((name, world.watched.filters[name]) for name in collector.filters)
    return {name: one for name, one in known if one.fate == ALIVE}


def view_of(world: World, watching: PropertyFilter) -> View | None:
    """The list view that a filter watches; None if it watches tasks, or something else."""
    return world.watched.views.get(watching.watched[0].value) if watching.watched else None


def surely_watched(world: World, watching: PropertyFilter, since: int) -> frozenset[ObjectRef]:
    """The tasks that a filter surely has been watching since a call number: those named, or those in its view."""
    view = view_of(world, watching)
    if watching.made > since:
        return frozenset()
    if view is None:
        return frozenset(watching.watched)
    return view.certain if view.fate == ALIVE and view.changed <= since else frozenset()


def news_in(answer: UpdateSet | None) -> dict[Key, str]:
    """What an update set delivers, object by object."""
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


def opening(collector: PropertyCollector, version: str, since: int) -> Chain | None:
    """The calculation that a wait from this version starts, or goes on with; None if the version was never given.
    `since` is how many calls were made before."""
    if not version:
        return Chain(name="", base=Version(seq=since), since=since)
    known = collector.versions.get(version)
    if known is None:
        return None
    return known.chain or Chain(name=version, base=known, since=since)


def answered(world: World, call: WaitForUpdatesEx, answer: UpdateSet | None) -> Wait | None:
    """A wait with its answer; None on a collector, or from a version, that nobody knows."""
    collector = world.watched.collectors.get(call.collector.value)
    chain = opening(collector, call.version, world.seq) if collector is not None else None
    if collector is None or chain is None:
        return None
    return Wait(
        call=call,
        collector=collector,
        filters=filters_of(world, collector),
        chain=evolve(chain, delivered=chain.delivered.update(news_in(answer))),
        complete=answer is None or not answer.truncated,
    )


# --- nothing has changed ----------------------------------------------------------------------------------------------


def _stands(world: World, session: str, key: Key, ref: ObjectRef, version: Version) -> bool:
    """Whether an object surely is as the version's picture has it, and has been all the time since: a task, with all
    else that its info says."""
    if exists(world, session, ref) is False:
        return version.picture.get(("", ref.value)) == MISSING
    record = world.tasks.get(ref.value)
    if record is None or not exists(world, session, ref) or version.infos.get(ref.value) != record.info:
        return False
    states = states_since(world, record, version.seq)
    return states is not None and states == {version.picture.get(key)}


def nothing_has_changed(world: World, collector: PropertyCollector, name: str) -> bool:
    """Whether surely nothing has changed since a version: there are filters, and all that they watch is as it was."""
    version = collector.versions.get(name)
    if version is None or version.chain is not None or version.seq < collector.shaken or version.yielded:
        return False
    if collector.changed > version.seq or collector.lost:
        return False
    watched = 0
    for value, watching in filters_of(world, collector).items():
        view = view_of(world, watching)
        refs = surely_watched(world, watching, version.seq)
        if (view is not None and refs != view.members) or not all(
            _stands(world, collector.session, (value, ref.value), ref, version) for ref in refs
        ):
            return False
        watched += len(refs)
    return watched > 0


# --- effect -----------------------------------------------------------------------------------------------------------


def _infos_of(world: World, collector: PropertyCollector) -> Map[str, TaskInfo | None]:
    """The infos of the tasks that a collector watches, as they were read last."""
    found: dict[str, TaskInfo | None] = {}
    for watching in filters_of(world, collector).values():
        view = view_of(world, watching)
        for ref in view.members if view is not None else watching.watched:
            record = world.tasks.get(ref.value)
            if record is not None:
                found[ref.value] = record.info
    return Map(found)


def _with_yielded(collector: PropertyCollector, chain: Chain, delivered: Picture) -> Map[str, Version]:
    """The versions, of which the one that a calculation started from has yielded what that delivered. Where a truncated
    set had the same name, the name stands for what it stood for before, now that the client has gone on."""
    versions = collector.versions
    if chain.name not in versions:
        return versions
    start = versions[chain.name]
    if start.chain is not None:
        start = chain.base
    return versions.set(chain.name, evolve(start, yielded=start.yielded.update(delivered)))


def after_answer(
    world: World, collector: PropertyCollector, call: WaitForUpdatesEx | BreakOffWait, answer: UpdateSet | None
) -> PropertyCollector:
    """The collector after a wait that was answered: the version that came back has the picture of the one passed in,
    and what was delivered since. Where it bears the name of an older one, it may be that. `world` is the one after the
    call."""
    chain = opening(collector, call.version, world.seq - 1)
    if answer is None:
        if chain is None:
            return collector
        return evolve(collector, used=chain.name, versions=_with_yielded(collector, chain, chain.delivered))
    if chain is None:  # from a version that was never given: nobody knows what it counts from
        return evolve(collector, versions=collector.versions.set(answer.version, Version(seq=-2)), last="")
    delivered: Picture = chain.delivered.update(news_in(answer))
    versions = _with_yielded(collector, chain, delivered)
    if answer.truncated:
        resumed = Version(seq=world.seq, chain=evolve(chain, delivered=delivered))
        return evolve(collector, versions=versions.set(answer.version, resumed), last=answer.version, used=chain.name)
    if answer.version != chain.name:  # one name for two versions is one version, which yielded the changes
        picture = chain.base.picture.update(delivered)
        namesake = versions.get(answer.version)
        since = namesake.seq if namesake is not None else world.seq
        given = Version(seq=since, picture=picture, infos=_infos_of(world, collector))
        versions = versions.set(answer.version, given)
    return evolve(collector, versions=versions, newest=answer.version, last=answer.version, used=chain.name)
