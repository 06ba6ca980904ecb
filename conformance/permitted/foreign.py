"""A server that others use: their tasks, extensions and collectors come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.conformance.permitted.latest import Evicts, MonitorTellsOfNewTasks, OfThousand
from taskconform.conformance.permitted.pages import NewestFirst, ResetIncludes, TurnSkips
from taskconform.conformance.permitted.variant import Target, chance, serving
from taskconform.conformance.targets.sim_filter import SYSTEM_REASON, USER_REASON
from taskconform.conformance.targets.sim_inventory import INVENTORY
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import ERROR, RUNNING, SECOND, SUCCESS, Extension, TaskReason

if TYPE_CHECKING:
    from taskconform.conformance.targets.sim_state import Session
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.outcomes import Outcome

OTHERS: Final = "vim.TaskManager: a server is used by many"
MOST_GUESTS: Final = 3_000
"""Tasks of others after which no more bursts come."""

REASONS: Final = (
    TaskReason(kind=USER_REASON, user_name="CONFORM.TEST\\Zoe"),
    TaskReason(kind=USER_REASON, user_name="conform.test\\ada"),
    TaskReason(kind=USER_REASON, user_name="CONFORM.TEST\\Ada"),
    TaskReason(kind=SYSTEM_REASON),
    TaskReason(kind="TaskReasonSchedule", name="nightly"),
    TaskReason(kind="TaskReasonAlarm", alarm_name="smoke"),
)
TYPES: Final = ("VirtualMachine.powerOn", "com.example.backup.job", "Folder.destroy", "host.Lease.map")


class Guests(Simulator):
    """Room for tasks and collectors of others."""

    guests = 0

    def has_room(self, session: Session) -> bool:
        return len(session.task_collectors) + self.guests < self.settings.max_collector

    def guest_task(self, number: int, *, at_its_end: bool = False) -> None:
        """A task of somebody else's, somewhere, as far as it will come."""
        type_id = TYPES[number % 4]
        entities = tuple(INVENTORY.entities.values())
        entity = entities[number % len(entities)]
        task = self.own_task(type_id, REASONS[number % len(REASONS)], entity, cancelable=number % 2 == 0)
        task.name = "PowerOnVM_Task" if type_id == TYPES[0] else None
        if number % 11 == 0:
            task.entity = task.entity_name = None
        if number % 13 == 0:
            task.change_tag = "theirs"
        self.admit(task)
        if number % 3 or at_its_end:
            self.enter_state(task, RUNNING)
        if number % 3 == 2 or at_its_end:
            self.enter_state(task, ERROR if number % 2 else SUCCESS)


class SharedServer(Target):
    """A server that others use: their tasks, extensions and collectors come and go."""

    exclusive = False
    burst = 200

    def perform(self, call: Call) -> Outcome:
        self.let_others_work()
        return super().perform(call)

    def let_others_work(self) -> None:
        """What others do between two calls of ours."""
        simulator, number = self.simulator, self.performed
        if not isinstance(simulator, Guests):
            return
        bursts = chance(number, 1) and len(simulator.history) < MOST_GUESTS
        for extra in range(self.burst if bursts else int(chance(number, 30))):
            simulator.guest_task(number + extra, at_its_end=bursts)
        if chance(number + 2_000_000, 10):
            simulator.guests = number % 30
        if chance(number + 3_000_000, 10):
            simulator.extensions.pop("com.example.backup", None)
        elif chance(number + 4_000_000, 10):
            simulator.extensions["com.example.backup"] = Extension(
                key="com.example.backup", version="2", task_ids=("com.example.backup.job", "com.example.backup.job2")
            )


serving("shared", "others", by=OTHERS, simulator=Guests)(SharedServer)
for _name, _other in {
    "newest-first": NewestFirst,
    "resets-to-the-newest": ResetIncludes,
    "latest-page-of-1000": OfThousand,
    "evicts": Evicts,
    "monitor-silent": MonitorTellsOfNewTasks,
    "turn-skips": TurnSkips,
}.items():
    serving(f"shared-{_name}", by=OTHERS, simulator=type(f"Guests{_other.__name__}", (Guests, _other), {}))(
        SharedServer
    )


@serving("bursts-of-500", "others", by=OTHERS, simulator=Guests)
class Bursts(SharedServer):
    """Others make 500 tasks between two calls, now and then, all of which end at once."""

    burst = 500


class Bulky(Simulator):
    """A history that holds a good many tasks of others, queued for years."""

    def start_up(self) -> None:
        super().start_up()
        for number in range(150):
            reason = TaskReason(kind=USER_REASON, user_name="CONFORM.TEST\\Zoe")
            type_id = ("Datastore.browse", "host.Lease.map")[number % 2]
            task = self.own_task(type_id, reason, self.autostarted(), cancelable=False)
            task.queue_time -= (400 - number) * 86_400 * SECOND
            self.admit(task)
            self.recent.live.pop(task.key)
            self.tasks.pop(task.key)


class Used(Target):
    """A server that was used before: old tasks stand in its history, queued, and are no objects any more."""

    exclusive = False


serving("used-before", "others", by="EV 1.1: rows that stay queued for years", simulator=Bulky)(Used)
serving(
    "used-before-newest-first",
    by="EV 1.1, 1.9: rows that stay queued for years; newest first",
    simulator=type("BulkyNewestFirst", (Bulky, NewestFirst), {}),
)(Used)
