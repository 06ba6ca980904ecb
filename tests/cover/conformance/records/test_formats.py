"""Forms of recordings: the same exchanges, or the same TaskInfo, however a recorder wrote them down."""

import base64
import gzip
import json
import re
import zlib

import pytest
import yaml
from recorded import ENVELOPE, Client, info

from taskconform.conformance.errors import HistoryError
from taskconform.conformance.records.recordings import files
from taskconform.conformance.records.recordings.judging import judge_recording


def written(tmp_path, content):
    path = tmp_path / "recording"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def failed(path, tmp_path):
    report = judge_recording(path, tmp_path, lambda *_: None).report
    return {clause.id for clause in report.clauses if clause.verdict == "failed"}


def wrong():
    """Exchanges that diverge in whichever order: two ends of one task."""
    return Client().about().login().create().read(state="success", result="a").read(state="success", result="b")


def changed_har(change):
    document = json.loads(wrong().har())
    for entry in document["log"]["entries"]:
        change(entry["request"], entry["response"])
    return json.dumps(document)


def _request_in_base64(request, _):
    request["postData"] = {
        "text": base64.b64encode(request["postData"]["text"].encode()).decode(),
        "encoding": "base64",
    }


def _deflated(packing):
    def change(_, response):
        packed = packing(response["content"]["text"].encode())
        response["content"] = {"text": base64.b64encode(packed).decode(), "encoding": "base64"}
        response["headers"].append({"name": "Content-Encoding", "value": "deflate"})

    return change


def _raw(body):
    packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packing.compress(body) + packing.flush()


def ruby_binary():
    text = wrong().vcr()
    document = yaml.safe_load(text)
    for entry in document["http_interactions"]:
        entry["response"]["body"] = {
            "string": "@" + base64.b64encode(entry["response"]["body"]["string"].encode()).decode()
        }
    return re.sub(r"string: '?@(.*?)'?\n", r"string: !binary |\n        \1\n", yaml.safe_dump(document, width=10**9))


def python_2():
    document = yaml.safe_load(wrong().vcr())
    entries = [
        {"request": {**one["request"], "body": one["request"]["body"]["string"]}, "response": one["response"]}
        for one in document["http_interactions"]
    ]
    text = yaml.safe_dump({"interactions": entries, "version": 1}, width=10**9)
    return text.replace("string: ", "string: !!python/unicode ").replace("uri: ", "uri: !!python/str ")


def templated():
    text = wrong().vcr().replace("https://vc.example", "https://<%= vsphere_server %>")
    head, _, rest = text.partition("\n")
    rest = rest.replace("<userName>root", "<userName><%= user %>")
    return f"{head}\n<% user = 'a'.split('@').reverse.join('\\\\') %>\n{rest}"


def rbvmomi_log(margin=""):
    lines = []
    for one in wrong().shots:
        lines += [
            "Headers:",
            f'{{"SOAPAction"=>"urn:vim25/6.7", "cookie"=>"{one.cookie}"}}'.replace('="', '=\\"'),
            "Request:",
        ]
        lines += [
            ENVELOPE.format(one.request),
            "",
            "Response (in 0.006 s)",
            *ENVELOPE.format(one.answer).split("\n"),
            "",
        ]
    return "\n".join(margin + line for line in lines)


def govc_trace():
    parts = []
    for one in wrong().shots:
        parts += [f"POST /sdk HTTP/1.1\r\nHost: vc\r\nCookie: {one.cookie}\r\nSoapaction: urn:vim25/7.0\r\n\r\n"]
        parts += [ENVELOPE.format(one.request), "\r\nHTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n"]
        parts += [ENVELOPE.format(one.answer), "\r\n"]
    return "".join(parts)


FORMS = {
    "har": lambda: wrong().har(),
    "vcr": lambda: wrong().vcr(),
    "gzip": lambda: gzip.compress(wrong().har().encode()),
    "utf-16": lambda: wrong().har().encode("utf-16"),
    "utf-16 big": lambda: b"\xfe\xff" + wrong().vcr().encode("utf-16-be"),
    "utf-8 mark": lambda: b"\xef\xbb\xbf" + wrong().vcr().encode(),
    "base64 request": lambda: changed_har(_request_in_base64),
    "deflate": lambda: changed_har(_deflated(zlib.compress)),
    "raw deflate": lambda: changed_har(_deflated(_raw)),
    "!binary": ruby_binary,
    "python 2": python_2,
    "ERB": templated,
    "rbvmomi log": rbvmomi_log,
    "rbvmomi log in comments": lambda: rbvmomi_log("\t// "),
    "govc trace": govc_trace,
}


@pytest.mark.parametrize("form", FORMS)
def test_a_divergence_is_found_in_every_form(tmp_path, form):
    assert failed(written(tmp_path, FORMS[form]()), tmp_path) == {"life.no-return"}


