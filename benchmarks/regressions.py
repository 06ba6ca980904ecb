"""Regressions of a real simulator, put into its own source, and what a gate says of each.

    python benchmarks/regressions.py --baseline baseline.toml [--only '0*'] [--seed 21] [--profile quick] [--out DIR]

Builds vcsim over govmomi 0.56.0 with each patch of `regressions/`, and runs the gate on it, against a baseline of the
unchanged simulator (`taskconform baseline`). A regression is *named* if the gate is red and one of its lines names a
clause, or a habit, that `list.toml` allows; *red* if it is red by other lines only; *missed* if it is not red. The
unchanged simulator, built in the same way, has to be green. Needs Go, `patch`, and a quarter of a gigabyte.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATCHES = Path(__file__).parent / "regressions"
HOST = ROOT / "conformance" / "targets" / "govmomi"
MODULE = "github.com/vmware/govmomi"
UNCHANGED = {"id": "unchanged", "kind": "", "what": "The simulator as it is.", "names": []}


def go(*words: str, cwd: Path) -> str:
    """Carry out a command of Go. Raises CalledProcessError."""
    done = subprocess.run(  # noqa: S603  # go, as found on PATH
        ["go", *words],  # noqa: S607
        cwd=cwd,
        env={**os.environ, "GOWORK": "off", "GOFLAGS": "-mod=mod"},
        capture_output=True,
        check=True,
    )
    return done.stdout.decode()


def built(one: dict[str, object], folder: Path) -> Path:
    """Build the simulator with one patch. Raises CalledProcessError."""
    binary = folder / f"vcsim-{one['id']}"
    host, module = folder / "host", folder / "module"
    for each in (host, module):
        shutil.rmtree(each, ignore_errors=True)
    shutil.copytree(HOST, host)
    version = re.search(rf"{re.escape(MODULE)} (v\S+)", (host / "go.mod").read_text())
    if version is None:
        message = "the host program names no version of govmomi"
        raise SystemExit(message)
    source = json.loads(go("mod", "download", "-json", f"{MODULE}@{version[1]}", cwd=host))["Dir"]
    shutil.copytree(source, module, copy_function=shutil.copy)
    for each in (module, *module.rglob("*")):
        each.chmod(0o755 if each.is_dir() else 0o644)
    if one is not UNCHANGED:
        patch = PATCHES / f"{one['id']}.patch"
        subprocess.run(["patch", "-p1", "-s", "-i", str(patch)], cwd=module, check=True)  # noqa: S603, S607
    go("mod", "edit", f"-replace={MODULE}=../module", cwd=host)
    go("build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", str(binary), ".", cwd=host)
    return binary


def allowed(one: dict[str, object], change: dict[str, object]) -> bool:
    """Tell whether a change rightly names a regression."""
    clause, told = str(change["clause"]), str(change["told"])
    if clause:
        return any(fnmatch.fnmatchcase(clause, name) for name in one["names"])  # type: ignore[attr-defined]
    habit = told.removeprefix("behaviour changed: ")
    return any(habit.startswith(name) for name in one.get("habits", ()))  # type: ignore[attr-defined]


def gated(one: dict[str, object], binary: Path, out: Path, arguments: argparse.Namespace) -> dict[str, object]:
    """Run the gate on a simulator, and say what came of it."""
    words = [sys.executable, "-m", "taskconform.conformance", "run", f"vcsim:{binary}", "--out", str(out)]
    words += ["--seed", str(arguments.seed), "--profile", arguments.profile, "--baseline", str(arguments.baseline)]
    started = time.perf_counter()
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603  # ourselves
    seconds = time.perf_counter() - started
    if not (out / "report.json").exists():
        raise SystemExit(done.stderr)
    changes = json.loads((out / "report.json").read_text())["baseline"]["changes"]
    blocking = [each for each in changes if each["blocks"]]
    rightly = [each for each in blocking if allowed(one, each)]
    word = "named" if rightly else "red" if done.returncode == 1 else "missed"
    if one is UNCHANGED:
        word = "green" if done.returncode == 0 else "FALSE ALARM"
    lines = [f"{each['clause']}: {each['told']}" if each["clause"] else each["told"] for each in (rightly or blocking)]
    return {
        "id": one["id"],
        "kind": one["kind"],
        "what": one["what"],
        "exit": done.returncode,
        "word": word,
        "seconds": round(seconds, 1),
        "lines": lines,
    }


def main() -> None:
    """Try all, print a line each as they come, and write `results.json`."""
    parser = argparse.ArgumentParser(description="regressions in a simulator's source, and what a gate says of them")
    parser.add_argument("--baseline", type=Path, required=True)
    parser.add_argument("--only", default="*")
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--profile", default="quick")
    parser.add_argument("--out", type=Path, default=Path("regressions-out"))
    arguments = parser.parse_args()
    arguments.out = arguments.out.resolve()
    arguments.out.mkdir(parents=True, exist_ok=True)
    known = tomllib.loads((PATCHES / "list.toml").read_text(encoding="utf-8"))["regression"]
    results = []
    for one in (UNCHANGED, *known):
        if not fnmatch.fnmatchcase(str(one["id"]), arguments.only):
            continue
        binary = built(one, arguments.out)
        result = gated(one, binary, arguments.out / str(one["id"]), arguments)
        binary.unlink()
        results.append(result)
        told = (
            f"{result['id']:42} {result['kind']:6} exit {result['exit']} {result['word']:7} {result['seconds']:6.1f} s"
        )
        print(f"{told}  {'; '.join(result['lines'][:2])[:200]}", flush=True)
        (arguments.out / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    bad = [each for each in results if each["word"] in {"missed", "red", "FALSE ALARM"}]
    print(f"{len(results) - len(bad)} of {len(results)} as they should be")


if __name__ == "__main__":
    main()
