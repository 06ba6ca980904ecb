"""The recorder in front of servers: clients notice nothing, and the file holds what is judged and nothing else."""

from __future__ import annotations

import asyncio
import errno
import gc
import gzip
import json
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from pyVim.connect import Disconnect, SmartConnect
from pyVim.task import WaitForTask
from pyVmomi import vim
from recorders import recorded
from served import ENVELOPE, serving

from taskconform.conformance.errors import Refused, TargetUnreachable
from taskconform.conformance.recorder import live
from taskconform.conformance.recorder.scribe import LARGEST, Message
from taskconform.conformance.recorder.tape import Tape
from taskconform.conformance.recorder.upstream import Upstream
from taskconform.conformance.records.private import Names
from taskconform.conformance.records.recordings import files, lines
from taskconform.conformance.records.recordings.judging import judge_recording
from taskconform.conformance.records.recordings.wire import RecordingError

# pyVmomi leaves connections to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.usefixtures("collected"),
]


@pytest.fixture
def collected():
    yield
    gc.collect()


def silent(_stage, _done, _total):
    """Show no progress."""


@contextmanager
def client(url, user="primary", password="primary"):  # noqa: S107  # the built-in server's default
    parts = urlsplit(url)
    instance = SmartConnect(
        protocol=parts.scheme,
        host=parts.hostname,
        port=parts.port,
        user=user,
        pwd=password,
        disableSslCertValidation=True,
    )
    try:
        yield instance
    finally:
        Disconnect(instance)
        instance._stub.DropConnections()


def work(url, **login):
    """A program that does this and that: the tasks that it made, and names that it met."""
    with client(url, **login) as instance:
        content = instance.RetrieveContent()
        view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], recursive=True)
        machine = view.view[0]
        task = machine.PowerOffVM_Task() if machine.runtime.powerState == "poweredOn" else machine.PowerOnVM_Task()
        WaitForTask(task)
        assert task.info.state == "success"
        collector = content.taskManager.CreateCollectorForTasks(vim.TaskFilterSpec())
        assert task.info.key in {info.key for info in collector.ReadNextTasks(100)}
        assert len(collector.latestPage)
        collector.DestroyCollector()
        assert task in content.taskManager.recentTask
        return [each.name for each in view.view]


def records_of(path):
    return [json.loads(line) for line in path.read_bytes().splitlines()]


