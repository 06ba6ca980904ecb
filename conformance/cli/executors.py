"""Executors by the name that is typed: `dask:tcp://scheduler:8786`."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from taskconform.conformance.errors import Refused, TargetUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor
    from contextlib import AbstractContextManager


Pool = Annotated[
    str | None,
    typer.Option("--executor", metavar="dask:ADDRESS", help="Have the work done by the workers of a dask scheduler."),
]


def pool_named(name: str | None) -> AbstractContextManager[tuple[Executor, int] | None]:
    """Connect to an executor, if one is named, as `executor_named` does."""
    return nullcontext(None) if name is None else executor_named(name)


@contextmanager
def executor_named(name: str) -> Iterator[tuple[Executor, int]]:
    """Connect to an executor; with it comes the number of jobs that it does at a time. Raises Refused for a name of no
    use or where the extra is not installed, TargetUnreachable if nobody answers."""
    kind, _, address = name.partition(":")
    if kind != "dask" or not address:
        message = f"--executor wants dask:ADDRESS, such as dask:tcp://scheduler:8786, not {name!r}"
        raise Refused(message)
    try:
        from distributed import Client  # noqa: PLC0415  # an extra
    except ImportError:
        message = "--executor dask: wants the extra: pip install 'taskconform[dask]'"
        raise Refused(message) from None
    try:
        client = Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as problem:
        message = f"no scheduler of dask at {address}: {problem}"
        raise TargetUnreachable(message) from None
    with client:
        workers = len(client.scheduler_info()["workers"])
        if not workers:
            message = f"the scheduler at {address} has no workers"
            raise TargetUnreachable(message)
        yield client.get_executor(pure=False, retries=0), workers
