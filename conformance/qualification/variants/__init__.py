"""Conforming variants: servers that behave otherwise than the built-in one only where the pages allow it.

On none of them may the suite find anything: an alarm is a bug of the suite.
"""
