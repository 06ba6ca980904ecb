"""Recordings that the API pages allow, written by hand from the pages alone: none is accused, in any recorder's form."""
# ruff: noqa: E501  # a document is a line

from __future__ import annotations

from dataclasses import replace

import pytest
from page_forms import accused_in, written
from page_recordings import (
    Client,
    Exchanged,
    collect,
    info,
    look,
    made,
    make,
    old_task,
    page,
    read,
    references,
    spec,
)

FORMS = ("har", "vcrpy", "vcrpy-json", "vcr", "tcr", "log")
RUNNING = {"progress": "<progress>40</progress>"}


def polls_with_progress_that_falls(one):
    """PowerCLI polls a task; its progress falls between two of its steps."""
    look(one, "task-1", "queued", old=True)
    for percent in (0, 40, 10, 100):
        look(one, "task-1", "running", progress=f"<progress>{percent}</progress>", old=True)
    look(one, "task-1", "success", old=True)


def cancels_twice(one):
    """Two requests for one cancelation, both taken; the task ends as canceled."""
    make(one, "task-2", cancelable=True)
    one.call("CancelTask", "Task:task-2")
    one.call("CancelTask", "Task:task-2")
    gone = '<error><fault xsi:type="RequestCanceled"/><localizedMessage>x</localizedMessage></error>'
    look(one, "task-2", "error", **made("error", cancelable=True, error=gone, cancelled="<cancelled>true</cancelled>"))
    one.fault("CancelTask", "Task:task-2", "InvalidState")


def ends_before_the_cancelation(one):
    """CancelTask returns before the task is canceled, and the task succeeds first."""
    make(one, "task-3", cancelable=True)
    one.call("CancelTask", "Task:task-3")
    done = made("success", cancelable=True, cancelled="<cancelled>true</cancelled>")
    look(one, "task-3", "success", **done)


def progress_beyond_its_bounds(one):
    """Newer servers use zero or 100."""
    make(one, "task-4")
    one.call("SetTaskState", "Task:task-4", "<state>running</state>")
    for asked, kept in ((150, 100), (-7, 0), (33, 33)):
        one.call("UpdateProgress", "Task:task-4", f"<percentDone>{asked}</percentDone>")
        look(one, "task-4", "running", **made("running", progress=f"<progress>{kept}</progress>"))


def progress_refused_by_virtualcenter_2(one):
    """VirtualCenter 2.x throws OutOfBounds."""
    look(one, "task-5", "running")
    one.fault(
        "UpdateProgress",
        "Task:task-5",
        "OutOfBounds",
        "<percentDone>101</percentDone>",
        "<argumentName>x</argumentName>",
    )


def a_purged_history(one):
    """The administrator purges old data between two scans of one collector."""
    of = collect(one, "tc-1")
    page(one, of, 10, old_task("task-11", 1), old_task("task-12", 2), old_task("task-13", 3))
    page(one, of, 10)
    one.call("RewindCollector", of)
    page(one, of, 10, old_task("task-13", 3))


def short_pages(one):
    """maxCount is a maximum; what is appended later is read later, by the same collector."""
    of = collect(one, "tc-2")
    page(one, of, 100, old_task("task-21", 1))
    page(one, of, 100, old_task("task-22", 1), old_task("task-23", 2))
    page(one, of, 100)
    page(one, of, 100, old_task("task-24", 3, "running"))


def an_unordered_latest_page(one):
    """The tasks of latestPage are unordered, and a page that was made larger fills with new tasks."""
    of = collect(one, "tc-3")
    one.call("SetCollectorPageSize", of, "<maxCount>2</maxCount>")
    two = old_task("task-32", 2, element="TaskInfo") + old_task("task-31", 1, element="TaskInfo")
    read(one, "TaskHistoryCollector", "tc-3", "latestPage", f'<val xsi:type="ArrayOfTaskInfo">{two}</val>')
    one.call("SetCollectorPageSize", of, "<maxCount>10</maxCount>")
    three = old_task("task-33", 3, element="TaskInfo") + two
    read(one, "TaskHistoryCollector", "tc-3", "latestPage", f'<val xsi:type="ArrayOfTaskInfo">{three}</val>')


