"""The seeded faults of collector, filter, page, latest and watch: each changes what its frozen description says.

Every case asks two servers the same, the simulator and the one with the fault, and knows both answers. What a fault
does not touch is compared call by call.
"""

from __future__ import annotations

import tomllib
from functools import cache

import pytest
from here import ROOT
from test_simulator import NO_TASK, REST, WORK, Server, Watcher

from taskconform.conformance.qualification.mutants.registry import mutant_names, specification_of
from taskconform.model.clauses.registry import CLAUSES
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import (
    ByEntity,
    ByTime,
    ByUsername,
    ObjectRef,
    TaskFilterSpec,
    TaskInfoFilterSpec,
)
from taskconform.model.vocabulary.outcomes import Faulted, Returned

LIST = ROOT / "conformance" / "qualification" / "mutants" / "lists" / "seeded_b.toml"
FROZEN = tomllib.loads(LIST.read_text(encoding="utf-8"))["bug"]
LATER = tomllib.loads(LIST.with_name("since.toml").read_text(encoding="utf-8"))["bug"]
NEWER = {clause for bug in LATER for clause in bug["clauses"]}
AREAS = {"collector", "filter", "page", "latest", "watch"}
ADA, BRUNO = "CONFORM.TEST\\Ada", "CONFORM.TEST\\Bruno"
GONE = "ManagedObjectNotFound"
STATE = "InvalidState"
ARGUMENT = "InvalidArgument"
ANSWERED = "answered"
CASES = {}


def faulty(fault: str, **options: str) -> Server:
    """Start the simulator with the fault."""
    return Server(specification_of(fault), **options)


def case(fault: str, right, wrong, **options: str):
    """Take a function for the one that asks about this fault; it has to get these answers."""

    def keep(ask):
        assert fault not in CASES
        CASES[fault] = (ask, right, wrong, options)
        return ask

    return keep


# --- asking -----------------------------------------------------------------------------------------------------------


def said(server: Server, call) -> str:
    """Say whether the call was answered, or with what fault it was not."""
    outcome = server.target.perform(call)
    return ANSWERED if isinstance(outcome, Returned) else outcome.fault.kind


def login(server: Server, session: str, account: str = "primary") -> None:
    server.ok(calls.Login(session=session, account=account))


def logout(server: Server, session: str) -> None:
    server.ok(calls.Logout(session=session))


def rewind(server: Server, ref: ObjectRef) -> None:
    server.ok(calls.RewindCollector(session="main", collector=ref))


def reset(server: Server, ref: ObjectRef) -> None:
    server.ok(calls.ResetCollector(session="main", collector=ref))


def resize(server: Server, ref: ObjectRef, count: int) -> None:
    server.ok(calls.SetCollectorPageSize(session="main", collector=ref, max_count=count))


def destroy(ref: ObjectRef, session: str = "main") -> calls.DestroyCollector:
    return calls.DestroyCollector(session=session, collector=ref)


def numbers(keys) -> list[int]:
    """Give tasks by the order of their creation."""
    return [int(key.rpartition("-")[2]) for key in keys]


def read(server: Server, ref: ObjectRef, *counts: int) -> list[list[int]]:
    """Read one page after the other."""
    return [numbers(server.page(ref, count)) for count in counts]


def back(server: Server, ref: ObjectRef, *counts: int) -> list[list[int]]:
    """Read one page after the other, backwards."""
    return [numbers(server.back(ref, count)) for count in counts]


def held(server: Server, **parts) -> list[int]:
    """Give the tasks that a filter holds."""
    return numbers(server.keys(**parts))


def newest(server: Server, ref: ObjectRef) -> list[int]:
    """Give the tasks in the latest page."""
    return sorted(numbers(server.latest(ref)))


def shown(server: Server, ref: ObjectRef) -> TaskFilterSpec:
    """Give the filter that a collector shows."""
    return server.ok(calls.ReadCollectorFilter(session="main", collector=ref)).value


def make(server: Server, count: int) -> list:
    """Make tasks."""
    return [server.create() for _ in range(count)]


def states(server: Server) -> list:
    """Make a task in each state: 1 queued, 2 running, 3 success, 4 error."""
    tasks = make(server, 4)
    for task, state in zip(tasks, ("queued", "running", "success", "error"), strict=True):
        server.set(task, state)
    return tasks


def now(server: Server) -> int:
    return server.target.state.now


def users(*names: str) -> ByUsername:
    return ByUsername(system_user=False, user_list=names)


def everywhere(server: Server) -> None:
    """Make a task on the root folder (1), the datacenter (2), a folder (3), a machine in it (4), a folder in it (5), a
    machine in that (6).
    """
    places = [server.place(*place) for place in (("root",), ("other",), ("folder",), ("vm",), ("folder", 1), ("vm", 4))]
    for place in places:
        server.create(place)


def by_entity(server: Server, role: str, recursion: str, **parts) -> list[int]:
    return held(server, entity=ByEntity(entity=server.place(role), recursion=recursion), **parts)


# --- collectors: the filter property ----------------------------------------------------------------------------------


@case("filter-shown-with-its-first-state-only", (("success", "error"), [3, 4]), (("success",), [3, 4]))
def _(server):
    states(server)
    ref = server.collector(state=("success", "error"))
    return shown(server, ref).state, numbers(server.page(ref))


@case("filter-shown-with-recursion-all", ("children", [4, 5, 6]), ("all", [4, 5, 6]))
def _(server):
    everywhere(server)
    ref = server.collector(entity=ByEntity(entity=server.place("folder"), recursion="children"))
    return shown(server, ref).entity.recursion, numbers(server.page(ref))


@case("filter-times-shown-in-whole-seconds", (12_345_000, 99_999_000), (12_000_000, 99_000_000))
def _(server):
    time = ByTime(time_type="queuedTime", begin_time=12_345_000, end_time=99_999_000)
    by = shown(server, server.collector(time=time)).time
    return by.begin_time, by.end_time


@case("filter-shown-without-its-user-list", ((ADA,), [1]), ((), [1]))
def _(server):
    server.create()
    server.create(session="second")
    ref = server.collector(user_name=users(ADA))
    return shown(server, ref).user_name.user_list, numbers(server.page(ref))


@case("filter-shown-is-the-sessions-first", [("queued",), ("error",)], [("queued",), ("queued",)])
def _(server):
    return [shown(server, ref).state for ref in [server.collector(state=(word,)) for word in ("queued", "error")]]


@case(
    "filter-shown-is-the-next-collectors",
    [("queued",), ("queued",), ("error",)],
    [("queued",), ("error",), ("error",)],
)
def _(server):
    one = server.collector(state=("queued",))
    before = shown(server, one).state
    other = server.collector(state=("error",))
    return [before, shown(server, one).state, shown(server, other).state]


def shown_over_time(server):
    """Show a filter when it is new, after a page, and after a rewind; then read again."""
    make(server, 2)
    begin = now(server) - 10_000_000
    ref = server.collector(state=("queued",), time=ByTime(time_type="queuedTime", begin_time=begin))
    kinds = []
    for do in (lambda: None, lambda: server.page(ref), lambda: rewind(server, ref)):
        do()
        spec = shown(server, ref)
        kinds.append((spec.state, spec.time is not None and spec.time.begin_time == begin))
    return kinds, numbers(server.page(ref))


WHOLE = (("queued",), True)
case("rewind-empties-the-filter-shown", ([WHOLE] * 3, [1, 2]), ([WHOLE, WHOLE, ((), False)], [1, 2]))(shown_over_time)
case("page-read-drops-the-states-shown", ([WHOLE] * 3, [1, 2]), ([WHOLE, ((), True), ((), True)], [1, 2]))(
    shown_over_time
)
case(
    "page-read-moves-the-begin-shown",
    ([WHOLE] * 3, [1, 2]),
    ([WHOLE, (("queued",), False), (("queued",), False)], [1, 2]),
)(shown_over_time)

# --- collectors: filters that have to be refused ----------------------------------------------------------------------

PLACES = {"max_collector": "2"}


def refusals(server):
    """Try each filter that has to be refused."""
    forms = (("typed", None), ("nil", None), ("unknown", None), ("unknown", TaskFilterSpec()))
    return [said(server, calls.CreateCollectorForTasks(session="main", filter=f, form=form)) for form, f in forms]


def places_left(form: str):
    """Count the places that are left of two after a refusal."""

    def ask(server):
        refused = calls.CreateCollectorForTasks(session="main", filter=None, form=form)
        good = calls.CreateCollectorForTasks(session="main", filter=TaskFilterSpec())
        return [said(server, call) for call in (refused, good, good)]

    return ask


