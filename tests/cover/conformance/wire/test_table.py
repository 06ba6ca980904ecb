"""The table of calls: every call has a row, and what a row writes is read back as the call, by recordings and by
serve."""

from __future__ import annotations

from typing import get_args

import pytest

from taskconform.conformance.serve.decoding import decoders_of
from taskconform.conformance.wire import schema, xml
from taskconform.conformance.wire.rows import Method, Read
from taskconform.conformance.wire.table import BY_CALL, METHODS, READS
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import MAIN, ObjectRef

NOW = 1_700_000_000_123_456
MACHINE = ObjectRef(type="VirtualMachine", value="vm-1")
TASK = ObjectRef(type="Task", value="task-<1>")
PAGES = ObjectRef(type="TaskHistoryCollector", value="collector-1")
VIEW = ObjectRef(type="ListView", value="view-1")
WATCHING = ObjectRef(type="PropertyCollector", value="pc")
SPEC = c.TaskFilterSpec(
    entity=c.ByEntity(entity=MACHINE, recursion="all"),
    time=c.ByTime(time_type="startedTime", begin_time=1, end_time=NOW),
    user_name=c.ByUsername(system_user=True, user_list=("u", "v&")),
    state=("queued", "error"),
    alarm=ObjectRef(type="Alarm", value="a"),
    scheduled_task=ObjectRef(type="ScheduledTask", value="s"),
    activation_id=("x",),
    event_chain_id=(1, -2),
    tag=("t",),
    parent_task_key=("p",),
    root_task_key=("r",),
)
RESULTS = c.TaskInfoFilterSpec(remove_all=False, description_ids=("a", "b"), filter_in=True)

CALLS = (
    c.Logout(session=MAIN),
    c.RegisterExtension(session=MAIN, key="k<", version="1", task_ids=("a", "b")),
    c.UpdateExtension(session=MAIN, key="k", version="", task_ids=()),
    c.UnregisterExtension(session=MAIN, key="k"),
    c.FindExtension(session=MAIN, key="k"),
    c.CreateTask(session=MAIN, obj=MACHINE, task_type_id="a<b", cancelable=False),
    c.CreateTask(
        session=MAIN,
        obj=TASK,
        task_type_id="",
        cancelable=True,
        initiated_by="",
        parent_task_key="p",
        activation_id="x",
    ),
    c.SetTaskState(session=MAIN, task=TASK, state="running"),
    c.SetTaskState(session=MAIN, task=TASK, state="error", fault="NotFound"),
    c.SetTaskState(session=MAIN, task=TASK, state="success", result=""),
    c.SetTaskState(session=MAIN, task=TASK, state="success", result=MACHINE, fault="InvalidState"),
    c.UpdateProgress(session=MAIN, task=TASK, percent_done=-5),
    c.SetTaskDescription(session=MAIN, task=TASK, key="k"),
    c.SetTaskDescription(session=MAIN, task=TASK, key="k<", args=(("a", "1"), ("", "<2>"))),
    c.CancelTask(session=MAIN, task=TASK),
    c.CreateCollectorForTasks(session=MAIN, filter=SPEC),
    c.CreateCollectorForTasks(session=MAIN, filter=c.TaskFilterSpec()),
    c.CreateCollectorWithInfoFilterForTasks(session=MAIN, filter=SPEC, info_filter=None),
    c.CreateCollectorWithInfoFilterForTasks(session=MAIN, filter=SPEC, info_filter=RESULTS),
    c.CreateCollectorWithInfoFilterForTasks(
        session=MAIN, filter=c.TaskFilterSpec(), info_filter=c.TaskInfoFilterSpec()
    ),
    c.CreateCollectorForEvents(session=MAIN),
    c.SetCollectorPageSize(session=MAIN, collector=PAGES, max_count=2**31 - 1),
    c.RewindCollector(session=MAIN, collector=PAGES),
    c.ResetCollector(session=MAIN, collector=PAGES),
    c.ReadNextTasks(session=MAIN, collector=PAGES, max_count=-1),
    c.ReadPreviousTasks(session=MAIN, collector=PAGES, max_count=7),
    c.DestroyCollector(session=MAIN, collector=PAGES),
    c.CreateListView(session=MAIN, objs=()),
    c.CreateListView(session=MAIN, objs=(TASK, MACHINE)),
    c.ModifyListView(session=MAIN, view=VIEW, add=(TASK,), remove=(MACHINE, TASK)),
    c.ResetListView(session=MAIN, view=VIEW, objs=(TASK,)),
    c.DestroyView(session=MAIN, view=VIEW),
    c.CreatePropertyCollector(session=MAIN),
    c.WaitForUpdatesEx(session=MAIN, collector=WATCHING, version=""),
    c.WaitForUpdatesEx(session=MAIN, collector=WATCHING, version="<1>", max_wait_seconds=3, max_object_updates=2),
    c.DestroyPropertyFilter(session=MAIN, filter=ObjectRef(type="PropertyFilter", value="f")),
    c.DestroyPropertyCollector(session=MAIN, collector=WATCHING),
    c.CreateFolder(session=MAIN, parent=MACHINE, name="<n>"),
    c.Destroy(session=MAIN, entity=MACHINE),
    c.CreateScheduledTask(session=MAIN, entity=MACHINE, name="s<1>", task_type_id="t&t"),
    c.RunScheduledTask(session=MAIN, scheduled_task=ObjectRef(type="ScheduledTask", value="s")),
    c.RemoveScheduledTask(session=MAIN, scheduled_task=ObjectRef(type="ScheduledTask", value="s")),
    c.CreateAlarm(session=MAIN, entity=MACHINE, name="a", task_type_id="t"),
    c.LogUserEvent(session=MAIN, entity=MACHINE),
    c.RemoveAlarm(session=MAIN, alarm=ObjectRef(type="Alarm", value="a")),
    c.QueryTaskEvents(session=MAIN, chain=7),
)


