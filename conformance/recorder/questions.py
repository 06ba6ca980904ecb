"""The evidence kit: questions about tasks that no text and no public recording answers, put to a server read-only.

Each question makes calls that change nothing but the session's own collectors; what is answered is in the recording.
A question returns its answer in a line, for whoever asks. A fault is an answer too.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from pyVmomi import vim, vmodl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PAGE: Final = 10
"""Items of a page that is asked for."""
_PAGES: Final = 3
_WATCHED: Final = 5.0
"""Seconds that a change of recentTask is waited for."""
_INFOS: Final = 50
"""Tasks whose TaskInfo is read, of those that are listed."""
_OWN_PAGE: Final = vmodl.query.PropertyCollector


class Questioning:
    """One session, with what the questions need of it."""

    def __init__(self, instance: Any) -> None:
        """Take a session of pyVmomi's."""
        self.instance = instance
        self.content = instance.RetrieveContent()
        self.tasks = self.content.taskManager

    def collector(self, state: Sequence[str] = ()) -> Any:
        """A collector of the tasks in these states, or of all."""
        return self.tasks.CreateCollectorForTasks(vim.TaskFilterSpec(state=list(state)))

    def ask(self) -> Iterator[tuple[str, str]]:
        """Put every question; yield it with its answer."""
        for question, put in QUESTIONS.items():
            try:
                answer = put(self)
            except vmodl.MethodFault as fault:
                answer = _name(fault)
            except Exception as problem:  # noqa: BLE001  # pyVmomi raises anything for an answer that it cannot read
                answer = f"not readable: {type(problem).__name__}: {problem}"
            yield question, answer


def _name(fault: vmodl.MethodFault) -> str:
    return str(type(fault).__name__).rpartition(".")[2]


def _direction(infos: Sequence[Any]) -> str:
    """Say how items are ordered by queueTime."""
    times = [info.queueTime for info in infos]
    if len(set(times)) < 2:
        return "too few to tell"
    if times == sorted(times):
        return "oldest first"
    return "newest first" if times == sorted(times, reverse=True) else "in another order"


def _pages(read: Callable[[int], Sequence[Any]]) -> list[Any]:
    """Read a few pages: their items."""
    found: list[Any] = []
    for _ in range(_PAGES):
        page = read(PAGE)
        found += page
        if not page:
            break
    return found


# --- the questions ----------------------------------------------------------------------------------------------------


def max_collector(asking: Questioning) -> str:
    """TaskManager.maxCollector, and the options that may stand behind it."""
    answer = [f"maxCollector {asking.tasks.maxCollector}"]
    for prefix in ("task.", "event.") if asking.content.setting is not None else ():
        try:
            answer += [f"{one.key} {one.value}" for one in asking.content.setting.QueryOptions(prefix)]
        except vmodl.MethodFault as fault:
            answer.append(f"{prefix}: {_name(fault)}")
    return ", ".join(answer)


def recent_order(asking: Questioning) -> str:
    """The order of recentTask, and how long ago the completed ones ended."""
    now = asking.instance.CurrentTime()
    listed = asking.tasks.recentTask
    infos = [task.info for task in listed[:_INFOS]]
    ended = [(now - info.completeTime).total_seconds() for info in infos if info.completeTime is not None]
    oldest = f", oldest ended {max(ended):.0f} s ago" if ended else ""
    return f"{len(listed)} tasks, {_direction(infos)}{oldest}"


def history_lag(asking: Questioning) -> str:
    """A fresh collector beside recentTask: which tasks it lacks."""
    collector = asking.collector()
    collector.ResetCollector()
    held = {info.key for info in [*collector.latestPage, *_pages(collector.ReadPreviousTasks)]}
    listed = [task.info.key for task in asking.tasks.recentTask[-PAGE:]]
    collector.DestroyCollector()
    return f"{sum(key not in held for key in listed)} of {len(listed)} recent tasks are not in the last {len(held)}"


def next_order(asking: Questioning) -> str:
    """The order in pages of ReadNextTasks: fresh, and rewound."""
    collector = asking.collector()
    fresh = _pages(collector.ReadNextTasks)
    collector.RewindCollector()
    rewound = _pages(collector.ReadNextTasks)
    collector.DestroyCollector()
    same = [info.key for info in fresh] == [info.key for info in rewound]
    return f"{_direction(fresh)}; rewound {_direction(rewound)}, {'the same' if same else 'other'} items"