REFUSED = [ARGUMENT] * 4
case("null-filter-taken-for-an-empty-one", REFUSED, [ANSWERED, ANSWERED, ARGUMENT, ARGUMENT])(refusals)
case("nil-filter-taken-for-an-empty-one", REFUSED, [ARGUMENT, ANSWERED, ARGUMENT, ARGUMENT])(refusals)
case("null-filter-is-an-invalid-state", REFUSED, [STATE, STATE, ARGUMENT, ARGUMENT])(refusals)
case("unknown-filter-taken-for-an-empty-one", REFUSED, [ARGUMENT, ARGUMENT, ANSWERED, ANSWERED])(refusals)
case("unknown-filter-is-not-supported", REFUSED, [ARGUMENT, ARGUMENT, "NotSupported", "NotSupported"])(refusals)
case("null-filter-refused-takes-a-place", [ARGUMENT, ANSWERED, ANSWERED], [ARGUMENT, ANSWERED, STATE], **PLACES)(
    places_left("nil")
)
case("unknown-filter-refused-takes-a-place", [ARGUMENT, ANSWERED, ANSWERED], [ARGUMENT, ANSWERED, STATE], **PLACES)(
    places_left("unknown")
)


def untyped(server):
    """Try a time part without its type: with a bound that leaves out all, and without bounds."""
    make(server, 2)
    tries = []
    for bounds in ({"begin_time": now(server) + 10_000_000}, {}):
        spec = TaskFilterSpec(time=ByTime(time_type=None, **bounds))
        outcome = server.target.perform(calls.CreateCollectorForTasks(session="main", filter=spec))
        made = isinstance(outcome, Returned)
        tries.append(numbers(server.page(outcome.value)) if made else outcome.fault.kind)
    return tries


MALFORMED = ["InvalidRequest", "InvalidRequest"]
case("time-without-type-taken-for-queued", MALFORMED, [[], [1, 2]])(untyped)
case("time-without-type-and-bounds-taken", MALFORMED, ["InvalidRequest", [1, 2]])(untyped)
case("time-without-type-is-not-found", MALFORMED, ["NotFound", "NotFound"])(untyped)

# --- collectors: sessions and logins ----------------------------------------------------------------------------------


def after_the_session(server):
    """Use a collector that was read, and one that was not, in a later session of the user, and in another's."""
    make(server, 2)
    login(server, "old")
    refs = [server.collector(session="old") for _ in range(2)]
    server.page(refs[0], 1, session="old")
    logout(server, "old")
    login(server, "new")
    tries = [
        [
            said(server, call(session=session, collector=ref, **more))
            for call, more in (
                (calls.ReadCollectorFilter, {}),
                (calls.ReadLatestPage, {}),
                (calls.ReadNextTasks, {"max_count": 1}),
                (calls.DestroyCollector, {}),
                (calls.DestroyCollector, {}),
            )
        ]
        for session in ("new", "second")
        for ref in refs
    ]
    assert tries[2:] == [[GONE] * 5] * 2
    return tries[:2]


case(
    "read-collector-outlives-its-session",
    [[GONE] * 5] * 2,
    [[ANSWERED, ANSWERED, ANSWERED, ANSWERED, GONE], [GONE] * 5],
)(after_the_session)
case("dead-sessions-collector-shows-its-filter", [[GONE] * 5] * 2, [[ANSWERED, GONE, GONE, GONE, GONE]] * 2)(
    after_the_session
)
case("dead-sessions-collector-can-be-destroyed", [[GONE] * 5] * 2, [[GONE, GONE, GONE, ANSWERED, GONE]] * 2)(
    after_the_session
)


def without_login(server):
    """Make collectors without a login, after a logout, and with a login."""
    login(server, "old")
    logout(server, "old")
    return [
        said(server, calls.CreateCollectorForTasks(session=session, filter=TaskFilterSpec()))
        for session in ("nobody", "old", "main")
    ]


NOT = "NotAuthenticated"
case("collector-without-login-is-made", [NOT, NOT, ANSWERED], [ANSWERED] * 3)(without_login)
case("collector-after-logout-is-made", [NOT, NOT, ANSWERED], [NOT, ANSWERED, ANSWERED])(without_login)
case("collector-without-login-is-an-invalid-state", [NOT, NOT, ANSWERED], [STATE, STATE, ANSWERED])(without_login)

# --- collectors: info filters -----------------------------------------------------------------------------------------


def results(server):
    """Give the results that pages, the latest page and a second look show with removeAll, with an empty info filter,
    and without one; then what tasks are held, whether they have their entity, and what Task.info shows.
    """
    tasks = make(server, 3)
    server.set(tasks[0], "success", result="done")
    server.set(tasks[1], "success", result=server.place("vm"))
    found = []
    for info_filter in (TaskInfoFilterSpec(remove_all=True), TaskInfoFilterSpec(), None):
        ref = server.ok(
            calls.CreateCollectorWithInfoFilterForTasks(
                session="main", filter=TaskFilterSpec(), info_filter=info_filter
            )
        )
        pages = server.ok(calls.ReadNextTasks(session="main", collector=ref, max_count=9))
        last = server.ok(calls.ReadLatestPage(session="main", collector=ref)).value
        found.append("".join("01"[item.result is not None] for item in (*pages, *sorted(last, key=lambda i: i.key))))
        if info_filter == TaskInfoFilterSpec(remove_all=True):
            found.append("".join("01"[item.entity is not None] for item in pages))
    return [*found, [server.info(task).result is not None for task in tasks]]


KEPT = [True, True, False]
RESULTS = ["000000", "111", "110110", "110110", KEPT]
case("remove-all-keeps-references", RESULTS, ["010010", *RESULTS[1:]])(results)
case("remove-all-forgets-the-latest-page", RESULTS, ["000110", *RESULTS[1:]])(results)
case("remove-all-forgets-the-pages", RESULTS, ["110000", *RESULTS[1:]])(results)
case("empty-info-filter-removes-results", RESULTS, ["000000", "111", "000000", "110110", KEPT])(results)
case("no-info-filter-removes-results", RESULTS, ["000000", "111", "110110", "000000", KEPT])(results)
case("remove-all-takes-the-entity-name-too", RESULTS, ["000000", "001", *RESULTS[2:]])(results)
case("remove-all-drops-the-tasks", RESULTS, ["00", "1", *RESULTS[2:]])(results)
case("remove-all-clears-the-result-for-all", RESULTS, ["000000", "111", "000000", "000000", [False] * 3])(results)

# --- collectors: destroyed --------------------------------------------------------------------------------------------


def destroyed_along(server):
    """Destroy the second of five collectors, of which the fourth has the same filter; see which answer."""
    refs = [server.collector(state=(word,)) for word in ("queued", "running", "error", "running", "success")]
    other = server.collector(session="second", state=("running",))
    server.ok(destroy(refs[1]))
    assert said(server, calls.ReadLatestPage(session="second", collector=other)) == ANSWERED
    return [said(server, calls.ReadLatestPage(session="main", collector=ref)) == ANSWERED for ref in refs]


ALONE = [True, False, True, True, True]
case("destroy-takes-equal-filters-along", ALONE, [True, False, True, False, True])(destroyed_along)
case("destroy-takes-the-next-along", ALONE, [True, False, False, True, True])(destroyed_along)


def destroyed(server):
    """Use a destroyed collector: moves, pages, properties; then destroy it again, and follow it."""
    make(server, 1)
    ref = server.collector()
    server.ok(destroy(ref))
    given = {"session": "main", "collector": ref}
    tries = [
        calls.RewindCollector(**given),
        calls.ResetCollector(**given),
        calls.SetCollectorPageSize(**given, max_count=1),
        calls.ReadNextTasks(**given, max_count=1),
        calls.ReadPreviousTasks(**given, max_count=1),
        calls.ReadCollectorFilter(**given),
        calls.ReadLatestPage(**given),
        destroy(ref),
        Watcher(server).filter_call(ref),
    ]
    assert said(server, destroy(ref, "second")) == GONE
    return [said(server, call) for call in tries]


case("destroyed-collector-is-an-invalid-state", [GONE] * 9, [STATE] * 7 + [GONE] * 2)(destroyed)
case("destroyed-collector-can-be-moved", [GONE] * 9, [ANSWERED] * 3 + [GONE] * 6)(destroyed)
case("destroyed-collector-gives-empty-pages", [GONE] * 9, [GONE] * 3 + [ANSWERED] * 2 + [GONE] * 4)(destroyed)
case("destroy-twice-returns", [GONE] * 9, [GONE] * 7 + [ANSWERED, GONE])(destroyed)
case("destroy-twice-is-an-invalid-state", [GONE] * 9, [GONE] * 7 + [STATE, GONE])(destroyed)

# --- filters: none, entities ------------------------------------------------------------------------------------------


def empty(server):
    """Collect a live task, a completed one, another user's completed one, a completed child: by nothing, by state."""
    first = server.create()
    server.ended()
    other = server.create(session="second")
    child = server.create(parent_task_key=first.key)
    for task in (other, child):
        server.set(task, "success")
    return held(server), held(server, state=("queued", "success"))


ALL = [1, 2, 3, 4]
case("empty-filter-leaves-out-live-tasks", (ALL, ALL), ([2, 3, 4], ALL))(empty)
case("empty-filter-holds-own-tasks-only", (ALL, ALL), ([1, 2, 4], ALL))(empty)
case("empty-filter-leaves-out-children", (ALL, ALL), ([1, 2, 3], ALL))(empty)


