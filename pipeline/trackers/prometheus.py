"""The tracker that counts on the Prometheus port of Ray's node: `ray_mucode_…`, with the run's name and id.

Ray's own page says where that port is and how Prometheus finds it; `deploy/grafana.json` and `deploy/alerts.yaml` use
what `METRICS` lists. What happens between two calls, as episodes that are finished, is read from `LIVE` every few
seconds. A counter begins at 0 with each process, as Prometheus expects.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.trackers.live import LIVE, LiveRun
from pipeline.trackers.tracker import MetricRecord, RunInfo, StageSummary, TrainingStep

LOOK_EVERY_S = 5.0
PREFIX = "ray_"
"""That Ray puts before each name."""
OF_ALL = ("run", "run_id")
END_DEADLINE_S = 5.0


@dataclass(frozen=True, slots=True)
class MetricKind:
    """`labels`: those beside `run` and `run_id`."""

    kind: Literal["counter", "gauge"]
    text: str
    labels: tuple[str, ...] = ()


METRICS = {
    "mucode_stages": MetricKind("gauge", "stages of the run"),
    "mucode_stages_done": MetricKind("gauge", "stages that are finished"),
    "mucode_stage_active": MetricKind("gauge", "1 for the stage at work", ("stage",)),
    "mucode_stage_progress": MetricKind("gauge", "finished share of the stage at work, 0 to 1"),
    "mucode_iteration": MetricKind("gauge", "iteration at work; 0 is the base model"),
    "mucode_standstill_seconds": MetricKind("gauge", "since something moved last"),
    "mucode_run_bytes": MetricKind("gauge", "size of finished stages, checkpoints included"),
    "mucode_episodes_total": MetricKind("counter", "episodes that this process saw end"),
    "mucode_masked_episodes_total": MetricKind("counter", "episodes without a label, by why", ("why",)),
    "mucode_engine_busy_seconds_total": MetricKind("counter", "in which engines made a step, over all generators"),
    "mucode_judge_wait_seconds_total": MetricKind("counter", "in which episodes waited for a verdict"),
    "mucode_stage_seconds_total": MetricKind("counter", "that finished stages took", ("stage",)),
    "mucode_workers_lost_total": MetricKind("counter", "generators, executors, verifiers and tasks that were lost"),
    "mucode_training_steps_total": MetricKind("counter", "optimizer steps", ("stage",)),
    "mucode_training_tokens_total": MetricKind("counter", "tokens trained on, without padding", ("stage",)),
    "mucode_training_loss": MetricKind("gauge", "of the last step", ("stage",)),
    "mucode_training_grad_norm": MetricKind("gauge", "of the last step, before clipping", ("stage",)),
    "mucode_training_tokens_per_second": MetricKind("gauge", "of the last step", ("stage",)),
    "mucode_metric": MetricKind(
        "gauge", "value of a metric after a turn, of the last iteration", ("metric", "series", "width", "turn")
    ),
}
"""By name, as `ray.util.metrics` takes it."""


class PrometheusTracker:
    def __init__(self, live: LiveRun = LIVE) -> None:
        self._live, self._names = live, {"run": "", "run_id": ""}
        self._made: dict[str, Any] = {}
        self._seen: dict[str, float] = {}
        self._active = ""
        self._ended, self._lock = threading.Event(), threading.Lock()
        self._thread = threading.Thread(target=self._keep_looking, name="prometheus", daemon=True)

    def run_started(self, info: RunInfo) -> None:
        self._names = {"run": info.name, "run_id": info.run_id}
        self._thread.start()

    def training_step(self, step: TrainingStep) -> None:
        stage = {"stage": step.stage}
        self._add("mucode_training_steps_total", 1, **stage)
        self._add("mucode_training_tokens_total", step.tokens, **stage)
        self._set("mucode_training_loss", step.loss, **stage)
        self._set("mucode_training_tokens_per_second", step.tokens_per_second, **stage)
        if step.grad_norm is not None:
            self._set("mucode_training_grad_norm", step.grad_norm, **stage)

    def stage_finished(self, summary: StageSummary) -> None:
        self._add("mucode_stage_seconds_total", summary.seconds, stage=summary.stage)
        for name, fact in (("engine_busy", "engine_busy_s"), ("judge_wait", "judge_wait_s")):
            if isinstance(seconds := summary.metrics.get(fact), int | float):
                self._add(f"mucode_{name}_seconds_total", seconds)

    def iteration_finished(self, iteration: int, rows: Sequence[MetricRecord]) -> None:
        for row in rows:
            if row["iteration"] == iteration:
                named = {"metric": row["metric"], "series": row["series"], "width": str(row["width"])}
                for point in row["turns"]:
                    self._set("mucode_metric", point["value"], **named, turn=str(point["turn"]))

    def close(self) -> None:
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join(END_DEADLINE_S)

    def _keep_looking(self) -> None:
        while True:
            self.look()
            if self._ended.wait(LOOK_EVERY_S):
                return

    def look(self) -> None:
        """Take over what `LIVE` says now."""
        live, stage = self._live, self._live.stage
        self._set("mucode_stages_done", live.stages_done)
        self._set("mucode_standstill_seconds", max(0.0, time.time() - live.moved))
        self._set("mucode_run_bytes", live.size_bytes)
        self._add_growth("mucode_workers_lost_total", "", live.workers_lost)
        if live.stages is not None:
            self._set("mucode_stages", live.stages)
        if self._active and (stage is None or stage.name != self._active):
            self._set("mucode_stage_active", 0, stage=self._active)
        self._active = stage.name if stage else ""
        if stage is None:
            return
        self._set("mucode_stage_active", 1, stage=stage.name)
        self._set("mucode_iteration", stage.iteration)
        self._set("mucode_stage_progress", stage.done / stage.total if stage.total else 0.0)
        if stage.unit == "episodes":
            key = f"{stage.iteration}/{stage.name}"
            self._add_growth("mucode_episodes_total", key, stage.done - stage.already)
            for why in ("infrastructure", "unjudged"):
                if isinstance(number := stage.numbers.get(why), int):
                    self._add_growth("mucode_masked_episodes_total", key, number, why=why)

    def _add_growth(self, name: str, key: str, now: float, **labels: str) -> None:
        """Add what a number has grown by since the last look at it; `key`: whose number it is."""
        place = "/".join((name, key, *labels.values()))
        grown = now - self._seen.get(place, 0.0)
        self._seen[place] = now
        if grown > 0:
            self._add(name, grown, **labels)

    def _add(self, name: str, amount: float, **labels: str) -> None:
        if amount > 0 and (metric := self._metric(name)) is not None:
            metric.inc(amount, tags={**self._names, **labels})

    def _set(self, name: str, value: float, **labels: str) -> None:
        if (metric := self._metric(name)) is not None:
            metric.set(value, tags={**self._names, **labels})

    def _metric(self, name: str) -> Any:
        """None before this process has joined Ray, and after it has left: a run may be told of without it."""
        import ray
        from ray.util.metrics import Counter, Gauge

        if not ray.is_initialized():
            return None
        with self._lock:
            if name not in self._made:
                row = METRICS[name]
                make = Counter if row.kind == "counter" else Gauge
                self._made[name] = make(name, row.text, tag_keys=(*OF_ALL, *row.labels))
            return self._made[name]
