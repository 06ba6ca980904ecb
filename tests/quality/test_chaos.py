"""A few runs in bad weather; `benchmarks/chaos.py` has many."""

from __future__ import annotations

import pytest
from storm import serving, weathered
from storm_proxy import Weather


@pytest.fixture(scope="module")
def server():
    with serving() as started:
        yield started


@pytest.mark.parametrize(("kind", "seed", "themes"), [
    ("network", 1, ("lives", "watches")),
    ("neighbour", 2, ("histories",)),
    ("all", 3, ("lives", "services")),
])  # fmt: skip
def test_bad_weather_is_no_departure(server, kind, seed, themes):
    result = weathered(kind, seed, server, rate=0.08, budget=60, themes=themes)
    assert not result.alarms
    assert not result.broke_off
    assert result.live > 100
    if kind != "neighbour":
        assert sum(result.happened.values()) > 3


def test_the_weather_is_the_same_again():
    def spell():
        weather = Weather(seed=5, rate=0.3)
        return [weather.next() for _ in range(50)]

    assert spell() == spell()
    assert any(event for event, _ in spell())
