"""The served simulator, over the wire, as pyVmomi and other clients meet it."""

from __future__ import annotations

import gc
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

import pytest
from pyVim.connect import SmartConnect
from pyVim.task import WaitForTask
from pyVmomi import vim, vmodl
from served import serving

from taskconform.conformance.serve import filters
from taskconform.conformance.serve.options import Options, passwords
from taskconform.conformance.wire import schema

PC = vmodl.query.PropertyCollector

# pyVmomi leaves connections, those of refused logins among them, to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.usefixtures("collected"),
]


@pytest.fixture
def collected():
    """Let the garbage collector have them here, and not in the middle of another test."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def server():
    with serving(operation_time=60) as served:
        yield served


@pytest.fixture
def si(server):
    with server.client() as instance:
        yield instance


@pytest.fixture
def content(si):
    return si.RetrieveContent()


@pytest.fixture
def vms(content):
    view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], recursive=True)
    found = {vm.name: vm for vm in view.view}
    view.Destroy()
    return found


@pytest.fixture
def work(content):
    """A task type that an extension registers."""
    key = "org.taskconform.test"
    extension = vim.Extension(
        description=vim.Description(label="test", summary="a test's"),
        key=key,
        version="1",
        company="taskconform",
        taskList=[vim.Extension.TaskTypeInfo(taskID=f"{key}.work")],
        lastHeartbeatTime=vim.ServiceInstance("ServiceInstance", content.taskManager._stub).CurrentTime(),
    )
    content.extensionManager.RegisterExtension(extension)
    yield f"{key}.work"
    content.extensionManager.UnregisterExtension(key)


def spec_of(obj, *paths, missing=False):
    return PC.FilterSpec(
        propSet=[PC.PropertySpec(type=type(obj), pathSet=list(paths))],
        objectSet=[PC.ObjectSpec(obj=obj)],
        reportMissingObjectsInResults=missing,
    )


# --- who it is, and who may talk to it --------------------------------------------------------------------------------


def test_about_and_time(si, content):
    about = content.about
    assert (about.apiType, about.apiVersion, about.productLineId) == ("VirtualCenter", "8.0.3.0", "vpx")
    assert abs(si.CurrentTime().timestamp() - time.time()) < 60
    assert content.taskManager._moId == "TaskManager"


@pytest.mark.parametrize("name", ["primary", "CONFORM.TEST\\Ada", "conform.test\\ada", "ada@conform.test"])
def test_user_names(server, name):
    with server.client(name, pwd="primary") as instance:
        session = instance.content.sessionManager.currentSession
        assert session.userName == "CONFORM.TEST\\Ada"
        assert session.locale == "en"


def test_wrong_password(server):
    with pytest.raises(vim.fault.InvalidLogin), server.client("primary", pwd="wrong"):
        pass


def test_nobody_may_nothing(server):
    status, text = server.soap(
        '<CurrentTime xmlns="urn:vim25"><_this type="ServiceInstance">ServiceInstance</_this></CurrentTime>'
    )
    assert status == 500
    assert "NotAuthenticatedFault" in text
    assert "System.View" in text


def test_logout_ends_the_session(server):
    with server.client() as one, server.client() as other:
        assert one.content.sessionManager.currentSession.key != other.content.sessionManager.currentSession.key
        manager = one.content.sessionManager
        manager.Logout()
        with pytest.raises(vim.fault.NotAuthenticated):
            one.CurrentTime()
        assert other.CurrentTime()


def test_terminated_session(server, si):
    with server.client("second") as other:
        key = other.content.sessionManager.currentSession.key
        assert key in [each.key for each in si.content.sessionManager.sessionList]
        si.content.sessionManager.TerminateSession([key])
        with pytest.raises(vim.fault.NotAuthenticated):
            other.CurrentTime()


def test_idle_session_ends():
    with serving(idle=0.3) as served, served.client() as instance:
        for _ in range(4):
            time.sleep(0.1)
            assert instance.CurrentTime()  # what is used is not idle
        time.sleep(0.8)
        with pytest.raises(vim.fault.NotAuthenticated):
            instance.CurrentTime()
        assert not served.state.sessions


def test_locale(si):
    manager = si.content.sessionManager
    assert list(manager.supportedLocaleList) == ["en", "de"]
    manager.SetLocale("de_DE")
    states = {each.key: each.label for each in si.content.taskManager.description.state}
    assert states["running"] == "In Arbeit"
    with pytest.raises(vim.fault.InvalidLocale):
        manager.SetLocale("tlh")


# --- privileges -------------------------------------------------------------------------------------------------------


def test_restricted_user(server, content, vms, work):
    hidden, seen = vms["Fir60"], vms["Ginkgo18"]
    keys = [content.taskManager.CreateTask(vm, work, None, cancelable=True).key for vm in (hidden, seen)]
    with server.client("restricted") as other:
        manager = other.content.taskManager
        listed = [task._moId for task in manager.recentTask]
        assert keys[0] not in listed
        assert keys[1] in listed
        with pytest.raises(vim.fault.NoPermission) as refused:
            manager.CreateTask(manager, work, None, cancelable=True)
        assert refused.value.privilegeId == "Task.Create"
        task = vim.Task(keys[0], other._stub)
        (found,) = other.content.propertyCollector.RetrieveContents([spec_of(task, "info")])
        assert found.missingSet[0].path == "info"
        assert isinstance(found.missingSet[0].fault, vim.fault.NoPermission)
        names = {vm.name for vm in _all_vms(other)}
        assert "Fir60" not in names
        assert "Ginkgo18" in names


def _all_vms(instance):
    content = instance.content
    return content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], recursive=True).view


def test_privileges_can_be_asked_for(server, content, vms):
    with server.client("delegate") as other:
        key = other.content.sessionManager.currentSession.key
        entities = [vms["Dogwood58"], vms["Birch12"], vms["Fir60"]]
        wanted = ["Task.Create", "System.Read"]
        found = content.authorizationManager.HasPrivilegeOnEntities(entities, key, wanted)
    held = [[each.isGranted for each in one.privAvailability] for one in found]
    assert held == [[True, True], [False, True], [False, False]]
    assert {role.name for role in content.authorizationManager.roleList} >= {"Admin", "ReadOnly", "NoAccess"}


def test_outsider_can_log_in_and_no_more(server):
    with server.client("outsider") as other, pytest.raises(vim.fault.NoPermission):
        other.content.taskManager.recentTask  # noqa: B018


# --- tasks ------------------------------------------------------------------------------------------------------------


def test_life_of_a_task(content, vms, work):
    manager = content.taskManager
    info = manager.CreateTask(vms["Birch12"], work, None, cancelable=True)
    assert (info.state, info.entityName, info.reason.userName) == ("queued", "Birch12", "CONFORM.TEST\\Ada")
    task = info.task
    task.SetTaskState("running")
    task.UpdateProgress(140)
    task.SetTaskDescription(vmodl.LocalizableMessage(key="phase", arg=[vmodl.KeyAnyValue(key="n", value=7)]))
    now = task.info
    assert (now.state, now.progress, now.description.arg[0].value) == ("running", 100, 7)
    task.SetTaskState("success", vms["Cedar31"])
    assert task.info.result == vms["Cedar31"]
    with pytest.raises(vim.fault.InvalidState):
        task.SetTaskState("running")
    child = manager.CreateTask(vms["Birch12"], work, None, cancelable=False, parentTaskKey=info.key, activationId="a1")
    assert (child.parentTaskKey, child.rootTaskKey, child.activationId) == (info.key, info.key, "a1")
    child.task.SetTaskState("error", None, vim.fault.NotFound(msg="gone"))
    assert isinstance(child.task.info.error, vim.fault.NotFound)
    assert child.task.info.error.msg == "gone"
    with pytest.raises(vmodl.fault.NotSupported):
        content.taskManager.CreateTask(vms["Birch12"], work, None, cancelable=False).task.Cancel()


def test_results_of_any_type_come_back(content, vms, work):
    for result in ("text & <more>", 7, True, vim.Description(label="l", summary="s")):
        task = content.taskManager.CreateTask(vms["Birch12"], work, None, cancelable=True).task
        task.SetTaskState("success", result)
        found = task.info.result
        assert getattr(found, "label", found) == getattr(result, "label", result)


def test_wait_for_task(content, vms):
    task = vms["Cedar31"].PowerOnVM_Task()
    assert task.info.state in {"queued", "running"}
    assert WaitForTask(task) == "success"
    info = task.info
    assert (info.descriptionId, info.name.info.wsdlName) == ("VirtualMachine.powerOn", "PowerOnVM_Task")
    assert info.queueTime < info.startTime < info.completeTime
    assert vms["Cedar31"].runtime.powerState == "poweredOn"
    with pytest.raises(vim.fault.InvalidPowerState):
        WaitForTask(vms["Cedar31"].PowerOnVM_Task())
    WaitForTask(vms["Cedar31"].PowerOffVM_Task())
    assert vms["Cedar31"].runtime.powerState == "poweredOff"
    methods = {each.key for each in content.taskManager.description.methodInfo}
    assert {"VirtualMachine.powerOn", "VirtualMachine.powerOff"} <= methods


def test_folders(content):
    datacenter = content.rootFolder.childEntity[0]
    folder = datacenter.vmFolder.CreateFolder("Shed")
    WaitForTask(folder.Rename_Task("Barn"))
    assert folder.name == "Barn"
    assert content.searchIndex.FindByInventoryPath("Atlantis1/Harbour2/Barn") == folder
    with pytest.raises(vim.fault.DuplicateName):
        datacenter.vmFolder.CreateFolder("Barn")
    WaitForTask(folder.Destroy_Task())
    with pytest.raises(vmodl.fault.ManagedObjectNotFound):
        folder.name  # noqa: B018


def test_cancel(content):
    host = content.searchIndex.FindByInventoryPath("Atlantis1/Machines64/Rack05/Anvil80")
    task = host.EnterMaintenanceMode_Task(0)
    task.CancelTask()
    with pytest.raises(vmodl.fault.RequestCanceled):
        WaitForTask(task)
    assert not host.runtime.inMaintenanceMode


def test_history(content, vms, work):
    manager = content.taskManager
    keys = [manager.CreateTask(vms["Elm44"], work, None, cancelable=True).key for _ in range(5)]
    by = vim.TaskFilterSpec.ByEntity(entity=vms["Elm44"], recursion="self")
    spec = vim.TaskFilterSpec(entity=by, state=["queued"])
    collector = manager.CreateCollectorForTasks(spec)
    assert [info.key for info in collector.ReadNextTasks(3)] == keys[:3]
    assert [info.key for info in collector.ReadNextTasks(3)] == keys[3:]
    collector.SetCollectorPageSize(2)
    assert {info.key for info in collector.latestPage} == set(keys[3:])
    assert collector.filter.entity.entity == vms["Elm44"]
    collector.DestroyCollector()
    with pytest.raises(vmodl.fault.ManagedObjectNotFound):
        collector.ReadNextTasks(1)
    with pytest.raises(vmodl.fault.InvalidArgument):
        manager.CreateCollectorForTasks(spec).ReadNextTasks(0)


def test_events_of_a_task(content, vms, work):
    info = content.taskManager.CreateTask(vms["Elm44"], work, None, cancelable=True)
    (event,) = content.eventManager.QueryEvents(vim.event.EventFilterSpec(eventChainId=info.eventChainId))
    assert isinstance(event, vim.event.TaskEvent)
    assert (event.info.key, event.info.state) == (info.key, "queued")


def test_scheduled_task_runs_at_its_time(si, content, vms, work):
    at = si.CurrentTime().timestamp() + 0.4
    spec = vim.scheduler.ScheduledTaskSpec(
        name="soon",
        description="",
        enabled=True,
        scheduler=vim.scheduler.OnceTaskScheduler(runAt=_moment(at)),
        action=vim.action.CreateTaskAction(taskTypeId=work, cancelable=True),
    )
    schedule = content.scheduledTaskManager.CreateScheduledTask(vms["Elm44"], spec)
    collector = content.taskManager.CreateCollectorForTasks(vim.TaskFilterSpec(scheduledTask=schedule))
    assert collector.ReadNextTasks(10) == []
    found = _eventually(lambda: collector.ReadNextTasks(10))
    assert found[0].reason.scheduledTask == schedule
    schedule.RunScheduledTask()
    assert len(collector.ReadNextTasks(10)) == 1
    schedule.RemoveScheduledTask()


def test_alarm_starts_a_task(content, vms, work):
    spec = vim.alarm.AlarmSpec(
        name="loud",
        description="",
        enabled=True,
        expression=vim.alarm.EventAlarmExpression(eventType=vim.event.GeneralUserEvent, status="yellow"),
        action=vim.alarm.AlarmTriggeringAction(
            action=vim.action.CreateTaskAction(taskTypeId=work, cancelable=True),
            green2yellow=True,
            yellow2red=False,
            red2yellow=False,
            yellow2green=False,
        ),
    )
    alarm = content.alarmManager.CreateAlarm(vms["Elm44"], spec)
    content.eventManager.LogUserEvent(vms["Elm44"], "now")
    collector = content.taskManager.CreateCollectorForTasks(vim.TaskFilterSpec(alarm=alarm))
    (info,) = collector.ReadNextTasks(10)
    assert info.reason.alarm == alarm
    assert alarm.info.name == "loud"
    alarm.RemoveAlarm()


def _moment(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def _eventually(look, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)
    return found


# --- the property collector -------------------------------------------------------------------------------------------


def test_list_view_loop(content, vms, work):
    """A view of tasks, watched until all have ended."""
    manager, collector = content.taskManager, content.propertyCollector
    tasks = [manager.CreateTask(vms["Birch12"], work, None, cancelable=True).task for _ in range(3)]
    view = content.viewManager.CreateListView(tasks[:2])
    traversal = PC.TraversalSpec(type=vim.view.ListView, path="view", skip=False)
    spec = PC.FilterSpec(
        propSet=[PC.PropertySpec(type=vim.Task, pathSet=["info.state"])],
        objectSet=[PC.ObjectSpec(obj=view, skip=True, selectSet=[traversal])],
    )
    watch = collector.CreateFilter(spec, partialUpdates=True)
    seen, version = {}, ""

    def end_all():
        for task in tasks:
            task.SetTaskState("success")

    ender = threading.Timer(0.2, end_all)
    view.ModifyListView(add=[tasks[2]])
    ender.start()
    while set(seen.values()) != {"success"} or len(seen) < 3:
        updates = collector.WaitForUpdatesEx(version, PC.WaitOptions(maxWaitSeconds=20, maxObjectUpdates=2))
        assert updates is not None, seen
        version = updates.version
        for one in updates.filterSet:
            assert one.filter == watch
            for change in one.objectSet:
                seen[change.obj._moId] = change.changeSet[0].val
    ender.join()
    view.ModifyListView(remove=[tasks[0]])
    updates = collector.WaitForUpdatesEx(version, PC.WaitOptions(maxWaitSeconds=0))
    assert [(one.kind, one.obj) for one in updates.filterSet[0].objectSet] == [("leave", tasks[0])]
    assert collector.WaitForUpdatesEx(updates.version, PC.WaitOptions(maxWaitSeconds=0)) is None
    again = collector.WaitForUpdatesEx(version, PC.WaitOptions(maxWaitSeconds=0))
    assert [one.kind for one in again.filterSet[0].objectSet] == ["leave"]
    watch.DestroyPropertyFilter()
    view.DestroyView()


def test_versions_are_remembered_for_long_and_not_for_ever(content, vms, work, monkeypatch):
    monkeypatch.setattr(filters, "_MOST_VERSIONS", 2)
    collector = content.propertyCollector.CreatePropertyCollector()
    task = content.taskManager.CreateTask(vms["Birch12"], work, None, cancelable=True).task
    watch = collector.CreateFilter(spec_of(task, "info.state"), partialUpdates=False)
    versions = [collector.CheckForUpdates("").version for _ in range(4)]
    assert collector.CheckForUpdates(versions[2]) is None
    with pytest.raises(vmodl.query.InvalidCollectorVersion):
        collector.CheckForUpdates(versions[1])
    watch.DestroyPropertyFilter()
    assert collector.CheckForUpdates(versions[3]) is None
    collector.DestroyPropertyCollector()


def test_waits_end_as_asked(content):
    collector = content.propertyCollector.CreatePropertyCollector()
    start = time.monotonic()
    assert collector.WaitForUpdatesEx("", PC.WaitOptions(maxWaitSeconds=1)) is None
    assert 0.9 < time.monotonic() - start < 15
    for options in (PC.WaitOptions(maxWaitSeconds=-1), PC.WaitOptions(maxObjectUpdates=0)):
        with pytest.raises(vmodl.fault.InvalidArgument):
            collector.WaitForUpdatesEx("", options)
    with pytest.raises(vmodl.query.InvalidCollectorVersion):
        collector.WaitForUpdatesEx("none", PC.WaitOptions(maxWaitSeconds=0))
    collector.DestroyPropertyCollector()
    with pytest.raises(vmodl.fault.NotSupported):
        content.propertyCollector.DestroyPropertyCollector()


@pytest.mark.parametrize("by", ["cancel", "destroy", "logout"])
def test_wait_is_broken_off(server, by):
    with server.client() as instance:
        collector = instance.content.propertyCollector.CreatePropertyCollector()
        outcome = []

        def wait():
            try:
                outcome.append(collector.WaitForUpdatesEx("", PC.WaitOptions(maxWaitSeconds=60)))
            except vmodl.MethodFault as fault:
                outcome.append(fault)

        waiter = threading.Thread(target=wait)
        waiter.start()
        _eventually(lambda: any(each.waits for each in server.application.service.clients))
        if by == "cancel":
            collector.CancelWaitForUpdates()
        elif by == "destroy":
            collector.DestroyPropertyCollector()
        else:
            instance.content.sessionManager.Logout()
        waiter.join(20)
        assert isinstance(outcome[0], vmodl.fault.RequestCanceled)


def test_long_waits_do_not_hold_up_others(server, si):
    clients = [server.client() for _ in range(8)]
    instances = [one.__enter__() for one in clients]
    waiters = [
        threading.Thread(
            target=one.content.propertyCollector.WaitForUpdatesEx, args=("", PC.WaitOptions(maxWaitSeconds=3))
        )
        for one in instances
    ]
    for waiter in waiters:
        waiter.start()
    _eventually(lambda: sum(each.waits for each in server.application.service.clients) == 8)
    start = time.monotonic()
    assert si.CurrentTime()
    assert time.monotonic() - start < 2
    for waiter in waiters:
        waiter.join()
    for one in clients:
        one.__exit__(None, None, None)


def test_recent_task_and_nested_changes(content, vms, work):
    collector = content.propertyCollector.CreatePropertyCollector()
    task = content.taskManager.CreateTask(vms["Birch12"], work, None, cancelable=True).task
    collector.CreateFilter(spec_of(content.taskManager, "recentTask", "maxCollector"), partialUpdates=False)
    collector.CreateFilter(spec_of(task, "info"), partialUpdates=True)
    updates = collector.WaitForUpdatesEx("", None)
    changes = {
        change.name: change.val for one in updates.filterSet for obj in one.objectSet for change in obj.changeSet
    }
    assert task in changes["recentTask"]
    assert changes["maxCollector"] == 32
    assert changes["info"].state == "queued"
    task.SetTaskState("running")
    updates = collector.CheckForUpdates(updates.version)
    changes = {change.name: change.val for change in updates.filterSet[0].objectSet[0].changeSet}
    assert changes["info.state"] == "running"
    assert set(changes) == {"info.state", "info.startTime"}
    collector.DestroyPropertyCollector()


def test_retrieval_in_pages(content, vms):
    collector = content.propertyCollector
    view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], recursive=True)
    traversal = PC.TraversalSpec(type=vim.view.ContainerView, path="view", skip=False)
    spec = PC.FilterSpec(
        propSet=[PC.PropertySpec(type=vim.ManagedEntity, pathSet=["name", "parent"])],
        objectSet=[PC.ObjectSpec(obj=view, skip=True, selectSet=[traversal])],
    )
    page = collector.RetrievePropertiesEx([spec], PC.RetrieveOptions(maxObjects=3))
    names = []
    while True:
        names += [prop.val for obj in page.objects for prop in obj.propSet if prop.name == "name"]
        assert len(page.objects) <= 3
        if page.token is None:
            break
        token, page = page.token, collector.ContinueRetrievePropertiesEx(page.token)
    assert sorted(names) == sorted(vms)
    with pytest.raises(vmodl.fault.InvalidArgument):
        collector.ContinueRetrievePropertiesEx(token)
    page = collector.RetrievePropertiesEx([spec], PC.RetrieveOptions(maxObjects=1))
    collector.CancelRetrievePropertiesEx(page.token)
    with pytest.raises(vmodl.fault.InvalidArgument):
        collector.ContinueRetrievePropertiesEx(page.token)


def test_missing_objects_and_wrong_specifications(si, content):
    gone = vim.Task("task-987654", si._stub)
    collector = content.propertyCollector
    with pytest.raises(vmodl.fault.ManagedObjectNotFound) as fault:
        collector.RetrievePropertiesEx([spec_of(gone, "info")], PC.RetrieveOptions())
    assert fault.value.obj == gone
    assert collector.RetrievePropertiesEx([spec_of(gone, "info", missing=True)], PC.RetrieveOptions()) is None
    own = collector.CreatePropertyCollector()
    own.CreateFilter(spec_of(gone, "info", missing=True), partialUpdates=False)
    updates = own.WaitForUpdatesEx("", PC.WaitOptions(maxWaitSeconds=0))
    assert updates.filterSet[0].missingSet[0].obj == gone
    with pytest.raises(vmodl.query.InvalidProperty):
        collector.RetrievePropertiesEx([spec_of(content.taskManager, "recentTasks")], PC.RetrieveOptions())


def test_everything_that_can_be_read(content):
    """Every property of every object from the root folder down, as a browser of the inventory reads them."""
    view = content.viewManager.CreateContainerView(content.rootFolder, [], recursive=True)
    traversal = PC.TraversalSpec(type=vim.view.ContainerView, path="view", skip=False)
    managers = [content.taskManager, content.sessionManager, content.eventManager, content.authorizationManager]
    specs = [
        PC.FilterSpec(
            propSet=[PC.PropertySpec(type=vim.ManagedEntity, all=True)],
            objectSet=[PC.ObjectSpec(obj=view, skip=True, selectSet=[traversal])],
        ),
        *[
            PC.FilterSpec(
                propSet=[PC.PropertySpec(type=type(one), all=True)], objectSet=[PC.ObjectSpec(obj=one, skip=False)]
            )
            for one in [*managers, content.extensionManager, content.scheduledTaskManager, content.viewManager, view]
        ],
    ]
    found = content.propertyCollector.RetrieveContents(specs)
    assert len(found) == 18 + 8  # all managed entities but the root folder, and the managers and the view
    assert all(not one.missingSet for one in found)


# --- flavours and versions --------------------------------------------------------------------------------------------


def test_host():
    with serving(flavour="esxi", operation_time=0) as served, served.client() as instance:
        content = instance.content
        assert content.about.apiType == "HostAgent"
        assert content.taskManager._moId == "ha-taskmgr"
        assert content.extensionManager is None
        assert content.scheduledTaskManager is None
        with pytest.raises(vmodl.fault.NotSupported):
            content.taskManager.CreateCollectorForTasks(vim.TaskFilterSpec())
        info = content.taskManager.CreateTask(content.taskManager, "any.type", None, cancelable=True)
        assert info.entity is None
        collector = content.propertyCollector
        collector.CreateFilter(spec_of(content.taskManager, "recentTask"), partialUpdates=False)
        first = collector.WaitForUpdatesEx("", PC.WaitOptions(maxWaitSeconds=0))
        content.taskManager.CreateTask(content.taskManager, "any.type", None, cancelable=True)
        later = collector.WaitForUpdatesEx(first.version, PC.WaitOptions(maxWaitSeconds=0))
        assert len(later.filterSet[0].objectSet[0].changeSet[0].val) == 3


def test_every_version_serves_what_it_has():
    versions = schema.known_versions()
    assert (versions[-1], "8.0.3.0" in versions) == ("4.0", True)
    for version in (versions[0], "9.0.0.0", "7.0.3.0", "6.5", "5.0", "4.1", "4.0"):
        with serving(api_version=version) as served, served.client() as instance:
            manager = instance.content.taskManager
            assert instance.content.about.apiVersion == version
            assert manager.recentTask[0].info.state == "success"
            collector = manager.CreateCollectorForTasks(vim.TaskFilterSpec())
            assert len(collector.ReadNextTasks(10)) == 1


OBJ = '<obj type="TaskManager">TaskManager</obj>'
ACTIVATION = "<activationId>a</activationId>"


def _call(method, inside):
    return f'<{method} xmlns="urn:vim25"><_this type="TaskManager">TaskManager</_this>{inside}</{method}>'


def test_what_a_version_lacks_is_refused():
    body = _call("CreateCollectorWithInfoFilterForTasks", "<filter/>")
    activation = _call("CreateTask", f"{OBJ}<taskTypeId>x</taskTypeId><cancelable>true</cancelable>{ACTIVATION}")
    for version, faults in (("8.0.3.0", ("", "InvalidArgument")), ("5.5", ("MethodNotFound", "InvalidRequest"))):
        with serving(api_version=version) as served, served.client() as instance:
            cookie = instance._stub.cookie
            for text, fault in zip((body, activation), faults, strict=True):
                _, document = served.soap(text, Cookie=cookie)
                found = re.search(r'xsi:type="(\w+)"', document) if "Fault>" in document else None
                assert (found[1] if found else "") == fault


def test_older_clients_are_answered_in_their_version(server, content, vms, work):
    info = content.taskManager.CreateTask(vms["Birch12"], work, None, cancelable=True, activationId="later")
    with server.client() as instance:
        cookie = instance._stub.cookie
        body = (
            '<RetrieveProperties xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector</_this><specSet>'
            f'<propSet><type>Task</type><pathSet>info</pathSet></propSet><objectSet><obj type="Task">{info.key}</obj>'
            "</objectSet></specSet></RetrieveProperties>"
        )
        for version, there in (("8.0.3.0", True), ("5.5", False), ("99.0", True)):
            _, document = server.soap(body, Cookie=cookie, SOAPAction=f"urn:vim25/{version}")
            assert ("activationId" in document) == there


def test_reading_by_view_spec():
    with serving(api_version="9.0.0.0", operation_time=0) as served, served.client() as instance:
        content = instance.content
        machine = content.searchIndex.FindByInventoryPath("Atlantis1/Harbour2/Birch12")
        for _ in range(2):
            machine.PowerOnVM_Task()
            machine.PowerOffVM_Task()

        def keys(count, start):
            view = vim.TaskManager.ViewByStartId(count=count, startId=start)
            found = content.taskManager.ReadNextTasksByViewSpec(view, vim.TaskFilterSpec(), None)
            return [info.key for info in found]

        assert keys(2, "") == ["task-5", "task-4"]
        assert keys(2, "task-4") == ["task-3", "task-2"]
        assert keys(-2, "task-0") == ["task-1", "task-2"]
        assert keys(-9, "task-4") == ["task-5"]


# --- clock and control ------------------------------------------------------------------------------------------------


def test_virtual_clock():
    with serving(clock="virtual", control="t0ken", window=600) as served, served.client() as instance:
        before = instance.CurrentTime()
        assert before.year == 2026
        assert len(instance.content.taskManager.recentTask) == 1
        token = {"X-Taskconform-Token": "t0ken"}
        status, _ = served.post(b'{"advance": 601}', "/control/clock", **token)
        assert status == 200
        assert 601 <= (instance.CurrentTime() - before).total_seconds() < 602
        assert len(instance.content.taskManager.recentTask) == 0
        assert served.post(b'{"advance": 601}', "/control/clock")[0] == 403
        assert served.post(b'{"advance": -1}', "/control/clock", **token)[0] == 400
        assert served.post(b"{", "/control/clock", **token)[0] == 400
        assert served.post(b"", "/control/reset", **token)[0] == 200
        with pytest.raises(vim.fault.NotAuthenticated):
            instance.CurrentTime()


def test_there_is_no_control_unless_asked_for(server):
    assert server.post(b'{"advance": 601}', "/control/clock", **{"X-Taskconform-Token": ""})[0] == 404


def test_a_real_clock_is_not_moved():
    with serving(control="t0ken") as served:
        token = {"X-Taskconform-Token": "t0ken"}
        assert served.post(b'{"advance": 1}', "/control/clock", **token)[0] == 409
        assert served.post(b"", "/control/state", "GET", **token)[0] == 200


# --- TLS, and the command ---------------------------------------------------------------------------------------------


def test_certificate_made_at_the_start(tmp_path):
    with serving(tls=True) as served:
        authority = tmp_path / "authority.pem"
        authority.write_bytes(served.authority)
        context = ssl.create_default_context(cafile=str(authority))
        instance = SmartConnect(
            host="127.0.0.1", port=served.parts.port, user="primary", pwd="primary", sslContext=context
        )
        assert instance.content.about.vendor == "taskconform"
        with pytest.raises(ssl.SSLCertVerificationError):
            HTTPSConnection("127.0.0.1", served.parts.port, timeout=20).request("GET", "/sdk")


def test_options_that_make_no_sense():
    for wrong in ({"flavour": "x"}, {"clock": "x"}, {"api_version": "3.5"}, {"certificate": "x"}):
        with pytest.raises(ValueError, match=r".+"):
            Options(**wrong)
    assert passwords({"TASKCONFORM_SERVE_PASSWORD_SECOND": "s"}, "all") | {"second": "s"} == passwords(
        {"TASKCONFORM_SERVE_PASSWORD_SECOND": "s"}, "all"
    )


def _command(*words):
    program = "import sys; from taskconform.conformance.cli.command import main; sys.argv[0] = 'taskconform'; main()"
    return subprocess.Popen(
        [sys.executable, "-c", program, "serve", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TASKCONFORM_SERVE_PASSWORD": ""},
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_command_runs_until_it_is_told_to_end(number):
    process = _command("--no-tls", "--clock", "virtual")
    line = process.stdout.readline()
    words = dict(word.split("=", 1) for word in line.split() if "=" in word)
    parts = urlsplit(words["url"])
    assert parts.hostname == "127.0.0.1"
    connection = HTTPConnection(parts.hostname, parts.port, timeout=20)
    connection.request("GET", "/sdk/vimServiceVersions.xml")
    assert b"<version>8.0.3.0</version>" in connection.getresponse().read()
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "Traceback" not in out + err
    connection.close()


def test_command_refuses_to_be_open_to_all():
    process = _command("--host", ".".join("0000"))
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "TASKCONFORM_SERVE_PASSWORD" in err


def test_unlisted_methods_are_not_supported(vms):
    with pytest.raises(vmodl.fault.NotSupported):
        vms["Birch12"].ResetVM_Task()
