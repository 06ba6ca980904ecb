"""Markdown as the job pages of continuous integrations render it: tables, parts that open, text that stays text.

What a target says gets into Markdown by `text`, `code`, `title` or `fenced`, and in no other way.
"""

from __future__ import annotations

import re
from html import escape
from typing import Final

from taskconform.reports.plain import one_line

_MARKUP: Final = re.compile(r"([\\`*_\[\]#|~$])")
_SPECIAL: Final = re.compile(r"[\\`*_\[\]#|~$<>&\"!]")
_BEGINS: Final = re.compile(r"(\d{0,9})([-+=.):])")
"""The head of a line that would begin a list, a heading or a rule."""
_LINKED: Final = re.compile(r"(@|#|\bGH(?=-)|:(?=//)|\bwww(?=\.)|\b(?:mailto|xmpp)(?=:))", re.IGNORECASE)
"""Beginnings of mentions, references and links; a space of no width after them keeps the text plain."""


def text(text: str) -> str:
    """Return plain text for running Markdown: one line, none of it read as markup, mention or link."""
    flat = _MARKUP.sub(r"\\\1", escape(_flat(text), quote=False))
    return _BEGINS.sub(r"\1\\\2", flat, count=1) if _BEGINS.match(flat) else flat


def title(text: str) -> str:
    """Return plain text for the title of a part that opens, which is HTML."""
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", _flat(text))


def code(text: object) -> str:
    """Return text in a fixed font, also within a table."""
    return f"<code>{title(str(text))}</code>"


def fenced(text: str, language: str) -> str:
    """Return one line as a block of code, which that line cannot end."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{one_line(text)}\n{fence}"


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a table of cells that are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def details(title: str, body: str) -> str:
    """Return a part that opens to its body: a title in HTML, a body in Markdown."""
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _flat(text: str) -> str:
    """Return a text as one line, in which nothing links."""
    return _LINKED.sub("\\1\u200b", " ".join(one_line(text).split()))