def around(server):
    """Collect by a folder in each recursion, then by a machine; of the tasks everywhere, and an ended one (7)."""
    everywhere(server)
    server.ended(server.place("folder"))
    recursions = ("self", "children", "all")
    found = [by_entity(server, "folder", recursion) for recursion in recursions]
    found.append(by_entity(server, "vm", "all"))
    found.append(by_entity(server, "folder", "self", state=("success",)))
    return found


RIGHT_AROUND = [[3, 7], [4, 5, 6], [3, 4, 5, 6, 7], [4], [7]]
case("self-takes-the-direct-children", RIGHT_AROUND, [[3, 4, 5, 7], *RIGHT_AROUND[1:]])(around)
case("self-goes-by-the-type", RIGHT_AROUND, [[1, 3, 5, 7], *RIGHT_AROUND[1:]])(around)
case("self-leaves-out-completed-tasks", RIGHT_AROUND, [[3], *RIGHT_AROUND[1:]])(around)
case("children-take-the-entity-itself", RIGHT_AROUND, [[3, 7], [3, 4, 5, 6, 7], *RIGHT_AROUND[2:]])(around)
case("children-leave-out-folders", RIGHT_AROUND, [[3, 7], [4, 6], *RIGHT_AROUND[2:]])(around)
case("all-leaves-out-the-entity-itself", RIGHT_AROUND, [[3, 7], [4, 5, 6], [4, 5, 6], [4], [7]])(around)
case("all-ends-at-the-direct-children", RIGHT_AROUND, [[3, 7], [4, 5, 6], [3, 4, 5, 7], [4], [7]])(around)
case("all-takes-the-parent-too", RIGHT_AROUND, [[3, 7], [4, 5, 6], [2, 3, 4, 5, 6, 7], [3, 4, 7], [7]])(around)


@case("children-take-the-siblings", [[], [2, 3, 4, 5, 6]], [[5, 6], [2, 3, 4, 5, 6]])
def _(server):
    everywhere(server)
    return [by_entity(server, "vm", "children")[-3:], by_entity(server, "root", "children")]


@case("filter-entity-is-not-looked-at", "NoPermission", ANSWERED)
def _(server):
    spec = TaskFilterSpec(entity=ByEntity(entity=server.place("hidden"), recursion="self"))
    return said(server, calls.CreateCollectorForTasks(session="restricted", filter=spec))


# --- filters: times ---------------------------------------------------------------------------------------------------


def times(time_type: str):
    """Give what is held with a begin, with an end, and with both. Task 1 is queued before the begin; it starts and
    succeeds in the range. Task 2 is queued before the begin, and stays so. Task 3 is queued and starts in the range.
    Task 4 is queued, starts and fails after the end.
    """

    def ask(server):
        first, _ = make(server, 2)
        server.advance(10)
        begin = now(server)
        server.advance(10)
        server.set(first, "running")
        server.set(server.create(), "running")
        server.set(first, "success")
        server.advance(10)
        end = now(server)
        server.advance(10)
        last = server.create()
        server.set(last, "running")
        server.set(last, "error")
        bounds = ({"begin_time": begin}, {"end_time": end}, {"begin_time": begin, "end_time": end})
        return [held(server, time=ByTime(time_type=time_type, **given)) for given in bounds]

    return ask


QUEUED = [[3, 4], [1, 2, 3], [3]]
STARTED = [[1, 3, 4], [1, 3], [1, 3]]
COMPLETED = [[1, 4], [1], [1]]
case("queued-time-looks-at-the-start", QUEUED, [[1, 3, 4], [1, 2, 3], [1, 3]])(times("queuedTime"))
case("queued-begin-ignored-beside-an-end", QUEUED, [[3, 4], [1, 2, 3], [1, 2, 3]])(times("queuedTime"))
case("never-started-starts-when-queued", STARTED, [[1, 3, 4], [1, 2, 3], [1, 3]])(times("startedTime"))
case("started-end-is-not-looked-at", STARTED, [[1, 3, 4]] * 3)(times("startedTime"))
case("started-time-of-running-only", STARTED, [[3]] * 3)(times("startedTime"))
case("completed-time-looks-at-the-queue-time", COMPLETED, [[4], [1], []])(times("completedTime"))
case("live-tasks-complete-after-any-begin", COMPLETED, [[1, 2, 3, 4], [1], [1]])(times("completedTime"))
case("completed-bounds-an-hour-late", COMPLETED, [[], [1, 4], []])(times("completedTime"))
case("failed-tasks-never-completed", COMPLETED, [[1], [1], [1]])(times("completedTime"))


@case("queued-end-rounded-up-to-the-minute", [[1], [1, 2]], [[1, 2], [1, 2]])
def _(server):
    ends = []
    for _ in range(3):
        server.create()
        ends.append(now(server) + 1_000_000)
        server.advance(25)
        if len(ends) == 2:
            server.advance(60)
    return [held(server, time=ByTime(time_type="queuedTime", end_time=end)) for end in (ends[0], ends[1])]


# --- filters: users and states ----------------------------------------------------------------------------------------


def by_user(server):
    """Collect by one user, by two, by none, for two sessions; tasks of three users."""
    server.create()
    server.create(session="second")
    server.create(initiated_by="ELSEWHERE\\Frieda")
    found = []
    for session in ("main", "second"):
        for names in ((BRUNO,), (BRUNO, ADA), ()):
            ref = server.collector(session=session, user_name=users(*names))
            found.append(numbers(server.page(ref, session=session)))
    return found


BY_USER = [[2], [1, 2], [1, 2, 3]] * 2
case("user-list-goes-by-the-domain", BY_USER, [[1, 2], [1, 2], [1, 2, 3]] * 2)(by_user)
case("user-list-takes-the-own-user-too", BY_USER, [[1, 2], [1, 2], [1, 2, 3], [2], [1, 2], [1, 2, 3]])(by_user)
case("user-list-ends-at-its-first-name", BY_USER, [[2], [2], [1, 2, 3]] * 2)(by_user)
case("no-user-list-is-the-own-user", BY_USER, [[2], [1, 2], [1], [2], [1, 2], [2]])(by_user)
case("no-user-list-is-nobody", BY_USER, [[2], [1, 2], []] * 2)(by_user)


def by_state(server):
    """Collect by each state, and by two; a task in each state, and one that was canceled (5)."""
    states(server)
    server.ok(calls.CancelTask(session="main", task=server.create().task))
    lists = (("queued",), ("running",), ("success",), ("error",), ("error", "queued"))
    return [held(server, state=given) for given in lists]


BY_STATE = [[1], [2], [3], [4, 5], [1, 4, 5]]
case("error-counts-as-success", BY_STATE, [[1], [2], [3, 4, 5], [4, 5], [1, 4, 5]])(by_state)
case("queued-counts-as-running", BY_STATE, [[1], [1, 2], [3], [4, 5], [1, 4, 5]])(by_state)
case("state-filter-sees-the-first-state", BY_STATE, [[1, 2, 3, 4, 5], [], [], [], [1, 2, 3, 4, 5]])(by_state)
case("canceled-tasks-are-in-no-state", BY_STATE, [[1], [2], [3], [4], [1, 4]])(by_state)
case("second-state-is-not-used", BY_STATE, [[1], [2], [3], [4, 5], [4, 5]])(by_state)

# --- filters: tags, keys, ids -----------------------------------------------------------------------------------------


def by_tag(server):
    """Collect by no tag, by one that nobody has, by two of these, by either."""
    make(server, 2)
    return [held(server, tag=tags) for tags in (("",), ("red",), ("red", "blue"), ("", "red"))]


BY_TAG = [[1, 2], [], [], [1, 2]]
case("empty-tag-holds-nothing", BY_TAG, [[], [], [], []])(by_tag)
case("untagged-tasks-pass-every-tag", BY_TAG, [[1, 2]] * 4)(by_tag)
case("two-tags-are-no-filter", BY_TAG, [[1, 2], [], [1, 2], [1, 2]])(by_tag)


def by_chain(server):
    """Collect by the chain of the second of three, and by those of the third and the first."""
    chains = [task.event_chain_id for task in make(server, 3)]
    return [held(server, event_chain_id=given) for given in ((chains[1],), (chains[2], chains[0]))]


case("event-chain-is-a-minimum", [[2], [1, 3]], [[2, 3], [1, 2, 3]])(by_chain)
case("event-chain-ends-at-its-first-id", [[2], [1, 3]], [[2], [3]])(by_chain)
case("event-chain-holds-nothing", [[2], [1, 3]], [[], []])(by_chain)


def by_key(server):
    """Collect by parent and by root: a chain of four (1 to 4), of which the second and third have completed; and a
    second child of the first (5), and eleven more tasks, the last with a parent among the others.
    """
    chain = [server.create()]
    for _ in range(3):
        chain.append(server.create(parent_task_key=chain[-1].key))
    server.create(parent_task_key=chain[0].key)
    others = make(server, 11)
    server.create(parent_task_key=others[5].key)
    for task in chain[1:3]:
        server.set(task, "success")
    keys = [task.key for task in chain]
    parents = [held(server, parent_task_key=given) for given in ((keys[0],), (keys[1],), (keys[0], keys[2]))]
    roots = [held(server, root_task_key=given) for given in ((keys[0],), (keys[1],))]
    return parents, roots


