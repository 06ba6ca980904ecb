"""CreateTask: what it makes of odd arguments, and whose task it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.conformance.permitted.variant import permitted
from taskconform.conformance.targets.sim_faults import (
    INVALID_ARGUMENT,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    NOT_FOUND,
    refused,
)
from taskconform.conformance.targets.sim_inventory import INVENTORY, ROOT, USER_NAMES
from taskconform.conformance.targets.sim_server import concrete, text
from taskconform.conformance.targets.sim_strings import description_of
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.outcomes import TaskInfo, TaskReason

OUT_OF_BOUNDS = "OutOfBounds"


@permitted("entity-stand-in", "no-entity", by="create.entity-other: stand-in")
class EntityStandIn(Simulator):
    """A task on what is no entity is one of the root folder, which goes by another name there."""

    def bind_entity(self, task: TaskRecord, obj: calls.Reference) -> None:
        super().bind_entity(task, obj)
        if task.entity is None:
            task.entity = INVENTORY.entities[ROOT].ref
            task.entity_name = "Everything0"


@permitted("no-entity-refused", "no-entity", by="create.entity-other: refused")
class NoEntityRefused(Simulator):
    """A task on what is no entity is refused."""

    def check_exists(self, session: Session, obj: calls.Reference) -> None:
        super().check_exists(session, obj)
        if concrete(obj).value not in self.inventory.entities:
            raise refused(INVALID_ARGUMENT, "no entity")


@permitted("unknown-parent-kept", "parent", by="create.parent-unknown: kept")
class ParentKept(Simulator):
    """An unknown parent key is taken as it is."""

    def parent_of(self, call: calls.CreateTask) -> TaskRecord | None:
        return None if call.parent_task_key is None else self.tasks.get(text(call.parent_task_key))

    def new_task(self, session: Session, call: calls.CreateTask) -> TaskRecord:
        task = super().new_task(session, call)
        if call.parent_task_key is not None:
            task.parent_task_key = text(call.parent_task_key)
        return task


@permitted("unknown-parent-dropped", "parent", by="create.parent-unknown: dropped")
class ParentDropped(Simulator):
    """An unknown parent key is ignored."""

    def parent_of(self, call: calls.CreateTask) -> TaskRecord | None:
        return None if call.parent_task_key is None else self.tasks.get(text(call.parent_task_key))


@permitted("completed-parent-refused", "parent", by="create.parent-done: refused")
class DoneParentRefused(Simulator):
    """A completed task can be nobody's parent."""

    def parent_of(self, call: calls.CreateTask) -> TaskRecord | None:
        parent = super().parent_of(call)
        if parent is not None and parent.completed:
            raise refused(INVALID_ARGUMENT, "the parent is completed")
        return parent


@permitted("completed-parent-dropped", "parent", by="create.parent-done: dropped")
class DoneParentDropped(Simulator):
    """A completed parent is ignored."""

    def parent_of(self, call: calls.CreateTask) -> TaskRecord | None:
        parent = super().parent_of(call)
        return None if parent is not None and parent.completed else parent


@permitted("head-is-its-own-root", "root", by="create.root-head: own-key (N 9)")
class HeadIsRoot(Simulator):
    """The rootTaskKey of a task without parent is its own key."""

    def new_task(self, session: Session, call: calls.CreateTask) -> TaskRecord:
        task = super().new_task(session, call)
        task.root_task_key = task.key
        return task


@permitted("builtin-types-taken", "builtin-types", by="create.type-builtin: taken")
class BuiltinTypesTaken(Simulator):
    """A type of the server's own operations is as good as an extension's."""

    def check_accepted_type(self, task_type_id: str | calls.TypeId) -> None:
        known = description_of(self.registered_types(), "en").method_info
        if all(entry.key != task_type_id for entry in known):
            super().check_accepted_type(task_type_id)


@permitted("unknown-type-is-not-found", "unknown-type", by="create.unknown-type-fault: not-found")
class TypeNotFound(Simulator):
    """An unknown task type is NotFound."""

    def check_task_type(self, task_type_id: str | calls.TypeId) -> None:
        if self.settings.vcenter and not self.is_registered(text(task_type_id)):
            raise refused(NOT_FOUND, "no such type")


@permitted(
    "user-names-of-another-form", "initiator", by="vim.UserSession, userName: domain and case are not fixed (EV 1.1)"
)
class OtherForm(Simulator):
    """A reason names its user in capitals, with the domain behind."""

    def reason_of(self, session: Session, call: calls.CreateTask) -> TaskReason:
        reason = super().reason_of(session, call)
        name = (reason.user_name or "").rpartition("\\")[2].upper()
        return evolve(reason, user_name=f"{name}@conform.test")


@permitted("unknown-initiators-refused", "unknown-initiator", by="create.initiated-by-unknown: refused")
class InitiatorRefused(Simulator):
    """initiatedBy has to name a user that there is."""

    def reason_of(self, session: Session, call: calls.CreateTask) -> TaskReason:
        known = {one.user_name for one in self.sessions.values()} | set(USER_NAMES.values())
        if call.initiated_by is not None and text(call.initiated_by) not in known:
            raise refused(INVALID_ARGUMENT, "no such user")
        return super().reason_of(session, call)


@permitted("api-2.5", api_version="2.5", by="create.parent, create.activation, life.description: since 4.0 and 6.0")
class Old(Simulator):
    """A server of VI API 2.5: without parents, activation ids and descriptions, OutOfBounds for odd progress."""

    def create_task(self, call: calls.CreateTask) -> TaskInfo:
        if call.parent_task_key is not None or call.activation_id is not None:
            raise refused(INVALID_REQUEST, "no such argument")
        return super().create_task(call)

    def set_task_description(self, call: calls.SetTaskDescription) -> None:
        del call
        raise refused(METHOD_NOT_FOUND, "no such method")

    def update_progress(self, call: calls.UpdateProgress) -> None:
        if not 0 <= call.percent_done <= 100:
            self.check_may_update(self.authenticated(call.session), self.find_task(call.task))
            raise refused(OUT_OF_BOUNDS, "")
        super().update_progress(call)
