"""Sixty held-out mutants, written from the API pages and the specification alone."""

from immutables import Map

from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.model.spec import (
    access,
    collectors,
    descriptions,
    extensions,
    filters,
    inventory,
    items,
    latest,
    life,
    pages,
    recent,
    sessions,
    tasks,
    views,
    watch,
    watched,
)
from taskconform.model.spec.faults import FaultRaised, fault_if
from taskconform.model.spec.state import ABSENT, Task
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SECOND, SUCCESS, Extension, Property
from taskconform.model.vocabulary.words import evolve

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

# --- CreateTask -------------------------------------------------------------------------------------------------------


@mutant("root-across-entities", tasks.placed)
def root_across_entities(original, state, key, entity, parent, choices):
    """The head of a chain is looked up among the tasks of the same entity; elsewhere the parent passes for it."""
    fields = original(state, key, entity, parent, choices)
    if isinstance(parent, Task) and parent.info.root_task_key is not None:
        number = state.keys.get(parent.info.root_task_key)
        head = None if number is None else state.tasks[number].info.entity
        if head != (None if entity is None else entity.ref):
            fields = {**fields, "root_task_key": parent.info.key}
    return fields


@mutant("initiated-by-needs-login", tasks.reason_of)
def initiated_by_needs_login(original, state, session, call, choices):
    """initiatedBy is looked up among the users who are logged in; another user's name is dropped."""
    known = call.initiated_by in state.server.accounts.values()
    if known and all(one.user_name != call.initiated_by for one in state.sessions.values()):
        call = evolve(call, initiated_by=None)
    return original(state, session, call, choices)


@mutant("entity-name-of-first-seen", tasks.placed)
def entity_name_of_first_seen(original, state, key, entity, parent, choices):
    """The cache of entity names has the type as its key: the first entity of a type gives all others its name."""
    fields = original(state, key, entity, parent, choices)
    if entity is None:
        return fields
    for number in range(1, len(state.tasks) + 1):
        info = state.tasks[number].info
        if info.entity is not None and info.entity.type == entity.ref.type:
            return {**fields, "entity_name": info.entity_name}
    return fields


@mutant("type-by-extension-key", descriptions.is_registered)
def type_by_extension_key(original, state, type_id):
    """A task type counts as registered if it begins with the key of an extension."""
    return original(state, type_id) or any(type_id.startswith(one.key) for one in state.extensions)


@mutant("refused-type-still-queued", tasks.create_task)
def refused_type_still_queued(original, state, call, choices):
    """The task is inserted before its type is looked up: an unregistered type faults, and the task is there."""
    try:
        return original(state, call, choices)
    except FaultRaised as raised:
        if tasks.is_type(state, call.task_type_id, choices):
            raise
        any_type = Extension(key="any", version="1", task_ids=(call.task_type_id,))
        after, _ = original(evolve(state, extensions=(*state.extensions, any_type)), call, choices)
        after = evolve(after, extensions=state.extensions)
        raise FaultRaised(raised.name, raised.message, after) from None


@mutant("queue-time-in-minutes", tasks.new_info)
def queue_time_in_minutes(original, state, number, type_id, reason, *, cancelable):
    """The column of queueTime has a resolution of one minute."""
    info = original(state, number, type_id, reason, cancelable=cancelable)
    return evolve(info, queue_time=info.queue_time - info.queue_time % MINUTE)


# --- the life of a task -----------------------------------------------------------------------------------------------


@mutant("result-reference-as-text", life.set_state)
def result_reference_as_text(original, state, task, call, error, choices):
    """The result goes into a text column: of a reference only the value is kept, as a string."""
    if isinstance(call.result, ObjectRef):
        call = evolve(call, result=call.result.value)
    return original(state, task, call, error, choices)


@mutant("progress-as-signed-byte", life.update_progress)
def progress_as_signed_byte(original, state, call, choices):
    """The percentage is cast to a signed byte before it is clamped: 150 is negative, and so 0."""
    return original(state, evolve(call, percent_done=(call.percent_done + 128) % 256 - 128), choices)


@mutant("progress-drops-description", life.update_progress)
def progress_drops_description(original, state, call, choices):
    """UpdateProgress writes the row without the description, which is lost."""
    state, answer = original(state, call, choices)
    task = state.tasks[state.keys[call.task.value]]
    return tasks.with_info(state, task, evolve(task.info, description=None)), answer


