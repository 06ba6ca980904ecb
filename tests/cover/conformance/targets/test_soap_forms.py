"""The SOAP adapter's requests held against pyVmomi's own serialiser, and answers that vcsim does not give."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import canonicalize

import pytest
from pyVmomi import vim, vmodl
from pyVmomi.SoapAdapter import SoapStubAdapter

from taskconform.conformance.targets.soap import inventory as soap_inventory
from taskconform.conformance.targets.soap import watch as soap_watch
from taskconform.conformance.targets.soap import wire as soap_wire
from taskconform.conformance.wire import answers as soap_answers
from taskconform.conformance.wire import body as soap_body
from taskconform.conformance.wire import updates as soap_updates
from taskconform.conformance.wire import xml as soap_xml
from taskconform.conformance.wire.table import BY_CALL, FAR_AWAY
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import MAIN, Made, ObjectRef
from taskconform.model.vocabulary.declaration import About, Entity
from taskconform.model.vocabulary.outcomes import (
    ElementDescription,
    Extension,
    Fault,
    ObjectUpdate,
    TaskDescription,
    UpdateSet,
)

MOMENT = 1_700_000_000_123_456
WHEN = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=MOMENT)
STUB = SoapStubAdapter(host="h", version="vim.version.v8_0_3_0")
XSI = 'xmlns="urn:vim25" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
PC = vmodl.query.PropertyCollector

MANAGER = ObjectRef(type="TaskManager", value="TaskManager")
VM = ObjectRef(type="VirtualMachine", value="vm-1")
TASK = ObjectRef(type="Task", value="task-1")
VIEW = ObjectRef(type="ListView", value="view-1")
PAGES = ObjectRef(type="TaskHistoryCollector", value="collector-1")
WATCHING = ObjectRef(type="PropertyCollector", value="pc")
FILTER = ObjectRef(type="PropertyFilter", value="filter-1")


def plain(document):
    """Canonical XML, without pyVmomi's versionId."""
    return canonicalize(document.decode(), exclude_attrs=["versionId"], strip_text=True)


def theirs(this, method, *arguments):
    return plain(STUB.SerializeRequest(this, method.info, arguments))


def ours(body):
    return plain(soap_body.envelope(body))


def sent_to(manager, call, now=0):
    """A call as the table of calls writes it, to the manager that it goes to."""
    return BY_CALL[type(call)].write(call, manager, now)


def written(call):
    """A call that names its object."""
    return BY_CALL[type(call)].write(call)


def parsed(xml):
    return soap_xml.root_of(xml.encode())


# --- out --------------------------------------------------------------------------------------------------------------


def test_sessions_and_extensions():
    sessions = ObjectRef(type="SessionManager", value="s")
    assert ours(soap_body.login(sessions, "u", "p", "de")) == theirs(
        vim.SessionManager("s", STUB), vim.SessionManager.Login, "u", "p", "de"
    )
    manager, their_manager = ObjectRef(type="ExtensionManager", value="e"), vim.ExtensionManager("e", STUB)
    updated = vim.Extension(
        description=vim.Description(label="taskconform", summary="taskconform conformance suite"),
        key="k",
        version="2",
        taskList=[vim.Extension.TaskTypeInfo(taskID="a")],
        lastHeartbeatTime=WHEN,
    )
    call = calls.UpdateExtension(session=MAIN, key="k", version="2", task_ids=("a",))
    body = sent_to(manager, call, MOMENT)
    assert ours(body) == theirs(their_manager, vim.ExtensionManager.UpdateExtension, updated)
    without = calls.RegisterExtension(session=MAIN, key="k", version=None, task_ids=("a",))
    assert sent_to(manager, without, MOMENT) == body.replace("<version>2</version>", "").replace(
        "UpdateExtension", "RegisterExtension"
    )
    assert ours(sent_to(manager, calls.FindExtension(session=MAIN, key="k"))) == theirs(
        their_manager, vim.ExtensionManager.FindExtension, "k"
    )


