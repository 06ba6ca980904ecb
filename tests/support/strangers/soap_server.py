"""A small SOAP server: sessions, an inventory of its own, three operations that make tasks, a property collector, and
a TaskManager that has nothing but recentTask.

Written from the API pages alone. `python soap_server.py 8990` serves http://keeper@127.0.0.1:8990/sdk, password `keep`.
"""

from __future__ import annotations

import sys
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

XSI = "{http://www.w3.org/2001/XMLSchema-instance}type"
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    "<soapenv:Body>"
)
TAIL = "</soapenv:Body></soapenv:Envelope>"
VERSIONS = (
    '<?xml version="1.0"?><namespaces version="1.0"><namespace><name>urn:vim25</name><version>8.0.1.0</version>'
    "</namespace></namespaces>"
)
WINDOW, QUEUED, BUSY = 600.0, 0.002, 0.01


class Ref(NamedTuple):
    """A managed object reference."""

    type: str
    value: str


class Fault(Exception):  # noqa: N818  # an answer
    """A fault that goes to the client."""

    def __init__(self, kind: str, /, **fields: Any) -> None:
        """Keep the kind and its fields."""
        super().__init__(kind)
        self.kind, self.fields = kind, fields


def xml(tag: str, value: Any, *, typed: bool = False) -> str:
    """Write a value as an element; `typed` tells its type, as an anyType wants it."""
    match value:
        case None:
            return ""
        case list() if not typed:
            return "".join(xml(tag, each) for each in value)
        case list():
            inner = "".join(xml("ManagedObjectReference", each, typed=True) for each in value)
            return f'<{tag} xsi:type="ArrayOfManagedObjectReference">{inner}</{tag}>'
        case Ref():
            kind = ' xsi:type="ManagedObjectReference"' if typed else ""
            return f"<{tag} type={quoteattr(value.type)}{kind}>{escape(value.value)}</{tag}>"
        case dict():
            inner = "".join(xml(key, each) for key, each in value.items() if key != "type")
            return f"<{tag} xsi:type={quoteattr(value['type'])}>{inner}</{tag}>"
        case Any_(inner):
            return xml(tag, inner, typed=True)
        case bool():
            text, kind = str(value).lower(), "boolean"
        case int():
            text, kind = str(value), "int"
        case datetime():
            text, kind = value.isoformat(timespec="microseconds").replace("+00:00", "Z"), "dateTime"
        case _:
            text, kind = escape(value), "string"
    return f'<{tag} xsi:type="xsd:{kind}">{text}</{tag}>' if typed else f"<{tag}>{text}</{tag}>"


class Any_(NamedTuple):  # noqa: N801  # an anyType
    """A value that is written with its type."""

    value: Any


def plain(tag: str) -> str:
    """Strip an element's namespace."""
    return tag.rpartition("}")[2]


class Arguments:
    """The arguments of a request."""

    def __init__(self, element: ET.Element) -> None:
        """Keep the element."""
        self.element = element

    def all(self, name: str) -> list[Arguments]:
        """Give the arguments of a name."""
        return [Arguments(child) for child in self.element if plain(child.tag) == name]

    def text(self, name: str) -> str | None:
        """Give the text of an argument, None without it."""
        return next((each.element.text or "" for each in self.all(name)), None)

    def ref(self, name: str) -> Ref | None:
        """Give the reference in an argument."""
        return next((each.as_ref() for each in self.all(name)), None)

    def element_descendants(self, name: str) -> list[Arguments]:
        """Give all elements of a name, at any depth, that are more than a name themselves."""
        found = [Arguments(each) for each in self.element.iter() if plain(each.tag) == name]
        return [each for each in found if each.text("path") is not None]

    def as_ref(self) -> Ref:
        """Read the element itself as a reference."""
        return Ref(self.element.get("type", ""), self.element.text or "")


