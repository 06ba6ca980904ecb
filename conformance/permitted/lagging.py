"""A server that lags: history, descriptions and extensions are behind, up to the settling time that it declares."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.permitted.latest import OfThousand
from taskconform.conformance.permitted.pages import NewestFirst
from taskconform.conformance.permitted.variant import Target, serving
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.conformance.targets.sim_picture import Seen
    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskCollector, TaskRecord
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.outcomes import Outcome, TaskInfo

LAG: Final = 48_000
"""Microseconds by which a lagging server is behind."""

SETTLING: Final = 0.05
"""Seconds that it declares."""


class Lagging(Simulator):
    """Knows what was the case a moment ago."""

    def __init__(self, settings: Settings) -> None:
        self.past: dict[int, list[tuple[int, TaskInfo]]] = defaultdict(list)
        self.declared: list[tuple[int, list[tuple[str, ...]]]] = []
        super().__init__(settings)

    def note(self) -> None:
        """Keep what is the case now."""
        for task in self.history:
            known = self.past[task.number]
            if not known or known[-1][1] is not task.info:
                known.append((self.clock.now, task.info))
        types = super().registered_types()
        if not self.declared or self.declared[-1][1] != types:
            self.declared.append((self.clock.now, types))

    def as_of(self, task: TaskRecord) -> TaskInfo | None:
        """A task's info as the history has it; None before it gets there."""
        then = self.clock.now - LAG
        return next((info for at, info in reversed(self.past[task.number]) if at <= then), None)

    def collected(
        self, session: Session, collector: TaskCollector, numbers: Iterable[int], max_count: int
    ) -> list[TaskRecord]:
        page: list[TaskRecord] = []
        for number in numbers:
            task = self.history[number]
            known: Any = self.as_of(task)
            if known is not None and collector.filter.matches(known) and self.may_access(session, known):
                page.append(task)
        return page[:max_count]

    def items_of(self, collector: TaskCollector, page: list[TaskRecord]) -> tuple[TaskInfo, ...]:
        spec = collector.info_filter
        shown = [info for task in page if (info := self.as_of(task)) is not None]
        tasks: dict[str, TaskRecord] = {task.key: task for task in page}
        return tuple(
            [
                info if spec is None or self.keeps_result(spec, tasks[info.key]) else evolve(info, result=None)
                for info in shown
            ]
        )

    def page_seen(self, session: Session, collector: TaskCollector) -> Seen:
        shown = [(task.number, self.as_of(task)) for task in self.shown_page(session, collector)]
        return tuple([(number, info.state) for number, info in shown if info is not None])

    def registered_types(self) -> list[tuple[str, ...]]:
        then = self.clock.now - LAG
        return next((types for at, types in reversed(self.declared) if at <= then), [])

    def is_registered(self, task_type_id: str) -> bool:
        return any(task_type_id in types for types in self.registered_types())


class Late(Target):
    """History, descriptions, extensions and notifications are behind, as far as is declared."""

    settling = SETTLING

    def perform(self, call: Call) -> Outcome:
        if not isinstance(self.simulator, Lagging):
            return super().perform(call)
        self.simulator.note()
        outcome = super().perform(call)
        self.simulator.note()
        return outcome


BEHIND: Final = "EV 2.22: a task that was just started is not in the history yet"

serving("lagging", by=BEHIND, simulator=Lagging)(Late)
serving("lagging-latest-page-of-1000", by=BEHIND, simulator=type("LaggingThousand", (Lagging, OfThousand), {}))(Late)
serving("lagging-newest-first", by=BEHIND, simulator=type("LaggingNewest", (Lagging, NewestFirst), {}))(Late)
