"""Recordings that others made: read, judged, and refused where they are none.

The documents here are written by hand, in the shape of the recordings that the evidence on real servers names; the
exchanges are recorded from the built-in server and from vcsim, through a proxy.
"""

from __future__ import annotations

import gzip
import json
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest
import yaml
from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim, vmodl
from served import serving
from storm_proxy import Weather, proxied
from typer.testing import CliRunner

from taskconform.conformance.cli.command import app
from taskconform.conformance.records.history import HistoryError
from taskconform.conformance.records.recordings import files
from taskconform.conformance.records.recordings.clock import RecordedClock
from taskconform.conformance.records.recordings.judging import judge_recording
from taskconform.conformance.records.recordings.transcript import Transcript
from taskconform.conformance.records.recordings.wire import ANYTIME, Recorded, Recording
from taskconform.conformance.targets import vcsim
from taskconform.conformance.wire import xml as soap_xml
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.outcomes import Faulted, Lost, Returned

ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<soapenv:Envelope xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
    'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    "<soapenv:Body>{}</soapenv:Body></soapenv:Envelope>"
)
REASON = '<reason xsi:type="TaskReasonUser"><userName>ada</userName></reason>'
# the figures of the four items: EVIDENCE.md 1.1 (pyVmomi issue 182)
ITEMS = (
    ("task-3996443", "running", "2014-10-20T15:09:08.789999Z", "2014-10-20T15:09:09.073Z", 21691195),
    ("task-1178117", "queued", "2013-01-08T14:12:01.556999Z", None, 3410272),
    ("task-746590", "queued", "2012-09-27T12:03:03.412999Z", None, 2325872),
    ("task-56327", "queued", "2012-02-27T10:56:50.656999Z", None, 345916),
)


def item(key, state, queued, started, chain, *, more="", reason=REASON, tag="returnval"):
    start = f"<startTime>{started}</startTime>" if started else ""
    return (
        f'<{tag}><key>{key}</key><task type="Task">{key}</task><descriptionId>com.example.check</descriptionId>'
        f'<entity type="Folder">group-d1</entity><entityName>Datacenters</entityName><state>{state}</state>'
        f"<cancelled>false</cancelled><cancelable>true</cancelable>{more}{reason}<queueTime>{queued}</queueTime>{start}"
        f"<eventChainId>{chain}</eventChainId></{tag}>"
    )


def page(*items):
    return ENVELOPE.format(f'<ReadNextTasksResponse xmlns="urn:vim25">{"".join(items)}</ReadNextTasksResponse>')


def judged(path, tmp_path):
    """The report on a recording."""
    folder = tmp_path / f"history of {path.name}"
    folder.mkdir(exist_ok=True)
    return judge_recording(path, folder, lambda *_: None).report


def said(path):
    """The exit code of the command."""
    return CliRunner().invoke(app, ["judge", str(path)]).exit_code