PARENTS = [[2, 5], [3], [2, 4, 5]]
ROOTS = [[2, 3, 4, 5], []]
KEYS = (PARENTS, ROOTS)
case("parent-key-takes-the-parent-too", KEYS, ([[1, 2, 5], [2, 3], [1, 2, 3, 4, 5]], ROOTS))(by_key)
case("parent-key-takes-grandchildren", KEYS, ([[2, 3, 4, 5], [3], [2, 3, 4, 5]], ROOTS))(by_key)
case("parent-key-is-a-prefix", KEYS, ([[2, 5, 17], [3], [2, 4, 5, 17]], ROOTS))(by_key)
case("children-of-completed-parents-drop-out", KEYS, ([[2, 5], [], [2, 5]], ROOTS))(by_key)
case("parent-keys-have-to-match-all", KEYS, ([[2, 5], [3], []], ROOTS))(by_key)
case("root-key-takes-children-of-any", KEYS, (PARENTS, [[2, 3, 4, 5], [3]]))(by_key)
case("root-key-ends-at-the-children", KEYS, (PARENTS, [[2, 5], []]))(by_key)
case("root-key-of-completed-tasks-drops-out", KEYS, (PARENTS, [[4, 5], []]))(by_key)


def by_activation(server):
    """Collect by one activation id, and by two; the third task has none."""
    for given in ("a", "b", None):
        server.create(activation_id=given)
    return [held(server, activation_id=given) for given in (("a",), ("b", "a"))]


case("activation-id-is-not-looked-at", [[1], [1, 2]], [[1, 2, 3]] * 2)(by_activation)
case("no-activation-id-passes", [[1], [1, 2]], [[1, 3], [1, 2, 3]])(by_activation)
case("activation-id-list-ends-at-its-first", [[1], [1, 2]], [[1], [2]])(by_activation)

# --- filters: alarms and scheduled tasks ------------------------------------------------------------------------------


def by_alarm(server):
    """Collect by an alarm that was set off twice (1, 3), by another on another entity (2), by one that never was, and
    by the first and a state; there are another task on the first one's entity (4), and one elsewhere (5).
    """
    places = [server.place("vm", index) for index in range(3)]
    alarms = [
        server.ok(calls.CreateAlarm(session="main", entity=place, name=f"Alarm{at}", task_type_id=WORK))
        for at, place in enumerate(places)
    ]
    for place in (places[0], places[1], places[0]):
        server.ok(calls.LogUserEvent(session="main", entity=place))
    server.create(places[0])
    server.create(server.place("folder"))
    return [held(server, alarm=alarm) for alarm in alarms] + [held(server, alarm=alarms[0], state=("error",))]


BY_ALARM = [[1, 3], [2], [], []]
case("alarm-filter-takes-every-alarm", BY_ALARM, [[1, 2, 3]] * 3 + [[]])(by_alarm)
case("alarm-filter-goes-by-the-entity", BY_ALARM, [[1, 3, 4], [2], [], []])(by_alarm)
case("alarm-filter-holds-nothing", BY_ALARM, [[]] * 4)(by_alarm)
case("alarm-is-not-looked-at", BY_ALARM, [[1, 2, 3, 4, 5]] * 3 + [[]])(by_alarm)


def by_schedule(server):
    """Collect by a scheduled task that ran twice (1, 3), by another of another type (2), by one that never ran; there
    is another task of the first one's type (4).
    """
    schedules = [
        server.ok(
            calls.CreateScheduledTask(session="main", entity=server.place("vm"), name=f"Plan{at}", task_type_id=word)
        )
        for at, word in enumerate((WORK, REST, WORK))
    ]
    for at in (0, 1, 0):
        server.ok(calls.RunScheduledTask(session="main", scheduled_task=schedules[at]))
    server.create()
    return [held(server, scheduled_task=schedule) for schedule in schedules]


BY_SCHEDULE = [[1, 3], [2], []]
case("scheduled-filter-takes-every-schedule", BY_SCHEDULE, [[1, 2, 3]] * 3)(by_schedule)
case("scheduled-filter-holds-the-first-run", BY_SCHEDULE, [[1], [2], []])(by_schedule)
case("scheduled-filter-goes-by-the-type", BY_SCHEDULE, [[1, 3, 4], [2], []])(by_schedule)
case("scheduled-task-is-not-looked-at", BY_SCHEDULE, [[1, 2, 3, 4]] * 3)(by_schedule)

# --- filters: parts together ------------------------------------------------------------------------------------------


def together(server):
    """Collect by entity and time, by entity and state, by state and user, and by each alone."""
    vm = ByEntity(entity=server.place("vm"), recursion="self")
    server.create()
    server.create(server.place("host"))
    server.advance(10)
    begin = now(server)
    server.advance(10)
    server.ended()
    time = ByTime(time_type="queuedTime", begin_time=begin)
    specs = (
        {"entity": vm, "time": time},
        {"entity": vm, "state": ("queued",)},
        {"time": time, "state": ("queued",)},
        {"entity": vm},
        {"time": time},
        {"state": ("queued",)},
    )
    return [held(server, **spec) for spec in specs]


TOGETHER = [[3], [1], [], [1, 3], [3], [1, 2]]
case("two-parts-are-one-or-the-other", TOGETHER, [[1, 3], [1, 2, 3], [1, 2, 3], *TOGETHER[3:]])(together)
case("time-ignored-beside-an-entity", TOGETHER, [[1, 3], *TOGETHER[1:]])(together)
case("entity-ignored-beside-a-state", TOGETHER, [[3], [1, 2], *TOGETHER[2:]])(together)

# --- pages: reading on ------------------------------------------------------------------------------------------------


def drain(server):
    """Read eight tasks in pages of three, then add one; rewind and read in pages of four, eight, and on."""
    make(server, 4)
    server.advance(5)
    make(server, 4)
    ref = server.collector()
    pages = read(server, ref, 3, 3, 3, 3)
    server.create()
    pages += read(server, ref, 3)
    rewind(server, ref)
    return pages, read(server, ref, 4, 8, 9, 9)


DRAIN = ([[1, 2, 3], [4, 5, 6], [7, 8], [], [9]], [[1, 2, 3, 4], [5, 6, 7, 8, 9], [], []])
case(
    "one-item-is-lost-between-pages",
    DRAIN,
    ([[1, 2, 3], [5, 6, 7], [], [], [9]], [[1, 2, 3, 4], [6, 7, 8, 9], [], []]),
)(drain)
case(
    "page-begins-with-the-last-item-again",
    DRAIN,
    ([[1, 2, 3], [3, 4, 5], [5, 6, 7], [7, 8], [8, 9]], [[1, 2, 3, 4], [4, 5, 6, 7, 8, 9], [], []]),
)(drain)
case(
    "page-goes-on-from-the-next-second",
    DRAIN,
    ([[1, 2, 3], [5, 6, 7], [], [], []], [[1, 2, 3, 4], [5, 6, 7, 8, 9], [], []]),
)(drain)
case(
    "page-of-one-item-more", DRAIN, ([[1, 2, 3, 4], [5, 6, 7, 8], [], [], [9]], [[1, 2, 3, 4, 5], [6, 7, 8, 9], [], []])
)(drain)
case("second-page-takes-all-that-is-left", DRAIN, ([[1, 2, 3], [4, 5, 6, 7, 8], [], [], [9]], DRAIN[1]))(drain)
case(
    "end-wraps-around",
    DRAIN,
    ([*DRAIN[0][:4], [1, 2, 3]], [[1, 2, 3, 4], [5, 6, 7, 8, 9], [], [1, 2, 3, 4, 5, 6, 7, 8, 9]]),
)(drain)
case(
    "end-gives-the-last-item-once-more",
    DRAIN,
    ([[1, 2, 3], [4, 5, 6], [7, 8], [8], [9]], [[1, 2, 3, 4], [5, 6, 7, 8, 9], [9], []]),
)(drain)
case("pages-end-where-the-collector-was-made", DRAIN, ([*DRAIN[0][:4], []], [[1, 2, 3, 4], [5, 6, 7, 8], [], []]))(
    drain
)
case("end-once-reached-is-final", DRAIN, ([*DRAIN[0][:4], []], DRAIN[1]))(drain)
case("first-task-after-the-end-is-skipped", DRAIN, ([*DRAIN[0][:4], []], DRAIN[1]))(drain)
case("rewind-stops-at-the-second-item", DRAIN, (DRAIN[0], [[2, 3, 4, 5], [6, 7, 8, 9], [], []]))(drain)
case("rewind-goes-back-one-page", DRAIN, (DRAIN[0], [[9], [], [], []]))(drain)
case("fresh-collector-lacks-the-oldest", DRAIN, ([[2, 3, 4], [5, 6, 7], [8], [], [9]], DRAIN[1]))(drain)
case("fresh-collector-stands-at-the-end", DRAIN, ([[], [], [], [], [9]], DRAIN[1]))(drain)


