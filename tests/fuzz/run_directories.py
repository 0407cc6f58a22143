"""A small run directory of this version, written by what writes it in a run: every kind of file that one may hold."""

import json
import time
from pathlib import Path
from typing import Any

import pyarrow as pa

from actors.search.episode import EPISODE_SCHEMA
from actors.storage.checkpoint import save_atomically
from actors.storage.parts import commit_part
from actors.storage.removed_checkpoint import remove_checkpoint
from pipeline.config.load import load_config
from pipeline.config.schema import Config
from pipeline.evaluation.metric_rows import CALIBRATION_SCHEMA, METRIC_SCHEMA
from pipeline.stages.catalogue import STAGES
from pipeline.stages.heartbeat import IN_FLIGHT, Sign, to_json
from pipeline.stages.tasks import SCORE_SCHEMA
from pipeline.state.environment import run_environment
from pipeline.state.identity import StageIdentity
from pipeline.state.lease.driver_file import write_driver
from pipeline.state.lease.files import LeaseFiles
from pipeline.state.lease.record import new_record
from pipeline.state.manifest import Manifest
from pipeline.state.plugins import PLUGINS
from pipeline.state.stage import Stage, StageOutput
from pipeline.state.store import Store
from pipeline.trackers.jsonl import JsonlTracker
from pipeline.trackers.live import LiveRun, LiveStage
from pipeline.trackers.status_file import StatusFile
from pipeline.trackers.steps import StepRecord, write_progress, write_training_steps
from pipeline.trackers.told import TrackingFile
from pipeline.trackers.tracker import RunInfo, StageSummary
from tests.support.small_run import EPISODES, Rows, metric, searched

ROWS = {step.name: step for step in STAGES}
COUNTS = dict.fromkeys(("ended_infrastructure", "ended_unjudged", "tokens"), 0) | {"solved": 1}
PLUGIN = {"kind": "selector", "name": "my.rows:SHORT", "path": "my.rows:SHORT", "label": "the shortest"}
STEPS = [StepRecord(step=n, loss=1.0 / n, learning_rate=1e-3, grad_norm=None, tokens=64, seconds=0.1) for n in (1, 2)]


def write_run(root: Path) -> Path:
    """Iteration 0 is finished; in iteration 1 the policy was trained, its checkpoint was removed to save room, and
    episodes were being sampled when the driver ended."""
    config = load_config(
        None, [f"run.root={json.dumps(str(root))}", "run.name=run", "run.iterations=1", "eval.turns=2"]
    )
    store = Store(str(root / "run"))
    store.write(config.model_dump_json(indent=1).encode(), "config.json")
    _iteration_0(store, config)
    _iteration_1(store, config)
    _files_of_the_run(store)
    return root / "run"


def _iteration_0(store: Store, config: Config) -> None:
    episodes = _finish(store, config, 0, "episodes", [_table(EPISODES[:3]), _table(EPISODES[3:])])
    _finish(store, config, 0, "held_out", [_table(EPISODES[:1])])
    read = {"episodes:episodes@0": episodes.digest}
    _finish(store, config, 0, "verifier", [], inputs=read, trained=True)
    scores = [
        {
            "episode_id": "first",
            "turn": 0,
            "problem_id": "problem-first",
            "verifier_id": "v",
            "label": True,
            "score": 0.5,
        }
    ]
    _finish(store, config, 0, "scores", [pa.Table.from_pylist(scores, SCORE_SCHEMA)], inputs=read)
    _finish(store, config, 0, "search_greedy", [_table(searched(range(2), problems=6))])
    numbers = [*metric("greedy", (0.3, 0.2, 0.4), (0.4, 0.3, 0.5)), *metric("held_out_pairs", (0.5, 0.3, 0.6))]
    rows = [{"iteration": 0, **row} for row in numbers]
    bins = {"iteration": 0, "series": "held_out", "number": 0, "low": 0.0, "high": 1.0}
    bins |= {"count": 4, "predicted": 0.5, "observed": 0.4}
    tables = [pa.Table.from_pylist(rows, METRIC_SCHEMA), pa.Table.from_pylist([bins], CALIBRATION_SCHEMA)]
    _finish(store, config, 0, "metrics", tables)


def _iteration_1(store: Store, config: Config) -> None:
    policy = _finish(store, config, 1, "policy", [], trained=True)
    remove_checkpoint(policy.trained.path, "mucode gc")
    directory = store.prepare(_identity(ROWS["episodes"], config, 1, {}))
    commit_part(directory, 0, _table(EPISODES), {"episodes": 5, "solved": 2})
    training = store.prepare(_identity(ROWS["verifier"], config, 1, {}))
    write_progress(training, 10, STEPS, ["went on from step 1"])
    sign = Sign(part=0, attempt="a", node="n", host="h", process=1)
    store.write(to_json(sign).encode(), "iter_0001/verifier", IN_FLIGHT, "part-00000.json")


def _files_of_the_run(store: Store) -> None:
    record = new_record(60.0)
    LeaseFiles(store.files).create(1, record.again(released=True))
    write_driver(store.files, record.process)
    store.write(json.dumps(run_environment(), indent=1, default=str).encode(), "environment.json")
    store.write(json.dumps([PLUGIN]).encode(), PLUGINS)
    store.write(b'{"time": 1.0, "by": "mucode gc", "path": "x", "why": "y", "size_bytes": 3}\n', "removed.jsonl")
    live = LiveRun(stage=LiveStage(iteration=1, name="episodes", number=9, parts=2, done=5, total=9, unit="episodes"))
    live.stages, live.stages_done = 12, 8
    live.notice("a worker was lost", workers_lost=1)
    with StatusFile(store.root, "run", live):
        pass
    tracker = JsonlTracker(store.root)
    tracker.run_started(RunInfo(run_id="1", name="run", root=store.root, iterations=1, settings={}))
    tracker.stage_finished(
        StageSummary(
            iteration=0,
            stage="episodes",
            started=time.time(),
            seconds=1.0,
            counts={},
            metrics={},
            number=1,
            total=12,
            seconds_left=9.0,
        )
    )
    tracker.iteration_finished(0, [])
    told = TrackingFile(store.root)
    told.told("console").stages.append("iter_0000/episodes")
    told.save()


def _finish(
    store: Store,
    config: Config,
    iteration: int,
    name: str,
    tables: list[pa.Table],
    *,
    inputs: dict[str, str] | None = None,
    trained: bool = False,
) -> Manifest:
    identity = _identity(ROWS[name], config, iteration, inputs or {})
    directory = store.prepare(identity)
    for part, table in enumerate(tables):
        commit_part(directory, part, table, COUNTS | {"episodes": len(table)})
    checkpoint = save_atomically(_write_model, f"{directory}/checkpoint") if trained else None
    if trained:
        write_training_steps(directory, STEPS)
    return store.commit(identity, StageOutput(checkpoint=checkpoint, facts={"loss": 0.5}), time.monotonic())


def _identity(step: Stage, config: Config, iteration: int, inputs: dict[str, str]) -> StageIdentity:
    return StageIdentity(iteration=iteration, stage=step.name, settings=step.settings(config), inputs=inputs)


def _table(rows: Rows) -> pa.Table:
    return pa.Table.from_pylist(rows, EPISODE_SCHEMA)


def _write_model(directory: Path) -> None:
    files: dict[str, Any] = {"model.safetensors": "w" * 64, "config.json": "{}", "training.json": '{"steps": 2}'}
    for name, text in files.items():
        (directory / name).write_text(text)
