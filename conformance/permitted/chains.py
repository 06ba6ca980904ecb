"""Event chains, and the forms of ids."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from taskconform.conformance.permitted.variant import permitted
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.outcomes import Property, TaskEvent, TaskInfo, TaskReason
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.declaration import Entity


@permitted("chain-in-history-only", "chain", by="EV 1.6: eventChainId 0 in one place, set in another")
class ChainInHistory(Simulator):
    """Task.info has no eventChainId; the items of collectors have (EV 1.6)."""

    def info_for(self, session: Session, task: TaskRecord) -> Property[TaskInfo]:
        found = super().info_for(session, task)
        return found if found.value is None else Property(value=evolve(found.value, event_chain_id=0))

    def create_task(self, call: calls.CreateTask) -> TaskInfo:
        return evolve(super().create_task(call), event_chain_id=0)

    def event_of(self, task: TaskRecord) -> TaskEvent:
        event = super().event_of(task)
        return evolve(event, info=evolve(event.info, event_chain_id=0))


@permitted("one-chain-for-a-family", "chain", by="vim.TaskInfo, eventChainId: an id of an event, shared or not")
class ChainOfFamily(Simulator):
    """A task has the eventChainId of its parent."""

    def bind_parent(self, task: TaskRecord, parent: TaskRecord) -> None:
        super().bind_parent(task, parent)
        task.event_chain_id = parent.event_chain_id


@permitted("ids-like-a-vcenter", "ids", by="EV 1.5: forms of ids")
class IdsLikeAVCenter(Simulator):
    """Task keys do not begin with 1; what a session makes is named by two long numbers (EV 1.5)."""

    def named(self, task: TaskRecord) -> TaskRecord:
        task.key = f"task-{469_000 + 7 * task.number}"
        task.ref = c.ObjectRef(type="Task", value=task.key)
        return task

    def new_task(self, session: Session, call: calls.CreateTask) -> TaskRecord:
        return self.named(super().new_task(session, call))

    def own_task(self, description_id: str, reason: TaskReason, entity: Entity, *, cancelable: bool) -> TaskRecord:
        return self.named(super().own_task(description_id, reason, entity, cancelable=cancelable))

    def new_collector_ref(self, session: Session, type_name: str, word: str = "collector") -> ObjectRef:
        plain = super().new_collector_ref(session, type_name, word)
        digest = hashlib.sha256(plain.value.encode()).hexdigest()
        return evolve(plain, value=f"session[52{digest[:30]}]52{digest[30:60]}")
