"""Private names: host names, say, that must stand in no file. Outside the adapter each has a pseudonym.

    --set private=vcenter.corp.example,esx-07

The law of this file: what leaves the adapter holds `private-1` for the first name, `private-2` for the second, and so
on, however a name is capitalised; what goes into the adapter holds the names. It is done where a target is opened, so
that verdicts, history and reports know nothing else, and a recorded history gives the same report again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from taskconform.conformance.errors import TargetMisnamed
from taskconform.conformance.records import codec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from taskconform.conformance.targets.protocol import Target
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.declaration import Declaration
    from taskconform.model.vocabulary.outcomes import Outcome

OPTION: Final = "private"
SHORTEST: Final = 4
"""Characters that a private name has at least: a shorter one would stand inside of what means something else."""

_PSEUDONYM: Final = re.compile(r"private-(\d+)")


def split(options: Mapping[str, str]) -> tuple[Names, dict[str, str]]:
    """The private names of a target's options, and the other options. Raises TargetMisnamed."""
    given = options.get(OPTION, "")
    names = tuple(dict.fromkeys(name.strip() for name in given.split(","))) if OPTION in options else ()
    for name in names:
        if len(name) < SHORTEST or not name.isprintable() or '"' in name or "\\" in name or _PSEUDONYM.search(name):
            message = (
                f"{OPTION} is a list of names of {SHORTEST} characters or more, with commas between, not {given!r}"
            )
            raise TargetMisnamed(message)
    return Names(names), {key: value for key, value in options.items() if key != OPTION}


class Names:
    """Private names, and what stands for each."""

    def __init__(self, names: Sequence[str]) -> None:
        """Take the names, in the order in which their pseudonyms are numbered."""
        self.given = tuple(names)
        longest_first = sorted(enumerate(self.given, 1), key=lambda one: -len(one[1]))
        words = "|".join(f"(?P<n{number}>{re.escape(name)})" for number, name in longest_first)
        self._any = re.compile(words, re.IGNORECASE)

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self.given)

    def hide(self, text: str) -> str:
        """The text with pseudonyms."""
        return self._any.sub(_pseudonym, text) if self.given else text

    def show(self, text: str) -> str:
        """The text with the names, as they were given."""
        return _PSEUDONYM.sub(self._name, text)

    def _name(self, pseudonym: re.Match[str]) -> str:
        number = int(pseudonym[1])
        return self.given[number - 1] if 1 <= number <= len(self.given) else pseudonym[0]

    def hide_in(self, value: Any) -> Any:
        """A vocabulary object with pseudonyms in all its texts; the same object where there is no name in it."""
        written = codec.encode(value)
        return codec.decode(_mapped(written, self.hide)) if self._any.search(_text(written)) else value

    def show_in(self, value: Any) -> Any:
        """A vocabulary object with the names in all its texts."""
        written = codec.encode(value)
        return codec.decode(_mapped(written, self.show)) if _PSEUDONYM.search(_text(written)) else value


def _pseudonym(found: re.Match[str]) -> str:
    """Give the pseudonym of a name that was found."""
    return f"private-{str(found.lastgroup)[1:]}"


def _text(written: Any) -> str:
    return msgspec.json.encode(written).decode()


def _mapped(written: Any, change: Any) -> Any:
    """Plain JSON values, with every text changed, those of keys too."""
    if isinstance(written, str):
        return change(written)
    if isinstance(written, list):
        return [_mapped(item, change) for item in written]
    if isinstance(written, dict):
        return {change(key): _mapped(item, change) for key, item in written.items()}
    return written


class Discreet:
    """A target of which private names never come out."""

    def __init__(self, target: Target, names: Names) -> None:
        """Stand before an open target."""
        self._target, self._names = target, names
        self._declared: tuple[Declaration, Declaration] | None = None

    @property
    def declaration(self) -> Declaration:
        """Declaration of the target, with pseudonyms."""
        declared = self._target.declaration
        if self._declared is None or self._declared[0] is not declared:
            self._declared = (declared, self._names.hide_in(declared))
        return self._declared[1]

    def perform(self, call: Call) -> Outcome:
        """Perform the call that is meant, and hide what is private in what comes back."""
        outcome: Outcome = self._names.hide_in(self._target.perform(self._names.show_in(call)))
        return outcome

    def perform_together(self, calls: Sequence[Call]) -> list[Outcome]:
        """The same, for calls at the same time."""
        outcomes = self._target.perform_together([self._names.show_in(call) for call in calls])
        return [self._names.hide_in(outcome) for outcome in outcomes]

    def reset(self) -> None:
        """As the target does."""
        self._target.reset()

    def close(self) -> None:
        """As the target does."""
        self._target.close()

    @property
    def socket_seconds(self) -> float:
        """As the target says."""
        return self._target.socket_seconds
