"""The pages, in a real browser: report.html and the matrix, for people of all kinds, and with hostile targets."""

from __future__ import annotations

import dataclasses
import re
import shutil
from html import unescape
from pathlib import Path

import axe_playwright_python
import msgspec
import pytest
from page_samples import clause, divergence, report_of, samples, whole
from playwright.sync_api import sync_playwright

from taskconform.conformance.cli.matrix import read_report
from taskconform.model.clauses.registry import CLAUSES
from taskconform.reports.document import DivergenceResult, ReadingResult, encode
from taskconform.reports.render.matrix import MatrixError, matrix_of
from taskconform.reports.render.matrix import decode as decode_matrix
from taskconform.reports.render.matrix import encode as encode_matrix
from taskconform.reports.render.matrix_page import matrix_page
from taskconform.reports.render.page import html_page
from taskconform.reports.render.power import on_record
from taskconform.reports.render.power import read as read_power

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
PHONE = {"width": 390, "height": 844}
OPEN_ALL = "for (const each of document.querySelectorAll('details')) each.open = true"
LOOKED_AT = {
    "color-contrast",  # of text in a drawing, where axe does not know the ground
    "th-has-data-cells",  # the heading of a group of rows has no cell of its own
}
"""What axe leaves to people to decide."""
MEASURED = """
[[measured]]
profile = "quick"
date = "2026-01-01"
version = "1"
seed = 0
space = 40000
operators = 50
sample = 300
of_all = { found = 120, of = 300, low = 0.35, high = 0.46 }
of_different = { found = 120, of = 150, low = 0.73, high = 0.86 }
blind = 30
gap = 150
"""


@pytest.fixture(scope="module")
def material():
    return samples()


@pytest.fixture(scope="module")
def report(material):
    return whole(material)


@pytest.fixture(scope="module")
def matrix(material):
    traces = {signature: one.trace for signature, one in material.items()}
    first = whole(material)
    other = report_of(
        [*(clause(one.id, "passed") for one in first.clauses[:4]), clause("recent.cap", "failed")],
        name="vcsim",
        identity={"govmomi": "v0.56.0", "sha256": "ab" * 32},
        about={"api_type": "HostAgent"},
    )
    return matrix_of([(first, traces), (other, {}), (other, {})])


