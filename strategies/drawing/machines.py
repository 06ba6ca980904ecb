"""The machines that draw plans: Hypothesis state machines whose rules draw, append to the plan, and nothing else.

Three themes, since a situation of one drowns the others:

- `Lives`: the life of a few tasks, from every side, by every user;
- `Crowds`: the recent window, its cap and its age;
- `Limits`: collectors up to the maximum and beyond. What it leaves behind may take the server's history from everybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from taskconform.model.vocabulary.calls import (
    MAIN,
    NOBODY,
    AdvanceClock,
    CancelTask,
    CreateCollectorForTasks,
    CreateTask,
    DestroyCollector,
    Logout,
    Made,
    ObjectRef,
    Place,
    ReadMaxCollector,
    ReadNextTasks,
    ReadRecentTask,
    ReadTaskInfo,
    SetTaskDescription,
    SetTaskState,
    TaskFilterSpec,
    TypeId,
    UpdateProgress,
    UserName,
)
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SUCCESS
from taskconform.model.vocabulary.plan import Act, Bulk, Fill, Together
from taskconform.strategies.domains.collectors import uses
from taskconform.strategies.domains.drawing import chance, number, one_of, some_of
from taskconform.strategies.domains.values import beyonds, crowds, percentages, pushes, spans
from taskconform.strategies.drawing.planner import (
    ENTITY_ROLES,
    FAULTS,
    FULL,
    HOWS,
    INDEX,
    OTHER_FAULTS,
    RESULTS,
    Machine,
    PlannedTask,
)

if TYPE_CHECKING:
    from taskconform.strategies.domains.drawing import Draw

DATA: Final = st.data()
STATES: Final = st.sampled_from((QUEUED, RUNNING, SUCCESS, ERROR))


class Lives(Machine):
    """The life of a few tasks."""

    @initialize(data=DATA, role=ENTITY_ROLES, cancelable=st.booleans())
    def begin(self, data: st.DataObject, role: str, *, cancelable: bool) -> None:
        """Two ordinary tasks to start with, one of them running."""
        draw = data.draw
        self.create(MAIN, "vm", draw(INDEX))
        self.set_state(MAIN, self.create(MAIN, role, draw(INDEX), cancelable=cancelable), RUNNING)

    # -- making tasks --------------------------------------------------------------------------------------------------

    @rule(data=DATA, role=ENTITY_ROLES, cancelable=st.booleans(), how=HOWS)
    def create_plain(self, data: st.DataObject, role: str, how: str, *, cancelable: bool) -> None:
        """An ordinary task, and a look at recentTask right after."""
        draw = data.draw
        session = self.full_session(draw)
        task = self.create(session, role, draw(INDEX), cancelable=cancelable)
        if chance(draw, 50):
            self.look(session, [task], how)

    @rule(
        data=DATA,
        initiator=st.sampled_from(("second", "primary", "stranger")),
        which=st.sampled_from(("work", "rest")),
    )
    def create_for_somebody(self, data: st.DataObject, initiator: str, which: str) -> None:
        """A task on another user's behalf."""
        draw = data.draw
        self.create(self.full_session(draw), "vm", draw(INDEX), which=which, initiated_by=UserName(account=initiator))

    @rule(data=DATA, activation=st.sampled_from(("activation-1", "activation-2", "ä b")))
    def create_with_activation(self, data: st.DataObject, activation: str) -> None:
        """A task with an activation id."""
        draw = data.draw
        self.create(self.full_session(draw), "folder", draw(INDEX), activation_id=activation)

    @rule(data=DATA, depth=st.integers(2, 5), how=HOWS)
    def create_chain(self, data: st.DataObject, depth: int, how: str) -> None:
        """A chain of tasks, each the parent of the next, and a look at the last of them."""
        draw = data.draw
        session = self.full_session(draw)
        task = self.create(session, "vm", draw(INDEX))
        for _ in range(depth - 1):
            task = self.create(session, "vm", draw(INDEX), parent=task)
        self.look(session, [task], how)

    @rule(data=DATA)
    def create_child_of_the_ended(self, data: st.DataObject) -> None:
        """A completed task as parent."""
        draw = data.draw
        parent = self.pick(draw, SUCCESS, ERROR)
        if parent is not None:
            self.create(self.full_session(draw), "vm", draw(INDEX), parent=parent)

    @rule(
        data=DATA,
        twist=st.sampled_from(("unregistered", "built-in", "manager", "nowhere", "parent")),
    )
    def create_oddly(self, data: st.DataObject, twist: str) -> None:
        """One thing about the call that is wrong, or on which the text is silent; then a look for what it left."""
        draw = data.draw
        session = self.full_session(draw)
        call = CreateTask(
            session=session,
            obj=Place(role=twist if twist in {"manager", "nowhere"} else "vm", index=draw(INDEX)),
            task_type_id=TypeId(which=twist if twist in {"unregistered", "built-in"} else "work"),
            cancelable=chance(draw, 50),
            parent_task_key="no-such-key" if twist == "parent" else None,
        )
        made = self.plan(Act(call=call, look=True))
        if twist in {"manager", "parent", "built-in"}:
            self.tasks.append(PlannedTask(made=made, session=session, cancelable=call.cancelable, state=None))
        else:
            self.look(session, [])

    @rule(data=DATA, count=st.integers(2, 3))
    def create_together(self, data: st.DataObject, count: int) -> None:
        """Several sessions create at the same time."""
        names = [MAIN, self.login("second"), self.login_anew("primary")][:count]
        calls = tuple(
            CreateTask(
                session=name,
                obj=Place(role="vm", index=data.draw(INDEX)),
                task_type_id=TypeId(which="work"),
                cancelable=True,
            )
            for name in names
        )
        made = self.plan(Together(calls=calls))
        for index, name in enumerate(names):
            self.tasks.append(PlannedTask(made=Made(step=made.step, index=index), session=name, cancelable=True))

    # -- moving them ---------------------------------------------------------------------------------------------------

    @rule(data=DATA, how=HOWS)
    def start(self, data: st.DataObject, how: str) -> None:
        """queued to running; a new task, if none is queued."""
        draw = data.draw
        task = self.pick(draw, QUEUED) or self.create(
            self.full_session(draw), "vm", draw(INDEX), cancelable=chance(draw, 50)
        )
        if task is not None:
            self.set_state(self.full_session(draw), task, RUNNING)
            if chance(draw, 25):
                self.look(self.full_session(draw), [task], how)

    @rule(data=DATA, result=st.one_of(st.none(), RESULTS), how=HOWS)
    def succeed(self, data: st.DataObject, result: str | ObjectRef | None, how: str) -> None:
        """running to success, with or without a result."""
        draw = data.draw
        task = self.pick(draw, RUNNING)
        if task is not None:
            session = self.full_session(draw)
            self.set_state(session, task, SUCCESS, result=result)
            if chance(draw, 50):
                self.look(session, [task], how)

    @rule(data=DATA, fault=FAULTS, how=HOWS)
    def fail(self, data: st.DataObject, fault: str, how: str) -> None:
        """running to error, with a fault."""
        draw = data.draw
        task = self.pick(draw, RUNNING)
        if task is not None:
            session = self.full_session(draw)
            self.set_state(session, task, ERROR, fault=fault)
            if chance(draw, 25):
                self.look(session, [task], how)

    @rule(data=DATA, percent=percentages())
    def whole_life(self, data: st.DataObject, percent: int) -> None:
        """A life from end to end, with one percentage on the way."""
        draw = data.draw
        session = self.full_session(draw)
        task = self.create(session, "vm", draw(INDEX), cancelable=chance(draw, 50))
        self.set_state(session, task, RUNNING)
        self.plan(Act(call=UpdateProgress(session=session, task=task.made, percent_done=percent), look=True))
        if chance(draw, 50):
            self.set_state(session, task, SUCCESS, result="done")
        else:
            self.set_state(session, task, ERROR, fault="NotFound")

    @rule(data=DATA, state=STATES, fault=st.one_of(st.none(), FAULTS))
    def move_silently(self, data: st.DataObject, state: str, fault: str | None) -> None:
        """A move on which the text is silent: back, straight to an end, to the state it has."""
        draw = data.draw
        task = self.pick(draw, RUNNING) if chance(draw, 50) else self.pick(draw, QUEUED)
        if task is None or (task.state, state) in {(QUEUED, RUNNING), (RUNNING, SUCCESS)}:
            return
        fault = fault if state == ERROR else None
        call = SetTaskState(session=self.full_session(draw), task=task.made, state=state, fault=fault)
        self.plan(Act(call=call, look=True))
        task.state = None if (task.state, state) != (RUNNING, ERROR) or fault is None else ERROR

    @rule(data=DATA, state=STATES, fault=FAULTS, what=st.integers(0, 3))
    def set_wrongly(self, data: st.DataObject, state: str, fault: str, what: int) -> None:
        """A result or a fault where it does not belong, or a fault of the wrong kind; the task is left as it is."""
        draw = data.draw
        task = self.pick(draw, RUNNING)
        if task is None:
            return
        result = fault_given = None
        if what == 0:
            result, state = "a result", ERROR if state == SUCCESS else state
        elif what == 1:
            fault_given, state = fault, SUCCESS if state == ERROR else state
        else:
            fault_given, state = one_of(draw, OTHER_FAULTS), ERROR
        call = SetTaskState(
            session=self.full_session(draw), task=task.made, state=state, result=result, fault=fault_given
        )
        self.plan(Act(call=call, look=True))
        if fault_given == "RequestCanceled":
            task.state = None

    @rule(data=DATA, state=STATES, anything=st.booleans())
    def set_after_the_end(self, data: st.DataObject, state: str, *, anything: bool) -> None:
        """Any state, after the end."""
        draw = data.draw
        task = self.pick(draw, SUCCESS, ERROR)
        if task is not None:
            result = "another result" if anything and state == SUCCESS else None
            fault = "Timedout" if anything and state == ERROR else None
            session = self.full_session(draw)
            call = SetTaskState(session=session, task=task.made, state=state, result=result, fault=fault)
            self.plan(Act(call=call, look=True))

    @rule(data=DATA, percent=percentages(), first=st.integers(1, 99))
    def report_progress(self, data: st.DataObject, percent: int, first: int) -> None:
        """A percentage, after another one."""
        draw = data.draw
        task = self.pick(draw, RUNNING)
        if task is None:
            return
        session = self.full_session(draw)
        if task.progress < 0 or chance(draw, 25):
            self.plan(Act(call=UpdateProgress(session=session, task=task.made, percent_done=first), look=True))
        self.plan(Act(call=UpdateProgress(session=session, task=task.made, percent_done=percent), look=True))
        task.progress = percent
        if task.parent is not None and chance(draw, 50):
            self.plan(Act(call=ReadTaskInfo(session=session, tasks=(task.parent.made,))))

    @rule(data=DATA, percent=percentages(), ended=st.booleans())
    def report_progress_too_soon_or_late(self, data: st.DataObject, percent: int, *, ended: bool) -> None:
        """A percentage on a task that is not running."""
        draw = data.draw
        task = self.pick(draw, SUCCESS, ERROR) if ended else self.pick(draw, QUEUED)
        if task is not None:
            call = UpdateProgress(session=self.full_session(draw), task=task.made, percent_done=percent)
            self.plan(Act(call=call, look=True))

    @rule(data=DATA, part=st.integers(1, 99))
    def parent_and_child_progress(self, data: st.DataObject, part: int) -> None:
        """A running parent, a running child, and the child's percentage."""
        draw = data.draw
        session = self.full_session(draw)
        parent = self.create(session, "vm", draw(INDEX))
        self.set_state(session, parent, RUNNING)
        self.plan(Act(call=UpdateProgress(session=session, task=parent.made, percent_done=10), look=True))
        child = self.create(session, "vm", draw(INDEX), parent=parent)
        self.set_state(session, child, RUNNING)
        self.plan(Act(call=UpdateProgress(session=session, task=child.made, percent_done=part), look=True))
        self.plan(Act(call=ReadTaskInfo(session=session, tasks=(parent.made,))))

    @rule(
        data=DATA,
        key=st.sampled_from(("phase.one", "phase.two")),
        args=st.sampled_from(((), (("step", "1"),), (("step", "2"),), (("step", "1"), ("of", "2")))),
        ended=st.booleans(),
    )
    def describe(self, data: st.DataObject, key: str, args: tuple[tuple[str, str], ...], *, ended: bool) -> None:
        """A description, mostly of a running task."""
        draw = data.draw
        task = self.pick(draw, SUCCESS, ERROR) if ended and chance(draw, 50) else self.pick(draw, RUNNING)
        if task is not None:
            call = SetTaskDescription(session=self.full_session(draw), task=task.made, key=key, args=args)
            self.plan(Act(call=call, look=True))

    @rule(
        data=DATA,
        state=st.sampled_from((QUEUED, RUNNING, RUNNING, SUCCESS)),
        cancelable=st.booleans(),
        again=st.booleans(),
    )
    def cancel(self, data: st.DataObject, state: str, *, cancelable: bool, again: bool) -> None:
        """A cancel, perhaps twice, and perhaps the extension's own end after it."""
        draw = data.draw
        session = self.full_session(draw)
        if state == SUCCESS:
            task = self.pick(draw, ERROR, SUCCESS)
        else:
            task = self.create(session, "vm", draw(INDEX), cancelable=cancelable)
            if state == RUNNING:
                self.set_state(session, task, RUNNING)
        if task is None:
            return
        self.plan(Act(call=CancelTask(session=session, task=task.made), look=True))
        if task.cancelable and state != SUCCESS:
            task.state = None
            if again:
                self.plan(Act(call=CancelTask(session=session, task=task.made), look=True))
            elif chance(draw, 33):
                end = SetTaskState(session=session, task=task.made, state=SUCCESS if chance(draw, 50) else ERROR)
                self.plan(Act(call=end, look=True))

    @rule(data=DATA, what=st.integers(0, 4))
    def touch_the_unknown(self, data: st.DataObject, what: int) -> None:
        """A call on a task that never existed."""
        session, nothing = self.full_session(data.draw), Place(role="no-task")
        calls = (
            SetTaskState(session=session, task=nothing, state=RUNNING),
            UpdateProgress(session=session, task=nothing, percent_done=10),
            SetTaskDescription(session=session, task=nothing, key="phase.one"),
            CancelTask(session=session, task=nothing),
            ReadTaskInfo(session=session, tasks=(nothing,)),
        )
        self.plan(Act(call=calls[what]))

    # -- reading -------------------------------------------------------------------------------------------------------

    @rule(data=DATA, how=HOWS, count=st.integers(1, 4))
    def look_around(self, data: st.DataObject, how: str, count: int) -> None:
        """recentTask, judged on a few tasks, by any full session."""
        draw = data.draw
        tasks = [task for _ in range(count) if (task := self.pick(draw)) is not None]
        if tasks:
            self.look(self.full_session(draw), tasks, how)

    @rule()
    def look_before_and_after(self) -> None:
        """Two waits with a change between: what does a later version yield?"""
        self.look(MAIN, [], "wait")
        self.create(MAIN, "vm", 0)
        self.look(MAIN, [], "later")

    @rule(data=DATA)
    def read_history(self, data: st.DataObject) -> None:
        """A completed task, in Task.info and in a collector."""
        draw = data.draw
        session = self.full_session(draw)
        task = self.pick(draw, SUCCESS, ERROR)
        if task is None:
            return
        self.plan(Act(call=ReadTaskInfo(session=session, tasks=(task.made,))))
        collector = self.plan(Act(call=CreateCollectorForTasks(session=session, filter=TaskFilterSpec())))
        self.plan(Act(call=ReadNextTasks(session=session, collector=collector, max_count=100)))
        self.plan(Act(call=DestroyCollector(session=session, collector=collector)))

    # -- other users ---------------------------------------------------------------------------------------------------

    @rule(data=DATA, account=FULL)
    def log_in(self, data: st.DataObject, account: str) -> None:
        """Another full session, that looks at what there is."""
        draw = data.draw
        session = self.login_anew(account) if chance(draw, 25) else self.login(account)
        task = self.pick(draw)
        if task is not None:
            self.look(session, [task])

    @rule(data=DATA, kept=st.booleans())
    def log_out(self, data: st.DataObject, *, kept: bool) -> None:
        """A session with a task of its own, live or ended, that logs out; others look at the task afterwards."""
        draw = data.draw
        session = self.login_anew("second" if chance(draw, 50) else "primary")
        task = self.create(session, "vm", draw(INDEX))
        if not kept:
            self.set_state(session, task, RUNNING)
            self.set_state(session, task, SUCCESS, result="kept")
        self.plan(Act(call=Logout(session=session)))
        self.ended.append(session)
        del self.sessions[session]
        self.look(MAIN, [task])
        if kept:
            task.state = None

    @rule(data=DATA, what=st.integers(0, 6), ended=st.booleans())
    def call_without_login(self, data: st.DataObject, what: int, *, ended: bool) -> None:
        """Any call, by nobody, or by a session that has ended."""
        draw = data.draw
        session = one_of(draw, self.ended) if ended and self.ended else NOBODY
        task = self.pick(draw)
        if task is None:
            return
        calls = (
            ReadRecentTask(session=session),
            ReadMaxCollector(session=session),
            ReadTaskInfo(session=session, tasks=(task.made,)),
            CreateTask(session=session, obj=Place(role="vm"), task_type_id=TypeId(which="work"), cancelable=True),
            SetTaskState(session=session, task=task.made, state=RUNNING),
            CancelTask(session=session, task=task.made),
            CreateCollectorForTasks(session=session, filter=TaskFilterSpec()),
        )
        self.plan(Act(call=calls[what], look=what in {4, 5}))

    @rule(data=DATA)
    def read_what_a_session_read_before(self, data: st.DataObject) -> None:
        """A session reads, logs out, and asks again."""
        draw = data.draw
        task = self.pick(draw)
        if task is None:
            return
        session = self.login_anew("second" if chance(draw, 50) else "primary")
        self.plan(Act(call=ReadTaskInfo(session=session, tasks=(task.made,))))
        self.plan(Act(call=Logout(session=session)))
        self.ended.append(session)
        del self.sessions[session]
        self.plan(Act(call=ReadTaskInfo(session=session, tasks=(task.made,))))
        self.plan(Act(call=ReadRecentTask(session=session)))

    @rule(
        data=DATA,
        role=st.sampled_from(("readable", "hidden", "hidden", "ancestor", "manager")),
        ended=st.booleans(),
        read=st.booleans(),
    )
    def show_to_the_restricted(self, data: st.DataObject, role: str, *, ended: bool, read: bool) -> None:
        """A task on a place that the restricted user may or may not read; the full user looks, then the other."""
        draw = data.draw
        session = self.login("restricted")
        task = self.create(MAIN, role, draw(INDEX))
        if ended:
            self.set_state(MAIN, task, RUNNING)
            self.set_state(MAIN, task, SUCCESS)
        self.look(MAIN, [task])
        self.look(session, [task], "wait" if chance(draw, 25) else "retrieve", witness=MAIN)
        if read:
            self.plan(Act(call=ReadTaskInfo(session=session, tasks=(task.made,))))

    @rule(data=DATA, what=st.integers(0, 4))
    def act_as_the_restricted(self, data: st.DataObject, what: int) -> None:
        """Calls that ask for a privilege the restricted user lacks."""
        session = self.login("restricted")
        task = self.create(MAIN, "readable", data.draw(INDEX))
        self.set_state(MAIN, task, RUNNING)
        calls = (
            CreateTask(session=session, obj=Place(role="readable"), task_type_id=TypeId(which="work"), cancelable=True),
            SetTaskState(session=session, task=task.made, state=SUCCESS),
            UpdateProgress(session=session, task=task.made, percent_done=10),
            SetTaskDescription(session=session, task=task.made, key="phase.one"),
            CancelTask(session=session, task=task.made),
        )
        self.plan(Act(call=calls[what], look=True))
        if what == 0:
            self.look(MAIN, [])
        if what == 4:
            task.state = None

    @rule(data=DATA)
    def act_as_the_delegate(self, data: st.DataObject) -> None:
        """Task.Create held on one entity only."""
        session = self.login("delegate")
        call = CreateTask(
            session=session,
            obj=Place(role="granted", index=data.draw(INDEX)),
            task_type_id=TypeId(which="work"),
            cancelable=True,
        )
        made = self.plan(Act(call=call, look=True))
        self.tasks.append(PlannedTask(made=made, session=session, cancelable=True, state=None))

    @rule()
    def read_as_the_outsider(self) -> None:
        """A user without System.View reads a manager's property."""
        session = self.login("outsider")
        self.plan(Act(call=ReadMaxCollector(session=session)))

    @rule(seconds=spans())
    def let_time_pass(self, seconds: int) -> None:
        """Move the clock."""
        self.plan(Act(call=AdvanceClock(session=MAIN, seconds=seconds)))


