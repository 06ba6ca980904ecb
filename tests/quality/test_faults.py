"""The seeded faults: each does what its frozen description says, beside the simulator, which does not.

Every test asks two servers the same: `right` is the simulator, `wrong` the one with the fault.
"""

from __future__ import annotations

import pytest
from test_simulator import REST, WORK, Server, Watcher

from taskconform.conformance.qualification.mutants.registry import (
    LISTS,
    frozen_bugs,
    mutant_names,
    open_target,
    specification_of,
)
from taskconform.conformance.targets.builtin import EXTENSION_KEY
from taskconform.conformance.targets.protocol import TargetMisnamed
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import ByEntity, ByTime, ByUsername, ObjectRef, TaskFilterSpec

ADA = "CONFORM.TEST\\Ada"
GONE = "ManagedObjectNotFound"


def servers(bug: str, **options: str) -> tuple[Server, Server]:
    """Start a simulator, and the same with the fault."""
    return Server(**options), Server(specification_of(bug), **options)


def seen(ask, bug: str, **options: str):
    """Give what either server shows."""
    return tuple(ask(server) for server in servers(bug, **options))


def login(server: Server, session: str, account: str = "primary") -> None:
    server.ok(calls.Login(session=session, account=account))


def logout(server: Server, session: str) -> None:
    server.ok(calls.Logout(session=session))


def rewind(server: Server, collector: ObjectRef) -> None:
    server.ok(calls.RewindCollector(session="main", collector=collector))


def reset(server: Server, collector: ObjectRef) -> None:
    server.ok(calls.ResetCollector(session="main", collector=collector))


def resize(server: Server, collector: ObjectRef, count: int) -> None:
    server.ok(calls.SetCollectorPageSize(session="main", collector=collector, max_count=count))


def numbers(keys) -> list[int]:
    """Give tasks by the order of their creation."""
    return [int(key.rpartition("-")[2]) for key in keys]


def pages(server: Server, collector: ObjectRef, *counts: int) -> list[list[int]]:
    """Read one page after the other."""
    return [numbers(server.page(collector, count)) for count in counts]


# --- the table --------------------------------------------------------------------------------------------------------


def test_every_frozen_bug_has_a_simulator():
    assert list(mutant_names()) == [bug for name in LISTS for bug in frozen_bugs(name)]


@pytest.mark.parametrize("bug", [*frozen_bugs("ten_bugs"), *frozen_bugs("twenty_bugs")])
def test_a_faulty_target_opens_starts_and_says_what_it_is(bug):
    target = open_target({"mutant": bug, "cap": "3"})
    assert target.declaration.name == f"builtin with {bug}"
    server = Server.__new__(Server)
    server.target = target
    login(server, "main")
    server.register()
    collector = server.collector()
    watcher = Watcher(server)
    watcher.filter(server.view(server.create().task))
    version, told = watcher.told("")
    assert [state for _, _, state in told] == ["queued"]
    assert watcher.wait(version) is None
    assert len(server.page(collector)) == 2


@pytest.mark.parametrize("options", [{}, {"fault": "none"}])
def test_a_fault_that_is_not_there_is_refused(options):
    with pytest.raises(TargetMisnamed, match="rewinds-only-once"):
        open_target(options)


# --- collectors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("time", "shown"),
    [
        (
            ByTime(time_type="queuedTime", begin_time=5, end_time=7),
            ByTime(time_type="queuedTime", begin_time=7, end_time=5),
        ),
        (ByTime(time_type="startedTime", begin_time=5), ByTime(time_type="startedTime", begin_time=5)),
        (ByTime(time_type="completedTime", end_time=5), ByTime(time_type="completedTime", end_time=5)),
        (None, None),
    ],
)
def test_filter_shown_with_bounds_swapped(time, shown):
    def ask(server):
        collector = server.collector(time=time, state=("queued",))
        read = calls.ReadCollectorFilter(session="main", collector=collector)
        assert server.ok(read) == server.ok(read)
        return server.ok(read).value

    right, wrong = seen(ask, "filter-shown-with-bounds-swapped")
    assert right == TaskFilterSpec(time=time, state=("queued",))
    assert wrong == TaskFilterSpec(time=shown, state=("queued",))


