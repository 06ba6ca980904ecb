"""Mutants of a collector's position: where creation, RewindCollector and ResetCollector put it, and what else does."""

from __future__ import annotations

from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.conformance.qualification.mutants.pages import collector_of, name_of, newest
from taskconform.model.spec import collectors, items, latest, pages
from taskconform.model.vocabulary.calls import ResetCollector, TaskFilterSpec
from taskconform.model.vocabulary.words import evolve


def behind_the_oldest(state, session, collector, choices):
    """Return the position behind the oldest item, the first one if there is none."""
    oldest = items.held(state, session, collector, range(1, len(state.tasks) + 1), 1, choices)
    return oldest[0].number if oldest else 0


def before_the_page(state, session, collector, choices):
    """Return the position before the latest page, the first one if the page is empty."""
    page = latest.members(state, session, collector, choices)
    return page[-1].number - 1 if page else 0


def all_changed(state, name, **changes: object):
    """Return the state with these changes in all the collectors of a session."""
    for value, collector in state.sessions[name].collectors.items():
        state = collectors.with_collector(state, state.sessions[name], value, evolve(collector, **changes))
    return state


# --- RewindCollector --------------------------------------------------------------------------------------------------


@mutant("rewind-stops-at-the-second-item", pages.rewind_collector)
def rewound_to_the_second(original, state, call, choices):
    """RewindCollector puts the position behind the oldest item."""
    after, _ = original(state, call, choices)
    session = after.sessions[call.session]
    collector = session.collectors.get(call.collector.value)
    at = 0 if collector is None else behind_the_oldest(after, session, collector, choices)
    return pages.place(after, call, at, choices), None


@mutant("rewind-after-the-end-does-nothing", pages.read)
def noting_the_end(original, state, call, choices, *, forward):
    """Remember whether ReadNextTasks gave an empty page."""
    after, page = original(state, call, choices, forward=forward)
    return (remembering(after, call.collector.value, not page) if forward else after), page


@mutant("rewind-after-the-end-does-nothing", pages.rewind_collector)
def not_from_the_end(original, state, call, choices):
    """RewindCollector after an empty page does nothing."""
    after, _ = original(state, call, choices)
    return (state if remembered(state, call.collector.value) else after), None


@mutant("rewind-goes-back-one-page", pages.read)
def noting_the_begin(original, state, call, choices, *, forward):
    """Remember where a page of ReadNextTasks began."""
    before = collector_of(state, call, choices).position
    after, page = original(state, call, choices, forward=forward)
    return (remembering(after, call.collector.value, before) if forward and page else after), page


@mutant("rewind-goes-back-one-page", pages.rewind_collector)
def back_one_page(original, state, call, choices):
    """RewindCollector goes back to where the last page began."""
    after, _ = original(state, call, choices)
    return pages.place(after, call, remembered(state, call.collector.value, 0), choices), None


@mutant("rewind-drops-the-filter", pages.rewind_collector)
def noting_a_rewind(original, state, call, choices):
    """Remember that the collector was rewound."""
    return remembering(original(state, call, choices)[0], call.collector.value, "rewound"), None


@mutant("rewind-drops-the-filter", pages.following)
def without_the_filter(original, state, session, collector, count, choices, *, forward):
    """After RewindCollector, the pages have every task."""
    rewound = remembered(state, name_of(session, collector))
    unfiltered = evolve(collector, filter=TaskFilterSpec()) if rewound else collector
    return original(state, session, unfiltered, count, choices, forward=forward)


@mutant("rewinds-only-once", pages.rewind_collector)
def rewound_once(original, state, call, choices):
    """The second and every later RewindCollector of a collector does nothing."""
    after, _ = original(state, call, choices)
    rewound = remembered(state, call.collector.value)
    return (state if rewound else remembering(after, call.collector.value, "rewound")), None


@mutant("rewind-rewinds-all-collectors", pages.rewind_collector)
def rewound_together(original, state, call, choices):
    """RewindCollector rewinds all collectors of the session."""
    return all_changed(original(state, call, choices)[0], call.session, position=0), None


