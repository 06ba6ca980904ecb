"""Parts of scripts: views, property collectors, updates."""

from __future__ import annotations

from typing import Final

from taskconform.reports.reproduction.part import VIM, VMODL, Part

WATCH_RECENT: Final = '''
def watch_recent_task(content):
    """CreateFilter over recentTask, once a session."""
    query = vmodl.query.PropertyCollector
    spec = query.FilterSpec(
        propSet=[query.PropertySpec(type=vim.TaskManager, pathSet=["recentTask"])],
        objectSet=[query.ObjectSpec(obj=content.taskManager)],
    )
    content.propertyCollector.CreateFilter(spec, True)
'''

WAIT_RECENT: Final = '''
def wait_for_recent_task(content, version, recent):
    """WaitForUpdatesEx that does not wait: the new version, and what recentTask was with all changes made to it."""
    options = vmodl.query.PropertyCollector.WaitOptions(maxWaitSeconds=0)
    while update := content.propertyCollector.WaitForUpdatesEx(version, options):
        version = update.version
        changed = [each for one in update.filterSet for each in one.objectSet]
        for change in (change for each in changed for change in each.changeSet):
            if change.name == "recentTask":
                recent = list(change.val or [])
            elif change.op == "add":
                recent = [*(recent or []), change.val]
            elif change.op == "remove":
                recent = [task for task in recent or [] if f'"{task._GetMoId()}"' not in change.name]
        if not update.truncated:
            break
    return version, recent
'''

CREATE_FILTER: Final = '''
def create_filter(collector, watched, report_missing=False):
    """CreateFilter: on the info.state of tasks, or of the tasks in a list view, or on a collector's latestPage."""
    query = vmodl.query.PropertyCollector
    objects = [query.ObjectSpec(obj=obj) for obj in watched]
    wanted = query.PropertySpec(type=vim.Task, pathSet=["info.state"])
    if isinstance(watched[0], vim.view.ListView):
        within = query.TraversalSpec(type=vim.view.ListView, path="view", skip=False)
        objects = [query.ObjectSpec(obj=watched[0], skip=True, selectSet=[within])]
    elif isinstance(watched[0], vim.TaskHistoryCollector):
        wanted = query.PropertySpec(type=vim.TaskHistoryCollector, pathSet=["latestPage"])
    spec = query.FilterSpec(propSet=[wanted], objectSet=objects)
    if report_missing:
        spec.reportMissingObjectsInResults = True
    return collector.CreateFilter(spec, False)
'''

WAIT: Final = '''
def wait(collector, version, seconds=0, size=None):
    """WaitForUpdatesEx, once: the update sets that came (one or none), and the version to go on from."""
    options = vmodl.query.PropertyCollector.WaitOptions(maxWaitSeconds=seconds, maxObjectUpdates=size)
    update = collector.WaitForUpdatesEx(version, options)
    return ([], version) if update is None else ([update], update.version)
'''

FOLLOW: Final = '''
def follow(collector, version, size=None):
    """WaitForUpdatesEx until a set is not truncated: the update sets, and the version to go on from."""
    sets = []
    while True:
        more, version = wait(collector, version, 0, size)
        sets += more
        if not more or not more[0].truncated:
            return sets, version
'''

JOINED: Final = '''
def joined(before, sets):
    """One calculation: the sets, and those before them if the last of these was truncated."""
    return [*before, *sets] if before and before[-1].truncated else sets
'''

BREAK_OFF: Final = '''
def break_off(collector, version, method):
    """WaitForUpdatesEx on one connection; on another one of the same session, while it waits, what breaks it off."""
    options = vmodl.query.PropertyCollector.WaitOptions(maxWaitSeconds=10)
    failure = None
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(collector.WaitForUpdatesEx, version, options)
        time.sleep(0.5)
        try:
            method()
        except vmodl.MethodFault as caught:
            failure = caught
    update = waiting.result()
    if failure is not None:
        raise failure
    return ([], version) if update is None else ([update], update.version)
'''

UPDATES_OF: Final = '''
def updates_of(sets, obj):
    """All that update sets say of an object."""
    objects = [update for each in sets for one in each.filterSet for update in one.objectSet]
    return [update for update in objects if value_of(update.obj) == value_of(obj)]
'''

STATES_OF: Final = '''
def states_of(sets, task):
    """The states that update sets assign to a task, in order."""
    changes = [change for update in updates_of(sets, task) for change in update.changeSet]
    return [str(change.val) for change in changes if change.name == "info.state"]
'''

MISSING_IN: Final = '''
def missing_in(sets):
    """The objects that update sets report as missing."""
    return [value_of(each.obj) for update in sets for one in update.filterSet for each in one.missingSet]
'''

RETRIEVE_REPORTED: Final = '''
def retrieve_reported(content, tasks):
    """RetrievePropertiesEx of info.state with reportMissingObjectsInResults: the objects that the result speaks of."""
    query = vmodl.query.PropertyCollector
    spec = query.FilterSpec(
        propSet=[query.PropertySpec(type=vim.Task, pathSet=["info.state"])],
        objectSet=[query.ObjectSpec(obj=task) for task in tasks],
        reportMissingObjectsInResults=True,
    )
    result = content.propertyCollector.RetrievePropertiesEx([spec], query.RetrieveOptions())
    return [each.obj for each in result.objects] if result else []
'''

WATCH: Final[dict[str, Part]] = {
    "watch_recent_task": Part(text=WATCH_RECENT, imports=(VIM, VMODL)),
    "wait_for_recent_task": Part(text=WAIT_RECENT, imports=(VMODL,)),
    "create_filter": Part(text=CREATE_FILTER, imports=(VIM, VMODL)),
    "wait": Part(text=WAIT, imports=(VMODL,)),
    "follow": Part(text=FOLLOW, needs=("wait",)),
    "joined": Part(text=JOINED),
    "break_off": Part(text=BREAK_OFF, imports=(VMODL, "time", "concurrent.futures:ThreadPoolExecutor")),
    "updates_of": Part(text=UPDATES_OF, needs=("value_of",)),
    "states_of": Part(text=STATES_OF, needs=("updates_of",)),
    "missing_in": Part(text=MISSING_IN, needs=("value_of",)),
    "retrieve_reported": Part(text=RETRIEVE_REPORTED, imports=(VIM, VMODL)),
}
"""What scripts need that watch."""
