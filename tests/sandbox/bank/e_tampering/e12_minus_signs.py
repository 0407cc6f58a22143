# row: E12
# attack: an expression too deep for the compiler
# problem: split
# verdict: compile_error memory_limit
# expand
x = <<<"-" * 100_000>>>1
