"""Frontiers held against a baseline: does a known divergence still begin where it did? Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.conformance.engine.frontier import value_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskconform.conformance.verdicts.baseline import Known
    from taskconform.model.vocabulary.plan import Edge, Plan

    Probes = Sequence[tuple[Plan, bool]]


def moved(known: Known, probes: Probes) -> str:
    """Say where a divergence begins now, if that is elsewhere: `200 -> 100`; `other steps` where the known ones were
    performed and show it at no size. Empty: it begins where it did, or nobody looked."""
    if not known.steps:
        return ""
    plan = known.plan
    for edge in known.edges:
        always = _always(plan, edge, probes)
        shown = [size for size, showed in always.items() if showed]
        if shown and (min(shown) <= edge.shows_not or not always.get(edge.shows, True)):
            return f"{edge.shows} -> {min(shown)}"
    return "other steps" if is_gone(known, probes) else ""


def is_gone(known: Known, probes: Probes) -> bool:
    """Tell whether the known steps of a divergence were performed, and showed it in no run."""
    runs = [showed for other, showed in probes if other == known.plan]
    return bool(runs) and not any(runs)


def was_performed(known: Known, probes: Probes) -> bool:
    """Tell whether the known steps of a divergence were performed as such."""
    return bool(known.steps) and any(other == known.plan for other, _ in probes)


def _always(plan: Plan, edge: Edge, probes: Probes) -> dict[int, bool]:
    """Tell for each size that was probed whether every run at it showed the divergence; of the known size, whether any
    did."""
    found: dict[int, bool] = {}
    for other, showed in probes:
        size = value_at(plan, other, edge.step, edge.size)
        if size is not None:
            found[size] = (found.get(size, False) or showed) if size == edge.shows else found.get(size, True) and showed
    return found
