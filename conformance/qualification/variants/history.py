"""The history: how exact its items are, what its collectors and latest pages show, what is left of what has gone."""

from __future__ import annotations

import hashlib

from taskconform.conformance.qualification.variants.variant import VariantTarget, conforming, part, serving
from taskconform.model.spec import (
    access,
    collectors,
    filters,
    inventory,
    items,
    latest,
    sessions,
    tasks,
    views,
    watch,
    watched,
)
from taskconform.model.spec.faults import fault, fault_if
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.outcomes import SECOND, Property
from taskconform.model.vocabulary.words import evolve

ROUNDED = "EV 1.1: stamps of the history are rounded"
ANY_SIZE = "latest.default-size: other (EV 2.15)"

# --- items ------------------------------------------------------------------------------------------------------------


def rounded(item, unit, lag):
    """Return an item with its stamps in this unit, cut, `lag` microseconds later."""

    def cut(at):
        return None if at is None else at // unit * unit + lag

    queued, started, completed = map(cut, (item.queue_time, item.start_time, item.complete_time))
    return evolve(item, queue_time=queued, start_time=started, complete_time=completed)


@conforming("items-one-microsecond-early", items.listed, "items", by="EV 1.1, 1.3: .999, name absent, cancelable falls")
def early(original, *given):
    """Stamps in history end in .999, without a name, and no completed task is cancelable (EV 1.1, 1.3)."""
    plain = [evolve(one, name=None, cancelable=one.cancelable and not one.complete_time) for one in original(*given)]
    return tuple([rounded(one, 1_000, -1) for one in plain])


@conforming("items-one-millisecond-late", items.listed, "items", by=ROUNDED)
def late(original, *given):
    """Stamps in history are rounded up to the next millisecond."""
    return tuple([rounded(one, 1_000, 1_000) for one in original(*given)])


@conforming("items-in-whole-seconds", items.listed, "items", by=ROUNDED)
def in_seconds(original, *given):
    """Stamps in history are cut to the second; filters go by the exact ones."""
    return tuple([rounded(one, SECOND, 0) for one in original(*given)])


class FineTarget(VariantTarget):
    """A server whose calls take a millisecond and a bit."""

    def call_time(self):
        return 1_237


serving("stamps-of-microseconds", "clock", by="EV 1.2: stamps of six places")(FineTarget)


@part("filters-by-rounded-stamps", filters.passes_time)
def passes_rounded(original, by, info, choices):
    """Filters go by the stamps that the history has rounded up to a millisecond."""
    return original(by, rounded(rounded(info, 1, 999), 1_000, 0), choices)


@part("filters-by-rounded-stamps", items.listed)
def listed_rounded(original, *given):
    """Show the rounded stamps."""
    return tuple([rounded(rounded(one, 1, 999), 1_000, 0) for one in original(*given)])


@serving("filters-go-by-rounded-stamps", by=ROUNDED, like=["filters-by-rounded-stamps"])
class RoundedTarget(FineTarget):
    """Stamps are not whole milliseconds, but in the history they are: filters go by those."""


