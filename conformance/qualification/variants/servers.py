"""Servers: their clocks, what is lost on the way to them, others who use them, their versions, how far they lag."""

from __future__ import annotations

from typing import Any, Final
from zlib import crc32

from immutables import Map

from taskconform.conformance.qualification.variants.history import rounded
from taskconform.conformance.qualification.variants.variant import (
    SlowTarget,
    VariantTarget,
    chance,
    conforming,
    part,
    serving,
)
from taskconform.conformance.targets.builtin.inventory import INVENTORY
from taskconform.conformance.targets.builtin.server import EPOCH, idle_state, started
from taskconform.model.spec import collectors, descriptions, extensions, items, life, tasks
from taskconform.model.spec.faults import fault, fault_if
from taskconform.model.vocabulary.outcomes import (
    ERROR,
    RUNNING,
    SECOND,
    SUCCESS,
    Extension,
    Interval,
    Lost,
    Property,
    Returned,
    TaskInfo,
    TaskReason,
)
from taskconform.model.vocabulary.words import evolve

CLOCK: Final = "vim.ServiceInstance CurrentTime: the server's own"
NETWORK: Final = "a network may lose what is sent over it"
OTHERS: Final = "vim.TaskManager: a server is used by many"
BEHIND: Final = "EV 2.22: a task that was just started is not in the history yet"

# --- clocks -----------------------------------------------------------------------------------------------------------


@serving("clock-ahead-by-minutes", "clock", by=CLOCK)
class AheadTarget(VariantTarget):
    """The server's clock is minutes ahead of ours."""

    def first_state(self):
        return started(idle_state(self.server, EPOCH + 420 * SECOND), self.specification)


@serving("clock-behind-by-minutes", "clock", by=CLOCK)
class BehindTarget(VariantTarget):
    """The server's clock is minutes behind ours."""

    def first_state(self):
        return started(idle_state(self.server, EPOCH - 540 * SECOND), self.specification)


@serving("jitter", "clock", by="nothing says how long a call takes")
class JitterTarget(VariantTarget):
    """Some calls take much longer than others: from a tenth of a millisecond to two seconds."""

    def call_time(self):
        now = self.state.now
        return 100 + crc32(now.to_bytes(8, "little")) % (2_000_000 if now % 50 == 0 else 40_000)


WIDTH: Final = 300_000
"""Microseconds to which the time of a call is known."""


@serving("clock-known-roughly", "reading-the-clock", by="vim.ServiceInstance CurrentTime: read before and after a call")
class RoughTarget(VariantTarget):
    """The server's time of a call is known to a third of a second only."""

    def perform(self, call):
        outcome = super().perform(call)
        off = crc32(str(self.performed).encode()) % WIDTH
        return evolve(outcome, at=Interval(earliest=outcome.at.earliest - off, latest=outcome.at.latest + WIDTH - off))


@serving("stamps-in-whole-seconds", by="EV 1.1: stamps are rounded; xsd:dateTime leaves the fraction open")
class WholeSecondsTarget(RoughTarget):
    """The server's stamps are whole seconds, and its time is known roughly."""

    def perform(self, call):
        outcome = super().perform(call)
        return evolve(outcome, value=cut(outcome.value)) if isinstance(outcome, Returned) else outcome


def cut(value: Any) -> Any:
    """Return a value with its stamps cut to the second."""
    if isinstance(value, TaskInfo):
        return rounded(value, SECOND, 0)
    if isinstance(value, tuple):
        return tuple([cut(one) for one in value])
    if isinstance(value, Property) and value.value is not None:
        return evolve(value, value=cut(value.value))
    return value


# --- answers that are lost --------------------------------------------------------------------------------------------


@serving("answers-lost", "losing", by=NETWORK)
class LosingTarget(VariantTarget):
    """One answer in twenty is lost: half of these calls were performed."""

    rate = 5

    def perform(self, call):
        number = self.performed + 1
        if not chance(number, self.rate):
            return super().perform(call)
        if chance(number + 1_000_000, 50):
            super().perform(call)
        self.performed = number
        self.state = self.specification.pass_time(self.state, self.call_time())
        return Lost(why="timed out", at=Interval(earliest=self.state.now - 1_000, latest=self.state.now))


@serving("many-answers-lost", "losing", by=NETWORK)
class LosingManyTarget(LosingTarget):
    """One answer in ten is lost."""

    rate = 10


@serving("answers-lost-unknown-entity-taken", by=NETWORK, choices={"filter_entity_unknown": "nothing-held"})
class LosingTakingTarget(LosingTarget):
    """One answer in twenty is lost, and an entity that does not exist has no tasks."""


# --- others who use the server ----------------------------------------------------------------------------------------

