"""What nobody expects in a file: other types, numbers out of range, odd texts, and what no Python value says."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st


@dataclass(frozen=True, slots=True)
class Raw:
    """Text that goes into a file as it is: what a value of Python cannot say."""

    text: str


class Doubled(dict[str, Any]):
    """An object that says one of its keys twice: `again` is the second time."""

    again: tuple[str, Any]


NUMBERS = (0, -1, 1, 2, 0.5, -0.0, 1e308, 5e-324, 2**31, 2**63, 2**64, -(2**63), 10**30, 10**400)
TEXTS = (
    *(
        "",
        " ",
        "\0",
        "\n",
        "a\nb",
        "\r\n",
        "\t",
        "\x1b[31m",
        "\x7f",
        "\ufeff",
        "\ud800",
        "🦜",
        "é",
        "e\u0301",
        "\u202e",
    ),
    *(".", "..", "../..", "/", "//", "~", "~x", "a/b", "a" * 300, "ä" * 20_000, "%s", "{}", "{0}", "${HOME}", "\\"),
    *("true", "null", "nan", "1", "-1", "1e9", "0x10", "s3://", "gs://", "x://y", "file:///no/such", "s3://k:v@b/x"),
    *("no.such:ROW", "json:loads", "a:b", ":", "@", "?", "+", "mbpp", "builtin:test", "builtin:generator", "episodes"),
    *("def f(:", "assert f(1) == 2", "(" * 300, "lambda:" * 3000 + "0", "0" * 5000, "import os", "class A: pass"),
)
CONTAINERS: tuple[Any, ...] = ([], {}, [[]], [None], {"": None}, [1, "a", None], {"a": {"b": {"c": []}}}, [[1, 2], [3]])
DEEP = 100_000
RAW_JSON = tuple(
    map(Raw, ("NaN", "Infinity", "-Infinity", "1e999", "9" * 5000, "[" * DEEP + "]" * DEEP, '{"a":' * DEEP, "", "01"))
)
RAW_TOML = tuple(
    map(
        Raw,
        (
            *("nan", "-inf", "inf", "9" * 5000, "0x" + "f" * 5000, "[" * DEEP + "]" * DEEP, "", "01", '"""', "'"),
            *(
                "1979-05-27",
                "07:32:00",
                "1979-05-27T07:32:00Z",
                "{a = {b = 1}}",
                "{a.b.c = 1}",
                "[1, 2,]",
                "9999-99-99",
            ),
        ),
    )
)
_SCALARS = st.one_of(
    st.sampled_from((None, True, False, *NUMBERS)),
    st.sampled_from(TEXTS),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
)
PLAIN = st.one_of(
    _SCALARS,
    st.sampled_from(CONTAINERS),
    st.recursive(
        _SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    ),
)
JSON_VALUES: st.SearchStrategy[Any] = PLAIN | st.sampled_from(RAW_JSON)
TOML_VALUES: st.SearchStrategy[Any] = PLAIN | st.sampled_from(RAW_TOML)
