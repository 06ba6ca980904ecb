"""What the simulator keeps of a PropertyCollector: its filters, and what its client knows at each version.

The client's picture is kept once, as of the last version given out. A log of what each version changed takes it back
to an earlier one, so that a wait costs what it looks at, and a version what it changed.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from taskconform.model.vocabulary.calls import ObjectRef

Seen = str | tuple[object, ...] | None
"""What the client knows of an object: a task's state; a collector's latest page, as number and state of each task in
it; of any object, the values of its properties; None of a task that it may not read; `MISSING`; `ABSENT`."""

MISSING: Final = "missing"
"""The object was reported as missing."""
ABSENT: Final = "absent"
"""The object is not in the filter."""

Picture = dict[str, dict[str, Seen]]
"""By filter and object, each by its reference value: what the client knows."""


class Watch:
    """A property filter: what it was created over, by reference value, and which of that never existed."""

    __slots__ = ("missing", "ref", "watched")

    def __init__(self, ref: ObjectRef, watched: tuple[ObjectRef, ...], missing: frozenset[str]) -> None:
        """Watch these objects."""
        self.ref = ref
        self.watched = {obj.value: obj for obj in watched}
        self.missing = missing


class UpdateCollector:
    """A PropertyCollector: its filters in the order of creation, the picture, the versions that were given out."""

    __slots__ = ("complete", "last", "log", "number", "pending", "picture", "truncated", "watches")

    def __init__(self, number: int) -> None:
        """Begin without filters and versions. No other collector has the number."""
        self.number = number
        self.watches: dict[str, Watch] = {}
        self.picture: Picture = {}
        self.log: list[tuple[int, str, str, Seen]] = []
        self.last = 0
        self.complete: dict[str, int] = {}
        self.truncated: str | None = None
        self.pending: deque[tuple[Watch, str]] = deque()

    def picture_at(self, point: int) -> Picture:
        """Give the picture as it was at an earlier point: the present one if that is the last."""
        if point == self.last:
            return self.picture
        earlier = {watch: dict(seen) for watch, seen in self.picture.items()}
        for at, watch, obj, before in reversed(self.log):
            if at <= point:
                break
            if watch in earlier:
                note(earlier[watch], obj, before)
        return earlier

    def commit(self, base: Picture, changes: list[tuple[str, str, Seen]], *, truncated: bool) -> str:
        """Give out a version: the base with these changes is what the client knows from now on."""
        self.last += 1
        if base is not self.picture:
            self.log_difference(base)
            self.picture = base
        for watch, obj, seen in changes:
            objects = base.setdefault(watch, {})
            self.log.append((self.last, watch, obj, objects.get(obj, ABSENT)))
            note(objects, obj, seen)
        version = f"{self.number}.{self.last}"
        if truncated:
            self.truncated = version
        else:
            self.truncated = None
            self.complete[version] = self.last
        return version

    def log_difference(self, base: Picture) -> None:
        """Log what the picture has to become the base."""
        for watch in self.picture.keys() | base.keys():
            now, then = self.picture.get(watch, {}), base.setdefault(watch, {})
            for obj in now.keys() | then.keys():
                before = now.get(obj, ABSENT)
                if before != then.get(obj, ABSENT):
                    self.log.append((self.last, watch, obj, before))

    def forget_watch(self, watch: str) -> None:
        """Take a filter away, and what was known by it."""
        del self.watches[watch]
        self.picture.pop(watch, None)


def note(objects: dict[str, Seen], obj: str, seen: Seen) -> None:
    """Know this of the object; nothing if it is `ABSENT`."""
    if seen == ABSENT:
        objects.pop(obj, None)
    else:
        objects[obj] = seen
