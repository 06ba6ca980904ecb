"""The specification under choices that are not its defaults: what a reader of it found to go wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from immutables import Map

from taskconform.model.spec.choices import DEFAULT
from taskconform.model.spec.step import step
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import ObjectRef, TaskFilterSpec
from taskconform.model.vocabulary.outcomes import Faulted, TaskDescription
from taskconform.model.vocabulary.words import evolve
from taskconform.strategies.tours.scope import KEY, MACHINE, MAIN, OTHER, ROOT, SET_UP, WORK, first_state

if TYPE_CHECKING:
    from taskconform.model.spec.state import State


class Server:
    """A server of the small scope, with choices of its own."""

    def __init__(self, state: State | None = None, **choices: str) -> None:
        self.choices = evolve(DEFAULT, **choices)
        state = state or first_state()
        self.state = evolve(state, server=evolve(state.server, cap=10))
        for call in SET_UP:
            self(call)

    def __call__(self, call):
        """Perform a call, and return its value or the name of its fault."""
        self.state, outcome = step(self.state, call, self.choices)
        return outcome.fault.kind if isinstance(outcome, Faulted) else outcome.value

    def create(self, obj=MACHINE.ref, **given):
        """Make a task, and return its reference."""
        return self(calls.CreateTask(session=MAIN, obj=obj, task_type_id=WORK, cancelable=True, **given)).task

    def set(self, task, state):
        """Set a task's state."""
        return self(calls.SetTaskState(session=MAIN, task=task, state=state))

    def read(self, task):
        """Read Task.info."""
        return self(calls.ReadTaskInfo(session=MAIN, tasks=(task,)))[0].value

    def collect(self, **spec):
        """Make a task collector."""
        return self(calls.CreateCollectorForTasks(session=MAIN, filter=TaskFilterSpec(**spec)))

    def view(self, *objs):
        """Make a list view."""
        return self(calls.CreateListView(session=MAIN, objs=objs))

    def watch(self, *objs):
        """Make a property collector with a filter over objects."""
        collector = self(calls.CreatePropertyCollector(session=MAIN))
        self(calls.CreateFilter(session=MAIN, collector=collector, watched=objs, report_missing=True))
        return collector

    def wait(self, collector, version="", most=None):
        """Wait for updates, for no time."""
        return self(calls.WaitForUpdatesEx(session=MAIN, collector=collector, version=version, max_object_updates=most))


# --- the life of a task -----------------------------------------------------------------------------------------------


def test_a_task_that_is_its_own_parent_has_an_end():
    server = Server(create_parent_unknown="kept", life_progress_overall="recalculated")
    task = server.create(parent_task_key="task-1")
    assert server.set(task, "running") is None
    assert server(calls.UpdateProgress(session=MAIN, task=task, percent_done=40)) is None
    assert server.set(task, "success") is None


def test_two_tasks_that_are_each_others_parents_have_an_end():
    server = Server(create_parent_unknown="kept", life_progress_overall="recalculated")
    first = server.create(parent_task_key="task-2")
    second = server.create(parent_task_key="task-1")
    assert server.set(first, "running") is server.set(second, "running") is None
    server(calls.UpdateProgress(session=MAIN, task=second, percent_done=40))
    assert server.read(first).progress == 40


def test_a_parents_progress_is_the_mean_up_the_chain():
    server = Server(life_progress_overall="recalculated")
    head = server.create()
    middle = server.create(parent_task_key=head.value)
    leaves = [server.create(parent_task_key=middle.value) for _ in range(2)]
    for task in (head, middle, *leaves):
        server.set(task, "running")
    server(calls.UpdateProgress(session=MAIN, task=leaves[0], percent_done=50))
    assert (server.read(middle).progress, server.read(head).progress) == (25, 25)


@pytest.mark.parametrize("vcenter", [True, False])
def test_out_of_bounds_is_of_vcenter_only(vcenter):
    server = Server(life_progress_clamp_2x="out-of-bounds")
    old = evolve(server.state.server, api_version=(2, 5), vcenter=vcenter)
    server.state = evolve(server.state, server=old)
    task = server.create()
    server.set(task, "running")
    answer = server(calls.UpdateProgress(session=MAIN, task=task, percent_done=101))
    assert answer == ("OutOfBounds" if vcenter else None)


