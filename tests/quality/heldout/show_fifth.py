"""Calls that each fault of the fifth held-out list answers otherwise than the specification."""

from show_run import *  # noqa: F403  # the calls read as they would be told


# --- CreateTask and what TaskInfo says of it --------------------------------------------------------------------------


def parent_lost_in_history(run):
    run.child(run.task())
    run.next(run.collect())


def type_by_prefix(run):
    run.task(type_id=f"{KEY}.never")


def answer_without_root(run):
    run.child(run.task())


def queue_time_of_parent(run):
    parent = run.task()
    run.later(5)
    run.child(parent)


def initiated_by_if_logged_in(run):
    run.task(initiated_by=BOB)


def root_four_levels_up(run):
    last = run.task()
    for _ in range(5):
        last = run.child(last)
    run.info(last)


# --- extensions and descriptions --------------------------------------------------------------------------------------


def update_extension_unchecked(run):
    run.login("low", "restricted")
    run(UpdateExtension(session="low", key=KEY, version="2.0", task_ids=(WORK,)))


def found_extension_cached(run):
    run.register("com.other", "com.other.work")
    run(FindExtension(session="main", key="com.other"))
    run.unregister("com.other")
    run(FindExtension(session="main", key="com.other"))


def unregister_by_prefix(run):
    run.register("com.other", "com.other.work")
    run.register("com.other.more", "com.other.more.work")
    run.unregister("com.other")
    run.task(type_id="com.other.more.work")


def description_misses_update(run):
    run(ReadDescription(session="main"))
    run(UpdateExtension(session="main", key=KEY, version="2.0", task_ids=(WORK, REST, f"{KEY}.more")))
    run(ReadDescription(session="main"))


def ten_types_of_an_extension(run):
    run.register("com.other", *[f"com.other.work{number}" for number in range(11)])
    run.task(type_id="com.other.work10")


# --- the life of a task -----------------------------------------------------------------------------------------------


def failed_task_loses_start(run):
    task = run.task()
    run.end(task, "error", fault="NotFound")
    run.info(task)


def failed_task_canceled(run):
    task = run.task()
    run.end(task, "error", fault="NotFound")
    run.cancel(task)


def result_reference_as_text(run):
    task = run.task()
    run.end(task, result=VM1)
    run.info(task)


def no_progress_once_canceled(run):
    task = run.task()
    run.set(task, "running")
    run.cancel(task)
    run.progress(task, 50)


def refused_move_stamps(run):
    task = run.task()
    run.end(task)
    run.later(5)
    run.set(task, "running")
    run.info(task)


def three_arguments_of_description(run):
    task = run.task()
    run.set(task, "running")
    args = tuple((f"k{number}", f"v{number}") for number in range(4))
    run(SetTaskDescription(session="main", task=task, key="com.suite.phase", args=args))
    run.info(task)


def twenty_progress_updates(run):
    task = run.task()
    run.set(task, "running")
    for percent in range(21):
        run.progress(task, percent)
    run.info(task)


# --- recentTask -------------------------------------------------------------------------------------------------------


def hidden_while_completed(run):
    run.login("low", "restricted")
    run.task(VM2)
    run.recent("low")


def listed_and_forgotten(run):
    tasks = [run.task() for _ in range(51)]
    for task in tasks:
        run.end(task)
    run.recent()
    run.info(tasks[0])


def cap_per_outcome(run):
    for state in ("error", "error", "success", "success"):
        run.end(run.task(), state)
    run.recent()


def fifty_live_tasks(run):
    for _ in range(51):
        run.task()
    run.recent()


def wait_compares_lengths(run):
    run.end(run.task())
    run.wait_recent()
    run.later(601)
    run.task()
    run.wait_recent()


# --- filters ----------------------------------------------------------------------------------------------------------


def last_chain_of_list(run):
    chains = tuple(run.info(run.task())[0].value.event_chain_id for _ in range(2))
    run.next(run.collect(event_chain_id=chains))


def root_key_by_parent(run):
    head = run.task()
    run.child(run.child(head))
    run.next(run.collect(root_task_key=(head.value,)))


def descendants_at_creation(run):
    collector = run.collect(entity=ByEntity(entity=FOLDER, recursion="all"))
    run.task(run(CreateFolder(session="main", parent=FOLDER, name="late")))
    run.next(collector)


def no_tag_among_tags(run):
    run.task()
    run.next(run.collect(tag=("none", "")))


def alarm_by_its_entity(run):
    alarms = [
        run(CreateAlarm(session="main", entity=VM1, name=name, task_type_id=WORK)) for name in ("first", "second")
    ]
    run(LogUserEvent(session="main", entity=VM1))
    run.next(run.collect(alarm=alarms[0]))


