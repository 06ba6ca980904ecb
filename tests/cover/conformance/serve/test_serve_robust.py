"""The served simulator and what it should never be sent."""

from __future__ import annotations

import socket
import time

import pytest
from bad_requests import BOMB, COLLECT, CREATE_TASK, GOOD, OUTSIDE, REGISTER, SET_STATE, WAIT, bad_requests, enveloped
from served import serving

CURRENT_TIME = '<CurrentTime xmlns="urn:vim25"><_this type="ServiceInstance">ServiceInstance</_this></CurrentTime>'


@pytest.fixture(scope="module")
def server():
    with serving(largest=300_000) as served:
        yield served


@pytest.fixture(scope="module")
def cookie(server):
    with server.client() as instance:
        yield instance._stub.cookie


def test_every_bad_request_is_answered(server, cookie):
    """With a SOAP fault, a 4xx, or, where it is not that bad after all, with a result; and the server goes on."""
    outcomes: dict[int, int] = {}
    for kind, payload in bad_requests(600, seed=7):
        status, document = server.post(payload, Cookie=cookie)
        assert status in (200, 500) or 400 <= status < 500, (kind, payload[:300])
        if status == 500:
            assert b"<soapenv:Fault>" in document, (kind, payload[:300])
            assert b"SystemError" not in document, (kind, payload[:300])
        outcomes[status] = outcomes.get(status, 0) + 1
    assert outcomes[500] > 400, outcomes
    assert server.soap(CURRENT_TIME, Cookie=cookie)[0] == 200


def test_good_ones_are_good(server, cookie):
    """What the bad ones are made of is understood: so that they are refused for what is bad about them."""
    for body in GOOD:
        status, document = server.soap(body, Cookie=cookie)
        assert status == 200 or "InvalidRequest" not in document, (body, document)


@pytest.mark.parametrize("document", [BOMB, OUTSIDE])
def test_declarations_are_refused(server, cookie, document):
    status, answer = server.post(document, Cookie=cookie)
    assert status == 500
    assert b"InvalidRequestFault" in answer
    assert b"document type declaration" in answer


def test_wrong_arguments_are_named(server, cookie):
    for wrong, complaint in (
        (CREATE_TASK.replace("<cancelable>true</cancelable>", ""), "CreateTask lacks cancelable"),
        (CREATE_TASK.replace(">true<", ">maybe<"), "cancelable is no boolean"),
        (CREATE_TASK.replace("<cancelable>", "<more/><cancelable>"), "CreateTask has no more"),
        (
            CREATE_TASK.replace("<cancelable>", "<cancelable>true</cancelable><cancelable>"),
            "CreateTask has cancelable twice",
        ),
        (CREATE_TASK.replace("CreateTask", "CreateTusk"), "no method CreateTusk"),
        (COLLECT.replace("queuedTime", "queueTime"), "timeType has no such value"),
        (COLLECT.replace("2026-01-01T", "2026-13-01T"), "beginTime is no time"),
        (WAIT.replace(">0<", ">99999999999<"), "maxWaitSeconds is no integer of 32 bits"),
        (SET_STATE.replace("xsd:string", "xsd:strong"), "there is no type strong"),
    ):
        status, document = server.soap(wrong, Cookie=cookie)
        assert (status, complaint in document) == (500, True), document


def test_requests_that_are_too_large(server, cookie):
    assert server.post(b"x" * 300_001, Cookie=cookie)[0] == 413
    assert server.soap(CURRENT_TIME, Cookie=cookie)[0] == 200


def test_what_is_no_soap_request(server):
    assert server.post(b"", "/")[0] == 404
    assert server.post(b"", "/sdk", "GET")[0] == 405
    assert server.post(enveloped(CURRENT_TIME), "/sdk", **{"Content-Encoding": "gzip"})[0] == 415
    assert server.post(b"", "/sdk")[0] == 500


def test_what_is_no_http(server, cookie):
    for noise in (b"\x16\x03\x01\x00\xa5", b"GET\r\n\r\n", b"POST /sdk HTTP/1.1\r\nContent-Length: x\r\n\r\n"):
        with socket.create_connection((server.parts.hostname, server.parts.port), timeout=20) as connection:
            connection.sendall(noise)
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(12) in (b"HTTP/1.0 400", b"HTTP/1.1 400", b"")
    with socket.create_connection((server.parts.hostname, server.parts.port), timeout=20) as connection:
        connection.sendall(b"POST /sdk HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n<half")
    assert server.soap(CURRENT_TIME, Cookie=cookie)[0] == 200


