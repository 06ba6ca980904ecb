"""Noted: what any answer tells beside what its call was for, and that other clauses ask for later.

- of every TaskInfo, wherever it came from: the kind of its reason, and, of operations, its descriptionId;
- of the items of collectors: which eventChainId leads to which of our tasks;
- of a Login: the locale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.oracle.descriptions import is_built_in
from taskconform.model.oracle.info import REASONS
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.outcomes import SUCCESS, Outcome, Property, Returned, TaskInfo
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.model.oracle.belief import World

MOST_FOREIGN: Final = 32
"""How many descriptionIds of others' tasks are remembered."""

READS: Final = frozenset({c.ReadTaskInfo, c.ReadNextTasks, c.ReadPreviousTasks, c.ReadLatestPage})
"""The calls that read TaskInfos."""

PAGES: Final = frozenset({c.ReadNextTasks, c.ReadPreviousTasks, c.ReadLatestPage})
"""Those of them that read items of a collector."""


def infos_in(value: Any) -> Iterable[TaskInfo]:
    """Every TaskInfo in what a read returned: single properties, a page, or a page as a property."""
    if isinstance(value, Property):
        value = value.value
    for one in value if isinstance(value, tuple) else ():
        info = one.value if one.__class__ is Property else one
        if isinstance(info, TaskInfo):
            yield info


def note(world: World, call: c.Call, outcome: Outcome) -> World:
    """This world with what an answer tells beside what its call was for."""
    if outcome.__class__ is not Returned:
        return world
    value: Any = outcome.value
    cls = call.__class__
    if cls is c.CreateTask:
        if isinstance(value, TaskInfo):
            world = _note_created(world, call, value)
    elif cls in READS:
        is_page = cls in PAGES
        for info in infos_in(value):
            if info.reason.kind not in world.extensions.descriptions.reasons:
                world = _note_reason(world, info)
            if info.task.value not in world.tasks:
                world = _note_other(world, call, info)
            elif is_page:
                world = _note_chain(world, info)
    elif isinstance(call, c.Login):
        world = _note_locale(world, call)
    return world


def _note_locale(world: World, call: c.Login) -> World:
    """The locale that a session asked for."""
    known = world.extensions.descriptions
    known = evolve(known, locales=known.locales.set(call.session, call.locale))
    return evolve(world, extensions=evolve(world.extensions, descriptions=known))


def _note_created(world: World, call: c.Call, info: TaskInfo) -> World:
    """What CreateTask returned."""
    if info.reason.kind not in world.extensions.descriptions.reasons:
        world = _note_reason(world, info)
    if world.extensions.origins.folders:
        world = _note_on_folder(world, call, info)
    return world


def _note_reason(world: World, info: TaskInfo) -> World:
    """A kind of reason that was not seen yet, if it is one of the four."""
    if info.reason.kind not in REASONS:
        return world
    known = world.extensions.descriptions
    known = evolve(known, reasons=known.reasons | {info.reason.kind})
    return evolve(world, extensions=evolve(world.extensions, descriptions=known))


def _note_on_folder(world: World, call: Any, info: TaskInfo) -> World:
    """A task on a folder of the suite's own."""
    known = world.extensions.origins
    folder = known.folders.get(call.obj.value)
    if folder is None:
        return world
    folder = evolve(folder, tasks=(*folder.tasks, info.task.value))
    known = evolve(known, folders=known.folders.set(call.obj.value, folder))
    return evolve(world, extensions=evolve(world.extensions, origins=known))


def _note_chain(world: World, info: TaskInfo) -> World:
    """The chain of one of our tasks, when a collector's item tells it for the first time."""
    chain = info.event_chain_id
    if not chain or world.tasks[info.task.value].chain:
        return world
    known = world.extensions.origins
    theirs = known.chains.get(chain, ())
    if info.task.value in theirs:
        return world
    known = evolve(known, chains=known.chains.set(chain, (*theirs, info.task.value)))
    return evolve(world, extensions=evolve(world.extensions, origins=known))


def _note_other(world: World, call: c.Call, info: TaskInfo) -> World:
    """A task that CreateTask did not make: a `_Task` call of ours started it, or somebody else."""
    folder = world.extensions.origins.destroys.get(info.task.value)
    if folder is not None:
        return _note_destroy(world, call, info, folder)
    known = world.extensions.descriptions
    if not info.name or info.description_id in known.foreign or len(known.foreign) >= MOST_FOREIGN:
        return world
    if not is_built_in(world, info.description_id):
        return world
    known = evolve(known, foreign=known.foreign | {info.description_id})
    return evolve(world, extensions=evolve(world.extensions, descriptions=known))


def _note_destroy(world: World, call: c.Call, info: TaskInfo, value: str) -> World:
    """The Task of a Destroy: its descriptionId, and, when it has succeeded, that the folder is gone."""
    known = world.extensions
    operation = (call.session, info.description_id)
    if operation not in known.descriptions.operations:
        told = evolve(known.descriptions, operations=known.descriptions.operations | {operation})
        known = evolve(known, descriptions=told)
    folder = known.origins.folders[value]
    if info.state == SUCCESS and folder.gone is None:
        folders = known.origins.folders.set(value, evolve(folder, gone=world.now))
        known = evolve(known, origins=evolve(known.origins, folders=folders))
    return evolve(world, extensions=known)
