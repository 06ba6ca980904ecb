"""Recordings that others made: SOAP exchanges in HTTP archives and cassettes, and single documents of real servers."""
