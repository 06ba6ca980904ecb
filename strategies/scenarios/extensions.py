"""Extensions and their task types: the approaches, and the steps that they share with other approaches.

The extensions are the suite's own, beside the one that every episode registers. An episode may string approaches
together, so a key may be registered already when an approach begins, or not be any more: both are situations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from taskconform.model.vocabulary.calls import (
    CreateTask,
    ExtensionKey,
    FindExtension,
    Place,
    ReadDescription,
    ReadExtensionList,
    ReadTaskInfo,
    RegisterExtension,
    SetTaskState,
    TypeId,
    UnregisterExtension,
    UpdateExtension,
    UpdateProgress,
)
from taskconform.model.vocabulary.outcomes import RUNNING, SUCCESS
from taskconform.model.vocabulary.plan import Act
from taskconform.strategies.drawing.planner import ENTITY_ROLES, INDEX, RESULTS
from taskconform.strategies.scenarios.scenario import approach

if TYPE_CHECKING:
    from taskconform.model.vocabulary.calls import Made, PlannedCall
    from taskconform.strategies.domains.drawing import Draw
    from taskconform.strategies.drawing.planner import PlannedTask, Planner

THEME: Final = "services"

EXTENSIONS: Final = st.sampled_from(("other", "third"))
"""Which of the suite's further extensions."""

WORDS: Final = ("work", "rest", "check")
"""The last words of their task type ids."""

SOME: Final = st.lists(st.sampled_from(WORDS), min_size=1, max_size=2, unique=True)
"""Some of them, never all."""

VERSIONS: Final = st.sampled_from(("1.0.0", "1.0.1", "2.0", "10.2.3.4"))
"""Extension version numbers, "as a dot-separated string"."""

NEVER: Final = "unregistered"
"""Which extension, or task type, is never registered."""

# --- steps that approaches share --------------------------------------------------------------------------------------


def types_of(which: str, words: list[str]) -> tuple[TypeId, ...]:
    """Task type ids of an extension."""
    return tuple(TypeId(which=f"{which}.{word}") for word in words)


def say(planner: Planner, *calls: PlannedCall) -> Made:
    """Append calls; what the last of them makes."""
    made = [planner.plan(Act(call=call)) for call in calls]
    return made[-1]


def register(planner: Planner, session: str, which: str, words: list[str], version: str) -> None:
    """Append a RegisterExtension."""
    ids = types_of(which, words)
    say(planner, RegisterExtension(session=session, key=ExtensionKey(which=which), version=version, task_ids=ids))


def update(planner: Planner, session: str, which: str, words: list[str], version: str) -> None:
    """Append an UpdateExtension."""
    ids = types_of(which, words)
    say(planner, UpdateExtension(session=session, key=ExtensionKey(which=which), version=version, task_ids=ids))


def find(planner: Planner, session: str, which: str) -> None:
    """Append a FindExtension."""
    say(planner, FindExtension(session=session, key=ExtensionKey(which=which)))


def try_type(planner: Planner, session: str, which: str, index: int) -> None:
    """Append a CreateTask of a type that may be refused, and a look for what it made all the same."""
    call = CreateTask(
        session=session, obj=Place(role="vm", index=index), task_type_id=TypeId(which=which), cancelable=True
    )
    planner.plan(Act(call=call, look=True))
    planner.look(session, [])


def prepared(
    planner: Planner, draw: Draw, which: str, words: list[str], *, seen: bool = False, version: str | None = None
) -> str:
    """A session; an extension that is registered if it was not, and perhaps (if `seen`, surely) looked at; a task of
    the suite's main extension, so that what goes wrong with another one's types is told from what goes wrong with
    CreateTask."""
    session = planner.full_session(draw)
    planner.create(session, "vm", draw(INDEX))
    register(planner, session, which, words, version or draw(VERSIONS))
    if seen or draw(st.booleans()):
        find(planner, session, which)
    return session


# --- ExtensionManager -------------------------------------------------------------------------------------------------


@approach(THEME, "extension.register", "extension.find", "description.lookup-extension")
def register_and_use(planner: Planner, draw: Draw) -> None:
    """A new extension, found, and its task types used."""
    which, words = draw(EXTENSIONS), draw(SOME)
    session = prepared(planner, draw, which, words)
    find(planner, session, which)
    for word in words:
        planner.create(session, draw(ENTITY_ROLES), draw(INDEX), which=f"{which}.{word}")
    other = planner.login("second") if draw(st.booleans()) else session
    say(planner, ReadExtensionList(session=other), ReadDescription(session=other))


