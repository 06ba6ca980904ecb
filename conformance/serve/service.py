"""The server's state: the simulator, who is logged in, and which managed objects there are."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.serve.clients import Client, Clients
from taskconform.conformance.serve.options import VCENTER, VIRTUAL, managers_of
from taskconform.conformance.serve.pulse import Pulse
from taskconform.conformance.targets.sim_clock import RealClock
from taskconform.conformance.targets.sim_faults import NOT_AUTHENTICATED, OBJECT_NOT_FOUND, refused
from taskconform.conformance.targets.sim_operations import OperatingSimulator
from taskconform.conformance.targets.sim_state import Clock
from taskconform.conformance.wire import schema
from taskconform.conformance.wire.table import METHODS
from taskconform.conformance.wire.values import Data
from taskconform.conformance.wire.words import snake
from taskconform.model.vocabulary.calls import NOBODY, Logout, ObjectRef

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.conformance.serve.options import Options
    from taskconform.conformance.targets.sim_state import Session
    from taskconform.model.vocabulary.calls import Call

SERVICE_INSTANCE: Final = ObjectRef(type="ServiceInstance", value="ServiceInstance")


class ServedSimulator(OperatingSimulator):
    """The simulator as it is served: it knows the other managers too."""

    def __init__(self, service: Service) -> None:
        """Start with the clock that was chosen."""
        self.service = service
        self.clock_class = Clock if service.options.clock == VIRTUAL else RealClock
        super().__init__(service.options.settings, service.options.operation_microseconds)

    def exists(self, session: Session, ref: ObjectRef) -> bool:
        """Tell whether a managed object exists for the session, the managers and the client's own objects included."""
        return super().exists(session, ref) or self.service.is_beside(session, ref)

    def new_collector_ref(self, session: Session, type_name: str, word: str = "collector") -> ObjectRef:
        """Make a reference that says whose it is, as a vCenter's do: by the session's key."""
        self.collectors += 1
        key = next((one.key for one in self.service.clients if self.sessions.get(one.name) is session), "")
        return ObjectRef(type=type_name, value=f"session[{key}]{word}-{self.collectors}")


