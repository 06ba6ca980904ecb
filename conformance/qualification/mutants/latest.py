"""Mutants of latestPage: what is in it, what size it has, and how it is followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.model.spec import access, filters, items, latest, watch, watched
from taskconform.model.spec.faults import fault
from taskconform.model.spec.state import ABSENT
from taskconform.model.vocabulary.outcomes import QUEUED
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.spec.choices import Choices
    from taskconform.model.spec.state import Collector, Session, State, Task


def newest(state: State, session: Session, collector: Collector, count: int, choices: Choices) -> list[Task]:
    """Return the newest `count` tasks that the collector holds."""
    return items.held(state, session, collector, range(len(state.tasks), 0, -1), count, choices)


def all_newest(state: State, session: Session, collector: Collector, choices: Choices) -> list[Task]:
    """Return all tasks that the collector holds, the newest first."""
    return newest(state, session, collector, len(state.tasks), choices)


def collector_of(state, call):
    """Return the task collector of a call, None for an event collector. NotAuthenticated without a login."""
    return access.current(state, call.session).collectors.get(call.collector.value)


def key(collector: Collector | None) -> str:
    """Return the key under which something is remembered of a collector: no two are made at the same time."""
    return "" if collector is None else f"{collector.made_at}"


# --- what is in it ----------------------------------------------------------------------------------------------------


@mutant("latest-page-has-the-oldest", latest.members)
def latest_page_has_the_oldest(original, state, session, collector, choices):
    """LatestPage has the oldest items."""
    numbers, size = range(1, len(state.tasks) + 1), latest.size(state, collector, choices)
    return items.held(state, session, collector, numbers, size, choices)[::-1]


@mutant("latest-page-lacks-the-newest", latest.shown)
def latest_page_lacks_the_newest(original, state, session, collector, choices):
    """LatestPage lacks the newest item."""
    size = latest.size(state, collector, choices)
    return items.listed(collector, newest(state, session, collector, size + 1, choices)[1:], choices)


@mutant("latest-page-prefers-live-tasks", latest.shown)
def latest_page_prefers_live_tasks(original, state, session, collector, choices):
    """LatestPage has the live items first."""
    page = all_newest(state, session, collector, choices)
    page.sort(key=lambda task: task.number not in state.live)
    return items.listed(collector, page[: latest.size(state, collector, choices)], choices)


@mutant("latest-page-goes-by-completion", latest.shown)
def latest_page_goes_by_completion(original, state, session, collector, choices):
    """LatestPage has the items that completed last, and live ones if there is room."""
    page = all_newest(state, session, collector, choices)
    page.sort(key=lambda task: (task.number in state.live, -(task.info.complete_time or 0)))
    return items.listed(collector, page[: latest.size(state, collector, choices)], choices)


@mutant("full-latest-page-stays-as-it-is", latest.shown)
def full_latest_page_stays_as_it_is(original, state, session, collector, choices):
    """A latestPage that is full stays as it is."""
    full = remembered(state, key(collector))
    if full is None:
        return original(state, session, collector, choices)
    return items.listed(collector, [state.tasks[number] for number in full], choices)


def keeping_full(state: State, session: Session, collector: Collector, choices: Choices) -> State:
    """Return the state in which the latest page of a collector is kept, if it is full and none is kept yet."""
    page = latest.members(state, session, collector, choices)
    if remembered(state, key(collector)) is not None or len(page) < latest.size(state, collector, choices):
        return state
    return remembering(state, key(collector), [task.number for task in page])


@mutant("full-latest-page-stays-as-it-is", latest.read_latest_page)
def read_full_page(original, state, call, choices):
    """Keep a page that is read full."""
    state, read = original(state, call, choices)
    session = access.current(state, call.session)
    return keeping_full(state, session, session.collectors[call.collector.value], choices), read


@mutant("full-latest-page-stays-as-it-is", watch.updates_since)
def update_full_page(original, state, call, collector, most, choices):
    """Keep the pages that an update calculation finds full."""
    state, found = original(state, call, collector, most, choices)
    session = access.current(state, call.session)
    for value in (ref.value for one in collector.filters for ref in one.watched):
        if value in session.collectors:
            state = keeping_full(state, session, session.collectors[value], choices)
    return state, found


@mutant("full-latest-page-stays-as-it-is", latest.set_collector_page_size)
def forget_full_page(original, state, call, choices):
    """Keep nothing any longer once a size is set."""
    state, _ = original(state, call, choices)
    return remembering(state, key(collector_of(state, call)), None), None


@mutant("latest-page-grows-past-its-size", latest.set_collector_page_size)
def count_tasks(original, state, call, choices):
    """Remember how many tasks there are when the size is set."""
    state, _ = original(state, call, choices)
    return remembering(state, key(collector_of(state, call)), len(state.tasks)), None


@mutant("latest-page-grows-past-its-size", latest.shown)
def latest_page_grows_past_its_size(original, state, session, collector, choices):
    """No item leaves latestPage for those that are created after its size is set."""
    count = len(state.tasks)
    numbers = range(remembered(state, key(collector), count) + 1, count + 1)
    added = items.held(state, session, collector, numbers, count, choices)
    size = latest.size(state, collector, choices) + len(added)
    return original(state, session, evolve(collector, page_size=size), choices)


@mutant("new-tasks-enter-once-running", latest.shown)
def new_tasks_enter_once_running(original, state, session, collector, choices):
    """A task is not in latestPage before it has been running."""
    held = all_newest(state, session, collector, choices)
    page = [task for task in held if task.info.state != QUEUED or task.info.start_time is not None]
    return items.listed(collector, page[: latest.size(state, collector, choices)], choices)


# --- following it -----------------------------------------------------------------------------------------------------


def of_ten(collector: Collector) -> Collector:
    """Return the collector with a page of ten items at least."""
    return evolve(collector, page_size=max(10, collector.page_size or 0))


@mutant("updates-know-no-page-size", latest.seen)
def see_ten_items(original, state, session, collector, choices):
    """Updates look for ten items where the size is smaller."""
    return original(state, session, of_ten(collector), choices)


@mutant("updates-know-no-page-size", watched.update)
def updates_know_no_page_size(original, state, session, one, change, choices):
    """Updates give ten items where the size is smaller."""
    grown = {value: of_ten(collector) for value, collector in session.collectors.items()}
    return original(state, evolve(session, collectors=session.collectors.update(grown)), one, change, choices)


@mutant("latest-page-is-not-followed", latest.seen)
def latest_page_is_not_followed(original, state, session, collector, choices):
    """No change of a latestPage is told."""
    return ()


@mutant("update-lacks-the-new-task", watched.update)
def update_lacks_the_new_task(original, state, session, one, change, choices):
    """An update of a latestPage that the client knows lacks the newest item."""
    update = original(state, session, one, change, choices)
    ref, before, _ = change
    if update.latest_page is None or before == ABSENT:
        return update
    keys = [task.info.key for task in newest(state, session, session.collectors[ref.value], 1, choices)]
    return evolve(update, latest_page=tuple([item for item in update.latest_page if item.key not in keys]))


@mutant("only-own-tasks-are-news", latest.seen)
def only_own_tasks_are_news(original, state, session, collector, choices):
    """A latestPage has changed only if a task of the session's user entered or left it."""
    page = latest.shown(state, session, collector, choices)
    return tuple([item.key for item in page if item.reason.user_name == session.user_name])


