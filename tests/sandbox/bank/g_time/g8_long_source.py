# row: G8
# attack: megabytes of source
# problem: split
# verdict: time_limit compile_error memory_limit runtime_error
# expand
x = (<<<"f(1, [2, 3], {4: 5}), " * 400_000>>>)
