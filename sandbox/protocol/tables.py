"""Values of pandas as trees: {"library": [kind, part, ...]}, of which every part is a tree of its own.

A table is its index and its columns, an index its values, values the name of a dtype and plain items: no pickle, no
dtype of the sender's own, no function. Subclasses, sparse values and values of other libraries do not cross.
Whoever makes a tree of a value has pandas, since the value is there; whoever makes a value out of a tree imports it.
"""

import re
import sys
import types
from collections.abc import Callable
from importlib import import_module
from typing import Any

from sandbox.protocol import arrays
from sandbox.protocol.names import PROGRAM_MODULES

FRAMES = ("DataFrame", "Series")
"""What can be given other content in place."""
INDEXES = {"Index", "DatetimeIndex", "TimedeltaIndex", "PeriodIndex", "CategoricalIndex", "IntervalIndex"}
EXTENSIONS = {"Categorical", "DatetimeArray", "TimedeltaArray", "PeriodArray", "IntervalArray", "NumpyExtensionArray"}
EXTENSIONS |= {"IntegerArray", "FloatingArray", "BooleanArray", "StringArray"}
MASKED = {name.replace("uint", "UInt").replace("int", "Int") for name in arrays.INTEGERS}
MASKED |= {"Float32", "Float64", "boolean"}
NUMBERS = frozenset({"bool", *arrays.INTEGERS, *arrays.FLOATS, *arrays.COMPLEX})
FUNCTIONS = (type, types.FunctionType, types.BuiltinFunctionType)
NO_LIBRARIES = {"__main__", "sandbox", *PROGRAM_MODULES}
UNITS = ("s", "ms", "us", "ns")
TEXT = re.compile(r"[A-Za-z0-9_+:/-]{1,40}")
"""Names of time zones and of frequencies."""
Tree = Callable[[Any], Any]
Parts = list[Any]


def is_frame(value: object) -> bool:
    """Whether it says that it is a DataFrame or a Series, without asking pandas."""
    kind = type(value)
    return kind.__name__ in FRAMES and is_of_pandas(kind)


def is_of_pandas(kind: type) -> bool:
    return str(kind.__module__).partition(".")[0] == "pandas"


def named_tree(value: Any) -> dict[str, Any] | None:
    """Of a function or a class that a library has by its name, and so has in every box. Tests hand them over."""
    owner = getattr(value, "__self__", None)
    if not (isinstance(value, FUNCTIONS) or type(value).__name__ == "ufunc"):
        return None
    module = owner.__module__ if isinstance(owner, type) else getattr(value, "__module__", None) or "numpy"
    name = str(getattr(value, "__qualname__", value.__name__))
    if module.partition(".")[0] in NO_LIBRARIES or _named(sys.modules.get(module), name) != value:
        return None
    return {"library": ["named", module, name]}


def _named(module: Any, name: str) -> Any:
    for part in name.split("."):
        module = getattr(module, part, None)
    return module


def table_tree(value: Any, tree: Tree, keep: Tree) -> dict[str, Any] | None:
    """`tree` makes the trees of the parts, `keep` of what does not cross. None for what is no table and does not."""
    pandas = sys.modules.get("pandas")
    parts: Parts | None = None
    try:
        parts = _parts(pandas, value) if pandas else None
    except MemoryError:
        raise
    except Exception:  # a value that a program has bent, or one of a kind that has no plain parts
        pass
    if parts is not None:
        return {"library": [parts[0], *map(tree, parts[1:])]}
    return {"library": ["kept", keep(value)]} if is_frame(value) else None  # who counts objects counts it


def _parts(pandas: Any, value: Any) -> Parts | None:
    """A kind, and what it is made of."""
    kind = type(value)
    name = kind.__name__
    if value is pandas.NaT or value is pandas.NA:
        return ["NaT" if value is pandas.NaT else "NA"]
    if name in _SCALARS and kind is getattr(pandas, name):
        return _SCALARS[name](value)
    if name in EXTENSIONS and isinstance(value, pandas.api.extensions.ExtensionArray):
        return ["array", _values(pandas, value)]
    if kind is not getattr(pandas, name, None):
        return None
    if name == "DataFrame":
        columns = [_values(pandas, value.iloc[:, at].array) for at in range(value.shape[1])]
        return [name, value.columns, value.index, columns, dict(value.attrs)]
    if name == "Series":
        return [name, value.index, _values(pandas, value.array), value.name, dict(value.attrs)]
    if name == "RangeIndex":
        return [name, value.start, value.stop, value.step, value.name]
    if name == "MultiIndex":
        return [name, list(value.levels), [codes.tolist() for codes in value.codes], list(value.names)]
    return ["Index", _values(pandas, value.array), value.name, _frequency(value)] if name in INDEXES else None


