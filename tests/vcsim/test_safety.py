"""Safe on someone's server: only what is ours is touched, nothing of it is left, and no secret is written down.

Each test has a vcsim of its own, reached by its URL as if it were somebody's; what is left there is looked up by a
client that has nothing to do with ours.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from here import ROOT
from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim, vmodl
from securesystemslib.signer import CryptoSigner

from taskconform.conformance.certification import bundle, certificate, signing
from taskconform.conformance.cli import clean
from taskconform.conformance.records.history import read_head
from taskconform.conformance.targets import naming, vcsim
from taskconform.conformance.targets.protocol import TargetMisnamed
from taskconform.conformance.targets.soap import cleaning as soap_cleaning
from taskconform.conformance.targets.soap import connect as soap
from taskconform.conformance.targets.soap import ledger as soap_ledger
from taskconform.conformance.targets.soap.wire import WireFault
from taskconform.conformance.wire import body as soap_body
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import MAIN
from taskconform.model.vocabulary.outcomes import Fault, Faulted, Lost, Returned
from taskconform.reports.document import decode

PASSWORD = "a-password-that-stands-nowhere-else-5c1d"
FLAGS = ("-l", "127.0.0.1:0", "-stdinexit", "-autostart=false", "-cluster", "0", "-standalone-host", "1", "-pg", "0")
LIVE = ("queued", "running")
PRIVATE = "127.0.0.1,DC0_H0,somebody"
"""Names of the server, of a machine of its inventory, and of its user."""
QUICKLY = ("--set", "settling=0.2")


UNVERIFIED = ssl._create_unverified_context()  # noqa: S323 -- vcsim's certificate is its own


# --- somebody's server ------------------------------------------------------------------------------------------------


class Somebodys:
    """A vcsim, and a client that shares nothing with ours."""

    def __init__(self, process, port):
        self.process, self.port = process, port
        self.url = f"https://somebody@127.0.0.1:{port}/sdk"
        self.stub = SmartConnect(
            host="127.0.0.1",
            port=port,
            user="witness",
            pwd=PASSWORD[::-1],
            disableSslCertValidation=True,
        )
        self.content = self.stub.RetrieveContent()

    def sessions(self):
        """Sessions of ours."""
        listed = self.content.sessionManager.sessionList
        return [each for each in listed if each.userAgent.startswith("taskconform/")]

    def extensions(self):
        return [each.key for each in self.content.extensionManager.extensionList if "taskconform" in each.key]

    def live_tasks(self):
        """Live tasks of our types, by recentTask and by history. Read without pyVmomi's types, which vcsim's TaskInfo
        does not always fit."""
        manager = self.content.taskManager
        collector = manager.CreateCollectorForTasks(vim.TaskFilterSpec(state=list(LIVE)))
        of_history = self.raw(
            f'<ReadNextTasks xmlns="urn:vim25">{this(collector)}<maxCount>1000</maxCount></ReadNextTasks>'
        )
        collector.DestroyCollector()
        found = [
            dict(re.findall(r"<(key|descriptionId|state)>([^<]*)<", each)) for each in of_history.split("<returnval")
        ]
        live = {each["key"] for each in found if each.get("state") in LIVE and "taskconform" in each["descriptionId"]}
        specs = vmodl.query.PropertyCollector
        for task in manager.recentTask:
            spec = specs.FilterSpec(
                objectSet=[specs.ObjectSpec(obj=task)],
                propSet=[specs.PropertySpec(type=vim.Task, pathSet=["info.state", "info.descriptionId"])],
            )
            (read,) = self.content.propertyCollector.RetrieveContents([spec])
            values = {each.name: each.val for each in read.propSet}
            if values["info.state"] in LIVE and "taskconform" in values["info.descriptionId"]:
                live.add(task._moId)
        return live

    def raw(self, body):
        """What the server answers to a method call."""
        connection = HTTPSConnection("127.0.0.1", self.port, context=UNVERIFIED)
        envelope = f'<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>{body}</Body></Envelope>'
        connection.request("POST", "/sdk", envelope, {"Cookie": self.stub._stub.cookie})
        answer = connection.getresponse().read().decode()
        connection.close()
        return answer

    def left(self):
        """All that is ours."""
        return [*(each.userAgent for each in self.sessions()), *self.extensions(), *self.live_tasks()]

    def end_sessions(self, chosen=lambda _: True):
        """End sessions of ours, as an administrator may."""
        for each in self.sessions():
            if chosen(each):
                with suppress(vim.fault.NotFound):  # it may have ended by itself
                    self.content.sessionManager.TerminateSession([each.key])


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("TASKCONFORM_PASSWORD", PASSWORD)
    with subprocess.Popen(
        [vcsim.find_binary(None), *FLAGS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        port = int(re.search(r":(\d+)/sdk", process.stdout.readline())[1])
        somebodys = Somebodys(process, port)
        yield somebodys
        Disconnect(somebodys.stub)
        somebodys.stub._stub.DropConnections()
        process.terminate()


SHORTER = """
from dataclasses import replace
from taskconform.conformance.engine.profile import PROFILES

