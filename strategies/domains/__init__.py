"""Argument domains."""
