"""Every interpretation of every open clause, as the choices with which a conforming server can be told to go by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, get_args, get_type_hints

from taskconform.model.clauses.registry import CLAUSES
from taskconform.model.spec.choices import DEFAULT, Choices

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAMES_NOBODY: Final[Mapping[str, str]] = {"create_reason_kind": "system", "create_initiator_default": "no-user"}
"""Choices that go together: a reason that names nobody is of another kind than TaskReasonUser."""
NOT_OURS_TO_TELL: Final = frozenset({("limit_scope", "address")})
"""Interpretations that a run cannot tell from a divergence: its sessions all come from one address, and then the clause
that other clients' collectors do not count (limit.per-client) is named, with a word on the address."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """An interpretation of an open clause that is not the default, and the choices that go by it."""

    clause: str
    key: str
    value: str
    choices: Mapping[str, Any]


def alternatives() -> Iterator[Alternative]:
    """Yield every interpretation that is not the default, by itself; with one that can't be chosen alone goes what is
    tied to it."""
    clauses = {one.replace(".", "_").replace("-", "_"): one for one in CLAUSES}
    for key, hint in get_type_hints(Choices).items():
        for value in get_args(hint):
            if value != getattr(DEFAULT, key) and (key, value) not in NOT_OURS_TO_TELL:
                tied = NAMES_NOBODY if key in NAMES_NOBODY and value in {"system", "other", "no-user"} else {}
                yield Alternative(clauses[key], key, value, {**tied, key: value})
