"""A server whose answers have no end, in time or in size: each is given up, soon and with a reason."""

from __future__ import annotations

import itertools
import time
from contextlib import suppress
from xml.sax.saxutils import escape as xml_escape

import pytest
from test_bad_targets import ENVELOPE, answering, http, listening

from taskconform.conformance.targets.protocol import TargetUnreachable
from taskconform.conformance.targets.soap import http as soap_http
from taskconform.conformance.targets.soap import inventory, watch
from taskconform.conformance.targets.soap.control import Control
from taskconform.conformance.targets.soap.methods import Credentials, Methods
from taskconform.conformance.targets.soap.pseudonyms import Pseudonyms
from taskconform.conformance.targets.soap.server import Server
from taskconform.conformance.targets.soap.wire import Endpoint, Wire, WireLost
from taskconform.conformance.wire import body, xml
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import ObjectRef

TIMEOUT = 0.3
OK = b"HTTP/1.1 200 OK\r\n"


def endless(begin, piece, every=0.0):
    """Answers a request with what never ends."""

    def serve(connection, over):
        connection.recv(65_536)
        connection.sendall(begin)
        with suppress(OSError):
            while not over.wait(every) if every else True:
                connection.sendall(piece)

    return serve


def session_at(address):
    host, _, port = address.partition(":")
    return Wire(Endpoint(scheme="http", host=host, port=int(port), path="/sdk", timeout=TIMEOUT)).session()


def lost(serve):
    """Why the answer of this server is lost, and in what time."""
    with listening(serve) as address:
        session = session_at(address)
        began = time.monotonic()
        with pytest.raises(WireLost) as problem:
            session.call(body.method("RetrieveServiceContent", body.SERVICE_INSTANCE))
        session.close()
        assert time.monotonic() - began < 20 * TIMEOUT
        return str(problem.value)


