"""Launch a training under Ray Train, once: the checks before it, the workers, and the report after it."""

import dataclasses
import logging
import math
import os
import posixpath
import time
import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from actors.allocator import KEEP_MEMORY
from actors.memory import is_out_of_memory
from actors.prompting.chat_template import ChatTemplateError, has_chat_template
from actors.storage.checkpoint import CheckpointError, fetch_checkpoint, is_saved
from actors.storage.parts import committed_parts
from pipeline.config.training_sections import TrainingSection
from pipeline.trackers.steps import write_training_steps
from pipeline.training.batches import count_steps
from pipeline.training.errors import TrainingError, TrainingFailed
from pipeline.training.frozen.head import train_head_on_rank
from pipeline.training.loop import train_on_rank
from pipeline.training.memory import ENDED_BY_ANOTHER, out_of_memory, smaller_settings
from pipeline.training.settings import TrainingJob, TrainingSettings
from pipeline.training.types import Objective, TrainingReport
from pipeline.training.zero import ENVIRONMENT

SHOWN_CHARACTERS = 300
"""Of the text of an error that was not written for people."""
Result = TrainingReport | Exception | None
"""Of a worker: the report on rank 0; an error that another attempt would meet again."""


def train_with_ray(
    objective: Objective, settings: TrainingSettings, training: TrainingSection, job: TrainingJob
) -> TrainingReport:
    """Train, save at `settings.out` and beside it training_steps.parquet, and return the report.

    `training.workers` 0 trains in this process. Raises TrainingError or CheckpointError before any work if the input
    cannot be trained on, TrainingFailed if the training ends before it is done.
    """
    settings = _with_absolute_paths(settings)
    _check_settings(settings)
    started = time.monotonic()
    config = {"objective": objective, "settings": settings}
    result = _train_here(config) if training.workers == 0 else _train_in_workers(config, training, job)
    if isinstance(result, Exception):
        raise result
    assert result is not None, "rank 0 reports"
    write_training_steps(posixpath.dirname(settings.out), result.step_records)
    return dataclasses.replace(result, fit_s=time.monotonic() - started)


def _run_worker(config: dict[str, Any]) -> Result:
    """What Ray Train runs. Errors that another attempt would meet again are returned: a raised one is retried."""
    import ray.train

    try:
        train = train_head_on_rank if config["settings"].freeze else train_on_rank
        return train(config["objective"], config["settings"])
    except (TrainingError, CheckpointError, ChatTemplateError) as error:
        return _with_its_traceback(error)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        failure = out_of_memory(config["objective"].name, config["settings"], error)
        if ray.train.get_context().get_world_size() > 1:  # the other ranks would wait for this one
            raise failure from error
        return _with_its_traceback(failure)


def _with_its_traceback(error: Exception) -> Exception:
    """Of the error that is handled: a traceback does not travel, a note does."""
    error.add_note(traceback.format_exc())
    return error.with_traceback(None)


def _train_here(config: dict[str, Any]) -> Result:
    """Ray Train's local mode. Its general trainer, since the torch one would tear the process group down."""
    import ray.train
    from ray.train.v2.api.data_parallel_trainer import DataParallelTrainer

    logging.getLogger("ray.train").setLevel(logging.WARNING)  # it would say each time that this mode is local
    trainer: Any = DataParallelTrainer(
        _run_worker,
        train_loop_config=config,
        scaling_config=ray.train.ScalingConfig(num_workers=0),
    )
    with _environment(LOCAL_RANK="0"):  # DeepSpeed wants to be told
        return trainer.fit().return_value


