"""YAML of recorders: Ruby's and Python's, old and new, with the marks of templates, or cut.

Nothing is ever made of a class that a document names: an object is a mapping, with its class under `!`."""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

from taskconform.conformance.records.recordings.encoding import from_base64

try:
    from yaml import CSafeLoader as _Base
except ImportError:  # a build of PyYAML without libyaml
    from yaml import SafeLoader as _Base  # type: ignore[assignment]

DEEPEST: Final = 100
"""Values within each other that a document may have."""
MOST: Final = 2_000_000
"""Values that it may have in all."""
_ENTRIES: Final = re.compile(r"^(?:http_)?interactions:[ \t]*$", re.MULTILINE)
_BEGIN: Final = re.compile(r"^( *)- ", re.MULTILINE)
_ERB_LINE: Final = re.compile(r"^\s*<%(?![=%]).*?%>[ \t]*\n", re.MULTILINE | re.DOTALL)
_ERB: Final = re.compile(r"<%=?-?\s*(.*?)\s*-?%>", re.DOTALL)
_WORD: Final = re.compile(r"[^A-Za-z0-9]+")
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


class _Loader(_Base):
    """A safe loader that reads objects as mappings."""


def _any_object(loader: Any, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {"!": suffix, **loader.construct_mapping(node, deep=True)}
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


def _binary(loader: Any, node: yaml.Node) -> bytes:
    """Read `!binary`, as Ruby's older writer marks base64."""
    return from_base64(str(loader.construct_scalar(node)))


_Loader.add_multi_constructor("!", _any_object)
_Loader.add_multi_constructor("tag:yaml.org,2002:python/", _any_object)
_Loader.add_constructor("!binary", _binary)
_Loader.add_constructor("tag:yaml.org,2002:binary", _binary)


def document_of(text: str) -> Any:
    """Read a document. One that is a list of entries is read entry by entry: what is damaged stands for None, and says
    nothing of the others. Raises YAMLError or ValueError for what is no YAML."""
    if "<%" in text:
        text = _ERB.sub(lambda found: _WORD.sub("-", found[1]).strip("-"), _ERB_LINE.sub("", text))
    text = _CONTROL.sub("\ufffd", text)
    found = _ENTRIES.search(text)
    if found is None:
        return _loaded(text)
    return {found[0].rstrip().rstrip(":"): list(map(_entry, _pieces(text, found.end())))}


def _pieces(text: str, start: int) -> list[str]:
    """Cut a list into its entries, by the indentation of the first."""
    first = _BEGIN.search(text, start)
    if first is None:
        return []
    ends = re.compile(rf"^(?:{first[1]}- |[A-Za-z_])", re.MULTILINE)
    pieces, at = [], first.start()
    while True:
        after = ends.search(text, at + 1)
        pieces.append(text[at : after.start() if after else len(text)])
        if after is None or not after[0].endswith("- "):
            return pieces
        at = after.start()


def _entry(text: str) -> Any:
    """Read one entry; None if it is damaged."""
    try:
        (one,) = _loaded(text)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        return None
    return one


def _loaded(text: str) -> Any:
    """Read a document. Raises YAMLError or ValueError, also for one that is too deep or larger than it looks."""
    _check_depth(text)
    loader: Any = _Loader(text)
    try:
        root = loader.get_single_node()
        _check_size(root)
        return None if root is None else loader.construct_document(root)
    finally:
        loader.dispose()


def _check_depth(text: str) -> None:
    """Raise ValueError for a document that is too deep: its nodes are composed by recursion, in C."""
    depth = 0
    for event in yaml.parse(text, _Base):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            message = f"values more than {DEEPEST} deep within each other"
            raise ValueError(message)


def _check_size(root: yaml.Node | None) -> None:
    """Raise ValueError for a document that is larger than it looks: what stands in several places counts in each. So
    nothing grows when it is read or shown; a part of itself is larger than anything."""
    sizes: dict[int, int] = {}
    pending = [] if root is None else [(root, False)]
    while pending:
        node, done = pending.pop()
        held = node.value if isinstance(node, yaml.CollectionNode) else ()
        parts = [part for pair in held for part in (pair if isinstance(pair, tuple) else (pair,))]
        if done or not parts:
            sizes[id(node)] = 1 + sum(sizes[id(part)] for part in parts)
        elif id(node) not in sizes:
            sizes[id(node)] = MOST + 1
            pending.append((node, True))
            pending.extend((part, False) for part in parts)
        if done and sizes[id(node)] > MOST:
            message = f"more than {MOST} values, or a value within itself"
            raise ValueError(message)
