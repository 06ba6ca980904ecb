"""Permitted variants."""
