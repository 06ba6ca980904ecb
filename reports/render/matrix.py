"""The matrix: clauses by targets, from any number of reports, as a document small enough to keep.

Two targets *differ* in a clause where both were judged and came out differently: another verdict, another divergence,
other interpretations left. What was not exercised or is not applicable is no difference: nothing was judged there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from taskconform.model.clauses.registry import CLAUSES
from taskconform.reports.document import Totals, Verdict  # noqa: TC001  # msgspec reads the annotations
from taskconform.reports.trace import sentence
from taskconform.reports.wording import product, share

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from taskconform.reports.document import ClauseResult, DivergenceResult, Report
    from taskconform.reports.trace import Trace

SCHEMA: Final = "taskconform.matrix/1"

JUDGED: Final[tuple[Verdict, ...]] = ("passed", "failed", "waived")
"""The verdicts that say whether the clause holds."""

FLAVOURS: Final = {"VirtualCenter": "vCenter", "HostAgent": "ESXi"}
"""AboutInfo.apiType in words."""

_VERSION: Final = re.compile(r"v?\d+(\.\d+)+\S{0,20}")
"""Versions, which can stand beside a target's name; digests cannot."""


class Column(msgspec.Struct, kw_only=True, frozen=True):
    """A target, and the run that judged it. `name` and `flavour` are what stands above its column."""

    name: str
    flavour: str
    product: str
    identity: dict[str, str]
    profile: str
    seed: int
    plan_digest: str
    suite: str
    share: str
    totals: Totals


