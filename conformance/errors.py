"""Exceptions that end a command, each with the exit code that it ends with.

Exit codes: 0 conforms, or shows only what a waiver accepts, or what a baseline has · 1 a divergence, a change, a stale
or an expired waiver · 2 undecided: a clause that the profile requires was not exercised, or could not be decided · 3
wrong usage or configuration, the adapter's included · 4 the target could not be reached or broke off, the time was up,
or the suite failed · 130 the user interrupted it.

The message of each is one line, for standard error. Exceptions that never leave their own folder are defined there.
"""
# ruff: noqa: N818  # named as answers: most of them say what the target or the user did

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from taskconform.reports.document import Report

CONFORMS: Final = 0
DIVERGES: Final = 1
UNDECIDED: Final = 2
MISUSED: Final = 3
BROKE_OFF: Final = 4
INTERRUPTED: Final = 130


class CommandError(Exception):
    """A command cannot do what it was asked for."""

    exit_code: int = BROKE_OFF


class TargetUnreachable(CommandError):
    """The target could not be reached, refused the login, or broke off for good."""


class BrokenOff(CommandError):
    """The command cannot go on, for a reason that has nothing to do with the target."""


class TimeUp(BrokenOff):
    """The time that the user gave the command is over."""


class Interrupted(CommandError):
    """The user interrupted the command; the arguments are what should be known besides."""

    exit_code = INTERRUPTED

    def __str__(self) -> str:
        """Begin with the word that says it."""
        return "; ".join(("interrupted", *self.args))


class OutputClosed(CommandError):
    """The reader of standard output has gone; there is nobody to tell."""


class TargetMisnamed(CommandError):
    """The target's name or an option makes no sense, or what it needs is not installed."""

    exit_code = MISUSED


class AdapterFailed(CommandError):
    """The adapter did what its contract does not allow. `trace` is its own traceback, if it raised something."""

    exit_code = MISUSED

    def __init__(self, message: str, trace: str = "") -> None:
        """Keep the traceback with the message."""
        super().__init__(message, trace)
        self.trace = trace

    def __str__(self) -> str:
        """Return the message alone."""
        return str(self.args[0])


class Refused(CommandError):
    """The command was given arguments or files that it cannot use."""

    exit_code = MISUSED


class HistoryError(CommandError):
    """A history cannot be read."""

    exit_code = MISUSED


class TraceError(CommandError):
    """A trace cannot be read."""

    exit_code = MISUSED


class Rejected(CommandError):
    """A bundle does not hold up (exit code 1), or could not be made or read (3)."""

    def __init__(self, message: str, exit_code: int = DIVERGES) -> None:
        """Keep the exit code with the message."""
        super().__init__(message)
        self.exit_code = exit_code


class DoesNotConform(AssertionError):
    """The target diverges from a clause (exit code 1), or not all that is required could be judged (2). `report` has
    the whole run."""

    def __init__(self, message: str, report: Report) -> None:
        """Keep the report with the message."""
        super().__init__(message)
        self.report = report
        self.exit_code: int = report.run.exit_code
