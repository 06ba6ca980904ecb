"""vim.TaskHistoryCollector: reading a collector page by page.

The scrollable view is a place between two items of the history: `position` tasks are before it. Reading next moves it
towards newer tasks, reading previous towards older ones; what lies in between is looked at as it is now.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.TaskHistoryCollector.html
https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.HistoryCollector.html
"""

from __future__ import annotations

from taskconform.model.spec import access, collectors, items, latest
from taskconform.model.spec.choices import Choices
from taskconform.model.spec.faults import fault_if
from taskconform.model.spec.state import NEWEST_END, After, Collector, Session, State, Task
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.outcomes import TaskInfo
from taskconform.model.vocabulary.words import evolve


def read_next_tasks(state: State, call: calls.ReadNextTasks, choices: Choices) -> After[tuple[TaskInfo, ...]]:
    """Read the next page: by default from the oldest task to the newest, where it goes on with what is created
    meanwhile. Servers were seen to run the other way (EV 1.1, 1.9, 3.1).
    vim.HistoryCollector 6; vim.HistoryCollector 13; vim.TaskHistoryCollector ReadNextTasks 1-3; maxCount 1;
    InvalidArgument 1. Clauses: page.drain, page.order, page.direction, page.end, page.append, page.stable,
    page.no-side-effect."""
    return read(state, call, choices, forward=choices.page_direction in {"oldest-first", "newest-first-inside"})


def read_previous_tasks(state: State, call: calls.ReadPreviousTasks, choices: Choices) -> After[tuple[TaskInfo, ...]]:
    """Read the page before: the other way round. What came to the latest page since is read like any other item.
    vim.HistoryCollector 14; vim.TaskHistoryCollector ReadPreviousTasks 1-3; maxCount 1; InvalidArgument 1. Clauses:
    page.turn, page.order, page.end."""
    return read(state, call, choices, forward=choices.page_direction in {"newest-first", "newest-page-first"})


def read(
    state: State, call: calls.ReadNextTasks | calls.ReadPreviousTasks, choices: Choices, *, forward: bool
) -> After[tuple[TaskInfo, ...]]:
    """Read a page towards newer tasks (`forward`) or older ones, and move the view past it.
    vim.TaskHistoryCollector ReadNextTasks 1-2; maxCount 1; vim.TaskHistoryCollector ReadPreviousTasks 1-2; maxCount 1.
    Clauses: page.max-count, page.independent, filter.visible."""
    session = access.current(state, call.session)
    owner = collectors.find_owner(state, session, call.collector, choices)
    collector = owner.collectors[call.collector.value]
    check_count(call.max_count, choices)
    rows = following(state, session, collector, min(call.max_count, items.MAX_COUNT), choices, forward=forward)
    if rows:
        after = moved(collector, rows, forward=forward)
        state = collectors.with_collector(state, owner, call.collector.value, after)
    page = [task for task in rows if items.is_shown(state, session, task, choices)]
    turned = choices.page_direction in {"newest-first-inside", "newest-page-first"}
    return state, items.listed(collector, page[::-1] if turned else page, choices)


def check_count(max_count: int, choices: Choices) -> None:
    """Fault if maxCount is out of range: the page does not say which range. By default it is 1 to `items.MAX_COUNT`.
    vim.TaskHistoryCollector ReadNextTasks InvalidArgument 1; ReadPreviousTasks InvalidArgument 1. Clauses:
    page.max-count-negative, page.max-count-zero, page.max-count-large."""
    least = 0 if choices.page_max_count_zero == "no-item" else 1
    beyond = max_count > items.MAX_COUNT and choices.page_max_count_large == "refused"
    fault_if(max_count < least or beyond, "InvalidArgument", "maxCount is out of range")


