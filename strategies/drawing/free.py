"""Free plans: any call of the vocabulary with any arguments, one after another, and reads of everything between them.

Scenarios lead to the situations that somebody thought of. Here each call and each of its arguments is drawn by itself,
from the domain of its type; what a call changed, and what it should not have changed, shows in the reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import MAIN, ExtensionKey, Made
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SUCCESS
from taskconform.model.vocabulary.plan import Act, Drain, Follow, Look, Step, Together
from taskconform.strategies.domains.arguments import SPECIAL as LIMITED
from taskconform.strategies.domains.arguments import VIM, WHICH, an_info_filter, arguments, types_of
from taskconform.strategies.domains.drawing import chance, let_draw, number, one_of, some_of
from taskconform.strategies.domains.known import Known
from taskconform.strategies.domains.numbers import sizes
from taskconform.strategies.domains.selections import EVERYTHING, Spec, parts_of, selection, values_of
from taskconform.strategies.drawing.conforming import Conforming

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.vocabulary.calls import PlannedCall, Symbol
    from taskconform.model.vocabulary.plan import Plan
    from taskconform.strategies.domains.drawing import Draw

OFTEN: Final[dict[type[Any], int]] = {
    c.CreateTask: 12,
    c.SetTaskState: 18,
    c.UpdateProgress: 5,
    c.SetTaskDescription: 5,
    c.CancelTask: 3,
    c.ReadTaskInfo: 2,
    c.ReadRecentTask: 1,
    c.WaitForRecentTask: 2,
    c.ReadMaxCollector: 1,
    c.ReadDescription: 1,
    c.Login: 3,
    c.Logout: 1,
    c.AdvanceClock: 5,
    c.FindExtension: 1,
    c.ReadExtensionList: 1,
    c.RegisterExtension: 2,
    c.UpdateExtension: 1,
    c.UnregisterExtension: 1,
    c.CreateCollectorForTasks: 5,
    c.CreateCollectorWithInfoFilterForTasks: 2,
    c.ReadCollectorFilter: 1,
    c.ReadLatestPage: 4,
    c.SetCollectorPageSize: 3,
    c.RewindCollector: 3,
    c.ResetCollector: 3,
    c.ReadNextTasks: 9,
    c.ReadPreviousTasks: 5,
    c.DestroyCollector: 2,
    c.CreateListView: 2,
    c.ModifyListView: 3,
    c.ResetListView: 2,
    c.ReadView: 3,
    c.DestroyView: 1,
    c.CreatePropertyCollector: 2,
    c.CreateFilter: 4,
    c.WaitForUpdatesEx: 6,
    c.DestroyPropertyFilter: 1,
    c.DestroyPropertyCollector: 1,
    c.RetrieveReported: 1,
    c.CreateFolder: 1,
    c.Destroy: 1,
    c.CreateScheduledTask: 1,
    c.RunScheduledTask: 1,
    c.RemoveScheduledTask: 1,
    c.CreateAlarm: 1,
    c.LogUserEvent: 1,
    c.RemoveAlarm: 1,
    c.QueryTaskEvents: 1,
}
"""Every call that is drawn, and how often among the others."""
CHANGES: Final[tuple[type[Any], ...]] = (
    *(c.SetTaskState, c.SetTaskState, c.SetTaskState, c.SetTaskState, c.CreateTask, c.CancelTask),
    *(c.ModifyListView, c.ResetListView, c.DestroyView, c.CreateFilter, c.DestroyPropertyFilter),
)
"""Calls that change what a property collector has to tell."""
ALIKE: Final[tuple[tuple[str, tuple[type[Any], ...]], ...]] = (
    ("task", (c.SetTaskState, c.UpdateProgress, c.SetTaskDescription, c.CancelTask)),
    (
        "collector",
        (
            *(c.ReadNextTasks, c.ReadPreviousTasks, c.RewindCollector, c.ResetCollector),
            *(c.ReadLatestPage, c.SetCollectorPageSize, c.ReadCollectorFilter),
        ),
    ),
    ("collector", (c.CreateFilter, c.WaitForUpdatesEx)),
    ("view", (c.ModifyListView, c.ResetListView, c.ReadView)),
)
"""An argument, and the calls that can be made on one and the same."""
OF_HISTORY: Final = frozenset({c.CreateCollectorForTasks, c.CreateCollectorWithInfoFilterForTasks})
CALLS: Final = tuple(cls for cls, weight in OFTEN.items() for _ in range(weight))
MOST_COLLECTORS: Final = 16
"""Collectors that a plan has open at a time: the limit has scenarios of its own."""
LARGE: Final = (100, 128, 256, 999, 1000)
"""Page sizes that hold all tasks of a plan."""
MOST_TIMES: Final = 128
"""Times that a call is made, one after another."""
MOST_READ: Final = 64
"""Tasks that are read at once."""
MOST_ALONE: Final = 8
"""Values of a filter's lists that are asked for by themselves."""
NEXT: Final = {QUEUED: (RUNNING, RUNNING, RUNNING, ERROR), RUNNING: (SUCCESS, ERROR)}
"""The states that mostly come after a state."""
HOWS: Final = ("retrieve", "retrieve", "wait", "later")

