"""What functions of the standard library say of an object: of the program's they are asked in its box."""

import asyncio
import importlib
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from sandbox.guest.judge_box.operators import Operators

ASKED = {
    "dataclasses": ("asdict", "astuple", "is_dataclass"),
    "inspect": (
        *("iscoroutinefunction", "isgeneratorfunction", "isasyncgenfunction", "iscoroutine", "isgenerator"),
        *("isasyncgen", "isfunction", "ismethod", "isclass", "isabstract", "getdoc", "getsource"),
    ),
    "asyncio": ("iscoroutinefunction", "iscoroutine"),
}
"""They say something of their first argument, as a plain value."""


def ask_of_objects() -> None:
    """In this process, from now on."""
    for module, names in ASKED.items():
        owner = importlib.import_module(module)
        vars(owner).update({name: _asking(getattr(owner, name), f"{module}.{name}") for name in names})
    asyncio.run, asyncio.create_task = partial(_run, asyncio.run), partial(_task, asyncio.create_task)


def _asking(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    @wraps(function)
    def says(value: Any, *more: Any, **named: Any) -> Any:
        if isinstance(value, Operators):
            return value._special("says", name)
        return function(value, *more, **named)

    return says


async def _awaited(main: Any) -> Any:
    return await main


def _run(run: Callable[..., Any], main: Any, **named: Any) -> Any:
    return run(_awaited(main) if isinstance(main, Operators) else main, **named)


def _task(create: Callable[..., Any], main: Any, **named: Any) -> Any:
    return create(_awaited(main) if isinstance(main, Operators) else main, **named)
