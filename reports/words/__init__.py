"""Words of a plan, for people: one line a step."""
