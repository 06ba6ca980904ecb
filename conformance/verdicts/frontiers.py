"""Frontiers held against a baseline: does a known divergence still begin where it did? Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.conformance.engine.frontier import value_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taskconform.conformance.verdicts.baseline import Known
    from taskconform.model.vocabulary.plan import Edge, Plan


def moved(known: Known, probes: Iterable[tuple[Plan, bool]]) -> str:
    """Say where a divergence begins now, if that is elsewhere: `200 -> 100`; `other steps` where the known ones no
    longer show it at any size. Empty: it begins where it did, or nobody looked."""
    tried = list(probes)
    if not tried or not known.steps:
        return ""
    plan = known.plan
    for edge in known.edges:
        always = _always(plan, edge, tried)
        shown = [size for size, showed in always.items() if showed]
        if shown and (min(shown) <= edge.shows_not or not always.get(edge.shows, True)):
            return f"{edge.shows} -> {min(shown)}"
    return "" if shows_still(known, tried) else "other steps"


def shows_still(known: Known, probes: Iterable[tuple[Plan, bool]]) -> bool:
    """Tell whether the known steps of a divergence showed it in any run."""
    plan = known.plan
    return any(showed for other, showed in probes if other == plan)


def _always(plan: Plan, edge: Edge, probes: Sequence[tuple[Plan, bool]]) -> dict[int, bool]:
    """Tell for each size that was probed whether every run at it showed the divergence; of the known size, whether any
    did."""
    found: dict[int, bool] = {}
    for other, showed in probes:
        size = value_at(plan, other, edge.step, edge.size)
        if size is not None:
            found[size] = (found.get(size, False) or showed) if size == edge.shows else found.get(size, True) and showed
    return found