whole = PROFILES["quick"]
shards = {shard.theme: shard for shard in whole.shards if shard.budget and shard.theme not in ("services", "watches")}
shards = [replace(shard, budget=shard.budget // 8) for shard in shards.values()]
PROFILES["quick"] = replace(whole, shards=(*shards, *shards), confirmations=2, loop=0, trials=3)
"""


def changed(folder, code):
    """An environment in which every Python begins with this code."""
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(code)
    return {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}


@contextmanager
def running(server, folder, *more, workers=2, **environment):
    """A run that is well under way, in a process group of its own."""
    words = ("run", server.url, *QUICKLY, "--set", "insecure=yes", "--workers", str(workers), "--out", "out", *more)
    process = subprocess.Popen(
        [sys.executable, "-m", "taskconform.conformance", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **environment},
    )
    try:
        until(lambda: len(server.extensions()) >= workers and server.live_tasks())
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def until(holds, seconds=60):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def taskconform(*words, cwd, **more):
    return subprocess.run(
        [sys.executable, "-m", "taskconform.conformance", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **more},
    )


def opened(server, **options):
    return soap.open_target(server.url, {"insecure": "yes", "i-own-this-server": "yes", **options})


def returned(target, call):
    outcome = target.perform(call)
    assert isinstance(outcome, Returned), outcome
    return outcome.value


def at_work(target):
    """What an episode opens with, and a task that is left open."""
    key = target.declaration.extension_key
    returned(target, calls.Login(session=MAIN, account="primary"))
    returned(target, calls.RegisterExtension(session=MAIN, key=key, version="1", task_ids=(f"{key}.work",)))
    return returned(target, create_task(target)).task


def create_task(target):
    vm = target.declaration.places["vm"][0].ref
    type_id = f"{target.declaration.extension_key}.work"
    return calls.CreateTask(session=MAIN, obj=vm, task_type_id=type_id, cancelable=True)


# --- nothing is left --------------------------------------------------------------------------------------------------


def test_what_a_killed_run_leaves_is_cleaned_up(server, tmp_path):
    """Killed with all its processes, it can't clean up: `clean` does, and says what."""
    with running(server, tmp_path) as process:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert len(server.sessions()) >= 2
    keys = server.extensions()
    done = taskconform("clean", server.url, "--set", "insecure=yes", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert all(f"removed extension {key}\n" in done.stdout for key in keys)
    assert re.search(r"^ended \d sessions? of run-[0-9a-f]+-[0-9a-f]+$", done.stdout, re.MULTILINE)
    assert server.left() == []
    again = taskconform("clean", server.url, "--set", "insecure=yes", cwd=tmp_path)
    assert (again.returncode, again.stdout) == (0, "nothing of ours is left\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing(server, tmp_path, number):
    with running(server, tmp_path) as process:
        os.killpg(process.pid, number)
        time.sleep(0.3)
        os.killpg(process.pid, number)  # by somebody in a hurry
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said == "taskconform: interrupted\n"
    assert server.left() == []


def test_a_run_whose_head_was_killed_leaves_nothing(server, tmp_path):
    """The processes that it started notice, and clean up."""
    with running(server, tmp_path) as process:
        process.kill()
        process.wait()
        until(lambda: not server.left(), 30)


def first_worker(pid):
    """What `ps` has of a worker, however long its command line is."""
    listed = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True, check=True
    )
    return next(line for line in listed.stdout.splitlines() if "spawn_main" in line)


def test_a_process_that_was_killed_is_cleaned_up_after(server, tmp_path):
    """By the run that it belonged to, which ends."""
    with running(server, tmp_path) as process:
        worker = first_worker(process.pid)
        os.kill(int(worker.split()[0]), signal.SIGKILL)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 4
    assert said == "taskconform: a process of the run has ended before its time: killed, or out of memory\n"
    assert server.left() == []


CRASHING = """
from taskconform.conformance.engine import execute

calls = 0
perform = execute.Executor._perform

def crash(self, *arguments):
    global calls
    calls += 1
    if calls == 300:
        raise ZeroDivisionError("a fault of ours")
    return perform(self, *arguments)

execute.Executor._perform = crash
"""


def test_a_crash_of_ours_leaves_nothing(server, tmp_path):
    words = (
        "run",
        server.url,
        *QUICKLY,
        "--set",
        "insecure=yes",
        "--set",
        "rate=500",
        "--workers",
        "2",
        "--out",
        "out",
    )
    done = taskconform(*words, cwd=tmp_path, **changed(tmp_path / "site", CRASHING))
    assert done.returncode == 4
    assert "ZeroDivisionError: a fault of ours" in done.stderr
    assert done.stderr.splitlines()[-1] == "taskconform: this is a fault of the suite, not of the target"
    assert server.left() == []


def test_the_doctor_leaves_nothing(server, tmp_path):
    done = taskconform("doctor", server.url, "--set", "insecure=yes", cwd=tmp_path, COLUMNS="200")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" sound ") == 7
    assert "others may use it" in done.stdout
    assert server.left() == []


def test_opening_that_fails_leaves_no_session(server, monkeypatch):
    def fail(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(soap.SoapTarget, "_spelling", fail)
    monkeypatch.setenv("TASKCONFORM_SECOND_PASSWORD", "any")
    with pytest.raises(KeyboardInterrupt):
        opened(server, **{"second-user": "other"})
    assert server.left() == []


def test_a_session_that_the_server_has_dropped_is_opened_anew_to_clean_up(server):
    target = opened(server)
    at_work(target)
    assert server.live_tasks()
    server.end_sessions()
    target.close()
    assert server.left() == []


def test_a_connection_that_was_lost_is_made_again_to_clean_up(server):
    target = opened(server)
    at_work(target)
    for session in (target._own, *target._sessions.values()):
        session._connection._connection.sock.close()
    target.close()
    assert server.left() == []


def test_a_server_that_is_gone_is_left_alone(server):
    target = opened(server, timeout="1")
    at_work(target)
    server.process.send_signal(signal.SIGSTOP)
    started = time.monotonic()
    try:
        target.close()
        assert time.monotonic() - started < 12
    finally:
        server.process.send_signal(signal.SIGCONT)


def test_what_was_never_answered_is_found_by_its_name(server):
    """A task whose CreateTask was lost, and a session whose Login was: nobody told us, and they are removed."""
    target = opened(server)
    at_work(target)
    returned(target, create_task(target))
    target._ledger.tasks.clear()
    session = target._wire.session()
    session.call(soap_body.login(target._content.manager("sessionManager"), "somebody", PASSWORD))
    session.close()
    lost = Lost(why="timed out", at=target._clock.interval(0, 0))
    target._ledger.note(session, calls.Login(session="lost", account="primary"), lost)
    assert len(server.sessions()) == 3
    assert len(server.live_tasks()) == 2
    target.reset()
    assert not server.live_tasks()
    assert len(server.sessions()) == 1
    target.close()
    assert server.left() == []


def test_what_others_have_is_not_touched(server, tmp_path):
    """Not even what has a name like ours."""
    manager = server.content.extensionManager
    description = vim.Description(label="l", summary="s")
    task_type = vim.Extension.TaskTypeInfo(taskID="org.example.work")
    for key in ("org.taskconform.run", "org.example.org.taskconform.run-1"):
        manager.RegisterExtension(
            vim.Extension(
                description=description, key=key, version="1", taskList=[task_type], lastHeartbeatTime=0 or now()
            )
        )
    task = server.content.taskManager.CreateTask(
        server.content.rootFolder,
        "org.example.work",
        cancelable=False,
    )
    folder = server.content.rootFolder.CreateFolder("org.taskconform.elsewhere")
    target = opened(server)
    ours = f"{target.declaration.extension_key}.work"
    server.content.rootFolder.CreateFolder(ours)
    for name, type_id in (("alarm-0", ours), ("alarm-1", "org.example.work"), ("org.taskconform.elsewhere", None)):
        server.content.alarmManager.CreateAlarm(server.content.rootFolder, alarm(name, type_id))
    done = taskconform("clean", server.url, "--set", "insecure=yes", cwd=tmp_path)
    assert done.returncode == 0
    assert f"removed folder {ours}\n" in done.stdout
    assert f"removed alarm {ours}\n" in done.stdout
    names = [each.info.name for each in server.content.alarmManager.GetAlarm(server.content.rootFolder)]
    assert {"alarm-0", "alarm-1", "org.taskconform.elsewhere"} & set(names) == {"alarm-1", "org.taskconform.elsewhere"}
    assert [each.name for each in server.content.rootFolder.childEntity if "taskconform" in each.name] == [folder.name]
    assert sorted(server.extensions()) == ["org.example.org.taskconform.run-1", "org.taskconform.run"]
    assert task.task.info.state == "queued"
    assert server.content.sessionManager.currentSession is not None
    target.close()


def alarm(name, type_id):
    action = vim.action.CreateTaskAction(taskTypeId=type_id, cancelable=False) if type_id else None
    expression = vim.alarm.EventAlarmExpression(eventType=vim.event.GeneralUserEvent)
    return vim.alarm.AlarmSpec(
        name=name,
        description="",
        enabled=False,
        expression=vim.alarm.OrAlarmExpression(expression=[expression]),
        action=vim.alarm.AlarmTriggeringAction(action=action) if action else None,
    )


def now():
    from datetime import UTC, datetime  # noqa: PLC0415

    return datetime.now(UTC)


def test_keys_and_agents_tell_runs_and_processes_apart(server):
    share = naming.Share(run=soap.new_run(), processes=2)
    targets = [naming.open_named(server.url, {"insecure": "yes"}, share) for _ in range(2)]
    keys = [target.declaration.extension_key for target in targets]
    assert len(set(keys)) == 2
    assert all(key.startswith(f"org.taskconform.{share.run}-") for key in keys)
    assert {soap_ledger.run_of(each.userAgent) for each in server.sessions()} == {
        key.removeprefix(soap_ledger.PREFIX) for key in keys
    }
    assert soap_ledger.run_of("pyvmomi run-1") is None
    for target in targets:
        target.close()


def test_what_has_ended_meanwhile_is_not_left(server):
    """Between a look and its removal the run itself may have ended what was found."""
    target = opened(server)
    task = at_work(target)
    extension = target.declaration.extension_key
    returned(target, calls.SetTaskState(session=MAIN, task=task, state="success"))
    with soap.open_broom(server.url, {"insecure": "yes"}) as cleaning:
        assert cleaning.end_task(task)
        assert cleaning.remove_extension(extension)
        assert cleaning.remove_extension(extension)
    target.close()


def test_what_the_server_refuses_to_remove_is_left(server, monkeypatch):
    """It is not tried for ever, either."""
    target = opened(server)
    task = at_work(target)
    monkeypatch.setattr(soap_cleaning.Cleaning, "end_task", lambda *_: False)
    cleaned = clean.clean(server.url, {"insecure": "yes"})
    assert [line for line in cleaned.left if task.value in line]
    monkeypatch.undo()
    target.close()


def test_clean_is_for_servers_that_were_there_before():
    for name in ("builtin", "vcsim", "some.module:factory"):
        with pytest.raises(TargetMisnamed, match="https://user@host/sdk"):
            clean.clean(name, {})


# --- sessions that somebody ends --------------------------------------------------------------------------------------


def test_a_session_ended_from_outside_loses_the_episode_and_nothing_else(server):
    target = opened(server)
    task = at_work(target)
    own = next(each for each in server.sessions() if each.callCount == max(s.callCount for s in server.sessions()))
    server.end_sessions(lambda each: each.key != own.key)
    read = calls.ReadTaskInfo(session=MAIN, tasks=(task,))
    outcome = target.perform(read)
    assert isinstance(outcome, Lost)
    assert outcome.why.startswith("session main has ended, and not by a call of ours")
    assert isinstance(target.perform(calls.ReadRecentTask(session="another")), Lost)
    target.reset()
    assert not server.live_tasks()
    at_work(target)
    target.close()
    assert server.left() == []


def test_a_session_that_we_ended_is_not_authenticated(server):
    """That is the target's answer, and goes on as it came."""
    target = opened(server)
    at_work(target)
    returned(target, calls.Logout(session=MAIN))
    outcome = target.perform(create_task(target))
    assert isinstance(outcome, Faulted)
    assert outcome.fault.is_a("NotAuthenticated")
    target.close()


def test_a_wrong_not_authenticated_is_the_targets_own(server, monkeypatch):
    """The session is there all the same: nothing is hidden."""
    target = opened(server)
    at_work(target)
    shut_out = Fault(kind="NotAuthenticated", kinds=("NotAuthenticated", "NoPermission", "SecurityError"))

    def refuse(*_):
        raise WireFault(shut_out)

    monkeypatch.setattr(target._methods, "perform", refuse)
    outcome = target.perform(calls.ReadRecentTask(session=MAIN))
    assert isinstance(outcome, Faulted)
    assert outcome.fault == shut_out
    assert not target._has_ended(target._sessions[MAIN])
    target.close()


def test_a_run_goes_on_when_its_sessions_are_ended(server, tmp_path):
    """The same clauses fail, and no others but those of which vcsim is known to fail them."""
    shorter = changed(tmp_path / "site", SHORTER)
    words = ("--set", "rate=600")
    with running(server, tmp_path, *words, **shorter) as process:
        for _ in range(2):
            until(lambda: server.live_tasks() or process.poll() is not None)
            server.end_sessions()
            time.sleep(3)
        _, said = process.communicate(timeout=100)
    assert process.returncode == 1, said
    disturbed = json.loads((tmp_path / "out" / "report.json").read_text())
    words = ("run", server.url, *QUICKLY, "--set", "insecure=yes", *words, "--workers", "2", "--out", "calm")
    done = taskconform(*words, "--set", "rate=5000", cwd=tmp_path, **shorter)
    calm = json.loads((tmp_path / "calm" / "report.json").read_text())
    assert process.returncode == done.returncode == 1
    assert failed(disturbed) <= failed(calm) | PUBLISHED
    assert b"has ended, and not by a call of ours" in history(tmp_path / "out")
    assert server.left() == []


FINDINGS = (ROOT / "docs" / "findings" / "vcsim-0.56.0.md").read_text(encoding="utf-8")
PUBLISHED = set(re.findall(r"^## ([a-z.-]+):", FINDINGS, re.MULTILINE))


def failed(report):
    return {clause["id"] for clause in report["clauses"] if clause["verdict"] == "failed"}


def history(out):
    return b"".join(gzip.decompress(path.read_bytes()) for path in out.rglob("*.gz"))


def test_a_run_that_is_cleaned_away_ends(server, tmp_path):
    with running(server, tmp_path) as process:
        done = taskconform("clean", server.url, "--set", "insecure=yes", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        _, said = process.communicate(timeout=30)
    assert process.returncode == 4
    assert "somebody has ended our sessions and removed our extension" in said
    assert len(said.splitlines()) == 1
    assert server.left() == []


# --- how fast, how much -----------------------------------------------------------------------------------------------


def test_the_rate_is_kept(server):
    target = opened(server, rate="100")
    started = time.monotonic()
    for _ in range(30):
        target.perform(calls.ReadMaxCollector(session=calls.NOBODY))
    assert time.monotonic() - started >= 0.28
    target.close()


def test_a_server_that_others_use_gets_a_gentle_rate():
    assert soap._rate({}, exclusive=False) == 50
    assert soap._rate({}, exclusive=True) is None
    assert soap._rate({"rate": "7"}, exclusive=True) == 7
    for wrong in ("0", "-1", "fast", "inf"):
        with pytest.raises(TargetMisnamed, match="calls a second"):
            soap._rate({"rate": wrong}, exclusive=True)


# --- what goes over the wire ------------------------------------------------------------------------------------------


def this(ref):
    """A reference, as the object of a method call."""
    return f'<_this type="{ref._wsdlName}">{ref._moId}</_this>'


class Proxy:
    """Between us and a server: counts the methods that are called, and keeps the cookies and session keys it sees."""

    def __init__(self, port):
        self.methods, self.agents, self.secrets = {}, set(), set()
        proxy, lock = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.upstream = getattr(self, "upstream", None) or HTTPSConnection(
                    "127.0.0.1", port, context=UNVERIFIED
                )
                headers = {name: value for name, value in self.headers.items() if name != "Host"}
                self.upstream.request(self.command, self.path, body, headers)
                answer = self.upstream.getresponse()
                data = answer.read()
                with lock:
                    proxy.saw(self.headers, body, answer, data)
                self.send_response(answer.status)
                for name in ("Content-Type", "Set-Cookie"):
                    if answer.getheader(name):
                        self.send_header(name, answer.getheader(name))
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def finish(self):
                super().finish()
                if hasattr(self, "upstream"):
                    self.upstream.close()

            do_GET = do_POST  # noqa: N815 -- the library's name

            def log_message(self, *_):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://somebody@127.0.0.1:{self.server.server_port}/sdk"

    def saw(self, headers, body, answer, data):
        method = re.search(rb"<(?:\w+:)?Body[^>]*><(\w+)", body)
        name = method[1].decode() if method else "GET"
        self.methods[name] = self.methods.get(name, 0) + 1
        self.agents.add(headers["User-Agent"])
        cookie = re.match(r"[^=]+=\"?([^;\"]+)", answer.getheader("Set-Cookie") or "")
        if cookie:
            self.secrets.add(cookie[1].encode())
        if name == "Login":
            self.secrets.update(re.findall(rb"<key>([^<]+)</key>", data))

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


@pytest.fixture
def recorded(server, tmp_path):
    """A whole run through a proxy, and the proxy."""
    with Proxy(server.port) as proxy:
        words = (*QUICKLY, "--set", "rate=5000", "--set", f"private={PRIVATE}", "--workers", "2", "--out", "out")
        done = taskconform("run", proxy.url, *words, cwd=tmp_path, **changed(tmp_path.parent / "site", SHORTER))
    assert done.returncode == 1, done.stderr
    return proxy, done


def bundled(folder):
    """Put a bundle of the run into its folder, and the statement as it was before it was sealed: of a run that
    conforms, `certify` makes the same."""
    out, bundle_ = folder / "out", folder / "bundle"
    report, head = decode((out / "report.json").read_bytes()), read_head(out / "history")
    shutil.copytree(out / "history", bundle_ / "history")
    shutil.copy(out / "report.json", bundle_)
    for name, content in certificate._derived(report, head).items():
        (bundle_ / name).write_bytes(content)
    files = {path.relative_to(bundle_).as_posix(): path for path in bundle_.rglob("*") if path.is_file()}
    statement = certificate._canonical(certificate.statement(report, head, bundle.digests(files)))
    (folder / "statement.json").write_bytes(statement)
    files[bundle.ATTESTATION] = bundle_ / bundle.ATTESTATION
    files[bundle.ATTESTATION].write_bytes(signing.sign(statement, CryptoSigner.generate_ed25519()))
    bundle.pack(files, folder / "bundle.zip")


def test_neither_bursts_nor_secrets(recorded, server, tmp_path):
    """On a server that is not ours alone the collector limit is never approached; and what would open a session to
    others stands in no file, nor on the terminal."""
    proxy, done = recorded
    assert proxy.methods.get("CreateCollectorForEvents", 0) == 0
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    reasons = {clause["id"]: clause["reason"] for clause in report["clauses"]}
    assert "i-own-this-server" in reasons["limit.reachable"]
    assert "i-own-this-server" in reasons["recent.cap"]
    assert {soap_ledger.run_of(agent)[:4] for agent in proxy.agents} == {"run-"}
    assert len(proxy.secrets) > 10
    bundled(tmp_path)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.suffix == ".gz" for path in written)
    texts = {
        path: gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes() for path in written
    }
    texts[Path("stdout")], texts[Path("stderr")] = done.stdout.encode(), done.stderr.encode()
    for path, text in texts.items():
        assert PASSWORD.encode() not in text, path
        assert not [secret for secret in proxy.secrets if secret in text], path
        assert not [name for name in PRIVATE.split(",") if name.encode() in text], path
    assert "http://private-3@private-1:" in report["run"]["command"]
    assert server.left() == []
