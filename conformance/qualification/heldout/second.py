"""A second list of held-out faults: what goes wrong when a TaskManager is written in a hurry from the API pages."""

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
    triggers,
    views,
    watch,
    watched,
)
from taskconform.model.spec.faults import FaultRaised, fault
from taskconform.model.spec.state import Task
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SECOND, SUCCESS, Property
from taskconform.model.vocabulary.words import evolve

ENDED = (SUCCESS, ERROR)
MINUTE = 60 * SECOND


def told_task(state, ref):
    """Return the task that a call speaks of, if it is there."""
    number = state.keys.get(ref.value) if ref.type == "Task" else None
    return None if number is None else state.tasks[number]


def completions(state):
    """Yield the completed tasks, the last completed first."""
    rest = state.completed
    while rest is not None:
        number, rest = rest
        yield state.tasks[number]


# --- CreateTask -------------------------------------------------------------------------------------------------------


@mutant("initiated-by-lost-with-parent", tasks.reason_of)
def initiated_by_lost_with_parent(original, state, session, call, choices):
    """The constructor for child tasks has no initiatedBy."""
    return original(state, session, call if call.parent_task_key is None else evolve(call, initiated_by=None), choices)


@mutant("activation-id-makes-idempotent", tasks.create_task)
def activation_id_makes_idempotent(original, state, call, choices):
    """A live task with the same activationId is given back in place of a new one."""
    after, info = original(state, call, choices)
    for number in sorted(state.live):
        if call.activation_id and state.tasks[number].info.activation_id == call.activation_id:
            return state, state.tasks[number].info
    return after, info


@mutant("cancelable-cached-by-type", tasks.create_task)
def cancelable_cached_by_type(original, state, call, choices):
    """The type's descriptor keeps the cancelable flag of the first task of the type."""
    cache = remembered(state, "cancelable-cached-by-type", Map())
    kept = cache.get(call.task_type_id, call.cancelable)
    state, info = original(state, evolve(call, cancelable=kept), choices)
    return remembering(state, "cancelable-cached-by-type", cache.set(call.task_type_id, kept)), info


@mutant("child-takes-parents-entity", tasks.placed)
def child_takes_parents_entity(original, state, key, entity, parent, choices):
    """The entity is copied from the parent's row."""
    fields = original(state, key, entity, parent, choices)
    if isinstance(parent, Task) and parent.info.entity is not None:
        fields |= {"entity": parent.info.entity, "entity_name": parent.info.entity_name}
    return fields


@mutant("root-two-levels-up", tasks.placed)
def root_two_levels_up(original, state, key, entity, parent, choices):
    """The root is the parent's parent."""
    fields = original(state, key, entity, parent, choices)
    if isinstance(parent, Task):
        fields["root_task_key"] = parent.info.parent_task_key or parent.info.key
    return fields


@mutant("initiated-by-grants", tasks.check_may_create)
def initiated_by_grants(original, state, session, call, choices):
    """The privilege is looked up for the user that initiatedBy names."""
    accounts = [one for one, name in state.server.accounts.items() if name == call.initiated_by]
    for account in accounts:
        if access.holds(state, evolve(session, account=account), tasks.TASK_CREATE, state.server.root, choices):
            return
    original(state, session, call, choices)


# --- Task -------------------------------------------------------------------------------------------------------------


@mutant("misfit-checked-at-end-only", life.check_fit)
def misfit_checked_at_end_only(original, call, choices):
    """Result and fault are checked only when the task is to be completed."""
    if call.state in ENDED:
        original(call, choices)


@mutant("failed-task-can-rerun", life.set_task_state)
def failed_task_can_rerun(original, state, call, choices):
    """A retry: error may be followed by running."""
    task = told_task(state, call.task)
    if task is None or task.info.state != ERROR or call.state != RUNNING or call.result is not None or call.fault:
        return original(state, call, choices)
    life.to_update(state, call, choices)
    kept = None
    for one in reversed(list(completions(state))):
        kept = kept if one.number == task.number else (one.number, kept)
    state = evolve(state, live=state.live.set(task.number, None), completed=kept)
    state = life.enter(state, task.number, RUNNING, choices)
    task = state.tasks[task.number]
    return tasks.with_info(state, task, evolve(task.info, error=None)), None


