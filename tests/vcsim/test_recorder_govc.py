"""The recorder over TLS, in front of vcsim and of the served simulator, as govc and pyVmomi meet it."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import re
import subprocess
from contextlib import contextmanager

import pytest
from govc_binary import govc
from pyVim.connect import Disconnect, SmartConnect
from pyVim.task import WaitForTask
from pyVmomi import vim
from recorders import recorded
from served import serving

from taskconform.conformance.recorder.evidence import gather
from taskconform.conformance.recorder.questions import QUESTIONS
from taskconform.conformance.recorder.tape import Tape
from taskconform.conformance.recorder.upstream import Upstream
from taskconform.conformance.records.private import Names
from taskconform.conformance.records.recordings import files
from taskconform.conformance.records.recordings.judging import judge_recording
from taskconform.conformance.targets.vcsim import find_binary

PASSWORD = "Tr0ub4dor-and-3"

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


@contextmanager
def vcsim():
    """A vcsim over TLS: its URL, and how its certificate is trusted."""
    flags = ["-l", "127.0.0.1:0", "-vm", "2", "-stdinexit"]
    process = subprocess.Popen([find_binary(None), *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        found = next(filter(None, (re.search(r"GOVC_URL=(\S+)", line) for line in process.stdout)))
        yield re.sub(r"//[^/@]*@", "//", found[1]), {"insecure": True}
    finally:
        process.terminate()
        process.communicate(timeout=20)


@contextmanager
def serve():
    """The served simulator over TLS."""
    accounts = ("primary", "second", "restricted", "delegate", "outsider")
    with serving(tls=True, operation_time=100, passwords=dict.fromkeys(accounts, PASSWORD)) as server:
        yield server.url, {"insecure": True}


def run_govc(url, authority, folder, *words):
    done = subprocess.run(
        [govc(), *words],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "GOVC_URL": url,
            "GOVC_USERNAME": "primary",
            "GOVC_PASSWORD": PASSWORD,
            "GOVC_PERSIST_SESSION": "false",
            "GOVC_TLS_CA_CERTS": str(authority),
            "GOVC_SHOW_UNRELEASED": "true",
        },
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


def program(url):
    """A program of pyVmomi's that knows nothing of a recorder."""
    host, port = re.match(r"https://([\d.]+):(\d+)/", url).groups()
    instance = SmartConnect(host=host, port=int(port), user="primary", pwd=PASSWORD, disableSslCertValidation=True)
    try:
        content = instance.RetrieveContent()
        view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], recursive=True)
        task = view.view[0].Rename_Task("Renamed9")
        WaitForTask(task)
        collector = content.taskManager.CreateCollectorForTasks(vim.TaskFilterSpec())
        collector.RewindCollector()
        assert task.info.key in {info.key for info in collector.ReadNextTasks(100)}
        collector.DestroyCollector()
        return [each.name for each in view.view]
    finally:
        Disconnect(instance)
        instance._stub.DropConnections()


@pytest.mark.parametrize("server", [vcsim, serve])
@pytest.mark.parametrize("hashed", [False, True])
def test_govc_and_a_program_unchanged(tmp_path, server, hashed):
    path, authority = tmp_path / "session.tcr", tmp_path / "authority.pem"
    with server() as (url, trust), recorded(url, path, tls=True, hashed=hashed, **trust) as (running, tape):
        authority.write_bytes(running.authority)

        def run(*words):
            return run_govc(running.url, authority, tmp_path, *words)

        assert json.loads(run("about", "-json"))["about"]["apiType"] == "VirtualCenter"
        machines = [path.rpartition("/")[2] for path in run("find", "-type", "m").split()]
        run("tasks")
        run("object.collect", "-s", "TaskManager:TaskManager", "recentTask")
        names = program(running.url)
        assert "Renamed9" in names
        assert len(set(machines) - set(names)) == 1
        run("tasks", "-b", "10m")
        calls = tape.calls
    recording = files.read(path)
    assert len(recording.exchanges) == calls
    written = path.read_text()
    assert re.findall(r'"lost":"([^"]+)', written) == []
    assert PASSWORD not in written
    assert [name for name in {*names, *machines} if hashed and name in written] == []
    assert any(name in written for name in names) != hashed
    report = judge_recording(path, tmp_path, lambda *_: None).report
    assert [one.id for one in report.clauses if one.verdict == "failed" and server is serve] == []
    assert sum(one.live for one in report.clauses) > 0


def test_the_evidence_kit_on_vcsim(tmp_path):
    path, told = tmp_path / "evidence.tcr", {}
    with vcsim() as (url, trust), Tape(path, Names(()), hashed=True) as tape:
        asyncio.run(gather(Upstream(url, **trust), tape, "primary", PASSWORD, told.__setitem__))
    assert list(told) == list(QUESTIONS)
    assert told["maxCollector"].startswith("maxCollector ")
    assert len(files.read(path).exchanges) == tape.calls
    written = path.read_text()
    assert PASSWORD not in written
    assert "DC0_" not in written
