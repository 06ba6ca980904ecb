"""Mutants of CreateTask: what it makes and answers with, and what it refuses."""

from __future__ import annotations

from taskconform.conformance.qualification.mutants.changes import completed, made, parent_of
from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.model.spec import access, descriptions, inventory, recent, tasks
from taskconform.model.spec.faults import FaultRaised, fault, fault_if
from taskconform.model.vocabulary.outcomes import QUEUED, Extension
from taskconform.model.vocabulary.words import evolve

MILLISECOND = 1_000

# --- the answer -------------------------------------------------------------------------------------------------------


@mutant("equal-request-answers-with-the-queued-task", tasks.create_task)
def equal_request_answers_with_the_queued_task(original, state, call, choices):
    """A call that equals an earlier one of the session answers with that one's task, if it is still queued."""
    after, info = original(state, call, choices)
    key = f"{access.current(state, call.session).number} {call}"
    earlier = state.tasks.get(remembered(state, key))
    if earlier is not None and earlier.info.state == QUEUED:
        return state, earlier.info
    return remembering(after, key, after.keys[info.key]), info


@mutant("two-sessions-at-once-share-a-task", tasks.create_task)
def two_sessions_at_once_share_a_task(original, state, call, choices):
    """A call right after an equal one of another session answers with that one's task."""
    after, info = original(state, call, choices)
    new = after.tasks[after.keys[info.key]]
    before, obj = remembered(state, "last", (None, None))
    if obj == call.obj and before.maker != new.maker and before.info.description_id == call.task_type_id:
        task = state.tasks[before.number]
        if state.now - task.info.queue_time <= 2 * MILLISECOND:
            return state, task.info
    return remembering(after, "last", (new, call.obj)), info


@mutant("answer-refers-to-the-parent", tasks.create_task)
def answer_refers_to_the_parent(original, state, call, choices):
    """The TaskInfo that is answered has the parent's reference, if there is a parent. The task itself is right."""
    after, info = original(state, call, choices)
    parent = parent_of(after, after.tasks[after.keys[info.key]])
    return after, info if parent is None else evolve(info, task=parent.info.task)


@mutant("task-object-comes-a-call-later", tasks.info_for)
def task_object_comes_a_call_later(original, state, session, task, choices):
    """A new task cannot be read for 1.5 ms."""
    early = task.maker and state.now < task.info.queue_time + 3 * MILLISECOND // 2
    fault_if(early, "ManagedObjectNotFound")
    return original(state, session, task, choices)


@mutant("child-cannot-be-read-while-its-parent-is-queued", tasks.info_for)
def child_cannot_be_read_while_its_parent_is_queued(original, state, session, task, choices):
    """A task cannot be read while its parent is queued."""
    parent = parent_of(state, task)
    fault_if(parent is not None and parent.info.state == QUEUED, "ManagedObjectNotFound")
    return original(state, session, task, choices)


@mutant("not-listed-until-read", tasks.read_task_info)
def note_what_is_read(original, state, call, choices):
    """Remember which tasks were read."""
    after, found = original(state, call, choices)
    read = {one.value.key for one in found if one.value is not None}
    return remembering(after, "read", remembered(state, "read", frozenset()) | read), found


@mutant("not-listed-until-read", recent.is_listed)
def not_listed_until_read(original, state, session, task, choices):
    """A queued task is listed once its info was read."""
    read = task.info.state != QUEUED or task.info.key in remembered(state, "read", frozenset())
    return read and original(state, session, task, choices)


@mutant("queued-children-are-not-listed", recent.is_listed)
def queued_children_are_not_listed(original, state, session, task, choices):
    """A queued task with a parent is not listed."""
    queued_child = task.info.state == QUEUED and task.info.parent_task_key is not None
    return not queued_child and original(state, session, task, choices)


# --- the info ---------------------------------------------------------------------------------------------------------


@mutant("entity-of-a-host-is-its-compute-resource", tasks.entity_of)
def entity_of_a_host_is_its_compute_resource(original, state, session, obj, choices):
    """A task on a HostSystem is one on the host's parent."""
    entity = original(state, session, obj, choices)
    is_host = entity is not None and entity.ref.type == "HostSystem"
    return state.entities[entity.parent.value] if is_host else entity


@made("entity-name-of-a-folder-is-its-reference")
def entity_name_of_a_folder_is_its_reference(state, info):
    """The entityName of a task on a Folder is the value of the folder's reference."""
    is_folder = info.entity is not None and info.entity.type == "Folder"
    return evolve(info, entity_name=info.entity.value) if is_folder else info


@made("type-is-the-first-of-its-extension")
def type_is_the_first_of_its_extension(state, info):
    """The descriptionId is the first of the task types of the extension that registers the type."""
    taken = [types[0] for types in descriptions.registered_types(state) if info.description_id in types]
    return evolve(info, description_id=taken[0]) if taken else info


