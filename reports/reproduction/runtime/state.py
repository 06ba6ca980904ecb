"""State of one script run."""

from collections.abc import Callable
from typing import Any

SESSIONS: list[Any] = []
CREATED: list[Any] = []
UNDO: list[Callable[[], object]] = []
