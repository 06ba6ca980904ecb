"""One order in every process: what the built-in target answers does not hang on how Python hashes texts."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import gzip, hashlib, pathlib, tempfile
from taskconform.conformance.engine.profile import Shard
from taskconform.conformance.engine.schedule.worker import Worker
from taskconform.conformance.targets.builtin import BuiltinTarget

with tempfile.TemporaryDirectory() as folder:
    Worker(BuiltinTarget({}), pathlib.Path(folder)).explore(7, Shard(theme="free", budget=3000, steps=60), 0)
    part = gzip.decompress((pathlib.Path(folder) / "shard-07.jsonl.gz").read_bytes())
print(part.count(b'"kind":"leave"'), hashlib.sha256(part).hexdigest())
"""


def test_a_history_of_free_plans_is_the_same_whatever_the_hash_seed():
    told = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", PROGRAM]
        told.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    (one,) = told
    assert int(one.split()[0]) > 20
