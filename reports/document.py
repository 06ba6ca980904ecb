"""The report document: what a finished run says, clause by clause, as `report.json`.

The law of this file: everything that is shown to people is drawn from this document and the history, and nothing else.
Fields keep the names of the document; a field that is added later has a default, so that old documents still decode.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

SCHEMA: Final = "taskconform.report/1"
"""The name of the document's form. It changes only when an old reader would misread a new document."""

Verdict = Literal["passed", "failed", "waived", "undecided", "not_exercised", "not_applicable"]
"""Verdict of a run on a clause."""

VERDICTS: Final[tuple[Verdict, ...]] = (
    "passed",
    "failed",
    "waived",
    "undecided",
    "not_exercised",
    "not_applicable",
)
"""Every verdict, in the order in which they are shown."""


class ReportError(ValueError):
    """These bytes are no report that this version reads. The message is one line, for a user."""


class Suite(msgspec.Struct, kw_only=True, frozen=True):
    """The suite that judged: its version, and the digest of all its clauses. `recorded` is the version that made the
    calls, where another one judged them later."""

    version: str
    registry_digest: str
    recorded: str = ""


class TargetSection(msgspec.Struct, kw_only=True, frozen=True):
    """The target: AboutInfo, what else identifies it (`identity`), and the declared capabilities."""

    name: str
    about: dict[str, Any]
    identity: dict[str, Any] = {}
    capabilities: list[str]


class Run(msgspec.Struct, kw_only=True, frozen=True):
    """The run. `started` is ISO 8601 text; `target_seconds` is the time inside the adapter, summed over
    workers; `exit_code` is that of the command line. `canary` is the answer after the run, on a server that
    could not be reset, to a new session that asked for a collector: "" if it got one. `not_run_again` counts
    divergences that were seen and neither shrunk nor run again, since their clauses have many. `requirements` names the
    requirement set that the target is held to, "" for all clauses.
    """

    profile: str
    seed: int
    plan_digest: str
    started: str
    seconds: float
    calls: int
    target_seconds: float
    workers: int
    exit_code: int
    command: str = ""
    canary: str = ""
    not_run_again: int = 0
    requirements: str = ""


class DivergenceResult(msgspec.Struct, kw_only=True, frozen=True):
    """One divergence of the target from a clause. `trace` and `script` are paths beside the report, or None
    where none could be written; `reproduced` is a rate (`5/5`); `waiver` tells the waiver that covers it. `sightings`
    counts the test cases of the exploration that showed it; `answers` has what its re-runs observed.
    """

    signature: str
    summary: str
    expected: str
    observed: str
    trace: str | None = None
    script: str | None = None
    steps: int
    reproduced: str
    intermittent: bool = False
    waiver: str | None = None
    sightings: int = 0
    answers: list[str] = []


class ClauseResult(msgspec.Struct, kw_only=True, frozen=True):
    """The verdict on one clause. `checks` counts every check, `live` those that could have failed, `directed`
    those among them that a scenario had planned for. `unconfirmed` are signatures that no re-run showed
    again. `text_digest` is the digest of the clause's text."""

    id: str
    level: Literal["M", "S", "Q"]
    title: str
    verdict: Verdict
    reason: str = ""
    checks: int = 0
    live: int = 0
    directed: int = 0
    divergences: list[DivergenceResult] = []
    unconfirmed: list[str] = []
    text_digest: str = ""


class Group(msgspec.Struct, kw_only=True, frozen=True):
    """Divergences that have one probable cause, by their signatures, under one `headline`."""

    headline: str
    signatures: list[str]


class ReadingResult(msgspec.Struct, kw_only=True, frozen=True):
    """Interpretations of an open clause that are left; `struck` gives the observation that excludes each
    other."""

    id: str
    left: list[str]
    struck: dict[str, str] = {}


class Totals(msgspec.Struct, kw_only=True, frozen=True):
    """Number of clauses by verdict."""

    passed: int = 0
    failed: int = 0
    waived: int = 0
    undecided: int = 0
    not_exercised: int = 0
    not_applicable: int = 0


WaiverState = Literal["used", "expired", "stale", "unseen", "unselected", "elsewhere"]
"""States of a waiver. *expired* and *stale* fail the run. *unseen*: nothing matched it, and the run cannot tell
that it never will; *unselected*: its clause was not selected; *elsewhere*: it names another target."""


class WaiverResult(msgspec.Struct, kw_only=True, frozen=True):
    """One waiver, and what became of it, and why. `expires` is ISO 8601 text; `number` counts the file's entries from
    1."""

    number: int
    clause: str
    signature: str
    target: dict[str, str]
    reason: str
    owner: str
    expires: str
    link: str = ""
    state: WaiverState
    why: str = ""


