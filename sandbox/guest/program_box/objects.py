"""The program's side of a conversation with a judge: names, calls and objects that stay here behind numbers."""

import io
import sys
import types
from collections.abc import Callable, Iterable
from functools import partial
from itertools import count
from typing import Any

from sandbox.guest.exceptions import describe_exception, is_own
from sandbox.guest.program_box.loans import Loans
from sandbox.guest.program_box.special import OPERATIONS
from sandbox.guest.surroundings import Surroundings
from sandbox.protocol import arrays, codec
from sandbox.protocol.replicas import PROGRAM, Replicas

EXACT = partial(arrays.make_array, arrays.exact_numbers)


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
        self.printed: io.StringIO | None = None
        self.loans = Loans(self.keep)
        self.replicas = Replicas(classes or {}, PROGRAM, self._tree, self._decode, self.names.get)
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
        return {"value": self._encoder().tree(value, 0)}

    def _part(self, value: object) -> dict[str, Any]:
        """A value that is a part of the program's objects: tests may change it in place."""
        answer = self._value(value)
        return answer if self.rests else answer | self.loans.lend(value)

    def _encoder(self) -> codec.Encoder:
        return codec.Encoder(self.keep, codec.MESSAGE_ITEMS, self._later)

    def _later(self, rest: codec.Rest) -> int:
        number = next(self.numbers)
        self.rests[number] = rest
        return number

    def do_rest(self, number: int) -> dict[str, Any]:
        """What a message had no room for. Asked once, then it is gone, and with it the value."""
        return {"value": self.rests.pop(number)(self._encoder())}

    def _decode(self, tree: Any) -> Any:
        if isinstance(tree, dict) and "iterator" in tree:
            return iter(self._decode(tree["iterator"]))
        return codec.decode_value(tree, self._find, EXACT)

    def _find(self, number: int, type_name: str) -> object:
        return self.kept[number] if number >= 0 else self.replicas.find(number)

    def _tree(self, value: object) -> Any:
        return codec.encode_value(value, self.keep)

    def do_get(self, name: str) -> dict[str, Any]:
        if name not in self.names:
            raise NameError(f"name {name!r} is not defined")
        return self._part(self.names[name])

    def do_call(self, number: int, args: list[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
        values = [self._decode(tree) for tree in args]
        named = {name: self._decode(tree) for name, tree in kwargs.items()}
        function: Callable[..., object] = self.kept[number]  # type: ignore[assignment]
        made = function(*values, **named)
        own = isinstance(function, type) and is_own(function)
        # an instance of the program's own class stays an object, even if the class is a kind of list
        method = getattr(function, "__self__", None) is not None and not isinstance(function, types.BuiltinFunctionType)
        result = {"value": self.keep(made)} if own else self._part(made) if method else self._value(made)
        # arguments that the call changed in place go back, for tests that look at them; and that it returned one
        given = [(str(index), tree, value) for index, (tree, value) in enumerate(zip(args, values, strict=True))]
        given += [(name, kwargs[name], value) for name, value in named.items()]
        mutable = [(name, tree, value) for name, tree, value in given if _may_change(tree, value)]
        changed = {
            name: self._encoder().tree(value, 0)
            for name, tree, value in mutable
            if codec.encode_value(value, self.keep) != tree
        }
        same = next((name for name, _, value in mutable if value is made), None)
        more = {"changed": changed, "same": same}
        return result | {key: value for key, value in more.items() if value}

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


def _may_change(tree: Any, value: object) -> bool:
    """Whether an argument can look different after a call: also a tuple that holds more than scalars."""
    if type(value) is tuple:
        body = tree["tuple"]
        return isinstance(body, list) and any(type(item) in (list, dict) for item in body)
    return type(value) in (list, dict, set, bytearray, codec.deque) or arrays.is_array(value)