def two_parts_of_filter(run):
    run.task()
    entity, user = ByEntity(entity=VM1, recursion="self"), ByUsername(system_user=False, user_list=(ALICE,))
    run.next(run.collect(entity=entity, user_name=user, state=("running",)))


def ten_values_of_list(run):
    chains = tuple(run.info(run.task())[0].value.event_chain_id for _ in range(11))
    run.next(run.collect(event_chain_id=chains))


def schedule_by_name(run):
    for remove in (True, False):
        schedule = run(CreateScheduledTask(session="main", entity=VM1, name="nightly", task_type_id=WORK))
        run(RunScheduledTask(session="main", scheduled_task=schedule))
        if remove:
            run(RemoveScheduledTask(session="main", scheduled_task=schedule))
    run.next(run.collect(scheduled_task=schedule))


# --- collectors: how many, and what they give -------------------------------------------------------------------------


def max_collector_for_nobody(run):
    run(ReadMaxCollector(session=NOBODY))


def destroy_frees_the_last(run):
    made = [run.collect() for _ in range(4)]
    run(DestroyCollector(session="main", collector=made[0]))
    run.collect()


def latest_page_with_results(run):
    run.end(run.task(), result="done")
    info_filter = TaskInfoFilterSpec(remove_all=True)
    made = run(CreateCollectorWithInfoFilterForTasks(session="main", filter=NONE, info_filter=info_filter))
    run.latest(made)


def read_collectors_outlive_logout(run):
    run.task()
    run.next(run.collect())
    run.logout("main")
    run.login("main", "primary")
    for _ in range(4):
        run.collect()


# --- scrolling --------------------------------------------------------------------------------------------------------


def rewind_past_the_oldest(run):
    run.task()
    run.task()
    collector = run.collect()
    run.next(collector)
    run(RewindCollector(session="main", collector=collector))
    run.next(collector)


def end_is_final(run):
    collector = run.collect()
    run.next(collector)
    run.task()
    run.next(collector)


def reset_by_default_size(run):
    for _ in range(4):
        run.task()
    collector = run.collect()
    run.size(collector, 2)
    run(ResetCollector(session="main", collector=collector))
    run.previous(collector)


def negative_count_backwards(run):
    run.previous(run.collect(), -1)


def no_rewind_when_reading_back(run):
    for _ in range(3):
        run.task()
    collector = run.collect()
    run.next(collector)
    run.previous(collector, 1)
    run(RewindCollector(session="main", collector=collector))
    run.next(collector)


def cursor_by_filter(run):
    run.task()
    first, second = run.collect(), run.collect()
    run.next(first)
    run.next(second)


def fifty_items_of_a_page(run):
    for _ in range(51):
        run.task()
    collector = run.collect()
    run.next(collector, 60)
    run.next(collector, 60)


def fifth_page_overlaps(run):
    for _ in range(6):
        run.task()
    collector = run.collect()
    for _ in range(6):
        run.next(collector, 1)


def page_sorted_as_text(run):
    for _ in range(11):
        run.task()
        run.later(2)
    run.next(run.collect())


def history_of_hundred(run):
    for _ in range(101):
        run.task()
    run.next(run.collect(), 10)


# --- latestPage -------------------------------------------------------------------------------------------------------


def shrinks_with_next_task(run):
    for _ in range(3):
        run.task()
    collector = run.collect()
    run.size(collector, 2)
    run.latest(collector)


def monitor_compares_lengths(run):
    run.task()
    collector, watcher = run.collect(), run.watcher()
    run.size(collector, 1)
    run.filter(watcher, collector)
    version = run.wait(watcher).version
    run.task()
    run.wait(watcher, version)


def fifty_items_of_latest_page(run):
    collector = run.collect()
    run.size(collector, 60)
    for _ in range(55):
        run.task()
    run.latest(collector)


# --- views and the property collector ---------------------------------------------------------------------------------


def version_used_up(run):
    task, watcher = run.task(), run.watcher()
    run.filter(watcher, task)
    version = run.wait(watcher).version
    run.set(task, "running")
    run.wait(watcher, version)
    run.wait(watcher, version)


def view_as_it_was(run):
    view, watcher = run.view(run.task()), run.watcher()
    run.filter(watcher, view)
    run.modify(view, add=(run.task(),))
    run.wait(watcher)


def most_updates_of_each_filter(run):
    watcher = run.watcher()
    for _ in range(2):
        run.filter(watcher, run.task())
    run.wait(watcher, most=1)


def third_part_loses_one(run):
    watcher = run.watcher()
    run.filter(watcher, *[run.task() for _ in range(5)])
    found = run.wait(watcher, most=1)
    while found.truncated:
        found = run.wait(watcher, found.version, most=1)
    run.wait(watcher, found.version)


def twenty_members_of_view(run):
    run.members(run.view(*[run.task() for _ in range(21)]))


# --- sessions and what they may do ------------------------------------------------------------------------------------


