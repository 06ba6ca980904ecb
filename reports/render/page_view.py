"""Contents of `report.html`, as plain data: the template does no more than put it into elements."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from markupsafe import Markup, escape

from taskconform.model.clauses.registry import CLAUSES
from taskconform.reports.document import VERDICTS
from taskconform.reports.plain import one_line
from taskconform.reports.render.excerpts import Excerpt, exchange_excerpt, text_excerpt
from taskconform.reports.render.timeline.columns import timeline
from taskconform.reports.render.timeline.svg import moment, svg
from taskconform.reports.trace import sentence
from taskconform.reports.wording import (
    LABELS,
    LEFT_OUT,
    LEVELS,
    area_of,
    area_title,
    by_reason,
    counted,
    open_groups,
    reading_of,
    statement_of,
    with_verdict,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.reports.document import ClauseResult, DivergenceResult, ReadingResult, Report, Verdict
    from taskconform.reports.render.material import Material
    from taskconform.reports.trace import Trace

LONGEST_SCRIPT: Final = 30_000
"""Letters of a script that are shown."""
MOST_STEPS: Final = 60
"""Steps of a trace that are listed."""
ROOM: Final = 2_600_000
"""Bytes that a page may hold. Where they are used up, the files are named instead of being shown."""
ROOM_OF_ONE: Final = 1_800
"""Bytes for what is shown of every clause and of every divergence, beside their own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """One divergence, with what there is to see of it. `steps` are its steps in words, `shows` the index of the one
    that shows it. `room` is False where the page was full: the files have it."""

    id: str
    found: DivergenceResult
    rate: str
    steps: list[str] = field(default_factory=list)
    shows: int = -1
    steps_cut: int = 0
    drawing: Markup | None = None
    caption: str = ""
    script: Excerpt | None = None
    exchange: Excerpt | None = None
    room: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One clause: what the report says, the sentence, where it stands."""

    result: ClauseResult
    level: str
    label: str
    statement: str
    source: str
    divergences: list[Divergence]

    @property
    def free(self) -> int:
        """Return the number of exercised checks that no scenario had planned for."""
        return self.result.live - self.result.directed


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """The clauses of an area: those with something to open, and the others by verdict."""

    id: str
    title: str
    counts: str
    clauses: list[Clause]
    opened: list[Clause]
    others: list[tuple[Verdict, str, list[Clause]]]

    def total(self, name: str) -> int:
        """The sum of `checks`, `live` or `directed` over the clauses."""
        return sum(getattr(clause.result, name) for clause in self.clauses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Interpretations of an open clause that are left: an id and a sentence each; the others with the observations
    that exclude them."""

    id: str
    title: str
    left: list[tuple[str, str]]
    struck: list[tuple[str, str, str]]


