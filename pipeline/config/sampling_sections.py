"""Settings of sampling: the episodes, the actors that sample them, those that run programs, what programs find."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from pipeline.config.fields import MOST_SECONDS, MOST_THREADS, Section, added, operational
from sandbox.packages import parse_packages

MOST_EPISODES = 100_000
"""In flight in one actor: each is a task of its event loop."""


class RolloutsSection(Section):
    """Episodes that training data is made of."""

    samples: int = Field(15, ge=1)
    """Episodes sampled of each training and validation problem in each iteration."""
    turns: int = Field(3, ge=1)
    """Most answers of an episode; it ends earlier when an answer passes (see protocol.stop)."""
    temperature: float = Field(0.7, ge=0)
    """Sampling temperature of rollouts; 0 always takes the likeliest token."""
    top_p: float = Field(1.0, gt=0, le=1)
    """Nucleus sampling: only the likeliest tokens that together have this probability; 1 takes all tokens."""
    max_tokens: int = Field(1000, ge=1)
    """Longest answer in tokens, of rollouts and of evaluation alike; must be below model.max_tokens."""
    every_test: bool = False
    """Run every test of an answer, also after the first failure, so that partial passes are known; costs sandbox time,
    and verifier.pairs = "dense" needs it."""
    shard_episodes: int = Field(200, ge=1)
    """About how many episodes one committed shard holds; a crash loses the episodes in flight and what
    finished in its last ten seconds."""


class GeneratorSection(Section):
    """The actors that hold the generator and sample from it."""

    engine: Literal["auto", "in_process", "async"] = operational("auto")
    """How vLLM runs in an actor: in_process suits small models on CPU, async the others; auto chooses."""
    replicas: int = operational(1, ge=1)
    """Generator actors; each holds a whole copy of the model."""
    tensor_parallel: int = operational(1, ge=1)
    """Accelerators of one node over which each copy is split."""
    cpus: float = operational(1.0, ge=0)
    """CPU cores that Ray reserves for each generator actor."""
    gpus: float | None = operational(None, ge=0)
    """Accelerators per tensor-parallel rank; unset takes one if the cluster has any."""
    threads: int | None = operational(None, ge=1, le=MOST_THREADS)
    """CPU threads that each generator actor computes with, on CPU and in_process only; unset: its share of the cores
    that may be used, one for a small model."""
    episodes_in_flight: int | None = operational(None, ge=1, le=MOST_EPISODES)
    """Episodes that one generator actor samples at the same time; unset: 96, or 32 on CPU unless the model is small."""
    kv_cache_mib: int | None = operational(None, ge=16)
    """Memory of the key-value cache in MiB, on CPU only; unset: what the episodes in flight can fill, at most an eighth
    of the memory."""
    gpu_memory_fraction: float = operational(0.85, gt=0, le=1)
    """Share of an accelerator's memory that vLLM takes for weights and key-value cache; at most generator.gpus, where
    that is less than 1."""
    start_deadline_s: float = operational(600.0, gt=0, le=MOST_SECONDS)
    """Seconds within which an actor must have loaded its model; later ends the command."""
    remembered_answers: int = operational(0, ge=0)
    """Answers that each generator actor keeps in memory, about 2 kB each, so that a later search which asks the same of
    the same model samples nothing; for studies of one model, whose runs begin alike."""
    stall_s: float = operational(600.0, gt=0, le=MOST_SECONDS)
    """Seconds in which an engine with work makes no token before another actor takes its place; waiting behind other
    answers does not count."""

    @model_validator(mode="before")
    @classmethod
    def _old_name(cls, data: Any) -> Any:
        """`turn_deadline_s`, as 0.1.0 wrote it, is `stall_s`."""
        if not isinstance(data, dict) or "turn_deadline_s" not in data:
            return data
        if "stall_s" in data:
            raise ValueError("turn_deadline_s is the old name of stall_s, and both are set; remove turn_deadline_s")
        return {"stall_s" if name == "turn_deadline_s" else name: value for name, value in data.items()}


class ExecutorSection(Section):
    """The actors that run programs in sandboxes."""

    replicas: int = operational(1, ge=1)
    """Executor actors; at most one per node that declares the `sandbox` resource."""
    boxes: int = operational(2, ge=1)
    """Containers per executor actor, at most; no more than the cores it may use."""
    least_boxes: int = operational(1, ge=1)
    """Containers that an executor starts with and keeps; further ones come while programs wait for one."""
    idle_s: float = operational(60.0, gt=0, le=MOST_SECONDS)
    """Seconds after which a further container that ran nothing is removed."""
    on_driver: bool = operational(False)
    """On a cluster of which no node declares the resource `sandbox`: run programs on the driver's node, where the
    cluster's token and the storage's credentials are. Without it such a cluster is refused."""
    runtime: Literal["runc", "runsc"] = operational("runc")
    """Container runtime: runc, or gVisor's runsc if Docker knows it."""
    second_seed: bool = added(False)
    """Also judge accepted answers under another seed of hashes and random numbers; those that it rejects are trained
    on by neither model."""
    start_deadline_s: float = operational(180.0, gt=0, le=MOST_SECONDS)
    """Seconds within which an executor must have its image and its boxes; later ends the command."""
    stall_s: float = operational(600.0, gt=0, le=MOST_SECONDS)
    """Seconds in which an executor with programs finishes none before it is started again and they go elsewhere; must
    exceed the longest time limit of a problem."""
    max_infrastructure_rate: float = operational(0.05, ge=0, le=1)
    """Share of judgements that the sandbox itself may fail; above it a stage stops and says so."""


class SandboxSection(Section):
    """What programs find in the boxes they run in."""

    packages: Annotated[tuple[str, ...], AfterValidator(parse_packages)] = added(())
    """Libraries of the Python boxes beyond numpy, each as NAME==VERSION; installed into the image once, and problems
    that import another one are left out and counted."""
