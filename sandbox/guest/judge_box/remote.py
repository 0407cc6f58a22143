"""The tests' view of the program: its names, and its objects behind handles.

Comparisons and arithmetic with such an object are never forwarded: its answer to `==` would be its own verdict,
and the other operand the expected value.
"""

import itertools
import operator
import threading
from functools import partial
from typing import Any

from sandbox.guest.channel import receive_message, send_message
from sandbox.guest.judge_box.borrowed import Borrowed
from sandbox.guest.judge_box.operators import Operators, named_classes
from sandbox.guest.judge_box.places import place_of_call
from sandbox.guest.judge_box.raising import exception
from sandbox.guest.surroundings import NotCarried, Surroundings
from sandbox.protocol import arrays, codec, frames, tables
from sandbox.protocol.merging import take_content
from sandbox.protocol.replicas import MOST, TESTS, Replicas
from sandbox.protocol.sharing import Met, Sharing

ASKABLE = {"__name__", "__qualname__", "__doc__", "__dict__", "__annotations__", "__module__"}
"""Special attributes that tests may read. Libraries trust others: numpy reads memory at __array_interface__."""
ENDLESS = 1 << 20
"""Items of an iterator of the tests."""
WIDEST = partial(arrays.make_array, arrays.widest_numbers)
TABLES = tables.Maker(widest=True)


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


