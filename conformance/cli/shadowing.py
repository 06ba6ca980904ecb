"""The option --shadow of `run` and `judge`: outcomes that the specification does not give, beside a report."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec.structs import replace as changed

from taskconform.conformance.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from taskconform.conformance.engine.settings import Settings
    from taskconform.conformance.targets.protocol import Target
    from taskconform.conformance.verdicts.compose import Finished
    from taskconform.model.vocabulary.declaration import Declaration


def check_exact(name: str, options: Mapping[str, str]) -> None:
    """Raise Refused if a target cannot be compared with the specification."""
    from taskconform.conformance.targets.naming import open_named  # noqa: PLC0415  # keeps `--help` quick

    with closing(open_named(name, options)) as target:
        _check(target.declaration)


def _check(declaration: Declaration) -> None:
    from taskconform.conformance.qualification.shadow import why_inexact  # noqa: PLC0415

    why = why_inexact(declaration)
    if why:
        message = f"--shadow cannot be used with {declaration.name}: {why}"
        raise Refused(message)


def shadowed_run(finished: Finished, settings: Settings) -> Finished:
    """Complete the report of a run by its unclassified differences, shrunk on the target."""
    from taskconform.conformance.targets.naming import open_named  # noqa: PLC0415

    with closing(open_named(settings.target, settings.options)) as target:
        return shadowed(finished, settings.folder, target)


def shadowed(finished: Finished, folder: Path, target: Target | None = None) -> Finished:
    """Complete a report by the unclassified differences of its history, shrunk if there is a target. They decide
    nothing. Raises Refused for the history of a target that is not exact."""
    from taskconform.conformance.qualification.shadow import differences, listed, shrunk  # noqa: PLC0415
    from taskconform.conformance.records.history import read_head  # noqa: PLC0415
    from taskconform.conformance.verdicts.offline import read_records  # noqa: PLC0415

    _check(finished.declaration)
    explored = [part for part in read_head(folder)["parts"] if part.startswith("shard-")]
    found = differences((read_records(folder, part) for part in explored), finished.declaration, finished.tally)
    if target is not None:
        found = [(shrunk(one, target, finished.tally), times) for one, times in found]
    return replace(finished, report=changed(finished.report, unclassified=listed(found)))