def test_a_filter_with_bounds_swapped_is_used_as_given():
    def ask(server):
        server.create()
        now = server.target.state.now
        return server.keys(time=ByTime(time_type="queuedTime", begin_time=now - 10, end_time=now + 10))

    assert seen(ask, "filter-shown-with-bounds-swapped") == (["task-1"], ["task-1"])


@pytest.mark.parametrize("how", ["logout", "login"])
def test_logout_skips_every_second_collector(how):
    def ask(server):
        for _ in range(3):
            server.create()
        login(server, "old")
        login(server, "there")
        made = [server.collector(session="old") for _ in range(5)]
        server.page(made[1], 2, session="old")
        if how == "logout":
            logout(server, "old")
        login(server, "old", "second" if how == "login" else "primary")
        login(server, "new")
        reads = {s: [calls.ReadCollectorFilter(session=s, collector=ref) for ref in made] for s in ("new", "there")}
        for read in reads["there"]:
            assert server.kind(read) == GONE
        for ref in made:
            assert server.kind(calls.ReadCollectorFilter(session="second", collector=ref)) == GONE
            assert server.kind(calls.ReadCollectorFilter(session="nobody", collector=ref)) == "NotAuthenticated"
        return [not hasattr(server.target.perform(read), "fault") for read in reads["new"]]

    right, wrong = seen(ask, "logout-skips-every-second-collector")
    assert right == [False] * 5
    assert wrong == [False, True, False, True, False]


def test_a_collector_that_was_skipped_goes_on_and_takes_no_place():
    _, server = servers("logout-skips-every-second-collector", max_collector="2")
    for _ in range(3):
        server.create()
    login(server, "old")
    _, kept = [server.collector(session="old") for _ in range(2)]
    assert numbers(server.page(kept, 2, session="old")) == [1, 2]
    logout(server, "old")
    login(server, "new")
    assert numbers(server.page(kept, 2, session="new")) == [3]
    watcher = Watcher(server, "new")
    watcher.filter(kept)
    assert len(watcher.wait("").updates[0].latest_page) == 3
    own = [server.collector(session="new") for _ in range(2)]
    assert server.kind(calls.CreateCollectorForTasks(session="new", filter=TaskFilterSpec())) == "InvalidState"
    logout(server, "new")
    login(server, "newer")
    login(server, "newest")
    assert server.page(own[1], session="newer")
    assert server.kind(calls.ReadLatestPage(session="newer", collector=own[0])) == GONE
    server.ok(calls.DestroyCollector(session="newest", collector=kept))
    login(server, "last")
    for session in ("newer", "newest", "last"):
        assert server.kind(calls.ReadLatestPage(session=session, collector=kept)) == GONE


def test_a_single_collector_is_not_skipped():
    _, server = servers("logout-skips-every-second-collector")
    login(server, "old")
    collector = server.collector(session="old")
    logout(server, "old")
    login(server, "new")
    assert server.kind(calls.ReadLatestPage(session="new", collector=collector)) == GONE


def test_destroyed_collector_still_shows_its_properties():
    right, wrong = servers("destroyed-collector-still-shows-its-properties", max_collector="1")
    for server in (right, wrong):
        task = server.create()
        collector = server.collector(state=("queued", "running"))
        properties = [
            calls.ReadCollectorFilter(session="main", collector=collector),
            calls.ReadLatestPage(session="main", collector=collector),
        ]
        before = [server.ok(read) for read in properties]
        server.ok(calls.DestroyCollector(session="main", collector=collector))
        server.set(task, "running")
        server.create()
        for call in (
            calls.ReadNextTasks(session="main", collector=collector, max_count=1),
            calls.RewindCollector(session="main", collector=collector),
            calls.SetCollectorPageSize(session="main", collector=collector, max_count=1),
            calls.DestroyCollector(session="main", collector=collector),
            calls.ReadLatestPage(session="second", collector=collector),
            Watcher(server).filter_call(collector),
        ):
            assert server.kind(call) == GONE
        server.collector()
        if server is wrong:
            assert [server.ok(read) for read in properties] == before
            assert [info.state for info in before[1].value] == ["queued"]
            logout(server, "main")
            login(server, "main")
        for read in properties:
            assert server.kind(read) == GONE


