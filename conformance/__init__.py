"""What runs: the adapters, the engine, the command line."""