@mutant("start-time-by-first-progress", life.enter)
def start_time_not_on_entering(original, state, number, entered, choices):
    """Entering running does not stamp startTime."""
    before = state.tasks[number].info.start_time
    state = original(state, number, entered, choices)
    task = state.tasks[number]
    return tasks.with_info(state, task, evolve(task.info, start_time=before))


@mutant("start-time-by-first-progress", life.update_progress)
def start_time_by_first_progress(original, state, call, choices):
    """The first progress reported does."""
    state, answer = original(state, call, choices)
    task = state.tasks[state.keys[call.task.value]]
    if task.info.start_time is None:
        state = tasks.with_info(state, task, evolve(task.info, start_time=state.now))
    return state, answer


@mutant("indirect-vim-fault-refused", life.settable_fault)
def indirect_vim_fault_refused(original, state, name, choices):
    """Only a fault whose immediate base is VimFault is accepted by SetTaskState."""
    found = original(state, name, choices)
    indirect = "VimFault" in found.kinds and found.kinds.index("VimFault") > 1
    fault_if(indirect, "InvalidArgument", f"{name} does not extend VimFault")
    return found


@mutant("canceled-without-complete-time", life.end_canceled)
def canceled_without_complete_time(original, state, number, choices):
    """A task that ends because it was canceled gets no completeTime."""
    ends = number in state.live
    state = original(state, number, choices)
    task = state.tasks[number]
    return tasks.with_info(state, task, evolve(task.info, complete_time=None)) if ends else state


@mutant("refused-end-restamps", life.set_task_state)
def refused_end_restamps(original, state, call, choices):
    """SetTaskState on a completed task faults, but has already stamped completeTime anew."""
    try:
        return original(state, call, choices)
    except FaultRaised as raised:
        task = state.tasks.get(state.keys.get(call.task.value, 0))
        if raised.name != "InvalidState" or task is None or task.info.complete_time is None:
            raise
        after = tasks.with_info(state, task, evolve(task.info, complete_time=state.now))
        raise FaultRaised(raised.name, raised.message, after) from None


# --- recentTask -------------------------------------------------------------------------------------------------------


@mutant("window-from-queue-time", recent.recently_completed)
def window_from_queue_time(original, state, session, choices):
    """The ten minutes of a completed task are counted from its queueTime."""
    earliest = state.now - state.server.window * SECOND
    return (task for task in original(state, session, choices) if task.info.queue_time >= earliest)


@mutant("cap-over-whole-list", recent.recent_tasks)
def cap_over_whole_list(original, state, session, choices):
    """The list as a whole, with its live tasks, has 200 places."""
    listed = original(state, session, choices)
    return listed[: state.server.cap] if state.server.vcenter else listed


@mutant("cap-per-entity", recent.recently_completed)
def cap_per_entity(original, state, session, choices):
    """The last 200 completed tasks are kept for each entity."""
    if not state.server.vcenter:
        yield from original(state, session, choices)
        return
    uncapped = evolve(state, server=evolve(state.server, cap=len(state.tasks) + 1))
    counted = {}
    for task in original(uncapped, session, choices):
        counted[task.info.entity] = counted.get(task.info.entity, 0) + 1
        if counted[task.info.entity] <= state.server.cap:
            yield task


@mutant("access-by-ancestor", access.may_access)
def access_by_ancestor(original, state, session, task, choices):
    """System.Read on anything above the entity is as good as on it, even where it is taken away again."""
    if original(state, session, task, choices):
        return True
    above = () if task.info.entity is None else state.ancestors.get(task.info.entity.value, ())
    return any(access.holds(state, session, access.SYSTEM_READ, value, choices) for value in above)


@mutant("pruned-on-events", recent.recently_completed)
def pruned_on_events(original, state, session, choices):
    """What is too old is taken from the list only when some task is created or changes its state."""
    last = max((task.entered[-1][0] for task in state.tasks.values()), default=state.now)
    return original(evolve(state, now=last), session, choices)


@mutant("wait-first-64", recent.wait_for_recent_task)
def wait_first_64(original, state, call, choices):
    """An update has room for 64 elements of recentTask; the rest is dropped."""
    state, update = original(state, call, choices)
    shown = update.recent_task
    if shown is not None and shown.value is not None:
        update = evolve(update, recent_task=evolve(shown, value=shown.value[:64]))
    return state, update


