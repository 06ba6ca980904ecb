"""The registry of clauses and the evidence beside it."""
