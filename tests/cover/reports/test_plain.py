"""What a target says, in files and on terminals: it steers nothing and begins nothing."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.console import Console
from test_reports import PARENT, report

from taskconform.conformance.records.traces import trace_name
from taskconform.reports.cases import cases
from taskconform.reports.plain import one_line
from taskconform.reports.render import markdown
from taskconform.reports.render.page import html_page
from taskconform.reports.render.summary import summary
from taskconform.reports.render.terminal import render
from taskconform.reports.trace import listing

if TYPE_CHECKING:
    from taskconform.reports.document import Report

HOSTILE = (
    "\n# Passed\n\n- all\n\n::error::owned\n\x1b]0;owned\x07\x9b2J\u202e\r@everyone <script>alert(1)</script> "
    "[a](http://b) ![i](j) https://evil.example www.evil.example **b** `c` ``` | </code></summary></details> #1 $x$"
)


def hostile() -> Report:
    """Return a report of a target that says such things wherever it can."""
    plain = report()
    clauses = [
        replace(
            clause,
            reason=HOSTILE,
            divergences=[
                replace(found, summary=HOSTILE, expected=HOSTILE, observed=HOSTILE) for found in clause.divergences
            ],
        )
        for clause in plain.clauses
    ]
    target = replace(plain.target, name=HOSTILE, about={"full_name": HOSTILE}, identity={HOSTILE: HOSTILE})
    readings = [replace(each, struck=dict.fromkeys(each.struck, HOSTILE)) for each in plain.readings]
    run = replace(plain.run, command=HOSTILE, canary=HOSTILE)
    return replace(plain, clauses=clauses, target=target, readings=readings, run=run)


def test_a_terminal_gets_no_control_characters():
    out = io.StringIO()
    render(hostile(), {PARENT.signature: listing(PARENT) + "\n" + HOSTILE}, Console(file=out, width=100))
    assert out.getvalue().replace("\n", "").isprintable()
    assert not [line for line in out.getvalue().splitlines() if line.startswith(("::", "# Passed", "- all"))]


def test_a_summary_keeps_text_text():
    lines = summary(hostile()).split("\n")
    allowed = (
        "## ",
        "### ",
        "| ",
        "<details><summary>",
        "</details>",
        "- ",
        "```",
        "````",
        "Should",
        "The same",
        "\u200b",
    )
    outside = [line for line in lines if line and not line.startswith(allowed)]
    assert all(re.match(r"\d+ of \d+ clauses left out|\\n?#|^ ?# Passed", line) for line in outside), outside
    everything = "\n".join(line for line in lines if "evil" in line and not line.startswith(" "))
    for found in (
        "<script",
        "@everyone",
        "https://evil",
        "www.evil",
        "[a](",
        "**b**",
        "\x1b",
        "\u202e",
        "</code></summary>",
    ):
        assert found not in everything


def test_a_page_escapes_it():
    page = html_page(hostile(), {})
    assert "<script>alert" not in page
    assert page.count("<script>") == 1
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)


def test_test_cases_have_no_control_characters():
    for case in cases(hostile(), {}, strict=True, required=lambda _: True):
        assert case.message.isprintable()
        assert case.text.replace("\n", "").isprintable()


@given(st.text())
@example("1. one")
@example("- a")
@example("=====")
def test_running_markdown_is_one_harmless_line(text):
    told = markdown.text(text)
    assert told.isprintable() or "\u200b" in told
    assert not re.match(r"[-+=>#]|\d+[.)]|```|~~~|    ", told)
    assert "<" not in told


@given(st.text())
def test_a_title_is_inert_html(text):
    assert not set(markdown.title(text)) & set('<>"`*_[]|')
    assert re.fullmatch(r"(?:[^&]|&#\d+;)*", markdown.title(text))


@given(st.text())
@example("```\n```")
def test_a_fence_closes_where_it_should(text):
    head, line, tail = markdown.fenced(text, "sh").split("\n")
    assert head == tail + "sh"
    assert tail not in line


# --- file names -------------------------------------------------------------------------------------------------------


@given(st.text())
@example("../../etc/passwd")
@example("info.state:" + "x" * 300)
@example("info.state:a b")
@example("")
def test_file_names_are_plain(signature):
    name = trace_name(signature)
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9._-]{0,149}", name)
    assert name == trace_name(signature)


def test_names_of_our_own_words_can_be_read():
    assert trace_name("recent.fresh-wait:WaitForRecentTask.fault:NotImplemented") == (
        "recent.fresh-wait_WaitForRecentTask.fault_NotImplemented"
    )


def test_names_with_foreign_words_have_the_clause_and_a_hash():
    names = {trace_name(f"recent.unique:ReadRecentTask.fault:{kind}") for kind in ("a b", "a_b", "a/b")}
    assert len(names) == 3
    assert all(re.fullmatch(r"recent\.unique_[0-9a-f]{16}", name) for name in names)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb", "a b"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\u202e", "\\u202e"),
        ("é ✓", "é ✓"),
        ("\x9b", "\\x9b"),
        ("\ud800", "\\ud800"),
    ],
)
def test_one_line(text, shown):
    assert one_line(text) == shown
