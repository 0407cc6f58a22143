# row: C5
# attack: a value of pandas that is none, in a box without pandas
# problem: judge allclose
# verdict: runtime_error wrong_answer
import sys
codec = sys.modules["sandbox.protocol.codec"]
def table(self, value, kind, depth):
    return {"library": ["DataFrame", {"handle": 0, "type": "f"}, ["x"], [["object", [1]]], {}]}
class A:
    pass
def f(*x):
    codec.Encoder.derived = table
    return A()
