# row: E12
# attack: a constant that no compiler should compute
# problem: split stdio
# verdict: time_limit memory_limit runtime_error wrong_answer compile_error
x = 9 ** 9 ** 9
