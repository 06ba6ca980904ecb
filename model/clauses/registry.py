"""The clauses: the documented statements that a target is held to, one id, one place, one text each.

The law of this file: everything about a clause that is not behaviour stands in `registry.toml`, and is read here once.
The specification and the oracle name a clause by its id; its text, its sources and its scope are nowhere but in the
registry.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from importlib.resources import files
from itertools import zip_longest
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from taskconform.model.vocabulary.declaration import CAPABILITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from taskconform.model.vocabulary.declaration import Declaration

Level = Literal["M", "S", "Q"]
"""M must; S should; Q open: the text is silent, or contradicts itself or a recording."""
Profile = Literal["both", "vcenter", "esxi"]
"""The products a clause holds for, by AboutInfo.apiType."""


# --- what a clause is -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a statement stands: a page of the API reference, or an item of the evidence (`EV 2.22`, `EV N1`).

    `at` locates it on the page: an attribute or a method. `how` is empty where the page says so in words, else
    `silent`, `implied`, `ambiguous` or `contradictory`.
    """

    page: str
    at: str = ""
    how: str = ""

    def __str__(self) -> str:
        """One line: `vim.TaskManager recentTask (silent)`."""
        return " ".join(part for part in (self.page, self.at, self.how and f"({self.how})") if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An interpretation: one way to understand an open clause. `id` is unique within the clause."""

    id: str
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One documented statement, cut so small that it can hold or fail on its own.

    `since` is the first API version it holds for, `until` the first it holds for no more (empty: none). `needs` are
    capabilities the target has to declare, `declares` is `other-limits` where it has to declare limits other than the
    defaults. `live_when` is the situation in which a check can tell right from wrong, as words that follow "needs".
    `condition` names the interpretation of another clause under which the level holds. `readings` are two or more
    interpretations of an open clause; other clauses have none. `unkilled` says why no mutant need be found by it;
    empty: one has to be.
    """

    id: str
    area: str
    level: Level
    title: str
    statement: str
    source: tuple[Source, ...]
    since: str
    live_when: str
    profile: Profile = "both"
    until: str = ""
    needs: tuple[str, ...] = ()
    declares: Literal["", "other-limits"] = ""
    condition: str = ""
    readings: tuple[Reading, ...] = ()
    unkilled: str = ""


class UnknownClauseError(KeyError):
    """No clause has this id. The message names the ids that come near."""

    def __str__(self) -> str:
        """Return the message as it is: KeyError would put it in quotes."""
        return str(self.args[0])


# --- the registry -----------------------------------------------------------------------------------------------------


def _clause(row: dict[str, Any]) -> Clause:
    """Make the clause that a table of the registry describes. Raises TypeError for a key that no clause has."""
    parts = {
        "source": tuple(Source(**source) for source in row["source"]),
        "needs": tuple(row.get("needs", ())),
        "readings": tuple(Reading(**reading) for reading in row.get("readings", ())),
    }
    return Clause(**(row | parts))


def _load() -> tuple[Mapping[str, str], Mapping[str, Clause]]:
    """Read the areas and the clauses of the registry that ships with the package, in its order."""
    text = files("taskconform.model.clauses").joinpath("registry.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    areas = {area["id"]: area["title"] for area in document["area"]}
    clauses = {row["id"]: _clause(row) for row in document["clause"]}
    if len(clauses) != len(document["clause"]):
        message = "registry.toml: an id stands twice"
        raise ValueError(message)
    return MappingProxyType(areas), MappingProxyType(clauses)


AREAS, CLAUSES = _load()
"""The areas (id to title), and every clause by its id, both in the registry's order."""


# --- finding ----------------------------------------------------------------------------------------------------------


def clause(clause_id: str) -> Clause:
    """Return the clause with this id. Raises UnknownClauseError, a KeyError, which names near misses."""
    if clause_id in CLAUSES:
        return CLAUSES[clause_id]
    near = get_close_matches(clause_id, CLAUSES, n=3)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    message = f"no clause {clause_id!r}{hint}"
    raise UnknownClauseError(message)


def matching(glob: str) -> tuple[Clause, ...]:
    """Return the clauses whose id matches the glob, or one of several separated by commas, in the registry's order;
    without those that match one that begins with `!`. Where all begin so, all others are returned.

    Globs are as in the shell (`recent.*`, `*.privilege`) and case counts. Empty when nothing matches: it is for the
    caller to treat that as an error.
    """
    globs = [part.strip() for part in glob.split(",")]
    excluded = [part[1:].strip() for part in globs if part.startswith("!")]
    included = [part for part in globs if not part.startswith("!")] or ["*"]
    return tuple(
        found
        for found in CLAUSES.values()
        if any(fnmatchcase(found.id, part) for part in included)
        and not any(fnmatchcase(found.id, part) for part in excluded)
    )


def registry_digest(clauses: Iterable[Clause] = tuple(CLAUSES.values())) -> str:
    """`sha256:` and the digest of all that the clauses say: equal digests, equal registries. Order does not count, and
    neither does `unkilled`, which is about our mutants, not about a target."""
    rows = sorted((asdict(each) for each in clauses), key=lambda row: str(row["id"]))
    for row in rows:
        del row["unkilled"]
    content = json.dumps(rows, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"


# --- scope ------------------------------------------------------------------------------------------------------------


def is_before(version: tuple[int, ...], text: str) -> bool:
    """Tell whether an API version is older than the one in `text`. Missing places are 0: 4 is not before 4.0."""
    other = (int(part) for part in text.split("."))
    pairs = list(zip_longest(version, other, fillvalue=0))
    return [mine for mine, _ in pairs] < [theirs for _, theirs in pairs]


def _version_reason(clause: Clause, declaration: Declaration) -> str | None:
    """Say why the target's API version puts the clause out of scope; None if it does not."""
    shown = declaration.about.api_version or "unknown"
    if is_before(declaration.api_version, clause.since):
        return f"holds since API {clause.since}; the target's API version is {shown}"
    if clause.until and not is_before(declaration.api_version, clause.until):
        return f"holds before API {clause.until} only; the target's API version is {shown}"
    return None


def _profile_reason(clause: Clause, declaration: Declaration) -> str | None:
    """Say why the target's product puts the clause out of scope; None if it does not."""
    if clause.profile == "vcenter" and not declaration.is_vcenter:
        return f"holds for vCenter only; the target's apiType is {declaration.about.api_type}"
    if clause.profile == "esxi" and declaration.about.api_type != "HostAgent":
        return f"holds for ESXi only; the target's apiType is {declaration.about.api_type}"
    return None


def _limits_reason(clause: Clause, declaration: Declaration) -> str | None:
    """Say why the limits in force put the clause out of scope; None if they do not."""
    if clause.declares == "other-limits" and declaration.has_default_limits:
        return "the target declares no limits other than the defaults, 10 minutes and 200 tasks"
    return None


def _missing(need: str, declaration: Declaration) -> str:
    """Name a capability that is not declared, with the target's reason if it gave one."""
    why = declaration.undeclared.get(need)
    return f"{need} ({CAPABILITIES[need]}){f': {why}' if why else ''}"


def in_scope(clause: Clause, declaration: Declaration) -> str | None:
    """Say why the clause is not applicable to the target that declares this; None if it is applicable.

    The order is: API version, product, limits in force, capabilities (all that are missing are named).
    """
    reason = (
        _version_reason(clause, declaration)
        or _profile_reason(clause, declaration)
        or _limits_reason(clause, declaration)
    )
    if reason is not None:
        return reason
    missing = [need for need in clause.needs if need not in declaration.capabilities]
    if missing:
        return "not declared by the target: " + "; ".join(_missing(need, declaration) for need in missing)
    return None