@mutant("progress-restamps-start", life.update_progress)
def progress_restamps_start(original, state, call, choices):
    """The start time is written anew with every progress."""
    state, _ = original(state, call, choices)
    task = told_task(state, call.task)
    return tasks.with_info(state, task, evolve(task.info, start_time=state.now)), None


@mutant("complete-time-at-cancel", life.cancel)
def complete_time_at_cancel(original, state, task, choices):
    """A running task has its completeTime as soon as the cancelation is requested."""
    state = original(state, task, choices)
    task = state.tasks[task.number]
    if task.info.state == RUNNING:
        state = tasks.with_info(state, task, evolve(task.info, complete_time=state.now))
    return state


@mutant("evicted-task-forgets-phase", tasks.create_task)
def evicted_task_forgets_phase(original, state, call, choices):
    """The 64 newest tasks are cached; what is pushed out is read from its row, without progress and description."""
    state, info = original(state, call, choices)
    number = len(state.tasks) - 64
    if number in state.live:
        task = state.tasks[number]
        state = tasks.with_info(state, task, evolve(task.info, progress=None, description=None))
    return state, info


@mutant("progress-looks-up-live-only", life.update_progress)
def progress_looks_up_live_only(original, state, call, choices):
    """UpdateProgress finds tasks in the table of the live ones."""
    task = told_task(state, call.task)
    if task is not None and task.number not in state.live:
        access.require(state, access.current(state, call.session), life.TASK_UPDATE, choices)
        fault("ManagedObjectNotFound", f"no such task: {call.task.value}")
    return original(state, call, choices)


@mutant("description-first-argument", life.set_task_description)
def description_first_argument(original, state, call, choices):
    """Of a description's arguments the first is kept."""
    return original(state, evolve(call, args=call.args[:1]), choices)


@mutant("description-stored-by-type", life.set_task_description)
def description_stored_by_type(original, state, call, choices):
    """The row is found by the task's type."""
    state, _ = original(state, call, choices)
    told = told_task(state, call.task)
    for number in state.live:
        task = state.tasks[number]
        if task.info.description_id == told.info.description_id:
            state = tasks.with_info(state, task, evolve(task.info, description=told.info.description))
    return state, None


@mutant("progress-undoes-cancel", life.update_progress)
def progress_undoes_cancel(original, state, call, choices):
    """Progress rewrites the row as the worker knows it: not canceled."""
    state, _ = original(state, call, choices)
    task = told_task(state, call.task)
    state = tasks.with_info(state, task, evolve(task.info, cancelled=False))
    return evolve(state, ending=tuple(one for one in state.ending if one[1] != task.number)), None


@mutant("uncancelable-flagged", life.cancel_task)
def uncancelable_flagged(original, state, call, choices):
    """The flag is set before it is looked up whether the task is cancelable."""
    try:
        return original(state, call, choices)
    except FaultRaised as raised:
        task = told_task(state, call.task)
        if raised.name != "NotSupported" or task is None:
            raise
        after = tasks.with_info(state, task, evolve(task.info, cancelled=True))
        raise FaultRaised(raised.name, raised.message, after) from None


@mutant("late-cancel-overwrites-end", life.end_canceled)
def late_cancel_overwrites_end(original, state, number, choices):
    """The cancelation that was under way does not look whether the task has succeeded meanwhile."""
    task = state.tasks[number]
    if number in state.live or task.removed or task.info.state != SUCCESS:
        return original(state, number, choices)
    error = life.fault_value(state, "RequestCanceled")
    return tasks.with_info(state, task, evolve(task.info, state=ERROR, result=None, error=error))


@mutant("early-progress-kept", life.update_progress)
def early_progress_kept(original, state, call, choices):
    """The percentage is stored before the state is checked."""
    try:
        return original(state, call, choices)
    except FaultRaised as raised:
        task = told_task(state, call.task)
        if raised.name != "InvalidState" or task is None or task.info.state != QUEUED:
            raise
        after = tasks.with_info(state, task, evolve(task.info, progress=max(0, min(100, call.percent_done))))
        raise FaultRaised(raised.name, raised.message, after) from None


