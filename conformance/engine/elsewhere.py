"""Jobs that any executor of `concurrent.futures` does, on whatever machine."""

from __future__ import annotations

import warnings
from concurrent.futures import as_completed
from typing import TYPE_CHECKING, Any, Final, TypeVar

from hypothesis.errors import HypothesisDeprecationWarning

from taskconform.conformance.errors import BrokenOff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor, Future

TRIES: Final = 3
"""So often a job is handed in at most, if its worker goes away."""

Job = TypeVar("Job")
Result = TypeVar("Result")


def as_they_come(executor: Executor, do: Callable[[Job], Result], jobs: Sequence[Job]) -> Iterator[tuple[int, Result]]:
    """Have all jobs done, and yield the number and the result of each as it comes. One whose worker goes away is handed
    in again. Raises BrokenOff if a job went down with its worker too often, and what a job raises."""
    left = set(range(len(jobs)))
    for _ in range(TRIES):
        handed: dict[Future[Result], int] = {
            executor.submit(_among_threads, do, jobs[number]): number for number in sorted(left)
        }
        for future in as_completed(handed):
            if not _has_gone(future):
                left.discard(handed[future])
                yield handed[future], future.result()
        if not left:
            return
    message = (
        f"shards were lost {TRIES} times with the workers that performed them: {', '.join(map(str, sorted(left)))}"
    )
    raise BrokenOff(message)


def _among_threads(do: Callable[[Job], Result], job: Job) -> Result:
    """Do a job where other threads use the random module, as those of a worker of dask do: Hypothesis looks whether its
    state has changed, and takes that for a strategy's doing. It draws with a generator of its own."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Do not use the `random` module", HypothesisDeprecationWarning)
        return do(job)


def _has_gone(future: Future[Any]) -> bool:
    """Tell whether a job failed because its worker went away: each executor has a word of its own for that."""
    return future.cancelled() or type(future.exception()).__name__ in {"KilledWorker", "BrokenProcessPool"}
