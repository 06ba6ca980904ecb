"""The items of the pytest plugin, one a clause. They test nothing: each shows the result of its clause."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from taskconform.model.clauses.registry import Clause
    from taskconform.reports.cases import Case

NAME: Final = "taskconform"
"""The file that items seem to be in: `taskconform::recent.running`."""


class Diverges(AssertionError):  # noqa: N818  # an answer, named as one
    """The target diverges from the clause."""


class NotDecided(Exception):  # noqa: N818  # an answer, named as one
    """The clause is required, and was not exercised or not decided."""


class ClauseFile(pytest.Collector):
    """Collector of the items, in the place of a file."""

    def __init__(self, *, clauses: Sequence[Clause], **more: Any) -> None:
        """Keep the clauses."""
        super().__init__(**more)
        self._clauses = clauses

    def collect(self) -> list[ClauseItem]:
        """An item for each."""
        return [ClauseItem.from_parent(self, name=clause.id, clause=clause) for clause in self._clauses]


class ClauseItem(pytest.Item):
    """One clause. It tests nothing: it shows what the run found."""

    case: Case
    out: Path

    def __init__(self, *, clause: Clause, **more: Any) -> None:
        """Make the item of a clause."""
        super().__init__(**more)
        self.clause = clause
        self._level = {"M": "must", "S": "should", "Q": "reading"}[clause.level]
        self.user_properties += [("clause", clause.id), ("area", clause.area), ("level", self._level)]
        self.extra_keyword_matches |= {clause.area, self._level}
        self.add_marker(NAME)

    def reportinfo(self) -> tuple[str, int, str]:
        """No file, no line. The last is a heading; were it the name, pytest would show its dots as `::`."""
        return NAME, 0, f"{self.name} ({self._level})"

    def learn(self, case: Case, out: Path) -> None:
        """Take what became of the clause, before pytest looks at marks."""
        self.case, self.out = case, out
        if case.outcome == "skipped":
            self.add_marker(pytest.mark.skip(reason=case.message))
        elif case.outcome == "xfailed":
            self.add_marker(pytest.mark.xfail(reason=case.message, raises=Diverges, strict=False))

    def setup(self) -> None:
        """Raise NotDecided if there is nothing to pass or fail."""
        if self.case.outcome == "error":
            raise NotDecided(self.case.message)

    def runtest(self) -> None:
        """Raise Diverges if the clause failed."""
        if self.case.outcome in {"failed", "xfailed"}:
            if self._allure:
                self._tell_allure()
            raise Diverges(self.case.message)

    # --- Allure, if it is there

    @property
    def _allure(self) -> bool:
        """Tells whether results for Allure are written."""
        return self.config.getoption("allure_report_dir", None) is not None

    def label(self) -> None:
        """Say what the item is found by."""
        if not self._allure:
            return
        import allure  # noqa: PLC0415

        from taskconform.conformance.records.delivery import documentation  # noqa: PLC0415  # not without the option
        from taskconform.reports.render.allure import description, labels  # noqa: PLC0415
        from taskconform.reports.wording import reference  # noqa: PLC0415  # not without the option

        for name, value in labels(self.case):
            allure.dynamic.label(name, value)
        if url := reference(self.clause.id, documentation()):
            allure.dynamic.link(url, name=f"{self.clause.id} in the clause reference")
        allure.dynamic.title(f"{self.clause.id}: {self.clause.title}")
        allure.dynamic.description(description(self.case))

    def _tell_allure(self) -> None:
        """Tell each divergence as a step: the steps of its trace, its script, and the raw exchange."""
        import allure  # noqa: PLC0415

        from taskconform.conformance.records.traces import read_trace  # noqa: PLC0415
        from taskconform.reports.render.allure import exchange, script, steps  # noqa: PLC0415

        kinds = allure.attachment_type
        for found in self.case.clause.divergences:
            with suppress(Diverges), allure.step(found.summary):
                for name, body, kind in (
                    ("script", script(found, self.out), kinds.TEXT),
                    ("exchange", exchange(found, self.out), kinds.JSON),
                ):
                    if body:
                        allure.attach(body, name=name, attachment_type=kind)
                told = steps(read_trace(self.out / found.trace)) if found.trace is not None else []
                for number, words in enumerate(told, 1):
                    with allure.step(words):
                        if number == len(told):
                            message = f"expected {found.expected}\nobserved {found.observed}"
                            raise Diverges(message)
