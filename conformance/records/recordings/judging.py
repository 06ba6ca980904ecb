"""Judging a recording: it becomes a history, and that is judged as any other."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from taskconform.conformance.engine.profile import RECORDED
from taskconform.conformance.records.history import Part, clear, write_head
from taskconform.conformance.records.recordings import files
from taskconform.conformance.records.recordings.episode import PART, declaration_of, records_of
from taskconform.conformance.records.recordings.transcript import Transcript
from taskconform.conformance.verdicts.offline import judge

if TYPE_CHECKING:
    from pathlib import Path

    from taskconform.conformance.progress import Progress
    from taskconform.conformance.verdicts.compose import Finished


def write_history(path: Path, folder: Path) -> None:
    """Write the history that a recording comes to into a folder that is there. Raises RecordingError."""
    recording = files.read(path)
    transcript = Transcript()
    transcript.take(recording)
    clear(folder)
    with Part(folder, PART) as part:
        for record in records_of(transcript, declaration_of(transcript, path.name, recording.form)):
            part.write(record)
    write_head(
        folder,
        {
            "version": version("taskconform"),
            "target": path.name,
            "command": f"taskconform judge {path.name}",
            "profile": RECORDED.name,
            "seed": 0,
            "strict": False,
            "selected": None,
            "plan_digest": "",
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": 0.0,
            "calls": len(transcript.made),
            "target_seconds": 0.0,
            "workers": 1,
            "parts": [PART],
        },
    )


def judge_recording(path: Path, folder: Path, progress: Progress) -> Finished:
    """Judge a recording; its history goes to a folder that is there. Raises HistoryError, which RecordingError is."""
    write_history(path, folder)
    return judge(folder, progress)
