"""The module that authors of adapters import from: complete, quick to import, and all that the pages use."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

import pytest
from here import ROOT

from taskconform.conformance import adapter
from taskconform.model.vocabulary import declaration, outcomes
from taskconform.model.vocabulary.words import Word


def test_every_exported_name_is_there():
    assert sorted(adapter.__all__) == sorted(set(adapter.__all__))
    for name in adapter.__all__:
        assert getattr(adapter, name) is not None
    assert adapter.run_conformance.__module__ == "taskconform.conformance.pytest.vendor"
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        adapter.nothing_of_this_name  # noqa: B018  # looked up for its error


@pytest.mark.parametrize("module", [declaration, outcomes])
def test_no_class_of_a_declaration_or_an_outcome_is_missing(module):
    classes = {
        name
        for name, each in vars(module).items()
        if isinstance(each, type) and issubclass(each, Word) and each.__module__ == module.__name__
    }
    assert classes <= set(adapter.__all__)


def test_importing_it_does_not_import_the_engine():
    code = (
        "import sys; from taskconform.conformance import adapter; "
        "assert not {'hypothesis', 'pytest', 'pyVmomi'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", ["adapter.md", "pytest.md"])
def test_the_pages_import_from_nowhere_else(name):
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    imports = [
        node for block in blocks for node in ast.walk(ast.parse(block)) if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    ours = [
        node for node in imports if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("taskconform")
    ]
    assert ours
    assert {node.module for node in ours} == {"taskconform.conformance.adapter"}
    assert {each.name for node in ours for each in node.names} <= set(adapter.__all__)
