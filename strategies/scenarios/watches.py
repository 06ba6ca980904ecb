"""Following tasks: list views, property filters, versions: the approaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from taskconform.model.vocabulary.calls import (
    MAIN,
    BreakOffWait,
    CreateFilter,
    CreateListView,
    CreatePropertyCollector,
    DestroyPropertyCollector,
    DestroyPropertyFilter,
    DestroyView,
    Logout,
    ModifyListView,
    Place,
    ReadView,
    ResetListView,
    RetrieveReported,
)
from taskconform.model.vocabulary.outcomes import QUEUED, RUNNING
from taskconform.model.vocabulary.plan import Follow
from taskconform.strategies.drawing.planner import ENTITY_ROLES, INDEX
from taskconform.strategies.scenarios.scenario import approach
from taskconform.strategies.scenarios.watched import (
    SIZES,
    Watch,
    a_session,
    act,
    end,
    follow,
    log_out,
    made,
    move,
    some_of,
    some_tasks,
    use_all,
    use_some,
    uses_of_collector,
    uses_of_view,
    wait,
    watch,
)

if TYPE_CHECKING:
    from taskconform.model.vocabulary.calls import Reference
    from taskconform.strategies.domains.drawing import Draw
    from taskconform.strategies.drawing.planner import PlannedTask, Planner

THEME: Final = "watches"

NEVER: Final = Place(role="no-task")
"""A task that never existed."""

MADE_UP: Final = st.one_of(
    st.sampled_from(("no-such-version", "-1", "1.5", "987654321")),
    st.text("abcxyz-", min_size=1, max_size=12).map("made-up-{}".format),
)
"""Versions that nobody gave."""


# --- updates ----------------------------------------------------------------------------------------------------------


@approach(THEME, "watch.list-view", "watch.truth")
def follow_a_view(planner: Planner, draw: Draw) -> None:
    """A list view, whose tasks start and end while it is watched; perhaps one is let in late."""
    watching = watch(planner, draw, a_session(planner, draw), some_tasks(planner, draw), by_view=True)
    version = follow(planner, draw, watching)
    if draw(st.booleans()):
        move(planner, draw, some_of(draw, watching.tasks))
        version = follow(planner, draw, watching, version)
    live = [task for task in watching.tasks if task.state in {QUEUED, RUNNING}] or some_tasks(planner, draw, most=2)
    late = [task for task in live if task not in watching.tasks]
    if watching.view is not None and late:
        act(planner, ModifyListView(session=watching.session, view=watching.view, add=made(late)))
    end(planner, draw, some_of(draw, live))
    follow(planner, draw, watching, version)


@approach(THEME, "watch.list-view", "watch.truth")
def follow_in_pieces(planner: Planner, draw: Draw) -> None:
    """Several changes between two versions, given in sets of one or two."""
    tasks = some_tasks(planner, draw, least=3)
    watching = watch(planner, draw, a_session(planner, draw), tasks, by_view=True)
    version = follow(planner, draw, watching)
    end(planner, draw, tasks)
    size = draw(st.integers(1, 2))
    step = Follow(session=watching.session, collector=watching.collector, version=version, max_object_updates=size)
    planner.plan(step)


@approach(THEME, "watch.no-lost-end", "watch.truth")
def wait_after_the_end(planner: Planner, draw: Draw) -> None:
    """Tasks that end before a wait from the initial version: before the filter is made, or after it; watched through a
    view or by name."""
    tasks = some_tasks(planner, draw)
    session = a_session(planner, draw)
    early = draw(st.booleans())
    if early:
        end(planner, draw, some_of(draw, tasks))
    watching = watch(planner, draw, session, tasks, by_view=draw(st.booleans()))
    if not early:
        end(planner, draw, some_of(draw, tasks))
    follow(planner, draw, watching)


@approach(THEME, "watch.no-lost-end", "watch.truth")
def start_over(planner: Planner, draw: Draw) -> None:
    """Tasks that end, one of them from its start, between two waits from the initial version; a third goes on from the
    second."""
    whole = planner.create(planner.full_session(draw), draw(ENTITY_ROLES), draw(INDEX))
    tasks = [whole, *some_tasks(planner, draw, least=0, most=2)]
    watching = watch(planner, draw, a_session(planner, draw), tasks, by_view=draw(st.booleans()))
    follow(planner, draw, watching)
    planner.set_state(planner.full_session(draw), whole, RUNNING)
    end(planner, draw, [whole, *some_of(draw, tasks[1:])] if tasks[1:] else [whole])
    follow(planner, draw, watching, follow(planner, draw, watching))


@approach(THEME, "watch.no-wait", "watch.truth")
def wait_for_nothing(planner: Planner, draw: Draw) -> None:
    """maxWaitSeconds 0: nothing has changed; then something has; then nothing again."""
    tasks = some_tasks(planner, draw, most=3)
    watching = watch(planner, draw, a_session(planner, draw), tasks, by_view=draw(st.booleans()))
    version = follow(planner, draw, watching)
    for _ in range(draw(st.integers(1, 2))):
        wait(planner, watching, version, draw(SIZES))
    if draw(st.booleans()):
        move(planner, draw, some_of(draw, tasks))
        version = follow(planner, draw, watching, version)
        wait(planner, watching, version)


@approach(THEME, "watch.reuse")
def use_a_version_again(planner: Planner, draw: Draw) -> None:
    """A change, and three waits from the version before it."""
    tasks = some_tasks(planner, draw, most=3)
    watching = watch(planner, draw, a_session(planner, draw), tasks, by_view=draw(st.booleans()))
    version = follow(planner, draw, watching)
    move(planner, draw, some_of(draw, tasks))
    for _ in range(3):
        follow(planner, draw, watching, version)


@approach(THEME, "watch.list-view", "watch.truth")
def watch_twice(planner: Planner, draw: Draw) -> None:
    """Two filters of one collector on the same tasks, through a view and by name or twice alike; and what each tells
    when the tasks move."""
    tasks = some_tasks(planner, draw, most=2)
    watching = watch(planner, draw, a_session(planner, draw), tasks, by_view=draw(st.booleans()))
    watched = made(tasks)
    if draw(st.booleans()):
        watched = (act(planner, CreateListView(session=watching.session, objs=watched)),)
    act(planner, CreateFilter(session=watching.session, collector=watching.collector, watched=watched))
    version = follow(planner, draw, watching)
    end(planner, draw, tasks)
    follow(planner, draw, watching, version)


@approach(THEME, "watch.version")
def give_a_version_that_nobody_gave(planner: Planner, draw: Draw) -> None:
    """A made-up version, before the first wait or after it."""
    tasks = some_tasks(planner, draw, most=2)
    watching = watch(planner, draw, a_session(planner, draw), tasks, by_view=draw(st.booleans()))
    if draw(st.booleans()):
        follow(planner, draw, watching)
    wait(planner, watching, draw(MADE_UP), draw(SIZES))
    if draw(st.booleans()):
        follow(planner, draw, watching)


@approach(THEME, "recent.unreadable", "watch.truth")
def watch_as_the_restricted(planner: Planner, draw: Draw) -> None:
    """Tasks on places that the session may read, and may not."""
    session = planner.login("restricted")
    roles = draw(st.lists(st.sampled_from(("readable", "hidden")), min_size=1, max_size=3))
    tasks = [planner.create(MAIN, role, draw(INDEX)) for role in roles]
    watching = watch(planner, draw, session, tasks, by_view=draw(st.booleans()))
    version = follow(planner, draw, watching)
    end(planner, draw, some_of(draw, tasks))
    follow(planner, draw, watching, version if draw(st.booleans()) else "")


@approach(THEME, "watch.cancel-wait", "watch.logout-wait")
def break_off_a_wait(planner: Planner, draw: Draw) -> None:
    """A wait for what does not come, cancelled, or ended by logging out."""
    for by in draw(st.permutations(("cancel", "logout"))):
        session = planner.login_anew(draw(st.sampled_from(("primary", "second"))))
        tasks = some_tasks(planner, draw, most=2)
        watching = watch(planner, draw, session, tasks, by_view=draw(st.booleans()))
        version = follow(planner, draw, watching)
        act(planner, BreakOffWait(session=session, collector=watching.collector, version=version, by=by))
        if by == "logout":
            log_out(planner, session)
        elif draw(st.booleans()):
            follow(planner, draw, watching)


# --- what does not exist ----------------------------------------------------------------------------------------------


def spoiled(draw: Draw, tasks: list[PlannedTask]) -> tuple[Reference, ...]:
    """The tasks, with one among them that never existed."""
    return tuple(draw(st.permutations((*made(tasks), NEVER))))


@approach(THEME, "watch.unresolved", "watch.view-list")
def change_a_view_by_what_never_existed(planner: Planner, draw: Draw) -> None:
    """ModifyListView and ResetListView with a reference that never existed, and a look at what became of the rest."""
    session = a_session(planner, draw)
    view = act(planner, CreateListView(session=session, objs=made(some_tasks(planner, draw, most=2))))
    for by_reset in draw(st.lists(st.booleans(), min_size=1, max_size=2)):
        objs = spoiled(draw, some_tasks(planner, draw, most=2))
        changed = (
            ResetListView(session=session, view=view, objs=objs)
            if by_reset
            else ModifyListView(session=session, view=view, add=objs)
        )
        act(planner, changed)
        act(planner, ReadView(session=session, view=view))


@approach(THEME, "watch.unresolved-create")
def make_a_view_of_what_never_existed(planner: Planner, draw: Draw) -> None:
    """CreateListView with a reference that never existed."""
    session = a_session(planner, draw)
    tasks = some_tasks(planner, draw, least=0, most=2)
    view = act(planner, CreateListView(session=session, objs=spoiled(draw, tasks)))
    act(planner, ReadView(session=session, view=view))


@approach(THEME, "watch.view-list")
def change_a_view(planner: Planner, draw: Draw) -> None:
    """A list view that is added to, taken from, and replaced, and read after each change."""
    session = a_session(planner, draw)
    tasks = some_tasks(planner, draw, least=2)
    objs = (*made(tasks), Place(role="vm", index=draw(INDEX)))
    subsets = st.lists(st.sampled_from(objs), max_size=3, unique=True).map(tuple)
    some = subsets.filter(bool)
    members = draw(some)
    view = act(planner, CreateListView(session=session, objs=members))
    act(planner, ReadView(session=session, view=view))
    for by_reset in draw(st.lists(st.sampled_from((False, False, True)), min_size=2, max_size=3)):
        given = draw(subsets if by_reset else some)
        if by_reset:
            act(planner, ResetListView(session=session, view=view, objs=given))
            members = given
        else:
            gone = tuple(some_of(draw, list(members))) if members else draw(subsets)
            act(planner, ModifyListView(session=session, view=view, add=given, remove=gone))
            members = (*(one for one in members if one not in gone), *given)
        act(planner, ReadView(session=session, view=view))


@approach(THEME, "watch.view-list")
def give_a_view_what_it_has(planner: Planner, draw: Draw) -> None:
    """Objects that are put into a list view twice, and taken out once; the view is read after each change."""
    session = a_session(planner, draw)
    objs = (*made(some_tasks(planner, draw, most=2)), Place(role="vm", index=draw(INDEX)))
    view = act(planner, CreateListView(session=session, objs=objs))
    twice = tuple(some_of(draw, list(objs)))
    act(planner, ModifyListView(session=session, view=view, add=twice))
    act(planner, ReadView(session=session, view=view))
    act(planner, ModifyListView(session=session, view=view, remove=tuple(some_of(draw, list(twice)))))
    act(planner, ReadView(session=session, view=view))


@approach(THEME, "watch.missing-strict", "watch.missing-report")
def watch_what_never_existed(planner: Planner, draw: Draw) -> None:
    """A filter on a task that never existed, with reportMissingObjectsInResults and without; and a retrieval."""
    session = a_session(planner, draw)
    tasks = some_tasks(planner, draw, least=0, most=2)
    watched = spoiled(draw, tasks)
    for report in draw(st.permutations((False, True))):
        collector = act(planner, CreatePropertyCollector(session=session))
        call = CreateFilter(session=session, collector=collector, watched=watched, report_missing=report)
        watching = Watch(session=session, tasks=tasks, view=None, collector=collector, filter=act(planner, call))
        if report:
            follow(planner, draw, watching)
    act(planner, RetrieveReported(session=session, tasks=spoiled(draw, tasks)))


# --- whose it is, and until when --------------------------------------------------------------------------------------


@approach(THEME, "watch.session-bound")
def use_what_a_session_left(planner: Planner, draw: Draw) -> None:
    """What a session made, used in every way by a later one of the same user, and in some by another user's."""
    tasks = some_tasks(planner, draw, most=2)
    account, other = draw(st.permutations(("primary", "second")))
    session = planner.login_anew(account)
    watching = watch(planner, draw, session, tasks, by_view=True)
    if draw(st.booleans()):
        follow(planner, draw, watching)
    act(planner, Logout(session=session))
    log_out(planner, session)
    for later, use in ((planner.login_anew(account), use_all), (planner.login_anew(other), use_some)):
        of_view = uses_of_view(later, watching.view, tasks[0]) if watching.view is not None else ()
        use(planner, draw, (*of_view, *uses_of_collector(later, watching)))


