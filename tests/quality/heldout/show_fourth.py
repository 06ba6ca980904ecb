"""Calls that each fault of the fourth held-out list answers otherwise than the specification."""

from show_run import *  # noqa: F403  # the calls read as they would be told


# --- CreateTask -------------------------------------------------------------------------------------------------------


def entity_name_as_path(run):
    run.task(VM1)


def cancelable_of_parent(run):
    parent = run.task(cancelable=False)
    run.cancel(run.child(parent))


def root_among_live_tasks(run):
    head = run.task()
    second = run.child(head)
    run.end(head)
    run.child(second)


def cancelable_until_started(run):
    task = run.task()
    run.set(task, "running")
    run.cancel(task)


# --- extensions and descriptions --------------------------------------------------------------------------------------


def update_keeps_version(run):
    run(UpdateExtension(session="main", key=KEY, version="2.0", task_ids=(WORK,)))
    run(FindExtension(session="main", key=KEY))


def key_never_free_again(run):
    run.register("com.other", "com.other.work")
    run.unregister("com.other")
    run.register("com.other", "com.other.work")
    run.task(type_id="com.other.work")


def shared_type_goes_with_one(run):
    run.register("com.other", WORK)
    run.unregister("com.other")
    run.task(type_id=WORK)


def refused_update_takes_types(run):
    run(UpdateExtension(session="main", key=KEY, version=None, task_ids=(REST,)))
    run.task(type_id=WORK)


def extension_of_a_session(run):
    run.login("other", "second")
    run.register("com.other", "com.other.work", session="other")
    run.logout("other")
    run.task(type_id="com.other.work")


def extension_list_of_ten(run):
    for number in range(10):
        run.register(f"com.other{number}", f"com.other{number}.work")
    run(ReadExtensionList(session="main"))


def locale_of_last_login(run):
    run(ReadDescription(session="main"))
    run.login("other", "second", locale="de")
    run(ReadDescription(session="main"))


def untranslated_reason_left_out(run):
    run.login("german", "primary", locale="de")
    run(ReadDescription(session="german"))


# --- the life of a task -----------------------------------------------------------------------------------------------


def hundred_only_at_the_end(run):
    task = run.task()
    run.set(task, "running")
    run.progress(task, 100)
    run.info(task)


def minus_one_is_unknown(run):
    task = run.task()
    run.set(task, "running")
    run.progress(task, 50)
    run.progress(task, -1)
    run.info(task)


def progress_drops_description(run):
    task = run.task()
    run.set(task, "running")
    run(SetTaskDescription(session="main", task=task, key="com.suite.phase", args=(("n", "1"),)))
    run.progress(task, 10)
    run.info(task)


def error_in_history_as_its_base(run):
    run.end(run.task(), "error", fault="NotFound")
    run.next(run.collect())


def canceled_flag_cleared(run):
    task = run.task()
    run.cancel(task)
    run.info(task)


def completed_at_last_update(run):
    task = run.task()
    run.set(task, "running")
    run.progress(task, 50)
    run.later(10)
    run.set(task, "success")
    run.info(task)


def queued_cancel_without_flag(run):
    task = run.task(cancelable=False)
    run.cancel(task)
    run.info(task)


def progress_withdraws_cancel(run):
    task = run.task()
    run.set(task, "running")
    run.cancel(task)
    run.progress(task, 50)
    run.later(1)
    run.info(task)


def cancel_takes_children(run):
    parent = run.task()
    child = run.child(parent)
    run.cancel(parent)
    run.info(child)


def one_cancel_at_a_time(run):
    tasks = [run.task(), run.task()]
    for task in tasks:
        run.set(task, "running")
    for task in tasks:
        run.cancel(task)
    run.later(1)
    run.info(*tasks)


def refused_result_stays(run):
    task = run.task()
    run.set(task, "running", result="early")
    run.end(task)
    run.info(task)


def info_of_the_first_ten(run):
    run.info(*[run.task() for _ in range(11)])


# --- recentTask -------------------------------------------------------------------------------------------------------


def canceled_is_not_recent(run):
    run.cancel(run.task())
    run.recent()


def recent_by_queue_time(run):
    task = run.task()
    run.set(task, "running")
    run.later(700)
    run.set(task, "success")
    run.recent()


def own_tasks_are_listed(run):
    run.login("reader", "restricted")
    run.task(VM2, initiated_by=CAROL)
    run.recent("reader")


def cap_for_each_outcome(run):
    for state in ("success", "error", "success"):
        run.end(run.task(), state)
    run.recent()


def fifty_live_tasks(run):
    for _ in range(51):
        run.task()
    run.recent()


def recent_wait_until_a_move(run):
    run.end(run.task())
    run.wait_recent()
    run.later(700)
    run.wait_recent()


# --- collectors and their limit ---------------------------------------------------------------------------------------


def failed_destroy_frees(run):
    made = [run.collect() for _ in range(4)]
    run(DestroyCollector(session="main", collector=made[0]))
    run(DestroyCollector(session="main", collector=made[0]))
    run.collect()
    run.collect()