# --- recentTask -------------------------------------------------------------------------------------------------------


@mutant("failed-tasks-never-age", recent.recently_completed)
def failed_tasks_never_age(original, state, session, choices):
    """The sweeper looks for succeeded tasks only."""
    yield from original(state, session, choices)
    earliest, cap = state.now - state.server.window * SECOND, recent.cap_in_force(state, choices)
    for count, task in enumerate(completions(state), 1):
        if count > cap:
            return
        if task.info.state == ERROR and task.info.complete_time < earliest:
            yield task


@mutant("cap-by-creation", recent.recently_completed)
def cap_by_creation(original, state, session, choices):
    """The last 200 are those with the greatest keys."""
    earliest, within = state.now - state.server.window * SECOND, []
    for task in completions(state):
        if task.info.complete_time is not None and task.info.complete_time < earliest:
            break
        within.append(task)
    within.sort(key=lambda task: task.number, reverse=True)
    yield from within[: recent.cap_in_force(state, choices)]


@mutant("parent-listed-per-child", recent.recent_tasks)
def parent_listed_per_child(original, state, session, choices):
    """An outer join with the children gives a row for each of them."""
    children = {}
    for number in range(1, len(state.tasks) + 1):
        key = state.tasks[number].info.parent_task_key
        children[key] = children.get(key, 0) + 1
    refs = original(state, session, choices)
    return tuple([ref for ref in refs for _ in range(max(1, children.get(ref.value, 0)))])


@mutant("recent-cached-in-second", recent.read_recent_task)
def recent_cached_in_second(original, state, call, choices):
    """The property is worked out once a second for each session."""
    state, value = original(state, call, choices)
    cache = remembered(state, "recent-cached-in-second", Map())
    number, second = state.sessions[call.session].number, state.now // SECOND
    at, kept = cache.get(number, (None, None))
    if at == second:
        return state, kept
    return remembering(state, "recent-cached-in-second", cache.set(number, (second, value))), value


@mutant("access-cached-by-entity-type", recent.is_listed)
def access_cached_by_entity_type(original, state, session, task, choices):
    """What was found for the first entity of a type goes for all of that type."""
    entity = task.info.entity
    if entity is None or inventory.is_gone(state, entity):
        return original(state, session, task, choices)
    for number in range(1, len(state.tasks) + 1):
        first = state.tasks[number].info.entity
        if first is not None and first.type == entity.type and not inventory.is_gone(state, first):
            return original(state, session, evolve(task, info=evolve(task.info, entity=first)), choices)
    return original(state, session, task, choices)


@mutant("recent-drops-logged-out-maker", recent.is_listed)
def recent_drops_logged_out_maker(original, state, session, task, choices):
    """Completed tasks hang on the session that made them."""
    makers = {one.number for one in state.sessions.values()} | {0}
    lost = task.info.state in ENDED and task.maker not in makers
    return not lost and original(state, session, task, choices)


# --- how many collectors ----------------------------------------------------------------------------------------------


@mutant("place-freed-for-newest-only", collectors.destroy_collector)
def place_freed_for_newest_only(original, state, call, choices):
    """Places are a stack: only what is on top gives one back."""
    session = state.sessions.get(call.session)
    after, value = original(state, call, choices)
    own = {} if session is None else session.collectors

    def age(ref_value):
        return int(ref_value.rpartition("-")[2])

    if call.collector.value in own and any(age(one) > age(call.collector.value) for one in own):
        leaks = remembered(after, "place-freed-for-newest-only", Map())
        leaks = leaks.set(session.number, leaks.get(session.number, 0) + 1)
        after = remembering(after, "place-freed-for-newest-only", leaks)
    return after, value


@mutant("place-freed-for-newest-only", collectors.collectors_held)
def places_not_freed(original, state, session, choices):
    """Count what was not given back, too."""
    leaks = remembered(state, "place-freed-for-newest-only", Map())
    return original(state, session, choices) + leaks.get(session.number, 0)


