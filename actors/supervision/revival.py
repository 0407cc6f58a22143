"""Actors that Ray starts again: which errors say that one is gone, and waiting until it is back."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

REVIVAL_S, SIGN_S, DYING_S = 180.0, 5.0, 1.0
"""How long a dead actor is waited for, how long for one sign of it, and how long one that is ended may still give one:
what it is asked then is lost with it."""
FINAL_SIGNS = 3
"""So many answers of Ray's in a row that an actor is dead, not on its way back, are believed."""


def is_loss(error: BaseException) -> bool:
    """Whether the actor that was called is gone or out of reach, rather than raised this.

    Of an actor's own call that lost another one, Ray makes an error of both kinds; that is no loss of the first.
    """
    from ray.exceptions import NodeDiedError, OutOfMemoryError, RayActorError, RayTaskError, WorkerCrashedError

    losses = (RayActorError, NodeDiedError, OutOfMemoryError, WorkerCrashedError)
    return isinstance(error, losses) and not isinstance(error, RayTaskError)


async def revive_actor(
    actor: Any, sign: Callable[[], Awaitable[float]], stalled_at: float | None = None, most_s: float = REVIVAL_S
) -> bool:
    """Wait until an actor that Ray restarts gives a `sign` again, at most `most_s`; whether it did.

    One that is dead for good is not waited for. `stalled_at`: the sign at which it hangs; it is ended first, unless
    another one of those who wait has done so.
    """
    import ray
    from ray.exceptions import ActorDiedError

    if stalled_at is not None and await _hangs(sign, stalled_at):
        ray.kill(actor, no_restart=False)
        await asyncio.sleep(DYING_S)
    end, final = time.monotonic() + most_s, 0
    while time.monotonic() < end and final < FINAL_SIGNS:
        try:
            await asyncio.wait_for(sign(), SIGN_S)
            return True
        except ActorDiedError:
            final += 1
        except Exception:  # starting, out of reach, or hanging
            final = 0
        await asyncio.sleep(SIGN_S / 10)
    return False


async def _hangs(sign: Callable[[], Awaitable[float]], stalled_at: float) -> bool:
    """Whether an actor still stands where it stood; of many who find that at once, one ends it and the others see."""
    await asyncio.sleep(random.uniform(0, DYING_S))
    try:
        return await asyncio.wait_for(sign(), SIGN_S) == stalled_at
    except TimeoutError:
        return True
    except Exception:  # it is gone, or on its way back
        return False
