"""Write `frozen-bugs.md`, beside this file: what quick runs name when the simulator has one of the frozen bugs.

python docs/generate_frozen_bugs.py
"""

from __future__ import annotations

import os
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from taskconform.conformance.run import Settings, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from taskconform.reports.document import Report

FROZEN: Final = Path(__file__).parent.parent / "tests" / "frozen" / "ten_bugs.toml"
DOCUMENT: Final = Path(__file__).with_name("frozen-bugs.md")
SEEDS: Final = (0, 1, 2)
TARGET: Final = "taskconform.conformance.faults:open_target"
PLAIN: Final = "none"
"""Stands for the simulator without a seeded fault."""

HEAD: Final = """\
# The frozen bugs

Ten bugs that a plausible vCenter simulator could have. They were written down, each with the clauses that rightly name
it, before the suite was run on any of them, in `tests/frozen/ten_bugs.toml`, and are not changed to fit what is found.
`conformance/faults.py` has a simulator for each, right in all but the one thing. To see one run:

    taskconform run taskconform.conformance.faults:open_target --set fault=root-is-the-grandparent

This page is written by `python docs/generate_frozen_bugs.py`, and checked by `tests/test_frozen_bugs.py`.
"""
FOUND: Final = """\
All clauses that a run with the profile `quick` reports as failed, each with the number of steps of its shortest trace;
those in bold rightly name the bug. `steps` is that of the shortest trace to one of these. The last rows are of the
simulator without a bug.
"""


class Bug(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen bug: what is wrong, the sentence of the page that it breaks, and the clauses that rightly name it."""

    id: str
    wrong: str
    sentence: str
    clauses: tuple[str, ...]


Named = dict[str, int | None]
"""The clauses that a run named, each with the steps of its shortest trace (None where there is no trace)."""


def frozen_bugs() -> dict[str, Bug]:
    """Read the frozen bugs, by id."""
    bugs = msgspec.convert(tomllib.loads(FROZEN.read_text())["bug"], list[Bug])
    return {bug.id: bug for bug in bugs}


def named_by(report: Report) -> Named:
    """Give the clauses that failed."""
    return {
        clause.id: min((found.steps for found in clause.divergences), default=None)
        for clause in report.clauses
        if clause.verdict == "failed"
    }


def quick_run(fault: str, seed: int, folder: Path) -> Named:
    """Run the quick profile on the simulator with the fault (`PLAIN`: without any), its history in the folder."""
    target, options = ("builtin", {}) if fault == PLAIN else (TARGET, {"fault": fault})
    settings = Settings(
        target=target,
        options=options,
        profile="quick",
        seed=seed,
        workers=min(os.cpu_count() or 1, 4),
        folder=folder,
    )
    return named_by(run(settings, _silent).report)


def _silent(*_told: Any) -> None:
    """Show no progress."""


def row(fault: str, seed: int, clauses: Sequence[str], named: Named) -> str:
    """Give the table's row of a run."""
    cells = [
        f"**{clause}** ({_steps(steps)})" if clause in clauses else f"{clause} ({_steps(steps)})"
        for clause, steps in sorted(named.items(), key=lambda item: (item[0] not in clauses, item[0]))
    ]
    right = [named[clause] for clause in clauses if clause in named]
    shortest = min((steps for steps in right if steps is not None), default=None)
    if clauses:
        verdict = "right" if right else "missed"
    elif named:
        verdict = "wrong"
    else:
        verdict = "nothing"
    return f"| `{fault}` | {seed} | {verdict} | {', '.join(cells) or '-'} | {_steps(shortest)} |"


def _steps(steps: int | None) -> str:
    """Give a number of steps, if there is a trace."""
    return "-" if steps is None else str(steps)


def document(bugs: Mapping[str, Bug], found: Mapping[tuple[str, int], Named]) -> str:
    """Give the whole document, from what the runs named."""
    bug_rows = [
        f"| `{bug.id}` | {_cell(bug.wrong)} | {_cell(bug.sentence)} | {', '.join(bug.clauses)} |"
        for bug in bugs.values()
    ]
    run_rows = [
        row(fault, seed, bugs[fault].clauses if fault in bugs else (), named) for (fault, seed), named in found.items()
    ]
    hits = sum(
        any(clause in named for clause in bugs[fault].clauses) for (fault, _), named in found.items() if fault in bugs
    )
    of = sum(fault in bugs for fault, _ in found)
    return "\n".join(
        (
            HEAD,
            "## What is wrong",
            "",
            "| bug | what is wrong | the page, and its sentence that is broken | clauses that rightly name it |",
            "|---|---|---|---|",
            *bug_rows,
            "",
            "## What quick runs name",
            "",
            FOUND,
            f"A right clause was named in {hits} of {of} runs.",
            "",
            "| bug | seed | named | failed clauses (steps) | steps |",
            "|---|---|---|---|---|",
            *run_rows,
            "",
        )
    )


def _cell(text: str) -> str:
    """Put a text on one line, fit for a cell."""
    return " ".join(text.split()).replace("|", r"\|")


def main() -> None:
    """Run everything, and write the document."""
    bugs = frozen_bugs()
    found: dict[tuple[str, int], Named] = {}
    for fault in (*bugs, PLAIN):
        for seed in SEEDS:
            with tempfile.TemporaryDirectory() as folder:
                found[fault, seed] = quick_run(fault, seed, Path(folder))
            sys.stdout.write(row(fault, seed, bugs[fault].clauses if fault in bugs else (), found[fault, seed]) + "\n")
            sys.stdout.flush()
    DOCUMENT.write_text(document(bugs, found))


if __name__ == "__main__":
    main()