@mutant("logout-leaks-one-place", sessions.end_session)
def logout_leaks_one_place(original, state, session, choices):
    """The last collector of a session that ends is not counted down."""
    state = original(state, session, choices)
    if not session.collectors:
        return state
    leaks = remembered(state, "logout-leaks-one-place", Map())
    leaks = leaks.set(session.account, leaks.get(session.account, 0) + 1)
    return remembering(state, "logout-leaks-one-place", leaks)


@mutant("logout-leaks-one-place", collectors.collectors_held)
def places_leaked(original, state, session, choices):
    """Count what ended sessions of the user have left."""
    leaks = remembered(state, "logout-leaks-one-place", Map())
    return original(state, session, choices) + leaks.get(session.account, 0)


@mutant("paging-writes-filter", collectors.read_collector_filter)
def paging_writes_filter(original, state, call, choices):
    """The cursor is kept as the begin time of the filter."""
    state, found = original(state, call, choices)
    owner = collectors.find_owner(state, access.current(state, call.session), call.collector, choices)
    read = owner.collectors[call.collector.value].read
    if read is None or found.value.time is not None:
        return state, found
    begin = calls.ByTime(time_type="queuedTime", begin_time=state.tasks[read[1]].info.queue_time)
    return state, Property(value=evolve(found.value, time=begin))


@mutant("remove-all-wipes-task", pages.read)
def remove_all_wipes_task(original, state, call, choices, *, forward):
    """The result is taken out of the task itself, not of a copy."""
    state, page = original(state, call, choices, forward=forward)
    for info in page:
        task = state.tasks[state.keys[info.key]]
        if info.result is None and task.info.result is not None:
            state = tasks.with_info(state, task, evolve(task.info, result=None))
    return state, page


# --- TaskFilterSpec ---------------------------------------------------------------------------------------------------


@mutant("children-of-leaf-is-itself", filters.passes_entity)
def children_of_leaf_is_itself(original, state, by, info, choices):
    """An entity without children stands for itself."""
    leaf = not any(one.parent == by.entity for one in state.entities.values())
    if by.recursion == "children" and leaf and info.entity == by.entity:
        return True
    return original(state, by, info, choices)


@mutant("root-self-means-everything", filters.passes_entity)
def root_self_means_everything(original, state, by, info, choices):
    """A filter by the root folder is left out as one that lets everything through."""
    if by.entity.value == state.server.root and info.entity is not None and by.recursion != "children":
        return True
    return original(state, by, info, choices)


@mutant("begin-rounded-to-minute", filters.passes_time)
def begin_rounded_to_minute(original, by, info, choices):
    """The index on times is by the minute, and the begin of the range is not looked at again."""
    if isinstance(by.begin_time, int):
        by = evolve(by, begin_time=by.begin_time - by.begin_time % MINUTE)
    return original(by, info, choices)


@mutant("completed-by-start-time", filters.passes_time)
def completed_by_start_time(original, by, info, choices):
    """A copied line: completedTime reads the start time."""
    if by.time_type == "completedTime":
        info = evolve(info, complete_time=info.start_time)
    return original(by, info, choices)


@mutant("no-list-means-me", items.held)
def no_list_means_me(original, state, session, collector, numbers, count, choices):
    """Without a list of users the filter is by the user of the session."""
    by = collector.filter.user_name
    if by is not None and not by.system_user and not by.user_list:
        by = evolve(by, user_list=(session.user_name,))
        collector = evolve(collector, filter=evolve(collector.filter, user_name=by))
    return original(state, session, collector, numbers, count, choices)


@mutant("tag-ignored-beside-state", filters.passes_lists)
def tag_ignored_beside_state(original, spec, info, choices):
    """An else too many: tags are looked at only where no states are given."""
    return original(evolve(spec, tag=()) if spec.state else spec, info, choices)


@mutant("parent-key-takes-descendants", filters.passes_lists)
def parent_key_takes_descendants(original, spec, info, choices):
    """The parent's key is looked for in the whole chain above."""
    if spec.parent_task_key and info.root_task_key in spec.parent_task_key:
        spec = evolve(spec, parent_task_key=())
    return original(spec, info, choices)


@mutant("alarm-link-lost-at-end", filters.passes_lists)
def alarm_link_lost_at_end(original, spec, info, choices):
    """The link from alarms to tasks is kept for live tasks only."""
    return original(spec, info, choices) and not (spec.alarm is not None and info.state in ENDED)