@case(
    "completed-between-pages-is-skipped",
    [[1, 2], [3, 4, 5], [], [1, 2, 3, 4, 5]],
    [[1, 2], [3, 5], [], [1, 2, 3, 4, 5]],
)
def _(server):
    tasks = make(server, 5)
    server.set(tasks[2], "success")
    ref = server.collector()
    pages = read(server, ref, 2)
    server.set(tasks[3], "success")
    pages += read(server, ref, 9, 9)
    rewind(server, ref)
    return pages + read(server, ref, 9)


@case("drain-ends-after-200", [150, 60, 0, 210], [150, 50, 0, 200])
def _(server):
    make(server, 210)
    ref = server.collector()
    pages = read(server, ref, 150, 150, 150)
    rewind(server, ref)
    return [len(each) for each in pages + read(server, ref, 300)]


@case("end-is-a-fault", [ANSWERED, ANSWERED], [ANSWERED, STATE])
def _(server):
    make(server, 1)
    ref = server.collector()
    return [said(server, calls.ReadNextTasks(session="main", collector=ref, max_count=1)) for _ in range(2)]


@case("head-wraps-around", [[2, 1], [], []], [[2, 1], [], [3, 2]])
def _(server):
    make(server, 3)
    ref = server.collector()
    read(server, ref, 2)
    return back(server, ref, 2, 2, 2)


@case("rewind-after-the-end-does-nothing", [[1], [1, 2], [], [1, 2]], [[1], [1, 2], [], []])
def _(server):
    make(server, 2)
    ref = server.collector()
    pages = read(server, ref, 1)
    rewind(server, ref)
    pages += read(server, ref, 2, 2)
    rewind(server, ref)
    return pages + read(server, ref, 2)


@case("rewind-drops-the-filter", [[2], [2], [2], [2]], [[2], [1, 2, 3], [3, 2, 1], [2]])
def _(server):
    tasks = make(server, 3)
    server.set(tasks[1], "running")
    ref = server.collector(state=("running",))
    pages = read(server, ref, 9)
    rewind(server, ref)
    return [*pages, *read(server, ref, 9), *back(server, ref, 9), newest(server, ref)]


@case("fresh-collector-stands-before-the-latest-page", [[1, 2, 3], [1, 2]], [[3, 4, 5], [1, 2]])
def _(server):
    make(server, 12)
    ref = server.collector()
    pages = read(server, ref, 3)
    rewind(server, ref)
    return pages + read(server, ref, 2)


# --- pages: resetting -------------------------------------------------------------------------------------------------


def backwards(server):
    """Read back from before a latest page of two, in pages of three; of fourteen tasks. Then show that page."""
    make(server, 14)
    ref = server.collector()
    resize(server, ref, 2)
    reset(server, ref)
    return back(server, ref, 3, 3, 3, 3, 3), newest(server, ref)


TWO = [13, 14]
BACK = ([[12, 11, 10], [9, 8, 7], [6, 5, 4], [3, 2, 1], []], TWO)
case("reset-skips-one-item", BACK, ([[11, 10, 9], [8, 7, 6], [5, 4, 3], [2, 1], []], TWO))(backwards)
case("reset-knows-no-page-size", BACK, ([[4, 3, 2], [1], [], [], []], TWO))(backwards)
case("reset-is-a-rewind", BACK, ([[]] * 5, TWO))(backwards)
case(
    "previous-page-begins-with-the-last-item-again",
    BACK,
    ([[12, 11, 10], [10, 9, 8], [8, 7, 6], [6, 5, 4], [4, 3, 2]], TWO),
)(backwards)
case("one-item-is-lost-between-previous-pages", BACK, ([[12, 11, 10], [8, 7, 6], [4, 3, 2], [], []], TWO))(backwards)
case("previous-page-of-one-item-more", BACK, ([[12, 11, 10, 9], [8, 7, 6, 5], [4, 3, 2, 1], [], []], TWO))(backwards)

# --- pages: order, items, counts --------------------------------------------------------------------------------------


def ordered(server):
    """Read eleven tasks in three pages: the fifth has completed, then the second."""
    tasks = make(server, 11)
    for at in (4, 1):
        server.set(tasks[at], "success")
    return read(server, server.collector(), 3, 3, 5)


ORDERED = [[1, 2, 3], [4, 5, 6], [7, 8, 9, 10, 11]]
case("page-is-sorted-as-text", ORDERED, [[1, 2, 3], [4, 5, 6], [10, 11, 7, 8, 9]])(ordered)
case("page-is-sorted-by-completion", ORDERED, [[2, 1, 3], [5, 4, 6], [7, 8, 9, 10, 11]])(ordered)
case("every-second-page-runs-backwards", ORDERED, [[1, 2, 3], [6, 5, 4], [7, 8, 9, 10, 11]])(ordered)


def negative(server):
    """Ask for -1 items, forwards and backwards."""
    make(server, 1)
    given = {"session": "main", "collector": server.collector(), "max_count": -1}
    return [said(server, call(**given)) for call in (calls.ReadNextTasks, calls.ReadPreviousTasks)]


case("negative-count-is-an-empty-page", [ARGUMENT] * 2, [ANSWERED] * 2)(negative)
case("negative-count-of-previous-is-taken", [ARGUMENT] * 2, [ARGUMENT, ANSWERED])(negative)
case("negative-count-is-an-invalid-state", [ARGUMENT] * 2, [STATE] * 2)(negative)


def stable(server):
    """Read a task with a result and one with an error twice, and again when they are old; then by another collector."""
    tasks = make(server, 2)
    server.set(tasks[0], "success", result="done")
    server.set(tasks[1], "error", fault="NotFound")
    found = []
    ref = server.collector()
    for wait in (0, 0, 660):
        server.advance(wait)
        rewind(server, ref)
        good, bad = server.ok(calls.ReadNextTasks(session="main", collector=ref, max_count=9))
        found.append((good.result, bad.error.kind, good.entity_name == bad.entity_name == "Alder07"))
    assert server.info(tasks[0]).result == "done"
    assert held(server, entity=ByEntity(entity=server.place("vm"), recursion="self")) == [1, 2]
    return found


SAME = ("done", "NotFound", True)
case("result-is-given-once", [SAME] * 3, [SAME, (None, "NotFound", True), (None, "NotFound", True)])(stable)
case("second-read-has-another-error", [SAME] * 3, [SAME, ("done", "SystemError", True), ("done", "SystemError", True)])(
    stable
)
case("history-forgets-the-entity", [SAME] * 3, [SAME, SAME, ("done", "NotFound", False)])(stable)


def side_by_side(server):
    """Read by one collector, move, size and make others, and read on by the first."""
    make(server, 6)
    one, other = server.collector(), server.collector()
    pages = read(server, one, 1)
    rewind(server, other)
    pages += read(server, one, 1)
    resize(server, one, 5)
    resize(server, other, 1)
    pages.append(newest(server, one))
    server.collector()
    pages += read(server, one, 1)
    newest(server, one)
    return pages + read(server, one, 1)


BESIDE = [[1], [2], [2, 3, 4, 5, 6], [3], [4]]
case("rewind-rewinds-all-collectors", BESIDE, [[1], [1], [2, 3, 4, 5, 6], [2], [3]])(side_by_side)
case("page-size-is-the-sessions", BESIDE, [[1], [2], [6], [3], [4]])(side_by_side)
case("new-collector-rewinds-the-others", BESIDE, [[1], [2], [2, 3, 4, 5, 6], [1], [2]])(side_by_side)
case("latest-page-read-moves-to-the-end", BESIDE, [[1], [2], [2, 3, 4, 5, 6], [], []])(side_by_side)

# --- the latest page --------------------------------------------------------------------------------------------------


def latest_pages(server):
    """Show a latest page of three of five tasks, of which the fourth, then the second has completed; with a sixth; when
    that runs; with a seventh, of another user; of one; of two: each as it is read, and as an update gives it (None: no
    update).
    """
    tasks = make(server, 5)
    for at in (3, 1):
        server.set(tasks[at], "success")
    ref = server.collector()
    resize(server, ref, 3)
    watcher = Watcher(server)
    watcher.filter(ref)
    version = ""
    found = []

    def look() -> None:
        nonlocal version
        update = watcher.wait(version)
        version = version if update is None else update.version
        told = None if update is None else sorted(numbers(item.key for item in update.updates[0].latest_page))
        found.append((newest(server, ref), told))

    look()
    new = server.create()
    look()
    server.set(new, "running")
    look()
    server.create(session="second")
    look()
    resize(server, ref, 1)
    look()
    resize(server, ref, 2)
    look()
    return found


def both(*pages: list[int]) -> list:
    """Give pages that are read as they are told."""
    return [(shown, shown) for shown in pages]


