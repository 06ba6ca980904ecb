"""From findings to verdicts: judge, decide, gate, waive."""
