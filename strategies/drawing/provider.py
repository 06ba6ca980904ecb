"""The pinned provider: Hypothesis draws without constants collected from modules.

Hypothesis mixes constants that it finds in the running program's own modules into its draws, so that one import more or
less changes which calls a seed plans. This provider never does; where a boundary matters, a strategy names it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

if TYPE_CHECKING:
    from hypothesis.internal.conjecture.choice import ChoiceTypeT

BACKEND: Final = "taskconform-pinned"
"""What `settings(backend=…)` is given."""


class PinnedProvider(HypothesisProvider):
    """Hypothesis' own provider, less the constants."""

    def _maybe_draw_constant(self, choice_type: ChoiceTypeT, constraints: Any, *, p: float = 0.05) -> None:
        """Never a constant."""


AVAILABLE_PROVIDERS[BACKEND] = PinnedProvider