class Crowds(Machine):
    """The recent window: how old, how many, and who counts."""

    @initialize(data=DATA, ends=st.lists(STATES, min_size=1, max_size=4))
    def begin(self, data: st.DataObject, ends: list[str]) -> None:
        """A few tasks, in several states, that are shown before the crowd comes."""
        for end in ends:
            self.one(MAIN, data.draw, end)
        self.look(MAIN, self.tasks)

    def one(self, session: str, draw: Draw, end: str) -> None:
        """One task, brought to a state."""
        task = self.create(session, "vm", draw(INDEX), cancelable=chance(draw, 50))
        if end != QUEUED:
            self.set_state(session, task, RUNNING)
        if end in {SUCCESS, ERROR}:
            self.set_state(session, task, end, fault="NotFound" if end == ERROR else None)

    @rule(data=DATA, count=crowds(), finish=st.sampled_from((SUCCESS, SUCCESS, SUCCESS, QUEUED, ERROR, RUNNING)))
    @precondition(lambda self: sum(step.count for step in self.steps if isinstance(step, Bulk)) < 400)
    def crowd(self, data: st.DataObject, count: int, finish: str) -> None:
        """Many tasks, of one user; then a look at those that were there before and at the ends of the crowd."""
        draw = data.draw
        session = self.login("second") if chance(draw, 20) else MAIN
        made = self.plan(
            Bulk(
                session=session,
                obj=Place(role="vm", index=draw(INDEX)),
                count=count,
                finish=finish,
                one_by_one=chance(draw, 50),
                through_running=chance(draw, 14),
            )
        )
        for index in (0, count - 1):
            self.tasks.append(
                PlannedTask(made=Made(step=made.step, index=index), session=session, cancelable=False, state=finish)
            )
        self.look(session, self.tasks[:4] + self.tasks[-2:])

    @rule(data=DATA, count=pushes(), own=st.booleans())
    @precondition(lambda self: sum(step.count for step in self.steps if isinstance(step, Bulk)) < 400)
    def push_out(self, data: st.DataObject, count: int, *, own: bool) -> None:
        """A completed task, and then about as many completions as push it out, of the same user's or another's."""
        draw = data.draw
        other = MAIN if own else self.login("second")
        self.one(MAIN, draw, SUCCESS)
        task = self.tasks[-1]
        self.look(MAIN, [task])
        self.plan(Bulk(session=other, obj=Place(role="vm", index=draw(INDEX)), count=count, finish=SUCCESS))
        self.plan(Act(call=AdvanceClock(session=MAIN, seconds=number(draw, 61, 120))))
        self.look(MAIN, [task])

    @rule(data=DATA, state=st.sampled_from((QUEUED, RUNNING)))
    def end_an_early_one(self, data: st.DataObject, state: str) -> None:
        """A task from before the crowd ends after it."""
        draw = data.draw
        task = self.pick(draw, state)
        if task is not None and chance(draw, 50):
            if state == QUEUED:
                self.set_state(MAIN, task, RUNNING)
            self.set_state(MAIN, task, SUCCESS)
            self.look(MAIN, [task])

    @rule(data=DATA, end=STATES)
    def one_more(self, data: st.DataObject, end: str) -> None:
        """One task more, of either user."""
        draw = data.draw
        self.one(self.login("second") if chance(draw, 33) else MAIN, draw, end)

    @rule(seconds=spans(), data=DATA, how=st.sampled_from(("retrieve", "wait")))
    def let_time_pass(self, seconds: int, data: st.DataObject, how: str) -> None:
        """Move the clock, and look."""
        self.plan(Act(call=AdvanceClock(session=MAIN, seconds=seconds)))
        others = [name for name, account in self.sessions.items() if account == "second"]
        session = others[0] if others and chance(data.draw, 33) else MAIN
        self.look(session, self.tasks[:4] + self.tasks[-2:], how)

    @rule()
    def look_at_nothing(self) -> None:
        """Wait until nothing is recent any more."""
        self.plan(Act(call=AdvanceClock(session=MAIN, seconds=1_000)))
        self.look(MAIN, [])

    @rule(data=DATA, how=HOWS)
    def look_again(self, data: st.DataObject, how: str) -> None:
        """recentTask, by any full session."""
        self.look(self.full_session(data.draw), self.tasks[:4] + self.tasks[-2:], how)