def test_filters_and_info_filters():
    task_manager = vim.TaskManager("TaskManager", STUB)
    spec = calls.TaskFilterSpec(
        state=("queued",),
        alarm=ObjectRef(type="Alarm", value="a"),
        scheduled_task=ObjectRef(type="ScheduledTask", value="s"),
        activation_id=("x",),
        event_chain_id=(1, 2),
    )
    their_spec = vim.TaskFilterSpec(
        state=["queued"],
        alarm=vim.alarm.Alarm("a", STUB),
        scheduledTask=vim.scheduler.ScheduledTask("s", STUB),
        activationId=["x"],
        eventChainId=[1, 2],
    )
    results = vim.TaskInfoFilterSpec.FilterTaskResults(removeAll=True, descriptionIds=["a", "b"], filterIn=False)
    info_filters = {
        calls.TaskInfoFilterSpec(remove_all=True, description_ids=("a", "b"), filter_in=False): vim.TaskInfoFilterSpec(
            filterTaskResults=results
        ),
        calls.TaskInfoFilterSpec(): vim.TaskInfoFilterSpec(),
        None: None,
    }
    for info_filter, their_info_filter in info_filters.items():
        call = calls.CreateCollectorWithInfoFilterForTasks(session=MAIN, filter=spec, info_filter=info_filter)
        assert ours(sent_to(MANAGER, call)) == theirs(
            task_manager, vim.TaskManager.CreateCollectorWithInfoFilterForTasks, their_spec, their_info_filter
        )


def test_null_filters():
    sent = {
        form: sent_to(MANAGER, calls.CreateCollectorForTasks(session=MAIN, filter=None, form=form))
        for form in ("typed", "nil", "unknown")
    }
    assert "filter" not in sent["typed"]
    assert '<filter xsi:nil="true"/>' in sent["nil"]
    assert '<filter xsi:type="EventFilterSpec"/>' in sent["unknown"]


def test_cursors():
    pages = vim.TaskHistoryCollector("collector-1", STUB)
    of = {"session": MAIN, "collector": PAGES}
    assert ours(written(calls.ReadPreviousTasks(**of, max_count=-1))) == theirs(
        pages, vim.TaskHistoryCollector.ReadPreviousTasks, -1
    )
    assert ours(written(calls.SetCollectorPageSize(**of, max_count=2**31 - 1))) == theirs(
        pages, vim.HistoryCollector.SetCollectorPageSize, 2**31 - 1
    )
    assert ours(written(calls.RewindCollector(**of))) == theirs(pages, vim.HistoryCollector.RewindCollector)
    assert ours(written(calls.ResetCollector(**of))) == theirs(pages, vim.HistoryCollector.ResetCollector)


def test_views():
    view, vm_1, task_1 = vim.view.ListView("view-1", STUB), vim.VirtualMachine("vm-1", STUB), vim.Task("task-1", STUB)
    manager = ObjectRef(type="ViewManager", value="v")
    assert ours(sent_to(manager, calls.CreateListView(session=MAIN, objs=(TASK, VM)))) == theirs(
        vim.view.ViewManager("v", STUB), vim.view.ViewManager.CreateListView, [task_1, vm_1]
    )
    assert ours(written(calls.ModifyListView(session=MAIN, view=VIEW, add=(TASK,), remove=(VM, TASK)))) == theirs(
        view, vim.view.ListView.Modify, [task_1], [vm_1, task_1]
    )
    assert ours(written(calls.ResetListView(session=MAIN, view=VIEW, objs=(TASK,)))) == theirs(
        view, vim.view.ListView.Reset, [task_1]
    )
    assert ours(written(calls.DestroyView(session=MAIN, view=VIEW))) == theirs(view, vim.view.View.DestroyView)


