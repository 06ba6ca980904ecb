"""Arguments: a domain for every argument of every call, by its type. No parameter decides two things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.spec.items import MAX_COUNT
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import (
    NOBODY,
    ExtensionKey,
    Locale,
    ObjectRef,
    Place,
    TaskInfoFilterSpec,
    TypeId,
    UserName,
)
from taskconform.model.vocabulary.faults import OTHER_FAULTS, VIM_FAULTS
from taskconform.strategies.domains.drawing import chance, number, one_of, some_of
from taskconform.strategies.domains.numbers import counts, percentages, seconds, sizes
from taskconform.strategies.domains.selections import NO_KEY, STATES, selection
from taskconform.strategies.domains.texts import texts, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.strategies.domains.drawing import Draw
    from taskconform.strategies.domains.known import Known

ROLES: Final = ("vm",) * 6 + ("folder", "folder", "host", "root", "readable", "hidden", "granted", "ancestor")
ODD_ROLES: Final = ("manager", "nowhere")
SPECIAL: Final = ("restricted", "delegate", "outsider")
WHICH: Final = ("other", "third", "Other", "othe")
"""Keys of extensions, alike among themselves."""
VIM: Final = tuple(sorted(VIM_FAULTS))
NO_VIM: Final = tuple(sorted(OTHER_FAULTS))
NO_TASK: Final = Place(role="no-task")


def a_session(known: Known, draw: Draw) -> str:
    """Return a full session; now and then another, one that has ended, or nobody's."""
    if chance(draw, 90):
        return one_of(draw, known.full())
    return one_of(draw, (*known.sessions, *known.ended, NOBODY))


def a_place(known: Known, draw: Draw) -> Any:
    """Return an entity of the inventory, a folder of the plan's, or what is no entity."""
    if known.folders and chance(draw, 20):
        return one_of(draw, known.folders)
    return Place(role=one_of(draw, ROLES if chance(draw, 96) else ODD_ROLES), index=number(draw, 0, 7))


def a_task(known: Known, draw: Draw) -> Any:
    """Return a task that the plan made, the one of the last call and those made last more often; now and then one that
    never was."""
    if not known.tasks or chance(draw, 2):
        return NO_TASK
    if known.touched is not None and chance(draw, 30):
        return known.touched
    return one_of(draw, known.tasks[-6:] if chance(draw, 60) else known.tasks)


def tasks(known: Known, draw: Draw) -> tuple[Any, ...]:
    """Return some tasks, in any order, none twice."""
    return some_of(draw, known.tasks, most=64 if chance(draw, 90) else 128) if known.tasks else (NO_TASK,)


def a_user(_known: Known, draw: Draw) -> UserName | None:
    """Return nobody, or any user's name, now and then spelled otherwise."""
    if chance(draw, 60):
        return None
    account = one_of(draw, ("primary", "second", "stranger", *SPECIAL))
    return UserName(account=account, spelling="given" if chance(draw, 90) else one_of(draw, ("upper", "bare")))


def a_parent(known: Known, draw: Draw) -> Any:
    """Return no key, a task's, most often the last one's, so that chains get long; or one that nobody has."""
    if not known.tasks or chance(draw, 50):
        return None
    if chance(draw, 4):
        return NO_KEY
    return known.tasks[-1] if chance(draw, 50) else one_of(draw, known.tasks)


def an_activation(known: Known, draw: Draw) -> str | None:
    """Return no id, one that a task has, or a new one."""
    if chance(draw, 40):
        return None
    return one_of(draw, known.activations) if known.activations and chance(draw, 40) else draw(texts())


def a_type(known: Known, draw: Draw) -> TypeId:
    """Return the id of a task type that an extension has; now and then one that none has."""
    return one_of(draw, known.types) if chance(draw, 94) else TypeId(which=one_of(draw, ("unregistered", "built-in")))


def types_of(known: Known, draw: Draw, which: str) -> tuple[TypeId, ...]:
    """Return the task types of an extension, 66 at most: some with alike names, some that another extension has too."""
    alike = (f"{which}.{draw(words())}" for _ in range(number(draw, 0, 3)))
    names = dict.fromkeys((*alike, *(f"{which}.t{each}" for each in range(draw(sizes(60))))))
    shared = some_of(draw, known.types, most=3) if chance(draw, 30) else ()
    return tuple(dict.fromkeys((*(TypeId(which=name) for name in names), *shared)))


def a_result(_known: Known, draw: Draw) -> str | ObjectRef | None:
    """Return nothing, a text, an empty one, or a reference of any type."""
    if chance(draw, 60):
        return None
    if chance(draw, 30):
        kind = one_of(draw, ("Folder", "VirtualMachine", "Task", "Datastore"))
        return ObjectRef(type=kind, value=f"{kind.lower()}-{number(draw, 1, 999)}")
    return draw(texts()) if chance(draw, 90) else ""


def a_fault(_known: Known, draw: Draw) -> str | None:
    """Return no fault, any that extends VimFault, or one that does not."""
    if chance(draw, 50):
        return None
    return one_of(draw, VIM if chance(draw, 90) else NO_VIM)


def message_arguments(_known: Known, draw: Draw) -> tuple[tuple[str, str], ...]:
    """Return the arguments of a message: none, a few, or nine, each with a key of its own."""
    values = (draw(texts()) for _ in range(number(draw, 0, 9)))
    return tuple((f"{number}", value) for number, value in enumerate(values))