# --- filters ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recursion", "held"), [("self", [1]), ("children", [2, 3, 4, 5, 6]), ("all", [1, 2, 3, 4, 5, 6])]
)
def test_children_end_at_the_grandchildren(recursion, held):
    def ask(server):
        root = server.place("root")
        collector = server.collector(entity=ByEntity(entity=root, recursion=recursion))
        near = server.folder(root)
        middle = server.folder(near)
        far = server.folder(middle)
        for entity in (root, near, middle, far, server.place("folder"), server.place("vm")):
            server.create(entity)
        server.destroyed(middle)
        return [number for number in numbers(server.page(collector)) if number <= 6]

    right, wrong = seen(ask, "children-end-at-the-grandchildren")
    assert right == held
    assert wrong == ([2, 3, 5] if recursion == "children" else held)


@pytest.mark.parametrize("recursion", ["self", "children", "all"])
def test_children_of_a_folder_near_the_bottom_are_all_held(recursion):
    def ask(server):
        for role, index in (("folder", 0), ("vm", 0), ("folder", 1), ("vm", 4)):
            server.create(server.place(role, index))
        return numbers(server.keys(entity=ByEntity(entity=server.place("folder"), recursion=recursion)))

    right, wrong = seen(ask, "children-end-at-the-grandchildren")
    assert right == wrong


@pytest.mark.parametrize("time_type", ["queuedTime", "startedTime", "completedTime"])
@pytest.mark.parametrize("bounds", ["end", "begin", "both", "none"])
def test_live_tasks_completed_before_any_end(time_type, bounds):
    def ask(server):
        early = server.create()
        server.set(early, "running")
        server.set(early, "success")
        middle = server.target.state.now
        live, late = server.create(), server.create()
        server.set(live, "running")
        server.set(late, "error")
        server.create()
        by = ByTime(
            time_type=time_type,
            begin_time=middle - 10_000 if bounds in {"begin", "both"} else None,
            end_time=middle if bounds in {"end", "both"} else None,
        )
        collector = server.collector(time=by)
        held = numbers(server.page(collector))
        server.set(live, "success")
        rewind(server, collector)
        return held, numbers(server.page(collector))

    right, wrong = seen(ask, "live-tasks-completed-before-any-end")
    if (time_type, bounds) == ("completedTime", "end"):
        assert right == ([1], [1])
        assert wrong == ([1, 2, 4], [1, 4])
    else:
        assert right == wrong


@pytest.mark.parametrize(
    ("parts", "right", "wrong"),
    [
        ({"user_name": ByUsername(system_user=False, user_list=(ADA,)), "state": ("success",)}, [2], [1, 2]),
        ({"user_name": ByUsername(system_user=False), "state": ("success",)}, [2, 3], [2, 3]),
        ({"state": ("success",)}, [2, 3], [2, 3]),
        ({"user_name": ByUsername(system_user=False, user_list=(ADA,)), "parent_task_key": ("task-1",)}, [], []),
    ],
)
def test_state_ignored_beside_a_user_list(parts, right, wrong):
    def ask(server):
        server.create()
        server.ended()
        server.set(server.create(session="second"), "success")
        collector = server.collector(**parts)
        shown = server.ok(calls.ReadCollectorFilter(session="main", collector=collector)).value
        assert shown == TaskFilterSpec(**parts)
        return numbers(server.page(collector))

    assert seen(ask, "state-ignored-beside-a-user-list") == (right, wrong)


@pytest.mark.parametrize(
    ("tags", "right", "wrong"),
    [(("",), [1], [1]), (("", "red"), [1, 3], [3]), (("blue", ""), [1], []), (("red", "blue"), [3], [3])],
)
def test_empty_tag_counts_only_alone(tags, right, wrong):
    def ask(server):
        for tag in (None, "green", "red"):
            server.tag(server.create().key, tag)
        return numbers(server.keys(tag=tags))

    assert seen(ask, "empty-tag-counts-only-alone") == (right, wrong)


