"""How often a worker may be started again, as a rate: what is lost now and then goes on for days, a crash loop ends."""

import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass

PER_HOUR, HOUR_S = 3, 3600.0
"""Losses of one worker within the last hour that are made good."""
IN_A_ROW = 3
"""A worker that is lost so many times without having finished anything in between fails at once and always."""
MOST_KEPT = 16
"""Losses that are remembered."""


@dataclass(frozen=True, slots=True)
class _Loss:
    """When, whether the worker had finished anything, and on which node it was, "" if nobody knows."""

    at: float
    finished: bool
    node_id: str


class RestartBudget:
    """What one worker may still cost, over all stages of a run.

    A worker that went with its node costs nothing, also if that is known only later.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock`: in seconds."""
        self._clock = clock
        self._losses: deque[_Loss] = deque(maxlen=MOST_KEPT)

    def spend(self, finished: bool, node_id: str = "", alive: Collection[str] = ()) -> str:
        """Count a loss; "" if another start is within the budget, else why it is not, in words.

        `finished`: whether the worker that is lost had finished anything; `node_id`: Ray's id of its node; `alive`: of
        the nodes that live now.
        """
        self._losses.append(_Loss(self._clock(), finished, node_id))
        return self.overdrawn(alive)

    def overdrawn(self, alive: Collection[str] = ()) -> str:
        """Why no other start is within the budget, not counting losses whose nodes are gone; "" if one is."""
        losses = [loss for loss in self._losses if not loss.node_id or loss.node_id in alive]
        row = 0
        for loss in reversed(losses):
            row += 1
            if loss.finished:
                break
        if row >= IN_A_ROW:
            return f"{row} times in a row without having finished anything in between"
        recent = sum(self._clock() - loss.at <= HOUR_S for loss in losses)
        return f"{recent} times within an hour" if recent > PER_HOUR else ""