@mutant("activation-by-prefix", filters.passes_lists)
def activation_by_prefix(original, spec, info, choices):
    """The query is a LIKE with a wildcard at the end."""
    if any((info.activation_id or "").startswith(one) for one in spec.activation_id):
        spec = evolve(spec, activation_id=())
    return original(spec, info, choices)


@mutant("root-keys-first-ten", filters.passes_lists)
def root_keys_first_ten(original, spec, info, choices):
    """The query has ten placeholders for root keys."""
    return original(evolve(spec, root_task_key=spec.root_task_key[:10]), info, choices)


# --- pages ------------------------------------------------------------------------------------------------------------


@mutant("end-is-final", pages.read)
def end_is_final(original, state, call, choices, *, forward):
    """A collector that was read to its end is closed to what is newer until it is rewound."""
    ended = remembered(state, "end-is-final", frozenset())
    after, page = original(state, call, choices, forward=forward)
    if not isinstance(call, calls.ReadNextTasks):
        return remembering(after, "end-is-final", ended - {call.collector.value}), page
    if call.collector.value in ended:
        return state, ()
    if not page:
        after = remembering(after, "end-is-final", ended | {call.collector.value})
    return after, page


@mutant("end-is-final", pages.place)
def end_is_open_again(original, state, call, at, choices):
    """A rewound or reset collector is open again."""
    state = original(state, call, at, choices)
    ended = remembered(state, "end-is-final", frozenset())
    return remembering(state, "end-is-final", ended - {call.collector.value})


@mutant("page-size-for-all", latest.set_collector_page_size)
def page_size_for_all(original, state, call, choices):
    """The page size is a setting of the session."""
    state, value = original(state, call, choices)
    session = state.sessions[call.session]
    if call.collector.value in session.collectors:
        made = session.collectors
        for one, collector in session.collectors.items():
            made = made.set(one, evolve(collector, page_size=call.max_count))
        state = access.with_session(state, evolve(session, collectors=made))
    return state, value


@mutant("reset-skips-one", pages.reset_collector)
def reset_skips_one(original, state, call, choices):
    """Off by one: the item right before the latest page is passed over."""
    state, value = original(state, call, choices)
    session = state.sessions[call.session]
    collector = session.collectors.get(call.collector.value)
    if collector is None:
        return state, value
    start = min(collector.position, len(state.tasks))
    rows = items.held(state, session, collector, range(start, 0, -1), 1, choices)
    if rows:
        collector = evolve(collector, position=rows[0].number - 1)
        state = collectors.with_collector(state, session, call.collector.value, collector)
    return state, value


@mutant("ordered-by-key-text", items.listed)
def ordered_by_key_text(original, collector, page, choices):
    """A page is sorted by the keys as texts: task-10 comes before task-9."""
    return original(collector, sorted(page, key=lambda task: task.info.key), choices)


@mutant("latest-cut-before-filter", latest.members)
def latest_cut_before_filter(original, state, session, collector, choices):
    """As many of the newest tasks as the page holds are taken, and then filtered."""
    most = latest.size(state, collector, choices)
    numbers = range(len(state.tasks), max(0, len(state.tasks) - most), -1)
    return items.held(state, session, collector, numbers, most, choices)


@mutant("batch-of-50-loses-one", pages.following)
def batch_of_50_loses_one(original, state, session, collector, count, choices, *, forward):
    """Rows come in batches of 50, and the next batch begins one too late."""
    rows = original(state, session, collector, count, choices, forward=forward)
    return [row for index, row in enumerate(rows) if index == 0 or index % 50]


@mutant("latest-read-moves-cursor", latest.read_latest_page)
def latest_read_moves_cursor(original, state, call, choices):
    """Reading latestPage leaves the view behind the newest item."""
    state, value = original(state, call, choices)
    owner = collectors.find_owner(state, state.sessions[call.session], call.collector, choices)
    collector = evolve(owner.collectors[call.collector.value], position=len(state.tasks), page=None, read=None)
    return collectors.with_collector(state, owner, call.collector.value, collector), value


