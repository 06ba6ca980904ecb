"""The fixed parts of a script: small functions, of which a script holds those that it calls.

Each is the text of a function, with the names of the parts and the imports that it needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One function: its text, the parts it calls, and its imports: `sys`, or `pyVmomi:vim` for one name."""

    text: str
    needs: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()


TLS: Final = '''
def tls(args):
    """Certificates are verified, unless told otherwise."""
    return ssl._create_unverified_context() if args.insecure else ssl.create_default_context()
'''

CONNECT: Final = '''
def connect(args, user, password):
    """Log in. The ServiceContent, whose managers are used from here on."""
    url = urlsplit(args.url)
    server = SmartConnect(
        protocol=url.scheme,
        host=url.hostname,
        port=url.port or {"http": 80}.get(url.scheme, 443),
        path=url.path if url.path.strip("/") else "/sdk",
        user=user,
        pwd=password,
        sslContext=tls(args),
    )
    SESSIONS.append(server.RetrieveContent())
    return SESSIONS[-1]
'''

ANONYMOUS: Final = '''
def anonymous(args, content):
    """A connection on which nobody has logged in."""
    url = urlsplit(args.url)
    stub = SoapStubAdapter(
        url=f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path if url.path.strip('/') else '/sdk'}",
        version=content.taskManager._stub.version,
        sslContext=tls(args),
    )
    return vim.ServiceInstance("ServiceInstance", stub).RetrieveContent()
'''

READ: Final = '''
def read(content, obj, path):
    """One property, by RetrievePropertiesEx. Raises the fault that stands for it in missingSet."""
    query = vmodl.query.PropertyCollector
    spec = query.FilterSpec(
        propSet=[query.PropertySpec(type=type(obj), pathSet=[path])],
        objectSet=[query.ObjectSpec(obj=obj)],
    )
    found = content.propertyCollector.RetrievePropertiesEx([spec], query.RetrieveOptions()).objects[0]
    if found.missingSet:
        raise found.missingSet[0].fault
    return found.propSet[0].val if found.propSet else None
'''

RETRIEVE: Final = '''
def retrieve(content, obj, path):
    """RetrievePropertiesEx of one property: the whole answer."""
    query = vmodl.query.PropertyCollector
    spec = query.FilterSpec(
        propSet=[query.PropertySpec(type=type(obj), pathSet=[path])],
        objectSet=[query.ObjectSpec(obj=obj)],
    )
    return content.propertyCollector.RetrievePropertiesEx([spec], query.RetrieveOptions())
'''

CREATE_TASK: Final = '''
def create_task(content, **arguments):
    """CreateTask, then wait (5 s at most) until the new task can be read. The TaskInfo that CreateTask returned."""
    info = content.taskManager.CreateTask(**arguments)
    CREATED.append(info)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            read(content, info.task, "info")
            break
        except vmodl.fault.ManagedObjectNotFound:
            time.sleep(0.1)
    return info
'''

CREATE_TASK_AT_ONCE: Final = '''
def create_task(content, **arguments):
    """CreateTask. The TaskInfo that it returned."""
    info = content.taskManager.CreateTask(**arguments)
    CREATED.append(info)
    return info
'''

PLACE: Final = '''
def place(content, kinds, index=0):
    """An object of the inventory: the index-th of these kinds, counted round."""
    view = content.viewManager.CreateContainerView(content.rootFolder, kinds, True)
    found = read(content, view, "view")
    view.DestroyView()
    if not found:
        raise LookupError(f"the target has no {kinds[0].__name__}")
    return found[index % len(found)]
'''

BY: Final = '''
def by(content, obj):
    """The same object, for calls of another session."""
    return type(obj)(obj._GetMoId(), content.taskManager._stub)
'''

NAMED: Final = '''
def named(content, text):
    """The object that an option names: Type:value."""
    kind, _, value = text.partition(":")
    return GetWsdlType("urn:vim25", kind)(value, content.taskManager._stub)
'''

