"""Markdown as the job pages of continuous integrations render it: text that stays text, tables, what opens."""

from __future__ import annotations

from html import escape


def text(text: str) -> str:
    """Plain text in running Markdown: one line, nothing of it read as markup."""
    flat = " ".join(escape(text, quote=False).split())
    return "".join(f"\\{letter}" if letter in "\\`*_[]#|" else letter for letter in flat)


def code(text: str) -> str:
    """Text in a fixed font, also within a table."""
    flat = " ".join(str(text).split())
    return f"<code>{escape(flat, quote=False).replace('|', '&#124;')}</code>"


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def details(title: str, body: str) -> str:
    """Something that opens to its body: a title in HTML, a body in Markdown."""
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"
