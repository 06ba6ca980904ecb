"""A third list of held-out faults: what somebody gets wrong who implements the pages and tests the usual case."""

from bisect import bisect_left

from immutables import Map

from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.model.spec import (
    access,
    clock,
    collectors,
    descriptions,
    extensions,
    filters,
    items,
    latest,
    life,
    pages,
    recent,
    sessions,
    tasks,
    triggers,
    views,
    watch,
    watched,
)
from taskconform.model.spec.faults import FaultRaised, fault_if
from taskconform.model.spec.state import ABSENT
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.outcomes import (
    ERROR,
    RUNNING,
    SECOND,
    SUCCESS,
    Property,
    RecentTaskUpdate,
    TaskReason,
)
from taskconform.model.vocabulary.words import evolve

ENDED = (SUCCESS, ERROR)
MINUTE = 60 * SECOND


def of_key(state, key):
    """Return the task of a key, if there is one."""
    number = state.keys.get(key or "")
    return None if number is None else state.tasks[number]


def born_as(state, task, info):
    """Return the state in which a task was made with this info."""
    return evolve(state, tasks=state.tasks.set(task.number, evolve(task, info=info, created=info)))


def changed(state, task, **fields):
    """Return the state in which a task's info has these fields, and its info."""
    info = evolve(task.info, **fields)
    return tasks.with_info(state, task, info), info


# --- CreateTask and the fields that it fills --------------------------------------------------------------------------


@mutant("type-known-by-extension-prefix", descriptions.is_registered)
def type_known_by_extension_prefix(original, state, type_id):
    """An id in an extension's name space is taken for one of its task types."""
    return original(state, type_id) or any(type_id.startswith(f"{one.key}.") for one in state.extensions)


@mutant("initiated-by-makes-cancelable", tasks.create_task)
def initiated_by_makes_cancelable(original, state, call, choices):
    """Arguments by position: initiatedBy ends up as cancelable, too."""
    return original(state, evolve(call, cancelable=True) if call.initiated_by else call, choices)


@mutant("child-queued-with-parent", tasks.placed)
def child_queued_with_parent(original, state, key, entity, parent, choices):
    """A child is made by copying the parent's info, with the parent's queueTime."""
    fields = original(state, key, entity, parent, choices)
    return fields if parent is None or isinstance(parent, str) else {**fields, "queue_time": parent.info.queue_time}


@mutant("root-of-last-chain", tasks.create_task)
def root_of_last_chain(original, state, call, choices):
    """The head of a chain is kept in one place for the whole server: it is the head of the chain begun last."""
    state, info = original(state, call, choices)
    parent = of_key(state, info.parent_task_key)
    if parent is None:
        return state, info
    if parent.info.parent_task_key is None:
        return remembering(state, "root-of-last-chain", parent.info.key), info
    info = evolve(info, root_task_key=remembered(state, "root-of-last-chain", info.root_task_key))
    return born_as(state, of_key(state, info.key), info), info


@mutant("type-list-of-four", descriptions.registered_types)
def type_list_of_four(original, state):
    """Only the first four task types of an extension can be used."""
    return tuple(type_ids[:4] for type_ids in original(state))


# --- the life of a task -----------------------------------------------------------------------------------------------


@mutant("reference-result-as-text", life.set_state)
def reference_result_as_text(original, state, task, call, error, choices):
    """The column for results is a text."""
    if isinstance(call.result, ObjectRef):
        call = evolve(call, result=call.result.value)
    return original(state, task, call, error, choices)


@mutant("indirect-faults-refused", life.settable_fault)
def indirect_faults_refused(original, state, name, choices):
    """Whether a fault extends VimFault is looked up one level up only."""
    kinds = state.server.faults.get(name, ())
    far = "VimFault" in kinds and "VimFault" not in kinds[:2]
    fault_if(far, "InvalidArgument", f"{name} does not extend VimFault")
    return original(state, name, choices)


