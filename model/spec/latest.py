"""vim.TaskHistoryCollector latestPage: the newest items of a collector.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.TaskHistoryCollector.html
"""

from __future__ import annotations

from taskconform.model.spec import access, collectors, items
from taskconform.model.spec.choices import Choices
from taskconform.model.spec.faults import fault_if
from taskconform.model.spec.state import After, Collector, Seen, Session, State, Task
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.outcomes import Property, TaskInfo
from taskconform.model.vocabulary.words import evolve


def set_collector_page_size(state: State, call: calls.SetCollectorPageSize, choices: Choices) -> After[None]:
    """Set how many items the latest page holds at most: by default 1 to `items.MAX_COUNT`, the page gives no range.
    vim.HistoryCollector 8; vim.HistoryCollector 10; vim.HistoryCollector SetCollectorPageSize 1; maxCount 1;
    InvalidArgument 1. Clauses: latest.size, latest.shrink, latest.raised-size, latest.size-negative,
    latest.size-zero-large."""
    session = access.current(state, call.session)
    events = collectors.is_event_collector(session, call.collector)
    owner = session if events else collectors.find_owner(state, session, call.collector, choices)
    strict = choices.latest_size_zero_large
    zero = call.max_count == 0 and strict in {"refused", "zero-refused"}
    large = call.max_count > items.MAX_COUNT and strict in {"refused", "large-refused"}
    fault_if(call.max_count < 0 or zero or large, "InvalidArgument", "maxCount is out of range")
    if events:
        return state, None
    before = owner.collectors[call.collector.value]
    oldest = oldest_kept(state, owner, before, call.max_count, choices)
    collector = evolve(before, page_size=call.max_count, oldest=oldest)
    return collectors.with_collector(state, owner, call.collector.value, collector), None


def size(state: State, collector: Collector, choices: Choices) -> int:
    """Return how many items the page holds at most: by default ten before a size is set (EV 2.15).
    vim.HistoryCollector SetCollectorPageSize 1. Clauses: latest.default-size, latest.size."""
    if collector.page_size is not None:
        return collector.page_size
    sizes = {"ten": 10, "thousand": 1_000, "other": 25, "unbounded": len(state.tasks)}
    return sizes[choices.latest_default_size]


def oldest_kept(state: State, session: Session, collector: Collector, count: int, choices: Choices) -> int:
    """Return the number of the oldest task that latestPage may hold once its size is set: by default any; or, of a full
    page that is made larger, the oldest in it, so that it grows as new tasks come (EV N13).
    vim.HistoryCollector SetCollectorPageSize 1. Clauses: latest.raised-size."""
    most = size(state, collector, choices)
    if choices.latest_raised_size == "at-once" or count <= most:
        return collector.oldest
    numbers = range(len(state.tasks), collector.oldest - 1, -1)
    page = [one for one in numbers if items.held(state, session, collector, (one,), 1, choices)][:most]
    return page[-1] if len(page) == most > 0 else collector.oldest


def members(state: State, session: Session, collector: Collector, choices: Choices) -> list[Task]:
    """Return the items with the latest creation times, as many as the page holds. The page gives no order: here the
    newest is first.
    vim.HistoryCollector 8; vim.TaskHistoryCollector latestPage 1-4. Clauses: latest.newest, latest.grows, latest.size,
    latest.raised-size."""
    numbers = range(len(state.tasks), collector.oldest - 1, -1)
    return items.held(state, session, collector, numbers, size(state, collector, choices), choices)


def read_latest_page(
    state: State, call: calls.ReadLatestPage, choices: Choices
) -> After[Property[tuple[TaskInfo, ...]]]:
    """Read latestPage.
    vim.HistoryCollector 9; vim.TaskHistoryCollector latestPage 1. Clauses: latest.newest, page.no-side-effect."""
    session = access.current(state, call.session)
    owner = collectors.find_owner(state, session, call.collector, choices)
    return state, Property(value=shown(state, session, owner.collectors[call.collector.value], choices))


def shown(state: State, session: Session, collector: Collector, choices: Choices) -> tuple[TaskInfo, ...]:
    """Return the items of latestPage as a session is shown them.
    vim.TaskHistoryCollector latestPage 1. Clauses: filter.visible, info.same."""
    page = [one for one in members(state, session, collector, choices) if items.is_shown(state, session, one, choices)]
    return items.listed(collector, page, choices)


def seen(state: State, session: Session, collector: Collector, choices: Choices) -> Seen:
    """Return what makes latestPage another one to whoever watches it: its members and by default their states, but no
    other change of an item (EV 2.17).
    vim.HistoryCollector 1; vim.HistoryCollector 9. Clauses: latest.monitor, latest.monitor-state,
    latest.monitor-progress, latest.monitor-description."""
    return tuple(
        (
            info.key,
            info.state if choices.latest_monitor_state == "updated" else None,
            info.progress if choices.latest_monitor_progress == "updated" else None,
            info.description if choices.latest_monitor_description == "updated" else None,
        )
        for info in shown(state, session, collector, choices)
    )
