"""Parts of scripts: history collectors, extensions, descriptions, what starts tasks."""

from __future__ import annotations

from typing import Final

from taskconform.reports.reproduction.part import VIM, VMODL, Part

SETTLE: Final = '''
def settle(seconds):
    """Give what was changed the time to get everywhere."""
    time.sleep(seconds)
'''

DRAIN: Final = '''
def drain(method, size, pages):
    """Read page after page until one is empty. What was read is there even if a page faults."""
    for _ in range(500):
        pages.append(method(size))
        if not pages[-1]:
            break
'''

ITEMS_IN: Final = '''
def items_in(pages):
    """All items of some pages."""
    return [item for page in pages for item in page]
'''

OF_TASK: Final = '''
def of_task(items, task):
    """Those of the items that are of a task."""
    return [item for item in items if value_of(item.task) == value_of(task)]
'''

CHAIN_OF: Final = '''
def chain_of(content, task):
    """The eventChainId of a task, as a history collector gives it."""
    collector = content.taskManager.CreateCollectorForTasks(vim.TaskFilterSpec())
    collector.RewindCollector()
    pages = []
    drain(collector.ReadNextTasks, 100, pages)
    collector.DestroyCollector()
    return of_task(items_in(pages), task)[0].eventChainId
'''

RUNS: Final = '''
def runs(before, after):
    """Which way creation runs from each of some items to each of others, where it is a second apart: +1, -1."""
    pairs = [((y.queueTime - x.queueTime).total_seconds(), x, y) for x in before for y in after]
    return {1 if seconds > 0 else -1 for seconds, *_ in pairs if abs(seconds) > 1}
'''

RUNS_INSIDE: Final = '''
def runs_inside(pages):
    """Which ways creation runs from item to item inside pages."""
    pairs = [pair for page in map(created_here, pages) for pair in pairwise(page)]
    return set().union(*(runs([one], [other]) for one, other in pairs))
'''

RUNS_BETWEEN: Final = '''
def runs_between(pages):
    """Which ways creation runs from each page to the next."""
    return set().union(*(runs(one, other) for one, other in pairwise(map(created_here, pages))))
'''

CREATED_HERE: Final = '''
def created_here(items):
    """Those of the items that are of tasks of this program."""
    ours = {value_of(info.task) for info in CREATED}
    return [item for item in items if value_of(item.task) in ours]
'''

PLAIN_FILTER: Final = '''
def plain_filter(spec):
    """A filter in a form that compares: lists as sets, times to a millisecond."""
    if isinstance(spec, list):
        return frozenset(map(plain_filter, spec)) or None
    if isinstance(spec, datetime):
        return round(spec.timestamp() * 1000)
    if isinstance(spec, vmodl.DynamicData):
        names = [each.name for each in spec._GetPropertyList() if "dynamic" not in each.name]
        values = {name: plain_filter(getattr(spec, name)) for name in names}
        return tuple((name, value) for name, value in sorted(values.items()) if value is not None)
    return value_of(spec)
'''

IS_BELOW: Final = '''
def is_below(content, entity, above):
    """Whether an entity is a descendant of another."""
    while entity is not None:
        entity = read(content, entity, "parent")
        if value_of(entity) == value_of(above):
            return True
    return False
'''

USER_NAME: Final = '''
def user_name(content):
    """The name of the user who is logged in, as the server spells it."""
    return read(content, content.sessionManager, "currentSession").userName
'''

CONNECT_IN: Final = '''
def connect_in(args, main, user, password, locale):
    """Log in with a locale. The ServiceContent."""
    content = anonymous(args, main)
    content.sessionManager.Login(user, password, locale)
    SESSIONS.append(content)
    return content
'''

LOCALE: Final = '''
def locale(content, index):
    """One of the locales that the server has, counted round."""
    found = read(content, content.sessionManager, "supportedLocaleList")
    return found[index % len(found)]
'''

