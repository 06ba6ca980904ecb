"""Tasks of operations: the specification moves them, the oracle follows, and faults that are planted in them show."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from immutables import Map

from taskconform.conformance.engine.binding import Bindings, Unbound
from taskconform.conformance.qualification.variants.registry import all_variants
from taskconform.conformance.targets.builtin.operations import OPERATIONS
from taskconform.conformance.targets.builtin.specification import Replacement, specified
from taskconform.conformance.targets.builtin.target import BuiltinTarget
from taskconform.conformance.targets.guard import wrongs_of
from taskconform.model.clauses.registry import CLAUSES
from taskconform.model.oracle.expect import CHECKED_BY, advance, expect
from taskconform.model.oracle.findings import Broken, Held
from taskconform.model.oracle.sessions import first_belief
from taskconform.model.spec import life, operations, recent, tasks
from taskconform.model.spec.faults import fault
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SECOND, SUCCESS, Returned, UpdateSet
from taskconform.model.vocabulary.words import evolve

CLAUSES_OF_OPERATIONS = sorted(clause for clause in CLAUSES if clause.startswith("operation."))
RENAME, SNAPSHOT, MAINTENANCE = OPERATIONS


class Run:
    """Calls on a server with operations, each judged; `broken` and `held` count what was found by clause."""

    def __init__(self, *replacements, target=None, operations="yes"):
        self.target = target or BuiltinTarget({"operations": operations}, specified(replacements))
        self.belief = first_belief(self.target.declaration)
        self.broken, self.held = Counter(), Counter()
        self.do(c.Login(session="main", account="primary"))
        self.do(c.Login(session="s2", account="second"))
        self.do(c.Login(session="r", account="restricted"))

    def do(self, call):
        expected = expect(self.belief, call)
        outcome = self.target.perform(call)
        for found in expected.judge(outcome):
            if isinstance(found, Broken) and not (found.eventually and self.target.declaration.settling):
                self.broken[found.clause] += 1
            elif isinstance(found, Held):
                self.held[found.clause] += 1
        self.belief = advance(self.belief, call, outcome, expected)
        return outcome

    def start(self, operation=RENAME, session="main", entity=0):
        call = c.StartOperation(session=session, operation=operation.name, entity=operation.entities[entity])
        return getattr(self.do(call), "value", None)

    def read(self, *refs, session="main"):
        outcome = self.do(c.ReadTaskInfo(session=session, tasks=refs))
        return outcome.value[0].value if isinstance(outcome, Returned) else None

    def pass_time(self, seconds):
        self.do(c.AdvanceClock(session="main", seconds=seconds))


# --- any calls --------------------------------------------------------------------------------------------------------


def anything(run, seed, calls):
    """Make so many calls at random: operations and all that looks at their tasks, or gets in their way."""
    draw, made, collectors, watchers = random.Random(seed), [], [], {}  # noqa: S311  # nothing secret
    weights = {_start: 6, _read: 9, _recent: 4, _time: 2, _cancel: 2, _meddle: 1, _collect: 2, _page: 6, _wait: 2}
    for act in draw.choices(list(weights), list(weights.values()), k=calls):
        act(run, draw, draw.choice(("main", "main", "s2")), made, collectors, watchers)


def _start(run, draw, session, made, *_):
    operation = draw.choice(OPERATIONS)
    task = run.start(operation, session, draw.randrange(len(operation.entities)))
    if task is not None:
        made.append(task)


def _read(run, draw, session, made, *_):
    if made:
        run.read(*draw.sample(made, min(len(made), draw.randint(1, 3))), session=session)


def _recent(run, draw, session, made, *_):
    seen = draw.sample(made, min(len(made), 2))
    if seen:
        run.read(*seen)
    run.do(c.ReadRecentTask(session=draw.choice((session, "r"))))
    if draw.random() < 0.2:
        run.do(c.WaitForRecentTask(session=session, fresh=draw.random() < 0.5))
    if seen:
        run.read(*seen)


def _time(run, draw, *_):
    run.pass_time(draw.choice((0, 1, 1, 2, 40, 700)))


def _cancel(run, draw, session, made, *_):
    if made:
        run.do(c.CancelTask(session=session, task=draw.choice(made)))


def _meddle(run, draw, session, made, *_):
    if not made:
        return
    task, state = draw.choice(made), draw.choice((QUEUED, RUNNING, SUCCESS, ERROR))
    fault = "Timedout" if state == ERROR else None
    run.do(
        draw.choice(
            (
                c.SetTaskState(session=session, task=task, state=state, fault=fault),
                c.UpdateProgress(session=session, task=task, percent_done=draw.randint(0, 100)),
                c.SetTaskDescription(session=session, task=task, key="phase"),
            )
        )
    )


def _collect(run, draw, session, _made, collectors, _watchers):
    by = draw.choice(
        (
            {},
            {"state": (SUCCESS,)},
            {"state": (QUEUED, RUNNING)},
            {"entity": c.ByEntity(entity=RENAME.entities[0], recursion="self")},
            {"time": c.ByTime(time_type=draw.choice(("startedTime", "completedTime")), begin_time=0)},
        )
    )
    outcome = run.do(c.CreateCollectorForTasks(session=session, filter=c.TaskFilterSpec(**by)))
    if isinstance(outcome, Returned):
        collectors.append((session, outcome.value))


def _page(run, draw, _session, _made, collectors, _watchers):
    if not collectors:
        return
    session, collector = draw.choice(collectors)
    kind = draw.choice(("rewind", "read", "read", "read", "size", "latest"))
    if kind == "rewind":
        run.do(c.RewindCollector(session=session, collector=collector))
    elif kind == "size":
        run.do(c.SetCollectorPageSize(session=session, collector=collector, max_count=draw.choice((1, 3, 10))))
    elif kind == "latest":
        run.do(c.ReadLatestPage(session=session, collector=collector))
    else:
        count = draw.choice((1, 3, 100))
        for _ in range(5):
            outcome = run.do(c.ReadNextTasks(session=session, collector=collector, max_count=count))
            if not isinstance(outcome, Returned) or not outcome.value:
                break


def _wait(run, draw, session, made, _collectors, watchers):
    if session not in watchers:
        watcher = getattr(run.do(c.CreatePropertyCollector(session=session)), "value", None)
        if watcher is None:
            return
        run.do(c.CreateFilter(session=session, collector=watcher, watched=tuple(made[-5:])))
        watchers[session] = (watcher, "")
    watcher, version = watchers[session]
    wait = c.WaitForUpdatesEx(
        session=session, collector=watcher, version=version, max_wait_seconds=draw.choice((0, 0, 3))
    )
    outcome = run.do(wait)
    if isinstance(outcome, Returned) and isinstance(outcome.value, UpdateSet):
        watchers[session] = (watcher, outcome.value.version)


@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_said_against_the_specification(seed):
    run = Run()
    anything(run, seed, 250)
    assert not run.broken
    assert set(CLAUSES_OF_OPERATIONS) <= set(run.held)


@pytest.mark.parametrize("name", sorted(all_variants()))
def test_nothing_is_said_against_a_conforming_variant(name):
    variant = all_variants()[name]
    specification = specified(variant.replacements, variant.chosen)
    run = Run(target=variant.target({**variant.options, "operations": "yes"}, specification))
    anything(run, 1, 120)
    assert not run.broken


# --- planted faults ---------------------------------------------------------------------------------------------------


def _begun(**changes):
    """Return an operation's beginning that gets fields of the TaskInfo wrong."""

    def begin(original, state, *rest):
        state, task = original(state, *rest)
        state = tasks.with_info(state, task, evolve(task.info, **changes))
        return state, state.tasks[task.number]

    return Replacement(original=operations.begin, function=begin)


