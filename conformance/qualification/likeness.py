"""Likeness: where an outcome of a target and one of the specification differ, apart from what no page decides.

No page decides the messages of faults, the names that a server chooses, the numbers of event chains, the order of lists
that have none, how finely stamps are kept, and whether a fault comes in the missing set.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.qualification.differential import plain, renamed
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.outcomes import Extension, Fault, Property, Returned, TaskInfo, UpdateSet
from taskconform.model.vocabulary.words import Word, evolve

if TYPE_CHECKING:
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.outcomes import Outcome

GRAINS: Final = (1_000, 1_000_000)
"""Microseconds to which a server may round its stamps."""

Apart = tuple[str, Any, Any]
"""The innermost part in which two outcomes first differ: its name, ours, theirs."""


@dataclass(slots=True)
class Likeness:
    """Compares the outcomes of a test case. `names` has our names by theirs, `given` the names that both gave; `chains`
    our event chains by theirs; `width` is how far their clock is known."""

    names: dict[str, str] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)
    chains: dict[int, int] = field(default_factory=dict)
    width: int = 0

    def apart(self, call: Call, ours: Outcome, theirs: Outcome) -> Apart | None:
        """Return where two outcomes differ."""
        self.width = max(self.width, theirs.at.latest - theirs.at.earliest)
        if ours == theirs:
            self._give(ours)
            return None
        if isinstance(ours, Returned) and isinstance(theirs, Returned):
            self._learn(ours.value, theirs.value)
        left, right = (_quiet(plain(call, one)) for one in (ours, renamed(theirs, self.names)))
        is_fault = isinstance(left, str) or isinstance(right, str)
        return self._apart(left, right, "fault" if is_fault else "value")

    def _give(self, outcome: Outcome) -> None:
        """Note the names that both gave to what was made."""
        value = outcome.value if isinstance(outcome, Returned) else None
        if isinstance(value, TaskInfo):
            self.given.add(value.key)
            value = value.task
        if isinstance(value, ObjectRef):
            self.given.add(value.value)

    def _learn(self, ours: Any, theirs: Any) -> None:
        """Learn which names stand for each other, where both answers are alike."""
        if isinstance(ours, tuple) and isinstance(theirs, tuple):
            if len(ours) == len(theirs):
                for left, right in zip(ours, theirs, strict=True):
                    self._learn(left, right)
        elif isinstance(ours, Word) and type(ours) is type(theirs):
            if isinstance(ours, ObjectRef) and isinstance(theirs, ObjectRef):
                self._same(ours.value, theirs.value)
                return
            for name in ours.__struct_fields__:
                left, right = getattr(ours, name), getattr(theirs, name)
                if (isinstance(ours, TaskInfo) and name == "key") or (
                    isinstance(ours, UpdateSet) and name == "version"
                ):
                    self._same(left, right)
                else:
                    self._learn(left, right)

    def _same(self, ours: Any, theirs: Any) -> None:
        known = self.given.union(self.names, self.names.values())
        if ours != theirs and isinstance(ours, str) and isinstance(theirs, str) and not {ours, theirs} & known:
            self.names[theirs] = ours

    def _apart(self, ours: Any, theirs: Any, path: str) -> Apart | None:
        if ours == theirs:
            return None
        if isinstance(ours, Word) and type(ours) is type(theirs):
            for name in ours.__struct_fields__:
                inner = path if name == "value" else f"{type(ours).__name__}.{name}"
                found = self._apart(getattr(ours, name), getattr(theirs, name), inner)
                if found is not None:
                    return found
            return None
        if isinstance(ours, tuple) and isinstance(theirs, tuple):
            if len(ours) != len(theirs):
                return f"{path}: number of items", len(ours), len(theirs)
            pairs = (self._apart(left, right, path) for left, right in zip(ours, theirs, strict=True))
            return next((found for found in pairs if found is not None), None)
        return None if self._is_alike(ours, theirs, path) else (path, ours, theirs)

    def _is_alike(self, ours: object, theirs: object, path: str) -> bool:
        """Tell whether two numbers are alike, though not equal."""
        if not isinstance(ours, int) or not isinstance(theirs, int):
            return False
        if path.endswith("event_chain_id"):
            return theirs == 0 or self.chains.setdefault(theirs, ours) == ours
        if not path.endswith("_time"):
            return False
        return abs(ours - theirs) <= self.width or any(
            theirs % grain == 0 and abs(ours - theirs) < grain for grain in GRAINS
        )


def _quiet(value: Any) -> Any:
    """Return a value without the messages of faults, and a property's fault as if it had been the call's."""
    if isinstance(value, Property) and value.missing is not None:
        return value.missing.kind
    if isinstance(value, tuple):
        return tuple([_quiet(one) for one in value])
    if isinstance(value, Word):
        changes = {name: _quiet(getattr(value, name)) for name in value.__struct_fields__}
        if isinstance(value, Fault):
            changes["message"] = ""
        if isinstance(value, Extension):
            changes["task_ids"] = tuple(sorted(value.task_ids))
        return evolve(value, **changes)
    return value