@pytest.fixture(scope="module")
def chromium():
    """Debian's chromium, or another one that is installed; playwright's own is never fetched."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert path is not None, "no chromium: the pages cannot be tested (apt-get install chromium)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def show(chromium, tmp_path):
    """Open a page. What its scripts complain of, and what it asks the network for, is an error at the end."""
    opened, wrong = [], []

    def open_page(html, **context):
        file = tmp_path / f"{len(opened)}.html"
        file.write_text(html, encoding="utf-8")
        tab = chromium.new_context(**context)
        page = tab.new_page()
        opened.append(tab)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("request", lambda asked: wrong.append(asked.url) if asked.url != file.as_uri() else None)
        page.goto(file.as_uri())
        return page

    yield open_page
    for tab in opened:
        tab.close()
    assert wrong == []


def departures_from_axe(page):
    """What axe has against a page, all rules and best practices."""
    page.evaluate(AXE)
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations', 'incomplete']})")
    told = {
        kind: [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found[kind]]
        for kind in ("violations", "incomplete")
    }
    return told["violations"], [one for one in told["incomplete"] if one[0] not in LOOKED_AT]


# --- for everybody ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, {"width": 1280, "height": 900}], ids=["phone", "desk"])
def test_axe_has_nothing_against_the_report(show, report, material, scheme, size):
    power = read_power(MEASURED, "quick")
    page = show(html_page(report, material, power), color_scheme=scheme, viewport=size)
    page.evaluate(OPEN_ALL)
    assert departures_from_axe(page) == ([], [])
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, {"width": 1280, "height": 900}], ids=["phone", "desk"])
def test_axe_has_nothing_against_the_matrix(show, matrix, scheme, size):
    page = show(matrix_page(matrix), color_scheme=scheme, viewport=size)
    assert departures_from_axe(page) == ([], [])
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.locator("a[data-column]").first.click()
    assert page.locator("dialog").is_visible()
    assert departures_from_axe(page) == ([], [])


def test_a_failure_is_opened_by_keyboard_and_its_script_copied(show, report, material):
    page = show(html_page(report, material))
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    page.locator("#life\\.cancel-unsupported > summary").focus()
    page.keyboard.press("Enter")
    opened = page.locator("#life\\.cancel-unsupported")
    assert opened.get_by_role("img").is_visible()
    for press in ("Tab", "Tab", "Enter", "Tab", "Enter"):  # the timeline, the script, its button
        page.keyboard.press(press)
    assert page.evaluate("window.copied") == "print('shown')\n"
    assert page.evaluate("document.activeElement.textContent") == "copied"


def test_the_cell_that_is_opened_by_keyboard_gives_the_focus_back(show, matrix):
    page = show(matrix_page(matrix))
    cell = page.locator("a[data-column]").first
    cell.focus()
    page.keyboard.press("Enter")
    assert page.locator("dialog .steps").is_visible()
    assert "read recentTask" in page.locator("dialog .steps .on").inner_text()
    page.keyboard.press("Escape")
    assert not page.locator("dialog").is_visible()
    assert cell.evaluate("each => each === document.activeElement")


def test_without_scripts_nothing_is_out_of_reach(show, report, material, matrix):
    page = show(html_page(report, material), java_script_enabled=False)
    page.locator("#life\\.cancel-unsupported > summary").click()
    page.locator("#life\\.cancel-unsupported .piece > summary").first.click()
    assert page.locator("#life\\.cancel-unsupported .piece pre").first.is_visible()
    assert page.locator("button:visible").count() == 0
    page = show(matrix_page(matrix), java_script_enabled=False)
    rows = page.locator("tbody tr:not(.group):visible")
    everything = rows.count()
    page.get_by_label(re.compile("targets differ")).check()
    assert 0 < rows.count() == sum(row.differs for row in matrix.rows) < everything
    page.locator("a[data-column]").first.click()
    assert page.locator("article:target .steps").first.is_visible()


def test_paper_shows_what_is_closed_on_the_screen(show, report, material):
    page = show(html_page(report, material))
    assert not page.locator(".timeline").first.is_visible()
    page.emulate_media(media="print")
    assert all(page.locator(".timeline").nth(number).is_visible() for number in range(len(material)))
    assert page.locator("nav").is_hidden()
    assert page.locator(".piece").first.is_hidden()


def test_a_link_to_a_failure_opens_it(show, report, material):
    page = show(html_page(report, material))
    page.evaluate("location.hash = 'life.cancel-unsupported'")
    page.wait_for_selector("#life\\.cancel-unsupported[open]")


# --- what stands there ------------------------------------------------------------------------------------------------


def text_of(html):
    """The text of a page, without its style and script."""
    bare = re.sub(r"<(style|script)>.*?</\1>", "", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def test_the_report_begins_with_the_verdict_and_tells_all(report, material):
    html = html_page(report, material)
    assert re.search(r"<h1[^>]*>The target diverges from 3 clauses \(3 must\), 1 more waived\.</h1>", html)
    text = text_of(html)
    assert "1 of 5 judged passed (20 %); 6 of 11 clauses left out" in text
    for words in (
        "no clock",
        "never live",
        "waived: known",
        CLAUSES["recent.queued"].statement,
        "session: a create faulted",
        "task A is not listed",
        "shown in 5/5 fresh runs",
        "5 2 3 9",  # live, directed, free, checks
    ):
        assert words in text, words


def test_no_share_stands_without_what_was_left_out(report, material, matrix):
    for html in (html_page(report, material), matrix_page(matrix)):
        shares = re.findall(r"\d+ %\)[^<]*", html)
        assert shares
        assert all("left out" in share for share in shares)


def test_detection_power_is_told_where_it_is_known_and_only_there(report, material):
    assert on_record("smoke") is None or on_record("smoke").profile == "smoke"
    assert "etection" not in text_of(html_page(report, material))
    assert read_power("", "quick") is None
    text = text_of(html_page(report, material, read_power(MEASURED, "quick")))
    assert "found 120 of 300: 40% (95 %: 35% to 46%) of mutants drawn at random from a fault space of 40000" in text
    assert "nothing of 30 mutants" in text
    with pytest.raises(msgspec.ValidationError):
        read_power("other = 1", "quick")


def test_what_a_target_says_is_text(show, material):
    """Script, attributes and markup in everything that a target or its adapter can name."""
    evil = "\"'><script>window.pwned=1</script><img src=x onerror='window.pwned=1'></pre></svg>{{7*7}}"
    one = next(iter(material.values()))
    exchange = [
        {**each, "call": {**each["call"], "session": evil}, "outcome": {**each["outcome"], "is": "Faulted"}}
        | {"outcome": {"is": "Faulted", "fault": {"kind": evil, "message": evil}, "at": each["outcome"]["at"]}}
        for each in one.exchange[:4]
    ]
    exchange[-1]["step"] = one.trace.step
    trace = dataclasses.replace(one.trace, signature=f"{one.trace.clause}:{evil}")
    hostile = {trace.signature: dataclasses.replace(one, trace=trace, exchange=exchange, script=evil)}
    found = divergence(trace, expected=evil, observed=evil, summary=evil, trace=evil, script=evil, waiver=evil)
    failing = clause(trace.clause, "failed", [found], title=evil, reason=evil)
    report = report_of(
        [failing, clause("x.y", "undecided", title=evil, reason=evil)],
        name=evil,
        about={"full_name": evil, "api_type": evil},
        identity={evil: evil},
        readings=[ReadingResult(id=evil, left=[evil], struck={evil: evil})],
    )
    traces = {trace.signature: trace}
    for html in (html_page(report, hostile), matrix_page(matrix_of([(report, traces), (report, {})]))):
        page = show(html)
        page.evaluate(OPEN_ALL)
        assert page.evaluate("window.pwned") is None
        assert page.locator("script").count() == 1
        assert page.locator("img").count() == 0
        assert evil in page.locator("body").inner_text()
        assert "49</" not in html


def test_a_page_is_never_heavier_than_it_may_be(chromium, tmp_path, material):
    """Every clause fails in three ways, each with a long exchange and a long script. Less than 3 MB, and less than a
    second of the browser's time to open; CPU time, so that nobody's load counts."""
    one = max(material.values(), key=lambda each: len(each.exchange))
    heavy, failing = {}, []
    for id_ in CLAUSES:
        traces = [dataclasses.replace(one.trace, signature=f"{id_}:ReadTaskInfo.value:{way}") for way in range(3)]
        failing.append(clause(id_, "failed", [divergence(trace) for trace in traces], reason="r" * 80))
        heavy |= {
            trace.signature: dataclasses.replace(one, trace=trace, script="print('a line')\n" * 900) for trace in traces
        }
    html = html_page(report_of(failing), heavy)
    assert 1_000_000 < len(html.encode()) < 3_000_000
    assert html.count("No room on this page") + html.count("<svg") == len(heavy)
    assert html.count("<svg") > 10
    (tmp_path / "heavy.html").write_text(html, encoding="utf-8")
    tab = chromium.new_context()
    page = tab.new_page()
    browser = tab.new_cdp_session(page)
    browser.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto((tmp_path / "heavy.html").as_uri())
    spent = {one["name"]: one["value"] for one in browser.send("Performance.getMetrics")["metrics"]}
    tab.close()
    assert 0 < spent["TaskDuration"] < 1


# --- the matrix -------------------------------------------------------------------------------------------------------


def test_only_what_was_judged_twice_can_differ():
    made = matrix_of(
        [
            (report_of([clause("recent.set", one), clause("recent.cap", "passed")], readings=left), {})
            for one, left in (
                ("passed", [ReadingResult(id="recent.cap", left=["a"])]),
                ("not_exercised", [ReadingResult(id="recent.cap", left=["b"])]),
                ("not_applicable", []),
            )
        ]
    )
    assert {row.id: row.differs for row in made.rows} == {"recent.cap": True, "recent.set": False}
    failed = [clause("recent.set", "failed")], [clause("recent.set", "passed")]
    assert matrix_of([(report_of(one), {}) for one in failed]).rows[0].differs


def test_the_same_divergence_is_told_once(material):
    traces = {signature: one.trace for signature, one in material.items()}
    made = matrix_of([(whole(material), traces)] * 2)
    assert len(made.departures) == len(material) + 1
    assert all(one.rates == [(0, "5/5"), (1, "5/5")] for one in made.departures)
    assert [column.name for column in made.columns] == ["builtin (1)", "builtin (2)"]
    assert made.alike


def test_columns_are_named_by_what_identifies_them(matrix):
    assert [(column.name, column.flavour) for column in matrix.columns] == [
        ("builtin", "vCenter"),
        ("vcsim v0.56.0 (1)", "ESXi"),
        ("vcsim v0.56.0 (2)", "ESXi"),
    ]
    other = report_of([clause("recent.set", "passed")], digest="sha256:other")
    assert "did not all make the same calls" in matrix_page(matrix_of([(whole({}), {}), (other, {})]))


def test_a_matrix_is_read_as_it_was_written(matrix):
    assert decode_matrix(encode_matrix(matrix)) == matrix
    with pytest.raises(MatrixError):
        decode_matrix(b'{"schema": "taskconform.report/1"}')


def test_a_report_names_no_trace_outside_its_folder(tmp_path):
    """Nor need the traces be there: the matrix does without their steps."""
    (tmp_path / "outside.json").write_text("no trace")
    found = [
        DivergenceResult(signature=name, summary="", expected="", observed="", trace=name, steps=1, reproduced="5/5")
        for name in ("../outside.json", "traces/missing.json")
    ]
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "report.json").write_bytes(encode(report_of([clause("recent.set", "failed", found)])))
    report, traces = read_report(folder)
    assert traces == {}
    assert "../outside.json" in matrix_page(matrix_of([(report, traces)]))
