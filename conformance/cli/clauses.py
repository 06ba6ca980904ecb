"""The clauses as a reader sees them: a table for the terminal, JSON for programs, a reference page in Markdown.

The law of this file: it shows what the registry holds, and adds no statement of its own about any clause.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Final

from rich import box
from rich.table import Table
from rich.text import Text

from taskconform.model.clauses.registry import AREAS, CLAUSES
from taskconform.model.vocabulary.declaration import CAPABILITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console, ConsoleOptions, RenderResult

    from taskconform.model.clauses.registry import Clause

LEVELS: Final = {"M": "must", "S": "should", "Q": "reading"}
"""Names of the levels, by their letters."""

LEVEL_STYLES: Final = {"M": "bold", "S": "yellow", "Q": "cyan"}
"""Styles of the letters on the terminal."""

PROFILES: Final = {"both": "vCenter and ESXi", "vcenter": "vCenter only", "esxi": "ESXi only"}
"""Names of the profiles."""

WIDE: Final = 120
"""Columns from which on the source has a column of its own; below that it stands under the statement."""


# --- JSON -------------------------------------------------------------------------------------------------------------


def as_json(clauses: Iterable[Clause]) -> str:
    """Write the clauses as one JSON array of objects, in the order given, keys sorted, every key always there."""
    return json.dumps([asdict(each) for each in clauses], indent=2, sort_keys=True, ensure_ascii=False)


# --- the terminal -----------------------------------------------------------------------------------------------------


def _areas(clauses: Iterable[Clause]) -> Iterator[tuple[str, list[Clause]]]:
    """Yield the areas that have one of the clauses, with them, in the registry's order."""
    place = {clause_id: index for index, clause_id in enumerate(CLAUSES)}
    ordered = sorted(clauses, key=lambda each: place.get(each.id, len(place)))
    for area, members in groupby(ordered, key=lambda each: each.area):
        yield area, list(members)


def _short_source(clause: Clause) -> str:
    """Say where the clause stands, the pages by the last part of their names: `TaskManager recentTask; EV 2.35`."""
    text = "; ".join(re.sub(r"\b(vim|vmodl)\.(\w+\.)*(?=[A-Z])", "", str(source)) for source in clause.source)
    return re.sub(r"\bEV (?=[N\d])", "EV\N{NO-BREAK SPACE}", text)


def _since(clause: Clause) -> str:
    """Say for which API versions the clause holds: `4.0`, or `2.5-4.0` where it ends before the latter."""
    return f"{clause.since}-{clause.until}" if clause.until else clause.since


def _counts(clauses: Sequence[Clause]) -> str:
    """Count the clauses by level: `4 clauses: 1 must, 1 should, 2 readings`."""
    levels = Counter[str](each.level for each in clauses)
    words = LEVELS | {"Q": "reading" if levels["Q"] == 1 else "readings"}
    parts = ", ".join(f"{levels[level]} {word}" for level, word in words.items() if levels[level])
    noun = "clause" if len(clauses) == 1 else "clauses"
    return f"{len(clauses)} {noun}: {parts}" if parts else f"0 {noun}"


class ClauseTable:
    """A rich renderable: the clauses in a table that fits the width of the console it is printed on."""

    def __init__(self, clauses: Iterable[Clause]) -> None:
        """Keep the clauses; nothing is laid out before the width is known."""
        self.clauses = tuple(clauses)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Lay the table out for the console's width."""
        yield self._table(wide=options.max_width >= WIDE)
        yield Text(_counts(self.clauses), style="dim")

    def _table(self, *, wide: bool) -> Table:
        """Build the table, the source in a column of its own or under the statement."""
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=True, show_edge=False)
        table.add_column("id", no_wrap=True)
        table.add_column("level", justify="center", no_wrap=True, width=5)
        table.add_column("statement" if wide else "statement, source", ratio=3, overflow="fold")
        if wide:
            table.add_column("source", ratio=2, overflow="fold")
        table.add_column("since", no_wrap=True)
        for area, members in _areas(self.clauses):
            table.add_section()
            blank = [""] if wide else []
            table.add_row(Text(area, style="bold"), "", Text(AREAS.get(area, area), style="bold"), *blank, "")
            for each in members:
                table.add_row(*self._row(each, wide=wide))
        return table

    @staticmethod
    def _row(clause: Clause, *, wide: bool) -> list[Text]:
        """Fill the cells of one clause. The ids of its interpretations stand under the statement."""
        statement = Text(clause.statement)
        if clause.readings:
            statement.append("\n" + " | ".join(each.id for each in clause.readings), style="cyan")
        source = Text(_short_source(clause), style="dim")
        cells = [statement, source] if wide else [statement.append("\n").append_text(source)]
        return [Text(clause.id), Text(clause.level, style=LEVEL_STYLES[clause.level]), *cells, Text(_since(clause))]


