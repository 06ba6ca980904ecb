"""Recordings written by hand from the API pages, in which one sentence of the pages is plainly broken: each is accused."""
# ruff: noqa: E501  # a document is a line

from __future__ import annotations

import pytest
from page_forms import accused_in, written
from page_recordings import Client, collect, info, look, made, make, old_task, page, read, references

ERROR = '<error><fault xsi:type="InvalidName"/><localizedMessage>no</localizedMessage></error>'
KEPT = {
    name: f"<{name}>2024-03-05T08:59:{second}Z</{name}>"
    for name, second in (("queueTime", "00"), ("startTime", "01"), ("completeTime", "30"))
}


def field(standing, **parts):
    """A task whose own fields contradict the page of TaskInfo."""
    return lambda one: look(one, "task-1", standing, **parts)


def change(state, before, after, then=None):
    """A completed task that is another one later."""

    def seen(one):
        look(one, "task-1", state, **before)
        look(one, "task-1", then or state, **after)

    return seen


def filtered(asked, item):
    """A page that holds what its filter leaves out."""
    return lambda one: page(one, collect(one, "tc-1", asked), 10, item)


def taken(method, arguments="", *, state="", cancelable=False):
    """A call of a task of ours that the page refuses, and that is answered."""

    def made_and_taken(one):
        make(one, "task-1", cancelable=cancelable)
        if state in ("running", "success", "error"):
            one.call("SetTaskState", "Task:task-1", "<state>running</state>")
        if state in ("success", "error"):
            one.call("SetTaskState", "Task:task-1", f"<state>{state}</state>")
            look(one, "task-1", state, **made(state, cancelable=cancelable))
        one.call(method, "Task:task-1", arguments)

    return made_and_taken


def created(more="", **parts):
    """An answer to CreateTask that is not what was asked for."""
    return lambda one: make(one, "task-1", more=more, answered=parts)


def more_items_than_asked_for(one):
    page(one, collect(one, "tc-1"), 2, *(old_task(f"task-{n}", n) for n in (1, 2, 3)))


def a_destroyed_view_is_changed(one):
    one.call(
        "CreateListView", "ViewManager", '<obj type="Task">task-1</obj>', '<returnval type="ListView">lv-1</returnval>'
    )
    one.call("DestroyView", "ListView:lv-1")
    one.call("ModifyListView", "ListView:lv-1", '<remove type="Task">task-1</remove>')


def a_folder_in_recent_task(one):
    read(one, "TaskManager", "TaskManager", "recentTask", references("Folder", "group-v3"))


def no_description_of_a_state(one):
    states = "".join(
        f"<state><label>x</label><summary>x</summary><key>{key}</key></state>"
        for key in ("queued", "running", "success")
    )
    reasons = "".join(
        f"<reason><label>x</label><summary>x</summary><key>TaskReason{key}</key></reason>"
        for key in ("Alarm", "Schedule", "System", "User")
    )
    read(one, "TaskManager", "TaskManager", "description", f'<val xsi:type="TaskDescription">{states}{reasons}</val>')


def another_extension_is_found(one):
    told = "<returnval><description><label>x</label><summary>x</summary></description><key>com.other</key><version>1</version><lastHeartbeatTime>2024-03-05T08:00:00Z</lastHeartbeatTime></returnval>"
    one.call("FindExtension", "ExtensionManager", "<extensionKey>com.corp</extensionKey>", told)


def an_event_of_a_task_that_runs(one):
    event = f'<returnval xsi:type="TaskEvent"><key>1</key><chainId>1</chainId><createdTime>2024-03-05T08:59:00Z</createdTime><userName>x</userName>{info("task-1", "running", element="info")}</returnval>'
    one.call("QueryEvents", "EventManager:EventManager", "<filter/>", event)


def another_task_is_told_of(one):
    read(one, "Task", "task-1", "info", info("task-2", "success", element="val"))


def history_contradicts_life(one):
    look(one, "task-1", "success")
    page(one, collect(one, "tc-1"), 5, old_task("task-1", 0, "error", **KEPT))


def a_destroyed_collector_is_read(one):
    of = collect(one, "tc-1")
    one.call("DestroyCollector", of)
    page(one, of, 2, old_task("task-1", 1))


def a_destroyed_collector_is_rewound(one):
    of = collect(one, "tc-1")
    one.call("DestroyCollector", of)
    one.call("RewindCollector", of)


def queued_time(edge):
    return f"<time><timeType>queuedTime</timeType>{edge}</time>"


def tagged(tag):
    return {"changeTag": f"<changeTag>{tag}</changeTag>"}


