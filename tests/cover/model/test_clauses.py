"""The clause registry and its views: nothing lost, nothing ill-formed, every scope reason said in words."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from here import ROOT
from pyVmomi import VmomiSupport
from rich.console import Console

from taskconform.conformance.cli.clauses import as_json, as_markdown, as_table
from taskconform.conformance.verdicts.signatures import method
from taskconform.model.clauses.registry import (
    AREAS,
    CLAUSES,
    Clause,
    UnknownClauseError,
    clause,
    in_scope,
    is_before,
    matching,
    registry_digest,
)
from taskconform.model.vocabulary.declaration import CAPABILITIES, About, Declaration

KEBAB = r"[a-z0-9]+(-[a-z0-9]+)*"


def declared(
    *capabilities: str, api_type: str = "VirtualCenter", api_version: str = "8.0.3.0", window: int = 600, cap: int = 200
) -> Declaration:
    """Declare a target of this product and version that can do this."""
    about = About(
        name="server",
        full_name="server",
        vendor="nobody",
        version="8.0.3",
        build="1",
        api_type=api_type,
        api_version=api_version,
    )
    return Declaration(
        name="target",
        about=about,
        capabilities=capabilities,
        accounts=(),
        places={},
        extension_key="com.example.tasks",
        window=window,
        cap=cap,
    )


def printed(width: int, glob: str = "*") -> list[str]:
    """Print the table of the clauses at this width."""
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        console.print(as_table(matching(glob)))
    return capture.get().splitlines()


# --- the registry -----------------------------------------------------------------------------------------------------


def recorded() -> set[str]:
    """Return the clauses of every report that is kept: histories, which are never changed, and the last matrix."""
    kept = [gzip.decompress(path.read_bytes()) for path in (ROOT / "tests" / "histories").rglob("report.json.gz")]
    rows = [row for report in kept for row in json.loads(report)["clauses"]]
    return {row["id"] for row in [*rows, *json.loads((ROOT / "docs" / "matrix.json").read_bytes())["rows"]]}


def test_no_clause_that_a_report_has_was_dropped() -> None:
    assert len(recorded()) > 200
    assert recorded() <= set(CLAUSES)


def test_ids_are_well_formed() -> None:
    for each in CLAUSES.values():
        assert re.fullmatch(rf"[a-z]+\.{KEBAB}", each.id), each.id
        assert CLAUSES[each.id] is each


def test_every_clause_belongs_to_an_area_and_areas_stand_together() -> None:
    areas = [each.area for each in CLAUSES.values()]
    assert set(areas) == set(AREAS)
    assert sorted(areas, key=list(AREAS).index) == areas


@pytest.mark.parametrize("each", CLAUSES.values(), ids=list(CLAUSES))
def test_clause_is_complete(each: Clause) -> None:
    assert each.level in {"M", "S", "Q"}
    assert each.profile in {"both", "vcenter", "esxi"}
    assert each.title
    assert len(each.title) <= 60
    assert not each.title.endswith(".")
    assert each.statement.endswith(".")
    assert each.live_when
    assert each.source
    assert set(each.needs) <= set(CAPABILITIES)
    assert re.fullmatch(r"\d+\.\d+(\.\d+)?", each.since)
    assert not each.until or re.fullmatch(r"\d+\.\d+", each.until)


REFERS = re.compile(r"\b(as above|such|likewise|twice|thereof|the same for|ditto)\b", re.IGNORECASE)
"""Words that send the reader to another sentence."""


@pytest.mark.parametrize("each", CLAUSES.values(), ids=list(CLAUSES))
def test_prose_stands_by_itself(each: Clause) -> None:
    """Reports show these sentences one at a time; `live_when` follows the word "needs"."""
    texts = [each.statement, each.live_when, *(reading.statement for reading in each.readings)]
    own = [text for text in texts if "such as" not in text]
    assert [text for text in own if REFERS.search(text)] == []
    assert all(len(text.split()) > 2 for text in (each.statement, each.live_when))
    assert re.match(
        r"(an?|the|one|two|parallel|more|exactly|\d+|[A-Z]\w+|sessions|tasks|extensions|maxCollector|completed) ",
        each.live_when,
    )
    assert not each.live_when.endswith(".")


@pytest.mark.parametrize("each", CLAUSES.values(), ids=list(CLAUSES))
def test_a_reading_is_open_and_the_others_are_not(each: Clause) -> None:
    if each.level != "Q":
        assert not each.readings
        return
    ids = [reading.id for reading in each.readings]
    assert len(ids) >= 2
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(KEBAB, one) for one in ids)
    assert all(reading.statement.endswith(".") for reading in each.readings)


def test_sources_are_pages_or_evidence() -> None:
    pages = r"(vim|vmodl)(\.\w+)+|EV (\d\.\d+|N\d+)|reference [\du.]+|pyVmomi|Programming Guide|wire"
    for each in CLAUSES.values():
        for source in each.source:
            assert re.fullmatch(pages, source.page), (each.id, source.page)
            assert source.how in {"", "silent", "implied", "ambiguous", "contradictory"}


def test_every_page_of_the_reference_has_the_place_that_is_named() -> None:
    types: Any = VmomiSupport
    for each in CLAUSES.values():
        for source in each.source:
            if source.page.startswith(("vim.", "vmodl.")):
                kind = types.GetVmodlType(source.page)
                named = (
                    {field.name for field in kind._GetPropertyList()} if hasattr(kind, "_GetPropertyList") else set()
                )
                places = named | set(dir(kind)) | set(getattr(kind, "values", ()))
                assert not source.at or source.at in places, (each.id, str(source))


def test_a_condition_names_another_reading() -> None:
    conditioned = {each.id: each.condition for each in CLAUSES.values() if each.condition}
    assert set(conditioned) == {"page.append", "page.reset"}
    for text in conditioned.values():
        (named,) = re.findall(r"\(([a-z.-]+)\)", text)
        assert clause(named).level == "Q"


@pytest.mark.parametrize(
    ("clause_id", "owner", "name"),
    [
        ("recent.fresh-retrieve", "vmodl.query.PropertyCollector", "RetrievePropertiesEx"),
        ("recent.fresh-wait", "vmodl.query.PropertyCollector", "WaitForUpdatesEx"),
        ("collector.info-filter", "vim.TaskManager", "CreateCollectorWithInfoFilterForTasks"),
        ("collector.view-spec", "vim.TaskManager", "ReadNextTasksByViewSpec"),
        ("create.returns", "vim.TaskManager", "CreateTask"),
        ("life.set-state", "vim.Task", "SetTaskState"),
        ("life.progress", "vim.Task", "UpdateProgress"),
        ("life.description", "vim.Task", "SetTaskDescription"),
        ("watch.unresolved", "vim.view.ListView", "ModifyListView"),
        ("extension.register", "vim.ExtensionManager", "RegisterExtension"),
    ],
)
def test_since_is_that_of_the_method(clause_id: str, owner: str, name: str) -> None:
    assert clause(clause_id).since == method(owner, name).since


@pytest.mark.parametrize(
    ("clause_id", "parameter"), [("create.parent", "parentTaskKey"), ("create.activation", "activationId")]
)
def test_since_is_that_of_the_parameter(clause_id: str, parameter: str) -> None:
    params = {each.name: each for each in method("vim.TaskManager", "CreateTask").params}
    assert clause(clause_id).since == params[parameter].since


# --- finding ----------------------------------------------------------------------------------------------------------


def test_clause_by_id() -> None:
    assert clause("recent.queued").id == "recent.queued"


def test_an_unknown_id_names_near_misses() -> None:
    with pytest.raises(KeyError) as caught:
        clause("recent.queud")
    assert isinstance(caught.value, UnknownClauseError)
    assert str(caught.value).startswith("no clause 'recent.queud'; did you mean recent.queued")


def test_an_id_like_no_other_names_none() -> None:
    with pytest.raises(UnknownClauseError) as caught:
        clause("!!!!")
    assert str(caught.value) == "no clause '!!!!'"


def test_globs() -> None:
    assert len(matching("*")) == len(CLAUSES)
    assert {each.id.split(".")[0] for each in matching("latest.*")} == {"latest"}
    assert [each.id for each in matching("limit.value")] == ["limit.value"]
    assert matching("Limit.value") == ()
    assert matching("nothing.*") == ()
    assert matching("") == ()


def test_several_globs_give_each_clause_once_in_order() -> None:
    found = matching("session.*, recent.*,recent.queued")
    assert [each.id for each in found] == [one for one in CLAUSES if one.startswith(("recent.", "session."))]


# --- the digest -------------------------------------------------------------------------------------------------------


def test_digest_has_its_form_and_is_repeatable() -> None:
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", registry_digest())
    assert registry_digest() == registry_digest(CLAUSES.values())


def test_digest_does_not_depend_on_order() -> None:
    assert registry_digest(reversed(list(CLAUSES.values()))) == registry_digest()


def changed(before: Clause) -> list[Clause]:
    """Change the clause in every way that means something else."""
    return [
        replace(before, statement=before.statement + " "),
        replace(before, level="S"),
        replace(before, since="9.9"),
        replace(before, live_when="never"),
        replace(before, needs=("clock",)),
        replace(before, readings=before.readings[:1]),
        replace(before, source=before.source[:1]),
    ]


@pytest.mark.parametrize("after", changed(CLAUSES["recent.empty"]))
def test_digest_changes_with_what_a_clause_says(after: Clause) -> None:
    assert registry_digest((dict(CLAUSES) | {after.id: after}).values()) != registry_digest()


def test_digest_changes_when_a_clause_goes() -> None:
    assert registry_digest(tuple(CLAUSES.values())[1:]) != registry_digest()


# --- scope ------------------------------------------------------------------------------------------------------------


def test_in_scope() -> None:
    assert in_scope(clause("recent.queued"), declared()) is None


@pytest.mark.parametrize(
    ("clause_id", "declaration", "reason"),
    [
        (
            "life.description",
            declared(api_version="2.5"),
            "holds since API 4.0; the target's API version is 2.5",
        ),
        (
            "collector.info-filter",
            declared(api_version="8.0.2.0"),
            "holds since API 8.0.3; the target's API version is 8.0.2.0",
        ),
        (
            "life.progress-clamp-2x",
            declared(),
            "holds before API 4.0 only; the target's API version is 8.0.3.0",
        ),
        (
            "recent.queued",
            declared(api_version=""),
            "holds since API 2.0; the target's API version is unknown",
        ),
        (
            "recent.cap",
            declared(api_type="HostAgent"),
            "holds for vCenter only; the target's apiType is HostAgent",
        ),
        (
            "recent.cap-esxi",
            declared(),
            "holds for ESXi only; the target's apiType is VirtualCenter",
        ),
        (
            "recent.defaults",
            declared(),
            "the target declares no limits other than the defaults, 10 minutes and 200 tasks",
        ),
        (
            "reason.schedule",
            declared("clock"),
            "not declared by the target: schedules (the adapter can make a scheduled task and run it)",
        ),
    ],
)
def test_out_of_scope_says_why(clause_id: str, declaration: Declaration, reason: str) -> None:
    assert in_scope(clause(clause_id), declaration) == reason


def test_every_missing_capability_is_named() -> None:
    both = replace(clause("recent.hidden"), needs=("restricted", "clock"))
    reason = in_scope(both, declared())
    assert reason is not None
    assert all(f"{need} ({CAPABILITIES[need]})" in reason for need in both.needs)
    assert in_scope(both, declared("clock", "restricted")) is None


@pytest.mark.parametrize(
    ("clause_id", "declaration"),
    [
        ("collector.info-filter", declared(api_version="8.0.3.0")),
        ("collector.info-filter", declared(api_version="9.0.0.0")),
        ("life.description", declared(api_version="4")),
        ("life.description", declared(api_version="4.0")),
        ("life.progress-clamp-2x", declared(api_version="2.5")),
        ("recent.cap-esxi", declared(api_type="HostAgent")),
        ("recent.defaults", declared(cap=50)),
        ("recent.defaults", declared(window=60)),
        ("reason.schedule", declared("schedules")),
    ],
)
def test_at_the_edge_of_scope(clause_id: str, declaration: Declaration) -> None:
    assert in_scope(clause(clause_id), declaration) is None


def test_versions_compare_by_number() -> None:
    assert is_before((8, 0, 3), "8.0.10")
    assert is_before((), "2.0")
    assert not is_before((4,), "4.0")
    assert not is_before((4, 0, 0, 0), "4.0")
    assert not is_before((10, 0), "9.0")


# --- the views --------------------------------------------------------------------------------------------------------


def test_json_is_one_array_of_whole_clauses_with_sorted_keys() -> None:
    rows = json.loads(as_json(CLAUSES.values()))
    assert [row["id"] for row in rows] == list(CLAUSES)
    for row in rows:
        assert list(row) == sorted(row)
        assert set(row) == set(Clause.__dataclass_fields__)


@pytest.mark.parametrize("width", [80, 100, 160])
def test_the_table_fits_and_cuts_nothing(width: int) -> None:
    lines = printed(width)
    assert max(map(len, lines)) <= width
    assert not any("\N{HORIZONTAL ELLIPSIS}" in line for line in lines)
    firsts = {line.split(" ", 1)[0] for line in lines}
    assert set(CLAUSES) <= firsts


@pytest.mark.parametrize("width", [80, 100, 160])
def test_the_table_shows_id_level_statement_source_and_since(width: int) -> None:
    text = " ".join(" ".join(printed(width, "life.progress-clamp-2x")).split())
    for part in (
        "life.progress-clamp-2x",
        " Q ",
        "Before API 4.0 UpdateProgress",
        "Task UpdateProgress",
        "2.5-4.0",
        "1 reading",
    ):
        assert part in text


def test_an_empty_table_says_so() -> None:
    assert printed(80, "nothing.*")[-1] == "0 clauses"


def test_brackets_in_a_statement_are_not_markup() -> None:
    assert "[begin, end]" in " ".join(printed(160, "filter.time-queued"))


def test_the_page_has_one_anchor_for_each_clause_and_area() -> None:
    anchors = re.findall(r'<a id="([^"]+)"></a>', as_markdown())
    assert sorted(anchors) == sorted([*CLAUSES, *AREAS])


def test_the_page_names_every_reading() -> None:
    page = as_markdown()
    for each in CLAUSES.values():
        entry = page.split(f'<a id="{each.id}"></a>')[1].split("<a id=")[0]
        assert all(f"`{reading.id}`" in entry for reading in each.readings)
        assert all(f"`{need}`" in entry for need in each.needs)


def test_marks_in_plain_text_are_escaped_and_code_is_not() -> None:
    page = as_markdown()
    assert "the System.View, Task.\\* and Extension.\\* methods" in page
    assert "by a `_Task` call" in page