# --- tasks of an extension that is unregistered -----------------------------------------------------------------------


def test_a_task_that_is_gone_is_in_no_view():
    server = Server(extension_unregister_tasks="gone")
    view = server.view(server.create(), MACHINE.ref)
    server(calls.UnregisterExtension(session=MAIN, key=KEY))
    assert server(calls.ReadView(session=MAIN, view=view)).value == (MACHINE.ref,)


def test_a_frozen_task_stays_so():
    server = Server(extension_unregister_tasks="frozen")
    task = server.create()
    assert server.set(task, "running") is None
    server(calls.UnregisterExtension(session=MAIN, key=KEY))
    assert server.set(task, "success") == "InvalidState"
    server(calls.RegisterExtension(session=MAIN, key=KEY, version="1", task_ids=(WORK,)))
    assert server.set(task, "success") == "InvalidState"
    assert server.set(server.create(), "running") is None


def test_a_task_whose_type_is_dropped_is_not_frozen():
    server = Server(extension_unregister_tasks="frozen")
    task = server.create()
    server(calls.UpdateExtension(session=MAIN, key=KEY, version="2", task_ids=()))
    assert server.set(task, "running") is None


# --- collectors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moves", "entering", "leaving"),
    [
        ("enters-and-leaves", True, False),
        ("enters-only", True, True),
        ("leaves-only", False, False),
        ("neither", False, True),
    ],
)
def test_moves_within_one_instant_count(moves, entering, leaving):
    server = Server(filter_state_moves=moves)
    server.state = evolve(server.state, server=evolve(server.state.server, max_collector=2))
    task = server.create()
    running, queued = server.collect(state=("running",)), server.collect(state=("queued",))
    server.set(task, "running")
    pages = [server(calls.ReadNextTasks(session=MAIN, collector=one, max_count=9)) for one in (running, queued)]
    assert [bool(page) for page in pages] == [entering, leaving]


def test_all_is_before_an_empty_latest_page():
    server = Server(latest_size_zero_large="taken")
    tasks = [server.create(), server.create()]
    collector = server.collect()
    server(calls.SetCollectorPageSize(session=MAIN, collector=collector, max_count=0))
    server(calls.ResetCollector(session=MAIN, collector=collector))
    page = server(calls.ReadPreviousTasks(session=MAIN, collector=collector, max_count=9))
    assert [info.task for info in page] == tasks[::-1]
    later = server.create()
    page = server(calls.ReadNextTasks(session=MAIN, collector=collector, max_count=9))
    assert later in [info.task for info in page]


@pytest.mark.parametrize(("choice", "raised", "later"), [("at-once", [4, 3, 2, 1], 5), ("by-arrival", [4, 3], 3)])
def test_a_larger_page_takes_older_tasks_in_or_waits_for_new_ones(choice, raised, later):
    server = Server(latest_raised_size=choice)
    tasks = [server.create() for _ in range(4)]
    collector = server.collect()

    def page(size):
        if size:
            server(calls.SetCollectorPageSize(session=MAIN, collector=collector, max_count=size))
        return [info.task for info in server(calls.ReadLatestPage(session=MAIN, collector=collector)).value]

    assert page(2) == [tasks[3], tasks[2]]
    assert page(9) == [tasks[number - 1] for number in raised]
    tasks.append(server.create())
    assert len(page(0)) == later
    assert page(1) == [tasks[4]]
    assert len(page(9)) == {"at-once": 5, "by-arrival": 1}[choice]


# --- who is shown what ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("choice", "shown"), [("to-all", True), ("by-root", True), ("to-none", False)])
def test_a_task_without_an_entity(choice, shown):
    """The second user may not read the machine."""
    state = first_state()
    half = state.privileges["second"].delete(MACHINE.ref.value)
    server = Server(evolve(state, privileges=state.privileges.set("second", half)), recent_no_entity=choice)
    task = server.create(server.state.server.task_manager)
    listed = [server(calls.ReadRecentTask(session=one)).value for one in (MAIN, OTHER)]
    assert [task in refs for refs in listed] == [True, shown]
    assert (server(calls.ReadTaskInfo(session=OTHER, tasks=(task,)))[0].value is not None) == shown


