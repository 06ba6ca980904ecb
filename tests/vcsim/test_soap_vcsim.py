"""The SOAP adapters, against a real vcsim that the adapter starts; and against servers that misbehave."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import get_args
from xml.etree.ElementTree import canonicalize

import pytest
from pyVmomi import vim, vmodl
from pyVmomi.SoapAdapter import SoapStubAdapter

from taskconform.conformance.targets import vcsim
from taskconform.conformance.targets.protocol import TargetMisnamed, TargetUnreachable
from taskconform.conformance.targets.soap import connect as soap
from taskconform.conformance.targets.soap import http as soap_http
from taskconform.conformance.targets.soap import wire as soap_wire
from taskconform.conformance.wire import answers as soap_answers
from taskconform.conformance.wire import body as soap_body
from taskconform.conformance.wire import updates as soap_updates
from taskconform.conformance.wire import xml as soap_xml
from taskconform.conformance.wire.table import BY_CALL
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import MAIN, NOBODY, ObjectRef
from taskconform.model.vocabulary.outcomes import (
    Extension,
    Fault,
    Faulted,
    Interval,
    Lost,
    ObjectUpdate,
    Property,
    RecentTaskUpdate,
    Returned,
)

WORK = "org.taskconform.suite.work"
NO_TASK = ObjectRef(type="Task", value="task-987654321")
NOT_IN_VCSIM = {
    calls.CreateCollectorWithInfoFilterForTasks,
    calls.CreateScheduledTask,
    calls.RunScheduledTask,
    calls.RemoveScheduledTask,
    calls.LogUserEvent,
}
XSI = 'xmlns="urn:vim25" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="x"'


@pytest.fixture(scope="module")
def started():
    target = vcsim.open_target({})
    yield target
    target.close()


@pytest.fixture
def target(started):
    """A fresh instance, logged in on `main`, with the suite's extension."""
    started.reset()
    returned(started, calls.Login(session=MAIN, account="primary"))
    returned(started, extension())
    return started


@pytest.fixture
def url(target, monkeypatch):
    """The same instance by its URL."""
    monkeypatch.setenv("TASKCONFORM_PASSWORD", "any")
    monkeypatch.setenv("TASKCONFORM_SECOND_PASSWORD", "any")
    return str(target._live.target._wire.endpoint).replace("http://", "http://someone@")


def extension(key=vcsim.EXTENSION_KEY):
    return calls.RegisterExtension(session=MAIN, key=key, version="1", task_ids=(WORK,))


def returned(target, call):
    outcome = target.perform(call)
    assert isinstance(outcome, Returned), outcome
    return outcome.value


def faulted(target, call):
    outcome = target.perform(call)
    assert isinstance(outcome, Faulted), outcome
    return outcome.fault


def create_task(target, **fields):
    return calls.CreateTask(
        **{"session": MAIN, "obj": vm(target), "task_type_id": WORK, "cancelable": True} | fields,
    )


def created(target, **fields):
    """A new task, once vcsim has got round to registering it."""
    task = returned(target, create_task(target, **fields)).task
    deadline = time.monotonic() + 5
    while not isinstance(target.perform(calls.ReadTaskInfo(session=MAIN, tasks=(task,))), Returned):
        assert time.monotonic() < deadline
        time.sleep(0.001)
    return task


def create_alarm(target):
    return calls.CreateAlarm(session=MAIN, entity=vm(target), name="a", task_type_id=WORK)


def vm(target):
    return target.declaration.places["vm"][0].ref


# --- vcsim ------------------------------------------------------------------------------------------------------------


def test_the_declaration(target):
    declaration = target.declaration
    assert declaration.is_vcenter
    assert declaration.capabilities == ("events", "inventory", "raw", "reset", "second-user")
    assert declaration.locales == ()
    assert [account.user_name for account in declaration.accounts] == ["primary", "second"]
    assert declaration.identity["govmomi"].startswith("v0.")
    assert len(declaration.identity["sha256"]) == 64
    assert declaration.exclusive
    assert {role: bool(places) for role, places in declaration.places.items()} == dict.fromkeys(
        ("root", "folder", "vm", "host", "compute", "manager", "nowhere"), True
    ) | {"other": False}
    assert declaration.places["root"][0].parent is None
    entities = {
        entity.ref: entity
        for role, places in declaration.places.items()
        if role not in {"manager", "nowhere"}
        for entity in places
    }
    for entity in entities.values():
        highest = entity
        while highest.parent is not None:
            highest = entities[highest.parent]
        assert highest == declaration.places["root"][0]
    assert [entity.ref.type for entity in declaration.places["compute"]] == ["ComputeResource", "ResourcePool"]
    assert faulted(target, create_task(target, obj=declaration.places["vm"][0].ref, task_type_id="no.such")).is_a(
        "InvalidArgument"
    )