class Limits(Machine):
    """Collectors: the maximum, and what frees a place."""

    def __init__(self) -> None:
        """No collectors yet."""
        super().__init__()
        self.fills: list[tuple[Made, str, int]] = []

    @initialize(account=st.sampled_from((None, "primary", "second")), beyond=st.integers(1, 3), ends=st.booleans())
    def begin(self, account: str | None, beyond: int, *, ends: bool) -> None:
        """The value of maxCollector; perhaps a full session, that may end, and a create beside it or after it, by the
        same user or the other. Here nothing else is in the way yet."""
        self.plan(Act(call=ReadMaxCollector(session=MAIN)))
        if account is None:
            self.fill_in_vain(
                Fill(session=self.login_anew("second"), ill_formed=True) if ends else self.events("second")
            )
            return
        full = self.login_anew("primary")
        filled = self.plan(Fill(session=full, beyond=beyond))
        if ends:
            self.plan(Act(call=Logout(session=full)))
            del self.sessions[full]
        else:
            self.fills.append((filled, full, 0))
        beside = self.login_anew(account)
        made = self.plan(Act(call=CreateCollectorForTasks(session=beside, filter=TaskFilterSpec())))
        self.fills.append((made, beside, 99))

    def events(self, account: str) -> Fill:
        """As many event collectors as the limit, in a new session."""
        return Fill(session=self.login_anew(account), kind="events", beyond=1, attempts=2)

    def fill_in_vain(self, fill: Fill) -> None:
        """What may take no place, as often as the limit, and then a task collector."""
        self.plan(fill)
        self.plan(Act(call=CreateCollectorForTasks(session=fill.session, filter=TaskFilterSpec())))

    @rule(data=DATA)
    def read(self, data: st.DataObject) -> None:
        """maxCollector, by anybody."""
        draw = data.draw
        session = NOBODY if chance(draw, 25) else self.full_session(draw)
        self.plan(Act(call=ReadMaxCollector(session=session)))

    @rule(data=DATA, beyond=beyonds(), attempts=st.integers(1, 3), anew=st.booleans())
    @precondition(lambda self: len(self.fills) < 4)
    def fill(self, data: st.DataObject, beyond: int, attempts: int, *, anew: bool) -> None:
        """Fill one session, of either user."""
        draw = data.draw
        session = self.login_anew("second" if chance(draw, 50) else "primary") if anew else self.full_session(draw)
        made = self.plan(Fill(session=session, beyond=beyond, attempts=attempts))
        self.fills.append((made, session, 0))

    def use(self, draw: Draw, session: str, collector: Made) -> None:
        """Use a collector in some ways, or in none."""
        for call in some_of(draw, uses(draw, session, collector), least=0, most=2):
            self.plan(Act(call=call))

    def destroy(self, draw: Draw, session: str, collector: Made) -> None:
        """Use a collector, and destroy it; now and then once more, which frees nothing."""
        self.use(draw, session, collector)
        for _ in range(1 if chance(draw, 70) else 2):
            self.plan(Act(call=DestroyCollector(session=session, collector=collector)))

    @rule(data=DATA, account=FULL)
    def create_elsewhere(self, data: st.DataObject, account: str) -> None:
        """One collector in another session, of either user."""
        draw = data.draw
        session = self.login_anew(account) if chance(draw, 50) else self.full_session(draw)
        made = self.plan(Act(call=CreateCollectorForTasks(session=session, filter=TaskFilterSpec())))
        self.fills.append((made, session, 99))

    @rule(data=DATA, count=st.integers(1, 3), nth=st.integers(0, 6))
    def destroy_and_create(self, data: st.DataObject, count: int, nth: int) -> None:
        """Destroy some of a session's collectors, and create as many again."""
        full = [entry for entry in self.fills if entry[1] in self.sessions and entry[2] + nth + count < 20]
        if not full:
            return
        made, session, gone = one_of(data.draw, full)
        index = self.fills.index((made, session, gone))
        self.fills[index] = (made, session, gone + nth + count)
        for offset in range(count):
            self.destroy(data.draw, session, Made(step=made.step, index=gone + nth + offset))
        for _ in range(count):
            self.plan(Act(call=CreateCollectorForTasks(session=session, filter=TaskFilterSpec())))

    @rule(data=DATA, attempts=st.integers(1, 3), count=st.integers(1, 4), nth=st.integers(0, 6))
    def fill_and_free(self, data: st.DataObject, attempts: int, count: int, nth: int) -> None:
        """Fill a new session, destroy some of its collectors, and create as many again, and one more."""
        draw = data.draw
        session = self.login_anew("second" if chance(draw, 50) else "primary")
        made = self.plan(Fill(session=session, beyond=2, attempts=attempts))
        for offset in range(count):
            self.destroy(draw, session, Made(step=made.step, index=nth + offset))
        for _ in range(count + number(draw, 0, 3)):
            self.plan(Act(call=CreateCollectorForTasks(session=session, filter=TaskFilterSpec())))
        self.fills.append((made, session, nth + count))

    @rule(data=DATA)
    def end_a_full_session(self, data: st.DataObject) -> None:
        """Log out a session that holds collectors, some of which were used, and start another of the same user, with
        one or as many as can be."""
        full = [entry for entry in self.fills if entry[1] in self.sessions and entry[1] != MAIN and entry[2] < 50]
        if not full:
            return
        made, session, gone = one_of(data.draw, full)
        for offset in range(number(data.draw, 0, 3)):
            self.use(data.draw, session, Made(step=made.step, index=gone + offset))
        account = self.sessions.pop(session)
        self.plan(Act(call=Logout(session=session)))
        again = self.login_anew(account)
        if chance(data.draw, 50):
            self.plan(Fill(session=again, beyond=1, attempts=2))
        else:
            self.plan(Act(call=CreateCollectorForTasks(session=again, filter=TaskFilterSpec())))

    @rule(data=DATA)
    def fill_with_events(self, data: st.DataObject) -> None:
        """As many event collectors as the limit, then a task collector."""
        self.fill_in_vain(self.events("second" if chance(data.draw, 50) else "primary"))

    @rule(data=DATA)
    def fail_to_fill(self, data: st.DataObject) -> None:
        """As many faulting creates as the limit, then a good one."""
        session = self.login_anew("second" if chance(data.draw, 50) else "primary")
        self.fill_in_vain(Fill(session=session, ill_formed=True))
