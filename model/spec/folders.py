"""The few operations that change the inventory, so that tasks can be seen whose entity comes and goes.

The pages of TaskManager take the inventory for granted. What is made and destroyed here are folders.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.Folder.html
"""

from __future__ import annotations

from typing import Final

from taskconform.model.spec import access, inventory, life, tasks
from taskconform.model.spec.choices import Choices
from taskconform.model.spec.faults import fault_if
from taskconform.model.spec.state import After, State
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.declaration import Entity
from taskconform.model.vocabulary.outcomes import RUNNING, SUCCESS, TaskReason
from taskconform.model.vocabulary.words import evolve

FOLDER_CREATE: Final = "Folder.Create"
FOLDER_DELETE: Final = "Folder.Delete"


def create_folder(state: State, call: calls.CreateFolder, choices: Choices) -> After[ObjectRef]:
    """Make a folder in a folder. Names have to be given, and to differ within a folder.
    vim.Folder CreateFolder 1."""
    session = access.current(state, call.session)
    fault_if(not state.server.vcenter, "NotSupported", "the inventory of a host is fixed")
    parent = inventory.find_entity(state, call.parent)
    fault_if(parent.ref.type != "Folder", "MethodNotFound", f"{parent.ref.value} is no folder")
    access.require(state, session, FOLDER_CREATE, choices)
    fault_if(not call.name, "InvalidName", "the name is empty")
    beside = [one.name for one in state.entities.values() if one.parent == parent.ref]
    fault_if(call.name in beside, "DuplicateName", f"there is a {call.name} in the folder")
    return add_folder(state, parent, call.name)


def add_folder(state: State, parent: Entity, name: str) -> After[ObjectRef]:
    """Add a folder. No permission is given on it, so what its parent has holds for it."""
    ref = ObjectRef(type="Folder", value=f"group-v{1001 + state.made}")
    granted = {
        account: held.set(ref.value, held[parent.ref.value])
        for account, held in state.privileges.items()
        if parent.ref.value in held
    }
    after = evolve(
        state,
        made=state.made + 1,
        entities=state.entities.set(ref.value, Entity(ref=ref, name=name, parent=parent.ref)),
        ancestors=state.ancestors.set(ref.value, (parent.ref.value, *state.ancestors[parent.ref.value])),
        privileges=state.privileges.update(granted),
        folders_made=state.folders_made | {ref.value},
    )
    return after, ref


def destroy(state: State, call: calls.Destroy, choices: Choices) -> After[ObjectRef]:
    """Destroy a folder that was made here, with all that is in it. A task of the server's own does it, and ends at
    once; since its entity is gone, it is by default never in recentTask. Its name may as well be without "_Task" (EV
    N28).
    vim.ManagedEntity Destroy_Task 1; vim.TaskInfo name 1; descriptionId 2. Clauses: description.lookup,
    description.lookup-foreign, info.entity-gone."""
    session = access.current(state, call.session)
    fault_if(not state.server.vcenter, "NotSupported", "the inventory of a host is fixed")
    entity = inventory.find_entity(state, call.entity)
    access.require(state, session, FOLDER_DELETE, choices)
    fault_if(entity.ref.value not in state.folders_made, "NotSupported", f"{entity.ref.value} cannot be destroyed")
    reason = TaskReason(kind="TaskReasonUser", user_name=session.user_name)
    state, task = tasks.start(state, "Folder.destroy", reason, entity, name="Destroy_Task", choices=choices)
    state = life.enter(state, task.number, RUNNING, choices)
    state = remove_entity(state, entity)
    return life.enter(state, task.number, SUCCESS, choices), task.info.task


def remove_entity(state: State, entity: Entity) -> State:
    """Take an entity away with all below it, and with the scheduled tasks and alarms on any of that."""
    top = entity.ref.value
    gone = {value for value in state.entities if value == top or top in state.ancestors[value]}
    lost = {trigger.ref.value for trigger in state.triggers if trigger.entity.ref.value in gone}
    entities = state.entities
    for value in gone:
        entities = entities.delete(value)
    triggers = tuple(trigger for trigger in state.triggers if trigger.ref.value not in lost)
    return inventory.forget(evolve(state, entities=entities, triggers=triggers), gone | lost)
