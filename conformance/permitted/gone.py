"""What becomes of an entity's tasks when it is destroyed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskconform.conformance.permitted.variant import permitted
from taskconform.conformance.targets import sim_faults as sf
from taskconform.conformance.targets.sim_faults import refused
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.conformance.targets.sim_state import Session, TaskCollector, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.outcomes import TaskInfo


def is_gone(simulator: Simulator, task: Any) -> bool:
    """Whether the entity of a task has been destroyed."""
    return task.entity is not None and task.entity.value in simulator.inventory.gone


@permitted("entity-takes-history-along", "entity-gone", by="info.entity-gone: neither (N 8)")
class EntityTakesHistory(Simulator):
    """With an entity its tasks leave history (N8), and recentTask."""

    def collected(
        self, session: Session, collector: TaskCollector, numbers: Iterable[int], max_count: int
    ) -> list[TaskRecord]:
        kept = [number for number in numbers if not is_gone(self, self.history[number])]
        return super().collected(session, collector, kept, max_count)


@permitted("entity-takes-history-along-only", "entity-gone", by="info.entity-gone: listed-only (N 8)")
class EntityTakesHistoryOnly(EntityTakesHistory):
    """They leave history, but not recentTask."""

    def is_listed(self, task: TaskRecord) -> bool:
        del task
        return True


@permitted("entity-takes-nothing-along", "entity-gone", by="info.entity-gone: held-and-listed")
class EntityTakesNothing(Simulator):
    """They stay everywhere."""

    def is_listed(self, task: TaskRecord) -> bool:
        del task
        return True


@permitted("entity-takes-tasks-along", "entity-gone", by="info.entity-gone: neither (N 8)")
class EntityTakesTasks(EntityTakesHistory):
    """They are gone altogether."""

    def find_task(self, task: calls.Reference) -> TaskRecord:
        found = super().find_task(task)
        if is_gone(self, found) and found.name is None:
            raise refused(sf.OBJECT_NOT_FOUND, "")
        return found


@permitted("entity-leaves-its-name", "entity-gone", by="vim.TaskInfo, entityName: retained when the entity is gone")
class EntityLeavesName(Simulator):
    """History retains entityName, as the page says, but no reference to what is gone."""

    def items_of(self, collector: TaskCollector, page: list[TaskRecord]) -> tuple[TaskInfo, ...]:
        items = super().items_of(collector, page)
        return tuple([evolve(item, entity=None) if is_gone(self, item) else item for item in items])
