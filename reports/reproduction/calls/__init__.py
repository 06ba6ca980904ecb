"""Calls of a plan, as expressions of a script."""
