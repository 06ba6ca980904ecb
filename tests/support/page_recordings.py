"""Recordings written by hand from the API pages, of clients and orders that no server of ours has been asked in.

`Client` collects exchanges; `page_forms.written` gives them the form of a recorder that people use.
"""
# ruff: noqa: E501  # a document is a line

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
)
_TAIL = "</soapenv:Body></soapenv:Envelope>"
BEGUN = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
NAMED = {
    "TaskManager": "TaskManager",
    "SessionManager": "SessionManager",
    "ViewManager": "ViewManager",
    "ExtensionManager": "ExtensionManager",
    "PropertyCollector": "propertyCollector",
    "ServiceInstance": "ServiceInstance",
}


@dataclass(frozen=True)
class Exchanged:
    """One request and its answer, with seconds since the recording began."""

    request: str
    answer: str
    at: float
    took: float = 0.02
    cookie: str = ""
    status: int = 200


@dataclass
class Client:
    """One client that speaks to a server; each call is a second after the one before."""

    cookie: str = "c-1"
    exchanges: list[Exchanged] = field(default_factory=list)
    clock: Any = field(default_factory=lambda: count(1))

    def call(self, method: str, of: str, arguments: str = "", answer: str = "", **how: Any) -> None:
        """Make a call of an object ("Type:id" or a well-known type), answered so."""
        kind, _, name = of.partition(":")
        asked = f'<{method} xmlns="urn:vim25"><_this type="{kind}">{name or NAMED[kind]}</_this>{arguments}</{method}>'
        told = f'<{method}Response xmlns="urn:vim25">{answer}</{method}Response>'
        self._add(asked, told, **how)

    def fault(self, method: str, of: str, fault: str, arguments: str = "", inside: str = "") -> None:
        """Make a call that is answered with a fault."""
        self.call(method, of, arguments)
        body = (
            f"<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>no</faultstring><detail>"
            f'<{fault}Fault xmlns="urn:vim25" xsi:type="{fault}">{inside}</{fault}Fault></detail></soapenv:Fault>'
        )
        last = self.exchanges[-1]
        self.exchanges[-1] = replace(last, answer=_HEAD + body + _TAIL, status=500)

    def _add(self, asked: str, told: str, **how: Any) -> None:
        one = Exchanged(_HEAD + asked + _TAIL, _HEAD + told + _TAIL, at=next(self.clock), cookie=self.cookie)
        self.exchanges.append(replace(one, **how))

    def also(self, cookie: str) -> Client:
        """Another client of the same recording."""
        return Client(cookie, self.exchanges, self.clock)

    def begin(self, user: str = "CORP\\ann", version: str = "8.0.1.0", locale: str = "en") -> Client:
        """Say what the server is, and log in."""
        self.call(
            "RetrieveServiceContent",
            "ServiceInstance",
            answer=f"<returnval><rootFolder type='Folder'>group-d1</rootFolder><propertyCollector type="
            f"'PropertyCollector'>propertyCollector</propertyCollector><about><name>VMware vCenter Server</name>"
            f"<fullName>VMware vCenter Server {version} build-1</fullName><vendor>VMware, Inc.</vendor>"
            f"<version>{version}</version><build>1</build><osType>linux-x64</osType><productLineId>vpx</productLineId>"
            f"<apiType>VirtualCenter</apiType><apiVersion>{version}</apiVersion></about>"
            f"<taskManager type='TaskManager'>TaskManager</taskManager></returnval>",
        )
        self.call(
            "Login",
            "SessionManager",
            f"<userName>{user}</userName><password>p</password><locale>{locale}</locale>",
            f"<returnval><key>k-{self.cookie}</key><userName>{user}</userName><fullName>A</fullName><loginTime>"
            f"2024-03-05T09:00:02Z</loginTime><lastActiveTime>2024-03-05T09:00:02Z</lastActiveTime><locale>{locale}"
            f"</locale><messageLocale>{locale}</messageLocale></returnval>",
        )
        return self


# --- what calls are made of -------------------------------------------------------------------------------------------


def info(key: str, state: str, /, *, element: str = "returnval", **parts: str) -> str:
    """A TaskInfo; `parts` are the XML of further fields, or replace one that is there; None leaves a field out."""
    fields = {
        "key": f"<key>{key}</key>",
        "task": f'<task type="Task">{key}</task>',
        "description": "",
        "name": "<name>Rename_Task</name>",
        "descriptionId": "<descriptionId>ManagedEntity.rename</descriptionId>",
        "entity": '<entity type="VirtualMachine">vm-7</entity>',
        "entityName": "<entityName>web</entityName>",
        "locked": "",
        "state": f"<state>{state}</state>",
        "cancelled": "<cancelled>false</cancelled>",
        "cancelable": "<cancelable>false</cancelable>",
        "error": "",
        "result": "",
        "progress": "",
        "reason": '<reason xsi:type="TaskReasonUser"><userName>CORP\\ann</userName></reason>',
        "queueTime": "<queueTime>2024-03-05T08:59:00Z</queueTime>",
        "startTime": "" if state == "queued" else "<startTime>2024-03-05T08:59:01Z</startTime>",
        "completeTime": "<completeTime>2024-03-05T08:59:30Z</completeTime>" if state in ("success", "error") else "",
        "eventChainId": f"<eventChainId>{re.sub(r'[^0-9]', '', key) or 1}</eventChainId>",
        "changeTag": "",
        "parentTaskKey": "",
        "rootTaskKey": "",
    }
    if state == "error" and "error" not in parts:
        fields["error"] = '<error><fault xsi:type="InvalidName"/><localizedMessage>no</localizedMessage></error>'
    assert not parts.keys() - fields
    inner = "".join((fields | parts).values())
    kind = ' xsi:type="TaskInfo"' if element == "val" else ""
    return f"<{element}{kind}>{inner}</{element}>"


