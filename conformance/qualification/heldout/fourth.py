"""A fourth list of held-out faults: in ordinary use, in a particular situation, and where things are many or rare."""

from itertools import takewhile

from immutables import Map

from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.model.spec import (
    access,
    collectors,
    descriptions,
    extensions,
    filters,
    folders,
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
from taskconform.model.spec.state import ABSENT, Task
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SECOND, SUCCESS, Fault, Property
from taskconform.model.vocabulary.words import evolve

ENDED = (SUCCESS, ERROR)


def of_key(state, key):
    """Return the task of a key, if there is one."""
    number = state.keys.get(key or "")
    return None if number is None else state.tasks[number]


def born_as(state, info):
    """Return the state in which the task of this info was made with it."""
    task = of_key(state, info.key)
    return evolve(state, tasks=state.tasks.set(task.number, evolve(task, info=info, created=info)))


def changed(state, task, **fields):
    """Return the state in which a task's info has these fields."""
    return tasks.with_info(state, task, evolve(task.info, **fields))


def with_collector(state, call, choices, **fields):
    """Return the state in which the task collector of a call has these fields."""
    session = access.current(state, call.session)
    if collectors.is_event_collector(session, call.collector):
        return state
    owner = collectors.find_owner(state, session, call.collector, choices)
    collector = evolve(owner.collectors[call.collector.value], **fields)
    return collectors.with_collector(state, owner, call.collector.value, collector)


def noted(state, name, key, value):
    """Return the state in which a table of a fault's own has this value under a key."""
    return remembering(state, name, remembered(state, name, Map()).set(key, value))


# --- CreateTask -------------------------------------------------------------------------------------------------------


@mutant("entity-name-as-path", tasks.placed)
def entity_name_as_path(original, state, key, entity, parent, choices):
    """The name of an entity is made by the function that prints its path, which leaves out the root folder."""
    fields = original(state, key, entity, parent, choices)
    above = state.entities.get(entity.parent.value) if entity is not None and entity.parent is not None else None
    if above is None or above.ref.value == state.server.root:
        return fields
    return {**fields, "entity_name": f"{above.name}/{entity.name}"}


@mutant("cancelable-of-parent", tasks.create_task)
def cancelable_of_parent(original, state, call, choices):
    """A child can be canceled if its parent can."""
    state, info = original(state, call, choices)
    parent = of_key(state, info.parent_task_key)
    if parent is None:
        return state, info
    info = evolve(info, cancelable=parent.info.cancelable)
    return born_as(state, info), info


@mutant("root-among-live-tasks", tasks.placed)
def root_among_live_tasks(original, state, key, entity, parent, choices):
    """The head of a chain is looked for among the tasks that have not ended."""
    fields = original(state, key, entity, parent, choices)
    head = of_key(state, fields["root_task_key"]) if isinstance(parent, Task) else None
    if head is None or head.number in state.live:
        return fields
    return {**fields, "root_task_key": parent.info.key}


@mutant("cancelable-until-started", life.enter)
def cancelable_until_started(original, state, number, entered, choices):
    """What has been taken by a thread is marked as not cancelable."""
    state = original(state, number, entered, choices)
    return changed(state, state.tasks[number], cancelable=False) if entered == RUNNING else state


# --- extensions and descriptions --------------------------------------------------------------------------------------


@mutant("update-keeps-version", extensions.update_extension)
def update_keeps_version(original, state, call, choices):
    """The version is the primary key's second half, and no column that is updated."""
    before = extensions.find(state, call.key)
    state, nothing = original(state, call, choices)
    kept = [evolve(one, version=before.version) if one.key == call.key else one for one in state.extensions]
    return evolve(state, extensions=tuple(kept)), nothing


@mutant("key-never-free-again", extensions.unregister_extension)
def key_stays_taken(original, state, call, choices):
    """An unregistered extension is marked as deleted."""
    state, nothing = original(state, call, choices)
    return noted(state, "key-never-free-again", call.key, True), nothing


@mutant("key-never-free-again", extensions.register_extension)
def key_is_taken(original, state, call, choices):
    """The row that is marked as deleted still has the unique key."""
    after = original(state, call, choices)
    fault_if(call.key in remembered(state, "key-never-free-again", Map()), "InvalidArgument", "the key is taken")
    return after


@mutant("shared-type-goes-with-one", extensions.unregister_extension)
def shared_type_withdrawn(original, state, call, choices):
    """The task types of all extensions are in one set, and unregistering takes an extension's out of it."""
    gone = extensions.find(state, call.key)
    state, nothing = original(state, call, choices)
    for type_id in gone.task_ids:
        state = noted(state, "shared-type-goes-with-one", type_id, True)
    return state, nothing


@mutant("shared-type-goes-with-one", extensions.register_extension)
def shared_type_registered(original, state, call, choices):
    """Registering puts an extension's types into the set."""
    state, nothing = original(state, call, choices)
    return put_back(state, call.task_ids), nothing


@mutant("shared-type-goes-with-one", extensions.update_extension)
def shared_type_updated(original, state, call, choices):
    """And so does updating."""
    state, nothing = original(state, call, choices)
    return put_back(state, call.task_ids), nothing


def put_back(state, type_ids):
    """Return the state in which these types are in the set."""
    for type_id in type_ids:
        state = noted(state, "shared-type-goes-with-one", type_id, False)
    return state


@mutant("shared-type-goes-with-one", descriptions.is_registered)
def shared_type_is_registered(original, state, type_id):
    """A type is one if it is in the set."""
    return original(state, type_id) and not remembered(state, "shared-type-goes-with-one", Map()).get(type_id)


@mutant("refused-update-takes-types", extensions.update_extension)
def refused_update_takes_types(original, state, call, choices):
    """The task types are written before the version is looked at, and there is no transaction."""
    try:
        return original(state, call, choices)
    except FaultRaised as raised:
        if raised.name not in {"InvalidRequest", "InvalidArgument"}:
            raise
        found = [evolve(one, task_ids=call.task_ids) if one.key == call.key else one for one in state.extensions]
        after = evolve(state, extensions=tuple(found))
        raise FaultRaised(raised.name, raised.message, after) from None


@mutant("extension-of-a-session", extensions.register_extension)
def extension_has_a_session(original, state, call, choices):
    """Registrations are kept with the connection that made them."""
    state, nothing = original(state, call, choices)
    return noted(state, "extension-of-a-session", call.key, access.current(state, call.session).number), nothing


@mutant("extension-of-a-session", sessions.end_session)
def extension_goes_with_session(original, state, session, choices):
    """What belongs to a connection is disposed of with it."""
    owners = remembered(state, "extension-of-a-session", Map())
    kept = tuple(one for one in state.extensions if owners.get(one.key) != session.number)
    return original(evolve(state, extensions=kept), session, choices)


@mutant("extension-list-of-ten", extensions.read_extension_list)
def extension_list_of_ten(original, state, call, choices):
    """The list is read by a query with a limit."""
    state, found = original(state, call, choices)
    return state, found if found.value is None else evolve(found, value=found.value[:10])


@mutant("locale-of-last-login", sessions.login)
def locale_set_by_login(original, state, call, choices):
    """Login sets the locale of the process."""
    state, user = original(state, call, choices)
    return remembering(state, "locale-of-last-login", access.current(state, call.session).locale), user


@mutant("locale-of-last-login", descriptions.read_description)
def locale_of_last_login(original, state, call, choices):
    """Strings are given in the locale of the process."""
    session = access.current(state, call.session)
    locale = remembered(state, "locale-of-last-login", session.locale)
    _, found = original(access.with_session(state, evolve(session, locale=locale)), call, choices)
    return state, found


@mutant("untranslated-reason-left-out", descriptions.read_description)
def untranslated_reason_left_out(original, state, call, choices):
    """A string that was never translated is missing in every locale but the default one."""
    state, found = original(state, call, choices)
    if found.value is None or access.current(state, call.session).locale == state.server.default_locale:
        return state, found
    return state, evolve(found, value=evolve(found.value, reason=found.value.reason[:-1]))


# --- the life of a task -----------------------------------------------------------------------------------------------


@mutant("hundred-only-at-the-end", life.update_progress)
def hundred_only_at_the_end(original, state, call, choices):
    """A task that runs is not done, so it shows 99 at most."""
    state, nothing = original(state, call, choices)
    task = of_key(state, call.task.value)
    return changed(state, task, progress=99) if task.info.progress == 100 else state, nothing


@mutant("minus-one-is-unknown", life.update_progress)
def minus_one_is_unknown(original, state, call, choices):
    """Minus one says that the progress is not known."""
    state, nothing = original(state, call, choices)
    if call.percent_done != -1:
        return state, nothing
    return changed(state, of_key(state, call.task.value), progress=None), nothing


@mutant("progress-drops-description", life.update_progress)
def progress_drops_description(original, state, call, choices):
    """Progress and description are one object inside, which UpdateProgress makes anew."""
    state, nothing = original(state, call, choices)
    return changed(state, of_key(state, call.task.value), description=None), nothing


@mutant("error-in-history-as-its-base", items.listed)
def error_in_history_as_its_base(original, collector, page, choices):
    """The history has the fault as the type that it extends."""
    return tuple([evolve(info, error=base_of(info.error)) for info in original(collector, page, choices)])


def base_of(error):
    """Return the fault as the type that it extends."""
    if error is None or len(error.kinds) < 2:
        return error
    return Fault(kind=error.kinds[1], kinds=error.kinds[1:], message=error.message)


@mutant("canceled-flag-cleared", life.end_canceled)
def canceled_flag_cleared(original, state, number, choices):
    """A request that has been served is cleared."""
    was_live = number in state.live
    state = original(state, number, choices)
    return changed(state, state.tasks[number], cancelled=False) if was_live else state


@mutant("completed-at-last-update", life.update_progress)
def progress_keeps_time(original, state, call, choices):
    """Every update of a task keeps its time."""
    state, nothing = original(state, call, choices)
    return noted(state, "completed-at-last-update", call.task.value, state.now), nothing


@mutant("completed-at-last-update", life.enter)
def completed_at_last_update(original, state, number, entered, choices):
    """A task is completed at the time that was kept last."""
    state = original(state, number, entered, choices)
    task = state.tasks[number]
    last = remembered(state, "completed-at-last-update", Map()).get(task.info.key)
    return state if last is None or entered not in ENDED else changed(state, task, complete_time=last)


@mutant("queued-cancel-without-flag", life.cancel_task)
def queued_cancel_without_flag(original, state, call, choices):
    """A queued task is taken out of the queue before anybody asks whether it is cancelable."""
    try:
        return original(state, call, choices)
    except FaultRaised as raised:
        task = of_key(state, call.task.value)
        if raised.name != "NotSupported" or task.info.state != QUEUED:
            raise
        return life.cancel(state, task, choices), None


@mutant("progress-withdraws-cancel", life.update_progress)
def progress_withdraws_cancel(original, state, call, choices):
    """UpdateProgress writes the whole record back as it is when a task runs."""
    state, nothing = original(state, call, choices)
    task = of_key(state, call.task.value)
    if not task.info.cancelled:
        return state, nothing
    ending = tuple(one for one in state.ending if one[1] != task.number)
    return changed(evolve(state, ending=ending), task, cancelled=False), nothing


@mutant("cancel-takes-children", life.cancel)
def cancel_takes_children(original, state, task, choices):
    """Who cancels a task cancels what it has spun off."""
    state = original(state, task, choices)
    for number in sorted(state.live):
        child = state.tasks[number].info
        if child.parent_task_key == task.info.key and child.cancelable and not child.cancelled:
            state = original(state, state.tasks[number], choices)
    return state


@mutant("one-cancel-at-a-time", life.cancel)
def one_cancel_at_a_time(original, state, task, choices):
    """There is one slot for the running task that is to be stopped."""
    after = original(state, task, choices)
    return after if len(after.ending) == len(state.ending) else evolve(after, ending=after.ending[-1:])


@mutant("refused-result-stays", life.set_task_state)
def refused_result_stays(original, state, call, choices):
    """The result is put into the task before anybody asks whether it goes with the state."""
    kept = remembered(state, "refused-result-stays", Map()).get(call.task.value)
    if call.state == SUCCESS and call.result is None and kept is not None:
        call = evolve(call, result=kept)
    try:
        return original(state, call, choices)
    except FaultRaised as raised:
        if raised.name != "InvalidState" or call.result is None or call.state == SUCCESS:
            raise
        after = noted(state, "refused-result-stays", call.task.value, call.result)
        raise FaultRaised(raised.name, raised.message, after) from None


@mutant("info-of-the-first-ten", tasks.read_task_info)
def info_of_the_first_ten(original, state, call, choices):
    """The rest of a long retrieval would have to be asked for by its token, and there is no token."""
    state, found = original(state, call, choices)
    return state, tuple([one if at < 10 else Property() for at, one in enumerate(found)])


# --- recentTask -------------------------------------------------------------------------------------------------------


@mutant("canceled-is-not-recent", recent.recently_completed)
def canceled_is_not_recent(original, state, session, choices):
    """What was canceled has not completed."""
    return (task for task in original(state, session, choices) if not task.info.cancelled)


@mutant("recent-by-queue-time", recent.recently_completed)
def recent_by_queue_time(original, state, session, choices):
    """The window is one over the time at which tasks were queued."""
    earliest = state.now - state.server.window * SECOND
    return (task for task in original(state, session, choices) if task.info.queue_time >= earliest)


@mutant("own-tasks-are-listed", recent.is_listed)
def own_tasks_are_listed(original, state, session, task, choices):
    """A user is shown what was done on the user's behalf, wherever it was done."""
    own = task.info.reason.user_name == session.user_name and not inventory.is_gone(state, task.info.entity)
    return own or original(state, session, task, choices)


@mutant("cap-for-each-outcome", recent.recently_completed)
def cap_for_each_outcome(original, state, session, choices):
    """Tasks that failed are in a list of their own, which has the same length."""
    earliest, cap = state.now - state.server.window * SECOND, recent.cap_in_force(state, choices)
    counted, rest = {}, state.completed
    while rest is not None:
        number, rest = rest
        info = state.tasks[number].info
        if info.complete_time is not None and info.complete_time < earliest:
            return
        counted[info.state] = counted.get(info.state, 0) + 1
        if counted[info.state] <= cap:
            yield state.tasks[number]


@mutant("fifty-live-tasks", recent.recent_tasks)
def fifty_live_tasks(original, state, session, choices):
    """Of the tasks that have not ended the newest fifty are listed."""
    found = original(state, session, choices)
    live = [ref for ref in found if state.keys[ref.value] in state.live]
    hidden = frozenset(live[:-50])
    return tuple(ref for ref in found if ref not in hidden)


@mutant("recent-wait-until-a-move", recent.wait_for_recent_task)
def recent_wait_until_a_move(original, state, call, choices):
    """What a wait gives is worked out again when a task has moved, and time moves none."""
    moves, number = state.moves, access.current(state, call.session).number
    state, update = original(state, call, choices)
    if not call.fresh:
        return state, update
    kept = remembered(state, "recent-wait-until-a-move", Map()).get(number)
    if kept is not None and kept[0] == moves:
        return state, kept[1]
    return noted(state, "recent-wait-until-a-move", number, (moves, update)), update


# --- collectors and their limit ---------------------------------------------------------------------------------------


@mutant("failed-destroy-frees", collectors.destroy_collector)
def failed_destroy_counts(original, state, call, choices):
    """The counter goes down before the collector is looked for."""
    try:
        return original(state, call, choices)
    except FaultRaised as raised:
        if raised.name != "ManagedObjectNotFound":
            raise
        number = access.current(state, call.session).number
        count = remembered(state, "failed-destroy-frees", Map()).get(number, 0)
        after = noted(state, "failed-destroy-frees", number, count + 1)
        raise FaultRaised(raised.name, raised.message, after) from None


@mutant("failed-destroy-frees", collectors.collectors_held)
def failed_destroy_frees(original, state, session, choices):
    """The counter says how many there are."""
    return original(state, session, choices) - remembered(state, "failed-destroy-frees", Map()).get(session.number, 0)


@mutant("info-filter-strips-the-task", pages.read)
def info_filter_strips_the_task(original, state, call, choices, *, forward):
    """The result is taken out of the task itself, of which the item is no copy."""
    state, page = original(state, call, choices, forward=forward)
    for info in page:
        task = of_key(state, info.key)
        if info.result is None and task is not None and task.info.result is not None:
            state = changed(state, task, result=None)
    return state, page


@mutant("logout-ends-the-users-collectors", sessions.logout)
def logout_ends_the_users_collectors(original, state, call, choices):
    """Collectors are found by the user's name when a session ends."""
    account = access.current(state, call.session).account
    state, nothing = original(state, call, choices)
    for session in state.sessions.values():
        if session.account == account:
            state = access.with_session(state, evolve(session, collectors=Map()))
    return state, nothing


# --- filters ----------------------------------------------------------------------------------------------------------


@mutant("not-started-counts-as-queued", filters.passes_time)
def not_started_counts_as_queued(original, by, info, choices):
    """Where there is no startTime, COALESCE takes the queueTime."""
    if by.time_type == "startedTime" and info.start_time is None:
        info = evolve(info, start_time=info.queue_time)
    return original(by, info, choices)


@mutant("no-end-time-beside-states", filters.holds)
def no_end_time_beside_states(original, state, collector, task, choices):
    """With states another query is used, which has lost the end of the time range."""
    spec = collector.filter
    if spec.state and spec.time is not None:
        collector = evolve(collector, filter=evolve(spec, time=evolve(spec.time, end_time=None)))
    return original(state, collector, task, choices)


@mutant("ten-parents", filters.passes_lists)
def ten_parents(original, spec, info, choices):
    """There are ten placeholders for parents."""
    return original(evolve(spec, parent_task_key=spec.parent_task_key[:10]), info, choices)


@mutant("alarm-by-its-name", filters.holds)
def alarm_by_its_name(original, state, collector, task, choices):
    """The history keeps the name of an alarm, and by that it is looked for."""
    spec, reason = collector.filter, task.info.reason
    named = next((one.name for one in state.triggers if one.ref == spec.alarm), None)
    if spec.alarm is not None and named is not None and reason.alarm_name == named:
        collector = evolve(collector, filter=evolve(spec, alarm=reason.alarm))
    return original(state, collector, task, choices)


@mutant("scheduled-by-its-entity", filters.holds)
def scheduled_by_its_entity(original, state, collector, task, choices):
    """Which scheduled task it was is told by the entity that it is made on."""
    spec, started_by = collector.filter, task.info.reason.scheduled_task
    on = next((one.entity.ref for one in state.triggers if one.ref == spec.scheduled_task), None)
    if spec.scheduled_task is not None and started_by is not None and on is not None and task.info.entity == on:
        collector = evolve(collector, filter=evolve(spec, scheduled_task=started_by))
    return original(state, collector, task, choices)


# --- pages ------------------------------------------------------------------------------------------------------------


@mutant("arrival-after-the-end-skipped", pages.read_next_tasks)
def arrival_after_the_end_skipped(original, state, call, choices):
    """At the end the place moves on by one all the same."""
    state, page = original(state, call, choices)
    if page:
        return state, page
    return with_collector(state, call, choices, position=len(state.tasks) + 1, forward=True), page


@mutant("rewind-forgets-page-size", pages.rewind_collector)
def rewind_forgets_page_size(original, state, call, choices):
    """Rewinding makes the collector anew, with its default settings."""
    state, nothing = original(state, call, choices)
    return with_collector(state, call, choices, page_size=None), nothing


@mutant("previous-of-any-user", pages.following)
def previous_of_any_user(original, state, session, collector, count, choices, *, forward):
    """The query that runs backwards has no condition on the user's name."""
    if not forward:
        collector = evolve(collector, filter=evolve(collector.filter, user_name=None))
    return original(state, session, collector, count, choices, forward=forward)


@mutant("page-by-completion", pages.read)
def page_by_completion(original, state, call, choices, *, forward):
    """A page is sorted by the time at which its tasks ended."""
    state, page = original(state, call, choices, forward=forward)
    live_last = sorted(page, key=lambda info: (info.complete_time is None, info.complete_time or 0))
    return state, tuple(live_last if forward else reversed(live_last))


@mutant("large-page-cut", pages.read)
def large_page_cut(original, state, call, choices, *, forward):
    """A page has fifty items at most, but the view moves by as many as were asked for."""
    state, page = original(state, call, choices, forward=forward)
    return state, page[:50]


@mutant("a-hundred-and-no-more", pages.read_next_tasks)
def a_hundred_and_no_more(original, state, call, choices):
    """The cursor is over the first hundred items."""
    after, page = original(state, call, choices)
    count = remembered(state, "a-hundred-and-no-more", Map()).get(call.collector.value, 0)
    if count + len(page) <= 100:
        return noted(after, "a-hundred-and-no-more", call.collector.value, count + len(page)), page
    return noted(after, "a-hundred-and-no-more", call.collector.value, 100), page[: 100 - count]


@mutant("a-hundred-and-no-more", pages.place)
def a_hundred_anew(original, state, call, at, choices):
    """Rewinding opens the cursor anew."""
    return noted(original(state, call, at, choices), "a-hundred-and-no-more", call.collector.value, 0)


# --- the latest page --------------------------------------------------------------------------------------------------


@mutant("latest-before-the-filter", latest.members)
def latest_before_the_filter(original, state, session, collector, choices):
    """The newest tasks are taken first, and then looked through."""
    oldest = len(state.tasks) - latest.size(state, collector, choices)
    return [task for task in original(state, session, collector, choices) if task.number > oldest]


@mutant("latest-kept-until-the-next", latest.read_latest_page)
def latest_kept_until_the_next(original, state, call, choices):
    """The page is worked out again when a task was created, or another size was set."""
    state, found = original(state, call, choices)
    session = access.current(state, call.session)
    owner = collectors.find_owner(state, session, call.collector, choices)
    now = (len(state.tasks), owner.collectors[call.collector.value].page_size, session.number)
    kept = remembered(state, "latest-kept-until-the-next", Map()).get(call.collector.value)
    if kept is not None and kept[0] == now:
        return state, kept[1]
    return noted(state, "latest-kept-until-the-next", call.collector.value, (now, found)), found


@mutant("full-page-is-no-news", latest.seen)
def full_page_is_no_news(original, state, session, collector, choices):
    """Whether the page has changed is told by its length."""
    return (len(original(state, session, collector, choices)),)


# --- views and the property collector ---------------------------------------------------------------------------------


@mutant("remove-stops-at-a-stranger", views.modify_list_view)
def remove_stops_at_a_stranger(original, state, call, choices):
    """The loop over what is to be removed ends at what is not in the view."""
    _, members = views.find_view(state, call.session, call.view)
    there = {*members, *call.add}
    return original(state, evolve(call, remove=tuple(takewhile(there.__contains__, call.remove))), choices)


@mutant("removed-members-watched", views.modify_list_view)
def removed_members_kept(original, state, call, choices):
    """What was once in a view is still listened to."""
    _, before = views.find_view(state, call.session, call.view)
    state, unresolved = original(state, call, choices)
    _, now = views.find_view(state, call.session, call.view)
    kept = remembered(state, "removed-members-watched", Map()).get(call.view, frozenset())
    return noted(state, "removed-members-watched", call.view, (kept | set(before)) - set(now)), unresolved


@mutant("removed-members-watched", watched.seen_now)
def removed_members_watched(original, state, session, one, ref, choices):
    """And what is heard of it is told."""
    now = original(state, session, one, ref, choices)
    task = of_key(state, ref.value) if ref.type == "Task" else None
    if now != ABSENT or task is None:
        return now
    removed = remembered(state, "removed-members-watched", Map())
    followed = any(ref in removed.get(view, ()) for view in one.watched if view.value in session.views)
    return task.info.state if followed and tasks.may_read(state, session, task, choices) else now


@mutant("view-of-sixteen", views.added)
def view_of_sixteen(original, state, session, members, objs):
    """A view has room for sixteen."""
    found, unresolved = original(state, session, members, objs)
    return found[:16], unresolved


def without(state, session, collector, lost, choices):
    """Return the collector as if its client had been told all that is lost."""
    by_name, known = {one.ref.value: one for one in collector.filters}, collector.known
    for name, ref in lost:
        now = watched.seen_now(state, session, by_name[name], ref, choices)
        if now != ABSENT:
            known = known.set((name, ref), now)
        elif (name, ref) in known:
            known = known.delete((name, ref))
    return evolve(collector, known=known, pending=tuple(one for one in collector.pending if one not in lost))


@mutant("resumed-for-one-filter", watch.told)
def resumed_for_one_filter(original, state, session, collector, most, choices):
    """A suspended calculation keeps the filter that it was at, and not those that come after."""
    collector, found = original(state, session, collector, most, choices)
    if not found.truncated:
        return collector, found
    at = collector.pending[0][0]
    lost = [one for one in collector.pending if one[0] != at]
    return without(state, session, collector, lost, choices), found


@mutant("maximum-for-each-filter", watch.told)
def maximum_for_each_filter(original, state, session, collector, most, choices):
    """Each filter counts its own updates."""
    first, rest, counted = [], [], {}
    for one in collector.pending:
        counted[one[0]] = counted.get(one[0], 0) + 1
        (first if most is None or counted[one[0]] <= most else rest).append(one)
    collector, found = original(state, session, evolve(collector, pending=tuple(first)), None, choices)
    if not rest:
        return collector, found
    versions = collector.versions.delete(found.version)
    collector = evolve(collector, pending=tuple(rest), truncated=found.version, versions=versions)
    return collector, evolve(found, truncated=True)


@mutant("truncated-version-used-twice", watch.updates_since)
def truncated_version_used_twice(original, state, call, collector, most, choices):
    """A suspended calculation is found by its version, as long as the collector is there."""
    kept = remembered(state, "truncated-version-used-twice", Map()).get(call.version)
    if kept is not None and call.version != collector.truncated:
        collector = evolve(collector, known=kept[0], pending=kept[1], truncated=call.version)
    state, found = original(state, call, collector, most, choices)
    if found is None or not found.truncated:
        return state, found
    now = access.current(state, call.session).property_collectors[call.collector.value]
    return noted(state, "truncated-version-used-twice", found.version, (now.known, now.pending)), found


@mutant("twenty-updates-and-no-more", watch.told)
def twenty_updates_and_no_more(original, state, session, collector, most, choices):
    """A set has room for twenty updates, and what does not fit is taken for told."""
    collector, found = original(state, session, collector, 20 if most is None else most, choices)
    if most is not None or not found.truncated:
        return collector, found
    collector = without(state, session, collector, collector.pending, choices)
    versions = collector.versions.set(found.version, collector.known)
    return evolve(collector, truncated=None, versions=versions), evolve(found, truncated=False)


@mutant("missing-told-again", watch.told)
def missing_told_again(original, state, session, collector, most, choices):
    """Every set names what a filter could not find."""
    collector, found = original(state, session, collector, most, choices)
    missing = dict.fromkeys(ref for one in collector.filters for ref in one.watched if ref in one.missing)
    return collector, evolve(found, missing=tuple(missing))


# --- what other things start and leave behind -------------------------------------------------------------------------


@mutant("events-of-live-tasks", triggers.query_task_events)
def events_of_live_tasks(original, state, call, choices):
    """The event goes with the task when that leaves the memory."""
    state, events = original(state, call, choices)
    return state, tuple(one for one in events if state.keys.get(one.info.key) in state.live)


@mutant("failed-operation-without-error", operations.ended)
def failed_operation_without_error(original, state, task, end, choices):
    """That an operation failed is kept, and not why."""
    state = original(state, task, end, choices)
    return changed(state, state.tasks[task.number], error=None)


@mutant("operation-of-last-login", sessions.login)
def user_set_by_login(original, state, call, choices):
    """Login sets the user of the process."""
    state, user = original(state, call, choices)
    return remembering(state, "operation-of-last-login", user.user_name), user


@mutant("operation-of-last-login", operations.begin)
def operation_of_last_login(original, state, operation, entity, reason, choices):
    """Operations are for the user of the process."""
    user_name = remembered(state, "operation-of-last-login", reason.user_name)
    return original(state, operation, entity, evolve(reason, user_name=user_name), choices)


@mutant("alarm-name-while-there", triggers.remove_alarm)
def alarm_name_while_there(original, state, call, choices):
    """The name of an alarm is looked up when a task is read."""
    state, nothing = original(state, call, choices)
    for task in list(state.tasks.values()):
        if task.info.reason.alarm == call.alarm:
            state = changed(state, task, reason=evolve(task.info.reason, alarm_name=""))
    return state, nothing


@mutant("name-lost-with-folder-above", folders.remove_entity)
def name_lost_with_folder_above(original, state, entity):
    """The name is kept of what is destroyed, but not of what goes with it."""
    after = original(state, entity)
    inside = {value for value in state.entities if value not in after.entities} - {entity.ref.value}
    for task in list(after.tasks.values()):
        if task.info.entity is not None and task.info.entity.value in inside:
            after = changed(after, task, entity_name=None)
    return after
