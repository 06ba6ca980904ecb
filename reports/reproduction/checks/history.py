"""Checks of history collectors.

`seen` has the pages of earlier steps that count; `items` is all that is in the pages that count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.plan import Drain
from taskconform.reports.reproduction.calls.history import filter_spec, spec_of
from taskconform.reports.reproduction.checks.filters import mismatch
from taskconform.reports.reproduction.checks.pages import NOTHING, collector_of, is_page_read, places
from taskconform.reports.reproduction.literals import attribute, filtered, interpolated, literal
from taskconform.reports.reproduction.names import FIELDS
from taskconform.reports.words.names import wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.oracle.findings import MustAnswer, MustHold
    from taskconform.reports.reproduction.checks.subject import Check
    from taskconform.reports.reproduction.literals import Lines

MOST: Final = {"page.max-count-zero": 0, "page.max-count-large": 1000}
"""Items that a page can have at most, in every interpretation of these clauses."""


# --- which pages count ------------------------------------------------------------------------------------------------


def kept(check: Check, index: int) -> Lines:
    """Return the statements that keep what a step read."""
    step = check.trace.plan[index]
    if index in check.tracked:
        if isinstance(step, Drain):
            return ["seen += pages"]
        return ["seen.append([])" if places(step) else "seen.append(page)"]
    return ["given = found"] if _is_first_filter(check, index) else []


def items(check: Check) -> str:
    """Return the statement, after those of the step in question, that sets `items`: all items that count. Where the
    step is made again, its pages count once."""
    return f"items = items_in({_pages(check)})"


def _pages(check: Check) -> str:
    """Return the expression of the pages that count."""
    drained = isinstance(check.step, Drain)
    if not check.keeps:
        return "pages" if drained else "[page]"
    return "[*seen, *pages]" if drained else "[*seen, page]"


# --- items ------------------------------------------------------------------------------------------------------------


def must_hold(check: Check, lines: Lines, demand: MustHold) -> Lines:
    """Return the check that a task is, or is not, among the items."""
    tail = [
        f"held = of_task(items, {check.steps.ref(check.subject)})",
        'observed = f"{len(items)} items, {len(held)} of them of the task"',
        f"shows = {'not held' if demand.present else 'bool(held)'}",
    ]
    if check.trace.clause == "page.default-rewind" and check.index not in check.tracked:
        return [*lines, "items = items_in(seen)", *tail]
    return check.patiently(*lines, items(check), *tail)


def _most(check: Check, bound: object) -> Lines:
    """Return the check that no page has more items than this."""
    most = f"most = max(map(len, {_pages(check)}), default=0)"
    return [most, 'observed = f"{most} items"', f"shows = most > {literal(bound)}"]


def _in_order(check: Check, lines: Lines, demand: MustAnswer) -> Lines:
    ways = f"ways = {'runs_inside' if demand.value == 'inside a page' else 'runs_between'}({_pages(check)})"
    observed = interpolated(f"{demand.value}, items run ", "len(ways)", " ways by creation")
    return [*lines, ways, f"observed = {observed}", "shows = len(ways) > 1"]


def _empty(check: Check, lines: Lines, _demand: MustAnswer) -> Lines:
    after = f"after = [page for before, page in pairwise({_pages(check)}) if page and not before]"
    return [*lines, after, 'observed = f"{len(after)} pages with items after the end"', "shows = bool(after)"]


def _once(check: Check, lines: Lines, demand: MustAnswer) -> Lines:
    mine = f"times = len(of_task(items, {check.steps.ref(demand.value)}))"
    return [*lines, items(check), mine, 'observed = f"the task is read {times} times"', "shows = times > 1"]


def _as_before(check: Check, lines: Lines, demand: MustAnswer) -> Lines:
    task, field, _ = demand.value
    name = wire(field)
    value = attribute("each", name, FIELDS)
    return [
        *lines,
        items(check),
        f"mine = of_task(items, {check.steps.ref(task)})",
        f"values = [{'kind' if field == 'error' else 'value_of'}({value}) for each in mine if each.completeTime]",
        f"observed = {interpolated(f'{name} is ', 'values[-1:]', ', and was ', 'values[:1]', '')}",
        "shows = any(value != values[0] for value in values)",
    ]


def _only_matching(check: Check, lines: Lines, _demand: MustAnswer) -> Lines:
    spec = spec_of(check.steps, collector_of(check.step)) or c.TaskFilterSpec()
    odd = f"odd = {filtered('item', 'items', mismatch(spec))}"
    tail = [*lines, items(check), odd, 'observed = f"{len(odd)} items that do not match"', "shows = bool(odd)"]
    return [f"given = {filter_spec(check.steps, spec)}", *check.patiently(*tail)]


# --- the filter property ----------------------------------------------------------------------------------------------


def _is_first_filter(check: Check, index: int) -> bool:
    """Return true for the first step that reads the filter which the step in question must give again."""
    if check.trace.clause != "collector.filter-fixed":
        return False
    mine = collector_of(check.step)
    reads = (
        at
        for at, step in enumerate(check.trace.plan[: check.index])
        if isinstance(getattr(step, "call", None), c.ReadCollectorFilter) and collector_of(step) == mine
    )
    return index == next(reads, None)


def _filter_given(check: Check, lines: Lines, _demand: MustAnswer) -> Lines:
    """Compare the filter property with an earlier read of it, else with the filter that the collector was made with."""
    spec = spec_of(check.steps, collector_of(check.step)) or c.TaskFilterSpec()
    is_kept = any(_is_first_filter(check, at) for at in range(check.index))
    given = [] if is_kept else [f"given = {filter_spec(check.steps, spec)}"]
    observed = 'observed = f"the filter is {plain_filter(found)}"'
    return [*given, *lines, observed, "shows = plain_filter(found) != plain_filter(given)"]


# --- interpretations --------------------------------------------------------------------------------------------------


def _interpretation(check: Check, lines: Lines, _demand: MustAnswer) -> Lines:
    """Compare with every interpretation. Of few clauses can a script tell in one run that none allows this."""
    clause = check.trace.clause
    if clause in MOST and is_page_read(check.step):
        return [*lines, *_most(check, MOST[clause])]
    if clause in NOTHING and is_page_read(check.step):
        return [*lines, items(check), 'observed = f"{len(items)} items"', "shows = bool(items)"]
    text = "the text has several interpretations: one run cannot tell that none of them allows this"
    return [*lines, f"raise LookupError({literal(text)})", 'observed, shows = "", False']


ANSWERS: Final[dict[str, Callable[[Check, Lines, MustAnswer], Lines]]] = {
    "at most": lambda check, lines, demand: check.patiently(*lines, *_most(check, demand.value)),
    "in order": _in_order,
    "empty": _empty,
    "once": _once,
    "as before": _as_before,
    "only matching": _only_matching,
    "the filter given": _filter_given,
    "a reading": _interpretation,
}
"""The check of each property."""
