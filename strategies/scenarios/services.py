"""Descriptions, and what else starts a task: the approaches. Those of extensions are in `extending`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from taskconform.model.vocabulary.calls import (
    MAIN,
    NOBODY,
    AdvanceClock,
    Chain,
    CreateAlarm,
    CreateCollectorForTasks,
    CreateFolder,
    CreateScheduledTask,
    CreateTask,
    Destroy,
    ExtensionKey,
    FindExtension,
    Locale,
    Login,
    Logout,
    LogUserEvent,
    Place,
    QueryTaskEvents,
    ReadDescription,
    ReadExtensionList,
    ReadTaskInfo,
    RemoveAlarm,
    RemoveScheduledTask,
    RewindCollector,
    RunScheduledTask,
    SetTaskState,
    Symbol,
    TaskFilterSpec,
    TypeId,
)
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SUCCESS
from taskconform.model.vocabulary.plan import Act, Drain, Pause
from taskconform.strategies.drawing.planner import ENTITY_ROLES, INDEX
from taskconform.strategies.scenarios.extensions import EXTENSIONS, SOME, THEME, VERSIONS, register, say
from taskconform.strategies.scenarios.scenario import approach

if TYPE_CHECKING:
    from taskconform.strategies.domains.drawing import Draw
    from taskconform.strategies.drawing.planner import Planner

__all__ = ["THEME"]

NAMES: Final = st.sampled_from(("taskconform", "taskconform a", "taskconform-b.2"))
"""Names of scheduled tasks and alarms."""

PAGE: Final = st.sampled_from((10, 50, 100))
"""How many items a page of a drain has at most."""


# --- description ------------------------------------------------------------------------------------------------------


@approach(
    THEME,
    "description.states",
    "description.labels",
    "description.reasons",
    "description.reasons-all",
    "description.methods-unique",
    "description.static",
)
def read_the_description_twice(planner: Planner, draw: Draw) -> None:
    """Description twice, by one session or two, with something between that should not matter, or with an extension
    that comes."""
    session = planner.full_session(draw)
    planner.create(session, draw(ENTITY_ROLES), draw(INDEX))
    say(planner, ReadDescription(session=session))
    between = draw(st.sampled_from(("nothing", "task", "time", "extension", "login")))
    if between == "task":
        planner.set_state(session, planner.create(session, "vm", draw(INDEX)), RUNNING)
    elif between == "time":
        say(planner, AdvanceClock(session=session, seconds=draw(st.sampled_from((1, 60, 601)))))
    elif between == "extension":
        register(planner, session, draw(EXTENSIONS), draw(SOME), draw(VERSIONS))
    elif between == "login":
        session = planner.login_anew(draw(st.sampled_from(("primary", "second"))))
    say(planner, ReadDescription(session=session))


@approach(THEME, "description.locale", "description.static", "description.labels")
def read_the_description_in_two_locales(planner: Planner, draw: Draw) -> None:
    """Description in the server's own locale, in two others, and in the first of them again."""
    say(planner, ReadDescription(session=MAIN))
    first, apart = draw(st.integers(0, 7)), draw(st.integers(1, 3))
    sessions = []
    for index in (first, first + apart, first, first + 1):
        name = f"s{len(planner.steps)}"
        account = draw(st.sampled_from(("primary", "second")))
        say(planner, Login(session=name, account=account, locale=Locale(index=index)))
        planner.sessions[name] = account
        sessions.append(name)
        say(planner, ReadDescription(session=name))
    if draw(st.booleans()):
        say(planner, ReadDescription(session=draw(st.sampled_from(sessions))))


@approach(THEME, "description.privilege")
def read_the_description_without_a_login(planner: Planner, draw: Draw) -> None:
    """Description by nobody, and by a session that has ended."""
    say(planner, ReadDescription(session=NOBODY))
    if draw(st.booleans()):
        session = planner.login_anew(draw(st.sampled_from(("primary", "second"))))
        say(planner, Logout(session=session), ReadDescription(session=session))
        planner.ended.append(session)
        del planner.sessions[session]
    if draw(st.booleans()):
        say(planner, FindExtension(session=NOBODY, key=ExtensionKey(which="")), ReadExtensionList(session=NOBODY))


# --- where tasks come from --------------------------------------------------------------------------------------------


def let_it_happen(planner: Planner, session: str) -> None:
    """A second on a clock that can be moved. On any other, what comes next waits until the server has settled."""
    say(planner, AdvanceClock(session=session, seconds=1))


def read_all(planner: Planner, session: str, max_count: int, spec: TaskFilterSpec[Symbol]) -> None:
    """A collector, read from its head to its end."""
    collector = say(planner, CreateCollectorForTasks(session=session, filter=spec))
    say(planner, RewindCollector(session=session, collector=collector))
    planner.plan(Drain(session=session, collector=collector, max_count=max_count))


@approach(THEME, "description.lookup", "info.entity-name-kept", "info.entity-gone")
def destroy_a_folder(planner: Planner, draw: Draw) -> None:
    """A folder with a completed task on it goes: the task of that operation, and what is left of the other."""
    session = planner.full_session(draw)
    name = f"taskconform-{len(planner.steps)}"
    folder = say(planner, CreateFolder(session=session, parent=Place(role="root"), name=name))
    call = CreateTask(session=session, obj=folder, task_type_id=TypeId(which="work"), cancelable=draw(st.booleans()))
    task = planner.plan(Act(call=call, look=True))
    if draw(st.booleans()):
        planner.plan(Act(call=SetTaskState(session=session, task=task, state=RUNNING), look=True))
    end = draw(st.sampled_from((SUCCESS, ERROR)))
    fault = "NotFound" if end == ERROR else None
    planner.plan(Act(call=SetTaskState(session=session, task=task, state=end, fault=fault), look=True))
    operation = say(planner, Destroy(session=session, entity=folder))
    planner.plan(Pause(session=session, seconds=1, unless_ended=operation))
    say(planner, ReadDescription(session=session))
    say(planner, ReadTaskInfo(session=session, tasks=(operation,)), ReadDescription(session=session))
    planner.look(session, [])
    read_all(planner, session, draw(PAGE), TaskFilterSpec())