def info_filter_strips_the_task(run):
    task = run.task()
    run.end(task, result="done")
    spec = TaskInfoFilterSpec(remove_all=True)
    run.next(run(CreateCollectorWithInfoFilterForTasks(session="main", filter=NONE, info_filter=spec)))
    run.info(task)


def logout_ends_the_users_collectors(run):
    collector = run.collect()
    run.login("again", "primary")
    run.logout("again")
    run.next(collector)


# --- filters ----------------------------------------------------------------------------------------------------------


def not_started_counts_as_queued(run):
    run.task()
    run.next(run.collect(time=ByTime(time_type="startedTime", begin_time=NOW - SECOND)))


def no_end_time_beside_states(run):
    run.task()
    run.next(run.collect(time=ByTime(time_type="queuedTime", end_time=NOW - SECOND), state=("queued",)))


def ten_parents(run):
    parents = [run.task() for _ in range(11)]
    run.child(parents[10])
    run.next(run.collect(parent_task_key=tuple(one.value for one in parents)))


def alarm_by_its_name(run):
    def alarm():
        made = run(CreateAlarm(session="main", entity=VM1, name="hot", task_type_id=WORK))
        run(LogUserEvent(session="main", entity=VM1))
        return made

    run(RemoveAlarm(session="main", alarm=alarm()))
    run.next(run.collect(alarm=alarm()))


def scheduled_by_its_entity(run):
    made = [run(CreateScheduledTask(session="main", entity=VM1, name=one, task_type_id=WORK)) for one in ("a", "b")]
    for one in made:
        run(RunScheduledTask(session="main", scheduled_task=one))
    run.next(run.collect(scheduled_task=made[0]))


# --- pages ------------------------------------------------------------------------------------------------------------


def arrival_after_the_end_skipped(run):
    collector = run.collect()
    run.task()
    run.next(collector)
    run.next(collector)
    run.task()
    run.next(collector)


def rewind_forgets_page_size(run):
    for _ in range(3):
        run.task()
    collector = run.collect()
    run.size(collector, 2)
    run(RewindCollector(session="main", collector=collector))
    run.latest(collector)


def previous_of_any_user(run):
    run.task(initiated_by=BOB)
    run.task()
    collector = run.collect(user_name=ByUsername(system_user=False, user_list=(ALICE,)))
    run.next(collector)
    run.previous(collector)


def page_by_completion(run):
    first, second = run.task(), run.task()
    run.end(second)
    run.later(5)
    run.end(first)
    run.next(run.collect())


def large_page_cut(run):
    for _ in range(60):
        run.task()
    collector = run.collect()
    run.next(collector, 60)
    run.next(collector, 60)


def a_hundred_and_no_more(run):
    for _ in range(101):
        run.task()
    collector = run.collect()
    for _ in range(6):
        run.next(collector, 20)


# --- the latest page --------------------------------------------------------------------------------------------------


def latest_before_the_filter(run):
    run.task(VM1)
    run.task(VM3)
    collector = run.collect(entity=ByEntity(entity=VM1, recursion="self"))
    run.size(collector, 1)
    run.latest(collector)


def latest_kept_until_the_next(run):
    task, collector = run.task(), run.collect()
    run.latest(collector)
    run.end(task)
    run.latest(collector)


def full_page_is_no_news(run):
    run.task()
    collector, watcher = run.collect(), run.watcher()
    run.size(collector, 1)
    run.filter(watcher, collector)
    version = run.wait(watcher).version
    run.task()
    run.wait(watcher, version)


# --- views and the property collector ---------------------------------------------------------------------------------


def remove_stops_at_a_stranger(run):
    first, second = run.task(), run.task()
    view = run.view(first)
    run.modify(view, remove=(second, first))
    run.members(view)


def removed_members_watched(run):
    task, watcher = run.task(), run.watcher()
    view = run.view(task)
    run.filter(watcher, view)
    version = run.wait(watcher).version
    run.modify(view, remove=(task,))
    run.wait(watcher, version)


def view_of_sixteen(run):
    run.members(run.view(*[run.task() for _ in range(17)]))


def resumed_for_one_filter(run):
    watcher, tasks = run.watcher(), [run.task() for _ in range(3)]
    run.filter(watcher, *tasks[:2])
    run.filter(watcher, tasks[2])
    run.wait(watcher, run.wait(watcher, most=1).version)


def maximum_for_each_filter(run):
    watcher, tasks = run.watcher(), [run.task() for _ in range(2)]
    for task in tasks:
        run.filter(watcher, task)
    run.wait(watcher, most=1)


def truncated_version_used_twice(run):
    watcher = run.watcher()
    run.filter(watcher, run.task(), run.task())
    version = run.wait(watcher, most=1).version
    run.wait(watcher, version)
    run.wait(watcher, version)


def twenty_updates_and_no_more(run):
    watcher = run.watcher()
    run.filter(watcher, *[run.task() for _ in range(21)])
    run.wait(watcher)


def missing_told_again(run):
    watcher, task = run.watcher(), run.task()
    run.filter(watcher, task, NO_SUCH, report_missing=True)
    version = run.wait(watcher).version
    run.set(task, "running")
    run.wait(watcher, version)


