"""Seeded faults: simulators that are right in all but one thing. A module an area, each with a table `FAULTS`, by id.

The lists in `frozen/` say of each what is wrong with it and which clauses rightly name it. They were written down
before the suite was run on any of it, and are never changed to fit what is found.
"""
