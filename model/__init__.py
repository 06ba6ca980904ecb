"""The reference model: pure, no I/O, no clock, no randomness. `expect.py` is where to start reading."""
