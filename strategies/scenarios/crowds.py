"""What a crowd of completions does to the tasks that were there before: the approaches to the cap of recentTask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from taskconform.model.vocabulary.calls import MAIN, AdvanceClock, Place
from taskconform.model.vocabulary.outcomes import RUNNING, SUCCESS
from taskconform.model.vocabulary.plan import Act, Bulk
from taskconform.strategies.domains.values import push_outs
from taskconform.strategies.drawing.planner import INDEX
from taskconform.strategies.scenarios.scenario import approach

if TYPE_CHECKING:
    from taskconform.strategies.domains.drawing import Draw
    from taskconform.strategies.drawing.planner import Planner

THEME: Final = "crowds"


@approach(THEME, "recent.cap-scope", "recent.cap-completed-only", "recent.completed")
def crowd_out_another(planner: Planner, draw: Draw) -> None:
    """A completed task of one user, and one that runs; then more completions of another's than the cap, and time for
    the server to forget; then the other task completes as well."""
    crowd, quiet = draw(st.permutations((MAIN, planner.login("second"))))
    done, live = (planner.create(quiet, "vm", draw(INDEX)) for _ in range(2))
    planner.set_state(quiet, live, RUNNING)
    planner.set_state(quiet, done, SUCCESS)
    planner.look(quiet, [done, live])
    place = Place(role="vm", index=draw(INDEX))
    planner.plan(Bulk(session=crowd, obj=place, count=draw(push_outs()), finish=SUCCESS))
    planner.plan(Act(call=AdvanceClock(session=MAIN, seconds=draw(st.integers(61, 120)))))
    planner.look(quiet, [done, live])
    planner.set_state(quiet, live, SUCCESS)
    planner.look(quiet, [done, live])