@mutant("not-cancelable-only-the-first-time", tasks.admit)
def not_cancelable_only_the_first_time(original, state, info, maker=0):
    """A login can make one task that is not cancelable."""
    if maker and not info.cancelable:
        info = evolve(info, cancelable=remembered(state, f"{maker}", default=False))
        state = remembering(state, f"{maker}", value=True)
    return original(state, info, maker)


@mutant("initiated-by-ignored", tasks.reason_of)
def initiated_by_ignored(original, state, session, call, choices):
    """The reason names the session's own user."""
    return original(state, session, evolve(call, initiated_by=None), choices)


@made("new-task-carries-the-last-result")
def new_task_carries_the_last_result(state, info):
    """A new task has the result of the last task that completed on its entity."""
    results = (one.info.result for one in completed(state) if one.info.entity == info.entity)
    return info if info.entity is None else evolve(info, result=next(results, None))


# --- refusals ---------------------------------------------------------------------------------------------------------


def with_type(state, type_id):
    """Return the state in which an extension registers the task type."""
    return evolve(state, extensions=(*state.extensions, Extension(key="", version="", task_ids=(type_id,))))


def with_any_type(original, state, call, choices):
    """Perform a call, whatever its task type is."""
    after, info = original(with_type(state, call.task_type_id), call, choices)
    return evolve(after, extensions=state.extensions), info


@mutant("any-type-under-an-extension-key", tasks.create_task)
def any_type_under_an_extension_key(original, state, call, choices):
    """Every task type is taken that begins with the key of a registered extension."""
    if any(call.task_type_id.startswith(f"{extension.key}.") for extension in state.extensions):
        return with_any_type(original, state, call, choices)
    return original(state, call, choices)


@mutant("unknown-type-taken-for-children", tasks.create_task)
def unknown_type_taken_for_children(original, state, call, choices):
    """Every task type is taken with a parent that exists."""
    if call.parent_task_key in state.keys:
        return with_any_type(original, state, call, choices)
    return original(state, call, choices)


def never_existed(state, session, obj):
    """Tell whether an object does not exist, and never has."""
    return not inventory.exists(state, session, obj) and not inventory.is_gone(state, obj)


@mutant("unknown-object-makes-a-task-without-entity", tasks.entity_of)
def unknown_object_makes_a_task_without_entity(original, state, session, obj, choices):
    """An object is taken that never existed."""
    return None if never_existed(state, session, obj) else original(state, session, obj, choices)


@mutant("create-asks-for-read-only", tasks.check_may_create)
def create_asks_for_read_only(original, state, session, call, choices):
    """The call asks for System.Read on the object, or on the root folder if the object is no entity."""
    where = call.obj.value if call.obj.value in state.entities else state.server.root
    fault_if(not access.holds(state, session, access.SYSTEM_READ, where, choices), "NoPermission")


@mutant("create-without-privilege-is-an-invalid-argument", tasks.check_may_create)
def create_without_privilege_is_an_invalid_argument(original, state, session, call, choices):
    """A user without the privilege gets InvalidArgument."""
    held = access.holds(state, session, tasks.TASK_CREATE, state.server.root, choices)
    fault_if(not held, "InvalidArgument")


def refused_but_created(name):
    """Declare a mutant in which a call that rightly faults leaves a task behind: the one that the call makes which the
    function returns, in the state that it returns."""

    def declare(function):
        @mutant(name, tasks.create_task)
        def create_task(original, state, call, choices):
            try:
                return original(state, call, choices)
            except FaultRaised as raised:
                told = raised.name
            after, _ = original(*function(state, call), choices)
            return fault(told, after=evolve(after, extensions=state.extensions, privileges=state.privileges))

        return function

    return declare


@refused_but_created("unknown-type-refused-but-created")
def unknown_type_refused_but_created(state, call):
    """Register the type, and leave out a parent that does not exist."""
    if not state.server.vcenter or descriptions.is_registered(state, call.task_type_id):
        return state, call
    known = call.parent_task_key in state.keys
    return with_type(state, call.task_type_id), call if known else evolve(call, parent_task_key=None)


@refused_but_created("unknown-object-refused-but-created")
def unknown_object_refused_but_created(state, call):
    """Take the TaskManager, which is no entity, for an object that never existed."""
    unknown = never_existed(state, access.current(state, call.session), call.obj)
    return state, evolve(call, obj=state.server.task_manager) if unknown else call


@refused_but_created("create-refused-but-created")
def create_refused_but_created(state, call):
    """Grant the privilege."""
    account, root = access.current(state, call.session).account, state.server.root
    held = state.privileges[account]
    granted = held.set(root, held.get(root, frozenset()) | {tasks.TASK_CREATE})
    return evolve(state, privileges=state.privileges.set(account, granted)), call
