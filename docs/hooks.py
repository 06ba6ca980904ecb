"""Pages that the site's build adds: the clauses, the annotated reference, the evidence, the commands, the capabilities,
the findings, the matrix.

None of them is kept in a file, so that it cannot differ from what the program does. What the runs said is kept, for the
matrix: `matrix.json`, written by `generate_matrix.py`.
"""

from __future__ import annotations

import re
from collections import Counter
from importlib.resources import files as resources
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer
from mkdocs.structure.files import File

from taskconform.conformance.cli.clauses import as_markdown
from taskconform.conformance.cli.command import app
from taskconform.model.clauses.evidence import CHAPTERS, EVIDENCE, cited
from taskconform.model.clauses.reference import PAGES, SENTENCES, WHY, citing, unplaced
from taskconform.model.clauses.registry import CLAUSES
from taskconform.model.vocabulary.declaration import CAPABILITIES
from taskconform.reports.render.matrix import decode
from taskconform.reports.render.matrix_page import matrix_page
from taskconform.reports.wording import LABELS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

    from taskconform.model.clauses.reference import Page, Sentence
    from taskconform.reports.render.matrix import Matrix

FINDINGS = "Findings"
OVERVIEW = "findings/index.md"

SPECIFICATION: Final = resources("taskconform.model") / "spec"
LEVELS: Final = {"M": "must", "S": "should", "Q": "open"}
"""The levels of clauses, as the annotated reference has them."""

REFERENCE: Final = """\
# Annotated reference

Every sentence of the API pages that bears on TaskManager, and what this suite makes of it. Read it with the page open,
and object line by line: to the paraphrase, to a clause, to its level, to what the suite leaves untested.

- **The number** is how a sentence is cited here, in the specification and in issues: `vim.TaskManager recentTask 4` is
  the fourth sentence on recentTask. Sentences about an argument, a fault or the answer of a method are counted by
  themselves: `vim.Task SetTaskState fault 2`. Each number is a link to its row.
- **The sentence** is given in our words: the text itself is on the page, to which the heading of each type leads. The
  pages are those of vSphere API 5.5; what newer pages add is named at the end of each type. [Evidence](evidence.md)
  says how real servers understand the sentence, or contradict it.
- **The specification** is the reference model, `model/spec/`: the functions that cite the sentence.
- **The clauses** are what a server is judged by. *must*: the text says so, and a divergence fails. *should*: the text
  implies it. *open*: the text is silent or contradicts itself, several interpretations are accepted, and the one that
  a server chooses is recorded. Below a clause stand the simulators that [diverge](matrix.md) from it, as recorded.
- *Introduction*, *not testable*, *other subject*, *said elsewhere* and *no clause* say why nothing rests on a sentence.
  *No clause* means that it could be tested, and is not.
"""

EVIDENCE_PAGE: Final = """\
# Evidence

How real servers behave where the reference is silent, unclear or contradicted: public recordings, and statements by
people who maintain or use them. Nothing here was run against a live server. The pages, the clauses and the code cite
an item as `EV 2.22`.

*Confidence* is high (H) for recorded traffic or several independent reports, medium (M) for one report or a statement
by an engineer of the vendor, low (L) for indirect reports; conclusions and conflicts have none. vcsim is govmomi's
simulator: its comments are testimony, its behaviour is not evidence.
"""


def _release(page: Path) -> str:
    """`vcsim-0.56.0.md` as `vcsim v0.56.0`, the name of its column in the matrix."""
    return page.stem.replace("-", " v", 1)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fill the chapter of findings with the pages that there are."""
    folder = Path(config.docs_dir) / "findings"
    pages: list[Any] = [{_release(page): f"findings/{page.name}"} for page in sorted(folder.glob("*.md"), reverse=True)]
    chapter = next(part[FINDINGS] for part in config.nav or () if FINDINGS in part)
    chapter[:] = [*chapter, {"Releases of vcsim": OVERVIEW}, *pages]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    files.append(File.generated(config, "clauses.md", content=as_markdown()))
    files.append(File.generated(config, "reference.md", content="\n".join(_reference(_matrix(config)))))
    files.append(File.generated(config, "evidence.md", content="\n".join(_evidence())))
    files.append(File.generated(config, "commands.md", content="\n".join(_commands())))
    files.append(File.generated(config, OVERVIEW, content="\n".join(_findings(config))))
    files.append(File.generated(config, "matrix-of-clauses.html", content=matrix_page(_matrix(config))))
    return files


def on_page_markdown(markdown: str, config: MkDocsConfig, **_: object) -> str:
    """Put the table of capabilities, and that of the matrix's targets, where a page asks for it."""
    rows = "\n".join(f"| `{name}` | {promise} |" for name, promise in CAPABILITIES.items())
    markdown = markdown.replace("{{ capabilities }}", f"| capability | what declaring it promises |\n|---|---|\n{rows}")
    if "{{ targets }}" in markdown:
        rows = "\n".join(f"| {one.name} | {one.flavour} | {one.share} |" for one in _matrix(config).columns)
        markdown = markdown.replace("{{ targets }}", f"| target | flavour | clauses |\n|---|---|---|\n{rows}")
    return markdown


