"""Soak: seed after seed on one target, until the time is over."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from taskconform.conformance.engine.portions import run_elsewhere
from taskconform.conformance.engine.run import Listener, run
from taskconform.conformance.errors import Refused
from taskconform.conformance.records.provenance import suite_digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from taskconform.conformance.engine.settings import Settings
    from taskconform.conformance.progress import Progress
    from taskconform.conformance.records.store import Soaked, Store
    from taskconform.conformance.verdicts.compose import Finished
    from taskconform.conformance.verdicts.judgement import Occurrence
    from taskconform.model.vocabulary.declaration import Declaration


@dataclass(frozen=True, slots=True, kw_only=True)
class Soaking:
    """A seed that is over: its number, what it came to, the signatures that it was the first to show, and the store's
    document with it."""

    seed: int
    finished: Finished
    new: list[str]
    document: Soaked


def soak(
    settings: Settings,
    store: Store,
    seconds: float,
    progress: Progress,
    tell: Callable[[Soaking], None],
    listener: Listener | None = None,
    pool: tuple[Executor, int] | None = None,
) -> Soaked:
    """Run one seed after another into the store, from the settings' on or where the store left off. No seed is begun
    that would, by the longest so far, not be over in time; one is always run. `tell` is told of each as it ends, the
    listener at once of the divergences that the store has not. A pool is an executor and the number of its workers,
    which then perform the shards of each seed. Raises Refused for a store of something else, and what
    `run` raises."""
    deadline, longest = time.monotonic() + seconds, 0.0
    seed = settings.seed if store.document is None else store.document.next_seed
    _check_profile(store, settings.profile)
    while True:
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as spare:
            history = Path(spare) / "history"
            history.mkdir()
            started = replace(settings, seed=seed, folder=history, known=store.known)
            finished = (
                run(started, progress, listener=_of_new(store, listener or Listener()))
                if pool is None
                else run_elsewhere(*pool, started, progress)
            )
            _check_alike(store, finished)
            new = store.add(seed, finished, history, suite_digest())
        document = store.document
        assert document is not None  # noqa: S101  # one was just written
        tell(Soaking(seed=seed, finished=finished, new=new, document=document))
        longest = max(longest, time.monotonic() - began)
        if time.monotonic() + longest > deadline:
            return document
        seed += 1


def _of_new(store: Store, listener: Listener) -> Listener:
    """Return a listener that is told of those divergences only that the store has not."""
    known = store.document.found if store.document is not None else {}

    def found(occurrence: Occurrence, declaration: Declaration) -> None:
        if listener.found is not None and occurrence.broken.signature not in known:
            listener.found(occurrence, declaration)

    return replace(listener, found=found)


def _check_profile(store: Store, profile: str) -> None:
    """Raises Refused, before anything is run, for another profile than the store's."""
    if store.document is not None and store.document.profile != profile:
        message = f"{store.folder} was soaked with the profile {store.document.profile}, not {profile}"
        raise Refused(message)


def _check_alike(store: Store, finished: Finished) -> None:
    """Raises Refused if the store is of another target, or of another version of the suite."""
    known, report = store.document, finished.report
    if known is None:
        return
    for what, here, there in (
        ("version", known.version, report.suite.version),
        ("code of the suite", known.suite_digest, suite_digest()),
        ("target", known.target, report.target),
    ):
        if here != there:
            message = f"{store.folder} is of another {what}: name another store"
            raise Refused(message)