def _begun_late(original, state, *rest):
    state, task = original(state, *rest)
    state = tasks.with_info(state, task, evolve(task.info, queue_time=state.now - 3 * SECOND))
    return state, state.tasks[task.number]


def _of_another_kind(original, state, *rest):
    state, task = original(state, *rest)
    if task.number % 2:
        state = tasks.with_info(state, task, evolve(task.info, description_id="VirtualMachine.powerOn"))
    return state, state.tasks[task.number]


def _queued_again(original, state, step, choices):
    """Half-way, a task is queued once more."""
    if step.progress == 50 and step.number in state.live:
        return life.enter(state, step.number, QUEUED, choices)
    return original(state, step, choices)


def _ends_twice(original, state, step, choices):
    """A task that was canceled goes on to its end all the same."""
    task = state.tasks[step.number]
    if step.number not in state.live and step.state == SUCCESS:
        return tasks.with_info(state, task, evolve(task.info, state=SUCCESS, error=None))
    return original(state, step, choices)


def _stamped_with_the_queue_time(original, state, number, entered, choices):
    state = original(state, number, entered, choices)
    task = state.tasks[number]
    if task.info.complete_time is None or task.info.name is None:
        return state
    return tasks.with_info(state, task, evolve(task.info, complete_time=task.info.queue_time))


