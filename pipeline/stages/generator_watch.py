"""What generators say of themselves while they sample: asked all at once, and nobody is waited for."""

import contextlib
from collections.abc import Collection
from typing import Any

import ray
from ray.exceptions import RayError

from actors.generator import GeneratorStatus
from actors.supervision.crew import WorkerReport
from pipeline.config.schema import Config
from pipeline.stages.infrastructure_rate import MIN_EPISODES_FOR_A_RATE, InfrastructureRateError, too_much_text
from pipeline.trackers.console import ProgressLine
from pipeline.trackers.live import LIVE

LOST_ANSWERS, MOST_NAMED = "lost_answers", 100
"""Among a stage's facts: answers that never came, by problem, sample and turn; no more than so many by name. Their
episodes are masked."""
FINAL_S = 5.0
"""For the last word of all generators together, at the end of a stage."""


class GeneratorWatch:
    """Asks generators how far they are: for the progress line, and to tell slow work from a stall."""

    def __init__(self, config: Config, total: int, done: int) -> None:
        self.limit = config.executor.max_infrastructure_rate
        self.progress = ProgressLine("episodes", total, done, unit="episodes")
        self.before = done
        self.start: dict[Any, GeneratorStatus] = {}
        self.now: dict[Any, GeneratorStatus] = {}
        self._asked: dict[Any, Any] = {}

    def begin(self, worker: Any) -> None:
        """Ask for what it did before: a generator outlives stages, and only what it does in this one counts."""
        self._asked[worker] = worker.status.remote()

    def ask(self, workers: Collection[Any]) -> dict[Any, WorkerReport]:
        """As `Crew.ask`. One that hangs is asked once."""
        reports = self._answers(0.0)
        self._ask(workers)
        return reports

    def finish(self, workers: Collection[Any]) -> None:
        """Have the last word of all who give it in time."""
        self._answers(FINAL_S / 2)  # to what they were asked before
        self._ask(workers)
        self._answers(FINAL_S / 2)
        self.progress.close()

    def _ask(self, workers: Collection[Any]) -> None:
        for worker in workers:
            if worker not in self._asked:
                self._asked[worker] = worker.status.remote()

    def _answers(self, wait_s: float) -> dict[Any, WorkerReport]:
        """What has come of what was asked, or comes within `wait_s`."""
        if not self._asked:
            return {}
        references = list(self._asked.values())
        there = set(ray.wait(references, num_returns=len(references), timeout=wait_s)[0])
        answered = [worker for worker, reference in self._asked.items() if reference in there]
        reports = {}
        for worker in answered:
            with contextlib.suppress(RayError):  # a dead worker shows by its shard
                status: GeneratorStatus = ray.get(self._asked.pop(worker))
                self.start.setdefault(worker, status)
                if worker in self.now and self.now[worker].moved != status.moved:
                    LIVE.note_moved()
                self.now[worker] = status
                reports[worker] = WorkerReport(
                    moved=status.moved,
                    finished=status.played,
                    has_room=status.has_room,
                    unbegun=status.shards_unbegun,
                    node_id=status.node_id,
                )
        return reports

    def tick(self) -> None:
        """Draw the progress line. Raises InfrastructureRateError if the sandbox fails too often."""
        episodes, infrastructure = self._sum("episodes_done"), self._sum("infrastructure")
        if episodes >= MIN_EPISODES_FOR_A_RATE and infrastructure / episodes > self.limit:
            raise InfrastructureRateError(too_much_text(infrastructure, episodes, self.limit))
        elapsed = self._sum("alive_s")
        self.progress.update(
            self.before + int(episodes),
            in_flight=sum(status.in_flight for status in self.now.values()),
            infrastructure=int(infrastructure),
            unjudged=int(self._sum("unjudged")),
            engine_idle=f"{1 - self._sum('engine_busy_s') / elapsed:.0%}" if elapsed else "-",
        )

    def facts(self) -> dict[str, Any]:
        """Where the accelerators' time went, over all generators, and how the work was spread."""
        return {
            **self._lost(),
            "engine_busy_s": round(self._sum("engine_busy_s"), 1),
            "judge_wait_s": round(self._sum("judge_wait_s"), 1),
            "episodes_in_flight_max": max((status.in_flight_max for status in self.now.values()), default=0),
            "episodes_per_generator": [self._gain(worker, "episodes_done") for worker in self.now],
        }

    def _lost(self) -> dict[str, list[str]]:
        """Names of the lost answers, as far as they are known, and how many more there are; {} if none was lost."""
        names: list[str] = []
        for worker, status in self.now.items():
            if gain := int(self._gain(worker, "answers_lost")):
                names += status.last_lost[-gain:]
        named, total = names[:MOST_NAMED], int(self._sum("answers_lost"))
        more = [f"and {total - len(named)} more"] if total > len(named) else []
        return {LOST_ANSWERS: named + more} if total else {}

    def _gain(self, worker: Any, name: str) -> float:
        gain: float = getattr(self.now[worker], name) - getattr(self.start[worker], name)
        return gain

    def _sum(self, name: str) -> float:
        return sum(self._gain(worker, name) for worker in self.now)