def test_root_filter_looks_at_the_parent():
    def ask(server):
        keys = [server.create().key]
        for _ in range(3):
            keys.append(server.create(parent_task_key=keys[-1]).key)
        roots = [numbers(server.keys(root_task_key=(key,))) for key in keys]
        parents = [numbers(server.keys(parent_task_key=(key,))) for key in keys]
        assert parents == [[2], [3], [4], []]
        items = server.ok(calls.ReadNextTasks(session="main", collector=server.collector(), max_count=9))
        assert [item.root_task_key for item in items] == [None, keys[0], keys[0], keys[0]]
        return roots

    right, wrong = seen(ask, "root-filter-looks-at-the-parent")
    assert right == [[2, 3, 4], [], [], []]
    assert wrong == [[2], [3], [4], []]


# --- pages ------------------------------------------------------------------------------------------------------------


def test_one_max_count_throughout_hides_the_page_number():
    def ask(server):
        collector = server.collector()
        read = []
        for _ in range(3):
            server.create()
            server.create()
            read += pages(server, collector, 3, 3)
        return read

    right, wrong = seen(ask, "position-is-a-page-number")
    assert right == wrong == [[1, 2], [], [3, 4], [], [5, 6], []]


@pytest.mark.parametrize(
    ("counts", "right", "wrong"),
    [
        ((2, 4, 4), [[1, 2], [3, 4, 5, 6], [7, 8, 9]], [[1, 2], [5, 6, 7, 8], [9]]),
        ((4, 2, 9), [[1, 2, 3, 4], [5, 6], [7, 8, 9]], [[1, 2, 3, 4], [3, 4], []]),
        ((9, 1, 1), [[1, 2, 3, 4, 5, 6, 7, 8, 9], [], []], [[1, 2, 3, 4, 5, 6, 7, 8, 9], [2], [3]]),
    ],
)
def test_position_is_a_page_number(counts, right, wrong):
    def ask(server):
        for _ in range(9):
            server.create()
        collector = server.collector()
        first = pages(server, collector, *counts)
        rewind(server, collector)
        assert pages(server, collector, *counts) == first
        return first

    assert seen(ask, "position-is-a-page-number") == (right, wrong)


def test_the_page_number_counts_from_where_the_position_was_put():
    def ask(server):
        for _ in range(9):
            server.create()
        collector = server.collector()
        read = [*pages(server, collector, 1, 2), numbers(server.back(collector, 2))]
        read += pages(server, collector, 1, 3)
        resize(server, collector, 5)
        reset(server, collector)
        return read + pages(server, collector, 1, 2)

    right, wrong = seen(ask, "position-is-a-page-number")
    assert right == [[1], [2, 3], [3, 2], [2], [3, 4, 5], [5], [6, 7]]
    assert wrong == [[1], [3, 4], [4, 3], [3], [6, 7, 8], [5], [7, 8]]


@pytest.mark.parametrize("count", range(1, 7))
def test_last_single_item_joins_the_page(count):
    def ask(server):
        for _ in range(5):
            server.create()
        collector = server.collector()
        read = pages(server, collector, count, count, count)
        return read, numbers(server.back(collector, count))

    right, wrong = seen(ask, "last-single-item-joins-the-page")
    assert all(len(page) <= count for page in right[0])
    expected = {2: [[1, 2], [3, 4, 5], []], 4: [[1, 2, 3, 4, 5], [], []]}
    assert wrong[0] == expected.get(count, right[0])
    assert len(wrong[1]) == min(count, 5)


def test_last_single_item_joins_a_page_of_one():
    def ask(server):
        server.create()
        server.create()
        return pages(server, server.collector(), 1, 1)

    assert seen(ask, "last-single-item-joins-the-page") == ([[1], [2]], [[1, 2], []])