@mutant("start-time-at-first-progress", life.enter)
def no_start_time_on_running(original, state, number, entered, choices):
    """SetTaskState to running stamps nothing."""
    before = state.tasks[number].info.start_time
    state = original(state, number, entered, choices)
    return changed(state, state.tasks[number], start_time=before)[0]


@mutant("start-time-at-first-progress", life.update_progress)
def start_time_at_first_progress(original, state, call, choices):
    """The first progress does."""
    state, _ = original(state, call, choices)
    task = tasks.find_task(state, call.task)
    if task.info.start_time is not None:
        return state, None
    return changed(state, task, start_time=state.now)[0], None


@mutant("hundred-percent-completes", life.update_progress)
def hundred_percent_completes(original, state, call, choices):
    """A task that is done to 100 percent has succeeded."""
    state, _ = original(state, call, choices)
    if call.percent_done >= 100:
        state = life.enter(state, tasks.find_task(state, call.task).number, SUCCESS, choices)
    return state, None


@mutant("progress-in-signed-byte", life.update_progress)
def progress_in_signed_byte(original, state, call, choices):
    """percentDone is put into a signed byte before it is clamped."""
    return original(state, evolve(call, percent_done=(call.percent_done + 128) % 256 - 128), choices)


@mutant("zero-progress-unset", life.update_progress)
def zero_progress_unset(original, state, call, choices):
    """Zero is taken for nothing."""
    state, _ = original(state, call, choices)
    task = tasks.find_task(state, call.task)
    return changed(state, task, progress=task.info.progress or None)[0], None


@mutant("running-again-restarts-clock", life.enter)
def running_again_restarts_clock(original, state, number, entered, choices):
    """Every SetTaskState to running stamps startTime."""
    before = state.tasks[number].info.state
    state = original(state, number, entered, choices)
    if before == entered == RUNNING:
        return changed(state, state.tasks[number], start_time=state.now)[0]
    return state


@mutant("no-complete-time-without-run", life.enter)
def no_complete_time_without_run(original, state, number, entered, choices):
    """completeTime is worked out from startTime, and so unset where there is none."""
    ran = state.tasks[number].info.start_time is not None
    state = original(state, number, entered, choices)
    if entered in ENDED and not ran:
        return changed(state, state.tasks[number], complete_time=None)[0]
    return state


@mutant("misfit-result-still-ends", life.set_task_state)
def misfit_result_still_ends(original, state, call, choices):
    """The state is set before it is checked that the result goes with it."""
    try:
        return original(state, call, choices)
    except FaultRaised as raised:
        number = state.keys.get(call.task.value)
        if raised.name != "InvalidState" or call.result is None or call.state == SUCCESS or number is None:
            raise
        if not life.is_taken(state.tasks[number].info.state, call.state, choices) or number not in state.live:
            raise
        raise FaultRaised(raised.name, raised.message, life.enter(state, number, call.state, choices)) from None


@mutant("update-by-maker-only", life.to_update)
def update_by_maker_only(original, state, call, choices):
    """Only the session that created a task can update it."""
    task = original(state, call, choices)
    maker = access.current(state, call.session).number
    fault_if(task.maker not in {0, maker}, "NoPermission", "the task is another session's")
    return task


@mutant("description-cut-at-32", life.set_task_description)
def description_cut_at_32(original, state, call, choices):
    """The column for the message's key has 32 characters."""
    return original(state, evolve(call, key=call.key[:32]), choices)


# --- CancelTask -------------------------------------------------------------------------------------------------------


@mutant("cancelled-flag-cleared-at-end", life.end_canceled)
def cancelled_flag_cleared_at_end(original, state, number, choices):
    """cancelled is a request, and cleared when that has been served."""
    live = number in state.live
    state = original(state, number, choices)
    return changed(state, state.tasks[number], cancelled=False)[0] if live else state


@mutant("canceled-while-queued-has-start", life.end_canceled)
def canceled_while_queued_has_start(original, state, number, choices):
    """A queued task is run in order to be canceled, and stamped."""
    live = number in state.live and state.tasks[number].info.start_time is None
    state = original(state, number, choices)
    return changed(state, state.tasks[number], start_time=state.now)[0] if live else state