def backwards_through_the_history(one):
    """A Java client resets the collector and reads older and older pages, with times in several offsets."""
    of = collect(one, "tc-4")
    one.call("ResetCollector", of)
    late = "<queueTime>2024-03-05T10:00:30.25+02:00</queueTime>"
    page(
        one,
        of,
        2,
        old_task("task-42", 20),
        old_task(
            "task-43",
            30,
            queueTime=late,
            startTime="",
            completeTime="<completeTime>2024-03-05T08:31:00Z</completeTime>",
        ),
        method="ReadPreviousTasks",
    )
    page(one, of, 2, old_task("task-41", 10), method="ReadPreviousTasks")
    page(one, of, 2, method="ReadPreviousTasks")


def a_full_server(one):
    """Collectors of the same client that the recording does not show fill the limit."""
    read(one, "TaskManager", "TaskManager", "maxCollector", '<val xsi:type="xsd:int">3</val>')
    collect(one, "tc-5")
    one.fault("CreateCollectorForTasks", "TaskManager", "InvalidState", "<filter/>")
    one.call("DestroyCollector", "TaskHistoryCollector:tc-5")
    collect(one, "tc-6")


def extensions_come_and_go(one):
    """Somebody else unregisters an extension between two calls, and registers it anew."""
    key = "<extensionKey>com.corp</extensionKey>"
    told = (
        "<returnval><description><label>x</label><summary>x</summary></description><key>com.corp</key>"
        "<version>1</version><taskList><taskID>com.corp.copy</taskID></taskList>"
        "<lastHeartbeatTime>2024-03-05T08:00:00Z</lastHeartbeatTime></returnval>"
    )
    one.call("FindExtension", "ExtensionManager", key, told)
    one.call("FindExtension", "ExtensionManager", key)
    one.fault("UnregisterExtension", "ExtensionManager", "NotFound", key)
    one.call("FindExtension", "ExtensionManager", key, told.replace("<version>1<", "<version>2<"))
    one.call("UnregisterExtension", "ExtensionManager", key)


def a_list_view_of_tasks_that_go(one):
    """Objects that cannot be resolved are told; a task that is gone leaves the view."""
    both = '<obj type="Task">task-51</obj><obj type="Task">task-52</obj>'
    one.call("CreateListView", "ViewManager", both, '<returnval type="ListView">lv-1</returnval>')
    one.call(
        "ModifyListView",
        "ListView:lv-1",
        '<add type="Task">task-53</add><add type="Task">task-0</add>',
        '<returnval type="Task">task-0</returnval>',
    )
    read(one, "ListView", "lv-1", "view", references("Task", "task-51", "task-53"))
    one.call("ResetListView", "ListView:lv-1", '<obj type="Task">task-53</obj>')
    read(one, "ListView", "lv-1", "view", references("Task", "task-53"))
    one.call("DestroyView", "ListView:lv-1")


def a_task_that_is_gone(one):
    """A completed task leaves recentTask, and then there is no such object."""
    look(one, "task-61", "success")
    read(one, "TaskManager", "TaskManager", "recentTask", references("Task", "task-62"))
    gone = '<obj type="Task">task-61</obj>'
    one.fault(
        "RetrieveProperties",
        "PropertyCollector",
        "ManagedObjectNotFound",
        f"<specSet>{spec('Task', 'info', 'task-61')}</specSet>",
        gone,
    )


def chains_of_tasks(one):
    """A task that started the chain, with and without a rootTaskKey of its own."""
    root = "<rootTaskKey>task-71</rootTaskKey>"
    of = collect(one, "tc-7", root)
    child = {"parentTaskKey": "<parentTaskKey>task-71</parentTaskKey>", "rootTaskKey": root}
    grand = {"parentTaskKey": "<parentTaskKey>task-72</parentTaskKey>", "rootTaskKey": root}
    page(one, of, 9, old_task("task-72", 2, **child), old_task("task-73", 2, **grand))
    of = collect(one, "tc-8", "<parentTaskKey>task-71</parentTaskKey><parentTaskKey>task-72</parentTaskKey>")
    page(one, of, 9, old_task("task-72", 2, **child), old_task("task-73", 2, **grand))


