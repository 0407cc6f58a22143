# row: C4
# attack: a metaclass that lies about names, bases and instances
# problem: split judge check unittest pytest
# verdict: wrong_answer runtime_error
# naive: assert
class M(type):
    __mro__ = property(lambda cls: (list, object))
    __name__ = property(lambda cls: 7)
    __module__ = property(lambda cls: "numpy")
    def __instancecheck__(cls, value):
        return True
class S(metaclass=M):
    def __eq__(self, other):
        return True
def f(x):
    return S()