@mutant("history-loses-error", items.listed)
def history_loses_error(original, collector, page, choices):
    """The table of the history has no column for the error."""
    return tuple([evolve(info, error=None) for info in original(collector, page, choices)])


@mutant("entity-name-blank-when-gone", items.held)
def entity_name_blank_when_gone(original, state, session, collector, numbers, count, choices):
    """The name comes from a join with the inventory."""
    rows = original(state, session, collector, numbers, count, choices)
    return [
        evolve(row, info=evolve(row.info, entity_name=None)) if inventory.is_gone(state, row.info.entity) else row
        for row in rows
    ]


# --- views and the property collector ---------------------------------------------------------------------------------


@mutant("view-shared-by-user", views.find_view)
def view_shared_by_user(original, state, name, view):
    """Views are kept by user."""
    session = access.current(state, name)
    for one in state.sessions.values():
        if one.account == session.account and view.type == inventory.LIST_VIEW and view.value in one.views:
            return one, one.views[view.value]
    return original(state, name, view)


@mutant("single-steps-told", watched.is_news)
def single_steps_told(original, state, session, one, change):
    """A listener knows the steps queued to running and running to the end; a task that skipped one is not told of."""
    _, before, now = change
    return original(state, session, one, change) and not (before == QUEUED and now in ENDED)


@mutant("filter-copies-view", watch.create_filter)
def filter_copies_view(original, state, call, choices):
    """A filter takes the members that a view has when the filter is made."""
    state, ref = original(state, call, choices)
    session = state.sessions[call.session]
    collector = session.property_collectors[call.collector.value]
    made = collector.filters[-1]
    if not any(one.value in session.views for one in made.watched):
        return state, ref
    objects = [member for one in made.watched for member in (one, *session.views.get(one.value, ()))]
    objects = [one for one in objects if one.value not in session.views]
    made = evolve(made, watched=tuple(dict.fromkeys(objects)))
    collector = evolve(collector, filters=(*collector.filters[:-1], made))
    return watch.with_collector(state, session, call.collector.value, collector), ref


@mutant("canceled-wait-gives-null", watch.break_off_wait)
def canceled_wait_gives_null(original, state, call, choices):
    """A wait that is canceled ends like one whose time is over."""
    try:
        return original(state, call, choices)
    except FaultRaised as raised:
        if raised.name != "RequestCanceled" or call.by != "cancel":
            raise
        return raised.after or state, None


@mutant("version-compared-as-text", watch.known_at)
def version_compared_as_text(original, collector, version):
    """A version that is greater than the newest one was never given out; but they are compared as texts."""
    if version and version > f"{collector.number}.{collector.given}":
        fault("InvalidCollectorVersion", f"not a version of this collector: {version}")
    return original(collector, version)


@mutant("missing-checked-first-only", watch.create_filter)
def missing_checked_first_only(original, state, call, choices):
    """Of the objects of a filter only the first is looked up when it is made."""
    session = access.current(state, call.session)
    if not call.report_missing:
        there = tuple(one for one in call.watched[1:] if inventory.exists(state, session, one))
        call = evolve(call, watched=(*call.watched[:1], *there))
    return original(state, call, choices)


# --- sessions ---------------------------------------------------------------------------------------------------------


@mutant("ended-session-reads-info", sessions.end_session)
def ended_session_is_kept(original, state, session, choices):
    """A session that has ended stays in the cache that property reads use."""
    state = original(state, session, choices)
    cache = remembered(state, "ended-session-reads-info", Map())
    bare = evolve(session, collectors=Map(), event_collectors=frozenset(), views=Map(), property_collectors=Map())
    return remembering(state, "ended-session-reads-info", cache.set(session.name, bare))


@mutant("ended-session-reads-info", tasks.read_task_info)
def ended_session_reads_info(original, state, call, choices):
    """Look the session up in that cache."""
    cache = remembered(state, "ended-session-reads-info", Map())
    if call.session in state.sessions or call.session not in cache:
        return original(state, call, choices)
    return state, original(access.with_session(state, cache[call.session]), call, choices)[1]


# --- extensions and descriptions --------------------------------------------------------------------------------------