@mutant("cancel-takes-children", life.cancel)
def cancel_takes_children(original, state, task, choices):
    """A cancelation is handed on to the live children."""
    state = original(state, task, choices)
    for number in sorted(state.live):
        child = state.tasks[number]
        if child.info.parent_task_key == task.info.key and child.info.cancelable and not child.info.cancelled:
            state = life.cancel(state, child, choices)
    return state


@mutant("batch-of-cancels-one-error", clock.pass_time)
def batch_of_cancels_one_error(original, state, microseconds, choices):
    """Of the canceled tasks that end in one go only the first is given its error."""
    due = [number for at, number in state.ending if at <= state.now + microseconds and number in state.live]
    state = original(state, microseconds, choices)
    for number in due[1:]:
        state, _ = changed(state, state.tasks[number], error=None)
    return state


# --- recentTask -------------------------------------------------------------------------------------------------------


@mutant("recent-window-from-queue-time", recent.recently_completed)
def recent_window_from_queue_time(original, state, session, choices):
    """The ten minutes are counted from the creation of a completed task."""
    earliest = state.now - state.server.window * SECOND
    yield from (task for task in original(state, session, choices) if task.info.queue_time >= earliest)


@mutant("cap-per-outcome", recent.recently_completed)
def cap_per_outcome(original, state, session, choices):
    """There is a ring of 200 for those that succeeded, and one for those that failed."""
    uncapped = evolve(state, server=evolve(state.server, cap=len(state.tasks)))
    counted = dict.fromkeys(ENDED, 0)
    for task in original(uncapped, session, choices):
        counted[task.info.state] += 1
        if counted[task.info.state] <= recent.cap_in_force(state, choices):
            yield task


@mutant("child-accessible-by-parent", access.may_access)
def child_accessible_by_parent(original, state, session, task, choices):
    """Who may see a task may see its children, wherever they are."""
    parent = of_key(state, task.info.parent_task_key)
    return original(state, session, task, choices) or (
        parent is not None and original(state, session, parent, choices)
    )


@mutant("initiator-sees-hidden", access.may_access)
def initiator_sees_hidden(original, state, session, task, choices):
    """The user whom the reason names may see the task, whatever its entity."""
    return original(state, session, task, choices) or task.info.reason.user_name == session.user_name


@mutant("recent-cache-shared", recent.read_recent_task)
def recent_cache_shared(original, state, call, choices):
    """The list is worked out once for all sessions, until a task moves or time passes."""
    access.current(state, call.session)
    at, found = remembered(state, "recent-cache-shared", (None, None))
    if at == (state.now, state.moves) and found.missing is None:
        return state, found
    _, found = original(state, call, choices)
    return remembering(state, "recent-cache-shared", ((state.now, state.moves), found)), found


@mutant("fresh-wait-once-per-session", recent.wait_for_recent_task)
def fresh_wait_once_per_session(original, state, call, choices):
    """From the version "" a session is always given what it was given first."""
    session = access.current(state, call.session)
    if call.fresh and session.recent is not None:
        return state, RecentTaskUpdate(changed=True, recent_task=Property(value=session.recent))
    return original(state, call, choices)


# --- collectors: the limit, and whose they are ------------------------------------------------------------------------


@mutant("anonymous-max-collector", collectors.read_max_collector)
def anonymous_max_collector(original, state, call, choices):
    """maxCollector is a constant, given without looking at the session."""
    if call.session not in state.sessions:
        return state, Property(value=state.server.max_collector)
    return original(state, call, choices)


@mutant("filter-property-of-last-made", collectors.read_collector_filter)
def filter_property_of_last_made(original, state, call, choices):
    """The filter property is that of the collector made last."""
    state, found = original(state, call, choices)
    own = access.current(state, call.session).collectors
    if call.collector.value not in own:
        return state, found
    last = max(own, key=lambda value: int(value.rpartition("-")[2]))
    return state, Property(value=own[last].filter)


