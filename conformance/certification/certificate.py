"""The certificate: that a target conforms, in a form that anyone can recompute.

A bundle holds the report and the history of a run with the certifying profile, what was waived and what it ran on; and
an in-toto statement, signed, with the digest of each of these files. `certify` makes one, `verify` checks that nothing
was changed and gives the verdict again, from the history, by the code that `judge` uses. The two ask the same questions
here; whatever one of them can say of a run is derived, never copied.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from taskconform.conformance.certification import bundle
from taskconform.conformance.certification.inspection import PROFILE, is_canonical, is_whole
from taskconform.conformance.certification.retrace import Plans
from taskconform.conformance.engine.profile import PROFILES
from taskconform.conformance.errors import CONFORMS, HistoryError, Refused, Rejected
from taskconform.conformance.records.history import Episode, read_head, read_part
from taskconform.conformance.verdicts import compose
from taskconform.conformance.verdicts.offline import judge
from taskconform.conformance.verdicts.waivers import Waivers
from taskconform.model.clauses.registry import registry_digest
from taskconform.reports.document import Report, ReportError, decode, encode, lapsed
from taskconform.reports.flips import flips
from taskconform.reports.render.power import on_record
from taskconform.reports.wording import verdict
from taskconform.strategies.drawing.operating import source_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from securesystemslib.signer import CryptoSigner, SSlibKey

    from taskconform.conformance.progress import Progress
    from taskconform.conformance.verdicts.compose import Finished
    from taskconform.model.vocabulary.declaration import Declaration

STATEMENT: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "https://in-toto.io/attestation/test-result/v0.1"

_SUBJECT: Final = re.compile(r"([^\s@][^@]*)@sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Result of reading a bundle: the recomputed report, the statement, and the id of the key that signed."""

    report: Report
    statement: dict[str, Any]
    keyid: str


# --- the commands -----------------------------------------------------------------------------------------------------


def certify(
    folder: Path, signer: CryptoSigner, out: Path, on: date, progress: Progress, subjects: Sequence[str] = ()
) -> Certificate:
    """Make the bundle of a finished run. `subjects` are further ones, `NAME@sha256:HEX`: an image, a binary. Raises
    Refused, HistoryError, Rejected, OSError; no bundle is written then."""
    history = folder / "history"
    report, head = _recomputed(folder, on, progress)
    further = [_subject(text) for text in subjects]
    _same_binary(report, further)
    with tempfile.TemporaryDirectory(prefix="taskconform-") as spare:
        work = Path(spare)
        files = {bundle.REPORT: folder / bundle.REPORT}
        files |= {f"history/{file.name}": file for file in sorted(history.iterdir())}
        for name, content in _derived(report, head).items():
            (work / name).write_bytes(content)
            files[name] = work / name
        written = statement(report, head, bundle.digests(files), further)
        from taskconform.conformance.certification import signing  # noqa: PLC0415  # keeps what needs no key free of cryptography

        (work / bundle.ATTESTATION).write_bytes(signing.sign(_canonical(written), signer))
        files[bundle.ATTESTATION] = work / bundle.ATTESTATION
        new = out.with_name(f".{out.name}.new")
        try:
            bundle.pack(files, new)
            (work / "read").mkdir()
            _sealed(new, work / "read", signer.public_key)
            new.replace(out)
        finally:
            new.unlink(missing_ok=True)
    return Certificate(report=report, statement=written, keyid=signer.public_key.keyid)


def verify(path: Path, key: SSlibKey, on: date, progress: Progress) -> Certificate:
    """Check a bundle, and give its verdict again. Raises Rejected for what does not hold; Refused if another suite
    than the one installed here is needed; OSError."""
    with tempfile.TemporaryDirectory(prefix="taskconform-") as spare:
        folder = Path(spare)
        files, written, payload = _sealed(path, folder, key)
        _of_this_registry(written)
        report, head = _recomputed(folder, on, progress)
        derived = _derived(report, head)
        if bundle.WAIVERS in files and bundle.WAIVERS not in derived:
            message = f"the bundle holds {bundle.WAIVERS}, and its run was held against none"
            raise Rejected(message)
        for name, content in derived.items():
            if name not in files:
                message = f"the bundle lacks {name}"
                raise Rejected(message)
            if files[name].read_bytes() != content:
                message = f"{name} does not say what the report and the history say"
                raise Rejected(message)
        further = written["subject"][_own(report) :]
        _same_binary(report, further)
        content_digests = {name: digest for name, digest in bundle.digests(files).items() if name != bundle.ATTESTATION}
        if _canonical(statement(report, head, content_digests, further)) != payload:
            message = f"the statement is not the one that report and history give: {_where(written, report, head)}"
            raise Rejected(message)
    return Certificate(report=report, statement=written, keyid=key.keyid)


