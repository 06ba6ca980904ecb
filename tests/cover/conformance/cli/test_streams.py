"""Standard output and error as they may be: closed, narrow, in ASCII, unread; and a target that says anything."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest
from hostile import TEXTS, HostileTarget

from taskconform.conformance.certification.certificate import Certificate
from taskconform.conformance.cli import certify, terminal
from taskconform.conformance.engine.profile import PROFILES, Profile, Shard
from taskconform.conformance.engine.run import run
from taskconform.conformance.engine.settings import Settings
from taskconform.conformance.errors import BrokenOff
from taskconform.conformance.records.delivery import prepared
from taskconform.conformance.targets.builtin.target import BuiltinTarget

ODD = "caf\u00e9 \u2603"
TINY = Profile(name="quick", exercised=0, shards=(Shard(theme="lives", budget=60, steps=4),))


def recorded(folder, target):
    """A short run of this target, in a folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PROFILES, "quick", TINY)
        patch.setattr("sys.stdout", io.StringIO())
        settings = Settings(target="builtin", options={}, profile="quick", seed=0, workers=1, folder=prepared(folder))
        finished = run(settings, lambda *_: None, target)
    return finished, settings


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """A history of a target with an odd name."""
    folder = tmp_path_factory.mktemp("odd")
    target = BuiltinTarget({})
    about = type(target.declaration.about)
    fields = {name: getattr(target.declaration.about, name) for name in about.__struct_fields__}
    target._declaration = type(target.declaration)(
        **{name: getattr(target.declaration, name) for name in target.declaration.__struct_fields__ if name != "about"},
        about=about(**{**fields, "full_name": ODD}),
    )
    recorded(folder, target)
    return folder / "history"


JUDGE = """
import sys
from taskconform.conformance.cli.command import main
sys.argv = ["taskconform", "judge", sys.argv[1]]
main()
"""


def judged(history, shell='"$@"', **environment):
    """Judge it in a shell, which may close or redirect what it likes."""
    words = ["bash", "-c", f"set -o pipefail; {shell}", "bash", sys.executable, "-c", JUDGE, str(history)]
    return subprocess.run(
        words, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=False
    )


EXPECTED = 2
"""Exit code of the run: of the quick profile it has too little."""


def test_ascii_only(history):
    done = judged(history, PYTHONIOENCODING="ascii", LC_ALL="C")
    assert (done.returncode, done.stderr) == (EXPECTED, "")
    assert "caf\\xe9 \\u2603" in done.stdout


@pytest.mark.parametrize("shell", ['"$@" 2>&-', '"$@" >&-', '"$@" >&- 2>&-', '"$@" <&-'])
def test_closed_streams(history, shell):
    assert judged(history, shell).returncode == EXPECTED


@pytest.mark.parametrize("columns", ["0", "1", "-5", "x"])
def test_narrow_terminals(history, columns):
    done = judged(history, COLUMNS=columns, LINES="0")
    assert (done.returncode, done.stderr) == (EXPECTED, "")


def test_nobody_reads_to_the_end(history):
    done = judged(history, '"$@" | true; exit ${PIPESTATUS[0]}', PYTHONUNBUFFERED="1")
    assert (done.returncode, done.stderr) == (EXPECTED, "")


# --- text of a target -------------------------------------------------------------------------------------------------


def printed(monkeypatch, show):
    """What is printed, a line each."""
    screen, errors = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setattr("sys.stderr", errors)
    show()
    return [*screen.getvalue().split("\n"), *errors.getvalue().split("\n")]


def harmless(lines):
    for line in lines:
        assert line.isprintable(), line
        assert not line.lstrip().startswith(("::", "##[", "##vso", "# hostile", "/merge")), line


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_an_error_is_one_harmless_line(monkeypatch, number):
    lines = printed(monkeypatch, lambda: terminal.told(BrokenOff(f"it says {TEXTS[number]}")))
    assert len([line for line in lines if line]) == 1
    harmless(lines)


@pytest.mark.parametrize("seed", range(4))
def test_certificates_are_harmless(monkeypatch, tmp_path, seed):
    target = HostileTarget(seed, share=0.0)
    finished, _ = recorded(tmp_path / "out", target)
    subject = {"name": TEXTS[seed], "digest": {"sha256": TEXTS[-1 - seed]}}
    made = Certificate(report=finished.report, statement={"subject": [subject]}, keyid="key")
    lines = printed(monkeypatch, lambda: certify._show(made, "VERIFIED"))
    assert sum(line.startswith("VERIFIED") for line in lines) == 1
    harmless(lines)
