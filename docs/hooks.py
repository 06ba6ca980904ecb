"""What the site's build adds to the pages: the clause reference, the commands, the capabilities, the findings, the
matrix.

Nothing of this is kept in a file, so that it cannot differ from what the program does; of the matrix, what the runs
said is (`matrix.json`, by `generate_matrix.py`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from mkdocs.structure.files import File

from taskconform.conformance.cli.clauses import as_markdown
from taskconform.conformance.cli.command import app
from taskconform.model.vocabulary.declaration import CAPABILITIES
from taskconform.reports.render.matrix import decode
from taskconform.reports.render.matrix_page import matrix_page
from taskconform.reports.wording import LABELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

    from taskconform.reports.render.matrix import Matrix

FINDINGS = "Findings"
OVERVIEW = "findings/index.md"


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
    """What the runs said."""
    return decode((Path(config.docs_dir) / "matrix.json").read_bytes())


def _findings(config: MkDocsConfig) -> Iterator[str]:
    """The page above the findings: which release of vcsim departs from which clause, those in which they differ first.
    From the matrix; a page of findings may be of a run with another plan."""
    matrix = _matrix(config)
    folder = Path(config.docs_dir) / "findings"
    pages = {_release(page): page.name for page in folder.glob("*.md")}
    columns = {
        index: column.name
        for index, column in enumerate(matrix.columns)
        if column.name.startswith("vcsim ") and column.flavour == "vCenter"
    }
    yield f"# {FINDINGS}\n"
    yield "What the suite found in releases of govmomi's simulator, as a vCenter. Each release that has a"
    yield "page stands there with every failed clause, its sentence, its shortest trace, and the raw exchange.\n"
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
    """The page of commands: each as its own help tells it."""
    yield "# Commands\n\nWhat `taskconform COMMAND --help` says.\n"
    group: Any = typer.main.get_command(app)
    for name, command in group.commands.items():
        usage = " ".join(command.collect_usage_pieces(command.make_context(name, [], resilient_parsing=True)))
        yield f"## {name}\n\n    taskconform {name} {usage}\n\n{command.help}\n"
        yield from (_parameter(each) for each in command.params if getattr(each, "help", None))
        yield ""


def _parameter(parameter: Any) -> str:
    """One argument or option: a line of a list."""
    words = (
        ", ".join(parameter.opts)
        if parameter.param_type_name == "option"
        else (parameter.metavar or parameter.name).upper()
    )
    default = "" if parameter.default in (None, False) or parameter.required else f" Default: `{parameter.default}`."
    return f"- `{words}`: {parameter.help}{default}"
