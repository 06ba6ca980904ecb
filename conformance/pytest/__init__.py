"""The pytest plugin and `run_conformance`."""
