"""Waivers: known divergences, accepted until a date. How a file of them is read, and what each of them covers.

    [[waiver]]
    clause = "life.cancel-unsupported"
    signature = "life.cancel-unsupported:CancelTask.refusal:success"
    target = { name = "vcsim", govmomi = ">=0.48,<0.57" }
    reason = "CancelTask succeeds on tasks that are not cancelable"
    link = "https://tracker.example/4711"
    owner = "ana"
    expires = 2027-03-31

The law of this file: a waiver covers one signature of one clause, for the targets that it names, up to and including
the day it expires. Whatever cannot be read like that is refused, with the file and the entry.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from taskconform.conformance.errors import Refused
from taskconform.model.clauses.registry import UnknownClauseError, clause

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from taskconform.reports.document import TargetSection

LONGEST: Final = timedelta(days=180)
"""Longest time ahead that a waiver may expire."""

NAME: Final = "name"
"""The key that names the target, beside which there must be one that tells its versions apart."""

DIGESTS: Final = ("sha256",)
"""Keys whose values are digests: their case does not count."""

_COMPARATORS: Final = ("<", ">", "=", "!", "~")


class Seen(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The divergence as it showed when the waiver was written: the digest of the plan, in how many test cases of the
    exploration, among how many exercised checks of the clause, and whether it came and went in re-runs. It decides
    whether a run that does not show it says anything (`gate`)."""

    plan: str
    sightings: int
    live: int
    intermittent: bool = False