def written(tmp_path, content, name="recording"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def verdicts(report, verdict):
    return {clause.id for clause in report.clauses if clause.verdict == verdict}


# --- documents --------------------------------------------------------------------------------------------------------


def test_a_page_of_old_tasks_is_accepted(tmp_path):
    path = written(tmp_path, page(*(item(*one) for one in ITEMS)))
    report = judged(path, tmp_path)
    assert report.run.exit_code == said(path) == 0
    assert not verdicts(report, "failed")
    assert {"info.reason"} <= verdicts(report, "passed")


@pytest.mark.parametrize(
    ("changed", "clause"),
    [
        ({"more": "<progress>150</progress>"}, "info.progress-range"),
        ({"reason": '<reason xsi:type="TaskReasonWhim"/>'}, "info.reason"),
    ],
)
def test_a_page_that_contradicts_the_text_by_itself_is_not(tmp_path, changed, clause):
    report = judged(written(tmp_path, page(item(*ITEMS[0], **changed), item(*ITEMS[1]))), tmp_path)
    assert (report.run.exit_code, verdicts(report, "failed")) == (1, {clause})
    (found,) = next(one for one in report.clauses if one.id == clause).divergences
    assert (found.reproduced, found.script) == ("as recorded", "")


def test_a_page_that_lacks_what_is_required_diverges(tmp_path):
    report = judged(written(tmp_path, page(item(*ITEMS[0]).replace("<state>running</state>", ""))), tmp_path)
    assert verdicts(report, "failed") == {"info.required"}


def description(**lists):
    def entries(keys):
        return [{"key": key, "label": key.title(), "summary": f"about {key}"} for key in keys]

    known = {
        "State": ("queued", "running", "success", "error"),
        "Reason": ("TaskReasonSchedule", "TaskReasonUser", "TaskReasonSystem", "TaskReasonAlarm"),
        "methodInfo": ("Task.cancel",),
    }
    return json.dumps({name: entries(keys) for name, keys in (known | lists).items()})


def test_a_description(tmp_path):
    report = judged(written(tmp_path, description()), tmp_path)
    assert report.run.exit_code == 0
    assert {"description.states", "description.labels"} <= verdicts(report, "passed")
    report = judged(written(tmp_path, description(State=("queued", "running", "success"))), tmp_path)
    assert verdicts(report, "failed") == {"description.states"}


EVENT = """--- !ruby/object:RbVmomi::VIM::TaskEvent
props:
  :key: 7
  :chainId: 7
  :vm: !ruby/object:RbVmomi::VIM::VmEventArgument
    props:
      :name: a
      :vm: !ruby/object:RbVmomi::VIM::VirtualMachine
        ref: vm-1
  :info: !ruby/object:RbVmomi::VIM::TaskInfo
    props:
      :key: task-7
      :task: !ruby/object:RbVmomi::VIM::Task
        ref: task-7
      :name: PowerOffVM_Task
      :descriptionId: VirtualMachine.powerOff
      :entity: !ruby/object:RbVmomi::VIM::VirtualMachine
        ref: vm-1
      :locked: []
      :state: {}
      :cancelled: false
      :cancelable: true
      :reason: !ruby/object:RbVmomi::VIM::TaskReasonUser
        props:
          :userName: root
      :queueTime: 2022-10-20 19:16:30.084901000 Z
      :eventChainId: 0
"""


def test_events(tmp_path):
    assert "info.event-chain" in verdicts(judged(written(tmp_path, EVENT.replace("{}", "queued")), tmp_path), "passed")
    assert verdicts(judged(written(tmp_path, EVENT.replace("{}", "running")), tmp_path), "failed") == {
        "info.event-chain"
    }
    pieces = f"<!-- cut -->\n... {item(*ITEMS[1], tag='info')} ... <info><key>task-9</key> ... </info>"
    report = judged(written(tmp_path, pieces), tmp_path)
    assert "info.event-chain" in verdicts(report, "passed")
    assert report.target.identity["left aside"] == "TaskInfos cut short: 1"


LOG = (
    '2017-09-21T22:18:17.502Z info hostd[1] [sub=Vimsvc.TaskManager] Task Created : vmodlTask-3-1\n'
    '2017-09-21T22:18:17.502Z verbose hostd[1] [sub=P] RecordOp ADD: recentTask["vmodlTask-3-1"], 3. Sent.\n'
    '2017-09-21T22:18:17.502Z verbose hostd[1] [sub=P] RecordOp ADD: recentTask["vmodlTask-3-1"], ha-taskmgr. A.\n'
)  # fmt: skip


def test_what_no_clause_is_about_is_not_judged(tmp_path):
    path = written(tmp_path, LOG)
    assert judged(path, tmp_path).run.exit_code == said(path) == 2
    (fact,) = files.read(written(tmp_path, LOG)).facts
    assert fact.value.added == (calls.ObjectRef(type="Task", value="vmodlTask-3-1"),)
    assert fact.at.latest - fact.at.earliest == 1_000
    assert judged(written(tmp_path, '{"a vm": {"RecentTask": ["task-1", "task-2"]}}'), tmp_path).run.exit_code == 2


@pytest.mark.parametrize(
    "content",
    [
        b"hello",
        b"",
        b"\x00\xff\xfe\x01",
        b"{",
        b'{"a": 1}',
        b"<html><body/></html>",
        b"- a\n- b\n",
        b'{"log": {"entries": 3}}',
        b'{"log": {"entries": [{"request": {}}]}}',
        b"interactions: [{request: 1, response: 2}]\n",
        b"a: &a [*a, *a]\n",
        ENVELOPE.format('<CreateTask xmlns="urn:vim25"/>').replace("<soapenv:Body>", "").encode(),
        b'<!DOCTYPE a [<!ENTITY b "c">]>' + ENVELOPE.format("<a>&b;</a>").encode(),
    ],
)
def test_what_is_no_recording_is_refused_in_one_line(tmp_path, content):
    path = written(tmp_path, content)
    with pytest.raises(HistoryError) as refused:
        judge_recording(path, tmp_path, lambda *_: None)
    assert str(refused.value).startswith(str(path))
    assert "\n" not in str(refused.value).replace(str(path), "")
    assert isinstance(CliRunner().invoke(app, ["judge", str(path)]).exception, HistoryError)  # exit code 3


# --- archives and cassettes of real exchanges -------------------------------------------------------------------------

TYPE = "com.example.recorded.work"


@contextmanager
def client(url, account="primary"):
    scheme, _, rest = url.partition("://")
    host, _, port = rest.partition("/")[0].partition(":")
    instance = SmartConnect(protocol=scheme, host=host, port=int(port), user=account, pwd=account)
    try:
        yield instance
    finally:
        Disconnect(instance)
        instance._stub.DropConnections()


def work(instance):
    """What a client does: a task through its life, one cancelled that cannot be, a bit of history."""
    content = instance.content
    instance.CurrentTime()
    description = vim.Description(label="l", summary="s")
    kind = vim.Extension.TaskTypeInfo(taskID=TYPE)
    content.extensionManager.RegisterExtension(
        vim.Extension(
            description=description, key=TYPE, version="1", taskList=[kind], lastHeartbeatTime=datetime.now(UTC)
        )
    )
    view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], recursive=True)
    machine = view.view[0]
    task = content.taskManager.CreateTask(machine, TYPE, None, cancelable=False).task
    task.info  # noqa: B018  # a read
    task.SetTaskState("running")
    task.UpdateProgress(40)
    task.info  # noqa: B018
    task.SetTaskState("success", "done")
    task.info  # noqa: B018
    with suppress(vim.fault.InvalidState):
        task.SetTaskState("running")
    other = content.taskManager.CreateTask(machine, TYPE, None, cancelable=False).task
    other.info  # noqa: B018
    other.SetTaskState("running")
    with suppress(vmodl.fault.NotSupported):
        other.CancelTask()
    with suppress(vim.fault.InvalidState):
        other.SetTaskState("error", None, vim.fault.NotFound())
    content.taskManager.recentTask  # noqa: B018
    collector = content.taskManager.CreateCollectorForTasks(vim.TaskFilterSpec(state=["success"]))
    collector.ReadNextTasks(10)
    collector.DestroyCollector()
    content.extensionManager.UnregisterExtension(TYPE)


