"""Qualification: does the suite bite, and does it leave alone what is right? Seeded faults and permitted variants, run
in process; what comes out is a document from which anyone can tell both.
"""
