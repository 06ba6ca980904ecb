"""The themes: what an episode is about, and what it leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.strategies.drawing.free import Free
from taskconform.strategies.drawing.machines import Crowds, Limits, Lives
from taskconform.strategies.drawing.many import Large, Sizes, Wear
from taskconform.strategies.scenarios import ageing, families, histories, outlasting, services, turns, watches
from taskconform.strategies.scenarios import crowds as crowding
from taskconform.strategies.scenarios import reads as asking
from taskconform.strategies.scenarios.scenario import APPROACHES, free_machine

if TYPE_CHECKING:
    from taskconform.strategies.drawing.planner import Machine

THEMES: Final[dict[str, type[Machine | Free]]] = {
    **dict.fromkeys((turns.THEME, families.THEME, asking.THEME, ageing.THEME), Lives),
    crowding.THEME: Crowds,
    "limits": Limits,
    "free": Free,
    "sizes": Sizes,
    "large": Large,
    "wear": Wear,
    **{module.THEME: free_machine(module.THEME) for module in (histories, services, watches)},
}
"""The free machine of every theme, by its name."""

SHARED, DIRTY, POISONED = "shared", "dirty", "poisoned"
"""What an episode may leave behind on a server that cannot be reset: nothing that others would notice; many tasks in
everybody's lists and history; no room for anybody's collectors, until their session ends or the server restarts."""

LEAVES: Final[dict[str, str]] = {
    **dict.fromkeys((*THEMES, outlasting.THEME), SHARED),
    **dict.fromkeys((crowding.THEME, "sizes", "large"), DIRTY),
    **dict.fromkeys(("limits", "wear"), POISONED),
}
"""Theme to what its episodes leave behind."""

DIRECTED: Final = frozenset(clause for one in APPROACHES.values() for clause in one.clauses)
"""The clauses that the director has an approach to."""
