"""The server: the specification's state, who is logged in, what is due, and which managed objects there are."""

from __future__ import annotations

import time
import uuid
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, Final, cast

from taskconform.conformance.serve import operations
from taskconform.conformance.serve.clients import Client, Clients
from taskconform.conformance.serve.faults import raised
from taskconform.conformance.serve.options import VCENTER, VIRTUAL, managers_of
from taskconform.conformance.serve.pulse import Pulse
from taskconform.conformance.targets.builtin.server import EPOCH, autostarted, idle_state, started
from taskconform.conformance.targets.builtin.specification import Replacement, specified
from taskconform.conformance.wire import schema
from taskconform.conformance.wire.table import METHODS
from taskconform.conformance.wire.values import Data
from taskconform.model.spec import access, clock, collectors, inventory
from taskconform.model.spec.faults import FaultRaised, fault
from taskconform.model.vocabulary.calls import Logout, ObjectRef
from taskconform.model.vocabulary.outcomes import Returned

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.conformance.serve.operations import Action, Operation
    from taskconform.conformance.serve.options import Options
    from taskconform.model.spec.state import After, Session, State, Trigger
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.outcomes import Faulted

SERVICE_INSTANCE: Final = ObjectRef(type="ServiceInstance", value="ServiceInstance")


class Service:
    """One server. Everything happens on one thread, a request at a time, but for waits."""

    def __init__(self, options: Options) -> None:
        """Start it."""
        self.options = options
        self.schema = schema.schema_of(options.api_version)
        self.managers = {
            name: ref for name, ref in managers_of(options.flavour).items() if name in self._service_content_fields()
        }
        self._managers = {ref.value: ref for ref in (SERVICE_INSTANCE, *self.managers.values())}
        self.clients = Clients(options.idle)
        self.pulse = Pulse()
        self.instance_uuid = str(uuid.uuid4())
        self.admitted: Client | None = None
        """The client that has logged in with the call that is being answered."""
        self.when_due: Callable[[], None] = lambda: None
        behaviour = options.behaviour
        self.choices = behaviour.choices
        self.specification = specified(
            [
                *behaviour.replacements,
                Replacement(original=inventory.exists, function=self._exists),
                Replacement(original=collectors.new_ref, function=self._new_ref),
            ],
            self.choices,
        )
        self.modules = self.specification.modules
        self.shell = None if behaviour.shell is None else behaviour.shell(options.server, self.specification)
        self.start_anew()

    def start_anew(self) -> None:
        """Forget everything, and start another server."""
        for client in self.clients:
            self.clients.forget(client)
        now = EPOCH if self.options.clock == VIRTUAL else time.time_ns() // 1_000
        if self.shell is not None:
            self.shell.reset()
            state = self.shell.state
        else:
            state = started(idle_state(self.options.server, now), self.specification)
        self.state = operations.switched(state, operations.POWERED_ON, autostarted().ref.value, on=True)
        self.extensions: dict[str, Data] = {}
        self.specs: dict[str, Data] = {}
        self._due: list[tuple[int, int, Action]] = []
        self._planned = 0
        self.pulse.beat()

    def _service_content_fields(self) -> frozenset[str]:
        kind = schema.named_type("ServiceContent")
        return frozenset() if kind is None else frozenset(self.schema.fields(kind))

    # --- what the specification does ----------------------------------------------------------------------------------

    def call_of(self, name: str, client: Client, this: ObjectRef, arguments: Mapping[str, Any]) -> Call:
        """Return the call of the vocabulary that a request of this method makes."""
        return METHODS[name].take(client.name, this, arguments)

    def perform(self, call: Call) -> Any:
        """Perform a call of the vocabulary; its value. Raises FaultRaised."""
        if self.shell is not None:
            self.shell.state = self.state
            outcome = self.shell.perform(call)
            self.state = self.shell.state
        else:
            self.state, outcome = self.specification.step(self.state, call)
        if isinstance(outcome, Returned):
            return outcome.value
        raise raised(cast("Faulted", outcome).fault)

    def _exists(self, before: Callable[..., bool], state: State, session: Session, ref: ObjectRef) -> bool:
        """Tell whether a managed object exists for the session, those included that the specification has not."""
        client = self.clients.named(session.name)
        return before(state, session, ref) or (client is not None and self.kind_of(client, ref) == ref.type)

    def _new_ref(
        self,
        before: Callable[..., After[ObjectRef]],
        state: State,
        session: Session,
        kind: str,
        word: str = "collector",
    ) -> After[ObjectRef]:
        """Make a reference that says whose it is, as a vCenter's do: by the session's key."""
        state, _ = before(state, session, kind, word)
        client = self.clients.named(session.name)
        return state, ObjectRef(type=kind, value=f"session[{client.key if client else ''}]{word}-{state.made}")

    def new_ref(self, client: Client, kind: str, word: str) -> ObjectRef:
        """Return a reference that no other object has or had."""
        made: tuple[State, ObjectRef] = self.specification.modules.collectors.new_ref(
            self.state, self.session(client), kind, word
        )
        self.state, ref = made
        return ref

    # --- time ---------------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Take the time: of the day, or a virtual clock's, which moves by what a call takes. No tick is at the time of
        another."""
        now = self.state.now
        self.advance(
            now + self.options.call_time * 1_000
            if self.options.clock == VIRTUAL
            else max(now + 1, time.time_ns() // 1_000)
        )

    def advance(self, until: int) -> None:
        """Let time go by with all that is due on the way: tasks end, operations go on, scheduled tasks run."""
        while self._due and self._due[0][0] <= until:
            at, _, action = heappop(self._due)
            self.state = action(self._passed(at))
        self.state = self._passed(until)

    def _passed(self, until: int) -> State:
        """Return the state as it is at this time, if that is to come."""
        return self.specification.pass_time(self.state, max(0, until - self.state.now))

    def plan(self, at: int, action: Action) -> None:
        """Do this when its time has come; what is due at the same time in the order in which it was planned."""
        self._planned += 1
        heappush(self._due, (at, self._planned, action))

    def next_due(self) -> int | None:
        """Return the time at which something happens next by itself; None if nothing will."""
        times = [*[at for at, _, __ in self._due[:1]], clock.next_change(self.state)]
        return min([at for at in times if at is not None], default=None)

    def operate(self, begun: After[Operation]) -> ObjectRef:
        """Let an operation that has begun go on. One that takes no time is through when the call returns."""
        self.state, operation = begun
        now = self.state.now
        operation = operation._replace(queued=self.options.queue_time * 1_000)
        for after, action in operation.moves(self.options.operation_microseconds):
            self.plan(now + after, action)
        self.advance(now)
        return operation.task

    def moved(self) -> None:
        """Something may have changed: whoever waits looks again, and what is due next is kept in mind."""
        self.pulse.beat()
        self.when_due()

    # --- who calls ----------------------------------------------------------------------------------------------------

    def session(self, client: Client) -> Session:
        """Return the login of a client; NotAuthenticated if it has not logged in, or is no more."""
        return access.current(self.state, client.name)

    def require(self, client: Client, privilege: str = access.SYSTEM_VIEW) -> Session:
        """Return the login of a client, which needs this privilege on the root folder."""
        session = self.session(client)
        self.modules.access.require(self.state, session, privilege, self.choices)
        return session

    def holds(self, client: Client, privilege: str, entity: str) -> bool:
        """Tell whether the client's user holds the privilege on the entity of this reference value."""
        holds: bool = self.modules.access.holds(self.state, self.session(client), privilege, entity, self.choices)
        return holds

    def end(self, client: Client) -> None:
        """End a login, and whatever waits on it."""
        self.clients.forget(client)
        if client.name in self.state.sessions:
            self.perform(Logout(session=client.name))
        self.pulse.beat()

    def end_idle(self) -> None:
        """End the logins that were not used for too long."""
        for client in self.clients.idle_ones():
            self.end(client)

    # --- which objects there are --------------------------------------------------------------------------------------

    def triggers(self, type_name: str) -> list[Trigger]:
        """List the scheduled tasks or the alarms."""
        return [one for one in self.state.triggers if one.ref.type == type_name]

    def kind_of(self, client: Client, ref: ObjectRef) -> str | None:
        """Return the type of the object that goes by this reference value, for this client; None if there is none."""
        value, state = ref.value, self.state
        if value in state.keys:
            return self._kind_of_task(ref)
        known = self._managers.get(value) or next((one.ref for one in state.triggers if one.ref.value == value), None)
        if known is not None or value in state.entities:
            return (known or state.entities[value].ref).type
        session = state.sessions.get(client.name)
        return None if session is None else _kind_of_own(client, session, value)

    def _kind_of_task(self, ref: ObjectRef) -> str | None:
        """Return the type of a task; None for one that is no object any more."""
        try:
            self.modules.tasks.find_task(self.state, ObjectRef(type="Task", value=ref.value))
        except FaultRaised:
            return None
        return "Task"

    def found(self, client: Client, ref: ObjectRef) -> str:
        """Return the object's type; ManagedObjectNotFound if it is not there, or of no such type."""
        kind = self.kind_of(client, ref)
        if kind is None or (kind != ref.type and ref.type not in schema.names_above(kind)):
            fault("ManagedObjectNotFound", f"the object {ref.type}:{ref.value} is not there")
        return kind

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


def _kind_of_own(client: Client, session: Session, value: str) -> str | None:
    """Return the type of an object of the client's own."""
    filters = [one.ref.value for each in session.property_collectors.values() for one in each.filters]
    own = {
        "TaskHistoryCollector": session.collectors,
        "EventHistoryCollector": session.event_collectors,
        "ListView": session.views,
        "PropertyCollector": session.property_collectors,
        "PropertyFilter": filters,
        "ContainerView": client.containers,
    }
    return next((kind for kind, values in own.items() if value in values), None)
