"""Probing: which calls, parts of a filter and fields of TaskInfo a target does not have, each tried once.

What a target answers with NotSupported, NotImplemented, InvalidRequest or MethodNotFound it does not have; nor a
property that comes to InvalidProperty, nor a call on a manager that is not found. That is offered as a declaration
(`Declaration.without`); whether it is true, the author of the target says."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.engine.needs import need_of
from taskconform.model.clauses.registry import is_before
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import MAIN, ObjectRef
from taskconform.model.vocabulary.declaration import ORDINARY
from taskconform.model.vocabulary.faults import ABSENT
from taskconform.model.vocabulary.outcomes import QUEUED, RUNNING, SUCCESS, Faulted, Property, Returned, TaskInfo
from taskconform.model.vocabulary.parts import FILTER_FIELDS, INFO_FIELDS, MANAGERS, REQUIRED, wire_name
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.declaration import Declaration
    from taskconform.model.vocabulary.outcomes import Fault, Outcome

POLL: Final = 0.05
"""Seconds between two looks at a task of an operation."""
PATIENCE: Final = 10.0
"""Seconds in which an operation is expected to end."""

EXPECTED: Final = (*REQUIRED, "start_time", "complete_time", "entity", "entity_name")
"""Fields of TaskInfo that a task has which ran and succeeded on an entity."""

_READS: Final = (c.ReadExtensionList, c.ReadRecentTask, c.ReadMaxCollector, c.ReadDescription)
"""Reads of a manager's property."""
_OF_MANAGERS: Final = (
    *_READS,
    c.RegisterExtension,
    c.UpdateExtension,
    c.FindExtension,
    c.WaitForRecentTask,
    c.CreateCollectorForTasks,
    c.CreateListView,
    c.CreatePropertyCollector,
)
"""Calls that name no other object than a manager, as they are made here."""
_MAIN: Final[dict[str, Any]] = {"session": MAIN}


def _is_absent(call: Call, fault: Fault) -> bool:
    """Tell whether a fault says that a target does not have a call, a property or a manager."""
    return (
        fault.is_a(*ABSENT)
        or (fault.is_a("InvalidProperty") and isinstance(call, (*_READS, c.WaitForRecentTask)))
        or (fault.is_a("ManagedObjectNotFound") and isinstance(call, _OF_MANAGERS))
    )


