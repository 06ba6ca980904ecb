"""One table of calls, and the codecs that it and pyVmomi's type information drive."""
