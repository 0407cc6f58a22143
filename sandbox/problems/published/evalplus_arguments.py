"""Arguments of MBPP+'s calls: JSON has lists where tuples, sets and complex numbers are meant."""

from collections.abc import Callable
from typing import Any

Arguments = list[Any]


def _deep(value: Any) -> Any:
    return tuple(map(_deep, value)) if isinstance(value, list) else value


FORMS: tuple[tuple[Callable[[Arguments], Arguments], frozenset[int]], ...] = (
    (
        lambda call: [tuple(argument) for argument in call],
        frozenset(
            (2, 116, 132, 143, 222, 261, 273, 394, 399, 421, 424, 429, 470, 560, 579, 596, 616, 630, 726, 740, 744, 809)
        ),
    ),
    (
        lambda call: [[tuple(item) for item in argument] for argument in call],
        frozenset((63, 64, 70, 94, 120, 237, 272, 299, 400, 409, 417, 438, 473, 614, 780)),
    ),
    (lambda call: [[tuple(item) for item in call[0]], *call[1:]], frozenset((75, 413, 444, 753))),
    (lambda call: [call[0], tuple(call[1])], frozenset((106, 750))),
    (lambda call: [[set(item) if item else {} for item in call[0]]], frozenset((115,))),
    (lambda call: [float(call[0]), complex(call[1])], frozenset((124,))),
    (lambda call: [tuple(call[0]), *call[1:]], frozenset((250, 307, 405, 446, 617, 720, 763, 808))),
    (lambda call: [complex(call[0])], frozenset((252,))),
    (lambda call: [tuple(tuple(item) for item in argument) for argument in call], frozenset((259, 401, 445))),
    (
        lambda call: [tuple(tuple(item) if isinstance(item, list) else item for item in call[0])],
        frozenset((278,)),
    ),
    (lambda call: [_deep(argument) for argument in call], frozenset((580, 615, 791))),
    (lambda call: [{key: tuple(value) for key, value in call[0].items()}, *call[1:]], frozenset((722,))),
)
"""What a call's arguments become, and the problems of which they do; all others are what JSON has."""


def meant_arguments(number: int, call: Arguments) -> Arguments:
    """The arguments of one call of problem `number`. Raises what conversions raise if they do not fit."""
    return next((form(call) for form, numbers in FORMS if number in numbers), call)
