"""The annotated reference: the sentences of the API pages, in `reference.toml`, and where the specification cites them.

The law of this file: a sentence has one name, its citation, `vim.Task SetTaskState fault 2`. The registry, the
specification and the pages of the documentation all go by it.
"""

from __future__ import annotations

import ast
import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from taskconform.model.clauses.evidence import cited
from taskconform.model.clauses.registry import CLAUSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from importlib.resources.abc import Traversable

Kind = Literal["introduction", "description", "argument", "fault", "returns", "privilege"]
"""The part of a member that a sentence belongs to; the page's own text is its introduction."""

URL: Final = "https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/{name}.html"
"""The public address of a page, by the name of its type."""

WHY: Final = ("introduction", "not testable: ", "other subject: ", "said elsewhere: ", "no clause: ")
"""How the reasons begin for which no clause rests on a sentence."""

_PLACE: Final = re.compile(r"(?:(?P<member>\w+) )?(?:(?P<part>\w+) )?(?P<number>\d+|privilege)")
_NUMBER: Final = r"(?:\d+(?:-\d+)?(?!\.?\d)|privilege)"
_CITATION: Final = re.compile(
    rf"\b((?:vim|vmodl)(?:\.\w+)+)((?: (?!privilege)[A-Za-z]\w*){{0,2}}) ({_NUMBER})"
    rf"((?:; (?!EV )[A-Za-z]\w*(?: (?!privilege)[A-Za-z]\w*)? {_NUMBER})*)"
)
_FURTHER: Final = re.compile(rf"; ([A-Za-z]\w*(?: (?!privilege)[A-Za-z]\w*)?) ({_NUMBER})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence of an API page. `says` is our paraphrase; `why` says why no clause rests on it, if none does.

    `at` is the place on the page, `SetTaskState fault 2`; `evidence` are ids of items that bear on the sentence.
    """

    page: str
    at: str
    says: str
    clauses: tuple[str, ...] = ()
    why: str = ""
    evidence: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the citation: `vim.TaskManager recentTask 4`."""
        return f"{self.page} {self.at}"

    @property
    def member(self) -> str:
        """The attribute, value or method that the sentence is about; empty in the introduction."""
        return self._places()[0]

    @property
    def part(self) -> str:
        """The argument or fault of the method, or `returns`; else empty."""
        return self._places()[1]

    @property
    def number(self) -> int:
        """The number of the sentence within its part, from 1; 0 for a privilege."""
        return self._places()[2]

    @property
    def kind(self) -> Kind:
        """The part of the member that the sentence belongs to."""
        member, part, number = self._places()
        if not number:
            return "privilege"
        if part:
            return "returns" if part == "returns" else "fault" if part[0].isupper() else "argument"
        return "description" if member else "introduction"

    def _places(self) -> tuple[str, str, int]:
        """Take `at` apart: member, part, number."""
        found = _PLACE.fullmatch(self.at)
        if found is None:
            message = f"{self}: not the form of a place"
            raise ValueError(message)
        number = found["number"]
        return found["member"] or "", found["part"] or "", 0 if number == "privilege" else int(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An API page: its sentences in order, and the members that are not gone through, each with the reason."""

    name: str
    chapter: str
    sentences: tuple[Sentence, ...]
    others: Mapping[str, str]

    @property
    def url(self) -> str:
        """The public address of the page."""
        return URL.format(name=self.name)


def _page(row: dict[str, Any]) -> Page:
    """Make the page that a table of the file describes."""
    sentences = (
        Sentence(
            page=row["name"],
            at=each["at"],
            says=each["says"],
            clauses=tuple(each.get("clauses", ())),
            why=each.get("why", ""),
            evidence=tuple(cited(each.get("evidence", ""))),
        )
        for each in row["rows"]
    )
    others = {name: each["why"] for each in row.get("others", ()) for name in each["names"]}
    return Page(name=row["name"], chapter=row["chapter"], sentences=tuple(sentences), others=MappingProxyType(others))


def _load() -> Mapping[str, Page]:
    """Read the pages that ship with the package, in the file's order."""
    text = files("taskconform.model.clauses").joinpath("reference.toml").read_text(encoding="utf-8")
    return MappingProxyType({row["name"]: _page(row) for row in tomllib.loads(text)["page"]})


PAGES: Final = _load()
"""Every page by the name of its type."""

SENTENCES: Final = MappingProxyType({str(each): each for page in PAGES.values() for each in page.sentences})
"""Every sentence by its citation."""


def unplaced(page: Page) -> dict[str, list[str]]:
    """Return the clauses whose source is a member of the page, and which no sentence of it names, by the member."""
    found: dict[str, list[str]] = {}
    for clause in CLAUSES.values():
        for source in clause.source:
            here = [each for each in page.sentences if source.at in {"", each.member}]
            if source.page == page.name and not any(clause.id in each.clauses for each in here):
                found.setdefault(source.at, []).append(clause.id)
    return found


# --- citations --------------------------------------------------------------------------------------------------------


def citations(text: str) -> list[str]:
    """Return the sentences that a text cites: `vim.Task SetTaskState fault 1-2; InvalidState 1` cites three.

    After a semicolon the page is the same, and so is the member if that makes a sentence of ours.
    """
    found = []
    for page, places, numbers, further in _CITATION.findall(" ".join(text.split())):
        found += _spread(page, places.strip(), numbers)
        member = places.split()[0] if places else ""
        for place, more in _FURTHER.findall(further):
            inside = _spread(page, f"{member} {place}", more)
            found += inside if member and inside[0] in SENTENCES else _spread(page, place, more)
    return found


def _spread(page: str, place: str, numbers: str) -> list[str]:
    """Write one citation for each number of a range."""
    first, _, last = numbers.partition("-")
    each = range(int(first), int(last or first) + 1) if first.isdigit() else (first,)
    return [" ".join(part for part in (page, place, str(number)) if part) for number in each]


def citing(folder: Traversable) -> dict[str, list[str]]:
    """Return the functions and classes of a folder of Python files that cite each sentence: `recent.recent_tasks`.

    Functions and classes in the body of a module count. Without such a folder nothing is cited.
    """
    found: dict[str, list[str]] = {}
    for name, text in _docstrings(folder):
        for one in citations(text):
            found.setdefault(one, []).append(name)
    return found


def _docstrings(folder: Traversable) -> Iterator[tuple[str, str]]:
    """Yield the functions and classes of a folder that have a docstring, with it."""
    if not folder.is_dir():
        return
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.endswith(".py"):
            module = file.name.removesuffix(".py")
            for node in ast.parse(file.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    yield f"{module}.{node.name}", ast.get_docstring(node) or ""
