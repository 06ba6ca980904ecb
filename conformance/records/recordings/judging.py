"""Judging a recording: it becomes a history, and that is judged as any other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from taskconform.conformance.engine.profile import RECORDED
from taskconform.conformance.records.history import Part, clear, write_head
from taskconform.conformance.records.recordings import files
from taskconform.conformance.records.recordings.episode import PART, declaration_of, records_of
from taskconform.conformance.records.recordings.order import servers_of
from taskconform.conformance.records.recordings.transcript import Transcript
from taskconform.conformance.records.recordings.wire import Recording
from taskconform.conformance.verdicts.offline import judge
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from pathlib import Path

    from taskconform.conformance.progress import Progress
    from taskconform.conformance.verdicts.baseline import Held
    from taskconform.conformance.verdicts.compose import Finished
    from taskconform.conformance.verdicts.waivers import Waivers


def transcripts_of(recording: Recording) -> list[Transcript]:
    """Return what a recording tells, server by server; one at least."""
    first, *others = servers_of(recording.exchanges) or [()]
    parts = [replace(recording, exchanges=first)]
    parts += [Recording(form=recording.form, exchanges=one) for one in others]
    found = []
    for part in parts:
        transcript = Transcript()
        transcript.take(part)
        found.append(transcript)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of a recording's judgement. `whole`: nothing is missing in it, and nobody else used the server
    meanwhile; `strict`, `selected`, `waivers` and `baseline` as of a run."""

    whole: bool = False
    strict: bool = False
    selected: frozenset[str] | None = None
    waivers: Waivers | None = None
    baseline: Held | None = None


def write_history(path: Path, folder: Path, asked: Asked) -> None:
    """Write the history that a recording comes to into a folder that is there. Raises RecordingError."""
    recording = files.read(path)
    first, *others = transcripts = transcripts_of(recording)
    clear(folder)
    parts = [PART, *(f"{PART}-{number}" for number in range(2, len(transcripts) + 1))]
    for name, transcript in zip(parts, transcripts, strict=True):
        beside = tuple(others) if transcript is first else ()
        declaration = declaration_of(transcript, path.name, recording.form, beside)
        if asked.whole:
            declaration = evolve(declaration, recording="whole")
        with Part(folder, name) as part:
            for record in records_of(transcript, declaration, name):
                part.write(record)
    write_head(
        folder,
        {
            "version": version("taskconform"),
            "target": path.name,
            "command": f"taskconform judge {path.name}",
            "profile": RECORDED.name,
            "seed": 0,
            "strict": asked.strict,
            "selected": None if asked.selected is None else sorted(asked.selected),
            "plan_digest": "",
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": 0.0,
            "calls": sum(len(one.made) for one in transcripts),
            "target_seconds": 0.0,
            "workers": 1,
            "parts": parts,
        },
    )


def judge_recording(path: Path, folder: Path, progress: Progress, asked: Asked | None = None) -> Finished:
    """Judge a recording; its history goes to a folder that is there. Raises HistoryError, which RecordingError is."""
    asked = asked or Asked()
    write_history(path, folder, asked)
    return judge(folder, progress, asked.waivers, baseline=asked.baseline)
