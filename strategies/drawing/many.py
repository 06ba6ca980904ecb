"""Free plans over much: many tasks, and many things made and lost before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import initialize

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import MAIN, Made
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SUCCESS
from taskconform.model.vocabulary.plan import Act, Bulk, Fill
from taskconform.strategies.domains.arguments import arguments
from taskconform.strategies.domains.drawing import chance, number, one_of, some_of
from taskconform.strategies.domains.numbers import sizes
from taskconform.strategies.domains.selections import EVERYTHING
from taskconform.strategies.drawing.free import Free

if TYPE_CHECKING:
    from taskconform.strategies.domains.drawing import Draw


class Sizes(Free):
    """Free plans over many tasks: as many as a limit, a power, or one off either."""

    most: ClassVar[int] = 300

    @initialize(data=st.data())
    def crowd(self, data: st.DataObject) -> None:
        """Make many tasks, each brought as far."""
        draw = data.draw
        count, finish = draw(sizes(self.most)), one_of(draw, (QUEUED, RUNNING, SUCCESS, ERROR))
        place = c.Place(role=one_of(draw, ("vm", "folder")), index=number(draw, 0, 7))
        made = self.plan(
            Bulk(
                session=MAIN,
                obj=place,
                count=count,
                finish=finish,
                cancelable=chance(draw, 50),
                one_by_one=chance(draw, 50),
                through_running=chance(draw, 50),
            )
        )
        self.known.tasks.extend(Made(step=made.step, index=index) for index in range(count))


class Wear(Free):
    """Free plans that make, use and lose the same kinds of things again and again, and then ask how many can be had."""

    @initialize(data=st.data())
    def wear(self, data: st.DataObject) -> None:
        """Make collectors, use each in any way, and lose them, many times; then fill a session up to the limit."""
        draw = data.draw
        uses = some_of(draw, USES, most=3)
        for _ in range(draw(sizes(40))):
            session = one_of(draw, self.known.full())
            collector = self._made(session, c.CreateCollectorForTasks(session=session, filter=EVERYTHING), "collectors")
            for cls in uses:
                given = arguments(self.known, draw, cls) or {}
                self.plan(Act(call=cls(**{**given, "session": session, "collector": collector})))
            self._lose(draw, session, collector)
        session = one_of(draw, self.known.full())
        self.plan(Fill(session=session, beyond=1, attempts=2))

    def _lose(self, draw: Draw, session: str, collector: Made) -> None:
        """Destroy a collector, or end its session and log in anew."""
        if session == MAIN or chance(draw, 75):
            self._do(c.DestroyCollector(session=session, collector=collector))
        else:
            account = self.known.sessions.pop(session)
            self._do(c.Logout(session=session))
            self._log_in(account, None)


USES: Final[tuple[type[Any], ...]] = (
    c.ReadNextTasks,
    c.ReadPreviousTasks,
    c.RewindCollector,
    c.ResetCollector,
    c.SetCollectorPageSize,
    c.ReadLatestPage,
    c.ReadCollectorFilter,
)
"""The ways in which a collector is used."""
