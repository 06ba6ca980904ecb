"""Shards performed by executors: the report of one run, workers that go away, and what cannot be had elsewhere."""

from __future__ import annotations

import copyreg
import json
import warnings
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import pytest
from hypothesis.errors import HypothesisDeprecationWarning

from taskconform.conformance.cli.executors import executor_named
from taskconform.conformance.engine.elsewhere import TRIES, as_they_come
from taskconform.conformance.engine.portions import run_elsewhere
from taskconform.conformance.engine.profile import PROFILES, Profile, Shard
from taskconform.conformance.engine.run import run
from taskconform.conformance.engine.settings import Settings
from taskconform.conformance.engine.soak import soak
from taskconform.conformance.errors import BrokenOff, Refused, TargetUnreachable
from taskconform.conformance.qualification.mutants.registry import open_target
from taskconform.conformance.records.store import open_store
from taskconform.reports.document import encode

TINY = Profile(
    name="tiny",
    exercised=1,
    shards=(
        Shard(theme="lives", budget=400, steps=50),
        *(Shard(theme=theme, rounds=1) for theme in ("lives", "services")),
        Shard(theme="lives", budget=400, steps=50),
    ),
    confirmations=2,
    loop=2,
)
MUTANT = {"mutant": "cancel-of-queued-wrong-fault"}


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setitem(PROFILES, "tiny", TINY)


def quietly(*_):
    """No progress."""


def settings(folder, **more):
    folder.mkdir(exist_ok=True)
    given = {"target": "mutant", "options": MUTANT, "profile": "tiny", "seed": 0, "workers": 1, "folder": folder}
    return Settings(**{**given, **more})


def told(finished):
    report = json.loads(encode(finished.report))
    report["run"] = {key: value for key, value in report["run"].items() if "seconds" not in key and key != "started"}
    return report


@pytest.fixture
def whole(tmp_path):
    target = open_target(MUTANT)
    try:
        return told(run(settings(tmp_path / "whole"), quietly, target))
    finally:
        target.close()


def test_an_executor_makes_the_report_of_one_run(whole, tmp_path):
    with ThreadPoolExecutor(2) as executor:
        finished = run_elsewhere(executor, 2, settings(tmp_path / "elsewhere"), quietly)
    assert told(finished) == whole
    assert whole["run"]["exit_code"] == 1


class KilledWorker(Exception):  # noqa: N818  # dask's name for it
    """The worker has gone."""


def test_other_threads_may_use_the_random_module():
    """As those of a worker of dask do, while a shard is drawn."""

    def draw(_):
        warnings.warn("Do not use the `random` module inside strategies", HypothesisDeprecationWarning, stacklevel=1)
        return "drawn"

    with ThreadPoolExecutor(1) as executor:
        assert list(as_they_come(executor, draw, [0])) == [(0, "drawn")]


class Unsteady(Executor):
    """An executor the first so many of whose jobs go down with their workers."""

    def __init__(self, lost):
        self.lost, self.handed = lost, 0

    def submit(self, function, /, *given, **more):
        self.handed += 1
        future = Future()
        if self.handed <= self.lost:
            future.set_exception(KilledWorker("it was not me"))
        else:
            future.set_result(function(*given, **more))
        return future


def test_a_worker_that_goes_away_costs_its_shard_only(whole, tmp_path):
    executor = Unsteady(3)
    assert told(run_elsewhere(executor, 2, settings(tmp_path / "elsewhere"), quietly)) == whole
    assert executor.handed == len(TINY.shards) + 3


def test_shards_that_are_lost_again_and_again_break_the_run_off(tmp_path):
    executor = Unsteady(10**6)
    with pytest.raises(BrokenOff, match=f"shards were lost {TRIES} times"):
        run_elsewhere(executor, 1, settings(tmp_path / "elsewhere"), quietly)
    assert executor.handed == TRIES * 3


def test_what_a_job_raises_is_raised(tmp_path):
    with ThreadPoolExecutor(1) as executor, pytest.raises(Exception, match="no mutant none of them"):
        run_elsewhere(executor, 1, settings(tmp_path / "out", options={"mutant": "none of them"}), quietly)


def test_what_cannot_be_had_for_each_worker_is_refused(tmp_path):
    with pytest.raises(Refused, match="is one server"):
        run_elsewhere(Unsteady(0), 1, settings(tmp_path / "a", target="https://user@host/sdk"), quietly)
    with pytest.raises(Refused, match="window is not waited out"):
        run_elsewhere(Unsteady(0), 1, settings(tmp_path / "b", wait=True), quietly)


@pytest.mark.parametrize("name", ["", "dask", "dask:", "ray:auto"])
def test_what_is_no_executor_is_refused(name):
    with pytest.raises(Refused, match="--executor wants dask:ADDRESS"), executor_named(name):
        pass


@pytest.fixture
def pickling_as_before():
    """Undo the import of distributed, which has tblib pickle all exceptions: pyVmomi cannot copy a fault then."""
    before = dict(copyreg.dispatch_table)
    yield
    copyreg.dispatch_table.clear()
    copyreg.dispatch_table.update(before)


@pytest.mark.filterwarnings("ignore:Port 8787 is already in use:UserWarning")  # a dashboard that nobody asked for
@pytest.mark.usefixtures("pickling_as_before")
def test_a_cluster_of_dask_does_it(whole, tmp_path):
    import distributed  # noqa: PLC0415  # takes a second

    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=False,
            protocol="tcp://",
            dashboard_address=None,
            host="127.0.0.1",
        ) as cluster,
        executor_named(f"dask:{cluster.scheduler_address}") as (executor, workers),
    ):
        assert workers == 2
        assert told(run_elsewhere(executor, workers, settings(tmp_path / "elsewhere"), quietly)) == whole
    with pytest.raises(TargetUnreachable, match="no scheduler of dask at"), executor_named("dask:tcp://127.0.0.1:1"):
        pass


def test_a_soak_has_its_seeds_performed_by_an_executor(tmp_path):
    store, over = open_store(tmp_path / "store"), []
    with ThreadPoolExecutor(1) as executor:
        for seed in (0, 1):
            given = settings(tmp_path / "unused", seed=seed)
            soak(given, store, 0, quietly, over.append, pool=(executor, 1))
    first, second = over
    assert (first.seed, second.seed, second.new) == (0, 1, [])
    (kept,) = second.document.found.values()
    assert (kept.seeds, kept.shown, kept.reruns) == (2, 2, 2)
    assert (tmp_path / "store" / kept.trace).exists()
