"""Task types: which ids CreateTask accepts.

    declared ──UpdateExtension without it──> left out
       │  ^                                     │
       │  └──RegisterExtension, UpdateExtension─┘
       └─────UnregisterExtension────────────> unregistered

The server is given the settling time to follow: until then nothing is demanded of an id that was taken away, and a
refusal of one that was just declared is asked for again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.oracle.belief_extensions import Registration, Withdrawn
from taskconform.model.oracle.findings import Said, only, refusal, rule
from taskconform.model.vocabulary.outcomes import SECOND, Faulted, Outcome, Returned, TaskInfo
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import World
    from taskconform.model.oracle.belief_extensions import Extensions
    from taskconform.model.vocabulary.calls import CreateTask
    from taskconform.model.vocabulary.outcomes import Interval

NEVER: Final = ".unregistered"
"""What an extension key, or a task type id, of ours ends in that no plan ever registers."""

UNKNOWN: Final = "create.unknown-type"
"""The clause for ids that were never declared."""


# --- what is declared -------------------------------------------------------------------------------------------------


def is_unheard_of(world: World, name: str) -> bool | None:
    """Whether a key or an id of ours that this episode has said nothing of is unknown to the server: sure of one that
    no plan uses, and on a fresh server state; else an earlier episode may have left it behind."""
    return True if name.endswith(NEVER) or "reset" in world.declaration.capabilities else None


def is_settled(world: World, since: int) -> bool:
    """Whether the settling time is surely over for what happened at `since`."""
    settling = world.declaration.settling * SECOND
    return not settling or world.extensions.as_of - since >= settling


def missing_clause(world: World, task_id: str) -> str | None:
    """The clause that says that CreateTask refuses a task type id; "" for one that is declared; None where it is
    open."""
    known = world.extensions
    if task_id in known.sure:
        return ""
    if task_id in known.perhaps:
        return None
    withdrawn = known.withdrawn.get(task_id)
    if withdrawn is None:
        return UNKNOWN if is_unheard_of(world, task_id) else None
    return withdrawn.clause if withdrawn.clause and is_settled(world, withdrawn.since) else None


def recounted(known: Extensions) -> Extensions:
    """The same, with the ids that are declared by one extension or another counted again, after one changed."""
    sure: frozenset[str] = frozenset()
    perhaps: frozenset[str] = frozenset()
    for one in known.keys.values():
        if one.there:
            sure |= one.task_ids
            perhaps |= one.perhaps_ids
        elif one.there is None:
            perhaps |= one.task_ids | one.perhaps_ids
    return evolve(known, sure=sure, perhaps=perhaps - sure)


def withdraw(world: World, known: Extensions, key: str, ids: frozenset[str], clause: str) -> Extensions:
    """These ids are not declared by an extension any more; `clause` says so, "" leaves it open. It is open for an id
    that was taken away for another reason before: if it is still accepted, either may have failed."""
    withdrawn = known.withdrawn
    for one in ids:
        before = withdrawn.get(one)
        why = clause if before is None or before.clause == clause else ""
        withdrawn = withdrawn.set(one, Withdrawn(clause=why, key=key, since=world.now, seq=world.seq))
    return evolve(known, withdrawn=withdrawn)


# --- CreateTask: refusals ---------------------------------------------------------------------------------------------


@refusal("extension.unregister", "MethodFault")
def type_was_unregistered(world: World, call: CreateTask) -> bool | None:
    """After UnregisterExtension its ids are refused, if no other extension declares them."""
    return is_refused_for(world, call, "extension.unregister")


@refusal("extension.update-removed", "MethodFault")
def type_was_left_out(world: World, call: CreateTask) -> bool | None:
    """UpdateExtension: "the existing record is updated". An id left out of a given taskList is refused."""
    return is_refused_for(world, call, "extension.update-removed")


@refusal("extension.privilege", "MethodFault")
def type_came_without_privilege(world: World, call: CreateTask) -> bool | None:
    """A call without the privilege changes nothing: the ids in it are not declared."""
    return is_refused_for(world, call, "extension.privilege")


@refusal("extension.incomplete", "MethodFault")
def type_came_with_an_incomplete_description(world: World, call: CreateTask) -> bool | None:
    """An incomplete description registers nothing: the ids in it are not declared."""
    return is_refused_for(world, call, "extension.incomplete")


@refusal("extension.duplicate", "MethodFault")
def type_came_with_a_taken_key(world: World, call: CreateTask) -> bool | None:
    """A key that is registered already is refused: the ids in the second description are not declared."""
    return is_refused_for(world, call, "extension.duplicate")


@refusal("extension.update-unknown", "MethodFault")
def type_came_with_an_unknown_key(world: World, call: CreateTask) -> bool | None:
    """An update of an unknown key is refused: the ids in it are not declared."""
    return is_refused_for(world, call, "extension.update-unknown")


def is_refused_for(world: World, call: CreateTask, clause: str) -> bool:
    """Whether the task type id is surely not declared, and this clause says so."""
    task_id = call.task_type_id
    return is_withdrawn(world, call) and world.declaration.is_vcenter and missing_clause(world, task_id) == clause


def is_withdrawn(world: World, call: CreateTask) -> bool:
    """Whether this episode has named the id, and the server does not surely know it."""
    task_id = call.task_type_id
    return task_id in world.extensions.withdrawn and task_id not in world.extensions.sure


CREATE = only(
    is_withdrawn,
    type_was_unregistered,
    type_was_left_out,
    type_came_without_privilege,
    type_came_with_an_incomplete_description,
    type_came_with_a_taken_key,
    type_came_with_an_unknown_key,
)
"""Why CreateTask refuses an id of ours that this episode has named before. One that it has not is
create.unknown-type."""


# --- CreateTask: what is accepted -------------------------------------------------------------------------------------


def declaring(world: World, task_id: str) -> Registration | None:
    """The registration that surely declares an id; of several, always the same one."""
    keys = world.extensions.keys
    able = sorted(key for key, one in keys.items() if one.there and task_id in one.task_ids)
    return keys[able[0]] if able else None


@rule("extension.register")
def registered_id_is_accepted(world: World, call: CreateTask, _info: TaskInfo, _at: Interval) -> Said:
    """A registered extension's taskList ids are accepted by CreateTask: the first time that one is."""
    task_id = call.task_type_id
    if task_id in world.extensions.accepted:
        return None
    by = declaring(world, task_id)
    return True if by is not None and not by.updated else None


