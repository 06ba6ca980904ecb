"""The uses of a history collector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from taskconform.model.vocabulary.calls import (
    Made,
    ReadCollectorFilter,
    ReadLatestPage,
    ReadNextTasks,
    ReadPreviousTasks,
    ResetCollector,
    RewindCollector,
    SetCollectorPageSize,
)

if TYPE_CHECKING:
    from taskconform.model.vocabulary.calls import PlannedCall
    from taskconform.strategies.domains.drawing import Draw


def uses(draw: Draw, session: str, collector: Made) -> list[PlannedCall]:
    """Every method of a collector but the last, and its properties, in any order."""
    count = st.integers(1, 10)
    calls: list[PlannedCall] = [
        ReadNextTasks(session=session, collector=collector, max_count=draw(count)),
        ReadPreviousTasks(session=session, collector=collector, max_count=draw(count)),
        RewindCollector(session=session, collector=collector),
        ResetCollector(session=session, collector=collector),
        SetCollectorPageSize(session=session, collector=collector, max_count=draw(count)),
        ReadLatestPage(session=session, collector=collector),
        ReadCollectorFilter(session=session, collector=collector),
    ]
    return draw(st.permutations(calls))