@mutant("used-type-stays-known", tasks.create_task)
def used_type_is_cached(original, state, call, choices):
    """A type that was found once goes into a cache that is never emptied."""
    state, info = original(state, call, choices)
    known = remembered(state, "used-type-stays-known", frozenset())
    return remembering(state, "used-type-stays-known", known | {info.description_id}), info


@mutant("used-type-stays-known", tasks.is_type)
def used_type_stays_known(original, state, task_type_id, choices):
    """Look into that cache first."""
    known = remembered(state, "used-type-stays-known", frozenset())
    return task_type_id in known or original(state, task_type_id, choices)


@mutant("reregistered-with-old-types", extensions.register_extension)
def types_kept_at_register(original, state, call, choices):
    """Task types are put where they are looked up unless the key has some there."""
    state, value = original(state, call, choices)
    known = remembered(state, "reregistered-with-old-types", Map())
    if call.key in known:
        return state, value
    return remembering(state, "reregistered-with-old-types", known.set(call.key, call.task_ids)), value


@mutant("reregistered-with-old-types", extensions.update_extension)
def types_kept_at_update(original, state, call, choices):
    """An update replaces them."""
    state, value = original(state, call, choices)
    known = remembered(state, "reregistered-with-old-types", Map())
    return remembering(state, "reregistered-with-old-types", known.set(call.key, call.task_ids)), value


@mutant("reregistered-with-old-types", descriptions.registered_types)
def reregistered_with_old_types(original, state):
    """Look the task types of the extensions up there."""
    known = remembered(state, "reregistered-with-old-types", Map())
    return tuple([known.get(one.key, one.task_ids) for one in state.extensions])


@mutant("method-info-misses-updates", extensions.update_extension)
def updates_are_not_described(original, state, call, choices):
    """Descriptions are made when an extension is registered only."""
    before = extensions.find(state, call.key)
    state, value = original(state, call, choices)
    added = remembered(state, "method-info-misses-updates", frozenset())
    return remembering(state, "method-info-misses-updates", added | (set(call.task_ids) - set(before.task_ids))), value


@mutant("method-info-misses-updates", extensions.register_extension)
def registered_are_described(original, state, call, choices):
    """What an extension is registered with is described."""
    state, value = original(state, call, choices)
    added = remembered(state, "method-info-misses-updates", frozenset())
    return remembering(state, "method-info-misses-updates", added - set(call.task_ids)), value


@mutant("method-info-misses-updates", descriptions.read_description)
def method_info_misses_updates(original, state, call, choices):
    """What an update added is not described."""
    state, found = original(state, call, choices)
    added = remembered(state, "method-info-misses-updates", frozenset())
    if found.value is None:
        return state, found
    own = {entry.key for entry in state.server.catalogs[state.sessions[call.session].locale].method_info}
    kept = [entry for entry in found.value.method_info if entry.key in own or entry.key not in added]
    return state, Property(value=evolve(found.value, method_info=tuple(kept)))


@mutant("state-keys-translated", descriptions.read_description)
def state_keys_translated(original, state, call, choices):
    """In another locale the state's label is used as its key, too."""
    state, found = original(state, call, choices)
    if found.value is None or state.sessions[call.session].locale == state.server.default_locale:
        return state, found
    translated = [evolve(entry, key=entry.label) for entry in found.value.state]
    return state, Property(value=evolve(found.value, state=tuple(translated)))


# --- alarms and events ------------------------------------------------------------------------------------------------


@mutant("alarm-name-lost-on-removal", triggers.remove_alarm)
def alarm_name_lost_on_removal(original, state, call, choices):
    """A foreign key takes the name out of the tasks when the alarm goes."""
    state, value = original(state, call, choices)
    for number in range(1, len(state.tasks) + 1):
        task = state.tasks[number]
        if task.info.reason.alarm == call.alarm:
            reason = evolve(task.info.reason, alarm_name="")
            state = tasks.with_info(state, task, evolve(task.info, reason=reason))
    return state, value


@mutant("event-info-is-live", triggers.query_task_events)
def event_info_is_live(original, state, call, choices):
    """A TaskEvent refers to the task's info, it has no snapshot of it."""
    state, events = original(state, call, choices)
    return state, tuple([evolve(event, info=state.tasks[event.key].info) for event in events])