@dataclass(slots=True, kw_only=True)
class Probes:
    """Probes of a target. `lacks` are the words for what it does not have, `tried` the calls that were made."""

    perform: Callable[[Call], Outcome]
    declaration: Declaration
    lacks: list[str] = field(default_factory=list)
    tried: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Try everything."""
        key = self.declaration.extension_key
        self._ask(c.Login(**_MAIN, account="primary"))
        self._ask(c.RegisterExtension(**_MAIN, key=key, version="1.0.0", task_ids=(f"{key}.work",)))
        self._ask(c.UpdateExtension(**_MAIN, key=key, version="1.0.1", task_ids=(f"{key}.work",)))
        self._ask(c.FindExtension(**_MAIN, key=key))
        for read in _READS:
            self._ask(read(**_MAIN))
        self._ask(c.AdvanceClock(**_MAIN, seconds=1))
        self._ask(c.WaitForRecentTask(**_MAIN, fresh=True))
        info = self._live_a_life()
        self._read_history(info)
        self._watch(info)
        self._ask(c.UnregisterExtension(**_MAIN, key=key))
        self._ask(c.Logout(**_MAIN))

    @property
    def words(self) -> tuple[str, ...]:
        """The words for what the target lacks; a manager stands for its calls where all that were tried are lacking."""
        found = [each for each in dict.fromkeys(self.lacks) if each not in self.declaration.without]
        for manager, its in MANAGERS.items():
            tried = [each for each in its if each in self.tried]
            if tried and all(each in found for each in tried):
                found = [manager, *(each for each in found if each not in its)]
        return tuple(found)

    def _ask(self, call: Call, word: str = "", says_nothing: str = "") -> Any:
        """Make a call, if the target is said to have it, and give the value that it returned. A fault of the kind
        `says_nothing` does not tell that the target lacks it."""
        name = type(call).__name__
        need = need_of(call)
        if name in self.declaration.calls_without or (need and need not in self.declaration.capabilities):
            return None
        if name in self.lacks:
            return None
        self.tried.add(name)
        outcome = self.perform(call)
        if isinstance(outcome, Faulted) and outcome.fault.kind != says_nothing and _is_absent(call, outcome.fault):
            self.lacks.append(word or name)
        return outcome.value if isinstance(outcome, Returned) else None

    def _follow_an_operation(self) -> TaskInfo | None:
        """Start an operation, and give its task, as it was read last."""
        its = next(iter(self.declaration.operations), None)
        if its is None:
            return None
        task = self._ask(c.StartOperation(**_MAIN, operation=its.name, entity=its.entities[0]))
        until, info = time.monotonic() + PATIENCE + 2 * its.seconds, None
        while isinstance(task, ObjectRef) and time.monotonic() < until and (info is None or info.state != SUCCESS):
            info = self._info_of(task)
            if info is None or info.state not in {QUEUED, RUNNING}:
                break
            time.sleep(POLL)
        if info is not None and info.task is not None:
            self._touch(info.task, cancelable=its.cancelable)
        self._note_fields(info)
        return info

    def _touch(self, task: ObjectRef, *, cancelable: bool) -> None:
        """Make the calls on a task once, of which an ended one refuses all. One that cannot be canceled comes to
        NotSupported, which says nothing."""
        for call in (
            c.SetTaskState(**_MAIN, task=task, state=RUNNING),
            c.UpdateProgress(**_MAIN, task=task, percent_done=5),
            c.SetTaskDescription(**_MAIN, task=task, key=f"{self.declaration.extension_key}.phase"),
        ):
            self._ask(call)
        self._ask(c.CancelTask(**_MAIN, task=task), says_nothing="" if cancelable else "NotSupported")

    def _info_of(self, task: ObjectRef) -> TaskInfo | None:
        """Read a task."""
        read = self._ask(c.ReadTaskInfo(**_MAIN, tasks=(task,)))
        first = read[0] if isinstance(read, tuple) and read else None
        info = first.value if isinstance(first, Property) else None
        return info if isinstance(info, TaskInfo) else None

    def _note_fields(self, info: TaskInfo | None) -> None:
        """Note the fields that a task which succeeded comes without."""
        if info is not None and info.state == SUCCESS:
            words = {name: word for word, name in INFO_FIELDS.items()}
            self.lacks += [words[name] for name in EXPECTED if getattr(info, name) is None]

    def _live_a_life(self) -> TaskInfo | None:
        """Make two tasks: one succeeds, and one is canceled. Give the first, as it was read last; where none can be
        made, that of an operation."""
        places = self.declaration.places
        entity = next((one for role in ORDINARY for one in places.get(role, ())), None)
        if entity is None:
            return None
        key = f"{self.declaration.extension_key}.work"
        create = c.CreateTask(**_MAIN, obj=entity.ref, task_type_id=key, cancelable=True)
        made, other = self._ask(create), self._ask(create)
        if not isinstance(made, TaskInfo) or made.task is None:
            return self._follow_an_operation()
        task = made.task
        self._ask(c.SetTaskState(**_MAIN, task=task, state=RUNNING))
        self._ask(c.UpdateProgress(**_MAIN, task=task, percent_done=5))
        self._ask(c.SetTaskDescription(**_MAIN, task=task, key=f"{key}.phase"))
        self._ask(c.SetTaskState(**_MAIN, task=task, state=SUCCESS))
        if isinstance(other, TaskInfo) and other.task is not None:
            self._ask(c.CancelTask(**_MAIN, task=other.task))
        info = self._info_of(task)
        self._note_fields(info)
        child = self.perform(evolve(create, parent_task_key=made.key, activation_id="a"))
        found = child.value if isinstance(child, Returned) else None
        if isinstance(found, TaskInfo):
            names = ("parent_task_key", "root_task_key", "activation_id")
            self.lacks += [f"TaskInfo.{wire_name(name)}" for name in names if getattr(found, name) is None]
        return info or made

    def _read_history(self, info: TaskInfo | None) -> None:
        """Open a collector of everything and try all that it does; then one for each part of a filter."""
        made = self._ask(c.CreateCollectorForTasks(**_MAIN, filter=c.TaskFilterSpec()))
        if isinstance(made, ObjectRef):
            its: dict[str, Any] = {**_MAIN, "collector": made}
            for read in (c.ReadCollectorFilter, c.ReadLatestPage, c.RewindCollector, c.ResetCollector):
                self._ask(read(**its))
            self._ask(c.SetCollectorPageSize(**its, max_count=10))
            for page in (c.ReadNextTasks, c.ReadPreviousTasks):
                self._ask(page(**its, max_count=10))
            self._ask(c.DestroyCollector(**its))
            for word, spec in self._filters(info):
                one = self._ask(c.CreateCollectorForTasks(**_MAIN, filter=spec), word)
                if isinstance(one, ObjectRef):
                    self._ask(c.DestroyCollector(**_MAIN, collector=one))
        if not is_before(self.declaration.api_version, "8.0.3"):
            self._ask(c.CreateCollectorWithInfoFilterForTasks(**_MAIN, filter=c.TaskFilterSpec(), info_filter=None))

    def _filters(self, info: TaskInfo | None) -> list[tuple[str, c.TaskFilterSpec]]:
        """Give a filter with each part alone, if there is something to filter by."""
        if info is None:
            return []
        account = self.declaration.accounts[0].user_name
        values: dict[str, Any] = {
            "entity": c.ByEntity(entity=info.entity, recursion="self") if info.entity is not None else None,
            "time": c.ByTime(time_type="queuedTime", begin_time=info.queue_time) if info.queue_time else None,
            "user_name": c.ByUsername(system_user=False, user_list=(account,)),
            "state": (SUCCESS,),
            "activation_id": ("a",),
            "event_chain_id": (info.event_chain_id,) if info.event_chain_id else None,
            "tag": ("a",),
            "parent_task_key": (info.key,) if info.key else None,
            "root_task_key": (info.key,) if info.key else None,
        }
        words = {name: word for word, name in FILTER_FIELDS.items()}
        return [(words[name], c.TaskFilterSpec(**{name: value})) for name, value in values.items() if value is not None]

    def _watch(self, info: TaskInfo | None) -> None:
        """Follow a task by a view and a property filter."""
        if info is None or info.task is None:
            return
        tasks = (info.task,)
        view = self._ask(c.CreateListView(**_MAIN, objs=tasks))
        if isinstance(view, ObjectRef):
            its: dict[str, Any] = {**_MAIN, "view": view}
            self._ask(c.ModifyListView(**its, add=tasks, remove=()))
            self._ask(c.ResetListView(**its, objs=tasks))
            self._ask(c.ReadView(**its))
            self._ask(c.DestroyView(**its))
        collector = self._ask(c.CreatePropertyCollector(**_MAIN))
        if isinstance(collector, ObjectRef):
            made = self._ask(c.CreateFilter(**_MAIN, collector=collector, watched=tasks))
            self._ask(c.WaitForUpdatesEx(**_MAIN, collector=collector, version=""))
            if isinstance(made, ObjectRef):
                self._ask(c.DestroyPropertyFilter(**_MAIN, filter=made))
            self._ask(c.DestroyPropertyCollector(**_MAIN, collector=collector))
        self._ask(c.RetrieveReported(**_MAIN, tasks=tasks))
