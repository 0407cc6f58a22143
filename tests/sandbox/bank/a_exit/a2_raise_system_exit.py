# row: A2
# attack: the exception instead of the function, past patches of exit()
# problem: split judge check stdio unittest pytest
# verdict: runtime_error
# verdict stdio: wrong_answer
# naive: exit
raise SystemExit