class Performing:
    """Performs calls that must return, and keeps which they were."""

    def __init__(self, target):
        self.target = target
        self.performed = set()

    def __call__(self, call):
        self.performed.add(type(call))
        return returned(self.target, call)

    def history(self, task, cancelled):
        everything = calls.TaskFilterSpec(
            entity=calls.ByEntity(entity=vm(self.target), recursion="self"),
            time=calls.ByTime(time_type="queuedTime", begin_time=0),
            state=("error",),
        )
        collector = self(calls.CreateCollectorForTasks(session=MAIN, filter=everything))
        read = self(calls.ReadNextTasks(session=MAIN, collector=collector, max_count=10))
        assert [info.key for info in read] == [task.value, cancelled.value]
        assert self(calls.ReadCollectorFilter(session=MAIN, collector=collector)).value == everything
        latest = self(calls.ReadLatestPage(session=MAIN, collector=collector)).value
        assert [info.key for info in latest] == [cancelled.value, task.value]
        self(calls.SetCollectorPageSize(session=MAIN, collector=collector, max_count=1))
        assert [info.key for info in self(calls.ReadLatestPage(session=MAIN, collector=collector)).value] == [
            cancelled.value
        ]
        self(calls.ResetCollector(session=MAIN, collector=collector))
        back = self(calls.ReadPreviousTasks(session=MAIN, collector=collector, max_count=10))
        assert [info.key for info in back] == [task.value]
        self(calls.RewindCollector(session=MAIN, collector=collector))
        self(calls.DestroyCollector(session=MAIN, collector=collector))
        self(calls.CreateCollectorForEvents(session=MAIN))

    def watching(self, task, cancelled):
        view = self(calls.CreateListView(session=MAIN, objs=(task,)))
        assert self(calls.ModifyListView(session=MAIN, view=view, add=(cancelled,), remove=(task,))) == ()
        assert self(calls.ReadView(session=MAIN, view=view)).value == (cancelled,)
        assert self(calls.ResetListView(session=MAIN, view=view, objs=(task,))) == ()
        watching = self(calls.CreatePropertyCollector(session=MAIN))
        watch = self(calls.CreateFilter(session=MAIN, collector=watching, watched=(task,)))
        seen = self(calls.WaitForUpdatesEx(session=MAIN, collector=watching, version=""))
        assert seen.updates == (ObjectUpdate(filter=watch, kind="enter", obj=task, state="error"),)
        self(calls.DestroyPropertyFilter(session=MAIN, filter=watch))
        self(calls.DestroyPropertyCollector(session=MAIN, collector=watching))
        self(calls.DestroyView(session=MAIN, view=view))
        assert self(calls.RetrieveReported(session=MAIN, tasks=(NO_TASK, task))) == (task,)

    def inventory(self):
        parent = self.target.declaration.places["folder"][-1].ref
        folder = self(calls.CreateFolder(session=MAIN, parent=parent, name="org.taskconform.<1>"))
        assert self(calls.Destroy(session=MAIN, entity=folder)).type == "Task"
        self(calls.RemoveAlarm(session=MAIN, alarm=self(create_alarm(self.target))))
        assert self(calls.QueryTaskEvents(session=MAIN, chain=0)) == ()


def test_every_call_is_performed(target):
    """Each call class once, in an order in which vcsim answers all of them with a value."""
    value = Performing(target)
    assert value(calls.Login(session="other", account="second")).user_name == "second"
    other = "org.taskconform.other"
    value(extension(other))
    value(calls.UpdateExtension(session=MAIN, key=other, version="2", task_ids=()))
    assert value(calls.FindExtension(session=MAIN, key=other)) == Extension(key=other, version="2", task_ids=())
    assert other in [each.key for each in value(calls.ReadExtensionList(session=MAIN)).value]
    value(calls.UnregisterExtension(session=MAIN, key=other))
    made = value(create_task(target, parent_task_key="task-1", activation_id="a"))
    assert (made.state, made.description_id, made.entity) == ("queued", WORK, vm(target))
    task = created(target)
    value(calls.SetTaskState(session=MAIN, task=task, state="running"))
    value(calls.UpdateProgress(session=MAIN, task=task, percent_done=-(2**31)))
    value(calls.SetTaskDescription(session=MAIN, task=task, key="k", args=(("a", "<1>"), ("b", ""))))
    value(calls.SetTaskState(session=MAIN, task=task, state="error", result=vm(target), fault="NotFound"))
    cancelled = created(target)
    value(calls.CancelTask(session=MAIN, task=cancelled))
    first, second, again = value(calls.ReadTaskInfo(session=MAIN, tasks=(cancelled, task, cancelled)))
    assert again == first
    assert first.value.task == cancelled
    assert first.value.error.kind == "RequestCanceled"
    assert second.value.task == task
    assert second.value.progress == -(2**31)
    assert second.value.description.args == (("a", "<1>"), ("b", ""))
    assert second.value.result == vm(target)
    assert second.value.error == Fault(
        kind="NotFound", kinds=("NotFound", "VimFault", "MethodFault"), message="NotFound"
    )
    assert {task, cancelled} <= set(value(calls.ReadRecentTask(session=MAIN)).value)
    assert value(calls.ReadMaxCollector(session=MAIN)).value == 32
    description = value(calls.ReadDescription(session=MAIN)).value
    assert [state.key for state in description.state] == ["queued", "running", "success", "error"]
    assert task in value(calls.WaitForRecentTask(session=MAIN, fresh=True)).recent_task.value
    assert value(calls.WaitForRecentTask(session=MAIN, fresh=False)).changed is False
    value.history(task, cancelled)
    value.watching(task, cancelled)
    value.inventory()
    value(calls.Logout(session="other"))
    elsewhere = {calls.AdvanceClock, calls.BreakOffWait, calls.StartOperation}
    assert value.performed | NOT_IN_VCSIM == set(get_args(calls.Call)) - elsewhere


def test_what_vcsim_does_not_have_arrives_all_the_same(target):
    """Which is why it declares no schedules, no alarms and no API 8.0.3."""
    asked = (
        calls.CreateCollectorWithInfoFilterForTasks(session=MAIN, filter=calls.TaskFilterSpec(), info_filter=None),
        calls.CreateScheduledTask(session=MAIN, entity=vm(target), name="s", task_type_id=WORK),
        calls.RunScheduledTask(session=MAIN, scheduled_task=vm(target)),
        calls.RemoveScheduledTask(session=MAIN, scheduled_task=vm(target)),
        calls.LogUserEvent(session=MAIN, entity=vm(target)),
    )
    assert {type(call) for call in asked} == NOT_IN_VCSIM
    for call in asked:
        assert faulted(target, call).kind == "MethodNotFound"


