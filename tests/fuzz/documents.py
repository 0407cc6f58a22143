"""Documents with something wrong in them, and how JSON and TOML write them."""

import copy
import json
import math
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.values import TEXTS, Doubled, Raw

WAYS = (
    "other",
    "other",
    "other",
    "near",
    "near",
    "missing",
    "renamed",
    "extra",
    "twice",
    "swapped",
    "within",
    "as text",
)
"""What may happen to an entry; another value is the most likely."""


@st.composite
def damaged(draw: st.DrawFn, document: Any, values: st.SearchStrategy[Any], most: int = 3) -> Any:
    """A copy of the document in which one to `most` entries are not what they were."""
    whole = [copy.deepcopy(document)]
    for _ in range(draw(st.integers(1, most))):
        _damage(draw, whole, values)
    return whole[0] if whole else Raw("")


def _damage(draw: st.DrawFn, whole: list[Any], values: st.SearchStrategy[Any]) -> None:
    holder: Any = whole
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not keys:
            return
        key = draw(st.sampled_from(keys))
        inner = holder[key]
        if not (isinstance(inner, dict | list) and inner and draw(st.integers(0, 3))):
            break
        holder = inner
    way = draw(st.sampled_from(WAYS))
    if way == "missing" and holder is not whole:
        del holder[key]
    elif way in ("renamed", "extra", "twice") and isinstance(holder, dict):
        _another_key(draw, way, holder, key, values)
    elif way == "swapped":
        other = draw(st.sampled_from(keys))
        holder[key], holder[other] = holder[other], holder[key]
    elif way == "within":
        holder[key] = copy.deepcopy(draw(st.sampled_from(([inner], {"a": inner}, [inner, inner], [[inner]]))))
    elif way == "as text":
        holder[key] = str(inner)
    elif way == "near":
        holder[key] = copy.deepcopy(draw(_near(inner)))
    else:
        holder[key] = copy.deepcopy(draw(values))  # the next damage may be within it


def _another_key(draw: st.DrawFn, way: str, holder: dict[Any, Any], key: Any, values: st.SearchStrategy[Any]) -> None:
    if way == "renamed":
        holder[draw(_odd_key(key))] = holder.pop(key)
    elif way == "extra":
        holder[draw(_odd_key(key))] = copy.deepcopy(draw(values))
    elif isinstance(holder, Doubled):
        holder.again = (key, copy.deepcopy(draw(values)))


def _odd_key(key: Any) -> st.SearchStrategy[str]:
    return st.sampled_from((f"{key}s", f"{key}"[1:], f"{key}".upper(), f" {key}", f"{key}.x", *TEXTS)) | st.text(
        max_size=8
    )


def _near(value: Any) -> st.SearchStrategy[Any]:
    """Almost the same: what a slip of a hand or another version makes of it."""
    if isinstance(value, bool):
        return st.sampled_from((not value, int(value), str(value)))
    if isinstance(value, int | float) and abs(value) < 1e300:
        return st.sampled_from((-value, value + 1, value - 1, value * 10**9, value / 2, str(value), [value]))
    if isinstance(value, str):
        half, many = len(value) // 2, min(2000, 200_000 // max(1, len(value)))
        return st.sampled_from(
            (value[:half], value[1:], value * 2, value.upper(), f"{value} ", f"\n{value}", value[::-1], value * many)
        )
    if isinstance(value, list):
        return st.sampled_from((value[:-1], value[::-1], value * 2, [*value, None], value[0] if value else None, {}))
    if isinstance(value, dict):
        return st.sampled_from((list(value), list(value.values()), dict(list(value.items())[:-1]), {}))
    return st.sampled_from((0, "", "null", [], {}))


def doubling(document: Any) -> Any:
    """The document with objects that may say a key twice."""
    if isinstance(document, dict):
        return Doubled({key: doubling(value) for key, value in document.items()})
    return [doubling(item) for item in document] if isinstance(document, list) else document


def json_text(value: Any) -> str:
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, dict):
        again = [value.again] if isinstance(value, Doubled) and hasattr(value, "again") else []
        entries = (f"{json.dumps(str(key))}: {json_text(one)}" for key, one in [*value.items(), *again])
        return f"{{{', '.join(entries)}}}"
    return f"[{', '.join(map(json_text, value))}]" if isinstance(value, list | tuple) else json.dumps(value)


def toml_text(document: Any) -> str:
    """Sections as tables, lists of tables as [[…]], what is deeper in its line. Null has no word, and is left out."""
    if not isinstance(document, dict):
        return _toml(document)
    plain = [_entry(key, value) for key, value in _pairs(document) if not _is_section(value)]
    sections = [_section(key, value) for key, value in _pairs(document) if _is_section(value)]
    return "\n".join([*plain, *sections, ""])


def _pairs(table: dict[Any, Any]) -> list[tuple[Any, Any]]:
    again = [table.again] if isinstance(table, Doubled) and hasattr(table, "again") else []
    return [(key, value) for key, value in [*table.items(), *again] if value is not None]


def _is_section(value: Any) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and bool(value) and all(isinstance(v, dict) for v in value)
    )


def _section(key: Any, value: Any) -> str:
    head, tables = ("[[{}]]", value) if isinstance(value, list) else ("[{}]", [value])
    return "\n".join(
        line
        for table in tables
        for line in (head.format(_key(key)), *(_entry(name, one) for name, one in _pairs(table)))
    )


def _entry(key: Any, value: Any) -> str:
    return f"{_key(key)} = {_toml(value)}"


def _key(key: Any) -> str:
    return str(key) if str(key).isascii() and str(key).isidentifier() else json.dumps(str(key), ensure_ascii=False)


def _toml(value: Any) -> str:
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, dict):
        return f"{{{', '.join(_entry(key, one) for key, one in _pairs(value))}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(one) for one in value if one is not None)}]"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def encoded(text: str) -> bytes:
    """As a file has it; lone surrogates are no UTF-8, and stay."""
    return text.encode(errors="surrogatepass")
