"""The commands around gates: `waive` and `diff`, and what `judge` says of verdicts that have changed."""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003  # the command line asks for it
from typing import TYPE_CHECKING, Annotated

import typer

from taskconform.conformance.errors import Refused
from taskconform.reports.render.printed import Screen, line

if TYPE_CHECKING:
    from rich.console import Console

    from taskconform.reports.document import Report

REPORT = "report.json"


# --- the commands -----------------------------------------------------------------------------------------------------


def waive(
    report: Annotated[Path, typer.Argument(help="report.json, or the folder that a run wrote.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FILE", help="Where the waivers go; what is there already stays.")
    ],
) -> None:
    """Write a waiver for each divergence of REPORT that has none: reason, owner and expiry are to be filled in, and the
    file is refused until they are."""
    from taskconform.conformance.verdicts.stubs import add_stubs  # noqa: PLC0415  # keeps `--help` quick

    added = add_stubs(read_report(report), out)
    told = f"{added} waivers to be filled in: {out}" if added else f"nothing to waive that {out} does not have"
    _console().print(told if added != 1 else f"1 waiver to be filled in: {out}", highlight=False, soft_wrap=True)


def diff(
    old: Annotated[Path, typer.Argument(help="report.json, or the folder that a run wrote.")],
    new: Annotated[Path, typer.Argument(help="The same, of a later run.")],
    json: Annotated[bool, typer.Option("--json", help="As one JSON document.")] = False,  # noqa: FBT002
    markdown: Annotated[bool, typer.Option("--markdown", help="For a pull request.")] = False,  # noqa: FBT002
    strict: Annotated[bool, typer.Option("--strict", help="A should-clause that failed counts too.")] = False,  # noqa: FBT002
) -> None:
    """Show what changed between two reports. Exit code 0: nothing got worse; 1: a new divergence that nothing waives;
    2: a clause that was tested is no longer."""
    from taskconform.reports.diff import compare, encode  # noqa: PLC0415
    from taskconform.reports.render import diff_shown  # noqa: PLC0415  # keeps `--help` quick

    if json and markdown:
        message = "--json or --markdown, not both"
        raise Refused(message)
    found = compare(read_report(old), read_report(new), strict=strict)
    if json:
        sys.stdout.write(encode(found).decode())
    elif markdown:
        sys.stdout.write(diff_shown.markdown(found))
    else:
        diff_shown.render(found, _console())
    raise typer.Exit(found.exit_code)


# --- reports that are there -------------------------------------------------------------------------------------------


def read_report(path: Path) -> Report:
    """A report, or that in a folder. Raises Refused."""
    from taskconform.reports.document import ReportError, decode  # noqa: PLC0415

    file = path / REPORT if path.is_dir() else path
    try:
        return decode(file.read_bytes())
    except OSError as problem:
        message = f"cannot read {file}: {problem.strerror}"
        raise Refused(message) from None
    except ReportError as problem:
        message = f"{file}: {problem}"
        raise Refused(message) from None


def stored_report(history: Path, given: Path | None) -> Report | None:
    """The report that is given, or the one beside a history or in its folder; None if there is none. Raises Refused."""
    if given is not None:
        return read_report(given)
    beside = [file for file in (history.parent / REPORT, history / REPORT) if file.is_file()]
    return read_report(beside[0]) if beside else None


def render_flips(stored: Report, now: Report, console: Console) -> None:
    """Print which verdicts are other ones than they were, and why."""
    from taskconform.reports.flips import flips, suites  # noqa: PLC0415

    found = flips(stored, now)
    console.print()
    console.print(line((f"Against the stored report: {suites(stored, now)}", "bold")))
    for each in found:
        verdicts = f"{each.before} -> {each.after}" if each.before != each.after else each.after
        console.print(line((f"  {each.clause}", "bold"), f"  {verdicts}"))
        for reason in each.reasons:
            console.print(line(f"    {reason}"))
    told = f"{len(found)} of {len(now.clauses)} clauses have flipped" if found else "every verdict is what it was"
    console.print(line(told))


def _console() -> Console:
    return Screen()