@rule("extension.update")
def added_id_is_accepted(world: World, call: CreateTask, _info: TaskInfo, _at: Interval) -> Said:
    """An id added by UpdateExtension is accepted: the first time that it is."""
    task_id = call.task_type_id
    if task_id in world.extensions.accepted:
        return None
    by = declaring(world, task_id)
    return True if by is not None and task_id in by.added else None


ON_CREATE = (registered_id_is_accepted, added_id_is_accepted)


def create_clause(world: World, call: CreateTask) -> str:
    """What a CreateTask breaks that is refused for no documented reason. Its type, if that was never accepted since it
    was declared, while other types were, and nothing else about the call is unusual; "" where no type ever was, so that
    either may be to blame."""
    task_id = call.task_type_id
    by = declaring(world, task_id)
    if by is None or task_id in world.extensions.accepted:
        return "create.returns"
    if call.initiated_by is not None or call.parent_task_key is not None or call.activation_id is not None:
        return "create.returns"
    if not world.extensions.accepted:
        return "create.returns" if world.extensions.keys.get(world.declaration.extension_key) is by else ""
    return "extension.update" if by.updated else "extension.register"


def is_fresh(world: World, call: CreateTask) -> bool:
    """Whether the id was declared so lately that it may not be accepted yet."""
    by = declaring(world, call.task_type_id)
    return by is not None and world.now - by.since <= world.declaration.settling * SECOND


def advance_task_type(world: World, call: CreateTask, outcome: Outcome, refused: tuple[str, ...]) -> World:
    """What an answer of CreateTask shows of its type is believed from then on."""
    task_id = call.task_type_id
    known = world.extensions
    if isinstance(outcome, Returned):
        if task_id in known.accepted:
            return world
        known = evolve(known, accepted=known.accepted | {task_id})
        return evolve(world, extensions=_confirmed(world, known, task_id))
    if not isinstance(outcome, Faulted) or refused or not create_clause(world, call).startswith("extension."):
        return world
    for key, one in known.keys.items():
        if task_id in one.task_ids:
            doubted = evolve(one, task_ids=one.task_ids - {task_id}, perhaps_ids=one.perhaps_ids | {task_id})
            known = evolve(known, keys=known.keys.set(key, doubted))
            known = _doubt_update(known, key) if one.updated else known
    return evolve(world, extensions=recounted(known))


def _doubt_update(known: Extensions, key: str) -> Extensions:
    """One thing that an UpdateExtension should have done was not: whether it did the others is open."""
    one, withdrawn = known.keys[key], known.withdrawn
    back = {
        task_id for task_id, why in withdrawn.items() if why.key == key and why.clause == "extension.update-removed"
    }
    for task_id in back:
        withdrawn = withdrawn.set(task_id, evolve(withdrawn[task_id], clause=""))
    doubted = evolve(
        one, version=None, task_ids=one.task_ids - one.added, perhaps_ids=one.perhaps_ids | one.added | back
    )
    return evolve(known, keys=known.keys.set(key, doubted), withdrawn=withdrawn)


def _confirmed(world: World, known: Extensions, task_id: str) -> Extensions:
    """An id was accepted: whoever declares it is there. If nobody does, the extension that had it may still be."""
    for key, one in known.keys.items():
        if one.there and task_id in one.task_ids and not one.confirmed:
            known = evolve(known, keys=known.keys.set(key, evolve(one, confirmed=True)))
    withdrawn = known.withdrawn.get(task_id)
    if task_id in known.sure or withdrawn is None or not missing_clause(world, task_id):
        return known
    owner = known.keys.get(withdrawn.key)
    if owner is not None and owner.there and withdrawn.clause == "extension.update-removed":
        return recounted(_doubt_update(known, withdrawn.key))
    if owner is not None and owner.there is False:
        known = evolve(known, keys=known.keys.set(withdrawn.key, evolve(owner, there=None)))
    return evolve(known, withdrawn=known.withdrawn.set(task_id, evolve(withdrawn, clause="")))
