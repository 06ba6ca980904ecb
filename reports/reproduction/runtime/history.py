"""History collectors: pages, items, filters."""

import time
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from typing import Any

from pyVmomi import vim, vmodl

from taskconform.reports.reproduction.runtime.server import read
from taskconform.reports.reproduction.runtime.state import CREATED
from taskconform.reports.reproduction.runtime.values import value_of


def settle(seconds: float) -> None:
    """Give changes the time to get everywhere."""
    time.sleep(seconds)


def drain(method: Callable[[int], list[Any]], size: int, pages: list[list[Any]]) -> None:
    """Read page after page until one is empty. The pages read before a fault are kept."""
    for _ in range(500):
        pages.append(method(size))
        if not pages[-1]:
            break


def items_in(pages: list[list[Any]]) -> list[Any]:
    """Return all items of some pages."""
    return [item for page in pages for item in page]


def of_task(items: list[Any], task: Any) -> list[Any]:
    """Return the items of one task."""
    return [item for item in items if value_of(item.task) == value_of(task)]


def chain_of(content: Any, task: Any) -> Any:
    """Return the eventChainId of a task, as a history collector gives it."""
    collector = content.taskManager.CreateCollectorForTasks(vim.TaskFilterSpec())
    collector.RewindCollector()
    pages: list[list[Any]] = []
    drain(collector.ReadNextTasks, 100, pages)
    collector.DestroyCollector()
    return of_task(items_in(pages), task)[0].eventChainId


def created_here(items: list[Any]) -> list[Any]:
    """Return the items of tasks that this program created."""
    ours = {value_of(info.task) for info in CREATED}
    return [item for item in items if value_of(item.task) in ours]


def runs(before: list[Any], after: list[Any]) -> set[int]:
    """Return the directions of creation from some items to others, where it is a second apart: +1, -1."""
    pairs = [((y.queueTime - x.queueTime).total_seconds(), x, y) for x in before for y in after]
    return {1 if seconds > 0 else -1 for seconds, *_ in pairs if abs(seconds) > 1}


def runs_inside(pages: list[list[Any]]) -> set[int]:
    """Return the directions of creation from item to item inside pages."""
    pairs = [pair for page in map(created_here, pages) for pair in pairwise(page)]
    return set().union(*(runs([one], [other]) for one, other in pairs))


def runs_between(pages: list[list[Any]]) -> set[int]:
    """Return the directions of creation from each page to the next."""
    return set().union(*(runs(one, other) for one, other in pairwise(map(created_here, pages))))


def plain_filter(spec: Any) -> Any:
    """Return a filter in a form that compares: lists as sets, times to a millisecond."""
    if isinstance(spec, list):
        return frozenset(map(plain_filter, spec)) or None
    if isinstance(spec, datetime):
        return round(spec.timestamp() * 1000)
    if isinstance(spec, vmodl.DynamicData):
        names = [each.name for each in spec._GetPropertyList() if "dynamic" not in each.name]
        values = {name: plain_filter(getattr(spec, name)) for name in names}
        return tuple((name, value) for name, value in sorted(values.items()) if value is not None)
    return value_of(spec)


def timeless(**bounds: datetime) -> str:
    """Return a filter whose time lacks its timeType, as XML."""
    times = "".join(f"<{name}>{at.isoformat()}</{name}>" for name, at in bounds.items())
    return f"<filter><time>{times}</time></filter>"


def is_within(content: Any, entity: Any, above: Any) -> bool:
    """Return true if an entity is another one, or a descendant of it."""
    for _ in range(100):
        if entity is None or value_of(entity) == value_of(above):
            break
        entity = read(content, entity, "parent")
    return entity is not None and value_of(entity) == value_of(above)
