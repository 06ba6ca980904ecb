"""List views, property collectors, updates."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pyVmomi import vim, vmodl

from taskconform.reports.reproduction.runtime.values import value_of


def create_filter(collector: Any, watched: list[Any], *, report_missing: bool = False) -> Any:
    """CreateFilter: on the info.state of tasks, or of the tasks in a list view, or on a collector's latestPage."""
    query = vmodl.query.PropertyCollector
    objects = [query.ObjectSpec(obj=obj) for obj in watched]
    wanted = query.PropertySpec(type=vim.Task, pathSet=["info.state"])
    first = next(iter(watched), None)
    if isinstance(first, vim.view.ListView):
        within = query.TraversalSpec(type=vim.view.ListView, path="view", skip=False)
        objects = [query.ObjectSpec(obj=first, skip=True, selectSet=[within])]
    elif isinstance(first, vim.TaskHistoryCollector):
        wanted = query.PropertySpec(type=vim.TaskHistoryCollector, pathSet=["latestPage"])
    spec = query.FilterSpec(propSet=[wanted], objectSet=objects)
    if report_missing:
        spec.reportMissingObjectsInResults = True
    return collector.CreateFilter(spec, partialUpdates=False)


def wait(collector: Any, version: str, seconds: int = 0, size: int | None = None) -> tuple[list[Any], str]:
    """WaitForUpdatesEx, once. Return the update sets that came (one or none), and the version to go on from."""
    options = vmodl.query.PropertyCollector.WaitOptions(maxWaitSeconds=seconds, maxObjectUpdates=size)
    update = collector.WaitForUpdatesEx(version, options)
    return ([], version) if update is None else ([update], update.version)


def follow(collector: Any, version: str, size: int | None = None) -> tuple[list[Any], str]:
    """WaitForUpdatesEx until a set is not truncated, 500 times at most. Return the update sets, and the version to go
    on from."""
    sets: list[Any] = []
    for _ in range(500):
        more, version = wait(collector, version, 0, size)
        sets += more
        if not more or not more[0].truncated:
            break
    return sets, version


def joined(before: list[Any], sets: list[Any]) -> list[Any]:
    """Return one calculation: the sets, and those before them if the last of these was truncated."""
    return [*before, *sets] if before and before[-1].truncated else sets


def break_off(collector: Any, version: str, method: Callable[[], object]) -> tuple[list[Any], str]:
    """WaitForUpdatesEx on one connection; on another one of the same session, meanwhile, a method that ends it."""
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


def stale_sets(sets: list[Any]) -> int:
    """Return how many truncated update sets at the end say nothing that those before them did not say."""
    told: set[str] = set()
    stale = 0
    for each in sets:
        said = {f"{one.filter}: {update}" for one in each.filterSet or [] for update in one.objectSet or []}
        said |= {str(value_of(one.obj)) for found in each.filterSet or [] for one in found.missingSet or []}
        stale = 0 if said - told else stale + 1
        told |= said
    return stale if sets and sets[-1].truncated else 0


def updates_of(sets: list[Any], obj: Any) -> list[Any]:
    """Return all updates of an object."""
    objects = [update for each in sets for one in each.filterSet for update in one.objectSet]
    return [update for update in objects if value_of(update.obj) == value_of(obj)]


def states_of(sets: list[Any], task: Any) -> list[str]:
    """Return the states that update sets assign to a task, in order."""
    changes = [change for update in updates_of(sets, task) for change in update.changeSet]
    return [str(change.val) for change in changes if change.name == "info.state"]


def missing_in(sets: list[Any]) -> list[Any]:
    """Return the objects that update sets report as missing."""
    return [value_of(each.obj) for update in sets for one in update.filterSet for each in one.missingSet]


def retrieve_reported(content: Any, tasks: list[Any]) -> list[Any]:
    """RetrievePropertiesEx of info.state with reportMissingObjectsInResults. Return the objects in the result."""
    query = vmodl.query.PropertyCollector
    spec = query.FilterSpec(
        propSet=[query.PropertySpec(type=vim.Task, pathSet=["info.state"])],
        objectSet=[query.ObjectSpec(obj=task) for task in tasks],
        reportMissingObjectsInResults=True,
    )
    result = content.propertyCollector.RetrievePropertiesEx([spec], query.RetrieveOptions())
    return [each.obj for each in result.objects] if result else []