@mutant("queued-ring-50", recent.recent_tasks)
def queued_ring_50(original, state, session, choices):
    """Queued tasks are listed from a ring of 50: the fifty-first pushes the first one out."""
    queued = [number for number in sorted(state.live) if state.tasks[number].info.state == QUEUED]
    lost = {state.tasks[number].info.task for number in queued[:-50]}
    return tuple(ref for ref in original(state, session, choices) if ref not in lost)


# --- maxCollector -----------------------------------------------------------------------------------------------------


@mutant("paged-collector-leaks", collectors.destroy_collector)
def paged_collector_leaks(original, state, call, choices):
    """Destroying a collector whose page size was set does not give its place back."""
    session = state.sessions.get(call.session)
    collector = None if session is None else session.collectors.get(call.collector.value)
    state, answer = original(state, call, choices)
    if collector is not None and collector.page_size is not None:
        key = f"paged-collector-leaks:{session.number}"
        state = remembering(state, key, remembered(state, key, 0) + 1)
    return state, answer


@mutant("paged-collector-leaks", collectors.collectors_held)
def counting_leaked(original, state, session, choices):
    """Count them, too."""
    return original(state, session, choices) + remembered(state, f"paged-collector-leaks:{session.number}", 0)


@mutant("limit-evicts-oldest", collectors.create_collector_for_tasks)
def limit_evicts_oldest(original, state, call, choices):
    """Beyond the maximum the session's oldest collector makes room for the new one."""
    try:
        return original(state, call, choices)
    except FaultRaised as raised:
        session = state.sessions.get(call.session)
        if raised.name != "InvalidState" or session is None or not session.collectors:
            raise
        oldest = min(session.collectors, key=lambda value: int(value.rpartition("-")[2]))
        fewer = access.with_session(state, evolve(session, collectors=session.collectors.delete(oldest)))
        return original(inventory.forget(fewer, {oldest}), call, choices)


@mutant("refused-filter-takes-place", collectors.create_collector_for_tasks)
def refused_filter_takes_place(original, state, call, choices):
    """The place is taken before the filter is looked at, and not given back if that is refused."""
    try:
        return original(state, call, choices)
    except FaultRaised as raised:
        session = state.sessions.get(call.session)
        if session is None or raised.name not in {"InvalidArgument", "InvalidRequest", "ManagedObjectNotFound"}:
            raise
        key = f"refused-filter-takes-place:{session.number}"
        after = remembering(state, key, remembered(state, key, 0) + 1)
        raise FaultRaised(raised.name, raised.message, after) from None


@mutant("refused-filter-takes-place", collectors.collectors_held)
def counting_refused(original, state, session, choices):
    """Count them, too."""
    return original(state, session, choices) + remembered(state, f"refused-filter-takes-place:{session.number}", 0)


# --- TaskFilterSpec ---------------------------------------------------------------------------------------------------


@mutant("all-needs-a-child", filters.passes_entity)
def all_needs_a_child(original, state, by, info, choices):
    """`all` is an inner join with the descendants: an entity that has none gives nothing."""
    leaf = not any(by.entity.value in above for above in state.ancestors.values())
    return not (by.recursion == "all" and leaf) and original(state, by, info, choices)


@mutant("end-ignored-beside-begin", filters.passes_time)
def end_ignored_beside_begin(original, by, info, choices):
    """`else if`: endTime is looked at only if there is no beginTime."""
    if by.begin_time is not None:
        by = evolve(by, end_time=None)
    return original(by, info, choices)


@mutant("missing-stamp-passes-end", filters.passes_time)
def missing_stamp_passes_end(original, by, info, choices):
    """A stamp that is missing is the time zero, and so before every endTime."""
    stamps = {"queuedTime": info.queue_time, "startedTime": info.start_time, "completedTime": info.complete_time}
    if stamps.get(by.time_type) is None and by.begin_time is None and by.end_time is not None:
        return True
    return original(by, info, choices)


@mutant("user-list-last-only", filters.passes_user)
def user_list_last_only(original, by, info, choices):
    """Each name of userList overwrites the one before."""
    return original(evolve(by, user_list=by.user_list[-1:]), info, choices)


