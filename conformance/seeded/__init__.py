"""Seeded faults: simulators that are right in all but one thing, to see whether the suite names that thing."""
