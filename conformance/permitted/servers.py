"""Servers: their clocks, what is lost on the way to them, their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from taskconform.conformance.permitted.filters import UnknownEntityTaken
from taskconform.conformance.permitted.items import rounded
from taskconform.conformance.permitted.variant import Slow, Target, chance, permitted, serving
from taskconform.conformance.targets.sim_server import concrete
from taskconform.conformance.targets.sim_state import EPOCH, Clock
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import SECOND, Interval, Lost, Property, Returned, TaskInfo
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.outcomes import Outcome

# --- clocks -----------------------------------------------------------------------------------------------------------


class AheadClock(Clock):
    """A clock that is seven minutes ahead of everybody's."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__()
        self.now = EPOCH + 420 * SECOND


@permitted("clock-ahead-by-minutes", "clock", by="vim.ServiceInstance, CurrentTime: the server's own")
class ClockAhead(Simulator):
    """The server's clock is minutes ahead of ours."""

    clock_class = AheadClock


class BehindClock(Clock):
    """A clock that is nine minutes behind everybody's."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__()
        self.now = EPOCH - 540 * SECOND


@permitted("clock-behind-by-minutes", "clock", by="vim.ServiceInstance, CurrentTime: the server's own")
class ClockBehind(Simulator):
    """The server's clock is minutes behind ours."""

    clock_class = BehindClock


class JitteringClock(Clock):
    """A clock by which a call takes from a tenth of a millisecond to two seconds."""

    __slots__ = ()

    def tick(self) -> None:
        self.now += 100 + crc32(self.now.to_bytes(8, "little")) % (2_000_000 if self.now % 50 == 0 else 40_000)


@permitted("jitter", "clock", by="nothing says how long a call takes")
class Jitter(Simulator):
    """Some calls take much longer than others."""

    clock_class = JitteringClock


WIDTH: Final = 300_000
"""Microseconds to which the time of a call is known."""


@serving(
    "clock-known-roughly", "reading-the-clock", by="vim.ServiceInstance, CurrentTime: read before and after a call"
)
class ClockRough(Target):
    """The server's time of a call is known to a third of a second only."""

    def perform(self, call: Call) -> Outcome:
        outcome = super().perform(call)
        off = crc32(str(self.performed).encode()) % WIDTH
        return evolve(outcome, at=Interval(earliest=outcome.at.earliest - off, latest=outcome.at.latest + WIDTH - off))


@serving("stamps-in-whole-seconds", by="EV 1.1: stamps are rounded; xsd:dateTime leaves the fraction open")
class WholeSeconds(ClockRough):
    """The server's stamps are whole seconds, and its time is known roughly."""

    def perform(self, call: Call) -> Outcome:
        outcome = super().perform(call)
        return evolve(outcome, value=self.cut(outcome.value)) if isinstance(outcome, Returned) else outcome

    def cut(self, value: Any) -> Any:
        """The same value with its stamps cut."""
        if isinstance(value, TaskInfo):
            return rounded(value, SECOND, 0)
        if isinstance(value, tuple):
            return tuple([self.cut(one) for one in value])
        if isinstance(value, Property) and value.value is not None:
            return evolve(value, value=self.cut(value.value))
        return value


# --- what is lost -----------------------------------------------------------------------------------------------------


@serving("answers-lost", "losing", by="a network may lose what is sent over it")
class Losing(Target):
    """One answer in twenty is lost: half of these calls were performed."""

    rate = 5

    def perform(self, call: Call) -> Outcome:
        number = self.performed + 1
        if not chance(number, self.rate):
            return super().perform(call)
        if chance(number + 1_000_000, 50):
            super().perform(call)
        self.performed = number
        clock = self.simulator.clock
        clock.tick()
        return Lost(why="timed out", at=Interval(earliest=clock.now - 1_000, latest=clock.now))


@serving("many-answers-lost", "losing", by="a network may lose what is sent over it")
class LosingMany(Losing):
    """One answer in ten is lost."""

    rate = 10


serving(
    "answers-lost-unknown-entity-taken",
    by="a network may lose what is sent over it; filter.entity-unknown: nothing-held",
    simulator=type("Taking", (Simulator,), {"filter_class": UnknownEntityTaken}),
)(Losing)


class RegistersLate(Simulator):
    """The types of an extension are known a few calls after they were declared."""

    def __init__(self, settings: Settings) -> None:
        self.known_from: dict[str, int] = {}
        super().__init__(settings)

    def enter_extension(self, call: calls.RegisterExtension | calls.UpdateExtension) -> None:
        before = {task_id for types in self.registered_types() for task_id in types}
        super().enter_extension(call)
        new = {task_id for types in self.registered_types() for task_id in types} - before
        self.known_from.update(dict.fromkeys(new, self.clock.now + 6_000))

    def is_registered(self, task_type_id: str) -> bool:
        return self.clock.now >= self.known_from.get(task_type_id, 0) and super().is_registered(task_type_id)


serving("extensions-known-late", by="extension.register: by a deadline (EV 1.7)", simulator=RegistersLate)(Slow)

# --- products and ids -------------------------------------------------------------------------------------------------


class Plain(Target):
    """Another product, or another version of the API."""


serving("esxi", by="EV 1.5, 2.8: a host has no extensions and no history", flavour="esxi")(Plain)
serving("api-6.5", by="registry: what holds since a later version binds nobody", api_version="6.5")(Plain)
serving("api-4.0", by="registry: what holds since a later version binds nobody", api_version="4.0")(Plain)


@permitted("ids-like-an-esxi", by="EV 1.5: forms of ids", flavour="esxi")
class EsxiIds(Simulator):
    """A host's tasks are named by what they are about, and numbers begin where they like."""

    def new_task(self, session: Session, call: calls.CreateTask) -> TaskRecord:
        task = super().new_task(session, call)
        task.key = f"vmodlTask-{concrete(call.obj).value}-{128_835_800 + task.number}"
        task.ref = evolve(task.ref, value=task.key)
        return task
