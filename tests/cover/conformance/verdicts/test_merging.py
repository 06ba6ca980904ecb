"""Shards of a run, merged: the report, history and traces that one run makes, and refusals of what is not one run."""

from __future__ import annotations

import gzip
import json
import shutil

import msgspec
import pytest

from taskconform.conformance.cli.terminal import deliver
from taskconform.conformance.engine.portion import Portion, portion
from taskconform.conformance.engine.profile import PROFILES, Profile, Shard
from taskconform.conformance.engine.run import run
from taskconform.conformance.engine.settings import Settings
from taskconform.conformance.errors import HistoryError, Refused
from taskconform.conformance.qualification.mutants.registry import open_target
from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.conformance.verdicts.merging import merge
from taskconform.conformance.verdicts.offline import judge

MUTANT = "entity-name-of-first-of-its-type"
TINY = Profile(
    name="tiny",
    exercised=1,
    shards=(
        Shard(theme="lives", budget=400, steps=50),
        *(Shard(theme=theme, rounds=1) for theme in ("lives", "services", "histories", "limits")),
        Shard(theme="lives", budget=900, steps=50),
        Shard(theme="lives", budget=900, steps=50),
    ),
    confirmations=2,
    loop=2,
)
TIMES = ("started", "seconds", "target_seconds")


def quietly(*_):
    """No progress."""


def performed(folder, shard=None, seed=0, mutant=MUTANT):
    """A run of the tiny profile, or a shard of it, delivered to the folder as the command line would."""
    (folder / "history").mkdir(parents=True)
    options = {} if mutant is None else {"mutant": mutant}
    settings = Settings(
        target="mutant", options=options, profile="tiny", seed=seed, workers=1, folder=folder / "history", shard=shard
    )
    target = BuiltinTarget({}) if mutant is None else open_target(options)
    try:
        finished = run(settings, quietly, target)
    finally:
        target.close()
    if shard is None:
        deliver(finished, folder / "history", folder)
    return folder


@pytest.fixture(scope="module", autouse=True)
def tiny():
    PROFILES["tiny"] = TINY
    yield
    del PROFILES["tiny"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return performed(tmp_path_factory.mktemp("whole") / "out")


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shards")
    return [performed(folder / f"{index}", Portion(index, 3)) for index in (1, 2, 3)]


def merged(shards, out):
    (out / "history").mkdir(parents=True)
    finished = merge(shards, out / "history", quietly)
    deliver(finished, out / "history", out)
    return finished


def read(folder):
    report = json.loads((folder / "report.json").read_bytes())
    return {**report, "run": {key: value for key, value in report["run"].items() if key not in TIMES}}


def contents(folder, glob):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.glob(glob))}


def parts(folder):
    return {path.name: gzip.decompress(path.read_bytes()) for path in sorted((folder / "history").glob("*.gz"))}


# --- what comes out ---------------------------------------------------------------------------------------------------


def test_the_report_is_that_of_one_run_but_for_the_times(whole, shards, tmp_path):
    merged(shards[::-1], tmp_path / "out")
    assert read(tmp_path / "out") == read(whole)
    assert read(whole)["run"]["exit_code"] == 1
    assert parts(tmp_path / "out") == parts(whole)
    traces = contents(whole, "traces/**/*.*")
    assert traces
    assert contents(tmp_path / "out", "traces/**/*.*") == traces


def test_it_can_be_judged_again(shards, tmp_path):
    finished = merged(shards, tmp_path / "out")
    again = judge(tmp_path / "out" / "history", quietly)
    assert msgspec.to_builtins(again.report) == msgspec.to_builtins(finished.report)


def test_a_conforming_target_merges_to_no_divergence(tmp_path):
    pieces = [performed(tmp_path / f"{index}", Portion(index, 2), mutant=None) for index in (1, 2)]
    finished = merged(pieces, tmp_path / "out")
    assert finished.tally.test_cases > 40
    assert not finished.tally.shortest


# --- what is refused --------------------------------------------------------------------------------------------------


def refused(shards, out, words):
    (out / "history").mkdir(parents=True)
    with pytest.raises(Refused, match=words):
        merge(shards, out / "history", quietly)
    assert not list((out / "history").iterdir())


def test_a_missing_or_double_shard_is_refused_by_its_number(shards, tmp_path):
    refused(shards[:2], tmp_path / "missing", r"^3/3 missing")
    shutil.copytree(shards[0], tmp_path / "copy")
    refused([*shards, tmp_path / "copy"], tmp_path / "double", r"^shard 1/3 stands twice: .* and .*copy")


def test_another_seed_target_or_number_of_shards_is_refused_by_name(shards, tmp_path):
    other = performed(tmp_path / "seed", Portion(2, 3), seed=7)
    refused([shards[0], other, shards[2]], tmp_path / "a", r"seed is 0 in .*, 7 in .*seed")
    other = performed(tmp_path / "target", Portion(2, 3), mutant="root-is-the-grandparent")
    refused([shards[0], other, shards[2]], tmp_path / "b", r"the target's (name|identity) is .*root-is-the-grandparent")
    other = performed(tmp_path / "of", Portion(2, 4))
    refused([shards[0], other, shards[2]], tmp_path / "c", r"the number of shards is 3 in .*, 4 in")


def test_another_version_is_refused(shards, tmp_path):
    shutil.copytree(shards[1], tmp_path / "old")
    path = tmp_path / "old" / "history" / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": "0.0.1"}))
    refused([shards[0], tmp_path / "old", shards[2]], tmp_path / "out", r"version is .* in .*, '0.0.1' in")


def test_a_whole_run_is_no_shard_and_a_shard_no_run(whole, shards, tmp_path):
    refused([whole, *shards], tmp_path / "out", "is no shard of a run")
    with pytest.raises(HistoryError, match="is shard 1/3 of a run"):
        judge(shards[0] / "history", quietly)


def test_a_garbled_shard_is_refused(shards, tmp_path):
    shutil.copytree(shards[1], tmp_path / "bad")
    path = tmp_path / "bad" / "history" / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "shard": {"index": 2}}))
    refused([shards[0], tmp_path / "bad", shards[2]], tmp_path / "out", "garbles its shard")


@pytest.mark.parametrize("text", ["", "0/3", "4/3", "1", "1/0", "a/b", "-1/3", "1/3/5", "1/99"])
def test_what_is_no_portion_is_refused(text):
    with pytest.raises(Refused):
        portion(text, TINY)


def test_portions_have_every_shard_once():
    for of in range(1, len(TINY.shards) + 1):
        taken = [number for index in range(of) for number in range(7) if portion(f"{index + 1}/{of}", TINY).has(number)]
        assert sorted(taken) == list(range(7))
