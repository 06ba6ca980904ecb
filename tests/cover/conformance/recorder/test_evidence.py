"""The evidence kit on the built-in server: every question is answered, nothing is changed, the file can be sent."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim
from served import serving

from taskconform.conformance.errors import TargetUnreachable
from taskconform.conformance.recorder.evidence import gather
from taskconform.conformance.recorder.questions import QUESTIONS
from taskconform.conformance.recorder.tape import Tape
from taskconform.conformance.recorder.upstream import Upstream
from taskconform.conformance.records.private import Names
from taskconform.conformance.records.recordings import files
from taskconform.conformance.records.recordings.judging import judge_recording

TASKS = 25

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


def rename(server, count):
    """Make so many tasks; the names that the machines had and have."""
    with server.client() as instance:
        content = instance.RetrieveContent()
        view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], recursive=True)
        names = {machine.name for machine in view.view}
        for number in range(count):
            WaitForTask(view.view[0].Rename_Task(f"Renamed{number}"))
        return names | {machine.name for machine in view.view}


def test_every_question_is_answered(tmp_path):
    path = tmp_path / "evidence.tcr"
    told = {}
    with serving(operation_time=0) as server:
        names = rename(server, TASKS)
        before = server.state.tasks
        with Tape(path, Names(()), hashed=True) as tape:
            asyncio.run(gather(Upstream(server.url), tape, "primary", "primary", told.__setitem__))
        assert server.state.tasks == before
    assert list(told) == list(QUESTIONS)
    assert told["maxCollector"] == "maxCollector 32"
    assert told["order of ReadNextTasks"] == "oldest first; rewound oldest first, the same items"
    assert told["size of latestPage"].startswith(("10, then 20, 25, 25, 5 at", "10, then 20, 26, 26, 5 at"))
    assert told["a destroyed collector"] == "ManagedObjectNotFound"
    assert "ReadNextTasks 0: InvalidArgument" in told["bounds of maxCount"]
    assert not [answer for answer in told.values() if "not readable" in answer]
    written = path.read_text()
    assert [name for name in names if name in written] == []
    assert len(files.read(path).exchanges) == tape.calls
    report = judge_recording(path, tmp_path, lambda *_: None).report
    assert report.totals.failed == 0
    assert report.totals.passed > 3


def test_the_command(tmp_path):
    path = tmp_path / "evidence.tcr"
    with serving() as server:
        done = evidence(server.url.replace("//", "//primary@"), path, "primary")
        assert (done.returncode, done.stderr) == (0, "")
        assert "maxCollector: maxCollector 32\n" in done.stdout
        assert path.exists()
        refused = evidence(server.url.replace("//", "//primary@"), tmp_path / "other.tcr", "wrong")
        assert refused.returncode == 4
        assert refused.stderr == "taskconform: the login of primary is refused\n"
        assert "wrong" not in (tmp_path / "other.tcr").read_text()
        for url in (server.url, server.url.replace("//", "//primary:primary@")):
            assert evidence(url, tmp_path / "third.tcr", "primary").returncode == 3
    assert not (tmp_path / "third.tcr").exists()


def evidence(url, path, password):
    return subprocess.run(
        [sys.executable, "-m", "taskconform.conformance", "evidence", url, "-o", path],
        env={**os.environ, "TASKCONFORM_PASSWORD": password, "COLUMNS": "200"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_a_host_that_is_none(tmp_path):
    with Tape(tmp_path / "a.tcr", Names(())) as tape, pytest.raises(TargetUnreachable):
        asyncio.run(gather(Upstream("http://127.0.0.1:1/sdk"), tape, "a", "b", lambda *_: None))


def test_a_host_without_history_answers_with_faults(tmp_path):
    told = {}
    with serving(flavour="esxi", operation_time=0) as server, Tape(tmp_path / "a.tcr", Names(())) as tape:
        asyncio.run(gather(Upstream(server.url), tape, "primary", "primary", told.__setitem__))
    assert list(told) == list(QUESTIONS)
    assert told["order of ReadNextTasks"] == "NotSupported"