@approach(THEME, "reason.schedule")
def run_a_schedule(planner: Planner, draw: Draw) -> None:
    """A scheduled task runs, and is removed before or after the task that it started is read."""
    session = planner.full_session(draw)
    schedule = say(
        planner,
        CreateScheduledTask(
            session=session,
            entity=Place(role="vm", index=draw(INDEX)),
            name=f"{draw(NAMES)} {len(planner.steps)}",
            task_type_id=TypeId(which=draw(st.sampled_from(("work", "rest")))),
        ),
    )
    early = draw(st.booleans())
    say(planner, RunScheduledTask(session=session, scheduled_task=schedule))
    let_it_happen(planner, session)
    if early:
        say(planner, RemoveScheduledTask(session=session, scheduled_task=schedule))
    spec = TaskFilterSpec() if early or draw(st.booleans()) else TaskFilterSpec(scheduled_task=schedule)
    read_all(planner, session, draw(PAGE), spec)
    if not early:
        say(planner, RemoveScheduledTask(session=session, scheduled_task=schedule))


@approach(THEME, "reason.alarm")
def set_off_an_alarm(planner: Planner, draw: Draw) -> None:
    """An alarm is set off, and removed before or after the task that it started is read."""
    session, entity = planner.full_session(draw), Place(role=draw(st.sampled_from(("vm", "folder"))), index=draw(INDEX))
    alarm = say(
        planner,
        CreateAlarm(
            session=session,
            entity=entity,
            name=f"{draw(NAMES)} {len(planner.steps)}",
            task_type_id=TypeId(which=draw(st.sampled_from(("work", "rest")))),
        ),
    )
    say(planner, LogUserEvent(session=session, entity=entity))
    let_it_happen(planner, session)
    early = draw(st.booleans())
    if early:
        say(planner, RemoveAlarm(session=session, alarm=alarm))
    spec = TaskFilterSpec() if early or draw(st.booleans()) else TaskFilterSpec(alarm=alarm)
    read_all(planner, session, draw(PAGE), spec)
    if not early:
        say(planner, RemoveAlarm(session=session, alarm=alarm))


@approach(THEME, "reason.schedule", "filter.scheduled")
def run_one_of_two_schedules(planner: Planner, draw: Draw) -> None:
    """Two scheduled tasks with names of their own, of which the second runs first; then perhaps the other one, or the
    same again, by another user."""
    session = planner.full_session(draw)
    schedules = [
        say(
            planner,
            CreateScheduledTask(
                session=session,
                entity=Place(role="vm", index=index),
                name=f"{draw(NAMES)} {index} {len(planner.steps)}",
                task_type_id=TypeId(which=which),
            ),
        )
        for index, which in enumerate(draw(st.permutations(("work", "rest"))))
    ]
    for schedule in (schedules[1], draw(st.sampled_from(schedules))):
        runner = draw(st.sampled_from((session, planner.login("second"))))
        say(planner, RunScheduledTask(session=runner, scheduled_task=schedule))
        let_it_happen(planner, session)
        read_all(
            planner,
            session,
            draw(PAGE),
            draw(st.sampled_from((TaskFilterSpec(), TaskFilterSpec(scheduled_task=schedule)))),
        )
    say(planner, *(RemoveScheduledTask(session=session, scheduled_task=schedule) for schedule in schedules))


@approach(THEME, "reason.alarm", "filter.alarm")
def set_off_twice(planner: Planner, draw: Draw) -> None:
    """Two alarms, on one entity or on two, set off more than once, by one user or another."""
    session, second = planner.full_session(draw), planner.login("second")
    places = [Place(role="vm", index=index) for index in draw(st.sampled_from(((0, 0), (0, 1))))]
    alarms = [
        say(
            planner,
            CreateAlarm(
                session=session,
                entity=place,
                name=f"{draw(NAMES)} {which} {len(planner.steps)}",
                task_type_id=TypeId(which=which),
            ),
        )
        for place, which in zip(places, draw(st.permutations(("work", "rest"))), strict=True)
    ]
    for place in (places[0], places[0], places[1]):
        say(planner, LogUserEvent(session=draw(st.sampled_from((session, second))), entity=place))
        let_it_happen(planner, session)
        read_all(
            planner, session, draw(PAGE), draw(st.sampled_from((TaskFilterSpec(), TaskFilterSpec(alarm=alarms[0]))))
        )
    say(planner, *(RemoveAlarm(session=session, alarm=alarm) for alarm in alarms))


@approach(THEME, "info.event-chain")
def follow_the_chain(planner: Planner, draw: Draw) -> None:
    """The events of a task's chain, whatever has become of the task since."""
    session = planner.full_session(draw)
    task = planner.create(session, draw(ENTITY_ROLES), draw(INDEX))
    state = draw(st.sampled_from((QUEUED, RUNNING, SUCCESS)))
    if state != QUEUED:
        planner.set_state(session, task, RUNNING)
    if state == SUCCESS:
        planner.set_state(session, task, SUCCESS)
    read_all(planner, session, draw(PAGE), TaskFilterSpec())
    reader = planner.login("second") if draw(st.booleans()) else MAIN
    say(planner, QueryTaskEvents(session=reader, chain=Chain(task=task.made)))
