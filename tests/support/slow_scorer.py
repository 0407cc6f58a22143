"""A scorer whose batches take their time, and which stops its whole process once if its checkpoint says so."""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from actors.scorers.scorer import ScorerKind

BATCH_S = 0.25


class SlowScorer:
    def __init__(self, checkpoint: str, *, dtype: str, max_tokens: int, batch_tokens: int) -> None:
        self.batches, self.stop = 0, Path(checkpoint) / "stop_once"

    def score_pairs(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """A batch per pair."""
        for _ in pairs:
            if self.stop.exists():
                self.stop.unlink()
                os.kill(os.getpid(), signal.SIGSTOP)
            time.sleep(BATCH_S)
            self.batches += 1
        return [float(len(response)) for _, response in pairs]


SLOW = ScorerKind(label="slow", description="The longer, the better.", load=SlowScorer)
