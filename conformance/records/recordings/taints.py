"""Calls that are none of ours: what they may have done to the objects that they name.

The vocabulary has no word for them. Each object they name counts as if a call of ours had been made on it that may
change it in every way, and whose answer was lost: it may be gone, hold other things, or be in another state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from taskconform.conformance.wire.xml import Undecodable, reference
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.outcomes import RUNNING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from xml.etree.ElementTree import Element

_CHANGES: Final[dict[str, Callable[[str, c.ObjectRef], c.Call]]] = {
    "Task": lambda session, ref: c.SetTaskState(session=session, task=ref, state=RUNNING),
    "ListView": lambda session, ref: c.DestroyView(session=session, view=ref),
    "PropertyCollector": lambda session, ref: c.DestroyPropertyCollector(session=session, collector=ref),
    "PropertyFilter": lambda session, ref: c.DestroyPropertyFilter(session=session, filter=ref),
    "TaskHistoryCollector": lambda session, ref: c.DestroyCollector(session=session, collector=ref),
}
"""The call of ours that stands for any change, by the type of an object. Of all other types: Destroy_Task."""


def tainting(session: str, request: Element, known: Collection[str]) -> Iterator[c.Call]:
    """Yield the calls that stand for what a request may have done to objects that earlier calls have named."""
    done: set[c.ObjectRef] = set()
    for one in request.iter():
        try:
            ref = reference(one)
        except Undecodable:
            continue
        if ref.value in known and ref not in done:
            done.add(ref)
            made = _CHANGES.get(ref.type)
            yield made(session, ref) if made is not None else c.Destroy(session=session, entity=ref)


def references_in(word: Any) -> Iterator[str]:
    """Yield the values of all references in a call or an outcome."""
    if isinstance(word, c.ObjectRef):
        yield word.value
    elif isinstance(word, tuple):
        for one in word:
            yield from references_in(one)
    elif isinstance(word, msgspec.Struct):
        for name in word.__struct_fields__:
            yield from references_in(getattr(word, name))
