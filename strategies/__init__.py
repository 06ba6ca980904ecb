"""What to call next: Hypothesis state machines that draw plans."""
