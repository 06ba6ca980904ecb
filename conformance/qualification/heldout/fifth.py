"""A fifth list of held-out faults: in ordinary use, in a particular situation, and where things are many or rare."""

from itertools import takewhile

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
    operations,
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
from taskconform.model.spec.state import ABSENT, MISSING, Step, Task
from taskconform.model.vocabulary.calls import ObjectRef, TaskFilterSpec
from taskconform.model.vocabulary.outcomes import (
    ERROR,
    SECOND,
    SUCCESS,
    LocalizableMessage,
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


def changed(state, task, /, **fields):
    """Return the state in which a task's info has these fields."""
    return tasks.with_info(state, task, evolve(task.info, **fields))


def table(state, name):
    """Return a table of a fault's own."""
    return remembered(state, name, Map())


def noted(state, name, key, value):
    """Return the state in which a table of a fault's own has this value under a key."""
    return remembering(state, name, table(state, name).set(key, value))


def forgotten(state, name, key):
    """Return the state in which a table of a fault's own has nothing under a key."""
    kept = table(state, name)
    return remembering(state, name, kept.delete(key)) if key in kept else state


def collector_of(state, call):
    """Return the task collector of a call that has one of its session's own, if there is one."""
    session = access.current(state, call.session)
    return session.collectors.get(call.collector.value)


def with_collector(state, call, **fields):
    """Return the state in which the task collector of a call has these fields."""
    session = access.current(state, call.session)
    collector = evolve(session.collectors[call.collector.value], **fields)
    return collectors.with_collector(state, session, call.collector.value, collector)


def value_of(session, collector):
    """Return the reference value of a collector of a session's."""
    return next((value for value, one in session.collectors.items() if one is collector), None)


def number_in(value):
    """Return the number at the end of the reference value of a collector or a folder: how many were made before."""
    digits = "".join(takewhile(str.isdigit, reversed(value)))
    return int(digits[::-1]) if digits else 0


def completions(state):
    """Yield the numbers of the completed tasks, the last completed first."""
    rest = state.completed
    while rest is not None:
        number, rest = rest
        yield number


# --- CreateTask and what TaskInfo says of it --------------------------------------------------------------------------


@mutant("parent-lost-in-history", items.listed)
def parent_lost_in_history(original, collector, page, choices):
    """The table of history has no column for parentTaskKey."""
    return tuple([evolve(info, parent_task_key=None) for info in original(collector, page, choices)])


@mutant("type-by-prefix", descriptions.is_registered)
def type_by_prefix(original, state, type_id):
    """Every task type that begins with the key of a registered extension is taken for one of its types."""
    return original(state, type_id) or any(type_id.startswith(f"{one.key}.") for one in state.extensions)


@mutant("answer-without-root", tasks.create_task)
def answer_without_root(original, state, call, choices):
    """CreateTask answers before the head of the chain has been looked up."""
    state, info = original(state, call, choices)
    return state, evolve(info, root_task_key=None)


@mutant("queue-time-of-parent", tasks.create_task)
def queue_time_of_parent(original, state, call, choices):
    """The info of a child is made from a copy of its parent's, and keeps the time stamp."""
    parent = of_key(state, call.parent_task_key)
    state, info = original(state, call, choices)
    if parent is None:
        return state, info
    task = of_key(state, info.key)
    info = evolve(info, queue_time=parent.info.queue_time)
    return evolve(state, tasks=state.tasks.set(task.number, evolve(task, info=info, created=info))), info


@mutant("initiated-by-if-logged-in", tasks.reason_of)
def initiated_by_if_logged_in(original, state, session, call, choices):
    """The user of initiatedBy is looked for among those who are logged in, and not found otherwise."""
    online = {one.user_name for one in state.sessions.values()}
    if call.initiated_by in set(state.server.accounts.values()) - online:
        call = evolve(call, initiated_by=None)
    return original(state, session, call, choices)


@mutant("root-four-levels-up", tasks.placed)
def root_four_levels_up(original, state, key, entity, parent, choices):
    """The head of a chain is looked for at most four levels up."""
    fields = original(state, key, entity, parent, choices)
    if isinstance(parent, Task):
        head = parent
        for _ in range(3):
            head = of_key(state, head.info.parent_task_key) or head
        fields["root_task_key"] = head.info.key
    return fields


# --- extensions and descriptions --------------------------------------------------------------------------------------


@mutant("update-extension-unchecked", extensions.asked_by)
def update_extension_unchecked(original, state, name, privilege, choices):
    """UpdateExtension asks for System.View like the methods that only read."""
    return original(state, name, access.SYSTEM_VIEW if privilege == extensions.UPDATE else privilege, choices)


@mutant("found-extension-cached", extensions.find_extension)
def found_extension_cached(original, state, call, choices):
    """FindExtension keeps what it found."""
    state, found = original(state, call, choices)
    cached = table(state, "found-extension-cached").get(call.key)
    if cached is not None:
        return state, cached
    return (state if found is None else noted(state, "found-extension-cached", call.key, found)), found


@mutant("found-extension-cached", extensions.update_extension)
def found_extension_dropped(original, state, call, choices):
    """UpdateExtension clears what FindExtension keeps; UnregisterExtension does not."""
    state, answer = original(state, call, choices)
    return forgotten(state, "found-extension-cached", call.key), answer


@mutant("unregister-by-prefix", extensions.unregister_extension)
def unregister_by_prefix(original, state, call, choices):
    """UnregisterExtension deletes every extension whose key begins with the one given."""
    state, answer = original(state, call, choices)
    kept = tuple(one for one in state.extensions if not one.key.startswith(call.key))
    return evolve(state, extensions=kept), answer


@mutant("description-misses-update", descriptions.read_description)
def description_misses_update(original, state, call, choices):
    """The strings of a locale are kept once they were read."""
    state, read = original(state, call, choices)
    if read.value is None:
        return state, read
    locale = access.current(state, call.session).locale
    cached = table(state, "description-misses-update").get(locale)
    if cached is not None:
        return state, Property(value=cached)
    return noted(state, "description-misses-update", locale, read.value), read


@mutant("description-misses-update", extensions.register_extension)
def description_sees_registered(original, state, call, choices):
    """RegisterExtension clears the strings that were kept; UpdateExtension does not."""
    state, answer = original(state, call, choices)
    return remembering(state, "description-misses-update", Map()), answer


@mutant("description-misses-update", extensions.unregister_extension)
def description_sees_unregistered(original, state, call, choices):
    """UnregisterExtension clears them, too."""
    state, answer = original(state, call, choices)
    return remembering(state, "description-misses-update", Map()), answer


@mutant("ten-types-of-an-extension", extensions.described)
def ten_types_of_an_extension(original, call):
    """An extension has room for ten task types."""
    found = original(call)
    return evolve(found, task_ids=found.task_ids[:10])


# --- the life of a task -----------------------------------------------------------------------------------------------


@mutant("failed-task-loses-start", life.enter)
def failed_task_loses_start(original, state, number, entered, choices):
    """The info of a failed task is made anew, without the time at which it started."""
    state = original(state, number, entered, choices)
    return changed(state, state.tasks[number], start_time=None) if entered == ERROR else state


@mutant("failed-task-canceled", life.cancel_task)
def failed_task_canceled(original, state, call, choices):
    """CancelTask looks for success where it should look for the end of the task."""
    try:
        return original(state, call, choices)
    except FaultRaised as raised:
        task = of_key(state, call.task.value)
        if raised.name != "InvalidState" or task.info.state != ERROR or not task.info.cancelable:
            raise
        return changed(state, task, cancelled=True), None


@mutant("result-reference-as-text", life.set_task_state)
def result_reference_as_text(original, state, call, choices):
    """A result is kept as text; of a reference that is its value."""
    result = call.result.value if isinstance(call.result, ObjectRef) else call.result
    return original(state, evolve(call, result=result), choices)


@mutant("no-progress-once-canceled", life.update_progress)
def no_progress_once_canceled(original, state, call, choices):
    """A task that is asked to be canceled is taken for one that does not run any more."""
    after, answer = original(state, call, choices)
    fault_if(of_key(state, call.task.value).info.cancelled, "InvalidState", "the task is canceled")
    return after, answer


@mutant("refused-move-stamps", life.set_task_state)
def refused_move_stamps(original, state, call, choices):
    """completeTime is set before the move is checked."""
    try:
        return original(state, call, choices)
    except FaultRaised as raised:
        task = of_key(state, call.task.value)
        if raised.name != "InvalidState" or task.info.state not in ENDED:
            raise
        raise FaultRaised(raised.name, raised.message, changed(state, task, complete_time=state.now)) from None


@mutant("three-arguments-of-description", life.set_task_description)
def three_arguments_of_description(original, state, call, choices):
    """A description has room for three arguments."""
    return original(state, evolve(call, args=call.args[:3]), choices)


@mutant("twenty-progress-updates", life.update_progress)
def twenty_progress_updates(original, state, call, choices):
    """To spare the database, no more than twenty updates of a task's progress are written."""
    after, answer = original(state, call, choices)
    name = "twenty-progress-updates"
    count = table(state, name).get(call.task.value, 0) + 1
    return noted(after if count <= 20 else state, name, call.task.value, count), answer


# --- recentTask -------------------------------------------------------------------------------------------------------


@mutant("hidden-while-completed", recent.is_listed)
def hidden_while_completed(original, state, session, task, choices):
    """Access to the entity is looked at when a completed task is listed, and forgotten for a live one."""
    gone = inventory.is_gone(state, task.info.entity)
    return original(state, session, task, choices) or (task.number in state.live and not gone)


@mutant("listed-and-forgotten", tasks.read_task_info)
def listed_and_forgotten(original, state, call, choices):
    """The objects of completed tasks are dropped after fifty further completions, though recentTask lists 200."""
    kept = dict.fromkeys(completions(state))
    dropped = {f"task-{number}" for number in list(kept)[50:]}
    answer = original(state, call, choices)
    fault_if(any(ref.value in dropped for ref in call.tasks), "ManagedObjectNotFound", "the task is not there any more")
    return answer


@mutant("cap-per-outcome", recent.recently_completed)
def cap_per_outcome(original, state, session, choices):
    """Tasks that succeeded and tasks that failed are in a list each, and each list has the cap."""
    cap = recent.cap_in_force(state, choices)
    uncapped = evolve(state, server=evolve(state.server, cap=len(state.tasks) + 1))
    counted = dict.fromkeys(ENDED, 0)
    for task in original(uncapped, session, choices):
        counted[task.info.state] += 1
        if counted[task.info.state] <= cap:
            yield task


@mutant("fifty-live-tasks", recent.recent_tasks)
def fifty_live_tasks(original, state, session, choices):
    """recentTask has room for fifty tasks that have not ended: the oldest of more is left out."""
    left_out = {state.tasks[number].info.task for number in sorted(state.live)[:-50]}
    return tuple(ref for ref in original(state, session, choices) if ref not in left_out)


@mutant("wait-compares-lengths", recent.wait_for_recent_task)
def wait_compares_lengths(original, state, call, choices):
    """The list that a session was told is told again as long as it has the same number of members."""
    before = access.current(state, call.session).recent
    after, update = original(state, call, choices)
    now = update.recent_task.value if call.fresh and update.recent_task is not None else None
    if before is None or now is None or len(before) != len(now):
        return after, update
    return state, RecentTaskUpdate(changed=True, recent_task=Property(value=before))


# --- filters ----------------------------------------------------------------------------------------------------------


@mutant("last-chain-of-list", filters.passes_lists)
def last_chain_of_list(original, spec, info, choices):
    """Each eventChainId of the list overwrites the condition of the one before."""
    return original(evolve(spec, event_chain_id=spec.event_chain_id[-1:]), info, choices)


@mutant("root-key-by-parent", filters.passes_lists)
def root_key_by_parent(original, spec, info, choices):
    """The list of rootTaskKeys is compared with parentTaskKey."""
    if spec.root_task_key and info.parent_task_key not in spec.root_task_key:
        return False
    return original(evolve(spec, root_task_key=()), info, choices)


@mutant("descendants-at-creation", items.held)
def descendants_at_creation(original, state, session, collector, numbers, count, choices):
    """What is below the entity of a filter is worked out when the collector is made."""
    value, by = value_of(session, collector), collector.filter.entity
    if value is not None and by is not None and by.recursion != "self":
        made = number_in(value)

        def is_known(number):
            """Tell whether the entity of a task was there when the collector was made."""
            entity = state.tasks[number].info.entity
            late = entity is not None and entity.value.startswith("group-v1") and number_in(entity.value) - 1_000 > made
            return not late or entity == by.entity

        numbers = [number for number in numbers if is_known(number)]
    return original(state, session, collector, numbers, count, choices)


@mutant("no-tag-among-tags", filters.passes_lists)
def no_tag_among_tags(original, spec, info, choices):
    """The empty tag stands for tasks without one only if it is the only tag listed."""
    tags = tuple(tag for tag in spec.tag if tag)
    return original(evolve(spec, tag=tags) if tags else spec, info, choices)


@mutant("alarm-by-its-entity", filters.holds)
def alarm_by_its_entity(original, state, collector, task, choices):
    """A filter by alarm holds the tasks of all the alarms on the alarm's entity."""
    spec, reason = collector.filter, task.info.reason
    alarm = next((one for one in state.triggers if one.ref == spec.alarm), None)
    if alarm is not None and reason.alarm is not None and reason.entity == alarm.entity.ref:
        collector = evolve(collector, filter=evolve(spec, alarm=reason.alarm))
    return original(state, collector, task, choices)


@mutant("two-parts-of-filter", filters.holds)
def two_parts_of_filter(original, state, collector, task, choices):
    """A query is made of the first two parts of a filter."""
    spec, empty = collector.filter, TaskFilterSpec()
    given = [name for name in spec.__struct_fields__ if getattr(spec, name) != getattr(empty, name)]
    spec = evolve(spec, **{name: getattr(empty, name) for name in given[2:]})
    return original(state, evolve(collector, filter=spec), task, choices)


@mutant("ten-values-of-list", filters.passes_lists)
def ten_values_of_list(original, spec, info, choices):
    """Of the ids and keys listed in a part of a filter, the first ten count."""
    names = ("activation_id", "event_chain_id", "tag", "parent_task_key", "root_task_key")
    return original(evolve(spec, **{name: getattr(spec, name)[:10] for name in names}), info, choices)


@mutant("schedule-by-name", filters.holds)
def schedule_by_name(original, state, collector, task, choices):
    """A filter by scheduled task compares names, and so holds the tasks of one that was removed and had the name."""
    spec, reason = collector.filter, task.info.reason
    schedule = next((one for one in state.triggers if one.ref == spec.scheduled_task), None)
    if schedule is not None and reason.scheduled_task is not None and reason.name == schedule.name:
        collector = evolve(collector, filter=evolve(spec, scheduled_task=reason.scheduled_task))
    return original(state, collector, task, choices)


# --- collectors: how many, and what they give -------------------------------------------------------------------------


@mutant("max-collector-for-nobody", collectors.read_max_collector)
def max_collector_for_nobody(original, state, call, choices):
    """maxCollector is a constant, and given without looking at the session."""
    try:
        return original(state, call, choices)
    except FaultRaised:
        return state, Property(value=state.server.max_collector)


@mutant("destroy-frees-the-last", collectors.destroy_collector)
def destroy_frees_the_last(original, state, call, choices):
    """A place is given back only if the collector that was made last is destroyed."""
    session = access.current(state, call.session)
    last = max(map(number_in, session.collectors), default=0)
    after, answer = original(state, call, choices)
    if call.collector.value not in session.collectors or number_in(call.collector.value) == last:
        return after, answer
    name = "destroy-frees-the-last"
    return noted(after, name, session.number, table(after, name).get(session.number, 0) + 1), answer


@mutant("destroy-frees-the-last", collectors.collectors_held)
def destroyed_ones_held(original, state, session, choices):
    """The places that were not given back count."""
    return original(state, session, choices) + table(state, "destroy-frees-the-last").get(session.number, 0)


@mutant("latest-page-with-results", latest.shown)
def latest_page_with_results(original, state, session, collector, choices):
    """An info filter is applied to the pages that are read, and not to latestPage."""
    return original(state, session, evolve(collector, info_filter=None), choices)


@mutant("read-collectors-outlive-logout", sessions.end_session)
def read_collectors_outlive_logout(original, state, session, choices):
    """At the end of a session the places of collectors that were read from stay taken."""
    after = original(state, session, choices)
    leaked = sum(one.read is not None for one in session.collectors.values())
    name = "read-collectors-outlive-logout"
    return noted(after, name, session.account, table(after, name).get(session.account, 0) + leaked)


@mutant("read-collectors-outlive-logout", collectors.collectors_held)
def outlived_ones_held(original, state, session, choices):
    """They count for the later sessions of the user."""
    return original(state, session, choices) + table(state, "read-collectors-outlive-logout").get(session.account, 0)


# --- scrolling --------------------------------------------------------------------------------------------------------


@mutant("rewind-past-the-oldest", pages.rewind_collector)
def rewind_past_the_oldest(original, state, call, choices):
    """RewindCollector puts the view on the oldest item, and ReadNextTasks begins with the one after."""
    state, answer = original(state, call, choices)
    collector = collector_of(state, call)
    if collector is None:
        return state, answer
    session = access.current(state, call.session)
    oldest = items.held(state, session, collector, range(1, len(state.tasks) + 1), 1, choices)
    return (with_collector(state, call, position=oldest[0].number) if oldest else state), answer


@mutant("end-is-final", pages.read)
def end_is_final(original, state, call, choices, *, forward):
    """A collector whose end was reached gives no more until it is rewound or reset."""
    name, value = "end-is-final", call.collector.value
    after, page = original(state, call, choices, forward=forward)
    if not forward:
        return forgotten(after, name, value), page
    if value in table(state, name):
        return state, ()
    return (after if page else noted(after, name, value, True)), page


@mutant("end-is-final", pages.place)
def end_is_left(original, state, call, at, choices):
    """RewindCollector and ResetCollector leave the end."""
    return forgotten(original(state, call, at, choices), "end-is-final", call.collector.value)


@mutant("reset-by-default-size", pages.reset_collector)
def reset_by_default_size(original, state, call, choices):
    """ResetCollector goes back by the default size of the latest page, whatever size was set."""
    collector = collector_of(state, call)
    if collector is None:
        return original(state, call, choices)
    state, answer = original(with_collector(state, call, page_size=None), call, choices)
    return with_collector(state, call, page_size=collector.page_size), answer


@mutant("negative-count-backwards", pages.read)
def negative_count_backwards(original, state, call, choices, *, forward):
    """ReadPreviousTasks takes a negative maxCount for none."""
    if not forward and call.max_count < 0 and collector_of(state, call) is not None:
        return state, ()
    return original(state, call, choices, forward=forward)


@mutant("no-rewind-when-reading-back", pages.rewind_collector)
def no_rewind_when_reading_back(original, state, call, choices):
    """A view that was last read backwards is taken for one that is at the head."""
    collector = collector_of(state, call)
    if collector is not None and not collector.forward:
        return state, None
    return original(state, call, choices)


@mutant("cursor-by-filter", pages.read)
def cursor_by_filter(original, state, call, choices, *, forward):
    """The collectors of a session that have the same filter have one result set, and one place in it."""
    state, page = original(state, call, choices, forward=forward)
    session = access.current(state, call.session)
    read = session.collectors[call.collector.value]
    for value, one in session.collectors.items():
        if one.filter == read.filter:
            moved = evolve(one, position=read.position, page=read.page, read=read.read, forward=read.forward)
            session = evolve(session, collectors=session.collectors.set(value, moved))
    return access.with_session(state, session), page


@mutant("fifty-items-of-a-page", pages.read)
def fifty_items_of_a_page(original, state, call, choices, *, forward):
    """A page has room for fifty items; the view moves past as many as were asked for."""
    state, page = original(state, call, choices, forward=forward)
    return state, page[:50]


@mutant("fifth-page-overlaps", pages.read)
def fifth_page_overlaps(original, state, call, choices, *, forward):
    """The fifth page that is read on in a row begins with the last item of the fourth."""
    name, value = "fifth-page-overlaps", call.collector.value
    count = table(state, name).get(value, 0) + 1
    after, page = original(state, call, choices, forward=forward)
    if not forward or not page:
        return (after if forward else noted(after, name, value, 0)), page
    if count == 5:
        state = with_collector(state, call, position=collector_of(state, call).position - 1)
        after, page = original(state, call, choices, forward=forward)
    return noted(after, name, value, count), page


@mutant("fifth-page-overlaps", pages.place)
def first_page_again(original, state, call, at, choices):
    """RewindCollector and ResetCollector begin a new row of pages."""
    return noted(original(state, call, at, choices), "fifth-page-overlaps", call.collector.value, 0)


@mutant("page-sorted-as-text", pages.read)
def page_sorted_as_text(original, state, call, choices, *, forward):
    """The items of a page are in the order of their keys as text: task-10 is before task-9."""
    state, page = original(state, call, choices, forward=forward)
    return state, tuple(sorted(page, key=lambda info: info.key, reverse=not forward))


@mutant("history-of-hundred", items.held)
def history_of_hundred(original, state, session, collector, numbers, count, choices):
    """A collector looks no further back than the hundred tasks that were made last."""
    first = len(state.tasks) - 99
    return original(state, session, collector, [one for one in numbers if one >= first], count, choices)


# --- latestPage -------------------------------------------------------------------------------------------------------


@mutant("shrinks-with-next-task", latest.set_collector_page_size)
def shrinks_with_next_task(original, state, call, choices):
    """A smaller page size comes into force when the next task is made."""
    before = collector_of(state, call)
    after, answer = original(state, call, choices)
    if before is None:
        return after, answer
    old = min(latest.size(state, before, choices), items.MAX_COUNT)
    if old <= call.max_count:
        return forgotten(after, "shrinks-with-next-task", call.collector.value), answer
    return noted(after, "shrinks-with-next-task", call.collector.value, (old, len(state.tasks))), answer


@mutant("shrinks-with-next-task", latest.members)
def not_shrunk_yet(original, state, session, collector, choices):
    """Until then the page has the size that it had."""
    old, made = table(state, "shrinks-with-next-task").get(value_of(session, collector), (0, -1))
    if made == len(state.tasks):
        collector = evolve(collector, page_size=old)
    return original(state, session, collector, choices)


@mutant("monitor-compares-lengths", latest.seen)
def monitor_compares_lengths(original, state, session, collector, choices):
    """latestPage is taken to be unchanged as long as it has the same number of items."""
    return (len(original(state, session, collector, choices)),)


@mutant("fifty-items-of-latest-page", latest.size)
def fifty_items_of_latest_page(original, state, collector, choices):
    """The latest page has room for fifty items, whatever larger size is set."""
    return min(original(state, collector, choices), 50)


# --- views and the property collector ---------------------------------------------------------------------------------


@mutant("version-used-up", watch.known_at)
def version_used_up(original, collector, version):
    """A version is checked, and the changes are worked out from what was told last."""
    known = original(collector, version)
    return collector.known if version else known


@mutant("view-as-it-was", watch.create_filter)
def view_as_it_was(original, state, call, choices):
    """A filter over a list view is a filter over the objects that are in it when the filter is made."""
    state, ref = original(state, call, choices)
    session = access.current(state, call.session)
    collector = session.property_collectors[call.collector.value]
    *others, made = collector.filters
    members = [obj for one in made.watched for obj in session.views.get(one.value, (one,))]
    made = evolve(made, watched=tuple(dict.fromkeys(members)))
    return watch.with_collector(state, session, call.collector.value, evolve(collector, filters=(*others, made))), ref


@mutant("most-updates-of-each-filter", watch.told)
def most_updates_of_each_filter(original, state, session, collector, most, choices):
    """maxObjectUpdates is held against the updates of each filter, and not against their sum."""
    counts, now, later = {}, [], []
    for name, ref in collector.pending:
        counts[name] = counts.get(name, 0) + 1
        (now if most is None or counts[name] <= most else later).append((name, ref))
    after, found = original(state, session, evolve(collector, pending=tuple(now)), None, choices)
    if not later:
        return after, found
    after = evolve(after, pending=tuple(later), truncated=found.version, versions=collector.versions)
    return after, evolve(found, truncated=True)


@mutant("third-part-loses-one", watch.told)
def third_part_loses_one(original, state, session, collector, most, choices):
    """From the third part of a suspended calculation on, the object at which it was suspended is skipped."""
    parts = 0
    while collector.given > parts and f"{collector.number}.{collector.given - parts}" not in collector.versions:
        parts += 1
    by_name = {one.ref.value: one for one in collector.filters}
    if parts >= 2 and len(collector.pending) > 1 and collector.pending[0][0] in by_name:
        (name, ref), *rest = collector.pending
        now = watched.seen_now(state, session, by_name[name], ref, choices)
        if now not in {ABSENT, MISSING}:
            collector = evolve(collector, known=collector.known.set((name, ref), now), pending=tuple(rest))
    return original(state, session, collector, most, choices)


@mutant("twenty-members-of-view", views.added)
def twenty_members_of_view(original, state, session, members, objs):
    """A list view has room for twenty objects."""
    kept, unresolved = original(state, session, members, objs)
    return kept[:20], unresolved


# --- sessions and what they may do ------------------------------------------------------------------------------------


@mutant("description-unprivileged", life.set_task_description)
def description_unprivileged(original, state, call, choices):
    """SetTaskDescription, which came later than the other updates of a task, does not ask for Task.Update."""
    try:
        return original(state, call, choices)
    except FaultRaised as raised:
        if raised.name != "NoPermission":
            raise
        description = LocalizableMessage(key=call.key, args=call.args)
        return changed(state, of_key(state, call.task.value), description=description), None


@mutant("views-of-a-user", sessions.end_session)
def views_of_a_user(original, state, session, choices):
    """The views of a session are kept for its user."""
    return noted(original(state, session, choices), "views-of-a-user", session.account, session.views)


@mutant("views-of-a-user", sessions.login)
def views_had_again(original, state, call, choices):
    """The user's next session has them again."""
    state, answer = original(state, call, choices)
    session = state.sessions[call.session]
    kept = table(state, "views-of-a-user").get(session.account, session.views)
    return access.with_session(state, evolve(session, views=kept)), answer


# --- operations, alarms and events ------------------------------------------------------------------------------------


@mutant("operation-of-the-system", operations.begin)
def operation_of_the_system(original, state, operation, entity, reason, choices):
    """The tasks of operations are begun by a thread of the server's, and have its reason."""
    return original(state, operation, entity, TaskReason(kind=tasks.SYSTEM_REASON), choices)


@mutant("alarm-on-the-parent", triggers.start)
def alarm_on_the_parent(original, state, trigger, reason, choices):
    """The reason of an alarm's task names what the entity is in."""
    parent = trigger.entity.parent
    if reason.alarm is not None and parent is not None:
        reason = evolve(reason, entity=parent, entity_name=state.entities[parent.value].name)
    return original(state, trigger, reason, choices)


@mutant("event-of-today", triggers.query_task_events)
def event_of_today(original, state, call, choices):
    """The info of a TaskEvent is that of the task, as it is now."""
    state, events = original(state, call, choices)
    return state, tuple(evolve(event, info=of_key(state, event.info.key).info) for event in events)


@mutant("operation-joins-the-running", operations.start_operation)
def operation_joins_the_running(original, state, call, choices):
    """An operation that is under way on the entity is not started again: its task is returned."""
    started = original(state, call, choices)
    live = [state.tasks[number].info for number in sorted(state.live)]
    same = [info.task for info in live if info.name == call.operation and info.entity == call.entity]
    return (state, same[0]) if same else started


@mutant("failed-operation-retried", operations.ended)
def failed_operation_retried(original, state, task, end, choices):
    """An operation that has failed is tried again a minute later."""
    state = original(state, task, end, choices)
    if end != ERROR:
        return state
    return operations.planned(state, Step(due=state.now + MINUTE, number=task.number, state=SUCCESS))


@mutant("failed-operation-retried", operations.take)
def retried_operation_succeeds(original, state, step, choices):
    """The task of one that then succeeds is corrected."""
    task = state.tasks[step.number]
    if task.info.state == ERROR and step.state == SUCCESS and not task.info.cancelled:
        entity = task.info.entity
        return changed(state, task, state=SUCCESS, error=None, result=entity, complete_time=state.now)
    return original(state, step, choices)
