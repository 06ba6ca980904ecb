"""The folder of a run: written by one run at a time, and nothing is left beside it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from taskconform.conformance.errors import Refused
from taskconform.conformance.records import delivery

HOLD = """
import sys
from pathlib import Path
from taskconform.conformance.records.delivery import prepared
prepared(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""
DRAW = """
from taskconform.conformance.engine.plan import draw_shard
from taskconform.conformance.engine.profile import PROFILES, Shard
import hypothesis.strategies as st
draw_shard(0, Shard(theme="lives", budget=20, steps=3), 0)
from taskconform.strategies.drawing.plans import _undisturbed
with _undisturbed():
    st.characters(categories=["Lu"]).validate()
"""


def test_one_run_writes_to_a_folder_at_a_time(tmp_path):
    out = tmp_path / "out"
    words = [sys.executable, "-c", HOLD, str(out)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(Refused, match="another run is writing to"):
            delivery.prepared(out)
        other.stdin.close()
    assert delivery.prepared(out) == out / "history"
    assert delivery.prepared(out) == out / "history"  # this process may go on with it
    delivery._give_back(out)


@pytest.mark.parametrize("variable", ["XDG_CACHE_HOME", "HOME", "HYPOTHESIS_STORAGE_DIRECTORY"])
def test_nothing_is_left_in_the_working_folder(tmp_path, variable):
    work = tmp_path / "work"
    work.mkdir()
    environment = {key: value for key, value in os.environ.items() if key not in {"XDG_CACHE_HOME", "HOME"}}
    environment[variable] = str(tmp_path / "elsewhere")
    subprocess.run([sys.executable, "-c", DRAW], cwd=work, env=environment, check=True)
    assert not list(work.iterdir())
