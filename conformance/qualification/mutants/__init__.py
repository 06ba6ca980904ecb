"""Mutants: the specification with one bug in it. A module an area; what is wrong with each stands in `lists/`.

The lists were written down before the suite was run on any of it, and are never changed to fit what is found.
"""