def _matrix(config: MkDocsConfig) -> Matrix:
    """Read what the runs said."""
    return decode((Path(config.docs_dir) / "matrix.json").read_bytes())


def _findings(config: MkDocsConfig) -> Iterator[str]:
    """Yield the page above the findings: the clauses that each release of vcsim diverges from, first those in which the
    releases differ. It is made from the matrix; a page of findings may be of a run with another plan."""
    matrix = _matrix(config)
    folder = Path(config.docs_dir) / "findings"
    pages = {_release(page): page.name for page in folder.glob("*.md")}
    columns = {
        index: column.name
        for index, column in enumerate(matrix.columns)
        if column.name.startswith("vcsim ") and column.flavour == "vCenter"
    }
    yield f"# {FINDINGS}\n"
    yield "Divergences that the suite found in releases of govmomi's simulator, as a vCenter. The page of a release has"
    yield "every failed clause, its sentence, its shortest trace, and the raw exchange.\n"
    heads = [f"[{name}]({pages[name]})" if name in pages else name for name in columns.values()]
    yield f"| clause | {' | '.join(heads)} |\n|{'---|' * (1 + len(columns))}"
    told = {}
    for row in matrix.rows:
        cells = [row.cells[index] for index in columns]
        if any(cell is not None and cell.verdict == "failed" for cell in cells):
            told[row.id] = [LABELS[cell.verdict] if cell is not None else "" for cell in cells]
    for clause, words in sorted(told.items(), key=lambda each: len(set(each[1])) == 1):
        yield f"| [`{clause}`](../clauses.md#{clause}) | {' | '.join(words)} |"


def _commands() -> Iterator[str]:
    """Yield the page of commands, each as its own help tells it."""
    yield "# Commands\n\nThe help of each command, as `taskconform COMMAND --help` shows it.\n"
    group: Any = typer.main.get_command(app)
    for name, command in group.commands.items():
        usage = " ".join(command.collect_usage_pieces(command.make_context(name, [], resilient_parsing=True)))
        yield f"## {name}\n\n    taskconform {name} {usage}\n\n{command.help}\n"
        yield from (_parameter(each) for each in command.params if getattr(each, "help", None))
        yield ""


def _parameter(parameter: Any) -> str:
    """Write one argument or option as a line of a list."""
    words = (
        ", ".join(parameter.opts)
        if parameter.param_type_name == "option"
        else (parameter.metavar or parameter.name).upper()
    )
    default = "" if parameter.default in (None, False) or parameter.required else f" Default: `{parameter.default}`."
    return f"- `{words}`: {parameter.help}{default}"


# --- the annotated reference ------------------------------------------------------------------------------------------


def _cell(text: str) -> str:
    """Keep Markdown from reading marks into plain text, in a table's cell or elsewhere."""
    return re.sub(r"([\\`*_\[\]|])", r"\\\1", text.replace("&", "&amp;").replace("<", "&lt;"))


def _anchor(name: str) -> str:
    """Make an anchor of a citation or of the name of a type."""
    return name.replace(" ", "-")


def _diverging(matrix: Matrix) -> dict[str, list[str]]:
    """Return the simulators that diverge from each clause, by the clause's id: as a vCenter, unless it says ESXi."""
    return {
        row.id: [
            column.name + (" (ESXi)" if column.flavour == "ESXi" else "")
            for column, cell in zip(matrix.columns, row.cells, strict=True)
            if cell is not None and cell.verdict == "failed"
        ]
        for row in matrix.rows
    }


def _items(ids: tuple[str, ...]) -> str:
    """Link to items of the evidence."""
    return ", ".join(f"[EV {one}](evidence.md#{one})" for one in ids)