def _frequency(index: Any) -> str | None:
    """Of dates that follow each other, if its name says all of it."""
    if type(index).__name__ not in ("DatetimeIndex", "TimedeltaIndex") or index.freq is None:
        return None
    text = str(index.freqstr)
    whole = TEXT.fullmatch(text) and sys.modules["pandas"].tseries.frequencies.to_offset(text) == index.freq
    return text if whole else None


def _values(pandas: Any, values: Any) -> Parts:
    """The name of a dtype, then what that is made of. Raises an exception of whatever class for values of another."""
    dtype = values.dtype
    name = str(dtype)
    if isinstance(dtype, pandas.CategoricalDtype):
        return ["category", dtype.categories, values.codes.tolist(), bool(dtype.ordered)]
    if isinstance(dtype, pandas.PeriodDtype):
        return ["period", name.removeprefix("period[").removesuffix("]"), values.asi8.tolist()]
    if isinstance(dtype, pandas.IntervalDtype):
        return ["interval", values.left, values.right, dtype.closed]
    if isinstance(dtype, pandas.DatetimeTZDtype):
        return ["datetime", dtype.unit, values.asi8.tolist(), _zone(dtype.tz)]
    if isinstance(dtype, pandas.StringDtype):
        return ["string", [None if item is pandas.NA or item != item else str(item) for item in values]]
    if name in MASKED:
        return [name, [None if item is pandas.NA else item for item in values.tolist()]]
    if dtype.kind in "mM":
        return ["datetime" if dtype.kind == "M" else "timedelta", values.unit, values.asi8.tolist()]
    if name not in NUMBERS and name != "object":
        raise ValueError("a dtype that does not cross")
    plain = values.to_numpy()
    return [name, (plain.astype("float64") if name == "float128" else plain).tolist()]


