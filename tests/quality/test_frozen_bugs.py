"""The frozen bugs: each is built, and named by a quick run, and the document says what such runs find; each of the ten
shows, and nowhere else (those of the twenty: `test_faults`).
"""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING, Any, Final

import pytest
from here import ROOT

from taskconform.conformance.qualification.mutants.registry import frozen_bugs, mutant_names, open_target
from taskconform.conformance.targets.builtin import EXTENSION_KEY, BuiltinTarget
from taskconform.conformance.targets.naming import open_named
from taskconform.conformance.targets.protocol import TargetMisnamed
from taskconform.model.clauses.registry import CLAUSES
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.outcomes import Faulted, Returned

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import ModuleType

    from taskconform.conformance.targets.protocol import Target
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.outcomes import TaskInfo

WORK: Final = f"{EXTENSION_KEY}.work"
SCRIPT: Final = ROOT / "docs" / "generate_frozen_bugs.py"


def _load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location(SCRIPT.stem, SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


SHOWN: Final = _load_script()
TEN: Final = frozen_bugs("ten_bugs")
BUGS: Final = {fault: bug for name in SHOWN.LISTS.values() for fault, bug in frozen_bugs(name).items()}


class Server:
    """A target with the extension registered and two users logged in, and short ways to ask."""

    def __init__(self, target: Target) -> None:
        """Log in and register."""
        self.target = target
        self.ok(calls.Login(session="main", account="primary"))
        self.ok(calls.Login(session="restricted", account="restricted"))
        self.ok(calls.RegisterExtension(session="main", key=EXTENSION_KEY, version="1.0.0", task_ids=(WORK,)))

    def place(self, role: str, index: int = 0) -> ObjectRef:
        """Give the reference of a place."""
        return self.target.declaration.places[role][index].ref

    def ok(self, call: calls.Call) -> Any:
        """Give the value of a call that has to succeed."""
        outcome = self.target.perform(call)
        assert isinstance(outcome, Returned), outcome
        return outcome.value

    def kind(self, call: calls.Call) -> str:
        """Give the name of the fault of a call that has to fail."""
        outcome = self.target.perform(call)
        assert isinstance(outcome, Faulted), outcome
        return outcome.fault.kind

    def create(self, obj: ObjectRef | None = None, **more: Any) -> TaskInfo:
        """Make a task."""
        given: dict[str, Any] = {"task_type_id": WORK, "cancelable": True} | more
        info: TaskInfo = self.ok(calls.CreateTask(session="main", obj=obj or self.place("vm"), **given))
        return info

    def set(self, task: TaskInfo, state: str) -> None:
        """Set a task's state."""
        self.ok(calls.SetTaskState(session="main", task=task.task, state=state))

    def progress(self, task: TaskInfo) -> calls.UpdateProgress:
        """Give the call that sets a task's progress."""
        return calls.UpdateProgress(session="main", task=task.task, percent_done=40)

    def info(self, task: TaskInfo) -> TaskInfo:
        """Read a task that has to be readable."""
        ((read),) = self.ok(calls.ReadTaskInfo(session="main", tasks=(task.task,)))
        info: TaskInfo = read.value
        return info

    def recent(self, session: str = "main") -> tuple[ObjectRef, ...]:
        """Read the recent tasks."""
        tasks: tuple[ObjectRef, ...] = self.ok(calls.ReadRecentTask(session=session)).value
        return tasks

    def waited(self, session: str = "main") -> tuple[ObjectRef, ...]:
        """Wait for the recent tasks with an empty version."""
        tasks: tuple[ObjectRef, ...] = self.ok(calls.WaitForRecentTask(session=session, fresh=True)).recent_task.value
        return tasks

    def collector(self) -> ObjectRef:
        """Make a task collector."""
        call = calls.CreateCollectorForTasks(session="main", filter=calls.TaskFilterSpec())
        ref: ObjectRef = self.ok(call)
        return ref

    def has_no_room(self) -> bool:
        """Whether no further task collector can be made."""
        call = calls.CreateCollectorForTasks(session="main", filter=calls.TaskFilterSpec())
        outcome = self.target.perform(call)
        return isinstance(outcome, Faulted) and outcome.fault.kind == "InvalidState"


# --- does the bug show? Each answers that, and asserts what is right with the bug too ---------------------------------


def entity_name_of_first_of_its_type(server: Server) -> bool:
    first, second = server.target.declaration.places["vm"][:2]
    folder = server.target.declaration.places["folder"][0]
    assert server.create(first.ref).entity_name == first.name
    assert server.create(folder.ref).entity_name == folder.name
    assert server.create(server.place("manager")).entity_name is None
    task = server.create(second.ref)
    assert task.entity == second.ref
    assert server.info(task).entity_name == task.entity_name
    return task.entity_name == first.name != second.name


def root_is_the_grandparent(server: Server) -> bool:
    chain = [server.create()]
    for _ in range(4):
        chain.append(server.create(parent_task_key=chain[-1].key))
    keys = [task.key for task in chain]
    assert [task.parent_task_key for task in chain] == [None, *keys[:-1]]
    assert [task.root_task_key for task in chain[:3]] == [None, keys[0], keys[0]]
    return [task.root_task_key for task in chain[3:]] == keys[1:3]


def refused_progress_sets_start_time(server: Server) -> bool:
    task, other = server.create(), server.create()
    assert server.kind(server.progress(task)) == "InvalidState"
    refused = server.info(task)
    assert (refused.state, refused.progress) == ("queued", None)
    server.set(task, "running")
    server.set(other, "running")
    started = server.info(task).start_time
    assert started is not None
    assert started != refused.start_time
    server.ok(server.progress(task))
    assert (server.info(task).progress, server.info(task).start_time) == (40, started)
    server.set(task, "success")
    assert server.kind(server.progress(task)) == "InvalidState"
    assert server.info(task).start_time == started
    return refused.start_time is not None


def same_key_description_dropped(server: Server) -> bool:
    task = server.create()

    def described(key: str, **args: str) -> Any:
        given = tuple(args.items())
        server.ok(calls.SetTaskDescription(session="main", task=task.task, key=key, args=given))
        description = server.info(task).description
        assert description is not None
        return description.key, dict(description.args)

    assert described("a", x="1") == ("a", {"x": "1"})
    assert described("b", x="2") == ("b", {"x": "2"})
    return bool(described("b", x="3") == ("b", {"x": "2"}))


def cancel_of_queued_wrong_fault(server: Server) -> bool:
    def cancel(task: TaskInfo) -> calls.CancelTask:
        return calls.CancelTask(session="main", task=task.task)

    queued, running, cancelable = server.create(cancelable=False), server.create(cancelable=False), server.create()
    server.set(running, "running")
    assert server.kind(cancel(running)) == "NotSupported"
    server.ok(cancel(cancelable))
    assert server.kind(cancel(cancelable)) == "InvalidState"
    kind = server.kind(cancel(queued))
    assert server.info(queued) == queued
    return kind == "InvalidState"


def last_200_by_creation(server: Server) -> bool:
    oldest = server.create()
    server.set(oldest, "running")
    tasks = [server.create() for _ in range(200)]
    for task in tasks:
        server.set(task, "success")
    assert set(server.recent()) == {oldest.task, *(task.task for task in tasks)}
    server.set(oldest, "success")
    assert len(server.recent()) == 200
    assert oldest.task not in server.recent() or tasks[0].task not in server.recent()
    return oldest.task not in server.recent()


def hidden_task_shown_once_completed(server: Server) -> bool:
    task = server.create(server.place("hidden"))
    assert task.task not in server.recent("restricted")
    server.set(task, "success")
    assert task.task in server.recent()
    ((read),) = server.ok(calls.ReadTaskInfo(session="restricted", tasks=(task.task,)))
    assert "SecurityError" in read.missing.kinds
    assert server.recent("restricted") == server.waited("restricted")
    return task.task in server.recent("restricted")


def second_fresh_wait_is_stale(server: Server) -> bool:
    before = server.waited()
    task = server.create()
    assert not server.ok(calls.WaitForRecentTask(session="main", fresh=False)).changed
    assert set(server.recent()) == {*before, task.task}
    assert task.task in server.waited("restricted")
    stale = server.waited() == before
    server.ok(calls.Logout(session="main"))
    server.ok(calls.Login(session="main", account="primary"))
    assert set(server.waited()) == {*before, task.task}
    return stale


def destroy_frees_only_the_newest(server: Server) -> bool:
    def destroy(collector: ObjectRef) -> None:
        server.ok(calls.DestroyCollector(session="main", collector=collector))

    collectors = [server.collector() for _ in range(32)]
    assert server.has_no_room()
    destroy(collectors.pop())
    collectors.append(server.collector())
    assert server.has_no_room()
    destroy(collectors[-2])
    full = server.has_no_room()
    if full:
        assert server.kind(calls.ReadNextTasks(session="main", collector=collectors[-2], max_count=1)) == (
            "ManagedObjectNotFound"
        )
        destroy(collectors[-1])
        server.collector()
        server.collector()
    assert server.has_no_room()
    server.ok(calls.Logout(session="main"))
    server.ok(calls.Login(session="main", account="primary"))
    assert len([server.collector() for _ in range(32)]) == 32
    return full


def dead_session_reads_what_it_knew(server: Server) -> bool:
    def read(*tasks: TaskInfo) -> calls.ReadTaskInfo:
        return calls.ReadTaskInfo(session="restricted", tasks=tuple(task.task for task in tasks))

    known, unknown = server.create(), server.create()
    server.ok(read(known))
    server.ok(calls.Logout(session="restricted"))
    server.set(known, "running")
    assert server.kind(read(unknown)) == "NotAuthenticated"
    assert server.kind(read(known, unknown)) == "NotAuthenticated"
    assert server.kind(calls.ReadRecentTask(session="restricted")) == "NotAuthenticated"
    outcome = server.target.perform(read(known))
    server.ok(calls.Login(session="restricted", account="restricted"))
    server.ok(calls.Logout(session="restricted"))
    assert server.kind(read(known)) == "NotAuthenticated"
    if isinstance(outcome, Faulted):
        assert outcome.fault.kind == "NotAuthenticated"
        return False
    assert isinstance(outcome, Returned)
    answers: Any = outcome.value
    return [answer.value for answer in answers] == [server.info(known)]


PROBES: Final[Mapping[str, Callable[[Server], bool]]] = {
    probe.__name__.replace("_", "-"): probe
    for probe in (
        entity_name_of_first_of_its_type,
        root_is_the_grandparent,
        refused_progress_sets_start_time,
        same_key_description_dropped,
        cancel_of_queued_wrong_fault,
        last_200_by_creation,
        hidden_task_shown_once_completed,
        second_fresh_wait_is_stale,
        destroy_frees_only_the_newest,
        dead_session_reads_what_it_knew,
    )
}


def test_every_frozen_bug_is_built() -> None:
    assert list(mutant_names())[: len(BUGS)] == list(BUGS)
    assert list(PROBES) == list(TEN)
    assert all(clause in CLAUSES for bug in BUGS.values() for clause in (*bug.clauses, *bug.also))
    assert all(bug.clauses and not set(bug.clauses) & set(bug.also) for bug in BUGS.values())


@pytest.mark.parametrize("fault", TEN)
def test_bug_shows_and_the_plain_simulator_does_not_have_it(fault: str) -> None:
    assert PROBES[fault](Server(open_target({"mutant": fault})))
    assert not PROBES[fault](Server(BuiltinTarget({})))


@pytest.mark.parametrize("fault", TEN)
def test_bug_shows_nowhere_else(fault: str) -> None:
    for other in set(TEN) - {fault}:
        assert not PROBES[other](Server(open_target({"mutant": fault}))), other


# --- the factory ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", BUGS)
def test_target_says_which_bug_it_has(fault: str) -> None:
    declaration = open_target({"mutant": fault, "max-collector": "5", "cap": "7"}).declaration
    assert (declaration.name, declaration.cap) == (f"builtin with {fault}", 7)
    assert declaration.identity == {"mutant": fault}


def test_target_is_opened_by_name() -> None:
    target = open_named(SHOWN.TARGET, {"mutant": "root-is-the-grandparent"})
    assert target.declaration.name == "builtin with root-is-the-grandparent"


@pytest.mark.parametrize("options", [{}, {"mutant": "none-such"}])
def test_unknown_fault_is_refused_with_the_known_ones(options: dict[str, str]) -> None:
    with pytest.raises(TargetMisnamed) as refusal:
        open_target(options)
    assert all(fault in str(refusal.value) for fault in BUGS)


def test_option_that_the_builtin_target_does_not_have_is_refused() -> None:
    with pytest.raises(TargetMisnamed, match="colour"):
        open_target({"mutant": "root-is-the-grandparent", "colour": "red"})


# --- quick runs -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", BUGS)
def test_quick_run_names_a_right_clause_and_the_document_says_so(fault: str, tmp_path: Path) -> None:
    """One worker a run: what spreads the runs is what runs the tests."""
    named = SHOWN.quick_run(fault, SHOWN.SEEDS[0], tmp_path, workers=1)
    assert set(BUGS[fault].clauses) & set(named)
    assert SHOWN.row(BUGS[fault], SHOWN.SEEDS[0], named) in SHOWN.DOCUMENT.read_text().splitlines()


def test_document_has_every_bug_as_it_is_frozen_and_every_run() -> None:
    written = SHOWN.DOCUMENT.read_text().splitlines()
    missing = [line for line in SHOWN.document({}).splitlines() if "of 0 runs" not in line and line not in written]
    assert not missing
    for fault in (*BUGS, SHOWN.PLAIN):
        assert all(any(line.startswith(f"| `{fault}` | {seed} |") for line in written) for seed in SHOWN.SEEDS), fault
