"""The timeline as SVG: server time runs to the right, one block a session, its calls on top and its tasks below.

Everything that comes from the target is escaped. Colours are those of the page, by class; each state also has its name
in its band, so that nothing is told by colour alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from taskconform.model.vocabulary.outcomes import dated
from taskconform.reports.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taskconform.reports.render.timeline.parts import Band, Column, Lane, RecentRead, Timeline

GUTTER: Final = 116
"""Width of the names to the left, in pixels, as all that follows."""
AXIS: Final = 44
"""Height of the axis."""
CALLS: Final = 62
"""Height of a session's calls."""
TASK: Final = 30
"""Height of a task."""
RECENT: Final = 80
"""Height of recentTask."""
GAP: Final = 10
"""Height of the gap between sessions."""
LETTER: Final = 6.3
"""Width of a letter of the small text."""
BOLD: Final = 7.0
"""Width of a bold letter of it."""
NARROWEST: Final = 58
"""Width of a column at least."""
LONG: Final = 1_000_000
"""Microseconds between two calls from which on a gap is drawn."""
BREAK: Final = 88
"""Width of a gap."""


def svg(drawn: Timeline, name: str) -> Markup:
    """The drawing. `name` is what it is called for those who do not see it; the text beside it says the same."""
    return _Drawing(drawn).svg(name)


def span(microseconds: int) -> str:
    """A length of time in words: `0`, `12 ms`, `3.2 s`, `10 min 1 s`."""
    if microseconds < 10_000:
        return "0" if microseconds <= 0 else f"{microseconds / 1_000:.1f} ms".replace(".0 ms", " ms")
    if microseconds < LONG:
        return f"{round(microseconds / 1_000)} ms"
    seconds = microseconds / LONG
    if seconds < 60:  # seconds in a minute
        return f"{seconds:.1f} s".replace(".0 s", " s")
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def moment(microseconds: int) -> str:
    """A server time, to the millisecond."""
    at = datetime(1970, 1, 1) + timedelta(microseconds=dated(microseconds))  # noqa: DTZ001  # UTC is said below
    return f"{at.isoformat(' ', 'milliseconds')} UTC"


def lines_of(words: str, longest: int = 15) -> list[str]:
    """A call's name in lines that are short: broken between words, and where a capital begins one."""
    parts = re.findall(r"\s*[^\s]?[^\sA-Z]*", words) if " " not in words else re.findall(r"\s*\S+", words)
    found = [""]
    for part in parts:
        if found[-1] and len(found[-1] + part) > longest:
            found.append("")
        found[-1] = found[-1] + part if found[-1] else part.strip()
    return [line for line in found if line]


@dataclass(frozen=True, slots=True)
class _Box:
    """Box of a column."""

    left: float
    width: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def middle(self) -> float:
        return self.left + self.width / 2


