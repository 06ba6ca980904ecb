"""Doubt: what is left of a belief where anything may have happened that a recording does not show.

A recording may have gaps, others may have used the server, and threads may have made calls in another order than they
were written down. A divergence is sure only if it still is one with nothing believed but what no call can have changed:

    in order     a task that was seen completed; what a task, a filter or a collector was made with; what was destroyed
    unordered    of these only what was made, and what a completed task says of itself
    mixed        nothing: every answer stands by itself

A task that was created at another time than before is another task: its server was started anew, and every answer
stands by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from immutables import Map

from taskconform.model.oracle.belief import SLACK, Belief
from taskconform.model.oracle.belief_extensions import Descriptions, Extensions
from taskconform.model.oracle.belief_history import History, Scan
from taskconform.model.oracle.belief_watch import DESTROYED, OPEN
from taskconform.model.oracle.collectors import destroyed_collectors
from taskconform.model.oracle.origins import infos_in
from taskconform.model.vocabulary.outcomes import Returned, TaskInfo
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import Session, TaskRecord
    from taskconform.model.oracle.belief_history import Collector
    from taskconform.model.oracle.belief_watch import PropertyCollector, Watched
    from taskconform.model.vocabulary.outcomes import Outcome


def doubted(belief: Belief, outcome: Outcome) -> Belief:
    """Return what surely holds of a belief in a recording's server, however much the recording leaves out before this
    outcome."""
    how = belief.declaration.recording
    sessions = Map({name: _session(one) for name, one in belief.sessions.items()})
    blank = Belief(
        declaration=belief.declaration,
        seq=belief.seq,
        now=belief.now,
        sessions=sessions,
        places_unsure=True,
        lost_creates=1,
        doubtful=True,
    )
    if how == "mixed" or _is_started_anew(belief, outcome):
        return blank
    in_order = how == "in-order"
    return evolve(
        blank,
        max_collector=belief.max_collector,
        tasks=Map({value: _task(one, in_order=in_order) for value, one in belief.tasks.items()}),
        keys=belief.keys,
        gone=belief.gone,
        extensions=Extensions(
            descriptions=Descriptions(
                reasons=belief.extensions.descriptions.reasons, foreign=belief.extensions.descriptions.foreign
            )
        ),
        watched=_watched(belief.watched, in_order=in_order),
        history=History(
            collectors=Map({ref: _collector(one, belief.seq) for ref, one in belief.history.collectors.items()}),
            items=belief.history.items,
            ends=belief.history.ends,
            gone=destroyed_collectors(belief) if in_order else frozenset(),
        ),
    )


def _is_started_anew(belief: Belief, outcome: Outcome) -> bool:
    """Return True if an outcome has a task that was created at another time than the one that was known by its
    reference; or if it is the very answer that made this task, which then stands in the recording twice."""
    value = outcome.value if isinstance(outcome, Returned) else None
    for info in (value,) if isinstance(value, TaskInfo) else infos_in(value):
        record, end = belief.tasks.get(info.task.value), belief.history.ends.get(info.task.value)
        known = record.returned if record is not None else end
        if known is not None and abs(known.queue_time - info.queue_time) > SLACK:
            return True
    if isinstance(value, TaskInfo) and value.task.value in belief.tasks:
        return value == belief.tasks[value.task.value].returned  # one answer, kept twice
    return False


def _session(session: Session) -> Session:
    """Return a session that may be logged in or not, and may hold anything."""
    return evolve(
        session,
        live=True,
        unsure=True,
        collectors=frozenset(),
        met_limit=False,
        recent=None,
        changed=None,
        waited_list=None,
        waited=None,
        changed_since_wait=False,
    )


def _task(record: TaskRecord, *, in_order: bool) -> TaskRecord:
    """Return a task that others may have moved: once completed it stays so, if the order is known."""
    end = record.settled
    was_set = not record.create.cancelable  # after a cancel that is not recorded success may have become error
    state = record.state if in_order and record.completed and (end is not None or was_set) else None
    return evolve(
        record,
        state=state,
        info=end,
        settled=end,
        asked=record.asked if state is not None and record.asked is not None and not record.cancels else None,
        ended_by=None,
        ran=True,
        started=None,
        ended=None,
        progress=None,
        described=(),
        cancels=0,
        cancelled_from=None,
        child_progressed=True,
        has_children=True,
        refused=(),
        listed=False,
        resolvable=True,
        unsure=state is None,
        state_in_doubt=True,
    )


def _watched(watched: Watched, *, in_order: bool) -> Watched:
    """Return views that may hold anything, filters and collectors that may be gone, and versions that others may have
    been given."""

    def fate(one: str) -> str:
        return DESTROYED if in_order and one == DESTROYED else OPEN

    views = Map({value: evolve(one, fate=fate(one.fate)) for value, one in watched.views.items()})
    filters = Map({value: evolve(one, fate=one.fate if in_order else OPEN) for value, one in watched.filters.items()})
    collectors = Map({value: _property_collector(one, fate(one.fate)) for value, one in watched.collectors.items()})
    return evolve(watched, views=views, filters=filters, collectors=collectors)


def _property_collector(collector: PropertyCollector, fate: str) -> PropertyCollector:
    """Return a property collector that another call may have read, or made filters on."""
    return evolve(collector, fate=fate, lost=True, failed_wait_seq=2**31)


def _collector(collector: Collector, seq: int) -> Collector:
    """Return a task collector of which the filter is known, and neither where it stands nor its page size."""
    return evolve(
        collector,
        made_seq=-1,
        settled=False,
        matched_when_made=frozenset(),
        sizes=(),
        within=0,
        between=0,
        holds_past_page=False,
        latest=None,
        latest_seq=-1,
        scan=Scan(kind="lost", changed_seq=seq),
    )