@mutant("limit-counts-highest-slot", collectors.new_collector)
def collector_takes_slot(original, state, session, spec, info_filter, choices):
    """Every collector is put behind the last one."""
    state, ref = original(state, session, spec, info_filter, choices)
    key = f"limit-counts-highest-slot {session.number}"
    return remembering(state, key, (*remembered(state, key, ()), ref.value)), ref


@mutant("limit-counts-highest-slot", collectors.collectors_held)
def limit_counts_highest_slot(original, state, session, choices):
    """How many there are is told by the last one that is still there."""
    slots = remembered(state, f"limit-counts-highest-slot {session.number}", ())
    used = [place for place, value in enumerate(slots, 1) if value in session.collectors]
    return max(used, default=0)


@mutant("info-filter-collectors-uncounted", collectors.collectors_held)
def info_filter_collectors_uncounted(original, state, session, choices):
    """Collectors with an info filter are kept, and counted, elsewhere."""
    apart = sum(one.info_filter is not None for one in session.collectors.values())
    return original(state, session, choices) - apart


@mutant("collectors-come-back-at-login", sessions.end_session)
def collectors_kept_by_account(original, state, session, choices):
    """Collectors are kept by user."""
    kept = remembered(state, "collectors-come-back-at-login", Map()).set(session.account, session.collectors)
    return remembering(original(state, session, choices), "collectors-come-back-at-login", kept)


@mutant("collectors-come-back-at-login", sessions.login)
def collectors_come_back_at_login(original, state, call, choices):
    """The user's next session finds them again."""
    state, user = original(state, call, choices)
    kept = remembered(state, "collectors-come-back-at-login", Map()).get(call.account, Map())
    return access.with_session(state, evolve(state.sessions[call.session], collectors=kept)), user


# --- TaskFilterSpec ---------------------------------------------------------------------------------------------------


@mutant("started-time-falls-back-to-queue-time", filters.passes_time)
def started_time_falls_back(original, by, info, choices):
    """Where there is no startTime, queueTime is as good."""
    if by.time_type == "startedTime" and info.start_time is None:
        info = evolve(info, start_time=info.queue_time)
    return original(by, info, choices)


@mutant("all-of-root-leaves-out-root", filters.passes_entity)
def all_of_root_leaves_out_root(original, state, by, info, choices):
    """For the whole inventory the children of the root folder are walked, and the root folder is forgotten."""
    root = state.server.root
    if by.recursion == "all" and by.entity.value == root and info.entity == by.entity:
        return False
    return original(state, by, info, choices)


@mutant("open-end-frozen-at-creation", filters.holds)
def open_end_frozen_at_creation(original, state, collector, task, choices):
    """A time range without an end is given one: the time at which the collector is created."""
    by = collector.filter.time
    if by is not None and by.end_time is None and by.begin_time is not None:
        spec = evolve(collector.filter, time=evolve(by, end_time=collector.made_at))
        collector = evolve(collector, filter=spec)
    return original(state, collector, task, choices)


@mutant("end-time-in-whole-minutes", filters.passes_time)
def end_time_in_whole_minutes(original, by, info, choices):
    """endTime loses its seconds."""
    if by.end_time is not None:
        by = evolve(by, end_time=by.end_time - by.end_time % MINUTE)
    return original(by, info, choices)


@mutant("user-list-bisected", filters.is_named)
def user_list_bisected(original, user_name, listed, choices):
    """A user is looked for in the list as if it were in order."""
    place = bisect_left(listed, user_name)
    return place < len(listed) and listed[place] == user_name


@mutant("empty-tag-only-alone", filters.passes_lists)
def empty_tag_only_alone(original, spec, info, choices):
    """The empty string among other tags stands for nothing."""
    if len(spec.tag) > 1:
        kept = tuple(one for one in spec.tag if one)
        spec = evolve(spec, tag=kept or ("",))
    return original(spec, info, choices)