# --- a new collector --------------------------------------------------------------------------------------------------


@mutant("fresh-collector-stands-at-the-end", collectors.new_collector)
def begun_at_the_end(original, state, session, spec, info_filter, choices):
    """A new collector stands behind the newest item."""
    after, ref = original(state, session, spec, info_filter, choices)
    return begun(after, session, ref, lambda *_: len(after.tasks), choices), ref


@mutant("fresh-collector-lacks-the-oldest", collectors.new_collector)
def begun_at_the_second(original, state, session, spec, info_filter, choices):
    """A new collector stands behind the oldest item."""
    after, ref = original(state, session, spec, info_filter, choices)
    return begun(after, session, ref, behind_the_oldest, choices), ref


@mutant("fresh-collector-stands-before-the-latest-page", collectors.new_collector)
def begun_before_the_page(original, state, session, spec, info_filter, choices):
    """A new collector stands where ResetCollector puts it."""
    after, ref = original(state, session, spec, info_filter, choices)
    return begun(after, session, ref, before_the_page, choices), ref


def begun(state, session, ref, position_of, choices):
    """Return the state with a new collector elsewhere than at the oldest item."""
    owner = state.sessions[session.name]
    collector = owner.collectors[ref.value]
    position = position_of(state, owner, collector, choices)
    return collectors.with_collector(state, owner, ref.value, evolve(collector, position=position))


@mutant("new-collector-rewinds-the-others", collectors.new_collector)
def others_rewound(original, state, session, spec, info_filter, choices):
    """The creation of a collector rewinds those that the session has."""
    after, ref = original(state, session, spec, info_filter, choices)
    return all_changed(after, session.name, position=0), ref


# --- ResetCollector ---------------------------------------------------------------------------------------------------


@mutant("reset-skips-one-item", pages.place)
def reset_too_far(original, state, call, at, choices):
    """ResetCollector goes one item too far back."""
    if isinstance(call, ResetCollector):
        session, collector = state.sessions[call.session], collector_of(state, call, choices)
        skipped = items.held(state, session, collector, range(at, 0, -1), 1, choices)
        at = skipped[0].number - 1 if skipped else at
    return original(state, call, at, choices)


@mutant("reset-knows-no-page-size", pages.place)
def reset_by_the_default(original, state, call, at, choices):
    """ResetCollector goes back by the default page size."""
    if isinstance(call, ResetCollector):
        collector = evolve(collector_of(state, call, choices), page_size=None)
        at = before_the_page(state, state.sessions[call.session], collector, choices)
    return original(state, call, at, choices)


@mutant("reset-is-a-rewind", pages.place)
def reset_to_the_oldest(original, state, call, at, choices):
    """ResetCollector goes to the oldest item."""
    return original(state, call, 0, choices)


# --- other calls, other collectors ------------------------------------------------------------------------------------


@mutant("latest-page-read-moves-to-the-end", latest.read_latest_page)
def moved_by_the_latest_page(original, state, call, choices):
    """A read of latestPage puts the position behind its newest item."""
    after, read = original(state, call, choices)
    for one in newest(state, state.sessions[call.session], collector_of(state, call, choices), choices):
        after = pages.place(after, call, one.number, choices)
    return after, read


@mutant("page-size-is-the-sessions", latest.set_collector_page_size)
def sized_together(original, state, call, choices):
    """SetCollectorPageSize sets the size of all the session's collectors."""
    return all_changed(original(state, call, choices)[0], call.session, page_size=call.max_count), None


@mutant("equal-filters-share-a-position", collectors.with_collector)
def sharing_a_position(original, state, owner, value, collector):
    """The collectors of one session that have equal filters have one position between them."""
    state = original(state, owner, value, collector)
    for other, one in owner.collectors.items():
        if one.filter == collector.filter and other != value:
            state = original(state, state.sessions[owner.name], other, evolve(one, position=collector.position))
    return state