class Job:
    """A task of an operation. It moves by itself."""

    def __init__(self, number: int, name: str, entity: Ref, entity_name: str, user: str) -> None:
        """Queue it now."""
        self.ref, self.name, self.entity, self.entity_name, self.user = (
            Ref("Task", f"task-{number}"),
            name,
            entity,
            entity_name,
            user,
        )
        self.number, self.queued, self.result = number, time.time(), None

    def info(self) -> dict[str, Any]:
        """Give its TaskInfo of now."""
        now = time.time()
        started, ended = self.queued + QUEUED, self.queued + QUEUED + BUSY
        state = "queued" if now < started else "running" if now < ended else "success"
        words = {"Rename_Task": "ManagedEntity.rename", "Destroy_Task": "ManagedEntity.destroy"}
        return {
            "type": "TaskInfo",
            "key": self.ref.value,
            "task": self.ref,
            "name": self.name,
            "descriptionId": words.get(self.name, "Folder.createVm"),
            "entity": self.entity,
            "entityName": self.entity_name,
            "state": state,
            "cancelled": False,
            "cancelable": False,
            "result": Any_(self.result) if state == "success" and self.result else None,
            "reason": {"type": "TaskReasonUser", "userName": self.user},
            "queueTime": stamp(self.queued),
            "startTime": stamp(started) if state != "queued" else None,
            "completeTime": stamp(ended) if state == "success" else None,
            "eventChainId": self.number,
        }

    def completed_before(self, moment: float) -> bool:
        """Tell whether it ended before a moment."""
        return self.queued + QUEUED + BUSY < moment


def stamp(seconds: float) -> datetime:
    """Write seconds since 1970 as a time."""
    return datetime.fromtimestamp(seconds, UTC)


class Waiter:
    """A property collector of a session: its filters, and what it has told by version."""

    def __init__(self) -> None:
        """Start without filters."""
        self.filters: dict[Ref, Arguments] = {}
        self.told: dict[str, dict[tuple[Ref, Ref], dict[str, Any]]] = {"": {}}
        self.numbers = count(1)


class Session:
    """A login."""

    def __init__(self, user: str) -> None:
        """Start with the collector that each session has."""
        self.user = user
        self.waiters = {Ref("PropertyCollector", "propertyCollector"): Waiter()}


