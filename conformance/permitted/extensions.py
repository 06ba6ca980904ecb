"""Extensions and descriptions: their order, and what becomes of the tasks of one that goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.conformance.permitted.variant import permitted
from taskconform.conformance.targets.sim_server import Settings, text
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import ElementDescription, Extension, Property, TaskDescription, TaskInfo
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.conformance.targets.sim_state import Session, TaskCollector, TaskRecord
    from taskconform.model.vocabulary import calls


@permitted("extensions-in-other-order", "extensions", by="vim.ExtensionManager, extensionList: no order is given")
class ExtensionsInOtherOrder(Simulator):
    """extensionList and taskList have no order."""

    def read_extension_list(self, call: calls.ReadExtensionList) -> Property[tuple[Extension, ...]]:
        found = super().read_extension_list(call)
        return found if found.value is None else Property(value=found.value[::-1])

    def find_extension(self, call: calls.FindExtension) -> Extension | None:
        found = super().find_extension(call)
        return None if found is None else evolve(found, task_ids=found.task_ids[::-1])


class Withdrawing(Simulator):
    """Something becomes of the live tasks of an extension that is unregistered."""

    def unregister_extension(self, call: calls.UnregisterExtension) -> None:
        before = self.extensions.get(text(call.key))
        super().unregister_extension(call)
        for task in list(self.tasks.values()):
            if before is not None and task.description_id in before.task_ids and not task.completed:
                self.withdraw(task)

    def withdraw(self, task: TaskRecord) -> None:
        self.end_canceled(task)


@permitted("unregistering-ends-tasks", "withdrawing", by="extension.unregister-tasks: ended")
class UnregisteringEnds(Withdrawing):
    """They end in error."""


@permitted("unregistering-removes-tasks", "withdrawing", by="extension.unregister-tasks: gone")
class UnregisteringRemoves(Withdrawing):
    """They are gone, from history, too."""

    def __init__(self, settings: Settings) -> None:
        self.removed: set[int] = set()
        super().__init__(settings)

    def withdraw(self, task: TaskRecord) -> None:
        del self.tasks[task.key]
        self.recent.live.pop(task.key, None)
        self.removed.add(task.number - 1)

    def collected(
        self, session: Session, collector: TaskCollector, numbers: Iterable[int], max_count: int
    ) -> list[TaskRecord]:
        kept = [number for number in numbers if number not in self.removed]
        return super().collected(session, collector, kept, max_count)


@permitted("logging-out-removes-tasks", "logging-out", by="session.outlive-live: gone")
class LoggingOutRemoves(UnregisteringRemoves):
    """The live tasks of a session are gone with it, from history, too; those of an extension are not."""

    def unregister_extension(self, call: calls.UnregisterExtension) -> None:
        Simulator.unregister_extension(self, call)

    def create_task(self, call: calls.CreateTask) -> TaskInfo:
        info = super().create_task(call)
        self.makers = {**getattr(self, "makers", {}), info.key: call.session}
        return info

    def logout(self, call: calls.Logout) -> None:
        super().logout(call)
        for key, session in getattr(self, "makers", {}).items():
            task = self.tasks.get(key)
            if session == call.session and task is not None and not task.completed:
                self.withdraw(task)


def element(key: str, label: str = "") -> ElementDescription:
    """An entry of a description."""
    return ElementDescription(key=key, label=label, summary=label)


@permitted("own-extensions-come-and-go", "own-extensions", by="EV 1.7: task types of the server's own extensions")
class OwnExtensions(Simulator):
    """The server's own solutions register and unregister while it runs, on a server of nobody else's; their task types
    stand in methodInfo, without labels, and two of them share one (EV 1.7)."""

    def __init__(self, settings: Settings) -> None:
        self.reads = 0
        super().__init__(settings)

    def solutions(self) -> list[Extension]:
        self.reads += 1
        ids = ("com.vmware.vcIntegrity.Scan", "com.vmware.vsan.Check", "org.example.backup.job")[: 1 + self.reads % 3]
        return [Extension(key=one.rpartition(".")[0], version="1", task_ids=(one,)) for one in ids]

    def read_extension_list(self, call: calls.ReadExtensionList) -> Property[tuple[Extension, ...]]:
        found = super().read_extension_list(call)
        return found if found.value is None else Property(value=(*self.solutions(), *found.value))

    def read_description(self, call: calls.ReadDescription) -> Property[TaskDescription]:
        found = super().read_description(call)
        if found.value is None:
            return found
        ids = [task_id for one in self.solutions() for task_id in one.task_ids]
        types = tuple(element(task_id) for task_id in (*ids, ids[0]))
        return Property(value=evolve(found.value, method_info=(*types, *found.value.method_info)))


@permitted(
    "description-in-other-order", "description", by="vim.TaskDescription: no order is given (EV 1.7: it differs)"
)
class DescriptionInOtherOrder(Simulator):
    """The lists of the description have no order, and another one in every read."""

    def read_description(self, call: calls.ReadDescription) -> Property[TaskDescription]:
        found = super().read_description(call)
        if found.value is None:
            return found
        turn = self.clock.now // 1000 % 3
        lists = {name: getattr(found.value, name) for name in ("method_info", "state", "reason")}
        return Property(value=evolve(found.value, **{name: (*got[turn:], *got[:turn]) for name, got in lists.items()}))