def _started_while_queued(original, state, *rest):
    state, task = original(state, *rest)
    state = tasks.with_info(state, task, evolve(task.info, start_time=state.now))
    return state, state.tasks[task.number]


def _without_an_error(original, state, task, end, choices):
    state = original(state, task, end, choices)
    task = state.tasks[task.number]
    return tasks.with_info(state, task, evolve(task.info, error=None))


def _unflagged(original, state, task, choices):
    state = original(state, task, choices)
    task = state.tasks[task.number]
    return tasks.with_info(state, task, evolve(task.info, cancelled=False))


def _cancels_anything(original, state, call, choices):
    number = state.keys[call.task.value]
    task = state.tasks[number]
    if number in state.live:
        state = tasks.with_info(state, task, evolve(task.info, cancelable=True))
        state, value = original(state, call, choices)
        task = state.tasks[number]
        return tasks.with_info(state, task, evolve(task.info, cancelable=False)), value
    return original(state, call, choices)


def _leaves_out_running(original, state, session, task, choices):
    return original(state, session, task, choices) and (task.info.state != RUNNING or task.info.name is None)


def _leaves_out_ended(original, state, session, task, choices):
    return original(state, session, task, choices) and (task.info.state != SUCCESS or task.info.name is None)


def _the_task_before(original, state, call, choices):
    before = state.tasks[len(state.tasks)].info.task
    state, ref = original(state, call, choices)
    return state, before if len(state.tasks) % 3 == 0 else ref


def _by_nobody(original, state, operation, entity, reason, choices):
    return original(state, operation, entity, evolve(reason, user_name="root"), choices)


FAULTS = {
    "operation.entity": _begun(entity=c.ObjectRef(type="Folder", value="group-d1")),
    "operation.name": _begun(name="PowerOn_Task"),
    "operation.type": Replacement(original=operations.begin, function=_of_another_kind),
    "operation.reason": Replacement(original=operations.begin, function=_by_nobody),
    "operation.queue-time": Replacement(original=operations.begin, function=_begun_late),
    "operation.life": Replacement(original=operations.take, function=_queued_again),
    "operation.returns": Replacement(original=operations.start_operation, function=_the_task_before),
    "life.no-return": Replacement(original=operations.take, function=_ends_twice),
    "life.times": Replacement(original=life.enter, function=_stamped_with_the_queue_time),
    "info.start-time": Replacement(original=operations.begin, function=_started_while_queued),
    "info.error-state": Replacement(original=operations.ended, function=_without_an_error),
    "life.cancel": Replacement(original=life.cancel, function=_unflagged),
    "life.cancel-unsupported": Replacement(original=life.cancel_task, function=_cancels_anything),
    "recent.running": Replacement(original=recent.is_listed, function=_leaves_out_running),
    "recent.completed": Replacement(original=recent.is_listed, function=_leaves_out_ended),
    "info.locked": _begun(locked=(c.ObjectRef(type="VirtualMachine", value="vm-21"),)),
}
"""By the clause that has to name it: a fault."""


@pytest.mark.parametrize("clause", FAULTS)
def test_a_fault_is_named(clause):
    run = Run(FAULTS[clause])
    for seed in range(6):
        anything(run, seed, 250)
        if run.broken[clause]:
            return
    pytest.fail(f"not named, but {dict(run.broken)}")


def test_every_clause_on_operations_is_checked_and_has_a_fault():
    assert set(CLAUSES_OF_OPERATIONS) <= set(CHECKED_BY)
    assert set(CLAUSES_OF_OPERATIONS) <= set(FAULTS)


# --- races ------------------------------------------------------------------------------------------------------------


def test_a_task_may_move_between_any_two_calls():
    run = Run()
    task = run.start(SNAPSHOT)
    states = [run.read(task).state]
    while states[-1] not in {SUCCESS, ERROR}:
        run.do(c.ReadRecentTask(session="main"))
        run.pass_time(1)
        states.append(run.read(task).state)
    run.do(c.ReadRecentTask(session="main"))
    assert run.read(task).state == states[-1]
    assert not run.broken
    assert run.held["recent.completed"]


def test_a_cancel_that_comes_too_late_is_no_divergence():
    run = Run()
    task = run.start(MAINTENANCE)
    run.read(task)
    run.pass_time(60)
    assert not isinstance(run.do(c.CancelTask(session="main", task=task)), Returned)
    assert not run.broken