class Server:
    """All that there is, behind one lock."""

    about = {
        "type": "AboutInfo",
        "name": "Stranger",
        "fullName": "Stranger 0.3",
        "vendor": "a stranger",
        "version": "0.3",
        "build": "17",
        "osType": "linux-x64",
        "productLineId": "stranger",
        "apiType": "VirtualCenter",
        "apiVersion": "8.0.1.0",
    }
    users = {"keeper": "keep", "helper": "help"}
    managers = {
        "rootFolder": Ref("Folder", "group-d1"),
        "propertyCollector": Ref("PropertyCollector", "propertyCollector"),
        "sessionManager": Ref("SessionManager", "SessionManager"),
        "taskManager": Ref("TaskManager", "TaskManager"),
    }

    def __init__(self) -> None:
        """Start with two machines in a folder."""
        self.lock, self.numbers = threading.RLock(), count(100)
        self.sessions: dict[str, Session] = {}
        self.jobs: dict[Ref, Job] = {}
        self.names: dict[Ref, str] = {}
        self.parents: dict[Ref, Ref | None] = {}
        self.furnish()

    def furnish(self) -> None:
        """Make the inventory."""
        root, center, folder = self.managers["rootFolder"], Ref("Datacenter", "dc-2"), Ref("Folder", "group-v3")
        pool = Ref("ResourcePool", "resgroup-9")
        for ref, name, parent in (
            (root, "Datacenters", None),
            (center, "Attic", root),
            (folder, "vm", center),
            (Ref("VirtualMachine", "vm-4"), "lamp", folder),
            (Ref("VirtualMachine", "vm-5"), "chair", folder),
            (pool, "Resources", center),
        ):
            self.names[ref], self.parents[ref] = name, parent

    # ---- operations

    def start(self, session: Session, name: str, entity: Ref) -> Job:
        """Queue a task of an operation. Raises Fault."""
        if entity not in self.names:
            raise Fault("ManagedObjectNotFound", obj=entity)
        job = Job(next(self.numbers), name, entity, self.names[entity], session.user)
        self.jobs[job.ref] = job
        return job

    def do_Rename_Task(self, session: Session, this: Ref, given: Arguments) -> Ref:
        job = self.start(session, "Rename_Task", this)
        self.names[this] = given.text("newName") or ""
        return job.ref

    def do_Destroy_Task(self, session: Session, this: Ref, _given: Arguments) -> Ref:
        job = self.start(session, "Destroy_Task", this)
        del self.names[this], self.parents[this]
        return job.ref

    def do_CreateVM_Task(self, session: Session, this: Ref, given: Arguments) -> Ref:
        job = self.start(session, "CreateVM_Task", this)
        machine = Ref("VirtualMachine", f"vm-{next(self.numbers)}")
        config = given.all("config")
        self.names[machine], self.parents[machine] = (config and config[0].text("name")) or "unnamed", this
        job.result = machine
        return job.ref

    def do_CreateFolder(self, _session: Session, this: Ref, given: Arguments) -> Ref:
        if this not in self.names:
            raise Fault("ManagedObjectNotFound", obj=this)
        folder = Ref("Folder", f"group-v{next(self.numbers)}")
        self.names[folder], self.parents[folder] = given.text("name") or "", this
        return folder

    # ---- sessions

    def do_Login(self, key: str, given: Arguments) -> dict[str, Any]:
        user = given.text("userName") or ""
        if self.users.get(user) != given.text("password"):
            raise Fault("InvalidLogin")
        self.sessions[key] = Session(user)
        return self.user_session(key)

    def user_session(self, key: str) -> dict[str, Any]:
        """Write a session as UserSession."""
        user, now = self.sessions[key].user, stamp(time.time())
        return {
            "type": "UserSession",
            "key": key,
            "userName": user,
            "fullName": user,
            "loginTime": now,
            "lastActiveTime": now,
            "locale": "en",
            "messageLocale": "en",
        }

    # ---- properties

    def read(self, session: Session, ref: Ref, path: str) -> Any:
        """Read a property. Raises Fault."""
        if ref.type == "Task":
            if ref not in self.jobs:
                raise Fault("ManagedObjectNotFound", obj=ref)
            info = self.jobs[ref].info()
            if path == "info":
                return info
            head, _, field = path.partition(".")
            if head == "info" and field in info:
                return info[field].value if isinstance(info[field], Any_) else info[field]
            raise Fault("InvalidProperty", name=path)
        if ref == self.managers["taskManager"] and path == "recentTask":
            return self.recent()
        if ref == self.managers["sessionManager"] and path == "currentSession":
            return self.user_session(next(key for key, one in self.sessions.items() if one is session))
        if ref in self.names:
            return self.of_entity(ref, path)
        if ref in self.managers.values():
            raise Fault("InvalidProperty", name=path)
        raise Fault("ManagedObjectNotFound", obj=ref)

    def of_entity(self, ref: Ref, path: str) -> Any:
        """Read a property of the inventory. Raises Fault."""
        below = [each for each, parent in self.parents.items() if parent == ref]
        if path == "name":
            return self.names[ref]
        if path == "parent":
            return self.parents[ref]
        if path == "childEntity" and ref.type == "Folder":
            return below
        if path == "vmFolder" and ref.type == "Datacenter":
            return next(each for each in below if each.type == "Folder")
        if path == "recentTask":
            return [each for each in self.recent() if self.jobs[each].entity == ref]
        raise Fault("InvalidProperty", name=path)

    def recent(self) -> list[Ref]:
        """List what is queued, running, or ended in the last ten minutes, the last 200 of those."""
        since = time.time() - WINDOW
        kept = [job for job in self.jobs.values() if not job.completed_before(since)]
        ended = [job for job in kept if job.completed_before(time.time())]
        return [job.ref for job in kept if job not in ended[:-200]]

    def chosen(self, session: Session, spec: Arguments) -> dict[Ref, dict[str, Any]]:
        """Collect what a PropertyFilterSpec selects. Raises Fault."""
        paths: dict[str, list[str]] = {}
        for each in spec.all("propSet"):
            paths[each.text("type") or ""] = [path.element.text or "" for path in each.all("pathSet")]
        found: dict[Ref, dict[str, Any]] = {}
        for each in spec.all("objectSet"):
            named = {one.text("name"): one for one in each.element_descendants("selectSet")}
            refs = [each.ref("obj")] if each.text("skip") != "true" else []
            refs += self.walk(session, each.ref("obj"), each.all("selectSet"), named)
            for ref in refs:
                wanted = next((paths[kind] for kind in (ref.type, *ABOVE.get(ref.type, ())) if kind in paths), None)
                try:
                    if wanted is None:
                        self.read(session, ref, "name" if ref in self.names else "info.state")
                    else:
                        found[ref] = {path: self.read(session, ref, path) for path in wanted}
                except Fault as fault:
                    if fault.kind != "ManagedObjectNotFound" or spec.text("reportMissingObjectsInResults") != "true":
                        raise
        return found

    def walk(self, session: Session, ref: Ref, steps: list[Any], named: dict[Any, Any]) -> list[Ref]:
        """Follow the traversals from an object."""
        found: list[Ref] = []
        for step in steps:
            taken = step if step.text("path") is not None else named.get(step.text("name"))
            if taken is None or taken.text("type") not in {ref.type, *ABOVE.get(ref.type, ())}:
                continue
            try:
                value = self.read(session, ref, taken.text("path"))
            except Fault:
                continue
            for each in value if isinstance(value, list) else [value]:
                if taken.text("skip") != "true":
                    found.append(each)
                found += self.walk(session, each, taken.all("selectSet"), named)
        return found

    def do_RetrievePropertiesEx(self, session: Session, _this: Ref, given: Arguments) -> dict[str, Any] | None:
        content = self.do_RetrieveProperties(session, _this, given)
        return {"type": "RetrieveResult", "objects": content} if content else None

    def do_RetrieveProperties(self, session: Session, _this: Ref, given: Arguments) -> list[dict[str, Any]]:
        found: dict[Ref, dict[str, Any]] = {}
        for spec in given.all("specSet"):
            for ref, values in self.chosen(session, spec).items():
                found.setdefault(ref, {}).update(values)
        return [
            {
                "type": "ObjectContent",
                "obj": ref,
                "propSet": [
                    {"type": "DynamicProperty", "name": path, "val": Any_(value)}
                    for path, value in values.items()
                    if value is not None
                ],
            }
            for ref, values in found.items()
        ]

    # ---- updates

    def waiter(self, session: Session, this: Ref) -> Waiter:
        """Find a property collector of the session. Raises Fault."""
        if this not in session.waiters:
            raise Fault("ManagedObjectNotFound", obj=this)
        return session.waiters[this]

    def do_CreatePropertyCollector(self, session: Session, _this: Ref, _given: Arguments) -> Ref:
        made = Ref("PropertyCollector", f"session-{next(self.numbers)}")
        session.waiters[made] = Waiter()
        return made

    def do_DestroyPropertyCollector(self, session: Session, this: Ref, _given: Arguments) -> None:
        self.waiter(session, this)
        if this == self.managers["propertyCollector"]:
            raise Fault("NotSupported")
        del session.waiters[this]

    def do_CreateFilter(self, session: Session, this: Ref, given: Arguments) -> Ref:
        waiter, spec = self.waiter(session, this), given.all("spec")[0]
        self.chosen(session, spec)
        made = Ref("PropertyFilter", f"filter-{next(self.numbers)}")
        waiter.filters[made] = spec
        return made

    def do_DestroyPropertyFilter(self, session: Session, this: Ref, _given: Arguments) -> None:
        if not any(waiter.filters.pop(this, None) for waiter in session.waiters.values()):
            raise Fault("ManagedObjectNotFound", obj=this)

    def do_CancelWaitForUpdates(self, session: Session, this: Ref, _given: Arguments) -> None:
        self.waiter(session, this)

    def do_WaitForUpdatesEx(self, session: Session, this: Ref, given: Arguments) -> dict[str, Any] | None:
        waiter, version = self.waiter(session, this), given.text("version") or ""
        if version not in waiter.told:
            raise Fault("InvalidCollectorVersion")
        options = (given.all("options") or [Arguments(ET.Element("none"))])[0]
        until = time.time() + min(float(options.text("maxWaitSeconds") or 30), 30)
        while True:
            updates = self.news(session, waiter, waiter.told[version])
            if updates or time.time() >= until:
                break
            self.lock.release()
            time.sleep(0.01)
            self.lock.acquire()
        return self.told(waiter, version, updates, int(options.text("maxObjectUpdates") or 0)) if updates else None

    def news(self, session: Session, waiter: Waiter, told: dict[Any, Any]) -> list[tuple[Any, str, dict[str, Any]]]:
        """List what is new for each filter and object since it was told."""
        now: dict[tuple[Ref, Ref], dict[str, Any]] = {}
        for made, spec in waiter.filters.items():
            for ref, values in self.chosen(session, spec).items():
                now[made, ref] = values
        fresh = [
            (key, "modify" if key in told else "enter", all_) for key, all_ in now.items() if told.get(key) != all_
        ]
        return fresh + [(key, "leave", {}) for key in told if key not in now and key[0] in waiter.filters]

    def told(self, waiter: Waiter, version: str, updates: list[Any], most: int) -> dict[str, Any]:
        """Write an update set, at most so many objects, and note what has been told."""
        some, told = updates[: most or None], dict(waiter.told[version])
        filters: dict[Ref, list[dict[str, Any]]] = {}
        for (made, ref), kind, values in some:
            before = told.get((made, ref), {})
            changes = [
                {"type": "PropertyChange", "name": path, "op": "assign", "val": Any_(value)}
                for path, value in values.items()
                if before.get(path) != value
            ]
            filters.setdefault(made, []).append(
                {"type": "ObjectUpdate", "kind": kind, "obj": ref, "changeSet": changes}
            )
            told[made, ref] = values
            if kind == "leave":
                del told[made, ref]
        new = str(next(waiter.numbers))
        waiter.told[new] = told
        return {
            "type": "UpdateSet",
            "version": new,
            "filterSet": [
                {"type": "PropertyFilterUpdate", "filter": made, "objectSet": objs} for made, objs in filters.items()
            ],
            "truncated": len(some) < len(updates) or None,
        }

    # ---- the wire

    def answer(self, key: str, body: bytes) -> tuple[int, str]:
        """Answer a request."""
        try:
            envelope = ET.fromstring(body)  # noqa: S314  # the suite's
            request = next(iter(envelope.find("{http://schemas.xmlsoap.org/soap/envelope/}Body")))
            method, given = plain(request.tag), Arguments(request)
            with self.lock:
                value = self.call(key, method, given)
        except Fault as fault:
            detail = xml(f"{fault.kind}Fault", {"type": fault.kind, **fault.fields})
            text = f"<faultcode>ServerFaultCode</faultcode><faultstring>{fault.kind}</faultstring>"
            return 500, f"{HEAD}<soapenv:Fault>{text}<detail>{detail}</detail></soapenv:Fault>{TAIL}"
        returned = xml("returnval", value)
        return 200, f'{HEAD}<{method}Response xmlns="urn:vim25">{returned}</{method}Response>{TAIL}'

    def call(self, key: str, method: str, given: Arguments) -> Any:
        """Perform a method. Raises Fault."""
        if method == "RetrieveServiceContent":
            return {"type": "ServiceContent", **{k: v for k, v in self.content().items() if v is not None}}
        if method == "Login":
            return self.do_Login(key, given)
        session, this = self.sessions.get(key), given.ref("_this")
        if session is None:
            raise Fault("NotAuthenticated", object=this, privilegeId="System.View")
        if method == "Logout":
            del self.sessions[key]
            return None
        done = getattr(self, f"do_{method}", None)
        if done is None:
            raise Fault("InvalidRequest")
        return done(session, this, given)

    def content(self) -> dict[str, Any]:
        """Give the service content, in the order of its type."""
        order = "rootFolder propertyCollector viewManager about sessionManager taskManager"
        return {name: self.about if name == "about" else self.managers.get(name) for name in order.split()}


