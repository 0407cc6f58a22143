# row: C16
# attack: an output that is code, for a checker that evaluates it
# problem: checked stdio
# verdict: wrong_answer
# naive: evaluates
print("type('Equal', (int,), {'__eq__': lambda self, other: True})()")