LATEST = both([3, 4, 5], [4, 5, 6], [4, 5, 6], [5, 6, 7], [7], [6, 7])
case(
    "latest-page-of-one-item-more",
    LATEST,
    both([2, 3, 4, 5], [3, 4, 5, 6], [3, 4, 5, 6], [4, 5, 6, 7], [6, 7], [5, 6, 7]),
)(latest_pages)
case(
    "page-sizes-below-ten-are-ten",
    LATEST,
    [
        *both([1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6, 7]),
        ([1, 2, 3, 4, 5, 6, 7], None),
        ([1, 2, 3, 4, 5, 6, 7], None),
    ],
)(latest_pages)
case(
    "updates-know-no-page-size",
    LATEST,
    [
        ([3, 4, 5], [1, 2, 3, 4, 5]),
        ([4, 5, 6], [1, 2, 3, 4, 5, 6]),
        ([4, 5, 6], [1, 2, 3, 4, 5, 6]),
        ([5, 6, 7], [1, 2, 3, 4, 5, 6, 7]),
        ([7], None),
        ([6, 7], None),
    ],
)(latest_pages)
case(
    "latest-page-has-the-oldest",
    LATEST,
    [([1, 2, 3], [1, 2, 3]), ([1, 2, 3], None), ([1, 2, 3], None), ([1, 2, 3], None), ([1], [1]), ([1, 2], [1, 2])],
)(latest_pages)
case(
    "latest-page-lacks-the-newest",
    LATEST,
    [*both([2, 3, 4], [3, 4, 5]), ([3, 4, 5], None), *both([4, 5, 6], [6], [5, 6])],
)(latest_pages)
case("latest-page-prefers-live-tasks", LATEST, both([1, 3, 5], [3, 5, 6], [3, 5, 6], [5, 6, 7], [7], [6, 7]))(
    latest_pages
)
case(
    "latest-page-goes-by-completion",
    LATEST,
    [([2, 4, 5], [2, 4, 5]), *both([2, 4, 6], [2, 4, 6], [2, 4, 7]), ([2], [2]), ([2, 4], [2, 4])],
)(latest_pages)
case(
    "full-latest-page-stays-as-it-is",
    LATEST,
    [([3, 4, 5], [3, 4, 5]), ([3, 4, 5], None), ([3, 4, 5], None), ([3, 4, 5], None), *both([7], [6, 7])],
)(latest_pages)
case(
    "latest-page-grows-past-its-size", LATEST, both([3, 4, 5], [3, 4, 5, 6], [3, 4, 5, 6], [3, 4, 5, 6, 7], [7], [6, 7])
)(latest_pages)
case(
    "new-tasks-enter-once-running",
    LATEST,
    [([2, 4], [2, 4]), ([2, 4], None), ([2, 4, 6], [2, 4, 6]), ([2, 4, 6], None), *both([6], [4, 6])],
)(latest_pages)
case("latest-page-is-not-followed", LATEST, [(shown, shown if shown == [3, 4, 5] else None) for shown, _ in LATEST])(
    latest_pages
)
case("update-lacks-the-new-task", LATEST, [LATEST[0], *((shown, shown[:-1]) for shown, _ in LATEST[1:])])(latest_pages)
case("only-own-tasks-are-news", LATEST, [LATEST[0], LATEST[1], ([4, 5, 6], None), *LATEST[3:]])(latest_pages)
case("page-size-only-grows", LATEST, [*LATEST[:4], ([5, 6, 7], None), ([5, 6, 7], None)])(latest_pages)
case("shrunk-page-keeps-its-oldest", LATEST, [([1, 2, 3], [1, 2, 3]), *LATEST[1:4], ([5], [5]), *LATEST[5:]])(
    latest_pages
)


def negative_size(server):
    """Set a page size of -1 where it is 2; give the answer, and the page."""
    make(server, 3)
    ref = server.collector()
    resize(server, ref, 2)
    answer = said(server, calls.SetCollectorPageSize(session="main", collector=ref, max_count=-1))
    return answer, newest(server, ref)


case("negative-page-size-is-taken", (ARGUMENT, [2, 3]), (ANSWERED, [2, 3]))(negative_size)
case("negative-page-size-is-an-invalid-state", (ARGUMENT, [2, 3]), (STATE, [2, 3]))(negative_size)
case("negative-page-size-empties-the-page", (ARGUMENT, [2, 3]), (ARGUMENT, []))(negative_size)


# --- watching: what updates tell --------------------------------------------------------------------------------------


def told(watcher, version: str, maximum: int | None = None) -> tuple[str, list[tuple[str, int, str | None]] | None]:
    """Give the version to go on with, and kind, task and state of every update; None for no update set."""
    found = watcher.wait(version, maximum)
    if found is None:
        return version, None
    updates = [(update.kind[0], int(update.obj.value.rpartition("-")[2]), update.state) for update in found.updates]
    return found.version, updates


def followed(server):
    """Follow a view of an ended task (1), a live one (2) and two that end in error and success (3, 4), and one that is
    added to it (5), which runs and is canceled; tell it all from the start, then step by step.
    """
    tasks = make(server, 5)
    view = server.view(*(task.task for task in tasks[:4]))
    watcher = Watcher(server)
    watcher.filter(view)
    server.set(tasks[0], "success")
    version, first = told(watcher, "")
    found = [first]
    steps = (
        lambda: (server.set(tasks[2], "error"), server.set(tasks[3], "success")),
        lambda: server.ok(calls.ModifyListView(session="main", view=view, add=(tasks[4].task,))),
        lambda: server.set(tasks[4], "running"),
        lambda: (server.ok(calls.CancelTask(session="main", task=tasks[4].task)), server.advance(1)),
    )
    for step in steps:
        step()
        version, updates = told(watcher, version)
        found.append(updates)
    return found


Q, R, S, E = "queued", "running", "success", "error"
FIRST = [("e", 1, S), ("e", 2, Q), ("e", 3, Q), ("e", 4, Q)]
FOLLOWED = [FIRST, [("m", 3, E), ("m", 4, S)], [("e", 5, Q)], [("m", 5, R)], [("m", 5, E)]]
case("errors-are-not-told", FOLLOWED, [FIRST, [("m", 4, S)], *FOLLOWED[2:4], None])(followed)
case("canceled-end-is-not-told", FOLLOWED, [*FOLLOWED[:4], None])(followed)
case("tasks-added-to-a-view-are-not-followed", FOLLOWED, [*FOLLOWED[:3], None, None])(followed)
case("completed-task-leaves", FOLLOWED, [FIRST, [("l", 3, None), ("l", 4, None)], *FOLLOWED[2:4], [("l", 5, None)]])(
    followed
)
case("first-update-leaves-out-completed-tasks", FOLLOWED, [FIRST[1:], *FOLLOWED[1:]])(followed)
case("first-update-is-as-of-the-filter", FOLLOWED, [[("e", 1, Q), *FIRST[1:]], *FOLLOWED[1:]])(followed)
case("error-is-told-as-success", FOLLOWED, [FIRST, [("m", 3, S), ("m", 4, S)], *FOLLOWED[2:4], [("m", 5, S)]])(followed)
case(
    "queued-is-told-as-running",
    FOLLOWED,
    [[("e", 1, S), ("e", 2, R), ("e", 3, R), ("e", 4, R)], FOLLOWED[1], [("e", 5, R)], *FOLLOWED[3:]],
)(followed)
case(
    "states-of-a-set-are-swapped",
    FOLLOWED,
    [[("e", 1, Q), *FIRST[1:3], ("e", 4, S)], [("m", 3, S), ("m", 4, E)], *FOLLOWED[2:]],
)(followed)
case("create-drops-the-last-object", FOLLOWED, [FIRST[:3], [("m", 3, E)], *FOLLOWED[2:]])(followed)


@case("second-filter-of-a-task-is-silent", ([Q, Q], [R, R]), ([Q, Q], [R]))
def _(server):
    task = server.create()
    watcher = Watcher(server)
    watcher.filter(task.task)
    watcher.filter(server.view(task.task))
    version, first = told(watcher, "")
    server.set(task, "running")
    return [state for _, _, state in first], [state for _, _, state in told(watcher, version)[1]]


@case("rest-of-a-truncated-set-is-dropped", [[1], [2], [3], None], [[1], [], None, None])
def _(server):
    tasks = make(server, 3)
    watcher = Watcher(server)
    watcher.filter(server.view(*(task.task for task in tasks)))
    version, found = "", []
    for _ in range(4):
        version, updates = told(watcher, version, 1)
        found.append(None if updates is None else [number for _, number, _ in updates])
    return found


@case("second-first-update-is-null", [[1], [1], [1, 2]], [[1], None, [1, 2]])
def _(server):
    tasks = make(server, 2)
    watcher = Watcher(server)
    found = []
    for task in (tasks[0], None, tasks[1]):
        if task is not None:
            watcher.filter(task.task)
        updates = told(watcher, "")[1]
        found.append(None if updates is None else [number for _, number, _ in updates])
    return found


# --- watching: views --------------------------------------------------------------------------------------------------


def views(server):
    """Make a view of two tasks, modify it, reset it, with what cannot be resolved. Give what that returns, and what is
    in the view then.
    """
    one, two, three, four = (task.task for task in make(server, 4))
    given = {"session": "main", "view": server.view(one, two)}
    steps = (
        calls.ModifyListView(**given, add=(NO_TASK, three)),
        calls.ModifyListView(**given, remove=(one, two)),
        calls.ResetListView(**given, objs=(two, NO_TASK, four)),
    )
    found = []
    for step in steps:
        outcome = server.target.perform(step)
        returned = outcome.fault.kind if isinstance(outcome, Faulted) else numbers(ref.value for ref in outcome.value)
        found.append((returned, sorted(numbers(ref.value for ref in server.viewed(given["view"])))))
    return found


