"""Checks of a script: for each demand the statements that set `observed` and `shows`."""
