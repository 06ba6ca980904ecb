"""Write what the matrix page is drawn from: the built-in simulator and three releases of vcsim, as vCenter and as ESXi.

    python docs/generate_matrix.py RUNS docs/matrix.json

RUNS is a folder: a run that is there already is not made again. Each takes some minutes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from taskconform.conformance.cli.matrix import read_report
from taskconform.reports.render.matrix import encode, matrix_of

RELEASES = ("v0.56.0", "v0.48.0", "v0.39.0")
"""Of govmomi, the newest first."""

TIMEOUT = {"no": "2", "yes": "1"}
"""Seconds, by whether it is an ESXi host: there CreateTask panics in vcsim, and all that comes after it times out."""


def runs() -> dict[str, list[str]]:
    """The name of each run, and what is said to `taskconform run` for it."""
    found = {"builtin": ["builtin"], "builtin-esxi": ["builtin", "--set", "flavour=esxi"]}
    for esx in ("no", "yes"):
        for release in RELEASES:
            options = (f"release={release}", f"esx={esx}", f"timeout={TIMEOUT[esx]}")
            name = f"vcsim-{release}{'-esx' if esx == 'yes' else ''}"
            found[name] = ["vcsim", *(word for option in options for word in ("--set", option))]
    return found


def performed(folder: Path, words: list[str]) -> Path:
    """The folder of a run, which is made if it is not there. Raises CalledProcessError if the run itself failed."""
    if not (folder / "report.json").exists():
        command = [sys.executable, "-m", "taskconform.conformance", "run", *words, "--out", str(folder)]
        done = subprocess.run(command, check=False)  # noqa: S603  # ourselves
        if done.returncode not in {0, 1, 2}:
            done.check_returncode()
    return folder


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, help="the folder that holds the runs")
    parser.add_argument("out", type=Path, help="the file to write")
    given = parser.parse_args()
    folders = [performed(given.runs / name, words) for name, words in runs().items()]
    given.out.write_bytes(encode(matrix_of([read_report(folder) for folder in folders])))
