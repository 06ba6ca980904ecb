"""The schedule of a run: which worker does which job when. Jobs go to workers, test cases to a worker's lanes."""
