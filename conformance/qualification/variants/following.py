"""Following tasks: views, versions and sets of updates, and what recentTask shows and tells."""

from __future__ import annotations

import hashlib
from zlib import crc32

from immutables import Map

from taskconform.conformance.qualification.variants.variant import conforming
from taskconform.model.spec import access, recent, views, watch, watched
from taskconform.model.vocabulary.outcomes import SECOND, Property, RecentTaskUpdate, UpdateSet
from taskconform.model.vocabulary.words import evolve

# --- views and updates ------------------------------------------------------------------------------------------------


@conforming("view-in-other-order", views.read_view, "view-order", by="vim.view.ManagedObjectView view: a set")
def any_view_order(original, state, call, choices):
    """The view property is a set, and so is what cannot be resolved."""
    state, found = original(state, call, choices)
    return state, Property(value=found.value[::-1])


@conforming("view-in-other-order", views.added)
def any_unresolved_order(original, *given):
    """Tell what cannot be resolved in another order."""
    members, unresolved = original(*given)
    return members, unresolved[::-1]


@conforming("versions-tell-nothing", watch.given_out, "versions", by="vmodl UpdateSet version: opaque (EV 1.3)")
def opaque_versions(original, collector, known, pending):
    """Versions are opaque; the first is like any other."""
    after, plain = original(collector, known, pending)
    name = "v1/" + hashlib.sha256(plain.encode()).hexdigest()[:24]
    if pending:
        return evolve(after, truncated=name), name
    return evolve(after, versions=after.versions.delete(plain).set(name, known)), name


@conforming(
    "versions-are-forgotten", watch.updates_since, "versions", by="vmodl UpdateSet: only the last must be known"
)
def two_versions(original, state, call, collector, most, choices):
    """Of the versions that are not truncated two are known: those that were given out or waited from last."""
    after, found = original(state, call, collector, most, choices)
    key = f"versions of {call.collector.value}"
    waited = [call.version] if call.version in collector.versions else []
    given = [found.version] if found is not None and not found.truncated else []
    last = [one for one in after.memory.get(key, ()) if one not in waited] + waited + given
    session = access.current(after, call.session)
    now = watch.find(after, session, call.collector, choices)
    now = evolve(now, versions=Map({one: now.versions[one] for one in last[-2:]}))
    after = evolve(after, memory=after.memory.set(key, tuple(last[-2:])))
    return watch.with_collector(after, session, call.collector.value, now), found


@conforming("one-object-a-set", watch.told, "truncation", by="vmodl PropertyCollector: may truncate where it likes")
def one_object(original, state, session, collector, most, choices):
    """Every set is truncated that holds an object, and is not the last."""
    return original(state, session, collector, 1, choices)


@conforming(
    "truncated-at-the-maximum", watch.wait_for_updates_ex, "truncation", by="vmodl WaitOptions maxObjectUpdates"
)
def at_the_maximum(original, state, call, choices):
    """A calculation is suspended when the maximum is reached, also if nothing is left; an empty set follows."""
    suspended = state.memory.get("suspended", Map())
    version = suspended.get((call.collector, call.version))
    if version is not None:
        state, found = original(state, evolve(call, version=version), choices)
        return state, found or UpdateSet(version=version, truncated=False, updates=())
    state, found = original(state, call, choices)
    most = call.max_object_updates
    if found is None or found.truncated or most is None or len(found.updates) < most:
        return state, found
    name = f"{found.version}-suspended"
    suspended = suspended.set((call.collector, name), found.version)
    return evolve(state, memory=state.memory.set("suspended", suspended)), evolve(found, version=name, truncated=True)


@conforming("objects-stand-twice", watch.told, "sets", by="vmodl FilterUpdate objectSet: more than once")
def stand_twice(original, *given):
    """An object may be told of more than once in a set: first as it entered, then as modified."""
    collector, found = original(*given)
    again = [evolve(one, kind="modify") for one in found.updates if one.kind == "enter"]
    return collector, evolve(found, updates=(*found.updates, *again))


@conforming("sets-in-other-order", watch.told, "sets", by="vmodl FilterUpdate objectSet: no order is given")
def any_set_order(original, *given):
    """Updates come in no order."""
    collector, found = original(*given)
    return collector, evolve(found, updates=found.updates[::-1])


@conforming("hidden-tasks-silent", watched.update, "hidden", by="vmodl ObjectUpdate missingSet: may be empty")
def silent(original, *given):
    """A task whose state the session may not read is entered without a property, and without a word on it."""
    return evolve(original(*given), missing=None)


# --- recentTask -------------------------------------------------------------------------------------------------------


@conforming(
    "recent-in-any-order", recent.recent_tasks, "recent-order", by="vim.TaskManager recentTask: no order (EV 1.4)"
)
def any_recent_order(original, state, session, choices):
    """recentTask stands in another order each time."""
    salt = state.now.to_bytes(8, "little")
    found = original(state, session, choices)
    return tuple(sorted(found, key=lambda ref: crc32(salt + ref.value.encode())))


@conforming("notifies-always", recent.told_later, "recent.wait-later", by="recent.wait-later: full-value")
def always(original, before, now, choices):
    """Every later version yields the whole value, changed or not."""
    return RecentTaskUpdate(changed=True, recent_task=Property(value=now))


@conforming(
    "recent-pruned-late", recent.recently_completed, "window", by="vim.TaskManager recentTask: by default (EV 3.6)"
)
def pruned_late(original, state, session, choices):
    """Tasks stay in recentTask up to a minute longer than they have to, each for a time of its own."""
    later: list[int] = []
    rest = state.completed
    while rest is not None:
        number, rest = rest
        ended = state.tasks[number].info.complete_time
        pushed = later[-state.server.cap] if len(later) >= state.server.cap and state.server.vcenter else ended * 2
        due = min(ended + state.server.window * SECOND, pushed)
        if state.now <= due + number * 7919 % 60 * SECOND + 500_000:
            yield state.tasks[number]
        elif state.now > ended + (state.server.window + 61) * SECOND:
            return
        later.append(ended)
