# row: L5
# attack: none: classes, dataclasses, enums and pickling of its own
# problem: split judge
# verdict: accepted
import copy, enum, pickle
from dataclasses import dataclass
class Kind(enum.IntEnum):
    TWO = 2
@dataclass
class P:
    x: int
def f(x):
    p = copy.deepcopy(pickle.loads(pickle.dumps(P(x))))
    return [p.x, Kind.TWO * p.x]
