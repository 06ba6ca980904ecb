"""Excerpts: what is recorded at length, cut to what a page can hold, with a note of how much was left out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from taskconform.reports.render.timeline.columns import answer_of, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST: Final = 2
"""Items at the head of a long list that are shown; of its end, one."""
LONGEST_LIST: Final = 6
"""A list up to this long is shown whole."""
LONGEST_TEXT: Final = 600
"""Letters of a text that are shown."""
MOST: Final = 12_000
"""Letters of an exchange that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """The text, and what it leaves out, in words; nothing if it is whole."""

    text: str
    left_out: str = ""


def exchange_excerpt(exchange: Sequence[dict[str, Any]], shows: int, most: int = MOST) -> Excerpt:
    """An exchange as text, one call after the other: those of the step that shows the divergence, and as many others
    before it as there is room for. Long lists are cut everywhere."""
    order = sorted(range(len(exchange)), key=lambda number: (exchange[number]["step"] != shows, -number))
    told: dict[int, str] = {}
    for number in order:
        text = _told(exchange[number])
        most -= len(text)
        if most < 0 and told:
            break
        told[number] = text
    lines: list[str] = []
    before = -1
    for number in [*sorted(told), len(exchange)]:
        lines += [f"… {number - before - 1} calls …"] if number > before + 1 else []
        lines += [told[number]] if number in told else []
        before = number
    cut = len(exchange) - len(told)
    return Excerpt(text="\n\n".join(lines), left_out=f"{cut} of {len(exchange)} calls are left out" if cut else "")


def text_excerpt(text: str, most: int) -> Excerpt:
    """A text up to a line of it, at most so many letters."""
    if len(text) <= most:
        return Excerpt(text=text)
    kept = text[: text.rfind("\n", 0, most) + 1] or text[:most]
    lines = len(text[len(kept) :].splitlines())
    return Excerpt(text=kept, left_out=f"{lines} of {len(text.splitlines())} lines are left out")


def _told(each: dict[str, Any]) -> str:
    """One call and its outcome, with the JSON that was recorded."""
    step = "set-up" if each["step"] < 0 else f"step {each['step'] + 1}"
    outcome = dict(each["outcome"])
    at = outcome.pop("at", {})
    words = answer_of(outcome) or "returned"
    call = {name: value for name, value in each["call"].items() if name != "is"}
    outcome.pop("is", None)
    return (
        f"{step}  {words_of(each['call'])}  {_json(_cut(call))}\n"
        f"  {words}  {_json(_cut(outcome.get('value', outcome)))}\n"
        f"  between {at.get('earliest')} and {at.get('latest')} µs"
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _cut(value: Any) -> Any:
    """The value, with its long lists and texts cut, and without the names of our own classes where they say nothing."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else f"{value[:LONGEST_TEXT]}… {len(value) - LONGEST_TEXT} letters"
    if isinstance(value, dict):
        if value.get("is") == "ObjectRef":
            return f"{_cut(value.get('type'))}:{_cut(value.get('value'))}"
        return {name: _cut(item) for name, item in value.items() if name != "is"}
    if not isinstance(value, list):
        return value
    if len(value) <= LONGEST_LIST:
        return [_cut(item) for item in value]
    middle = f"… {len(value) - FIRST - 1} more …"
    return [*map(_cut, value[:FIRST]), middle, *map(_cut, value[-1:])]
