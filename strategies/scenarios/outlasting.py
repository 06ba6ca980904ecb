"""Plans that outlast the window of recentTask: tasks are completed, and looked for when most of the window has gone by,
and when all of it has.

Each of them takes the whole window on a target whose clock cannot be moved, so there are few, and they are performed at
the same time, in one wait. The narrow ones are as short as a trace gets, since nobody reduces what takes so long; the
wide one makes as many live checks as the longest profile asks for. They are no approaches to a clause as others are: on
a target with a virtual clock free machines come by the same situations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from taskconform.model.vocabulary.calls import MAIN, Made, Place
from taskconform.model.vocabulary.outcomes import ERROR, SUCCESS
from taskconform.model.vocabulary.plan import Bulk, Look, Outlast
from taskconform.strategies.drawing.planner import INDEX
from taskconform.strategies.scenarios.scenario import approach

if TYPE_CHECKING:
    from taskconform.strategies.domains.drawing import Draw
    from taskconform.strategies.drawing.planner import Planner

THEME: Final = "outlasting"
WELL_INSIDE: Final = 75
"""Percent of the window: less than the share up to which a completed task is demanded, 80."""
SURELY_PAST: Final = 2
"""Seconds past the window, by when a server that is quick has dropped what aged."""
PRUNED: Final = 62
"""Seconds past the window, by when every server must have."""
SESSIONS: Final = 6
TASKS: Final = 18
"""So many sessions look at so many tasks: more than 100 checks, and few tasks in the list of somebody's server."""


@approach(THEME)
def leave_early(planner: Planner, draw: Draw) -> None:
    """One task that ended, and a look well inside the window."""
    task = planner.create(MAIN, "vm", draw(INDEX))
    planner.set_state(MAIN, task, SUCCESS)
    planner.plan(Outlast(session=MAIN, percent=WELL_INSIDE))
    planner.look(MAIN, [task])


@approach(THEME)
def stay_late(planner: Planner, draw: Draw) -> None:
    """One task that ended, and a look when it must have left."""
    task = planner.create(MAIN, "vm", draw(INDEX))
    planner.set_state(MAIN, task, SUCCESS)
    planner.plan(Outlast(session=MAIN, percent=100, beyond=PRUNED))
    planner.look(MAIN, [task])


@approach(THEME)
def age_together(planner: Planner, draw: Draw) -> None:
    """Some tasks that ended, looked at by some sessions: at once, well inside the window, just past it, and when they
    must have left, if they have not."""
    sessions = [MAIN, *(planner.login_anew("primary") for _ in range(1, SESSIONS))]
    ended = planner.plan(
        Bulk(
            session=MAIN,
            obj=Place(role="vm", index=draw(INDEX)),
            count=TASKS,
            finish=draw(st.sampled_from((SUCCESS, ERROR))),
            through_running=draw(st.booleans()),
        )
    )
    tasks = tuple(Made(step=ended.step, index=index) for index in range(TASKS))

    def look() -> None:
        for session in sessions:
            planner.plan(Look(session=session, tasks=tasks))

    look()
    planner.plan(Outlast(session=MAIN, percent=WELL_INSIDE))
    look()
    planner.plan(Outlast(session=MAIN, percent=100 - WELL_INSIDE, beyond=SURELY_PAST))
    look()
    planner.plan(Outlast(session=MAIN, beyond=PRUNED - SURELY_PAST, unless_gone=tasks))
    look()
