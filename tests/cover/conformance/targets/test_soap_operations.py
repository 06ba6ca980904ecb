"""Operations of SOAP servers: which are declared, on what they are started, and what is left of them afterwards."""

from __future__ import annotations

import time

import pytest
from served import serving

from taskconform.conformance.targets.soap.connect import open_broom, open_target
from taskconform.model.oracle.expect import advance, expect
from taskconform.model.oracle.findings import Broken
from taskconform.model.oracle.sessions import first_belief
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.outcomes import Faulted, Returned

PREFIX = "org.taskconform."


@pytest.fixture(autouse=True)
def _password(monkeypatch):
    monkeypatch.setenv("TASKCONFORM_PASSWORD", "primary")


def url_of(served):
    return served.url.replace("://", "://CONFORM.TEST%5CAda@", 1)


def opened(served, **options):
    return open_target(url_of(served), {"operations": "yes", "settling": "0", "i-own-this-server": "yes", **options})


def folders(served):
    state = served.application.service.state
    return [one for one in state.entities.values() if one.name.startswith(PREFIX)]


def test_a_folder_of_ours_is_renamed_and_removed():
    with serving(operation_time=20) as served:
        target = opened(served)
        try:
            (operation,) = target.declaration.operations
            (folder,) = folders(served)
            assert (operation.name, operation.entities) == ("Rename_Task", (folder.ref,))
            assert "operations" in target.declaration.capabilities
            assert folder.ref in [one.ref for one in target.declaration.places["folder"]]
            assert not _broken(target, operation)
            target.reset()
            assert folders(served) == [folder]
        finally:
            target.close()
        deadline = time.monotonic() + 5
        while folders(served) and time.monotonic() < deadline:  # that is an operation, too
            time.sleep(0.02)
        assert folders(served) == []


def _broken(target, operation):
    """Start the operation, and follow its task; return what diverged."""
    belief, broken = first_belief(target.declaration), []

    def do(call):
        nonlocal belief
        expected, outcome = expect(belief, call), target.perform(call)
        broken.extend(found for found in expected.judge(outcome) if isinstance(found, Broken))
        belief = advance(belief, call, outcome, expected)
        return outcome

    do(c.Login(session="main", account="primary"))
    for _ in range(3):
        started = do(c.StartOperation(session="main", operation=operation.name, entity=operation.entities[0]))
        assert isinstance(started, Returned)
        state = ""
        while state not in {"success", "error"}:
            read = do(c.ReadTaskInfo(session="main", tasks=(started.value,)))
            state = read.value[0].value.state
            do(c.ReadRecentTask(session="main"))
        assert state == "success"
    return broken


def test_a_host_on_which_no_folder_can_be_made_declares_none():
    with serving(flavour="esxi") as served:
        target = opened(served)
        try:
            assert not target.declaration.operations
            assert "operations" not in target.declaration.capabilities
            assert "folder of our own" in target.declaration.undeclared["operations"]
        finally:
            target.close()


def test_a_server_can_lack_a_method():
    with serving(without=("CreateTask",)) as served:
        target = opened(served, without="CreateTask")
        try:
            target.perform(c.Login(session="main", account="primary"))
            vm = target.declaration.places["vm"][0].ref
            create = c.CreateTask(session="main", obj=vm, task_type_id="a.b", cancelable=False)
            outcome = target.perform(create)
            assert isinstance(outcome, Faulted)
            assert outcome.fault.kind == "MethodNotFound"
        finally:
            target.close()
    with pytest.raises(ValueError, match="no method MakeTask"), serving(without=("MakeTask",)):
        pass


@pytest.mark.parametrize("without", [(), ("CreateContainerView",)])
def test_folders_are_found_with_and_without_views(without):
    """Of a server that makes no views, the suite reads the children of each folder, from the root folder down."""
    with serving(without=without) as served:
        with served.client() as instance:
            inner = instance.content.rootFolder.CreateFolder(f"{PREFIX}run-outer").CreateFolder(f"{PREFIX}run-inner")
        with open_broom(url_of(served), {}) as cleaning:
            found = [ref.value for ref, _ in cleaning.find_objects("run-").objects]
        assert inner._moId in found
        assert len(found) == 2
