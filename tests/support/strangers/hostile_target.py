"""A target that answers strangely whenever it likes: states that nobody knows, required fields that are absent, control
characters, texts that are code in some language, numbers of any size, faults of any name.

Below it is the simulator of two thirds. `taskconform run hostile_target:open_target --set one-in=4 --set seed=1`;
`--set raises=yes` has it raise exceptions of its own too.

Written from docs/adapter.md and the API pages alone.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from two_thirds import TwoThirds

from taskconform.conformance.adapter import (
    Fault,
    Faulted,
    LocalizableMessage,
    Lost,
    ObjectRef,
    Property,
    Returned,
    TargetMisnamed,
    TaskInfo,
    TaskReason,
    UserSession,
    calls,
    evolve,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.adapter import Interval, Outcome

MARK = "taskconform-was-here"
TEXTS = (
    "",
    " ",
    "queued ",
    "Running",
    "\x00",
    "\x1b[2J\x1b[1;31mPASSED\x1b[0m",
    "\x9b2K",
    "a\r\n::error file=x::owned",
    "\n::stop-commands::stop\n",
    "\u202eevil\u2066",
    "\ud800",
    "'; DROP TABLE tasks; --",
    f'", __import__("os").system("touch {MARK}"), "',
    f"$(touch {MARK})`touch {MARK}`",
    '"""\nimport os\n"""',
    "{{7*7}}{% raise %}${7*7}#{7*7}",
    "<script>alert(1)</script><!--",
    "]]></testcase><failure/>&xxe;",
    "![x](http://127.0.0.1:9/x) [y](javascript:alert(1))\n# Heading\n/merge @all",
    "../../../../etc/passwd",
    "C:\\con\\aux|<>:*?",
    "%s%n{0}{x.__class__}",
    "A" * 70_000,
    "é" * 300,
    "[link=http://127.0.0.1:9]red[/link] [bold red]",
    "=HYPERLINK(1)",
)
NUMBERS = (0, -1, 1, 2**31, -(2**31) - 1, 2**63, -(2**63), 10**30, -62_135_596_800_000_000, 253_402_300_799_000_000)


class Hostile(TwoThirds):
    """The simulator of two thirds, one answer in so many replaced or spoilt."""

    def __init__(self, seed: int, one_in: int, *, raises: bool) -> None:
        """Draw from a seed, so that a run can be had again."""
        super().__init__()
        self.draw, self.one_in, self.raises = random.Random(seed), one_in, raises  # noqa: S311  # not a secret
        about = evolve(self.declaration.about, full_name=self.text(), vendor=self.text(), build=self.text())
        self.declaration = evolve(self.declaration, name="hostile", about=about)

    def text(self) -> str:
        """Draw a text."""
        return self.draw.choice(TEXTS)

    def perform(self, call: calls.Call) -> Outcome:
        """Perform the call, and spoil one answer in so many."""
        outcome = super().perform(call)
        if isinstance(call, calls.AdvanceClock) or self.draw.randrange(self.one_in):
            return outcome
        if self.raises and not self.draw.randrange(5):
            raise self.draw.choice([ValueError, KeyError, OSError, RecursionError, StopIteration])(self.text())
        return self.spoilt(outcome, outcome.at)

    def spoilt(self, outcome: Outcome, at: Interval) -> Outcome:
        """Answer something else."""
        match self.draw.randrange(6):
            case 0:
                return Faulted(fault=self.fault(), at=at)
            case 1:
                return Lost(why=self.text(), at=at)
            case _ if isinstance(outcome, Returned):
                return Returned(value=self.value(outcome.value), at=at)
            case _:
                return Faulted(fault=self.fault(), at=at)

    def fault(self) -> Fault:
        """Make up a fault."""
        kind = self.draw.choice(["NotFound", "NoPermission", "SystemError", "Bogus", self.text(), self.text()])
        kinds = self.draw.choice([(kind,), (kind, "MethodFault"), (kind, self.text(), "VimFault"), (kind,) * 500])
        return Fault(kind=kind, kinds=kinds, message=self.text())

    def value(self, value: Any) -> Any:
        """Spoil a value, wherever it is."""
        match value:
            case TaskInfo():
                return self.info(value)
            case Property():
                odd = self.draw.randrange(4)
                return (Property(), Property(missing=self.fault()))[odd] if odd < 2 else self.inside(value)
            case tuple():
                odd = self.draw.randrange(4)
                some = value * 2 if odd == 0 else value[:-1] if odd == 1 else value[::-1]
                return tuple(self.value(each) if not self.draw.randrange(3) else each for each in some)
            case ObjectRef():
                return ObjectRef(type=self.draw.choice([value.type, self.text()]), value=self.text())
            case UserSession():
                return UserSession(user_name=self.text())
            case int():
                return self.draw.choice(NUMBERS)
            case _:
                return value

    def inside(self, found: Property[Any]) -> Property[Any]:
        """Spoil the value of a property."""
        return Property(value=self.value(found.value))

    def info(self, info: TaskInfo) -> TaskInfo:
        """Spoil some fields of a task."""
        odd: dict[str, Any] = {}
        for name in self.draw.sample(info.__struct_fields__, self.draw.choice([1, 1, 2, 5])):
            odd[name] = self.field(name)
        return evolve(info, **odd)

    def field(self, name: str) -> Any:
        """Make up a field of a task."""
        ref = ObjectRef(type=self.draw.choice(["Task", "VirtualMachine", self.text()]), value=self.text())
        values: dict[str, Any] = {
            "task": ref,
            "entity": ref,
            "locked": (ref, ref),
            "cancelled": True,
            "cancelable": True,
            "reason": TaskReason(kind=self.text(), user_name=self.text(), alarm=ref),
            "description": LocalizableMessage(key=self.text(), args=((self.text(), self.text()),), message=self.text()),
            "error": self.fault(),
            "result": self.draw.choice([self.text(), ref]),
            "other": ((self.text(), self.text()),),
        }
        numbers = {"queue_time", "start_time", "complete_time", "event_chain_id", "progress"}
        if name in numbers:
            return self.draw.choice([None, *NUMBERS])
        nothing = () if name in {"locked", "other"} else None
        return self.draw.choice([nothing, values.get(name, self.text()), values.get(name, self.text())])


def open_target(options: Mapping[str, str]) -> Hostile:
    """Open the target: options `seed`, `one-in`, `raises`. Raises TargetMisnamed."""
    unknown = set(options) - {"seed", "one-in", "raises"}
    if unknown:
        raise TargetMisnamed(f"no option {', '.join(sorted(unknown))}")
    one_in, seed = int(options.get("one-in", "20")), int(options.get("seed", "0"))
    return Hostile(seed, one_in, raises=options.get("raises") == "yes")
