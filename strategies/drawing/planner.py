"""The planner: what all plans are drawn with.

It knows what the plan's calls so far would have produced on a conforming target: which tasks there are and in which
state, who is logged in. It never sees an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from taskconform.model.vocabulary.calls import (
    MAIN,
    CreateTask,
    Login,
    Made,
    ObjectRef,
    Place,
    SetTaskState,
    TypeId,
    UserName,
)
from taskconform.model.vocabulary.outcomes import QUEUED
from taskconform.model.vocabulary.plan import Act, Look, Plan, Step
from taskconform.strategies.domains.drawing import chance, one_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.strategies.domains.drawing import Draw

INDEX: Final = st.integers(0, 7)
"""Which of the places of a role."""

LATEST: Final = 6
"""Tasks that are chosen more often than those before them."""

FULL: Final = st.sampled_from(("primary", "second", "second"))
"""Accounts for further sessions."""

ENTITY_ROLES: Final = st.sampled_from(("vm", "vm", "vm", "folder", "host", "root"))
"""Where an ordinary task is made."""

HOWS: Final = st.sampled_from(("retrieve", "retrieve", "wait", "later"))
"""How recentTask is read."""

FAULTS: Final = st.sampled_from(("NotFound", "Timedout", "ConcurrentAccess"))
"""Faults of VI API 2.5 that extend VimFault, and are whole without any field."""

OTHER_FAULTS: Final = ("RequestCanceled", "InvalidArgument", "NotSupported")
"""Faults that do not."""

RESULTS: Final[st.SearchStrategy[str | ObjectRef]] = st.sampled_from(
    ("a result", "", ObjectRef(type="Folder", value="group-d1"))
)
"""Results: a string, an empty one, a reference."""


@dataclass(slots=True, kw_only=True)
class PlannedTask:
    """A task that a conforming target would have by now. `state` None: silent clauses leave it open."""

    made: Made
    session: str
    cancelable: bool
    state: str | None = QUEUED
    parent: PlannedTask | None = None
    has_child: bool = False
    progress: int = -1


class Planner:
    """What all themes share: the plan so far, and the bookkeeping of what it would have produced."""

    def __init__(self) -> None:
        """An empty plan."""
        self.steps: list[Step] = []
        self.tasks: list[PlannedTask] = []
        self.sessions: dict[str, str] = {MAIN: "primary"}
        self.ended: list[str] = []

    # -- bookkeeping ---------------------------------------------------------------------------------------------------

    def plan(self, step: Step) -> Made:
        """Append a step; what it makes is named by its number."""
        self.steps.append(step)
        return Made(step=len(self.steps) - 1)

    def full_session(self, draw: Draw) -> str:
        """One of the sessions that hold every privilege."""
        return one_of(draw, [name for name, account in self.sessions.items() if account in {"primary", "second"}])

    def pick(self, draw: Draw, *states: str | None) -> PlannedTask | None:
        """One of the tasks in these states, the latest ones likelier; of all, if none is named."""
        found = [task for task in self.tasks if not states or task.state in states]
        if not found:
            return None
        return one_of(draw, found[-LATEST:] if chance(draw, 67) else found)

    def login(self, account: str) -> str:
        """A session of this account, opened now if there is none."""
        for name, owner in self.sessions.items():
            if owner == account and name != MAIN:
                return name
        return self.login_anew(account)

    def login_anew(self, account: str) -> str:
        """A new session of this account."""
        name = f"s{len(self.steps)}"
        self.plan(Act(call=Login(session=name, account=account)))
        self.sessions[name] = account
        return name

    def create(
        self,
        session: str,
        role: str,
        index: int,
        *,
        cancelable: bool = True,
        which: str = "work",
        initiated_by: UserName | None = None,
        parent: PlannedTask | None = None,
        activation_id: str | None = None,
    ) -> PlannedTask:
        """Append a CreateTask that a conforming target grants."""
        call = CreateTask(
            session=session,
            obj=Place(role=role, index=index),
            task_type_id=TypeId(which=which),
            cancelable=cancelable,
            initiated_by=initiated_by,
            parent_task_key=parent.made if parent is not None else None,
            activation_id=activation_id,
        )
        made = self.plan(Act(call=call, look=True))
        task = PlannedTask(made=made, session=session, cancelable=cancelable, parent=parent)
        if parent is not None:
            parent.has_child = True
        self.tasks.append(task)
        return task

    def set_state(
        self,
        session: str,
        task: PlannedTask,
        state: str,
        *,
        result: str | ObjectRef | None = None,
        fault: str | None = None,
    ) -> None:
        """Append a SetTaskState that the text grants."""
        self.plan(
            Act(call=SetTaskState(session=session, task=task.made, state=state, result=result, fault=fault), look=True)
        )
        task.state = state

    def look(self, session: str, tasks: list[PlannedTask], how: str = "retrieve", witness: str | None = None) -> None:
        """Append a look at recentTask, judged on these tasks."""
        made = tuple(dict.fromkeys(task.made for task in tasks))
        self.plan(Look(session=session, tasks=made, how=how, witness=witness))


class Machine(RuleBasedStateMachine, Planner):
    """A planner whose rules Hypothesis picks."""

    sink: ClassVar[Callable[[Plan], None]]

    def __init__(self) -> None:
        """An empty plan."""
        RuleBasedStateMachine.__init__(self)
        Planner.__init__(self)

    def teardown(self) -> None:
        """The plan is complete."""
        if self.steps:
            type(self).sink(tuple(self.steps))
