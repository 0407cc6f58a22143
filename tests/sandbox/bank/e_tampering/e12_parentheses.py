# row: E12
# attack: a hundred thousand parentheses
# problem: split judge stdio
# verdict: compile_error
# expand
x = <<<"(" * 100_000>>><<<")" * 100_000>>>
