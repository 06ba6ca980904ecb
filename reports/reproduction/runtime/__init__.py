"""Functions that standalone scripts hold: real code, of which `inline` copies what one script calls.

A module here imports the standard library, pyVmomi and its siblings, nothing else. Names are unique in the package.
"""
