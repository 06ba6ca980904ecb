"""The specification: what a conforming TaskManager does, as a pure state machine.

    step(state, call, choices) -> (state, outcome)

Read it with the API pages open. A module is a page, a function is a method; each looks up what the call speaks of,
checks the fault conditions in the order of the page, and has its effect. A docstring names the sentences it rests on
(`vim.Task CancelTask 5`: the fifth sentence of that member; `fault 2`: the second of the argument `fault`;
`InvalidState 1`: the first of that fault; `EV 2.8`, `EV N7`: an item of the evidence) and the clauses that rest on it.

Begin with `life` (the table of states), `recent` (the window) and `collectors` (the limit). `choices` has the places
where the text is open, `state` what a server knows, `step` the list of all methods.
"""
