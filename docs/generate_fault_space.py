"""Write down a measured power: in `reports/render/power.toml`, from which reports and certificates tell it, and at the
end of `docs/fault-space.md`.

    python docs/generate_fault_space.py DATE power.json…

Each file is one of `taskconform qualify --sample`; of each profile the last one given counts.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import tomlkit

from taskconform.conformance.qualification.power import BLIND, GAP, Group, Power, Share, decode

ROOT: Final = Path(__file__).resolve().parent.parent
HEAD: Final = "# The last measured power of each profile; docs/generate_fault_space.py writes this file.\n\n"
MEASURED: Final = "## Measured\n"


def record(date: str, power: Power) -> dict[str, Any]:
    """Return a measurement as it is put on record."""
    came = [one.came for one in power.missed]
    return {
        "profile": power.profile,
        "date": date,
        "version": power.version,
        "seed": power.seed,
        "space": power.space,
        "operators": power.operators,
        "sample": power.sample,
        "of_all": share(power.of_all),
        "of_different": share(power.of_different),
        "blind": came.count(BLIND),
        "gap": came.count(GAP),
    }


def share(given: Share) -> dict[str, float]:
    """Return a share with rounded bounds, in one line."""
    table = tomlkit.inline_table()
    table.update({"found": given.found, "of": given.of, "low": round(given.low, 3), "high": round(given.high, 3)})
    return table


def page(date: str, power: Power) -> str:
    """Return what the page says of a measurement."""
    told = power.told_apart
    drawn = f"{power.sample} of {power.space} mutants, {power.operators} operators, seed {power.seed}."
    apart = f"exploration {told['exploration']}, by the run only {told['run']}, not told apart {told['nobody']}."
    lines = [
        f"### {power.profile}, {date}, version {power.version}\n",
        f"{drawn} Told apart by the {apart}\n",
        "| share found | |\n|---|---|",
        f"| of all | {power.of_all.text} |",
        f"| of those that differ | {power.of_different.text} |",
        f"| of those that the exploration tells apart | {power.of_explored.text} |\n",
        *groups("module", power.by_module),
        *groups("operator", power.by_operator),
    ]
    return "\n".join(lines)


def groups(what: str, given: tuple[Group, ...]) -> list[str]:
    """Return a table of what came of the mutants of each operator or module."""
    rows = [f"| {one.name} | {one.drawn} | {one.found} | {one.blind} | {one.gap} | {one.conforms} |" for one in given]
    return [f"| {what} | drawn | found | blind oracle | gap | conforms |\n|---|---|---|---|---|---|", *rows, ""]


if __name__ == "__main__":
    date, *paths = sys.argv[1:]
    powers = {power.profile: power for power in (decode(Path(path).read_bytes()) for path in paths)}
    measured = {"measured": [record(date, power) for power in powers.values()]}
    (ROOT / "reports/render/power.toml").write_text(HEAD + tomlkit.dumps(measured), encoding="utf-8")
    shown = ROOT / "docs/fault-space.md"
    before = shown.read_text(encoding="utf-8").partition(MEASURED)[0].rstrip()
    parts = [page(date, power) for power in powers.values()]
    shown.write_text(f"{before}\n\n{MEASURED}\n" + "\n".join(parts), encoding="utf-8")
