"""Bad targets and bad input: one clear line on standard error, the right exit code, and soon."""

from __future__ import annotations

import gzip
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random

import pytest

from taskconform.conformance.targets import vcsim
from taskconform.conformance.targets.soap import connect as soap
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.outcomes import Lost, Returned

PASSWORD = "a-password-that-stands-nowhere-else-7e2b"


def taskconform(*words, cwd, seconds=60, before=None, **environment):
    return subprocess.run(
        [sys.executable, "-m", "taskconform.conformance", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        stdin=subprocess.DEVNULL,
        preexec_fn=before,
        env={**os.environ, "TASKCONFORM_PASSWORD": PASSWORD, **environment},
    )


def refused(done, code, *says):
    """One line, which says this."""
    assert done.returncode == code, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("taskconform: ")
    for each in says:
        assert each in lines[0]
    assert PASSWORD not in done.stdout + done.stderr
    assert "Traceback" not in done.stdout


# --- servers ----------------------------------------------------------------------------------------------------------


@contextmanager
def listening(serve):
    """A server that does this with every connection."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)

        def accept():
            while not over.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                threading.Thread(target=handle, args=(connection,), daemon=True).start()

        def handle(connection):
            with connection:
                connection.settimeout(5)
                try:
                    serve(connection, over)
                except OSError:
                    return

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            over.set()
            thread.join()


def answering(answer):
    """Answers every request with these bytes."""

    def serve(connection, _):
        while connection.recv(65_536):
            connection.sendall(answer)

    return serve


def hanging(_, over):
    over.wait(30)


def http(body, kind="text/html", status="200 OK"):
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


ENVELOPE = '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>{}</e:Body></e:Envelope>'


@pytest.mark.parametrize(
    ("serve", "says"),
    [
        (hanging, ("timed out", "no answer within 0.5 s", "--set timeout=SECONDS")),
        (lambda connection, _: connection.recv(65_536), ("closed without an answer",)),
        (answering(http("", status="404 Not Found")), ("does not answer as a vSphere API does", "HTTP 404")),
        (answering(http("<html><body>Welcome!<br></html>")), ("does not answer as a vSphere API does", "well-formed")),
        (answering(http("<html/>")), ("does not answer as a vSphere API does", "no SOAP envelope")),
        (answering(http('{"a": 1}', "application/json")), ("does not answer as a vSphere API does", "well-formed")),
        (answering(http("<a><b></a>", "text/xml")), ("does not answer as a vSphere API does", "well-formed")),
        (answering(http("", status="302 Found")), ("does not answer as a vSphere API does", "HTTP 302")),
        (answering(http("", status="503 Service Unavailable")), ("does not answer as a vSphere API does", "HTTP 503")),
        (answering(http(ENVELOPE.format("<a/>"), "text/xml")), ("does not answer as a vSphere API does", "returnval")),
        (answering(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<a"), ("timed out",)),
        (answering(b"220 smtp.example.org ESMTP\r\n"), ("the answer is not HTTP",)),
    ],
)
def test_no_vsphere(serve, says, tmp_path):
    with listening(serve) as address:
        url = f"http://user@{address}/sdk"
        done = taskconform("run", url, "--set", "timeout=0.5", cwd=tmp_path, seconds=10)
    refused(done, 4, address, *says)


def test_an_answer_that_is_cut_off(tmp_path):
    def serve(connection, _):
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<a")

    with listening(serve) as address:
        done = taskconform("run", f"http://user@{address}/sdk", cwd=tmp_path)
    refused(done, 4, address, "the answer ends in the middle")


def test_no_tls_there(tmp_path):
    with listening(answering(http("<html/>"))) as address:
        done = taskconform("run", f"https://user@{address}/sdk", cwd=tmp_path)
    refused(done, 4, address, "no TLS connection")


@pytest.mark.parametrize("command", ["run", "clean", "doctor"])
def test_nobody_listens(command, tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
        done = taskconform(command, f"https://user@{address}/sdk", cwd=tmp_path)
    refused(done, 4, address, "connection refused")


@pytest.fixture
def somebodys():
    """A vcsim behind TLS: its port."""
    flags = ("-l", "127.0.0.1:0", "-stdinexit", "-cluster", "0", "-standalone-host", "1", "-pg", "0", "-vm", "1")
    with subprocess.Popen(
        [vcsim.find_binary(None), *flags],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        yield re.search(r":(\d+)/sdk", process.stdout.readline())[1]
        process.terminate()


@pytest.mark.parametrize("command", ["run", "clean", "doctor"])
def test_a_certificate_of_its_own(somebodys, command, tmp_path):
    done = taskconform(command, f"https://user@127.0.0.1:{somebodys}/sdk", cwd=tmp_path)
    refused(done, 4, "certificate is not trusted", "--set insecure=yes")


@pytest.mark.parametrize("command", ["run", "clean", "doctor"])
def test_a_wrong_password(somebodys, command, tmp_path):
    """vcsim takes any but none."""
    url = f"https://user@127.0.0.1:{somebodys}/sdk"
    done = taskconform(command, url, "--set", "insecure=yes", cwd=tmp_path, TASKCONFORM_PASSWORD="")
    refused(done, 4, "login of user", "InvalidLogin")


# --- a server that goes bad in mid-run --------------------------------------------------------------------------------


class Turning:
    """A server before vcsim that turns, after so many requests, into one that does this."""

    def __init__(self, port, after, turn):
        self.requests = 0
        turning = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_POST(self):
                turning.requests += 1
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if turning.requests > after:
                    turn(self)
                    return
                headers = {name: value for name, value in self.headers.items() if name != "Host"}
                upstream = vcsim_connection(port)
                upstream.request(self.command, self.path, body, headers)
                answer = upstream.getresponse()
                data = answer.read()
                upstream.close()
                cookie = answer.getheader("Set-Cookie")
                answered(self, data, answer.status, {"Set-Cookie": cookie} if cookie else {})

            do_GET = do_POST  # noqa: N815 -- the library's name

            def log_message(self, *_):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None
        self.server.daemon_threads = True
        self.url = f"http://user@127.0.0.1:{self.server.server_port}/sdk"

    def __enter__(self):
        """Begin to serve."""
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()
        return self

    def __exit__(self, *_):
        """Stop."""
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def vcsim_connection(port):
    import ssl  # noqa: PLC0415
    from http.client import HTTPSConnection  # noqa: PLC0415

    return HTTPSConnection("127.0.0.1", port, context=ssl._create_unverified_context())  # noqa: S323 -- vcsim's own


def answered(handler, data, status, headers=()):
    handler.send_response(status)
    for name, value in dict(headers).items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def hang_up(handler):
    handler.close_connection = True


def cut_off(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"<a>")
    handler.close_connection = True


@pytest.mark.parametrize(
    ("turn", "says"),
    [
        (hang_up, "closed without an answer"),
        (cut_off, "ends in the middle"),
        (lambda handler: answered(handler, b"<html>", 200), "not well-formed XML"),
        (lambda handler: answered(handler, b"", 503), "HTTP 503"),
        (lambda _: time.sleep(3), "timed out"),
    ],
)
def test_a_server_that_turns_bad_breaks_the_run_off(somebodys, tmp_path, turn, says):
    with Turning(somebodys, 150, turn) as turning:
        words = (
            "--set",
            "rate=1000",
            "--set",
            "timeout=0.4",
            "--set",
            "settling=0.2",
            "--workers",
            "1",
            "--out",
            "out",
        )
        done = taskconform("run", turning.url, *words, cwd=tmp_path, seconds=40)
    refused(
        done,
        4,
        "has stopped to answer",
        says,
        f"something of this run may be left there: taskconform clean {turning.url}",
    )


def test_a_server_that_stumbles_does_not_end_the_run(somebodys, monkeypatch):
    """A lost answer now and then is no verdict."""
    monkeypatch.setenv("TASKCONFORM_PASSWORD", PASSWORD)
    with Turning(somebodys, 10**9, hang_up) as turning:
        target = soap.open_target(turning.url, {"rate": "1000"})
        read = calls.ReadMaxCollector(session="main")
        assert isinstance(target.perform(calls.Login(session="main", account="primary")), Returned)
        turning.requests = 2 * 10**9
        lost = [target.perform(read) for _ in range(3)]
        turning.requests = 0
        assert all(isinstance(outcome, Lost) for outcome in lost)
        assert isinstance(target.perform(read), Returned)
        target.close()


# --- names and options ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("run", "ftp://user@host/sdk"), "no target ftp://user@host/sdk"),
        (("run", "broken:factory"), "broken:factory: SyntaxError"),
        (("run", "odd:nothing"), "has no attribute 'nothing'"),
        (("run", "odd:number"), "odd:number is no factory"),
        (("run", "https://user@127.0.0.1/sdk", "--set", "rate=fast"), "rate is a number of calls a second"),
        (("run", "https://user@127.0.0.1/sdk", "--set", "colour=red"), "unknown option 'colour'"),
        (("clean", "https://user@127.0.0.1/sdk", "--set", "colour=red"), "unknown option 'colour'"),
        (("clean", "vcsim"), "clean takes https://user@host/sdk"),
        (("clean",), "Missing argument 'target'"),
        (("doctor", "no-such-target"), "no target no-such-target"),
        (("run", "--seed", "many"), "Invalid value for '--seed'"),
        (("run", "--clauses", "nothing.*"), "no clause matches nothing.*"),
    ],
)
def test_wrong_usage(words, says, tmp_path):
    (tmp_path / "broken.py").write_text("def factory(:\n")
    (tmp_path / "odd.py").write_text("number = 1\n")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    refused(taskconform(*words, cwd=tmp_path, PYTHONPATH=path), 3, says)


def test_an_adapter_that_fails_to_open(tmp_path):
    (tmp_path / "odd.py").write_text("def factory(options):\n    raise ValueError('no\\nsuch luck')\n")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = taskconform("run", "odd:factory", cwd=tmp_path, PYTHONPATH=path)
    assert done.returncode == 3
    assert done.stderr.splitlines()[0] == "Traceback (most recent call last):"
    last = done.stderr.splitlines()[-1]
    assert last.startswith("taskconform: the adapter failed: odd:factory raised ValueError: no such luck")
    assert "odd.py, line 2" in last
    assert "conformance/targets" not in done.stderr


def test_neither_vcsim_nor_go(tmp_path):
    empty = {"PATH": str(tmp_path / "nothing"), "XDG_CACHE_HOME": str(tmp_path), "TASKCONFORM_VCSIM": ""}
    done = taskconform("run", "vcsim", cwd=tmp_path, **empty)
    refused(
        done, 3, "no vcsim", "vcsim:/path/to/vcsim", "install Go", "go install github.com/vmware/govmomi/vcsim@latest"
    )


# --- adapters ---------------------------------------------------------------------------------------------------------

UNSOUND = """

from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.model.vocabulary.outcomes import Faulted, Interval
from taskconform.model.vocabulary.words import evolve


class Reversed(BuiltinTarget):
    def perform_together(self, calls):
        return super().perform_together(calls)[::-1]


class Short(BuiltinTarget):
    def perform_together(self, calls):
        return super().perform_together(calls)[1:]


class Inverted(BuiltinTarget):
    def perform(self, call):
        outcome = super().perform(call)
        return evolve(outcome, at=Interval(earliest=outcome.at.latest + 1, latest=outcome.at.latest))


class Backwards(BuiltinTarget):
    now = 10**15

    def perform(self, call):
        self.now -= 10
        return evolve(super().perform(call), at=Interval(earliest=self.now, latest=self.now + 1))


class Bare(BuiltinTarget):
    def perform(self, call):
        outcome = super().perform(call)
        if isinstance(outcome, Faulted):
            return evolve(outcome, fault=evolve(outcome.fault, kinds=(outcome.fault.kind,)))
        return outcome


class Sticky(BuiltinTarget):
    def reset(self):
        pass


class Raising(BuiltinTarget):
    def perform(self, call):
        if type(call).__name__ == "ReadTaskInfo":
            raise KeyError("task")
        return super().perform(call)


class Once(BuiltinTarget):
    closed = False

    def close(self):
        if self.closed:
            raise RuntimeError("closed already")
        self.closed = True


class Mute(BuiltinTarget):
    def perform(self, call):
        return None if type(call).__name__ == "CreateTask" else super().perform(call)
"""


@pytest.mark.parametrize(
    ("adapter", "point", "wrong"),
    [
        ("Reversed", "calls made together", "read "),
        ("Short", "calls made together", "perform_together returned 2 outcomes of 3 calls"),
        ("Inverted", "calls come to outcomes", "1 us before it begins"),
        ("Backwards", "intervals are well-formed", "9 us before the one that was made before it"),
        ("Bare", "a fault comes back", "a fault's kinds go from itself to MethodFault"),
        ("Sticky", "reset() takes away", "a session of before is there"),
        ("Raising", "what CreateTask returns", "KeyError: 'task'"),
        ("Once", "close() can be called twice", "RuntimeError: closed already"),
        ("Mute", "what CreateTask returns", "returned None, which is none of Returned, Faulted, Lost"),
    ],
)
def test_an_unsound_adapter_is_told(adapter, point, wrong, tmp_path):
    (tmp_path / "unsound.py").write_text(UNSOUND)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = taskconform("doctor", f"unsound:{adapter}", cwd=tmp_path, PYTHONPATH=path, COLUMNS="200")
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if line.strip().startswith(f"UNSOUND  {point}"))
    assert wrong in lines[at + 1]


@pytest.mark.parametrize("target", ["builtin", "vcsim"])
def test_a_sound_adapter(target, tmp_path):
    done = taskconform("doctor", target, cwd=tmp_path, COLUMNS="200")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(" sound ") == 7
    assert "Out of scope: " in done.stdout
    assert list(tmp_path.iterdir()) == []


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """What a run wrote."""
    folder = tmp_path_factory.mktemp("finished")
    done = taskconform("run", "--workers", "1", "--clauses", "create.*", "--out", "out", cwd=folder, seconds=170)
    assert done.returncode == 0, done.stderr
    return folder / "out" / "history"


def limited(size):
    """No file may grow beyond so many bytes: a disk that is full, as far as a program can tell."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("size", [4_000, 100_000])
def test_a_full_disk(size, tmp_path):
    done = taskconform("run", "--workers", "2", "--out", "out", cwd=tmp_path, before=limited(size))
    refused(done, 4, "cannot write", "File too large")


def test_a_full_disk_at_the_end(finished, tmp_path):
    """The verdict is known, and its report does not fit."""
    done = taskconform("judge", str(finished), "--out", "out", cwd=tmp_path, before=limited(4_000))
    refused(done, 4, "cannot write to out", "File too large")


def test_an_out_that_is_no_folder(finished, tmp_path):
    (tmp_path / "file").write_text("mine")
    refused(taskconform("run", "--out", "file", cwd=tmp_path), 3, "cannot write to file", "Not a directory")
    refused(taskconform("run", "--out", "file/out", cwd=tmp_path), 3, "cannot write to file/out", "Not a directory")
    refused(taskconform("judge", str(finished), "--out", "file", cwd=tmp_path), 3, "cannot write to file")
    assert (tmp_path / "file").read_text() == "mine"


HEAD = {
    "schema": "taskconform.history/1",
    "version": "0",
    "target": "t",
    "command": "c",
    "profile": "quick",
    "seed": 0,
    "plan_digest": "",
    "started": "",
    "seconds": 0,
    "calls": 0,
    "target_seconds": 0,
    "workers": 1,
    "parts": ["part"],
}


NOISE = Random(0).randbytes(50_000)  # noqa: S311  # no secret
packed = partial(gzip.compress, mtime=0)
"""The same bytes at any time: they stand in the names of tests, which every process has to collect alike."""


@pytest.mark.parametrize(
    ("head", "part", "says"),
    [
        (b"{", None, "run.json is not readable"),
        (b"\xff\xfe", None, "run.json"),
        (b"[]", None, "is not a taskconform.history/1 document"),
        ({"schema": "taskconform.history/9"}, None, "is not a taskconform.history/1 document"),
        ({"schema": "taskconform.history/1"}, None, "lacks or garbles"),
        ({**HEAD, "profile": "eternal"}, b"", "lacks or garbles parts or profile"),
        (HEAD, None, "lacks its part part"),
        ({**HEAD, "parts": []}, None, "holds no test case"),
        (HEAD, b"not gzip", "part.jsonl.gz, line 1"),
        (HEAD, packed(b"{}\n")[:-9], "part"),
        (HEAD, packed(NOISE)[:200] + b"garbled" * 100, "part"),
        (HEAD, packed(b"no json\n"), "part.jsonl.gz, line 1"),
        (HEAD, packed(b'{"is": "Nothing"}\n'), "part"),
        (HEAD, packed(b'{"is": "Episode"}\n'), "part"),
        (HEAD, packed(b'{"is": "Skipped", "step": 1, "why": "w"}\n'), "does not begin with a test case"),
    ],
)
def test_a_history_that_cannot_be_read(head, part, says, tmp_path):
    (tmp_path / "run.json").write_bytes(head if isinstance(head, bytes) else json.dumps(head).encode())
    if part is not None:
        (tmp_path / "part.jsonl.gz").write_bytes(part)
    refused(taskconform("judge", ".", cwd=tmp_path), 3, says)


def test_a_history_that_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "run.json").mkdir()
    for name, says in (("file", "no recording"), (".", "Is a directory"), ("nothing", "is no history")):
        refused(taskconform("judge", name, cwd=tmp_path), 3, says)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[]", b'{"schema": "taskconform.trace/1"}', None])
def test_a_trace_that_cannot_be_read(content, tmp_path):
    if content is None:
        (tmp_path / "trace.json").mkdir()
    else:
        (tmp_path / "trace.json").write_bytes(content)
    refused(taskconform("replay", "trace.json", cwd=tmp_path), 3, "trace.json")


# --- interrupts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delay", [0.05, 0.2, 0.4, 0.8, 1.6])
@pytest.mark.parametrize("target", ["builtin", "vcsim"])
def test_an_interrupt_at_any_moment(delay, target, tmp_path):
    """From the first moment that the program is there to hear it."""
    program = "import sys; from taskconform.conformance.cli.command import main; print('here', flush=True); main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "run", target, "--workers", "2", "--out", "out"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    process.stdout.readline()
    time.sleep(delay)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (130, "taskconform: interrupted\n")