@pytest.fixture(scope="module")
def exchanges():
    """The same work on the built-in server and on vcsim, as it passed."""
    found = {}
    with serving() as server, proxied(server.url, Weather(seed=0), record=True) as proxy:
        with client(proxy.url) as instance:
            work(instance)
        found["builtin"] = list(proxy.recorded)
    target = vcsim.open_target({})
    try:
        with proxied(str(target._live.target._wire.endpoint), Weather(seed=0), record=True) as proxy:
            with client(proxy.url) as instance:
                work(instance)
            found["vcsim"] = list(proxy.recorded)
    finally:
        target.close()
    return found


def soap(passed):
    return [one for one in passed if one.request]


def har(passed, *, cookies=True):
    def headers(pairs):
        return [{"name": name, "value": value} for name, value in pairs if cookies or "ookie" not in name]

    return json.dumps({"log": {"version": "1.2", "entries": [
        {
            "startedDateTime": datetime.fromtimestamp(one.started, UTC).isoformat(),
            "time": one.seconds * 1000,
            "request": {"method": "POST", "url": one.path, "headers": headers(one.request_headers),
                        "postData": {"text": one.request.decode()}},
            "response": {"status": one.status, "headers": headers(one.answer_headers),
                         "content": {"text": one.answer.decode()}},
        }
        for one in passed
    ]}})  # fmt: skip