def test_rewinds_only_once():
    def ask(server):
        for _ in range(3):
            server.create()
        collector, other = server.collector(), server.collector()
        rewind(server, collector)
        read = pages(server, collector, 2)
        rewind(server, collector)
        read += pages(server, collector, 2)
        pages(server, other, 3)
        rewind(server, other)
        read += pages(server, other, 1)
        resize(server, collector, 2)
        reset(server, collector)
        rewind(server, collector)
        return read + pages(server, collector, 9)

    right, wrong = seen(ask, "rewinds-only-once")
    assert right == [[1, 2], [1, 2], [1], [1, 2, 3]]
    assert wrong == [[1, 2], [3], [1], [2, 3]]


@pytest.mark.parametrize("parts", [{}, {"state": ("queued",), "entity": "vm"}])
def test_equal_filters_share_a_position(parts):
    def ask(server):
        parts_given = dict(parts)
        if parts:
            parts_given["entity"] = ByEntity(entity=server.place("vm"), recursion="all")
        for _ in range(4):
            server.create()
        one, two = server.collector(**parts_given), server.collector(**parts_given)
        different = server.collector(state=("queued", "running"))
        stranger = server.collector(session="second", **parts_given)
        read = pages(server, one, 2) + pages(server, two, 1)
        rewind(server, two)
        read += [*pages(server, one, 1), numbers(server.back(two, 1))]
        resize(server, two, 1)
        reset(server, two)
        read += [*pages(server, one, 1), sorted(numbers(server.latest(one)))]
        server.collector(**parts_given)
        assert pages(server, different, 1) == [[1]]
        assert numbers(server.page(stranger, 1, session="second")) == [1]
        return read + pages(server, one, 9)

    right, wrong = seen(ask, "equal-filters-share-a-position")
    assert right == [[1, 2], [1], [3], [], [4], [1, 2, 3, 4], []]
    assert wrong == [[1, 2], [3], [1], [1], [4], [1, 2, 3, 4], [1, 2, 3, 4]]


# --- the latest page --------------------------------------------------------------------------------------------------


def test_full_latest_page_is_silent():
    def ask(server):
        collector = server.collector()
        resize(server, collector, 2)
        watcher = Watcher(server)
        watcher.filter(collector)
        version = watcher.told("")[0]
        told = []
        for number in (1, 2, 3):
            server.create()
            found = watcher.wait(version)
            told.append(found is not None)
            version = version if found is None else found.version
            assert numbers(sorted(server.latest(collector))) == list(range(max(1, number - 1), number + 1))
        (update,) = watcher.wait("").updates
        assert sorted(info.key for info in update.latest_page) == ["task-2", "task-3"]
        return told

    assert seen(ask, "full-latest-page-is-silent") == ([True, True, True], [True, True, False])


@pytest.mark.parametrize("followed", [False, True])
def test_smaller_page_waits_for_the_next_task(followed):
    def ask(server):
        for _ in range(4):
            server.create()
        collector = server.collector(entity=ByEntity(entity=server.place("vm"), recursion="self"))
        watcher = Watcher(server)
        sizes = []
        resize(server, collector, 3)
        if followed:
            watcher.filter(collector)
            resize(server, collector, 2)
            sizes.append(len(watcher.wait("").updates[0].latest_page))
        else:
            sizes.append(len(server.latest(collector)))
            resize(server, collector, 2)
        sizes.append(len(server.latest(collector)))
        server.create(server.place("host"))
        sizes.append(len(server.latest(collector)))
        server.create()
        sizes.append(len(server.latest(collector)))
        resize(server, collector, 1)
        sizes.append(len(server.latest(collector)))
        resize(server, collector, 4)
        return [*sizes, len(server.latest(collector))]

    right, wrong = seen(ask, "smaller-page-waits-for-the-next-task")
    assert right == [2 if followed else 3, 2, 2, 2, 1, 4]
    assert wrong == [3, 3, 3, 2, 2, 4]


# --- extensions and the description -----------------------------------------------------------------------------------


