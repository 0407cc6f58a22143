# row: C15
# attack: a value nested beyond every stack, forged and real
# problem: split judge check
# verdict: wrong_answer runtime_error
import os
def f(x):
    value = []
    for _ in range(100_000):
        value = [value]
    return value
