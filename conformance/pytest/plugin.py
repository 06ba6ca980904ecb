"""The pytest plugin: `pytest --taskconform=TARGET` is the run of `taskconform run`, with one item a clause.

The process that was started (with pytest-xdist: the controller) runs the engine once, when it is known that a clause's
item is to be run and before the first one is; items only read the report. So neither `-k` nor `-n` nor `--dist` changes
what is called. Without the option nothing happens, and nothing is imported but pytest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from taskconform.conformance.pytest.items import NAME, ClauseFile, ClauseItem, Diverges, NotDecided
from taskconform.conformance.pytest.vcenter import MARK, add_option, parametrize, vcenter

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from taskconform.model.clauses.registry import Clause
    from taskconform.reports.cases import Case
    from taskconform.reports.document import Report

__all__ = ["vcenter"]
PREFIX: Final = f"{NAME}::"
_SHARED: Final = "taskconform_out"
"""The key under which the controller tells workers where the report is."""


# --- what pytest calls ------------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of `taskconform run`, under names of their own."""
    group = parser.getgroup(NAME, "conformance of a vSphere TaskManager")
    group.addoption("--taskconform", metavar="TARGET", help="Run the conformance suite against this target.")
    group.addoption("--taskconform-profile", default="quick", metavar="NAME", help="smoke, quick, standard or certify.")
    group.addoption("--taskconform-seed", type=int, default=0, metavar="N", help="What is planned.")
    group.addoption(
        "--taskconform-workers", type=int, default=0, metavar="N", help="Processes of the run; 0: one a core."
    )
    group.addoption(
        "--taskconform-set", action="append", default=[], metavar="KEY=VALUE", help="An option of the target."
    )
    group.addoption(
        "--taskconform-out", default="taskconform-out", metavar="DIR", help="Where report, history and traces go."
    )
    group.addoption("--taskconform-clauses", default="*", metavar="GLOB", help="Report and require only these.")
    group.addoption("--taskconform-waivers", metavar="FILE", help="Known divergences, accepted until a date.")
    group.addoption("--taskconform-baseline", metavar="FILE", help="How the target behaved: what changes fails.")
    group.addoption("--taskconform-strict", action="store_true", help="A failed should-clause is a failure.")
    add_option(parser)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests that ask for a vCenter on each variant that was asked for. Raises UsageError."""
    parametrize(metafunc)


def pytest_configure(config: pytest.Config) -> None:
    """Take part only if asked to. Raises UsageError."""
    config.addinivalue_line("markers", f"{NAME}: a clause of the TaskManager API (added to the items of --taskconform)")
    config.addinivalue_line("markers", MARK)
    if config.getoption("taskconform") is not None:
        config.pluginmanager.register(Conformance(config), "taskconform-run")


class Conformance:
    """The run, as far as this process takes part in it."""

    def __init__(self, config: pytest.Config) -> None:
        """Look at the options. Raises UsageError."""
        from taskconform.conformance.engine.profile import PROFILES  # noqa: PLC0415
        from taskconform.conformance.errors import Refused  # noqa: PLC0415
        from taskconform.conformance.records.delivery import options, selected  # noqa: PLC0415
        from taskconform.conformance.verdicts.baseline import load_baseline  # noqa: PLC0415
        from taskconform.conformance.verdicts.waivers import load, today  # noqa: PLC0415

        self.config = config
        self.target = str(config.getoption("taskconform"))
        self.profile = str(config.getoption("taskconform_profile"))
        self.seed = int(config.getoption("taskconform_seed"))
        self.workers = int(config.getoption("taskconform_workers"))
        self.strict = bool(config.getoption("taskconform_strict"))
        self.is_worker = hasattr(config, "workerinput")
        shared = config.workerinput[_SHARED] if hasattr(config, "workerinput") else None
        self.out: Path = config.invocation_params.dir / (shared or config.getoption("taskconform_out"))
        self.named: set[str] | None = None
        self.report: Report | None = None
        self.judged = self.shown = 0
        self._cases: Mapping[str, Case] = {}
        if self.profile not in PROFILES:
            message = f"taskconform: no profile {self.profile}: there are {', '.join(PROFILES)}"
            raise pytest.UsageError(message)
        if self.workers < 0:
            message = f"taskconform: --taskconform-workers wants 0 or more, not {self.workers}"
            raise pytest.UsageError(message)
        try:
            self.options = options(config.getoption("taskconform_set"), "--taskconform-set")
            self.selected = selected(config.getoption("taskconform_clauses"))
            file = config.getoption("taskconform_waivers")
            self.waivers = load(config.invocation_params.dir / file, today()) if file and not self.is_worker else None
            file = config.getoption("taskconform_baseline")
            self.baseline = (
                load_baseline(config.invocation_params.dir / file, today()) if file and not self.is_worker else None
            )
        except Refused as problem:
            message = f"taskconform: {problem}"
            raise pytest.UsageError(message) from None

    def pytest_report_header(self) -> str:
        """Say what is run."""
        return f"taskconform: {self.target}, profile {self.profile}, seed {self.seed}"

    # --- collecting

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Take out of the arguments what names our items: pytest would look for a file of that name."""
        ours = [arg for arg in self.config.args if arg.startswith(PREFIX)]
        if ours:
            self.config.args = [arg for arg in self.config.args if arg not in ours]
            self.named = {arg.removeprefix(PREFIX) for arg in ours} - {""} or None
            if unknown := sorted((self.named or set()) - {clause.id for clause in self._clauses()}):
                message = f"taskconform: no clause {', '.join(unknown)} in this run"
                raise pytest.UsageError(message)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Add the items, before anybody deselects some."""
        clauses = [clause for clause in self._clauses() if self.named is None or clause.id in self.named]
        parent = ClauseFile.from_parent(session, name=NAME, nodeid=NAME, clauses=clauses)
        report = session.config.hook.pytest_make_collect_report(collector=parent)
        items += report.result
        session.config.hook.pytest_collectreport(report=report)

    def _clauses(self) -> list[Clause]:
        """The clauses that this run reports, in the registry's order."""
        from taskconform.model.clauses.registry import CLAUSES  # noqa: PLC0415

        return [clause for clause in CLAUSES.values() if self.selected is None or clause.id in self.selected]

    # --- the run

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of pytest-xdist where the report will be."""
        node.workerinput[_SHARED] = str(self.out)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Run the engine, if an item of ours is left, and this process is the one to do it."""
        if not self.is_worker and not session.config.option.collectonly:
            self._run([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """The same, in the controller of pytest-xdist, which collects nothing itself."""
        self._run(ids)

    def _run(self, ids: list[str]) -> None:
        """Run the engine once, if one of the items is a clause."""
        from taskconform.conformance.engine.run import run  # noqa: PLC0415
        from taskconform.conformance.engine.settings import Settings  # noqa: PLC0415
        from taskconform.conformance.errors import MISUSED, CommandError  # noqa: PLC0415
        from taskconform.conformance.records.delivery import prepared, write  # noqa: PLC0415
        from taskconform.conformance.records.traces import make_traces  # noqa: PLC0415
        from taskconform.conformance.targets.naming import default_workers  # noqa: PLC0415  # not without the option

        if self.report is not None or not any(id_.startswith(PREFIX) for id_ in ids):
            return
        try:
            settings = Settings(
                target=self.target,
                options=self.options,
                profile=self.profile,
                seed=self.seed,
                workers=self.workers or default_workers(),
                folder=prepared(self.out, "--taskconform-out"),
                strict=self.strict,
                selected=self.selected,
                waivers=self.waivers,
                baseline=self.baseline,
            )
            finished = run(settings, self._progress)
        except CommandError as problem:
            message = f"taskconform: {problem}"
            if problem.exit_code == MISUSED:
                raise pytest.UsageError(message) from None
            pytest.exit(message, returncode=pytest.ExitCode.USAGE_ERROR)
        write(finished, make_traces(finished.tally, finished.declaration), settings.folder, self.out)
        self.report = finished.report

    def _progress(self, stage: str, done: int, total: int) -> None:
        """Say what is going on, once a stage."""
        terminal = self.config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None and not done and total and self.config.get_verbosity() >= 0:
            terminal.write_line(f"taskconform: {stage} ({total})")

    # --- the items

    def case_of(self, clause: str) -> Case:
        """Give the result of a clause, read from the report."""
        if not self._cases:
            self._cases = {case.clause.id: case for case in self._read()}
        return self._cases[clause]

    def _read(self) -> list[Case]:
        """The report, as test cases."""
        from taskconform.conformance.records.traces import read_trace  # noqa: PLC0415
        from taskconform.conformance.verdicts.decide import is_required  # noqa: PLC0415
        from taskconform.reports.cases import cases  # noqa: PLC0415
        from taskconform.reports.document import decode  # noqa: PLC0415
        from taskconform.reports.trace import listing  # noqa: PLC0415

        report = decode((self.out / "report.json").read_bytes())
        listings = {
            found.signature: listing(read_trace(self.out / found.trace))
            for clause in report.clauses
            for found in clause.divergences
            if found.trace is not None
        }
        return cases(report, listings, strict=self.strict, required=is_required)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Give an item of ours what became of its clause, and Allure its labels."""
        if not isinstance(item, ClauseItem):
            return (yield)
        item.learn(self.case_of(item.clause.id), self.out)
        try:
            return (yield)
        finally:
            item.label()

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Show the text of a failure instead of where in this file it was raised, to everybody who looks at reports."""
        report = yield
        if isinstance(item, ClauseItem) and call.excinfo and isinstance(call.excinfo.value, Diverges | NotDecided):
            shown: Any = call.excinfo.getrepr(style="value")
            shown.reprcrash.message = item.case.message
            shown.reprtraceback.reprentries[-1].lines = item.case.text.splitlines()
            report.longrepr = shown
        return report

    # --- the end

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count what was shown, and what of it says anything of the target."""
        if report.nodeid.startswith(PREFIX) and not self.is_worker:
            self.shown += 1
            skipped = report.skipped and not hasattr(report, "wasxfail")
            self.judged += (report.when == "call" or report.failed) and not skipped

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A run that tested nothing is never green, nor is one in which something changed that is no clause's."""
        changed = self.report is not None and self.report.baseline is not None and self.report.run.exit_code
        if changed and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if self.shown and not self.judged and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The verdict of the whole run, which selecting items does not change."""
        if self.report is None:
            return
        from taskconform.reports.wording import again, share, verdict  # noqa: PLC0415

        run = self.report.run
        terminalreporter.section(NAME)
        for line in (
            verdict(self.report),
            *self.report.blocks,
            share(self.report),
            f"{run.calls} calls in {run.seconds:.1f} s, plan {run.plan_digest}",
            f"again: {again(self.report)}",
            f"report, history and traces: {self.out}",
        ):
            terminalreporter.write_line(line)
        if self.shown and not self.judged:
            terminalreporter.write_line("nothing was tested: every clause that was selected was skipped", red=True)
