"""The machines that draw plans: Hypothesis state machines whose rules draw, append to the plan, and nothing else.

Three themes, since a situation of one drowns the others:

- `Lives`: the life of a few tasks, from every side, by every user;
- `Crowds`: the recent window, its cap and its age;
- `Limits`: collectors up to the maximum and beyond. What it leaves behind may take the server's history from everybody.
"""

from __future__ import annotations

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
from taskconform.strategies.domains.values import beyonds, crowds, percentages, pushes, spans
from taskconform.strategies.drawing.planner import (
    ENTITY_ROLES,
    FAULTS,
    FULL,
    HOWS,
    OTHER_FAULTS,
    PICK,
    RESULTS,
    Machine,
    PlannedTask,
)


class Lives(Machine):
    """The life of a few tasks."""

    @initialize(pick=PICK, role=ENTITY_ROLES, cancelable=st.booleans())
    def begin(self, pick: int, role: str, *, cancelable: bool) -> None:
        """Two ordinary tasks to start with, one of them running."""
        self.create(MAIN, "vm", pick)
        self.set_state(MAIN, self.create(MAIN, role, pick, cancelable=cancelable), RUNNING)

    # -- making tasks --------------------------------------------------------------------------------------------------

    @rule(pick=PICK, role=ENTITY_ROLES, cancelable=st.booleans(), how=HOWS)
    def create_plain(self, pick: int, role: str, how: str, *, cancelable: bool) -> None:
        """An ordinary task, and a look at recentTask right after."""
        session = self.full_session(pick)
        task = self.create(session, role, pick, cancelable=cancelable)
        if pick % 2:
            self.look(session, [task], how)

    @rule(
        pick=PICK, initiator=st.sampled_from(("second", "primary", "stranger")), which=st.sampled_from(("work", "rest"))
    )
    def create_for_somebody(self, pick: int, initiator: str, which: str) -> None:
        """A task on another user's behalf."""
        self.create(self.full_session(pick), "vm", pick, which=which, initiated_by=UserName(account=initiator))

    @rule(pick=PICK, activation=st.sampled_from(("activation-1", "activation-2", "ä b")))
    def create_with_activation(self, pick: int, activation: str) -> None:
        """A task with an activation id."""
        self.create(self.full_session(pick), "folder", pick, activation_id=activation)

    @rule(pick=PICK, depth=st.integers(2, 5), how=HOWS)
    def create_chain(self, pick: int, depth: int, how: str) -> None:
        """A chain of tasks, each the parent of the next, and a look at the last of them."""
        session = self.full_session(pick)
        task = self.create(session, "vm", pick)
        for _ in range(depth - 1):
            task = self.create(session, "vm", pick, parent=task)
        self.look(session, [task], how)

    @rule(pick=PICK)
    def create_child_of_the_ended(self, pick: int) -> None:
        """A completed task as parent."""
        parent = self.pick(pick, SUCCESS, ERROR)
        if parent is not None:
            self.create(self.full_session(pick), "vm", pick, parent=parent)

    @rule(
        pick=PICK,
        twist=st.sampled_from(("unregistered", "built-in", "manager", "nowhere", "parent")),
    )
    def create_oddly(self, pick: int, twist: str) -> None:
        """One thing about the call that is wrong, or on which the text is silent; then a look for what it left."""
        session = self.full_session(pick)
        call = CreateTask(
            session=session,
            obj=Place(role=twist if twist in {"manager", "nowhere"} else "vm", index=pick % 8),
            task_type_id=TypeId(which=twist if twist in {"unregistered", "built-in"} else "work"),
            cancelable=bool(pick % 2),
            parent_task_key="no-such-key" if twist == "parent" else None,
        )
        made = self.plan(Act(call=call, look=True))
        if twist in {"manager", "parent", "built-in"}:
            self.tasks.append(PlannedTask(made=made, session=session, cancelable=call.cancelable, state=None))
        else:
            self.look(session, [])

    @rule(pick=PICK, count=st.integers(2, 3))
    def create_together(self, pick: int, count: int) -> None:
        """Several sessions create at the same time."""
        names = [MAIN, self.login("second"), self.login_anew("primary")][:count]
        calls = tuple(
            CreateTask(
                session=name, obj=Place(role="vm", index=pick % 8), task_type_id=TypeId(which="work"), cancelable=True
            )
            for name in names
        )
        made = self.plan(Together(calls=calls))
        for index, name in enumerate(names):
            self.tasks.append(PlannedTask(made=Made(step=made.step, index=index), session=name, cancelable=True))

    # -- moving them ---------------------------------------------------------------------------------------------------

    @rule(pick=PICK, how=HOWS)
    def start(self, pick: int, how: str) -> None:
        """queued to running; a new task, if none is queued."""
        task = self.pick(pick, QUEUED) or self.create(self.full_session(pick), "vm", pick, cancelable=bool(pick % 2))
        if task is not None:
            self.set_state(self.full_session(pick), task, RUNNING)
            if pick % 4 == 0:
                self.look(self.full_session(pick // 4), [task], how)

    @rule(pick=PICK, result=st.one_of(st.none(), RESULTS), how=HOWS)
    def succeed(self, pick: int, result: str | ObjectRef | None, how: str) -> None:
        """running to success, with or without a result."""
        task = self.pick(pick, RUNNING)
        if task is not None:
            session = self.full_session(pick)
            self.set_state(session, task, SUCCESS, result=result)
            if pick % 2:
                self.look(session, [task], how)

    @rule(pick=PICK, fault=FAULTS, how=HOWS)
    def fail(self, pick: int, fault: str, how: str) -> None:
        """running to error, with a fault."""
        task = self.pick(pick, RUNNING)
        if task is not None:
            session = self.full_session(pick)
            self.set_state(session, task, ERROR, fault=fault)
            if pick % 4 == 0:
                self.look(session, [task], how)

    @rule(pick=PICK, percent=percentages())
    def whole_life(self, pick: int, percent: int) -> None:
        """A life from end to end, with one percentage on the way."""
        session = self.full_session(pick)
        task = self.create(session, "vm", pick, cancelable=bool(pick % 2))
        self.set_state(session, task, RUNNING)
        self.plan(Act(call=UpdateProgress(session=session, task=task.made, percent_done=percent), look=True))
        if pick % 2:
            self.set_state(session, task, SUCCESS, result="done")
        else:
            self.set_state(session, task, ERROR, fault="NotFound")

    @rule(pick=PICK, state=st.sampled_from((QUEUED, RUNNING, SUCCESS, ERROR)), fault=st.one_of(st.none(), FAULTS))
    def move_silently(self, pick: int, state: str, fault: str | None) -> None:
        """A move on which the text is silent: back, straight to an end, to the state it has."""
        task = self.pick(pick, RUNNING) if pick % 2 else self.pick(pick, QUEUED)
        if task is None or (task.state, state) in {(QUEUED, RUNNING), (RUNNING, SUCCESS)}:
            return
        fault = fault if state == ERROR else None
        call = SetTaskState(session=self.full_session(pick), task=task.made, state=state, fault=fault)
        self.plan(Act(call=call, look=True))
        task.state = None if (task.state, state) != (RUNNING, ERROR) or fault is None else ERROR

    @rule(pick=PICK, state=st.sampled_from((QUEUED, RUNNING, SUCCESS, ERROR)), fault=FAULTS, what=st.integers(0, 3))
    def set_wrongly(self, pick: int, state: str, fault: str, what: int) -> None:
        """A result or a fault where it does not belong, or a fault of the wrong kind; the task is left as it is."""
        task = self.pick(pick, RUNNING)
        if task is None:
            return
        result = fault_given = None
        if what == 0:
            result, state = "a result", ERROR if state == SUCCESS else state
        elif what == 1:
            fault_given, state = fault, SUCCESS if state == ERROR else state
        else:
            fault_given, state = OTHER_FAULTS[pick % 3], ERROR
        call = SetTaskState(
            session=self.full_session(pick), task=task.made, state=state, result=result, fault=fault_given
        )
        self.plan(Act(call=call, look=True))
        if fault_given == "RequestCanceled":
            task.state = None

    @rule(pick=PICK, state=st.sampled_from((QUEUED, RUNNING, SUCCESS, ERROR)), anything=st.booleans())
    def set_after_the_end(self, pick: int, state: str, *, anything: bool) -> None:
        """Any state, after the end."""
        task = self.pick(pick, SUCCESS, ERROR)
        if task is not None:
            result = "another result" if anything and state == SUCCESS else None
            fault = "Timedout" if anything and state == ERROR else None
            session = self.full_session(pick)
            call = SetTaskState(session=session, task=task.made, state=state, result=result, fault=fault)
            self.plan(Act(call=call, look=True))

    @rule(pick=PICK, percent=percentages(), first=st.integers(1, 99))
    def report_progress(self, pick: int, percent: int, first: int) -> None:
        """A percentage, after another one."""
        task = self.pick(pick, RUNNING)
        if task is None:
            return
        session = self.full_session(pick)
        if task.progress < 0 or pick % 4 == 0:
            self.plan(Act(call=UpdateProgress(session=session, task=task.made, percent_done=first), look=True))
        self.plan(Act(call=UpdateProgress(session=session, task=task.made, percent_done=percent), look=True))
        task.progress = percent
        if task.parent is not None and pick % 2:
            self.plan(Act(call=ReadTaskInfo(session=session, tasks=(task.parent.made,))))

    @rule(pick=PICK, percent=percentages(), ended=st.booleans())
    def report_progress_too_soon_or_late(self, pick: int, percent: int, *, ended: bool) -> None:
        """A percentage on a task that is not running."""
        task = self.pick(pick, SUCCESS, ERROR) if ended else self.pick(pick, QUEUED)
        if task is not None:
            call = UpdateProgress(session=self.full_session(pick), task=task.made, percent_done=percent)
            self.plan(Act(call=call, look=True))

    @rule(pick=PICK, part=st.integers(1, 99))
    def parent_and_child_progress(self, pick: int, part: int) -> None:
        """A running parent, a running child, and the child's percentage."""
        session = self.full_session(pick)
        parent = self.create(session, "vm", pick)
        self.set_state(session, parent, RUNNING)
        self.plan(Act(call=UpdateProgress(session=session, task=parent.made, percent_done=10), look=True))
        child = self.create(session, "vm", pick, parent=parent)
        self.set_state(session, child, RUNNING)
        self.plan(Act(call=UpdateProgress(session=session, task=child.made, percent_done=part), look=True))
        self.plan(Act(call=ReadTaskInfo(session=session, tasks=(parent.made,))))

    @rule(
        pick=PICK,
        key=st.sampled_from(("phase.one", "phase.two")),
        args=st.sampled_from(((), (("step", "1"),), (("step", "2"),), (("step", "1"), ("of", "2")))),
        ended=st.booleans(),
    )
    def describe(self, pick: int, key: str, args: tuple[tuple[str, str], ...], *, ended: bool) -> None:
        """A description, mostly of a running task."""
        task = self.pick(pick, SUCCESS, ERROR) if ended and pick % 2 else self.pick(pick, RUNNING)
        if task is not None:
            call = SetTaskDescription(session=self.full_session(pick), task=task.made, key=key, args=args)
            self.plan(Act(call=call, look=True))

    @rule(
        pick=PICK,
        state=st.sampled_from((QUEUED, RUNNING, RUNNING, SUCCESS)),
        cancelable=st.booleans(),
        again=st.booleans(),
    )
    def cancel(self, pick: int, state: str, *, cancelable: bool, again: bool) -> None:
        """A cancel, perhaps twice, and perhaps the extension's own end after it."""
        session = self.full_session(pick)
        if state == SUCCESS:
            task = self.pick(pick, ERROR, SUCCESS)
        else:
            task = self.create(session, "vm", pick, cancelable=cancelable)
            if state == RUNNING:
                self.set_state(session, task, RUNNING)
        if task is None:
            return
        self.plan(Act(call=CancelTask(session=session, task=task.made), look=True))
        if task.cancelable and state != SUCCESS:
            task.state = None
            if again:
                self.plan(Act(call=CancelTask(session=session, task=task.made), look=True))
            elif pick % 3 == 0:
                end = SetTaskState(session=session, task=task.made, state=SUCCESS if pick % 2 else ERROR)
                self.plan(Act(call=end, look=True))

    @rule(pick=PICK, what=st.integers(0, 4))
    def touch_the_unknown(self, pick: int, what: int) -> None:
        """A call on a task that never existed."""
        session, nothing = self.full_session(pick), Place(role="no-task")
        calls = (
            SetTaskState(session=session, task=nothing, state=RUNNING),
            UpdateProgress(session=session, task=nothing, percent_done=10),
            SetTaskDescription(session=session, task=nothing, key="phase.one"),
            CancelTask(session=session, task=nothing),
            ReadTaskInfo(session=session, tasks=(nothing,)),
        )
        self.plan(Act(call=calls[what]))

    # -- reading -------------------------------------------------------------------------------------------------------

    @rule(pick=PICK, how=HOWS, count=st.integers(1, 4))
    def look_around(self, pick: int, how: str, count: int) -> None:
        """recentTask, judged on a few tasks, by any full session."""
        tasks = [task for nth in range(count) if (task := self.pick(pick // (nth + 1))) is not None]
        if tasks:
            self.look(self.full_session(pick), tasks, how)

    @rule()
    def look_before_and_after(self) -> None:
        """Two waits with a change between: what does a later version yield?"""
        self.look(MAIN, [], "wait")
        self.create(MAIN, "vm", 0)
        self.look(MAIN, [], "later")

    @rule(pick=PICK)
    def read_history(self, pick: int) -> None:
        """A completed task, in Task.info and in a collector."""
        session = self.full_session(pick)
        task = self.pick(pick, SUCCESS, ERROR)
        if task is None:
            return
        self.plan(Act(call=ReadTaskInfo(session=session, tasks=(task.made,))))
        collector = self.plan(Act(call=CreateCollectorForTasks(session=session, filter=TaskFilterSpec())))
        self.plan(Act(call=ReadNextTasks(session=session, collector=collector, max_count=100)))
        self.plan(Act(call=DestroyCollector(session=session, collector=collector)))

    # -- other users ---------------------------------------------------------------------------------------------------

    @rule(pick=PICK, account=FULL)
    def log_in(self, pick: int, account: str) -> None:
        """Another full session, that looks at what there is."""
        session = self.login_anew(account) if pick % 4 == 0 else self.login(account)
        task = self.pick(pick)
        if task is not None:
            self.look(session, [task])

    @rule(pick=PICK, kept=st.booleans())
    def log_out(self, pick: int, *, kept: bool) -> None:
        """A session with a task of its own, live or ended, that logs out; others look at the task afterwards."""
        session = self.login_anew("second" if pick % 2 else "primary")
        task = self.create(session, "vm", pick)
        if not kept:
            self.set_state(session, task, RUNNING)
            self.set_state(session, task, SUCCESS, result="kept")
        self.plan(Act(call=Logout(session=session)))
        self.ended.append(session)
        del self.sessions[session]
        self.look(MAIN, [task])
        if kept:
            task.state = None

    @rule(pick=PICK, what=st.integers(0, 6), ended=st.booleans())
    def call_without_login(self, pick: int, what: int, *, ended: bool) -> None:
        """Any call, by nobody, or by a session that has ended."""
        session = self.ended[pick % len(self.ended)] if ended and self.ended else NOBODY
        task = self.pick(pick)
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

    @rule(pick=PICK)
    def read_what_a_session_read_before(self, pick: int) -> None:
        """A session reads, logs out, and asks again."""
        task = self.pick(pick)
        if task is None:
            return
        session = self.login_anew("second" if pick % 2 else "primary")
        self.plan(Act(call=ReadTaskInfo(session=session, tasks=(task.made,))))
        self.plan(Act(call=Logout(session=session)))
        self.ended.append(session)
        del self.sessions[session]
        self.plan(Act(call=ReadTaskInfo(session=session, tasks=(task.made,))))
        self.plan(Act(call=ReadRecentTask(session=session)))

    @rule(
        pick=PICK,
        role=st.sampled_from(("readable", "hidden", "hidden", "ancestor", "manager")),
        ended=st.booleans(),
        read=st.booleans(),
    )
    def show_to_the_restricted(self, pick: int, role: str, *, ended: bool, read: bool) -> None:
        """A task on a place that the restricted user may or may not read; the full user looks, then the other."""
        session = self.login("restricted")
        task = self.create(MAIN, role, pick)
        if ended:
            self.set_state(MAIN, task, RUNNING)
            self.set_state(MAIN, task, SUCCESS)
        self.look(MAIN, [task])
        self.look(session, [task], "wait" if pick % 4 == 0 else "retrieve", witness=MAIN)
        if read:
            self.plan(Act(call=ReadTaskInfo(session=session, tasks=(task.made,))))

    @rule(pick=PICK, what=st.integers(0, 4))
    def act_as_the_restricted(self, pick: int, what: int) -> None:
        """Calls that ask for a privilege the restricted user lacks."""
        session = self.login("restricted")
        task = self.create(MAIN, "readable", pick)
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

    @rule(pick=PICK)
    def act_as_the_delegate(self, pick: int) -> None:
        """Task.Create held on one entity only."""
        session = self.login("delegate")
        call = CreateTask(
            session=session,
            obj=Place(role="granted", index=pick % 8),
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

    @initialize(pick=PICK, ends=st.lists(st.sampled_from((QUEUED, RUNNING, SUCCESS, ERROR)), min_size=1, max_size=4))
    def begin(self, pick: int, ends: list[str]) -> None:
        """A few tasks, in several states, that are shown before the crowd comes."""
        for end in ends:
            self.one(MAIN, pick, end)
        self.look(MAIN, self.tasks)

    def one(self, session: str, pick: int, end: str) -> None:
        """One task, brought to a state."""
        task = self.create(session, "vm", pick, cancelable=bool(pick % 2))
        if end != QUEUED:
            self.set_state(session, task, RUNNING)
        if end in {SUCCESS, ERROR}:
            self.set_state(session, task, end, fault="NotFound" if end == ERROR else None)

    @rule(pick=PICK, count=crowds(), finish=st.sampled_from((SUCCESS, SUCCESS, SUCCESS, QUEUED, ERROR, RUNNING)))
    @precondition(lambda self: sum(step.count for step in self.steps if isinstance(step, Bulk)) < 400)
    def crowd(self, pick: int, count: int, finish: str) -> None:
        """Many tasks, of one user; then a look at those that were there before and at the ends of the crowd."""
        session = self.login("second") if pick % 5 == 0 else MAIN
        made = self.plan(
            Bulk(
                session=session,
                obj=Place(role="vm", index=pick % 8),
                count=count,
                finish=finish,
                one_by_one=bool(pick % 2),
                through_running=pick % 7 == 0,
            )
        )
        for index in (0, count - 1):
            self.tasks.append(
                PlannedTask(made=Made(step=made.step, index=index), session=session, cancelable=False, state=finish)
            )
        self.look(session, self.tasks[:4] + self.tasks[-2:])

    @rule(pick=PICK, count=pushes(), own=st.booleans())
    @precondition(lambda self: sum(step.count for step in self.steps if isinstance(step, Bulk)) < 400)
    def push_out(self, pick: int, count: int, *, own: bool) -> None:
        """A completed task, and then about as many completions as push it out, of the same user's or another's."""
        other = MAIN if own else self.login("second")
        self.one(MAIN, pick, SUCCESS)
        task = self.tasks[-1]
        self.look(MAIN, [task])
        self.plan(Bulk(session=other, obj=Place(role="vm", index=pick % 8), count=count, finish=SUCCESS))
        self.plan(Act(call=AdvanceClock(session=MAIN, seconds=61 + pick % 60)))
        self.look(MAIN, [task])

    @rule(pick=PICK, state=st.sampled_from((QUEUED, RUNNING)))
    def end_an_early_one(self, pick: int, state: str) -> None:
        """A task from before the crowd ends after it."""
        task = self.pick(pick, state)
        if task is not None and pick % 2:
            if state == QUEUED:
                self.set_state(MAIN, task, RUNNING)
            self.set_state(MAIN, task, SUCCESS)
            self.look(MAIN, [task])

    @rule(pick=PICK, end=st.sampled_from((QUEUED, RUNNING, SUCCESS, ERROR)))
    def one_more(self, pick: int, end: str) -> None:
        """One task more, of either user."""
        self.one(self.login("second") if pick % 3 == 0 else MAIN, pick, end)

    @rule(seconds=spans(), pick=PICK, how=st.sampled_from(("retrieve", "wait")))
    def let_time_pass(self, seconds: int, pick: int, how: str) -> None:
        """Move the clock, and look."""
        self.plan(Act(call=AdvanceClock(session=MAIN, seconds=seconds)))
        others = [name for name, account in self.sessions.items() if account == "second"]
        session = others[0] if others and pick % 3 == 0 else MAIN
        self.look(session, self.tasks[:4] + self.tasks[-2:], how)

    @rule()
    def look_at_nothing(self) -> None:
        """Wait until nothing is recent any more."""
        self.plan(Act(call=AdvanceClock(session=MAIN, seconds=1_000)))
        self.look(MAIN, [])

    @rule(pick=PICK, how=HOWS)
    def look_again(self, pick: int, how: str) -> None:
        """recentTask, by any full session."""
        self.look(self.full_session(pick), self.tasks[:4] + self.tasks[-2:], how)


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

    @rule(pick=PICK)
    def read(self, pick: int) -> None:
        """maxCollector, by anybody."""
        session = NOBODY if pick % 4 == 0 else self.full_session(pick)
        self.plan(Act(call=ReadMaxCollector(session=session)))

    @rule(pick=PICK, beyond=beyonds(), attempts=st.integers(1, 3), anew=st.booleans())
    @precondition(lambda self: len(self.fills) < 4)
    def fill(self, pick: int, beyond: int, attempts: int, *, anew: bool) -> None:
        """Fill one session, of either user."""
        session = self.login_anew("second" if pick % 2 else "primary") if anew else self.full_session(pick)
        made = self.plan(Fill(session=session, beyond=beyond, attempts=attempts))
        self.fills.append((made, session, 0))

    @rule(pick=PICK, account=FULL)
    def create_elsewhere(self, pick: int, account: str) -> None:
        """One collector in another session, of either user."""
        session = self.login_anew(account) if pick % 2 else self.full_session(pick)
        made = self.plan(Act(call=CreateCollectorForTasks(session=session, filter=TaskFilterSpec())))
        self.fills.append((made, session, 99))

    @rule(pick=PICK, count=st.integers(1, 3), nth=st.integers(0, 6))
    def destroy_and_create(self, pick: int, count: int, nth: int) -> None:
        """Destroy some of a session's collectors, and create as many again."""
        full = [entry for entry in self.fills if entry[1] in self.sessions and entry[2] + nth + count < 20]
        if not full:
            return
        made, session, gone = full[pick % len(full)]
        index = self.fills.index((made, session, gone))
        self.fills[index] = (made, session, gone + nth + count)
        for offset in range(count):
            collector = Made(step=made.step, index=gone + nth + offset)
            self.plan(Act(call=DestroyCollector(session=session, collector=collector)))
        for _ in range(count):
            self.plan(Act(call=CreateCollectorForTasks(session=session, filter=TaskFilterSpec())))

    @rule(pick=PICK, attempts=st.integers(1, 3), count=st.integers(1, 4), nth=st.integers(0, 6))
    def fill_and_free(self, pick: int, attempts: int, count: int, nth: int) -> None:
        """Fill a new session, destroy some of its collectors, and create as many again, and one more."""
        session = self.login_anew("second" if pick % 2 else "primary")
        made = self.plan(Fill(session=session, beyond=2, attempts=attempts))
        for offset in range(count):
            self.plan(Act(call=DestroyCollector(session=session, collector=Made(step=made.step, index=nth + offset))))
        for _ in range(count + pick % 2):
            self.plan(Act(call=CreateCollectorForTasks(session=session, filter=TaskFilterSpec())))
        self.fills.append((made, session, nth + count))

    @rule(pick=PICK)
    def end_a_full_session(self, pick: int) -> None:
        """Log out a session that holds collectors, and start another of the same user."""
        full = [entry for entry in self.fills if entry[1] in self.sessions and entry[1] != MAIN and entry[2] < 50]
        if not full:
            return
        _, session, _ = full[pick % len(full)]
        account = self.sessions.pop(session)
        self.plan(Act(call=Logout(session=session)))
        again = self.login_anew(account)
        self.plan(Act(call=CreateCollectorForTasks(session=again, filter=TaskFilterSpec())))

    @rule(pick=PICK)
    def fill_with_events(self, pick: int) -> None:
        """As many event collectors as the limit, then a task collector."""
        self.fill_in_vain(self.events("second" if pick % 2 else "primary"))

    @rule(pick=PICK)
    def fail_to_fill(self, pick: int) -> None:
        """As many faulting creates as the limit, then a good one."""
        session = self.login_anew("second" if pick % 2 else "primary")
        self.fill_in_vain(Fill(session=session, ill_formed=True))