def _zone(zone: Any) -> str | None:
    """The name of a time zone, or how far it is from UTC. Raises ValueError for one that has neither."""
    if zone is None or TEXT.fullmatch(str(zone)):
        return None if zone is None else str(zone)
    offset = zone.utcoffset(None)
    if offset is None:
        raise ValueError("a time zone without a name")
    minutes = int(offset.total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _timestamp(value: Any) -> Parts:
    return ["Timestamp", value.unit, int(value.to_datetime64().view("int64")), _zone(value.tz)]


def _timedelta(value: Any) -> Parts:
    return ["Timedelta", value.unit, int(value.to_timedelta64().view("int64"))]


_SCALARS: dict[str, Callable[[Any], Parts]] = {
    "Timestamp": _timestamp,
    "Timedelta": _timedelta,
    "Period": lambda value: ["Period", value.freqstr, int(value.ordinal)],
    "Interval": lambda value: ["Interval", value.left, value.right, value.closed],
}


class Maker:
    """Makes values of their parts. `widest`: for a judge box, where 1e6 in a program's float16 would equal infinity.

    Every part is looked at before pandas meets it. Raises an exception of whatever class for what is no value.
    """

    def __init__(self, widest: bool) -> None:
        self.widest = widest

    @property
    def pandas(self) -> Any:
        """Imported when a value needs it."""
        return import_module("pandas")

    def __call__(self, kind: str, *parts: Any) -> Any:
        make: Callable[..., Any] = getattr(self, f"make_{_MADE[kind]}")
        return make(*parts)

    def make_frame(self, columns: Any, index: Any, values: list[Any], attrs: dict[Any, Any]) -> Any:
        made = {at: self.pandas.Series(one, dtype=one.dtype) for at, one in enumerate(map(self.values, values))}
        frame = self.pandas.DataFrame(made, index=range(len(index)), copy=False)
        frame.index, frame.columns, frame.attrs = _index(index), _index(columns), _plain(attrs, dict)
        return frame

    def make_series(self, index: Any, values: Any, name: Any, attrs: dict[Any, Any]) -> Any:
        items = self.values(values)
        series = self.pandas.Series(items, dtype=items.dtype, index=_index(index), name=name)
        series.attrs = _plain(attrs, dict)
        return series

    def make_range(self, start: int, stop: int, step: int, name: Any) -> Any:
        return self.pandas.RangeIndex(*_counts([start, stop, step], "int64").tolist(), name=name)

    def make_levels(self, levels: list[Any], codes: list[Any], names: list[Any]) -> Any:
        return self.pandas.MultiIndex(
            [*map(_index, levels)], [self.codes(one) for one in codes], names=_plain(names, list)
        )

    def make_index(self, values: Any, name: Any, freq: str | None) -> Any:
        items = self.values(values)
        if freq is None:
            return self.pandas.Index(items, dtype=items.dtype, name=name)
        kind = self.pandas.DatetimeIndex if items.dtype.kind == "M" else self.pandas.TimedeltaIndex
        return kind(items, freq=_name(freq), name=name)

    def make_array(self, values: Any) -> Any:
        items = self.values(values)
        return self.pandas.array(items, dtype=items.dtype)

    def make_timestamp(self, unit: str, count: int, zone: str | None) -> Any:
        moment = self.pandas.Timestamp(_counts([count], f"M8[{_unit(unit)}]")[0])
        return moment if zone is None else moment.tz_localize("UTC").tz_convert(_name(zone))

    def make_timedelta(self, unit: str, count: int) -> Any:
        return self.pandas.Timedelta(_counts([count], f"m8[{_unit(unit)}]")[0])

    def make_period(self, freq: str, ordinal: int) -> Any:
        return self.pandas.Period(ordinal=_plain(ordinal, int), freq=_name(freq))

    def make_interval(self, left: Any, right: Any, closed: str) -> Any:
        return self.pandas.Interval(left, right, closed)

    def make_nothing(self) -> Any:
        return self.pandas.NaT

    def make_named(self, module: str, name: str) -> Any:
        """A program gives nobody a function of the judge box."""
        if self.widest:
            raise ValueError("a name")
        return _named(import_module(module), name)

    def make_kept(self, value: Any) -> Any:
        """What stands for a table that did not cross."""
        return value

    def make_missing(self) -> Any:
        return self.pandas.NA

    def codes(self, items: Any) -> Any:
        return self.numbers("int64", items)

    def values(self, parts: list[Any]) -> Any:
        """An array of numpy or pandas."""
        name, *rest = parts
        if name == "category":
            categories, codes, ordered = rest
            dtype = self.pandas.CategoricalDtype(_index(categories), ordered=ordered is True)
            return self.pandas.Categorical.from_codes(self.codes(codes), dtype=dtype)
        if name == "period":
            return self.pandas.arrays.PeriodArray(self.codes(rest[1]), dtype=self.pandas.PeriodDtype(_name(rest[0])))
        if name == "interval":
            left, right, closed = rest
            return self.pandas.arrays.IntervalArray.from_arrays(_index(left), _index(right), closed)
        if name in ("datetime", "timedelta"):
            return self.moments(name, *rest)
        if name == "string" or name in MASKED:
            items = _plain(rest[0], list)
            kinds = {type(None), *((str,) if name == "string" else (bool, int, float))}
            if not {*map(type, items)} <= kinds:
                raise ValueError("no items of this dtype")
            return self.pandas.array([self.pandas.NA if item is None else item for item in items], dtype=name)
        return self.numbers(name, rest[0])

    def moments(self, name: str, unit: str, counts: list[Any], zone: str | None = None) -> Any:
        if name == "timedelta":
            return self.pandas.TimedeltaIndex(_counts(counts, f"m8[{_unit(unit)}]")).array
        dates = self.pandas.DatetimeIndex(_counts(counts, f"M8[{_unit(unit)}]"))
        return (dates if zone is None else dates.tz_localize("UTC").tz_convert(_name(zone))).array

    def numbers(self, name: str, items: list[Any]) -> Any:
        """Numbers, or objects one by one: a list among them is one, and no row of an array."""
        import numpy

        if name == "object":
            made = numpy.empty(len(_plain(items, list)), object)
            for at, item in enumerate(items):
                made[at] = item
            return made
        if name not in NUMBERS or not {*map(type, _plain(items, list))} <= {bool, int, float, complex}:
            raise ValueError("no numbers")
        if name in ("float128", "complex256") or (self.widest and name == "float16"):
            name = "complex128" if name == "complex256" else "float64"
        return numpy.array(items, name)


_MADE = {
    **{"DataFrame": "frame", "Series": "series", "RangeIndex": "range", "MultiIndex": "levels", "Index": "index"},
    **{"array": "array", "Timestamp": "timestamp", "Timedelta": "timedelta", "Period": "period"},
    **{"Interval": "interval", "NaT": "nothing", "NA": "missing", "named": "named", "kept": "kept"},
}


def refill_frame(target: Any, value: Any) -> None:
    """Give a DataFrame or a Series the content of another one, so that whoever holds it sees it."""
    target._update_inplace(value)
    if type(value).__name__ == "Series":
        target.name = value.name
    target.attrs = dict(value.attrs)


def _counts(items: list[Any], dtype: str) -> Any:
    import numpy

    if not {*map(type, items)} <= {int}:
        raise ValueError("no counts of time")
    return numpy.array(items, "int64").view(dtype)


def _index(value: Any) -> Any:
    if not isinstance(value, import_module("pandas").Index):
        raise ValueError("no index")
    return value


def _plain(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise ValueError(f"no {kind.__name__}")
    return value


def _unit(text: str) -> str:
    if text not in UNITS:
        raise ValueError("no unit of time")
    return text


def _name(text: str) -> str:
    if type(text) is not str or not TEXT.fullmatch(text) or text.startswith("dateutil"):
        raise ValueError("no time zone and no frequency")
    return text
