"""Text for a terminal: what a target says neither moves its cursor nor begins a line."""

from __future__ import annotations

from rich.text import Text

from taskconform.reports.plain import one_line


def line(*parts: str | tuple[str, str]) -> Text:
    """Return one line of parts, each a text or a text with its style."""
    return Text.assemble(*(one_line(part) if isinstance(part, str) else (one_line(part[0]), part[1]) for part in parts))


def lines(*texts: str) -> Text:
    """Return several lines."""
    return Text("\n".join(map(one_line, texts)))
