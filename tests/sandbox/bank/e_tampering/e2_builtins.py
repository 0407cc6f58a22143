# row: E2
# attack: replaces len, isinstance, type, exec, compile and the errors
# problem: split judge check unittest pytest
# verdict: wrong_answer runtime_error
# naive: assert
import builtins
class Meta(type):
    def __instancecheck__(cls, value):
        return True
builtins.exec = builtins.compile = builtins.eval = lambda *a, **k: None
builtins.len = lambda value: 2
builtins.isinstance = builtins.all = lambda *a: True
builtins.AssertionError = None
class E:
    def __eq__(self, other):
        return True
def f(x):
    return E()
