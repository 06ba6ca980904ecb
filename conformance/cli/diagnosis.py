"""The diagnosis: what the doctor found out about a target, on the terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from taskconform.conformance.cli.doctor import SAMPLES
from taskconform.conformance.engine.haste import is_worth_while
from taskconform.conformance.engine.profile import PROFILES
from taskconform.conformance.targets.naming import is_url
from taskconform.conformance.verdicts.decide import decide
from taskconform.conformance.verdicts.judgement import Tally
from taskconform.reports.render.printed import line

CALLS_OF_QUICK: Final = 80_000
CALLS_BESIDE_OTHERS: Final = 54_000
"""Calls of quick on a server that is ours alone, and on one that others use."""
ITEMS_OF_HISTORY: Final = 750_000
"""Items that quick reads where no fresh server can be had: pages of a history that grows with the run."""
AN_ITEM: Final = 0.00008
"""Seconds that an item takes, on its way and with us."""
SHARES: Final = {"CreateTask": 0.6, "CreateCollectorForTasks": 0.2, "ReadTaskInfo": 0.1}
"""Share of the calls that are not made without a call."""
HEAVIER: Final = 1.3
"""Time that a call takes, as a multiple of that of the plain read that is measured."""
OWN: Final = 0.0005
"""Seconds that the suite itself takes for a call."""
YEAR: Final = 366 * 86_400
SETTLINGS: Final = 400
"""Times that quick waits for the settling time."""

if TYPE_CHECKING:
    from rich.console import Console

    from taskconform.conformance.cli.doctor import Examination
    from taskconform.model.vocabulary.declaration import Declaration


def render(found: Examination, console: Console) -> None:
    """Print an examination."""
    declaration = found.declaration
    about = declaration.about
    console.print(line((f"{declaration.name}: {about.full_name or about.name}", "bold")))
    console.print()
    console.print(_facts(found))
    out, reasons = _out_of_scope(declaration)
    console.print()
    console.print(Text(f"Out of scope: {out} clauses", style="bold"))
    console.print(_grid([(str(count), reason) for reason, count in reasons.most_common()], justify="right"))
    console.print()
    console.print(Text("The adapter", style="bold"))
    for check in found.checks:
        word, style = ("not seen", "cyan") if check.unseen else ("sound", "green")
        if check.wrong:
            word, style = "UNSOUND", "bold red"
        console.print(Text.assemble((f"{word:>8}", style), f"  {check.name}"))
        if check.wrong or check.unseen:
            console.print(Padding(line(check.wrong or check.unseen), (0, 0, 0, 10)))
    _declare(found, console)


def _declare(found: Examination, console: Console) -> None:
    """Print what the target does not have, as a declaration to paste: an option, and code."""
    if not found.lacks:
        return
    words = (*found.declaration.without, *(each for each in found.lacks if each not in found.declaration.without))
    console.print()
    console.print(Text("It does not have", style="bold"))
    console.print(Padding(Text(", ".join(found.lacks)), (0, 0, 0, 2)))
    console.print("To have the clauses on that left out, declare it:")
    if is_url(found.declaration.name):
        console.print(f"  --set without={','.join(words)}", soft_wrap=True, markup=False, highlight=False)
    else:
        console.print(f"  without={words!r}", soft_wrap=True, markup=False, highlight=False)


def _facts(found: Examination) -> Table:
    """Lay out what the target is, what it can do, and how fast it is."""
    declaration, about = found.declaration, found.declaration.about
    version = f"{about.version} build {about.build}, API {about.api_version}, {about.api_type}"
    calls_of_quick, seconds = _estimate(found)
    rows = [
        ("it says", f"{about.vendor} {version}"),
        *((name, value) for name, value in declaration.identity.items()),
        ("accounts", ", ".join(f"{account.name} ({account.user_name})" for account in declaration.accounts)),
        ("it can", ", ".join(declaration.capabilities) or "nothing beside the calls themselves"),
        ("others", "nobody else uses it" if declaration.exclusive else "others may use it"),
        ("settling", f"{declaration.settling:g} s" + (f"; history lagged {found.lag:.1f} s" if found.lag else "")),
        ("opened", f"in {_seconds(found.opening)}"),
        ("connecting", _seconds(found.connecting)),
        ("login", _seconds(found.login)),
        ("round trip", f"{_seconds(found.round_trip)}, the median of {SAMPLES}"),
        ("its clock", _clock(found)),
        ("quick", f"about {_minutes(seconds)} in one process: {calls_of_quick} calls of {_seconds(found.a_call)}"),
    ]
    return _grid([(name, value) for name, value in rows if value])


def _grid(rows: list[tuple[str, str]], justify: str = "left") -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(justify="right" if justify == "right" else "left", min_width=10)
    grid.add_column(overflow="fold")
    for name, value in rows:
        grid.add_row(line((name, "dim" if justify == "left" else "")), line(value))
    return grid


def _out_of_scope(declaration: Declaration) -> tuple[int, Counter[str]]:
    """Count the clauses that are not applicable whatever a run does, in all and by reason."""
    clauses = decide(Tally(), declaration, PROFILES["quick"]).clauses
    reasons = Counter(clause.reason for clause in clauses if clause.verdict == "not_applicable")
    return reasons.total(), reasons


def _estimate(found: Examination) -> tuple[int, float]:
    """The calls that `quick` makes here, about, and the seconds that takes one process."""
    without = found.declaration.calls_without
    made = CALLS_OF_QUICK if found.declaration.exclusive else CALLS_BESIDE_OTHERS
    made = round(made * (1 - sum(share for call, share in SHARES.items() if call in without)))
    waits = SETTLINGS * found.declaration.settling if found.lag or not is_worth_while(found.declaration) else 0.0
    is_fresh = "reset" in found.declaration.capabilities or "CreateCollectorForTasks" in without
    history = 0.0 if is_fresh else ITEMS_OF_HISTORY * AN_ITEM * made / CALLS_OF_QUICK
    return made, made * (HEAVIER * found.a_call + OWN) + waits + history


def _clock(found: Examination) -> str:
    if "clock" in found.declaration.capabilities:
        return "can be moved"
    if found.wide > YEAR:
        return "does not tell the time: what rests on times can hardly be judged"
    side = "ahead of" if found.offset > 0 else "behind"
    return f"{_seconds(abs(found.offset))} {side} ours, known to {_seconds(found.wide)}"


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 100 else f"{seconds:.0f} s" if seconds >= 1 else "1 s"
