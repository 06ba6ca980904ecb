"""Peak memory of each process of a run on the built-in target.

    python benchmarks/memory.py [--workers 2] [--runs 5]

A run is its own process, and so is each of its workers. The first reports its own peak resident set and the largest of
its workers', as the system counts them (`getrusage`): reports, traces and history are written as by `taskconform run`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

BAR = 300
KIB = 1024
ONE = "--one"


def peak(whose: int) -> float:
    """Peak resident set in MB."""
    size = resource.getrusage(whose).ru_maxrss
    return size / (KIB * KIB) if sys.platform == "darwin" else size / KIB


def run_here(profile: str, workers: int) -> None:
    """Run in this process, its output thrown away, and print the peaks."""
    from taskconform.conformance.cli.command import app  # noqa: PLC0415  # the measured process alone loads the suite

    with tempfile.TemporaryDirectory() as folder, Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        stdout, sys.stdout = sys.stdout, nowhere
        arguments = ["run", "builtin", "--profile", profile, "--workers", str(workers), "--out", folder]
        try:
            app(arguments, standalone_mode=False)
        finally:
            sys.stdout = stdout
    print(json.dumps([peak(resource.RUSAGE_SELF), peak(resource.RUSAGE_CHILDREN)]))


def measured(profile: str, workers: int) -> tuple[float, float]:
    """Peaks of the run's own process, and of its largest worker."""
    command = [sys.executable, __file__, ONE, profile, "--workers", str(workers)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  # this very program
    own, largest = json.loads(done.stdout.splitlines()[-1])
    return own, largest


def main() -> None:
    parser = argparse.ArgumentParser(description="peak memory per process, on builtin")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument(ONE, dest="one", metavar="PROFILE", help="one run in this very process")
    arguments = parser.parse_args()
    if arguments.one:
        run_here(arguments.one, arguments.workers)
        return
    print(f"medians of {arguments.runs}, {arguments.workers} workers, peak resident set per process (< {BAR} MB)")
    for profile in ("quick", "standard"):
        found = [measured(profile, arguments.workers) for _ in range(arguments.runs)]
        own, largest = (statistics.median(each[number] for each in found) for number in range(2))
        print(f"{profile:9s} run {own:6.1f} MB   largest worker {largest:6.1f} MB")


if __name__ == "__main__":
    main()
