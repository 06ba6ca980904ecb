"""Conforming variants: servers that differ from the built-in one only where the pages allow it."""