@mutant("user-or-state", filters.holds)
def user_or_state(original, state, collector, task, choices):
    """Missing parentheses: with userName and state given, a task in one of the states is held, whatever else is."""
    spec = collector.filter
    if spec.user_name is None or not spec.state or task.removed:
        return original(state, collector, task, choices)
    stateless = evolve(collector, filter=evolve(spec, state=()))
    return original(state, stateless, task, choices) or filters.passes_state(collector, task, choices)


@mutant("empty-tag-beside-others", filters.passes_lists)
def empty_tag_beside_others(original, spec, info, choices):
    """The empty string counts only if it is the one tag given; in a longer list it is skipped."""
    if len(spec.tag) > 1:
        spec = evolve(spec, tag=tuple(tag for tag in spec.tag if tag) or spec.tag)
    return original(spec, info, choices)


@mutant("parent-key-live-parents", filters.holds)
def parent_key_live_parents(original, state, collector, task, choices):
    """parentTaskKey is joined with the tasks that are live: children of a completed parent are not found."""
    if collector.filter.parent_task_key and state.keys.get(task.info.parent_task_key or "") not in state.live:
        return False
    return original(state, collector, task, choices)


@mutant("any-alarm", filters.passes_lists)
def any_alarm(original, spec, info, choices):
    """A filter by an alarm holds what any alarm has started."""
    if spec.alarm is not None and info.reason.alarm is not None:
        spec = evolve(spec, alarm=None)
    return original(spec, info, choices)


@mutant("latest-run-only", filters.holds)
def latest_run_only(original, state, collector, task, choices):
    """A filter by a scheduled task looks at its last run, and at none before."""
    if not original(state, collector, task, choices):
        return False
    asked = collector.filter.scheduled_task
    later = range(task.number + 1, len(state.tasks) + 1)
    return asked is None or not any(state.tasks[one].info.reason.scheduled_task == asked for one in later)


@mutant("chain-overrides-others", filters.holds)
def chain_overrides_others(original, state, collector, task, choices):
    """eventChainId takes a short cut through an index, past all other parts of the filter."""
    if collector.filter.event_chain_id and not task.removed:
        return task.info.event_chain_id in collector.filter.event_chain_id
    return original(state, collector, task, choices)


@mutant("activation-list-shared", collectors.new_collector)
def activation_list_grows(original, state, session, spec, info_filter, choices):
    """All collectors have one list of activationIds, to which each adds its own."""
    state, ref = original(state, session, spec, info_filter, choices)
    if spec.activation_id:
        shared = remembered(state, "activation-list-shared", ())
        state = remembering(state, "activation-list-shared", tuple(dict.fromkeys((*shared, *spec.activation_id))))
    return state, ref


@mutant("activation-list-shared", filters.holds)
def activation_list_shared(original, state, collector, task, choices):
    """And that list is the one that lets tasks through."""
    spec = collector.filter
    if spec.activation_id:
        shared = remembered(state, "activation-list-shared", spec.activation_id)
        collector = evolve(collector, filter=evolve(spec, activation_id=shared))
    return original(state, collector, task, choices)


@mutant("filter-read-in-local-time", collectors.read_collector_filter)
def filter_read_in_local_time(original, state, call, choices):
    """The filter is given back with its times in the server's time zone, two hours east, but marked as UTC."""
    state, read = original(state, call, choices)
    by = read.value.time
    if by is not None:
        begin = None if by.begin_time is None else by.begin_time + 2 * HOUR
        end = None if by.end_time is None else by.end_time + 2 * HOUR
        read = evolve(read, value=evolve(read.value, time=evolve(by, begin_time=begin, end_time=end)))
    return state, read


# --- pages ------------------------------------------------------------------------------------------------------------


@mutant("page-cut-at-100", pages.read)
def page_cut_at_100(original, state, call, choices, *, forward):
    """A page has room for 100 items, but the view moves on by as many as were asked for."""
    state, page = original(state, call, choices, forward=forward)
    return state, page[:100]


@mutant("rewind-after-end-ignored", pages.rewind_collector)
def rewind_after_end_ignored(original, state, call, choices):
    """A collector that has come to its end stays there: RewindCollector has no effect."""
    session = state.sessions.get(call.session)
    collector = None if session is None else session.collectors.get(call.collector.value)
    forward = choices.page_direction in {"oldest-first", "newest-first-inside"}
    if collector is not None and collector.page is not None and collector.forward == forward:
        if not pages.following(state, session, collector, 1, choices, forward=forward):
            return state, None
    return original(state, call, choices)


