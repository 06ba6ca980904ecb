"""Tasks and recentTask."""

import time
from typing import Any

from pyVmomi import vim, vmodl

from taskconform.reports.reproduction.runtime.server import read
from taskconform.reports.reproduction.runtime.state import CREATED
from taskconform.reports.reproduction.runtime.values import value_of


def create_task_at_once(content: Any, **arguments: Any) -> Any:
    """CreateTask. Return its TaskInfo."""
    info = content.taskManager.CreateTask(**arguments)
    CREATED.append(info)
    return info


def create_task(content: Any, **arguments: Any) -> Any:
    """CreateTask, then wait (5 s at most) until the new task can be read. Return the TaskInfo of CreateTask."""
    info = content.taskManager.CreateTask(**arguments)
    CREATED.append(info)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            read(content, info.task, "info")
            break
        except vmodl.fault.ManagedObjectNotFound:
            time.sleep(0.1)
    return info


def watch_recent_task(content: Any) -> None:
    """CreateFilter over recentTask, once a session."""
    query = vmodl.query.PropertyCollector
    spec = query.FilterSpec(
        propSet=[query.PropertySpec(type=vim.TaskManager, pathSet=["recentTask"])],
        objectSet=[query.ObjectSpec(obj=content.taskManager)],
    )
    content.propertyCollector.CreateFilter(spec, partialUpdates=True)


def wait_for_recent_task(content: Any, version: str, recent: list[Any] | None) -> tuple[str, list[Any] | None]:
    """WaitForUpdatesEx that does not wait, until a set is not truncated, 500 times at most. Return the new version, and
    recentTask with all changes made to it."""
    options = vmodl.query.PropertyCollector.WaitOptions(maxWaitSeconds=0)
    for _ in range(500):
        update = content.propertyCollector.WaitForUpdatesEx(version, options)
        if update is None:
            break
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


def is_listed(task: Any, recent: list[Any] | None) -> bool:
    """Return true if recentTask holds a task."""
    return value_of(task) in map(value_of, recent or [])
