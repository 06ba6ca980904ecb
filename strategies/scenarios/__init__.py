"""Drawn sequences that lead to a situation."""
