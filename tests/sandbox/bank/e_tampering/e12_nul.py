# row: E12
# attack: a NUL in the source
# problem: split judge stdio
# verdict: compile_error
# expand
x = "<<<chr(0)>>>"
