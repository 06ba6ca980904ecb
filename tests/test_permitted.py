"""The oracle against servers that differ from ours only where the pages allow it: no divergence, no reading emptied."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from taskconform.conformance.decide import _readings
from taskconform.conformance.judgement import Tally
from taskconform.conformance.profile import PROFILES
from taskconform.conformance.work import Worker

SPEC = spec_from_file_location("permitted", Path(__file__).with_name("permitted.py"))
permitted = module_from_spec(SPEC)
sys.modules["permitted"] = permitted
SPEC.loader.exec_module(permitted)

SEEDS = (1, 2)
SHARDS = {shard.theme: (number, shard) for number, shard in enumerate(PROFILES["quick"].shards)}
BUDGETS = {"crowds": 1000, "lives": 500, "limits": 300}


@pytest.mark.parametrize("name", sorted(permitted.VARIANTS))
def test_what_is_permitted_raises_no_alarm(name, tmp_path):
    tally = Tally()
    for seed in SEEDS:
        target = permitted.VARIANTS[name]()
        folder = tmp_path / str(seed)
        folder.mkdir()
        worker = Worker(target, folder)
        for theme, budget in BUDGETS.items():
            number, shard = SHARDS[theme]
            tally.add(worker.explore(number, replace(shard, budget=budget), seed).tally)
        target.close()
    alarms = [f"{sign}: {seen.broken.demand}; {seen.broken.observed}" for sign, seen in sorted(tally.shortest.items())]
    emptied = [reading.id for reading in _readings(tally) if not reading.left]
    assert (alarms, emptied) == ([], [])
    assert tally.total_calls
