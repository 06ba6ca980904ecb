"""A hostile target: the built-in one, some of whose answers hold what a server would say that wants to do harm.

What is said depends on the seed alone. Injection in every text, extreme numbers and times, the same object again,
long and many names of faults.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from taskconform.conformance.records import codec
from taskconform.conformance.targets.builtin.target import BuiltinTarget
from taskconform.model.vocabulary.calls import ReadTaskInfo
from taskconform.model.vocabulary.outcomes import Fault, Faulted, Lost, Returned
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.outcomes import Outcome

OWNED = "owned-by-a-hostile-server"
"""Name of the file that an injected text tries to make."""

TEXTS = (
    f'", __import__("os").system("touch {OWNED}"), "',
    f"', __import__('os').system('touch {OWNED}'), '",
    f'"""\nimport os\nos.system("touch {OWNED}")\n"""',
    f"{{__import__('os').system('touch {OWNED}')}}",
    f"$(touch {OWNED}) `touch {OWNED}` ; touch {OWNED} #",
    "\n::stop-commands::x\n::error::hostile\n##[error]hostile\n##vso[task.complete result=Succeeded;]",
    "\n\n# hostile heading\n\n[hostile](https://hostile.example/) @hostile /merge\n- [x] hostile\n| a | b |",
    "</td></details><script>hostile()</script><img src=x onerror=hostile()>",
    "]]></failure><failure>hostile</failure><!-- &hostile; --> <![CDATA[",
    "\x1b[2KVERIFIED: hostile\r\x1b]0;hostile\x07\x9b31m\u202egnp.exe\u2066",
    "../../hostile", "/etc/hostile", "..\\hostile", "hostile\0hostile", 'a/b:c*?"<>|', "CON", ".", "",
    "\ud800", "\ufeff\u2028\u2029\x85\x0b\x0c\x1c", "é" * 300, "A" * 300, "x" * 100_000,
    "[red]hostile[/red][/]", ":bomb:", "Running", "QUEUED", "0", "None",
)  # fmt: skip
NUMBERS = (0, -1, 1, 2**31 - 1, -(2**31), 2**53 + 1, 2**63 - 1, -(2**63), 10**30)
TIMES = (-62_135_596_800_000_000, 253_402_300_799_999_999, -(2**62), 2**62)
"""Year 1, the end of the year 9999, and what no calendar has."""
FAULTS = ("Hostile", "F" * 300, "a/b", "../x", "NotFound\n", "", "é", TEXTS[0], TEXTS[9])
ABOUT = ("name", "full_name", "vendor", "version", "build")
TIMED = ("queue_time", "start_time", "complete_time", "earliest", "latest")


class HostileTarget(BuiltinTarget):
    """The built-in server, which answers a `share` of calls with something hostile and all others rightly. The same
    calls from a fresh state are answered alike. `given` counts the hostile answers."""

    def __init__(self, seed: int, share: float = 0.1) -> None:
        """Take the seed."""
        super().__init__({})
        self._seed, self._share, self._calls, self.given = seed, share, 0, 0
        self._earlier: dict[type[Call], list[Any]] = {}
        texts = [text for text in TEXTS if text != "\ud800"]
        about = {name: self._seeded(name).choice(texts) for name in ABOUT}
        about["api_version"] = "8.0.3." + self._seeded("").choice(("\u00b2", "9" * 5000, *texts))
        self._declaration = evolve(self._declaration, about=evolve(self._declaration.about, **about))

    def _seeded(self, *of: object) -> random.Random:
        """Return random numbers that depend on the seed and on what they are for."""
        return random.Random(repr((self._seed, *of)))  # noqa: S311 - reproducible, no secret

    def reset(self) -> None:
        """Start anew."""
        super().reset()
        self._calls, self._earlier = 0, {}

    def perform(self, call: Call) -> Outcome:
        """Answer rightly, or not."""
        outcome = super().perform(call)
        self._calls += 1
        some = self._seeded(self._calls, call)
        if some.random() >= self._share:
            return outcome
        self.given += 1
        return self._hostile(some, call, outcome)

    def _hostile(self, some: random.Random, call: Call, outcome: Outcome) -> Outcome:
        """Return a hostile answer in the place of this one. Its shape is one that the call's answer can have."""
        at, chance = outcome.at, some.random()
        if chance < 0.15:
            kind = some.choice((*FAULTS, f"Unheard{some.randrange(10**6)}"))
            return Faulted(fault=Fault(kind=kind, kinds=(kind, "MethodFault"), message=some.choice(TEXTS)), at=at)
        if chance < 0.2:
            return Lost(why=some.choice(TEXTS), at=at)
        if not isinstance(outcome, Returned):
            return outcome
        written = codec.encode(outcome.value)
        earlier = self._earlier.setdefault(type(call), [])
        if chance < 0.35 and earlier and not isinstance(call, ReadTaskInfo):
            return Returned(value=codec.decode(some.choice(earlier)), at=at)
        earlier.append(written)
        share = some.choice((0.1, 0.5, 1.0))
        if isinstance(call, ReadTaskInfo):  # as many answers as tasks
            written = [_changed(some, each, share) for each in written]
        else:
            written = _changed(some, written, share)
        return Returned(value=codec.decode(written), at=at)


def _changed(some: random.Random, written: Any, share: float, name: str = "") -> Any:
    """Change a share of the texts, numbers, times and lists in a plain JSON value."""
    if isinstance(written, dict):
        return {key: each if key == "is" else _changed(some, each, share, key) for key, each in written.items()}
    if isinstance(written, list):
        changed = [_changed(some, each, share) for each in written]
        return changed if some.random() >= share else some.choice((changed * 2, changed[:1], changed[::-1], []))
    if isinstance(written, bool) or written is None or some.random() >= share:
        return written
    values: tuple[Any, ...] = TEXTS if isinstance(written, str) else TIMES if name in TIMED else NUMBERS
    return some.choice(values)
