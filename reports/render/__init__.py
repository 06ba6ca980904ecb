"""Forms in which a finished run is shown."""