ABOVE = dict.fromkeys(("Folder", "Datacenter", "VirtualMachine", "ResourcePool"), ("ManagedEntity",))


class Handler(BaseHTTPRequestHandler):
    """One request after the other."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: HttpServer
    numbers = count(1)

    def do_GET(self) -> None:
        """Tell the versions of the API."""
        known = self.path.endswith("vimServiceVersions.xml")
        self.send(200 if known else 404, VERSIONS if known else "", "")

    def do_POST(self) -> None:
        """Answer SOAP."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        cookie = self.headers.get("Cookie", "").partition("vmware_soap_session=")[2].partition(";")[0].strip('"')
        key = cookie or f"s{next(self.numbers)}-{time.time_ns()}"
        self.send(*self.server.tasks.answer(key, body), key)

    def send(self, code: int, text: str, key: str) -> None:
        """Send an answer."""
        data = text.encode()
        self.send_response(code)
        self.send_header("Content-Type", 'text/xml; charset="utf-8"')
        self.send_header("Content-Length", str(len(data)))
        if key:
            self.send_header("Set-Cookie", f'vmware_soap_session="{key}"; Path=/; HttpOnly')
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args: object) -> None:
        """Keep quiet."""


class HttpServer(ThreadingHTTPServer):
    """The server on a port of the loopback."""

    daemon_threads = True

    def __init__(self, tasks: Server, port: int = 0) -> None:
        """Listen; port 0 takes a free one."""
        self.tasks = tasks
        super().__init__(("127.0.0.1", port), Handler)


if __name__ == "__main__":
    HttpServer(Server(), int(sys.argv[1])).serve_forever()
