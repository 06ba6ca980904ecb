"""The oracle: judges an observed outcome, clause by clause."""
