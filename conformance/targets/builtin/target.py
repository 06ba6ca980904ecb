"""The built-in target: the specification, in this process, behind the adapter's protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from immutables import Map

from taskconform.conformance.targets.builtin.inventory import ACCOUNTS, INVENTORY
from taskconform.conformance.targets.builtin.operations import OPERATIONS
from taskconform.conformance.targets.builtin.server import idle_state, new_server, started
from taskconform.conformance.targets.builtin.specification import RIGHT, Specification
from taskconform.conformance.targets.builtin.strings import LOCALES
from taskconform.conformance.targets.protocol import Target, TargetMisnamed
from taskconform.model.vocabulary.declaration import About, Declaration
from taskconform.model.vocabulary.parts import KNOWN, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from taskconform.model.spec.state import Server, State
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.outcomes import Outcome

EXTENSION_KEY: Final = "org.taskconform.suite"
CAPABILITIES: Final = (
    "clock",
    "reset",
    "second-user",
    "restricted",
    "delegate",
    "outsider",
    "raw",
    "events",
    "task-events",
    "locale",
)
VCENTER_CAPABILITIES: Final = ("alarms", "schedules", "inventory")
"""Capabilities that a host, with its fixed inventory and without the managers of alarms and scheduled tasks, lacks."""
DEFAULTS: Final[Mapping[str, str]] = {
    "api-version": "8.0.3.0",
    "cap": "200",
    "flavour": "vcenter",
    "max-collector": "32",
    "operations": "no",
    "window": "600",
    "without": "",
}
FLAVOURS: Final = ("vcenter", "esxi")
CALL_TIME: Final = 1_000
"""Microseconds of server time that a call takes."""


def open_target(options: Mapping[str, str]) -> Target:
    """Open the built-in target. Raises TargetMisnamed for an option that it does not have or a value of no use."""
    return BuiltinTarget(options)


class BuiltinTarget:
    """A server that behaves as a specification says: `specification`, by default the right one."""

    def __init__(self, options: Mapping[str, str], specification: Specification = RIGHT) -> None:
        """Take the options and start the server."""
        chosen = _checked(options)
        api_version = _version(chosen)
        self.specification = specification
        self.server = new_server(
            max_collector=_count(chosen, "max-collector"),
            window=_count(chosen, "window"),
            cap=_count(chosen, "cap"),
            vcenter=chosen["flavour"] == "vcenter",
            api_version=tuple(int(part) for part in api_version.split(".")),
            operations=Map({one.name: one for one in OPERATIONS} if chosen["operations"] == "yes" else {}),
        )
        self._declaration = _declare(self.server, api_version, _without(chosen))
        self.state = self.first_state()
        self._is_same_instant = False

    @property
    def declaration(self) -> Declaration:
        """The target's declaration."""
        return self._declaration

    def first_state(self) -> State:
        """Return the state of a server that has just started."""
        return started(idle_state(self.server), self.specification)

    def perform(self, call: Call) -> Outcome:
        """Let a millisecond pass and answer the call, all at one instant."""
        state = self.specification.pass_time(self.state, 0 if self._is_same_instant else self.call_time())
        self.state, outcome = self.specification.step(state, call)
        return outcome

    def call_time(self) -> int:
        """Return the microseconds that the next call takes."""
        return CALL_TIME

    def perform_together(self, calls: Sequence[Call]) -> list[Outcome]:
        """Perform one after the other, all at the same instant: there is one thread."""
        outcomes = [self.perform(call) for call in calls[:1]]
        self._is_same_instant = True
        try:
            return outcomes + [self.perform(call) for call in calls[1:]]
        finally:
            self._is_same_instant = False

    def reset(self) -> None:
        """Start the server anew."""
        self.state = self.first_state()

    def close(self) -> None:
        """Forget everything."""
        self.reset()

    @property
    def socket_seconds(self) -> float:
        """Nothing is waited for in process."""
        return 0.0


def _checked(options: Mapping[str, str]) -> dict[str, str]:
    """Take the options, completed by the defaults."""
    unknown = sorted(set(options) - set(DEFAULTS))
    if unknown:
        message = f"builtin: no option {', '.join(unknown)}; known options: {', '.join(DEFAULTS)}"
        raise TargetMisnamed(message)
    chosen = {**DEFAULTS, **options}
    if chosen["flavour"] not in FLAVOURS:
        message = f"builtin: flavour is one of {', '.join(FLAVOURS)}, not {chosen['flavour']!r}"
        raise TargetMisnamed(message)
    if chosen["operations"] not in {"yes", "no"}:
        message = f"builtin: operations is yes or no, not {chosen['operations']!r}"
        raise TargetMisnamed(message)
    return chosen


def _without(chosen: Mapping[str, str]) -> tuple[str, ...]:
    """Read which parts of the API are not declared. Raises TargetMisnamed for a word that stands for none."""
    words = tuple(word.strip() for word in chosen["without"].split(",") if word.strip())
    for word in words:
        if word not in KNOWN:
            message = f"builtin: {unknown('call, manager or field', word, tuple(KNOWN))}"
            raise TargetMisnamed(message)
    return words


def _count(chosen: Mapping[str, str], key: str) -> int:
    """Read an option that is a number, zero or more."""
    given = chosen[key]
    if not (given.isascii() and given.isdigit()):
        message = f"builtin: {key} is a number, not {given!r}"
        raise TargetMisnamed(message)
    return int(given)


def _version(chosen: Mapping[str, str]) -> str:
    """Read the API version: numbers with dots between them."""
    given = chosen["api-version"]
    if not (given.isascii() and all(part.isdigit() for part in given.split("."))):
        message = f"builtin: api-version is of the form 8.0.3.0, not {given!r}"
        raise TargetMisnamed(message)
    return given


def _about(api_version: str, *, vcenter: bool) -> About:
    """vim.AboutInfo of either flavour."""
    version = ".".join(api_version.split(".")[:3])
    name = "taskconform simulated vCenter Server" if vcenter else "taskconform simulated ESXi"
    return About(
        name=name,
        full_name=f"{name} {version} build-1",
        vendor="taskconform",
        version=version,
        build="1",
        api_type="VirtualCenter" if vcenter else "HostAgent",
        api_version=api_version,
        product_line_id="vpx" if vcenter else "embeddedEsx",
        os_type="linux-x64" if vcenter else "vmnix-x86",
    )


def _declare(server: Server, api_version: str, without: tuple[str, ...]) -> Declaration:
    """Return the declaration of a server."""
    operations = tuple(one for one in OPERATIONS if one.name in server.operations)
    offered = ("operations",) if operations else ()
    return Declaration(
        name="builtin",
        about=_about(api_version, vcenter=server.vcenter),
        capabilities=CAPABILITIES + (VCENTER_CAPABILITIES if server.vcenter else ()) + offered,
        accounts=ACCOUNTS,
        places=dict(INVENTORY.places),
        extension_key=EXTENSION_KEY,
        identity={"simulator": "Simulator"},
        exclusive=True,
        settling=0.0,
        window=server.window,
        cap=server.cap,
        locales=LOCALES,
        operations=operations,
        without=without,
    )