class Service:
    """One server. Everything happens on one thread, a request at a time, but for waits."""

    def __init__(self, options: Options) -> None:
        """Start it."""
        self.options = options
        self.schema = schema.schema_of(options.api_version)
        self.managers = {
            name: ref for name, ref in managers_of(options.flavour).items() if name in self._service_content_fields()
        }
        self._managers = {
            SERVICE_INSTANCE.value: SERVICE_INSTANCE,
            **{ref.value: ref for ref in self.managers.values()},
        }
        self.clients = Clients(options.idle)
        self.pulse = Pulse()
        self.instance_uuid = str(uuid.uuid4())
        self.nobody = Client(NOBODY)
        self.admitted: Client | None = None
        """The client that has logged in with the call that is being answered."""
        self.when_due: Callable[[], None] = lambda: None
        self.start_anew()

    def start_anew(self) -> None:
        """Forget everything, and start another simulator."""
        for client in self.clients:
            self.clients.forget(client)
        self.simulator = ServedSimulator(self)
        self.extensions: dict[str, Data] = {}
        self.specs: dict[str, Data] = {}
        self.pulse.beat()

    def _service_content_fields(self) -> frozenset[str]:
        kind = schema.named_type("ServiceContent")
        return frozenset() if kind is None else frozenset(self.schema.fields(kind))

    # --- who calls ----------------------------------------------------------------------------------------------------

    def session(self, client: Client) -> Session:
        """Give the simulator's session; NotAuthenticated if the client has not logged in, or is no more."""
        return self.simulator.authenticated(client.name)

    def end(self, client: Client) -> None:
        """End a login, and whatever waits on it."""
        self.clients.forget(client)
        if client.name in self.simulator.sessions:
            self.simulator.logout(Logout(session=client.name))
        self.pulse.beat()

    def end_idle(self) -> None:
        """End the logins that were not used for too long."""
        for client in self.clients.idle_ones():
            self.end(client)

    def call_of(self, name: str, client: Client, this: ObjectRef, arguments: Mapping[str, Any]) -> Call:
        """Return the call of the vocabulary that a request of this method makes."""
        return METHODS[name].take(client.name, this, arguments)

    def perform(self, call: Call) -> Any:
        """Perform a call of the vocabulary; its value. Raises RefusedError."""
        return getattr(self.simulator, snake(type(call).__name__))(call)

    def moved(self) -> None:
        """Something may have changed: whoever waits looks again, and what is due next is kept in mind."""
        self.pulse.beat()
        self.when_due()

    # --- which objects there are --------------------------------------------------------------------------------------

    def kind_of(self, client: Client, ref: ObjectRef) -> str | None:
        """Give the type of the object that goes by this reference value, for this client; None if there is none."""
        value = ref.value
        simulator = self.simulator
        if value in simulator.tasks:
            return "Task"
        manager = self._managers.get(value)
        if manager is not None:
            return manager.type
        entity = simulator.inventory.entities.get(value)
        if entity is not None:
            return entity.ref.type
        if value in simulator.alarms:
            return "Alarm"
        if value in simulator.schedules:
            return "ScheduledTask"
        return self._kind_of_own(client, value)

    def _kind_of_own(self, client: Client, value: str) -> str | None:
        session = self.simulator.sessions.get(client.name)
        if session is None:
            return None
        if value in session.task_collectors:
            return "TaskHistoryCollector"
        if value in session.event_collectors:
            return "EventHistoryCollector"
        if value in session.views:
            return "ListView"
        made = client.objects.get(value)
        return None if made is None else made.kind

    def is_beside(self, session: Session, ref: ObjectRef) -> bool:
        """Tell whether this is an object that the simulator does not know of."""
        manager = self._managers.get(ref.value)
        if manager is not None:
            return manager == ref
        client = next((each for each in self.clients if self.simulator.sessions.get(each.name) is session), None)
        return client is not None and self._kind_of_own(client, ref.value) == ref.type

    def found(self, client: Client, ref: ObjectRef) -> str:
        """Give the object's type; ManagedObjectNotFound if it is not there, or of no such type."""
        kind = self.kind_of(client, ref)
        if kind is None or (kind != ref.type and ref.type not in schema.names_above(kind)):
            raise refused(OBJECT_NOT_FOUND, f"the object {ref.type}:{ref.value} is not there")
        return kind

    def require_login(self, client: Client) -> None:
        """NotAuthenticated if nobody has logged in."""
        if client.name not in self.simulator.sessions:
            raise refused(NOT_AUTHENTICATED, "the session is not authenticated")

    # --- what it says of itself ---------------------------------------------------------------------------------------

    @property
    def about(self) -> Data:
        """vim.AboutInfo."""
        vcenter = self.options.flavour == VCENTER
        version = ".".join([*self.options.api_version.split("."), "0", "0"][:3])
        name = "taskconform simulated vCenter Server" if vcenter else "taskconform simulated ESXi"
        return Data(
            "AboutInfo",
            name=name,
            fullName=f"{name} {version} build-1",
            vendor="taskconform",
            version=version,
            build="1",
            localeVersion="INTL",
            localeBuild="000",
            osType="linux-x64" if vcenter else "vmnix-x86",
            productLineId="vpx" if vcenter else "embeddedEsx",
            apiType="VirtualCenter" if vcenter else "HostAgent",
            apiVersion=self.options.api_version,
            instanceUuid=self.instance_uuid if vcenter else None,
            licenseProductName="taskconform",
            licenseProductVersion=version,
        )

    def content(self) -> Data:
        """vim.ServiceInstanceContent."""
        fields: dict[str, Any] = dict(self.managers)
        return Data("ServiceContent", about=self.about, **fields)