SCHEDULED = {
    "reason": '<reason xsi:type="TaskReasonSchedule"><name>n</name><scheduledTask type="ScheduledTask">schedule-2</scheduledTask></reason>'
}
ALARMED = {
    "reason": '<reason xsi:type="TaskReasonAlarm"><alarmName>hot</alarmName><alarm type="Alarm">alarm-2</alarm><entityName>web</entityName><entity type="HostSystem">host-9</entity></reason>'
}
SELF = '<entity><entity type="VirtualMachine">vm-1</entity><recursion>self</recursion></entity>'
BROKEN = {
    "progress of 101": field("running", progress="<progress>101</progress>"),
    "progress below zero": field("running", progress="<progress>-1</progress>"),
    "an error with success": field("success", error=ERROR),
    "a result while running": field("running", result='<result xsi:type="xsd:int">1</result>'),
    "completeTime while running": field("running", completeTime="<completeTime>2024-03-05T08:59:30Z</completeTime>"),
    "no reason": field("success", reason=""),
    "no queueTime": field("success", queueTime=""),
    "success becomes error": change("success", {}, {}, "error"),
    "error becomes success": change("error", {}, {}, "success"),
    "another completeTime": change(
        "success", {}, {"completeTime": "<completeTime>2024-03-05T08:59:40Z</completeTime>"}
    ),
    "another entity": change("success", {}, {"entity": '<entity type="VirtualMachine">vm-8</entity>'}),
    "another descriptionId": change("success", {}, {"descriptionId": "<descriptionId>a.b</descriptionId>"}),
    "another result": change(
        "success",
        {"result": '<result xsi:type="xsd:int">1</result>'},
        {"result": '<result xsi:type="xsd:int">2</result>'},
    ),
    "filter by entity itself": filtered(SELF, old_task("task-1", 1)),
    "filter by chain": filtered("<eventChainId>5</eventChainId>", old_task("task-1", 1)),
    "filter by tag": filtered("<tag>a</tag>", old_task("task-1", 1, **tagged("b"))),
    "filter by no tag": filtered("<tag></tag>", old_task("task-1", 1, **tagged("b"))),
    "filter by parent": filtered(
        "<parentTaskKey>task-9</parentTaskKey>",
        old_task("task-1", 1, parentTaskKey="<parentTaskKey>task-8</parentTaskKey>"),
    ),
    "filter by root": filtered(
        "<rootTaskKey>task-9</rootTaskKey>", old_task("task-1", 1, rootTaskKey="<rootTaskKey>task-8</rootTaskKey>")
    ),
    "filter by begin": filtered(queued_time("<beginTime>2024-03-05T08:30:00Z</beginTime>"), old_task("task-1", 1)),
    "filter by end": filtered(queued_time("<endTime>2024-03-05T07:30:00Z</endTime>"), old_task("task-1", 1)),
    "filter by user": filtered(
        "<userName><systemUser>false</systemUser><userList>bob</userList></userName>", old_task("task-1", 1)
    ),
    "filter by another alarm": filtered('<alarm type="Alarm">alarm-1</alarm>', old_task("task-1", 1, **ALARMED)),
    "filter by schedule": filtered(
        '<scheduledTask type="ScheduledTask">schedule-1</scheduledTask>', old_task("task-1", 1, **SCHEDULED)
    ),
    "cancelable, not asked for": created(cancelable="<cancelable>true</cancelable>"),
    "refused cancel": taken("CancelTask", state="running"),
    "result with running": taken(
        "SetTaskState", '<state>running</state><result xsi:type="xsd:int">1</result>', state="running"
    ),
    "a new task that is completed": created(state="<state>success</state>"),
    "a new task of another entity": created(entity='<entity type="VirtualMachine">vm-8</entity>'),
    "a new task of another type": created(descriptionId="<descriptionId>com.other</descriptionId>"),
    "a new task of another parent": created(
        more="<parentTaskKey>task-9</parentTaskKey>", parentTaskKey="<parentTaskKey>task-8</parentTaskKey>"
    ),
} | {
    one.__name__.replace("_", " "): one
    for one in (
        more_items_than_asked_for,
        a_folder_in_recent_task,
        no_description_of_a_state,
        another_extension_is_found,
        an_event_of_a_task_that_runs,
        another_task_is_told_of,
        history_contradicts_life,
    )
}


IN_ORDER = {
    "success becomes running": change("success", {}, {}, "running"),
    "cancel of a completed task": taken("CancelTask", state="success", cancelable=True),
    "state after the end": taken("SetTaskState", "<state>running</state>", state="error"),
    "progress after the end": taken("UpdateProgress", "<percentDone>5</percentDone>", state="success"),
    "a destroyed view is changed": a_destroyed_view_is_changed,
    "a destroyed collector is read": a_destroyed_collector_is_read,
    "a destroyed collector is rewound": a_destroyed_collector_is_rewound,
}
"""What is broken if the calls came in the order of the recording: forms with times tell that they did."""


@pytest.mark.parametrize("form", ["har", "vcr", "tcr"])
@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_a_sentence_of_the_pages_is_found(name, form):
    one = Client().begin()
    BROKEN[name](one)
    assert accused_in(written(one, form))[0]


@pytest.mark.parametrize("form", ["har", "tcr"])
@pytest.mark.parametrize("name", IN_ORDER)
def test_what_comes_after_an_end_is_found_where_the_order_is_known(name, form):
    one = Client().begin()
    IN_ORDER[name](one)
    assert accused_in(written(one, form))[0]
