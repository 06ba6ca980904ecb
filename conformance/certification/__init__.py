"""Certificates: made, signed, inspected."""
