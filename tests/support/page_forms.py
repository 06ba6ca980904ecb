"""The forms that recorders give to what passed between a client and a server."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import yaml
from page_recordings import BEGUN, Client, Exchanged
from windows import accused

from taskconform.conformance.records.recordings.files import read_content


def accused_in(content: bytes) -> tuple[list[str], int]:
    """Judge a file: the signatures of which it is accused, and the number of checks that were exercised."""
    recording = read_content(content)
    assert not recording.facts
    return accused(list(recording.exchanges))


def written(client: Client, form: str) -> bytes:
    """The file that a recorder would have made of it."""
    return {"har": _har, "vcrpy": _vcrpy, "vcrpy-json": _vcrpy_json, "vcr": _vcr, "tcr": _tcr, "log": _log}[form](
        client.exchanges
    )


def _time(second: float) -> str:
    return (BEGUN + timedelta(seconds=second)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _cookie(one: Exchanged) -> tuple[str, str]:
    """The header of the request, and that of the answer to a Login."""
    cookie = f'vmware_soap_session="{one.cookie}"'
    return ("", f"{cookie}; Path=/; HttpOnly") if "<Login " in one.request else (cookie, "")


def _har(exchanges: list[Exchanged]) -> bytes:
    entries = []
    for one in exchanges:
        sent, got = _cookie(one)
        headers = [{"name": "SOAPAction", "value": '"urn:vim25/8.0.1.0"'}]
        headers += [{"name": "Cookie", "value": sent}] if sent else []
        entries.append(
            {
                "startedDateTime": _time(one.at),
                "time": one.took * 1000,
                "request": {
                    "method": "POST",
                    "url": "https://vc.corp.example/sdk",
                    "headers": headers,
                    "postData": {"mimeType": "text/xml", "text": one.request},
                },
                "response": {
                    "status": one.status,
                    "headers": [{"name": "Set-Cookie", "value": got}] if got else [],
                    "content": {
                        "text": base64.b64encode(one.answer.encode()).decode(),
                        "encoding": "base64",
                        "mimeType": "text/xml",
                    },
                },
            }
        )
    return json.dumps(
        {"log": {"version": "1.2", "creator": {"name": "x", "version": "1"}, "entries": entries}}
    ).encode()


def _interactions(exchanges: list[Exchanged]) -> list[dict[str, Any]]:
    found = []
    for one in exchanges:
        sent, got = _cookie(one)
        found.append(
            {
                "request": {
                    "body": one.request,
                    "headers": {"SOAPAction": ['"urn:vim25/8.0.1.0"'], **({"Cookie": [sent]} if sent else {})},
                    "method": "POST",
                    "uri": "https://vc.corp.example:443/sdk",
                },
                "response": {
                    "body": {"string": one.answer},
                    "headers": {"Set-Cookie": [got]} if got else {},
                    "status": {"code": one.status, "message": "-"},
                },
            }
        )
    return found


def _vcrpy(exchanges: list[Exchanged]) -> bytes:
    return yaml.safe_dump({"interactions": _interactions(exchanges), "version": 1}).encode()


def _vcrpy_json(exchanges: list[Exchanged]) -> bytes:
    return json.dumps({"version": 1, "interactions": _interactions(exchanges)}, indent=1).encode()


def _vcr(exchanges: list[Exchanged]) -> bytes:
    found = []
    for one, plain in zip(exchanges, _interactions(exchanges), strict=True):
        body = {"encoding": "UTF-8", "base64_string": base64.b64encode(one.answer.encode()).decode()}
        plain["request"]["body"] = {"encoding": "UTF-8", "string": one.request}
        plain["response"]["body"] = body
        plain["recorded_at"] = (BEGUN + timedelta(seconds=one.at)).strftime("%a, %d %b %Y %H:%M:%S GMT")
        found.append(plain)
    return yaml.safe_dump({"http_interactions": found, "recorded_with": "VCR 6.1.0"}).encode()


def _tcr(exchanges: list[Exchanged]) -> bytes:
    begun = int(BEGUN.timestamp() * 1_000_000)
    moments: list[tuple[int, dict[str, Any]]] = []
    for number, one in enumerate(exchanges, 1):
        sent, got = (header and one.cookie for header in _cookie(one))
        start, end = (begun + int(second * 1_000_000) for second in (one.at, one.at + one.took))
        asked = {"n": number, "at": start, "connection": 1, "cookie": sent, "action": "urn:vim25/8.0.1.0"}
        moments.append((start, {"is": "request", **asked, "body": one.request}))
        told = {"n": number, "at": end, "status": one.status, "cookie": got, "body": one.answer}
        moments.append((end, {"is": "answer", **told}))
    moments.sort(key=lambda moment: moment[0])
    head = {"form": "taskconform.recording/1", "version": "1", "begun": begun, "hashed": False}
    return "\n".join(map(json.dumps, [head, *(record for _, record in moments)])).encode() + b"\n"


def _log(exchanges: list[Exchanged]) -> bytes:
    return "\n".join(f"Request:\n{one.request}\n\nResponse:\n{one.answer}\n" for one in exchanges).encode()
