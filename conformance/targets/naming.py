"""Names of targets: from the name on the command line to an adapter.

`builtin`, `vcsim`, `vcsim:/path/to/binary`, `https://user@host/sdk`, `package.module:factory`, or the name of an entry
point in the group `taskconform.targets`. A factory takes the options (`--set key=value`) and returns a `Target`.
"""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Final, cast

from taskconform.conformance.errors import AdapterFailed, CommandError, TargetMisnamed, TargetUnreachable
from taskconform.conformance.records.private import Discreet, split
from taskconform.conformance.targets.guard import failed, guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.conformance.targets.protocol import Target

GROUP: Final = "taskconform.targets"
RECORDING: Final = "recording:"
"""What the name of a target begins with that is a recording: a file."""

MEMBERS: Final = ("declaration", "perform", "perform_together", "reset", "close", "socket_seconds")
"""The members of a target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Share of a run that a target is opened for: the run's name, and how many processes share the server."""

    run: str
    processes: int = 1


def is_url(name: str) -> bool:
    """Tell whether the name is that of a server which was there before us, and stays."""
    return name.startswith(("https://", "http://"))


def is_vcsim(name: str) -> bool:
    """Tell whether the name is that of a vcsim which is started for the run: ours, or the user's binary."""
    return name.partition(":")[0] == "vcsim"


def default_workers() -> int:
    """Give the default number of processes that work on a target: one a core."""
    return len(os.sched_getaffinity(0))


def open_named(name: str, options: Mapping[str, str], share: Share | None = None) -> Target:
    """Open the target that a name means, on its own or for its share of a run. Names that the option `private` lists
    are redacted. Raises TargetMisnamed, TargetUnreachable."""
    names, others = split(options)
    opened = _open(name, others, share)
    return Discreet(opened, names) if names else opened


def _open(name: str, options: Mapping[str, str], share: Share | None) -> Target:
    if name.startswith(RECORDING):
        message = f"{name} cannot be called, only judged: taskconform run {name}"
        raise TargetMisnamed(message)
    if is_url(name):
        from taskconform.conformance.targets.soap.connect import open_target  # noqa: PLC0415  # pyVmomi is slow to import

        return open_target(name, options) if share is None else open_target(name, options, share.run, share.processes)
    head, _, rest = name.partition(":")
    known = {point.name: point for point in entry_points(group=GROUP)}
    if head == "vcsim" and rest:
        return _opened(name, _loaded(name, known["vcsim"].load), {**options, "binary": rest})
    if name in known:
        return _opened(name, _loaded(f"{name} ({known[name].value})", known[name].load), options)
    if rest and not rest.startswith("//") and head.replace(".", "").replace("_", "").isalnum():
        return _opened(name, _loaded(name, lambda: getattr(importlib.import_module(head), rest)), options)
    message = f"no target {name}: known are {', '.join(sorted(known))}, https://user@host/sdk, package.module:factory"
    raise TargetMisnamed(message)


def beside_each_other(name: str, options: Mapping[str, str]) -> dict[str, str]:
    """Give the options with which a target is opened many times, for one test case each. On one server they are not
    alone any more, and none of them takes its state away from the others."""
    if is_url(name):
        return {**options, "i-own-this-server": "no", "reset": "no"}
    return {**options, "ahead": "0"} if is_vcsim(name) else dict(options)


def _loaded(name: str, load: Callable[[], Any]) -> Callable[[Mapping[str, str]], Target]:
    """Load the factory that a name stands for. Its import runs code of others and may fail in any way. Raises
    TargetMisnamed."""
    try:
        factory = load()
    except Exception as problem:  # noqa: BLE001  # told in one line, whatever it is
        kind = "" if isinstance(problem, ImportError | AttributeError) else f"{type(problem).__name__}: "
        message = f"{name}: {kind}{' '.join(str(problem).split())}"
        raise TargetMisnamed(message) from None
    if not callable(factory):
        message = f"{name} is no factory: {type(factory).__name__} cannot be called"
        raise TargetMisnamed(message)
    return cast("Callable[[Mapping[str, str]], Target]", factory)


def _opened(name: str, factory: Callable[[Mapping[str, str]], Target], options: Mapping[str, str]) -> Target:
    """Call a factory with the options, and guard what it makes if it is not ours. Raises TargetUnreachable if it met
    nobody, AdapterFailed for any other exception that it should not have raised, and for what is no target."""
    try:
        target = factory(options)
    except CommandError:
        raise
    except (ConnectionError, TimeoutError) as problem:
        message = f"{name} could not be reached: {type(problem).__name__}: {' '.join(str(problem).split())}"
        raise TargetUnreachable(message) from problem
    except (Exception, SystemExit) as problem:
        raise failed(name, problem) from problem
    lacking = [each for each in MEMBERS if not hasattr(type(target), each) and each not in vars_of(target)]
    if lacking:
        message = f"{name} made {type(target).__name__}, which is no target: it has no {', '.join(lacking)}"
        raise AdapterFailed(message)
    return guarded(target)


def vars_of(target: object) -> frozenset[str]:
    """Return the names of the attributes that an object itself has, without asking any property."""
    return frozenset(getattr(target, "__dict__", ()))
