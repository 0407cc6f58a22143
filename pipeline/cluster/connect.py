"""Reaching Ray: the cluster that RAY_ADDRESS names, or one on this machine."""

import logging
import os
from typing import Any

from actors.machine.capacity import usable_cores
from actors.machine.provisions import OBJECT_STORE_BYTES
from pipeline.cluster.interruption import end_with_own_ray, own_sigterm_kept
from pipeline.cluster.local_folders import check_socket_paths, give_token
from pipeline.config.schema import Config
from pipeline.errors import what_happened
from pipeline.placement.nodes import ResourceError
from pipeline.trackers.console import say

WORKER_ENVIRONMENT = {
    "TOKENIZERS_PARALLELISM": "false",
    "TORCHDYNAMO_DISABLE": "1",  # log-probabilities would compile a kernel at first use
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_NO_USAGE_STATS": "1",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "RAY_DEDUP_LOGS": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
START_ATTEMPTS = 3
FEWEST_CORES = 2
"""Ray's are numbers that actors reserve, and a run reserves more than one."""
WARM_WORKERS = 4
"""Processes beyond one per core that Ray keeps when idle; it would end those that run tasks, since actors count."""


def connect_ray(config: Config) -> Any:
    """Join the cluster that RAY_ADDRESS names, or start Ray on this machine. Returns Ray's context.

    Raises ResourceError if neither is possible.
    """
    for name, value in WORKER_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    import ray

    # Ray says at every start that it uses tokens; `mucode doctor` and the README say it if it matters.
    logging.getLogger("ray._private.authentication.authentication_token_setup").setLevel(logging.ERROR)
    if ray.is_initialized():
        return ray.get_runtime_context()
    with own_sigterm_kept():
        if address := os.environ.get("RAY_ADDRESS"):
            return join_cluster(address)
        check_socket_paths()
        give_token()
        context = _start(ray, config.executor.replicas * config.executor.boxes)
        end_with_own_ray()
        return context


def join_cluster(address: str) -> Any:
    """Join the cluster that RAY_ADDRESS, which is `address`, names. Raises ResourceError if it lets nobody in."""
    import ray

    try:
        return ray.init(log_to_driver=False, runtime_env={"env_vars": WORKER_ENVIRONMENT})
    except Exception as error:  # other versions, another token, a cluster that ends
        raise ResourceError(
            f"RAY_ADDRESS = {address!r}: that cluster cannot be joined: {what_happened(error)}. If a Ray answers "
            "there, its token (RAY_AUTH_MODE, RAY_AUTH_TOKEN, ~/.ray/auth_token), its Ray or its Python is another"
        ) from error


def _start(ray: Any, boxes: int) -> Any:
    """Ray on this machine. It gives its own processes 15 s to come up, which a busy machine may need more than once."""
    cores = max(FEWEST_CORES, usable_cores())
    for attempt in range(1, START_ATTEMPTS + 1):
        try:
            return ray.init(
                address="local",
                num_cpus=cores,
                resources={"sandbox": boxes},
                include_dashboard=False,
                log_to_driver=False,
                object_store_memory=OBJECT_STORE_BYTES,  # rows live in Parquet, so the store stays small
                logging_level=logging.WARNING,
                _system_config={"num_workers_soft_limit": cores + WARM_WORKERS},
            )
        except Exception as error:
            if "timed out during startup" not in str(error):
                raise
            ray.shutdown()
            say(f"Ray did not come up in time (attempt {attempt} of {START_ATTEMPTS}): this machine is busy")
    load = f"{os.getloadavg()[0]:.0f}"
    raise ResourceError(
        f"Ray could not start here: its own processes did not answer in time, {START_ATTEMPTS} times. The machine has "
        f"{cores} cores and a load of {load}; wait for the other work to end, or stop it, and give the same command "
        "again. Ray's logs are in /tmp/ray/session_latest/logs"
    )
