"""Recordings made by hand: SOAP exchanges of somebody's client, and the files that recorders write of them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

import yaml

ENVELOPE = (
    '<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
    "<soapenv:Body>{}</soapenv:Body></soapenv:Envelope>"
)
DRAWN = "5f0c1b9e73a84d26a9b1c7e2d4f68035aa17c39e"
"""A cookie as servers draw them."""


@dataclass
class Shot:
    """One exchange: when it began and ended, in seconds; bodies without their envelopes."""

    request: str
    answer: str
    began: float
    ended: float
    cookie: str = ""
    given: str = ""
    host: str = "vc.example"
    status: int = 200


@dataclass
class Client:
    """Makes exchanges one after another, each a second after the last."""

    shots: list[Shot] = field(default_factory=list)
    cookie: str = ""
    host: str = "vc.example"
    now: float = 1_700_000_000.0

    def call(self, method, this, inside="", answer="", *, fault="", took=0.01, given=""):
        """One exchange with an answer, or a fault of this kind."""
        kind, _, value = this.partition(":")
        request = f'<{method} xmlns="urn:vim25"><_this type="{kind}">{value or kind}</_this>{inside}</{method}>'
        if fault:
            answer = (
                f"<soapenv:Fault><faultcode>f</faultcode><faultstring>no</faultstring><detail>"
                f'<{fault}Fault xmlns="urn:vim25" xsi:type="{fault}"/></detail></soapenv:Fault>'
            )
        else:
            answer = f'<{method}Response xmlns="urn:vim25">{answer}</{method}Response>'
        shot = Shot(request, answer, self.now, self.now + took, self.cookie, given, self.host, 500 if fault else 200)
        self.shots.append(shot)
        self.now += 1
        return self

    def about(self, build="14389939", product="VMware vCenter Server 6.7.3"):
        """RetrieveServiceContent."""
        return self.call(
            "RetrieveServiceContent", "ServiceInstance", answer=(
                f"<returnval><about><name>VMware vCenter Server</name><fullName>{product} build-{build}</fullName>"
                f"<vendor>VMware, Inc.</vendor><version>6.7.3</version><build>{build}</build><osType>linux</osType>"
                "<productLineId>vpx</productLineId><apiType>VirtualCenter</apiType><apiVersion>6.7.3</apiVersion></about>"
                "</returnval>"
            )
        )  # fmt: skip

    def login(self, cookie=DRAWN, *, user="root", locale="", told=""):
        """Login; later calls go out with the cookie."""
        asked = f"<locale>{locale}</locale>" if locale else ""
        said = f"<locale>{told}</locale>" if told else ""
        given = f'vmware_soap_session="{cookie}"; Path=/' if cookie else ""
        self.cookie = ""
        self.call(
            "Login", "SessionManager", f"<userName>{user}</userName><password>x</password>{asked}",
            f"<returnval><key>k</key><userName>{user}</userName>{said}</returnval>", given=given,
        )  # fmt: skip
        self.cookie = f'vmware_soap_session="{cookie}"' if cookie else ""
        return self

    def create(self, key="task-7", *, cancelable=False, took=0.01):
        """CreateTask."""
        return self.call(
            "CreateTask", "TaskManager",
            f'<obj type="VirtualMachine">vm-1</obj><taskTypeId>com.acme.work</taskTypeId>'
            f"<cancelable>{str(cancelable).lower()}</cancelable>",
            info(key, "queued", cancelable=cancelable), took=took,
        )  # fmt: skip

    def read(self, key="task-7", state="queued", *, took=0.01, **more):
        """Fetch of Task.info."""
        return self.call("Fetch", f"Task:{key}", "<prop>info</prop>", info(key, state, **more), took=took)

    def move(self, state, key="task-7", more="", **how):
        """SetTaskState."""
        return self.call("SetTaskState", f"Task:{key}", f"<state>{state}</state>{more}", **how)

    def har(self):
        """The exchanges as an HTTP archive."""
        return json.dumps({"log": {"entries": [
            {
                "startedDateTime": datetime.fromtimestamp(one.began, UTC).isoformat(),
                "time": (one.ended - one.began) * 1000,
                "request": {"method": "POST", "url": f"https://{one.host}/sdk", "headers": _pairs(Cookie=one.cookie),
                            "postData": {"text": ENVELOPE.format(one.request)}},
                "response": {"status": one.status, "headers": _pairs(**{"Set-Cookie": one.given}),
                             "content": {"text": ENVELOPE.format(one.answer)}},
            }
            for one in self.shots
        ]}})  # fmt: skip

    def vcr(self):
        """The exchanges as a cassette, in the order in which they ended, without times."""
        return yaml.safe_dump({"http_interactions": [
            {
                "request": {"uri": f"https://{one.host}/sdk", "body": {"string": ENVELOPE.format(one.request)},
                            "headers": {"Cookie": [one.cookie]} if one.cookie else {}},
                "response": {"status": {"code": one.status}, "body": {"string": ENVELOPE.format(one.answer)},
                             "headers": {"Set-Cookie": [one.given]} if one.given else {}},
            }
            for one in sorted(self.shots, key=lambda one: one.ended)
        ]})  # fmt: skip


def _pairs(**headers):
    return [{"name": name, "value": value} for name, value in headers.items() if value]


def info(key, state, *, cancelable=False, entity="vm-1", result="", tag="returnval", extra=""):
    """A TaskInfo."""
    done = state in {"success", "error"}
    parts = [
        f"<key>{key}</key>", f'<task type="Task">{key}</task>', "<descriptionId>com.acme.work</descriptionId>",
        f'<entity type="VirtualMachine">{entity}</entity>' if entity else "", "<entityName>vm1</entityName>",
        f"<state>{state}</state><cancelled>false</cancelled><cancelable>{str(cancelable).lower()}</cancelable>",
        '<error><fault xsi:type="NotFound"/><localizedMessage>m</localizedMessage></error>' if state == "error" else "",
        f'<result xsi:type="xsd:string">{result}</result>' if result else "",
        '<reason xsi:type="TaskReasonUser"><userName>root</userName></reason>',
        "<queueTime>2023-11-14T22:13:00.5Z</queueTime>",
        "" if state == "queued" else "<startTime>2023-11-14T22:13:01.5Z</startTime>",
        "<completeTime>2023-11-14T22:13:02.5Z</completeTime>" if done else "",
        f"<eventChainId>9</eventChainId>{extra}",
    ]  # fmt: skip
    return re.sub(r"\n\s*", "", f'<{tag} xsi:type="TaskInfo">{"".join(parts)}</{tag}>')


def updates(version, *states, filter_="f1", kind="enter"):
    """An UpdateSet with the states of tasks: pairs of key and state."""
    objects = "".join(
        f'<objectSet><kind>{kind}</kind><obj type="Task">{key}</obj><changeSet><name>info.state</name><op>assign</op>'
        f'<val xsi:type="TaskInfoState">{state}</val></changeSet></objectSet>'
        for key, state in states
    )
    return (
        f'<returnval><version>{version}</version><filterSet><filter type="PropertyFilter">{filter_}</filter>'
        f"{objects}</filterSet></returnval>"
    )


def watch(obj, *, traversed=False):
    """The parameters of a CreateFilter on the states of tasks."""
    kind, _, value = obj.partition(":")
    through = (
        '<skip>true</skip><selectSet xsi:type="TraversalSpec"><type>ListView</type><path>view</path></selectSet>'
        if traversed
        else ""
    )
    return (
        "<spec><propSet><type>Task</type><pathSet>info.state</pathSet></propSet><objectSet>"
        f'<obj type="{kind}">{value}</obj>{through}</objectSet></spec><partialUpdates>false</partialUpdates>'
    )
