"""Targets that were written from the API pages and docs/adapter.md alone, and a smoke run on each. No divergence is
false, and no traceback is ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from soap_server import HttpServer, Server
from two_thirds import TwoThirds

from taskconform.conformance.cli.probing import Probes
from taskconform.conformance.errors import CONFORMS, DIVERGES, MISUSED, UNDECIDED
from taskconform.conformance.targets.soap.connect import open_target
from taskconform.model.oracle.expect import advance, expect
from taskconform.model.oracle.findings import Broken
from taskconform.model.oracle.sessions import first_belief
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.words import evolve

HERE = Path(__file__).parents[3] / "support" / "strangers"
SOAP_LACKS = (
    "ViewManager,TaskHistoryCollector,ExtensionManager,ReadMaxCollector,ReadDescription,CreateTask,SetTaskState,"
    "UpdateProgress,SetTaskDescription,CancelTask"
)
ENVIRONMENT = {"TASKCONFORM_PASSWORD": "keep", "TASKCONFORM_SECOND_PASSWORD": "help", "PYTHONPATH": str(HERE)}


@pytest.fixture
def url():
    """The SOAP server, on a free port."""
    server = HttpServer(Server())
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://keeper@127.0.0.1:{server.server_address[1]}/sdk"
    server.shutdown()
    thread.join()
    server.server_close()


def smoke(folder, target, *options):
    """Run as a user would; give the exit code, the report and all that was printed."""
    command = [
        sys.executable,
        "-m",
        "taskconform.conformance",
        "run",
        target,
        "--profile",
        "smoke",
        "--out",
        str(folder),
    ]
    command += [word for option in options for word in ("--set", option)]
    done = subprocess.run(command, env=os.environ | ENVIRONMENT, capture_output=True, text=True, check=False)
    report = folder / "report.json"
    found = json.loads(report.read_text()) if report.exists() else {"clauses": []}
    verdicts = {clause["id"]: clause["verdict"] for clause in found["clauses"]}
    return done.returncode, verdicts, done.stdout + done.stderr


def having(verdicts, verdict):
    return {clause for clause, its in verdicts.items() if its == verdict}


def test_a_fake_with_state_name_result_and_error(tmp_path):
    code, verdicts, _ = smoke(tmp_path, "task_fake:open_target")
    assert code in {CONFORMS, UNDECIDED}  # smoke is too short for some
    assert having(verdicts, "failed") <= {"life.fault-kind"}  # it takes any fault: vim.Task SetTaskState, fault
    assert {"info.enumerations", "create.returns", "life.set-state"} <= having(verdicts, "passed")
    assert verdicts["recent.set"] == verdicts["extension.register"] == verdicts["create.root"] == "not_applicable"


def test_two_thirds_that_are_right(tmp_path):
    code, verdicts, _ = smoke(tmp_path, "two_thirds:open_target")
    assert code in {CONFORMS, UNDECIDED}
    assert not having(verdicts, "failed")
    assert len(having(verdicts, "passed")) > 140


def test_a_host_like_esxi(tmp_path):
    code, verdicts, _ = smoke(tmp_path, "esxi_like:open_target")
    assert code in {CONFORMS, UNDECIDED}
    assert not having(verdicts, "failed")
    assert {"operation.entity", "operation.life", "recent.completed", "info.required"} <= having(verdicts, "passed")


def test_a_soap_server_with_operations_and_little_else(tmp_path, url):
    options = ("operations=yes", "i-own-this-server=yes", "settling=0", "second-user=helper", f"without={SOAP_LACKS}")
    code, verdicts, said = smoke(tmp_path, url, *options)
    assert code == DIVERGES
    assert having(verdicts, "failed") == {"watch.missing-report"}  # FilterUpdate.missingSet: it never sends one
    assert {"operation.entity", "operation.life", "recent.set", "info.required"} <= having(verdicts, "passed")
    assert "left exhausted" not in said


@pytest.mark.parametrize("seed", [0, 1])
def test_a_hostile_one(tmp_path, seed):
    code, verdicts, said = smoke(tmp_path / "out", "hostile_target:open_target", "one-in=40", f"seed={seed}")
    assert code == DIVERGES
    assert having(verdicts, "failed")
    assert "Traceback" not in said
    assert not {"\x1b[2J", "\x9b", "\u202e"} & set(said)
    assert not any("::error" in line[:7] for line in said.splitlines())
    assert not list(Path.cwd().glob("taskconform-was-here"))


def test_exceptions_of_its_own_are_the_adapters(tmp_path):
    code, _, said = smoke(tmp_path / "out", "hostile_target:open_target", "one-in=10", "raises=yes")
    assert code == MISUSED
    assert "the adapter failed" in said
    assert "taskconform/conformance" not in said


def test_a_server_without_views_or_clock_is_opened_and_examined(url, monkeypatch):
    monkeypatch.setenv("TASKCONFORM_PASSWORD", "keep")
    target = open_target(url, {"operations": "yes", "i-own-this-server": "yes"})
    try:
        places = target.declaration.places
        assert [one.name for one in places["vm"]] == ["chair", "lamp"]
        assert [one.name for one in places["root"]] == ["Datacenters"]
        assert places["vm"][0].parent == c.ObjectRef(type="Folder", value="group-v3")
        probes = Probes(perform=target.perform, declaration=target.declaration)
        probes.run()
        assert set(probes.words) == set(SOAP_LACKS.split(","))
    finally:
        target.close()


def test_a_field_that_is_not_there_silences_no_other():
    """Of a target without activationId all other fields are still to stay as they are."""
    target = TwoThirds()
    belief, broken = first_belief(target.declaration), []
    key = target.declaration.extension_key
    vm = target.declaration.places["vm"][0].ref

    def do(call):
        nonlocal belief
        expected, outcome = expect(belief, call), target.perform(call)
        broken.extend(found.clause for found in expected.judge(outcome) if isinstance(found, Broken))
        belief = advance(belief, call, outcome, expected)
        return outcome

    do(c.Login(session="main", account="primary"))
    do(c.RegisterExtension(session="main", key=key, version="1", task_ids=(f"{key}.work",)))
    made = do(c.CreateTask(session="main", obj=vm, task_type_id=f"{key}.work", cancelable=True)).value
    read = c.ReadTaskInfo(session="main", tasks=(made.task,))
    do(read)
    do(c.ReadRecentTask(session="main"))
    do(read)
    assert not broken
    target.simulator.tasks[made.key] = evolve(target.simulator.tasks[made.key], cancelled=True)
    do(read)
    assert broken == ["info.steady"]
