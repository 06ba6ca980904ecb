"""The fault space: operators times parameters times places in the specification. Nobody writes these mutants down."""