def description_unprivileged(run):
    run.login("low", "restricted")
    run(SetTaskDescription(session="low", task=run.task(), key="com.suite.phase"))


def views_of_a_user(run):
    view = run.view(run.task())
    run.logout("main")
    run.login("main", "primary")
    run.members(view)


# --- operations, alarms and events ------------------------------------------------------------------------------------


def operation_of_the_system(run):
    run.info(run.operation())


def alarm_on_the_parent(run):
    run(CreateAlarm(session="main", entity=VM1, name="alarm", task_type_id=WORK))
    run(LogUserEvent(session="main", entity=VM1))
    run.next(run.collect())


def event_of_today(run):
    task = run.task()
    run.end(task)
    run(QueryTaskEvents(session="main", chain=run.info(task)[0].value.event_chain_id))


def operation_joins_the_running(run):
    run.operation()
    run.operation()


def failed_operation_retried(run):
    started = [run.operation() for _ in range(5)]
    run.later(20)
    run.info(*started)
    run.later(61)
    run.info(*started)


SMALL = {
    "cap-per-outcome": {"cap": 2},
}
"""By fault: what its server has otherwise."""

SHOWS = {
    "parent-lost-in-history": parent_lost_in_history,
    "type-by-prefix": type_by_prefix,
    "answer-without-root": answer_without_root,
    "queue-time-of-parent": queue_time_of_parent,
    "initiated-by-if-logged-in": initiated_by_if_logged_in,
    "root-four-levels-up": root_four_levels_up,
    "update-extension-unchecked": update_extension_unchecked,
    "found-extension-cached": found_extension_cached,
    "unregister-by-prefix": unregister_by_prefix,
    "description-misses-update": description_misses_update,
    "ten-types-of-an-extension": ten_types_of_an_extension,
    "failed-task-loses-start": failed_task_loses_start,
    "failed-task-canceled": failed_task_canceled,
    "result-reference-as-text": result_reference_as_text,
    "no-progress-once-canceled": no_progress_once_canceled,
    "refused-move-stamps": refused_move_stamps,
    "three-arguments-of-description": three_arguments_of_description,
    "twenty-progress-updates": twenty_progress_updates,
    "hidden-while-completed": hidden_while_completed,
    "listed-and-forgotten": listed_and_forgotten,
    "cap-per-outcome": cap_per_outcome,
    "fifty-live-tasks": fifty_live_tasks,
    "wait-compares-lengths": wait_compares_lengths,
    "last-chain-of-list": last_chain_of_list,
    "root-key-by-parent": root_key_by_parent,
    "descendants-at-creation": descendants_at_creation,
    "no-tag-among-tags": no_tag_among_tags,
    "alarm-by-its-entity": alarm_by_its_entity,
    "two-parts-of-filter": two_parts_of_filter,
    "ten-values-of-list": ten_values_of_list,
    "schedule-by-name": schedule_by_name,
    "max-collector-for-nobody": max_collector_for_nobody,
    "destroy-frees-the-last": destroy_frees_the_last,
    "latest-page-with-results": latest_page_with_results,
    "read-collectors-outlive-logout": read_collectors_outlive_logout,
    "rewind-past-the-oldest": rewind_past_the_oldest,
    "end-is-final": end_is_final,
    "reset-by-default-size": reset_by_default_size,
    "negative-count-backwards": negative_count_backwards,
    "no-rewind-when-reading-back": no_rewind_when_reading_back,
    "cursor-by-filter": cursor_by_filter,
    "fifty-items-of-a-page": fifty_items_of_a_page,
    "fifth-page-overlaps": fifth_page_overlaps,
    "page-sorted-as-text": page_sorted_as_text,
    "history-of-hundred": history_of_hundred,
    "shrinks-with-next-task": shrinks_with_next_task,
    "monitor-compares-lengths": monitor_compares_lengths,
    "fifty-items-of-latest-page": fifty_items_of_latest_page,
    "version-used-up": version_used_up,
    "view-as-it-was": view_as_it_was,
    "most-updates-of-each-filter": most_updates_of_each_filter,
    "third-part-loses-one": third_part_loses_one,
    "twenty-members-of-view": twenty_members_of_view,
    "description-unprivileged": description_unprivileged,
    "views-of-a-user": views_of_a_user,
    "operation-of-the-system": operation_of_the_system,
    "alarm-on-the-parent": alarm_on_the_parent,
    "event-of-today": event_of_today,
    "operation-joins-the-running": operation_joins_the_running,
    "failed-operation-retried": failed_operation_retried,
}
"""By fault: the calls that show it."""


def outcomes(fault, specification):
    """Perform a fault's calls, and return their outcomes."""
    run = Run(specification, **SMALL.get(fault, {}))
    SHOWS[fault](run)
    return run.outcomes
