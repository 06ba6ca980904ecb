"""The oracle against servers that differ from ours only where the pages allow it: no divergence, no reading emptied."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from taskconform.conformance import permitted
from taskconform.conformance.engine.profile import STRUNG, Profile, Shard
from taskconform.conformance.permitted import VARIANTS, Variant, together
from taskconform.conformance.qualification.drawn import Drawn
from taskconform.conformance.qualification.watched import AND, AT_A_TIME, combinations, watch
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.clauses.registry import CLAUSES

SHORT = Profile(
    name="short",
    exercised=1,
    shards=(
        *(Shard(theme=theme, rounds=1) for theme in (*STRUNG, "lives")),
        Shard(theme="lives", steps=50, budget=600),
        Shard(theme="crowds", steps=12, budget=600),
        *(Shard(theme=theme, steps=6, budget=200) for theme in STRUNG),
        Shard(theme="limits", steps=12, budget=300),
    ),
)


@cache
def plans(seed):
    """Drawn once for all variants."""
    return Drawn(SHORT, seed)


@pytest.mark.parametrize("name", VARIANTS)
def test_what_is_permitted_raises_no_alarm(name):
    watched = watch(name, plans(1))
    assert watched.alarms == ()
    assert watched.calls


@pytest.mark.parametrize("names", tuple(combinations(10)))
def test_what_is_permitted_is_permitted_together(names):
    assert len(names.split(AND)) == AT_A_TIME
    watched = watch(names, plans(2))
    assert watched.alarms == ()
    assert watched.calls


def test_an_alarm_is_noted(monkeypatch):
    """What no page permits is an alarm, whatever it is called."""

    class Backward(Simulator):
        def clamped(self, percent_done):
            return 100 - super().clamped(percent_done)

    monkeypatch.setitem(VARIANTS, "backward", Variant(name="backward", says="", by="", simulator=Backward))
    assert "life.progress" in {alarm.partition(":")[0] for alarm in watch("backward", plans(1)).alarms}


def test_every_variant_says_what_it_changes_and_what_permits_it():
    assert len(VARIANTS) >= 60
    for variant in VARIANTS.values():
        assert variant.says
        assert variant.by
        for clause in re.findall(r"\b(?!vim|vmodl)[a-z]+\.[a-z][a-z-]+\b", variant.by):
            assert clause in CLAUSES, f"{variant.name}: {clause}"
        for clause, reading in re.findall(r"\b((?!vim|vmodl)[a-z]+\.[a-z][a-z-]+): ([a-z0-9-]+)", variant.by):
            readings = {each.id for each in CLAUSES[clause].readings}
            assert not readings or reading in readings or reading == "by", f"{variant.name}: {clause}: {reading}"


def test_every_module_of_variants_is_loaded():
    assert {path.stem for path in Path(permitted.__path__[0]).glob("[a-z]*.py")} == {
        *set(permitted.__all__) - {"VARIANTS", "Variant", "together"},
        "variant",
    }


def test_several_at_once_are_each_of_them():
    target = together(["newest-first", "bounds-exclusive", "jitter", "clock-known-roughly", "two-collectors"])
    assert target.simulator.settings.max_collector == 2
    assert issubclass(type(target.simulator), VARIANTS["newest-first"].simulator)
    assert issubclass(type(target.simulator).filter_class, VARIANTS["bounds-exclusive"].simulator.filter_class)
    assert type(target.simulator.clock).__name__ == "JitteringClock"
