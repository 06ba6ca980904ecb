"""Mutants of a collector's pages: how reading goes on, and how it ends."""

from __future__ import annotations

from typing import Final

from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.model.spec import access, collectors, items, pages
from taskconform.model.spec.faults import fault_if
from taskconform.model.vocabulary.outcomes import SECOND

MOST_ITEMS: Final = 200


def collector_of(state, call, choices):
    """Find the collector that a call speaks of."""
    owner = collectors.find_owner(state, access.current(state, call.session), call.collector, choices)
    return owner.collectors[call.collector.value]


def name_of(session, collector):
    """Return the reference value of a collector that the session has."""
    return next(value for value, one in session.collectors.items() if one is collector)


def newest(state, session, collector, choices):
    """Return the newest item of a collector in a list, an empty one if there is none."""
    return items.held(state, session, collector, range(len(state.tasks), 0, -1), 1, choices)


@mutant("end-once-reached-is-final", pages.place)
@mutant("first-task-after-the-end-is-skipped", pages.place)
@mutant("one-item-is-lost-between-pages", pages.place)
@mutant("one-item-is-lost-between-previous-pages", pages.place)
@mutant("page-begins-with-the-last-item-again", pages.place)
@mutant("position-is-a-page-number", pages.place)
@mutant("previous-page-begins-with-the-last-item-again", pages.place)
def forgetting_when_placed(original, state, call, at, choices):
    """RewindCollector and ResetCollector forget what is remembered of the collector's pages."""
    return remembering(original(state, call, at, choices), call.collector.value, None)


@mutant("completed-between-pages-is-skipped", pages.rewind_collector)
@mutant("drain-ends-after-200", pages.rewind_collector)
@mutant("second-page-takes-all-that-is-left", pages.rewind_collector)
def forgetting_when_rewound(original, state, call, choices):
    """RewindCollector forgets what is remembered of the collector's pages."""
    return remembering(original(state, call, choices)[0], call.collector.value, None), None


# --- from page to page ------------------------------------------------------------------------------------------------


@mutant("one-item-is-lost-between-pages", pages.following)
@mutant("one-item-is-lost-between-previous-pages", pages.following)
def after_the_lost_item(original, state, session, collector, count, choices, *, forward):
    """A page passes over an item if the one before it in this direction was full."""
    lost = remembered(state, name_of(session, collector)) == ("forward" if forward else "back")
    return original(state, session, collector, count + lost, choices, forward=forward)[lost:]


@mutant("one-item-is-lost-between-pages", pages.read)
def noting_a_full_page(original, state, call, choices, *, forward):
    """Remember whether a page of ReadNextTasks was full."""
    after, page = original(state, call, choices, forward=forward)
    full = "forward" if forward and len(page) == call.max_count else None
    return (remembering(after, call.collector.value, full) if page or not forward else after), page


@mutant("one-item-is-lost-between-previous-pages", pages.read)
def noting_a_full_previous_page(original, state, call, choices, *, forward):
    """Remember whether a page of ReadPreviousTasks was full."""
    after, page = original(state, call, choices, forward=forward)
    full = "back" if not forward and len(page) == call.max_count else None
    return (remembering(after, call.collector.value, full) if page else after), page


@mutant("page-begins-with-the-last-item-again", pages.following)
@mutant("previous-page-begins-with-the-last-item-again", pages.following)
def last_item_again(original, state, session, collector, count, choices, *, forward):
    """A page begins with the last item of the one before it in this direction, if it has others."""
    if count == 1 or remembered(state, name_of(session, collector)) != ("forward" if forward else "back"):
        return original(state, session, collector, count, choices, forward=forward)
    page = original(state, session, collector, count - 1, choices, forward=forward)
    return [state.tasks[collector.position + (not forward)], *page] if page else []


@mutant("page-begins-with-the-last-item-again", pages.read)
def noting_a_page(original, state, call, choices, *, forward):
    """Remember whether the last page is one of ReadNextTasks, with items."""
    after, page = original(state, call, choices, forward=forward)
    return remembering(after, call.collector.value, "forward" if forward and page else None), page


