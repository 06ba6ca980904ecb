"""The server that the tests by example talk to: a target, named on pytest's command line (README.md says how)."""

from __future__ import annotations

import importlib
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

import pytest

from taskconform.model.vocabulary.calls import NOBODY, Login, ReadRecentTask, RegisterExtension
from taskconform.model.vocabulary.outcomes import Fault, Faulted, Returned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taskconform.conformance.targets.protocol import Target
    from taskconform.model.vocabulary.calls import Call, ObjectRef

MAIN = "main"


class Server:
    """A freshly reset target with a first login, and short words for what tests do with it."""

    def __init__(self, target: Target) -> None:
        """Reset the target. Nobody is logged in yet."""
        self.target = target
        self.declaration = target.declaration
        self.work = f"{self.declaration.extension_key}.work"
        self.rest = f"{self.declaration.extension_key}.rest"
        self.foreign: frozenset[ObjectRef] = frozenset()
        target.reset()

    def returned(self, call: Call) -> Any:
        """Perform a call that has to return, and give its value."""
        outcome = self.target.perform(call)
        assert isinstance(outcome, Returned), f"{call} gave {outcome}"
        return outcome.value

    def refused(self, call: Call) -> Fault:
        """Perform a call that has to fault, and give the fault."""
        outcome = self.target.perform(call)
        assert isinstance(outcome, Faulted), f"{call} gave {outcome}"
        return outcome.fault

    def look_around(self) -> None:
        """Note the tasks that are there before the tests make any, so that they can be left out of account."""
        self.foreign = frozenset(self.returned(ReadRecentTask(session=MAIN)).value)

    def login(self, session: str, account: str) -> str:
        """Log in, and give the name of the session."""
        self.returned(Login(session=session, account=account))
        return session


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the name of the target and its options."""
    parser.addoption("--baseline-target", default="builtin", help="entry point, or module:function")
    parser.addoption("--baseline-set", action="append", default=[], metavar="KEY=VALUE", help="option of the target")


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """Give the target that `run.py` hands in, or open the one that the command line names, and close it at the end."""
    for plugin in request.config.pluginmanager.get_plugins():
        handed = getattr(plugin, "target", None)
        if type(plugin).__name__ == "FirstFailure" and handed is not None:
            yield handed
            return
    name: str = request.config.getoption("--baseline-target")
    options = dict(entry.split("=", 1) for entry in request.config.getoption("--baseline-set"))
    if ":" in name:
        module, function = name.split(":", 1)
        opener = getattr(importlib.import_module(module), function)
    else:
        (point,) = entry_points(group="taskconform.targets", name=name)
        opener = point.load()
    opened: Target = opener(options)
    yield opened
    opened.close()


@pytest.fixture
def server(target: Target) -> Server:
    """Give a fresh server with the session `main` for a full account, and an extension with two task types."""
    fresh = Server(target)
    fresh.login(MAIN, "primary")
    fresh.look_around()
    fresh.returned(
        RegisterExtension(
            session=MAIN,
            key=fresh.declaration.extension_key,
            version="1.0.0",
            task_ids=(fresh.work, fresh.rest),
        )
    )
    return fresh


@pytest.fixture
def nobody() -> str:
    """Give the session of a connection without a login."""
    return NOBODY
