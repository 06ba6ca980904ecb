"""A run whose shards are performed elsewhere: by any executor of `concurrent.futures`, on whatever machine.

A job takes settings and returns the files of its history, so nothing is shared but the network. What comes back is put
together as `merge` does.
"""

from __future__ import annotations

import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from taskconform.conformance.engine.elsewhere import as_they_come
from taskconform.conformance.engine.portion import Portion
from taskconform.conformance.engine.profile import PROFILES
from taskconform.conformance.engine.run import run
from taskconform.conformance.errors import Refused
from taskconform.conformance.targets.naming import is_url, open_named
from taskconform.conformance.verdicts.merging import merge

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from taskconform.conformance.engine.settings import Settings
    from taskconform.conformance.progress import Progress
    from taskconform.conformance.verdicts.compose import Finished

EACH: Final = 3
"""Jobs for each worker, about: so the last ones to end keep nobody waiting for long."""

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
        jobs = [replace(settings, shard=Portion(index + 1, of)) for index in range(of)]
        folders = [Path(folder) / f"{index}" for index in range(of)]
        progress("exploring", 0, of)
        for so_far, (number, files) in enumerate(as_they_come(executor, performed, jobs), 1):
            folders[number].mkdir()
            for name, content in files.items():
                (folders[number] / name).write_bytes(content)
            progress("exploring", so_far, of)
        return merge(folders, settings.folder, progress, settings.waivers, settings.known)


def _quietly(*_: object) -> None:
    """Tell nobody of progress."""
