"""The specification: what a conforming TaskManager does, as a pure state machine.

    step(state, call, choices) -> (state, outcome)

Read it with the API pages open. A module is a page or a part of one, a public method of the API is a function, and
other functions say what several methods have in common. A method looks up what the call speaks of, checks the fault
conditions, and has its effect. A docstring says "by default" where the text is open and `Choices` decides. It names the
sentences it rests on (`vim.Task CancelTask 5`: the fifth sentence of that member; `fault 2`: the second of the argument
`fault`; `InvalidState 1`: the first of that fault; `EV 2.8`, `EV N7`: an item of `model/clauses/evidence.toml`) and the
clauses (`model/clauses/registry.toml`) that rest on it. Sentences are counted as in `model/clauses/reference.toml`:
items of a list count, with the words before the colon. What is newer than the pages counted there says so.

Begin with `life` (the table of states), `recent` (the window) and `collectors` (the limit). `choices` has the places
where the text is open, `state` what a server knows, `step` the list of all methods.
"""