def _train_in_workers(config: dict[str, Any], training: TrainingSection, job: TrainingJob) -> Result:
    import ray.train
    from ray.train.torch import TorchConfig

    api: Any = ray.train  # a type checker sees the API of Ray Train's first version
    if not ray.is_initialized():
        ray.init()
    nodes = sum(node["Alive"] for node in ray.nodes())
    gpus = training.gpus if training.gpus is not None else float(ray.cluster_resources().get("GPU", 0) > 0)
    trainer: Any = _trainer_class(lean=nodes == 1)(
        _run_worker,
        train_loop_config=config,
        scaling_config=api.ScalingConfig(
            num_workers=training.workers,
            use_gpu=gpus > 0,
            resources_per_worker={"CPU": training.cpus, **({"GPU": gpus} if gpus else {})},
        ),
        run_config=_run_config(training, job),
        torch_config=TorchConfig(timeout_s=math.ceil(training.stall_s)),  # of what ranks do together
    )
    # Ray Train reads these from the driver's environment and hands them to its controller.
    controls = {
        "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": str(training.start_deadline_s),
        "RAY_TRAIN_WORKER_HEALTH_CHECK_TIMEOUT_S": str(training.stall_s),
        "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.5",  # the interval of polling also delays the end
        "RAY_TRAIN_ENABLE_PRINT_PATCH": "0",  # it says every line twice
        "RAY_TRAIN_ENABLE_PREEMPTION_WATCHER": str(int(nodes > 1)),
    }
    try:
        with _environment(**controls):
            return trainer.fit().return_value
    except api.TrainingFailedError as error:
        said = _what_happened(error)
        if is_out_of_memory(error) or any(words in said.lower() for words in ENDED_BY_ANOTHER):
            said = f"{said}. If it was for lack of memory: {smaller_settings(config['settings'])}"
        raise TrainingFailed(
            f"{config['objective'].name}: {said}. It asked for {training.workers} workers with "
            f"{training.cpus} CPUs and {gpus} GPUs each; free now: {_free_resources()}"
        ) from error


def _run_config(training: TrainingSection, job: TrainingJob) -> Any:
    import ray.train

    api: Any = ray.train
    return api.RunConfig(
        name=f"{job.run_name}-{uuid.uuid4().hex[:6]}",  # a name that was used would be re-entered, not run
        storage_path=job.storage if "://" in job.storage else str(Path(job.storage).absolute()),
        failure_config=api.FailureConfig(
            max_failures=training.max_failures, controller_failure_limit=training.max_failures
        ),
        worker_runtime_env={"env_vars": ENVIRONMENT | KEEP_MEMORY},
    )


def _what_happened(error: Exception) -> str:
    """The first failure of a worker, or of Ray Train's controller, in one line; the traceback is the error's cause."""
    failures = getattr(error, "worker_failures", None) or {}
    told = [(f"worker {rank}: ", failure) for rank, failure in sorted(failures.items())]
    told.sort(key=lambda one: not is_out_of_memory(getattr(one[1], "_base_exc", one[1])))  # the others lost it thereby
    where, cause = next(iter(told), ("", error))
    cause = getattr(cause, "controller_failure", cause)
    cause = getattr(cause, "_base_exc", cause)  # Ray Train's wrapper of what a worker's function raised
    text = " ".join(str(cause).split())
    shown = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
    return f"{where}{type(cause).__name__}: {shown}"


def _free_resources() -> str:
    """CPUs and GPUs of the cluster that nobody holds."""
    import ray

    free = ray.available_resources()
    return f"{free.get('CPU', 0):g} CPUs, {free.get('GPU', 0):g} GPUs"


def _trainer_class(lean: bool) -> Any:
    """Ray Train's TorchTrainer (gloo on CPU, nccl on GPU).

    `lean`, for one node: without the actor that removes placement groups after a dead controller. It polls
    the dashboard each second and complains if there is none, and costs a process of every training; the
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


def _with_absolute_paths(settings: TrainingSettings) -> TrainingSettings:
    """Paths that stay right in a worker, which Ray Train moves to a folder of its own."""

    def resolve(path: str) -> str:
        return path if "://" in path else str(Path(path).absolute())

    base = resolve(settings.base) if Path(settings.base).exists() else settings.base
    return dataclasses.replace(settings, data=resolve(settings.data), out=resolve(settings.out), base=base)


def _check_settings(settings: TrainingSettings) -> None:
    """What can be refused in milliseconds is refused before a worker starts."""
    records = committed_parts(settings.data)
    rows = sum(record.rows for record in records.values())
    if not rows:
        raise TrainingError(
            f"{settings.data} holds {len(records)} committed parts with 0 rows, so there is nothing to train on"
        )
    if settings.zero_stage == 0 and settings.dtype == "bfloat16" and not settings.freeze:
        raise TrainingError("training.zero_stage = 0 keeps no fp32 copy of bfloat16 weights; use 1, 2 or 3")
    count_steps(rows, settings.batch_size, settings.steps, settings.epochs)
    if "://" in settings.base:
        if not is_saved(settings.base):
            raise CheckpointError(f"no checkpoint at {settings.base}: it has no checkpoint.json")
        return
    base = Path(fetch_checkpoint(settings.base))
    if not (base / "config.json").is_file():
        raise CheckpointError(f"{base} is no model: it has no config.json; give a Hugging Face directory")
    if not has_chat_template(base):
        raise CheckpointError(f"the model at {base} has no chat template; add one to its tokenizer_config.json")
