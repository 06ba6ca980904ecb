"""The oracle against servers that differ from ours only where the pages allow it: no divergence, no reading emptied."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from random import Random

import pytest

from taskconform.conformance.decide import _readings
from taskconform.conformance.judgement import Tally
from taskconform.conformance.profile import STRUNG, Shard
from taskconform.conformance.work import Worker


def loaded(name):
    spec = spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


permitted = loaded("permitted")
services = loaded("permitted_services")

SEEDS = (1, 2)
DIRECTED = [Shard(theme=theme, rounds=2) for theme in STRUNG]
SHARDS = [
    Shard(theme="crowds", steps=12, budget=1000),
    Shard(theme="lives", steps=50, budget=500),
    Shard(theme="limits", steps=12, budget=300),
    *DIRECTED,
]
STRUNG_TOGETHER = [Shard(theme=theme, steps=6, budget=600) for theme in STRUNG]


def check(opened, folder, shards, seeds):
    tally = Tally()
    for seed in seeds:
        target = opened()
        into = folder / str(seed)
        into.mkdir()
        worker = Worker(target, into)
        for number, shard in enumerate(shards):
            tally.add(worker.explore(number, shard, seed).tally)
        target.close()
    alarms = [f"{sign}: {seen.broken.demand}; {seen.broken.observed}" for sign, seen in sorted(tally.shortest.items())]
    emptied = [reading.id for reading in _readings(tally) if not reading.left]
    assert (alarms, emptied) == ([], [])
    assert tally.total_calls


@pytest.mark.parametrize("name", sorted(permitted.VARIANTS))
def test_what_is_permitted_raises_no_alarm(name, tmp_path):
    check(permitted.VARIANTS[name], tmp_path, SHARDS, SEEDS)


@pytest.mark.parametrize("name", sorted(services.VARIANTS))
def test_what_is_permitted_around_the_tasks_raises_no_alarm(name, tmp_path):
    check(services.VARIANTS[name], tmp_path, DIRECTED, SEEDS[:1])


def combinations(count):
    """So many combinations of five variants, each about something else: always the same ones."""
    draw = Random(20)  # noqa: S311  # no secret
    for _ in range(count):
        about = sorted(draw.sample(sorted(services.MIXINS), 5))
        yield tuple(draw.choice(sorted(services.MIXINS[one])) for one in about)


@pytest.mark.parametrize("names", tuple(combinations(10)), ids="+".join)
def test_what_is_permitted_is_permitted_together(names, tmp_path):
    check(lambda: services.combination(names), tmp_path, [*DIRECTED, *STRUNG_TOGETHER], SEEDS[:1])
