"""Arrays of numpy between boxes: what they hold, their shape and their class come back; what is none is refused."""

import json
from functools import partial
from typing import Any

import numpy as np
import pytest

from sandbox import rendering
from sandbox.protocol import arrays
from sandbox.protocol.codec import Array, decode_value, encode_value

EXACT, WIDEST = (partial(arrays.make_array, made) for made in (arrays.exact_numbers, arrays.widest_numbers))
RECORDS = np.array([(1, 2.5, "ab", b"x"), (3, -0.0, "", b"yz")], [("n", "i4"), ("x", "f4"), ("t", "U3"), ("b", "S2")])
NESTED = np.array([((1, [2, 3]), "2024-01-01")], [("p", [("q", "i8"), ("r", "i8", (2,))]), ("day", "datetime64[D]")])
VALUES = {
    "days": np.array(["2024-01-01", "NaT", "0001-01-01"], "datetime64[D]"),
    "nanoseconds": np.array([["2024-01-01T01:02:03.123456789"]], "datetime64[ns]"),
    "weeks of ten": np.array([3, 4], "timedelta64[10W]"),
    "time without a unit": np.array(5, "timedelta64"),
    "bytes": np.array([b"a", b"bcd", b""]),
    "raw bytes": np.array([b"ab\0\0", b"\0\0cd"], "V4"),
    "texts": np.array(["a", "bcd"]),
    "records": RECORDS,
    "records within records": NESTED,
    "an empty table": np.zeros((0, 3)),
    "no record": RECORDS[:0],
    "a record of a table": RECORDS.reshape(1, 2),
    "a number alone": np.array(7),
    "another order of bytes": np.array([1, 2], ">i4"),
    "half numbers": np.array([0.5, np.inf], "float16"),
    "long numbers": np.array([0.5, 2], np.longdouble),
    "complex numbers": np.array([1 + 2j], "complex64"),
    "objects": np.array([1, "a", None], object),
    "days among objects": np.array([np.datetime64("2024-01-01"), 1], object),
    "every second day": np.array(["2024-01-01", "2024-01-02", "2024-01-03"], "datetime64[D]")[::2],
}


def carried(value: Any, make: Any) -> Any:
    return decode_value(json.loads(json.dumps(encode_value(value))), array=make)


@pytest.mark.parametrize("make", [EXACT, WIDEST])
@pytest.mark.parametrize("name", VALUES)
def test_arrays_come_back(name: str, make: Any) -> None:
    value = VALUES[name]
    back = carried(value, make)
    assert type(back) is np.ndarray and back.shape == value.shape and back.dtype.kind == value.dtype.kind
    plain = value.astype(float) if value.dtype == np.longdouble else value
    assert repr(back.tolist()) == repr(plain.tolist())
    if value.dtype.kind in "mM":
        assert back.dtype == value.dtype and (back.view("i8") == value.view("i8")).all()


def test_classes_of_arrays_come_back() -> None:
    matrix = carried(np.matrix([[1, 2], [3, 4]]), WIDEST)
    assert type(matrix) is np.matrix and (matrix * matrix).tolist() == [[7, 10], [15, 22]]
    table = carried(np.rec.array([(1, 2.0)], dtype=[("x", "i4"), ("y", "f8")]), WIDEST)
    assert type(table) is np.recarray and (table.x.tolist(), table.y.tolist()) == ([1], [2.0])


@pytest.mark.parametrize(
    "value",
    [
        np.datetime64("2024-01-01T00:00:00.5"),
        np.datetime64("NaT"),
        np.timedelta64(3, "h"),
        RECORDS[0],
        np.void(b"ab\0"),
    ],
)
def test_scalars_come_back(value: Any) -> None:
    (back,) = carried([value], WIDEST)
    assert type(back) is type(value) and str(back) == str(value)
    assert back.dtype.kind == value.dtype.kind


def test_numbers_are_compared_in_their_widest_type_within_records_too() -> None:
    back = carried(np.array([(1e6,)], [("x", "f4")]), WIDEST)
    assert back.dtype["x"] == np.dtype("float64")
    assert carried(np.array([(1e6,)], [("x", "f4")]), EXACT).dtype["x"] == np.dtype("float32")


@pytest.mark.parametrize(
    "tree",
    [
        ["datetime64[parsec]", [1]],
        ["datetime64[D]", ["2024-01-01"]],
        ["datetime64[D]", [1 << 70]],
        ["int64", [1, 2], [3]],
        ["int64", [1], [1] * 33],
        ["int64", [1], [1], "MaskedArray"],
        ["int64", [1], [-2]],
        ["int64", [1], "x"],
        ["V1000000000000", [1]],
        ["record", {"dict": []}, [0]],
        ["record", {"dict": [["a", 1]]}, [1]],
        ["record", [1], [1]],
        ["bytes", [["a"], []]],
        ["void", [{"bytes": "00"}], [1], "matrix", 3],
        [],
    ],
)
def test_what_is_no_array_is_refused(tree: Any) -> None:
    with pytest.raises(ValueError, match="not a plain value"):
        decode_value({"ndarray": tree}, array=WIDEST)


def test_on_the_host_they_are_shown_and_equal_nothing() -> None:
    back = decode_value(encode_value(np.matrix([[1, 2]])))
    assert isinstance(back, Array) and back != back and rendering.show_value(back) == "array([[1, 2]])"
    assert rendering.show_value(decode_value(encode_value(RECORDS[:1]))).startswith("array({'n': array([1])")


def test_a_class_that_only_calls_itself_an_array_is_asked_nothing_else() -> None:
    fake = type("ndarray", (), {"__module__": "numpy", "dtype": property(lambda self: 1 / 0)})()
    with pytest.raises(ZeroDivisionError):
        encode_value(fake)


def test_masked_arrays_come_back_with_what_is_masked() -> None:
    value = np.ma.MaskedArray([[1.5, 2], [3, 4]], mask=[[True, False], [False, False]])
    back = carried(value, WIDEST)
    assert type(back) is np.ma.MaskedArray and back.tolist() == [[None, 2], [3, 4]]
    assert carried(np.ma.MaskedArray([1, 2]), EXACT).tolist() == [1, 2]
    with pytest.raises(ValueError, match="not a plain value"):
        decode_value({"ndarray": ["masked", [[1, 2], True]]}, array=WIDEST)
