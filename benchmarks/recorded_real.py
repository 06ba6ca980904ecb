"""Recordings of real servers, each judged by itself: how many clauses it exercises, and of what it is accused.

    python benchmarks/recorded_real.py FOLDER

Exit code 1 if one is accused, or cannot be read.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from taskconform.conformance.records.recordings.judging import judge_recording
from taskconform.conformance.records.recordings.wire import RecordingError

NO_RECORDINGS = {".md", ".py"}


def counted(path: Path) -> tuple[str, bool]:
    """Return a line about a recording, and whether something is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            report = judge_recording(path, Path(folder), lambda *_: None).report
        except RecordingError as problem:
            return f"{path.name}: {problem}", True
    accused = [clause.id for clause in report.clauses if clause.verdict == "failed"]
    unsure = [clause.id for clause in report.clauses if clause.verdict == "undecided"]
    exercised = sum(clause.live > 0 for clause in report.clauses)
    told = f"{exercised} exercised, accused: {', '.join(accused) or 'none'}; undecided: {', '.join(unsure) or 'none'}"
    return f"{path.name}: {told}", bool(accused)


def main() -> int:
    paths = sorted(path for path in Path(sys.argv[1]).iterdir() if path.is_file() and path.suffix not in NO_RECORDINGS)
    lines = [counted(path) for path in paths]
    print("\n".join(line for line, _ in lines))
    return int(any(wrong for _, wrong in lines) or not lines)


if __name__ == "__main__":
    sys.exit(main())
