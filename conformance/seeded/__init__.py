"""Seeded faults, by area: simulators that are right in all but the one thing that their frozen lists say."""