def test_unregister_leaves_ids_added_by_update():
    def ask(server):
        added, dropped = "org.example.added", "org.example.dropped"
        for ids in ((WORK, dropped), (WORK, added)):
            server.ok(calls.UpdateExtension(session="main", key=EXTENSION_KEY, version="2", task_ids=ids))
        server.ok(calls.UnregisterExtension(session="main", key=EXTENSION_KEY))
        assert server.ok(calls.FindExtension(session="main", key=EXTENSION_KEY)) is None
        assert server.ok(calls.ReadExtensionList(session="main")).value == ()
        methods = {method.key for method in server.ok(calls.ReadDescription(session="main")).value.method_info}
        assert methods.isdisjoint({WORK, REST, added, dropped})
        schedule = calls.CreateScheduledTask(session="main", entity=server.place("vm"), name="s", task_type_id=added)
        assert server.kind(schedule) == "InvalidArgument"
        tries = [
            calls.CreateTask(session="main", obj=server.place("vm"), task_type_id=task_id, cancelable=True)
            for task_id in (WORK, REST, dropped, added)
        ]
        return [getattr(getattr(server.target.perform(call), "fault", None), "kind", None) for call in tries]

    right, wrong = seen(ask, "unregister-leaves-ids-added-by-update")
    assert right == ["InvalidArgument"] * 4
    assert wrong == ["InvalidArgument"] * 3 + [None]


def test_refused_update_is_kept():
    def ask(server):
        update = {"version": "2", "task_ids": ("org.example.new",)}
        for key in (EXTENSION_KEY, "org.example.unknown"):
            assert server.kind(calls.UpdateExtension(session="restricted", key=key, **update)) == "NoPermission"
        broken = calls.UpdateExtension(session="restricted", key=EXTENSION_KEY, version="", task_ids=())
        assert server.kind(broken) == "NoPermission"
        (extension,) = server.ok(calls.ReadExtensionList(session="main")).value
        assert server.ok(calls.FindExtension(session="main", key=EXTENSION_KEY)) == extension
        methods = {method.key for method in server.ok(calls.ReadDescription(session="main")).value.method_info}
        assert methods >= set(extension.task_ids)
        server.create(task_type_id=extension.task_ids[0])
        return extension.version, extension.task_ids

    right, wrong = seen(ask, "refused-update-is-kept")
    assert right == ("1.0.0", (WORK, REST))
    assert wrong == ("2", ("org.example.new",))


def test_second_read_lacks_the_last_method():
    right, wrong = servers("second-read-lacks-the-last-method")
    for server in (right, wrong):
        read = calls.ReadDescription(session="main")
        whole = server.ok(read).value
        again = server.ok(read).value
        assert server.ok(read).value == again
        assert (again.state, again.reason) == (whole.state, whole.reason)
        gone = [method.key for method in whole.method_info if method not in again.method_info]
        assert gone == (["HostSystem.exitMaintenanceMode"] if server is wrong else [])
        assert server.ok(calls.ReadDescription(session="second")).value == whole
        login(server, "main")
        assert server.ok(read).value == whole


# --- watching ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_view", [True, False])
def test_second_change_between_two_waits_is_lost(by_view):
    def ask(server):
        one, two = server.create(), server.create()
        watcher = Watcher(server)
        watcher.filter(*([server.view(one.task, two.task)] if by_view else [one.task, two.task]))
        version, first = watcher.told("")
        assert {state for _, _, state in first} == {"queued"}
        server.set(one, "running")
        server.set(one, "success")
        server.set(two, "running")
        version, told = watcher.told(version)
        then = watcher.wait(version)
        assert server.info(one).state == "success"
        server.set(two, "error")
        assert watcher.told(version)[1] == [("modify", two.key, "error")]
        assert ("enter", one.key, "success") in watcher.told("")[1]
        return {key: state for _, key, state in told}, then

    right, wrong = seen(ask, "second-change-between-two-waits-is-lost")
    assert right == ({"task-1": "success", "task-2": "running"}, None)
    assert wrong == ({"task-1": "running", "task-2": "running"}, None)


def test_a_change_and_its_undoing_are_one_change_told():
    def ask(server):
        task = server.create()
        watcher = Watcher(server)
        watcher.filter(task.task)
        version = watcher.told("")[0]
        server.set(task, "running")
        server.set(task, "queued")
        found = watcher.wait(version)
        return found and [update.state for update in found.updates]

    assert seen(ask, "second-change-between-two-waits-is-lost") == (None, ["running"])