# --- a client through it ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tls", [False, True])
def test_a_program_is_recorded_and_judged(tmp_path, tls):
    path = tmp_path / "session.tcr"
    with serving(tls=tls, operation_time=30) as server:
        authority = tmp_path / "authority.pem"
        authority.write_bytes(server.authority or b"")
        with recorded(server.url, path, tls=tls, authority=authority if tls else None) as (running, tape):
            work(running.url)
            assert (running.authority is not None) == tls
    records = records_of(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert records[0]["form"] == lines.FORM
    assert records[-1] == {"is": "end", "at": records[-1]["at"], "passed": {"GET requests": 1}}
    assert len(records) == 2 + 2 * tape.calls
    assert [one["at"] for one in records[1:]] == sorted(one["at"] for one in records[1:])
    recording = files.read(path)
    assert len(recording.exchanges) == tape.calls
    assert recording.beside == {"GET requests, not written": 1}
    assert all(one.status == 200 and one.started < one.ended for one in recording.exchanges)
    finished = judge_recording(path, tmp_path, silent)
    assert finished.report.totals.failed == 0
    assert finished.report.totals.passed >= 2


def test_what_is_planted_is_found_nowhere(tmp_path):
    planted = {"password": "Tr0ub4dor-and-3", "private": "Alder07", "user": "primary"}
    path = tmp_path / "session.tcr"
    with (
        serving(operation_time=30, passwords={"primary": planted["password"]} | dict.fromkeys(
            ("second", "restricted", "delegate", "outsider"), "other-password")) as server,
        recorded(server.url, path, private=(planted["private"],)) as (running, _),
    ):  # fmt: skip
        with client(running.url, password=planted["password"]) as instance:
            cookie = re.search(r'vmware_soap_session="?(\w+)', instance._stub.cookie)[1]
            key = instance.RetrieveContent().sessionManager.currentSession.key
        with pytest.raises(vim.fault.InvalidLogin), client(running.url, password="Wr0ng-and-4"):
            pass
        names = work(running.url, password=planted["password"])
        assert planted["private"] in names
        header = "<soapenv:Header><b:Security><s:Assertion>SAML-and-5</s:Assertion></b:Security></soapenv:Header>"
        body = ENVELOPE.format("<LoginByToken><_this type='SessionManager'>SessionManager</_this></LoginByToken>")
        post(running.url, body.replace("<soapenv:Body>", f"{header}<soapenv:Body>"))
        for method, secret in (("AcquireGenericServiceTicket", "Gen3ric-and-6"), ("CloneSession", "Cl0ne-and-7")):
            post(
                running.url,
                ENVELOPE.format(f"<{method}><cloneTicket>{secret}</cloneTicket><spec>{secret}</spec></{method}>"),
            )
    written = path.read_text()
    secrets = [
        planted["password"],
        planted["private"],
        cookie,
        key,
        "Wr0ng-and-4",
        "SAML-and-5",
        "Gen3ric-and-6",
        "Cl0ne-and-7",
    ]
    assert [one for one in secrets if one.lower() in written.lower()] == []
    assert {"cookie-1", "private-1"} <= set(re.findall(r"[a-z]+-1\b", written))


def test_hashed_names_are_found_nowhere(tmp_path):
    path = tmp_path / "session.tcr"
    with serving(operation_time=30) as server:
        with server.client() as instance:
            content = instance.RetrieveContent()
            view = content.viewManager.CreateContainerView(content.rootFolder, [vim.ManagedEntity], recursive=True)
            inventory = {each.name for each in view.view}
        with recorded(server.url, path, hashed=True) as (running, _):
            met = work(running.url)
            with client(running.url) as instance:
                content = instance.RetrieveContent()
                events = content.eventManager.QueryEvents(vim.event.EventFilterSpec())
    assert set(met) <= inventory
    assert events
    written = path.read_text()
    assert [name for name in inventory if re.search(rf"\b{re.escape(name)}\b", written)] == []
    assert "Ada" not in written
    finished = judge_recording(path, tmp_path, silent)
    assert finished.report.totals.failed == 0
    assert finished.report.totals.passed >= 2


def post(url, body, **headers):
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname, parts.port, timeout=30)
    try:
        connection.request("POST", parts.path, body if isinstance(body, bytes) else body.encode(), headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


# --- any server -------------------------------------------------------------------------------------------------------


class Odd(BaseHTTPRequestHandler):
    """A server that does whatever the path or the body says."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Print nothing."""

    def do_GET(self):
        if self.path == "/moved":
            self.answer(302, b"", Location=f"http://{self.headers['Host']}/ui/?a=%2Fb", Domain="x")
        elif self.path.startswith("/big"):
            self.answer(200, b"x" * 3_000_000)
        else:
            self.answer(
                200,
                f"{self.command} {self.path} {self.headers.get('Origin')}".encode(),
                Cookie="a=b; Domain=it; Secure; Path=/",
            )

    do_PUT = do_HEAD = do_GET  # noqa: N815  # the names the server looks for

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if b"<Hang" in body:
            self.server.hanging.set()
            self.server.go_on.wait(30)
        if b"<Fetch" in body:
            self.answer(200, ENVELOPE.format(INFO.format(self.server.answers.pop(0))).encode())
            return
        if b"<Break" in body:
            self.close_connection = True
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
            return
        if b"<Close" in body:
            self.close_connection = True
            return
        if b"<Drip" in body:
            self.drip()
            return
        answer = ENVELOPE.format("<XResponse/>").encode()
        packed = b"<Zip" in body
        self.answer(
            200, gzip.compress(answer) if packed else answer, **({"Content-Encoding": "gzip"} if packed else {})
        )

    def drip(self):
        """Answer in chunks; the second waits until somebody has seen the first."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        whole = ENVELOPE.format("<DripResponse/>").encode()
        for index, part in enumerate((whole[:50], whole[50:], b"")):
            if index == 1:
                self.server.go_on.wait(30)
            self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header({"Cookie": "Set-Cookie", "Domain": "X-Domain"}.get(name, name), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@pytest.fixture
def odd():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    server.daemon_threads = True
    server.hanging, server.go_on = threading.Event(), threading.Event()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield server
    server.go_on.set()
    server.shutdown()
    server.server_close()
    thread.join(10)


def url_of(server):
    return f"http://127.0.0.1:{server.server_address[1]}/sdk"


def get(url, path, method="GET", **headers):
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname, parts.port, timeout=30)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def test_static_files_pass_and_a_browser_stays(tmp_path, odd):
    path = tmp_path / "a.tcr"
    with recorded(url_of(odd), path) as (running, tape):
        base = running.url.removesuffix("/sdk")
        answer, body = get(running.url, "/ui/a%2Fb?q=%20", Origin=base)
        assert body == f"GET /ui/a%2Fb?q=%20 {url_of(odd).removesuffix('/sdk')}".encode()
        assert answer.headers["Set-Cookie"] == "a=b; Path=/"
        answer, _ = get(running.url, "/moved")
        assert answer.headers["Location"] == f"{base}/ui/?a=%2Fb"
        assert get(running.url, "/big")[1] == b"x" * 3_000_000
        answer, body = get(running.url, "/x", method="HEAD")
        assert (answer.status, body) == (200, b"")
        assert int(answer.headers["Content-Length"]) > 0
        get(running.url, "/rest/secret-name", method="PUT")
        assert get(running.url, "/ui", Upgrade="websocket", Connection="Upgrade")[0].status == 501
        assert tape.passed == {"GET requests": 3, "HEAD requests": 1}
    assert "secret-name" not in path.read_text()
    recording = files.read(path)
    assert [one.status for one in recording.exchanges] == [200]
    assert sum(recording.beside.values()) == 5


def test_answers_are_passed_on_as_they_come(tmp_path, odd):
    path = tmp_path / "a.tcr"
    with recorded(url_of(odd), path) as (running, _):
        parts = urlsplit(running.url)
        connection = HTTPConnection(parts.hostname, parts.port, timeout=30)
        connection.request("POST", "/sdk", ENVELOPE.format("<Drip/>"))
        answer = connection.getresponse()
        assert answer.read(50) == ENVELOPE.encode()[:50]
        odd.go_on.set()
        assert b"DripResponse" in answer.read()
        connection.close()
    (exchange,) = files.read(path).exchanges
    assert b"DripResponse" in exchange.answer


@pytest.mark.parametrize("how", ["Break", "Close"])
def test_a_server_that_hangs_up_hangs_up(tmp_path, odd, how):
    path = tmp_path / "a.tcr"
    with recorded(url_of(odd), path) as (running, _):
        with pytest.raises((HTTPException, OSError)):
            post(running.url, ENVELOPE.format(f"<{how}/>"))
        assert post(running.url, ENVELOPE.format("<X/>"))[0] == 200
    first, second = files.read(path).exchanges
    assert (first.status, first.answer, second.status) == (0, b"", 200)
    assert first.ended is not None


def test_a_client_that_goes_away_is_noted(tmp_path, odd):
    path = tmp_path / "a.tcr"
    with recorded(url_of(odd), path) as (running, _):
        parts = urlsplit(running.url)
        connection = HTTPConnection(parts.hostname, parts.port, timeout=30)
        connection.request("POST", "/sdk", ENVELOPE.format("<Hang/>"))
        assert odd.hanging.wait(30)
        connection.close()
        deadline = time.monotonic() + 30
        while "went away" not in path.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_an_answer_that_was_written_is_not_lost(tmp_path):
    path = tmp_path / "a.tcr"
    with Tape(path, Names(())) as tape:
        taken = tape.request(1, tape.now(), Message(body=ENVELOPE.format("<X/>").encode()))
        tape.answer(taken, tape.now(), 200, Message(body=ENVELOPE.format("<XResponse/>").encode()))
        tape.lost(taken, tape.now(), "the client went away")
    assert [one.status for one in files.read(path).exchanges] == [200]


def test_bodies_that_cannot_be_written_pass_all_the_same(tmp_path, odd):
    path = tmp_path / "a.tcr"
    with recorded(url_of(odd), path) as (running, _):
        assert post(running.url, b"<<<")[0] == 200
        large = ENVELOPE.format(f"<X><a>{'x' * LARGEST}</a></X>")
        assert post(running.url, large)[0] == 200
        assert b"\x1f\x8b" in post(running.url, ENVELOPE.format("<Zip/>"))[1]
        bomb = gzip.compress(b" " * (2 * LARGEST))
        assert post(running.url, bomb, **{"Content-Encoding": "gzip"})[0] == 200
        odd.shutdown()
        odd.server_close()
    assert path.stat().st_size < 20_000
    recording = files.read(path)
    assert [one.request.count(b"NotWritten") for one in recording.exchanges] == [1, 1, 0, 1]
    assert b"XResponse" in recording.exchanges[2].answer
    assert sum(recording.beside.values()) == 3


def test_a_server_that_is_gone_is_a_bad_gateway(tmp_path, odd):
    path = tmp_path / "a.tcr"
    with recorded(url_of(odd), path) as (running, _):
        with suppress(HTTPException, OSError):
            post(running.url, ENVELOPE.format("<Close/>"))  # ends the connection that is kept
        odd.shutdown()
        odd.server_close()
        assert post(running.url, ENVELOPE.format("<X/>"))[0] == 502


# --- trust, and files -------------------------------------------------------------------------------------------------


def test_certificates_are_looked_at(tmp_path):
    with serving(tls=True) as server:
        told = pytest.raises(TargetUnreachable, match=r"not trusted.*--thumbprint ")
        with told as refused, recorded(server.url, tmp_path / "a.tcr"):
            pass
        assert not (tmp_path / "a.tcr").exists()
        thumbprint = str(refused.value).rpartition(" ")[2]
        for number, trust in enumerate(({"thumbprint": thumbprint}, {"insecure": True})):
            with recorded(server.url, tmp_path / f"{number}.tcr", **trust) as (running, _):
                assert post(running.url, ENVELOPE.format("<X/>"))[0] == 500
        with pytest.raises(TargetUnreachable), recorded(server.url, tmp_path / "b.tcr", thumbprint="AB" * 32):
            pass


@pytest.mark.parametrize(
    ("url", "thumbprint"),
    [("vcenter", ""), ("ftp://a/sdk", ""), ("https://u:p@a/sdk", ""), ("https:///sdk", ""), ("https://a/sdk", "12:34"),
     ("https://a/sdk", "zz" * 32)],
)  # fmt: skip
def test_upstreams_that_make_no_sense(url, thumbprint):
    with pytest.raises(Refused):
        Upstream(url, thumbprint=thumbprint)


def test_a_file_that_is_there_stays(tmp_path, odd):
    path = tmp_path / "a.tcr"
    path.write_text("mine")
    with pytest.raises(Refused, match="there already"), recorded(url_of(odd), path):
        pass
    assert path.read_text() == "mine"


def test_a_damaged_line_is_left_out_and_told(tmp_path, odd):
    path = tmp_path / "a.tcr"
    with recorded(url_of(odd), path) as (running, _):
        for name in "ABC":
            assert post(running.url, ENVELOPE.format(f"<{name}/>"))[0] == 200
    whole = path.read_bytes().splitlines(keepends=True)
    whole[3] = whole[3][:40] + b"\n"
    path.write_bytes(b"".join(whole[:-1])[:-60])
    recording = files.read(path)
    assert recording.beside == {"damaged lines": 2, "answers without their request": 1}
    assert [one.status for one in recording.exchanges] == [200, 0]
    path.write_bytes(whole[0].replace(b"recording/1", b"recording/2"))
    with pytest.raises(RecordingError, match="another form"):
        files.read(path)


# --- the command ------------------------------------------------------------------------------------------------------


@contextmanager
def command(*words):
    """The command in a process of its own; its URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "taskconform.conformance", "record", "--listen", "127.0.0.1:0", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip
    try:
        found = re.match(r"taskconform record: url=(\S+)", process.stdout.readline())
        yield process, found and found[1]
    finally:
        process.kill()
        process.communicate()


def test_the_command_until_it_is_interrupted(tmp_path, odd):
    path, authority = tmp_path / "a.tcr", tmp_path / "authority.pem"
    with command("--upstream", url_of(odd), "-o", str(path), "--authority", str(authority)) as (process, url):
        context = ssl.create_default_context(cafile=str(authority))
        asyncio.run(_ask(url, context))
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (0, "")
        assert output == f"{path}: 1 requests; passed on unwritten: nothing\n"
    assert len(files.read(path).exchanges) == 1


async def _ask(url, context):
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, ssl=context)
    body = ENVELOPE.format("<X/>")
    writer.write(
        f"POST /sdk HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    )
    assert b"100" in await reader.readline()
    await reader.readline()
    writer.write(body.encode())
    assert b"200" in await reader.readline()
    writer.close()


def test_killed_in_the_middle_it_leaves_a_file_that_reads(tmp_path, odd):
    path = tmp_path / "a.tcr"
    with command("--upstream", url_of(odd), "-o", str(path), "--no-tls") as (process, url):
        for _ in range(20):
            assert post(url, ENVELOPE.format("<X/>"))[0] == 200
        waiting = threading.Thread(target=lambda: _ignoring(url, "<Hang/>"), daemon=True)
        waiting.start()
        assert odd.hanging.wait(30)
        process.kill()
        process.wait(30)
        waiting.join(30)
    deadline = time.monotonic() + 30
    while b"Hang" not in path.read_bytes():
        assert time.monotonic() < deadline, "what the recorder had told is not written"
        time.sleep(0.02)
    recording = files.read(path)
    assert [one.status for one in recording.exchanges] == [200] * 20 + [0]
    assert recording.exchanges[-1].ended > recording.exchanges[-1].started
    assert b"Hang" in recording.exchanges[-1].request


def _ignoring(url, body):
    with suppress(HTTPException, OSError):
        post(url, ENVELOPE.format(body))


def test_a_disk_that_is_full_stops_no_client(tmp_path, odd, monkeypatch, capfd):
    opened = os.open
    monkeypatch.setattr(os, "open", lambda *_: opened("/dev/full", os.O_WRONLY))
    with recorded(url_of(odd), tmp_path / "a.tcr") as (running, tape):
        for _ in range(2):
            assert post(running.url, ENVELOPE.format("<X/>"))[0] == 200
    assert tape.broken == os.strerror(errno.ENOSPC)
    assert f"nothing is written any more: {tape.broken}\n" in capfd.readouterr().err


def test_a_scribe_that_is_slow_keeps_nobody_waiting(tmp_path, odd):
    path, calls = tmp_path / "a.tcr", 60
    body = ENVELOPE.format(f"<X>{'<y/>' * 10_000}</X>")
    with recorded(url_of(odd), path) as (running, tape):
        process = tape._pipe._process
        process.send_signal(signal.SIGSTOP)
        for _ in range(calls):  # more than a pipe holds
            assert post(running.url, body)[0] == 200
        process.send_signal(signal.SIGCONT)
    assert [one.status for one in files.read(path).exchanges] == [200] * calls


def test_a_scribe_that_is_gone_stops_no_client(tmp_path, odd):
    with recorded(url_of(odd), tmp_path / "a.tcr") as (running, tape):
        tape._pipe._process.kill()
        for _ in range(2):
            assert post(running.url, ENVELOPE.format("<X/>"))[0] == 200
    assert tape.broken == "the process that writes it has ended"


@pytest.mark.parametrize(
    "words",
    [("--listen", "8443"), ("--listen", "127.0.0.1:99999"), ("--certificate", "a.pem"), ("--private", "ab"),
     ("--upstream-authority", "/nowhere")],
)  # fmt: skip
def test_usage_that_makes_no_sense_is_exit_code_3(tmp_path, words):
    path = tmp_path / "a.tcr"
    done = subprocess.run(
        [sys.executable, "-m", "taskconform.conformance", "record", "--upstream", "http://[::1]:1", "-o", path, *words],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert done.stderr.count("\n") == 1
    assert not path.exists()


# --- live -------------------------------------------------------------------------------------------------------------

FETCH = "<Fetch xmlns='urn:vim25'><_this type='Task'>task-1</_this><prop>info</prop></Fetch>"
INFO = (
    "<FetchResponse xmlns='urn:vim25'><returnval xsi:type='TaskInfo'><key>task-1</key><task type='Task'>task-1</task>"
    "<descriptionId>a.b</descriptionId><state>running</state><cancelled>false</cancelled><cancelable>false</cancelable>"
    "<progress>{}</progress><reason xsi:type='TaskReasonUser'><userName>u</userName></reason><queueTime>"
    "2026-11-30T10:00:00Z</queueTime><startTime>2026-11-30T10:00:00Z</startTime><eventChainId>4</eventChainId>"
    "</returnval></FetchResponse>"
)


def test_a_divergence_is_told_when_it_happens(tmp_path, odd):
    path = tmp_path / "a.tcr"
    odd.answers = [40] * 30 + [101]
    with command("--upstream", url_of(odd), "-o", str(path), "--no-tls", "--judge") as (process, url):
        for _ in range(31):
            assert post(url, ENVELOPE.format(FETCH))[0] == 200
        told = [process.stdout.readline() for _ in range(3)]
        assert told[0] == "DIVERGES info.progress-range\n"
        assert "101" in told[2]
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (1, "")
        assert "FAILED  progress is wrong after ReadTaskInfo: info.progress-range (must)" in output


def line(record):
    return lines.encode(record)


def exchange(number, value):
    body = ENVELOPE.format(FETCH)
    answer = ENVELOPE.format(INFO.format(value))
    return line(lines.Request(n=number, at=2 * number, connection=1, body=body)) + line(
        lines.Answer(n=number, at=2 * number + 1, status=200, body=answer)
    )


def test_each_part_that_is_judged_begins_before_what_is_new(tmp_path):
    path = tmp_path / "a.tcr"
    head = line(lines.Head(form=lines.FORM, version="1", begun=0))
    path.write_bytes(head)
    watch = live.Watch(path, lambda _: None)
    assert watch._part() is None
    written = b""
    for number in range(1, 2_000):
        added = exchange(number, 40)
        written += added
        with path.open("ab") as file:
            file.write(added[:-7])
        part = watch._part()
        assert part.startswith(head)
        with path.open("ab") as file:
            file.write(added[-7:])
        assert watch._part().endswith(written[-len(added) :])
    part = path.read_bytes()[: len(head)] + exchange(1, 40) + exchange(2, 101)
    assert [one.clause for one in live.judged(part)] == ["info.progress-range"]
    assert watch._part() is None
    assert len(watch._before) == live.OVERLAP