@approach(THEME, "watch.private")
def use_what_is_anothers(planner: Planner, draw: Draw) -> None:
    """A view of a session that lives, used by another one; then by its own."""
    tasks = some_tasks(planner, draw, most=2)
    session = a_session(planner, draw)
    other = planner.login_anew(draw(st.sampled_from(("primary", "second"))))
    owner, stranger = draw(st.permutations((session, other)))
    watching = watch(planner, draw, owner, tasks, by_view=True)
    if watching.view is not None:
        use_all(planner, draw, uses_of_view(stranger, watching.view, tasks[0]))
        act(planner, ReadView(session=owner, view=watching.view))


@approach(THEME, "watch.destroyed")
def use_what_was_destroyed(planner: Planner, draw: Draw) -> None:
    """A view, a filter or a collector, used after it was destroyed."""
    tasks = some_tasks(planner, draw, most=2)
    session = a_session(planner, draw)
    watching = watch(planner, draw, session, tasks, by_view=True)
    view = watching.view
    for what in (*draw(st.permutations(("view", "filter"))), "collector"):
        if what == "view" and view is not None:
            act(planner, DestroyView(session=session, view=view))
            use_some(planner, draw, uses_of_view(session, view, tasks[0]))
        elif what == "filter":
            gone = DestroyPropertyFilter(session=session, filter=watching.filter)
            act(planner, gone)
            act(planner, gone)
        else:
            act(planner, DestroyPropertyCollector(session=session, collector=watching.collector))
            use_some(planner, draw, uses_of_collector(session, watching))
