# row: E12
# attack: prose
# problem: split judge stdio
# verdict: compile_error
Certainly! Here is the function you asked for.