MOST_GUESTS: Final = 3_000
"""Tasks of others after which no more bursts come."""
REASONS: Final = (
    TaskReason(kind="TaskReasonUser", user_name="CONFORM.TEST\\Zoe"),
    TaskReason(kind="TaskReasonUser", user_name="conform.test\\ada"),
    TaskReason(kind="TaskReasonUser", user_name="CONFORM.TEST\\Ada"),
    TaskReason(kind="TaskReasonSystem"),
    TaskReason(kind="TaskReasonSchedule", name="nightly"),
    TaskReason(kind="TaskReasonAlarm", alarm_name="smoke"),
)
TYPES: Final = ("VirtualMachine.powerOn", "com.example.backup.job", "Folder.destroy", "host.Lease.map")
BACKUP: Final = Extension(
    key="com.example.backup", version="2", task_ids=("com.example.backup.job", "com.example.backup.job2")
)


@part("shared-places", collectors.collectors_held)
def with_guests(original, state, session, choices):
    """Others hold collectors, too, and share the places."""
    return original(state, session, choices) + state.memory.get("guests", 0)


@serving("shared", "others", by=OTHERS, like=["shared-places"])
class SharedTarget(VariantTarget):
    """A server that others use: their tasks, extensions and collectors come and go."""

    exclusive = False
    burst = 200

    def perform(self, call):
        self.let_others_work()
        return super().perform(call)

    def let_others_work(self):
        """Let others make tasks, hold collectors and register extensions between two calls of ours."""
        number = self.performed
        bursts = chance(number, 1) and len(self.state.tasks) < MOST_GUESTS
        for extra in range(self.burst if bursts else int(chance(number, 30))):
            self.guest_task(number + extra, at_its_end=bursts)
        if chance(number + 2_000_000, 10):
            self.state = evolve(self.state, memory=self.state.memory.set("guests", number % 30))
        kept = tuple(one for one in self.state.extensions if one.key != BACKUP.key)
        if chance(number + 3_000_000, 10):
            self.state = evolve(self.state, extensions=kept)
        elif chance(number + 4_000_000, 10):
            self.state = evolve(self.state, extensions=(*kept, BACKUP))

    def guest_task(self, number, *, at_its_end=False):
        """Make a task of somebody else's, somewhere, and let it run as far as it will come."""
        spec, choices = self.specification.modules, self.specification.choices
        entities = tuple(INVENTORY.entities.values())
        entity = None if number % 11 == 0 else entities[number % len(entities)]
        info = tasks.new_info(
            self.state,
            len(self.state.tasks) + 1,
            TYPES[number % 4],
            REASONS[number % len(REASONS)],
            cancelable=number % 2 == 0,
        )
        info = evolve(
            info,
            name="PowerOnVM_Task" if number % 4 == 0 else None,
            entity=None if entity is None else entity.ref,
            entity_name=None if entity is None else entity.name,
            change_tag="theirs" if number % 13 == 0 else None,
        )
        state, task = spec.tasks.admit(self.state, info)
        if number % 3 or at_its_end:
            state = spec.life.enter(state, task.number, RUNNING, choices)
        if number % 3 == 2 or at_its_end:
            state = spec.life.enter(state, task.number, ERROR if number % 2 else SUCCESS, choices)
        self.state = state


for _name, _choices in {
    "newest-first": {"page_direction": "newest-first"},
    "resets-to-the-newest": {"page_reset_latest": "yields"},
    "latest-page-of-1000": {"latest_default_size": "thousand"},
    "evicts": {"page_evicts": "removed"},
    "monitor-silent": {"latest_monitor_state": "silent"},
    "turn-skips": {"page_turn": "before-last-read"},
}.items():
    serving(f"shared-{_name}", by=OTHERS, like=["shared-places"], choices=_choices)(SharedTarget)


@serving("bursts-of-500", "others", by=OTHERS, like=["shared-places"])
class BurstsTarget(SharedTarget):
    """Others make 500 tasks between two calls, now and then, all of which end at once."""

    burst = 500


@serving("used-before", "others", by="EV 1.1: rows that stay queued for years")
class UsedTarget(VariantTarget):
    """A server that was used before: old tasks stand in its history, queued, and are no objects any more."""

    exclusive = False

    def first_state(self):
        state = super().first_state()
        entity = next(one for one in INVENTORY.entities.values() if one.ref.type == "VirtualMachine")
        for number in range(150):
            info = tasks.new_info(
                state,
                len(state.tasks) + 1,
                ("Datastore.browse", "host.Lease.map")[number % 2],
                REASONS[0],
                cancelable=False,
            )
            queued = info.queue_time - (400 - number) * 86_400 * SECOND
            info = evolve(info, queue_time=queued, entity=entity.ref, entity_name=entity.name)
            state, task = tasks.admit(state, info)
            state = evolve(state, live=state.live.delete(task.number), keys=state.keys.delete(info.key))
        return state


serving("used-before-newest-first", by="EV 1.1, 1.9: newest first", choices={"page_direction": "newest-first"})(
    UsedTarget
)

# --- products and versions --------------------------------------------------------------------------------------------


class PlainTarget(VariantTarget):
    """Another product, or another version of the API."""