@mutant("cursor-by-timestamp", pages.following)
def cursor_by_timestamp(original, state, session, collector, count, choices, *, forward):
    """The view's position is the queueTime of the last item read: others of that very time are skipped."""
    if collector.page is None or collector.forward != forward:
        return original(state, session, collector, count, choices, forward=forward)
    last = state.tasks[collector.page[1] if forward else collector.page[0]].info.queue_time
    rows = original(state, session, collector, len(state.tasks), choices, forward=forward)
    beyond = [one for one in rows if (one.info.queue_time > last if forward else one.info.queue_time < last)]
    return beyond[:count]


@mutant("cursors-shared-by-filter", pages.read)
def cursors_shared_by_filter(original, state, call, choices, *, forward):
    """Collectors of a session with equal filters share one query, and so their position."""
    state, page = original(state, call, choices, forward=forward)
    session = state.sessions[call.session]
    moved = session.collectors.get(call.collector.value)
    if moved is None:
        return state, page
    made = session.collectors
    for value, other in session.collectors.items():
        if other.filter == moved.filter:
            view = {"position": moved.position, "page": moved.page, "read": moved.read, "forward": moved.forward}
            made = made.set(value, evolve(other, **view))
    return access.with_session(state, evolve(session, collectors=made)), page


@mutant("reset-by-default-size", pages.reset_collector)
def reset_by_default_size(original, state, call, choices):
    """ResetCollector knows only the latest page of default size, whatever SetCollectorPageSize has set."""
    session = state.sessions.get(call.session)
    collector = None if session is None else session.collectors.get(call.collector.value)
    if collector is None or collector.page_size is None:
        return original(state, call, choices)
    unsized = collectors.with_collector(state, session, call.collector.value, evolve(collector, page_size=None))
    state, answer = original(unsized, call, choices)
    session = state.sessions[call.session]
    after = evolve(session.collectors[call.collector.value], page_size=collector.page_size)
    return collectors.with_collector(state, session, call.collector.value, after), answer


@mutant("previous-negative-count", pages.read_previous_tasks)
def previous_negative_count(original, state, call, choices):
    """ReadPreviousTasks does not check its maxCount: a negative one gives an empty page."""
    if call.max_count < 0:
        collectors.find_owner(state, access.current(state, call.session), call.collector, choices)
        return state, ()
    return original(state, call, choices)


@mutant("latest-by-last-change", latest.members)
def latest_by_last_change(original, state, session, collector, choices):
    """latestPage has the tasks that changed their state last, not those created last."""
    numbers = range(len(state.tasks), 0, -1)
    found = items.held(state, session, collector, numbers, len(state.tasks), choices)
    found.sort(key=lambda task: task.entered[-1][1], reverse=True)
    return found[: latest.size(state, collector, choices)]


@mutant("monitor-by-length", latest.seen)
def monitor_by_length(original, state, session, collector, choices):
    """Whether latestPage has changed is told by its length: a full page never changes."""
    return (len(original(state, session, collector, choices)),)


@mutant("items-cached-at-first-read", pages.read)
def items_cached_at_first_read(original, state, call, choices, *, forward):
    """A collector keeps each item as it was when it was first read, and gives that again."""
    state, page = original(state, call, choices, forward=forward)
    key = f"items-cached-at-first-read:{call.collector.value}"
    cached = remembered(state, key, Map())
    for info in page:
        if info.key not in cached:
            cached = cached.set(info.key, info)
    return remembering(state, key, cached), tuple(cached[info.key] for info in page)


@mutant("destroy-by-prefix", collectors.destroy_collector)
def destroy_by_prefix(original, state, call, choices):
    """Collectors are destroyed by the beginning of their id: collector-1 takes collector-12 with it."""
    state, answer = original(state, call, choices)
    session = state.sessions[call.session]
    lost = {value for value in session.collectors if value.startswith(call.collector.value)}
    made = session.collectors
    for value in lost:
        made = made.delete(value)
    return inventory.forget(access.with_session(state, evolve(session, collectors=made)), lost), answer