def test_filters_come_back_as_they_were_sent(target):
    spec = calls.TaskFilterSpec(
        entity=calls.ByEntity(entity=vm(target), recursion="children"),
        time=calls.ByTime(time_type="completedTime", begin_time=1, end_time=1_700_000_000_123_456),
        user_name=calls.ByUsername(system_user=True, user_list=("a<b", "c")),
        state=("queued", "error"),
        alarm=ObjectRef(type="Alarm", value="alarm-1"),
        scheduled_task=ObjectRef(type="ScheduledTask", value="schedule-1"),
        activation_id=("x", "y"),
        event_chain_id=(1, 2),
        tag=("t",),
        parent_task_key=("p",),
        root_task_key=("r",),
    )
    collector = returned(target, calls.CreateCollectorForTasks(session=MAIN, filter=spec))
    assert returned(target, calls.ReadCollectorFilter(session=MAIN, collector=collector)).value == spec
    for form in ("typed", "nil", "unknown"):
        null = calls.CreateCollectorForTasks(session=MAIN, filter=None, form=form)
        assert returned(target, null).type == "TaskHistoryCollector"
    events = returned(target, calls.CreateCollectorForEvents(session=MAIN))
    outcome = target.perform(calls.ReadCollectorFilter(session=MAIN, collector=events))
    assert isinstance(outcome, Lost)
    assert "EventFilterSpec" in outcome.why


def test_extensions_without_a_version(target):
    """vcsim takes them, and says that the version is empty."""
    key = "org.taskconform.other"
    returned(target, calls.RegisterExtension(session=MAIN, key=key, version=None, task_ids=("a", "b")))
    assert returned(target, calls.FindExtension(session=MAIN, key=key)) == Extension(
        key=key, version="", task_ids=("a", "b")
    )
    returned(target, calls.UpdateExtension(session=MAIN, key=key, version=None, task_ids=()))
    assert returned(target, calls.FindExtension(session=MAIN, key="no.such")) is None
    unknown = calls.UpdateExtension(session=MAIN, key="no.such", version="1", task_ids=())
    assert faulted(target, unknown).is_a("NotFound")


def test_views_say_what_they_cannot_resolve(target):
    task = created(target)
    assert faulted(target, calls.CreateListView(session=MAIN, objs=(NO_TASK,))).is_a("ManagedObjectNotFound")
    view = returned(target, calls.CreateListView(session=MAIN, objs=()))
    assert returned(target, calls.ReadView(session=MAIN, view=view)).value == ()
    assert returned(target, calls.ModifyListView(session=MAIN, view=view, add=(task, NO_TASK))) == (NO_TASK,)
    assert returned(target, calls.ResetListView(session=MAIN, view=view, objs=(NO_TASK,))) == (NO_TASK,)
    returned(target, calls.DestroyView(session=MAIN, view=view))
    assert faulted(target, calls.ReadView(session=MAIN, view=view)).is_a("ManagedObjectNotFound")


def test_what_is_watched(target):
    """Tasks, a view, a collector; each told from the other by its filter."""
    one, two = created(target), created(target)
    view = returned(target, calls.CreateListView(session=MAIN, objs=(two,)))
    pages = returned(target, calls.CreateCollectorForTasks(session=MAIN, filter=calls.TaskFilterSpec()))
    watching = returned(target, calls.CreatePropertyCollector(session=MAIN))

    def watch(*watched):
        return returned(target, calls.CreateFilter(session=MAIN, collector=watching, watched=watched))

    def wait(version, **options):
        return returned(target, calls.WaitForUpdatesEx(session=MAIN, collector=watching, version=version, **options))

    by_task, by_view, by_page = watch(one), watch(view), watch(pages)
    first = wait("")
    assert not first.truncated
    assert first.updates[:2] == (
        ObjectUpdate(filter=by_task, kind="enter", obj=one, state="queued"),
        ObjectUpdate(filter=by_view, kind="enter", obj=two, state="queued"),
    )
    page = first.updates[2]
    assert (page.filter, page.obj, page.changed, page.state) == (by_page, pages, True, None)
    assert [info.task for info in page.latest_page][:2] == [two, one]
    assert {ref.value.partition("]")[0] for ref in (view, pages, watching, by_task, by_view, by_page)} == {
        "session[session-1"
    }
    assert wait(first.version) is None
    returned(target, calls.SetTaskState(session=MAIN, task=two, state="running"))
    second = wait(first.version, max_wait_seconds=2)
    assert ObjectUpdate(filter=by_view, kind="modify", obj=two, state="running") in second.updates
    assert by_task not in {update.filter for update in second.updates}
    fresh = returned(target, calls.CreatePropertyCollector(session=MAIN))
    returned(target, calls.CreateFilter(session=MAIN, collector=fresh, watched=(one, two)))
    truncated = returned(
        target, calls.WaitForUpdatesEx(session=MAIN, collector=fresh, version="", max_object_updates=1)
    )
    assert truncated.truncated
    assert [update.obj for update in truncated.updates] == [one]


def test_what_is_missing_is_reported_or_not(target):
    task = created(target)
    watching = returned(target, calls.CreatePropertyCollector(session=MAIN))
    reporting = calls.CreateFilter(session=MAIN, collector=watching, watched=(task, NO_TASK), report_missing=True)
    watch = returned(target, reporting)
    wait = calls.WaitForUpdatesEx(session=MAIN, collector=watching, version="")
    assert [update.obj for update in returned(target, wait).updates] == [task]
    returned(target, calls.DestroyPropertyFilter(session=MAIN, filter=watch))
    assert faulted(target, calls.DestroyPropertyFilter(session=MAIN, filter=watch)).is_a("ManagedObjectNotFound")
    returned(target, calls.CreateFilter(session=MAIN, collector=watching, watched=(NO_TASK,)))
    assert faulted(target, wait).is_a("ManagedObjectNotFound")
    returned(target, calls.DestroyPropertyCollector(session=MAIN, collector=watching))
    assert faulted(target, wait).is_a("ManagedObjectNotFound")


