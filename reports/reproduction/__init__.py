"""Standalone scripts that show a divergence."""
