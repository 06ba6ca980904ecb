"""A qualification in shards, merged: the document of one qualification, and refusals of what is not one."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from rich.console import Console

from taskconform.conformance.cli.qualify import carry_out, carry_out_portion, merge_portions, portion, wanted
from taskconform.conformance.engine.profile import PROFILES, Profile, Shard
from taskconform.conformance.errors import Refused
from taskconform.conformance.events import Events
from taskconform.conformance.qualification import rows
from taskconform.conformance.qualification.drawn import drawn
from taskconform.conformance.qualification.jobs import Task, done

TINY = Profile(
    name="quick", exercised=1, shards=(Shard(theme="lives", budget=900, steps=50), Shard(theme="services", rounds=1))
)
ASKED = {"profile": "standard", "seeds": 3, "sample": 0, "seed": 0, "workers": 1, "full": False, "coverage": False}
GLOB = "root-is-*,last-type-is-not-shown,variant:jitter"
SAMPLE = {**ASKED, "sample": 6, "profile": "quick"}
QUIET = Console(file=open("/dev/null", "w"))  # noqa: SIM115, PTH123  # as long as the tests


@pytest.fixture(scope="module", autouse=True)
def tiny():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PROFILES, "quick", TINY)
        patch.setitem(PROFILES, "standard", replace(TINY, name="standard"))
        drawn.cache_clear()
        yield
    drawn.cache_clear()


def whole(folder, glob=GLOB, asked=ASKED):
    carry_out(wanted(glob, **asked), folder, Events(), QUIET)
    return folder


def shards(folder, of=3, glob=GLOB, asked=ASKED):
    folders = [folder / f"{index}" for index in range(1, of + 1)]
    for index, each in enumerate(folders, 1):
        assert carry_out_portion(wanted(glob, **asked), portion(f"{index}/{of}"), each, Events(), QUIET) == 0
    return folders


@pytest.fixture(scope="module")
def pieces(tmp_path_factory):
    return shards(tmp_path_factory.mktemp("pieces"))


def results(folder):
    return sorted((folder / "results.jsonl").read_bytes().splitlines())


def test_the_document_is_that_of_one_qualification(pieces, tmp_path):
    one = whole(tmp_path / "one")
    code = merge_portions(pieces[::-1], tmp_path / "merged", Events(), QUIET)
    assert code == (1 if json.loads((one / "qualify.json").read_bytes())["failures"] else 0)
    assert (tmp_path / "merged" / "qualify.json").read_bytes() == (one / "qualify.json").read_bytes()
    assert results(tmp_path / "merged") == results(one)


def test_no_run_is_made_twice_and_each_shard_makes_some(pieces):
    made = [line for folder in pieces for line in results(folder) if b'"taskconform.qual' not in line]
    assert len(made) == len(set(made)) > 9
    assert all(len(results(folder)) > 1 for folder in pieces)


def test_a_sample_is_merged_too(tmp_path):
    carry_out(wanted("*", **SAMPLE), tmp_path / "one", Events(), QUIET)
    folders = shards(tmp_path, of=2, glob="*", asked=SAMPLE)
    merge_portions(folders, tmp_path / "merged", Events(), QUIET)
    assert (tmp_path / "merged" / "power.json").read_bytes() == (tmp_path / "one" / "power.json").read_bytes()


def refused(folders, out, words):
    with pytest.raises(Refused, match=words):
        merge_portions(folders, out, Events(), QUIET)
    assert not (out / "qualify.json").exists()


def test_a_missing_or_double_shard_is_refused_by_its_number(pieces, tmp_path):
    refused(pieces[1:], tmp_path / "a", r"^1/3 missing: a qualification has all of its shards")
    shutil.copytree(pieces[1], tmp_path / "copy")
    refused([*pieces, tmp_path / "copy"], tmp_path / "b", r"^shard 2/3 stands twice: .* and .*copy")


def test_another_request_is_refused_by_name(pieces, tmp_path):
    (other,) = shards(tmp_path / "seeds", of=1, asked={**ASKED, "seeds": 1, "profile": "quick"})
    refused([other, *pieces[1:]], tmp_path / "a", "the number of shards is 1 in .*, 3 in")
    path = other / "shard.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "of": 3}))
    refused([other, *pieces[1:]], tmp_path / "b", "profile is 'quick' in .*seeds.*, 'standard' in")


def test_other_code_is_refused(pieces, tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "fingerprint", lambda: "another")
    refused(pieces, tmp_path / "out", "holds results of other code")


def test_a_shard_whose_runs_are_not_all_made_is_refused(pieces, tmp_path):
    shutil.copytree(pieces[0], tmp_path / "broken-off")
    (tmp_path / "broken-off" / "shard.json").unlink()
    refused([tmp_path / "broken-off", *pieces[1:]], tmp_path / "out", "broken-off is no shard of a qualification")
    (tmp_path / "broken-off" / "shard.json").write_text("{}")
    refused([tmp_path / "broken-off", *pieces[1:]], tmp_path / "out", "is garbled")


@pytest.mark.parametrize("text", ["", "0/3", "4/3", "1", "a/b", "1/3/5"])
def test_what_is_no_portion_is_refused(text):
    with pytest.raises(Refused, match="--shard wants K/N"):
        portion(text)


def test_more_shards_than_runs_are_refused(tmp_path):
    asked = wanted("root-is-the-grandparent", **{**ASKED, "profile": "quick"})
    with pytest.raises(Refused, match="3 runs can be split into as many shards at most, not 4"):
        carry_out_portion(asked, portion("1/4"), tmp_path, Events(), QUIET)


def test_an_executor_makes_the_same_rows():
    tasks = [Task(kind="fault", name="root-is-the-grandparent", profile="quick", seed=seed) for seed in (0, 1)]
    with ThreadPoolExecutor(1) as executor:
        there = {row.key: row for some in done(tasks, executor) for row in some}
    assert there == {row.key: row for some in done(tasks, 1) for row in some}