def test_recent_task_is_known_as_it_was_told():
    server = Server(recent_wait_later="varying")
    server(calls.WaitForRecentTask(session=MAIN, fresh=True))
    first = server.create()
    assert not server(calls.WaitForRecentTask(session=MAIN, fresh=False)).changed
    second = server.create()
    assert server(calls.WaitForRecentTask(session=MAIN, fresh=False)).recent_task.value == (first, second)
    assert not server(calls.WaitForRecentTask(session=MAIN, fresh=False)).changed


def test_a_locale_with_its_country_comes_before_the_language():
    strings = first_state().server.catalogs["en"]
    server = Server()
    locales = Map({"en": strings, "zh_CN": strings, "zh_TW": TaskDescription(method_info=(), state=(), reason=())})
    server.state = evolve(server.state, server=evolve(server.state.server, catalogs=locales))
    for locale, found in (("zh_CN", "zh_CN"), ("zh_TW", "zh_TW"), ("en_US", "en"), ("en", "en")):
        server(calls.Login(session=OTHER, account="second", locale=locale))
        assert server.state.sessions[OTHER].locale == found
    for locale in ("zh", "en_us", "zh_HK"):
        assert server(calls.Login(session=OTHER, account="second", locale=locale)) == "InvalidLocale"
    server(calls.Login(session=OTHER, account="second", locale="zh_TW"))
    assert server(calls.ReadDescription(session=OTHER)).value.state == ()


# --- references -------------------------------------------------------------------------------------------------------


def test_an_object_of_another_type_is_another_object():
    server = Server()
    collector = server.collect()
    other = ObjectRef(type="VirtualMachine", value=collector.value)
    given = {"session": MAIN, "task_type_id": WORK, "cancelable": True}
    assert server(calls.CreateTask(obj=other, **given)) == "ManagedObjectNotFound"
    assert server(calls.CreateTask(obj=collector, **given)).entity is None


def test_a_missing_object_does_not_hide_another_of_its_value():
    server = Server()
    task = server.create()
    missing = ObjectRef(type="VirtualMachine", value=task.value)
    told = server.wait(server.watch(missing, task))
    assert told.missing == (missing,)
    assert [(one.obj, one.state) for one in told.updates] == [(task, "queued")]


def test_a_property_filter_is_there():
    server = Server()
    collector = server.watch(ROOT.ref)
    made = server(calls.CreateFilter(session=MAIN, collector=collector, watched=(ROOT.ref,)))
    assert server(calls.ReadView(session=MAIN, view=server.view(made, NEVER_THERE))).value == (made,)


NEVER_THERE = ObjectRef(type="Task", value="task-999")


# --- waiting ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("finding", [True, False])
def test_any_other_wait_discards_what_is_suspended(finding):
    server = Server()
    first, second = server.create(), server.create()
    collector = server.watch(first, second)
    whole = server.wait(collector)
    server.set(first, "running")
    server.set(second, "running")
    part = server.wait(collector, whole.version, 1)
    assert part.truncated
    for task in (first, second) if not finding else ():
        server.set(task, "queued")
    assert (server.wait(collector, whole.version) is not None) == finding
    assert server.wait(collector, part.version) == "InvalidCollectorVersion"


# --- scheduled tasks --------------------------------------------------------------------------------------------------


def test_a_scheduled_task_of_a_built_in_type_starts_a_task():
    state = first_state()
    strings = state.server.catalogs["en"]
    named = evolve(strings, method_info=(evolve(strings.state[0], key="VirtualMachine.powerOn"),))
    granted = {"ScheduledTask.Create", "ScheduledTask.Run"}
    held = state.privileges["primary"].set(ROOT.ref.value, state.privileges["primary"][ROOT.ref.value] | granted)
    state = evolve(
        state,
        server=evolve(state.server, catalogs=Map({"en": named})),
        privileges=state.privileges.set("primary", held),
    )
    server = Server(state, create_type_builtin="taken")
    made = server(
        calls.CreateScheduledTask(
            session=MAIN, name="nightly", entity=MACHINE.ref, task_type_id="VirtualMachine.powerOn"
        )
    )
    server(calls.RunScheduledTask(session=MAIN, scheduled_task=made))
    assert [task.info.description_id for task in server.state.tasks.values()] == ["VirtualMachine.powerOn"]