# --- property collector and views -------------------------------------------------------------------------------------


@mutant("truncated-skips-one", watch.told)
def truncated_skips_one(original, state, session, collector, most, choices):
    """A truncated set has already taken the next update from the queue, and nobody gets that."""
    collector, found = original(state, session, collector, most, choices)
    if found.truncated and collector.pending:
        (name, ref), *rest = collector.pending
        one = next((each for each in collector.filters if each.ref.value == name), None)
        now = ABSENT if one is None else watched.seen_now(state, session, one, ref, choices)
        known = collector.known.set((name, ref), now)
        if now == ABSENT:
            known = known.delete((name, ref))
        collector = evolve(collector, known=known, pending=tuple(rest))
    return collector, found


@mutant("version-reuse-empty", watch.known_at)
def version_reuse_empty(original, collector, version):
    """Only the last picture is kept: changes told once are not told again to who comes with an earlier version."""
    known = original(collector, version)
    return collector.known if version else known


@mutant("view-of-32", watched.followed)
def view_of_32(original, session, one):
    """A filter follows the first 32 members of a view."""
    return [members[:32] for members in original(session, one)]


@mutant("unresolved-aborts-rest", views.added)
def unresolved_aborts_rest(original, state, session, members, objs):
    """The first object that cannot be resolved ends the work: those after it are not added."""
    for index, obj in enumerate(objs):
        if not inventory.exists(state, session, obj):
            return original(state, session, members, objs[: index + 1])
    return original(state, session, members, objs)


@mutant("destroy-pops-last-filter", watch.destroy_property_filter)
def destroy_pops_last_filter(original, state, call, choices):
    """Of a collector's filters the one made last is taken away, whichever was meant."""
    session = state.sessions.get(call.session)
    for made in () if session is None else session.property_collectors.values():
        if any(one.ref == call.filter for one in made.filters):
            call = evolve(call, filter=made.filters[-1].ref)
            break
    return original(state, call, choices)


@mutant("ended-before-left-out", watched.is_news)
def ended_before_left_out(original, state, session, one, change):
    """A task that has ended before the first wait is not told of: there is nothing to wait for."""
    _, before, now = change
    if before == ABSENT and now in {SUCCESS, ERROR}:
        return False
    return original(state, session, one, change)


# --- sessions and permissions -----------------------------------------------------------------------------------------


@mutant("description-unprivileged", life.set_task_description)
def description_unprivileged(original, state, call, choices):
    """SetTaskDescription asks for a login, but not for Task.Update."""
    session = access.current(state, call.session)
    held = state.privileges[session.account]
    granted = held.set(state.server.root, held.get(state.server.root, frozenset()) | {life.TASK_UPDATE})
    after, answer = original(evolve(state, privileges=state.privileges.set(session.account, granted)), call, choices)
    return evolve(after, privileges=state.privileges), answer


@mutant("collectors-kept-by-user", sessions.end_session)
def collectors_kept_by_user(original, state, session, choices):
    """Collectors are kept under the user's name, and are not destroyed when the session ends."""
    state = original(state, session, choices)
    key = f"collectors-kept-by-user:{session.account}"
    return remembering(state, key, remembered(state, key, Map()).update(session.collectors))


@mutant("collectors-kept-by-user", sessions.login)
def collectors_found_again(original, state, call, choices):
    """The user's next session has them."""
    state, answer = original(state, call, choices)
    key = f"collectors-kept-by-user:{call.account}"
    kept = remembered(state, key, Map())
    session = state.sessions[call.session]
    state = access.with_session(state, evolve(session, collectors=session.collectors.update(kept)))
    return remembering(state, key, Map()), answer


@mutant("locale-of-last-login", sessions.login)
def locale_set_at_login(original, state, call, choices):
    """A login sets the locale of the whole server."""
    state, answer = original(state, call, choices)
    return remembering(state, "locale-of-last-login", state.sessions[call.session].locale), answer


@mutant("locale-of-last-login", descriptions.read_description)
def locale_of_last_login(original, state, call, choices):
    """And every session reads its strings in that."""
    session = access.current(state, call.session)
    locale = remembered(state, "locale-of-last-login", session.locale)
    _, read = original(access.with_session(state, evolve(session, locale=locale)), call, choices)
    return state, read


