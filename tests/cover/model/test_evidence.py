"""The evidence: whatever cites an item cites one that exists, and every item is cited or says why it is not."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, get_args

import pytest
from here import ROOT

from taskconform.model.clauses.evidence import CHAPTERS, EVIDENCE, Confidence, Item, cited

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDERS = ("model", "strategies", "conformance", "reports", "docs", "tests")
KINDS = {".py", ".toml", ".md"}
THEMSELVES = {
    ROOT / "model/clauses/evidence.toml",
    ROOT / "model/clauses/evidence.py",
    ROOT / "tests/cover/model/test_evidence.py",
}

ODD = (re.compile(r"\((N)[ ]?(\d{1,2})\)"), re.compile(r"\"(N) (\d{1,2}):"), re.compile(r"EVIDENCE\.md ()(\d\.\d+)"))
"""Spellings that are older than `EV N4` and `EV 1.1`: taken where they stand, but in the registry and the pages."""


def texts() -> Iterator[tuple[Path, str]]:
    """Yield every file that may cite an item, with its text."""
    files = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")) if path.suffix in KINDS]
    for path in [*files, *ROOT.glob("*.md")]:
        if path not in THEMSELVES and ".venv" not in path.parts:
            yield path, path.read_text(encoding="utf-8")


def odd(text: str) -> list[str]:
    """Return the ids that a text cites in an odd spelling."""
    return ["".join(found) for spelling in ODD for found in spelling.findall(text)]


@cache
def citations() -> dict[str, set[str]]:
    """Return the items that are cited anywhere, each with the files that do."""
    found: dict[str, set[str]] = {}
    for path, text in texts():
        for one in [*cited(text), *odd(text)]:
            found.setdefault(one, set()).add(path.relative_to(ROOT).as_posix())
    return found


def test_a_citation_may_name_several_items() -> None:
    assert cited("as in EV 1.2, 1.3 and EV N13; EVEN 3.4; EV 2.20,\n  N1.") == ["1.2", "1.3", "N13", "2.20", "N1"]


def test_every_item_that_is_cited_exists() -> None:
    assert {one: files for one, files in citations().items() if one not in EVIDENCE} == {}


@pytest.mark.parametrize("item", EVIDENCE.values(), ids=list(EVIDENCE))
def test_every_item_is_cited_or_says_why_not(item: Item) -> None:
    assert bool(item.unused) != (item.id in citations()), sorted(citations().get(item.id, ()))


@pytest.mark.parametrize("folder", ["model/clauses", "docs"])
def test_the_registry_and_the_pages_have_one_spelling(folder: str) -> None:
    assert {str(path) for path, text in texts() if path.is_relative_to(ROOT / folder) and odd(text)} == set()


@pytest.mark.parametrize("item", EVIDENCE.values(), ids=list(EVIDENCE))
def test_item_is_complete(item: Item) -> None:
    assert item.fact.endswith((".", '"'))
    assert item.source
    assert item.confidence in get_args(Confidence)
    assert item.id[0] in CHAPTERS


def test_an_item_rests_on_others_that_exist() -> None:
    for item in EVIDENCE.values():
        assert set(cited(item.source)) <= set(EVIDENCE) - {item.id}


def test_ids_run_without_a_gap() -> None:
    for chapter in CHAPTERS:
        numbers = [int(re.sub(r"^(\d\.|N)", "", one)) for one in EVIDENCE if one.startswith(chapter)]
        assert numbers == list(range(1, len(numbers) + 1))