# --- the seal ---------------------------------------------------------------------------------------------------------


def _sealed(path: Path, folder: Path, key: SSlibKey) -> tuple[dict[str, Path], dict[str, Any], bytes]:
    """Unpack a bundle into a folder: its files, all as the statement names them, and the statement. Raises Rejected."""
    from taskconform.conformance.certification import signing  # noqa: PLC0415  # keeps what needs no key free of cryptography

    files = bundle.unpack(path, folder)
    if bundle.ATTESTATION not in files:
        message = f"the bundle is not signed: it has no {bundle.ATTESTATION}"
        raise Rejected(message)
    payload = signing.opened(files[bundle.ATTESTATION].read_bytes(), key)
    written = _read_statement(payload)
    named = written["predicate"]["configuration"]
    signed = {one["name"]: one["digest"]["sha256"] for one in named if one.get("mediaType") == _FILE}
    there = bundle.digests({name: file for name, file in files.items() if name != bundle.ATTESTATION})
    for name in sorted(signed.keys() | there.keys()):
        if name not in there:
            message = f"the bundle lacks {name}, which the statement names"
            raise Rejected(message)
        if name not in signed:
            message = f"the bundle holds {name}, which the statement does not name"
            raise Rejected(message)
        if signed[name] != there[name]:
            message = f"{name} was changed: its digest is not the one that was signed"
            raise Rejected(message)
    lacking = [name for name in (bundle.REPORT, bundle.HEAD, bundle.TARGET, bundle.ENVIRONMENT) if name not in files]
    if lacking:
        message = f"the bundle lacks {lacking[0]}"
        raise Rejected(message)
    return files, written, payload


_FILE: Final = "application/octet-stream"
"""The media type of what is a file of the bundle."""


class _Named(msgspec.Struct):
    """As much of a resource descriptor as is relied on."""

    name: str
    digest: dict[str, str]


class _Predicate(msgspec.Struct):
    configuration: list[_Named]


class _Statement(msgspec.Struct):
    """As much of a statement as is relied on before it is compared as a whole."""

    type: str = msgspec.field(name="_type")
    predicate_type: str = msgspec.field(name="predicateType")
    subject: list[_Named]
    predicate: _Predicate


def _read_statement(payload: bytes) -> dict[str, Any]:
    """The statement. Raises Rejected."""
    try:
        read = msgspec.json.decode(payload, type=_Statement)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        message = f"what was signed is no in-toto statement: {problem}"
        raise Rejected(message) from None
    if (read.type, read.predicate_type) != (STATEMENT, PREDICATE):
        message = f"what was signed is a {read.predicate_type!r} in a {read.type!r}, not a test result"
        raise Rejected(message)
    if not all("sha256" in one.digest for one in (*read.subject, *read.predicate.configuration)):
        message = "the statement names something without its SHA-256"
        raise Rejected(message)
    found: dict[str, Any] = msgspec.json.decode(payload)
    return found


def _of_this_registry(written: dict[str, Any]) -> None:
    """Raises Refused if the statement is about another registry of clauses."""
    named = {one["name"]: one["digest"]["sha256"] for one in written["predicate"]["configuration"]}
    here = registry_digest().removeprefix("sha256:")
    if named.get("registry") != here:
        message = f"another registry of clauses: the statement names {named.get('registry')}, installed here is {here}"
        raise Refused(message)


def _declared(history: Path, head: Mapping[str, Any]) -> Declaration:
    """Return the declaration of the target that a history is of. Raises HistoryError, Rejected."""
    for part in head["parts"]:
        for record in read_part(history, part):
            if isinstance(record, Episode) and record.declaration is not None:
                return record.declaration
    message = "the history holds no episode"
    raise Rejected(message)


