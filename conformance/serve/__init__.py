"""The built-in simulator behind HTTP and SOAP: wire, sessions, property collector, dispatch."""