# --- what size it has -------------------------------------------------------------------------------------------------


@mutant("latest-page-of-one-item-more", latest.shown)
def latest_page_of_one_item_more(original, state, session, collector, choices):
    """LatestPage has one item more than the size set."""
    if collector.page_size is not None:
        collector = evolve(collector, page_size=collector.page_size + 1)
    return original(state, session, collector, choices)


@mutant("page-sizes-below-ten-are-ten", latest.set_collector_page_size)
def page_sizes_below_ten_are_ten(original, state, call, choices):
    """A size from 1 to 9 is 10."""
    return original(state, evolve(call, max_count=10) if 1 <= call.max_count < 10 else call, choices)


@mutant("negative-page-size-is-taken", latest.set_collector_page_size)
def negative_page_size_is_taken(original, state, call, choices):
    """A negative size is taken, and changes nothing."""
    after, _ = original(state, evolve(call, max_count=1) if call.max_count < 0 else call, choices)
    return state if call.max_count < 0 else after, None


@mutant("negative-page-size-is-an-invalid-state", latest.set_collector_page_size)
def negative_page_size_is_an_invalid_state(original, state, call, choices):
    """A negative size faults with InvalidState."""
    if call.max_count < 0:
        original(state, evolve(call, max_count=1), choices)
        fault("InvalidState", "maxCount is negative")
    return original(state, call, choices)


@mutant("negative-page-size-empties-the-page", latest.set_collector_page_size)
def negative_page_size_empties_the_page(original, state, call, choices):
    """A negative size is refused, and leaves an empty page until a size is set."""
    mark = key(collector_of(state, call))
    if call.max_count < 0:
        original(state, evolve(call, max_count=1), choices)
        fault("InvalidArgument", "maxCount is negative", remembering(state, mark, True))  # noqa: FBT003  # a mark
    state, _ = original(state, call, choices)
    return remembering(state, mark, False), None  # noqa: FBT003  # a mark


@mutant("negative-page-size-empties-the-page", latest.shown)
def show_empty_page(original, state, session, collector, choices):
    """Show nothing of a page that was left empty."""
    return () if remembered(state, key(collector)) else original(state, session, collector, choices)


@mutant("page-size-only-grows", latest.set_collector_page_size)
def page_size_only_grows(original, state, call, choices):
    """A smaller size than the one set before is ignored."""
    after, _ = original(state, call, choices)
    collector = collector_of(state, call)
    ignored = collector is not None and call.max_count < (collector.page_size or 0)
    return state if ignored else after, None


@mutant("shrunk-page-keeps-its-oldest", latest.set_collector_page_size)
def keep_oldest(original, state, call, choices):
    """Keep the oldest of the page as it was, and how many tasks there were."""
    after, _ = original(state, call, choices)
    session, collector = access.current(state, call.session), collector_of(state, call)
    if collector is None:
        return after, None
    page = latest.members(state, session, collector, choices)[-call.max_count :]
    shrunk = call.max_count < latest.size(state, collector, choices)
    kept = (len(state.tasks), [task.number for task in page]) if shrunk else None
    return remembering(after, key(collector), kept), None


@mutant("shrunk-page-keeps-its-oldest", latest.shown)
def shrunk_page_keeps_its_oldest(original, state, session, collector, choices):
    """A latestPage that is made smaller keeps its oldest items, until a task is created that belongs there."""
    count, page = remembered(state, key(collector)) or (0, [])
    since = [state.tasks[number] for number in range(count + 1, len(state.tasks) + 1)]
    since = [evolve(task, info=task.created) for task in since]
    if not count or any(filters.holds(state, collector, task, choices) for task in since):
        return original(state, session, collector, choices)
    return items.listed(collector, [state.tasks[number] for number in page], choices)
