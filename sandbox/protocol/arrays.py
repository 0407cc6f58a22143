"""Arrays and scalars of numpy as trees: {"ndarray": [dtype, items]}, and where that is not enough a shape and a kind.

Dates are counts of their unit, records a column per field. Whoever makes an array out of a tree imports numpy; whoever
makes a tree of one does not need to.
"""

import re
from collections.abc import Callable
from typing import Any

KINDS = {"matrix": "matrix", "recarray": "recarray", "MaskedArray": ""}
"""Classes of arrays other than `ndarray`, and what they are called in a tree; "" for those that do not cross."""
SCALARS = ("datetime64", "timedelta64", "void", "record")
"""Scalars that no plain value stands for."""
DATE = re.compile(r"(datetime64|timedelta64)(\[[0-9]{0,9}(Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\])?")
RECORD = "record"
NAME, DIMENSIONS = 40, 32
FLOATS, COMPLEX = ("float16", "float32", "float64", "float128"), ("complex64", "complex128", "complex256")
INTEGERS = tuple(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
Numbers = Callable[[str, Any], Any]
"""Makes an array of numbers, booleans, texts or objects: (dtype, items)."""


def is_array(value: object) -> bool:
    """Whether it says that it is an array of numpy that crosses, without asking numpy."""
    kind = type(value)
    return _of_numpy(kind) and (kind.__name__ == "ndarray" or bool(KINDS.get(kind.__name__)))


def is_scalar(value: object) -> bool:
    """Whether it says that it is a scalar of numpy that needs a tree of its own."""
    return _of_numpy(type(value)) and type(value).__name__ in SCALARS


def _of_numpy(kind: type) -> bool:
    return str(kind.__module__).partition(".")[0] == "numpy"


def array_tree(value: Any, tree: Callable[[Any], Any]) -> dict[str, Any]:
    """`tree` makes the trees of the items."""
    if is_scalar(value):
        (dtype, items, *_) = array_tree(value.reshape(1), tree)["ndarray"]
        return {"ndarray": [dtype, items, [], "scalar"]}
    kind, names, shape = KINDS.get(type(value).__name__, ""), value.dtype.names, list(value.shape)
    rest = [shape, kind] if kind or names or not value.size else []
    plain = value.view(value.__class__.__mro__[-2]) if kind else value  # ndarray's own: a matrix has two dimensions
    if names:
        return {"ndarray": [RECORD, {"dict": [[str(name), tree(plain[name])] for name in names]}, *rest]}
    letter = value.dtype.kind
    if letter in "mM":
        return {"ndarray": [str(value.dtype), tree(plain.view("int64").tolist()), *rest]}
    if letter in "fc" and value.dtype.itemsize > (8 if letter == "f" else 16):
        plain = plain.astype("float64" if letter == "f" else "complex128")
    dtype = {"S": "bytes", "V": "void", "O": "object", "U": "str"}.get(letter) or value.dtype.newbyteorder("=").name
    return {"ndarray": [dtype, tree(plain.tolist()), *rest]}


def make_array(numbers: Numbers, dtype: str, items: Any, shape: list[int] | None = None, kind: str = "") -> Any:
    """The array that a tree stands for. Raises an exception of whatever class for what is none."""
    import numpy

    if shape is not None and (len(shape) > DIMENSIONS or not all(type(size) is int and size >= 0 for size in shape)):
        raise ValueError("no shape")
    if dtype == RECORD:
        array = _records(items, 1 if kind == "scalar" else len(shape or ()))
    elif DATE.fullmatch(dtype):
        array = numpy.array(items, "int64").view(dtype)
    elif dtype in ("bytes", "void"):
        array = numpy.array(items, "S" if dtype == "bytes" else f"V{max(map(len, _leaves(items)), default=1)}")
    else:
        array = numbers(dtype, items)
    array = array if shape is None else array.reshape(shape)
    if kind == "scalar":
        return array[()]
    return array.view({"": numpy.ndarray, "matrix": numpy.matrix, "recarray": numpy.recarray}[kind])


def _records(columns: dict[str, Any], dimensions: int) -> Any:
    """An array of so many dimensions; what a column has more belongs to each of its values."""
    import numpy

    first = next(iter(columns.values()))
    types = [(name, column.dtype, column.shape[dimensions:]) for name, column in columns.items()]
    array = numpy.empty(first.shape[:dimensions], types)
    for name, column in columns.items():
        array[name] = column
    return array


def _leaves(items: Any) -> list[bytes]:
    return [leaf for item in items for leaf in _leaves(item)] if isinstance(items, list) else [items]


def exact_numbers(dtype: str, items: Any) -> Any:
    """As it was where it came from."""
    import numpy

    return numpy.array(items, {"float128": "float64", "complex256": "complex128"}.get(dtype, dtype))


def widest_numbers(dtype: str, items: Any) -> Any:
    """In the widest type of its kind: were a program's type kept, 1e6 in float16 would equal infinity."""
    import numpy

    if dtype in FLOATS:
        return numpy.array(items, "float64")
    if dtype in INTEGERS:
        array = numpy.array(items, object)
        small = all(type(item) is int and abs(item) < 1 << 63 for item in array.flat)
        return array.astype("int64") if small else array
    if dtype in COMPLEX:
        return numpy.array(items, "complex128")
    if dtype in ("bool", "object", "str"):
        return numpy.array(items, dtype)
    raise ValueError("an array of no plain type")
