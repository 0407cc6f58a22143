"""Waits that end: every await on something outside this process has a deadline and says what it waits for."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from sandbox.errors import UserError

T = TypeVar("T")


class DeadlineError(UserError, TimeoutError):
    """Something took longer than it may; the message names it."""


async def within_deadline(seconds: float, what: str, awaitable: Awaitable[T]) -> T:
    """Await, but at most `seconds`; then cancel it and raise `DeadlineError` naming `what`."""
    timeout = asyncio.timeout(seconds)
    try:
        async with timeout:
            return await awaitable
    except TimeoutError as error:
        if not timeout.expired():
            raise
        raise DeadlineError(f"{what} took longer than its deadline of {seconds:g} s") from error
