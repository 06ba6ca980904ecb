"""govc, built once from the pinned modules in `govc/`, as vcsim is."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from here import TESTS

SOURCES = TESTS / "govc"


def govc() -> Path:
    """The program; it is built if it was not. Fails where there is no Go."""
    digest = hashlib.sha256(b"".join((SOURCES / name).read_bytes() for name in ("go.mod", "go.sum", "main.go")))
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "taskconform"
    built = cache / digest.hexdigest()[:16] / "govc"
    built.parent.mkdir(parents=True, exist_ok=True)
    with built.with_name("lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.exists():
            _build(built)
    return built


def _build(built: Path) -> None:
    go = shutil.which("go")
    assert go is not None, "no Go on PATH, and govc was not built before"
    unfinished = built.with_name(f"govc.{os.getpid()}")
    done = subprocess.run(
        [go, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", str(unfinished), "."],
        cwd=SOURCES,
        env={**os.environ, "GOWORK": "off"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    unfinished.replace(built)