def test_watching():
    """The three kinds of what is watched, and missing objects reported."""
    state = PC.PropertySpec(type=vim.Task, pathSet=["info.state"])
    traversal = PC.TraversalSpec(type=vim.view.ListView, path="view", skip=False)
    kinds = {
        (TASK,): PC.FilterSpec(propSet=[state], objectSet=[PC.ObjectSpec(obj=vim.Task("task-1", STUB))]),
        (VIEW,): PC.FilterSpec(
            propSet=[state],
            objectSet=[PC.ObjectSpec(obj=vim.view.ListView("view-1", STUB), skip=True, selectSet=[traversal])],
        ),
        (PAGES,): PC.FilterSpec(
            propSet=[PC.PropertySpec(type=vim.TaskHistoryCollector, pathSet=["latestPage"])],
            objectSet=[PC.ObjectSpec(obj=vim.TaskHistoryCollector("collector-1", STUB))],
        ),
    }
    for watched, spec in kinds.items():
        call = calls.CreateFilter(session=MAIN, collector=WATCHING, watched=watched)
        assert ours(soap_body.watch(call)) == theirs(PC("pc", STUB), PC.CreateFilter, spec, False)  # noqa: FBT003
        reporting = calls.CreateFilter(session=MAIN, collector=WATCHING, watched=watched, report_missing=True)
        spec.reportMissingObjectsInResults = True
        assert ours(soap_body.watch(reporting)) == theirs(PC("pc", STUB), PC.CreateFilter, spec, False)  # noqa: FBT003
    spec = kinds[TASK,]
    assert ours(soap_body.retrieve_reported(WATCHING, calls.RetrieveReported(session=MAIN, tasks=(TASK,)))) == theirs(
        PC("pc", STUB), PC.RetrievePropertiesEx, [spec], PC.RetrieveOptions()
    )


def test_waiting():
    collector = PC("pc", STUB)
    of = {"session": MAIN, "collector": WATCHING}
    assert ours(
        written(calls.WaitForUpdatesEx(**of, version="<1>", max_wait_seconds=3, max_object_updates=2))
    ) == theirs(collector, PC.WaitForUpdatesEx, "<1>", PC.WaitOptions(maxWaitSeconds=3, maxObjectUpdates=2))
    broken_off = calls.BreakOffWait(**of, version="7", by="cancel")
    assert ours(soap_body.wait_long(broken_off)) == theirs(
        collector, PC.WaitForUpdatesEx, "7", PC.WaitOptions(maxWaitSeconds=soap_body.LONG_WAIT)
    )
    assert ours(soap_body.cancel_wait(broken_off)) == theirs(collector, PC.CancelWaitForUpdates)
    assert ours(sent_to(WATCHING, calls.CreatePropertyCollector(session=MAIN))) == theirs(
        collector, PC.CreatePropertyCollector
    )
    assert ours(written(calls.DestroyPropertyCollector(**of))) == theirs(collector, PC.Destroy)
    assert ours(written(calls.DestroyPropertyFilter(session=MAIN, filter=FILTER))) == theirs(
        PC.Filter("filter-1", STUB), PC.Filter.Destroy
    )


def test_scheduled_tasks():
    manager = ObjectRef(type="ScheduledTaskManager", value="m")
    spec = vim.scheduler.ScheduledTaskSpec(
        name="s<1>",
        description="taskconform conformance suite",
        enabled=True,
        scheduler=vim.scheduler.OnceTaskScheduler(runAt=WHEN),
        action=vim.action.CreateTaskAction(taskTypeId="t&t", cancelable=True),
    )
    call = calls.CreateScheduledTask(session=MAIN, entity=VM, name="s<1>", task_type_id="t&t")
    assert ours(sent_to(manager, call, MOMENT - FAR_AWAY)) == theirs(
        vim.scheduler.ScheduledTaskManager("m", STUB),
        vim.scheduler.ScheduledTaskManager.CreateScheduledTask,
        vim.VirtualMachine("vm-1", STUB),
        spec,
    )
    made, their_made = ObjectRef(type="ScheduledTask", value="s"), vim.scheduler.ScheduledTask("s", STUB)
    assert ours(written(calls.RunScheduledTask(session=MAIN, scheduled_task=made))) == theirs(
        their_made, vim.scheduler.ScheduledTask.Run
    )
    assert ours(written(calls.RemoveScheduledTask(session=MAIN, scheduled_task=made))) == theirs(
        their_made, vim.scheduler.ScheduledTask.Remove
    )


