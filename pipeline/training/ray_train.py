"""Launch a training under Ray Train: the checks before it, the workers, and the report after it.

Its workers start for it and end with it; or they stay (`TrainingWorkers`), did the training before it, and wait for the
next one.
"""

import dataclasses
import logging
import posixpath
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from actors.allocator import KEEP_MEMORY
from actors.memory import is_out_of_memory
from actors.prompting.chat_template import ChatTemplateError, has_chat_template
from actors.storage.checkpoint import CheckpointError, fetch_checkpoint, is_saved
from actors.storage.parts import committed_parts
from pipeline.cluster.ray_trainer import controls_of_fit, environment_of, gpus_of_worker, make_trainer
from pipeline.cluster.training_workers import TrainingWorkers, serve_jobs
from pipeline.config.training_sections import TrainingSection
from pipeline.trackers.console import notice
from pipeline.trackers.steps import write_training_steps
from pipeline.training.batches import count_steps
from pipeline.training.errors import TrainingError, TrainingFailed
from pipeline.training.frozen.head import train_head_on_rank
from pipeline.training.loop import train_on_rank
from pipeline.training.memory import ENDED_BY_ANOTHER, out_of_memory, smaller_settings
from pipeline.training.settings import TrainingJob, TrainingSettings
from pipeline.training.states.saved_states import SavedStates
from pipeline.training.types import Objective, TrainingReport
from pipeline.training.zero import ENVIRONMENT, import_deepspeed

VARIABLES = ENVIRONMENT | KEEP_MEMORY
"""Of a worker's environment."""
SHOWN_CHARACTERS = 300
"""Of the text of an error that was not written for people."""
Result = TrainingReport | Exception | None
"""Of a worker: the report on rank 0; an error that another attempt would meet again."""


def train_with_ray(
    objective: Objective,
    settings: TrainingSettings,
    training: TrainingSection,
    job: TrainingJob,
    workers: TrainingWorkers | None = None,
) -> TrainingReport:
    """Train, save at `settings.out` and beside it training_steps.parquet, and return the report.

    One that was killed, here or in a worker that Ray Train replaces, goes on from the state that it saved there.
    `training.workers` 0 trains in this process. `workers`: those of the command, if they stay. Raises TrainingError or
    CheckpointError before any work if the input cannot be trained on, TrainingFailed if the training ends before it is
    done.
    """
    settings = _with_absolute_paths(settings)
    _check_settings(settings)
    started = time.monotonic()
    config = {"objective": objective, "settings": settings}
    if training.workers == 0:
        result = _train_here(config)
    elif workers is None:
        result = _train_in_workers(config, training, job)
    else:
        result = _train_in_waiting(workers, config, training, job)
    if isinstance(result, Exception):
        raise result
    assert result is not None, "rank 0 reports"
    stage = posixpath.dirname(settings.out)
    write_training_steps(stage, result.step_records)
    SavedStates(stage).forget()
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
    with environment_of(LOCAL_RANK="0"):  # DeepSpeed wants to be told
        return trainer.fit().return_value


def start_workers(workers: TrainingWorkers, training: TrainingSection, run_name: str, storage: str) -> None:
    """Have workers that stay starting, unless they are there. `run_name`, `storage`: as in `TrainingJob`."""
    workers.start(training, partial(_fit_waiting, training, run_name, storage))


def _fit_waiting(
    training: TrainingSection, run_name: str, storage: str, desk: Any, imported: Callable[[], None]
) -> None:
    """`fit()` of the workers that stay. Nothing of theirs is tried again here: others do it again, as any training."""
    once = training.model_copy(update={"max_failures": 0})
    config = {"desk": desk}
    trainer = make_trainer(_wait_for_jobs, config, once, run_name, storage, VARIABLES, waits=True, desk=desk)
    imported()
    with environment_of(**controls_of_fit(training)):
        trainer.fit()


def _wait_for_jobs(config: dict[str, Any]) -> None:
    """What Ray Train runs in a worker that stays: the imports of any training, then one training after the other."""
    import ray.train

    import_deepspeed()
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer  # noqa: F401

    serve_jobs(config["desk"], ray.train.get_context().get_world_rank())


def _train_in_waiting(
    workers: TrainingWorkers, config: dict[str, Any], training: TrainingSection, job: TrainingJob
) -> Result:
    """By workers that stay. If they are lost meanwhile, that was an attempt, and others make the next ones."""
    import ray.train
    from ray.exceptions import RayActorError

    api: Any = ray.train
    start_workers(workers, training, job.run_name, job.storage)
    try:
        result: Result = workers.run(partial(_run_worker, config))
        return result
    except (api.TrainingFailedError, RayActorError) as error:
        failed = isinstance(error, api.WorkerGroupError)
        if failed and not training.max_failures:
            raise _training_failed(error, config, training) from error
        lost = f"  the training workers that stayed are lost ({_what_happened(error)}); others start"
        notice(lost, workers_lost=training.workers)
    left = training.model_copy(update={"max_failures": training.max_failures - failed})
    return _train_in_workers(config, left, job, waits=True)


def _train_in_workers(
    config: dict[str, Any], training: TrainingSection, job: TrainingJob, *, waits: bool = False
) -> Result:
    """By workers that start for it. `waits`: as in `make_trainer`."""
    import ray.train

    api: Any = ray.train  # a type checker sees the API of Ray Train's first version
    if not ray.is_initialized():
        ray.init()
    trainer = make_trainer(_run_worker, config, training, job.run_name, job.storage, VARIABLES, waits=waits)
    try:
        with environment_of(**controls_of_fit(training)):
            return trainer.fit().return_value
    except api.TrainingFailedError as error:
        raise _training_failed(error, config, training) from error


def _training_failed(error: Exception, config: dict[str, Any], training: TrainingSection) -> TrainingFailed:
    """What Ray Train's error comes to, for a person."""
    said = _what_happened(error)
    if is_out_of_memory(error) or any(words in said.lower() for words in ENDED_BY_ANOTHER):
        said = f"{said}. If it was for lack of memory: {smaller_settings(config['settings'])}"
    return TrainingFailed(
        f"{config['objective'].name}: {said}. It asked for {training.workers} workers with "
        f"{training.cpus} CPUs and {gpus_of_worker(training)} GPUs each; free now: {_free_resources()}"
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