SINCE: Final = "registry: what holds since a later version binds nobody"
serving("esxi", by="EV 1.5, 2.8: a host has no extensions and no history", flavour="esxi")(PlainTarget)
for _version in ("6.5", "4.0"):
    serving(f"api-{_version}", by=SINCE, api_version=_version)(PlainTarget)
serving("two-collectors", "limit", by="vim.TaskManager maxCollector: any positive number (EV 2.2)", max_collector="2")(
    PlainTarget
)
serving(
    "two-collectors-unknown-entity-taken",
    by="vim.TaskManager maxCollector; filter.entity-unknown: nothing-held",
    choices={"filter_entity_unknown": "nothing-held"},
    max_collector="2",
)(PlainTarget)
serving(
    "cap-of-20-per-user",
    by="recent.cap-scope: user; other limits are declared",
    choices={"recent_cap_scope": "user"},
    cap="20",
    window="120",
)(PlainTarget)


@conforming("api-2.5", tasks.create_task, by="create.parent, create.activation: since 4.0 and 6.0", api_version="2.5")
def without_arguments(original, state, call, choices):
    """A server of VI API 2.5: without parents, activation ids and descriptions, OutOfBounds for odd progress."""
    fault_if(call.parent_task_key is not None or call.activation_id is not None, "InvalidRequest")
    return original(state, call, choices)


@conforming("api-2.5", life.set_task_description)
def without_method(original, *given):
    """Know no SetTaskDescription."""
    fault("MethodNotFound")


@conforming("api-2.5", life.update_progress)
def out_of_bounds(original, state, call, choices):
    """Refuse a percentage out of bounds."""
    return original(state, call, evolve(choices, life_progress_clamp_2x="out-of-bounds"))


# --- a server that lags -----------------------------------------------------------------------------------------------

LAG: Final = 48_000
"""Microseconds by which a lagging server is behind."""


def as_of(state, number):
    """Return a task as the history has it; None before it gets there."""
    past = state.memory.get("past", Map()).get(number, ())
    info = next((info for at, info in reversed(past) if at <= state.now - LAG), None)
    return None if info is None else evolve(state.tasks[number], info=info)


@part("behind", items.held)
def held_late(original, state, session, collector, numbers, count, choices):
    """Collectors hold tasks as they were a moment ago."""
    late = {number: task for number in numbers if (task := as_of(state, number)) is not None}
    known = evolve(state, tasks=state.tasks.update(late))
    return original(known, session, collector, [number for number in numbers if number in late], count, choices)


@part("behind", descriptions.registered_types)
def declared_late(original, state):
    """Task types are those of a moment ago."""
    declared = state.memory.get("declared", ())
    return next((types for at, types in reversed(declared) if at <= state.now - LAG), ())


@serving("lagging", by=BEHIND, like=["behind"])
class LateTarget(VariantTarget):
    """History, descriptions, extensions and notifications are behind, as far as is declared."""

    settling = 0.05

    def perform(self, call):
        self.note()
        outcome = super().perform(call)
        self.note()
        return outcome

    def note(self):
        """Keep what is the case now."""
        state, memory = self.state, self.state.memory
        if memory.get("noted") is not state.tasks:
            past = memory.get("past", Map())
            for number, task in state.tasks.items():
                known = past.get(number, ())
                if not known or known[-1][1] is not task.info:
                    past = past.set(number, (*known, (state.now, task.info)))
            memory = memory.set("past", past).set("noted", state.tasks)
        types, declared = tuple(one.task_ids for one in state.extensions), memory.get("declared", ())
        if not declared or declared[-1][1] != types:
            memory = memory.set("declared", (*declared, (state.now, types)))
        self.state = evolve(state, memory=memory)


serving("lagging-latest-page-of-1000", by=BEHIND, like=["behind"], choices={"latest_default_size": "thousand"})(
    LateTarget
)
serving("lagging-newest-first", by=BEHIND, like=["behind"], choices={"page_direction": "newest-first"})(LateTarget)


@part("registers-late", descriptions.registered_types)
def known_from(original, state):
    """The types of an extension are known a few calls after they were declared."""
    known = state.memory.get("known_from", {})
    return tuple(tuple(one for one in types if state.now >= known.get(one, 0)) for types in original(state))


def entering(original, state, call, choices):
    """Note from when on the new types are known."""
    before = {one for types in (each.task_ids for each in state.extensions) for one in types}
    state, answer = original(state, call, choices)
    new = {one for types in (each.task_ids for each in state.extensions) for one in types} - before
    known = {**state.memory.get("known_from", {}), **dict.fromkeys(new, state.now + 6_000)}
    return evolve(state, memory=state.memory.set("known_from", known)), answer


part("registers-late", extensions.register_extension)(entering)
part("registers-late", extensions.update_extension)(entering)


@serving("extensions-known-late", by="extension.register: by a deadline (EV 1.7)", like=["registers-late"])
class RegistersLateTarget(SlowTarget):
    """The types of an extension are accepted and described a few calls after they were declared."""
