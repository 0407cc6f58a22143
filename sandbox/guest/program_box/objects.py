"""The program's side of a conversation with a judge: names, calls and objects that stay here behind numbers."""

import importlib
import io
import sys
import types
from collections import namedtuple
from collections.abc import Callable, Iterable
from functools import partial
from itertools import count
from typing import Any

from sandbox.guest.exceptions import describe_exception, is_own
from sandbox.guest.program_box.given import Given
from sandbox.guest.program_box.loans import Loans
from sandbox.guest.program_box.special import OPERATIONS, PYPLOT
from sandbox.guest.surroundings import Surroundings
from sandbox.protocol import arrays, codec, tables
from sandbox.protocol.plain import MOST_RECORDS
from sandbox.protocol.replicas import PROGRAM, Replicas
from sandbox.protocol.sharing import Met, Sharing

EXACT = partial(arrays.make_array, arrays.exact_numbers)
TABLES = tables.Maker(widest=False)


class Objects:
    """Answers one message at a time. Plain values leave, anything else stays and leaves as a handle.

    Deliberately absent: comparisons and arithmetic, whose other operand would be the expected answer.
    """

    def __init__(
        self, names: dict[str, Any], surroundings: Iterable[str] = (), classes: dict[str, type] | None = None
    ) -> None:
        """`surroundings`: of the process, what is carried. `classes`: of the preamble, perhaps replicated."""
        self.names = names
        self.kept: list[object] = []
        self.places: dict[int, int] = {}  # by identity, which stays while the object is kept
        self.rests: dict[int, codec.Rest] = {}
        self.numbers = count()
        self.tuples: dict[tuple[str, tuple[str, ...]], type] = {}
        self.printed: io.StringIO | None = None
        self.loans = Loans(self.keep)
        self.replicas = Replicas(classes or {}, PROGRAM, self._tree, self._decode, self.names.get)
        self.given = Given(self.keep, self._decode)
        self.surroundings = Surroundings([*surroundings], strict=False)

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        try:
            self.surroundings.take(message)
            self.replicas.take(message)
            self.loans.settle(message, self._decode)
            self.replicas.forget(message.get("gone", ()))
            answer = self._answer(message) | self.loans.news()
            return answer | self.replicas.changes() | self.surroundings.changes()
        except BaseException as error:
            return {"raised": describe_exception(error)}

    def _answer(self, message: dict[str, Any]) -> dict[str, Any]:
        try:
            operation, *arguments = message["do"]
            answer: dict[str, Any] = getattr(self, f"do_{operation}")(*arguments)
            return answer
        except StopAsyncIteration as error:
            return {"stop": True} if message["do"][-2:] == ["anext", []] else {"raised": describe_exception(error)}
        except StopIteration as error:
            if message["do"][0] == "next":
                return {"stop": True}
            return {"raised": describe_exception(error)}
        except BaseException as error:
            return {"raised": describe_exception(error)}

    def keep(self, value: object, name: str | None = None) -> dict[str, Any]:
        """The handle of an object, always the same for the same one."""
        if id(value) not in self.places and (tree := self.replicas.tree(value)) is not None:
            return tree
        number = self.places.setdefault(id(value), len(self.kept))
        if number == len(self.kept):
            self.kept.append(value)
        return {"handle": number, "type": name or str(type(value).__name__)[: codec.NAME]}

    def _value(self, value: object) -> dict[str, Any]:
        return {"value": self._encoder(Sharing()).tree(value, 0)}

    def _part(self, value: object) -> dict[str, Any]:
        """A value that is a part of the program's objects: tests may change it in place."""
        answer = self._value(value)
        return answer if self.rests else answer | self.loans.lend(value)

    def _encoder(self, sharing: Sharing) -> codec.Encoder:
        encoder = codec.Encoder(self.keep, codec.MESSAGE_ITEMS, self._later, sharing)
        encoder.records = MOST_RECORDS
        return encoder

    def _later(self, rest: codec.Rest) -> int:
        number = next(self.numbers)
        self.rests[number] = rest
        return number

    def do_rest(self, number: int) -> dict[str, Any]:
        """What a message had no room for. Asked once, then it is gone, and with it the value."""
        return {"value": self.rests.pop(number)(self._encoder(Sharing()))}

    def _decode(self, tree: Any, met: Met | None = None) -> Any:
        if isinstance(tree, dict) and "iterator" in tree:
            return iter(self._decode(tree["iterator"], met))
        return codec.decode_value(tree, self._find, EXACT, met=met or Met(), table=TABLES, named=self._named)

    def _named(self, name: str, fields: tuple[str, ...], items: list[Any]) -> object:
        """Of the class with that name and these fields, as the preamble defines it; else of one made for it."""
        cls = self.names.get(name)
        if not (isinstance(cls, type) and issubclass(cls, tuple) and getattr(cls, "_fields", None) == fields):
            cls = self.tuples.setdefault((name, fields), namedtuple(name, fields))  # type: ignore[misc]
        return tuple.__new__(cls, items)

    def _find(self, number: int, type_name: str) -> object:
        return self.kept[number] if number >= 0 else self.replicas.find(number)

    def _tree(self, value: object) -> Any:
        return codec.encode_value(value, self.keep, sharing=Sharing())

    def do_get(self, name: str) -> dict[str, Any]:
        if name not in self.names:
            raise NameError(f"name {name!r} is not defined")
        return self._part(self.names[name])

    def do_call(self, number: int, args: list[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
        met = Met()
        values = [self._decode(tree, met) for tree in args]
        named = {name: self._decode(tree, met) for name, tree in kwargs.items()}
        function: Callable[..., object] = self.kept[number]  # type: ignore[assignment]
        encoder = self._encoder(Sharing(met.objects))
        try:
            result = self._result(function, function(*values, **named), encoder)
        except BaseException as error:  # arguments that a call changed in place go back, however it ended
            result = {"raised": describe_exception(error)}
        changed = self.given.changed([*args, *kwargs.values()], [*values, *named.values()], met)
        return result | ({"changed": {"": self._contents(encoder, changed)}} if changed else {})

    def _result(self, function: Any, made: object, encoder: codec.Encoder) -> dict[str, Any]:
        if isinstance(function, type) and is_own(function):
            # an instance of the program's own class stays an object, even if the class is a kind of list
            return {"value": self.keep(made)}
        result: dict[str, Any] = {"value": encoder.tree(made, 0)}
        method = getattr(function, "__self__", None) is not None and not isinstance(function, types.BuiltinFunctionType)
        given = isinstance(result["value"], dict) and "given" in result["value"]
        return result | self.loans.lend(made) if method and not given and not self.rests else result

    def _contents(self, encoder: codec.Encoder, changed: list[tuple[int, Any]]) -> Any:
        """After the value, all of it: so both sides number alike."""
        if not self.rests:
            return encoder.contents(changed)
        sharing = encoder.sharing

        def later(encoder: codec.Encoder) -> Any:
            encoder.sharing = sharing
            return encoder.contents(changed)["dict"]

        return {"dict": {"cut": [[], self._later(later)]}}

    def do_attr(self, number: int, name: str) -> dict[str, Any]:
        return self._part(getattr(self.kept[number], name))

    def do_setattr(self, number: int, name: str, tree: Any) -> dict[str, Any]:
        setattr(self.kept[number], name, self._decode(tree))
        return {"value": None}

    def do_item(self, number: int, tree: Any) -> dict[str, Any]:
        return self._part(self.kept[number][self._decode(tree)])  # type: ignore[index]

    def do_setitem(self, number: int, key: Any, tree: Any) -> dict[str, Any]:
        self.kept[number][self._decode(key)] = self._decode(tree)  # type: ignore[index]
        return {"value": None}

    def do_isinstance(self, number: int, cls: int) -> dict[str, Any]:
        return {"value": bool(isinstance(self.kept[number], self.kept[cls]))}  # type: ignore[arg-type]

    def do_issubclass(self, number: int, cls: int) -> dict[str, Any]:
        return {"value": bool(issubclass(self.kept[number], self.kept[cls]))}  # type: ignore[arg-type]

    def do_printed(self) -> dict[str, Any]:
        """What went to standard output since this was asked before; it goes nowhere else from then on."""
        text = self.printed.getvalue() if self.printed is not None else ""
        self.printed = sys.stdout = io.StringIO()
        return {"value": text}

    def do_pyplot(self, name: str, args: list[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
        """What the tests do to the current figures."""
        function = getattr(importlib.import_module("matplotlib.pyplot"), PYPLOT[PYPLOT.index(name)])
        return self._value(function(*map(self._decode, args), **{key: self._decode(kwargs[key]) for key in kwargs}))

    def do_len(self, number: int) -> dict[str, Any]:
        return {"value": len(self.kept[number])}  # type: ignore[arg-type]

    def do_bool(self, number: int) -> dict[str, Any]:
        return {"value": bool(self.kept[number])}

    def do_str(self, number: int) -> dict[str, Any]:
        return {"value": codec.encode_value(str(self.kept[number]))}

    def do_repr(self, number: int) -> dict[str, Any]:
        return {"value": codec.encode_value(repr(self.kept[number]))}

    def do_iter(self, number: int) -> dict[str, Any]:
        return {"value": self.keep(iter(self.kept[number]), "iterator")}  # type: ignore[call-overload]

    def do_next(self, number: int) -> dict[str, Any]:
        return self._part(next(self.kept[number]))  # type: ignore[call-overload]

    def do_special(self, number: int, name: str, trees: list[Any]) -> dict[str, Any]:
        value = self.kept[number]
        made = OPERATIONS[name](value, *(self._decode(tree) for tree in trees))
        # what is of the same class stays an object, even if that is a kind of list
        return {"value": self.keep(made)} if type(made) is type(value) else self._part(made)