@mutant("previous-page-begins-with-the-last-item-again", pages.read)
def noting_a_previous_page(original, state, call, choices, *, forward):
    """Remember whether the last page is one of ReadPreviousTasks, with items."""
    after, page = original(state, call, choices, forward=forward)
    last = "back" if page and not forward else None
    return (after if forward and not page else remembering(after, call.collector.value, last)), page


@mutant("page-goes-on-from-the-next-second", pages.following)
def from_the_next_second(original, state, session, collector, count, choices, *, forward):
    """A page of ReadNextTasks begins with an item of a later second than the last one given."""
    if not forward or collector.page is None or not collector.forward:
        return original(state, session, collector, count, choices, forward=forward)
    second = state.tasks[collector.position].info.queue_time // SECOND
    left = original(state, session, collector, len(state.tasks), choices, forward=forward)
    return [task for task in left if task.info.queue_time // SECOND > second][:count]


@mutant("completed-between-pages-is-skipped", pages.following)
def without_completed_since(original, state, session, collector, count, choices, *, forward):
    """A page of ReadNextTasks lacks the tasks that completed since the last one with items."""
    read = remembered(state, name_of(session, collector)) if forward else None
    left = original(state, session, collector, len(state.tasks), choices, forward=forward)
    return [task for task in left if read is None or (task.info.complete_time or 0) <= read][:count]


@mutant("completed-between-pages-is-skipped", pages.read)
def moving_past_them(original, state, call, choices, *, forward):
    """Remember when the page was read, and move past what it lacks."""
    after, page = original(state, call, choices, forward=forward)
    if not forward:
        return after, page
    session, collector = after.sessions[call.session], collector_of(after, call, choices)
    if not without_completed_since(pages.following, after, session, collector, 1, choices, forward=True):
        after = pages.place(after, call, len(after.tasks), choices)
    return (remembering(after, call.collector.value, after.now) if page else after), page


@mutant("drain-ends-after-200", pages.following)
def up_to_200(original, state, session, collector, count, choices, *, forward):
    """ReadNextTasks gives 200 items, no more."""
    most = MOST_ITEMS - (remembered(state, name_of(session, collector)) or 0) if forward else count
    return original(state, session, collector, min(count, most), choices, forward=forward)


@mutant("drain-ends-after-200", pages.read)
def counting_items(original, state, call, choices, *, forward):
    """Count the items given."""
    after, page = original(state, call, choices, forward=forward)
    given = (remembered(after, call.collector.value) or 0) + len(page)
    return (remembering(after, call.collector.value, given) if forward else after), page


@mutant("page-of-one-item-more", pages.following)
def one_more(original, state, session, collector, count, choices, *, forward):
    """A page of ReadNextTasks has one item more than asked for."""
    return original(state, session, collector, count + forward, choices, forward=forward)


@mutant("previous-page-of-one-item-more", pages.following)
def one_more_before(original, state, session, collector, count, choices, *, forward):
    """A page of ReadPreviousTasks has one item more than asked for."""
    return original(state, session, collector, count + (not forward), choices, forward=forward)


@mutant("last-single-item-joins-the-page", pages.following)
def with_the_last_single_item(original, state, session, collector, count, choices, *, forward):
    """A page of ReadNextTasks has one item more than asked for if that is the last one."""
    page = original(state, session, collector, count + 2, choices, forward=forward)
    return page if forward and len(page) == count + 1 else page[:count]


@mutant("second-page-takes-all-that-is-left", pages.following)
def all_that_is_left(original, state, session, collector, count, choices, *, forward):
    """The second page of ReadNextTasks has all items that are left."""
    second = forward and remembered(state, name_of(session, collector))
    return original(state, session, collector, len(state.tasks) if second else count, choices, forward=forward)


@mutant("second-page-takes-all-that-is-left", pages.read)
def noting_the_first_page(original, state, call, choices, *, forward):
    """Remember that a page with items was read."""
    after, page = original(state, call, choices, forward=forward)
    return (remembering(after, call.collector.value, "read") if forward and page else after), page


@mutant("position-is-a-page-number", pages.read)
def counting_pages(original, state, call, choices, *, forward):
    """Remember where the position was put last, and the maxCount of each ReadNextTasks since."""
    name, position = call.collector.value, collector_of(state, call, choices).position
    place, counts = remembered(state, name) or (position, ())
    row = (place, (*counts, call.max_count)) if forward else None
    return original(remembering(state, name, row), call, choices, forward=forward)


@mutant("position-is-a-page-number", pages.following)
def by_page_number(original, state, session, collector, count, choices, *, forward):
    """A page of ReadNextTasks begins as many of its own pages after the place as were read before it."""
    place, counts = remembered(state, name_of(session, collector)) or (0, ())
    if len(set(counts)) <= 1:
        return original(state, session, collector, count, choices, forward=forward)
    begin, numbers = count * (len(counts) - 1), range(place + 1, len(state.tasks) + 1)
    return items.held(state, session, collector, numbers, begin + count, choices)[begin:]


# --- at the end -------------------------------------------------------------------------------------------------------


@mutant("end-wraps-around", pages.read)
def end_wraps_around(original, state, call, choices, *, forward):
    """After an empty page, ReadNextTasks begins anew."""
    after, page = original(state, call, choices, forward=forward)
    return (after if page or not forward else pages.place(after, call, 0, choices)), page


@mutant("head-wraps-around", pages.read)
def head_wraps_around(original, state, call, choices, *, forward):
    """After an empty page, ReadPreviousTasks begins with the newest item."""
    after, page = original(state, call, choices, forward=forward)
    return (after if page or forward else pages.place(after, call, len(after.tasks), choices)), page


@mutant("end-gives-the-last-item-once-more", pages.read)
def last_item_once_more(original, state, call, choices, *, forward):
    """The first ReadNextTasks at the end gives the newest item."""
    after, page = original(state, call, choices, forward=forward)
    if not forward:
        return after, page
    collector, had_items = collector_of(after, call, choices), remembered(after, call.collector.value)
    after = remembering(after, call.collector.value, bool(page))
    if page or not had_items:
        return after, page
    again = newest(after, after.sessions[call.session], collector, choices)
    for last in again:
        after = pages.place(after, call, last.number, choices)
    return after, items.listed(collector, again, choices)


@mutant("end-is-a-fault", pages.read)
def end_is_a_fault(original, state, call, choices, *, forward):
    """ReadNextTasks at the end faults with InvalidState."""
    after, page = original(state, call, choices, forward=forward)
    fault_if(forward and not page, "InvalidState", "the end of the collector is reached")
    return after, page


@mutant("pages-end-where-the-collector-was-made", pages.following)
def only_what_was_there(original, state, session, collector, count, choices, *, forward):
    """ReadNextTasks gives only tasks that were there when the collector was made."""
    page = original(state, session, collector, count, choices, forward=forward)
    return [task for task in page if not forward or task.info.queue_time <= collector.made_at]


@mutant("end-once-reached-is-final", pages.following)
def nothing_after_the_end(original, state, session, collector, count, choices, *, forward):
    """After an empty page, ReadNextTasks gives nothing until the position is put elsewhere."""
    ended = forward and remembered(state, name_of(session, collector))
    return [] if ended else original(state, session, collector, count, choices, forward=forward)


@mutant("end-once-reached-is-final", pages.read)
def noting_the_end(original, state, call, choices, *, forward):
    """Remember that a page was empty."""
    after, page = original(state, call, choices, forward=forward)
    return (after if page or not forward else remembering(after, call.collector.value, "ended")), page


@mutant("first-task-after-the-end-is-skipped", pages.read)
def skipping_the_first(original, state, call, choices, *, forward):
    """After an empty page, ReadNextTasks passes over one item."""
    collector, ended = collector_of(state, call, choices), remembered(state, call.collector.value)
    session, before = state.sessions[call.session], state
    for first in pages.following(state, session, collector, 1, choices, forward=True) if forward and ended else ():
        before = pages.place(state, call, first.number, choices)
    after, page = original(before, call, choices, forward=forward)
    return remembering(after, call.collector.value, forward and not page), page
