"""Progress of a long command, told while it goes on."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Told of progress: the stage, how much of it is done, and how much there is."""