VIEWS = [([404], [1, 2, 3]), ([], [3]), ([404], [2, 4])]
case("modify-returns-nothing-unresolved", VIEWS, [([], [1, 2, 3]), *VIEWS[1:]])(views)
case("modify-faults-on-unresolved", VIEWS, [(GONE, [1, 2]), ([], []), VIEWS[2]])(views)
case("reset-stops-at-the-first-unresolved", VIEWS, [*VIEWS[:2], ([404], [2])])(views)
case("reset-returns-what-was-resolved", VIEWS, [*VIEWS[:2], ([2, 4], [2, 4])])(views)
case("reset-adds", VIEWS, [*VIEWS[:2], ([404], [2, 3, 4])])(views)
case("modify-replaces", VIEWS, [([404], [3]), ([], [3]), VIEWS[2]])(views)
case("view-shows-its-first-list", VIEWS, [([404], [1, 2]), ([], [1, 2]), ([404], [1, 2])])(views)
case("only-the-first-is-removed", VIEWS, [VIEWS[0], ([], [2, 3]), VIEWS[2]])(views)


def uses(session: str, view: ObjectRef) -> list:
    """Give a call of each kind that uses a view."""
    given = {"session": session, "view": view}
    return [
        calls.ReadView(**given),
        calls.ModifyListView(**given),
        calls.ResetListView(**given, objs=()),
        calls.DestroyView(**given),
    ]


def strangers(server):
    """Use a view in another session of its user, and in another user's."""
    view = server.view(server.create().task)
    login(server, "other")
    found = []
    for session in ("other", "second"):
        for call in uses(session, view):
            found.append(said(server, call))
            if found[-1] == ANSWERED and isinstance(call, calls.DestroyView):
                assert said(server, uses("main", view)[0]) == GONE
                view = server.view(server.create().task)
    return found


case("view-is-read-by-the-users-other-sessions", [GONE] * 8, [ANSWERED] + [GONE] * 7)(strangers)
case("view-is-modified-by-others", [GONE] * 8, [GONE, ANSWERED, GONE, GONE] * 2)(strangers)
case("view-is-destroyed-by-others", [GONE] * 8, [GONE, GONE, GONE, ANSWERED] * 2)(strangers)


def ended(server):
    """Use a view and a property filter that were destroyed; then others, in a later session of their user."""
    task = server.create()
    login(server, "old")
    watchers = {"main": Watcher(server), "old": Watcher(server, "old")}
    view = {session: server.view(task.task, session=session) for session in watchers}
    ref = {session: watcher.filter(task.task) for session, watcher in watchers.items()}
    server.ok(calls.DestroyView(session="main", view=view["main"]))
    server.ok(calls.DestroyPropertyFilter(session="main", filter=ref["main"]))
    logout(server, "old")
    login(server, "new")
    found = []
    for session, made in (("main", "main"), ("new", "old")):
        found.append([said(server, call) for call in uses(session, view[made])])
        found[-1] += [said(server, calls.DestroyPropertyFilter(session=session, filter=ref[made]))]
    return found


OVER = [[GONE] * 5, [GONE] * 5]
case("destroyed-view-reads-empty", OVER, [[ANSWERED] + [GONE] * 4, OVER[1]])(ended)
case("destroyed-view-is-an-invalid-state", OVER, [[STATE] * 4 + [GONE], OVER[1]])(ended)
case("destroy-view-twice-returns", OVER, [[GONE] * 3 + [ANSWERED, GONE], OVER[1]])(ended)
case("destroy-filter-twice-returns", OVER, [[GONE] * 4 + [ANSWERED], OVER[1]])(ended)
case("views-outlive-their-session", OVER, [OVER[0], [ANSWERED] + [GONE] * 4])(ended)
case("filters-outlive-their-session", OVER, [OVER[0], [GONE] * 4 + [ANSWERED]])(ended)
case("dead-views-can-be-reset", OVER, [OVER[0], [GONE, GONE, ANSWERED, GONE, GONE]])(ended)

# --- watching: versions, waits, what is missing -----------------------------------------------------------------------


def versions(server):
    """Wait with a version that nobody gave out; with one since which nothing has changed, without waiting and waiting;
    with one since which two tasks have changed, three times; and with the one that then came last.
    """
    tasks = make(server, 2)
    watcher = Watcher(server)
    watcher.filter(*(task.task for task in tasks))
    version = told(watcher, "")[0]

    def answer(version: str, seconds: int = 0):
        outcome = server.target.perform(watcher.call(version, seconds=seconds))
        if isinstance(outcome, Faulted):
            return outcome.fault.kind
        return outcome.value and [(update.kind[0], update.state) for update in outcome.value.updates]

    found = [answer("made-up"), answer(version), answer(version, 1)]
    for task in tasks:
        server.set(task, "running")
    return [*found, *(answer(version) for _ in range(3))]


NO_VERSION = "InvalidCollectorVersion"
CHANGED = [("m", R), ("m", R)]
KNOWN = [("e", Q), ("e", Q)]
VERSIONS = [NO_VERSION, None, None, CHANGED, CHANGED, CHANGED]
case("unknown-version-starts-anew", VERSIONS, [KNOWN, *VERSIONS[1:]])(versions)
case("unknown-version-is-null", VERSIONS, [None, *VERSIONS[1:]])(versions)
case("unknown-version-is-an-invalid-state", VERSIONS, [STATE, *VERSIONS[1:]])(versions)
case("used-version-is-refused", VERSIONS, [*VERSIONS[:4], NO_VERSION, NO_VERSION])(versions)
case("version-is-good-for-two-uses", VERSIONS, [*VERSIONS[:5], NO_VERSION])(versions)
case("reused-version-lacks-the-first-object", VERSIONS, [*VERSIONS[:4], CHANGED[1:], CHANGED[1:]])(versions)
case("nothing-new-is-an-empty-set", VERSIONS, [NO_VERSION, [], [], CHANGED, CHANGED, CHANGED])(versions)
case("nothing-new-is-everything-again", VERSIONS, [NO_VERSION, [("m", Q)] * 2, *VERSIONS[2:]])(versions)
case("no-wait-is-refused", VERSIONS, [NO_VERSION, ARGUMENT, *VERSIONS[2:]])(versions)


def broken_off(server):
    """Break off a wait by a cancellation, then one by a logout; see whether that is done then."""
    found = []
    login(server, "waiting")
    watcher = Watcher(server, "waiting")
    watcher.filter(server.create().task)
    version = told(watcher, "")[0]
    for by in ("cancel", "logout"):
        outcome = server.target.perform(watcher.break_off(version, by))
        found.append(outcome.fault.kind if isinstance(outcome, Faulted) else outcome.value)
    assert said(server, calls.ReadRecentTask(session="waiting")) == NOT
    return found


BROKEN = ["RequestCanceled"] * 2
case("broken-off-wait-is-null", BROKEN, [None, BROKEN[1]])(broken_off)
case("broken-off-wait-is-an-invalid-state", BROKEN, [STATE, BROKEN[1]])(broken_off)
case("logout-ends-a-wait-with-null", BROKEN, [BROKEN[0], None])(broken_off)


def missing(server):
    """Make filters on what is missing, and on it beside a task, without and with the flag; give what they tell of and
    report as missing. Then retrieve both.
    """
    task = server.create().task
    found = []
    for report in (False, True):
        for watched in ((NO_TASK,), (NO_TASK, task)):
            watcher = Watcher(server)
            made = said(server, watcher.filter_call(*watched, report_missing=report))
            if made != ANSWERED:
                found.append(made)
                continue
            update = watcher.wait("")
            updates = () if update is None else (*[told.obj for told in update.updates], *update.missing)
            found.append(numbers(ref.value for ref in updates))
    retrieved = server.ok(calls.RetrieveReported(session="main", tasks=(NO_TASK, task)))
    return [*found, numbers(ref.value for ref in retrieved)]


MISSING = [GONE, GONE, [404], [1, 404], [1]]
case("filter-on-a-missing-task-is-taken", MISSING, [[], [1], *MISSING[2:]])(missing)
case("filter-on-one-missing-among-others-is-taken", MISSING, [GONE, [1], *MISSING[2:]])(missing)
case("filter-on-a-missing-task-is-an-invalid-argument", MISSING, [ARGUMENT, ARGUMENT, *MISSING[2:]])(missing)
case("missing-tasks-are-not-reported", MISSING, [GONE, GONE, [], [1], [1]])(missing)
case("missing-flag-is-not-looked-at", MISSING, [GONE] * 4 + [[1]])(missing)
case("retrieval-speaks-of-missing-tasks", MISSING, [*MISSING[:4], [404, 1]])(missing)

# --- what a fault does not touch --------------------------------------------------------------------------------------