def test_alarms():
    manager = ObjectRef(type="AlarmManager", value="m")
    spec = vim.alarm.AlarmSpec(
        name="a<1>",
        description="taskconform conformance suite",
        enabled=True,
        expression=vim.alarm.EventAlarmExpression(eventType=vim.event.GeneralUserEvent, status="yellow"),
        action=vim.alarm.AlarmTriggeringAction(
            action=vim.action.CreateTaskAction(taskTypeId="t", cancelable=True),
            transitionSpecs=[
                vim.alarm.AlarmTriggeringAction.TransitionSpec(startState="green", finalState="yellow", repeats=False)
            ],
            green2yellow=True,
            yellow2red=False,
            red2yellow=False,
            yellow2green=False,
        ),
    )
    call = calls.CreateAlarm(session=MAIN, entity=VM, name="a<1>", task_type_id="t")
    assert ours(sent_to(manager, call)) == theirs(
        vim.alarm.AlarmManager("m", STUB),
        vim.alarm.AlarmManager.CreateAlarm,
        vim.VirtualMachine("vm-1", STUB),
        spec,
    )
    alarm = ObjectRef(type="Alarm", value="a")
    assert ours(written(calls.RemoveAlarm(session=MAIN, alarm=alarm))) == theirs(
        vim.alarm.Alarm("a", STUB), vim.alarm.Alarm.Remove
    )


def test_folders_and_events():
    folder, their_folder = ObjectRef(type="Folder", value="f"), vim.Folder("f", STUB)
    assert ours(written(calls.CreateFolder(session=MAIN, parent=folder, name="<n>"))) == theirs(
        their_folder, vim.Folder.CreateFolder, "<n>"
    )
    assert ours(written(calls.Destroy(session=MAIN, entity=folder))) == theirs(
        their_folder, vim.ManagedEntity.Destroy_Task
    )
    manager, their_manager = ObjectRef(type="EventManager", value="e"), vim.event.EventManager("e", STUB)
    assert ours(sent_to(manager, calls.LogUserEvent(session=MAIN, entity=VM))) == theirs(
        their_manager, vim.event.EventManager.LogUserEvent, vim.VirtualMachine("vm-1", STUB), "taskconform"
    )
    assert ours(sent_to(manager, calls.QueryTaskEvents(session=MAIN, chain=7))) == theirs(
        their_manager, vim.event.EventManager.QueryEvents, vim.event.EventFilterSpec(eventChainId=7), None
    )


@pytest.mark.parametrize(
    "symbol",
    [
        lambda: sent_to(MANAGER, calls.QueryTaskEvents(session=MAIN, chain=calls.Chain(task=Made(step=1)))),
        lambda: sent_to(
            MANAGER,
            calls.CreateCollectorForTasks(
                session=MAIN,
                filter=calls.TaskFilterSpec(
                    time=calls.ByTime(time_type=None, begin_time=calls.Moment(task=Made(step=1), stamp="queue_time"))
                ),
            ),
        ),
        lambda: written(calls.WaitForUpdatesEx(session=MAIN, collector=WATCHING, version=Made(step=1))),
        lambda: sent_to(MANAGER, calls.CreateListView(session=MAIN, objs=(Made(step=1),))),
    ],
)
def test_symbols_do_not_pass(symbol):
    with pytest.raises(TypeError, match="symbol"):
        symbol()


# --- back -------------------------------------------------------------------------------------------------------------


def info(key):
    return (
        f'<key>{key}</key><task type="Task">{key}</task><descriptionId>d</descriptionId><state>queued</state>'
        '<cancelled>false</cancelled><cancelable>true</cancelable><reason xsi:type="TaskReasonSystem"/>'
        "<queueTime>1970-01-01T00:00:01Z</queueTime><eventChainId>7</eventChainId>"
    )


def page_change(name, op, value):
    return f"<changeSet><name>{name}</name><op>{op}</op>{value}</changeSet>"


def page(*keys):
    return f"<val>{''.join(f'<TaskInfo>{info(key)}</TaskInfo>' for key in keys)}</val>"


def updates_of(*changes, rest=""):
    update_set = soap_updates.update_set(
        parsed(
            f'<R {XSI}><returnval><version>1</version><filterSet><filter type="PropertyFilter">filter-1</filter>'
            f'<objectSet><kind>modify</kind><obj type="TaskHistoryCollector">collector-1</obj>{"".join(changes)}'
            f"</objectSet>{rest}</filterSet></returnval></R>"
        )
    )
    (update,) = update_set.updates
    return update_set, update