def previous_order(asking: Questioning) -> str:
    """The order in pages of ReadPreviousTasks: fresh, and reset; whether the latest page is among them."""
    collector = asking.collector()
    fresh = _pages(collector.ReadPreviousTasks)
    collector.ResetCollector()
    reset = _pages(collector.ReadPreviousTasks)
    latest = {info.key for info in collector.latestPage}
    collector.DestroyCollector()
    shared = len(latest & {info.key for info in reset})
    return f"fresh {len(fresh)} items; reset {_direction(reset)}, {shared} of {len(latest)} items of latestPage in them"


def turns(asking: Questioning) -> str:
    """Where a collector stands after a turn: is the item at the cursor read again."""
    collector = asking.collector()
    there = [info.key for info in collector.ReadNextTasks(PAGE)]
    back = [info.key for info in collector.ReadPreviousTasks(PAGE)]
    again = [info.key for info in collector.ReadNextTasks(PAGE)]
    collector.ResetCollector()
    after = [info.key for info in collector.ReadNextTasks(PAGE)]
    collector.DestroyCollector()
    twice = [f"{len(set(one) & set(other))} of {len(one)} again" for one, other in ((there, back), (back, again))]
    return f"back: {twice[0]}; forth: {twice[1]}; {len(after)} after Reset"


def latest_page(asking: Questioning) -> str:
    """The size of latestPage by default, raised, raised again, and lowered; its order."""
    collector = asking.collector()
    sizes = [len(collector.latestPage)]
    order = _direction(collector.latestPage)
    for size in (20, 100, 1000, 5):
        collector.SetCollectorPageSize(size)
        sizes.append(len(collector.latestPage))
    collector.DestroyCollector()
    return f"{sizes[0]}, then {', '.join(map(str, sizes[1:]))} at 20, 100, 1000, 5; {order}"


def max_counts(asking: Questioning) -> str:
    """The bounds of maxCount and of the page size."""
    collector = asking.collector()
    answers = []
    for name, call in (("ReadNextTasks", collector.ReadNextTasks), ("page size", collector.SetCollectorPageSize)):
        for count in (0, -1, 1000, 1001):
            try:
                call(count)
                answers.append(f"{name} {count}: taken")
            except vmodl.MethodFault as fault:
                answers.append(f"{name} {count}: {_name(fault)}")
    collector.DestroyCollector()
    return ", ".join(answers)


def orphans(asking: Questioning) -> str:
    """Queued and running tasks of the history: is there still a Task object."""
    collector = asking.collector(["queued", "running"])
    infos = _pages(collector.ReadNextTasks)
    collector.DestroyCollector()
    gone = 0
    for info in infos:
        try:
            _ = info.task.info
        except vmodl.fault.ManagedObjectNotFound:
            gone += 1
    return f"{gone} of {len(infos)} have none"


def destroyed(asking: Questioning) -> str:
    """The fault of a collector that was destroyed."""
    collector = asking.collector()
    collector.DestroyCollector()
    collector.ReadNextTasks(1)
    return "none"


def notified(asking: Questioning) -> str:
    """A wait for recentTask: is anything told after the first version."""
    properties = _OWN_PAGE.PropertySpec(type=vim.TaskManager, pathSet=["recentTask"])
    spec = _OWN_PAGE.FilterSpec(propSet=[properties], objectSet=[_OWN_PAGE.ObjectSpec(obj=asking.tasks)])
    own = asking.content.propertyCollector.CreatePropertyCollector()
    own.CreateFilter(spec, partialUpdates=True)
    version, told, until = "", 0, time.monotonic() + _WATCHED
    while time.monotonic() < until:
        update = own.WaitForUpdatesEx(version, _OWN_PAGE.WaitOptions(maxWaitSeconds=1))
        if update is not None:
            told += bool(version)
            version = update.version
    own.Destroy()
    return f"{told} updates in {_WATCHED:.0f} s"


def description(asking: Questioning) -> str:
    """TaskManager.description: the lists and their lengths."""
    lists = asking.tasks.description
    states = ", ".join(one.key for one in lists.state)
    return f"{len(lists.methodInfo)} methods, {len(lists.reason)} reasons, states {states}"


QUESTIONS: Final[dict[str, Callable[[Questioning], str]]] = {
    "maxCollector": max_collector,
    "order of recentTask": recent_order,
    "recentTask and history": history_lag,
    "order of ReadNextTasks": next_order,
    "order of ReadPreviousTasks": previous_order,
    "turning round": turns,
    "size of latestPage": latest_page,
    "bounds of maxCount": max_counts,
    "unfinished tasks of the history": orphans,
    "a destroyed collector": destroyed,
    "updates of recentTask": notified,
    "description": description,
}
"""The questions, in the order in which they are put."""
