"""The built-in target: the simulator, in this process, behind the adapter's protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.targets.protocol import Target, TargetMisnamed
from taskconform.conformance.targets.sim_faults import RefusedError
from taskconform.conformance.targets.sim_inventory import ACCOUNTS, INVENTORY
from taskconform.conformance.targets.sim_server import Settings
from taskconform.conformance.targets.sim_strings import LOCALES
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.declaration import About, Declaration
from taskconform.model.vocabulary.outcomes import Faulted, Interval, Returned

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from taskconform.model.vocabulary.outcomes import Outcome, Value

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
"""What a host, with its fixed inventory and without the managers of alarms and scheduled tasks, has not."""
DEFAULTS: Final[Mapping[str, str]] = {
    "api-version": "8.0.3.0",
    "cap": "200",
    "flavour": "vcenter",
    "max-collector": "32",
    "window": "600",
}
FLAVOURS: Final = ("vcenter", "esxi")

HANDLERS: Final[Mapping[type[calls.Call], str]] = {
    calls.Login: "login",
    calls.Logout: "logout",
    calls.AdvanceClock: "advance_clock",
    calls.RegisterExtension: "register_extension",
    calls.UpdateExtension: "update_extension",
    calls.UnregisterExtension: "unregister_extension",
    calls.FindExtension: "find_extension",
    calls.ReadExtensionList: "read_extension_list",
    calls.CreateTask: "create_task",
    calls.ReadRecentTask: "read_recent_task",
    calls.WaitForRecentTask: "wait_for_recent_task",
    calls.ReadMaxCollector: "read_max_collector",
    calls.ReadDescription: "read_description",
    calls.ReadTaskInfo: "read_task_info",
    calls.SetTaskState: "set_task_state",
    calls.UpdateProgress: "update_progress",
    calls.SetTaskDescription: "set_task_description",
    calls.CancelTask: "cancel_task",
    calls.CreateCollectorForTasks: "create_collector_for_tasks",
    calls.CreateCollectorWithInfoFilterForTasks: "create_collector_with_info_filter_for_tasks",
    calls.CreateCollectorForEvents: "create_collector_for_events",
    calls.ReadCollectorFilter: "read_collector_filter",
    calls.ReadLatestPage: "read_latest_page",
    calls.SetCollectorPageSize: "set_collector_page_size",
    calls.RewindCollector: "rewind_collector",
    calls.ResetCollector: "reset_collector",
    calls.ReadNextTasks: "read_next_tasks",
    calls.ReadPreviousTasks: "read_previous_tasks",
    calls.DestroyCollector: "destroy_collector",
    calls.CreateListView: "create_list_view",
    calls.ModifyListView: "modify_list_view",
    calls.ResetListView: "reset_list_view",
    calls.ReadView: "read_view",
    calls.DestroyView: "destroy_view",
    calls.CreatePropertyCollector: "create_property_collector",
    calls.CreateFilter: "create_filter",
    calls.WaitForUpdatesEx: "wait_for_updates_ex",
    calls.BreakOffWait: "break_off_wait",
    calls.DestroyPropertyFilter: "destroy_property_filter",
    calls.DestroyPropertyCollector: "destroy_property_collector",
    calls.RetrieveReported: "retrieve_reported",
    calls.CreateFolder: "create_folder",
    calls.Destroy: "destroy",
    calls.CreateScheduledTask: "create_scheduled_task",
    calls.RunScheduledTask: "run_scheduled_task",
    calls.RemoveScheduledTask: "remove_scheduled_task",
    calls.CreateAlarm: "create_alarm",
    calls.LogUserEvent: "log_user_event",
    calls.RemoveAlarm: "remove_alarm",
    calls.QueryTaskEvents: "query_task_events",
}
"""The simulator's method for every class of call."""


def open_target(options: Mapping[str, str]) -> Target:
    """Open the built-in target. Raises TargetMisnamed for an option that it does not have or a value of no use."""
    return BuiltinTarget(options)


class BuiltinTarget:
    """Give a simulator that answers calls. `simulator_class` puts another one in its place."""

    def __init__(self, options: Mapping[str, str], simulator_class: type[Simulator] = Simulator) -> None:
        """Take the options and start the simulator."""
        chosen = _checked(options)
        api_version = _version(chosen)
        self._settings = Settings(
            max_collector=_count(chosen, "max-collector"),
            window=_count(chosen, "window"),
            cap=_count(chosen, "cap"),
            vcenter=chosen["flavour"] == "vcenter",
            api_version=tuple(int(part) for part in api_version.split(".")),
        )
        self._simulator_class = simulator_class
        self._declaration = _declare(self._settings, api_version, simulator_class)
        self.reset()

    @property
    def declaration(self) -> Declaration:
        """What the simulator says of itself."""
        return self._declaration

    @property
    def simulator(self) -> Simulator:
        """Give the simulator now in use."""
        return self._simulator

    def perform(self, call: calls.Call) -> Outcome:
        """Let a millisecond pass and answer the call, all at one instant. Raises TypeError for a call with symbols."""
        simulator = self._simulator
        clock = simulator.clock
        clock.tick()
        simulator.end_due()
        handler: Callable[[Any], Value] = getattr(simulator, HANDLERS[call.__class__])
        try:
            value = handler(call)
        except RefusedError as refusal:
            return Faulted(fault=refusal.fault, at=Interval(earliest=clock.now, latest=clock.now))
        return Returned(value=value, at=Interval(earliest=clock.now, latest=clock.now))

    def perform_together(self, calls: Sequence[calls.Call]) -> list[Outcome]:
        """One after the other: there is one thread."""
        return [self.perform(call) for call in calls]

    def reset(self) -> None:
        """Start another simulator."""
        self._simulator = self._simulator_class(self._settings)

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
    return chosen


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


def _declare(settings: Settings, api_version: str, simulator_class: type[Simulator]) -> Declaration:
    """Make the declaration of a simulator with these settings."""
    return Declaration(
        name="builtin",
        about=_about(api_version, vcenter=settings.vcenter),
        capabilities=CAPABILITIES + (VCENTER_CAPABILITIES if settings.vcenter else ()),
        accounts=ACCOUNTS,
        places=dict(INVENTORY.places),
        extension_key=EXTENSION_KEY,
        identity={"simulator": simulator_class.__qualname__},
        exclusive=True,
        settling=0.0,
        window=settings.window,
        cap=settings.cap,
        locales=LOCALES,
    )
