"""Mutants of what is in a collector's pages: their order, their items, and how many can be asked for."""

from __future__ import annotations

from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.conformance.qualification.mutants.pages import collector_of
from taskconform.model.spec import latest, life, pages
from taskconform.model.spec.faults import fault_if
from taskconform.model.vocabulary.outcomes import ERROR, SECOND
from taskconform.model.vocabulary.words import evolve

# --- the order --------------------------------------------------------------------------------------------------------


@mutant("page-is-sorted-as-text", pages.read_next_tasks)
def sorted_as_text(original, state, call, choices):
    """The items of a page are ordered by their keys as text."""
    after, page = original(state, call, choices)
    return after, tuple(sorted(page, key=lambda item: item.key))


@mutant("page-is-sorted-by-completion", pages.read_next_tasks)
def sorted_by_completion(original, state, call, choices):
    """The items of a page are ordered by completion, live ones last."""
    after, page = original(state, call, choices)
    return after, tuple(sorted(page, key=lambda item: (item.complete_time is None, item.complete_time or 0)))


@mutant("every-second-page-runs-backwards", pages.read_next_tasks)
def backwards_every_second_time(original, state, call, choices):
    """Every second page has its items in the opposite order."""
    after, page = original(state, call, choices)
    count = remembered(state, call.collector.value, 0) + bool(page)
    return remembering(after, call.collector.value, count), page[::-1] if count % 2 == 0 else page


# --- how many ---------------------------------------------------------------------------------------------------------


@mutant("negative-count-is-an-empty-page", pages.read)
def empty_below_zero(original, state, call, choices, *, forward):
    """A negative maxCount gives an empty page."""
    if collector_of(state, call, choices) and call.max_count < 0:
        return state, ()
    return original(state, call, choices, forward=forward)


@mutant("negative-count-of-previous-is-taken", pages.read_previous_tasks)
def absolute_count(original, state, call, choices):
    """A negative maxCount of ReadPreviousTasks counts as if it were positive."""
    return original(state, evolve(call, max_count=abs(call.max_count)), choices)


@mutant("negative-count-is-an-invalid-state", pages.check_count)
def invalid_state_below_zero(original, max_count, choices):
    """A negative maxCount faults with InvalidState."""
    fault_if(max_count < 0, "InvalidState", "maxCount is negative")
    original(max_count, choices)


# --- the items --------------------------------------------------------------------------------------------------------


@mutant("result-is-given-once", pages.read_next_tasks)
def result_given_once(original, state, call, choices):
    """A collector without an info filter gives the result of an item once."""
    return changed_again(original, state, call, choices, lambda item: evolve(item, result=None))


@mutant("second-read-has-another-error", pages.read_next_tasks)
def another_error(original, state, call, choices):
    """A collector without an info filter gives another error when it gives a task in error again."""
    error = life.fault_value(state, "SystemError")
    return changed_again(
        original, state, call, choices, lambda item: evolve(item, error=error) if item.state == ERROR else item
    )


def changed_again(original, state, call, choices, change):
    """Read a page in which items are changed that the collector has given before, if the change is one to them."""
    after, page = original(state, call, choices)
    if collector_of(state, call, choices).info_filter is not None:
        return after, page
    given = remembered(state, call.collector.value, frozenset())
    after = remembering(after, call.collector.value, given | {item.key for item in page if change(item) != item})
    return after, tuple([change(item) if item.key in given else item for item in page])


@mutant("history-forgets-the-entity", pages.read)
def forgotten_in_pages(original, state, call, choices, *, forward):
    """Items of a page whose tasks completed ten minutes ago have no entity."""
    after, page = original(state, call, choices, forward=forward)
    return after, without_old_entities(state, page)


@mutant("history-forgets-the-entity", latest.shown)
def forgotten_in_the_latest_page(original, state, session, collector, choices):
    """Items of latestPage whose tasks completed ten minutes ago have no entity."""
    return without_old_entities(state, original(state, session, collector, choices))


def without_old_entities(state, page):
    """Take the entity from the items whose tasks completed as long ago as the window reaches."""
    until = state.now - state.server.window * SECOND
    old = {item.key for item in page if item.complete_time is not None and item.complete_time <= until}
    return tuple([evolve(item, entity=None, entity_name=None) if item.key in old else item for item in page])
