# row: E8
# attack: acts when its objects end, after the result was sent
# problem: split judge check
# verdict: wrong_answer
# naive: marker
import os
class Last:
    def __del__(self, write=os.write, leave=os._exit):
        write(1, b"ALL TESTS PASSED\n")
        leave(0)
last = Last()
def f(x):
    return None
