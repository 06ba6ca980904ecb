"""Held-out faults: written from the API pages and the specification alone, by someone who had not seen the suite.

Each list was frozen by its digest in a commit before the suite was run on it, and is never changed, nor looked at when
something is mended. `registry` reads them. How many are found says what the list of named mutants cannot.
"""