def _reference(matrix: Matrix) -> Iterator[str]:
    """Yield the page of the annotated reference."""
    functions, diverging = citing(SPECIFICATION), _diverging(matrix)
    yield REFERENCE
    resting = sum(bool(each.clauses) for each in SENTENCES.values())
    yield f"{len(PAGES)} pages, {len(SENTENCES)} sentences. Clauses rest on {resting}. Of the others:\n"
    reasons = Counter(next(why for why in WHY if each.why.startswith(why)) for each in SENTENCES.values() if each.why)
    yield from (f"- *{why.rstrip(': ')}*: {reasons[why]}" for why in WHY)
    chapters = [(title, list(pages)) for title, pages in groupby(PAGES.values(), key=lambda page: page.chapter)]
    yield "\n| chapter | pages |\n|---|---|"
    for title, pages in chapters:
        yield f"| {title} | {', '.join(f'[{page.name}](#{_anchor(page.name)})' for page in pages)} |"
    for title, pages in chapters:
        yield f"\n## {title}\n"
        for page in pages:
            yield from _annotated(page, functions, diverging)


def _annotated(page: Page, functions: Mapping[str, list[str]], diverging: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield the section of an API page: a table for each member."""
    yield f'\n<a id="{_anchor(page.name)}"></a>\n\n### {page.name}\n\n[Page of the API]({page.url})\n'
    elsewhere = unplaced(page)
    for member, sentences in groupby(page.sentences, key=lambda each: each.member):
        yield f"\n#### {f'`{member}`' if member else 'Introduction'}\n"
        yield "| | the page says, in our words | specification | clauses |\n|---|---|---|---|"
        yield from (_row(each, functions.get(str(each), []), diverging) for each in sentences)
        if member in elsewhere:
            whole = "".join(f"<li>{_resting(one, diverging.get(one, []))}</li>" for one in elsewhere[member])
            yield f"| | (as a whole) | | <ul>{whole}</ul> |"
    for why, named in groupby(page.others, key=page.others.__getitem__):
        yield f"\nNot gone through: {', '.join(f'`{name}`' for name in named)} ({_cell(why)})."


def _row(sentence: Sentence, functions: list[str], diverging: Mapping[str, list[str]]) -> str:
    """Write the row of a sentence."""
    place, anchor = sentence.at.removeprefix(sentence.member).strip(), _anchor(str(sentence))
    says = _cell(sentence.says)
    if sentence.evidence:
        says += f"<br><small>Evidence: {_items(sentence.evidence)}</small>"
    specified = "<br>".join(f"`{name}`" for name in functions)
    resting = "".join(f"<li>{_resting(one, diverging.get(one, []))}</li>" for one in sentence.clauses)
    why = f"<ul>{resting}</ul>" if resting else f"*{_cell(sentence.why)}*"
    return f'| <a class="sentence" id="{anchor}" href="#{anchor}">{place}</a> | {says} | {specified} | {why} |'


def _resting(clause: str, targets: list[str]) -> str:
    """Write a clause that rests on a sentence, with the simulators that diverge from it."""
    one = CLAUSES[clause]
    text = f"[`{clause}`](clauses.md#{clause}) *{LEVELS[one.level]}*: {_cell(one.statement)}"
    return f"{text}<br>**Diverge:** {_cell(', '.join(targets))}" if targets else text


def _evidence() -> Iterator[str]:
    """Yield the page of the evidence, each item with the clauses and the sentences that it bears on."""
    yield EVIDENCE_PAGE
    for chapter, items in groupby(EVIDENCE.values(), key=lambda item: item.id[0]):
        yield f"\n## {CHAPTERS[chapter]}"
        for item in items:
            bears = [
                f"[`{clause.id}`](clauses.md#{clause.id})"
                for clause in CLAUSES.values()
                if any(item.id in cited(source.page) for source in clause.source)
            ]
            bears += [
                f"[{name}](reference.md#{_anchor(name)})"
                for name, each in SENTENCES.items()
                if item.id in each.evidence
            ]
            yield f'\n<a id="{item.id}"></a>\n\n### EV {item.id}\n\n{_cell(item.fact)}\n'
            yield f"- Source: {_cell(item.source)}"
            yield f"- Confidence: {item.confidence}"
            if bears:
                yield f"- Bears on: {', '.join(bears)}"
            if item.unused:
                yield f"- Cited nowhere: {_cell(item.unused)}"
