"""The watch over conforming variants: perform a seed's plans to their end, and note down every alarm.

No divergence may be found on a variant: one alarm is a bug of the model, or of the engine.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.engine.perform import unrecorded
from taskconform.conformance.engine.plan import DISTURBING
from taskconform.conformance.qualification.hunt import emptied
from taskconform.conformance.qualification.rows import Watched
from taskconform.conformance.qualification.variants.registry import all_variants, together
from taskconform.conformance.verdicts.judgement import Judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taskconform.conformance.qualification.drawn import Drawn

AT_A_TIME: Final = 5
"""Number of variants that are put together."""

AND: Final = "+"
"""Stands between the names of variants that are put together."""


def watch(name: str, plans: Drawn) -> Watched:
    """Run a seed's plans on a variant, or on several put together."""
    target = together(name.split(AND))
    judge = Judge()
    executor = Executor(target=target, judge=judge, record=unrecorded, rest=target.rest, clock=target.seconds)
    for shard, case in plans.test_cases():
        if target.declaration.exclusive or shard.theme not in DISTURBING:
            executor.run(case)
    judge.end()
    alarms = [
        f"{signature}: {seen.broken.demand}; {seen.broken.observed}"
        for signature, seen in sorted(judge.tally.shortest.items())
    ]
    alarms += [f"{clause}: no reading is left" for clause in emptied(judge)]
    return Watched(name=name, profile=plans.profile.name, seed=plans.seed, calls=executor.calls, alarms=tuple(alarms))


def combinations(count: int) -> Iterator[str]:
    """Draw so many combinations, each of variants about different things; always the same ones."""
    about: dict[str, list[str]] = {}
    for name, variant in sorted(all_variants().items()):
        if variant.about:
            about.setdefault(variant.about, []).append(name)
    draw = Random(20)  # noqa: S311  # no secret
    for _ in range(count):
        chosen = sorted(draw.sample(sorted(about), AT_A_TIME))
        yield AND.join(draw.choice(about[one]) for one in chosen)
