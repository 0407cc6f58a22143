"""Carry out a training under Ray Train, once: the checks before it, the workers, and the report after it."""

import dataclasses
import logging
import os
import posixpath
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from actors.prompting.chat_template import ChatTemplateError, has_chat_template
from actors.storage.checkpoint import Checkpoint, CheckpointError, fetch, is_saved
from actors.storage.filesystem import open_directory
from actors.storage.parts import committed_parts
from pipeline.config.schema import TrainingSection
from pipeline.training.batches import TrainingError, count_steps
from pipeline.training.loop import train
from pipeline.training.types import Objective, Settings, TrainingReport
from pipeline.training.zero import ENVIRONMENT


def read_rows(directory: str, columns: list[str], *, key: str) -> list[dict[str, Any]]:
    """Rows of the committed parts of a stage, sorted by `key`: the order of parts and rows means nothing."""
    filesystem, root = open_directory(directory)
    files = [posixpath.join(root, record.file) for record in committed_parts(directory).values()]
    tables = [pq.read_table(file, columns=columns, filesystem=filesystem) for file in files]
    return sorted((row for table in tables for row in table.to_pylist()), key=lambda row: row[key])


def parallelism(training: TrainingSection) -> dict[str, Any]:
    """The fields of Settings that say how a training is carried out, not what it learns."""
    return {
        "zero_stage": training.zero_stage,
        "offload": training.offload,
        "gradient_checkpointing": training.gradient_checkpointing,
        "micro_batch_tokens": training.micro_batch_tokens,
        "threads": max(1, int(training.cpus)),
    }


def fit(
    objective: Objective, settings: Settings, training: TrainingSection, *, run_name: str, storage: str
) -> TrainingReport:
    """Train, save at `settings.out`, and return the report. `training.workers` 0 trains in this process.

    Raises TrainingError or CheckpointError before any work where the input cannot be trained on.
    """
    settings = _absolute(settings)
    _check(settings)
    started = time.monotonic()
    if training.workers == 0:
        report = _fit_here(objective, settings)
    else:
        report = _fit_with_ray(objective, settings, training, run_name, storage)
    if "error" in report:
        raise TrainingError(report["error"])
    losses = report.pop("losses")
    checkpoint = Checkpoint(**report.pop("checkpoint"))
    return TrainingReport(
        **report,
        checkpoint=checkpoint,
        losses=tuple(losses),
        first_loss=losses[0],
        last_loss=losses[-1],
        fit_s=time.monotonic() - started,
    )


def _worker(config: dict[str, Any]) -> dict[str, Any]:
    """What Ray Train runs. Errors that another attempt would meet again are returned: a raised one is retried."""
    try:
        return train(config["objective"], config["settings"])
    except (TrainingError, CheckpointError, ChatTemplateError) as error:
        return {"error": str(error)}


def _fit_here(objective: Objective, settings: Settings) -> dict[str, Any]:
    """Ray Train's local mode. Its general trainer, since the torch one would tear the process group down."""
    import ray.train
    from ray.train.v2.api.data_parallel_trainer import DataParallelTrainer

    logging.getLogger("ray.train").setLevel(logging.WARNING)  # it would say each time that this mode is local
    trainer: Any = DataParallelTrainer(
        _worker,
        train_loop_config={"objective": objective, "settings": settings},
        scaling_config=ray.train.ScalingConfig(num_workers=0),
    )
    with _environment(LOCAL_RANK="0"):  # DeepSpeed wants to be told
        return trainer.fit().return_value