class Waiver(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One waiver. `target`: what the target must say of itself, all of it. A value that begins with a comparator is a
    range of versions (`>=0.48,<0.57`), any other must be the target's own value. `expires` is the last day on which it
    holds."""

    clause: str
    signature: str
    target: dict[str, str]
    reason: str
    owner: str
    expires: date
    link: str = ""
    seen: Seen | None = None

    def lacks(self, target: TargetSection) -> str:
        """Say why the waiver is not about this target; "" if it is."""
        return lacking(self.target, target)

    def __str__(self) -> str:
        """Say why the divergence is accepted, by whom, until when."""
        return f"{self.reason} ({', '.join(filter(None, (self.link, self.owner, f'until {self.expires}')))})"


class Waivers(msgspec.Struct, kw_only=True, frozen=True):
    """The waivers that a run is held against: the name of their file, and the day on which they are looked at."""

    file: str
    on: date
    waivers: tuple[Waiver, ...]


# --- targets ----------------------------------------------------------------------------------------------------------


def facts_of(target: TargetSection) -> dict[str, str]:
    """Give what a waiver can ask of a target: its name, its AboutInfo, and what the adapter knows beside that, which
    counts for more."""
    about = {key: str(value) for key, value in target.about.items() if key != NAME}
    return {**about, **{key: str(value) for key, value in target.identity.items()}, NAME: target.name}


def lacking(wanted: Mapping[str, str], target: TargetSection) -> str:
    """Say why this is not the target that is wanted; "" if it is."""
    facts = facts_of(target)
    for key, value in wanted.items():
        if key not in facts:
            return f"the target says nothing of {key}"
        if not _matches(key, value, facts[key]):
            return f"the target's {key} is {facts[key]}"
    return ""


def is_version(text: str) -> bool:
    """Tell whether the text is a version that a range can be compared with."""
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def _matches(key: str, wanted: str, own: str) -> bool:
    """Tell whether a target's value is the one wanted, or in the range of versions wanted."""
    if wanted.startswith(_COMPARATORS):
        return is_version(own) and SpecifierSet(wanted).contains(Version(own), prereleases=True)
    if key in DIGESTS:
        return wanted.lower().removeprefix(f"{key}:") == own.lower().removeprefix(f"{key}:")
    return wanted == own


def today() -> date:
    """The day it is, everywhere the same: in UTC."""
    return datetime.now(UTC).date()


def day(text: str | None) -> date:
    """The day that is written as `2027-03-31`; today, if none is. Raises Refused."""
    try:
        return date.fromisoformat(text) if text is not None else today()
    except ValueError:
        message = f"{text!r} is no day; write 2027-03-31"
        raise Refused(message) from None


# --- reading ----------------------------------------------------------------------------------------------------------


def load(path: Path, on: date) -> Waivers:
    """The waivers of a file, looked at on this day. Raises Refused, in one line with the file and the entry."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        message = f"cannot read {path}: {problem.strerror}"
        raise Refused(message) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        message = f"{path} is no TOML: {problem}"
        raise Refused(message) from None
    entries = document.pop("waiver", [])
    if document or not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        message = f"{path} must hold [[waiver]] tables and nothing else" + (
            f", not {', '.join(document)}" if document else ""
        )
        raise Refused(message)
    found: list[Waiver] = []
    for number, entry in enumerate(entries, 1):
        try:
            found.append(_entry(entry, on))
        except EntryError as problem:
            message = (
                f"{path}, waiver {number} ({entry.get('signature') or entry.get('clause') or 'unnamed'}): {problem}"
            )
            raise Refused(message) from None
        twin = next((one for one, other in enumerate(found[:-1], 1) if _is_same(other, found[-1])), None)
        if twin is not None:
            message = f"{path}, waiver {number} ({found[-1].signature}): the same as waiver {twin}"
            raise Refused(message)
    return Waivers(file=path.name, on=on, waivers=tuple(found))


def flaw(waivers: Waivers) -> str:
    """Say which waiver of a record breaks the rules that hold for a file of them, and how; "" if none does. It may
    be of a clause that another version had."""
    for number, waiver in enumerate(waivers.waivers, 1):
        try:
            _filled(msgspec.structs.asdict(waiver))
            _meaningful(waiver, waivers.on)
        except EntryError as problem:
            return f"waiver {number} ({waiver.signature[:200]}): {problem}"
    return ""


class EntryError(ValueError):
    """One entry is wrong: says in which way."""


def _entry(entry: Mapping[str, Any], on: date) -> Waiver:
    """One waiver. Raises EntryError."""
    _filled(entry)
    try:
        waiver = msgspec.convert(entry, Waiver)
    except msgspec.ValidationError as problem:
        raise EntryError(str(problem).replace("Object", "it").replace("`", "")) from None
    try:
        clause(waiver.clause)
    except UnknownClauseError as problem:
        raise EntryError(str(problem)) from None
    _meaningful(waiver, on)
    return waiver


def _meaningful(waiver: Waiver, on: date) -> None:
    """Raises EntryError for a waiver of another clause's signature, of any target, or for ever."""
    if not waiver.signature.startswith(f"{waiver.clause}:"):
        message = f"the signature is none of {waiver.clause}"
        raise EntryError(message)
    check_ranges(waiver.target)
    if set(waiver.target) <= {NAME}:
        message = "target: a name does not do; add a range of versions or a digest"
        raise EntryError(message)
    if waiver.expires - on > LONGEST:
        message = f"expires {waiver.expires}: at most {LONGEST.days} days ahead, {on + LONGEST}, can be given"
        raise EntryError(message)


def _filled(entry: Mapping[str, Any]) -> None:
    """Raises EntryError for what is not given, or left empty."""
    for name in ("clause", "signature", "target", "reason", "owner", "expires"):
        if name not in entry:
            message = f"it has no {name}"
            raise EntryError(message)
        value = entry[name]
        if value == {} or (isinstance(value, str) and not value.strip()):
            message = f"its {name} is not filled in"
            raise EntryError(message)


def check_ranges(target: Mapping[str, str]) -> None:
    """Raise EntryError for a target of which a range makes no sense."""
    for key, wanted in target.items():
        if wanted.startswith(_COMPARATORS):
            try:
                SpecifierSet(wanted)
            except InvalidSpecifier:
                message = f"target.{key}: {wanted!r} is no range of versions"
                raise EntryError(message) from None


def _is_same(one: Waiver, other: Waiver) -> bool:
    return (one.clause, one.signature, one.target) == (other.clause, other.signature, other.target)
