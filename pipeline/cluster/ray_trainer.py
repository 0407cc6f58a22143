"""Ray Train as trainings use it: a trainer of a function that every worker calls, and the environment of `fit()`."""

import math
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.config.training_sections import TrainingSection

WAITING_SHARE = {"node:__internal_head__": 0.001}
"""What a worker that stays reserves on the command's own Ray: no core, since phases take turns. Ray wants it to reserve
something, and each Ray has this resource."""


def make_trainer(
    function: Callable[[dict[str, Any]], Any],
    config: dict[str, Any],
    training: TrainingSection,
    run_name: str,
    storage: str,
    variables: Mapping[str, str],
    *,
    waits: bool = False,
    desk: Any = None,
) -> Any:
    """Ray Train's trainer, whose workers call `function(config)` with `variables` in their environment.

    `waits`: a worker reserves WAITING_SHARE, since it is there in other phases, too, or beside actors that are. `desk`:
    the JobDesk that is told of Ray Train's controller.
    """
    import ray.train
    from ray.train.torch import TorchConfig

    api: Any = ray.train  # a type checker sees the API of Ray Train's first version
    gpus = 0.0 if waits else gpus_of_worker(training)
    resources = WAITING_SHARE if waits else {"CPU": training.cpus, **({"GPU": gpus} if gpus else {})}
    if waits and "OMP_NUM_THREADS" not in os.environ:  # Ray sets it by the cores that are reserved
        variables = {**variables, "OMP_NUM_THREADS": str(max(1, int(training.cpus)))}
    return _trainer_class(lean=_count_nodes() == 1, desk=desk)(
        function,
        train_loop_config=config,
        scaling_config=api.ScalingConfig(
            num_workers=training.workers, use_gpu=gpus > 0, resources_per_worker=resources
        ),
        run_config=api.RunConfig(
            name=f"{run_name}-{uuid.uuid4().hex[:6]}",  # a name that was used would be re-entered, not run
            storage_path=storage if "://" in storage else str(Path(storage).absolute()),
            failure_config=api.FailureConfig(
                max_failures=training.max_failures, controller_failure_limit=training.max_failures
            ),
            worker_runtime_env={"env_vars": dict(variables)},
        ),
        torch_config=TorchConfig(timeout_s=math.ceil(training.stall_s)),  # of what ranks do together
    )


def gpus_of_worker(training: TrainingSection) -> float:
    """Accelerators of each training worker."""
    import ray

    return training.gpus if training.gpus is not None else float(ray.cluster_resources().get("GPU", 0) > 0)


def controls_of_fit(training: TrainingSection) -> dict[str, str]:
    """What Ray Train reads from the driver's environment at the start of `fit()`, and hands to its controller."""
    return {
        "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": str(training.start_deadline_s),
        "RAY_TRAIN_WORKER_HEALTH_CHECK_TIMEOUT_S": str(training.stall_s),
        "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.5",  # the interval of polling also delays the end
        "RAY_TRAIN_ENABLE_PRINT_PATCH": "0",  # it says every line twice
        "RAY_TRAIN_ENABLE_PREEMPTION_WATCHER": str(int(_count_nodes() > 1)),
    }


@contextmanager
def environment_of(**values: str) -> Iterator[None]:
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


def _count_nodes() -> int:
    import ray

    return sum(node["Alive"] for node in ray.nodes())


def _trainer_class(lean: bool, desk: Any) -> Any:
    """Ray Train's TorchTrainer (gloo on CPU, nccl on GPU), whose controller is told to `desk` if there is one.

    `lean`, for one node: without the actor that removes placement groups after a dead controller. It polls
    the dashboard each second and complains if there is none, and costs a process of every training; the
    group goes away with its creator in any case.
    """
    import ray
    from ray.train.torch import TorchTrainer
    from ray.train.v2._internal.execution.callback import ControllerCallback

    class TellDesk(ControllerCallback):
        def after_controller_start(self, train_run_context: Any) -> None:
            desk.name_controller.remote(ray.get_runtime_context().current_actor)

    class Trainer(TorchTrainer):
        def _create_default_callbacks(self) -> list[Any]:
            callbacks = super()._create_default_callbacks()  # type: ignore[misc]
            unwanted = {"PlacementGroupCleanerCallback"} if lean else set()
            kept = [callback for callback in callbacks if type(callback).__name__ not in unwanted]
            return kept if desk is None else [*kept, TellDesk()]

    return Trainer
