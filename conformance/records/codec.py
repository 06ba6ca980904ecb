"""The codec: words of the vocabulary to plain JSON values and back, as `model.words` says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from taskconform.model.oracle import findings
from taskconform.model.vocabulary import calls, declaration, outcomes, plan
from taskconform.model.vocabulary.words import Word

if TYPE_CHECKING:
    from collections.abc import Callable

_WORDS: Final[dict[str, type[Word]]] = {
    name: cls
    for module in (calls, outcomes, plan, declaration, findings)
    for name, cls in vars(module).items()
    if isinstance(cls, type) and issubclass(cls, Word) and cls.__module__ == module.__name__
}
"""Every word, by name."""


class UnreadableValueError(ValueError):
    """A document names a class or a field that this version does not know."""


def register(cls: type[Word]) -> None:
    """Add a class to what can be read."""
    _WORDS[cls.__name__] = cls


def encode(value: Any) -> Any:
    """A word, or a tuple, list, dict or plain value, as plain JSON values. Raises TypeError for anything else."""
    return msgspec.json.decode(msgspec.json.encode(value))


_ENCODE_INTO: Final = msgspec.json.Encoder().encode_into
_SCRATCH: Final = bytearray()


def flaw(value: Any) -> str:
    """Say why a value cannot be written: text that is no Unicode, a number of more than 64 bits, something that is no
    value of the vocabulary; "" if it can."""
    try:
        _ENCODE_INTO(value, _SCRATCH)
    except UnicodeEncodeError:
        return "it holds half a character: text that is no Unicode"
    except OverflowError:
        return "it holds a number of more than 64 bits"
    except (TypeError, ValueError, RecursionError) as problem:
        return f"it cannot be written down: {problem}"
    finally:
        _SCRATCH.clear()
    return ""


def decode(value: Any) -> Any:
    """The object that `encode` made this of; arrays become tuples. Raises UnreadableValueError."""
    if isinstance(value, list):
        return tuple(map(decode, value))
    if not isinstance(value, dict):
        return value
    name = value.get("is")
    if name is None:
        return {key: decode(item) for key, item in value.items()}
    cls: Callable[..., Any] | None = _WORDS.get(name)
    if cls is None:
        message = f"this version knows no {name}"
        raise UnreadableValueError(message)
    try:
        return cls(**{key: decode(item) for key, item in value.items() if key != "is"})
    except TypeError as problem:
        message = f"not a {name}: {problem}"
        raise UnreadableValueError(message) from problem