def test_a_cancel_is_taken_and_shows():
    run = Run()
    task = run.start(MAINTENANCE)
    run.read(task)
    assert isinstance(run.do(c.CancelTask(session="main", task=task)), Returned)
    assert run.read(task).cancelled
    run.pass_time(1)
    assert run.read(task).error.kind == "RequestCanceled"
    assert not run.broken
    assert run.held["life.cancel"] == 2


def test_what_a_client_does_to_a_task_is_no_fault_of_the_operation():
    run = Run()
    task = run.start(MAINTENANCE)
    run.pass_time(20)
    assert run.read(task).state == RUNNING
    run.do(c.SetTaskState(session="main", task=task, state=QUEUED))
    assert run.read(task).state == QUEUED
    run.pass_time(60)
    run.read(task)
    assert not run.broken


def test_an_ended_task_may_not_be_moved_by_anybody():
    always = Replacement(original=life.is_taken, function=lambda *_: True)
    run = Run(always, Replacement(original=life.set_task_state, function=_set_anyway))
    task = run.start(RENAME)
    run.pass_time(1)
    run.read(task)
    run.do(c.SetTaskState(session="main", task=task, state=RUNNING))
    assert run.broken["life.final"]
    run.read(task)
    assert run.broken["life.no-return"]


def _set_anyway(_original, state, call, _choices):
    task = state.tasks[state.keys[call.task.value]]
    return tasks.with_info(state, task, evolve(task.info, state=call.state, complete_time=None)), None


# --- the declaration --------------------------------------------------------------------------------------------------


def test_symbols_stand_for_what_is_declared():
    run = Run()
    bindings = Bindings(run.target.declaration)
    call = c.StartOperation(session="main", operation=c.Offered(index=4), entity=c.Operand(index=11))
    assert bindings.bind(call, run.belief) == c.StartOperation(
        session="main", operation=SNAPSHOT.name, entity=SNAPSHOT.entities[11 % len(SNAPSHOT.entities)]
    )
    canceled = evolve(call, operation=c.Offered(index=4, cancelable=True))
    assert bindings.bind(canceled, run.belief).operation == MAINTENANCE.name
    with pytest.raises(Unbound, match="has no PowerOn_Task"):
        bindings.bind(evolve(call, operation="PowerOn_Task"), run.belief)
    with pytest.raises(Unbound, match="declares no operations"):
        Bindings(Run(operations="no").target.declaration).bind(call, run.belief)


def test_a_declaration_is_checked():
    good = Run().target.declaration
    assert not wrongs_of(good)
    assert "go together" in wrongs_of(evolve(good, operations=()))[0]
    assert "two operations" in wrongs_of(evolve(good, operations=(RENAME, RENAME)))[0]
    assert "no entities" in wrongs_of(evolve(good, operations=(evolve(RENAME, entities=()),)))[0]
    nowhere = c.ObjectRef(type="Folder", value="group-99")
    assert "no declared place" in wrongs_of(evolve(good, operations=(evolve(RENAME, entities=(nowhere,)),)))[0]
    assert "seconds" in wrongs_of(evolve(good, operations=(evolve(RENAME, seconds=-1.0),)))[0]


def test_the_specification_takes_only_what_it_offers():
    run = Run()
    call = c.StartOperation(
        session="main", operation=SNAPSHOT.name, entity=c.ObjectRef(type="Folder", value="group-v3")
    )
    assert run.do(call).fault.kind == "MethodNotFound"
    assert run.do(evolve(call, operation="Clone_Task")).fault.kind == "MethodNotFound"
    assert run.do(evolve(call, session="r", entity=SNAPSHOT.entities[0])).fault.kind == "NoPermission"
    assert run.target.state.server.operations == Map({one.name: one for one in OPERATIONS})


def test_a_task_that_was_not_read_may_have_retired_meanwhile():
    """Where a Task goes when recentTask does not list it any more, those that were started first are gone."""
    listed = Replacement(original=tasks.find_task, function=_only_the_last)
    run = Run(listed)
    refs = [run.start(RENAME) for _ in range(230)]
    run.pass_time(1)
    for ref in (refs[-1], refs[0]):
        run.read(ref)
    assert not run.broken


def _only_the_last(original, state, ref):
    task = original(state, ref)
    if task.number <= len(state.tasks) - 200 and task.number not in state.live:
        fault("ManagedObjectNotFound")
    return task
