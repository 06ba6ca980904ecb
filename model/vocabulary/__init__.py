"""Calls, outcomes, plans and declarations: the words that specification and oracle share."""