# --- the verdict ------------------------------------------------------------------------------------------------------


def _recomputed(folder: Path, on: date, progress: Progress) -> tuple[Report, dict[str, Any]]:
    """The report of a run, recomputed from its history, which must conform and be the one that is stored; and the head
    of the history. Raises Refused, HistoryError, Rejected."""
    stored = _stored(folder / bundle.REPORT)
    if stored.run.profile != PROFILE:
        message = f"the report is of a run with profile {stored.run.profile}; a certificate wants {PROFILE}"
        raise Rejected(message, 3)
    history = folder / "history"
    try:
        head = read_head(history)
        is_whole(history, head)
        _named_for(stored, head)
        is_canonical(history, head)
        plans = Plans(PROFILE, head["seed"], progress, source_of(_declared(history, head)))
        if plans.digest != head["plan_digest"]:
            message = f"the plans are not those that seed {head['seed']} gives{_drawn_by_another(head)}"
            raise Rejected(message)
        finished = judge(history, progress, judged=plans.retrace)
    except HistoryError as problem:
        message = str(problem).replace(f"{folder}/", "").replace(f"{folder} ", "the run ")
        raise Rejected(message) from None
    report = finished.report
    if encode(report) != (folder / bundle.REPORT).read_bytes():
        message = f"the report is not the one that the history gives: {_difference(stored, report)}"
        raise Rejected(message)
    over = lapsed(report)
    if report.run.exit_code != CONFORMS:
        message = f"{over[0].signature}: the waiver is {over[0].state}: {over[0].why}" if over else verdict(report)
        raise Rejected(message, report.run.exit_code)
    _still_waived(finished, head, on)
    return report, head


def _drawn_by_another(head: dict[str, Any]) -> str:
    """Say so, if another version of the library that draws made the run."""
    made, here = head["environment"].get("package hypothesis"), version("hypothesis")
    return f": Hypothesis {made} drew them, and installed here is {here}" if made != here else ""


def _stored(path: Path) -> Report:
    """The stored report. Raises Rejected."""
    try:
        return decode(path.read_bytes())
    except OSError as problem:
        message = f"{path.parent} is no folder that a run wrote: {path.name}: {problem.strerror}"
        raise Rejected(message, 3) from None
    except ReportError as problem:
        message = f"{path.name}: {problem}"
        raise Rejected(message) from None


def _named_for(stored: Report, head: dict[str, Any]) -> None:
    """Raises Rejected early for what a report says of itself: judging takes long."""
    for name in ("seed", "plan_digest", "started"):
        if getattr(stored.run, name) != head.get(name):
            says = f"{name} is {getattr(stored.run, name)} in the report and {head.get(name)} in the history"
            message = f"the history is of another run than the report: {says}"
            raise Rejected(message)
    if stored.run.exit_code != CONFORMS:
        over = lapsed(stored)
        message = f"{over[0].signature}: the waiver is {over[0].state}: {over[0].why}" if over else verdict(stored)
        raise Rejected(message, stored.run.exit_code)


def _difference(stored: Report, now: Report) -> str:
    """Say in words where two reports differ."""
    found = flips(stored, now)
    if found:
        return str(found[0]) + (f", and {len(found) - 1} more" if len(found) > 1 else "")
    sections = [name for name in now.__struct_fields__ if getattr(stored, name) != getattr(now, name)]
    return f"it differs in {', '.join(sections)}" if sections else "it is written in another way"


def _still_waived(finished: Finished, head: dict[str, Any], on: date) -> None:
    """Raises Rejected if a waiver that the verdict leans on is over on this day."""
    if head.get("waivers") is None:
        return
    held = msgspec.structs.replace(msgspec.convert(head["waivers"], Waivers), on=on)
    now = compose.report(
        finished.tally,
        finished.declaration,
        head,
        PROFILES[PROFILE],
        version=finished.report.suite.version,
        waivers=held,
    )
    over = lapsed(now)
    if over:
        message = f"{over[0].signature}: on {on} the waiver is {over[0].state}: {over[0].why}"
        raise Rejected(message)


