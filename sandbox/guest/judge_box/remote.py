"""The tests' view of the program: its names, and its objects behind handles.

Comparisons and arithmetic with such an object are never forwarded: its answer to `==` would be its own verdict,
and the other operand the expected value.
"""

import itertools
import operator
import types
from functools import partial
from typing import Any, NoReturn

from sandbox.guest.channel import receive_message, send_message
from sandbox.guest.judge_box.places import place_of_call
from sandbox.guest.judge_box.raising import exception
from sandbox.protocol import arrays, codec, frames

ASKABLE = {"__name__", "__qualname__", "__doc__", "__dict__", "__annotations__", "__module__"}
"""Special attributes that tests may read. Libraries trust others: numpy reads memory at __array_interface__."""
OF_TESTS = ("functools", "operator", "re", "io", "_io", "pathlib", "threading", "_thread", "contextlib")
"""Modules whose objects a test makes itself, whatever the program has answered, and hands over as they are."""
ENDLESS = 1 << 20
"""Items of an iterator of the tests."""
MUTABLE = list | dict | set | bytearray | codec.deque
WIDEST = partial(arrays.make_array, arrays.widest_numbers)


class Unjudgeable(BaseException):
    """A test hands over what cannot leave its box, whatever the program answers.

    The host is told when it is made, and ends the tests: whoever catches it, in whatever thread, changes nothing.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        send_message({"unjudgeable": text, **place_of_call()})


class TooMuch(TypeError):
    """A test hands over a value that no message holds. Its own doing, unless the program has answered: it may be part
    of the value, or have chosen its size. The host, which knows, is told, and ends the tests or not."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        send_message({"unjudgeable": text, "large": True, **place_of_call()})


class Unanswered(BaseException):
    """The rest of a value did not come; `reason` is what the program raised."""

    def __init__(self, reason: Exception) -> None:
        self.reason = reason


class Remote:
    """An object that lives in the program's box."""

    __slots__ = ("_number", "_type")
    __hash__ = object.__hash__

    def __init__(self, number: int, type_name: str) -> None:
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_type", type_name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        trees = [_argument(value) for value in args]
        named = {name: _argument(value) for name, value in kwargs.items()}
        answer = _ask("call", self._number, trees, named)
        given = {**{str(index): value for index, value in enumerate(args)}, **kwargs}
        for name, tree in answer.get("changed", {}).items():
            _replace(given[name], _decode(tree))
        same = given.get(answer.get("same", ""))
        return same if isinstance(same, MUTABLE) or arrays.is_array(same) else _decode(answer["value"])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in ASKABLE:
            raise AttributeError(f"{self._type} object: {name} cannot be asked for")
        return _decode(_ask("attr", self._number, name)["value"])

    def __setattr__(self, name: str, value: Any) -> None:
        _ask("setattr", self._number, name, _encode(value))

    def __getitem__(self, key: Any) -> Any:
        return _decode(_ask("item", self._number, _encode(key))["value"])

    def __setitem__(self, key: Any, value: Any) -> None:
        _ask("setitem", self._number, _encode(key), _encode(value))

    def __len__(self) -> int:
        return int(_ask("len", self._number)["value"])

    def __bool__(self) -> bool:
        return bool(_ask("bool", self._number)["value"])

    def __str__(self) -> str:
        return str(_ask("str", self._number)["value"])

    def __repr__(self) -> str:
        return str(_ask("repr", self._number)["value"])

    def __iter__(self) -> "Remote":
        return self if self._type == "iterator" else _decode(_ask("iter", self._number)["value"])

    def __next__(self) -> Any:
        answer = _ask("next", self._number)
        if answer.get("stop"):
            raise StopIteration
        return _decode(answer["value"])

    def __instancecheck__(self, value: object) -> bool:
        """`isinstance(p, P)`, both of the program."""
        return isinstance(value, Remote) and bool(_ask("isinstance", value._number, self._number)["value"])

    def __subclasscheck__(self, cls: object) -> bool:
        """`issubclass(Q, P)`, both of the program."""
        return isinstance(cls, Remote) and bool(_ask("issubclass", cls._number, self._number)["value"])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Remote) and other._number == self._number

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError(f"{self._type} object: only plain values can be compared or computed with")

    __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _refuse
    __abs__ = __neg__ = __float__ = __int__ = __index__ = __round__ = _refuse


def fetch_name(name: str) -> Any:
    return _decode(_ask("get", name)["value"])


def _ask(*do: Any) -> dict[str, Any]:
    send_message({"ask": {"do": do}})
    answer = receive_message()
    if answer is None:
        raise SystemExit("the host ended the run")
    if "raised" in answer:
        raise exception(answer["raised"])
    return answer


def _encode(value: object) -> Any:
    encoder = codec.Encoder(_handle, frames.MAX_FRAME // 2)  # what has more items no message holds
    tree = encoder.tree(value, 0)
    if encoder.lost:
        raise TooMuch(f"a value nested more than {codec.MAX_DEPTH} deep cannot be passed to the program")
    return tree


def _argument(value: object) -> Any:
    """An iterator of the tests is handed over as its items."""
    if type(value).__module__ in ("builtins", "itertools") and hasattr(type(value), "__next__"):
        items = list(itertools.islice(value, ENDLESS + 1))  # type: ignore[call-overload]
        if len(items) > ENDLESS:
            text = "an endless iterator of the tests cannot be passed to the program"
            raise Unjudgeable(text) if _never_ends(value) else TooMuch(text)
        return {"iterator": _encode(items)}
    return _encode(value)


def _never_ends(iterator: object) -> bool:
    """Whether it is one that no program makes long: a repetition may be told by the program how often."""
    if isinstance(iterator, itertools.repeat):
        return operator.length_hint(iterator, -1) < 0
    return isinstance(iterator, itertools.count | itertools.cycle)


def _handle(value: object) -> dict[str, Any]:
    if isinstance(value, Remote):
        return {"handle": value._number, "type": value._type}
    text = f"a {type(value).__name__} of the tests cannot be passed to the program"
    # only what no value of the program turns into: else a program could choose that it is not judged
    made = callable(value) or isinstance(value, types.ModuleType) or hasattr(type(value), "__next__")
    if made or type(value).__module__ in ("__main__", *OF_TESTS):
        raise Unjudgeable(text)
    raise TypeError(text)


_known: dict[tuple[int, str], Remote] = {}


def _remote(number: int, type_name: str) -> Remote:
    """The same one for the same object: tests may ask `is`, and keep it in a set."""
    return _known.setdefault((number, type_name), Remote(number, type_name))


def _decode(tree: Any) -> Any:
    try:
        return codec.decode_value(tree, _remote, WIDEST, _rest, codec.split_value)
    except Unanswered as error:
        raise error.reason from None


def _rest(number: int) -> Any:
    try:
        return _ask("rest", number)["value"]
    except Exception as error:  # not for the decoder, which takes what is raised in there for the value's fault
        raise Unanswered(error) from None


def _replace(target: Any, value: Any) -> None:
    """Give an argument the content that the program left in it."""
    if isinstance(target, tuple):
        for part, left in zip(target, value, strict=False):
            _replace(part, left)
    elif isinstance(target, list | bytearray):
        target[:] = value
    elif isinstance(target, dict | set):
        target.clear()
        target.update(value)
    elif isinstance(target, codec.deque):
        target.clear()
        target.extend(value)
    elif arrays.is_array(target):
        target[...] = value