# --- what other things start and leave behind -------------------------------------------------------------------------


def events_of_live_tasks(run):
    task = run.task()
    run.end(task)
    run(QueryTaskEvents(session="main", chain=run.info(task)[0].value.event_chain_id))


def failed_operation_without_error(run):
    tasks = [run.operation() for _ in range(5)]
    run.later(60)
    run.info(*tasks)


def operation_of_last_login(run):
    run.login("other", "second")
    run.info(run.operation())


def alarm_name_while_there(run):
    alarm = run(CreateAlarm(session="main", entity=VM1, name="hot", task_type_id=WORK))
    run(LogUserEvent(session="main", entity=VM1))
    run(RemoveAlarm(session="main", alarm=alarm))
    run.next(run.collect())


def name_lost_with_folder_above(run):
    outer = run(CreateFolder(session="main", parent=ROOT, name="outer"))
    inner = run(CreateFolder(session="main", parent=outer, name="inner"))
    run.task(inner)
    run(Destroy(session="main", entity=outer))
    run.next(run.collect())


SMALL = {"cap-for-each-outcome": {"cap": 2}}
"""Servers whose limits are lower."""

SHOWS = {
    "entity-name-as-path": entity_name_as_path,
    "cancelable-of-parent": cancelable_of_parent,
    "root-among-live-tasks": root_among_live_tasks,
    "cancelable-until-started": cancelable_until_started,
    "update-keeps-version": update_keeps_version,
    "key-never-free-again": key_never_free_again,
    "shared-type-goes-with-one": shared_type_goes_with_one,
    "refused-update-takes-types": refused_update_takes_types,
    "extension-of-a-session": extension_of_a_session,
    "extension-list-of-ten": extension_list_of_ten,
    "locale-of-last-login": locale_of_last_login,
    "untranslated-reason-left-out": untranslated_reason_left_out,
    "hundred-only-at-the-end": hundred_only_at_the_end,
    "minus-one-is-unknown": minus_one_is_unknown,
    "progress-drops-description": progress_drops_description,
    "error-in-history-as-its-base": error_in_history_as_its_base,
    "canceled-flag-cleared": canceled_flag_cleared,
    "completed-at-last-update": completed_at_last_update,
    "queued-cancel-without-flag": queued_cancel_without_flag,
    "progress-withdraws-cancel": progress_withdraws_cancel,
    "cancel-takes-children": cancel_takes_children,
    "one-cancel-at-a-time": one_cancel_at_a_time,
    "refused-result-stays": refused_result_stays,
    "info-of-the-first-ten": info_of_the_first_ten,
    "canceled-is-not-recent": canceled_is_not_recent,
    "recent-by-queue-time": recent_by_queue_time,
    "own-tasks-are-listed": own_tasks_are_listed,
    "cap-for-each-outcome": cap_for_each_outcome,
    "fifty-live-tasks": fifty_live_tasks,
    "recent-wait-until-a-move": recent_wait_until_a_move,
    "failed-destroy-frees": failed_destroy_frees,
    "info-filter-strips-the-task": info_filter_strips_the_task,
    "logout-ends-the-users-collectors": logout_ends_the_users_collectors,
    "not-started-counts-as-queued": not_started_counts_as_queued,
    "no-end-time-beside-states": no_end_time_beside_states,
    "ten-parents": ten_parents,
    "alarm-by-its-name": alarm_by_its_name,
    "scheduled-by-its-entity": scheduled_by_its_entity,
    "arrival-after-the-end-skipped": arrival_after_the_end_skipped,
    "rewind-forgets-page-size": rewind_forgets_page_size,
    "previous-of-any-user": previous_of_any_user,
    "page-by-completion": page_by_completion,
    "large-page-cut": large_page_cut,
    "a-hundred-and-no-more": a_hundred_and_no_more,
    "latest-before-the-filter": latest_before_the_filter,
    "latest-kept-until-the-next": latest_kept_until_the_next,
    "full-page-is-no-news": full_page_is_no_news,
    "remove-stops-at-a-stranger": remove_stops_at_a_stranger,
    "removed-members-watched": removed_members_watched,
    "view-of-sixteen": view_of_sixteen,
    "resumed-for-one-filter": resumed_for_one_filter,
    "maximum-for-each-filter": maximum_for_each_filter,
    "truncated-version-used-twice": truncated_version_used_twice,
    "twenty-updates-and-no-more": twenty_updates_and_no_more,
    "missing-told-again": missing_told_again,
    "events-of-live-tasks": events_of_live_tasks,
    "failed-operation-without-error": failed_operation_without_error,
    "operation-of-last-login": operation_of_last_login,
    "alarm-name-while-there": alarm_name_while_there,
    "name-lost-with-folder-above": name_lost_with_folder_above,
}
"""By fault: the calls that show it."""


def outcomes(fault, specification):
    """Perform a fault's calls, and return their outcomes."""
    run = Run(specification, **SMALL.get(fault, {}))
    SHOWS[fault](run)
    return run.outcomes
