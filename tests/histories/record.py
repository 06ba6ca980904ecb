"""Record a small history to be kept, with its report: `python tests/histories/record.py TARGET NAME [KEY=VALUE ...]`.

A kept history is never changed: `test_histories.py` judges it again with the model of the day. It is the quick
profile with a small part of the exploration, so that most clauses are live, in a few ten kilobytes.
"""

from __future__ import annotations

import gzip
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import msgspec

from taskconform.conformance.history import write_head
from taskconform.conformance.profile import PROFILES, STRUNG, Shard
from taskconform.conformance.run import Settings, judge, run
from taskconform.reports.document import encode

LARGEST = 60_000
"""Bytes that one part may have; larger ones are left out, and with them what only they say."""
SHARDS = (
    *(Shard(theme=theme, rounds=1) for theme in (*STRUNG, "lives")),
    *(Shard(theme="lives", budget=250, steps=50) for _ in range(2)),
)


def main(target: str, name: str, *options: str) -> None:
    """Record, pack tightly, and keep."""
    PROFILES["quick"] = replace(PROFILES["quick"], shards=SHARDS)
    kept = Path(__file__).parent / name
    with tempfile.TemporaryDirectory() as folder:
        history = Path(folder)
        settings = Settings(
            target=target,
            options=dict(option.split("=", 1) for option in options),
            profile="quick",
            seed=0,
            workers=1,
            folder=history,
        )
        run(settings, in_silence)
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(history, kept / "history")
    keep(kept)


def in_silence(*_: object) -> None:
    """Progress is told to nobody."""


def keep(kept: Path) -> None:
    """Pack the parts tightly, leave the largest out, and write the report of what is left beside them."""
    history = kept / "history"
    large = [file for file in sorted(history.glob("*.gz")) if pack(file) > LARGEST]
    for file in large:
        file.unlink()
    head = msgspec.json.decode((history / "run.json").read_bytes())
    head["parts"] = [part for part in head["parts"] if (history / f"{part}.jsonl.gz").exists()]
    write_head(history, {key: value for key, value in head.items() if key != "schema"})
    report = encode(judge(history, in_silence).report)
    (kept / "report.json.gz").write_bytes(gzip.compress(report, compresslevel=9, mtime=0))
    sys.stdout.write(f"{kept}: {sum(file.stat().st_size for file in kept.rglob('*') if file.is_file())} bytes\n")


def pack(file: Path) -> int:
    """Pack a part as tightly as gzip can, with no time in it; its size in bytes."""
    data = gzip.compress(gzip.decompress(file.read_bytes()), compresslevel=9, mtime=0)
    file.write_bytes(data)
    return len(data)


if __name__ == "__main__":
    main(*sys.argv[1:])
