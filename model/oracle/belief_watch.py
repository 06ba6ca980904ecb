"""The part of the belief on views, property collectors and filters.

All three belong to the session that made them, and end with it. Each version has the *picture* of a client that has
followed the collector up to it: the last state that was delivered of each object by each filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from immutables import Map
from msgspec import Struct, field

from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.outcomes import TaskInfo

ALIVE, DESTROYED, ENDED, OPEN = "alive", "destroyed", "ended", "open"
"""The fate of a view, a collector or a filter: there, destroyed by a call, ended with its session, or not known."""

LEFT: Final = "left"
"""Stands in a picture for an object that has left, by an update."""

MISSING: Final = "missing"
"""Stands in a picture for an object, or its property, that was reported as missing."""

Key = tuple[str, str]
"""A filter and an object, by their reference values; the filter is "" for an object that an update set reports as
missing."""

Picture = Map[Key, str]
"""The last state delivered of each object by each filter; or `LEFT`, or `MISSING`."""


class View(Struct, frozen=True, kw_only=True, gc=False):
    """A ListView.

    `members` were given and not removed since; those of them that surely could be resolved then are `certain`, and
    those that were given beside a reference that could not are `beside`. `removed` tells by which call number one was
    last taken out, `changed` is the last call that may have changed the list. `has_unresolvable`: made with a reference
    that never existed, and not reset since."""

    session: str
    fate: str = ALIVE
    members: frozenset[ObjectRef] = frozenset()
    certain: frozenset[ObjectRef] = frozenset()
    beside: frozenset[ObjectRef] = frozenset()
    removed: Map[str, int] = field(default_factory=Map)
    changed: int = 0
    has_unresolvable: bool = False


class PropertyFilter(Struct, frozen=True, kw_only=True, gc=False):
    """A filter: its collector, the objects it watches, the call that made it; `reports` missing objects in its
    results."""

    session: str
    collector: str
    watched: tuple[ObjectRef, ...]
    made: int
    reports: bool
    fate: str = ALIVE


class Chain(Struct, frozen=True, kw_only=True, gc=False):
    """A change calculation, from a version on: one wait, or several that follow its truncated sets.

    It started from the version called `name` (`base`, as it was then) after `since` calls. `delivered` is what its
    sets have said so far, of which the last `stale` ones said nothing new."""

    name: str
    base: Version
    since: int
    delivered: Picture = field(default_factory=Map)
    stale: int = 0


class Version(Struct, frozen=True, kw_only=True, gc=False):
    """A data version that a collector gave, by call number `seq`; "" counts as given right before it is used.

    `picture` is that of a client that has followed the versions up to this one, `yielded` the states that waits from it
    have delivered since; `infos` are the watched tasks' infos, as they were last read when it was given. A truncated
    version goes on with its `chain`."""

    seq: int
    picture: Picture = field(default_factory=Map)
    yielded: Picture = field(default_factory=Map)
    infos: Map[str, TaskInfo | None] = field(default_factory=Map)
    chain: Chain | None = None


class PropertyCollector(Struct, frozen=True, kw_only=True, gc=False):
    """A PropertyCollector that CreatePropertyCollector made.

    `versions` are those it gave, by name: `newest` is the last that was not truncated, `last` the last of all, `used`
    the one that the last wait started from. `filters` were made on it, `changed` is the last call that made or
    destroyed one. `failed_wait_seq` is the last wait without an answer, or with a fault: it is open what can be done
    with versions given before. `lost`: an answer was lost, so there may be a version, or a filter, that is not
    known."""

    session: str
    fate: str = ALIVE
    filters: tuple[str, ...] = ()
    versions: Map[str, Version] = field(default_factory=Map)
    newest: str = ""
    last: str = ""
    used: str = ""
    changed: int = 0
    failed_wait_seq: int = -1
    lost: bool = False


Owned = View | PropertyCollector | PropertyFilter
"""An object that belongs to the session that made it."""


class Watched(Struct, frozen=True, kw_only=True, gc=False):
    """Views, property collectors and filters by reference value. `owned` leads from a session to those it made: (kind,
    reference value)."""

    views: Map[str, View] = field(default_factory=Map)
    collectors: Map[str, PropertyCollector] = field(default_factory=Map)
    filters: Map[str, PropertyFilter] = field(default_factory=Map)
    owned: Map[str, tuple[tuple[str, str], ...]] = field(default_factory=Map)

    def of_kind(self, kind: str) -> Map[str, Owned]:
        """Return all of one kind (`views`, `collectors`, `filters`), by reference value."""
        found: Map[str, Owned] = getattr(self, kind)
        return found

    def having(self, kind: str, value: str, thing: Owned) -> Watched:
        """Return this with one view, collector or filter added or replaced. `kind`: `views`, `collectors`,
        `filters`."""
        known = self.of_kind(kind)
        owned = self.owned
        if value not in known:
            owned = owned.set(thing.session, (*owned.get(thing.session, ()), (kind, value)))
        return evolve(self, owned=owned, **{kind: known.set(value, thing)})

    def with_fate(self, kind: str, value: str, fate: str) -> Watched:
        """Return this with the fate of one object changed."""
        return self.having(kind, value, evolve(self.of_kind(kind)[value], fate=fate))

    def without_session(self, session: str) -> Watched:
        """Return this after a session ended: "A view exists until … the end of the session"; "When a session
        terminates, the associated PropertyCollector filters are automatically destroyed"."""
        after = self
        for kind, value in self.owned.get(session, ()):
            if after.of_kind(kind)[value].fate == ALIVE:
                after = after.with_fate(kind, value, ENDED)
        return after

    def with_owner(self, session: str, owner: str) -> Watched:
        """Return this with another name for the session that made these."""
        made = self.owned.get(session, ())
        after = self
        for kind, value in made:
            after = after.having(kind, value, evolve(after.of_kind(kind)[value], session=owner))
        return evolve(after, owned=after.owned.delete(session).set(owner, made)) if made else after
