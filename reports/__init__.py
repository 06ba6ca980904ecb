"""What is written from a finished run: the report document, and what is drawn from it for people."""
