"""Naming a target: from what was typed to an adapter.

`builtin`, `vcsim`, `vcsim:/path/to/binary`, `https://user@host/sdk`, `package.module:factory`, or the name of an entry
point in the group `taskconform.targets`. A factory takes the options (`--set key=value`) and returns a `Target`.
"""

from __future__ import annotations

import importlib
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.protocol import TargetMisnamed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.conformance.targets.protocol import Target

GROUP: Final = "taskconform.targets"


def open_named(name: str, options: Mapping[str, str]) -> Target:
    """Open the target that a name means. Raises TargetMisnamed, TargetUnreachable."""
    if name.startswith(("https://", "http://")):
        from taskconform.conformance.targets.soap import open_target  # noqa: PLC0415  # pyVmomi is slow to import

        return open_target(name, options)
    head, _, rest = name.partition(":")
    known = {point.name: point for point in entry_points(group=GROUP)}
    if head == "vcsim" and rest:
        return _opened(known["vcsim"].load(), {**options, "binary": rest})
    if name in known:
        return _opened(known[name].load(), options)
    if rest and head.replace(".", "").replace("_", "").isalnum():
        try:
            factory = getattr(importlib.import_module(head), rest)
        except (ImportError, AttributeError) as problem:
            message = f"{name}: {problem}"
            raise TargetMisnamed(message) from None
        return _opened(factory, options)
    message = f"no target {name}: known are {', '.join(sorted(known))}, https://user@host/sdk, package.module:factory"
    raise TargetMisnamed(message)


def _opened(factory: Callable[[Mapping[str, str]], Target], options: Mapping[str, str]) -> Target:
    """What a factory makes of the options."""
    return factory(options)
