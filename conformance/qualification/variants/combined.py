"""Variants that choose several interpretations at once."""

from __future__ import annotations

from typing import Final

from taskconform.conformance.qualification.variants.variant import Variant, conforming, declare
from taskconform.model.spec import life
from taskconform.model.spec.faults import FaultRaised, fault

COMBINED: Final = (
    (
        "evicts-newest-first",
        "page.evicts: removed; page.direction (EV 1.1)",
        "page_evicts=removed page_direction=newest-first",
    ),
    (
        "monitor-tells-everything",
        "latest.monitor-progress, latest.monitor-description: updated",
        "latest_monitor_progress=updated latest_monitor_description=updated",
    ),
    (
        "turn-skips-newest-first",
        "page.turn and page.direction (EV 1.1)",
        "page_turn=before-last-read page_direction=newest-first",
    ),
    (
        "turn-skips-newest-first-inside",
        "page.turn and page.direction (EV 1.1)",
        "page_turn=before-last-read page_direction=newest-first-inside",
    ),
    (
        "odd-sizes-taken",
        "page.max-count-zero, page.max-count-large (EV 2.12)",
        "page_max_count_zero=no-item page_max_count_large=at-most-1000",
    ),
    (
        "system-user-in-any-spelling",
        "filter.user-system-list: system-or-listed; filter.user-spelling",
        "filter_user_system_list=system-or-listed filter_user_spelling=any-case-and-domain",
    ),
    (
        "system-user-only",
        "filter.user-system, filter.user-system-list: system-only",
        "filter_user_system=system-only filter_user_system_list=system-only",
    ),
    (
        "progress-kept-at-the-end",
        "info.progress-end, info.progress-end-error: kept",
        "info_progress_end=kept info_progress_end_error=kept",
    ),
    (
        "progress-of-100-at-the-end",
        "info.progress-end, info.progress-end-error: hundred",
        "info_progress_end=hundred info_progress_end_error=hundred",
    ),
    (
        "progress-of-children",
        "life.progress-overall: recalculated; info.progress-end: kept",
        "life_progress_overall=recalculated info_progress_end=kept info_progress_end_error=kept",
    ),
    (
        "reason-without-user",
        "create.reason-kind: system; create.initiator-default: no-user",
        "create_reason_kind=system create_initiator_default=no-user",
    ),
    (
        "silent-moves-refused",
        "life.backward, life.same-state: refused",
        "life_backward=refused life_same_state=refused",
    ),
)
"""Name, what allows it, and the choices."""

for _name, _by, _choices in COMBINED:
    _chosen = dict(one.split("=") for one in _choices.split())
    declare(Variant(name=_name, says=f"{_choices.replace(' ', ', ')}.", by=_by, choices=_chosen))


@conforming("moves-refused-as-arguments", life.set_task_state, "moves", by="life.backward, life.same-state: refused")
def as_arguments(original, state, call, choices):
    """No state that the task has, and no way back, with InvalidArgument."""
    task = life.to_update(state, call, choices)
    move = (task.info.state, call.state)
    if move in {("queued", "queued"), ("running", "running"), ("running", "queued")}:
        fault("InvalidArgument")
    try:
        return original(state, call, choices)
    except FaultRaised as raised:
        raise FaultRaised(raised.name, raised.message) from None
