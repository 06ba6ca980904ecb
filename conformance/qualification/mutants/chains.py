"""Mutants of CreateTask with a parent: chains and their heads, activations, and what a task has from its parent."""

from __future__ import annotations

from taskconform.conformance.qualification.mutants.changes import changed, made, task_of
from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.model.spec import life, tasks
from taskconform.model.vocabulary.outcomes import RUNNING
from taskconform.model.vocabulary.words import evolve

# --- parents and roots ------------------------------------------------------------------------------------------------


def inheriting(*names: str):
    """Return a stand-in for `tasks.placed` by which a task has these fields of its info from its parent."""

    def placed(original, state, key, entity, parent, choices):
        inherited = {} if parent is None else {name: getattr(parent.info, name) for name in names}
        return original(state, key, entity, parent, choices) | inherited

    return placed


mutant("child-is-on-its-parents-entity", tasks.placed)(inheriting("entity", "entity_name"))
mutant("child-is-of-its-parents-type", tasks.placed)(inheriting("description_id"))
mutant("child-is-as-cancelable-as-its-parent", tasks.placed)(inheriting("cancelable"))
mutant("child-of-a-canceled-task-is-cancelled", tasks.placed)(inheriting("cancelled"))
mutant("queue-time-of-the-parent", tasks.placed)(inheriting("queue_time"))


@mutant("child-of-a-canceled-task-is-cancelled", life.cancel_task)
def cancel_what_began_as_cancelled(original, state, call, choices):
    """A task that began as cancelled can be canceled all the same."""
    task = task_of(state, call)
    if task is not None and task.created.cancelled and all(number != task.number for _, number in state.ending):
        state = changed(state, task, cancelled=False)
    return original(state, call, choices)


@mutant("parent-is-the-head", tasks.placed)
def parent_is_the_head(original, state, key, entity, parent, choices):
    """The parentTaskKey is the key of the head of the chain."""
    fields = original(state, key, entity, parent, choices)
    return fields | {"parent_task_key": fields["root_task_key"]}


@mutant("parent-dropped-once-it-runs", tasks.placed)
def parent_dropped_once_it_runs(original, state, key, entity, parent, choices):
    """The parentTaskKey is unset if the parent is running."""
    dropped = parent is not None and parent.info.state == RUNNING
    return original(state, key, entity, parent, choices) | ({"parent_task_key": None} if dropped else {})


@mutant("parent-and-root-swapped", tasks.placed)
def parent_and_root_swapped(original, state, key, entity, parent, choices):
    """The parentTaskKey and rootTaskKey stand in each other's place, so that each parentTaskKey is the head's."""
    fields = original(state, key, entity, parent, choices)
    if parent is None:
        return fields
    head = parent.info.parent_task_key or parent.info.key
    return fields | {"parent_task_key": head, "root_task_key": parent.info.key}


@mutant("no-root-from-the-third-on", tasks.placed)
def no_root_from_the_third_on(original, state, key, entity, parent, choices):
    """The rootTaskKey is unset from the third task of a chain on."""
    third = parent is not None and parent.info.parent_task_key is not None
    return original(state, key, entity, parent, choices) | ({"root_task_key": None} if third else {})


@made("no-parent-is-oneself")
def no_parent_is_oneself(state, info):
    """A task without a parent has its own key as parentTaskKey."""
    return evolve(info, parent_task_key=info.parent_task_key or info.key)


@mutant("parent-carried-over", tasks.admit)
def parent_carried_over(original, state, info, maker=0):
    """A task without a parent has the parentTaskKey that its login gave last."""
    if maker:
        info = evolve(info, parent_task_key=info.parent_task_key or remembered(state, f"{maker}"))
        state = remembering(state, f"{maker}", info.parent_task_key)
    return original(state, info, maker)


# --- activations ------------------------------------------------------------------------------------------------------


@made("children-lose-their-activation")
def children_lose_their_activation(state, info):
    """The activationId is unset beside a parentTaskKey."""
    return info if info.parent_task_key is None else evolve(info, activation_id=None)


@mutant("first-activation-stays", tasks.admit)
def first_activation_stays(original, state, info, maker=0):
    """The first activationId that a login gives is that of all its later tasks that have one."""
    if maker and info.activation_id is not None:
        info = evolve(info, activation_id=remembered(state, f"{maker}", info.activation_id))
        state = remembering(state, f"{maker}", info.activation_id)
    return original(state, info, maker)