NOW: Final = '''
def now(content):
    """The server's clock."""
    return vim.ServiceInstance("ServiceInstance", content.taskManager._stub).CurrentTime()
'''

KIND: Final = '''
def kind(value):
    """The wire name of a fault's or a reason's type."""
    return "nothing" if value is None else type(value).__name__.rpartition(".")[2]
'''

IS_A: Final = '''
def is_a(value, *kinds):
    """Whether a fault or a reason is of one of these kinds, or of a kind of them."""
    return any(each.__name__.rpartition(".")[2] in kinds for each in type(value).__mro__)
'''

VALUE_OF: Final = '''
def value_of(obj):
    """The value of a reference; what is none stays as it is."""
    return obj._GetMoId() if isinstance(obj, ManagedObject) else obj
'''

BARE: Final = '''
def bare(user):
    """A user name without its domain, in lower case."""
    return (user or "").rpartition("\\\\")[2].partition("@")[0].lower()
'''

WATCH: Final = '''
def watch_recent_task(content):
    """CreateFilter over recentTask, once a session."""
    query = vmodl.query.PropertyCollector
    spec = query.FilterSpec(
        propSet=[query.PropertySpec(type=vim.TaskManager, pathSet=["recentTask"])],
        objectSet=[query.ObjectSpec(obj=content.taskManager)],
    )
    content.propertyCollector.CreateFilter(spec, True)
'''

WAIT: Final = '''
def wait_for_recent_task(content, version, recent):
    """WaitForUpdatesEx that does not wait: the new version, and what recentTask was with all changes made to it."""
    options = vmodl.query.PropertyCollector.WaitOptions(maxWaitSeconds=0)
    while update := content.propertyCollector.WaitForUpdatesEx(version, options):
        version = update.version
        changed = [each for one in update.filterSet for each in one.objectSet]
        for change in (change for each in changed for change in each.changeSet):
            if change.name == "recentTask":
                recent = list(change.val or [])
            elif change.op == "add":
                recent = [*(recent or []), change.val]
            elif change.op == "remove":
                recent = [task for task in recent or [] if f'"{task._GetMoId()}"' not in change.name]
        if not update.truncated:
            break
    return version, recent
'''

SEND_RAW: Final = '''
def send_raw(args, obj, method, arguments=""):
    """Call a method in a way that pyVmomi refuses to. The reference returned, if one is; a fault is raised."""
    stub = obj._stub
    if urlsplit(args.url).scheme == "http":
        connection = http.client.HTTPConnection(stub.host, timeout=30)
    else:
        connection = http.client.HTTPSConnection(stub.host, timeout=30, context=tls(args))
    envelope = (
        '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
        f' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Body><{method} xmlns="urn:vim25">'
        f'<_this type="{type(obj)._wsdlName}">{obj._GetMoId()}</_this>{arguments}</{method}></Body></Envelope>'
    )
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": "urn:vim25"}
    if stub.cookie:
        headers["Cookie"] = stub.cookie.partition(";")[0]
    connection.request("POST", stub.path, envelope.encode(), headers)
    answer = ElementTree.fromstring(connection.getresponse().read())
    connection.close()
    detail = next(answer.iter("detail"), None)
    if detail is not None and len(detail):
        name = detail[0].get("{http://www.w3.org/2001/XMLSchema-instance}type", "RuntimeFault").rpartition(":")[2]
        raise GetWsdlType("urn:vim25", name)()
    if next(answer.iter("faultstring"), None) is not None:
        raise vmodl.RuntimeFault()
    made = next(answer.iter("{urn:vim25}returnval"), None)
    return None if made is None else GetWsdlType("urn:vim25", made.get("type"))(made.text, stub)
'''

ADVANCE_CLOCK: Final = '''
def advance_clock(seconds):
    """Move the server's clock. No method of the API does: put here what moves that of your target."""
    print(f"needs a target whose clock can be moved (by {seconds} s)", file=sys.stderr)
    raise SystemExit(3)
'''

