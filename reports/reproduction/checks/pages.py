"""Pages that count for a demand on a history collector: those of the step in question, of the full scan that it ends,
or of all reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.oracle.findings import MustAnswer, MustHold
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.plan import Act, Drain

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.vocabulary.plan import Plan, Step
    from taskconform.reports.trace import Trace

PAGES: Final = (c.ReadNextTasks, c.ReadPreviousTasks, c.ReadLatestPage)
"""The calls that read items."""

NOTHING: Final = frozenset({"filter.time-reversed", "filter.entity-unknown"})
"""Clauses in every interpretation of which a collector holds no item."""


def is_page_read(step: Step) -> bool:
    """Return true if a step reads items of a collector."""
    return isinstance(step, Drain) or (isinstance(step, Act) and isinstance(step.call, PAGES))


def collector_of(step: Step) -> object:
    """Return the collector that a step is about."""
    return getattr(getattr(step, "call", step), "collector", None)


def places(step: Step) -> bool:
    """Return true if a step places a collector: a new scan begins."""
    return isinstance(step, Act) and isinstance(step.call, c.RewindCollector | c.ResetCollector)


def _scrolls(step: Step) -> bool:
    """Return true if a step reads on."""
    return is_page_read(step) and not isinstance(getattr(step, "call", None), c.ReadLatestPage)


def _own_scan(plan: Plan, index: int) -> set[int]:
    """Return the reads of the scan that a step belongs to."""
    mine = collector_of(plan[index])
    start = max((at for at in range(index) if places(plan[at]) and collector_of(plan[at]) == mine), default=-1)
    return {at for at in range(start + 1, index + 1) if _scrolls(plan[at]) and collector_of(plan[at]) == mine}


def _fresh_scans(plan: Plan, index: int) -> set[int]:
    """Return the reads of collectors with the same filter that no step had placed before."""
    spec, placed, found = _spec(plan, collector_of(plan[index])), set(), set()
    for at, step in enumerate(plan[: index + 1]):
        collector = collector_of(step)
        if places(step):
            placed.add(collector)
        elif _scrolls(step) and collector not in placed and _spec(plan, collector) == spec:
            found.add(at)
    return found


def _spec(plan: Plan, collector: object) -> object:
    """Return the filter of a collector."""
    step = plan[collector.step] if isinstance(collector, c.Made) and collector.step >= 0 else None
    return getattr(getattr(step, "call", None), "filter", None)


def _all_of_it(plan: Plan, index: int) -> set[int]:
    """Return all reads of the collector, and the steps that placed it."""
    mine = collector_of(plan[index])
    steps = (at for at in range(index + 1) if _scrolls(plan[at]) or places(plan[at]))
    return {at for at in steps if collector_of(plan[at]) == mine}


def _all_items(plan: Plan, index: int) -> set[int]:
    """Return all reads of items, of any collector."""
    return {at for at in range(index + 1) if is_page_read(plan[at])}


def _only_this(_plan: Plan, index: int) -> set[int]:
    """Return the step in question."""
    return {index}


WHICH: Final[dict[str, Callable[[Plan, int], set[int]]]] = {
    "once": _own_scan,
    "empty": _own_scan,
    "in order": _all_of_it,
    "as before": _all_items,
}
"""The pages that count, where others count than those of the step in question."""


def tracked(trace: Trace) -> frozenset[int]:
    """Return the steps whose pages count."""
    demand, plan = trace.demand, trace.plan
    if not is_page_read(plan[trace.step]):
        return frozenset()
    chosen: Callable[[Plan, int], set[int]] = _only_this
    if isinstance(demand, MustHold) and demand.where == "pass":
        chosen = _fresh_scans if trace.clause == "page.default-rewind" else _own_scan
    elif trace.clause in NOTHING and isinstance(demand, MustAnswer) and demand.property == "a reading":
        chosen = _own_scan
    elif isinstance(demand, MustAnswer):
        chosen = WHICH.get(demand.property, _only_this)
    return frozenset(chosen(plan, trace.step))
