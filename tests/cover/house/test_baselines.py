"""The baselines in `benchmarks/`: they run, they leave a right target alone, they count and repeat themselves."""

from __future__ import annotations

import os
import subprocess
import sys

from here import ROOT, TESTS

BENCHMARKS = ROOT / "benchmarks"
PROGRAM = """
from baselines.run import measure, measure_target
from taskconform.conformance.targets.builtin import BuiltinTarget
from wrong_servers import DEAF

for options in ({"baseline": "plain", "budget": 300}, {"baseline": "plain", "budget": 300},
                {"baseline": "by-example", "budget": 5_000}, {"baseline": "by-example", "budget": 20}):
    right = measure(options["baseline"], None, budget=options["budget"], seed=3)
    deaf = measure_target(options["baseline"], BuiltinTarget({}, DEAF), budget=options["budget"], seed=3)
    for one in (right, deaf):
        print(one.baseline, one.killed, one.calls, one.by)
"""


def test_baselines_run_count_and_repeat_themselves():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=BENCHMARKS,
        env={**os.environ, "PYTHONPATH": str(TESTS / "support")},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    right, deaf, again, deaf_again, tests, deaf_tests, few, deaf_few = (
        line.split() for line in done.stdout.splitlines()
    )
    assert right == again == ["plain", "False", "300"]
    assert deaf == deaf_again
    assert deaf[:2] == ["plain", "True"]
    assert 0 < int(deaf[2]) <= 300
    assert tests[:2] == ["by-example", "False"]
    assert deaf_tests[:2] == ["by-example", "True"]
    assert int(deaf_tests[2]) < int(tests[2]) < 5_000
    assert deaf_tests[3].startswith("test_cancel")
    assert few == deaf_few == ["by-example", "False", "20"]
