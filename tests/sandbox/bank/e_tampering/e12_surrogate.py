# row: E12
# attack: a lone surrogate in the source
# problem: split judge stdio
# verdict: compile_error
# expand
x = "<<<chr(0xd800)>>>"