@pytest.mark.parametrize(
    ("serve", "says"),
    [
        (endless(OK + b"Content-Length: 9999\r\n\r\n", b"a", TIMEOUT / 3), "timed out"),
        (endless(OK, b"A", TIMEOUT / 3), "timed out"),
        (endless(OK, b"X-A: b\r\n"), "headers without end"),
        (endless(OK, b"x" * 4096), "the answer ends in its headers"),
        (endless(OK + b"\r\n", b"a" * 65_536), "more than 1 MiB"),
        (endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"8000\r\n" + b"a" * 0x8000 + b"\r\n"), "more than 1 MiB"),
        (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "go on"),
        (endless(OK + b"Content-Length: 1000000000000\r\n\r\n", b"a"), "more than 1 MiB"),
        (endless(OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", b"a"), "does not say how long it is"),
        (endless(OK + b"Content-Length: -1\r\n\r\n", b"a"), "does not say how long it is"),
        (endless(OK + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFF\r\n", b"a"), "more than 1 MiB"),
    ],
)
def test_an_answer_without_end_is_given_up(serve, says, monkeypatch):
    monkeypatch.setattr(soap_http, "LARGEST", 2**20)
    assert says in lost(serve)


def always(*answers):
    """Answers each request with the next of these bodies, and then with the last for ever."""
    following = itertools.chain(answers, itertools.repeat(answers[-1]))

    def serve(connection, _):
        while connection.recv(65_536):
            connection.sendall(http(ENVELOPE.format(next(following)), "text/xml"))

    return serve


COLLECTOR = ObjectRef(type="PropertyCollector", value="p")


def test_pages_without_end_are_given_up():
    page = "<r><returnval><token>again</token></returnval></r>"
    with listening(always(page)) as address:
        session = session_at(address)
        with pytest.raises(xml.Undecodable, match="without end"):
            inventory.read_objects(session, COLLECTOR, "<a/>")
        session.close()


def test_truncated_sets_without_end_are_given_up():
    about = "<about/>"
    update = "<r><returnval><version>1</version><truncated>true</truncated></returnval></r>"
    content = inventory.Content(about=inventory.about_of(xml.root_of(f"<c>{about}</c>".encode())), managers={})
    with listening(always(update)) as address:
        session = session_at(address)
        session.has_filter = True
        with pytest.raises(WireLost, match="without end"):
            watch.wait_for_recent_task(Server(content), session, calls.WaitForRecentTask(session="main", fresh=True))
        session.close()


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"<a>" * 200_000 + b"</a>" * 200_000, "deep"),
        (b"<a>" + b"<b/>" * 2_000_001 + b"</a>", "tags"),
        (b"<a " + b" ".join(b"a%d=''" % number for number in range(2_000_001)) + b"/>", "attributes"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type"),
        ("<a>é</a>".encode("utf-16"), "UTF-8"),
        ("<a>é</a>".encode("latin-1"), "well-formed"),
        (b"<a>\xed\xa0\x80</a>", "well-formed"),
        (b"<a>&#xD800;</a>", "well-formed"),
        (b"<a>&#0;</a>", "well-formed"),
        (b"", "well-formed"),
    ],
)
def test_a_bomb_is_no_answer(document, says):
    with pytest.raises(xml.Undecodable, match=says):
        xml.root_of(document)


@pytest.mark.parametrize("text", ["9" * 30, "9" * 5000, "-" + "9" * 30, str(2**63)])
def test_a_number_has_64_bits(text):
    with pytest.raises(xml.Undecodable, match="integer") as problem:
        xml.integer(xml.root_of(f"<a>{text}</a>".encode()))
    assert len(str(problem.value)) < 300


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00"])
def test_a_time_at_the_end_of_the_calendar_can_be_written_again(text):
    from taskconform.conformance.wire.encoding import time_text  # noqa: PLC0415 - of this test alone
    from taskconform.reports.render.timeline.svg import moment  # noqa: PLC0415
    from taskconform.reports.reproduction.literals import instant  # noqa: PLC0415

    at = xml.microseconds(xml.root_of(f"<a>{text}</a>".encode()))
    for one in (at, at - 10**6, at + 10**6, 2**62, -(2**62)):
        assert time_text(one)[:4] == instant(one)[:4] == moment(one)[:4]
        assert time_text(one)[:4] in {"0001", "9999", "9998"}


@pytest.mark.parametrize(
    "document",
    [
        '{"now": "1"}',
        "{}",
        '{"now": 1e999}',
        '{"now": null}',
        '{"now": 99999999999999999999}',
        '["now"]',
        "[" * 100_000,
    ],
)
def test_odd_control_answers_are_told(document):
    def serve(connection, _):
        while connection.recv(65_536):
            connection.sendall(http(document, "application/json"))

    with listening(serve) as address, pytest.raises(TargetUnreachable, match="control endpoint"):
        Control(f"http://{address}/control", "token", session_at(address).wire.endpoint).now()


def test_options_of_a_control_endpoint_are_text():
    said = http('{"options": {"a": "\\ud800"}}', "application/json")
    with listening(answering(said)) as address, pytest.raises(TargetUnreachable, match="no JSON object"):
        Control(f"http://{address}/control", "token", session_at(address).wire.endpoint)


SECRET = "s3cret&>\"'pass"


@pytest.mark.parametrize("spelled", [SECRET, xml_escape(SECRET), body.escape(SECRET)])
def test_a_password_that_is_repeated_stays_in_the_adapter(spelled):
    names = Pseudonyms()
    names.keep(SECRET)
    names.keep("Task")
    assert names.hide(f"<Task>in {spelled} and {spelled}<b>Task</b></Task>".encode()) == (
        b"<Task>in (password) and (password)<b>Task</b></Task>"
    )
    assert b"s3cret" not in names.hide(f'<a b="{body.escape(SECRET)}"/>'.encode())


def test_names_of_elements_are_no_passwords():
    names = Pseudonyms()
    names.keep("TaskInfo")
    assert names.hide(b"<TaskInfo>TaskInfo</TaskInfo>") == b"<TaskInfo>(password)</TaskInfo>"


def test_a_password_is_known_once_it_is_sent():
    said = "<r><returnval><key>k</key><userName>hunter2-hunter2</userName></returnval></r>"
    content = inventory.Content(about=inventory.about_of(xml.root_of(b"<c><about/></c>")), managers={})
    methods = Methods(content, {"primary": Credentials(user="user", password="hunter2-hunter2")})
    with listening(always(said)) as address:
        session = session_at(address)
        assert methods.log_in(session, "primary").user_name == "(password)"
        session.close()
    said = said.replace("hunter2-hunter2", "administrator")
    methods = Methods(content, {"primary": Credentials(user="Administrator@local", password="administrator")})
    with listening(always(said)) as address:
        session = session_at(address)
        assert methods.log_in(session, "primary").user_name == "administrator"
        session.close()