NEEDS: Final[dict[type[Any], str]] = {
    c.RunScheduledTask: "schedules",
    c.RemoveScheduledTask: "schedules",
    c.RemoveAlarm: "alarms",
    c.QueryTaskEvents: "tasks",
}
"""Calls that need something that the plan has made."""
MAKES: Final[dict[type[Any], str]] = {
    c.CreateFolder: "folders",
    c.CreateScheduledTask: "schedules",
    c.CreateAlarm: "alarms",
}
"""Calls that make something that any session can name."""
MAKES_OWN: Final[dict[type[Any], str]] = {
    c.CreateCollectorForTasks: "collectors",
    c.CreateCollectorWithInfoFilterForTasks: "collectors",
    c.CreateListView: "views",
    c.CreatePropertyCollector: "property_collectors",
    c.CreateFilter: "filters",
}
"""Calls that make something of the session's own."""


class Free(RuleBasedStateMachine):
    """Draws a plan call by call."""

    sink: ClassVar[Callable[[Plan], None]]

    def __init__(self) -> None:
        """Begin with an empty plan."""
        super().__init__()
        self.steps: list[Step] = []
        self.known = Known()
        self.conforming = Conforming()

    def teardown(self) -> None:
        """Hand the plan over."""
        if self.steps:
            type(self).sink(tuple(self.steps))

    def plan(self, step: Step) -> Made:
        """Append a step; what it makes is named by its number."""
        self.steps.append(step)
        return Made(step=len(self.steps) - 1)

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """Log in as both users, one of them twice, and make a few tasks."""
        let_draw(data, self._begin)

    @rule(data=st.data())
    def go_on(self, data: st.DataObject) -> None:
        """Do one more thing: mostly any call, and then mostly a look at all tasks."""
        let_draw(data, lambda draw: one_of(draw, ACTIONS)(self, draw))

    def _begin(self, draw: Draw) -> None:
        for account in some_of(draw, ("primary", "second", "second"), least=1):
            self._log_in(account, None)
        for _ in range(number(draw, 1, 4)):
            self._call(draw, c.CreateTask)

    # -- actions -------------------------------------------------------------------------------------------------------

    def call(self, draw: Draw) -> None:
        """Make any call, and mostly look at all tasks afterwards."""
        self._call(draw, one_of(draw, CALLS))
        if chance(draw, 45):
            self._look_at_all(draw)

    def look(self, draw: Draw) -> None:
        """Read recentTask, between two reads of some tasks."""
        known = self.known
        some = some_of(draw, known.tasks, most=6) if known.tasks else ()
        self.plan(Look(session=one_of(draw, known.full()), tasks=some, how=one_of(draw, HOWS)))

    def follow(self, draw: Draw) -> None:
        """Take all updates of a property collector, from a version on."""
        given = arguments(self.known, draw, c.WaitForUpdatesEx)
        if given is not None:
            owner = next(name for name, made in self.known.property_collectors if made == given["collector"])
            given["session"] = owner
            self.known.versions.append(self.plan(Follow(**given)))

    def read_pages(self, draw: Draw) -> None:
        """Read a new collector to its end in pages of any size, with a call between two pages now and then."""
        session, spec = one_of(draw, self.known.full()), selection(self.known, draw) if chance(draw, 40) else EVERYTHING
        collector = self._collector(draw, session, spec)
        if chance(draw, 30):
            size = draw(sizes(64))
            self.plan(Act(call=c.ReadNextTasks(session=session, collector=collector, max_count=size)))
            self._call(draw, one_of(draw, CALLS))
        self._drain(session, collector, draw(sizes(64)), forward=True)
        if chance(draw, 30):
            self._drain(session, collector, draw(sizes(64)), forward=chance(draw, 40))
        self.plan(Act(call=c.DestroyCollector(session=session, collector=collector)))

    def create_together(self, draw: Draw) -> None:
        """Make tasks in several sessions at the same time."""
        sessions = some_of(draw, self.known.full(), most=3)
        calls = []
        for session in sessions:
            given = arguments(self.known, draw, c.CreateTask) or {}
            calls.append(c.CreateTask(**{**given, "session": session, "parent_task_key": None}))
        made = self.plan(Together(calls=tuple(calls)))
        for index, call in enumerate(calls):
            if self.conforming.perform(call, Made(step=made.step, index=index)):
                self.known.add_task(Made(step=made.step, index=index), call)

    def monitor(self, draw: Draw) -> None:
        """Watch tasks through one property collector, by several filters; some change, and what is watched changes."""
        session = one_of(draw, self.known.full())
        collector = self._made(session, c.CreatePropertyCollector(session=session), "property_collectors")
        for _ in range(number(draw, 1, 4)):
            watched = some_of(draw, self.known.tasks, most=64) if self.known.tasks else ()
            if chance(draw, 60):
                watched = (self._made(session, c.CreateListView(session=session, objs=watched), "views"),)
            call = c.CreateFilter(
                session=session, collector=collector, watched=watched, report_missing=chance(draw, 50)
            )
            self._made(session, call, "filters")
        version: str | Made = ""
        for _ in range(draw(sizes(12))):
            most = None if chance(draw, 50) else draw(sizes(64))
            step = Follow(session=session, collector=collector, version=version, max_object_updates=most)
            version = self.plan(step)
            for _ in range(number(draw, 1, 4)):
                self._call(draw, one_of(draw, CHANGES))
        self.plan(Follow(session=session, collector=collector, version=version))
        self._look_at_all(draw)

    def act_limited(self, draw: Draw) -> None:
        """Make any calls by a user who may not do everything, each with any arguments; a full session looks."""
        account = one_of(draw, LIMITED)
        if account not in self.known.sessions.values() or chance(draw, 20):
            self._log_in(account, None)
        session = one_of(draw, [name for name, owner in self.known.sessions.items() if owner == account])
        for _ in range(number(draw, 1, 4)):
            cls = one_of(draw, CALLS)
            if cls not in SPECIAL:
                self._call(draw, cls, by=session)
        self._look_at_all(draw)

    def insist(self, draw: Draw) -> None:
        """Make one call many times, and others on the same: what it leaves behind shows then, and what counts calls."""
        cls = one_of(draw, tuple(OFTEN))
        if cls in SPECIAL or cls in MAKES_OWN or (cls in NEEDS and not getattr(self.known, NEEDS[cls])):
            return
        given = arguments(self.known, draw, cls)
        if given is None:
            return
        for _ in range(draw(sizes(MOST_TIMES))):
            call = cls(**given)
            made = self.plan(Act(call=call))
            if self.conforming.perform(call, made):
                self._note(draw, call, made)
        self._use_the_same(draw, cls, given)
        self._look_at_all(draw)

    def select(self, draw: Draw) -> None:
        """Read all that a filter holds; before it everything, and what each of its values and parts holds."""
        session = one_of(draw, self.known.full())
        self._look_at_all(draw)
        spec = selection(self.known, draw)
        parts = parts_of(spec)
        single = [each for part in parts for each in values_of(part)]
        some = some_of(draw, single, most=MOST_ALONE) if single else ()
        self._read_everything(draw, session)
        for each in dict.fromkeys((*some, *parts, spec)):
            self._read_whole(draw, session, each)

    # -- steps ---------------------------------------------------------------------------------------------------------

    def _call(self, draw: Draw, cls: type[Any], by: str | None = None) -> None:
        """Append a call with any arguments, by any session or by this one, unless it needs what the plan has not
        made."""
        known = self.known
        if cls in NEEDS and not getattr(known, NEEDS[cls]):
            return
        if cls in OF_HISTORY and len(known.collectors) >= MOST_COLLECTORS:
            cls = c.DestroyCollector
        if cls in SPECIAL:
            SPECIAL[cls](self, draw)
            return
        given = arguments(known, draw, cls)
        if given is None:
            return
        given["session"] = by or given["session"]
        if "task" in given:
            self._make_fit(draw, cls, given)
            known.touched = given["task"] if isinstance(given["task"], Made) else None
        call = cls(**given)
        made = self.plan(Act(call=call, look=chance(draw, 30)))
        if self.conforming.perform(call, made):
            self._note(draw, call, made)

    def _use_the_same(self, draw: Draw, cls: type[Any], given: dict[str, Any]) -> None:
        """Make a few more calls on what a call was made on, if there are any."""
        for name, calls in ALIKE:
            for _ in range(number(draw, 1, 4) if cls in calls else 0):
                other = one_of(draw, calls)
                more = arguments(self.known, draw, other)
                if more is not None:
                    call = other(**{**more, name: given[name], "session": given["session"]})
                    self.conforming.perform(call, self.plan(Act(call=call)))

    def _make_fit(self, draw: Draw, cls: type[Any], given: dict[str, Any]) -> None:
        """Let every other call on a task be one that has not ended, and a new state be one that comes next."""
        states = {task: self.conforming.state_of(task) for task in self.known.tasks[-MOST_READ:]}
        live = [task for task, state in states.items() if state in NEXT]
        if not live or chance(draw, 40):
            return
        if given["task"] not in live or chance(draw, 50):
            given["task"] = one_of(draw, live)
        if cls is c.SetTaskState and chance(draw, 80):
            given["state"] = one_of(draw, NEXT[states[given["task"]] or QUEUED])
            given["result"] = given["result"] if given["state"] == SUCCESS else None
            given["fault"] = (given["fault"] or one_of(draw, VIM)) if given["state"] == ERROR else None

    def _note(self, draw: Draw, call: Any, made: Made) -> None:
        """Remember what a call made."""
        known, cls = self.known, type(call)
        if cls is c.CreateTask:
            known.add_task(made, call)
        elif cls in MAKES:
            getattr(known, MAKES[cls]).append(made)
        elif cls in MAKES_OWN:
            getattr(known, MAKES_OWN[cls]).append((call.session, made))
        if cls is c.CreateTask and call.activation_id:
            known.activations.append(call.activation_id)
        elif cls is c.WaitForUpdatesEx:
            known.versions.append(made)
        elif cls is c.DestroyCollector and chance(draw, 80):
            known.collectors = [one for one in known.collectors if one[1] != call.collector]

    def _made(self, session: str, call: PlannedCall, where: str) -> Made:
        """Append a call that makes something of the session's own, and return that."""
        made = self.plan(Act(call=call))
        if self.conforming.perform(call, made):
            getattr(self.known, where).append((session, made))
        return made

    def _task(self, call: c.CreateTask[Symbol]) -> Made:
        """Append a CreateTask."""
        made = self.plan(Act(call=call))
        if self.conforming.perform(call, made):
            self.known.add_task(made, call)
        return made

    def _look_at_all(self, draw: Draw) -> None:
        """Read all tasks at once, in any order, mostly by a full session."""
        known = self.known
        if known.tasks:
            tasks = some_of(draw, known.tasks[-MOST_READ:], least=MOST_READ)
            session = one_of(draw, known.full() if chance(draw, 85) else tuple(known.sessions))
            self.plan(Act(call=c.ReadTaskInfo(session=session, tasks=tasks)))

    def _collector(self, draw: Draw, session: str, spec: Spec) -> Made:
        """Append a new collector, with an info filter now and then."""
        if chance(draw, 75):
            return self.plan(Act(call=c.CreateCollectorForTasks(session=session, filter=spec)))
        given = an_info_filter(self.known, draw)
        call = c.CreateCollectorWithInfoFilterForTasks(session=session, filter=spec, info_filter=given)
        return self.plan(Act(call=call))

    def _drain(self, session: str, collector: Made, size: int, *, forward: bool) -> None:
        direction = "next" if forward else "previous"
        self.plan(Drain(session=session, collector=collector, max_count=size, direction=direction))

    def _read_everything(self, draw: Draw, session: str) -> None:
        """Read all tasks by a collector without a filter: as it is when it is made, and after a rewind."""
        collector = self.plan(Act(call=c.CreateCollectorForTasks(session=session, filter=EVERYTHING)))
        self._drain(session, collector, one_of(draw, LARGE), forward=True)
        self.plan(Act(call=c.RewindCollector(session=session, collector=collector)))
        self._drain(session, collector, one_of(draw, LARGE), forward=True)
        self.plan(Act(call=c.DestroyCollector(session=session, collector=collector)))

    def _read_whole(self, draw: Draw, session: str, spec: Spec) -> None:
        """Read all that a filter holds in one large page; perhaps once more in small ones."""
        collector = self._collector(draw, session, spec)
        if chance(draw, 15):
            self.plan(Act(call=c.RewindCollector(session=session, collector=collector)))
        self._drain(session, collector, one_of(draw, LARGE), forward=True)
        if chance(draw, 30):
            self.plan(Act(call=c.RewindCollector(session=session, collector=collector)))
            self._drain(session, collector, draw(sizes(12)), forward=True)
        self.plan(Act(call=c.DestroyCollector(session=session, collector=collector)))

    def _do(self, call: PlannedCall) -> bool:
        """Append a call, and return True if a conforming target grants it."""
        return self.conforming.perform(call, self.plan(Act(call=call)))

    # -- calls that change what the plan has ---------------------------------------------------------------------------

    def _log_in(self, account: str, locale: c.Locale | None, name: str = "") -> None:
        name = name or f"s{len(self.steps)}"
        self._do(c.Login(session=name, account=account, locale=locale))
        self.known.sessions[name] = account

    def any_login(self, draw: Draw) -> None:
        """Log in as anybody, in any locale; now and then where a session has ended."""
        given = arguments(self.known, draw, c.Login) or {}
        again = self.known.ended and chance(draw, 40)
        name = one_of(draw, self.known.ended) if again else ""
        self.known.ended = [one for one in self.known.ended if one != name]
        self._log_in(given["account"], given["locale"], name)

    def log_out(self, draw: Draw) -> None:
        """Log a session out, but for the main one."""
        others = [name for name in self.known.sessions if name != MAIN]
        if others:
            name = one_of(draw, others)
            self._do(c.Logout(session=name))
            del self.known.sessions[name]
            self.known.ended.append(name)

    def register(self, draw: Draw) -> None:
        """Register an extension: a new one, or one that is there, was there, or is spelled alike."""
        self._change_extension(draw, c.RegisterExtension)

    def update(self, draw: Draw) -> None:
        """Update an extension with other task types."""
        self._change_extension(draw, c.UpdateExtension)

    def _change_extension(
        self, draw: Draw, cls: type[c.RegisterExtension[c.Symbol] | c.UpdateExtension[c.Symbol]]
    ) -> None:
        which = one_of(draw, WHICH)
        types = types_of(self.known, draw, which)
        version = None if chance(draw, 4) else f"1.{number(draw, 0, 300)}"
        session = one_of(draw, self.known.full())
        if self._do(cls(session=session, key=ExtensionKey(which=which), version=version, task_ids=types)):
            self.known.types.extend(one for one in some_of(draw, types, most=6) if one not in self.known.types)
            self.known.extensions.append(which)

    def unregister(self, draw: Draw) -> None:
        """Unregister an extension that the plan has registered; now and then one that it has not."""
        which = (
            one_of(draw, self.known.extensions) if self.known.extensions and chance(draw, 90) else one_of(draw, WHICH)
        )
        self.plan(
            Act(call=c.UnregisterExtension(session=one_of(draw, self.known.full()), key=ExtensionKey(which=which)))
        )

    def destroy(self, draw: Draw) -> None:
        """Destroy a folder that the plan has made."""
        if self.known.folders:
            folder = one_of(draw, self.known.folders)
            self._do(c.Destroy(session=one_of(draw, self.known.full()), entity=folder))
            self.known.folders.remove(folder)


SPECIAL: Final[dict[type[Any], Callable[[Free, Draw], None]]] = {
    c.Login: Free.any_login,
    c.Logout: Free.log_out,
    c.RegisterExtension: Free.register,
    c.UpdateExtension: Free.update,
    c.UnregisterExtension: Free.unregister,
    c.Destroy: Free.destroy,
}
"""Calls that change what the plan has, and are drawn by a function of their own."""


ACTIONS: Final[tuple[Callable[[Free, Draw], None], ...]] = (
    *(Free.call,) * 40,
    *(Free.look,) * 5,
    *(Free.follow,) * 3,
    *(Free.read_pages,) * 3,
    *(Free.create_together,) * 2,
    *(Free.monitor,) * 2,
    *(Free.act_limited,) * 2,
    Free.select,
    Free.insist,
)
"""What a free plan does next, each as often as it stands here."""