def filters_of_every_kind(one):
    """Filters by time, system user, empty tag, alarm, and two at once."""
    system = {"reason": '<reason xsi:type="TaskReasonSystem"/>'}
    alarm = {
        "reason": '<reason xsi:type="TaskReasonAlarm"><alarmName>hot</alarmName><alarm type="Alarm">alarm-1</alarm>'
        '<entityName>web</entityName><entity type="HostSystem">host-9</entity></reason>'
    }
    ended = "<timeType>completedTime</timeType><beginTime>2024-03-05T08:00:00Z</beginTime>"
    page(one, collect(one, "tc-9", f"<time>{ended}</time>"), 9, old_task("task-81", 0), old_task("task-82", 5, "error"))
    page(
        one,
        collect(one, "tc-10", "<userName><systemUser>true</systemUser></userName>"),
        9,
        old_task("task-83", 6, **system),
    )
    page(
        one,
        collect(one, "tc-11", "<tag></tag><tag>a</tag>"),
        9,
        old_task("task-84", 7),
        old_task("task-85", 7, changeTag="<changeTag>a</changeTag>"),
    )
    page(
        one,
        collect(one, "tc-12", '<state>running</state><alarm type="Alarm">alarm-1</alarm>'),
        9,
        old_task("task-86", 8, "running", **alarm),
    )


def children_of_an_entity(one):
    """Recursion children: the tasks of others, not of the entity itself."""
    asked = '<entity><entity type="Folder">group-v3</entity><recursion>children</recursion></entity>'
    page(
        one,
        collect(one, "tc-13", asked),
        9,
        old_task("task-91", 1),
        old_task("task-92", 2, entity='<entity type="Folder">group-v4</entity>'),
    )


def two_locales(one):
    """Descriptions and entities' names are those of the session's locale."""
    other = one.also("c-2").begin("CORP\\bob", locale="de")
    labels = {
        name: f'<val xsi:type="TaskDescription"><methodInfo><label>{text}</label><summary>{text}</summary><key>a.b</key></methodInfo>'
        + "".join(
            f"<state><label>{text}</label><summary>{text}</summary><key>{key}</key></state>"
            for key in ("error", "queued", "running", "success")
        )
        + "".join(
            f"<reason><label>{text}</label><summary>{text}</summary><key>TaskReason{key}</key></reason>"
            for key in ("Alarm", "Schedule", "System", "User")
        )
        + "</val>"
        for name, text in (("en", "Rename"), ("de", "Umbenennen"))
    }
    read(one, "TaskManager", "TaskManager", "description", labels["en"])
    read(other, "TaskManager", "TaskManager", "description", labels["de"])
    look(one, "task-101", "success", entityName="<entityName>Discovered virtual machine</entityName>")
    look(other, "task-101", "success", entityName="<entityName>Ermittelte VM</entityName>")


def a_session_that_expires(one):
    """NotAuthenticated in the middle; the same client logs in again, and its collector is gone."""
    collect(one, "tc-14")
    one.fault(
        "ReadNextTasks",
        "TaskHistoryCollector:tc-14",
        "NotAuthenticated",
        "<maxCount>1</maxCount>",
        '<object type="Folder">group-d1</object><privilegeId>System.View</privilegeId>',
    )
    again = one.also("c-9").begin()
    again.fault(
        "ReadNextTasks",
        "TaskHistoryCollector:tc-14",
        "ManagedObjectNotFound",
        "<maxCount>1</maxCount>",
        '<obj type="TaskHistoryCollector">tc-14</obj>',
    )
    collect(again, "tc-14")
    look(again, "task-1", "success")


