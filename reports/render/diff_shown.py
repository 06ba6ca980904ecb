"""The diff as people read it: in the terminal, and as Markdown for a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding

from taskconform.reports.diff import KINDS, sentence
from taskconform.reports.render.markdown import code, table, text
from taskconform.reports.render.printed import line, lines
from taskconform.reports.wording import LEVELS

if TYPE_CHECKING:
    from rich.console import Console

    from taskconform.reports.diff import Change, Diff


def markdown(diff: Diff) -> str:
    """The whole diff; the sentence stands first."""
    parts = [
        f"## {text(sentence(diff))}",
        table(["", "old", "new"], [[text(cell) for cell in row] for row in _sides(diff)]),
    ]
    if diff.notes:
        parts.append("\n".join(f"- {text(note)}" for note in diff.notes))
    for kind, title in KINDS.items():
        rows = [
            [
                LEVELS[change.level],
                code(change.clause),
                text(_verdicts(change)),
                code(change.signature) if change.signature else "",
                text("; ".join(_told(change))),
            ]
            for change in diff.changes
            if change.kind == kind
        ]
        if rows:
            parts.append(f"### {title}\n\n{table(['level', 'clause', 'verdict', 'signature', ''], rows)}")
    if diff.readings:
        rows = [[code(each.id), text(", ".join(each.before)), text(", ".join(each.after))] for each in diff.readings]
        parts.append(f"### Interpretations\n\n{table(['open clause', 'left before', 'left now'], rows)}")
    return "\n\n".join(parts) + "\n"


def render(diff: Diff, console: Console) -> None:
    """Print the whole diff; the sentence stands last."""
    for name, old, new in _sides(diff):
        console.print(line(f"{name:<9} {old}" + (f"  ->  {new}" if new != old else "")))
    for note in diff.notes:
        console.print(line((f"note      {note}", "yellow")))
    for kind, title in KINDS.items():
        changes = [change for change in diff.changes if change.kind == kind]
        if not changes:
            continue
        console.print()
        console.print(line((title, "bold")))
        for change in changes:
            head = line((change.clause, "bold"), f"  ({LEVELS[change.level]})  {_verdicts(change)}")
            console.print(Padding(head, (0, 0, 0, 2)))
            more = [f"signature {change.signature}"] if change.signature else []
            console.print(Padding(lines(*more, *_told(change)), (0, 0, 0, 4)))
    for each in diff.readings:
        console.print()
        told = f"{each.id}: {', '.join(each.before) or 'none'}  ->  {', '.join(each.after) or 'none'}"
        console.print(line(("Interpretations left  ", "bold"), told))
    console.print()
    console.print(line((sentence(diff), {0: "green", 1: "bold red"}.get(diff.exit_code, "magenta"))))


def _sides(diff: Diff) -> list[list[str]]:
    """Return the two sides that are compared: rows of name, old, new."""
    sides = (diff.old, diff.new)
    return [
        ["target", *(" ".join([side.target, *map(str, side.identity.values())]) for side in sides)],
        ["run", *(f"suite {side.suite}, {side.profile}, {side.started}" for side in sides)],
    ]


def _verdicts(change: Change) -> str:
    return change.after if change.before == change.after else f"{change.before} -> {change.after}"


def _told(change: Change) -> list[str]:
    """Return the summary, the old signatures and the note of a change."""
    was = [f"instead of {', '.join(change.was)}"] if change.was else []
    return [part for part in (change.summary, *was, change.note) if part]