@approach(THEME, "extension.register", "extension.find")
def register_two(planner: Planner, draw: Draw) -> None:
    """Two extensions, one after the other, and the task types of both."""
    first, then = draw(st.permutations(("other", "third")))
    of_first, of_then = draw(SOME), draw(SOME)
    session = prepared(planner, draw, first, of_first)
    register(planner, session, then, of_then, draw(VERSIONS))
    for which, words in draw(st.permutations(((first, of_first), (then, of_then)))):
        for word in words:
            planner.create(session, draw(ENTITY_ROLES), draw(INDEX), which=f"{which}.{word}")
    find(planner, session, draw(st.sampled_from((first, then))))


@approach(THEME, "extension.duplicate", "extension.find")
def register_twice(planner: Planner, draw: Draw) -> None:
    """The same key again, with the same description or another, by the same user or another."""
    which, words = draw(EXTENSIONS), draw(SOME)
    session = prepared(planner, draw, which, words, seen=True)
    again, version = draw(SOME), draw(VERSIONS)
    register(planner, planner.login("second") if draw(st.booleans()) else session, which, again, version)
    find(planner, session, which)
    if draw(st.booleans()):
        try_type(planner, session, f"{which}.{draw(st.sampled_from(again))}", draw(INDEX))
    say(planner, ReadExtensionList(session=session))


@approach(THEME, "extension.incomplete", "extension.find")
def describe_incompletely(planner: Planner, draw: Draw) -> None:
    """A description without a version: of a new extension, and of one that is there."""
    which, words = draw(EXTENSIONS), draw(SOME)
    session = planner.full_session(draw)
    key, ids = ExtensionKey(which=which), types_of(which, draw(SOME))
    find(planner, session, which)
    say(planner, RegisterExtension(session=session, key=key, version=None, task_ids=ids))
    find(planner, session, which)
    try_type(planner, session, ids[0].which, draw(INDEX))
    register(planner, session, which, words, draw(VERSIONS))
    find(planner, session, which)
    say(planner, UpdateExtension(session=session, key=key, version=None, task_ids=ids))
    find(planner, session, which)


@approach(THEME, "extension.unregister", "extension.unregister-tasks", "extension.find", "create.unknown-type-fault")
def unregister_and_use(planner: Planner, draw: Draw) -> None:
    """An extension goes, while one of its tasks is live and another has ended, and an extension with a key much like
    its own stays: the types of both, the tasks, and what was found."""
    which, words = draw(EXTENSIONS), draw(SOME)
    session = prepared(planner, draw, which, words)
    alike = draw(st.sampled_from((f"{which}.more", which[:-1], which.upper())))
    register(planner, session, alike, words, draw(VERSIONS))
    word = draw(st.sampled_from(words))
    done = planner.create(session, "vm", draw(INDEX), which=f"{which}.{word}")
    planner.set_state(session, done, RUNNING)
    planner.set_state(session, done, SUCCESS, result=draw(RESULTS))
    task = planner.create(session, "vm", draw(INDEX), which=f"{which}.{word}", cancelable=draw(st.booleans()))
    if draw(st.booleans()):
        planner.set_state(session, task, RUNNING)
    say(planner, UnregisterExtension(session=session, key=ExtensionKey(which=which)))
    if draw(st.booleans()):
        find(planner, session, which)
    say(planner, ReadDescription(session=session))
    try_type(planner, session, f"{which}.{word}", draw(INDEX))
    planner.create(session, "vm", draw(INDEX), which=f"{alike}.{word}")
    find(planner, session, alike)
    go_on(planner, draw, session, task)
    say(planner, ReadTaskInfo(session=session, tasks=(done.made,)), ReadExtensionList(session=session))


@approach(THEME, "extension.unregister", "extension.update", "extension.find")
def unregister_what_was_updated(planner: Planner, draw: Draw) -> None:
    """An extension is updated, and goes: none of its types is good any more, whenever it came."""
    which = draw(EXTENSIONS)
    first, then = (draw(SOME) for _ in range(2))
    session = prepared(planner, draw, which, first)
    update(planner, session, which, then, draw(VERSIONS))
    say(planner, ReadDescription(session=session))
    for word in then:
        planner.create(session, "vm", draw(INDEX), which=f"{which}.{word}")
    say(planner, UnregisterExtension(session=session, key=ExtensionKey(which=which)))
    say(planner, ReadDescription(session=session))
    for word in dict.fromkeys((*then, *first)):
        try_type(planner, session, f"{which}.{word}", draw(INDEX))
    find(planner, session, which)