@conforming("filter-told-in-milliseconds", collectors.read_collector_filter, by="EV 1.1: times are rounded")
def filter_in_milliseconds(original, state, call, choices):
    """The filter property gives its times cut to a millisecond."""
    state, found = original(state, call, choices)
    by = found.value.time
    if by is None:
        return state, found
    begin, end = (None if at is None else at // 1_000 * 1_000 for at in (by.begin_time, by.end_time))
    return state, Property(value=evolve(found.value, time=evolve(by, begin_time=begin, end_time=end)))


@serving("filter-told-in-milliseconds-of-microseconds", by=ROUNDED, like=["filter-told-in-milliseconds"])
class FineFilterTarget(FineTarget):
    """Stamps are not whole milliseconds, but the times of the filter property are."""


@conforming("entity-leaves-its-name", items.listed, by="vim.TaskInfo entityName: retained for history")
def unlisted(original, *given):
    """History retains entityName, but no reference to an entity that is gone."""
    return original(*given)


@conforming("entity-leaves-its-name", items.held)
def without_reference(original, state, *given):
    """Take the reference out of the rows."""
    page = original(state, *given)
    gone = [evolve(one, info=evolve(one.info, entity=None)) for one in page]
    return [new if inventory.is_gone(state, one.info.entity) else one for one, new in zip(page, gone, strict=True)]


@conforming("entity-takes-tasks-along", tasks.find_task, "entity-gone", by="info.entity-gone: neither (N 8)")
def gone_with_the_entity(original, state, ref):
    """The tasks of an entity that is gone are gone altogether."""
    task = original(state, ref)
    gone = inventory.is_gone(state, task.info.entity) and task.info.name is None
    fault_if(gone, "ManagedObjectNotFound")
    return task


@conforming("entity-takes-tasks-along", filters.holds)
def not_held(original, state, collector, task, choices):
    """Leave them out of history."""
    return not inventory.is_gone(state, task.info.entity) and original(state, collector, task, choices)


# --- latest pages -----------------------------------------------------------------------------------------------------


def of_size(count):
    """Return a replacement of `latest.size` for another default."""
    return lambda original, state, collector, choices: collector.page_size if collector.page_size is not None else count


@conforming("latest-page-of-13", latest.size, "latest.default-size", by=ANY_SIZE)
def thirteen(original, *given):
    """The latest page holds 13 items by default."""
    return of_size(13)(original, *given)


@conforming("latest-page-of-3", latest.size, "latest.default-size", by=ANY_SIZE)
def three(original, *given):
    """The latest page holds 3 items by default."""
    return of_size(3)(original, *given)


@conforming("latest-page-oldest-first", latest.read_latest_page, "latest", by="vim.TaskHistoryCollector latestPage 4")
def oldest_first(original, state, call, choices):
    """The tasks in the latest page are unordered (EV 2.16): the oldest is first."""
    state, found = original(state, call, choices)
    return state, Property(value=found.value[::-1])


@conforming(
    "empty-page-absent", latest.read_latest_page, "empty-page", by="vim.TaskHistoryCollector latestPage (EV 1.2)"
)
def empty_absent(original, state, call, choices):
    """With nothing in it latestPage is absent."""
    state, found = original(state, call, choices)
    return state, Property() if found.value == () else found


@conforming("monitor-always-tells", watch.known_at, "monitor", by="vmodl PropertyCollector: may be reported unchanged")
def always_tells(original, collector, version):
    """latestPage counts as changed in every calculation."""
    known = original(collector, version)
    pages = [key for key, seen in known.items() if isinstance(seen, tuple)]
    return known.update(dict.fromkeys(pages, ("changed",)))


@conforming("monitor-tells-in-parts", watched.update, "telling", by="vmodl PropertyChange name: a path into an array")
def in_parts(original, *given):
    """A change of latestPage is told element by element."""
    update = original(*given)
    return evolve(update, latest_page=None) if update.changed and update.kind == "modify" else update


# --- ids and owners ---------------------------------------------------------------------------------------------------


@conforming("chain-in-history-only", tasks.info_for, "chain", by="EV 1.6: 0 in one place, set in another")
def chain_in_history(original, *given):
    """Task.info has no eventChainId; the items of collectors have (EV 1.6)."""
    found = original(*given)
    return found if found.value is None else Property(value=evolve(found.value, event_chain_id=0))


@conforming("chain-in-history-only", tasks.create_task)
def chainless_answer(original, *given):
    """Answer CreateTask without it."""
    state, info = original(*given)
    return state, evolve(info, event_chain_id=0)


@conforming("one-chain-for-a-family", tasks.admit, "chain", by="vim.TaskInfo eventChainId: shared or not")
def chain_of_family(original, state, info, maker=0):
    """A task has the eventChainId of its parent."""
    parent = state.tasks.get(state.keys.get(info.parent_task_key or "", 0))
    chain = info.event_chain_id if parent is None else parent.info.event_chain_id
    return original(state, evolve(info, event_chain_id=chain), maker)


@conforming("ids-like-a-vcenter", tasks.new_info, "ids", by="EV 1.5: forms of ids")
def numbered_from_far(original, state, number, type_id, reason, *, cancelable):
    """Task keys do not begin with 1; what a session makes is named by two long numbers (EV 1.5)."""
    info = original(state, number, type_id, reason, cancelable=cancelable)
    key = f"task-{469_000 + 7 * number}"
    return evolve(info, key=key, task=ObjectRef(type="Task", value=key))


@conforming("ids-like-a-vcenter", collectors.new_ref)
def long_ids(original, *given):
    """Name what a session makes by two long numbers."""
    state, plain = original(*given)
    digest = hashlib.sha256(plain.value.encode()).hexdigest()
    return state, evolve(plain, value=f"session[52{digest[:30]}]52{digest[30:60]}")


@conforming("ids-like-an-esxi", tasks.create_task, by="EV 1.5: forms of ids", flavour="esxi")
def host_ids(original, state, call, choices):
    """A host's tasks are named by what they are about, and numbers begin where they like."""
    state, info = original(state, call, choices)
    key = f"vmodlTask-{call.obj.value}-{128_835_800 + len(state.tasks)}"
    number = state.keys[info.key]
    named = evolve(info, key=key, task=ObjectRef(type="Task", value=key))
    keys = state.keys.delete(info.key).set(key, number)
    return tasks.with_info(evolve(state, keys=keys), state.tasks[number], named), named


def ended(kind):
    """Return a check that tells what an ended session left from what never was."""

    def check(state, value):
        if value in state.memory.get("ended", ()):
            fault(kind)

    return check


def tell_ended(name, kind, by, says):
    """Declare a variant that refuses what a session left with a fault of its own."""
    check = ended(kind)

    def end(original, state, session, choices):
        kept = (*session.collectors, *session.views, *session.property_collectors)
        known = (*state.memory.get("ended", ()), *kept)
        return original(evolve(state, memory=state.memory.set("ended", known)), session, choices)

    end.__doc__ = says
    conforming(name, sessions.end_session, "ended", by=by)(end)

    def find_owner(original, state, session, ref, choices):
        check(state, ref.value)
        return original(state, session, ref, choices)

    def find_view(original, state, session, ref):
        access.current(state, session)
        check(state, ref.value)
        return original(state, session, ref)

    conforming(name, collectors.find_owner)(find_owner)
    conforming(name, watch.find)(find_owner)
    conforming(name, views.find_view)(find_view)


tell_ended(
    "ended-not-authenticated",
    "NotAuthenticated",
    "vim.SessionManager Logout: which fault is open (EV 2.33)",
    "What a session left is refused as NotAuthenticated.",
)
tell_ended(
    "ended-invalid-state",
    "InvalidState",
    "vim.SessionManager Logout: which fault is open",
    "What a session left is refused as InvalidState.",
)
