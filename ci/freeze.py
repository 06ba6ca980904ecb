"""Freeze the requirement set of a release: `python ci/freeze.py VERSION`, or `--check VERSION`.

Writes the clauses of the registry, by API release, into model/clauses/requirements.toml; sets of other releases stay as
they are. With --check: exit code 1 if the set is not that of the registry.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
CLAUSES: Final = ROOT / "model" / "clauses"


def frozen() -> dict[str, list[str]]:
    """Return the ids of all clauses by the API release that brought them."""
    found: dict[str, list[str]] = {}
    for clause in tomllib.loads((CLAUSES / "registry.toml").read_text(encoding="utf-8"))["clause"]:
        found.setdefault(clause["since"], []).append(clause["id"])
    return {since: found[since] for since in sorted(found, key=lambda one: [int(part) for part in one.split(".")])}


def written(sets: dict[str, dict[str, list[str]]]) -> str:
    """Write the document."""
    lines = ["# Clauses that releases of the suite had, by API release. ci/freeze.py adds a set; none is changed."]
    for name, by_release in sets.items():
        lines += ["", f'["{name}"]']
        for since, ids in by_release.items():
            lines += [f'"{since}" = [', *(f'  "{one}",' for one in ids), "]"]
    return "\n".join(lines) + "\n"


def main(words: list[str]) -> int:
    """Write or check; gives the exit code."""
    check, version = words[:1] == ["--check"], words[-1] if words else ""
    if len(words) != 1 + check or not re.fullmatch(r"\d+\.\d+\.\d+", version):
        sys.stderr.write("python ci/freeze.py [--check] VERSION\n")
        return 3
    path = CLAUSES / "requirements.toml"
    sets = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if check:
        return 0 if sets.get(version) == frozen() else 1
    path.write_text(written({**sets, version: frozen()}), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
