"""The annotated reference: whole, well-formed, and in agreement with the registry, the types and the specification."""

from __future__ import annotations

from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pytest
from pyVmomi import VmomiSupport

from taskconform.model.clauses.evidence import EVIDENCE
from taskconform.model.clauses.reference import PAGES, SENTENCES, WHY, Page, Sentence, citations, citing, unplaced
from taskconform.model.clauses.registry import CLAUSES, Clause

if TYPE_CHECKING:
    from pathlib import Path

SPECIFICATION = files("taskconform.model") / "spec"
API = tuple(each for each in CLAUSES.values() if any(source.page in PAGES for source in each.source))


def members(page: str) -> dict[str, set[str]]:
    """Return the attributes, values and methods of a type, each with the arguments that it takes, by pyVmomi."""
    kind: Any = VmomiSupport.GetVmodlType(page)
    if hasattr(kind, "values"):
        return {value: set() for value in kind.values}
    if not issubclass(kind, VmomiSupport.ManagedObject):
        return {each.name: set() for each in kind._GetPropertyList(includeBaseClassProps=False)}
    own = {each.name: set[str]() for each in kind._GetPropertyList(includeBaseClassProps=False)}
    methods = kind._methodInfo.values()
    return own | {each.wsdlName: {param.name for param in each.params} for each in methods}


# --- the sentences ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("each", SENTENCES.values(), ids=list(SENTENCES))
def test_sentence_is_complete(each: Sentence) -> None:
    assert each.says.endswith(".")
    assert len(each.says) <= 160
    assert bool(each.clauses) != bool(each.why)
    assert not each.why or each.why.startswith(WHY)
    assert set(each.clauses) <= set(CLAUSES)
    assert len(set(each.clauses)) == len(each.clauses)
    assert set(each.evidence) <= set(EVIDENCE)


@pytest.mark.parametrize("page", PAGES.values(), ids=list(PAGES))
def test_sentences_are_numbered_from_1_and_stand_in_order(page: Page) -> None:
    parts = [(each.member, each.part, each.kind) for each in page.sentences]
    assert len([part for part, _ in groupby(parts)]) == len(set(parts))
    for _, group in groupby(page.sentences, key=lambda each: (each.member, each.part, each.kind)):
        numbers = [each.number for each in group]
        assert numbers in ([0], list(range(1, len(numbers) + 1)))


def test_no_sentence_stands_twice() -> None:
    assert sum(len(page.sentences) for page in PAGES.values()) == len(SENTENCES)


@pytest.mark.parametrize("page", PAGES.values(), ids=list(PAGES))
def test_every_member_of_the_type_is_gone_through_or_named(page: Page) -> None:
    named = {each.member for each in page.sentences if each.member}
    assert named.isdisjoint(page.others)
    assert set(members(page.name)) <= named | set(page.others)
    assert named <= set(members(page.name))


@pytest.mark.parametrize("each", SENTENCES.values(), ids=list(SENTENCES))
def test_a_part_is_an_argument_a_fault_or_the_answer(each: Sentence) -> None:
    if each.kind == "argument":
        assert each.part in members(each.page)[each.member]
    if each.kind == "fault":
        assert VmomiSupport.GetWsdlType("urn:vim25", each.part)


# --- the registry -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("each", API, ids=[each.id for each in API])
def test_every_source_of_a_clause_finds_a_sentence(each: Clause) -> None:
    for source in each.source:
        if source.page.startswith(("vim.", "vmodl.")):
            assert any(source.at in {"", sentence.member} for sentence in PAGES[source.page].sentences), str(source)


def test_clauses_that_no_sentence_of_their_member_names_are_few() -> None:
    """The page shows them under the member; a sentence that names them says more."""
    assert len([one for page in PAGES.values() for named in unplaced(page).values() for one in named]) < 20


# --- citations --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("vim.HistoryCollector 6. Clauses: page.order.", ["vim.HistoryCollector 6"]),
        ("See vim.Task SetTaskState fault 2.", ["vim.Task SetTaskState fault 2"]),
        (
            "vim.Task CancelTask InvalidState 1; NotSupported 1.",
            ["vim.Task CancelTask InvalidState 1", "vim.Task CancelTask NotSupported 1"],
        ),
        ("vim.TaskManager recentTask 3-4; EV 2.35.", ["vim.TaskManager recentTask 3", "vim.TaskManager recentTask 4"]),
        ("vim.Task SetTaskState privilege; EV N7.", ["vim.Task SetTaskState privilege"]),
        (
            "vim.TaskFilterSpec tag 4; parentTaskKey 1.",
            ["vim.TaskFilterSpec tag 4", "vim.TaskFilterSpec parentTaskKey 1"],
        ),
        ("vim.TaskReasonAlarm 1; alarm 1.", ["vim.TaskReasonAlarm 1", "vim.TaskReasonAlarm alarm 1"]),
        (
            "vim.Task SetTaskState 1;\n    state 1; vim.Task info 1",
            ["vim.Task SetTaskState 1", "vim.Task SetTaskState state 1", "vim.Task info 1"],
        ),
        ("vim.TaskFilterSpec.ByEntity entity privilege.", ["vim.TaskFilterSpec.ByEntity entity privilege"]),
        ("vim.TaskManager recentTask: the recent tasks (reference 8.0.3, EV 1.8)", []),
    ],
)
def test_citations_of_a_docstring(text: str, cited: list[str]) -> None:
    assert citations(text) == cited


def test_functions_are_found_by_what_they_cite(tmp_path: Path) -> None:
    (tmp_path / "recent.py").write_text(
        'def listed():\n    """List. vim.TaskManager recentTask 1."""\n', encoding="utf-8"
    )
    assert citing(tmp_path) == {"vim.TaskManager recentTask 1": ["recent.listed"]}
    assert citing(tmp_path / "absent") == {}


def test_the_specification_cites_sentences_that_exist() -> None:
    unknown = {one: by for one, by in citing(SPECIFICATION).items() if one not in SENTENCES}
    assert {one: by for one, by in unknown.items() if one.split(" ", 1)[0] in PAGES} == {}
