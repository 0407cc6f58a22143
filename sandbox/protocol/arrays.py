"""Arrays and scalars of numpy as trees: {"ndarray": [dtype, items]}, and where that is not enough a shape and a kind.

Dates are counts of their unit, records a column per field. Whoever makes an array out of a tree imports numpy; whoever
makes a tree of one does not need to.
"""

import re
from collections.abc import Callable
from typing import Any

MASKED = "masked"
KINDS = {"matrix": "matrix", "recarray": "recarray", "MaskedArray": MASKED}
"""Classes of arrays other than `ndarray`, and what they are called in a tree."""
SCALARS = ("datetime64", "timedelta64", "void", "record")
"""Scalars that no plain value stands for."""
DATE = re.compile(r"(datetime64|timedelta64)(\[[0-9]{0,9}(Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\])?")
RECORD = "record"
NAME, DIMENSIONS = 40, 32
FLOATS, COMPLEX = ("float16", "float32", "float64", "float128"), ("complex64", "complex128", "complex256")
INTEGERS = tuple(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
NUMBER = re.compile(r"bool_?|u?int[0-9]+|float[0-9]+|complex[0-9]+|longdouble|clongdouble|u?longlong|u?intc")
WIDTH = re.compile(r"([US])[0-9]{1,9}")
Tree = Callable[[Any], Any]
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


def is_number(value: object) -> bool:
    """Whether it says that it is a scalar of numpy for which something plain might stand."""
    kind = type(value)
    return str(kind.__module__) == "numpy" and NUMBER.fullmatch(str(kind.__name__)) is not None


def number_tree(value: Any) -> dict[str, Any]:
    """Of what `is_number`."""
    plain = value.item()
    if not isinstance(plain, int | float | complex):
        plain = complex(value) if value.dtype.kind == "c" else float(value)
    if isinstance(plain, complex):
        plain = {"complex": [plain.real, plain.imag]}
    return {"ndarray": [value.dtype.name, plain, [], "scalar"]}


def array_tree(value: Any, tree: Tree, objects: Callable[[list[Any]], Any]) -> dict[str, Any]:
    """`tree` makes the trees of items that are numbers, bytes or texts, `objects` that of a list of anything."""
    if is_scalar(value):
        (dtype, items, *_) = array_tree(value.reshape(1), tree, objects)["ndarray"]
        return {"ndarray": [dtype, items, [], "scalar"]}
    if type(value).__name__ == "MaskedArray":  # as two arrays: its data, and where it is masked
        return {"ndarray": [MASKED, [tree(value.view(value.__class__.__mro__[-2])), tree(value.mask)]]}
    kind, names, shape = KINDS.get(type(value).__name__, ""), value.dtype.names, list(value.shape)
    rest = [shape, kind] if kind or names or not value.size else []
    plain = value.view(value.__class__.__mro__[-2]) if kind else value  # ndarray's own: a matrix has two dimensions
    if names:
        return {"ndarray": [RECORD, {"dict": [[str(name), tree(plain[name])] for name in names]}, *rest]}
    letter = value.dtype.kind
    if letter in "mM":
        return {"ndarray": [str(value.dtype), tree(plain.view("int64").tolist()), *rest]}
    if letter == "O":
        return {"ndarray": ["object", objects([*plain.flat]), shape, kind]}
    if letter in "fc" and value.dtype.itemsize > (8 if letter == "f" else 16):
        plain = plain.astype("float64" if letter == "f" else "complex128")
    if letter in "US":
        dtype = f"{letter}{value.dtype.itemsize // (4 if letter == 'U' else 1)}"
    else:
        dtype = "void" if letter == "V" else value.dtype.newbyteorder("=").name
    return {"ndarray": [dtype, tree(plain.tolist()), *rest]}


def make_array(numbers: Numbers, dtype: str, items: Any, shape: list[int] | None = None, kind: str = "") -> Any:
    """The array that a tree stands for. Raises an exception of whatever class for what is none."""
    import numpy

    if dtype == MASKED:
        data, mask = items
        if not isinstance(data, numpy.ndarray):
            raise ValueError("no array")
        return numpy.ma.MaskedArray(data, mask=mask)
    if shape is not None:
        checked_shape(shape)
    if dtype == RECORD:
        array = _records(items, 1 if kind == "scalar" else len(shape or ()))
    elif DATE.fullmatch(dtype):
        array = numpy.array(items, "int64").view(dtype)
    elif dtype == "void":
        array = numpy.array(items, f"V{max(map(len, _leaves(items)), default=1)}")
    elif dtype == "object":
        return numpy.empty(shape or [], object).view(_class_of(kind))  # its items come later: `fill_objects`
    else:
        array = numbers(dtype, items)
    array = array if shape is None else array.reshape(shape)
    if kind == "scalar":
        return array[()]
    return array.view(_class_of(kind))


def checked_shape(shape: Any) -> list[int]:
    """Raises ValueError."""
    if len(shape) > DIMENSIONS or not all(type(size) is int and 0 <= size < 1 << 62 for size in shape):
        raise ValueError("no shape")
    return list(shape)


def _class_of(kind: str) -> Any:
    import numpy

    return {"": numpy.ndarray, "matrix": numpy.matrix, "recarray": numpy.recarray}[kind]


def _records(columns: dict[str, Any], dimensions: int) -> Any:
    """An array of so many dimensions; what a column has more belongs to each of its values."""
    import numpy

    first = next(iter(columns.values()))
    types = [(name, column.dtype, column.shape[dimensions:]) for name, column in columns.items()]
    array = numpy.empty(first.shape[:dimensions], types)
    for name, column in columns.items():
        array[name] = column
    return array


def fill_objects(array: Any, items: list[Any]) -> None:
    """One by one: a list among them is an item, and no row."""
    import numpy

    places = array.view(numpy.ndarray).reshape(-1)
    for index, item in enumerate(items):
        places[index] = item


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
    if dtype == "bool":
        return numpy.array(items, dtype)
    if width := WIDTH.fullmatch(dtype):  # as wide as it has to be, whatever it claims
        return numpy.array(items, width[1])
    raise ValueError("an array of no plain type")
