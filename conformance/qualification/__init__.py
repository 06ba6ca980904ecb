"""Qualification."""
