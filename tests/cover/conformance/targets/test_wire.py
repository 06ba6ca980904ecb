"""The suite over SOAP against the simulator that it serves: accounts, clock and limits, and the same verdicts as in
process."""

from __future__ import annotations

import pytest
from served import serving

from taskconform.conformance.engine.profile import Shard
from taskconform.conformance.engine.schedule.worker import Worker
from taskconform.conformance.serve.description import command_lines
from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.conformance.targets.naming import beside_each_other
from taskconform.conformance.targets.protocol import TargetMisnamed, TargetUnreachable
from taskconform.conformance.targets.soap.connect import open_target
from taskconform.model.clauses.registry import CLAUSES, in_scope
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.declaration import CAPABILITIES
from taskconform.model.vocabulary.outcomes import SECOND, Returned

TOKEN = "a token"
NEVER = {"typed-lists", "restart"}
"""Capabilities that no SOAP server can have."""


@pytest.fixture(autouse=True)
def _token(monkeypatch):
    monkeypatch.setenv("TASKCONFORM_CONTROL_TOKEN", TOKEN)


def url_of(server):
    return server.url.replace("://", "://primary@")


def control_of(server):
    return {"control": server.url.removesuffix("/sdk") + "/control/"}


def opened(server, **options):
    return open_target(url_of(server), {**control_of(server), **options})


@pytest.fixture(scope="module")
def standing():
    """A vCenter whose clock is virtual."""
    with serving(clock="virtual", control=TOKEN, cap=150, window=300) as server:
        yield server


# --- what a server says of itself -------------------------------------------------------------------------------------


def test_all_that_soap_can_is_at_hand(standing):
    target = opened(standing)
    try:
        declaration = target.declaration
        assert set(declaration.capabilities) == set(CAPABILITIES) - NEVER - {"operations"}  # these only if asked for
        assert [each.name for each in declaration.accounts] == [
            "primary",
            "second",
            "restricted",
            "delegate",
            "outsider",
        ]
        assert (declaration.window, declaration.cap) == (300, 150)
        assert not declaration.undeclared
        assert {"vm-26", "vm-27"}.isdisjoint(each.ref.value for each in declaration.places["vm"])
    finally:
        target.close()


def test_a_host_has_what_a_host_has():
    with serving(clock="virtual", control=TOKEN, flavour="esxi") as server:
        target = opened(server)
        try:
            assert {"clock", "restricted", "delegate", "outsider"} <= set(target.declaration.capabilities)
            assert not {"inventory", "alarms", "schedules"} & set(target.declaration.capabilities)
        finally:
            target.close()


def test_it_can_be_said_by_hand(standing, monkeypatch):
    for account in ("", "SECOND_", "RESTRICTED_", "DELEGATE_", "OUTSIDER_"):
        monkeypatch.setenv(f"TASKCONFORM_{account}PASSWORD", account.lower().rstrip("_") or "primary")
    options = {
        "second-user": "second",
        "restricted-user": "carla@conform.test",
        "delegate-user": "delegate",
        "outsider-user": "outsider",
        "hidden": "Vault90,Fir60",
        "ancestor": "Lobby33",
        "readable": "Ginkgo18",
        "granted": "Dogwood58",
        "without": "alarms,locale",
        "cap": "7",
    }
    target = open_target(url_of(standing), options)
    try:
        declaration = target.declaration
        assert not declaration.undeclared
        assert {"restricted", "delegate", "outsider", "second-user"} <= set(declaration.capabilities)
        assert not {"alarms", "locale", "clock", "reset"} & set(declaration.capabilities)
        assert declaration.account("restricted").user_name == "CONFORM.TEST\\Carla"
        assert declaration.cap == 7
    finally:
        target.close()


@pytest.mark.parametrize(
    ("options", "account", "why"),
    [
        ({"granted": "Alder07"}, "delegate", "lacks Task.Create on Alder07"),
        ({"readable": "Fir60"}, "restricted", "lacks System.Read on Fir60"),
        ({"hidden": "Vault90,Fir60,Alder07"}, "restricted", "holds System.Read on Alder07"),
        ({"hidden": ""}, "restricted", "--set hidden=NAME"),
        ({"outsider-user": "restricted"}, "outsider", "holds System.View on Everything0"),
    ],
)
def test_what_is_declared_and_not_so_is_not_declared_to_the_run(standing, monkeypatch, options, account, why):
    if "outsider-user" in options:
        monkeypatch.setenv("TASKCONFORM_OUTSIDER_PASSWORD", "restricted")
    target = opened(standing, **options)
    try:
        declaration = target.declaration
        assert account not in declaration.capabilities
        assert why in declaration.undeclared[account]
        clause = next(each for each in CLAUSES.values() if account in each.needs)
        assert why in in_scope(clause, declaration)
    finally:
        target.close()


