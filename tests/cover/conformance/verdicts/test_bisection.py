"""Bisection: the first revision that is changed is found with few questions, and what cannot be told is not guessed."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskconform.conformance.verdicts.bisection import first_changed


@given(count=st.integers(2, 200), data=st.data())
def test_the_first_changed_is_found_with_few_questions(count, data):
    first = data.draw(st.integers(1, count - 1))
    asked = []

    def is_changed(revision):
        asked.append(revision)
        return int(revision) >= first

    assert first_changed([str(one) for one in range(count)], is_changed) == (first - 1, first)
    assert len(asked) <= math.ceil(math.log2(count))
    assert len(set(asked)) == len(asked)


@given(count=st.integers(2, 40), data=st.data())
def test_what_cannot_be_told_lies_between(count, data):
    first = data.draw(st.integers(1, count - 1))
    unknown = data.draw(st.sets(st.integers(1, count - 1))) - {count - 1}
    low, high = first_changed(
        [str(one) for one in range(count)],
        lambda revision: None if int(revision) in unknown else int(revision) >= first,
    )
    assert low < first <= high
    assert set(range(low + 1, high)) <= unknown


# --- the command ------------------------------------------------------------------------------------------------------

RIGHT, WRONG, BROKEN = "builtin", "mutant --set mutant=root-is-the-grandparent", "false"


def taskconform(folder, *words):
    command = [sys.executable, "-m", "taskconform.conformance", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=170)


@pytest.fixture(scope="module")
def pinned(tmp_path_factory):
    """A baseline of the right simulator, and a build that says what each revision is."""
    folder = tmp_path_factory.mktemp("bisect")
    assert taskconform(folder, "run", "builtin", "--profile", "smoke", "--out", "run").returncode in {0, 2}
    made = taskconform(folder, "baseline", "run", "-o", "baseline.toml", "--owner", "tests", "--reason", "as it is")
    assert made.returncode == 0, made.stderr
    for number, what in enumerate((RIGHT, RIGHT, BROKEN, WRONG, WRONG), start=1):
        (folder / f"v{number}").write_text("false" if what == BROKEN else f"echo building; echo {what}\n")
    return folder


def bisected(folder, *revisions):
    words = ("bisect", *revisions, "--baseline", "baseline.toml", "--build", 'sh "$REVISION"', "--profile", "smoke")
    return taskconform(folder, *words)


def test_the_first_revision_that_changed_is_named(pinned):
    done = bisected(pinned, "v1", "v2", "v4", "v5")
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "the first that is changed: v4"
    assert "create.root" in done.stdout


def test_a_revision_that_does_not_build_is_not_guessed(pinned):
    done = bisected(pinned, "v2", "v3", "v4")
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "the first that is changed is one of: v3, v4"
    assert "v3: cannot be told" in done.stdout


def test_nothing_changed(pinned):
    done = bisected(pinned, "v1", "v2")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "the last revision keeps to the baseline")


@pytest.mark.parametrize("revisions", [("v1",), ("v1", "v1")])
def test_a_row_has_two_revisions_at_least(pinned, revisions):
    done = bisected(pinned, *revisions)
    assert done.returncode == 3
    assert "two revisions or more" in done.stderr