def as_table(clauses: Iterable[Clause]) -> ClauseTable:
    """Make the clauses ready for printing on a rich console: grouped by area, with their number below."""
    return ClauseTable(clauses)


# --- the reference page -----------------------------------------------------------------------------------------------

INTRODUCTION: Final = """\
# Clause reference

Every documented statement that the suite checks. Each has an id, which a run reports, a waiver names and
`taskconform run --clauses` selects.

| level | meaning |
|---|---|
| must | The documentation says so. A divergence fails. |
| should | A recommendation, or what the text implies without saying it. A divergence is reported, and fails with \
`--strict`. |
| reading | The text is silent or contradicts itself. What the target does is recorded; only a behaviour outside every \
interpretation, or one that changes between two equal situations, is a divergence. |

*Exercised when* is the situation in which a check can tell right from wrong: a check made outside it does not count.
*Since* is the first API version that a clause holds for. A clause that needs what the target does not declare is not
applicable.
"""


def _escape(text: str) -> str:
    """Keep Markdown from reading marks into plain text; code spans stay as they are."""
    spans = re.split(r"(`[^`]*`)", text)
    plain = (re.sub(r"([\\*_\[\]|])", r"\\\1", span).replace("<", "&lt;") for span in spans)
    return "".join(span if span.startswith("`") else shown for span, shown in zip(spans, plain, strict=True))


def _facts(clause: Clause) -> Iterator[tuple[str, str]]:
    """Yield what the page lists below a clause's statement: a heading and a text each."""
    yield "Exercised when", _escape(clause.live_when)
    yield "Source", _escape("; ".join(str(source) for source in clause.source))
    if clause.condition:
        yield "Condition", _escape(clause.condition)
    if clause.declares:
        yield "Declares", "limits other than 10 minutes and 200 tasks"
    if clause.needs:
        yield "Needs", "; ".join(f"`{need}` ({CAPABILITIES[need]})" for need in clause.needs)


def _entry(clause: Clause) -> str:
    """Write one clause of the page, under an anchor that is its id."""
    lines = [
        f'<a id="{clause.id}"></a>',
        "",
        f"### `{clause.id}`: {_escape(clause.title)}",
        "",
        f"*{LEVELS[clause.level]}* · since {_since(clause)} · {PROFILES[clause.profile]}",
        "",
        _escape(clause.statement),
        "",
        *(f"- {heading}: {text}" for heading, text in _facts(clause)),
    ]
    if clause.readings:
        lines += ["- Interpretations:"]
        lines += [f"  - `{each.id}`: {_escape(each.statement)}" for each in clause.readings]
    return "\n".join(lines) + "\n"


def as_markdown() -> str:
    """Write the whole registry as one page: an overview, then a chapter for each area, all with anchors."""
    chapters = list(_areas(CLAUSES.values()))
    overview = "\n".join(f"- [{AREAS[area]}](#{area}): {_counts(members)}" for area, members in chapters)
    texts = [INTRODUCTION, f"{_counts(tuple(CLAUSES.values()))}.\n\n{overview}\n"]
    for area, members in chapters:
        texts.append(f'<a id="{area}"></a>\n\n## {AREAS[area]}\n')
        texts += [_entry(each) for each in members]
    return "\n".join(texts)