def vcr(passed):
    return yaml.dump({"recorded_with": "VCR 6.0.0", "http_interactions": [
        {
            "request": {"method": "post", "uri": one.path, "body": {"string": one.request.decode()},
                        "headers": {name: [value] for name, value in one.request_headers}},
            "response": {"status": {"code": one.status, "message": "OK"}, "body": {"string": gzip.compress(one.answer)},
                         "headers": {name: [value] for name, value in one.answer_headers}},
            "recorded_at": "Tue, 24 Nov 2026 10:00:00 GMT",
        }
        for one in passed
    ]})  # fmt: skip


def vcrpy(passed):
    return yaml.dump({"version": 1, "interactions": [
        {
            "request": {"method": "POST", "uri": one.path, "body": one.request,
                        "headers": {name: [value] for name, value in one.request_headers}},
            "response": {"status": {"code": one.status, "message": "OK"}, "body": {"string": one.answer.decode()},
                         "headers": {name: [value] for name, value in one.answer_headers}},
        }
        for one in passed
    ]})  # fmt: skip


LIVE = {"life.cancel-unsupported", "life.final", "life.set-state", "life.result", "create.cancelable", "create.type"}


@pytest.mark.parametrize("form", [har, vcr, vcrpy])
def test_a_conforming_exchange_is_accepted_in_every_form(tmp_path, exchanges, form):
    report = judged(written(tmp_path, form(exchanges["builtin"])), tmp_path)
    assert (report.run.exit_code, verdicts(report, "failed")) == (0, set())
    assert verdicts(report, "passed") >= LIVE


@pytest.mark.parametrize("form", [har, vcr, vcrpy])
def test_what_vcsim_does_not_refuse_is_found_in_every_form(tmp_path, exchanges, form):
    path = written(tmp_path, form(exchanges["vcsim"]))
    report = judged(path, tmp_path)
    assert report.run.exit_code == 1
    assert form is not har or said(path) == 1
    assert "life.cancel-unsupported" in verdicts(report, "failed")


def test_a_recording_that_begins_in_the_middle_is_accepted(tmp_path, exchanges):
    for start in range(0, len(exchanges["builtin"]), 4):
        report = judged(written(tmp_path, har(exchanges["builtin"][start:])), tmp_path)
        assert not verdicts(report, "failed"), start


def test_a_recording_without_cookies_is_accepted(tmp_path, exchanges):
    report = judged(written(tmp_path, har(exchanges["builtin"], cookies=False)), tmp_path)
    assert not verdicts(report, "failed")
    assert "life.final" in verdicts(report, "passed")


def test_neither_passwords_nor_session_keys_are_kept(tmp_path, exchanges):
    path = written(tmp_path, har(exchanges["builtin"]))
    out = tmp_path / "out"
    assert CliRunner().invoke(app, ["judge", str(path), "--out", str(out)]).exit_code == 0
    cookies = {value for one in exchanges["builtin"] for name, value in one.request_headers if name == "Cookie"}
    keys = {cookie.partition("=")[2].strip('"').partition(";")[0].strip('"') for cookie in cookies}
    for found in out.rglob("*"):
        if found.is_file():
            content = found.read_bytes()
            content = gzip.decompress(content) if found.suffix == ".gz" else content
            assert not any(key.encode() in content for key in keys if key), found
            assert b"<password>" not in content


