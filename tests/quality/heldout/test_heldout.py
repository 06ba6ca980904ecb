"""The held-out lists are as they were frozen, and each of their faults shows."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from taskconform.conformance.qualification.heldout.registry import DIGESTS, digest_of, held_out, replacements
from taskconform.conformance.targets.builtin.specification import RIGHT, specified
from taskconform.model.clauses.registry import CLAUSES


def shown_by(name):
    """Load the calls that show a list's faults."""
    path = Path(__file__).with_name(f"show_{name}.py")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", DIGESTS)
def test_a_list_is_as_it_was_frozen(name):
    assert digest_of(name) == DIGESTS[name]


@pytest.mark.parametrize("name", DIGESTS)
def test_every_fault_answers_some_calls_otherwise(name):
    module, faults = shown_by(name), held_out(name)
    assert list(faults) == list(replacements(name)) == list(module.SHOWS)
    assert len(faults) == 60
    for fault in faults:
        right, wrong = module.outcomes(fault, RIGHT), module.outcomes(fault, specified(replacements(name)[fault]))
        assert right != wrong, fault


@pytest.mark.parametrize("name", DIGESTS)
def test_every_fault_names_clauses(name):
    for fault in held_out(name).values():
        assert fault.clauses
        assert set(fault.clauses) <= CLAUSES.keys(), fault.name
