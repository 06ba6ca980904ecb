"""Findings: statements of the oracle on one outcome. Findings are data, and never raised.

A check that is exercised finds that a clause *held*, or that it was *broken* (a divergence). An outcome may have
*shown* the interpretations of an open clause that it is consistent with.

A `Demand` is the requirement of a clause for one answer, in a form that a script can check without the oracle.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, Literal

from msgspec.structs import asdict

from taskconform.model.vocabulary.words import Word

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.outcomes import TaskInfo

# --- demands ----------------------------------------------------------------------------------------------------------


class MustFault(Word, frozen=True, kw_only=True):
    """The call must fault with one of these kinds, or a kind of them."""

    kinds: tuple[str, ...]

    def __str__(self) -> str:
        """Return the demand as a sentence."""
        return "a fault: " + " or ".join(self.kinds)


class MustSucceed(Word, frozen=True, kw_only=True):
    """The call must not fault."""

    def __str__(self) -> str:
        """Return the demand as a sentence."""
        return "success: no documented condition for a fault holds"


class MustBe(Word, frozen=True, kw_only=True):
    """A field of the TaskInfo of `task` (None: of the TaskInfo that the call returns) must be in a `relation` to
    `value`: `is`, `is not`, `is one of`, `is at least`, `is at most`, `is set`, `is unset`, `is a` (a fault's or a
    reason's kind)."""

    task: ObjectRef | None
    field: str
    relation: str
    value: Any = None

    def __str__(self) -> str:
        """Return the demand as a sentence."""
        tail = "" if self.relation in {"is set", "is unset"} else f" {shown(self.value)}"
        return f"info.{self.field} {self.relation}{tail}"


class MustList(Word, frozen=True, kw_only=True):
    """recentTask must (`present`), or must not, hold `task`."""

    task: ObjectRef
    present: bool

    def __str__(self) -> str:
        """Return the demand as a sentence."""
        return f"recentTask {'holds' if self.present else 'does not hold'} {self.task.value}"


class MustHold(Word, frozen=True, kw_only=True):
    """A collector must (`present`), or must not, give `task`. `where`: in this `answer`; in the `pass`, all pages since
    the collector was made, rewound or reset; in its latest `page`."""

    task: ObjectRef
    present: bool
    where: str = "answer"

    def __str__(self) -> str:
        """Return the demand as a sentence."""
        verb = "gives" if self.present else "does not give"
        return {
            "answer": f"the collector {verb} {self.task.value}",
            "pass": f"read from where it stood to its end, the collector {verb} {self.task.value}",
            "page": f"latestPage {'holds' if self.present else 'does not hold'} {self.task.value}",
        }[self.where]


class MustAnswer(Word, frozen=True, kw_only=True):
    """The value that the call returns must satisfy `property`: one of `no duplicates`, `only tasks`, `positive`,
    `constant` (`value` is what it was before), `absent` (refused in missingSet), `unused` (key and reference are new),
    `nothing created`, `full value`, `a reading`.

    Of a list of references, the answer itself or a property's value: `holds`, `does not hold` (`value`). Of update
    sets, all that the step's waits gave together: `delivers` (`value` is (task, state): the task is assigned that
    state), `true state` (`value` is (task, states): every state that is assigned to it is one of those), `not left`,
    `not watched` (`value` is a task: no update says that it has left; no update speaks of it), `reports missing`, `not
    missing` (`value` stands, or does not stand, among the objects reported as missing), `null` (no update set at
    all), `updates at most` (`value` is how many updates of objects each set may have).

    Of a collector's items, or of the items in latestPage: `at most` (`value` is the number of them), `empty`, `once`
    (`value` is a task: it stands once among all items read since the collector was made, rewound or reset), `in order`
    (`value` is `inside a page` or `from page to page`), `as before` (`value` is (task, field, value)), `only matching`
    (`value` is a filter of one part: every item's own fields match it); of the filter property: `the filter given`
    (`value` is the filter); of update sets: `latest page changed`.

    Of FindExtension: `extension` (`value` is (key, version, task type ids); a version or ids of None: any), `no
    extension` (null; `value` is the key). Of extensionList: `listed extension`, `unlisted extension` (`value` is the
    key). Of description, `value` beginning with the list's name, `methodInfo`, `state` or `reason`: `one entry each`,
    `entries` ((list, keys): exactly one entry of each key; at least one), `whole entry` ((list, key, parts): every
    entry of the key has these parts, none empty), `an entry` ((list, key, label, summary): there is this entry; with
    None, no entry of the key), `same keys` ((list, keys): these keys, no other).

    Of the TaskInfos in the answer: `reason` (`value` is (type, kind, …): every task of this descriptionId that no
    CreateTask returned has a reason of this kind; of a TaskReasonSchedule the name and scheduledTask follow, of a
    TaskReasonAlarm the alarm and entity). Of TaskEvents: `task event` (one whose info has `value` as key), `queued task
    event` (the same, and each such info is queued), `task events of` (those of the task's chain, and of no other)."""

    property: str
    value: Any = None

    def __str__(self) -> str:
        """Return the demand as a sentence."""
        return ANSWERS[self.property](self.value)


ANSWERS: Final[dict[str, Callable[[Any], str]]] = {
    "no duplicates": lambda _: "no reference stands twice",
    "only tasks": lambda _: "only Task references",
    "positive": lambda _: "a positive number",
    "constant": lambda value: f"the same value as before: {shown(value)}",
    "absent": lambda _: "the fault in missingSet, not a method fault",
    "unused": lambda _: "a key and a reference that no earlier task had",
    "nothing created": lambda _: "a refused call creates nothing",
    "full value": lambda _: "the full value",
    "a reading": lambda _: "one of the ways in which the text can be read",
    "latest page changed": lambda _: "an update of latestPage",
    "holds": lambda value: f"{shown(value)} is there",
    "does not hold": lambda value: f"{shown(value)} is not there",
    "delivers": lambda value: f"an update that assigns the state {shown(value[1])} to {shown(value[0])}",
    "true state": lambda value: f"of {shown(value[0])} only states that it had meanwhile: {shown(value[1])}",
    "not left": lambda value: f"{shown(value)} has not left",
    "not watched": lambda value: f"no update of {shown(value)}, which is not watched",
    "reports missing": lambda value: f"{shown(value)} is reported as missing",
    "not missing": lambda value: f"{shown(value)} is not reported as missing",
    "null": lambda _: "null: nothing has changed",
    "updates at most": lambda value: f"at most {value} updates of objects in a set",
    "goes on": lambda value: f"something new within {value} truncated sets",
    "the filter given": lambda value: f"the filter that the collector was made with: {given_parts(value)}",
    "only matching": lambda value: f"only items that match the filter: {given_parts(value)}",
    "at most": lambda value: f"at most {value} {'item' if value == 1 else 'items'}",
    "in order": lambda value: f"{value}, creation times run one way",
    "empty": lambda _: "no item: the end was reached before, and nothing was added since",
    "once": lambda value: f"the collector gives {shown(value)} only once",
    "as before": lambda value: f"{shown(value[0])}: {value[1]} is what it was before: {shown(value[2])}",
    "extension": lambda value: f"{_extension(*value)}",
    "no extension": lambda value: f"no extension: {value} is not registered",
    "listed extension": lambda value: f"extensionList holds {value}",
    "unlisted extension": lambda value: f"extensionList does not hold {value}",
    "one entry each": lambda value: f"{value[0]} has one entry for each of {shown(value[1])}",
    "entries": lambda value: f"{value[0]} has entries for {shown(value[1])}",
    "whole entry": lambda value: f"in {value[0]}, the entry {value[1] or 'without a key'} has its {shown(value[2])}",
    "an entry": lambda value: (
        f"{value[0]} has no entry {value[1]}, as before"
        if value[2] is None
        else f"{value[0]} has the entry {value[1]} as before: {value[2]}, {value[3]}"
    ),
    "same keys": lambda value: f"{value[0]} has the same keys as in another locale: {shown(value[1])}",
    "reason": lambda value: f"a task of {value[0]} has a {value[1]} with {shown(value[2])} and {shown(value[3])}",
    "task event": lambda value: f"a TaskEvent of the task with key {value}",
    "task events of": lambda value: f"TaskEvents of the chain of the task with key {value} only",
    "queued task event": lambda value: f"the TaskEvent of the task with key {value} has its state queued",
}
"""The properties that `MustAnswer` can ask for, each as a sentence."""


def _extension(key: object, version: object, ids: tuple[str, ...] | None) -> str:
    """Describe an extension as it is registered, as far as that is known."""
    known = f" of version {version}" if version is not None else ""
    types = f" with the task types {shown(ids)}" if ids is not None else ""
    return f"extension {key}{known}{types}"


Demand = MustFault | MustSucceed | MustBe | MustList | MustHold | MustAnswer
"""The requirement of a clause for one answer."""


def given_parts(value: object) -> str:
    """Describe the parts of a filter that are given, by their names."""
    parts = asdict(value).items() if isinstance(value, Word) else ()
    return "; ".join(f"{name} {shown(part)}" for name, part in parts if part not in (None, ())) or "everything"


LONGEST: Final = 2_000
"""Characters of what a target said that stand in a finding: the history has the rest."""
LONGEST_SIGNATURE: Final = 200
"""Characters of a signature, before its hash."""


def bounded(text: str) -> str:
    """Return a text, cut off where it is too long to be read."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text)} characters)"


def shown(value: object) -> str:
    """Return a value as people read it in a report."""
    if value is None:
        return "unset"
    if isinstance(value, tuple | frozenset | list):
        return ", ".join(sorted(shown(item) for item in value)) or "nothing"
    inner = getattr(value, "value", None)
    if isinstance(inner, str):
        return bounded(inner)
    kind = getattr(value, "kind", None)
    if isinstance(kind, str):
        return bounded(kind)
    return bounded(str(value))


# --- what a rule says -------------------------------------------------------------------------------------------------


class Divergence(Word, frozen=True, kw_only=True):
    """The result of a check that found a divergence. `situation` names the circumstances in a few words, without keys,
    times or counts: it is part of the signature. `eventually`: the page gives the server time, so the check is to be
    repeated until the settling time is over, and counts only then."""

    demand: Demand
    observed: str
    situation: str = ""
    eventually: bool = False


Said = Divergence | Literal[True] | None
"""The result of a check: the clause held (True), the observation diverges, or the check was not exercised (None)."""


def field_is(info: TaskInfo, name: str, observed: object, wanted: object, situation: str = "") -> Said:
    """Check that a field has the wanted value."""
    if observed == wanted:
        return True
    demand = MustBe(task=info.task, field=name, relation="is", value=wanted)
    return Divergence(demand=demand, observed=f"{name} is {shown(observed)}", situation=situation)


class Held(Word, frozen=True):
    """A check that was exercised and held."""

    clause: str


class Shown(Word, frozen=True):
    """The interpretations of an open clause that an outcome is consistent with."""

    clause: str
    options: tuple[str, ...]
    observed: str


class Broken(Word, frozen=True):
    """A divergence. `unsure`: calls that a recording does not hold, or another order of those it holds, could explain
    it."""

    clause: str
    kind: str
    demand: Demand
    observed: str
    situation: str
    eventually: bool
    unsure: bool = False

    @property
    def signature(self) -> str:
        """The identity of a divergence: clause, kind of outcome, situation; no keys, times, counts. Where a target's
        own word makes it long (the name of a fault, a state), its end is a hash."""
        unsure = "unsure" if self.unsure else ""
        signature = ":".join(part for part in (self.clause, self.kind, self.situation, unsure) if part)
        if len(signature) <= LONGEST_SIGNATURE:
            return signature
        digest = hashlib.sha256(signature.encode(errors="surrogatepass")).hexdigest()[:16]
        return f"{signature[:LONGEST_SIGNATURE]}~{digest}"


class Unsaid(Word, frozen=True):
    """A check that could say nothing: the answer lacks the field of TaskInfo that it reads, by its wire name."""

    clause: str
    field: str


Finding = Held | Shown | Broken | Unsaid
"""A statement of the oracle on one outcome."""
