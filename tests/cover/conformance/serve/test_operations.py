"""The server's own operations, as functions from state to state."""

from __future__ import annotations

import pytest

from taskconform.conformance.serve import operations
from taskconform.conformance.serve.containers import entities_of
from taskconform.conformance.targets.builtin.inventory import INVENTORY
from taskconform.conformance.targets.builtin.server import idle_state, new_server
from taskconform.conformance.targets.builtin.specification import RIGHT
from taskconform.model.spec import access, folders, life
from taskconform.model.spec.choices import DEFAULT
from taskconform.model.spec.clock import pass_time
from taskconform.model.spec.faults import FaultRaised
from taskconform.model.spec.state import Session
from taskconform.model.vocabulary.calls import CreateFolder, ObjectRef

ADA = Session(name="s", number=1, account="primary", user_name="CONFORM.TEST\\Ada", locale="en")
EDDA = Session(name="s", number=1, account="outsider", user_name="CONFORM.TEST\\Edda", locale="en")
MACHINE = ObjectRef(type="VirtualMachine", value="vm-21")
HOST = ObjectRef(type="HostSystem", value="host-9")
TIME = 100_000


def fresh(session=ADA):
    return access.with_session(idle_state(new_server()), session)


def moved(begun, moves=3):
    """The states from the beginning of an operation on, one for each move."""
    state, operation = begun
    states, start = [state], state.now
    for after, action in operation.moves(TIME)[:moves]:
        state = action(pass_time(state, start + after - state.now, DEFAULT))
        states.append(state)
    return states, operation


def infos(states, operation):
    return [state.tasks[operation.number].info for state in states]


def test_a_task_goes_through_its_states_in_time():
    before = fresh()
    states, operation = moved(operations.power(RIGHT, before, ADA, MACHINE, on=True))
    seen = infos(states, operation)
    assert [(info.state, info.progress) for info in seen] == [
        ("queued", None),
        ("running", 0),
        ("running", 50),
        ("success", None),
    ]
    assert seen[-1].start_time == before.now + operations.QUEUED_TIME
    assert seen[-1].complete_time == before.now + operations.QUEUED_TIME + TIME
    on = [operations.is_on(state, operations.POWERED_ON, MACHINE.value) for state in states]
    assert on == [False, False, False, True]
    assert not before.tasks


def test_one_that_takes_no_time_runs_and_ends():
    _, operation = operations.power(RIGHT, fresh(), ADA, MACHINE, on=True)
    assert operation.moves(0) == [(0, operation.run), (0, operation.finish)]


def test_what_cannot_be_done_is_the_error_of_the_task():
    on = operations.switched(fresh(), operations.POWERED_ON, MACHINE.value, on=True)
    for begun, name in (
        (operations.power(RIGHT, on, ADA, MACHINE, on=True), "InvalidPowerState"),
        (operations.maintain(RIGHT, on, ADA, HOST, on=False), "InvalidState"),
        (operations.rename(RIGHT, on, ADA, MACHINE, "Birch12"), "DuplicateName"),
    ):
        states, operation = moved(begun)
        ended = infos(states, operation)[-1]
        assert (ended.state, ended.error.kind) == ("error", name)
        assert "VimFault" in ended.error.kinds


@pytest.mark.parametrize("moves", [0, 1])
def test_one_that_is_canceled_does_nothing(moves):
    states, operation = moved(operations.maintain(RIGHT, fresh(), ADA, HOST, on=True), moves)
    state = life.cancel(states[-1], states[-1].tasks[operation.number], DEFAULT)
    for _, action in operation.moves(TIME)[moves:]:
        state = action(state)
    state = pass_time(state, life.CANCEL_TIME, DEFAULT)
    assert state.tasks[operation.number].info.error.kind == "RequestCanceled"
    assert not operations.is_on(state, operations.IN_MAINTENANCE, HOST.value)


def test_a_folder_goes_when_its_task_ends():
    state, folder = folders.create_folder(
        fresh(), CreateFolder(session="s", parent=ObjectRef(type="Folder", value="group-v3"), name="Shed"), DEFAULT
    )
    states, _ = moved(operations.destroy(RIGHT, state, ADA, folder))
    assert [folder in [entity.ref for entity in entities_of(each)] for each in states] == [True, True, True, False]
    with pytest.raises(FaultRaised, match="NotSupported"):
        operations.destroy(RIGHT, state, ADA, MACHINE)


def test_what_can_be_told_beforehand_makes_no_task():
    for begin, name in (
        (lambda state: operations.power(RIGHT, state, EDDA, MACHINE, on=True), "NoPermission"),
        (lambda state: operations.power(RIGHT, state, EDDA, HOST, on=True), "MethodNotFound"),
        (lambda state: operations.rename(RIGHT, state, EDDA, MACHINE, "x"), "NoPermission"),
    ):
        with pytest.raises(FaultRaised, match=name):
            begin(fresh(EDDA))


def test_entities_are_listed_in_the_order_of_the_tree():
    assert [entity.ref.value for entity in entities_of(fresh())] == list(INVENTORY.entities)