CLEAN_UP: Final = '''
def clean_up(key):
    """End what is still open, take the extension away, log out. What is refused stays."""
    main = SESSIONS[0]
    for task in [by(main, info.task) for info in CREATED]:
        for state in ("running", "success"):
            with suppress(vmodl.MethodFault):
                task.SetTaskState(state)
    with suppress(vmodl.MethodFault):
        main.extensionManager.UnregisterExtension(key)
    for content in SESSIONS:
        with suppress(vmodl.MethodFault):
            content.sessionManager.Logout()
'''

_URL: Final = "urllib.parse:urlsplit"
_VIM: Final = "pyVmomi:vim"
_VMODL: Final = "pyVmomi:vmodl"
_WSDL: Final = "pyVmomi.VmomiSupport:GetWsdlType"

PARTS: Final[dict[str, Part]] = {
    "tls": Part(text=TLS, imports=("ssl",)),
    "connect": Part(text=CONNECT, needs=("tls",), imports=(_URL, "pyVim.connect:SmartConnect")),
    "anonymous": Part(text=ANONYMOUS, needs=("tls",), imports=(_URL, _VIM, "pyVmomi:SoapStubAdapter")),
    "read": Part(text=READ, imports=(_VMODL,)),
    "retrieve": Part(text=RETRIEVE, imports=(_VMODL,)),
    "create_task": Part(text=CREATE_TASK, needs=("read",), imports=(_VMODL, "time")),
    "create_task_at_once": Part(text=CREATE_TASK_AT_ONCE),
    "place": Part(text=PLACE, needs=("read",)),
    "by": Part(text=BY),
    "named": Part(text=NAMED, imports=(_WSDL,)),
    "now": Part(text=NOW, imports=(_VIM,)),
    "kind": Part(text=KIND),
    "is_a": Part(text=IS_A),
    "value_of": Part(text=VALUE_OF, imports=("pyVmomi.VmomiSupport:ManagedObject",)),
    "bare": Part(text=BARE),
    "watch_recent_task": Part(text=WATCH, imports=(_VIM, _VMODL)),
    "wait_for_recent_task": Part(text=WAIT, imports=(_VMODL,)),
    "send_raw": Part(
        text=SEND_RAW, needs=("tls",), imports=(_URL, "http.client", "xml.etree:ElementTree", _WSDL, _VMODL)
    ),
    "advance_clock": Part(text=ADVANCE_CLOCK, imports=("sys",)),
    "clean_up": Part(text=CLEAN_UP, needs=("by",), imports=("contextlib:suppress", _VMODL)),
}
"""Every part, in the order in which a script has them."""


def closure(names: Iterable[str]) -> list[str]:
    """These parts and all that they need, in the order of the table."""
    found: set[str] = set()
    open_names = list(names)
    while open_names:
        name = open_names.pop()
        if name not in found:
            found.add(name)
            open_names.extend(PARTS[name].needs)
    return [name for name in PARTS if name in found]


_THIRD_PARTY: Final = ("pyVim", "pyVmomi")


def import_lines(imports: Iterable[str]) -> str:
    """The import statements: the standard library, then pyVmomi."""
    plain: set[str] = set()
    names: dict[str, set[str]] = {}
    for each in imports:
        module, _, name = each.partition(":")
        if name:
            names.setdefault(module, set()).add(name)
        else:
            plain.add(module)
    lines = [(module, f"import {module}") for module in sorted(plain)] + [
        (module, f"from {module} import {', '.join(sorted(found))}") for module, found in sorted(names.items())
    ]
    own = [line for module, line in lines if not module.startswith(_THIRD_PARTY)]
    theirs = [line for module, line in lines if module.startswith(_THIRD_PARTY)]
    return "\n".join([*own, "", *theirs]).strip("\n")
