"""Parts of scripts: connections, properties, tasks, places."""

from __future__ import annotations

from typing import Final

from taskconform.reports.reproduction.part import SUPPRESS, URL, VIM, VMODL, WSDL, Part

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
    """An object of the inventory: of these kinds, by type and name, the index-th of the first eight, counted round."""
    query = vmodl.query.PropertyCollector
    view = content.viewManager.CreateContainerView(content.rootFolder, kinds, True)
    within = query.TraversalSpec(type=vim.view.ContainerView, path="view", skip=False)
    spec = query.FilterSpec(
        propSet=[query.PropertySpec(type=vim.ManagedEntity, pathSet=["name"])],
        objectSet=[query.ObjectSpec(obj=view, skip=True, selectSet=[within])],
    )
    found = [
        (type(each.obj)._wsdlName, each.propSet[0].val, each.obj._GetMoId(), each.obj)
        for each in content.propertyCollector.RetrieveContents([spec])
    ]
    view.DestroyView()
    if not found:
        raise LookupError(f"the target has no {kinds[0].__name__}")
    found = sorted(found, key=lambda each: each[:3])[:8]
    return found[index % len(found)][3]
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
    for undo in reversed(UNDO):
        with suppress(vmodl.MethodFault):
            undo()
    with suppress(vmodl.MethodFault):
        for extension in main.extensionManager.extensionList:
            if extension.key.startswith(key):
                main.extensionManager.UnregisterExtension(extension.key)
    for content in SESSIONS:
        with suppress(vmodl.MethodFault):
            content.sessionManager.Logout()
'''

SERVER: Final[dict[str, Part]] = {
    "tls": Part(text=TLS, imports=("ssl",)),
    "connect": Part(text=CONNECT, needs=("tls",), imports=(URL, "pyVim.connect:SmartConnect")),
    "anonymous": Part(text=ANONYMOUS, needs=("tls",), imports=(URL, VIM, "pyVmomi:SoapStubAdapter")),
    "read": Part(text=READ, imports=(VMODL,)),
    "retrieve": Part(text=RETRIEVE, imports=(VMODL,)),
    "create_task": Part(text=CREATE_TASK, needs=("read",), imports=(VMODL, "time")),
    "create_task_at_once": Part(text=CREATE_TASK_AT_ONCE),
    "place": Part(text=PLACE, imports=(VIM, VMODL)),
    "by": Part(text=BY),
    "named": Part(text=NAMED, imports=(WSDL,)),
    "now": Part(text=NOW, imports=(VIM,)),
    "kind": Part(text=KIND),
    "is_a": Part(text=IS_A),
    "value_of": Part(text=VALUE_OF, imports=("pyVmomi.VmomiSupport:ManagedObject",)),
    "bare": Part(text=BARE),
    "send_raw": Part(text=SEND_RAW, needs=("tls",), imports=(URL, "http.client", "xml.etree:ElementTree", WSDL, VMODL)),
    "advance_clock": Part(text=ADVANCE_CLOCK, imports=("sys",)),
    "clean_up": Part(text=CLEAN_UP, needs=("by",), imports=(SUPPRESS, VMODL)),
}
"""What any script may need."""
