"""The bounds of the model's conditions: on them, and one off on either side; worlds are made by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from test_model import KEY, VM, Told, declared, fault

from taskconform.model.oracle import (
    access,
    belief,
    collectors,
    create,
    descriptions,
    filters,
    latest,
    life,
    limit,
    open_filters,
    origins,
    pages,
    progress,
    recent,
    scans,
    sessions,
    task_types,
    updates,
    waits,
    watch,
    windows,
)
from taskconform.model.oracle.belief import CHANGES_KEPT, SLACK, Belief
from taskconform.model.oracle.belief_history import FullScan
from taskconform.model.oracle.expect import METHODS, expect
from taskconform.model.oracle.findings import Broken, Held, Shown
from taskconform.model.oracle.progress import percentage_is_out_of_bounds
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.outcomes import (
    SECOND,
    Faulted,
    Interval,
    Lost,
    ObjectUpdate,
    Property,
    RecentTaskUpdate,
    Returned,
    UserSession,
)
from taskconform.model.vocabulary.words import evolve

TASK = "life.unknown"


def surely(world, call):
    return {one.clause for one in expect(world, call).certain}


def perhaps(world, call):
    return {one.clause for one in expect(world, call).possible}


def broken_in(findings):
    return {found.clause for found in findings if isinstance(found, Broken)}


def about(version):
    return evolve(declared().about, api_version=version)


def ended():
    """A task that a call has ended, and what is known of it."""
    told = Told()
    info, _ = told.create()
    told.set(info, "success")
    return told, told.world.tasks[info.task.value]


# --- tasks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ended", [False, True])
def test_a_task_that_nobody_has_read_may_not_be_there_yet(ended):
    told = Told()
    info, _ = told.create()
    if ended:
        told.set(info, "success")
    call = c.SetTaskState(session="main", task=info.task, state="running")
    assert TASK in perhaps(told.world, call)
    told.read(evolve(info, state="success" if ended else "queued"))
    assert TASK not in perhaps(told.world, call) | surely(told.world, call)


CALLS = {
    "life.progress-state": lambda task: c.UpdateProgress(session="main", task=task, percent_done=5),
    "life.cancel-final": lambda task: c.CancelTask(session="main", task=task),
}


@pytest.mark.parametrize("how", ["canceled", "lost"])
@pytest.mark.parametrize("clause", CALLS)
def test_a_state_that_is_open_leaves_the_condition_open(clause, how):
    told = Told()
    info, _ = told.create(cancelable=True)
    told.read(info)
    if how == "canceled":
        told.returns(c.CancelTask(session="main", task=info.task), None)
    else:
        told.tell(c.SetTaskState(session="main", task=info.task, state="running"), Lost(why="gone", at=told.at()))
    assert told.world.tasks[info.task.value].state is None
    call = CALLS[clause](info.task)
    assert clause in perhaps(told.world, call)
    assert clause not in surely(told.world, call)


@pytest.mark.parametrize(
    ("version", "percent", "open_"), [("4", 101, False), ("3.0", 101, True), ("3.0", 100, False), ("4.0", 101, False)]
)
def test_out_of_bounds_is_of_versions_before_4(version, percent, open_):
    world = Belief(declaration=declared(about=about(version)))
    call = c.UpdateProgress(session="main", task=c.ObjectRef(type="Task", value="task-1"), percent_done=percent)
    assert percentage_is_out_of_bounds(world, call) is (None if open_ else False)


def test_two_tasks_one_of_which_nobody_has_read_may_not_all_be_there():
    told = Told()
    one, _ = told.create()
    told.read(one)
    other, _ = told.create(2)
    alone = c.ReadTaskInfo(session="main", tasks=(other.task,))
    assert TASK not in perhaps(told.world, alone) | surely(told.world, alone)
    assert TASK in perhaps(told.world, c.ReadTaskInfo(session="main", tasks=(one.task, other.task)))


@pytest.mark.parametrize(("version", "open_"), [("3.0", True), ("4", False), ("4.0", False)])
def test_set_task_description_came_with_4(version, open_):
    world = Belief(declaration=declared(about=about(version)))
    assert progress.description_is_newer_than_the_server(world, None) is (None if open_ else False)


@pytest.mark.parametrize(("version", "is_known"), [("5.5", False), ("6", True), ("6.0", True), ("6.5", True)])
def test_activation_id_came_with_6(version, is_known):
    world = Belief(declaration=declared(about=about(version)))
    call = c.CreateTask(
        session="main", obj=VM, task_type_id=f"{KEY}.work", cancelable=False, activation_id="activation-1"
    )
    info = Told.info(activation_id="activation-1")
    assert create.activation_is_newer_than_the_server(world, call) is (False if is_known else None)
    assert create.activation_is_the_argument(world, call, info, None) is (True if is_known else None)


@pytest.mark.parametrize(("percent", "shown"), [(0, []), (1, [("kept",)]), (99, [("kept",)]), (100, [])])
def test_what_becomes_of_progress_is_asked_between_the_bounds(percent, shown):
    told = Told()
    info, _ = told.create()
    told.read(info)
    info, _ = told.set(info, "running")
    info = evolve(info, progress=percent)
    told.returns(c.UpdateProgress(session="main", task=info.task, percent_done=percent), None)
    told.read(info)
    info, _ = told.set(info, "success")
    found = [each for each in told.read(info) if isinstance(each, Shown) and each.clause == "info.progress-end"]
    assert [each.options for each in found] == shown


@pytest.mark.parametrize(("version", "open_"), [("2.5", True), ("3.0", True), ("4", False)])
def test_parents_came_with_4(version, open_):
    world = Belief(declaration=declared(about=about(version)))
    call = c.CreateTask(session="main", obj=VM, task_type_id=f"{KEY}.work", cancelable=False, parent_task_key="task-9")
    assert create.parent_is_newer_than_the_server(world, call) is (None if open_ else False)


@pytest.mark.parametrize(("version", "found"), [("2.5", set()), ("4", {"create.parent"})])
def test_the_parent_is_told_from_4_on(version, found):
    told = Told(about=about(version))
    parent, _ = told.create()
    told.read(parent)
    _, findings = told.create(2, parent_task_key=parent.key)
    assert broken_in(findings) & {"create.parent"} == found


@pytest.mark.parametrize(("later", "found"), [(0, {"recent.set"}), (1, set())])
def test_what_was_listed_before_it_was_made(later, found):
    told = Told()
    info = told.info(3, queue_time=told.now + 5_000)
    told.returns(c.ReadRecentTask(session="main"), Property(value=(info.task,)))
    read = told.world.session_of("main").recent.at.latest
    call = c.CreateTask(session="main", obj=VM, task_type_id=f"{KEY}.work", cancelable=False)
    at = Interval(earliest=read - later, latest=read + 10_000)
    assert broken_in(told.tell(call, Returned(value=info, at=at))) == found


def test_a_flag_that_was_read_to_have_fallen_leaves_it_open():
    told = Told()
    info, _ = told.create(cancelable=True)
    call = c.CancelTask(session="main", task=info.task)
    assert "life.cancel-unsupported" in perhaps(told.world, call)
    told.read(info)
    assert "life.cancel-unsupported" not in perhaps(told.world, call) | surely(told.world, call)
    told.read(evolve(info, cancelable=False))
    assert "life.cancel-unsupported" in perhaps(told.world, call)


def test_a_second_cancel_is_open_until_the_end():
    told = Told()
    info, _ = told.create(cancelable=True)
    told.read(info)
    call = c.CancelTask(session="main", task=info.task)
    assert "life.cancel-twice" not in perhaps(told.world, call)
    told.returns(call, None)
    assert "life.cancel-twice" in perhaps(told.world, call)
    told.read(evolve(info, state="error", cancelled=True, complete_time=told.now))
    assert "life.cancel-twice" not in perhaps(told.world, call)


@pytest.mark.parametrize(("percent", "clause"), [(-1, "-clamp"), (0, ""), (100, ""), (101, "-clamp")])
def test_which_clause_promises_that_progress_is_taken(percent, clause):
    told = Told()
    info, _ = told.create()
    told.read(info)
    told.set(info, "running")
    call = c.UpdateProgress(session="main", task=info.task, percent_done=percent)
    assert METHODS[c.UpdateProgress].succeeds(told.world, call) == f"life.progress{clause}"


@pytest.mark.parametrize(("early", "found"), [(life.ORDER_SLACK, True), (life.ORDER_SLACK + 1, False)])
def test_stamps_may_be_rounded_out_of_order(early, found):
    info = Told.info(state="success", start_time=5 * SECOND, queue_time=5 * SECOND + early, complete_time=6 * SECOND)
    assert (life.times_are_in_order(None, None, info, None) is True) is found


@pytest.mark.parametrize(("percent", "asked", "shows"), [(49, True, False), (50, False, False), (51, False, True)])
def test_a_percentage_goes_back_if_it_is_lower(percent, asked, shows):
    told = Told()
    info, _ = told.create()
    told.read(info)
    info, _ = told.set(info, "running")
    for each in (50, percent):
        told.returns(c.UpdateProgress(session="main", task=info.task, percent_done=each), None)
        info = evolve(info, progress=each)
        found = told.read(info)
    assert ("life.progress-back" in {one.clause for one in found if isinstance(one, Shown)}) is asked
    assert (Held("life.progress") in found) is shows


@pytest.mark.parametrize(("off", "is_its"), [(-1001, False), (-1000, True), (0, True), (1, False)])
def test_a_task_comes_from_the_refused_create_that_it_was_queued_in(off, is_its):
    told = Told()
    call = c.CreateTask(session=c.NOBODY, obj=VM, task_type_id=f"{KEY}.work", cancelable=False)
    at = Interval(earliest=told.now - 1_000, latest=told.now)
    told.tell(call, Faulted(fault=fault("NotAuthenticated"), at=at))
    phantom = told.info(7, queue_time=at.latest + off)
    assert bool(origins.clauses_of_refused_create(told.world, phantom)) is is_its


@pytest.mark.parametrize(("version", "found"), [("2.5", set()), ("4", {"life.progress-clamp"})])
def test_progress_is_clamped_from_4_on(version, found):
    told = Told(about=about(version))
    info, _ = told.create()
    told.read(info)
    info, _ = told.set(info, "running")
    info = evolve(info, progress=10)
    told.returns(c.UpdateProgress(session="main", task=info.task, percent_done=10), None)
    told.read(info)
    told.returns(c.UpdateProgress(session="main", task=info.task, percent_done=150), None)
    assert broken_in(told.read(info)) == found


@pytest.mark.parametrize(("off", "may"), [(-1, False), (0, True)])
def test_a_completed_task_may_have_retired_from_its_share_of_the_cap_on(off, may):
    told, record = ended()
    share = int(told.world.declaration.cap * belief.RETIRING_SHARE)
    assert belief.may_have_retired(evolve(told.world, completions=record.rank_low + share + off), record) is may


@pytest.mark.parametrize(("off", "may"), [(-1, False), (0, True)])
def test_a_completed_task_may_have_retired_from_its_share_of_the_window(off, may):
    told, record = ended()
    share = int(told.world.declaration.window * belief.RETIRING_SHARE * SECOND)
    assert belief.may_have_retired(evolve(told.world, now=record.ended.earliest + share + off), record) is may


def test_so_many_types_of_others_tasks_are_remembered_at_most(monkeypatch):
    monkeypatch.setattr(origins, "MOST_FOREIGN", 1)
    monkeypatch.setattr(origins, "is_built_in", lambda _world, _type: True)
    world = Told().world
    for number, type_id in enumerate(("VirtualMachine.powerOn", "VirtualMachine.powerOff")):
        info = Told.info(number, description_id=type_id, name="PowerOnVM_Task")
        world = origins._note_other(world, None, info)
    assert world.extensions.descriptions.foreign == {"VirtualMachine.powerOn"}


def test_a_task_that_a_call_ended_stands_still_since_that_call():
    told = Told()
    info, _ = told.create()
    told.read(info)
    info, _ = told.set(info, "success")
    told.read(info)
    record = told.world.tasks[info.task.value]
    assert belief.still_since(record) == record.moved_seq < record.info_seq
    assert belief.still_since(evolve(record, cancels=1)) == record.info_seq
    assert belief.states_since(told.world, record, record.moved_seq) == {"success"}
    assert belief.states_since(told.world, record, record.moved_seq - 1) == {"queued", "running", "success"}


def test_a_move_is_unusual_after_a_cancel():
    told = Told()
    info, _ = told.create(cancelable=True)
    told.read(info)
    call = c.SetTaskState(session="main", task=info.task, state="running")
    assert life.is_unusual(told.world, call) is False
    told.returns(c.CancelTask(session="main", task=info.task), None)
    told.read(info)
    assert life.is_unusual(told.world, call) is True


@pytest.mark.parametrize(
    ("kind", "recorded", "sure", "open_"),
    [
        ("RequestCanceled", False, False, True),
        ("InvalidArgument", False, True, False),
        ("InvalidArgument", True, False, True),
        ("NotFound", False, False, False),
    ],
)
def test_which_faults_are_no_vim_faults(kind, recorded, sure, open_):
    told = Told(recorded=recorded)
    info, _ = told.create()
    told.read(info)
    told.set(info, "running")
    call = c.SetTaskState(session="main", task=info.task, state="error", fault=kind)
    assert ("life.fault-kind" in surely(told.world, call)) is sure
    assert ("life.fault-kind" in perhaps(told.world, call)) is open_


# --- maxCollector -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "found"), [(0, {"limit.value"}), (1, set())])
def test_max_collector_is_positive(value, found):
    assert broken_in(Told().returns(c.ReadMaxCollector(session="main"), Property(value=value))) == found


@pytest.mark.parametrize("session", [c.NOBODY, "never-logged-in"])
def test_who_has_not_logged_in_is_refused(session):
    assert access.nobody_is_logged_in(Told().world, c.ReadMaxCollector(session=session)) is True
    assert limit.nobody_reads(Told().world, c.ReadMaxCollector(session=session)) is True
    assert recent.nobody_reads(Told().world, c.ReadRecentTask(session=session)) is True
    call = c.CreateCollectorForTasks(session=session, filter=c.TaskFilterSpec())
    assert limit.nobody_creates(Told().world, call) is True
    assert descriptions.nobody_reads(Told().world, c.ReadDescription(session=session)) is True


def test_whose_collectors_count_is_not_for_a_null_filter_to_say():
    told = Told()
    told.returns(c.ReadMaxCollector(session="main"), Property(value=1))
    told.returns(c.Login(session="other", account="second"), UserSession(user_name="Bo"))
    ref = c.ObjectRef(type="TaskHistoryCollector", value="collector-1")
    told.returns(c.CreateCollectorForTasks(session="other", filter=c.TaskFilterSpec()), ref)
    null, good = (c.CreateCollectorForTasks(session="main", filter=each) for each in (None, c.TaskFilterSpec()))
    assert limit.maximum_is_exceeded(told.world, null) is None
    assert limit.maximum_is_exceeded(told.world, good) is False


@pytest.mark.parametrize(("refused", "held"), [(1, False), (2, True)])
def test_as_many_refusals_as_the_maximum_prove_that_they_take_no_place(refused, held):
    told = Told()
    told.returns(c.ReadMaxCollector(session="main"), Property(value=2))
    for _ in range(refused):
        call = c.CreateCollectorForTasks(session="main", filter=c.TaskFilterSpec(), form="unknown")
        told.faults(call, "InvalidArgument")
    ref = c.ObjectRef(type="TaskHistoryCollector", value="collector-1")
    found = told.returns(c.CreateCollectorForTasks(session="main", filter=c.TaskFilterSpec()), ref)
    assert (Held("limit.fault-frees") in found) is held


@pytest.mark.parametrize(("past", "open_"), [(0, False), (1, True)])
def test_a_session_may_have_idled_out_after_a_while(past, open_):
    told = Told()
    used = told.world.session_of("main").used
    world = evolve(told.world, now=used + access.IDLE + past)
    call = c.ReadMaxCollector(session="main")
    assert access.session_has_ended(world, call) is (None if open_ else False)
    assert access.may_be_shut_out(world, call) is open_
    refused = Faulted(fault=fault("NotAuthenticated"), at=told.at())
    assert sessions.note_use(world, "main", refused).session_of("main").unsure is open_


@pytest.mark.parametrize(("idle", "broken"), [(True, set()), (False, {"recent.fresh-retrieve", "create.resolvable"})])
def test_that_a_session_has_idled_out_may_be_told_in_the_place_of_a_property(idle, broken):
    """In missingSet, that is, read after read: the session does not live again because it was answered."""
    told = Told()
    info, _ = told.create()
    told.read(info)
    told.now += (access.IDLE + SECOND) if idle else SECOND
    missing = Property(missing=fault("NotAuthenticated"))
    reads = [
        (c.ReadRecentTask(session="main"), missing),
        (c.ReadRecentTask(session="main"), missing),
        (c.ReadTaskInfo(session="main", tasks=(info.task,)), (missing,)),
        (c.ReadTaskInfo(session="main", tasks=(info.task,)), (missing,)),
    ]
    assert {clause for call, value in reads for clause in broken_in(told.returns(call, value))} == broken


def test_no_more_places_are_regained_than_were_freed():
    told = Told()
    told.returns(c.ReadMaxCollector(session="main"), Property(value=2))
    call = c.CreateCollectorForTasks(session="main", filter=c.TaskFilterSpec())
    refs = [c.ObjectRef(type="TaskHistoryCollector", value=f"collector-{number}") for number in range(4)]
    for ref in refs[:2]:
        told.returns(call, ref)
    told.faults(call, "InvalidState")
    told.returns(c.DestroyCollector(session="main", collector=refs[0]), None)
    for ref in refs[2:]:
        told.returns(call, ref)
    session = told.world.session_of("main")
    assert (session.met_limit, session.freed, session.regained) == (True, 1, 1)


@pytest.mark.parametrize(
    ("session", "account", "open_"), [("main", None, False), ("out", "outsider", True), (c.NOBODY, None, True)]
)
def test_who_may_be_given_no_property(session, account, open_):
    told = Told()
    if account is not None:
        told.returns(c.Login(session=session, account=account), UserSession(user_name="Oz"))
    call = c.RetrieveReported(session=session, tasks=())
    assert watch.session_may_get_nothing(told.world, call) is (None if open_ else False)


# --- collectors -------------------------------------------------------------------------------------------------------


def collecting():
    told = Told()
    ref = c.ObjectRef(type="TaskHistoryCollector", value="collector-1")
    told.returns(c.CreateCollectorForTasks(session="main", filter=c.TaskFilterSpec()), ref)
    return told, ref


@pytest.mark.parametrize(
    ("count", "sure", "open_"),
    [(-1, True, False), (0, False, True), (1, False, False), (1000, False, False), (1001, False, True)],
)
def test_counts_on_the_edges(count, sure, open_):
    told, ref = collecting()
    clauses = {"page.max-count-negative", "page.max-count-zero", "page.max-count-large"}
    for method in (c.ReadNextTasks, c.ReadPreviousTasks):
        call = method(session="main", collector=ref, max_count=count)
        assert bool(clauses & surely(told.world, call)) is sure
        assert bool(clauses & perhaps(told.world, call)) is open_
    sizes = {"latest.size-negative", "latest.size-zero-large"}
    call = c.SetCollectorPageSize(session="main", collector=ref, max_count=count)
    assert bool(sizes & surely(told.world, call)) is sure
    assert bool(sizes & perhaps(told.world, call)) is open_


@pytest.mark.parametrize(
    ("count", "items", "shown"),
    [
        (pages.MOST, 1, None),
        (pages.MOST + 1, pages.MOST, ("at-most-1000",)),
        (pages.MOST + 1, pages.MOST + 1, ()),
    ],
)
def test_what_a_large_count_shows(count, items, shown):
    told, ref = collecting()
    call = c.ReadNextTasks(session="main", collector=ref, max_count=count)
    outcome = Returned(value=(None,) * items, at=told.at())
    assert pages.outcome_of_large_count(told.world, call, outcome) == shown


@pytest.mark.parametrize(
    ("size", "shown"), [(0, ("taken", "large-refused")), (1, None), (1000, None), (1001, ("taken", "zero-refused"))]
)
def test_what_odd_sizes_show(size, shown):
    told, ref = collecting()
    call = c.SetCollectorPageSize(session="main", collector=ref, max_count=size)
    assert latest.outcome_of_odd_size(told.world, call, Returned(value=None, at=told.at())) == shown


@pytest.mark.parametrize(("size", "kept"), [(0, None), (1, 1), (pages.MOST, pages.MOST), (pages.MOST + 1, None)])
def test_a_page_is_held_to_sizes_in_range(size, kept):
    assert latest.size_of(SimpleNamespace(sizes=(5, size))) == kept


@pytest.mark.parametrize(("matching", "live"), [(2, False), (3, True)])
def test_a_page_proves_its_size_where_more_is_held(monkeypatch, matching, live):
    told, ref = collecting()
    given = [told.create(number)[0] for number in range(1, matching + 1)]
    records = [told.world.tasks[info.task.value] for info in given]
    monkeypatch.setattr(latest, "_matching", lambda _world, _collector: records)
    told.returns(c.SetCollectorPageSize(session="main", collector=ref, max_count=2), None)
    collector, page = told.world.history.collectors[ref.value], tuple(given[-2:])
    said = [
        *latest.is_within_the_size(told.world, collector, 2, page),
        *latest.newest_are_there(told.world, collector, 2, page),
    ]
    assert said == ([Held("latest.size"), Held("latest.newest")] if live else [])


@pytest.mark.parametrize(("before", "due"), [(0, False), (1, True)])
def test_a_page_owes_what_was_made_after_the_control_or_is_in_it(before, due):
    told, ref = collecting()
    info, _ = told.create()
    told.read(info)
    record = told.world.tasks[info.task.value]
    whole = FullScan(changed_seq=record.created_seq - before, fresh=frozenset())
    history = evolve(told.world.history, full_scans=told.world.history.full_scans.set(filters.EVERYTHING, whole))
    found = latest._matching(evolve(told.world, history=history), told.world.history.collectors[ref.value])
    assert found == ([record] if due else [])


@pytest.mark.parametrize(("held", "live"), [(2, None), (3, True)])
def test_a_full_page_proves_max_count_where_more_is_held(held, live):
    told, ref = collecting()
    whole = FullScan(changed_seq=told.world.changed_seq, fresh=frozenset(f"task-{number}" for number in range(held)))
    history = evolve(told.world.history, full_scans=told.world.history.full_scans.set(filters.EVERYTHING, whole))
    world = evolve(told.world, history=history)
    call = c.ReadNextTasks(session="main", collector=ref, max_count=2)
    assert pages.is_within_the_count(world, call, (told.info(1), told.info(2)), told.at()) is live


@pytest.mark.parametrize(("earlier", "has"), [(SECOND, False), (SECOND + 1, True)])
def test_a_task_has_the_place_of_one_that_is_a_good_second_older(earlier, has):
    told = Told()
    info, _ = told.create()
    record = told.world.tasks[info.task.value]
    foreign = told.info(9, queue_time=record.returned.queue_time - earlier)
    assert latest.has_a_place(told.world, record, (foreign,), 1) is has


@pytest.mark.parametrize(("times", "stirred"), [(CHANGES_KEPT - 1, True), (CHANGES_KEPT, False)])
def test_more_moves_than_are_remembered_leave_it_open_what_happened(times, stirred):
    told, ref = collecting()
    began = told.world.changed_seq
    moves = tuple((began + 1 + number, c.SetTaskState) for number in range(times))
    world = evolve(told.world, changes=moves, changed_seq=moves[-1][0])
    world = evolve(world, history=evolve(world.history, direction=(1, 1)))
    collector = world.history.collectors[ref.value]
    scan = evolve(collector.scan, changed_seq=began)
    assert scans.only_tasks_changed(world, evolve(collector, made_seq=began + 1), scan) is stirred


@pytest.mark.parametrize(("begin", "is_reversed"), [(4, False), (5, False), (6, True)])
def test_a_range_of_one_moment_is_not_reversed(begin, is_reversed):
    assert filters.is_reversed(c.ByTime(time_type="queuedTime", begin_time=begin, end_time=5)) is is_reversed


@pytest.mark.parametrize(("tasks", "inside"), [(1, {"task-1"}), (2, set())])
def test_what_is_in_a_state_is_noted_of_so_many_tasks_at_most(monkeypatch, tasks, inside):
    monkeypatch.setattr(collectors, "MOST_SCANNED", 1)
    told = Told()
    for number in range(1, tasks + 1):
        told.create(number)
    spec = c.TaskFilterSpec(state=("queued",))
    assert collectors._inside(told.world, spec) == inside


@pytest.mark.parametrize(("smallest", "judged"), [(scans.LARGE - 1, True), (scans.LARGE, False)])
def test_large_pages_tell_what_is_held_and_not_how_it_is_paged(smallest, judged):
    told, ref = collecting()
    given = [told.create(number)[0] for number in (1, 2)]
    for info in given:
        told.read(info)
    whole = FullScan(changed_seq=told.world.changed_seq, fresh=frozenset(info.task.value for info in given))
    history = evolve(told.world.history, full_scans=told.world.history.full_scans.set(filters.EVERYTHING, whole))
    collector = told.world.history.collectors[ref.value]
    scan = evolve(collector.scan, smallest_count=smallest, changed_seq=whole.changed_seq)
    found = [*scans._judge_while_tasks_changed(evolve(told.world, history=history), collector, scan)]
    assert bool(found) is judged


@pytest.mark.parametrize("watched", [(), (c.ObjectRef(type="Task", value="task-7"),)])
def test_what_may_be_there_or_not_leaves_it_open_whether_something_is_missing(watched):
    told = Told()
    collector = c.ObjectRef(type="PropertyCollector", value="collector-9")
    call = c.CreateFilter(session="main", collector=collector, watched=watched)
    assert watch.something_is_not_ours_to_watch(told.world, call) is None


@pytest.mark.parametrize(("off", "same"), [(-1001, False), (-1000, True), (1000, True), (1001, False)])
def test_a_filter_may_tell_its_times_to_a_millisecond(off, same):
    given, told = (
        c.TaskFilterSpec(time=c.ByTime(time_type="queuedTime", begin_time=1_000_000 + by)) for by in (0, off)
    )
    assert collectors.is_same_filter(given, told) is same


@pytest.mark.parametrize(("failed_wait_seq", "is_sure"), [(4, True), (5, True), (6, False)])
def test_a_wait_is_sure_that_began_right_after_one_was_lost(failed_wait_seq, is_sure):
    chain = SimpleNamespace(name="", base=SimpleNamespace(seq=5))
    wait = waits.Wait(
        call=None, collector=SimpleNamespace(failed_wait_seq=failed_wait_seq), filters={}, chain=chain, complete=True
    )
    assert wait.is_sure is is_sure


@pytest.mark.parametrize(("gone", "watched"), [(5, False), (6, None)])
def test_what_was_taken_out_right_before_a_wait_is_not_watched(monkeypatch, gone, watched):
    view = SimpleNamespace(members=frozenset(), removed={"task-1": gone})
    monkeypatch.setattr(updates, "surely_watched", lambda *_: frozenset())
    monkeypatch.setattr(updates, "view_of", lambda *_: view)
    wait = SimpleNamespace(filters={"filter-1": None}, chain=SimpleNamespace(base=SimpleNamespace(seq=5)))
    task, its_filter = (c.ObjectRef(type="Task", value=value) for value in ("task-1", "filter-1"))
    assert updates._watched_by(None, wait, ObjectUpdate(filter=its_filter, kind="modify", obj=task)) is watched


def test_what_is_not_known_is_not_known_to_be_destroyed():
    told = Told()
    view = c.ObjectRef(type="ListView", value="view-1")
    call = c.ReadView(session="main", view=view)
    assert access.is_destroyed(told.world, call) is None
    told.returns(c.CreateListView(session="main", objs=()), view)
    assert access.is_destroyed(told.world, call) is False
    told.tell(c.DestroyView(session="main", view=view), Lost(why="gone", at=told.at()))
    assert access.is_destroyed(told.world, call) is None


@pytest.mark.parametrize(("users", "open_"), [(("Ada", "Bo", "Cy"), False), (("Ada",), False), (("ada",), True)])
def test_a_name_that_no_user_has_may_be_refused(users, open_):
    spec = c.TaskFilterSpec(user_name=c.ByUsername(system_user=False, user_list=users))
    call = c.CreateCollectorForTasks(session="main", filter=spec)
    assert collectors.user_is_spelled_otherwise(Told().world, call) is (None if open_ else False)


@pytest.mark.parametrize(("settling", "over"), [(3.0, True), (3.000001, False)])
def test_what_changed_has_settled_when_its_time_is_over(settling, over):
    world = SimpleNamespace(changed_at=7 * SECOND, declaration=SimpleNamespace(settling=settling))
    assert collectors.is_settled(world, Interval(earliest=10 * SECOND, latest=10 * SECOND)) is over


@pytest.mark.parametrize(("sizes", "options"), [((2, 1), ("before-last-read", "before-page")), ((1, 2), None)])
def test_a_turn_after_a_page_of_others_alone_tells_nothing(sizes, options):
    """Items run newest first inside pages, pages oldest first: a turn gives what stands before the item read last by
    creation, which is not what was read before it."""
    told, ref = collecting()
    infos = [told.create(number)[0] for number in (2, 3)]
    for info in infos:
        told.read(info)
    foreign = evolve(infos[0], key="task-1", task=c.ObjectRef(type="Task", value="task-1"), queue_time=1)
    rest = [foreign, infos[0], infos[1]]
    for size in sizes:
        page, rest = rest[:size], rest[size:]
        told.returns(c.ReadNextTasks(session="main", collector=ref, max_count=size), tuple(page[::-1]))
    call = c.ReadPreviousTasks(session="main", collector=ref, max_count=1)
    outcome = Returned(value=(infos[0],), at=told.at())
    assert pages.first_item_after_turn(told.world, call, outcome) == options


@pytest.mark.parametrize(
    ("cancels", "state", "spec", "moving"),
    [
        (1, "running", c.TaskFilterSpec(state=("running",)), True),
        (1, "running", c.TaskFilterSpec(time=c.ByTime(time_type="completedTime")), True),
        (1, "running", c.TaskFilterSpec(tag=("x",)), False),
        (1, "error", c.TaskFilterSpec(state=("error",)), False),
        (0, "running", c.TaskFilterSpec(state=("running",)), False),
    ],
)
def test_a_cancel_under_way_may_take_a_task_out_of_what_a_filter_holds(cancels, state, spec, moving):
    told = Told()
    info, _ = told.create()
    record = evolve(told.world.tasks[info.task.value], cancels=cancels, state=state)
    assert scans._is_moving(record, spec) is moving


@pytest.mark.parametrize(("ours", "back", "fresh"), [(2, None, None), (3, ("yields",), ("removed",))])
def test_a_latest_page_that_holds_all_shows_nothing_of_what_is_outside(ours, back, fresh):
    told, ref = collecting()
    tasks = {f"task-{number}": SimpleNamespace(created_seq=number) for number in range(ours)}
    held = frozenset(list(tasks)[-2:])
    collector = evolve(told.world.history.collectors[ref.value], sizes=(2,))
    scan = {kind: evolve(collector.scan, kind=kind) for kind in ("back", "fresh")}
    yielded = open_filters.yield_of_latest_page(told.world, collector, scan["back"], tasks, held)
    removed = open_filters.read_of_pushed_out(told.world, collector, scan["fresh"], tasks, held)
    assert (yielded, removed) == (back, fresh)
    unsure = evolve(told.world, lost_creates=1)  # what was made then may stand in the latest page
    assert open_filters.yield_of_latest_page(unsure, collector, scan["back"], tasks, held) is None


@pytest.mark.parametrize(
    ("session", "account", "private"),
    [("main", None, False), ("other", "second", True), (c.NOBODY, None, True), ("never-logged-in", None, None)],
)
def test_a_view_is_its_sessions_own(session, account, private):
    told = Told()
    view = c.ObjectRef(type="ListView", value="view-1")
    told.returns(c.CreateListView(session="main", objs=()), view)
    if account is not None:
        told.returns(c.Login(session=session, account=account), UserSession(user_name="Bo"))
    call = c.ReadView(session=session, view=view)
    assert access.belongs_to_another_session(told.world, call) is private
    lost = evolve(
        told.world, sessions=told.world.sessions.set("main", evolve(told.world.session_of("main"), live=False))
    )
    assert access.belongs_to_another_session(lost, call) is (False if session == "main" else None)


@pytest.mark.parametrize("declared", [1.0, 0.05])
@pytest.mark.parametrize(("beyond", "way", "ways"), [(0, 1, set()), (1, 1, {1}), (0, -1, set()), (1, -1, {-1})])
def test_creation_times_are_compared_beyond_what_the_target_needs_to_tell_them_apart(declared, beyond, way, ways):
    world = SimpleNamespace(declaration=SimpleNamespace(apart=declared))
    assert pages._directions(world, [(0, way * (int(declared * SECOND) + beyond))]) == ways


@pytest.mark.parametrize(
    ("held", "given", "shown"),
    [
        (latest.MANY, latest.MANY, None),
        (latest.MANY + 1, latest.MANY + 1, ("thousand", "unbounded", "other")),
        (latest.MANY + 1, latest.MANY, ("ten",)),
        (latest.MANY + 2, latest.MANY + 1, ("other",)),
        (pages.MOST, pages.MOST, ("thousand", "unbounded", "other")),
        (pages.MOST + 1, pages.MOST, None),
    ],
)
def test_what_the_default_size_shows(monkeypatch, held, given, shown):
    told, ref = collecting()
    monkeypatch.setattr(latest, "_matching", lambda _world, _collector: [None] * held)
    outcome = Returned(value=Property(value=(None,) * given), at=told.at())
    assert latest.default_size(told.world, c.ReadLatestPage(session="main", collector=ref), outcome) == shown


@pytest.mark.parametrize(
    ("smallest", "page_count", "short", "shown"),
    [
        (2, 1, True, ("left-out", "left-out-short-pages")),
        (2, 2, True, ("left-out-short-pages",)),
        (2, 2, False, ("left-out", "left-out-short-pages")),
        (scans.LARGE - 1, 2, True, ("left-out-short-pages",)),
        (scans.LARGE, 2, True, ("left-out", "left-out-short-pages")),
    ],
)
def test_pages_that_run_short_of_what_is_hidden(smallest, page_count, short, shown):
    told = Told()
    hidden = told.world.declaration.places["hidden"][0].ref
    info, _ = told.create(obj=hidden)
    ours = {info.task.value: told.world.tasks[info.task.value]}
    roles = {hidden.value: frozenset({"hidden"})}
    world = SimpleNamespace(declaration=SimpleNamespace(roles=roles))
    collector = SimpleNamespace(account="restricted", spec=filters.EVERYTHING)
    scan = SimpleNamespace(kind="fresh", smallest_count=smallest, pages=page_count, earlier_page_short=short)
    assert open_filters.hidden_tasks_held(world, collector, scan, ours, frozenset()) == shown


@pytest.mark.parametrize(
    ("off", "lets"),
    [(-1, False), (0, None), (filters.ROUNDED, None), (2 * filters.ROUNDED, None), (2 * filters.ROUNDED + 1, True)],
)
@pytest.mark.parametrize("side", ["begin_time", "end_time"])
def test_a_stamp_near_a_bound_is_open(side, off, lets):
    stamp = 1_000_000 * SECOND + 5_000
    away = off - filters.ROUNDED if side == "begin_time" else filters.ROUNDED - off
    by = evolve(c.ByTime(time_type="queuedTime"), **{side: stamp - away})
    assert filters.passes_time(Told().world, by, Told.info(queue_time=stamp)) is lets


@pytest.mark.parametrize(("items", "keeps"), [(2, False), (3, True)])
def test_a_collector_that_gives_more_than_its_latest_page_keeps_more(items, keeps):
    told, ref = collecting()
    given = tuple(told.create(number)[0] for number in range(1, items + 1))
    told.returns(c.SetCollectorPageSize(session="main", collector=ref, max_count=2), None)
    told.returns(c.ReadNextTasks(session="main", collector=ref, max_count=9), given)
    assert told.world.history.collectors[ref.value].holds_past_page is keeps


# --- time -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("since", "over"), [(7, True), (8, False)])
def test_the_settling_time_is_over_when_it_has_passed(since, over):
    world = SimpleNamespace(
        declaration=SimpleNamespace(settling=3.0), extensions=SimpleNamespace(as_of=10 * SECOND), now=10 * SECOND
    )
    assert task_types.is_settled(world, since * SECOND) is over


@pytest.mark.parametrize(("off", "may"), [(-1, False), (0, True)])
def test_a_completed_task_may_have_retired_from_its_share_of_the_window_on(off, may):
    told, record = ended()
    share = int(told.world.declaration.window * belief.RETIRING_SHARE * SECOND)
    world = evolve(told.world, now=record.ended.earliest + share + off)
    assert belief.may_have_aged(world, record) is may


@pytest.mark.parametrize(("passed", "fresh"), [(3, True), (3.000001, False)])
def test_a_registration_is_fresh_for_the_settling_time(monkeypatch, passed, fresh):
    monkeypatch.setattr(task_types, "declaring", lambda _world, _id: SimpleNamespace(since=0))
    world = SimpleNamespace(declaration=SimpleNamespace(settling=3.0), now=int(passed * SECOND))
    call = c.CreateTask(session="main", obj=VM, task_type_id=f"{KEY}.work", cancelable=False)
    assert task_types.is_fresh(world, call) is fresh


def aged():
    """A task that has completed; the server time at which it has to have left for its age, by the deadline."""
    told = Told()
    info, _ = told.create()
    told.read(info)
    info, _ = told.set(info, "running")
    info, _ = told.set(info, "success")
    told.read(info)
    ended = told.world.tasks[info.task.value].ended.latest
    return told, info, ended + 600 * SECOND + recent.PRUNING_DEADLINE


@pytest.mark.parametrize(("off", "inside"), [(-1, True), (0, False)])
def test_a_task_is_well_inside_the_window_until_its_share_is_over(off, inside):
    told, info, _ = aged()
    record = told.world.tasks[info.task.value]
    since = min(info.complete_time, record.ended.earliest)
    share = int(told.world.declaration.window * windows.WELL_INSIDE_WINDOW * SECOND)
    read = SimpleNamespace(at=Interval(earliest=0, latest=since + share + off))
    assert windows.is_well_inside_window(told.world, SimpleNamespace(after=info, record=record, read=read)) is inside


@pytest.mark.parametrize(("past", "found"), [(0, set()), (1, {"recent.aged"})])
def test_an_aged_task_is_gone_by_the_deadline(past, found):
    told, info, due = aged()
    told.now = due + past - 1_000
    findings = told.returns(c.ReadRecentTask(session="main"), Property(value=(info.task,)))
    assert broken_in(findings) == found


@pytest.mark.parametrize(
    ("own", "others", "shown"), [(149, 62, ("server", "readable")), (150, 62, None), (149, 61, None), (149, 60, None)]
)
def test_over_whom_the_cap_counts_shows_on_the_far_side_of_both_margins(own, others, shown):
    told, info, _ = aged()
    record = told.world.tasks[info.task.value]
    counts = told.world.completed_by
    mine = counts.get("primary", 0) - record.counts_then.get("primary", 0)
    read = SimpleNamespace(
        completed_by=counts.set("primary", counts.get("primary", 0) + own - mine),
        completions=record.rank_high + own + others,
        at=Interval(earliest=told.now, latest=told.now),
        moving=0,
    )
    window = SimpleNamespace(
        state="success", session="main", record=record, read=read, is_listed=False, after=record.info
    )
    assert windows.over_whom_the_cap_counts(told.world, window) == shown


@pytest.mark.parametrize(("later", "live"), [(210, None), (211, True)])
def test_a_live_task_that_stays_shows_it_when_more_have_completed_than_the_cap_and_its_margin(later, live):
    told = Told()
    task, _ = told.create()
    record = told.world.tasks[task.task.value]
    read = SimpleNamespace(completions=record.completions_then + later, refs={task.task.value})
    window = SimpleNamespace(state="queued", session="main", record=record, read=read, is_listed=True)
    assert windows.live_is_never_pushed_out(told.world, window) is live


@pytest.mark.parametrize(("past", "held"), [(0, False), (1, True)])
def test_a_task_that_leaves_on_time_is_no_proof_before_its_time(past, held):
    told, info, due = aged()
    told.now = due - recent.PRUNING_DEADLINE - 700_000
    told.returns(c.ReadRecentTask(session="main"), Property(value=(info.task,)))
    told.now = due - recent.PRUNING_DEADLINE + past - 1_000
    findings = told.returns(c.ReadRecentTask(session="main"), Property(value=()))
    assert (Held("recent.aged") in findings) is held


@pytest.mark.parametrize(("past", "is_past"), [(0, False), (1, True)])
def test_what_was_pushed_out_has_left_when_the_deadline_is_over(past, is_past):
    world = SimpleNamespace(completion_times={("primary", 7): 5 * SECOND})
    at = Interval(earliest=5 * SECOND + recent.PRUNING_DEADLINE + past, latest=2**60)
    window = SimpleNamespace(read=SimpleNamespace(completed_by={"primary": 7}, at=at))
    assert windows.is_past_pruning(world, window) is is_past


@pytest.mark.parametrize(("early", "shown"), [(1, None), (0, ("held-and-listed", "held-only"))])
def test_a_collector_made_when_the_entity_was_gone_tells_what_history_holds(monkeypatch, early, shown):
    told, ref = collecting()
    info, _ = told.create()
    record = told.world.tasks[info.task.value]
    gone = told.world.history.collectors[ref.value].made_at.earliest + early
    monkeypatch.setattr(origins, "_task_on_removed_entity", lambda _world: record)
    monkeypatch.setattr(origins, "folder_of", lambda _world, _record: SimpleNamespace(gone=gone))
    call = c.ReadNextTasks(session="main", collector=ref, max_count=9)
    assert origins.history_of_removed_entity(told.world, call, Returned(value=(info,), at=told.at())) == shown


@pytest.mark.parametrize(("past", "found"), [(0, set()), (1, {"recent.wait-truth"})])
def test_a_later_wait_yields_nothing_that_was_long_gone(past, found):
    told, info, due = aged()
    told.now = due + past - 1_000
    told.returns(
        c.WaitForRecentTask(session="main", fresh=True), RecentTaskUpdate(changed=True, recent_task=Property())
    )
    given = RecentTaskUpdate(changed=True, recent_task=Property(value=(info.task,)))
    assert broken_in(told.returns(c.WaitForRecentTask(session="main", fresh=False), given)) == found


@pytest.mark.parametrize("at_the_end", [False, True])
def test_queue_time_is_judged_later_if_it_was_right_at_first(at_the_end):
    told = Told()
    call = c.CreateTask(session="main", obj=VM, task_type_id=f"{KEY}.work", cancelable=False)
    at = Interval(earliest=told.now, latest=told.now + SECOND)
    edge = at.latest + SLACK if at_the_end else at.earliest - SLACK
    info = told.info(queue_time=edge)
    told.tell(call, Returned(value=info, at=at))
    assert not broken_in(told.read(info))
    beyond = edge + 1 if at_the_end else edge - 1
    assert broken_in(told.read(evolve(info, queue_time=beyond))) >= {"create.queue-time"}


def test_another_live_session_may_be_refused():
    told, ref = collecting()
    told.returns(c.Login(session="other", account="second"), UserSession(user_name="Bo"))
    call = c.ReadNextTasks(session="other", collector=ref, max_count=1)
    assert "collector.private" in perhaps(told.world, call)
    assert not broken_in(told.tell(call, Faulted(fault=fault("ManagedObjectNotFound"), at=told.at())))
