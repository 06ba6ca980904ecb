"""The timeline of a trace: a model of it, and its drawing."""
