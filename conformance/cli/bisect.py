"""The command `taskconform bisect`."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from taskconform.conformance.cli.terminal import console
from taskconform.conformance.errors import CONFORMS, DIVERGES, UNDECIDED, BrokenOff, Refused
from taskconform.reports.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

REVISION = "REVISION"
"""The environment variable that names the revision to the build command."""


@dataclass(slots=True, kw_only=True)
class Bench:
    """Builds a revision and runs the gate on it. `told` has what was found: True if it is changed, None if it cannot be
    built or the run decides nothing; `why` what blocked."""

    build: str
    baseline: Path
    options: Sequence[str]
    folder: Path
    told: dict[str, bool | None] = field(default_factory=dict)
    why: dict[str, list[str]] = field(default_factory=dict)

    def is_changed(self, revision: str) -> bool | None:
        """Tell whether a revision is as the baseline has it. Raises BrokenOff if the run itself failed."""
        if revision not in self.told:
            self.told[revision] = self._try(revision)
            state = {None: "cannot be told", True: "changed", False: "as the baseline has it"}[self.told[revision]]
            console().print(f"{one_line(revision)}: {state}", markup=False, highlight=False)
            for line in self.why.get(revision, []):
                console().print(f"  {one_line(line)}", markup=False, highlight=False)
        return self.told[revision]

    def _try(self, revision: str) -> bool | None:
        """Build a revision, and run the gate on the target that the last line of the build's output names."""
        given = {**os.environ, REVISION: revision}
        built = subprocess.run(self.build, shell=True, env=given, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S602  # the user's own command
        lines = [line for line in built.stdout.splitlines() if line.strip()]
        if built.returncode or not lines:
            self.why[revision] = [f"the build ended with exit code {built.returncode}, and named {len(lines)} targets"]
            return None
        out = self.folder / f"{len(self.told)}"
        asked = [*shlex.split(lines[-1]), "--baseline", str(self.baseline), "--out", str(out), *self.options]
        command = [sys.executable, "-m", "taskconform.conformance", "run", *asked]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # ourselves
        if ran.returncode not in {CONFORMS, DIVERGES, UNDECIDED}:
            message = f"the run on {revision} ended with exit code {ran.returncode}: {ran.stderr.strip()[-300:]}"
            raise BrokenOff(message)
        if ran.returncode:
            self.why[revision] = _blocks(out)
        return {CONFORMS: False, DIVERGES: True, UNDECIDED: None}[ran.returncode]


def _blocks(out: Path) -> list[str]:
    """Read what blocked a run."""
    from taskconform.conformance.cli.gating import REPORT  # noqa: PLC0415  # keeps `--help` quick
    from taskconform.reports.document import decode  # noqa: PLC0415

    return list(decode((out / REPORT).read_bytes()).blocks)


def bisect(
    revisions: Annotated[
        list[str], typer.Argument(metavar="REVISION...", help="Releases or commits, the oldest first; two at least.")
    ],
    baseline: Annotated[Path, typer.Option(metavar="FILE", help="The baseline that the first revision keeps to.")],
    build: Annotated[
        str,
        typer.Option(
            metavar="CMD",
            help="A shell command that builds $REVISION; the last line it prints is what `run` is to be given: the"
            " target, and `--set` for it.",
        ),
    ],
    profile: Annotated[str, typer.Option(help="smoke, quick or standard.")] = "quick",
    seed: Annotated[int, typer.Option(help="The seed of every run.")] = 0,
) -> None:
    """Find the first REVISION that does not keep to a baseline: builds some of them, and runs the gate on each. Exit
    code 0: the last revision keeps to it; 1: the first that does not is named; 2: it cannot be told."""
    from taskconform.conformance.verdicts.bisection import first_changed  # noqa: PLC0415

    if len(revisions) < 2 or len(set(revisions)) < len(revisions):
        message = "bisect wants two revisions or more, each once, the oldest first"
        raise Refused(message)
    if not baseline.is_file():
        message = f"there is no baseline {baseline}"
        raise Refused(message)
    with tempfile.TemporaryDirectory() as folder:
        options = ("--profile", profile, "--seed", str(seed))
        bench = Bench(build=build, baseline=baseline.resolve(), options=options, folder=Path(folder))
        ends = bench.is_changed(revisions[-1]), bench.is_changed(revisions[0])
        if ends[0] is False:
            raise typer.Exit(_tell("the last revision keeps to the baseline", CONFORMS))
        if ends[0] is None or ends[1] is not False:
            raise typer.Exit(_tell("the first revision has to keep to the baseline, and the last one not", UNDECIDED))
        low, high = first_changed(revisions, bench.is_changed)
    between = revisions[low + 1 : high]
    if between:
        told = f"the first that is changed is one of: {', '.join([*between, revisions[high]])}"
        raise typer.Exit(_tell(told, UNDECIDED))
    raise typer.Exit(_tell(f"the first that is changed: {revisions[high]}", DIVERGES))


def _tell(line: str, code: int) -> int:
    """Print the last line, and return the exit code."""
    console().print(one_line(line), markup=False, highlight=False)
    return code