SCHEDULE: Final = '''
def schedule(content, entity, name, task_type):
    """CreateScheduledTask: one that does not run by itself for a year, and whose action is to create a task."""
    spec = vim.scheduler.ScheduledTaskSpec(
        name=name,
        description="taskconform",
        enabled=True,
        scheduler=vim.scheduler.OnceTaskScheduler(runAt=now(content) + timedelta(days=365)),
        action=vim.action.CreateTaskAction(taskTypeId=task_type, cancelable=True),
    )
    made = content.scheduledTaskManager.CreateScheduledTask(entity, spec)
    UNDO.append(made.RemoveScheduledTask)
    return made
'''

CREATE_ALARM: Final = '''
def create_alarm(content, entity, name, task_type):
    """CreateAlarm: set off by a user event, its action is to create a task."""
    action = vim.alarm.AlarmTriggeringAction(
        action=vim.action.CreateTaskAction(taskTypeId=task_type, cancelable=True),
        transitionSpecs=[
            vim.alarm.AlarmTriggeringAction.TransitionSpec(startState="green", finalState="yellow", repeats=False)
        ],
        green2yellow=True,
        yellow2red=False,
        red2yellow=False,
        yellow2green=False,
    )
    expression = vim.alarm.EventAlarmExpression(eventType=vim.event.GeneralUserEvent, status="yellow")
    spec = vim.alarm.AlarmSpec(
        name=name, description="taskconform", enabled=True, expression=expression, action=action
    )
    made = content.alarmManager.CreateAlarm(entity, spec)
    UNDO.append(made.RemoveAlarm)
    return made
'''

CREATE_FOLDER: Final = '''
def create_folder(parent, name):
    """CreateFolder."""
    made = parent.CreateFolder(name)
    UNDO.append(made.Destroy_Task)
    return made
'''

TASK_EVENTS: Final = '''
def task_events(content, chain):
    """QueryEvents by eventChainId: the TaskEvents that it gives."""
    found = content.eventManager.QueryEvents(vim.event.EventFilterSpec(eventChainId=chain))
    return [event for event in found if isinstance(event, vim.event.TaskEvent)]
'''

INCOMPLETE: Final = '''
def incomplete(content, key, task_types):
    """An Extension without a version, as XML."""
    tasks = "".join(f"<taskList><taskID>{each}</taskID></taskList>" for each in task_types)
    return (
        "<extension><description><label>taskconform</label><summary>taskconform</summary></description>"
        f"<key>{key}</key>{tasks}<lastHeartbeatTime>{now(content).isoformat()}</lastHeartbeatTime></extension>"
    )
'''

HISTORY: Final[dict[str, Part]] = {
    "settle": Part(text=SETTLE, imports=("time",)),
    "drain": Part(text=DRAIN),
    "items_in": Part(text=ITEMS_IN),
    "of_task": Part(text=OF_TASK, needs=("value_of",)),
    "chain_of": Part(text=CHAIN_OF, needs=("drain", "items_in", "of_task"), imports=(VIM,)),
    "created_here": Part(text=CREATED_HERE, needs=("value_of",)),
    "runs": Part(text=RUNS),
    "runs_inside": Part(text=RUNS_INSIDE, needs=("runs", "created_here"), imports=("itertools:pairwise",)),
    "runs_between": Part(text=RUNS_BETWEEN, needs=("runs", "created_here"), imports=("itertools:pairwise",)),
    "plain_filter": Part(text=PLAIN_FILTER, needs=("value_of",), imports=("datetime:datetime", VMODL)),
    "is_below": Part(text=IS_BELOW, needs=("read", "value_of")),
    "user_name": Part(text=USER_NAME, needs=("read",)),
    "connect_in": Part(text=CONNECT_IN, needs=("anonymous",)),
    "locale": Part(text=LOCALE, needs=("read",)),
    "schedule": Part(text=SCHEDULE, needs=("now",), imports=("datetime:timedelta", VIM)),
    "create_alarm": Part(text=CREATE_ALARM, imports=(VIM,)),
    "create_folder": Part(text=CREATE_FOLDER),
    "task_events": Part(text=TASK_EVENTS, imports=(VIM,)),
    "incomplete": Part(text=INCOMPLETE, needs=("now",)),
}
"""What scripts need beyond tasks and recentTask."""