@mutant("alarm-filter-by-entity", filters.holds)
def alarm_filter_by_entity(original, state, collector, task, choices):
    """A filter by alarm lets through what any alarm on the same entity has queued."""
    spec, reason = collector.filter, task.info.reason
    on = {one.ref: one.entity.ref for one in state.triggers}.get(spec.alarm)
    if on is not None and reason.alarm is not None and reason.entity == on:
        collector = evolve(collector, filter=evolve(spec, alarm=reason.alarm))
    return original(state, collector, task, choices)


@mutant("schedule-filter-by-name", filters.holds)
def schedule_filter_by_name(original, state, collector, task, choices):
    """A filter by scheduled task goes by its name, which an earlier one may have had."""
    spec, reason = collector.filter, task.info.reason
    name = {one.ref: one.name for one in state.triggers}.get(spec.scheduled_task)
    if name is not None and reason.scheduled_task is not None and reason.name == name:
        collector = evolve(collector, filter=evolve(spec, scheduled_task=reason.scheduled_task))
    return original(state, collector, task, choices)


@mutant("canceled-is-not-error-to-filter", filters.passes_state)
def canceled_is_not_error_to_filter(original, collector, task, choices):
    """To a filter by state a canceled task is in a state of its own."""
    canceled = task.info.state == ERROR and task.info.cancelled
    return not canceled and original(collector, task, choices)


# --- pages of a collector ---------------------------------------------------------------------------------------------


@mutant("cursor-shared-by-equal-filter", pages.read)
def cursor_shared_by_equal_filter(original, state, call, choices, *, forward):
    """Collectors of a session with equal filters share one cursor."""
    state, page = original(state, call, choices, forward=forward)
    session = access.current(state, call.session)
    read = session.collectors.get(call.collector.value)
    if read is None:
        return state, page
    made = session.collectors
    for value, one in session.collectors.items():
        if one.filter == read.filter and one.info_filter == read.info_filter:
            moved = evolve(one, position=read.position, page=read.page, read=read.read, forward=read.forward)
            made = made.set(value, moved)
    return access.with_session(state, evolve(session, collectors=made)), page


@mutant("page-size-of-first-read", pages.read)
def page_size_of_first_read(original, state, call, choices, *, forward):
    """The maxCount of a collector's first read is that of all its reads."""
    pages.check_count(call.max_count, choices)
    key = f"page-size-of-first-read {call.collector.value}"
    count = remembered(state, key, call.max_count)
    state, page = original(state, evolve(call, max_count=count), choices, forward=forward)
    return remembering(state, key, count), page


@mutant("reset-leaves-out-ten", pages.reset_collector)
def reset_leaves_out_ten(original, state, call, choices):
    """ResetCollector goes by a latest page of the default size, whatever size was set."""
    session = access.current(state, call.session)
    before = session.collectors.get(call.collector.value)
    if before is None or before.page_size is None:
        return original(state, call, choices)
    unset = collectors.with_collector(state, session, call.collector.value, evolve(before, page_size=None))
    state, _ = original(unset, call, choices)
    session = access.current(state, call.session)
    after = evolve(session.collectors[call.collector.value], page_size=before.page_size)
    return collectors.with_collector(state, session, call.collector.value, after), None


@mutant("page-keeps-first-sight", pages.read)
def page_keeps_first_sight(original, state, call, choices, *, forward):
    """A collector fetches an item once, and gives it as it was then whenever it is read again."""
    state, page = original(state, call, choices, forward=forward)
    key = f"page-keeps-first-sight {call.collector.value}"
    seen = remembered(state, key, Map())
    for info in page:
        if info.key not in seen:
            seen = seen.set(info.key, info)
    return remembering(state, key, seen), tuple(seen[info.key] for info in page)


# --- latestPage -------------------------------------------------------------------------------------------------------


@mutant("latest-by-last-move", latest.members)
def latest_by_last_move(original, state, session, collector, choices):
    """latestPage has the tasks whose state changed last."""
    numbers = sorted(state.tasks, key=lambda number: state.tasks[number].entered[-1][1], reverse=True)
    return items.held(state, session, collector, numbers, latest.size(state, collector, choices), choices)