def updates_in_pieces(one):
    """pyVmomi waits for tasks: a collector of its own, all properties, later pieces, and a wait that ends with nothing."""
    one.call(
        "CreatePropertyCollector", "PropertyCollector", answer='<returnval type="PropertyCollector">pc-1</returnval>'
    )
    asked = f"<spec>{spec('Task', 'info', 'task-111')}</spec><partialUpdates>true</partialUpdates>"
    one.call("CreateFilter", "PropertyCollector:pc-1", asked, '<returnval type="PropertyFilter">pf-1</returnval>')
    head = '<returnval><version>{}</version><filterSet><filter type="PropertyFilter">pf-1</filter><objectSet><kind>{}</kind><obj type="Task">task-111</obj>{}</objectSet></filterSet></returnval>'
    change = "<changeSet><name>{}</name><op>assign</op>{}</changeSet>"
    first = change.format("info", info("task-111", "running", element="val", **RUNNING))
    one.call("WaitForUpdatesEx", "PropertyCollector:pc-1", "<version></version>", head.format(1, "enter", first))
    one.call(
        "WaitForUpdatesEx",
        "PropertyCollector:pc-1",
        "<version>1</version><options><maxWaitSeconds>1</maxWaitSeconds></options>",
    )
    ended = change.format("info.state", '<val xsi:type="TaskInfoState">success</val>')
    ended += "<changeSet><name>info.progress</name><op>remove</op></changeSet>"
    ended += change.format("info.completeTime", '<val xsi:type="xsd:dateTime">2024-03-05T08:59:30Z</val>')
    one.call("WaitForUpdatesEx", "PropertyCollector:pc-1", "<version>1</version>", head.format(2, "modify", ended))
    one.fault("WaitForUpdatesEx", "PropertyCollector:pc-1", "InvalidCollectorVersion", "<version>1</version>")
    one.call("DestroyPropertyCollector", "PropertyCollector:pc-1")


def a_wait_that_is_broken_off(one):
    """govmomi cancels its wait with another request; the collector goes on."""
    asked = f"<spec>{spec('Task', 'info.state', 'task-121')}</spec><partialUpdates>false</partialUpdates>"
    one.call("CreateFilter", "PropertyCollector", asked, '<returnval type="PropertyFilter">pf-2</returnval>')
    one.fault("WaitForUpdatesEx", "PropertyCollector", "RequestCanceled", "<version></version>")
    one.call("CancelWaitForUpdates", "PropertyCollector")
    one.call("DestroyPropertyFilter", "PropertyFilter:pf-2")
    look(one, "task-121", "success")


def answers_in_two_parts(one):
    """RetrievePropertiesEx with a token; a task whose info the user may not read."""
    asked = f"<specSet>{spec('Task', 'info', 'task-131', 'task-132')}</specSet><options><maxObjects>1</maxObjects></options>"
    item = '<objects><obj type="Task">{}</obj>{}</objects>'
    first = item.format("task-131", f"<propSet><name>info</name>{info('task-131', 'queued', element='val')}</propSet>")
    missing = '<missingSet><path>info</path><fault><fault xsi:type="NoPermission"><object type="VirtualMachine">vm-7</object><privilegeId>System.Read</privilegeId></fault><localizedMessage>no</localizedMessage></fault></missingSet>'
    one.call("RetrievePropertiesEx", "PropertyCollector", asked, f"<returnval><token>1</token>{first}</returnval>")
    one.call(
        "ContinueRetrievePropertiesEx",
        "PropertyCollector",
        "<token>1</token>",
        f"<returnval>{item.format('task-132', missing)}</returnval>",
    )


def an_end_while_it_is_read(one):
    """A read that overlaps SetTaskState tells of the task before it; the recorder wrote it after."""
    make(one, "task-141")
    one.call("SetTaskState", "Task:task-141", "<state>running</state>")
    one.call("SetTaskState", "Task:task-141", "<state>success</state>", took=5.0)
    look(one, "task-141", "running", **made("running"))
    look(one, "task-141", "success", **made("success"))
    one.exchanges[-1] = replace(one.exchanges[-1], at=20)


def tasks_without_an_entity(one):
    """Internal tasks: no name, no entity, no message, and a description that changes."""
    bare = {"name": "", "entity": "", "entityName": "", "reason": '<reason xsi:type="TaskReasonSystem"/>'}
    for text in ("one", "two"):
        words = f"<description><key>corp.{text}</key><message>{text}</message></description>"
        look(one, "task-151", "running", description=words, **bare)
    look(one, "task-151", "error", **bare)


def results_of_several_types(one):
    """A result is any object: a reference, a list, a number; or none."""
    results = {
        "task-161": '<result type="VirtualMachine" xsi:type="ManagedObjectReference">vm-9</result>',
        "task-162": '<result xsi:type="ArrayOfString"><string>a</string><string>b</string></result>',
        "task-163": '<result xsi:type="xsd:long">7</result>',
        "task-164": '<result xsi:type="xsd:boolean">true</result>',
        "task-165": "",
    }
    for key, result in results.items():
        look(one, key, "success", result=result)
        look(one, key, "success", result=result)