class _Drawing:
    """One drawing under way."""

    def __init__(self, drawn: Timeline) -> None:
        self.drawn = drawn
        self.boxes: list[_Box] = []
        self.gaps: list[tuple[float, int]] = []
        left: float = GUTTER
        before: Column | None = None
        for column in drawn.columns:
            idle = column.earliest - before.latest if before is not None else 0
            if idle >= LONG:
                self.gaps.append((left, idle))
                left += BREAK
            self.boxes.append(_Box(left, _width(column, self._when(column))))
            left = self.boxes[-1].right
            before = column
        self.width = left + 8

    def svg(self, name: str) -> Markup:
        """Return the whole drawing."""
        body: list[Markup] = []
        top = AXIS
        blocks: list[Markup] = []
        for session in self.drawn.sessions:
            lanes = [lane for lane in self.drawn.lanes if lane.session == session]
            height = CALLS + TASK * len(lanes)
            blocks.append(_block(top, height, self.width, f"session {session}"))
            body += self._calls(session, top)
            for number, lane in enumerate(lanes):
                body += self._lane(lane, top + CALLS + TASK * number)
            top += height + GAP
        if self.drawn.recents:
            blocks.append(_block(top, RECENT, self.width, "recentTask"))
            body += self._recents(top)
            top += RECENT + GAP
        height = top - GAP + 4
        parts = [*blocks, *self._axis(height), *body]
        return Markup(
            '<svg class="timeline" role="img" viewBox="0 0 {} {}" width="{}" height="{}" aria-label="{}">{}</svg>'
        ).format(_n(self.width), height, _n(self.width), height, name, Markup("").join(parts))

    def _axis(self, height: float) -> Iterator[Markup]:
        """Draw steps and times; the call that shows the divergence is a stripe from top to bottom."""
        before = None
        for column, box in zip(self.drawn.columns, self.boxes, strict=True):
            if column.offends:
                yield Markup('<rect class="stripe" x="{}" y="2" width="{}" height="{}" rx="4"/>').format(
                    _n(box.left + 1), _n(box.width - 2), _n(height - 4)
                )
            if column.step != before:
                title = "set-up" if column.step < 0 else f"step {column.step + 1}"
                yield _text(box.left + 6, 17, title, "step")
                yield Markup('<line class="tick" x1="{0}" y1="6" x2="{0}" y2="{1}"/>').format(_n(box.left), height)
            before = column.step
            yield _text(box.left + 6, 33, self._when(column), "time")
        for left, idle in self.gaps:
            yield Markup('<line class="gap" x1="{0}" y1="{1}" x2="{0}" y2="{2}"/>').format(
                _n(left + BREAK / 2), AXIS, _n(height)
            )
            yield _text(left + BREAK / 2, 33, span(idle), "time middle")

    def _calls(self, session: str, top: float) -> Iterator[Markup]:
        """A session's calls, as boxes; what they were answered, below."""
        for column, box in zip(self.drawn.columns, self.boxes, strict=True):
            if column.session != session:
                continue
            kind = "call" + (" fault" if column.answer else "") + (" offends" if column.offends else "")
            yield Markup('<rect class="{}" x="{}" y="{}" width="{}" height="34" rx="5"/>').format(
                kind, _n(box.left + 3), top + 7, _n(box.width - 6)
            )
            lines = _lines(column)
            first = top + 28 - 6.5 * (len(lines) - 1)
            for number, line in enumerate(lines):
                yield _text(box.middle, first + 13 * number, line, "middle name" + (" on" if column.offends else ""))
            answer = column.answer or ("shows here" if column.offends else "")
            if answer:
                yield _text(box.middle, top + 54, answer, "middle answer" + (" bad" if column.offends else ""))

    def _lane(self, lane: Lane, top: float) -> Iterator[Markup]:
        """A task, or many, and the states."""
        name = f"{lane.name} × {lane.count}" if lane.count > 1 else lane.name
        yield _text(GUTTER - 10, top + 18, name, "end asked" if lane.asked else "end")
        for band in lane.bands:
            yield from self._band(band, top, many=lane.count > 1)

    def _band(self, band: Band, top: float, *, many: bool) -> Iterator[Markup]:
        """A state, from where it began."""
        left, right = self._x(band.start), self._x(band.end)
        state = band.state if band.state in {"queued", "running", "success", "error"} else "other"
        yield Markup('<rect class="band {}" x="{}" y="{}" width="{}" height="{}" rx="3"/>').format(
            state + (" many" if many else ""), _n(left), top + 4, _n(max(2.0, right - left - 1)), TASK - 9
        )
        if right - left > len(band.state) * LETTER + 8:
            yield _text(left + 7, top + 18, band.state, f"in-{state}")

    def _recents(self, top: float) -> Iterator[Markup]:
        """Draw the length of recentTask beside its cap; the window before the last read."""
        reads = self.drawn.recents
        window = max(reads, key=lambda read: (self.drawn.columns[read.column].offends, read.column))
        yield from self._window(window, top)
        for read in reads:
            box = self.boxes[read.column]
            listed = "no list" if read.listed is None else f"{read.listed} listed"
            yield _text(box.middle, top + 45, listed, "middle name")
            if read.listed is not None:
                filled = (box.width - 12) * min(1.0, read.listed / max(1, self.drawn.cap))
                for kind, width in (("meter", box.width - 12), ("meter full", filled)):
                    yield Markup('<rect class="{}" x="{}" y="{}" width="{}" height="5" rx="2.5"/>').format(
                        kind, _n(box.left + 6), top + 51, _n(width)
                    )
            if read.lists is not None:
                kind = " bad" if self.drawn.columns[read.column].offends else ""
                yield _text(box.middle, top + 69, "with it" if read.lists else "without it", f"middle answer{kind}")

    def _window(self, read: RecentRead, top: float) -> Iterator[Markup]:
        """The window: from where it begins, to the read. It has no beginning where it holds all that is drawn."""
        right = self.boxes[read.column].right - 4
        left = self.boxes[read.window_from].left if read.window_from is not None else float(GUTTER)
        begins = Markup("M{0} {1}v8 ").format(_n(left + 2), top + 20) if read.window_from is not None else ""
        yield Markup('<path class="window" d="{}M{} {}H{} M{} {}v8"/>').format(
            begins, _n(left + 2), top + 24, _n(right), _n(right), top + 20
        )
        limits = f"window {span(self.drawn.window * LONG)}, cap {self.drawn.cap}"
        anchored = "middle" if right - left > len(limits) * LETTER else "end"
        yield _text((left + right) / 2 if anchored == "middle" else right, top + 15, limits, f"{anchored} answer")

    def _when(self, column: Column) -> str:
        """Return the time at which a column begins, from the first call on."""
        return "+" + span(column.earliest - self.drawn.start)

    def _x(self, at: float) -> float:
        """Return the pixel of a place in the columns."""
        column = min(int(at), len(self.boxes) - 1)
        box = self.boxes[column]
        return box.left + (at - column) * box.width


def _lines(column: Column) -> list[str]:
    """Return the text in a call's box: two lines at most."""
    count = f" ×{column.count}" if column.count > 1 and column.step >= 0 else ""
    longest = 15
    while len(lines := lines_of(column.words + count, longest)) > 2:  # two lines fit
        longest += 2
    return lines


def _width(column: Column, when: str) -> float:
    """The width that a column needs for its words."""
    longest = max(len(text) for text in (*_lines(column), column.answer, when))
    return max(NARROWEST, longest * (BOLD if column.offends else LETTER) + 18)


def _block(top: float, height: float, width: float, name: str) -> Markup:
    """The ground of a session, and its name."""
    return Markup('<rect class="ground" x="0" y="{}" width="{}" height="{}" rx="6"/>').format(
        top, _n(width), height
    ) + _text(10, top + 28, name, "session")


def _text(x: float, y: float, words: str, kind: str) -> Markup:
    return Markup('<text x="{}" y="{}" class="{}">{}</text>').format(_n(x), _n(y), kind, one_line(words))


def _n(number: float) -> str:
    """A length, short."""
    return f"{number:.1f}".removesuffix(".0")