# --- the statement ----------------------------------------------------------------------------------------------------


def statement(
    report: Report, head: dict[str, Any], files: Mapping[str, str], further: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """The in-toto statement of a run that conforms: all of it derived, but for the further subjects. A clause that is
    waived, or that should hold and does not, is a test that warned, and then so is the result."""
    told: dict[str, list[str]] = {"passed": [], "waived": [], "failed": []}
    for clause in report.clauses:
        told.setdefault(clause.verdict, []).append(clause.id)
    warned = sorted((*told["waived"], *told["failed"]))
    suite = {"version": report.suite.version, "profile": PROFILE, "seed": str(report.run.seed)}
    if (power := on_record(PROFILE)) is not None:
        suite["power"] = power.text
    configuration = [
        {"name": "taskconform", "digest": _digest(head["suite_digest"]), "annotations": suite},
        {"name": "registry", "digest": _digest(report.suite.registry_digest)},
        {"name": "plans", "digest": _digest(report.run.plan_digest)},
        *({"name": name, "digest": {"sha256": files[name]}, "mediaType": _FILE} for name in sorted(files)),
    ]
    return {
        "_type": STATEMENT,
        "subject": [*_subjects(report, files), *further],
        "predicateType": PREDICATE,
        "predicate": {
            "result": "WARNED" if warned else "PASSED",
            "configuration": configuration,
            "passedTests": sorted(told["passed"]),
            "warnedTests": warned,
            "failedTests": [],
        },
    }


def _digest(text: str) -> dict[str, str]:
    return {"sha256": text.removeprefix("sha256:")}


def _subjects(report: Report, files: Mapping[str, str]) -> list[dict[str, Any]]:
    """Identify the target: by its own description, and by its binary where the adapter knows that."""
    target = report.target
    found = [{"name": target.name, "digest": {"sha256": files[bundle.TARGET]}}]
    if "sha256" in target.identity:
        found.append({"name": f"{target.name} (binary)", "digest": _digest(str(target.identity["sha256"]))})
    return found


def _own(report: Report) -> int:
    """Count the subjects that are the target's own."""
    return 2 if "sha256" in report.target.identity else 1


def _subject(text: str) -> dict[str, Any]:
    """A further subject, as it is typed. Raises Refused."""
    found = _SUBJECT.fullmatch(text)
    if found is None:
        message = f"--subject wants NAME@sha256:HEX, not {text!r}"
        raise Refused(message)
    return {"name": found[1], "digest": {"sha256": found[2]}}


def _same_binary(report: Report, further: Sequence[dict[str, Any]]) -> None:
    """Raises Rejected for a subject called `binary` that is another one than the adapter saw."""
    known = report.target.identity.get("sha256")
    for one in further:
        given = one["digest"]["sha256"]
        if one["name"] == BINARY and known is not None and given != str(known).removeprefix("sha256:"):
            message = f"the run was against the binary {known}, not {given}"
            raise Rejected(message)


BINARY: Final = "binary"
"""The name of the further subject that is the target's binary."""


def _derived(report: Report, head: dict[str, Any]) -> dict[str, bytes]:
    """The files of a bundle that say once more, for people and other programs, what stands in report and history."""
    found = {bundle.TARGET: report.target, bundle.ENVIRONMENT: head["environment"]}
    if report.gate is not None:
        found[bundle.WAIVERS] = head["waivers"]
    return {name: msgspec.json.format(_canonical(value), indent=2) + b"\n" for name, value in found.items()}


def _canonical(value: Any) -> bytes:
    """The one way in which a document is written."""
    return msgspec.json.encode(value, order="sorted")


def _where(written: dict[str, Any], report: Report, head: dict[str, Any]) -> str:
    """Say in a few words where a statement is wrong."""
    files = {
        one["name"]: one["digest"]["sha256"]
        for one in written["predicate"]["configuration"]
        if one.get("mediaType") == _FILE
    }
    right = statement(report, head, files, written["subject"][_own(report) :])
    if written["subject"] != right["subject"]:
        return "it names another subject"
    wrong = [key for key, value in right["predicate"].items() if written["predicate"].get(key) != value]
    return f"it differs in {', '.join(wrong)}" if wrong else "it says more, or is written in another way"
