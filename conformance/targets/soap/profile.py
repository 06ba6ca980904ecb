"""Facts about a server that the adapter is told, because the server cannot say them of itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taskconform.conformance.targets.soap.permissions import LACKS

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Facts about a server that it cannot say of itself.

    `spelled`: the accounts' user names are as UserSession spells them, so that none but `primary` has to log in at the
    start. `agent` is the user agent, `rate` how many requests a second it may be sent at most. `without`: capabilities
    that its managers promise and do not keep; `undeclared`: those that it does not have, with the reason. `places`: by
    role, the names or references of places that go with accounts; `lacks`: privileges that the restricted user lacks.
    `operations`: those of the server are to be started; `thrown_away`: on whatever is there, since nobody needs it
    afterwards. `window` and `cap` are the limits of recentTask in force; these, `settling` and `apart` are those of
    `Declaration`."""

    name: str
    extension_key: str
    capabilities: tuple[str, ...] = ()
    identity: Mapping[str, str] = field(default_factory=dict)
    exclusive: bool = False
    settling: float = 10.0
    apart: float = 1.0
    spelled: bool = False
    agent: str = "taskconform"
    rate: float | None = None
    without: tuple[str, ...] = ()
    undeclared: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lacks: tuple[str, ...] = LACKS
    window: int = 600
    cap: int = 200
    operations: bool = False
    thrown_away: bool = False
