"""One row of a file: its fields, checked as they are read, and its place, for messages."""

import ast
import keyword
import warnings
from typing import Any

from sandbox.errors import ProblemError
from sandbox.problem import FunctionTest

SHOWN = 60
TEXT = "text without lone surrogates, which no file and no input can hold"


class ProblemRow:
    """Fields by name. Whatever is not as expected raises ProblemError: place, field, expectation, what was found."""

    def __init__(self, fields: dict[str, Any], where: str) -> None:
        self.fields, self.where = fields, where

    def refuse(self, field: str, expected: str, found: Any = None) -> ProblemError:
        """The error to raise. `found`: the part that is wrong, if it is not the whole field."""
        value = self.fields.get(field) if found is None else found
        shown = "nothing" if value is None else repr(value)
        shown = shown if len(shown) <= SHOWN else shown[: SHOWN - 1] + "…"
        return ProblemError(f"{self.where}: field {field}: expected {expected}, found {shown}")

    def has(self, field: str) -> bool:
        return self.fields.get(field) is not None

    def identifier(self, field: str) -> str:
        value = self.fields.get(field)
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "" or not is_text(str(value)):
            raise self.refuse(field, "a string or an integer")
        return str(value)

    def number(self, field: str) -> int:
        value = self.fields.get(field)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.refuse(field, "an integer")
        return value

    def text(self, field: str) -> str:
        """A string with line ends as in Unix."""
        value = self.fields.get(field)
        if not isinstance(value, str):
            raise self.refuse(field, "a string")
        if not is_text(value):
            raise self.refuse(field, TEXT)
        return value.replace("\r\n", "\n")

    def texts(self, field: str) -> list[str]:
        """A list of strings; a missing one is empty."""
        value = self.fields.get(field) if self.has(field) else []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.refuse(field, "a list of strings")
        if not all(map(is_text, value)):
            raise self.refuse(field, TEXT)
        return [item.replace("\r\n", "\n") for item in value]

    def name(self, field: str) -> str:
        value = self.text(field)
        if not is_name(value):
            raise self.refuse(field, "the name of a function")
        return value

    def code(self, field: str) -> str:
        """Python source; a missing field is empty."""
        return self.parsed(field, self.text(field)) if self.has(field) else ""

    def tests(self, field: str) -> list[FunctionTest]:
        """Python statements, at least one."""
        sources = self.texts(field)
        if not sources:
            raise self.refuse(field, "a list of at least one Python statement")
        return [FunctionTest(self.parsed(field, source)) for source in sources]

    def parsed(self, field: str, source: str) -> str:
        """`source` again. Raises ProblemError if it is not Python."""
        self.tree(field, source)
        return source

    def tree(self, field: str, source: str) -> ast.Module:
        """What `source`, a part of the field, says in Python."""
        try:
            with warnings.catch_warnings(action="ignore"):  # odd escapes in strings of published tests
                return ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise self.refuse(field, f"Python source ({error})", source) from None


def is_name(text: str) -> bool:
    """Whether Python may call a function so."""
    return text.isidentifier() and not keyword.iskeyword(text)


def is_text(value: str) -> bool:
    """Whether it has an encoding."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