# --- order, time, sessions --------------------------------------------------------------------------------------------


def method(name, inside="", this='<_this type="Task">task-1</_this>'):
    return ENVELOPE.format(f'<{name} xmlns="urn:vim25">{this}{inside}</{name}>').encode()


def answered(name, inside=""):
    return ENVELOPE.format(f'<{name}Response xmlns="urn:vim25">{inside}</{name}Response>').encode()


def transcribed(*exchanges):
    transcript = Transcript()
    transcript.take(Recording(form="test", exchanges=exchanges))
    return [(call, outcome) for call, outcome in transcript.made if isinstance(call, calls.CancelTask)]


def cancel(started=None, ended=None, **more):
    return Recorded(request=method("CancelTask"), answer=answered("CancelTask"), started=started, ended=ended, **more)


def test_requests_under_way_together_say_nothing():
    (one, two) = transcribed(cancel(0, 100), cancel(50, 150))
    assert isinstance(one[1], Lost)
    assert isinstance(two[1], Lost)
    (one, two) = transcribed(cancel(100, 200), cancel(0, 100))
    assert isinstance(one[1], Returned)
    assert isinstance(two[1], Returned)


def test_an_answer_that_says_nothing_is_lost():
    for more in ({"status": 503}, {"answer": b"<html"}, {"answer": b""}):
        exchange = Recorded(**{"request": method("CancelTask"), "answer": answered("CancelTask")} | more)
        assert isinstance(transcribed(exchange)[0][1], Lost)


def test_a_fault_is_a_fault():
    fault = ENVELOPE.format(
        "<soapenv:Fault><faultcode>a</faultcode><faultstring>no</faultstring><detail>"
        '<NotSupportedFault xsi:type="NotSupported"/></detail></soapenv:Fault>'
    ).encode()
    ((_, outcome),) = transcribed(Recorded(request=method("CancelTask"), answer=fault, status=500))
    assert isinstance(outcome, Faulted)
    assert outcome.fault.kind == "NotSupported"


def test_times_are_known_as_far_as_the_server_was_asked():
    clock = RecordedClock()
    assert clock.interval(cancel(1, 2)) == ANYTIME
    response = soap_xml.body_of(
        soap_xml.root_of(answered("CurrentTime", "<returnval>1970-01-01T00:00:10.000000Z</returnval>"))
    )
    clock.learn(cancel(1_000_000, 1_200_000), response)
    at = clock.interval(cancel(2_000_000, 2_100_000))
    assert at.earliest <= 10_800_000 + 0 <= 11_100_000 <= at.latest
    assert at.latest - at.earliest < 400_000
    assert clock.interval(Recorded(request=b"", answer=b"")) == ANYTIME


@pytest.mark.parametrize("form", ["typed", "repeated"])
@pytest.mark.parametrize("listed", [(), ("task-1",), ("task-1", "task-2")])
def test_a_fetched_array_is_read_in_both_forms(form, listed):
    """vCenter answers with one typed array; vcsim and the built-in server with a returnval an element."""
    fetch = '<Fetch xmlns="urn:vim25"><_this type="TaskManager">TaskManager</_this><prop>recentTask</prop></Fetch>'
    tag = "ManagedObjectReference" if form == "typed" else "returnval"
    items = "".join(f'<{tag} type="Task">{key}</{tag}>' for key in listed)
    typed = f'<returnval xsi:type="ArrayOfManagedObjectReference">{items}</returnval>'
    answer = f'<FetchResponse xmlns="urn:vim25">{typed if form == "typed" else items}</FetchResponse>'
    transcript = Transcript()
    exchange = Recorded(request=ENVELOPE.format(fetch).encode(), answer=ENVELOPE.format(answer).encode())
    transcript.take(Recording(form="x", exchanges=(exchange,)))
    (outcome,) = [outcome for call, outcome in transcript.made if isinstance(call, calls.ReadRecentTask)]
    assert [ref.value for ref in outcome.value.value] == list(listed)
