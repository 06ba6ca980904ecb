"""The fixture `vcenter`: programs that make mistakes fail on it, those that make none pass on every variant."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import wrong_clients as clients

from taskconform.conformance.errors import Refused
from taskconform.conformance.pytest.vcenter import PLAIN, matching
from taskconform.conformance.qualification.variants.registry import all_variants
from taskconform.conformance.serve.variants import drawn, named, offered, reason_not_served

SAMPLE = (
    PLAIN,
    "lagging",
    "shared",
    "used-before",
    "cancel-takes-a-minute",
    "versions-tell-nothing",
    "recent.wait-later=full-value",
    "page.direction=newest-first",
    "latest-page-of-13",
    "tasks-retire-with-the-list",
    "esxi",
    "random:4",
)


def renames(vcenter):
    return [info for info in vcenter.infos() if info.description_id == "ManagedEntity.rename"]


# --- mistakes ---------------------------------------------------------------------------------------------------------


def test_queued_taken_for_ended_is_found(vcenter):
    with clients.connected(vcenter) as content:
        task = clients.machines(content)[0].PowerOff()
        assert clients.takes_queued_for_ended(task) == "queued"
        assert clients.polls(task) == "success"


def test_running_taken_for_failed_is_found(vcenter):
    with clients.connected(vcenter) as content:
        task = clients.machines(content)[0].PowerOff()
        assert clients.takes_running_for_failed(task) == "error"
        assert clients.polls(task) == "success"


def test_the_first_page_taken_for_all_is_found(vcenter):
    with clients.connected(vcenter) as content:
        machine = clients.machines(content)[0]
        before = len(clients.read_history(content, machine))
        for number in range(12):
            clients.waits(machine.Rename(f"name {number}"))
        assert len(clients.read_history(content, machine)) == before + 12
        assert len(clients.takes_latest_page_for_all(content, machine)) == 10


@pytest.mark.vcenter("latest.default-size=thousand")
def test_and_not_found_where_a_page_holds_all(vcenter):
    with clients.connected(vcenter) as content:
        machine = clients.machines(content)[0]
        for number in range(12):
            clients.waits(machine.Rename(f"name {number}"))
        latest, read = clients.takes_latest_page_for_all(content, machine), clients.read_history(content, machine)
        assert {one.key for one in latest} == {one.key for one in read}


@pytest.mark.parametrize(("vcenter", "tasks"), [(PLAIN, 1), ("lagging", 4)], indirect=["vcenter"])
def test_a_reference_dropped_too_soon_is_found_where_the_history_lags(vcenter, tasks):
    with clients.connected(vcenter) as content:
        clients.drops_the_reference(content, clients.machines(content)[0])
        assert len(renames(vcenter)) == tasks


@pytest.mark.vcenter(PLAIN, "lagging")
def test_one_that_is_kept_is_right_there_too(vcenter):
    with clients.connected(vcenter) as content:
        assert clients.keeps_the_reference(clients.machines(content)[0]) == "success"
    assert [info.state for info in renames(vcenter)] == ["success"]


# --- programs that make none ------------------------------------------------------------------------------------------


@pytest.mark.vcenter(*SAMPLE)
def test_who_waits_and_who_polls_is_told_of_the_end(vcenter):
    with clients.connected(vcenter) as content:
        first, second = clients.machines(content)[:2]
        assert clients.waits(first.PowerOff()) == "success"
        assert clients.polls(second.Rename("another name")) == "success"


def test_time_can_be_moved(vcenter):
    with clients.connected(vcenter) as content:
        task = clients.machines(content)[0].PowerOff()
        vcenter.advance(0.2)
        assert task.info.state == "running"
        vcenter.advance(1)
        assert task.info.state == "success"
        assert task in content.taskManager.recentTask
        vcenter.advance(601)
        assert task not in content.taskManager.recentTask


@pytest.mark.vcenter(operation_time=0)
def test_options_are_those_of_serve(vcenter):
    with clients.connected(vcenter) as content:
        assert clients.machines(content)[0].PowerOff().info.state == "success"


# --- which variants there are -----------------------------------------------------------------------------------------


def test_every_variant_is_served_or_refused_with_the_reason():
    assert len(offered()) > 190
    for name, variant in all_variants().items():
        if name in offered():
            assert named(name) == (name,)
        else:
            with pytest.raises(Refused, match=f"no variant {name} to serve: {reason_not_served(variant)}"):
                named(name)
    with pytest.raises(Refused, match="there is none of this name"):
        named("nonesuch")


def test_a_draw_is_of_variants_about_different_things():
    draws = [drawn(seed) for seed in range(40)]
    assert draws == [drawn(seed) for seed in range(40)]
    assert len({name for names in draws for name in names}) > 50
    for names in draws:
        about = [all_variants()[name].about for name in names]
        assert len(set(about)) == len(about) <= 5


def test_globs_name_variants():
    assert matching("page.turn=*") == [name for name in sorted(offered()) if name.startswith("page.turn=")]
    assert matching("random:2") == ["random:0", "random:1"]
    with pytest.raises(pytest.UsageError, match="no variant matches"):
        matching("nonesuch*")


PROGRAM = """
def test_mine(vcenter):
    print("variant", vcenter.variant)
"""


def run_pytest(folder, *arguments):
    (folder / "test_mine.py").write_text(PROGRAM)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rP", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
    )


def test_the_command_line_runs_every_test_of_the_fixture_over_variants(tmp_path):
    done = run_pytest(tmp_path, "--vcenter-variants=plain,page.turn=*,random:1")
    assert done.returncode == 0, done.stdout
    shown = [line.removeprefix("variant ") for line in done.stdout.splitlines() if line.startswith("variant ")]
    assert shown == [PLAIN, *matching("page.turn=*"), ",".join(drawn(0))]
    wrong = run_pytest(tmp_path, "--vcenter-variants=nonesuch")
    assert "no variant matches nonesuch" in wrong.stdout + wrong.stderr
    assert wrong.returncode != 0
