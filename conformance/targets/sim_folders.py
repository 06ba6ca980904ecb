"""The simulator's inventory operations: Folder.CreateFolder, and ManagedEntity.Destroy_Task of such folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_faults import (
    DUPLICATE_NAME,
    INVALID_NAME,
    METHOD_NOT_FOUND,
    NOT_SUPPORTED,
    OBJECT_NOT_FOUND,
    refused,
)
from taskconform.conformance.targets.sim_filter import USER_REASON
from taskconform.conformance.targets.sim_inventory import FOLDER_CREATE, FOLDER_DELETE
from taskconform.conformance.targets.sim_server import concrete
from taskconform.conformance.targets.sim_tasks import SimulatedTasks
from taskconform.model.vocabulary.outcomes import RUNNING, SUCCESS, TaskReason

if TYPE_CHECKING:
    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.declaration import Entity

DESTROY_ID: Final = "Folder.destroy"
DESTROY_NAME: Final = "Destroy_Task"


class SimulatedFolders(SimulatedTasks):
    """A server whose inventory can be added to."""

    def check_is_managed(self) -> None:
        """Refuse on a host: its few folders are fixed."""
        if not self.settings.vcenter:
            raise refused(NOT_SUPPORTED, "the inventory of a host is fixed")

    def find_entity(self, reference: calls.Reference) -> Entity:
        """Find the managed entity; ManagedObjectNotFound if it "no longer exists or has never existed"."""
        ref = concrete(reference)
        entity = self.inventory.entities.get(ref.value)
        if entity is None or entity.ref != ref:
            raise refused(OBJECT_NOT_FOUND, f"no managed entity: {ref.value}")
        return entity

    def create_folder(self, call: calls.CreateFolder) -> ObjectRef:
        """Make a folder in a folder; what is no folder has no such method. Names have to be given, and to differ within
        a folder. It makes no task.
        """
        session = self.authenticated(call.session)
        self.check_is_managed()
        parent = self.find_entity(call.parent)
        if parent.ref.type != "Folder":
            raise refused(METHOD_NOT_FOUND, f"{parent.ref.value} is no folder")
        self.require(session, FOLDER_CREATE)
        if not call.name:
            raise refused(INVALID_NAME, "the name is empty")
        if any(other.name == call.name and other.parent == parent.ref for other in self.inventory.entities.values()):
            raise refused(DUPLICATE_NAME, f"there is a {call.name} in the folder")
        return self.inventory.add_folder(parent, call.name).ref

    def destroy(self, call: calls.Destroy) -> ObjectRef:
        """Destroy a folder that was made here, with all that is in it; the fixed tree is not to be destroyed. A task of
        the server's own does it, and is through when the call returns.
        """
        session = self.authenticated(call.session)
        self.check_is_managed()
        entity = self.find_entity(call.entity)
        self.require(session, FOLDER_DELETE)
        if entity.ref.value not in self.inventory.made:
            raise refused(NOT_SUPPORTED, f"{entity.ref.value} cannot be destroyed")
        task = self.destroy_task(session, entity)
        self.admit(task)
        self.enter_state(task, RUNNING)
        self.remove_entity(entity)
        self.enter_state(task, SUCCESS)
        return task.ref

    def destroy_task(self, session: Session, entity: Entity) -> TaskRecord:
        """Make the task: descriptionId is "a lookup in the TaskDescription methodInfo data object", name "the name of
        the operation that created the task", and the reason is the session's user.
        """
        reason = TaskReason(kind=USER_REASON, user_name=session.user_name)
        task = self.own_task(DESTROY_ID, reason, entity, cancelable=False)
        task.name = DESTROY_NAME
        return task

    def remove_entity(self, entity: Entity) -> None:
        """Take the entity and all that is in it away, and with them the scheduled tasks and alarms on them."""
        removed = self.inventory.remove(entity)
        for triggers in (self.schedules, self.alarms):
            for value in [value for value, trigger in triggers.items() if trigger.entity.ref.value in removed]:
                del triggers[value]
                self.forget_object(value)
        for value in removed:
            self.forget_object(value)

    def is_listed(self, task: TaskRecord) -> bool:
        """Whether recentTask lists the task: the page does not say what becomes of the tasks of an entity that is gone.
        Here there is no "permission to access the Task object's managed entity" then, while Task.info and the history,
        which retains entityName, stay as they were.
        """
        return task.entity is None or task.entity.value not in self.inventory.gone
