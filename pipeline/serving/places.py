"""How many requests are worked on and how many wait; what comes beyond that is refused at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pipeline.serving.api_error import too_busy


class Places:
    """consumes       requests of one event loop
    waits for      one of `in_flight` places, first come first served
    produces       the place, for as long as the body lasts
    unblocked by   a request that ends, or the deadline of the request itself
    """

    def __init__(self, in_flight: int, queued: int) -> None:
        self._most = in_flight + queued
        self._free = asyncio.Semaphore(in_flight)
        self._taken = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Raises ApiError (429) if the queue is full."""
        if self._taken >= self._most:
            raise too_busy(f"{self._taken} requests are worked on or wait, which is the most; ask again later")
        self._taken += 1
        try:
            async with self._free:
                yield
        finally:
            self._taken -= 1
