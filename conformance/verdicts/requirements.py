"""The requirement set that a run is held to: the clauses that a release of the suite had."""

from __future__ import annotations

import msgspec

from taskconform.conformance.errors import HistoryError, Refused
from taskconform.model.clauses.requirements import requirement_sets


class Requirements(msgspec.Struct, frozen=True, kw_only=True):
    """A requirement set: the release of the suite that it is of, and its clauses. Part of a history's head, so that the
    history is judged alike whatever sets there are later."""

    name: str
    clauses: frozenset[str]


def requirements_of(name: str) -> Requirements:
    """Return the set of a release. Raises Refused if there is none."""
    sets = requirement_sets()
    if name not in sets:
        message = f"no requirement set {name}: there are {', '.join(sets) or 'none yet'}"
        raise Refused(message)
    return Requirements(name=name, clauses=sets[name])


def read_requirements(head: object) -> Requirements | None:
    """Read the set in a history's head; None if there is none. Raises HistoryError for what is no set."""
    if head is None:
        return None
    try:
        return msgspec.convert(head, Requirements)
    except msgspec.ValidationError as problem:
        message = f"run.json garbles its requirements: {problem}"
        raise HistoryError(message) from None