def test_wait_of_a_client_that_has_gone(server):
    """It ends: a wait holds on to nothing when nobody is there to be told."""
    with server.client() as instance:
        payload = enveloped(WAIT.replace(">0<", ">600<"))
        head = f"POST /sdk HTTP/1.1\r\nHost: x\r\nCookie: {instance._stub.cookie}\r\nContent-Length: {len(payload)}"
        with socket.create_connection((server.parts.hostname, server.parts.port), timeout=20) as connection:
            connection.sendall(head.encode() + b"\r\n\r\n" + payload)
            eventually(lambda: waits(server) == 1)
        eventually(lambda: waits(server) == 0)


def waits(server):
    return sum(client.waits for client in server.application.service.clients)


def eventually(holds, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def test_texts_that_xml_cannot_hold(server, cookie):
    """A control character gets in by a character reference of XML 1.1, or not at all; what goes out is XML."""
    body = CREATE_TASK.replace("org.example.work", "&#9;&lt;&#x1F600;&amp;]]&gt;")
    status, document = server.soap(body, Cookie=cookie)
    assert status == 500
    assert "&lt;\U0001f600&amp;]]&gt;" in document


def nested(depth):
    """Arrays within each other, as a task's result."""
    array = '<{0} xsi:type="ArrayOfAnyType">{1}</{0}>'
    inner = '<anyType xsi:type="xsd:string">x</anyType>'
    for _ in range(depth):
        inner = array.format("anyType", inner)
    return array.format("result", inner)


INFO = (
    '<RetrieveProperties xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector</_this><specSet><propSet>'
    '<type>Task</type><pathSet>info</pathSet></propSet><objectSet><obj type="Task">{}</obj></objectSet></specSet>'
    "</RetrieveProperties>"
)


@pytest.mark.parametrize(("depth", "status"), [(40, 200), (60, 500), (243, 500), (5_000, 500)])
def test_results_are_not_too_deep(server, cookie, depth, status):
    """What is taken can be read; what is not leaves the task as it is."""
    with server.client() as instance:
        content = instance.RetrieveContent()
        key = f"org.example.deep{depth}"
        types = f"<taskList><taskID>{key}.work</taskID></taskList>"
        told = REGISTER.replace("<key>k<", f"<key>{key}<").replace("<lastHeartbeatTime>", f"{types}<lastHeartbeatTime>")
        assert server.soap(told, Cookie=cookie)[0] == 200
        made = content.taskManager.CreateTask(obj=content.rootFolder, taskTypeId=f"{key}.work", cancelable=True)
        task = made.task._GetMoId()
        made.task.SetTaskState("running", None, None)
    request = SET_STATE.replace("task-1", task).replace('<result xsi:type="xsd:string">x</result>', nested(depth))
    taken, document = server.soap(request, Cookie=cookie)
    assert taken == status, document[:500]
    assert status == 200 or "too deep" in document
    assert server.soap(INFO.format(task), Cookie=cookie)[0] == 200


@pytest.mark.parametrize("of", ["TaskManager", "SessionManager", "group-d1", "propertyCollector", "ExtensionManager"])
def test_nothing_is_read_under_the_name_of_the_service_instance(server, of):
    kind = {"group-d1": "Folder"}.get(of, of[0].upper() + of[1:])
    for body in (
        f'<Fetch xmlns="urn:vim25"><_this type="ServiceInstance">{of}</_this><prop>description</prop></Fetch>',
        INFO.replace('type="Task"', 'type="ServiceInstance"').replace("<type>Task<", f"<type>{kind}<").format(of),
    ):
        for path in ("description", "recentTask", "sessionList", "name", "filter", "extensionList"):
            asked = body.replace(">info<", f">{path}<").replace(">description<", f">{path}<")
            status, document = server.soap(asked)
            assert status == 500, document
            assert "NotAuthenticated" in document or "is not there" in document, document


def test_permissions_are_for_those_who_may_read(server):
    from pyVmomi import vim  # noqa: PLC0415 - of this test alone

    from taskconform.conformance.targets.builtin.inventory import HIDDEN  # noqa: PLC0415

    with server.client("restricted") as instance, server.client() as other:
        content = instance.RetrieveContent()
        hidden, root = vim.Folder(HIDDEN, instance._stub), content.rootFolder
        manager = content.authorizationManager
        assert manager.RetrieveEntityPermissions(root, inherited=False)
        with pytest.raises(vim.fault.NoPermission):
            manager.RetrieveEntityPermissions(hidden, inherited=False)
        key = other.RetrieveContent().sessionManager.currentSession.key
        with pytest.raises(vim.fault.NoPermission):
            manager.HasPrivilegeOnEntities([hidden], key, ["Task.Create"])
        with pytest.raises(vim.fault.NoPermission):
            manager.HasUserPrivilegeOnEntities([hidden], "primary", ["Task.Create"])
        allowed = other.RetrieveContent().authorizationManager
        assert allowed.RetrieveEntityPermissions(vim.Folder(HIDDEN, other._stub), inherited=True)
