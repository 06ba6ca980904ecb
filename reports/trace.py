"""A trace: the shortest plan that shows one divergence, with what was expected and what was observed.

In everything that people read, what a step makes has a letter: task A, tasks B (one of them B[3]), collector C.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from msgspec.structs import astuple

from taskconform.model.oracle.findings import Demand, MustAnswer, MustBe, MustSucceed, shown
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import NO_TASK
from taskconform.model.vocabulary.words import Word
from taskconform.reports.plain import one_line
from taskconform.reports.words.names import extension_name, letter, letters, makes, name_of
from taskconform.reports.words.steps import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taskconform.model.vocabulary.calls import Made
    from taskconform.model.vocabulary.plan import Edge, Plan, Step

TIMES: Final = ("queueTime", "startTime", "completeTime")
"""The fields that mean nothing in another run: compared with the server's clock around the call that sets them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One divergence, shrunk. `plan` is the steps after the set-up; `step` is the index of the one whose answer shows
    it. `symbols` gives for each reference value and task key of the recorded run the symbol that made it, so that a
    demand that names them can be put in terms of another run. `extension_key`, `window` (seconds), `cap` and `settling`
    (seconds) are those of the recorded target. `eventually`: the page gives the server time for it. `in_setup`: the
    set-up of every test case shows it; `plan` is then the set-up itself. `frontier` tells for sizes in the plan where
    the divergence begins.
    """

    clause: str
    statement: str
    source: str
    signature: str
    target: str
    plan: Plan
    step: int
    demand: Demand
    observed: str
    symbols: dict[str, Made] = field(default_factory=dict)
    extension_key: str = ""
    window: int = 600
    cap: int = 200
    settling: float = 0.0
    eventually: bool = False
    frontier: tuple[Edge, ...] = ()
    in_setup: bool = False

    @property
    def method(self) -> str:
        """The class name of the call whose answer shows the divergence, as the signature has it (`ReadTaskInfo`); empty
        where it has none.
        """
        parts = self.signature.removeprefix(self.clause).lstrip(":").split(":")
        name = parts[0].partition(".")[0]
        return name if name in _CALLS else ""


_CALLS: Final = frozenset(cls.__name__ for cls in c.Call.__args__)


# --- expected and observed --------------------------------------------------------------------------------------------


NEVER: Final = {NO_TASK: "a task that never existed"}
"""References to objects that do not exist, in words."""


def in_letters(trace: Trace, text: str) -> str:
    """The text, with the references and keys of the recorded run replaced by the names of what made them, and its
    extensions and task types by theirs."""
    names = NEVER | {value: name_of(made, trace.plan) for value, made in trace.symbols.items() if value}
    longest_first = sorted(names, key=len, reverse=True)
    pattern = "|".join(re.escape(value) for value in longest_first)
    text = re.sub(rf"(?<![\w-])(?:{pattern})(?![\w-])", lambda found: names[found[0]], text)
    if not trace.extension_key:
        return text
    others = {key.which for key in _extension_keys(trace.plan)}
    return re.sub(
        rf"(?:extension )?{re.escape(trace.extension_key)}(?:\.([\w.-]*\w))?",
        lambda found: _extension_word(found[1] or "", others),
        text,
    )


def _extension_word(rest: str, extensions: set[str]) -> str:
    """Name a key or an id that begins with the key of the suite's extension."""
    return extension_name(rest) if not rest or rest in extensions else f"the {rest} type"


def _extension_keys(value: object) -> Iterator[c.ExtensionKey]:
    """Every extension's symbol in a plan."""
    if isinstance(value, c.ExtensionKey):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _extension_keys(item)
    elif isinstance(value, Word):
        for part in astuple(value):
            yield from _extension_keys(part)


def expected(trace: Trace) -> str:
    """Return the demand as one sentence without keys and times."""
    demand = trace.demand
    if isinstance(demand, MustSucceed):
        return "success"
    if isinstance(demand, MustAnswer) and demand.property in FILTERS:
        return f"{FILTERS[demand.property]}: {_filter_in_question(trace)}"
    if not isinstance(demand, MustBe):
        return in_letters(trace, str(demand))
    subject = f"{in_letters(trace, demand.task.value)}: " if demand.task is not None else ""
    if demand.field in TIMES and demand.relation in {"is at least", "is at most"}:
        return f"{subject}{demand.field} is within the call that sets it, by the server's clock"
    if demand.field in TIMES and demand.relation == "is":
        return f"{subject}{demand.field} is what it was before"
    value = in_letters(trace, shown(demand.value))
    if demand.field.endswith("Key") and str(demand.value) in trace.symbols:
        value = f"the key of {value}"
    tail = "" if demand.relation in {"is set", "is unset"} else f" {value}"
    return f"{subject}{demand.field} {demand.relation}{tail}"


FILTERS: Final = {
    "the filter given": "the filter that the collector was made with",
    "only matching": "only items that match the collector's filter",
}
"""The demands that are about a filter: it is shown as the plan has it, without keys and times."""


def _filter_in_question(trace: Trace) -> str:
    """The filter of the collector that the step in question reads."""
    step = trace.plan[trace.step]
    collector = getattr(getattr(step, "call", step), "collector", None)
    maker = trace.plan[collector.step] if isinstance(collector, c.Made) and collector.step >= 0 else None
    spec = getattr(getattr(maker, "call", None), "filter", None)
    return Words(trace.plan).filter(spec) if isinstance(spec, c.TaskFilterSpec) else "an empty filter"


def observed(trace: Trace) -> str:
    """Return the outcome in the recorded run, in the same words."""
    return in_letters(trace, trace.observed)


# --- a listing --------------------------------------------------------------------------------------------------------


def listing(trace: Trace) -> str:
    """The steps, one a line, in words; `>` stands before the one that shows the divergence."""
    width = len(str(len(trace.plan)))
    return "\n".join(
        f"{'>' if index == trace.step else ' '} {index + 1:>{width}}  {sentence(step, index, trace.plan)}"
        for index, step in enumerate(trace.plan)
    )


def sentence(step: Step, index: int, plan: Plan) -> str:
    """One step, in words."""
    return one_line(Words(plan).step(step, index))


__all__ = [
    "FILTERS",
    "TIMES",
    "Trace",
    "expected",
    "in_letters",
    "letter",
    "letters",
    "listing",
    "makes",
    "name_of",
    "observed",
    "sentence",
]