class Cell(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One run's verdict on a clause; `departures` are indices into the matrix's divergences, `reason` one into its
    reasons; `left` are the interpretations left."""

    verdict: Verdict
    departures: list[int] = []
    reason: int | None = None
    left: list[str] = []


class Row(msgspec.Struct, kw_only=True, frozen=True):
    """A clause, and its cell in each column; None where that report does not have it."""

    id: str
    level: Literal["M", "S", "Q"]
    title: str
    cells: list[Cell | None]
    differs: bool


class Departure(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A divergence as one or more targets showed it, by the same steps. `shows` is the index of the step whose answer
    shows it; `rates` gives the columns (their index) that showed it, and how often."""

    clause: str
    signature: str
    expected: str
    observed: str
    steps: list[str] = []
    shows: int = 0
    rates: list[tuple[int, str]] = []


class Matrix(msgspec.Struct, kw_only=True, frozen=True):
    """The whole document."""

    schema: Literal["taskconform.matrix/1"] = SCHEMA
    columns: list[Column]
    rows: list[Row]
    departures: list[Departure]
    reasons: list[str]

    @property
    def alike(self) -> bool:
        """Return true if all runs made the same calls."""
        return len({(column.profile, column.plan_digest, column.suite) for column in self.columns}) == 1


class MatrixError(ValueError):
    """These bytes are no matrix that this version reads."""


def encode(matrix: Matrix) -> bytes:
    """The document as JSON, with a line for each row, divergence and reason."""
    parts = (
        f'"{name}": [\n{_lines(items)}\n]'
        for name, items in (
            ("columns", matrix.columns),
            ("rows", matrix.rows),
            ("departures", matrix.departures),
            ("reasons", matrix.reasons),
        )
    )
    body = ",\n".join(parts)
    return f'{{"schema": "{SCHEMA}",\n{body}}}\n'.encode()


def _lines(items: Sequence[object]) -> str:
    """Items of an array, one a line."""
    return ",\n".join(msgspec.json.encode(item, order="deterministic").decode() for item in items)


def decode(data: bytes) -> Matrix:
    """Read a document. Raises MatrixError."""
    try:
        return msgspec.json.decode(data, type=Matrix)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"not a {SCHEMA} document: {error}"
        raise MatrixError(message) from error


def matrix_of(reports: Sequence[tuple[Report, Mapping[str, Trace]]]) -> Matrix:
    """The matrix of these reports, each with its traces by signature; one column each, in their order."""
    return _Maker([report for report, _ in reports], [traces for _, traces in reports]).matrix()


class _Maker:
    """A matrix under way."""

    def __init__(self, reports: list[Report], traces: list[Mapping[str, Trace]]) -> None:
        self._reports = reports
        self._traces = traces
        self._departures: dict[tuple[object, ...], Departure] = {}
        self._reasons: dict[str, int] = {}

    def matrix(self) -> Matrix:
        """Return the whole matrix."""
        results = [{clause.id: clause for clause in report.clauses} for report in self._reports]
        lefts = [{reading.id: reading.left for reading in report.readings} for report in self._reports]
        rows = []
        for id_ in _in_order(clause_id for of_report in results for clause_id in of_report):
            known = next(of_report[id_] for of_report in results if id_ in of_report)
            cells = [
                self._cell(number, of_report[id_], left.get(id_, [])) if id_ in of_report else None
                for number, (of_report, left) in enumerate(zip(results, lefts, strict=True))
            ]
            rows.append(Row(id=id_, level=known.level, title=known.title, cells=cells, differs=self._differs(cells)))
        return Matrix(
            columns=_columns(self._reports),
            rows=rows,
            departures=list(self._departures.values()),
            reasons=list(self._reasons),
        )

    def _cell(self, column: int, result: ClauseResult, left: list[str]) -> Cell:
        reason = None
        if result.verdict not in JUDGED and result.reason:
            reason = self._reasons.setdefault(result.reason, len(self._reasons))
        return Cell(
            verdict=result.verdict,
            departures=[self._departure(column, result.id, found) for found in result.divergences],
            reason=reason,
            left=left,
        )

    def _departure(self, column: int, clause: str, found: DivergenceResult) -> int:
        """The number of a divergence: the same one where the same steps showed the same elsewhere."""
        trace = self._traces[column].get(found.signature)
        steps = [sentence(step, index, trace.plan) for index, step in enumerate(trace.plan)] if trace else []
        key = (found.signature, found.expected, found.observed, *steps)
        known = self._departures.setdefault(
            key,
            Departure(
                clause=clause,
                signature=found.signature,
                expected=found.expected,
                observed=found.observed,
                steps=steps,
                shows=trace.step if trace else 0,
                rates=[],
            ),
        )
        known.rates.append((column, found.reproduced))
        return list(self._departures).index(key)

    def _differs(self, cells: list[Cell | None]) -> bool:
        """Return true if two targets that were both judged came out differently."""
        departures = list(self._departures.values())
        outcomes = {
            (cell.verdict, tuple(sorted({departures[each].signature for each in cell.departures})), tuple(cell.left))
            for cell in cells
            if cell is not None and cell.verdict in JUDGED
        }
        return len(outcomes) > 1


def _in_order(found: Iterable[str]) -> list[str]:
    """Clause ids in the registry's order; those that it does not know last, as they come."""
    ids = list(dict.fromkeys(found))
    return [*(each for each in CLAUSES if each in set(ids)), *(each for each in ids if each not in CLAUSES)]


def _columns(reports: list[Report]) -> list[Column]:
    """The heads of the columns. Where two are called the same, they are numbered."""
    heads = [(_name(report), _flavour(report)) for report in reports]
    columns = []
    for number, (report, head) in enumerate(zip(reports, heads, strict=True)):
        twin = f" ({heads[: number + 1].count(head)})" if heads.count(head) > 1 else ""
        columns.append(
            Column(
                name=head[0] + twin,
                flavour=head[1],
                product=product(report),
                identity={name: str(value) for name, value in report.target.identity.items()},
                profile=report.run.profile,
                seed=report.run.seed,
                plan_digest=report.run.plan_digest,
                suite=f"{report.suite.version}, {report.suite.registry_digest}",
                share=share(report),
                totals=report.totals,
            )
        )
    return columns


def _name(report: Report) -> str:
    """Return a target's name, with the versions that identify it."""
    known = [str(value) for value in report.target.identity.values() if _VERSION.fullmatch(str(value))]
    return " ".join([report.target.name, *known])


def _flavour(report: Report) -> str:
    """vCenter or ESXi, or the product's own word."""
    about = report.target.about
    kind = str(about.get("api_type") or about.get("apiType") or "")
    return FLAVOURS.get(kind, kind or "unknown product")