def _fit_with_ray(
    objective: Objective, settings: Settings, training: TrainingSection, run_name: str, storage: str
) -> dict[str, Any]:
    import ray.train

    api: Any = ray.train  # a type checker sees the API of Ray Train's first version
    if not ray.is_initialized():
        ray.init()
    nodes = sum(node["Alive"] for node in ray.nodes())
    gpus = training.gpus if training.gpus is not None else float(ray.cluster_resources().get("GPU", 0) > 0)
    trainer = _trainer(lean=nodes == 1)(
        _worker,
        train_loop_config={"objective": objective, "settings": settings},
        scaling_config=api.ScalingConfig(
            num_workers=training.workers,
            use_gpu=gpus > 0,
            resources_per_worker={"CPU": training.cpus, **({"GPU": gpus} if gpus else {})},
        ),
        run_config=api.RunConfig(
            name=f"{run_name}-{uuid.uuid4().hex[:6]}",  # a name that was used would be re-entered, not run
            storage_path=storage if "://" in storage else str(Path(storage).absolute()),
            failure_config=api.FailureConfig(
                max_failures=training.max_failures, controller_failure_limit=training.max_failures
            ),
            worker_runtime_env={"env_vars": ENVIRONMENT},
        ),
    )
    # Ray Train reads these from the driver's environment and hands them to its controller.
    controls = {
        "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": str(training.start_deadline_s),
        "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.5",  # the interval of polling also delays the end
        "RAY_TRAIN_ENABLE_PRINT_PATCH": "0",  # it says every line twice
        "RAY_TRAIN_ENABLE_PREEMPTION_WATCHER": str(int(nodes > 1)),
    }
    try:
        with _environment(**controls):
            return trainer.fit().return_value
    except api.TrainingFailedError as error:
        raise TrainingError(
            f"training did not finish ({type(error).__name__}: {str(error)[:600]}). It asked for {training.workers} "
            f"workers with {training.cpus} CPUs and {gpus} GPUs each; free now: {ray.available_resources()}"
        ) from error


def _trainer(lean: bool) -> Any:
    """Ray Train's TorchTrainer (gloo on CPU, nccl on GPU).

    `lean`, for one node: without the actor that removes placement groups after a dead controller. It polls
    the dashboard each second and complains where there is none, and costs a process of every training; the
    group goes away with its creator in any case.
    """
    from ray.train.torch import TorchTrainer

    class LeanTrainer(TorchTrainer):
        def _create_default_callbacks(self) -> list[Any]:
            callbacks = super()._create_default_callbacks()  # type: ignore[misc]
            return [callback for callback in callbacks if type(callback).__name__ != "PlacementGroupCleanerCallback"]

    return LeanTrainer if lean else TorchTrainer


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    """Environment variables for a while; what was there before is put back."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _absolute(settings: Settings) -> Settings:
    """Paths that stay right in a worker, which Ray Train moves to a folder of its own."""

    def resolve(path: str) -> str:
        return path if "://" in path else str(Path(path).absolute())

    base = resolve(settings.base) if Path(settings.base).exists() else settings.base
    evaluation = resolve(settings.eval_data) if settings.eval_data else None
    return dataclasses.replace(
        settings, data=resolve(settings.data), out=resolve(settings.out), base=base, eval_data=evaluation
    )


def _check(settings: Settings) -> None:
    """What can be refused in milliseconds is refused before a worker starts."""
    records = committed_parts(settings.data)
    rows = sum(record.rows for record in records.values())
    if not rows:
        raise TrainingError(
            f"{settings.data} holds {len(records)} committed parts with 0 rows, so there is nothing to train on"
        )
    if settings.zero_stage == 0 and settings.dtype == "bfloat16":
        raise TrainingError("training.zero_stage = 0 keeps no fp32 copy of bfloat16 weights; use 1, 2 or 3")
    count_steps(rows, settings.batch, settings.steps, settings.epochs)
    if "://" in settings.base:
        if not is_saved(settings.base):
            raise CheckpointError(f"no checkpoint at {settings.base}: it has no checkpoint.json")
        return
    base = Path(fetch(settings.base))
    if not (base / "config.json").is_file():
        raise CheckpointError(f"{base} is no model: it has no config.json; give a Hugging Face directory")
    if not has_chat_template(base):
        raise CheckpointError(f"the model at {base} has no chat template; add one to its tokenizer_config.json")