@mutant("logout-ends-users-sessions", sessions.logout)
def logout_ends_users_sessions(original, state, call, choices):
    """Logout ends all sessions of the user, and not only the one in which it was called."""
    account = access.current(state, call.session).account
    state, answer = original(state, call, choices)
    for one in list(state.sessions.values()):
        if one.account == account:
            state = sessions.end_session(state, one, choices)
    return state, answer


@mutant("info-first-checked-only", tasks.read_task_info)
def info_first_checked_only(original, state, call, choices):
    """Of several tasks read in one call only the first is checked for access."""
    state, found = original(state, call, choices)
    if found and found[0].value is not None:
        found = tuple(Property(value=state.tasks[state.keys[ref.value]].info) for ref in call.tasks)
    return state, found


# --- extensions -------------------------------------------------------------------------------------------------------


@mutant("find-extension-by-prefix", extensions.find_extension)
def find_extension_by_prefix(original, state, call, choices):
    """FindExtension finds, for lack of the key itself, an extension whose key the given one begins with."""
    state, found = original(state, call, choices)
    if found is None:
        found = next((one for one in state.extensions if call.key.startswith(one.key)), None)
    return state, found


@mutant("shared-type-lost", extensions.unregister_extension)
def shared_type_lost(original, state, call, choices):
    """Unregistering an extension deletes its task types, also those that another extension declares."""
    gone = extensions.find(state, call.key)
    state, answer = original(state, call, choices)
    lost = remembered(state, "shared-type-lost", frozenset()) | set(() if gone is None else gone.task_ids)
    return remembering(state, "shared-type-lost", lost), answer


@mutant("shared-type-lost", extensions.register_extension)
def types_registered(original, state, call, choices):
    """Registering declares them again."""
    state, answer = original(state, call, choices)
    lost = remembered(state, "shared-type-lost", frozenset()) - set(call.task_ids)
    return remembering(state, "shared-type-lost", lost), answer


@mutant("shared-type-lost", extensions.update_extension)
def types_updated(original, state, call, choices):
    """So does updating."""
    state, answer = original(state, call, choices)
    lost = remembered(state, "shared-type-lost", frozenset()) - set(call.task_ids)
    return remembering(state, "shared-type-lost", lost), answer


@mutant("shared-type-lost", descriptions.is_registered)
def is_not_lost(original, state, type_id):
    """What was deleted is no task type."""
    return type_id not in remembered(state, "shared-type-lost", frozenset()) and original(state, type_id)


@mutant("extension-list-after-unregister", extensions.unregister_extension)
def extension_list_not_refreshed(original, state, call, choices):
    """extensionList is cached, and UnregisterExtension forgets to refresh it."""
    before = remembered(state, "extension-list-after-unregister") or state.extensions
    state, answer = original(state, call, choices)
    return remembering(state, "extension-list-after-unregister", before), answer


@mutant("extension-list-after-unregister", extensions.register_extension)
def extension_list_refreshed(original, state, call, choices):
    """RegisterExtension does not forget it."""
    state, answer = original(state, call, choices)
    return remembering(state, "extension-list-after-unregister", None), answer


@mutant("extension-list-after-unregister", extensions.update_extension)
def extension_list_refreshed_too(original, state, call, choices):
    """Nor does UpdateExtension."""
    state, answer = original(state, call, choices)
    return remembering(state, "extension-list-after-unregister", None), answer


@mutant("extension-list-after-unregister", extensions.read_extension_list)
def extension_list_after_unregister(original, state, call, choices):
    """The list read is the cached one."""
    cached = remembered(state, "extension-list-after-unregister")
    _, read = original(state if cached is None else evolve(state, extensions=cached), call, choices)
    return state, read


@mutant("refused-register-overwrites", extensions.register_extension)
def refused_register_overwrites(original, state, call, choices):
    """Registering a key twice faults, but the new description has replaced the old one."""
    try:
        return original(state, call, choices)
    except FaultRaised as raised:
        if raised.name != "InvalidArgument" or not call.version or extensions.find(state, call.key) is None:
            raise
        new = Extension(key=call.key, version=call.version, task_ids=call.task_ids)
        kept = tuple(new if one.key == call.key else one for one in state.extensions)
        raise FaultRaised(raised.name, raised.message, evolve(state, extensions=kept)) from None