class Remote(Operators):
    # an object that lives in the program's box; its docstring is the program's

    __slots__ = ("_made", "_number", "_seen", "_type")

    def __init__(self, number: int, type_name: str) -> None:
        for name, value in (("_number", number), ("_type", type_name), ("_made", False), ("_seen", False)):
            object.__setattr__(self, name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        encoder = _encoder()
        trees = [_argument(value, encoder) for value in args]
        named = {name: _argument(value, encoder) for name, value in kwargs.items()}
        answer = _answer("call", self._number, trees, named)
        met = Met(encoder.sharing.objects)  # type: ignore[union-attr]
        made = None if "raised" in answer else _received(answer, met)
        for tree in answer.get("changed", {}).values():
            for number, content in _decode(tree, met).items():
                take_content(met.referred("given", number), content)
        _raise(answer)
        if self._type == "type" and isinstance(made, Remote) and made._named:
            object.__setattr__(made, "_made", True)
        return made

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in ASKABLE:
            raise AttributeError(f"{self._type} object: {name} cannot be asked for")
        return _received(_ask("attr", self._number, name))

    @property
    def __doc__(self) -> Any:  # type: ignore[override]
        return self.__getattr__("__doc__")

    @property
    def __signature__(self) -> Any:
        raise Unjudgeable(f"the signature of a {self._type} of the program is not known to the tests")

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        raise Unjudgeable("a class of the tests cannot be made of a class of the program")

    def __setattr__(self, name: str, value: Any) -> None:
        _ask("setattr", self._number, name, _encode(value))

    def __getitem__(self, key: Any) -> Any:
        return _received(_ask("item", self._number, _encode(key)))

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
        return _received(answer)

    def __instancecheck__(self, value: object) -> bool:
        """`isinstance(p, P)`, both of the program."""
        return isinstance(value, Remote) and bool(_ask("isinstance", value._number, self._number)["value"])

    def __subclasscheck__(self, cls: object) -> bool:
        """`issubclass(Q, P)`, both of the program."""
        return isinstance(cls, Remote) and bool(_ask("issubclass", cls._number, self._number)["value"])

    def _special(self, name: str, *values: Any) -> Any:
        answer = _ask("special", self._number, name, [_encode(value) for value in values])
        if answer.get("stop"):
            raise StopAsyncIteration
        return _received(answer)

    def _unjudgeable(self, text: str) -> BaseException:
        return Unjudgeable(text)

    def _questions(self) -> int:
        return _questions


def take_output() -> str:
    """What the program printed since this was asked before. Asked once, it is kept from then on."""
    return str(_decode(_ask("printed")["value"]))


def fetch_name(name: str) -> Any:
    if name.lstrip("_")[:1].isupper():
        named_classes.add(name)
    return _received(_ask("get", name))


def ask_pyplot(name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    trees = {key: _encode(value) for key, value in named.items()}
    return _received(_ask("pyplot", name, [_encode(value) for value in args], trees))


surroundings = Surroundings((), strict=True)
"""Of the tests' process; `judging` says what is carried."""
_questions = 0
_turn = threading.RLock()


def _told() -> dict[str, Any]:
    try:
        return surroundings.changes()
    except NotCarried as error:
        raise TooMuch(str(error)) from None


def questions() -> int:
    """How many were asked whose answer may decide something: more than that a name stands for an object."""
    return _questions


def _ask(*do: Any) -> dict[str, Any]:
    answer = _answer(*do)
    _raise(answer)
    return answer


def _raise(answer: dict[str, Any]) -> None:
    """What the program raised, if it did."""
    if "raised" in answer:
        raise exception(answer["raised"])


def _answer(*do: Any) -> dict[str, Any]:
    """One after the other: tests may have threads."""
    with _turn:
        return _answer_now(*do)


def _answer_now(*do: Any) -> dict[str, Any]:
    global _questions
    send_message({"ask": {"do": do, **_borrowed.settle(), **_replicated(), **_told()}})
    answer = receive_message()
    if answer is None:
        raise SystemExit("the host ended the run")
    _take_replicas(answer)
    _borrowed.take(answer)
    surroundings.take(answer)
    value = answer.get("value")
    _questions += not (do[0] == "get" and isinstance(value, dict) and "handle" in value)
    return answer


def _replicated() -> dict[str, Any]:
    """What the tests changed of objects that both sides have, and which of these they hold no more."""
    gone = replicas.release()
    return replicas.changes() | ({"gone": gone} if gone else {})


def _take_replicas(answer: dict[str, Any]) -> None:
    try:
        replicas.take(answer)
    except Unanswered as error:
        raise error.reason from None


def _encoder() -> codec.Encoder:
    encoder = codec.Encoder(_handle, frames.MAX_FRAME // 2, sharing=Sharing())  # what has more items no message holds
    encoder.named = True
    return encoder


def _encode(value: object, encoder: codec.Encoder | None = None) -> Any:
    encoder = encoder or _encoder()
    tree = encoder.tree(value, 0)
    if encoder.lost:
        raise TooMuch(f"{encoder.lost} cannot be passed to the program")
    return tree


def _argument(value: object, encoder: codec.Encoder) -> Any:
    """An iterator of the tests is handed over as its items."""
    if type(value).__module__ in ("builtins", "itertools") and hasattr(type(value), "__next__"):
        items = list(itertools.islice(value, ENDLESS + 1))  # type: ignore[call-overload]
        if len(items) > ENDLESS:
            text = "an endless iterator of the tests cannot be passed to the program"
            raise Unjudgeable(text) if _never_ends(value) else TooMuch(text)
        return {"iterator": _encode(items, encoder)}
    return _encode(value, encoder)


def _never_ends(iterator: object) -> bool:
    """Whether it is one that no program makes long: a repetition may be told by the program how often."""
    if isinstance(iterator, itertools.repeat):
        return operator.length_hint(iterator, -1) < 0
    return isinstance(iterator, itertools.count | itertools.cycle)


def _handle(value: object) -> dict[str, Any]:
    if isinstance(value, Remote):
        return {"handle": value._number, "type": value._type}
    if (tree := replicas.tree(value)) is not None:
        return tree
    if replicas.is_full(value):
        raise TooMuch(f"more than {MOST} objects of the preamble cannot be passed to the program")
    if (named := tables.named_tree(value)) is not None:
        return named
    text = f"a {type(value).__name__} of the tests cannot be passed to the program"
    # what a value of the program turned into is its own: else it could choose that it is not judged
    module = type(value).__module__
    items = module.partition(".")[0] == "numpy" and not module.startswith("numpy.ma") and hasattr(value, "dtype")
    theirs = isinstance(value, BaseException) and hasattr(value, "raised")  # a mock has every attribute
    if items or theirs or isinstance(value, codec.Opaque):
        raise TypeError(text)
    raise Unjudgeable(text)


_known: dict[tuple[int, str], Remote] = {}


def _remote(number: int, type_name: str) -> Any:
    """The same one for the same object: tests may ask `is`, and keep it in a set."""
    if number < 0:
        return replicas.find(number)
    return _known.setdefault((number, type_name), Remote(number, type_name))


def _decode(tree: Any, met: Met | None = None) -> Any:
    try:
        return codec.decode_value(tree, _remote, WIDEST, _rest, codec.split_value, met or Met(), TABLES)
    except Unanswered as error:
        raise error.reason from None


def _rest(number: int) -> Any:
    try:
        return _ask("rest", number)["value"]
    except Exception as error:  # not for the decoder, which takes what is raised in there for the value's fault
        raise Unanswered(error) from None


def _received(answer: dict[str, Any], met: Met | None = None) -> Any:
    """The value of an answer. One that the program lent is kept equal to its own."""
    value = _decode(answer["value"], met)
    return _borrowed.borrow(answer["lent"], value) if "lent" in answer else value


_borrowed = Borrowed(_encode, _decode)
replicas = Replicas({}, TESTS, _encode, _decode)
"""Of no class yet; the tests' preamble brings some."""


def replicate(classes: dict[str, type]) -> None:
    """Objects of these classes are told to the program from when they are handed over."""
    replicas.define(classes)