def refused_states(one):
    """Every refusal that the pages name."""
    make(one, "task-171")
    one.fault("UpdateProgress", "Task:task-171", "InvalidState", "<percentDone>1</percentDone>")
    one.fault("CancelTask", "Task:task-171", "NotSupported")
    one.call("SetTaskState", "Task:task-171", "<state>running</state>")
    one.fault(
        "SetTaskState", "Task:task-171", "InvalidState", '<state>running</state><result xsi:type="xsd:int">1</result>'
    )
    one.call("SetTaskState", "Task:task-171", '<state>success</state><result xsi:type="xsd:int">1</result>')
    look(one, "task-171", "success", **made("success", result='<result xsi:type="xsd:int">1</result>'))
    one.fault("SetTaskState", "Task:task-171", "InvalidState", "<state>running</state>")


def a_renamed_entity(one):
    """A name changes between a task's life and its place in the history; the entity is gone later."""
    look(one, "task-181", "success")
    read(one, "VirtualMachine", "vm-7", "name", '<val xsi:type="xsd:string">web-2</val>')
    kept = {
        name: f"<{name}>2024-03-05T08:59:{second}Z</{name}>"
        for name, second in (("queueTime", "00"), ("startTime", "01"), ("completeTime", "30"))
    }
    page(
        one,
        collect(one, "tc-15"),
        5,
        old_task("task-181", 0, entity="", entityName="<entityName>web</entityName>", **kept),
    )


def nothing_has_been_running(one):
    """A task that failed in the queue never started; all three times of another are the same."""
    look(one, "task-191", "error", startTime="")
    same = {name: f"<{name}>2024-03-05T08:59:00Z</{name}>" for name in ("queueTime", "startTime", "completeTime")}
    look(one, "task-192", "success", **same)


def the_recorder_was_paused(one):
    """Between two entries lie hours: the collector was rewound, its task ended, its view was changed."""
    make(one, "task-201", cancelable=True)
    of = collect(one, "tc-16")
    page(one, of, 1, old_task("task-1", 1))
    one.exchanges[-1] = replace(one.exchanges[-1], took=0.1)
    one.clock = iter(range(9000, 9999))
    page(one, of, 1, old_task("task-1", 1))
    one.fault("CancelTask", "Task:task-201", "InvalidState")
    look(one, "task-201", "success", **made("success", cancelable=True))


def prefixes_of_another_client(one):
    """A client of CXF: other prefixes for the same names."""
    look(one, "task-211", "running", **RUNNING)
    last = one.exchanges[-1]

    def other(text: str) -> str:
        return text.replace("soapenv:", "S:").replace("soapenv=", "S=").replace("xsi:", "i:").replace(":xsi=", ":i=")

    one.exchanges[-1] = Exchanged(other(last.request), other(last.answer), last.at, cookie=last.cookie)
    look(one, "task-211", "success")


ALLOWED = [
    polls_with_progress_that_falls,
    cancels_twice,
    ends_before_the_cancelation,
    progress_beyond_its_bounds,
    progress_refused_by_virtualcenter_2,
    a_purged_history,
    short_pages,
    an_unordered_latest_page,
    backwards_through_the_history,
    a_full_server,
    extensions_come_and_go,
    a_list_view_of_tasks_that_go,
    a_task_that_is_gone,
    chains_of_tasks,
    filters_of_every_kind,
    children_of_an_entity,
    two_locales,
    a_session_that_expires,
    updates_in_pieces,
    a_wait_that_is_broken_off,
    answers_in_two_parts,
    an_end_while_it_is_read,
    tasks_without_an_entity,
    results_of_several_types,
    refused_states,
    a_renamed_entity,
    nothing_has_been_running,
    the_recorder_was_paused,
    prefixes_of_another_client,
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("made_by", ALLOWED, ids=lambda one: one.__name__)
def test_nobody_is_accused_of_what_the_pages_allow(made_by, form):
    version = "2.5" if made_by is progress_refused_by_virtualcenter_2 else "8.0.1.0"
    one = Client().begin(version=version)
    made_by(one)
    accused, checks = accused_in(written(one, form))
    assert not accused
    assert checks
