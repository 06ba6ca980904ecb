"""Redaction: a text is written because the policy names its place."""
# ruff: noqa: E501  # a document is a line

from __future__ import annotations

import random

import pytest

from taskconform.conformance.recorder import policy
from taskconform.conformance.recorder.redaction import Asked, Redaction, Unredactable
from taskconform.conformance.records.private import Names
from taskconform.conformance.wire import answers
from taskconform.conformance.wire import xml as soap_xml
from taskconform.conformance.wire.table import METHODS

ENVELOPE = (
    '<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    "<soapenv:Header>{}</soapenv:Header><soapenv:Body>{}</soapenv:Body></soapenv:Envelope>"
)
INFO = (
    '<key>task-7</key><task type="Task">task-7</task><name>Destroy_Task</name><descriptionId>vm.destroy</descriptionId>'
    '<entity type="VirtualMachine">vm-3</entity><entityName>{name}</entityName><state>error</state>'
    '<cancelled>false</cancelled><cancelable>false</cancelable><error><fault xsi:type="InvalidName"><name>{name}</name>'
    '<entity type="VirtualMachine">vm-3</entity></fault><localizedMessage>{name} is there</localizedMessage></error>'
    '<reason xsi:type="TaskReasonUser"><userName>{user}</userName></reason><queueTime>2026-11-30T10:00:00Z</queueTime>'
    "<eventChainId>4</eventChainId>"
)


def envelope(body, header=""):
    return ENVELOPE.format(header, body).encode()


def property_answer(kind, path, value):
    return envelope(
        f'<RetrievePropertiesResponse><returnval><obj type="{kind}">it</obj><propSet><name>{path}</name>{value}</propSet>'
        "</returnval></RetrievePropertiesResponse>"
    )


@pytest.fixture
def redaction():
    return Redaction(Names(()))


@pytest.fixture
def hashed():
    return Redaction(Names(()), hashed=True)


SECRETS = [
    "<Login><_this type='SessionManager'>SessionManager</_this><userName>ada</userName><password>{}</password></Login>",
    "<LoginBySSPI><base64Token>{}</base64Token></LoginBySSPI>",
    "<LoginExtensionByCertificate><extensionKey>{}</extensionKey></LoginExtensionByCertificate>",
    "<CloneSession><cloneTicket>{}</cloneTicket></CloneSession>",
    "<AcquireCloneTicketResponse><returnval>{}</returnval></AcquireCloneTicketResponse>",
    "<AcquireMksTicketResponse><returnval><ticket>{}</ticket><cfgFile>{}</cfgFile></returnval></AcquireMksTicketResponse>",
    "<AcquireLocalTicketResponse><returnval><passwordFilePath>{}</passwordFilePath></returnval></AcquireLocalTicketResponse>",
    "<StartProgramInGuest><auth><username>{}</username><password>{}</password></auth></StartProgramInGuest>",
    "<AddHost_Task><spec><hostName>{}</hostName><password>{}</password><sslThumbprint>{}</sslThumbprint></spec></AddHost_Task>",
    "<RegisterExtension><extension><key>k</key><server><url>{}</url><adminEmail>{}</adminEmail></server></extension></RegisterExtension>",
    "<NobodyKnowsThis><a><b>{}</b></a><c>{}</c></NobodyKnowsThis>",
    "<soapenv:Fault><faultcode>x</faultcode><faultstring>{}</faultstring><detail><InvalidLoginFault><why>{}</why></InvalidLoginFault></detail></soapenv:Fault>",
    "<CreateTask><password>{}</password></CreateTask>",
    "<SetTaskState><fault><fault xsi:type='A'><b>{}</b></fault><localizedMessage>{}</localizedMessage></fault></SetTaskState>",
    "<SetTaskState><result xsi:type='B'><c>{}</c></result></SetTaskState>",
    "<QueryOptionsResponse><returnval><key>config.secret</key><value>{}</value></returnval></QueryOptionsResponse>",
    "<QueryEventsResponse><returnval xsi:type='UserLoginSessionEvent'><ipAddress>{}</ipAddress><fullFormattedMessage>{}</fullFormattedMessage></returnval></QueryEventsResponse>",
    "<FetchResponse><returnval xsi:type='xsd:string'>{}</returnval></FetchResponse>",
    "<LoginResponse><returnval><key>{}</key><fullName>{}</fullName><ipAddress>{}</ipAddress></returnval></LoginResponse>",
    "<CreateTask><obj type='Folder'>f</obj><!-- {} --><?pi {}?></CreateTask>",
    "<CreateTask passed='{}'><obj type='Folder' why='{}'>f</obj></CreateTask>",
]


@pytest.mark.parametrize("body", SECRETS)
def test_secrets_are_not_written(redaction, body):
    secret = "hunter2-Correct"
    text = redaction.answer(envelope(body.replace("{}", secret), f"<a:Security><b>{secret}</b></a:Security>"), Asked())
    assert secret not in text
    assert "Security" not in text
    root = soap_xml.body_of(soap_xml.root_of(text.encode()))
    assert root.tag.rpartition("}")[2] in body


@pytest.mark.parametrize(
    "value", ["<val><info>{}</info></val>", "<val>{}</val>", "<val><a><token>{}</token></a></val>"]
)
@pytest.mark.parametrize(
    ("kind", "path"),
    [("VirtualMachine", "config"), ("HostSystem", "summary.config.name"), ("SessionManager", "sessionList"),
     ("LicenseManager", "licenses"), ("VirtualMachine", "names"), ("ServiceInstance", "capability")],
)  # fmt: skip
def test_properties_of_others_are_empty(redaction, kind, path, value):
    text = redaction.answer(property_answer(kind, path, value.format("hunter2-Correct")), Asked())
    assert "hunter2" not in text
    assert path in text