def a_version(known: Known, draw: Draw) -> Any:
    """Return the initial version, one that was given, most often the last one; or none that was."""
    if not known.versions or chance(draw, 25):
        return "" if chance(draw, 85) else one_of(draw, ("no-such-version", "0", "-1"))
    return known.versions[-1] if chance(draw, 70) else one_of(draw, known.versions)


def an_info_filter(known: Known, draw: Draw) -> TaskInfoFilterSpec[Any] | None:
    """Return an info filter, empty or not."""
    if chance(draw, 10):
        return None
    flags = (None, True, False)
    ids = some_of(draw, known.types, least=0, most=3)
    return TaskInfoFilterSpec(remove_all=one_of(draw, flags), description_ids=ids, filter_in=one_of(draw, flags))


def watched(known: Known, draw: Draw) -> tuple[Any, ...]:
    """Return what a property filter is made over: tasks, one view, or one collector."""
    for things, percent in ((known.views, 35), (known.collectors, 30)):
        if things and chance(draw, percent):
            return (one_of(draw, things)[1],)
    return tasks(known, draw)


DOMAINS: Final[dict[str, Callable[[Known, Draw], Any]]] = {
    "session": a_session,
    "account": lambda _known, draw: one_of(draw, ("primary", "second", "second", *SPECIAL)),
    "locale": lambda _known, draw: None if chance(draw, 60) else Locale(index=number(draw, 0, 3)),
    "seconds": lambda _known, draw: draw(seconds()),
    "obj": a_place,
    "entity": a_place,
    "parent": a_place,
    "task": a_task,
    "tasks": tasks,
    "objs": tasks,
    "add": lambda known, draw: tasks(known, draw) if chance(draw, 60) else (),
    "remove": lambda known, draw: tasks(known, draw) if chance(draw, 60) else (),
    "task_type_id": a_type,
    "cancelable": lambda _known, draw: chance(draw, 70),
    "initiated_by": a_user,
    "parent_task_key": a_parent,
    "activation_id": an_activation,
    "state": lambda _known, draw: one_of(draw, (*STATES, "running", "success")),
    "result": a_result,
    "fault": a_fault,
    "percent_done": lambda _known, draw: draw(percentages()),
    "args": message_arguments,
    "filter": selection,
    "info_filter": an_info_filter,
    "max_count": lambda _known, draw: draw(counts()),
    "watched": watched,
    "report_missing": lambda _known, draw: chance(draw, 50),
    "version": a_version,
    "max_object_updates": lambda _known, draw: None if chance(draw, 50) else draw(sizes(MAX_COUNT)),
    "name": lambda _known, draw: "taskconform" if chance(draw, 40) else f"taskconform {draw(words())}",
    "scheduled_task": lambda known, draw: one_of(draw, known.schedules),
    "alarm": lambda known, draw: one_of(draw, known.alarms),
}
"""The domain of every argument, by the name of its field. A thing of a session's own is in `OWNED`."""

OF_CALL: Final[dict[tuple[type, str], Callable[[Known, Draw], Any]]] = {
    (c.SetTaskDescription, "key"): lambda _known, draw: draw(words() if chance(draw, 70) else texts()),
    (c.FindExtension, "key"): lambda _known, draw: ExtensionKey(which=one_of(draw, ("", *WHICH))),
    (c.DestroyPropertyFilter, "filter"): lambda known, draw: one_of(draw, known.filters)[1],
    (c.QueryTaskEvents, "chain"): lambda known, draw: c.Chain(task=one_of(draw, known.tasks)),
    (c.WaitForRecentTask, "fresh"): lambda _known, draw: chance(draw, 40),
}
"""The domain of an argument whose field has the name of others of another type."""

OWNED: Final[dict[type[Any], tuple[str, str]]] = {
    c.CreateFilter: ("collector", "property_collectors"),
    c.WaitForUpdatesEx: ("collector", "property_collectors"),
    c.DestroyPropertyCollector: ("collector", "property_collectors"),
    c.ModifyListView: ("view", "views"),
    c.ResetListView: ("view", "views"),
    c.ReadView: ("view", "views"),
    c.DestroyView: ("view", "views"),
    c.DestroyPropertyFilter: ("filter", "filters"),
    c.ReadCollectorFilter: ("collector", "collectors"),
    c.ReadLatestPage: ("collector", "collectors"),
    c.SetCollectorPageSize: ("collector", "collectors"),
    c.RewindCollector: ("collector", "collectors"),
    c.ResetCollector: ("collector", "collectors"),
    c.ReadNextTasks: ("collector", "collectors"),
    c.ReadPreviousTasks: ("collector", "collectors"),
    c.DestroyCollector: ("collector", "collectors"),
}
"""Calls on a thing of a session's own: the argument that names it, and where the things stand."""


def arguments(known: Known, draw: Draw, cls: type[Any]) -> dict[str, Any] | None:
    """Draw every argument of a call; None if it needs a thing of which the plan has made none. A thing of a session's
    own is named by that session, and by another one now and then."""
    given: dict[str, Any] = {}
    if cls in OWNED:
        name, where = OWNED[cls]
        things = getattr(known, where)
        if not things:
            return None
        owner, given[name] = one_of(draw, things[-4:] if chance(draw, 70) else things)
        if chance(draw, 95):
            given["session"] = owner
    for name in cls.__struct_fields__:
        if name not in given:
            domain = OF_CALL.get((cls, name)) or DOMAINS.get(name)
            if domain is not None:
                given[name] = domain(known, draw)
    return given
