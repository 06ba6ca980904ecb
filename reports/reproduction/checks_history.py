"""What is asked of history collectors, as the check of a script.

`seen` is all pages that count: those of the step in question, of the pass that it ends, or of all reads, as the demand
needs; `items` is all that is in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.oracle.findings import MustAnswer, MustHold
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.plan import Act, Drain
from taskconform.reports.reproduction.filters import mismatch
from taskconform.reports.reproduction.history import filter_spec, spec_of
from taskconform.reports.trace_words import wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.vocabulary.plan import Plan, Step
    from taskconform.reports.reproduction.checks import Checks
    from taskconform.reports.reproduction.text import Lines

    Chooser = Callable[[Plan, int], set[int]]

PAGES: Final = (c.ReadNextTasks, c.ReadPreviousTasks, c.ReadLatestPage)
"""The calls that read items."""

CREATES: Final = (c.CreateCollectorForTasks, c.CreateCollectorWithInfoFilterForTasks)
"""The calls that make a task collector."""

MOST: Final = {"page.max-count-zero": 0, "page.max-count-large": 1000}
"""How many items a page can have at most, in any reading of these clauses."""

NOTHING: Final = frozenset({"filter.time-reversed", "filter.entity-unknown"})
"""Clauses in all readings of which no item is held."""


# --- which pages count ------------------------------------------------------------------------------------------------


def is_page_read(step: Step) -> bool:
    """Whether a step reads items of a collector."""
    return isinstance(step, Drain) or (isinstance(step, Act) and isinstance(step.call, PAGES))


def collector_of(step: Step) -> object:
    """The collector that a step is about."""
    return getattr(getattr(step, "call", step), "collector", None)


def _places(step: Step) -> bool:
    """Whether a step places a collector somewhere: a new pass begins."""
    return isinstance(step, Act) and isinstance(step.call, c.RewindCollector | c.ResetCollector)


def _scrolls(step: Step) -> bool:
    """Whether a step reads on."""
    return is_page_read(step) and not isinstance(getattr(step, "call", None), c.ReadLatestPage)


def _own_pass(plan: Plan, index: int) -> set[int]:
    """The reads of the pass that a step belongs to."""
    mine = collector_of(plan[index])
    start = max((at for at in range(index) if _places(plan[at]) and collector_of(plan[at]) == mine), default=-1)
    return {at for at in range(start + 1, index + 1) if _scrolls(plan[at]) and collector_of(plan[at]) == mine}


def _fresh_passes(plan: Plan, index: int) -> set[int]:
    """The reads of collectors with the same filter that nobody had placed yet."""
    spec, placed, found = _spec(plan, collector_of(plan[index])), set(), set()
    for at, step in enumerate(plan[: index + 1]):
        collector = collector_of(step)
        if _places(step):
            placed.add(collector)
        elif _scrolls(step) and collector not in placed and _spec(plan, collector) == spec:
            found.add(at)
    return found


def _spec(plan: Plan, collector: object) -> object:
    """The filter of a collector."""
    step = plan[collector.step] if isinstance(collector, c.Made) and collector.step >= 0 else None
    return getattr(getattr(step, "call", None), "filter", None)


def _all_of_it(plan: Plan, index: int) -> set[int]:
    """All reads of the collector, and where it was placed."""
    mine = collector_of(plan[index])
    steps = (at for at in range(index + 1) if _scrolls(plan[at]) or _places(plan[at]))
    return {at for at in steps if collector_of(plan[at]) == mine}


def _all_items(plan: Plan, index: int) -> set[int]:
    """All reads of items, of any collector."""
    return {at for at in range(index + 1) if is_page_read(plan[at])}


def tracked(checks: Checks) -> frozenset[int]:
    """The steps whose pages count."""
    demand, clause = checks.demand, checks.trace.clause
    if not is_page_read(checks.step):
        return frozenset()
    chosen: Chooser = _only_this
    if isinstance(demand, MustHold) and demand.where == "pass":
        chosen = _fresh_passes if clause == "page.default-rewind" else _own_pass
    elif clause in NOTHING and isinstance(demand, MustAnswer) and demand.property == "a reading":
        chosen = _own_pass
    elif isinstance(demand, MustAnswer):
        chosen = WHICH.get(demand.property, _only_this)
    return frozenset(chosen(checks.trace.plan, checks.index))


def _only_this(_plan: Plan, index: int) -> set[int]:
    """The step in question."""
    return {index}


WHICH: Final[dict[str, Chooser]] = {
    "once": _own_pass,
    "empty": _own_pass,
    "in order": _all_of_it,
    "as before": _all_items,
}
"""Which pages count, where it is not only those of the step in question."""


def kept(checks: Checks, index: int) -> Lines:
    """The statements that keep what a step read."""
    step = checks.trace.plan[index]
    if index in checks.tracked:
        if isinstance(step, Drain):
            return ["seen += pages"]
        return ["seen.append([])" if _places(step) else "seen.append(page)"]
    if _is_first_filter(checks, index):
        return ["given = found"]
    return []


def items(checks: Checks) -> Lines:
    """The statement, after those of the step in question, that sets `items`: all items that count. Where the step is
    made again, its pages count once."""
    return [f"items = {checks.steps.part('items_in')}({_pages(checks)})"]


def _pages(checks: Checks) -> str:
    """The expression of the pages that count."""
    drained = isinstance(checks.step, Drain)
    if not keeps(checks):
        return "pages" if drained else "[page]"
    return "[*seen, *pages]" if drained else "[*seen, page]"


def keeps(checks: Checks) -> bool:
    """Whether pages of earlier steps count."""
    return bool(checks.tracked - {checks.index})


# --- MustHold ---------------------------------------------------------------------------------------------------------


def must_hold(checks: Checks, lines: Lines, demand: MustHold) -> Lines:
    """A task must, or must not, be among the items."""
    departs = "not held" if demand.present else "bool(held)"
    task = checks.steps.ref(checks.subject)
    mine = f"held = {checks.steps.part('of_task')}(items, {task})"
    observed = 'observed = f"{len(items)} items, {len(held)} of them of the task"'
    if checks.trace.clause == "page.default-rewind" and checks.index not in checks.tracked:
        return [*lines, f"items = {checks.steps.part('items_in')}(seen)", mine, observed, f"shows = {departs}"]
    return checks.patiently([*lines, *items(checks), mine, observed, f"shows = {departs}"])


# --- pages ------------------------------------------------------------------------------------------------------------


def _at_most(checks: Checks, lines: Lines, demand: MustAnswer) -> Lines:
    most = f"most = max(map(len, {_pages(checks)}), default=0)"
    tail = [*lines, most, 'observed = f"{most} items"', f"shows = most > {demand.value}"]
    return checks.patiently(tail)


def _in_order(checks: Checks, lines: Lines, demand: MustAnswer) -> Lines:
    part = "runs_inside" if demand.value == "inside a page" else "runs_between"
    ways = f"ways = {checks.steps.part(part)}({_pages(checks)})"
    observed = f'observed = f"{demand.value}, items run {{len(ways)}} ways by creation"'
    return [*lines, ways, observed, "shows = len(ways) > 1"]


def _empty(checks: Checks, lines: Lines, _demand: MustAnswer) -> Lines:
    checks.steps.imports.add("itertools:pairwise")
    after = f"after = [page for before, page in pairwise({_pages(checks)}) if page and not before]"
    return [*lines, after, 'observed = f"{len(after)} pages with items after the end"', "shows = bool(after)"]


def _once(checks: Checks, lines: Lines, demand: MustAnswer) -> Lines:
    mine = f"times = len({checks.steps.part('of_task')}(items, {checks.steps.ref(demand.value)}))"
    return [*lines, *items(checks), mine, 'observed = f"the task is read {times} times"', "shows = times > 1"]


def _as_before(checks: Checks, lines: Lines, demand: MustAnswer) -> Lines:
    task, field, _ = demand.value
    part = checks.steps.part("kind" if field == "error" else "value_of")
    return [
        *lines,
        *items(checks),
        f"mine = {checks.steps.part('of_task')}(items, {checks.steps.ref(task)})",
        f"values = [{part}(each.{wire(field)}) for each in mine if each.completeTime]",
        f'observed = f"{wire(field)} is {{values[-1:]}}, and was {{values[:1]}}"',
        "shows = any(value != values[0] for value in values)",
    ]


def _only_matching(checks: Checks, lines: Lines, _demand: MustAnswer) -> Lines:
    spec = spec_of(checks.steps, collector_of(checks.step)) or c.TaskFilterSpec()
    odd = f"odd = [item for item in items if {mismatch(checks.steps, spec)}]"
    tail = [*lines, *items(checks), odd, 'observed = f"{len(odd)} items that do not match"', "shows = bool(odd)"]
    return [f"given = {filter_spec(checks.steps, spec)}", *checks.patiently(tail)]


# --- the filter property ----------------------------------------------------------------------------------------------


def _is_first_filter(checks: Checks, index: int) -> bool:
    """Whether a step is the first that reads the filter which the step in question must give again."""
    if checks.trace.clause != "collector.filter-fixed":
        return False
    mine = collector_of(checks.step)
    reads = (
        at
        for at, step in enumerate(checks.trace.plan[: checks.index])
        if isinstance(getattr(step, "call", None), c.ReadCollectorFilter) and collector_of(step) == mine
    )
    return index == next(reads, None)


def _filter_given(checks: Checks, lines: Lines, _demand: MustAnswer) -> Lines:
    """The filter property, beside what it was before, or what the collector was made with."""
    spec = spec_of(checks.steps, collector_of(checks.step)) or c.TaskFilterSpec()
    is_kept = any(_is_first_filter(checks, at) for at in range(checks.index))
    given = [] if is_kept else [f"given = {filter_spec(checks.steps, spec)}"]
    plain = checks.steps.part("plain_filter")
    return [
        *given,
        *lines,
        f'observed = f"the filter is {{{plain}(found)}}"',
        f"shows = {plain}(found) != {plain}(given)",
    ]


# --- readings ---------------------------------------------------------------------------------------------------------


def _a_reading(checks: Checks, lines: Lines, _demand: MustAnswer) -> Lines:
    """Outside of every reading. Whether that shows in one run, a script can tell of few clauses."""
    clause = checks.trace.clause
    if clause in MOST and is_page_read(checks.step):
        most = f"most = max(map(len, {_pages(checks)}), default=0)"
        return [*lines, most, 'observed = f"{most} items"', f"shows = most > {MOST[clause]}"]
    if clause in NOTHING and is_page_read(checks.step):
        return [*lines, *items(checks), 'observed = f"{len(items)} items"', "shows = bool(items)"]
    text = "the text can be understood in several ways: whether any of them allows this, one run cannot tell"
    return [*lines, f'raise LookupError("{text}")', 'observed, shows = "", False']


ANSWERS: Final[dict[str, Callable[[Checks, Lines, MustAnswer], Lines]]] = {
    "at most": _at_most,
    "in order": _in_order,
    "empty": _empty,
    "once": _once,
    "as before": _as_before,
    "only matching": _only_matching,
    "the filter given": _filter_given,
    "a reading": _a_reading,
}
"""The check of each property."""
