"""The fixture `vcenter`: a TaskManager for tests of programs that use one, on a virtual clock, in any of the ways in
which the pages allow it to behave.

    @pytest.mark.vcenter("page.*", "lagging", "random:20")
    def test_my_program(vcenter):
        assert my_program(vcenter.host, vcenter.port, vcenter.user, vcenter.password)
"""

from __future__ import annotations

from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path  # noqa: TC003  # a dataclass's field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taskconform.conformance.serve.background import Background
    from taskconform.conformance.serve.options import Options
    from taskconform.model.vocabulary.outcomes import TaskInfo

FIXTURE: Final = "vcenter"
PLAIN: Final = "plain"
"""The name of the server that behaves as the specification is written, with the default choices."""
MARK: Final = (
    "vcenter(*variants, **options): run the test once for each conforming variant that one of the globs matches "
    "(also `plain`, and `random:N` for N draws of several at once); options are those of `taskconform serve`"
)
PACE: Final = {"clock": "virtual", "queue_time": 150, "operation_time": 300, "call_time": 20}
"""The options of a server of the fixture, in milliseconds: whoever polls finds a task queued, then running."""


class VCenter:
    """A server that runs. `user` may do everything; `authority` is the file (PEM) that vouches for its certificate;
    `variant` says in which way it behaves."""

    def __init__(self, background: Background, options: Options, variant: str, authority: Path) -> None:
        """Keep it."""
        self._background = background
        self._service = background.server.application.service
        self.variant = variant
        self.url = background.server.url
        parts = urlsplit(self.url)
        self.host = str(parts.hostname)
        self.port = int(parts.port or 443)
        self.user = "primary"
        self.password = options.passwords[self.user]
        self.authority = authority

    def advance(self, seconds: float) -> None:
        """Move the clock forward, with all that is due on the way."""

        def move() -> None:
            self._service.advance(self._service.state.now + round(seconds * 1_000_000))
            self._service.moved()

        self._background.ask(move)

    def infos(self) -> list[TaskInfo]:
        """Return the TaskInfo of every task that there was, by age, as the server knows it: with times in microseconds
        since 1970, and names in snake case."""

        def read() -> list[TaskInfo]:
            tasks = self._service.state.tasks
            return [tasks[number].info for number in sorted(tasks)]

        found: list[TaskInfo] = self._background.ask(read)
        return found


@contextmanager
def started(name: str, folder: Path, **options: Any) -> Iterator[VCenter]:
    """Run a server that is like the variant, or those with commas between them. Raises UsageError for a variant that
    there is not, ValueError for options that make no sense."""
    from taskconform.conformance.errors import Refused  # noqa: PLC0415  # only where the fixture is used
    from taskconform.conformance.serve.background import serving  # noqa: PLC0415
    from taskconform.conformance.serve.options import Options  # noqa: PLC0415
    from taskconform.conformance.serve.variants import named, with_variants  # noqa: PLC0415

    chosen = Options(**{**PACE, **options})
    head, _, seed = name.partition(":")
    if name != PLAIN:
        try:
            names = named(head, int(seed or 0)) if seed.isdecimal() or not seed else named(name)
        except Refused as problem:
            message = f"vcenter: {problem}"
            raise pytest.UsageError(message) from None
        chosen = with_variants(chosen, names)
        name = ",".join(names)
    authority = folder / "authority.pem"
    with serving(chosen) as background:
        authority.write_bytes(background.server.authority or b"")
        yield VCenter(background, chosen, name, authority)


@pytest.fixture
def vcenter(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[VCenter]:
    """Run a TaskManager for the test, fresh, on a virtual clock: each request takes 20 milliseconds of it, and a wait
    for updates skips to what happens next."""
    marks = request.node.iter_markers(FIXTURE)
    options = {key: value for mark in reversed(list(marks)) for key, value in mark.kwargs.items()}
    with started(getattr(request, "param", PLAIN), tmp_path, **options) as made:
        yield made


# --- over variants ----------------------------------------------------------------------------------------------------


def add_option(parser: pytest.Parser) -> None:
    """Add the option that runs every test of the fixture over variants."""
    parser.getgroup("taskconform").addoption(
        "--vcenter-variants",
        metavar="GLOB,…",
        help="Run tests with the fixture `vcenter` on these conforming variants, whatever they are marked with.",
    )


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Parametrize a test by the variants that the command line or its mark names. Raises UsageError."""
    if FIXTURE not in metafunc.fixturenames or _is_parametrized(metafunc):
        return
    given = metafunc.config.getoption("--vcenter-variants")
    globs = [glob for mark in metafunc.definition.iter_markers(FIXTURE) for glob in mark.args]
    if given:
        globs = [glob.strip() for glob in str(given).split(",")]
    if globs:
        names = list(dict.fromkeys(name for glob in globs for name in matching(glob)))
        metafunc.parametrize(FIXTURE, names, indirect=True, ids=names)


def matching(glob: str) -> list[str]:
    """Return the names of the variants that a glob matches; of `random:N`, N draws. Raises UsageError for none."""
    from taskconform.conformance.serve.variants import RANDOM, offered  # noqa: PLC0415  # only where asked for

    head, _, count = glob.partition(":")
    if head == RANDOM and count.isdecimal():
        return [f"{RANDOM}:{seed}" for seed in range(int(count))]
    found = [name for name in (PLAIN, *sorted(offered())) if fnmatchcase(name, glob)]
    if not found:
        message = f"vcenter: no variant matches {glob}; `taskconform serve --variants` lists them"
        raise pytest.UsageError(message)
    return found


def _is_parametrized(metafunc: pytest.Metafunc) -> bool:
    """Tell whether the test names the servers itself."""
    for mark in metafunc.definition.iter_markers("parametrize"):
        names = mark.args[0] if mark.args else mark.kwargs["argnames"]
        if FIXTURE in (names.replace(" ", "").split(",") if isinstance(names, str) else names):
            return True
    return False