def test_updates_of_a_latest_page():
    whole = page_change("latestPage", "assign", page("task-1", "task-2"))
    part = page_change('latestPage["task-1"]', "add", f"<val>{info('task-1')}</val>")
    state = page_change('latestPage["task-1"].state', "assign", "<val>running</val>")
    removed = page_change('latestPage["task-1"]', "remove", "")
    unset = page_change("latestPage", "indirectRemove", "")
    assert [each.key for each in updates_of(whole)[1].latest_page] == ["task-1", "task-2"]
    assert updates_of(page_change("latestPage", "assign", "<val/>"))[1].latest_page == ()
    partly = ObjectUpdate(filter=FILTER, kind="modify", obj=PAGES, changed=True)
    for changes in ((part,), (state,), (removed,), (unset,), (whole, part)):
        assert updates_of(*changes)[1] == partly
    assert [each.key for each in updates_of(removed, whole)[1].latest_page] == ["task-1", "task-2"]
    assert updates_of()[1] == ObjectUpdate(filter=FILTER, kind="modify", obj=PAGES)


def test_updates_with_something_missing():
    fault = '<fault><fault xsi:type="ManagedObjectNotFound"/><localizedMessage>m</localizedMessage></fault>'
    gone = f'<missingSet><obj type="Task">task-1</obj>{fault}</missingSet>'
    unreadable = f"<missingSet><path>latestPage</path>{fault}</missingSet>"
    update_set, update = updates_of(unreadable, rest=gone)
    kinds = ("ManagedObjectNotFound", "RuntimeFault", "MethodFault")
    assert update.missing == Fault(kind="ManagedObjectNotFound", kinds=kinds, message="m")
    assert update_set == UpdateSet(version="1", truncated=False, updates=(update,), missing=(TASK,))
    assert soap_updates.update_set(parsed(f"<R {XSI}/>")) is None
    with pytest.raises(soap_xml.Undecodable):
        soap_updates.update_set(parsed(f"<R {XSI}><returnval/></R>"))


def test_task_events_among_others():
    events = parsed(
        f'<R {XSI}><returnval xsi:type="UserLoginSessionEvent"><key>1</key></returnval>'
        f'<returnval xsi:type="TaskEvent"><key>2</key><chainId>7</chainId><info>{info("task-1")}</info></returnval>'
        f'<returnval xsi:type="TaskTimeoutEvent"><key>3</key><chainId>8</chainId><info>{info("task-2")}</info>'
        "</returnval></R>"
    )
    assert [
        (event.key, event.chain_id, event.info.key) for event in soap_answers.answer_reader("QueryEvents")(events)
    ] == [
        (2, 7, "task-1"),
        (3, 8, "task-2"),
    ]


def test_extensions():
    key = "<key>k</key>"
    known = parsed(f"<v {XSI}>{key}<company>c</company><version>1</version><taskList><taskID>t</taskID></taskList></v>")
    assert soap_answers.reader_of(vim.Extension)(known) == Extension(key="k", version="1", task_ids=("t",))
    bare = parsed(f"<v {XSI}>{key}<version/></v>")
    assert soap_answers.reader_of(vim.Extension)(bare) == Extension(key="k", version="", task_ids=())
    with pytest.raises(soap_xml.Undecodable):
        soap_answers.reader_of(vim.Extension)(parsed(f"<v {XSI}>{key}</v>"))


def test_a_description_without_entries():
    empty = TaskDescription(method_info=(), state=(), reason=())
    assert soap_answers.reader_of(vim.TaskDescription)(parsed(f"<v {XSI}/>")) == empty
    nameless = parsed(f"<v {XSI}><reason><key>k</key></reason></v>")
    described = (ElementDescription(key="k", label="", summary=""),)
    assert soap_answers.reader_of(vim.TaskDescription)(nameless).reason == described


def test_a_filter_of_another_type():
    assert (
        soap_answers.reader_of(vim.TaskFilterSpec)(parsed(f'<val {XSI} xsi:type="TaskFilterSpec"/>'))
        == calls.TaskFilterSpec()
    )
    with pytest.raises(soap_xml.Undecodable, match="EventFilterSpec"):
        soap_answers.reader_of(vim.TaskFilterSpec)(parsed(f'<val {XSI} xsi:type="vim25:EventFilterSpec"/>'))


# --- a server that answers as it is told to ---------------------------------------------------------------------------


