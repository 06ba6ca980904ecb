"""Two hundred adapters broken at random: no traceback of ours, and an exit code that says whose fault it is."""

from __future__ import annotations

from collections import Counter

import pytest
from broken_adapters import Broken
from part_targets import short_run

from taskconform.conformance.engine.profile import Profile, Shard
from taskconform.conformance.errors import CONFORMS, DIVERGES, MISUSED, UNDECIDED, AdapterFailed
from taskconform.conformance.records.delivery import write
from taskconform.conformance.records.traces import make_traces

TINY = Profile(
    name="quick",
    exercised=1,
    shards=(Shard(theme="lives", budget=60, steps=12), Shard(theme="histories", budget=40, steps=3)),
    confirmations=1,
    loop=0,
    trials=3,
)
BATCH = 25


@pytest.mark.parametrize("first", range(0, 200, BATCH))
def test_whose_fault_it_is(monkeypatch, tmp_path, first):
    codes = Counter()
    for number in range(first, first + BATCH):
        folder = tmp_path / str(number)
        target = Broken(number)
        breaks_contract = target.hook != "perform" or target.raises or target.part in {"all", "at", "fault"}
        failed = None
        try:
            finished = short_run(monkeypatch, folder, target, profile_=TINY)
        except AdapterFailed as problem:
            failed = problem
        if failed is not None:
            assert failed.exit_code == MISUSED
            assert "taskconform/conformance" not in failed.trace
            codes["adapter"] += 1
            continue
        code = finished.report.run.exit_code
        assert code in {CONFORMS, DIVERGES, UNDECIDED}
        codes[code] += 1
        if target.calls > target.after and not breaks_contract and target.part != "why":
            assert code != CONFORMS
        if number % 5 == 0:
            write(finished, make_traces(finished.tally, finished.declaration), folder, tmp_path)
    assert codes["adapter"] > BATCH // 5