class Transcript:
    """A server that writes down what comes back from every call."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.outcomes = []

    def ask(self, call):
        """Perform a call, and give its value if it has one."""
        outcome = self.server.target.perform(call)
        self.outcomes.append((call, outcome))
        return outcome.value if isinstance(outcome, Returned) else None


def tell_tasks(transcript: Transcript) -> None:
    """Tasks, recentTask, extensions, descriptions, sessions, scheduled tasks: nothing of these areas."""
    ask, place = transcript.ask, transcript.server.place
    made = [
        ask(calls.CreateTask(session=session, obj=place("vm"), task_type_id=WORK, cancelable=cancelable))
        for session, cancelable in (("main", True), ("second", False), ("restricted", True), ("nobody", True))
    ][:2]
    one, two = (info.task for info in made)
    child = ask(
        calls.CreateTask(
            session="main", obj=place("hidden"), task_type_id=REST, cancelable=True, parent_task_key=made[0].key
        )
    ).task
    ask(calls.CreateTask(session="main", obj=place("vm"), task_type_id="unknown", cancelable=True))
    for task, state, more in (
        (one, "running", {}),
        (one, "success", {"result": place("vm")}),
        (one, "error", {"fault": "NotFound"}),
        (two, "error", {"result": "none"}),
        (two, "error", {"fault": "NotFound"}),
        (child, "running", {}),
    ):
        ask(calls.SetTaskState(session="main", task=task, state=state, **more))
    ask(calls.UpdateProgress(session="main", task=child, percent_done=101))
    ask(calls.SetTaskDescription(session="main", task=child, key="a.b", args=(("c", "d"),)))
    for task in (two, child, child):
        ask(calls.CancelTask(session="main", task=task))
    ask(calls.RegisterExtension(session="main", key="org.example", version="1", task_ids=("org.example.one",)))
    schedule = ask(calls.CreateScheduledTask(session="main", entity=place("vm"), name="Plan", task_type_id=WORK))
    ask(calls.RunScheduledTask(session="main", scheduled_task=schedule))
    for seconds in (0, 1, 660):
        ask(calls.AdvanceClock(session="main", seconds=seconds))
        for session in ("main", "restricted", "nobody"):
            ask(calls.ReadTaskInfo(session=session, tasks=(one, two, child)))
            ask(calls.ReadRecentTask(session=session))
            ask(calls.WaitForRecentTask(session=session, fresh=True))
    ask(calls.UnregisterExtension(session="main", key="org.example"))
    for session in ("main", "second", "nobody"):
        ask(calls.ReadDescription(session=session))
        ask(calls.ReadMaxCollector(session=session))
        ask(calls.ReadExtensionList(session=session))
    ask(calls.Logout(session="second"))
    ask(calls.ReadRecentTask(session="second"))


def some_tasks(transcript: Transcript) -> list[ObjectRef]:
    """Make six tasks, the second and the fifth of them completed."""
    made = [
        transcript.ask(
            calls.CreateTask(session="main", obj=transcript.server.place("vm"), task_type_id=WORK, cancelable=True)
        ).task
        for _ in range(6)
    ]
    for at, state in ((1, "success"), (4, "error")):
        transcript.ask(calls.SetTaskState(session="main", task=made[at], state=state))
    return made


def tell_collectors(transcript: Transcript) -> None:
    """Collectors that are made, show their filter, and are destroyed, or not made."""
    ask = transcript.ask
    specs = (TaskFilterSpec(state=("error", "success")), TaskFilterSpec(), TaskFilterSpec(tag=("", "red")), None)
    made = [ask(calls.CreateCollectorForTasks(session="main", filter=spec)) for spec in specs]
    for ref in made[:3]:
        ask(calls.ReadCollectorFilter(session="main", collector=ref))
        ask(destroy(ref))
        ask(destroy(ref))
        ask(calls.ReadCollectorFilter(session="main", collector=ref))
        ask(calls.ReadNextTasks(session="main", collector=ref, max_count=1))
    ask(calls.CreateCollectorForTasks(session="nobody", filter=TaskFilterSpec()))


def tell_filters(transcript: Transcript) -> None:
    """What filters of several kinds hold, in whatever order."""
    some_tasks(transcript)
    place = transcript.server.place
    for spec in (
        TaskFilterSpec(state=("success",)),
        TaskFilterSpec(state=("queued", "error")),
        TaskFilterSpec(entity=ByEntity(entity=place("folder"), recursion="children"), tag=("",)),
        TaskFilterSpec(entity=ByEntity(entity=place("vm"), recursion="self")),
        TaskFilterSpec(user_name=users(ADA)),
        TaskFilterSpec(event_chain_id=(1_001, 1_003)),
    ):
        ref = transcript.ask(calls.CreateCollectorForTasks(session="main", filter=spec))
        transcript.outcomes.append((ref, set(transcript.server.page(ref))))


def tell_pages(transcript: Transcript) -> None:
    """Pages in both directions, from three places."""
    some_tasks(transcript)
    ask = transcript.ask
    ref = ask(calls.CreateCollectorForTasks(session="main", filter=TaskFilterSpec()))
    given = {"session": "main", "collector": ref}
    for start in (None, calls.RewindCollector, calls.ResetCollector):
        if start is not None:
            ask(start(**given))
        for count in (2, 3, 4, 1):
            ask(calls.ReadNextTasks(**given, max_count=count))
        for count in (1, 9, 1):
            ask(calls.ReadPreviousTasks(**given, max_count=count))


def tell_latest_pages(transcript: Transcript) -> None:
    """Latest pages of several sizes, as they are read, and how they grow."""
    some_tasks(transcript)
    ask = transcript.ask
    given = {"session": "main"}
    given["collector"] = ask(calls.CreateCollectorForTasks(session="main", filter=TaskFilterSpec()))
    for size in (3, 5, 2, -1, 12):
        ask(calls.SetCollectorPageSize(**given, max_count=size))
        ask(calls.ReadLatestPage(**given))
        some_tasks(transcript)
        ask(calls.ReadLatestPage(**given))


def tell_updates(transcript: Transcript) -> None:
    """Views and filters over tasks, and what is told of them."""
    made = some_tasks(transcript)
    ask = transcript.ask
    view = ask(calls.CreateListView(session="main", objs=tuple(made[:3])))
    ask(calls.ModifyListView(session="main", view=view, add=(made[4], NO_TASK), remove=(made[0],)))
    ask(calls.ReadView(session="main", view=view))
    ref = ask(calls.CreatePropertyCollector(session="main"))
    made_filter = ask(calls.CreateFilter(session="main", collector=ref, watched=(view,)))
    wait = {"session": "main", "collector": ref}
    version = ""
    for at in (2, 2, 1):
        found = ask(calls.WaitForUpdatesEx(**wait, version=version))
        version = version if found is None else found.version
        ask(calls.SetTaskState(session="main", task=made[at], state="running"))
    ask(calls.WaitForUpdatesEx(**wait, version=version))
    ask(calls.WaitForUpdatesEx(**wait, version="made-up"))
    ask(calls.CreateFilter(session="main", collector=ref, watched=(NO_TASK,)))
    ask(calls.DestroyPropertyFilter(session="main", filter=made_filter))
    ask(calls.DestroyView(session="main", view=view))
    ask(calls.ReadView(session="main", view=view))
    ask(calls.ReadView(session="second", view=view))


TELLERS = {
    "tasks": tell_tasks,
    "collector": tell_collectors,
    "filter": tell_filters,
    "page": tell_pages,
    "latest": tell_latest_pages,
    "watch": tell_updates,
}


def outcomes(area: str, server: Server) -> list:
    """Give all that comes back from the calls of an area."""
    transcript = Transcript(server)
    TELLERS[area](transcript)
    return transcript.outcomes


@cache
def right_outcomes(area: str) -> list:
    """Give what comes back from the simulator."""
    return outcomes(area, Server())


def touched(bug: dict) -> set[str]:
    """Give the areas of the clauses that a fault may break."""
    return {clause.partition(".")[0] for clause in (*bug["clauses"], *bug.get("also", ()))}


@pytest.mark.parametrize("bug", FROZEN, ids=[bug["id"] for bug in FROZEN])
def test_a_fault_leaves_the_other_areas_alone(bug):
    for area in TELLERS.keys() - touched(bug):
        assert outcomes(area, faulty(bug["id"])) == right_outcomes(area), area


# --- the table --------------------------------------------------------------------------------------------------------


def test_every_frozen_fault_has_a_simulator_and_a_case():
    frozen = [bug["id"] for bug in FROZEN]
    assert len(frozen) == len(set(frozen))
    assert set(mutant_names()) > set(frozen) == set(CASES)


def test_every_fault_breaks_clauses_and_every_clause_that_binds_is_broken():
    named = {clause for bug in FROZEN for clause in (*bug["clauses"], *bug.get("also", ()))}
    assert {CLAUSES[clause].level for clause in named} <= {"M", "S"}
    broken = {clause for bug in FROZEN for clause in bug["clauses"]}
    binding = {clause.id for clause in CLAUSES.values() if clause.area in AREAS and clause.level == "M"}
    # no call reads a view spec; those that are newer than this list have mutants of their own
    assert binding - broken - NEWER == {"collector.view-spec"}


@pytest.mark.parametrize("fault", CASES)
def test_a_fault_changes_what_it_says(fault):
    ask, right, wrong, options = CASES[fault]
    assert ask(Server(**options)) == right
    assert ask(faulty(fault, **options)) == wrong
    assert right != wrong
