"""The site of the pages, built, and seen in a real browser: contrast in either scheme, its links, what is packed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import axe_playwright_python
import pytest
from here import ROOT
from playwright.sync_api import sync_playwright

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
REPOSITORY = "https://host.example/owner/taskconform"
CONTRAST = "() => axe.run(document, {runOnly: ['color-contrast'], resultTypes: ['violations', 'passes']})"
PAGES = ("", "guide/", "adapter/", "events/", "glossary/", "commands/", "design/", "clauses/", "matrix/", "findings/")


class Silent(SimpleHTTPRequestHandler):
    """Serves a folder, and logs nothing."""

    def log_message(self, *_):
        """Say nothing."""


def built(folder, **more):
    """The site, built as the docs environment of tox builds it."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = {name: value for name, value in os.environ.items() if name != "TASKCONFORM_REPOSITORY"} | more
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return built(tmp_path_factory.mktemp("site") / "site", TASKCONFORM_REPOSITORY=REPOSITORY)


@pytest.fixture(scope="module")
def address(site):
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(site))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def chromium():
    """Debian's chromium, or another one that is installed."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert path is not None, "no chromium: the site cannot be tested (apt-get install chromium)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_that_wcag_aa_asks_for(chromium, address, scheme):
    """axe computes the contrast of each text with its ground: 4.5, or 3 of large ones."""
    context, faint, seen = chromium.new_context(color_scheme=scheme), [], 0
    for name in PAGES:
        page = context.new_page()
        page.goto(address + name, wait_until="load")
        assert page.evaluate("document.documentElement.dataset.bsTheme") == scheme
        page.evaluate(AXE)
        found = page.evaluate(CONTRAST)
        seen += sum(len(one["nodes"]) for one in found["passes"])
        faint += [
            (name, node["any"][0]["message"], node["html"][:80]) for one in found["violations"] for node in one["nodes"]
        ]
        page.close()
    context.close()
    assert seen > 1000
    assert faint == []


def test_a_text_that_is_too_faint_is_found(chromium, address):
    page = chromium.new_page()
    page.goto(address + "events/", wait_until="load")
    page.add_style_tag(content=".col-md-9 p { color: #999 !important; }")
    page.evaluate(AXE)
    assert page.evaluate(CONTRAST)["violations"][0]["id"] == "color-contrast"
    page.close()


def test_the_site_links_to_the_repository_that_it_is_told_of(site, tmp_path):
    assert f'href="{REPOSITORY}"' in (site / "index.html").read_text(encoding="utf-8")
    assert "host.example" not in (built(tmp_path / "bare") / "index.html").read_text(encoding="utf-8")


def test_nothing_that_is_no_page_is_in_the_site(site):
    names = {path.relative_to(site).as_posix() for path in site.rglob("*")}
    assert not [name for name in names if "__pycache__" in name or name.endswith((".py", ".pyc", ".toml"))]
    assert {"events/index.html", "matrix-of-clauses.html"} <= names
