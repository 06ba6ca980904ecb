"""Qualification: does the suite bite, and does it leave alone what is right? Mutants and conforming variants, run
in process; what comes out is a document from which anyone can tell both.
"""