@pytest.mark.parametrize("form", ["har", "vcr"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_what_stands_before_a_cut_is_read(tmp_path, form, share):
    whole = getattr(wrong(), form)()
    recording = files.read(written(tmp_path, whole[: int(len(whole) * share)]))
    assert 0 < len(recording.exchanges) < len(wrong().shots)


def test_yaml_that_is_damaged_in_one_entry_is_read_but_for_that(tmp_path):
    text = wrong().vcr().replace("    uri:", "   {uri:", 1)
    recording = files.read(written(tmp_path, text))
    assert len(recording.exchanges) == len(wrong().shots) - 1
    assert recording.beside == {"entries that are not readable": 1}


def test_a_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LARGEST", 10_000)
    with pytest.raises(HistoryError, match="unpacked"):
        files.read(written(tmp_path, gzip.compress(bytes(100_000))))


def test_whose_a_fault_is_stays_open_where_two_wait_for_one(tmp_path):
    asked, answer = ENVELOPE.format('<CancelTask xmlns="urn:vim25"/>'), ENVELOPE.format("<soapenv:Fault/>")
    recording = files.read(written(tmp_path, f"a log\n{asked}\n{asked}\n{answer}\n"))
    assert (recording.exchanges, recording.beside) == ((), {"requests without an answer that is surely theirs": 2})


# --- TaskInfos that are no XML ----------------------------------------------------------------------------------------

VIM_CMD = """(vim.TaskInfo) {
  dynamicType = <unset>,
  key = "haTask-1-vim.VirtualMachine.powerOn-3",
  task = 'vim.Task:haTask-1-vim.VirtualMachine.powerOn-3',
  description = (vmodl.LocalizableMessage) null,
  name = "vim.VirtualMachine.powerOn",
  descriptionId = "VirtualMachine.powerOn",
  entity = 'vim.VirtualMachine:1',
  entityName = "a (b, c: {d})",
  locked = (vim.ManagedEntity) [
     'vim.VirtualMachine:1',
     'vim.HostSystem:2'
  ],
  state = "running",
  cancelled = false,
  cancelable = true,
  error = (vmodl.MethodFault) null,
  result = <unset>,
  progress = PROGRESS,
  reason = (vim.TaskReasonUser) {
     dynamicType = <unset>,
     userName = "root",
  },
  queueTime = "2010-06-30T08:48:44.187347Z",
  startTime = "2010-06-30T08:48:44.187347Z",
  completeTime = <unset>,
  eventChainId = 3072,
}
"""
PYVMOMI = """
(vim.TaskInfo) {
   dynamicType = <unset>,
   dynamicProperty = (vmodl.DynamicProperty) [],
   key = 'task-12',
   task = 'vim.Task:task-12',
   description = <unset>,
   name = vim.VirtualMachine.powerOn,
   descriptionId = 'VirtualMachine.powerOn',
   entity = 'vim.VirtualMachine:vm-1',
   entityName = 'a',
   locked = (vim.ManagedEntity) [],
   state = 'running',
   cancelled = false,
   cancelable = true,
   error = <unset>,
   result = <unset>,
   progress = PROGRESS,
   reason = (vim.TaskReasonUser) {
      dynamicType = <unset>,
      dynamicProperty = (vmodl.DynamicProperty) [],
      userName = 'DOMAIN\\\\root'
   },
   queueTime = 2020-01-02T03:04:05.678999Z,
   startTime = datetime.datetime(2020, 1, 2, 3, 4, 5, 700000, tzinfo=<pyVmomi.Iso8601.TZInfo object at 0x7f>),
   completeTime = <unset>,
   eventChainId = 9,
}
"""
JAVA = (
    "Waiting for (vim.TaskInfo) { key = task-1, task = ManagedObjectReference: type = Task, value = task-1, "
    "serverGuid = b-1, description = null, name = null, descriptionId = com.a.B, entity = HostSystem host-7, "
    "entityName = e.local, locked = null, state = queued, cancelled = false, cancelable = true, error = null, "
    "result = null, progress = PROGRESS, reason = (vim.TaskReasonUser) { userName = a@b }, "
    "queueTime = 2019-08-12 15:03:09.791 (GregorianCalendar MONTH=7), startTime = null, completeTime = null, "
    "eventChainId = 15 } took long"
)
VI_JSON = """{
  "_typeName": "TaskInfo", "key": "task-1", "descriptionId": "a.b", "state": "error", "cancelled": false,
  "task": {"_typeName": "ManagedObjectReference", "type": "Task", "value": "task-1"}, "cancelable": false,
  "reason": {"_typeName": "TaskReasonUser", "userName": "a"}, "queueTime": "2024-01-01T00:00:00.5Z",
  "eventChainId": 3, "error": {"_typeName": "NotFound", "faultstring": "gone"}, "progress": PROGRESS}
"""
PRINTED = {"vim-cmd": VIM_CMD, "pyVmomi": PYVMOMI, "Java": JAVA, "VI/JSON": VI_JSON}


@pytest.mark.parametrize("form", PRINTED)
def test_a_taskinfo_is_judged_however_it_was_printed(tmp_path, form):
    assert not failed(written(tmp_path, PRINTED[form].replace("PROGRESS", "40")), tmp_path)
    assert failed(written(tmp_path, PRINTED[form].replace("PROGRESS", "400")), tmp_path) == {"info.progress-range"}


def test_a_printout_is_read_whole(tmp_path):
    ((fact,), (other,)) = (
        files.read(written(tmp_path, text.replace("PROGRESS", "40"))).facts for text in (VIM_CMD, VI_JSON)
    )
    read = fact.value[0].value
    assert (read.entity_name, [one.value for one in read.locked], read.progress) == ("a (b, c: {d})", ["1", "2"], 40)
    assert other.value[0].value.error.kind == "NotFound"
    assert "VimFault" in other.value[0].value.error.kinds


def test_a_printout_that_is_cut_is_told(tmp_path):
    recording = files.read(written(tmp_path, VIM_CMD[:200] + VIM_CMD.replace("PROGRESS", "4")))
    assert (len(recording.facts), recording.beside) == (1, {"TaskInfos that are not whole": 1})


def test_an_answer_alone_is_still_read(tmp_path):
    page = f'<ReadNextTasksResponse xmlns="urn:vim25">{info("task-1", "success")}</ReadNextTasksResponse>'
    assert len(files.read(written(tmp_path, ENVELOPE.format(page))).facts) == 1
