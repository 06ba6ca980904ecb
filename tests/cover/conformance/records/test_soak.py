"""Soak: seeds into a failure store, resumed, replayed, and how much is likely left."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import msgspec
import pytest
from here import TESTS

from taskconform.conformance.cli.soak import duration, exit_code, summary
from taskconform.conformance.errors import Refused
from taskconform.conformance.records.store import NAME, Soaked, open_store, traces_in
from taskconform.conformance.records.traces import read_trace
from taskconform.conformance.verdicts.unseen import unseen

MUTANT = "faults=cancel-of-queued-wrong-fault"
BROKEN = "life.cancel-unsupported:CancelTask.refusal:InvalidState"


def taskconform(folder, *words):
    """The command line with a quick profile of a few hundred calls."""
    return subprocess.run(
        [sys.executable, "-m", "gate_targets", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=170,
        env={**os.environ, "PYTHONPATH": str(TESTS / "support")},
    )


@pytest.fixture(scope="module")
def soaked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("soak")
    words = ("soak", "gate_targets:open_target", "--max-time", "0s", "--store", "store", "--set", MUTANT, "--seed", "5")
    return folder, taskconform(folder, *words, "--workers", "1")


def document(folder):
    return json.loads((folder / "store" / NAME).read_bytes())


def test_a_new_divergence_is_told_and_kept_with_its_trace(soaked):
    folder, done = soaked
    assert done.returncode == 1, done.stderr
    assert "NEW life.cancel-unsupported (2/2), seed 5: expected " in done.stdout
    assert "seed 5: " in done.stdout
    store = document(folder)
    assert (store["next_seed"], store["seeds"]) == (6, 1)
    kept = store["found"][BROKEN]
    assert (kept["seed"], kept["seeds"], kept["shown"], kept["reruns"]) == (5, 1, 2, 2)
    assert read_trace(folder / "store" / kept["trace"]).signature == BROKEN
    assert (folder / "store" / kept["trace"]).with_suffix(".py").exists()


def test_it_is_gone_on_with_and_what_is_known_is_counted_only(soaked):
    folder, _ = soaked
    words = ("soak", "gate_targets:open_target", "--max-time", "0s", "--store", "store", "--set", MUTANT)
    done = taskconform(folder, *words, "--workers", "1")
    assert done.returncode == 1, done.stderr
    assert "going on with seed 6" in done.stdout
    assert "NEW" not in done.stdout
    kept = document(folder)["found"][BROKEN]
    assert (kept["seed"], kept["seeds"], kept["reruns"]) == (5, 2, 2)
    assert document(folder)["next_seed"] == 7


def test_replay_runs_every_trace_of_the_store(soaked):
    folder, _ = soaked
    shows = taskconform(folder, "replay", "store", "gate_targets:open_target", "--set", MUTANT)
    assert (shows.returncode, shows.stdout) == (1, f"shows  {BROKEN}\n1 of 1 divergences show\n")
    gone = taskconform(folder, "replay", "store", "builtin", "--times", "2")
    assert (gone.returncode, gone.stdout) == (0, f"gone   {BROKEN}\n0 of 1 divergences show\n")


def test_a_store_of_something_else_is_refused(soaked, tmp_path):
    folder, _ = soaked
    other = taskconform(folder, "soak", "builtin", "--max-time", "0s", "--store", "store", "--workers", "1")
    assert other.returncode == 3
    assert "store is of another target: name another store" in other.stderr
    profile = taskconform(folder, "soak", "builtin", "--max-time", "0s", "--store", "store", "--profile", "certify")
    assert profile.returncode == 3
    assert "was soaked with the profile quick, not certify" in profile.stderr
    (tmp_path / "mine").touch()
    with pytest.raises(Refused, match="is not empty, and no store"):
        open_store(tmp_path)
    (tmp_path / NAME).write_text("{}")
    with pytest.raises(Refused, match="is no store"):
        open_store(tmp_path)
    with pytest.raises(Refused, match="holds no traces"):
        traces_in(tmp_path / "nowhere")


def test_a_target_that_conforms_leaves_an_empty_store(tmp_path):
    done = taskconform(tmp_path, "soak", "builtin", "--max-time", "0s", "--store", "store", "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert document(tmp_path)["found"] == {}
    assert "divergences: 0" in done.stdout
    store = open_store(tmp_path / "store").document
    assert exit_code(msgspec.structs.replace(store, calls=0)) == 2
    assert summary(store)[0].startswith("1 seeds, ")
    assert isinstance(store, Soaked)


# --- how much is left -------------------------------------------------------------------------------------------------


def test_the_estimates_are_those_of_good_turing_and_chao():
    nothing = unseen(10, [10, 10, 9])
    assert (nothing.once, nothing.next_new, nothing.at_least) == (0, 0.0, 0.0)
    some = unseen(10, [1, 1, 1, 1, 2, 2, 10])
    assert (some.once, some.next_new) == (4, 0.4)
    assert some.at_least == pytest.approx(0.9 * 4 * 3 / (2 * 3))
    with pytest.raises(ValueError, match="nothing was run"):
        unseen(0, [])


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("20m", 1_200), ("8h", 28_800), ("1h30m", 5_400), ("2d", 172_800)]
)
def test_times_are_read(text, seconds):
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1s", "1.5h", "h", "1w"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(Refused, match="--max-time wants a time"):
        duration(text)