def test_a_secret_that_was_seen_is_written_nowhere_else(redaction):
    redaction.request(envelope("<Login><userName>ada</userName><password>hunter2-Correct</password></Login>"))
    text, _ = redaction.request(envelope("<CreateTask><activationId>I am hunter2-Correct</activationId></CreateTask>"))
    assert "<activationId>I am redacted</activationId>" in text


def test_session_keys_and_cookies_have_pseudonyms(redaction):
    key = "52abcdef-0123-4567-89ab-cdef01234567"
    text = redaction.answer(
        envelope(f"<LoginResponse><returnval><key>{key}</key></returnval></LoginResponse>"), Asked()
    )
    assert "<key>session-1</key>" in text
    text, _ = redaction.request(
        envelope(f'<RewindCollector><_this type="TaskHistoryCollector">session[{key}]9</_this></RewindCollector>')
    )
    assert ">session[session-1]9<" in text
    text, _ = redaction.request(
        envelope('<RewindCollector><_this type="TaskHistoryCollector">session[other]9</_this></RewindCollector>')
    )
    assert ">session[session-2]9<" in text
    assert redaction.cookie('a=b; vmware_soap_session="abc def"; c=d') == "cookie-1"
    assert redaction.cookie("vmware_soap_session=xyz; Path=/; HttpOnly") == "cookie-2"
    assert redaction.cookie('vmware_soap_session="abc def"') == "cookie-1"
    assert redaction.cookie("JSESSIONID=abc") == ""


def test_private_names_however_they_are_written():
    redaction = Redaction(Names(("O'Brien & Sons", "esx-07")))
    text, _ = redaction.request(
        envelope("<CreateTask><activationId>o&#39;brien &amp; sons on ESX-&#48;7.corp</activationId></CreateTask>")
    )
    assert "<activationId>private-1 on private-2.corp</activationId>" in text


def info_of(text):
    returned = soap_xml.body_of(soap_xml.root_of(text.encode()))
    return answers.task_info(
        next(each for each in returned.iter() if each.tag.rpartition("}")[2] in ("val", "returnval") and len(each) > 4)
    )


@pytest.mark.parametrize("seed", range(20))
def test_hashes_keep_what_is_equal_equal(hashed, seed):
    draw = random.Random(seed)  # noqa: S311  # names, not secrets
    name = "".join(draw.choices("abcXYZ019_-./ é", k=12))
    escaped = name.replace("&", "&amp;")
    user = draw.choice(["CORP\\Ada", "Ada@corp.example", "ada"])
    filled = INFO.format(name=escaped, user=user)
    texts = [
        hashed.answer(property_answer("Task", "info", f"<val xsi:type='TaskInfo'>{filled}</val>"), Asked()),
        hashed.answer(envelope(f"<ReadNextTasksResponse><returnval>{filled}</returnval></ReadNextTasksResponse>"), Asked()),
        hashed.answer(envelope(f"<FetchResponse><returnval xsi:type='TaskInfo'>{filled}</returnval></FetchResponse>"),
                      Asked(kind="Task", path="info")),
    ]  # fmt: skip
    infos = [info_of(text) for text in texts]
    assert infos[0] == infos[1] == infos[2]
    assert infos[0].entity_name != name
    assert infos[0].entity_name.replace("_", "").isalnum() == name.replace("_", "").isalnum()
    assert infos[0].error.kind == "InvalidName"
    assert infos[0].name == "Destroy_Task"
    assert not any(name in text or "Ada" in text for text in texts)
    entity = hashed.answer(
        property_answer("VirtualMachine", "name", f"<val xsi:type='xsd:string'>{escaped}</val>"), Asked()
    )
    assert f">{infos[0].entity_name}<" in entity
    other = Redaction(Names(()), hashed=True)
    assert other.name(name) != hashed.name(name)


def test_users_are_hashed_by_pieces(hashed):
    assert hashed.user("CORP\\Ada").split("\\")[1] == hashed.user("ada@corp").split("@")[0]
    assert hashed.user("CORP\\Ada").split("\\")[0] == hashed.user("ada@corp").split("@")[1]


def test_references_that_hold_names_are_hashed(hashed):
    text = hashed.answer(
        envelope(
            '<X><a type="Network">HaNetwork-VM Corp</a><a type="Datastore">10.0.0.9:/secret</a><a type="Task">task-9</a></X>'
        ),
        Asked(),
    )
    assert "Corp" not in text
    assert "secret" not in text
    assert ">task-9<" in text


@pytest.mark.parametrize(
    "document",
    [b"", b"no XML", b"<a/>", b"<a><b>", b'<!DOCTYPE a [<!ENTITY b "c">]><a><b><c/></b></a>', b"\xff\xfe<\x00a\x00",
     b"<a>" * 100 + b"</a>" * 100],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(redaction, document):
    with pytest.raises(Unredactable):
        redaction.request(document)


def test_every_method_that_is_judged_is_written():
    judged = {name for name, row in METHODS.items() if row.recorded}
    assert judged <= policy.METHOD_TEXTS.keys()
    assert {"Login", "Fetch", "RetrievePropertiesEx", "CreateFilter", "CurrentTime"} <= policy.METHOD_TEXTS.keys()
