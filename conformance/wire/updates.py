"""Update sets, as WaitForUpdatesEx answers: what they say of recentTask, and of what the suite's filters watch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from taskconform.conformance.wire.answers import localized_fault, missing, task_info
from taskconform.conformance.wire.xml import (
    boolean,
    child,
    children,
    reference,
    references,
    required,
    text,
    text_of,
)
from taskconform.model.vocabulary.outcomes import Fault, ObjectUpdate, Property, RecentTaskUpdate, TaskInfo, UpdateSet

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from taskconform.model.vocabulary.calls import ObjectRef

_PARTIAL: Final = ("add", "remove", "indirectRemove")
"""PropertyChange.op of changes that don't assign."""
_ELEMENT_KEY: Final = re.compile(r'\["?(.*?)"?\]')


def version_of(update: Element) -> str:
    """Read UpdateSet.version."""
    return text(required(update, "version"))


def is_truncated(update: Element) -> bool:
    """Read UpdateSet.truncated."""
    flag = child(update, "truncated")
    return flag is not None and boolean(flag)


def recent_task_update(updates: list[Element]) -> RecentTaskUpdate:
    """Fold the UpdateSets of one wait, in order, into the changes of recentTask. A change that assigns the whole
    property makes those before it moot, and takes in those after it."""
    seen = _RecentTaskChanges()
    for update in updates:
        for filtered in children(update, "filterSet"):
            for content in children(filtered, "objectSet"):
                for change in children(content, "changeSet"):
                    seen.take(change)
                fault = missing(content, "recentTask")
                if fault is not None:
                    seen.whole = Property(missing=fault)
    return RecentTaskUpdate(
        changed=bool(updates), recent_task=seen.whole, added=tuple(seen.added), removed=tuple(seen.removed)
    )


class _RecentTaskChanges:
    """PropertyChanges of recentTask, folded. An element is named `recentTask["key"]`."""

    def __init__(self) -> None:
        self.whole: Property[tuple[ObjectRef, ...]] | None = None
        self.added: list[ObjectRef] = []
        self.removed: list[str] = []

    def take(self, change: Element) -> None:
        path = text(required(change, "name"))
        operation = text_of(change, "op")
        value = child(change, "val")
        key = _ELEMENT_KEY.search(path)
        if not path.startswith("recentTask"):
            return
        if key is not None:
            self._element(key[1], value)
        elif operation == "add" and value is not None:
            self._element("", value)
        else:
            self.whole = Property() if value is None else Property(value=references(value))
            self.added.clear()
            self.removed.clear()

    def _element(self, key: str, value: Element | None) -> None:
        """One element came (it has a value) or went."""
        before = self.whole.value if self.whole is not None else None
        if before is not None:
            kept = tuple(each for each in before if each.value != key)
            self.whole = Property(value=kept if value is None else (*kept, reference(value)))
        elif value is None:
            self.removed.append(key)
        else:
            self.added.append(reference(value))


# --- updates of the suite's own filters -------------------------------------------------------------------------------


def update_set(response: Element) -> UpdateSet | None:
    """Read the answer to WaitForUpdatesEx; None if nothing changed."""
    update = child(response, "returnval")
    if update is None:
        return None
    updates: list[ObjectUpdate] = []
    absent: list[ObjectRef] = []
    for filtered in children(update, "filterSet"):
        ref = reference(required(filtered, "filter"))
        updates.extend([_object_update(ref, each) for each in children(filtered, "objectSet")])
        absent.extend([reference(required(each, "obj")) for each in children(filtered, "missingSet")])
    return UpdateSet(
        version=version_of(update), truncated=is_truncated(update), updates=tuple(updates), missing=tuple(absent)
    )


def _object_update(ref: ObjectRef, element: Element) -> ObjectUpdate:
    """Read one object's update. A part of latestPage that changes after the whole was assigned makes the assigned page
    void: the collector has another one."""
    state: str | None = None
    latest_page: tuple[TaskInfo, ...] | None = None
    changed = False
    for change in children(element, "changeSet"):
        path = text(required(change, "name"))
        value = child(change, "val")
        if path == "info.state":
            state = None if value is None else text(value)
        elif path.startswith("latestPage"):
            changed = True
            whole = path == "latestPage" and value is not None and text_of(change, "op") not in _PARTIAL
            latest_page = tuple(map(task_info, value)) if whole and value is not None else None
    return ObjectUpdate(
        filter=ref,
        kind=text(required(element, "kind")),
        obj=reference(required(element, "obj")),
        state=state,
        latest_page=latest_page,
        changed=changed,
        missing=_first_missing(element),
    )


def _first_missing(element: Element) -> Fault | None:
    """Return the fault in missingSet; the suite's filters watch one property of an object."""
    each = child(element, "missingSet")
    return None if each is None else localized_fault(required(each, "fault"))