class Gate(msgspec.Struct, kw_only=True, frozen=True):
    """The waivers that a run was held against: the name of their file, the day they were looked at (ISO 8601), and what
    became of each."""

    file: str
    on: str
    waivers: list[WaiverResult]


class LostAnswer(msgspec.Struct, kw_only=True, frozen=True):
    """Answers that were lost, of one call and for one reason, as the adapter gave it."""

    call: str
    reason: str
    times: int


class Lost(msgspec.Struct, kw_only=True, frozen=True):
    """Answers that tell nothing: `times` of the `calls` that were judged. The most frequent are listed. `too_many`: the
    run is undecided for them."""

    times: int
    calls: int
    too_many: bool
    answers: list[LostAnswer]


class SetupFault(msgspec.Struct, kw_only=True, frozen=True):
    """A call of the set-up of test cases that faulted, or was lost: so many `times`. What needs it was left out."""

    call: str
    outcome: str
    times: int


ChangeKind = Literal[
    "new",
    "begins_elsewhere",
    "interpretation_changed",
    "shows_otherwise",
    "habit_changed",
    "rate_changed",
    "gone",
    "expired",
    "another_target",
    "no_longer_exercised",
    "undecided",
    "seen_rarely",
]
"""Kinds of changes against a baseline, in the order in which they are told."""


class Change(msgspec.Struct, kw_only=True, frozen=True):
    """One change against a baseline: what it is, in one line. `blocks` is the exit code that it causes; 0: none, it is
    only told."""

    kind: ChangeKind
    clause: str
    signature: str = ""
    told: str
    blocks: Literal[0, 1, 2]


class BaselineSection(msgspec.Struct, kw_only=True, frozen=True):
    """The baseline that a run was held against: the name of its file, the day it was looked at (ISO 8601), how many
    divergences it knows, and what has changed."""

    file: str
    on: str
    known: int
    changes: list[Change]


class Unclassified(msgspec.Struct, kw_only=True, frozen=True):
    """A kind of difference from the specification that no divergence covers: the call, the field or fault in which it
    `where` differs, what the specification and the target have in the shortest occurrence, and its steps, in words."""

    call: str
    where: str
    expected: str
    observed: str
    test_cases: int
    steps: list[str]


class Report(msgspec.Struct, kw_only=True, frozen=True):
    """The whole document. `gate` is None where no waivers were given, `baseline` where none was, `lost` where every
    call was answered. `blocks` says in sentences what the exit code comes from, unless it is 0. `groups` has every
    divergence once, with those that probably have the same cause; `habits` how the target behaved where no clause says
    anything: by situation, the test cases in which it did so ("": in which the situation came up). `unclassified` has
    differences from the specification, where a run was asked for them; they decide nothing."""

    schema: Literal["taskconform.report/1"] = SCHEMA
    blocks: list[str] = []
    suite: Suite
    target: TargetSection
    run: Run
    clauses: list[ClauseResult]
    groups: list[Group] = []
    readings: list[ReadingResult]
    totals: Totals
    gate: Gate | None = None
    baseline: BaselineSection | None = None
    lost: Lost | None = None
    setup: list[SetupFault] = []
    habits: dict[str, dict[str, int]] = {}
    unclassified: list[Unclassified] = []


def totals(clauses: list[ClauseResult]) -> Totals:
    """Count the verdicts."""
    return Totals(**{verdict: sum(each.verdict == verdict for each in clauses) for verdict in VERDICTS})


def lapsed(report: Report) -> list[WaiverResult]:
    """The waivers that fail the run: expired or stale."""
    return [each for each in (report.gate.waivers if report.gate else ()) if each.state in {"expired", "stale"}]


def encode(report: Report) -> bytes:
    """The document as indented JSON, in the order of the fields. The same report gives the same bytes."""
    return msgspec.json.format(_ENCODER.encode(report), indent=2) + b"\n"


_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


class _Header(msgspec.Struct):
    """Head of a document, which tells its kind."""

    schema: str = ""


def decode(data: bytes) -> Report:
    """Read a document. Raises ReportError for what is no JSON, another schema, or a report with a part missing."""
    try:
        header = msgspec.json.decode(data, type=_Header)
    except msgspec.ValidationError as error:
        message = f"not a report: {error}"
        raise ReportError(message) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"not JSON: {error}"
        raise ReportError(message) from error
    if header.schema != SCHEMA:
        message = f"the schema is {header.schema or 'not given'!r}; this version reads {SCHEMA!r}"
        raise ReportError(message)
    try:
        return msgspec.json.decode(data, type=Report)
    except msgspec.ValidationError as error:
        message = f"not a {SCHEMA} document: {error}"
        raise ReportError(message) from error
