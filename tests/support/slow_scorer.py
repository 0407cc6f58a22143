"""A scorer whose batches take their time, and which stops or kills its whole process once if its checkpoint says so."""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from actors.scorers.scorer import ScorerKind

BATCH_S = 0.25
SIGNALS = {"stop_once": signal.SIGSTOP, "kill_once": signal.SIGKILL}
"""Files of a checkpoint, and what they do to the process that comes upon them."""


class SlowScorer:
    def __init__(self, checkpoint: str, *, dtype: str, max_tokens: int, batch_tokens: int) -> None:
        self.batches, self.folder = 0, Path(checkpoint)

    def score_pairs(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """A batch per pair."""
        for _ in pairs:
            for name, number in SIGNALS.items():
                if (self.folder / name).exists():
                    (self.folder / name).unlink()
                    os.kill(os.getpid(), number)
            if (self.folder / "kill_always").exists():
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(BATCH_S)
            self.batches += 1
        return [float(len(response)) for _, response in pairs]


SLOW = ScorerKind(label="slow", description="The longer, the better.", load=SlowScorer)
