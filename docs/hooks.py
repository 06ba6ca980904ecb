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

from taskconform.conformance.clauses_view import as_markdown
from taskconform.conformance.command import app
from taskconform.model.declaration import CAPABILITIES
from taskconform.reports.matrix import decode
from taskconform.reports.matrix_page import matrix_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

    from taskconform.reports.matrix import Matrix

FINDINGS = "Findings"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fill the chapter of findings with the pages that there are."""
    folder = Path(config.docs_dir) / "findings"
    pages = sorted(f"findings/{page.name}" for page in folder.glob("*.md"))
    config.nav = [*(config.nav or ()), *([{FINDINGS: pages}] if pages else [])]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    files.append(File.generated(config, "clauses.md", content=as_markdown()))
    files.append(File.generated(config, "commands.md", content="\n".join(_commands())))
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