def spec(kind: str, path: str, *objects: str) -> str:
    """A PropertyFilterSpec for a property of objects."""
    chosen = "".join(f'<objectSet><obj type="{kind}">{one}</obj></objectSet>' for one in objects)
    return f"<propSet><type>{kind}</type><pathSet>{path}</pathSet></propSet>{chosen}"


def read(client: Client, kind: str, name: str, path: str, value: str, *, old: bool = False) -> None:
    """Read a property with RetrievePropertiesEx, or RetrieveProperties."""
    inner = f'<obj type="{kind}">{name}</obj><propSet><name>{path}</name>{value}</propSet>'
    if old:
        answer = f"<returnval>{inner}</returnval>"
        client.call("RetrieveProperties", "PropertyCollector", f"<specSet>{spec(kind, path, name)}</specSet>", answer)
        return
    answer = f"<returnval><objects>{inner}</objects></returnval>"
    asked = f"<specSet>{spec(kind, path, name)}</specSet><options/>"
    client.call("RetrievePropertiesEx", "PropertyCollector", asked, answer)


def look(client: Client, key: str, state: str, /, *, old: bool = False, **parts: str) -> None:
    """Read a task's info."""
    read(client, "Task", key, "info", info(key, state, element="val", **parts), old=old)


def references(kind: str, *names: str) -> str:
    """A property that is a list of references."""
    listed = "".join(f'<ManagedObjectReference type="{kind}">{one}</ManagedObjectReference>' for one in names)
    return f'<val xsi:type="ArrayOfManagedObjectReference">{listed}</val>'


def stamp(second: int) -> str:
    """A queueTime so many seconds after eight."""
    return f"<queueTime>{(BEGUN - timedelta(hours=1) + timedelta(seconds=second)).isoformat()}</queueTime>"


def old_task(key: str, second: int, state: str = "success", /, **parts: str) -> str:
    """A TaskInfo of a page, queued so many seconds after eight."""
    times = {"queueTime": stamp(second)}
    if state != "queued":
        times["startTime"] = times["queueTime"].replace("queueTime", "startTime")
    if state in ("success", "error"):
        times["completeTime"] = times["queueTime"].replace("queueTime", "completeTime")
    return info(key, state, **(times | parts))


def collect(client: Client, name: str, filtered: str = "") -> str:
    """Make a collector."""
    of = f"TaskHistoryCollector:{name}"
    answer = f'<returnval type="TaskHistoryCollector">{name}</returnval>'
    client.call("CreateCollectorForTasks", "TaskManager", f"<filter>{filtered}</filter>", answer)
    return of


def page(client: Client, of: str, size: int, *items: str, method: str = "ReadNextTasks") -> None:
    """Read a page."""
    client.call(method, of, f"<maxCount>{size}</maxCount>", "".join(items))


def make(
    client: Client, key: str, *, cancelable: bool = False, more: str = "", answered: dict[str, str] | None = None
) -> None:
    """Create a task with CreateTask; `answered` replaces fields of the answer."""
    flag = str(cancelable).lower()
    asked = '<obj type="VirtualMachine">vm-7</obj><taskTypeId>com.corp.copy</taskTypeId>'
    asked += f"<cancelable>{flag}</cancelable>{more}"
    fields = {
        "name": "",
        "descriptionId": "<descriptionId>com.corp.copy</descriptionId>",
        "cancelable": f"<cancelable>{flag}</cancelable>",
        "queueTime": "<queueTime>2024-03-05T09:00:10Z</queueTime>",
    }
    client.call("CreateTask", "TaskManager", asked, info(key, "queued", **(fields | (answered or {}))))


def made(state: str, /, *, cancelable: bool = False, **parts: str) -> dict[str, str]:
    """The fields of a task that `make` has made."""
    times = {"startTime": "<startTime>2024-03-05T09:00:11Z</startTime>"} if state != "queued" else {}
    if state in ("success", "error"):
        times["completeTime"] = "<completeTime>2024-03-05T09:00:20Z</completeTime>"
    return {
        "name": "",
        "descriptionId": "<descriptionId>com.corp.copy</descriptionId>",
        "cancelable": f"<cancelable>{str(cancelable).lower()}</cancelable>",
        "queueTime": "<queueTime>2024-03-05T09:00:10Z</queueTime>",
        **times,
        **parts,
    }
