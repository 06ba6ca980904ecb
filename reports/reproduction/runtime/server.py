"""Connections, properties, places."""

import argparse
import http.client
import ssl
import sys
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import fromstring

from pyVim.connect import SmartConnect
from pyVmomi import vim, vmodl
from pyVmomi.SoapAdapter import SoapStubAdapter
from pyVmomi.VmomiSupport import GetWsdlType

from taskconform.reports.reproduction.runtime.state import SESSIONS


def tls(args: argparse.Namespace) -> ssl.SSLContext:
    """Return a context that verifies certificates, unless told otherwise."""
    context = ssl.create_default_context()
    if args.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def connect(args: argparse.Namespace, user: str, password: str) -> Any:
    """Log in. Return the ServiceContent, whose managers are used from here on."""
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


def anonymous(args: argparse.Namespace, content: Any) -> Any:
    """Return the ServiceContent of a connection without a login."""
    url = urlsplit(args.url)
    stub = SoapStubAdapter(
        url=f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path if url.path.strip('/') else '/sdk'}",
        version=content.taskManager._stub.version,
        sslContext=tls(args),
    )
    return vim.ServiceInstance("ServiceInstance", stub).RetrieveContent()


def connect_in(args: argparse.Namespace, main: Any, user: str, password: str, locale: str) -> Any:
    """Log in with a locale. Return the ServiceContent."""
    content = anonymous(args, main)
    content.sessionManager.Login(user, password, locale)
    SESSIONS.append(content)
    return content


def retrieve(content: Any, obj: Any, path: str) -> Any:
    """RetrievePropertiesEx of one property. Return the whole answer."""
    query = vmodl.query.PropertyCollector
    spec = query.FilterSpec(
        propSet=[query.PropertySpec(type=type(obj), pathSet=[path])],
        objectSet=[query.ObjectSpec(obj=obj)],
    )
    return content.propertyCollector.RetrievePropertiesEx([spec], query.RetrieveOptions())


def read(content: Any, obj: Any, path: str) -> Any:
    """Read one property. Raise the fault that stands for it in missingSet."""
    found = retrieve(content, obj, path).objects[0]
    if found.missingSet:
        raise found.missingSet[0].fault
    return found.propSet[0].val if found.propSet else None


def place(content: Any, kinds: list[Any], index: int = 0) -> Any:
    """Return an object of these kinds: of the first eight by type and name, the index-th, counted round."""
    query = vmodl.query.PropertyCollector
    view = content.viewManager.CreateContainerView(content.rootFolder, kinds, recursive=True)
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


def by(content: Any, obj: Any) -> Any:
    """Return the same object, for calls of another session."""
    return type(obj)(obj._GetMoId(), content.taskManager._stub)


def named(content: Any, text: str) -> Any:
    """Return the object with this type and value: Type:value."""
    wire_type, _, value = text.partition(":")
    return GetWsdlType("urn:vim25", wire_type)(value, content.taskManager._stub)


def now(content: Any) -> Any:
    """Return the time of the server's clock."""
    return vim.ServiceInstance("ServiceInstance", content.taskManager._stub).CurrentTime()


def user_name(content: Any) -> Any:
    """Return the name of the user who is logged in, as the server spells it."""
    return read(content, content.sessionManager, "currentSession").userName


def locale(content: Any, index: int) -> Any:
    """Return one of the locales that the server has, counted round."""
    found = read(content, content.sessionManager, "supportedLocaleList")
    return found[index % len(found)]


def send_raw(args: argparse.Namespace, obj: Any, method: str, arguments: str = "") -> Any:
    """Call a method in a way that pyVmomi refuses to. Return the reference that it returns; raise its fault."""
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
    answer = fromstring(connection.getresponse().read())
    connection.close()
    detail = next(answer.iter("detail"), None)
    if detail is not None and len(detail):
        name = detail[0].get("{http://www.w3.org/2001/XMLSchema-instance}type", "RuntimeFault").rpartition(":")[2]
        raise GetWsdlType("urn:vim25", name)
    if next(answer.iter("faultstring"), None) is not None:
        raise vmodl.RuntimeFault
    made = next(answer.iter("{urn:vim25}returnval"), None)
    return None if made is None else GetWsdlType("urn:vim25", made.get("type"))(made.text, stub)


def advance_clock(seconds: int) -> None:
    """Move the server's clock. No method of the API does: put here what moves the clock of your target."""
    print(f"needs a target whose clock can be moved (by {seconds} s)", file=sys.stderr)
    raise SystemExit(3)