def sent(call):
    """A call as the table writes it, parsed."""
    row = BY_CALL[type(call)]
    this = ObjectRef(type="Manager", value="m") if row.at else None
    document = row.write(call, this, NOW).replace(
        "<",
        '<r xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"><',
        1,
    )
    return row, xml.root_of(f"{document}</r>".encode())[0]


def test_every_call_has_a_row():
    assert set(BY_CALL) == set(get_args(c.Call))
    assert {type(call) for call in CALLS} == {row.call for row in BY_CALL.values() if isinstance(row, Method)}


@pytest.mark.parametrize("row", READS.values(), ids=lambda row: row.call.__name__)
def test_every_property_has_a_reader(row):
    assert isinstance(row, Read)
    assert callable(row.decode)


@pytest.mark.parametrize("row", METHODS.values(), ids=lambda row: row.name)
def test_every_method_has_a_reader_of_what_it_returns(row):
    assert callable(row.answer)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: type(call).__name__)
def test_a_request_is_read_as_the_call_that_wrote_it(call):
    row, request = sent(call)
    assert row.read(MAIN, request) == call


@pytest.mark.parametrize("call", CALLS, ids=lambda call: type(call).__name__)
def test_what_serve_decodes_makes_the_call_that_wrote_it(call):
    row, request = sent(call)
    newest = schema.newest()
    arguments = decoders_of(newest).arguments(newest.method(row.name), request)
    assert row.take(MAIN, xml.reference(request[0]), arguments) == call


def test_methods_of_other_objects_are_other_calls():
    row, request = sent(c.RewindCollector(session=MAIN, collector=ObjectRef(type="EventHistoryCollector", value="e")))
    assert row.read(MAIN, request) is None


@pytest.mark.parametrize(
    ("call", "cut"),
    [
        (CALLS[5], "obj"),
        (CALLS[5], "cancelable"),
        (c.SetTaskState(session=MAIN, task=TASK, state="running"), "state"),
        (c.QueryTaskEvents(session=MAIN, chain=7), "filter"),
    ],
)
def test_requests_that_lack_something_stand_for_no_call(call, cut):
    row, request = sent(call)
    request.remove(xml.required(request, cut))
    with pytest.raises(xml.Undecodable):
        row.read(MAIN, request)
