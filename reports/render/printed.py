"""Text for a terminal: what a target says neither moves its cursor nor begins a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.segment import Segment
from rich.text import Text

from taskconform.reports.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import ConsoleOptions, RenderableType


class Screen(Console):
    """A console on which only what prints is printed, whatever a renderable holds; line breaks alone are its own
    matter. Without emoji: a name such as `broken:factory:` must stay as it is."""

    def __init__(self, *, stderr: bool = False) -> None:
        """Open standard output, or standard error."""
        super().__init__(stderr=stderr, emoji=False, highlight=not stderr)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render, and escape what does not print."""
        for segment in super().render(renderable, options):
            plain = segment.control or segment.text == "\n"
            yield segment if plain else Segment("\n".join(map(one_line, segment.text.split("\n"))), segment.style)

    def on_broken_pipe(self) -> None:
        """Raise BrokenPipeError: whoever reads has gone, which says nothing of what was asked."""
        raise BrokenPipeError


def line(*parts: str | tuple[str, str]) -> Text:
    """Return one line of parts, each a text or a text with its style."""
    return Text.assemble(*(one_line(part) if isinstance(part, str) else (one_line(part[0]), part[1]) for part in parts))


def lines(*texts: str) -> Text:
    """Return several lines."""
    return Text("\n".join(map(one_line, texts)))
