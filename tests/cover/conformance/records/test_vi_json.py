"""VI/JSON recordings: an exchange means the same as in SOAP, and what is none is left aside and counted."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from recorded import DRAWN, Client
from vi_json_form import as_json
from windows import corpus

from taskconform.conformance.records.recordings import archives, files, vi_json
from taskconform.conformance.records.recordings.archives import archive
from taskconform.conformance.records.recordings.judging import judge_recording, transcripts_of
from taskconform.conformance.records.recordings.wire import Recorded, Recording

PLACE = "https://vc.example/sdk/vim25/8.0.3.0"
TASK = {"_typeName": "ManagedObjectReference", "type": "Task", "value": "task-7"}
INFO = {
    "_typeName": "TaskInfo",
    "key": "task-7",
    "task": TASK,
    "descriptionId": "com.acme.work",
    "state": "queued",
    "cancelled": False,
    "cancelable": False,
    "reason": {"_typeName": "TaskReasonUser", "userName": "root"},
    "queueTime": "2023-11-14T22:13:00.5Z",
    "eventChainId": 9,
}


def har(*exchanges):
    """An HTTP archive of exchanges."""
    return json.dumps({"log": {"entries": [_entry(number, one) for number, one in enumerate(exchanges)]}})


def _entry(number, one):
    return {
        "startedDateTime": datetime.fromtimestamp(1_700_000_000 + number, UTC).isoformat(),
        "time": 10,
        "request": {
            "method": "POST" if one.request else "GET",
            "url": one.url,
            "postData": {"text": one.request.decode()},
            "headers": [{"name": name, "value": value} for name, value in one.request_headers.items()],
        },
        "response": {
            "status": one.status,
            "content": {"text": one.answer.decode()},
            "headers": [{"name": name, "value": value} for name, value in one.answer_headers.items()],
        },
    }


def asked(path, answer=None, status=200, session=DRAWN, given="", **parameters):
    """One exchange of a client of VI/JSON."""
    return Recorded(
        url=f"{PLACE}/{path}",
        request=json.dumps(parameters).encode() if parameters else b"",
        answer=b"" if answer is None else json.dumps(answer).encode(),
        status=status,
        request_headers={vi_json.SESSION: session} if session else {},
        answer_headers={vi_json.SESSION: given} if given else {},
    )


def made(exchanges):
    """The calls and outcomes that exchanges stand for."""
    return [each for one in transcripts_of(Recording(form="test", exchanges=tuple(exchanges))) for each in one.made]


def told(tmp_path, *exchanges):
    path = tmp_path / "recording.har"
    path.write_text(har(*exchanges))
    return judge_recording(path, tmp_path, lambda *_: None).report


def failed(report):
    return {clause.id for clause in report.clauses if clause.verdict == "failed"}


def login():
    session = {"_typeName": "UserSession", "key": "k", "userName": "root"}
    return asked("SessionManager/SessionManager/Login", session, session="", given=DRAWN, userName="root", password="x")


def create():
    entity = {"_typeName": "ManagedObjectReference", "type": "VirtualMachine", "value": "vm-1"}
    return asked("TaskManager/TaskManager/CreateTask", INFO, obj=entity, taskTypeId="com.acme.work", cancelable=False)


def read(**more):
    return asked("Task/task-7/info", {**INFO, **more})


DONE = {"state": "success", "startTime": "2023-11-14T22:13:01.5Z", "completeTime": "2023-11-14T22:13:02.5Z"}


def test_every_exchange_of_a_client_means_what_it_means_in_soap():
    """Of two clients of `serve`, one conforming server as it is and one that behaves in another allowed way."""
    seen = set()
    for exchanges in corpus(0, 2, 160, clients=1):
        soap = [one for one in exchanges if one.status in {200, 500}]
        forms = [vi_json.as_soap(as_json(one)) for one in soap]
        assert None not in forms
        calls, ours = made(soap), made(forms)
        assert len(calls) == len(ours) > 200
        for (call, outcome), (again, other) in zip(calls, ours, strict=True):
            assert call == again
            assert outcome == other, (call, outcome, other)
            seen.add((type(call).__name__, type(outcome).__name__))
    assert {"CreateTask", "SetTaskState", "ReadTaskInfo", "ReadNextTasks", "WaitForUpdatesEx"} <= {
        one for one, _ in seen
    }
    assert {one for _, one in seen} >= {"Returned", "Faulted"}


def test_a_right_server_is_not_accused_and_a_wrong_one_is(tmp_path):
    right = [login(), create(), read(), read(**DONE)]
    assert failed(told(tmp_path, *right)) == set()
    wrong = [*right, read(**DONE, result={"_typeName": "string", "_value": "a"}), read(**{**DONE, "state": "error"})]
    report = told(tmp_path, *wrong)
    assert "life.final" in failed(report) or "life.no-return" in failed(report)
    assert report.run.exit_code == 1


def test_a_session_is_named_by_its_header(tmp_path):
    ((_, first), *_), *_ = (one.made for one in transcripts_of(archive(json.loads(har(login(), create(), read())))))
    assert first.value.user_name == "root"
    sessions = {call.session for call, _ in made(archive(json.loads(har(login(), create(), read()))).exchanges)}
    assert len(sessions) == 1
    assert failed(told(tmp_path, login(), create())) == set()


def test_faults_are_faults_and_errors_are_read_in_either_form():
    no = {"_typeName": "InvalidState", "faultstring": "no"}
    moved = asked("Task/task-7/SetTaskState", no, status=500, state="running")
    plain = {"_typeName": "NotFound", "faultMessage": "m"}
    inside = {"_typeName": "LocalizedMethodFault", "fault": {"_typeName": "NotFound"}, "localizedMessage": "m"}
    (_, fault), (_, one), (_, other) = [
        each
        for each in made([vi_json.as_soap(each) for each in (
            moved, read(**{**DONE, "state": "error"}, error=plain), read(**{**DONE, "state": "error"}, error=inside)
        )])
        if type(each[0]).__name__ in {"SetTaskState", "ReadTaskInfo"}
    ]  # fmt: skip
    assert fault.fault.kind == "InvalidState"
    assert one.value[0].value.error == other.value[0].value.error
    assert (other.value[0].value.error.kind, other.value[0].value.error.message) == ("NotFound", "m")


@pytest.mark.parametrize(
    "other",
    [
        asked("Task/task-7/nothing", {}),
        asked("Task/task-7/SetTaskState", None, whatever=1),
        asked("Nothing/x/info", {}),
        Recorded(url="https://vc.example/rest/com/vmware/cis/session", request=b"{}", answer=b"{}"),
        Recorded(url=f"{PLACE}/Task/task-7/SetTaskState", request=b"{", answer=b"{}"),
        Recorded(url=f"{PLACE}/Task/task-7/SetTaskState", request=b'{"state": {"_typeName": "<x>"}}', answer=b""),
    ],
)
def test_what_is_none_is_left_aside_and_counted(other):
    assert vi_json.as_soap(other) is None
    recording = archive(json.loads(har(create(), other)))
    assert len(recording.exchanges) == 1
    assert recording.beside == {archives.NO_SOAP: 1}


@pytest.mark.parametrize(
    "answer", [b"{", b"[[", b'"x"', b'{"_typeName": 7}', b'{"_typeName": "TaskInfo", "a b": 1}', b"[1]"]
)
def test_an_answer_that_cannot_be_read_is_lost(answer):
    exchange = Recorded(url=f"{PLACE}/Task/task-7/info", request=b"", answer=answer)
    outcomes = [outcome for call, outcome in made([vi_json.as_soap(exchange)]) if type(call).__name__ == "ReadTaskInfo"]
    assert all(type(one).__name__ == "Lost" or one.value[0].value.state is None for one in outcomes)


def test_a_form_is_told_by_its_content(tmp_path):
    path = tmp_path / "x"
    path.write_text(har(login(), create()))
    assert files.read(path).form == "HTTP archive"
    assert len(files.read(path).exchanges) == 2
    soap = Client().about().login().create()
    path.write_text(soap.har())
    assert len(files.read(path).exchanges) == 3