def test_a_wait_is_broken_off(target):
    """Once it waits; and what goes wrong at once goes wrong before that."""
    watching = returned(target, calls.CreatePropertyCollector(session=MAIN))
    returned(target, calls.CreateFilter(session=MAIN, collector=watching, watched=(created(target),)))
    version = returned(target, calls.WaitForUpdatesEx(session=MAIN, collector=watching, version="")).version
    cancel = calls.BreakOffWait(session=MAIN, collector=watching, version=version, by="cancel")
    start, spent = time.monotonic(), target.socket_seconds
    assert faulted(target, cancel).kind == "RequestCanceled"
    assert 0.3 <= time.monotonic() - start < 2
    assert target.socket_seconds - spent >= 0.3
    assert returned(target, calls.ReadMaxCollector(session=MAIN)).value == 32
    nobody = calls.BreakOffWait(session=NOBODY, collector=watching, version=version, by="logout")
    start = time.monotonic()
    assert faulted(target, nobody).is_a("NotAuthenticated")
    assert time.monotonic() - start < 0.3


def test_a_logout_ends_the_session_of_a_wait(target):
    """An answer at once, because the version is "": vcsim would go on waiting for as long as it was told to."""
    watching = returned(target, calls.CreatePropertyCollector(session=MAIN))
    returned(target, calls.CreateFilter(session=MAIN, collector=watching, watched=(created(target),)))
    assert returned(target, calls.BreakOffWait(session=MAIN, collector=watching, version="", by="logout")).updates
    assert faulted(target, create_task(target)).is_a("NotAuthenticated")
    returned(target, calls.Login(session=MAIN, account="primary"))


def test_what_is_destroyed_is_gone(target):
    parent = target.declaration.places["folder"][-1].ref
    folder = returned(target, calls.CreateFolder(session=MAIN, parent=parent, name="f"))
    again = calls.CreateFolder(session=MAIN, parent=parent, name="f")
    assert faulted(target, again).is_a("DuplicateName")
    task = returned(target, calls.Destroy(session=MAIN, entity=folder))
    deadline = time.monotonic() + 5
    while returned(target, calls.ReadTaskInfo(session=MAIN, tasks=(task,)))[0].value.state != "success":
        assert time.monotonic() < deadline
        time.sleep(0.001)
    assert faulted(target, calls.Destroy(session=MAIN, entity=folder)).is_a("ManagedObjectNotFound")


def test_a_locale_is_asked_for(target):
    """vcsim takes any, and declares none."""
    assert returned(target, calls.Login(session="other", account="primary", locale="de")).user_name == "primary"


def test_the_clock_cannot_be_moved(target):
    with pytest.raises(NotImplementedError, match="clock"):
        target.perform(calls.AdvanceClock(session=MAIN, seconds=1))


def test_nobody_and_a_dead_session_are_not_authenticated(target):
    returned(target, calls.Login(session="other", account="second"))
    returned(target, calls.Logout(session="other"))
    for session in (NOBODY, "other"):
        fault = faulted(target, create_task(target, session=session))
        assert fault.kinds == ("NotAuthenticated", "NoPermission", "SecurityError", "RuntimeFault", "MethodFault")
        assert faulted(target, calls.WaitForRecentTask(session=session, fresh=True)).is_a("NotAuthenticated")
        read = returned(target, calls.ReadRecentTask(session=session))
        assert read.value is None
        assert read.missing.is_a("NotAuthenticated")


def test_a_new_login_has_a_new_filter(target):
    """The one that the session had died with its login."""
    assert returned(target, calls.WaitForRecentTask(session=MAIN, fresh=True)).recent_task is not None
    returned(target, calls.Logout(session=MAIN))
    returned(target, calls.Login(session=MAIN, account="primary"))
    assert returned(target, calls.WaitForRecentTask(session=MAIN, fresh=False)).recent_task is not None


def test_ill_formed_requests_are_sent(target):
    """vcsim takes both; that they arrive is what counts here."""
    no_time_type = calls.TaskFilterSpec(time=calls.ByTime(time_type=None, begin_time=0))
    for spec in (None, no_time_type):
        assert returned(target, calls.CreateCollectorForTasks(session=MAIN, filter=spec)).type == "TaskHistoryCollector"
    with pytest.raises(soap_wire.WireFault) as caught:
        target._live.target.raw_call(MAIN, '<NoSuchMethod xmlns="urn:vim25"/>')
    assert caught.value.fault.kind == "InvalidRequest"


def test_session_keys_are_not_shown(target):
    """vcsim's collectors are called session[<key>]<id>, in faults too. The pseudonym works where the key would."""
    returned(target, calls.Login(session="other", account="second"))
    collectors = [
        returned(target, calls.CreateCollectorForTasks(session=session, filter=calls.TaskFilterSpec()))
        for session in (MAIN, "other")
    ]
    assert [collector.value.partition("]")[0] for collector in collectors] == ["session[session-1", "session[session-2"]
    assert returned(target, calls.ReadNextTasks(session=MAIN, collector=collectors[0], max_count=1))
    fault = faulted(target, calls.ReadNextTasks(session=MAIN, collector=collectors[1], max_count=1))
    assert fault.kind == "ManagedObjectNotFound"
    assert collectors[1].value in fault.message


def test_the_interval_holds_the_server_time(target):
    for _ in range(20):
        outcome = target.perform(create_task(target))
        assert outcome.at.earliest <= outcome.value.queue_time <= outcome.at.latest
        assert outcome.at.latest - outcome.at.earliest < 2_000_000


def test_calls_together(target):
    logins = [calls.Login(session=f"s{index}", account="primary") for index in range(4)]
    assert [type(outcome) for outcome in target.perform_together(logins)] == [Returned] * 4
    reads = [calls.ReadRecentTask(session=f"s{index}") for index in range(4)]
    assert len({outcome.value for outcome in target.perform_together([*reads, *reads])}) == 1
    assert target.socket_seconds > 0


def test_a_reset_is_a_fresh_server(target):
    before, spent, process = target.declaration, target.socket_seconds, target._live.process
    returned(target, create_task(target))
    target.reset()
    assert target.declaration is before
    assert target._live.target.declaration == before
    assert target.socket_seconds > spent
    assert faulted(target, calls.ReadNextTasks(session=MAIN, collector=vm(target), max_count=1)).is_a("RuntimeFault")
    returned(target, calls.Login(session=MAIN, account="primary"))
    assert faulted(target, create_task(target)).kind == "InvalidArgument"
    assert process.wait(10) is not None