def test_one_change_between_two_waits_is_told_also_to_a_version_used_again():
    def ask(server):
        task, other = server.create(), server.create()
        watcher = Watcher(server)
        watcher.filter(task.task)
        watcher.filter(task.task, other.task)
        first = watcher.told("")[0]
        told = []
        for state in ("running", "queued", "running", "success"):
            server.set(task, state)
            found = watcher.wait(first)
            told.append(None if found is None else [update.state for update in found.updates])
        return told

    right, wrong = seen(ask, "second-change-between-two-waits-is-lost")
    assert right == wrong == [["running"] * 2, None, ["running"] * 2, ["success"] * 2]


def test_a_task_that_enters_or_leaves_is_told_as_it_is():
    def ask(server):
        one, two = server.create(), server.create()
        view = server.view(one.task)
        watcher = Watcher(server)
        watcher.filter(view)
        version = watcher.told("")[0]
        server.ok(calls.ModifyListView(session="main", view=view, add=(two.task,), remove=(one.task,)))
        for task in (one, two):
            server.set(task, "running")
            server.set(task, "success")
        return watcher.told(version)[1]

    right, wrong = seen(ask, "second-change-between-two-waits-is-lost")
    assert right == wrong == [("enter", "task-2", "success"), ("leave", "task-1", None)]


def test_of_a_suspended_calculation_the_first_change_is_told_too():
    def ask(server):
        tasks = [server.create() for _ in range(3)]
        watcher = Watcher(server)
        watcher.filter(*[task.task for task in tasks])
        version = watcher.told("")[0]
        for task in tasks:
            server.set(task, "running")
            server.set(task, "error")
        states = []
        for _ in tasks:
            version, told = watcher.told(version, 1)
            states += [state for _, _, state in told]
        return states, watcher.wait(version)

    right, wrong = seen(ask, "second-change-between-two-waits-is-lost")
    assert right == (["error"] * 3, None)
    assert wrong == (["running"] * 3, None)


def test_modify_with_both_lists_only_adds():
    def ask(server):
        one, two, three = (server.create() for _ in range(3))
        view = server.view(one.task, two.task)
        nowhere = ObjectRef(type="Task", value="task-404")
        both = calls.ModifyListView(session="main", view=view, add=(three.task, nowhere), remove=(one.task,))
        assert server.ok(both) == (nowhere,)
        watcher = Watcher(server)
        watcher.filter(view)
        shown = numbers(ref.value for ref in server.viewed(view))
        assert numbers(key for _, key, _ in watcher.told("")[1]) == shown
        server.ok(calls.ModifyListView(session="main", view=view, remove=(one.task, three.task)))
        assert server.viewed(view) == (two.task,)
        server.ok(calls.ModifyListView(session="main", view=view, add=(one.task,)))
        server.ok(calls.ResetListView(session="main", view=view, objs=(three.task,)))
        assert server.viewed(view) == (three.task,)
        return shown

    assert seen(ask, "modify-with-both-lists-only-adds") == ([2, 3], [1, 2, 3])


def test_changes_are_handed_out_once():
    def ask(server):
        one, two = server.create(), server.create()
        watcher = Watcher(server)
        watcher.filter(server.view(one.task, two.task))
        first = watcher.told("")[0]
        server.set(one, "running")
        second, told = watcher.told(first)
        assert told == [("modify", one.key, "running")]
        again = watcher.wait(first)
        server.set(two, "running")
        changed = watcher.told(first)[1]
        server.set(two, "success")
        last, _ = watcher.told("")
        assert len(watcher.told("")[1]) == 2
        server.set(one, "success")
        assert ("modify", one.key, "success") in watcher.told(last)[1]
        assert server.kind(watcher.call("never")) == "InvalidCollectorVersion"
        return again is None, numbers(key for _, key, _ in changed), second != first

    right, wrong = seen(ask, "changes-are-handed-out-once")
    assert right == (False, [1, 2], True)
    assert wrong == (True, [2], True)
