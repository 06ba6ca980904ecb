"""Conforming variants as `serve` offers them: those of the qualification that show over SOAP, several at once.

Some variants change what does not lie with the server (the network, how exactly a client reads the clock), or steps of
the specification in whose place `serve` has its own: property filters over any selection. Those are refused by name.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any, Final, cast

from taskconform.conformance.errors import Refused
from taskconform.conformance.qualification.variants.registry import all_variants
from taskconform.conformance.qualification.variants.variant import Variant, VariantTarget, combined
from taskconform.conformance.serve.behaviour import Behaviour
from taskconform.model.spec import recent, views, watch, watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from taskconform.conformance.serve.behaviour import Shell
    from taskconform.conformance.serve.options import Options
    from taskconform.conformance.targets.builtin.specification import Specification
    from taskconform.model.spec.state import Server

RANDOM: Final = "random"
"""The name that stands for a draw."""
MOST_DRAWN: Final = 5
"""So many variants a draw takes at most."""
_CLOCK: Final = "a virtual clock is nobody's, and a real one is this machine's"
_NETWORK: Final = "whatever is lost on the way is lost by the network"
_READING: Final = "it is a matter of how exactly a client reads the clock"
NOT_SERVED: Final[Mapping[str, str]] = {
    "answers-lost": _NETWORK,
    "many-answers-lost": _NETWORK,
    "answers-lost-unknown-entity-taken": _NETWORK,
    "clock-ahead-by-minutes": _CLOCK,
    "clock-behind-by-minutes": _CLOCK,
    "clock-known-roughly": _READING,
    "stamps-in-whole-seconds": _READING,
    "jitter": "requests take as long as they take",
    "stamps-of-microseconds": "requests take as long as they take",
    "sessions-idle-out": "sessions end after --idle-timeout seconds anyway",
    "faults-in-missing-set": "property reads have their faults there anyway",
    "api-2.5": "serve speaks API versions from 4.0 on",
    "tasks-run-before-they-end-by-themselves": "it does not show",
    "filter.empty-list=nothing-held": "it does not show",
    "filter.empty-list=refused": "it does not show",
    "life.progress-clamp-2x=out-of-bounds": "serve speaks API versions from 4.0 on",
}
"""By name of a variant, the reason that it is not served."""
ITS_OWN: Final[tuple[Callable[..., Any], ...]] = (
    recent.told_later,
    views.read_view,
    watch.known_at,
    watch.told,
    watch.updates_since,
    watch.wait_for_updates_ex,
    watched.update,
)
"""Functions of the specification in whose place `serve` has others."""
FIELDS: Final[Mapping[str, Callable[[str], Any]]] = {
    "flavour": str,
    "api-version": str,
    "max-collector": int,
    "window": int,
    "cap": int,
}
"""By option of the built-in target: its value, as `Options` has it."""


def reason_not_served(variant: Variant) -> str | None:
    """Return the reason that a variant is not served, None if it is."""
    if variant.name in NOT_SERVED:
        return NOT_SERVED[variant.name]
    replaced = {one.original for one in variant.replacements}
    if replaced and replaced <= set(ITS_OWN):
        return "serve tells updates in a way of its own"
    return None


def offered() -> dict[str, Variant]:
    """Return the variants that are served, by name."""
    return {name: one for name, one in all_variants().items() if reason_not_served(one) is None}


def drawn(seed: int) -> tuple[str, ...]:
    """Draw variants that one server can be at once, by their names: the same ones for a seed."""
    random = Random(f"variants {seed}")  # noqa: S311  # nothing secret
    names = random.sample(sorted(offered()), k=len(offered()))
    chosen: dict[str, str] = {}
    for name in names[: random.randint(1, MOST_DRAWN) * 4]:
        about = offered()[name].about
        if about and len(chosen) < MOST_DRAWN:
            chosen.setdefault(about, name)
    return tuple(chosen.values()) or (names[0],)


def named(name: str, seed: int = 0) -> tuple[str, ...]:
    """Return the variants that a name stands for: `random`, or one or more names with commas between them. Raises
    Refused for a name that is none's, and for a variant that is not served."""
    if name == RANDOM:
        return drawn(seed)
    names = tuple(part.strip() for part in name.split(","))
    for one in names:
        variant = all_variants().get(one)
        reason = "there is none of this name" if variant is None else reason_not_served(variant)
        if reason is not None:
            message = f"no variant {one} to serve: {reason}; `taskconform serve --variants` lists those that there are"
            raise Refused(message)
    return names


def with_variants(options: Options, names: Iterable[str]) -> Options:
    """Return the options of a server that is like these variants at once, and otherwise as these options say. Raises
    KeyError for a name that is none's."""
    one = combined([all_variants()[name] for name in names])
    changed = {name.replace("-", "_"): FIELDS[name](value) for name, value in one.options.items()}
    behaviour = Behaviour(
        name=one.name,
        replacements=one.replacements,
        choices=one.chosen,
        shell=_shell_of(one.target) if _is_shell(one.target) else None,
    )
    return replace(options, behaviour=behaviour, **changed)


def _is_shell(target: type[VariantTarget]) -> bool:
    """Tell whether a target does something of its own when it starts or between calls."""
    starts = target.first_state is not VariantTarget.first_state
    return starts or target.perform is not VariantTarget.perform


def _shell_of(target: type[VariantTarget]) -> Callable[[Server, Specification], Shell]:
    """Return the maker of shells that do what this target does between calls. Time is the server's matter."""
    timeless: type[VariantTarget] = type("Timeless", (target,), {"call_time": lambda _: 0})

    def shell(server: Server, specification: Specification) -> Shell:
        made = timeless({}, specification)
        made.server = server
        return cast("Shell", made)

    return shell
