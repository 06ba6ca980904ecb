"""A run whose shards are performed elsewhere: by any executor of `concurrent.futures`, on whatever machine.

A job takes settings and returns the files of its history, so nothing is shared but the network. What comes back is put
together as `merge` does.
"""

from __future__ import annotations

import tempfile
from concurrent.futures import as_completed
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from taskconform.conformance.engine.portion import Portion
from taskconform.conformance.engine.profile import PROFILES
from taskconform.conformance.engine.run import run
from taskconform.conformance.errors import BrokenOff, Refused
from taskconform.conformance.targets.naming import is_url, open_named
from taskconform.conformance.verdicts.merging import merge

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

    from taskconform.conformance.engine.settings import Settings
    from taskconform.conformance.progress import Progress
    from taskconform.conformance.verdicts.compose import Finished

EACH: Final = 3
"""Jobs for each worker, about: so the last ones to end keep nobody waiting for long."""
TRIES: Final = 3
"""So often a job is handed in at most, if its worker goes away."""

Files = dict[str, bytes]


def performed(settings: Settings) -> Files:
    """Perform a portion of a run in this process, on a target of its own, and return the files of its history."""
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(open_named(settings.target, settings.options)) as target,
    ):
        run(replace(settings, folder=Path(folder), workers=1), _quietly, target)
        return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}


def run_elsewhere(executor: Executor, workers: int, settings: Settings, progress: Progress) -> Finished:
    """Have the shards of a run performed by an executor's workers, so many at a time, and put them together in the
    settings' folder. A job whose worker goes away is handed in again. Raises Refused for a target that cannot be had
    for each worker, BrokenOff if a job went down with its worker too often, and what a job raises."""
    profile = PROFILES[settings.profile]
    if is_url(settings.target):
        message = f"{settings.target} is one server: an executor is for targets that each worker can open for itself"
        raise Refused(message)
    if settings.wait or profile.waits:
        message = "recentTask's window is not waited out on an executor: leave --wait and certify to one machine"
        raise Refused(message)
    of = min(len(profile.shards), EACH * workers)
    with tempfile.TemporaryDirectory() as folder:
        found = _gathered(executor, [replace(settings, shard=Portion(index + 1, of)) for index in range(of)], progress)
        folders = [Path(folder) / f"{index}" for index in range(of)]
        for path, files in zip(folders, found, strict=True):
            path.mkdir()
            for name, content in files.items():
                (path / name).write_bytes(content)
        return merge(folders, settings.folder, progress, settings.waivers)


def _gathered(executor: Executor, jobs: list[Settings], progress: Progress) -> list[Files]:
    """Hand jobs in until each has come back. Raises BrokenOff."""
    done: dict[int, Files] = {}
    left = list(range(len(jobs)))
    progress("exploring", 0, len(jobs))
    for _ in range(TRIES):
        handed: dict[Future[Files], int] = {executor.submit(performed, jobs[number]): number for number in left}
        for future in as_completed(handed):
            if _has_gone(future.exception()):
                continue
            done[handed[future]] = future.result()
            progress("exploring", len(done), len(jobs))
        left = [number for number in left if number not in done]
        if not left:
            return [done[number] for number in range(len(jobs))]
    message = f"shards were lost {TRIES} times with the workers that performed them: {', '.join(map(str, left))}"
    raise BrokenOff(message)


def _has_gone(problem: BaseException | None) -> bool:
    """Tell whether a job failed because its worker went away: each executor has a word of its own for that."""
    return problem is not None and type(problem).__name__ in {"KilledWorker", "BrokenProcessPool", "CancelledError"}


def _quietly(*_: object) -> None:
    """Tell nobody of progress."""
