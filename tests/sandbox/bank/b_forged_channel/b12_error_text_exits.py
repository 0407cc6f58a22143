# row: B12
# attack: the text of an exception exits
# problem: split judge check
# verdict: runtime_error
# naive: exit
import os
class E(Exception):
    def __str__(self):
        os._exit(0)
def f(x):
    raise E
