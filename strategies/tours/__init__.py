"""Tours: short sequences of calls that cross every edge of the specification's graph, over a small scope."""