def go_on(planner: Planner, draw: Draw, session: str, task: PlannedTask) -> None:
    """What an extension would do next with a task of its: read it, and move it on."""
    say(planner, ReadTaskInfo(session=session, tasks=(task.made,)))
    call: PlannedCall = SetTaskState(session=session, task=task.made, state=RUNNING)
    if task.state == RUNNING:
        call = UpdateProgress(session=session, task=task.made, percent_done=draw(st.integers(1, 99)))
    planner.plan(Act(call=call, look=True))
    task.state = None


@approach(THEME, "extension.update", "extension.update-removed", "extension.find")
def change_the_types(planner: Planner, draw: Draw) -> None:
    """An update brings a task type, leaves another out, and perhaps keeps one; then all are used."""
    which, order = draw(EXTENSIONS), draw(st.permutations(WORDS))
    kept = order[2:] if draw(st.booleans()) else []
    session = prepared(planner, draw, which, [order[0], *kept])
    if draw(st.booleans()):
        planner.create(session, "vm", draw(INDEX), which=f"{which}.{order[0]}")
    update(planner, session, which, [order[0], *kept], draw(VERSIONS))
    update(planner, session, which, [order[1], *kept], draw(VERSIONS))
    first = draw(st.booleans())
    if first:
        find(planner, session, which)
    say(planner, ReadDescription(session=session))
    for word in [order[1], *kept]:
        planner.create(session, draw(ENTITY_ROLES), draw(INDEX), which=f"{which}.{word}")
    try_type(planner, session, f"{which}.{order[0]}", draw(INDEX))
    if not first:
        find(planner, session, which)


@approach(THEME, "create.unknown-type", "create.unknown-type-fault")
def use_a_type_nobody_declares(planner: Planner, draw: Draw) -> None:
    """A task type id that no extension has ever declared, beside one that is declared."""
    session = planner.full_session(draw)
    if draw(st.booleans()):
        register(planner, session, draw(EXTENSIONS), draw(SOME), draw(VERSIONS))
    try_type(planner, session, NEVER, draw(INDEX))
    planner.create(session, draw(ENTITY_ROLES), draw(INDEX), which=draw(st.sampled_from(("work", "rest"))))


@approach(THEME, "extension.update-unknown", "extension.unregister-unknown", "extension.find")
def name_an_unknown_extension(planner: Planner, draw: Draw) -> None:
    """Calls with the key of no extension: of one that never was, or that was just unregistered."""
    which, words = draw(st.sampled_from((NEVER, "other", "third"))), draw(SOME)
    session, key = planner.full_session(draw), ExtensionKey(which=which)
    if which != NEVER:
        register(planner, session, which, words, draw(VERSIONS))
        say(planner, UnregisterExtension(session=session, key=key))
    find(planner, session, which)
    update(planner, session, which, draw(SOME), draw(VERSIONS))
    find(planner, session, which)
    say(planner, UnregisterExtension(session=session, key=key), ReadExtensionList(session=session))


@approach(THEME, "extension.privilege", "extension.find")
def meddle_without_privilege(planner: Planner, draw: Draw) -> None:
    """A user without the privileges registers one extension, and changes or unregisters another; the full user
    looks."""
    which, words = draw(EXTENSIONS), draw(SOME)
    absent = "third" if which == "other" else "other"
    version = draw(VERSIONS)
    session = prepared(planner, draw, which, words, seen=True, version=version)
    restricted = planner.login("restricted")
    say(planner, UnregisterExtension(session=session, key=ExtensionKey(which=absent)))
    find(planner, session, absent)
    register(planner, restricted, absent, draw(SOME), draw(VERSIONS))
    find(planner, session, absent)
    for newer in draw(st.permutations((version, draw(VERSIONS)))):
        update(planner, restricted, which, draw(SOME), newer)
        find(planner, session, which)
    say(planner, UnregisterExtension(session=restricted, key=ExtensionKey(which=which)))
    find(planner, session, which)
    planner.create(session, "vm", draw(INDEX), which=f"{which}.{words[0]}")
