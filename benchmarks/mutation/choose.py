"""Of all mutants that cosmic-ray has prepared, keep those of fault conditions and of boundaries.

    cosmic-ray init benchmarks/mutation/cosmic-ray.toml mutants.sqlite
    python benchmarks/mutation/choose.py mutants.sqlite
    cosmic-ray exec benchmarks/mutation/cosmic-ray.toml mutants.sqlite
    cr-report mutants.sqlite --surviving-only --show-diff

Fault conditions are the functions marked `@refusal`: there every connective, comparison, negation, truth value and
number. Boundaries are the comparisons by order, wherever they stand in `model/`: each with and without its bound.
"""

from __future__ import annotations

import ast
import sqlite3
import sys
from pathlib import Path

CONNECTIVES = ("AddNot", "ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceUnaryOperator_Delete_Not", "NumberReplacer")
TRUTHS = ("ReplaceTrueWithFalse", "ReplaceFalseWithTrue")
COMPARISONS = ("Eq_NotEq", "NotEq_Eq", "Lt_GtE", "LtE_Gt", "Gt_LtE", "GtE_Lt", "Is_IsNot", "IsNot_Is")
BOUNDS = frozenset(f"core/ReplaceComparisonOperator_{one}" for one in ("Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt"))
CONDITIONS = BOUNDS | {
    *(f"core/{one}" for one in (*CONNECTIVES, *TRUTHS)),
    *(f"core/ReplaceComparisonOperator_{one}" for one in COMPARISONS),
}


def fault_conditions(module: Path) -> list[range]:
    """The lines of the functions of a module that are marked `@refusal`, without what documents them."""
    found = []
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        marks = {
            mark.func.id for mark in node.decorator_list if isinstance(mark, ast.Call) and hasattr(mark.func, "id")
        }
        if "refusal" in marks:
            found.append(range(node.body[1].lineno if len(node.body) > 1 else node.lineno, (node.end_lineno or 0) + 1))
    return found


def main() -> None:
    """Throw the others out of the session, and say how many are left."""
    session = sqlite3.connect(sys.argv[1])
    mutants = session.execute("select job_id, module_path, operator_name, start_pos_row from mutation_specs").fetchall()
    conditions = {path: fault_conditions(Path(path)) for path in {mutant[1] for mutant in mutants}}
    others = [
        (job,)
        for job, path, operator, line in mutants
        if not (operator in BOUNDS or (operator in CONDITIONS and any(line in one for one in conditions[path])))
    ]
    for table in ("mutation_specs", "work_items"):
        session.executemany(f"delete from {table} where job_id = ?", others)  # noqa: S608  # two names of our own
    session.commit()
    print(f"{len(mutants) - len(others)} of {len(mutants)} mutants are of fault conditions and boundaries")


if __name__ == "__main__":
    main()
