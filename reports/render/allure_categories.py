"""Allure's categories: a clause that did not pass stands under its verdict.

Allure sorts by status and message. So the message of a clause begins with a word of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from allure_commons.model2 import Status

from taskconform.reports.wording import LABELS

if TYPE_CHECKING:
    from taskconform.reports.cases import Case


def _category(name: str, status: str, begins: str) -> dict[str, Any]:
    """A category: its name, the status, and how the message begins (a regular expression)."""
    return {"name": name, "matchedStatuses": [status], "messageRegex": f"(?s){begins}.*"}


CATEGORIES: Final = [
    _category("Failed: diverges from the documented API", Status.FAILED, "(must|should|reading): "),
    _category("Waiver stale or expired: strike it off, or renew it", Status.FAILED, "(stale|expired) waiver of "),
    _category("Undecided: seen and not shown again, or lost", Status.BROKEN, LABELS["undecided"]),
    _category("Not exercised, though required", Status.BROKEN, LABELS["not_exercised"]),
    _category("Waived: known, and accepted until a date", Status.SKIPPED, "XFAIL waived"),
    _category("Failed, of what only should hold", Status.SKIPPED, "XFAIL should"),
    _category("Not exercised", Status.SKIPPED, LABELS["not_exercised"]),
    _category("Not applicable", Status.SKIPPED, LABELS["not_applicable"]),
]
"""Every clause that did not pass is in exactly one of them."""


def message_of(case: Case) -> str:
    """Return the message of a case for Allure; empty if it passed."""
    match case.outcome:
        case "xfailed":
            return f"XFAIL {case.message}"
        case "skipped" if not case.message.startswith(LABELS[case.clause.verdict]):
            return f"{LABELS[case.clause.verdict]}: {case.message}"
        case _:
            return case.message
