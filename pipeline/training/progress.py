"""Where a training stands: the loss is watched, and said in a file beside the checkpoint."""

import json
import math
import posixpath
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actors.storage.filesystem import open_directory, write_bytes
from pipeline.training.batches import TrainingError

if TYPE_CHECKING:
    from torch import Tensor

PROGRESS = "progress.json"
PROGRESS_EVERY_S = 1.0
CHECK_EVERY_STEPS = 20
"""Steps between looks at the loss, each of which waits for the accelerator."""
CALMER = "lower the learning rate, or look for broken weights in the base model"


@dataclass(slots=True)
class Progress:
    """Watches the loss, and says where a training stands in a file beside its checkpoint, for the driver."""

    name: str
    steps: int
    out: str
    said: float = 0.0

    def update(self, step: int, loss: "Tensor", speak: bool) -> None:
        """`step` is 1-based. Raises TrainingError where the loss is not finite, at the same step on all ranks."""
        if (step in (1, self.steps) or step % CHECK_EVERY_STEPS == 0) and not math.isfinite(loss.item()):
            raise TrainingError(f"{self.name}: the loss is {loss.item()} at step {step}; {CALMER}")
        if speak and (step == self.steps or time.monotonic() - self.said > PROGRESS_EVERY_S):
            self.said = time.monotonic()
            filesystem, directory = open_directory(posixpath.dirname(self.out))
            filesystem.create_dir(directory, recursive=True)
            body = json.dumps({"step": step, "steps": self.steps, "loss": loss.item()}).encode()
            write_bytes(filesystem, posixpath.join(directory, PROGRESS), body)