@mutant("full-latest-not-told", latest.seen)
def full_latest_not_told(original, state, session, collector, choices):
    """That latestPage has changed is seen by its length, which stays the same once it is full."""
    found = original(state, session, collector, choices)
    return (len(found),) if len(found) == latest.size(state, collector, choices) else found


# --- views and the property collector ---------------------------------------------------------------------------------


@mutant("version-used-once", watch.updates_since)
def version_used_once(original, state, call, collector, most, choices):
    """A version is forgotten as soon as updates were given from it."""
    state, found = original(state, call, collector, most, choices)
    session = access.current(state, call.session)
    after = session.property_collectors[call.collector.value]
    if found is not None and call.version in after.versions:
        after = evolve(after, versions=after.versions.delete(call.version))
        state = watch.with_collector(state, session, call.collector.value, after)
    return state, found


@mutant("truncated-skips-one", watch.updates_since)
def truncated_skips_one(original, state, call, collector, most, choices):
    """A suspended calculation goes on one object too late, if two or more are left."""
    if call.version and call.version == collector.truncated and len(collector.pending) > 1:
        session = access.current(state, call.session)
        (name, ref), *pending = collector.pending
        one = next((one for one in collector.filters if one.ref.value == name), None)
        now = watched.seen_now(state, session, one, ref, choices) if one else ABSENT
        known = collector.known if now == ABSENT else collector.known.set((name, ref), now)
        collector = evolve(collector, known=known, pending=tuple(pending))
    return original(state, call, collector, most, choices)


@mutant("reset-view-all-or-nothing", views.reset_list_view)
def reset_view_all_or_nothing(original, state, call, choices):
    """If an object cannot be resolved, ResetListView says so and leaves the view as it is."""
    after, unresolved = original(state, call, choices)
    return (state if unresolved else after), unresolved


@mutant("reset-view-not-followed", views.reset_list_view)
def reset_view_not_followed(original, state, call, choices):
    """Filters over a view stay with the set that ResetListView replaces."""
    session, members = views.find_view(state, call.session, call.view)
    made = session.property_collectors
    for value, collector in session.property_collectors.items():
        kept = tuple(
            evolve(one, watched=tuple(dict.fromkeys((*(ref for ref in one.watched if ref != call.view), *members))))
            if call.view in one.watched
            else one
            for one in collector.filters
        )
        made = made.set(value, evolve(collector, filters=kept))
    state = access.with_session(state, evolve(session, property_collectors=made))
    return original(state, call, choices)


@mutant("one-update-per-object", watch.changes)
def one_update_per_object(original, state, session, collector, known, choices):
    """What several filters show is told of the first only."""
    first = {}
    for one in collector.filters:
        for ref in watched.shown_objects(session, one):
            first.setdefault(ref, one.ref.value)
    for name, ref in original(state, session, collector, known, choices):
        if first.get(ref, name) == name:
            yield name, ref


@mutant("watched-state-leaks", watched.seen_now)
def watched_state_leaks(original, state, session, one, ref, choices):
    """Of a watched task the state is told, whether the session may read the task or not."""
    found = original(state, session, one, ref, choices)
    return state.tasks[state.keys[ref.value]].info.state if found is None else found


@mutant("logout-sweeps-views", sessions.end_session)
def logout_sweeps_views(original, state, session, choices):
    """With a session the views of all its user's sessions end."""
    state = original(state, session, choices)
    for other in state.sessions.values():
        if other.account == session.account:
            state = access.with_session(state, evolve(other, views=Map()))
    return state


# --- extensions and TaskDescription -----------------------------------------------------------------------------------


@mutant("update-unknown-registers", extensions.update_extension)
def update_unknown_registers(original, state, call, choices):
    """UpdateExtension of a key that is not registered registers it."""
    try:
        return original(state, call, choices)
    except FaultRaised as raised:
        if raised.name != "NotFound":
            raise
    extensions.check_complete(call)
    return evolve(state, extensions=(*state.extensions, extensions.described(call))), None


