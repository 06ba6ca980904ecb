"""Reports of a finished run: the document, and the forms in which people read it."""
