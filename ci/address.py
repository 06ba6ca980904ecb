"""Tell a build where the repository is: `python ci/address.py https://host/owner/taskconform v1.2.3`.

Writes `[project.urls]` into pyproject.toml, and makes the links of README.md absolute, to that tag: on an index of
packages relative ones lead nowhere. Changes the tree that it stands in; a release does it before it builds.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
_LINK: Final = re.compile(r"(\]\()(?!https?://|#|mailto:)([^)\s]+)(\))")
_USAGE: Final = "python ci/address.py https://host/owner/name REF"


def absolute(text: str, url: str, ref: str) -> str:
    """Return Markdown whose relative links lead to files of the repository at a tag or branch."""
    return _LINK.sub(lambda found: f"{found[1]}{url}/blob/{ref}/{found[2].removeprefix('./')}{found[3]}", text)


def urls(url: str, ref: str) -> str:
    """Return the table of addresses."""
    places = {
        "Repository": url,
        "Issues": f"{url}/issues",
        "Changelog": f"{url}/blob/{ref}/CHANGELOG.md",
        "Documentation": f"{url}/tree/{ref}/docs",
    }
    return "[project.urls]\n" + "".join(f'{name} = "{place}"\n' for name, place in places.items())


def main(words: list[str]) -> int:
    """Write both files; gives the exit code."""
    if (
        len(words) != 2
        or not re.fullmatch(r"https://[\w.:-]+/[\w./-]+", words[0])
        or not re.fullmatch(r"[\w./-]+", words[1])
    ):
        sys.stderr.write(f"{_USAGE}\n")
        return 3
    url, ref = words[0].rstrip("/"), words[1]
    project, readme = ROOT / "pyproject.toml", ROOT / "README.md"
    text = project.read_text(encoding="utf-8")
    if "[project.urls]" in text:
        sys.stderr.write("pyproject.toml has addresses already\n")
        return 3
    project.write_text(
        text.replace("[project.scripts]\n", f"{urls(url, ref)}\n[project.scripts]\n", 1), encoding="utf-8"
    )
    readme.write_text(absolute(readme.read_text(encoding="utf-8"), url, ref), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