@mutant("unregister-drops-shared-types", extensions.unregister_extension)
def types_dropped(original, state, call, choices):
    """The table of task types has each id once: UnregisterExtension takes its ids out of it."""
    gone = extensions.find(state, call.key)
    state, _ = original(state, call, choices)
    dropped = remembered(state, "unregister-drops-shared-types", frozenset())
    return remembering(state, "unregister-drops-shared-types", dropped | set(gone.task_ids)), None


@mutant("unregister-drops-shared-types", extensions.register_extension)
def types_registered(original, state, call, choices):
    """RegisterExtension puts them in."""
    state, _ = original(state, call, choices)
    dropped = remembered(state, "unregister-drops-shared-types", frozenset())
    return remembering(state, "unregister-drops-shared-types", dropped - set(call.task_ids)), None


@mutant("unregister-drops-shared-types", extensions.update_extension)
def types_updated(original, state, call, choices):
    """UpdateExtension does, too."""
    state, _ = original(state, call, choices)
    dropped = remembered(state, "unregister-drops-shared-types", frozenset())
    return remembering(state, "unregister-drops-shared-types", dropped - set(call.task_ids)), None


@mutant("unregister-drops-shared-types", descriptions.is_registered)
def unregister_drops_shared_types(original, state, type_id):
    """Another extension that declares the same id is of no help."""
    return original(state, type_id) and type_id not in remembered(
        state, "unregister-drops-shared-types", frozenset()
    )


@mutant("find-extension-stale", extensions.find_extension)
def find_extension_stale(original, state, call, choices):
    """FindExtension keeps what it found for as long as the key is registered."""
    state, found = original(state, call, choices)
    kept = remembered(state, "find-extension-stale", Map())
    if found is None:
        return remembering(state, "find-extension-stale", kept.delete(call.key) if call.key in kept else kept), None
    found = kept.get(call.key, found)
    return remembering(state, "find-extension-stale", kept.set(call.key, found)), found


@mutant("extension-types-in-default-locale-only", descriptions.read_description)
def extension_types_in_default_locale_only(original, state, call, choices):
    """Task types of extensions are described in the server's default locale, and in no other."""
    state, found = original(state, call, choices)
    locale = access.current(state, call.session).locale
    if found.value is not None and locale != state.server.default_locale:
        return state, Property(value=state.server.catalogs[locale])
    return state, found


# --- alarms, events ---------------------------------------------------------------------------------------------------


@mutant("alarm-reason-is-user", triggers.log_user_event)
def alarm_reason_is_user(original, state, call, choices):
    """A task that an alarm queues is put down to the user who logged the event."""
    after, _ = original(state, call, choices)
    reason = TaskReason(kind="TaskReasonUser", user_name=access.current(state, call.session).user_name)
    for number in range(len(state.tasks) + 1, len(after.tasks) + 1):
        task = after.tasks[number]
        after = born_as(after, task, evolve(task.info, reason=reason))
    return after, None


@mutant("alarm-name-not-retained", triggers.remove_alarm)
def alarm_name_not_retained(original, state, call, choices):
    """alarmName is looked up by the alarm, and empty when that is removed."""
    state, _ = original(state, call, choices)
    for task in state.tasks.values():
        if task.info.reason.alarm == call.alarm:
            state, _ = changed(state, task, reason=evolve(task.info.reason, alarm_name=""))
    return state, None


@mutant("event-snapshot-late", triggers.query_task_events)
def event_snapshot_late(original, state, call, choices):
    """The info in a TaskEvent is that of the moment at which the event is first asked for."""
    state, events = original(state, call, choices)
    kept = remembered(state, "event-snapshot-late", Map())
    for event in events:
        if event.key not in kept:
            kept = kept.set(event.key, state.tasks[event.key].info)
    told = tuple(evolve(event, info=kept[event.key]) for event in events)
    return remembering(state, "event-snapshot-late", kept), told