class Told:
    """A session whose server answers each method with what it was told, in place of a wire."""

    def __init__(self, **answers):
        self.answers = answers
        self.logged_in = True
        self.socket_seconds = 0.0
        self.closed = False

    def call(self, body):
        answer = self.answers[body[1:].partition(" ")[0]]
        if isinstance(answer, Exception):
            raise answer
        return parsed(f"<R {XSI}>{answer}</R>")

    def twin(self):
        return self

    def close(self):
        self.closed = True


def content(**managers):
    about = {"full_name": "n", "vendor": "v", "version": "8", "build": "1", "api_version": "8.0.3.0"}
    return soap_inventory.Content(
        about=About(name="n", api_type=managers.pop("api_type", "VirtualCenter"), **about),
        managers={name: ObjectRef(type=kind, value=kind) for name, kind in managers.items()},
    )


def test_capabilities_come_with_managers():
    assert soap_inventory.capabilities(content()) == {"inventory"}
    host = content(eventManager="EventManager", api_type="HostAgent")
    assert soap_inventory.capabilities(host) == {"events", "task-events"}
    assert soap_inventory.capabilities(content(alarmManager="A", scheduledTaskManager="S")) == {
        "alarms",
        "inventory",
        "schedules",
    }


def test_locales_are_a_choice():
    def read(*locales):
        values = "".join(f"<string>{each}</string>" for each in locales)
        session = Told(
            RetrievePropertiesEx='<returnval><objects><obj type="SessionManager">s</obj><propSet>'
            f"<name>supportedLocaleList</name><val>{values}</val></propSet></objects></returnval>"
        )
        return soap_inventory.read_locales(session, content(sessionManager="SessionManager"))

    assert read("de", "en") == ("de", "en")
    assert read("en") == read() == ()


def test_the_way_up_is_declared():
    """Nine folders in each other: the ones that are too many for their role are declared too, where they lead up."""
    root = ObjectRef(type="Folder", value="root")

    def entity(kind, name, parent):
        return (
            f'<objects><obj type="{kind}">{name}</obj><propSet><name>name</name><val>{name}</val></propSet>'
            f'<propSet><name>parent</name><val type="Folder">{parent}</val></propSet></objects>'
        )

    chain = [entity("Folder", f"f{index}", f"f{index - 1}" if index else "root") for index in range(10)]
    aside = entity("Folder", "g", "root")
    found = "".join((*chain, aside, entity("VirtualMachine", "vm", "f9")))
    session = Told(
        CreateContainerView='<returnval type="ContainerView">v</returnval>',
        RetrievePropertiesEx=f'<returnval>{found}<objects><obj type="Folder">root</obj></objects></returnval>',
        DestroyView="",
    )
    managers = content(viewManager="ViewManager", propertyCollector="PropertyCollector", rootFolder="root")
    managers.managers["rootFolder"] = root
    places = soap_inventory.read_places(session, managers)
    assert [each.name for each in places["folder"]] == [f"f{index}" for index in range(8)]
    assert [each.name for each in places["other"]] == ["f9", "f8"]
    assert places["vm"][0].parent == ObjectRef(type="Folder", value="f9")
    assert places["root"] == (Entity(ref=root, name=""),)


def test_what_breaks_off_a_wait_may_fail():
    """The wait's own fault is the answer; if it has none, the other's is."""
    refused = soap_wire.WireFault(Fault(kind="NoPermission", kinds=("NoPermission",)))
    ended = soap_wire.WireFault(Fault(kind="RequestCanceled", kinds=("RequestCanceled",)))
    break_off = soap_watch.break_off_wait
    cancel = calls.BreakOffWait(session=MAIN, collector=WATCHING, version="1", by="cancel")
    session = Told(WaitForUpdatesEx="", CancelWaitForUpdates=refused)
    with pytest.raises(soap_wire.WireFault, match="NoPermission"):
        break_off(None, session, cancel)
    assert session.closed
    with pytest.raises(soap_wire.WireFault, match="RequestCanceled"):
        break_off(None, Told(WaitForUpdatesEx=ended, CancelWaitForUpdates=refused), cancel)
    assert break_off(None, Told(WaitForUpdatesEx="", CancelWaitForUpdates=""), cancel) is None
    with pytest.raises(ValueError, match="wish"):
        break_off(
            None, Told(WaitForUpdatesEx=""), calls.BreakOffWait(session=MAIN, collector=WATCHING, version="", by="wish")
        )