def following(
    state: State, session: Session, collector: Collector, count: int, choices: Choices, *, forward: bool
) -> list[Task]:
    """Return the next rows in a direction, nearest first. By default what the latest page has pushed out is read all
    the same; if it is gone from the collector, that is so once a page size was set.
    vim.HistoryCollector 6; vim.HistoryCollector 13; vim.TaskHistoryCollector latestPage 2. Clauses: page.evicts,
    page.drain."""
    start = turned_position(collector, choices) if forward != collector.forward else collector.position
    start = min(start, len(state.tasks))
    numbers = range(start + 1, len(state.tasks) + 1) if forward else range(start, 0, -1)
    if choices.page_evicts == "removed" and collector.page_size is not None:
        page = latest.members(state, session, collector, choices)
        oldest = page[-1].number if page else len(state.tasks) + 1
        numbers = range(max(start + 1, oldest), numbers.stop) if forward else range(start, oldest - 1, -1)
    return items.held(state, session, collector, numbers, count, choices)


def turned_position(collector: Collector, choices: Choices) -> int:
    """Return the position from which reading goes on after a change of direction: by default the last item read is read
    again. The page speaks of pages and does not say.
    vim.TaskHistoryCollector ReadNextTasks 1-2; ReadPreviousTasks 1-2. Clauses: page.turn."""
    if collector.page is None or collector.read is None:
        return collector.position
    at, (low, high), (lowest, highest) = collector.position, collector.page, collector.read
    turned = {  # by the interpretation: turning back towards older tasks, and on towards newer ones
        "last-read": (at, at),
        "before-last-read": (at - 1, at + 1),
        "page-start": (low, high - 1),
        "before-page": (low - 1, high),
        "next-unread": (lowest - 1, highest),
    }
    return turned[choices.page_turn][0 if collector.forward else 1]


def moved(collector: Collector, rows: list[Task], *, forward: bool) -> Collector:
    """Return the collector with its view past these rows.
    vim.TaskHistoryCollector ReadNextTasks 2; ReadPreviousTasks 2. Clauses: page.turn, page.independent."""
    low, high = sorted((rows[0].number, rows[-1].number))
    seen = collector.read or (low, high)
    return evolve(
        collector,
        position=high if forward else low - 1,
        page=(low, high),
        read=(min(low, seen[0]), max(high, seen[1])),
        forward=forward,
    )


def rewind_collector(state: State, call: calls.RewindCollector, choices: Choices) -> After[None]:
    """Move the view to where reading begins: by default to the oldest item.
    vim.HistoryCollector 12; vim.HistoryCollector RewindCollector 1-3. Clauses: page.rewind, page.default-rewind."""
    forward = choices.page_direction in {"oldest-first", "newest-first-inside"}
    return place(state, call, 0 if forward else NEWEST_END, choices), None


def reset_collector(state: State, call: calls.ResetCollector, choices: Choices) -> After[None]:
    """Move the view to just before the latest page, so that reading back by default begins with the item before that.
    All that is there is before an empty page.
    vim.HistoryCollector 14-15; vim.HistoryCollector ResetCollector 1-2; EV 2.20. Clauses: page.reset,
    page.reset-latest."""
    session = access.current(state, call.session)
    if collectors.is_event_collector(session, call.collector):
        return state, None
    owner = collectors.find_owner(state, session, call.collector, choices)
    page = latest.members(state, session, owner.collectors[call.collector.value], choices)
    position = len(state.tasks)
    if page:
        position = page[0].number if choices.page_reset_latest == "yields" else page[-1].number - 1
    return place(state, call, position, choices), None


def place(state: State, call: calls.RewindCollector | calls.ResetCollector, at: int, choices: Choices) -> State:
    """Put the view of one collector to a position, and of no other. An event collector has no view here.
    vim.HistoryCollector RewindCollector 1; ResetCollector 1. Clauses: page.independent."""
    session = access.current(state, call.session)
    if collectors.is_event_collector(session, call.collector):
        return state
    owner = collectors.find_owner(state, session, call.collector, choices)
    collector = evolve(owner.collectors[call.collector.value], position=at, page=None, read=None)
    return collectors.with_collector(state, owner, call.collector.value, collector)