class Page:
    """Makes the views of one report."""

    def __init__(self, report: Report, material: Mapping[str, Material]) -> None:
        """`material` is what there is to show of each divergence, by signature."""
        self._report = report
        self._material = material
        found = [one for clause in report.clauses for one in clause.divergences]
        words = sum(_weight(one.expected, one.observed, one.signature * 4, one.trace or "") for one in found)
        self._room = ROOM - words - ROOM_OF_ONE * (len(report.clauses) + len(found))
        self._number = 0

    def areas(self) -> list[Area]:
        """The clauses by area, in the report's order."""
        grouped: dict[str, list[Clause]] = {}
        for result in self._report.clauses:
            grouped.setdefault(area_of(result.id), []).append(self._clause(result))
        return [_area(name, clauses) for name, clauses in grouped.items()]

    def _clause(self, result: ClauseResult) -> Clause:
        known = CLAUSES.get(result.id)
        return Clause(
            result=result,
            level=LEVELS[result.level],
            label=LABELS[result.verdict],
            statement=statement_of(result),
            source="; ".join(map(str, known.source)) if known is not None else "",
            divergences=[self._divergence(found) for found in result.divergences],
        )

    def _divergence(self, found: DivergenceResult) -> Divergence:
        """One divergence, drawn, while there is room."""
        self._number += 1
        name = f"d{self._number}"
        rate = f"{found.reproduced}, intermittent" if found.intermittent else found.reproduced
        material = self._material.get(found.signature)
        if material is None or self._room <= 0:
            return Divergence(id=name, found=found, rate=rate, room=material is None)
        trace = material.trace
        steps = [sentence(step, index, trace.plan) for index, step in enumerate(trace.plan[:MOST_STEPS])]
        drawn = timeline(trace, material.exchange)
        drawing = (
            svg(drawn, one_line(f"Timeline of {found.signature}: the steps below, in server time")) if drawn else None
        )
        script = text_excerpt(material.script, LONGEST_SCRIPT) if material.script else None
        exchange = exchange_excerpt(material.exchange, trace.step) if material.exchange else None
        weight = _weight(*steps, drawing or "", *(one.text for one in (script, exchange) if one))
        room = weight <= self._room
        self._room = self._room - weight if room else 0
        return Divergence(
            id=name,
            found=found,
            rate=rate,
            steps=steps if room else [],
            shows=trace.step,
            steps_cut=len(trace.plan) - len(steps) if room else 0,
            drawing=drawing if room else None,
            caption=_caption(trace, drawn) if drawn else "",
            script=script if room else None,
            exchange=exchange if room else None,
            room=room,
        )


def _weight(*texts: str) -> int:
    """The bytes of texts in a page, where quotes take several."""
    return sum(len(escape(text).encode()) for text in texts)


def _caption(trace: Trace, drawn: object) -> str:
    """Return the caption of a drawing, with what it leaves out."""
    start, cut, lanes = (getattr(drawn, name) for name in ("start", "columns_cut", "lanes_cut"))
    told = [f"Server time from {moment(start)}; each call has the room it needs, so widths are no measure of time"]
    told += [f"the first {counted(cut, 'call')} are not drawn"] if cut else []
    told += [f"{counted(lanes, 'more lane')} of tasks not drawn"] if lanes else []
    told += [f"the target has {trace.settling:g} s to settle"] if trace.eventually else []
    return "; ".join(told) + "."


def _area(name: str, clauses: list[Clause]) -> Area:
    by_verdict = {each: [one for one in clauses if one.result.verdict == each] for each in VERDICTS}
    opened = [one for one in clauses if one.result.verdict in {"failed", "waived"} or one.divergences]
    return Area(
        id=name,
        title=area_title(name),
        counts=", ".join(f"{len(found)} {LABELS[each]}" for each, found in by_verdict.items() if found),
        clauses=clauses,
        opened=sorted(
            opened, key=lambda one: ("failed waived".find(one.result.verdict), "MSQ".index(one.result.level))
        ),
        others=[
            (each, LABELS[each], rest)
            for each, found in by_verdict.items()
            if (rest := [one for one in found if one not in opened])
        ],
    )


def left_out_by_reason(report: Report) -> list[tuple[Verdict, str, list[tuple[str, list[ClauseResult]]]]]:
    """The clauses that the verdict says nothing of: by verdict, then by reason."""
    return [(each, LABELS[each], by_reason(found)) for each in LEFT_OUT if (found := with_verdict(report, each))]


def causes(report: Report) -> list[tuple[str, int, list[str]]]:
    """The probable causes: a headline, how many divergences, and the clauses that they break."""
    return [
        (one_line(group.headline), len(found), list(dict.fromkeys(clause.id for clause, _ in found)))
        for group, found in open_groups(report)
    ]


def readings(report: Report) -> list[Reading]:
    """The fingerprint."""
    return [_reading(reading) for reading in report.readings]


def _reading(reading: ReadingResult) -> Reading:
    known = CLAUSES.get(reading.id)
    return Reading(
        id=reading.id,
        title=known.title if known is not None else "",
        left=[(each, reading_of(reading.id, each)) for each in reading.left],
        struck=[(each, reading_of(reading.id, each), why) for each, why in reading.struck.items()],
    )
