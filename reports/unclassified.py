"""Unclassified differences in words: outcomes that the specification does not give, and no clause speaks of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from taskconform.reports.document import Report, Unclassified

SHOWN: Final = 5
"""Differences that are shown on one screen."""


def headline(report: Report) -> str:
    """Say how many there are, "" if there are none."""
    count = len(report.unclassified)
    kinds = "1 kind of difference" if count == 1 else f"{count} kinds of differences"
    return f"{kinds} from the specification that no clause covers (unclassified; decides nothing)" if count else ""


def told(one: Unclassified) -> str:
    """Tell one in a line."""
    cases = "1 test case" if one.test_cases == 1 else f"{one.test_cases} test cases"
    return f"{one.call}, {one.where}: the specification has {one.expected}; observed {one.observed} ({cases})"


def lines(report: Report, most: int = SHOWN) -> list[str]:
    """Tell all of them, the steps of each below it."""
    found = [headline(report)] if report.unclassified else []
    for one in report.unclassified[:most]:
        found += [f"  {told(one)}", *(f"    {number}. {step}" for number, step in enumerate(one.steps, 1))]
    left = len(report.unclassified) - most
    return [*found, f"  and {left} more; --verbose, or the report, has them all"] if left > 0 else found