@pytest.mark.parametrize("version", ["6.0", "5.0"])
def test_older_servers_are_asked_in_older_ways(version):
    with serving(clock="virtual", control=TOKEN, api_version=version) as server:
        target = opened(server)
        try:
            assert not target.declaration.undeclared
            assert "restricted" in target.declaration.capabilities
        finally:
            target.close()


def test_what_makes_no_sense_is_said(standing, monkeypatch):
    for options in ({"hidden": "Nothing"}, {"without": "wings"}, {"window": "long"}, {"control": "nowhere"}):
        with pytest.raises(TargetMisnamed):
            opened(standing, **options)
    monkeypatch.setenv("TASKCONFORM_CONTROL_TOKEN", "another")
    with pytest.raises(TargetUnreachable, match="TASKCONFORM_CONTROL_TOKEN"):
        opened(standing)


def test_how_to_run_the_suite_is_printed(standing):
    lines = command_lines(standing.url, standing.application.options)
    assert lines[0] == f"export TASKCONFORM_CONTROL_TOKEN={TOKEN}"
    assert url_of(standing) in lines[1]
    assert control_of(standing)["control"] in lines[1]


# --- the clock, a fresh state -----------------------------------------------------------------------------------------


def test_time_goes_by_when_it_is_told_to(standing):
    target = opened(standing)
    try:
        target.reset()
        before = target.perform(c.Login(session="main", account="primary"))
        moved = target.perform(c.AdvanceClock(session="main", seconds=600))
        after = target.perform(c.ReadRecentTask(session="main"))
        assert isinstance(after, Returned)
        assert before.at.latest <= moved.at.earliest
        assert 600 * SECOND <= after.at.earliest - before.at.latest < 601 * SECOND
        assert after.at.latest - after.at.earliest < SECOND / 10
    finally:
        target.close()


def test_a_reset_takes_everything_away(standing):
    target = opened(standing)
    try:
        target.reset()
        target.perform(c.Login(session="main", account="primary"))
        assert standing.state.sessions
        target.reset()
        assert len(standing.state.sessions) == 1
        refused = target.perform(c.ReadRecentTask(session="main"))
        assert not isinstance(refused, Returned) or refused.value.missing is not None
    finally:
        target.close()


def test_those_that_wait_beside_each_other_leave_the_state_alone(standing):
    options = beside_each_other(url_of(standing), control_of(standing))
    first, second = (open_target(url_of(standing), options) for _ in range(2))
    try:
        assert not first.declaration.exclusive
        assert "reset" not in first.declaration.capabilities
        first.perform(c.Login(session="main", account="primary"))
        second.reset()
        assert isinstance(first.perform(c.ReadMaxCollector(session="main")), Returned)
    finally:
        first.close()
        second.close()


# --- the same verdicts ------------------------------------------------------------------------------------------------

SHARDS = (
    *(Shard(theme=theme, rounds=1) for theme in ("histories", "services", "lives", "limits", "outlasting")),
    Shard(theme="lives", budget=400, steps=50),
    Shard(theme="crowds", budget=700, steps=12),
)
"""A little of everything but waits that are broken off, which take seconds each."""
ELSEWHERE = {"recent.wait-truth", "recent.wait-later", "collector.esxi"}
"""Clauses that the wire makes a difference to: it yields later versions, and on a host that has no collectors an
ill-formed filter does not get as far as that."""


@pytest.mark.parametrize("flavour", ["vcenter", "esxi"])
def test_what_is_live_in_process_is_live_over_the_wire(flavour, tmp_path):
    near, far = tmp_path / "near", tmp_path / "far"
    near.mkdir()
    far.mkdir()
    with serving(clock="virtual", control=TOKEN, flavour=flavour) as server:
        target = opened(server)
        try:
            for number, shard in enumerate(SHARDS):
                here = Worker(BuiltinTarget({"flavour": flavour}), near).explore(number, shard, 7)
                there = Worker(target, far).explore(number, shard, 7)
                assert there.digest == here.digest
                assert not there.tally.seen
                assert not there.tally.lost
                live = {clause: count for clause, count in here.tally.exercised.items() if clause not in ELSEWHERE}
                fewer = {clause for clause, count in live.items() if there.tally.exercised[clause] < count}
                assert not fewer, shard
        finally:
            target.close()
