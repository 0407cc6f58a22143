# row: C5
# attack: an object that numpy turns into whatever it likes
# problem: allclose
# verdict: runtime_error wrong_answer
import numpy as np
class A:
    def __array__(self, *a, **k):
        return np.zeros(2)
    @property
    def __array_interface__(self):
        return {"shape": (2,), "typestr": "<f8", "data": (id(self), False), "version": 3}
    def __array_ufunc__(self, *a, **k):
        return True
    def __array_function__(self, *a, **k):
        return True
def f(x):
    return A()
