"""Write `kill-matrix.md`, beside this file, from what `taskconform qualify` came to.

python docs/generate_kill_matrix.py [DIR]     DIR/qualify.json becomes kill-matrix.json and kill-matrix.md
python docs/generate_kill_matrix.py           kill-matrix.md anew, from kill-matrix.json
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from taskconform.conformance.qualification.document import decode
from taskconform.conformance.qualification.matrix import page

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE: Final = Path(__file__).parent
RESULTS: Final = HERE / "kill-matrix.json"
DOCUMENT: Final = HERE / "kill-matrix.md"
REASONS: Final = HERE / "kill-matrix-survivors.toml"
"""Why a fault survives, by its id: found out by hand."""


def reasons() -> dict[str, str]:
    """Why faults survive, by their ids."""
    return {fault: str(why) for fault, why in tomllib.loads(REASONS.read_text(encoding="utf-8")).items()}


def document() -> str:
    """The page, from the results that are kept."""
    return page(decode(RESULTS.read_bytes()), reasons())


def main(words: Sequence[str]) -> None:
    """Take over results, if a folder is named, and write the page."""
    if words:
        RESULTS.write_bytes((Path(words[0]) / "qualify.json").read_bytes())
    DOCUMENT.write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
