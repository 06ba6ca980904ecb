"""Write `frozen-bugs.md`, beside this file: what quick runs name when the simulator has one of the frozen bugs.

python docs/generate_frozen_bugs.py            every bug; writes the page
python docs/generate_frozen_bugs.py BUG ...    only these; shows their rows, and writes nothing
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.engine.run import run
from taskconform.conformance.engine.settings import Settings
from taskconform.conformance.faults import Bug, frozen_bugs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from taskconform.reports.document import Report

LISTS: Final = {"ten": "ten_bugs", "twenty": "twenty_bugs"}
"""The lists of frozen bugs that stand on this page; `kill-matrix.md` is about all."""
DOCUMENT: Final = Path(__file__).with_name("frozen-bugs.md")
SEEDS: Final = (0,)
TARGET: Final = "taskconform.conformance.faults:open_target"
PLAIN: Final = "none"
"""Stands for the simulator without a seeded fault."""

HEAD: Final = """\
# The frozen bugs

Thirty bugs that a plausible vCenter simulator could have. They were written down, each with the clauses that rightly
name it, before the suite was run on any of them, in `mutants/lists/`, and are not changed to fit what is
found. `conformance/seeded/` has a simulator for each, right in all but the one thing. To see one run:

    taskconform run taskconform.conformance.faults:open_target --set fault=root-is-the-grandparent

In the tables of runs stand all clauses that a run with the profile `quick` reports as failed, each with the number of
steps of its shortest trace. Those in bold rightly name the bug; those in italics are broken by it as well, and would
not be enough alone. `steps` is that of the shortest trace to a clause in bold.

This page is written by `python docs/generate_frozen_bugs.py`, and checked by `tests/quality/test_frozen_bugs.py`.
"""
ABOUT: Final = {
    "ten": """\
Written to `mutants/lists/ten_bugs.toml`; in the areas of creating tasks, their life, recentTask,
maxCollector and sessions.
""",
    "twenty": """\
Written to `mutants/lists/twenty_bugs.toml`; in the areas of history collectors, their filters and
pages, latestPage, extensions, descriptions, and following tasks.
""",
}
BROKEN: Final = (
    "| bug | what is wrong | the page, and its sentence that is broken | clauses that rightly name it |",
    "|---|---|---|---|",
)
RUNS: Final = ("| bug | seed | named | failed clauses (steps) | steps |", "|---|---|---|---|---|")


Named = dict[str, int | None]
"""The clauses that a run named, each with the steps of its shortest trace (None where there is no trace)."""


NO_BUG: Final = Bug(id=PLAIN, wrong="", sentence="")
"""What the simulator without a seeded fault has."""


def named_by(report: Report) -> Named:
    """Give the clauses that failed."""
    return {
        clause.id: min((found.steps for found in clause.divergences), default=None)
        for clause in report.clauses
        if clause.verdict == "failed"
    }


def quick_run(fault: str, seed: int, folder: Path, workers: int) -> Named:
    """Run the quick profile on the simulator with the fault (`PLAIN`: without any), its history in the folder."""
    target, options = ("builtin", {}) if fault == PLAIN else (TARGET, {"fault": fault})
    settings = Settings(
        target=target,
        options=options,
        profile="quick",
        seed=seed,
        workers=workers,
        folder=folder,
    )
    return named_by(run(settings, _silent).report)


def _silent(*_told: Any) -> None:
    """Show no progress."""


def row(bug: Bug, seed: int, named: Named) -> str:
    """Give the table's row of a run."""

    def rank(clause: str) -> tuple[bool, bool, str]:
        return clause not in bug.clauses, clause not in bug.also, clause

    cells = [f"{_marked(clause, bug)} ({_steps(named[clause])})" for clause in sorted(named, key=rank)]
    right = [named[clause] for clause in bug.clauses if clause in named]
    shortest = min((steps for steps in right if steps is not None), default=None)
    yes, no = ("right", "missed") if bug.clauses else ("wrong", "nothing")
    verdict = yes if right or (named and not bug.clauses) else no
    return f"| `{bug.id}` | {seed} | {verdict} | {', '.join(cells) or '-'} | {_steps(shortest)} |"


def _marked(clause: str, bug: Bug) -> str:
    """Give a clause, in bold if it rightly names the bug, in italics if it is broken as well."""
    mark = "**" if clause in bug.clauses else "*" if clause in bug.also else ""
    return f"{mark}{clause}{mark}"


def _steps(steps: int | None) -> str:
    """Give a number of steps, if there is a trace."""
    return "-" if steps is None else str(steps)


def document(found: Mapping[tuple[str, int], Named]) -> str:
    """Give the whole document, from what the runs named."""
    lines = [HEAD]
    for name, listed in LISTS.items():
        bugs = frozen_bugs(listed)
        lines += [f"## The {name}", "", ABOUT[name], *BROKEN, *map(_what_is_wrong, bugs.values()), ""]
        lines += [*_runs(bugs, found), ""]
    plain = [row(NO_BUG, seed, named) for (fault, seed), named in found.items() if fault == PLAIN]
    return "\n".join((*lines, "## The simulator without a bug", "", *RUNS, *plain, ""))


def _what_is_wrong(bug: Bug) -> str:
    """Give the table's row of a bug."""
    names = ", ".join(_marked(clause, bug) for clause in (*bug.clauses, *bug.also))
    return f"| `{bug.id}` | {_cell(bug.wrong)} | {_cell(bug.sentence)} | {names} |"


def _runs(bugs: Mapping[str, Bug], found: Mapping[tuple[str, int], Named]) -> Iterator[str]:
    """Give the lines on the runs of a list's bugs."""
    runs = [(bugs[fault], seed, named) for (fault, seed), named in found.items() if fault in bugs]
    hits = sum(not named.keys().isdisjoint(bug.clauses) for bug, _, named in runs)
    yield f"A right clause was named in {hits} of {len(runs)} runs."
    yield ""
    yield from RUNS
    yield from (row(bug, seed, named) for bug, seed, named in runs)


def _cell(text: str) -> str:
    """Put a text on one line, fit for a cell."""
    return " ".join(text.split()).replace("|", r"\|")


def main(chosen: Sequence[str]) -> None:
    """Run everything, and write the document; or run what is chosen, and show it."""
    bugs = {fault: bug for listed in LISTS.values() for fault, bug in frozen_bugs(listed).items()} | {PLAIN: NO_BUG}
    workers = min(os.cpu_count() or 1, 4)
    found: dict[tuple[str, int], Named] = {}
    for fault in chosen or bugs:
        for seed in SEEDS:
            with tempfile.TemporaryDirectory() as folder:
                found[fault, seed] = quick_run(fault, seed, Path(folder), workers)
            sys.stdout.write(row(bugs[fault], seed, found[fault, seed]) + "\n")
            sys.stdout.flush()
    if not chosen:
        DOCUMENT.write_text(document(found))


if __name__ == "__main__":
    main(sys.argv[1:])
