"""Verdicts from findings: judge, decide, gate, waive."""
