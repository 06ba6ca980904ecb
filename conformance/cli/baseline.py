"""`taskconform baseline`: pins how a target behaves today, from one or several finished runs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path  # noqa: TC003  # the command line asks for it
from typing import TYPE_CHECKING, Annotated

import typer

from taskconform.conformance.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskconform.conformance.verdicts.baseline import Baseline
    from taskconform.conformance.verdicts.pinning import Folder, Written

UNOWNED = "nobody yet"
"""The owner of what nobody was named for."""


def baseline(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR...", help="The folders of finished runs; a file of waivers, or a baseline, beside them."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where the baseline goes; TOML.")],
    owner: Annotated[str, typer.Option(help="Who answers for what is new in it.")] = UNOWNED,
    reason: Annotated[str, typer.Option(help="Why that is accepted; default: that it was so on this day.")] = "",
    link: Annotated[str, typer.Option(help="Where it is tracked.")] = "",
    expires: Annotated[
        str | None, typer.Option(metavar="DATE", help="Until when; at most, and by default, 180 days ahead.")
    ] = None,
    update: Annotated[  # noqa: FBT002
        bool, typer.Option("--update", help="Bring FILE up to date: owners, reasons, dates and comments stay.")
    ] = False,
) -> None:
    """Pin how a target behaves today, from one or several finished runs of it: known divergences and where they begin,
    interpretations, what is not exercised, what comes and goes and how often. Runs with several seeds tell what comes
    and goes. `run --baseline FILE` is green while nothing of it changes. Owners, reasons, links and dates are taken
    over from waivers and baselines that are named beside the folders."""
    from taskconform.conformance.cli.terminal import console  # noqa: PLC0415  # keeps `--help` quick
    from taskconform.conformance.verdicts.baseline import load_baseline  # noqa: PLC0415
    from taskconform.conformance.verdicts.baseline_file import write_baseline  # noqa: PLC0415
    from taskconform.conformance.verdicts.pinning import Written, pin, read_folder  # noqa: PLC0415
    from taskconform.conformance.verdicts.updating import updated  # noqa: PLC0415
    from taskconform.conformance.verdicts.waivers import LONGEST, day, today  # noqa: PLC0415

    if out.exists() and not update:
        message = f"{out} is there already: --update brings it up to date"
        raise Refused(message)
    folders = [read_folder(path) for path in runs if not path.is_file()]
    if not folders:
        message = "a baseline is made from the folder of a finished run: taskconform run TARGET --out DIR"
        raise Refused(message)
    until = day(expires) if expires is not None else today() + LONGEST
    if until - today() > timedelta(days=LONGEST.days):
        message = f"--expires {until}: at most {LONGEST.days} days ahead, {today() + LONGEST}, can be given"
        raise Refused(message)
    default = Written(owner=owner, reason=reason or f"so on {today()}", expires=until, link=link)
    written = _written([path for path in runs if path.is_file()])
    old = load_baseline(out, today()).baseline if update and out.exists() else None
    made = pin(folders, {**written, **(_of(old) if old is not None else {})}, default)
    if old is not None:
        made = updated(old, made, folders)
    write_baseline(made, _told(folders), out)
    steady, loose = len(made.divergence), len(made.intermittent)
    console().print(
        f"{out}: {steady} known divergences, {loose} that come and go, {len(made.interpretations)} open clauses, "
        f"{len(made.not_exercised)} not exercised; from {made.runs.runs} runs",
        highlight=False,
        soft_wrap=True,
    )


def _written(files: Sequence[Path]) -> dict[str, Written]:
    """Read what people wrote in waivers and in other baselines. Raises Refused."""
    from taskconform.conformance.verdicts.baseline import load_baseline, read_document  # noqa: PLC0415
    from taskconform.conformance.verdicts.pinning import written_by  # noqa: PLC0415
    from taskconform.conformance.verdicts.waivers import load, today  # noqa: PLC0415

    found: dict[str, Written] = {}
    for path in files:
        if "schema" in read_document(path):
            found |= _of(load_baseline(path, today()).baseline)
        else:
            found |= written_by(load(path, today()).waivers)
    return found


def _of(old: Baseline) -> dict[str, Written]:
    """Give what people wrote in a baseline."""
    from taskconform.conformance.verdicts.pinning import Written  # noqa: PLC0415

    return {
        each.signature: Written(owner=each.owner, reason=each.reason, expires=each.expires, link=each.link)
        for each in old.known.values()
    }


def _told(folders: Sequence[Folder]) -> dict[str, list[str]]:
    """Explain each divergence of the runs."""
    from taskconform.conformance.verdicts.baseline_file import explained  # noqa: PLC0415
    from taskconform.reports.cause import cause_of  # noqa: PLC0415
    from taskconform.reports.trace import listing  # noqa: PLC0415

    return {
        found.signature: explained(
            cause_of(folder.traces.get(found.signature)),
            found.expected,
            found.observed,
            listing(folder.traces[found.signature]) if found.signature in folder.traces else "",
        )
        for folder in reversed(folders)
        for clause in folder.report.clauses
        for found in clause.divergences
    }
