"""The served simulator, over TLS, as govc meets it."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time

import pytest
from govc_binary import govc
from served import serving

EXTENSION = {
    "Description": {"Label": "govc", "Summary": "what govc tests with"},
    "Key": "org.example.govc",
    "Version": "1.0",
    "LastHeartbeatTime": "2026-11-24T00:00:00Z",
    "TaskList": [{"TaskID": "org.example.govc.work"}],
}


class Govc:
    """The command line, logged in as somebody."""

    def __init__(self, served, folder, account="primary"):
        authority = folder / "authority.pem"
        if isinstance(served.authority, bytes):
            authority.write_bytes(served.authority)
        self.program = govc()
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "GOVC_URL": served.url,
            "GOVC_USERNAME": account,
            "GOVC_PASSWORD": account,
            "GOVC_PERSIST_SESSION": "false",
            "GOVC_TLS_CA_CERTS": str(authority),
            "GOVC_SHOW_UNRELEASED": "true",
        }

    def start(self, *words):
        return subprocess.Popen(
            [self.program, *words], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, *words, given=None):
        return subprocess.run(
            [self.program, *words],
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def __call__(self, *words, given=None):
        """What it prints; it must succeed."""
        done = self.run(*words, given=given)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout


@pytest.fixture(scope="module")
def server():
    with serving(tls=True, operation_time=150) as served:
        yield served


@pytest.fixture(scope="module")
def run(server, tmp_path_factory):
    return Govc(server, tmp_path_factory.mktemp("govc"))


@pytest.fixture(scope="module")
def work(run):
    run("extension.register", given=json.dumps(EXTENSION))
    yield EXTENSION["TaskList"][0]["TaskID"]
    run("extension.unregister", EXTENSION["Key"])
    assert EXTENSION["Key"] not in run("extension.info")


def test_about(run):
    about = json.loads(run("about", "-json"))["about"]
    assert (about["apiType"], about["apiVersion"], about["vendor"]) == ("VirtualCenter", "8.0.3.0", "taskconform")


def test_ls(run):
    assert run("ls").split() == [f"/Atlantis1/{name}" for name in ("Harbour2", "Machines64", "Cellars29", "Wires46")]
    assert "/Atlantis1/Harbour2/Birch12" in run("ls", "/Atlantis1/Harbour2").split()
    assert "/Atlantis1/Harbour2/Orchard77/Elm44" in run("find", "-type", "m").split()


def test_extensions(run, work):
    found = json.loads(run("extension.info", "-json", EXTENSION["Key"]))["extensions"][0]
    assert found["taskList"] == [{"taskID": work}]
    assert found["description"]["summary"] == EXTENSION["Description"]["Summary"]


def test_task_from_creation_to_cancel(run, work):
    key = run("task.create", "-o", "VirtualMachine:vm-22", work).strip()
    task = f"Task:{key}"
    assert run("object.collect", "-s", task, "info.state").strip() == "queued"
    run("task.set", "-s", "running", task)
    run("task.set", "-p", "40", task)
    run("task.set", "-d", "org.example.govc.phase", task)
    row = next(line for line in run("tasks").splitlines() if line.startswith(work))
    assert row.split()[1:3] == ["Birch12", "Ada"]
    assert "running" in row
    assert "40%" in row
    run("task.cancel", task)
    run("object.collect", "-wait", "30s", task, "-info.state", "error")
    assert json.loads(run("object.collect", "-json", task, "info"))
    assert run("object.collect", "-s", task, "info.cancelled").strip() == "true"
    failed = run.run("task.cancel", task)
    assert failed.returncode != 0
    assert "canceled or completed" in failed.stderr
    failed = run.run("task.create", "org.example.nobodys")
    assert failed.returncode != 0


def test_tasks_end_as_they_are_set(run, work):
    keys = [run("task.create", work).strip() for _ in range(2)]
    run("task.set", "-s", "success", f"Task:{keys[0]}")
    failed = run.run("task.set", "-s", "error", "-e", "it broke", f"Task:{keys[1]}")
    assert "SystemError does not extend VimFault" in failed.stderr  # which is what govc makes of any text
    run("task.set", "-s", "error", f"Task:{keys[1]}")
    states = [run("object.collect", "-s", f"Task:{key}", "info.state").strip() for key in keys]
    assert states == ["success", "error"]


def test_collect_on_task_manager(run, work):
    key = run("task.create", work).strip()
    rows = dict(line.split(None, 1) for line in run("object.collect", "TaskManager:TaskManager").splitlines())
    assert set(rows) == {"recentTask", "description", "maxCollector"}
    assert run("object.collect", "-s", "TaskManager:TaskManager", "maxCollector").strip() == "32"
    assert f"Task:{key}" in run("object.collect", "-s", "TaskManager:TaskManager", "recentTask")


def test_waiting_on_a_built_in_task(run):
    assert "OK" in run("vm.power", "-on", "Cedar31")
    assert "Power state:  poweredOn" in run("vm.info", "Cedar31")
    failed = run.run("vm.power", "-on", "Cedar31")
    assert failed.returncode != 0
    assert "powered on" in failed.stderr + failed.stdout
    assert "OK" in run("vm.power", "-off", "Cedar31")


def test_history_by_time(run):
    run("vm.power", "-on", "Elm44")
    rows = run("tasks", "-b", "10m", "/Atlantis1/Harbour2/Orchard77/Elm44").splitlines()
    assert [row.split()[:3] for row in rows if row.startswith("PowerOnVM")] == [["PowerOnVM", "Elm44", "Ada"]]


def test_following_the_tasks_of_a_machine(run):
    """`tasks -f` is told of a task while it runs, and of its end."""
    follower = run.start("tasks", "-f", "/Atlantis1/Harbour2/Alder07")
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(iter(follower.stdout.readline, "")), daemon=True)
    reader.start()
    try:
        deadline = time.monotonic() + 60
        while not any("PowerOffVM" in line and "success" in line for line in lines):
            assert time.monotonic() < deadline, lines
            assert follower.poll() is None, follower.stderr.read()
            if not any("PowerOffVM" in line for line in lines):
                run.run("vm.power", "-off", "Alder07")
            time.sleep(0.2)
    finally:
        follower.terminate()
        follower.wait(30)
        reader.join(30)
        follower.stdout.close()
        follower.stderr.close()


def test_restricted_user(server, run, work, tmp_path):
    other = Govc(server, tmp_path, "restricted")
    failed = other.run("task.create", work)
    assert failed.returncode != 0
    assert "Task.Create" in failed.stderr
    assert "Fir60" not in other("find", "-type", "m")
    assert "Fir60" in run("find", "-type", "m")


def test_host(tmp_path):
    with serving(tls=True, flavour="esxi", operation_time=0) as served:
        run = Govc(served, tmp_path)
        assert json.loads(run("about", "-json"))["about"]["apiType"] == "HostAgent"
        key = run("task.create", "any.type").strip()
        assert f"Task:{key}" in run("object.collect", "-s", "TaskManager:ha-taskmgr", "recentTask")
        assert "any.type" in run("tasks")
        assert run.run("extension.info").returncode != 0


@pytest.mark.vcenter("plain", "lagging", "page.direction=*", "recent.wait-later=*", "cancel-*", "shared", "random:5")
def test_survives_what_the_text_allows(vcenter, tmp_path):
    run = Govc(vcenter, tmp_path)
    assert "OK" in run("vm.power", "-on", "Cedar31")
    assert "OK" in run("vm.power", "-off", "Cedar31")
    rows = [row for row in run("tasks").splitlines() if " Cedar31 " in row and " Ada " in row]
    assert len(rows) == 2
    assert all("success" in row for row in rows)
