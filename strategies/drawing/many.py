"""Free plans over much: many tasks, and many things made and lost before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import initialize

from taskconform.model.spec.items import MAX_COUNT
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import MAIN, ExtensionKey, Made, TypeId
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SUCCESS
from taskconform.model.vocabulary.plan import Bulk, Fill
from taskconform.strategies.domains.arguments import WHICH, arguments, types_of
from taskconform.strategies.domains.drawing import chance, let_draw, number, one_of, some_of
from taskconform.strategies.domains.numbers import sizes
from taskconform.strategies.domains.selections import EVERYTHING
from taskconform.strategies.domains.texts import words
from taskconform.strategies.drawing.free import Free

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.strategies.domains.drawing import Draw


MOST_LIVES: Final = 66
"""Things of one kind that are made in a plan, at most, also if they are lost again."""
MOST_LINKS: Final = 12
"""Tasks in a chain, at most."""


class Sizes(Free):
    """Free plans over many tasks: as many as a limit, a power, or one off either."""

    most: ClassVar[int] = 300

    @initialize(data=st.data())
    def much(self, data: st.DataObject) -> None:
        """Make many tasks; with them a chain of tasks, or many extensions."""
        let_draw(data, self._make_many)

    def _make_many(self, draw: Draw) -> None:
        if chance(draw, 25):
            self.chain(draw, draw(sizes(MOST_LINKS)))
        elif chance(draw, 25):
            self.extensions(draw, draw(sizes(MOST_LIVES)))
        self.crowd(draw)

    def chain(self, draw: Draw, links: int) -> None:
        """Make tasks, each the child of the one before."""
        parent = None
        for _ in range(links):
            given = arguments(self.known, draw, c.CreateTask) or {}
            parent = self._task(c.CreateTask(**{**given, "session": MAIN, "parent_task_key": parent}))

    def extensions(self, draw: Draw, count: int) -> None:
        """Register extensions, with a task type each."""
        for number_ in range(count):
            which = f"e{number_}"
            types = (TypeId(which=f"{which}.{draw(words())}"),)
            self._do(c.RegisterExtension(session=MAIN, key=ExtensionKey(which=which), version="1", task_ids=types))
            self.known.types.extend(types)
            self.known.extensions.append(which)
        self._do(c.ReadExtensionList(session=MAIN))

    def crowd(self, draw: Draw) -> None:
        """Make many tasks, each brought as far."""
        count, finish = draw(sizes(self.most)), one_of(draw, (QUEUED, RUNNING, SUCCESS, ERROR))
        place = c.Place(role=one_of(draw, ("vm", "folder")), index=number(draw, 0, 7))
        cancelable = chance(draw, 50)
        made = self.plan(
            Bulk(
                session=MAIN,
                obj=place,
                count=count,
                finish=finish,
                cancelable=cancelable,
                one_by_one=chance(draw, 50),
                through_running=chance(draw, 50),
            )
        )
        create = c.CreateTask(session=MAIN, obj=place, task_type_id=TypeId(which="work"), cancelable=cancelable)
        for index in range(count):
            self.known.add_task(Made(step=made.step, index=index), create)


class Large(Sizes):
    """Free plans over as many tasks as a page holds at most."""

    most = MAX_COUNT


class Wear(Free):
    """Free plans that make, use and lose the same kind of thing again and again, and then ask how many collectors can
    be had."""

    @initialize(data=st.data())
    def wear(self, data: st.DataObject) -> None:
        """Make things of one kind, use each in any way, and lose them, many times, then fill a session to the limit; or
        use one thing many times."""
        let_draw(data, self._wear)

    def _wear(self, draw: Draw) -> None:
        live = one_of(draw, tuple(LIVES))
        uses = some_of(draw, USES[live], most=3) if USES[live] else ()
        session = one_of(draw, self.known.full())
        if chance(draw, 40):
            LIVES[live](self, draw, session, uses * draw(sizes(MOST_LIVES)))
            return
        for _ in range(draw(sizes(MOST_LIVES))):
            if session not in self.known.sessions or chance(draw, 30):
                session = one_of(draw, self.known.full())
            LIVES[live](self, draw, session, uses)
        self.plan(Fill(session=one_of(draw, self.known.full()), beyond=1, attempts=2))

    def _use(self, draw: Draw, session: str, uses: tuple[type[Any], ...], **given: Any) -> None:
        """Make calls on a thing, with any other arguments."""
        for cls in uses:
            drawn = arguments(self.known, draw, cls)
            if drawn is not None:
                self._do(cls(**{**drawn, "session": session, **given}))

    def _forget(self, draw: Draw, where: str, session: str, made: Made) -> None:
        """Mostly forget a thing that is gone."""
        if chance(draw, 90):
            setattr(self.known, where, [one for one in getattr(self.known, where) if one != (session, made)])

    def collector(self, draw: Draw, session: str, uses: tuple[type[Any], ...]) -> None:
        """Make, use and lose a history collector: by destroying it, or with its session."""
        collector = self._made(session, c.CreateCollectorForTasks(session=session, filter=EVERYTHING), "collectors")
        self._use(draw, session, uses, collector=collector)
        if session == MAIN or chance(draw, 75):
            self._do(c.DestroyCollector(session=session, collector=collector))
        else:
            account = self.known.sessions.pop(session)
            self._do(c.Logout(session=session))
            self._log_in(account, None)
        self._forget(draw, "collectors", session, collector)

    def view(self, draw: Draw, session: str, uses: tuple[type[Any], ...]) -> None:
        """Make, use and destroy a view."""
        call = c.CreateListView(session=session, objs=some_of(draw, self.known.tasks, most=3))
        view = self._made(session, call, "views")
        self._use(draw, session, uses, view=view)
        self._do(c.DestroyView(session=session, view=view))
        self._forget(draw, "views", session, view)

    def property_filter(self, draw: Draw, session: str, uses: tuple[type[Any], ...]) -> None:
        """Make, use and destroy a filter, and mostly its property collector."""
        owned = [made for owner, made in self.known.property_collectors if owner == session]
        kept = owned[-1] if owned and chance(draw, 50) else None
        collector = kept or self._made(session, c.CreatePropertyCollector(session=session), "property_collectors")
        watched = some_of(draw, self.known.tasks, most=3)
        call = c.CreateFilter(session=session, collector=collector, watched=watched, report_missing=False)
        made = self._made(session, call, "filters")
        self._use(draw, session, uses, collector=collector, version="")
        self._do(c.DestroyPropertyFilter(session=session, filter=made))
        self._forget(draw, "filters", session, made)
        if kept is None and chance(draw, 50):
            self._do(c.DestroyPropertyCollector(session=session, collector=collector))
            self._forget(draw, "property_collectors", session, collector)

    def extension(self, draw: Draw, session: str, uses: tuple[type[Any], ...]) -> None:
        """Register, use and unregister an extension."""
        key = c.ExtensionKey(which=one_of(draw, WHICH))
        types = types_of(self.known, draw, key.which)
        self._do(c.RegisterExtension(session=session, key=key, version="1", task_ids=types))
        if chance(draw, 30):
            types = types_of(self.known, draw, key.which)
            self._do(c.UpdateExtension(session=session, key=key, version="1", task_ids=types))
        self._use(draw, session, uses)
        self._do(c.UnregisterExtension(session=session, key=key))

    def task(self, draw: Draw, session: str, uses: tuple[type[Any], ...]) -> None:
        """Make a task, mostly start it, and bring it to an end."""
        given = arguments(self.known, draw, c.CreateTask) or {}
        task = self._task(c.CreateTask(**{**given, "session": session}))
        if chance(draw, 75):
            self._do(c.SetTaskState(session=session, task=task, state=RUNNING))
        self._use(draw, session, (*uses, c.SetTaskState), task=task)

    def session(self, draw: Draw, session: str, uses: tuple[type[Any], ...]) -> None:
        """Log in and out."""
        account = self.known.sessions[session]
        self._log_in(account, None)
        last = next(reversed(self.known.sessions))
        self._use(draw, last, uses)
        self._do(c.Logout(session=last))
        del self.known.sessions[last]


LIVES: Final[dict[str, Callable[[Wear, Draw, str, tuple[type[Any], ...]], None]]] = {
    "collector": Wear.collector,
    "view": Wear.view,
    "property filter": Wear.property_filter,
    "extension": Wear.extension,
    "task": Wear.task,
    "session": Wear.session,
}
"""A life of each kind of thing: made, used and lost."""
USES: Final[dict[str, tuple[type[Any], ...]]] = {
    "collector": (
        *(c.ReadNextTasks, c.ReadPreviousTasks, c.RewindCollector, c.ResetCollector),
        *(c.SetCollectorPageSize, c.ReadLatestPage, c.ReadCollectorFilter),
    ),
    "view": (c.ReadView, c.ModifyListView, c.ResetListView),
    "property filter": (c.WaitForUpdatesEx,),
    "extension": (c.ReadExtensionList, c.FindExtension),
    "task": (c.SetTaskState, c.UpdateProgress, c.SetTaskDescription, c.CancelTask),
    "session": (c.ReadRecentTask, c.ReadMaxCollector, c.ReadDescription),
}
"""The ways in which a thing of each kind is used."""
