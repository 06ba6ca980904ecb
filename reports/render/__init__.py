"""What a finished run is shown as."""