def test_a_server_that_is_gone(target):
    target._live.process.terminate()
    target._live.process.wait()
    read = calls.ReadRecentTask(session=MAIN)
    assert isinstance(target.perform(read), Lost)
    assert target.perform(read).why == "connection refused"
    target.perform(read)
    with pytest.raises(TargetUnreachable, match="refuses connections"):
        target.perform(read)
    target.reset()
    returned(target, calls.Login(session=MAIN, account="primary"))


def test_an_esxi_host():
    target = vcsim.open_target({"esx": "yes", "ahead": "1"})
    try:
        assert not target.declaration.is_vcenter
        returned(target, calls.Login(session=MAIN, account="primary"))
        spec = calls.TaskFilterSpec()
        assert faulted(target, calls.CreateCollectorForTasks(session=MAIN, filter=spec)).kind == "NotSupported"
        assert faulted(target, extension()).kind == "ManagedObjectNotFound"
    finally:
        target.close()
        target.close()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="POSIX only")
def test_instances_die_with_us():
    """Also if we are killed."""
    program = (
        "from taskconform.conformance.targets import vcsim\n"
        "target = vcsim.open_target({'ahead': '1'})\n"
        "print(target._live.target._wire.endpoint.port, target._ready[0].result().target._wire.endpoint.port)\n"
        "import sys, time; sys.stdout.flush(); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as child:
        ports = [int(port) for port in child.stdout.readline().split()]
        child.kill()
    assert len(ports) == 2
    deadline = time.monotonic() + 5
    while any(is_open(port) for port in ports):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_open(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def test_vcsim_options(monkeypatch, tmp_path):
    for options in (
        {"colour": "red"},
        {"esx": "perhaps"},
        {"ahead": "many"},
        {"binary": "/no/such/vcsim"},
        {"release": "48"},
    ):
        with pytest.raises(TargetMisnamed):
            vcsim.open_target(options)
    broken = tmp_path / "vcsim"
    broken.write_text("#!/bin/sh\necho no such flag >&2\nexit 2\n")
    broken.chmod(0o755)
    with pytest.raises(TargetUnreachable, match="did not start: no such flag"):
        vcsim.open_target({"binary": str(broken)})
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("TASKCONFORM_VCSIM", raising=False)
    with pytest.raises(TargetMisnamed, match="install Go"):
        vcsim.open_target({})
    monkeypatch.setenv("TASKCONFORM_VCSIM", str(broken))
    assert vcsim.find_binary(None) == broken
    assert vcsim.identify(broken)["govmomi"] == "unknown"


# --- a URL ------------------------------------------------------------------------------------------------------------


def test_a_url(url):
    target = soap.open_target(url, {"second-user": "other", "i-own-this-server": "yes", "settling": "3"})
    try:
        declaration = target.declaration
        assert [account.user_name for account in declaration.accounts] == ["someone", "other"]
        assert "second-user" in declaration.capabilities
        assert "reset" not in declaration.capabilities
        assert declaration.exclusive
        assert declaration.settling == 3
        assert declaration.extension_key.startswith("org.taskconform.run-")
        assert "someone" not in declaration.name
        assert returned(target, calls.Login(session=MAIN, account="second")).user_name == "other"
    finally:
        target.close()


def test_what_is_ours_is_removed(target, url):
    """A reset without the capability: our task is ended, our extension and our sessions are gone."""
    other = soap.open_target(url, {})
    try:
        key = other.declaration.extension_key
        returned(other, calls.Login(session=MAIN, account="primary"))
        returned(other, extension(key))
        task = created(other)
        returned(other, calls.CreateCollectorForTasks(session=MAIN, filter=calls.TaskFilterSpec()))
        other.reset()
        assert faulted(other, create_task(other)).is_a("NotAuthenticated")
    finally:
        other.close()
        other.close()
    (info,) = returned(target, calls.ReadTaskInfo(session=MAIN, tasks=(task,)))
    assert info.value.state == "success"
    returned(target, extension(key))


@pytest.mark.parametrize(
    ("target_url", "options", "says"),
    [
        ("https://user@host/sdk", {"colour": "red"}, "insecure, timeout, rate, settling, i-own-this-server"),
        ("https://host/sdk", {}, "no user"),
        ("https://user:secret@host/sdk", {}, "TASKCONFORM_PASSWORD"),
        ("http://user@example.org/sdk", {}, "http://"),
        ("ftp://user@host/", {}, "ftp://"),
        ("https://user@host:port/", {}, "is no"),
        ("https://", {}, "no host"),
        ("https://user@host/sdk", {"insecure": "maybe"}, "yes or no"),
        ("https://user@host/sdk", {"timeout": "soon"}, "seconds"),
    ],
)
def test_misnamed(target_url, options, says, monkeypatch):
    monkeypatch.setenv("TASKCONFORM_PASSWORD", "any")
    with pytest.raises(TargetMisnamed, match=says) as caught:
        soap.open_target(target_url, options)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_password(monkeypatch):
    monkeypatch.delenv("TASKCONFORM_PASSWORD", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(TargetMisnamed, match="set TASKCONFORM_PASSWORD"):
        soap.open_target("https://user@host/sdk", {})


def test_unreachable(url, monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        with pytest.raises(TargetUnreachable, match="connection refused"):
            soap.open_target(f"https://user@127.0.0.1:{port}/sdk", {})
    with pytest.raises(TargetUnreachable, match="HTTP 404"):
        soap.open_target(url.replace("/sdk", "/elsewhere"), {})
    monkeypatch.setenv("TASKCONFORM_PASSWORD", "")
    with pytest.raises(TargetUnreachable, match="InvalidLogin"):
        soap.open_target(url, {})


def test_an_untrusted_certificate(target, monkeypatch):
    monkeypatch.setenv("TASKCONFORM_PASSWORD", "any")
    binary = target._launcher.binary
    flags = ("-l", "127.0.0.1:0", "-stdinexit", "-cluster", "0", "-standalone-host", "1", "-pg", "0", "-vm", "0")
    with subprocess.Popen(
        [binary, *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        secure = process.stdout.readline().split("@")[1].split()[0]
        with pytest.raises(TargetUnreachable, match="certificate is not trusted"):
            soap.open_target(f"https://user@{secure}", {})
        soap.open_target(f"https://user@{secure}", {"insecure": "yes"}).close()
        process.terminate()


# --- servers that misbehave -------------------------------------------------------------------------------------------


@contextmanager
def server(*answers):
    """A server that gives these bytes, one answer a connection, and closes it; None: it never answers."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)
    over = threading.Event()

    def serve():
        for answer in answers:
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                return
            with connection:
                connection.recv(65_536)
                if answer is None:
                    over.wait(10)
                else:
                    connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield soap_wire.Endpoint(
            scheme="http", host="127.0.0.1", port=listener.getsockname()[1], path="/sdk", timeout=0.2
        )
    finally:
        over.set()
        thread.join()
        listener.close()


def http(body, status="200 OK"):
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (None, "timed out"),
        (b"", "closed without an answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<a", "ends in the middle"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "not HTTP"),
        (http("overloaded", "503 Service Unavailable"), "HTTP 503"),
        (http(f"<Envelope><Body><R {XSI}/></Body></Envelope>", "502 Bad Gateway"), "HTTP 502"),
        (http("<html>"), "not well-formed"),
        (http("<html/>"), "no SOAP envelope"),
        (http("oops", "500 Internal Server Error"), "HTTP 500"),
        (http('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "document type declaration"),
    ],
)
def test_lost(answer, why):
    with server(answer) as endpoint:
        session = soap_wire.Wire(endpoint).session()
        with pytest.raises(soap_wire.WireLost, match=why):
            session.call("<CurrentTime/>")
        session.close()


def test_lost_is_an_outcome(target):
    """A server that stops to answer: the call is lost, within the time-out, and nothing is sent again."""
    live = target._live.target
    with server(None) as endpoint:
        stalled = soap_wire.Wire(endpoint).session()
        live._sessions["stalled"] = stalled
        start = time.monotonic()
        outcome = target.perform(calls.ReadRecentTask(session="stalled"))
        assert isinstance(outcome, Lost)
        assert outcome.why == "timed out"
        assert 0.2 <= time.monotonic() - start < 2
        assert outcome.at.latest - outcome.at.earliest >= 200_000
        stalled.close()
        del live._sessions["stalled"]


def test_a_stale_connection_is_replaced_before_anything_is_sent(monkeypatch):
    body = f"<e:Envelope xmlns:e='e'><e:Body><R {XSI}/></e:Body></e:Envelope>"
    kept = http(body).replace(b"Connection: close\r\n", b"")
    monkeypatch.setattr(soap_http, "_IDLE", 0.0)
    with server(kept, kept) as endpoint:
        session = soap_wire.Wire(endpoint).session()
        assert session.call("<A/>").tag == "{urn:vim25}R"
        time.sleep(0.05)
        assert session.call("<A/>").tag == "{urn:vim25}R"
        session.close()


def test_answers_in_chunks():
    head = (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nSet-Cookie: a=b; Path=/\r\n\r\n"
    )
    answer = soap_http.read_answer(io.BytesIO(head + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\nrest"))
    assert (answer.status, answer.body, answer.cookie, answer.kept) == (200, b"abcde", "a=b; Path=/", True)
    old = soap_http.read_answer(io.BytesIO(b"HTTP/1.0 200 OK\r\n\r\nall"))
    assert (old.body, old.kept) == (b"all", False)
    for broken in (b"HTTP/1.1 200 OK\r\nA: b", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"):
        with pytest.raises(soap_http.HttpError):
            soap_http.read_answer(io.BytesIO(broken))


# --- out and back -----------------------------------------------------------------------------------------------------


def plain(document):
    """Canonical XML, without pyVmomi's versionId."""
    return canonicalize(document.decode(), exclude_attrs=["versionId"], strip_text=True)


def sent_to(manager, call, now=0):
    """A call as the table of calls writes it, to the manager that it goes to."""
    return BY_CALL[type(call)].write(call, manager, now)


def written(call):
    """A call that names its object."""
    return BY_CALL[type(call)].write(call)


def test_requests_are_what_pyvmomi_sends():
    """Order and names of the elements are the schema's: pyVmomi's serialiser is the witness."""
    stub = SoapStubAdapter(host="h", version="vim.version.version12")
    task = ObjectRef(type="Task", value="task-1")
    machine = ObjectRef(type="VirtualMachine", value="vm-1")
    manager = ObjectRef(type="TaskManager", value="TaskManager")
    extensions = ObjectRef(type="ExtensionManager", value="ExtensionManager")
    collector = ObjectRef(type="PropertyCollector", value="pc")
    moment = 1_700_000_000_123_456
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)

    def theirs(this, method, *arguments):
        return plain(stub.SerializeRequest(this, method.info, arguments))

    def ours(body):
        return plain(soap_body.envelope(body))

    vm_1, task_1 = vim.VirtualMachine("vm-1", stub), vim.Task("task-1", stub)
    task_manager = vim.TaskManager("TaskManager", stub)
    assert ours(
        sent_to(
            manager,
            calls.CreateTask(
                session=MAIN,
                obj=machine,
                task_type_id="a<b",
                cancelable=False,
                initiated_by="u&v",
                parent_task_key="p",
                activation_id="x",
            ),
        )
    ) == theirs(task_manager, vim.TaskManager.CreateTask, vm_1, "a<b", "u&v", False, "p", "x")  # noqa: FBT003
    spec = calls.TaskFilterSpec(
        entity=calls.ByEntity(entity=machine, recursion="all"),
        time=calls.ByTime(time_type="startedTime", begin_time=moment, end_time=moment),
        user_name=calls.ByUsername(system_user=True, user_list=("u", "v")),
        state=("queued", "error"),
        activation_id=("x",),
        event_chain_id=(1, 2),
        tag=("t",),
        parent_task_key=("p",),
        root_task_key=("r",),
    )
    their_spec = vim.TaskFilterSpec(
        entity=vim.TaskFilterSpec.ByEntity(entity=vm_1, recursion="all"),
        time=vim.TaskFilterSpec.ByTime(timeType="startedTime", beginTime=when, endTime=when),
        userName=vim.TaskFilterSpec.ByUsername(systemUser=True, userList=["u", "v"]),
        state=["queued", "error"],
        activationId=["x"],
        eventChainId=[1, 2],
        tag=["t"],
        parentTaskKey=["p"],
        rootTaskKey=["r"],
    )
    assert ours(sent_to(manager, calls.CreateCollectorForTasks(session=MAIN, filter=spec))) == theirs(
        task_manager, vim.TaskManager.CreateCollectorForTasks, their_spec
    )
    assert ours(
        written(calls.SetTaskDescription(session=MAIN, task=task, key="k", args=(("a", "1"), ("b", "2"))))
    ) == theirs(
        task_1,
        vim.Task.SetTaskDescription,
        vmodl.LocalizableMessage(
            key="k", arg=[vmodl.KeyAnyValue(key="a", value="1"), vmodl.KeyAnyValue(key="b", value="2")]
        ),
    )
    assert ours(
        written(calls.SetTaskState(session=MAIN, task=task, state="error", result="r", fault="NotFound"))
    ) == theirs(task_1, vim.Task.SetTaskState, "error", "r", vim.fault.NotFound(msg="NotFound"))
    registered = vim.Extension(
        description=vim.Description(label="taskconform", summary="taskconform conformance suite"),
        key="k",
        version="1",
        taskList=[vim.Extension.TaskTypeInfo(taskID="a"), vim.Extension.TaskTypeInfo(taskID="b")],
        lastHeartbeatTime=when,
    )
    assert ours(
        sent_to(extensions, calls.RegisterExtension(session=MAIN, key="k", version="1", task_ids=("a", "b")), moment)
    ) == theirs(vim.ExtensionManager("ExtensionManager", stub), vim.ExtensionManager.RegisterExtension, registered)
    pc = vmodl.query.PropertyCollector
    filter_spec = pc.FilterSpec(
        propSet=[pc.PropertySpec(type=vim.Task, pathSet=["info"])], objectSet=[pc.ObjectSpec(obj=task_1)]
    )
    spec = soap_body.property_filter("Task", "info", [task])
    assert ours(soap_body.retrieve(collector, spec)) == theirs(
        pc("pc", stub), pc.RetrievePropertiesEx, [filter_spec], pc.RetrieveOptions()
    )
    assert ours(soap_body.create_filter(collector, spec)) == theirs(
        pc("pc", stub),
        pc.CreateFilter,
        filter_spec,
        True,  # noqa: FBT003
    )
    assert ours(soap_body.wait_for_updates(collector, "7")) == theirs(
        pc("pc", stub), pc.WaitForUpdatesEx, "7", pc.WaitOptions(maxWaitSeconds=0)
    )


def test_symbols_do_not_pass():
    with pytest.raises(TypeError, match="symbol"):
        written(calls.CancelTask(session=MAIN, task=calls.Made(step=1)))


def info_of(extra, key="<key>task-1</key>"):
    return soap_answers.task_info(
        soap_xml.root_of(
            f'<info {XSI}>{key}<task type="Task">task-1</task><descriptionId>d</descriptionId><state>running</state>'
            '<cancelled>0</cancelled><cancelable>true</cancelable><reason xsi:type="TaskReasonAlarm">'
            '<alarmName>a</alarmName><alarm type="Alarm">alarm-1</alarm><entityName>e</entityName>'
            '<entity type="Folder">group-d1</entity></reason><queueTime>2026-01-02T03:04:05.678901234+01:00</queueTime>'
            f"<eventChainId>7</eventChainId>{extra}</info>".encode()
        )
    )


def test_task_info_is_decoded_whole():
    info = info_of(
        '<name>PowerOn_Task</name><locked type="Folder">f-1</locked><locked type="Folder">f-2</locked>'
        '<error><fault xsi:type="TotallyNew"><x/></fault><localizedMessage>m</localizedMessage></error>'
        '<result xsi:type="xsd:int">5</result><progressDetails><key>k</key><value>v</value></progressDetails>'
        "<brandNew>b</brandNew><changeTag>c</changeTag><parentTaskKey>p</parentTaskKey><rootTaskKey>r</rootTaskKey>"
        "<activationId>x</activationId><entityName>e</entityName><startTime>1970-01-01T00:00:01Z</startTime>"
        "<completeTime>1970-01-01T00:00:00.000002</completeTime>"
    )
    assert (info.change_tag, info.parent_task_key, info.root_task_key, info.activation_id) == ("c", "p", "r", "x")
    assert (info.entity_name, info.start_time, info.complete_time) == ("e", 1_000_000, 2)
    assert info.queue_time == 1_767_319_445_678_901
    assert info.locked == (ObjectRef(type="Folder", value="f-1"), ObjectRef(type="Folder", value="f-2"))
    assert (info.reason.kind, info.reason.alarm_name) == ("TaskReasonAlarm", "a")
    assert info.reason.entity == ObjectRef(type="Folder", value="group-d1")
    assert info.error == Fault(kind="TotallyNew", kinds=("TotallyNew", "MethodFault"), message="m")
    assert info.result == "5"
    assert info.other == (("progressDetails", "kv"), ("brandNew", "b"))


def test_an_unreadable_field_loses_itself_alone():
    assert info_of("", key="").key is None
    for name, text in (("progress", "much"), ("startTime", "now"), ("cancelled", "maybe"), ("entity", "untyped")):
        info = info_of(f"<{name}>{text}</{name}>")
        assert (info.progress, info.start_time, info.entity) == (None, None, None)
        assert info.cancelled is (None if name == "cancelled" else False)
        assert info.other == ((name, text),)
        assert info.key == "task-1"


def test_a_fault_without_detail():
    fault = soap_answers.soap_fault(soap_xml.root_of(b"<Fault><faultstring>no</faultstring></Fault>"))
    assert fault == Fault(kind="RuntimeFault", kinds=("RuntimeFault", "MethodFault"), message="no")


def update_of(*changes):
    return soap_xml.root_of(
        f"<returnval {XSI}><version>1</version><filterSet><objectSet><kind>modify</kind>"
        f"{''.join(changes)}</objectSet></filterSet><truncated>true</truncated></returnval>".encode()
    )


def change(name, op, *tasks, array=False):
    refs = "".join(f'<ManagedObjectReference type="Task">{task}</ManagedObjectReference>' for task in tasks)
    value = f"<val>{refs}</val>" if array else "".join(f'<val type="Task">{task}</val>' for task in tasks)
    return f"<changeSet><name>{name}</name><op>{op}</op>{value}</changeSet>"


def test_updates_of_recent_task():
    one, two = (ObjectRef(type="Task", value=f"task-{number}") for number in (1, 2))
    added = change('recentTask["task-2"]', "add", "task-2")
    removed = change('recentTask["task-1"]', "remove")
    assigned = change("recentTask", "assign", "task-1", array=True)
    assert soap_updates.recent_task_update([]) == RecentTaskUpdate(changed=False)
    assert soap_updates.recent_task_update([update_of(added, removed)]) == RecentTaskUpdate(
        changed=True, added=(two,), removed=("task-1",)
    )
    assert soap_updates.recent_task_update([update_of(removed), update_of(assigned, added)]) == RecentTaskUpdate(
        changed=True, recent_task=Property(value=(one, two))
    )
    assert soap_updates.recent_task_update([update_of(assigned, removed, added)]).recent_task == Property(value=(two,))
    assert soap_updates.recent_task_update([update_of(change("recentTask", "assign"))]).recent_task == Property()
    assert soap_updates.recent_task_update(
        [update_of(change("recentTask", "assign", array=True))]
    ).recent_task == Property(value=())
    assert soap_xml.boolean(soap_xml.required(update_of(), "truncated"))
    missing = (
        "<missingSet><path>recentTask</path><fault><fault xsi:type='NoPermission'/>"
        "<localizedMessage>m</localizedMessage></fault></missingSet>"
    )
    assert soap_updates.recent_task_update([update_of(missing)]).recent_task.missing.kind == "NoPermission"


def test_keys_that_nobody_told_us_are_hidden_too():
    pseudonyms = soap_wire.Pseudonyms()
    pseudonyms.learn("key-of-ours", "cookie-of-ours")
    shown = pseudonyms.hide(b"session[key-of-ours]1 session[another]2 cookie-of-ours")
    assert shown == b"session[session-1]1 session[session-2]2 session-1"
    assert pseudonyms.hide(shown) == shown
    assert pseudonyms.restore("session[session-1]1 session[session-2]2") == "session[key-of-ours]1 session[another]2"
    assert pseudonyms.restore("session[session-3]x") == "session[session-3]x"


def test_vcsim_is_built_once(tmp_path, monkeypatch):
    """Nothing is built while a finished build is in the cache."""
    built = vcsim.find_binary(None)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("TASKCONFORM_VCSIM", raising=False)
    assert os.access(built, os.X_OK)
    assert vcsim.find_binary(None) == built


GO = """#!/bin/sh
case $1 in
  get) [ "$2" = github.com/vmware/govmomi@v0.48.0 ] || { echo "no $2" >&2; exit 1; }; echo got >> go.mod ;;
  build) tail -n 1 go.mod > "$6" ;;
esac
"""


def test_a_release_is_built_from_a_copy_of_the_sources(tmp_path, monkeypatch):
    """The release is fetched into a copy; a build there already is taken; what Go says of any other is passed on."""
    sources = (vcsim._SOURCES / "go.mod").read_bytes()
    (tmp_path / "go").write_text(GO)
    (tmp_path / "go").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    built = vcsim.find_release("v0.48.0")
    assert built.read_text() == "got\n"
    assert (vcsim._SOURCES / "go.mod").read_bytes() == sources
    with pytest.raises(TargetMisnamed, match=r"no github.com/vmware/govmomi@v0.47.0"):
        vcsim.find_release("v0.47.0")
    with pytest.raises(TargetMisnamed, match="one of them"):
        vcsim.open_target({"release": "v0.48.0", "binary": str(built)})
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert vcsim.find_release("v0.48.0") == built
    with pytest.raises(TargetMisnamed, match="without Go"):
        vcsim.find_release("v0.47.0")


def test_an_instance_that_hangs_is_given_up_until_the_next(monkeypatch):
    """Two calls in a row without an answer in time, and no more are made; an answer in between, and it is asked on.
    The next instances are given less time."""
    target = vcsim.open_target({"ahead": "1"})
    lost = Lost(why=soap_wire.TIMED_OUT, at=Interval(earliest=1, latest=2))
    answers = iter([lost, Returned(value=None, at=Interval(earliest=2, latest=3)), lost, lost])
    call = calls.ReadMaxCollector(session="main")
    try:
        with monkeypatch.context() as patched:
            patched.setattr(target._live.target, "perform", lambda _call: next(answers))
            assert [type(target.perform(call)) for _ in range(4)] == [Lost, Returned, Lost, Lost]
            assert target.perform(call).why == "the instance hangs: 2 calls in a row timed out"
            assert target.perform_together([call])[0].at == lost.at
        target.reset()
        assert target._live.target._wire.endpoint.timeout == 0.5
        assert isinstance(target.perform(calls.Login(session="main", account="primary")), Returned)
    finally:
        target.close()
