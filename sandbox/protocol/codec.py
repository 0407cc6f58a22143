"""Plain values as tagged JSON trees, both ways. No pickle, no repr, no code: a tree is data.

None, bool, short ints, floats, str and lists stand for themselves; everything else is an object with one
key, its tag: {"tuple": [...]}, {"dict": [[key, value], ...]}, {"int": "0x..."}, ... . Subclasses of plain
types are flattened to them, so a lying `__eq__` or `__class__` stays behind. What is not plain becomes
{"handle": id, "type": name} if the caller keeps such objects, else {"opaque": name}.

Between boxes the same object twice is one object (`sharing`), and numbers of numpy stay numpy's. The host, which looks
at plain values only, gets neither: there a value that holds itself is one that is nested too deep.

A value of many items comes in several messages: {"cut": [trees, number]} stands for a list of trees, and by its
number the trees that follow are asked for. There {"texts": "a~b"} stands for ["a", "b"], too, in a third of the time.

Trust never rests on `encode`, which runs beside the program: it rests on `decode`, which accepts a tree of
plain values or raises ValueError.
"""

from sandbox.protocol.decoding import decode_value, split_value
from sandbox.protocol.encoding import Encoder, encode_value
from sandbox.protocol.plain import (
    CLASSES,
    ITEMS_PER_MIB,
    MAX_DEPTH,
    MESSAGE_ITEMS,
    NAME,
    Array,
    Keep,
    Opaque,
    Rest,
)

__all__ = [
    "CLASSES",
    "ITEMS_PER_MIB",
    "MAX_DEPTH",
    "MESSAGE_ITEMS",
    "NAME",
    "Array",
    "Encoder",
    "Keep",
    "Opaque",
    "Rest",
    "decode_value",
    "encode_value",
    "split_value",
]
