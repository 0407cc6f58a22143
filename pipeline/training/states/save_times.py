"""After which steps of a training its state is saved: by the clock of rank 0, and the same on every rank.

By seconds and not by steps: what a kill costs is time, and a step lasts 20 ms or a minute, so no number of steps suits
every model. A training of less than `training.save_every_s` never saves.
"""

import math
import time
from collections.abc import Callable

PAUSE = 10.0
"""A pause lasts at least as many times the write before it, so that writing takes a tenth of the time at most."""
Agree = Callable[[list[int]], list[int]]
"""Gives every rank the numbers of rank 0."""


class SaveTimes:
    """Asked after every step. The ranks agree only now and then, since that waits for the slowest: 1, 2, 4 … steps
    after the last save, or sooner if it is due."""

    def __init__(self, every_s: float, step: int, agree: Agree) -> None:
        self._every_s, self._agree = every_s, agree
        self._step, self._since, self._write_s = step, time.monotonic(), 0.0
        self._look_at = step + 1

    def is_due(self, step: int) -> bool:
        """Whether to save after `step`, which every rank must have reached."""
        if not self._every_s or step < self._look_at:
            return False
        taken, waited = step - self._step, max(time.monotonic() - self._since, 1e-9)
        left_s = max(self._every_s, PAUSE * self._write_s) - waited
        steps_left = max(1, min(taken, math.ceil(left_s * taken / waited)))
        due, look_in = self._agree([int(left_s <= 0), steps_left])
        self._look_at = step + look_in
        return bool(due)

    def note_saved(self, step: int, seconds: float) -> None:
        """The state after `step` was saved, or it was tried, which took `seconds`."""
        self._step, self._since, self._write_s = step, time.monotonic(), seconds
        self._look_at = step + 1
