"""Exceptions of a program as plain texts, told beside it."""

from typing import Any

from sandbox.protocol import codec

MAIN, IMPORTED = "__main__", "main"
"""The program's module: if it reads standard input, and if it is imported."""
MOST_ATTRIBUTES, MOST_ITEMS = 16, 1000
"""Of an exception, and in each of them."""


def is_own(cls: type) -> bool:
    """Whether the program has made a class, by what the class says."""
    return cls.__module__ in (MAIN, IMPORTED)


def describe_exception(error: BaseException) -> dict[str, Any]:
    """An exception as a short text and names of classes. `str` of it is the program's code, so it may do anything but
    escape. `own`: classes of the program, `others`: those that these are made of."""
    try:
        text = str(error.msg) if isinstance(error, SyntaxError) else str(error)
    except BaseException:
        text = "(its text raises)"
    mro = type(error).__mro__
    base = next(cls for cls in mro if cls.__module__ == "builtins")
    named = {"type": type(error).__name__[: codec.NAME], "base": base.__name__, "text": text[:1000]}
    own = [cls for cls in mro if is_own(cls)]
    rest = [cls for cls in mro if cls not in own and issubclass(cls, BaseException)]
    others = [cls for cls in rest if not any(cls is not one and issubclass(one, cls) for one in rest)]
    if not own and others == [base]:
        return named
    names = {"own": [cls.__name__ for cls in own], "others": [f"{cls.__module__}.{cls.__name__}" for cls in others]}
    short = {key: [name[: 2 * codec.NAME] for name in found[: codec.CLASSES]] for key, found in names.items()}
    return named | short | ({"attributes": _attributes(error)} if own else {})


def _attributes(error: BaseException) -> dict[str, Any]:
    """What an exception of the program keeps besides its text, as plain values: a few, and none that is large."""
    found: dict[str, Any] = {}
    for name, value in [*getattr(error, "__dict__", {}).items()][:MOST_ATTRIBUTES]:
        if type(name) is str and len(name) <= codec.NAME:
            found[name] = codec.encode_value(value, most=MOST_ITEMS)
    return found
