"""Plan, execute, shrink, confirm."""
