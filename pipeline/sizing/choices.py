"""What settings come to that a config leaves open: chosen from the model, the memory and the cores.

`choose_data` answers what changes the data (dtype, context): once, at a run's first start, whose directory keeps it.
`choose_sizes` answers what does not (threads, cache, episodes in flight): at each start, on whatever machine that is.
What a config says itself is never changed, only checked.
"""

import math
import os
from dataclasses import dataclass
from typing import Any

from actors.machine.capacity import Machine
from pipeline.config.sampling_sections import GeneratorSection
from pipeline.config.schema import Config
from pipeline.config.training_sections import TrainingSection, VerifierSection
from pipeline.errors import ConfigError
from pipeline.sizing.model_facts import BYTES, ModelFacts

MIB, GIB = 1 << 20, 1 << 30
LEAST_CONTEXT = 4096
"""Tokens, if the model has them: three turns of a usual problem, with answers of 1000."""
TOKENS_PER_TURN = 350
"""Beside the answer: the task, or feedback."""
SMALL_MODEL = 30_000_000
"""Parameters below which several threads wait for each other more than they compute, and many episodes cost nothing."""
EPISODES = 96
EPISODES_ON_CPU = 32
"""Of a model that is not small: more do not raise the tokens per second of a few cores, and each waits longer."""
LEAST_CACHE_MIB = 128
CACHE_SHARE = 8
"""The cache takes at most one such part of the memory, unless one sequence needs more."""
CACHE_BLOCK = 128
"""Tokens of a block of vLLM's cache on CPU; one block is never used."""
ENGINE_BYTES, TRAINER_BYTES = 1 * GIB, GIB // 2
"""Of a process that samples or trains, beside what belongs to the model."""
TRAINED_BYTES = 16
"""For each parameter: weights, gradients, and AdamW's two moments with a copy in float32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What a command uses of the machine it runs on."""

    generator_threads: int
    episodes_in_flight: int
    kv_cache_mib: int
    trains_alone: bool
    """Whether the generators must end before a training, for their memory."""


def choose_data(config: Config, models: list[ModelFacts], machine: Machine) -> dict[str, Any]:
    """Values of [model] that `config` leaves open. `models`: the generator, and whichever else has the same context."""
    chosen: dict[str, Any] = {}
    if config.model.dtype is None:
        chosen["dtype"] = _dtype(config, models[0], machine)
    if config.model.max_tokens is None:
        turns = max(config.rollouts.turns, config.eval.turns)
        wanted = CACHE_BLOCK * math.ceil(turns * (config.rollouts.max_tokens + TOKENS_PER_TURN) / CACHE_BLOCK)
        positions = [one.positions for one in models if one.positions]
        chosen["max_tokens"] = min([max(LEAST_CONTEXT, wanted), *positions])
    return chosen


def _dtype(config: Config, model: ModelFacts, machine: Machine) -> str:
    """The files' own, where it can be computed in; 16 bits are bfloat16 here, since float16 cannot be trained."""
    if model.dtype in (None, "float32"):
        return "float32"
    return "bfloat16" if machine.bfloat16 or on_accelerators(config, machine) else "float32"


def on_accelerators(config: Config, machine: Machine) -> bool:
    """Whether generators take accelerators: as the config says, or if there are any."""
    return machine.accelerators if config.generator.gpus is None else config.generator.gpus > 0


def choose_sizes(config: Config, model: ModelFacts, machine: Machine, lanes: int = 1) -> Sizes:
    """Sizes of a settled config. `lanes`: how many commands of a study share the machine.

    Raises ConfigError if the cache that `config` names holds no sequence.
    """
    generator = config.generator
    in_flight = generator.episodes_in_flight or _in_flight(config, model, machine)
    return Sizes(
        generator_threads=_threads(generator, generator.replicas, model, machine, lanes),
        episodes_in_flight=in_flight,
        kv_cache_mib=_cache_mib(config, model, machine, in_flight, lanes),
        trains_alone=_trains_alone(config, model, machine, lanes),
    )


def scorer_threads(config: Config, verifier: ModelFacts, machine: Machine, lanes: int = 1) -> int:
    """CPU threads of each actor that scores with such a verifier."""
    return _threads(config.verifier, config.verifier.replicas, verifier, machine, lanes)


def training_threads(config: Config, base: ModelFacts, machine: Machine, lanes: int = 1) -> int:
    """CPU threads of each worker that trains such a model."""
    return _threads(config.training, config.training.workers, base, machine, lanes)


def trainers_can_wait(config: Config, model: ModelFacts, machine: Machine, lanes: int = 1) -> bool:
    """Whether training workers may stay between trainings: memory holds all actors of a run beside a training.

    Only for a small model, whose trainings start longer than they run: not all that a training held comes back before
    its process ends. Not on accelerators, whose memory generators and trainings want in turn.
    """
    training = config.training
    if not (training.keep_workers and training.workers) or machine.accelerators or not _is_small(model):
        return False
    parameters = model.parameters or 0
    left = 2 * (config.run.iterations + 1) * parameters * TRAINED_BYTES
    weights = parameters * BYTES[config.weights_dtype]
    scoring = config.verifier.replicas * (weights + TRAINER_BYTES)
    sampling = _sampling_bytes(
        config, model, _cache_mib(config, model, machine, _in_flight(config, model, machine), lanes)
    )
    trained = training.workers * (_training_bytes(config, model) + left)
    return lanes * (sampling + scoring + trained) <= machine.memory


def _in_flight(config: Config, model: ModelFacts, machine: Machine) -> int:
    return EPISODES if on_accelerators(config, machine) or _is_small(model) else EPISODES_ON_CPU


def _is_small(model: ModelFacts) -> bool:
    return model.parameters is not None and model.parameters < SMALL_MODEL


def _threads(
    section: GeneratorSection | VerifierSection | TrainingSection,
    actors: int,
    model: ModelFacts,
    machine: Machine,
    lanes: int,
) -> int:
    """What the config says, or OMP_NUM_THREADS; else an actor's share of the cores, one for a small model."""
    said = os.environ.get("OMP_NUM_THREADS", "")
    if section.threads is not None:
        return section.threads
    if said.isdecimal() and int(said) > 0:
        return int(said)
    share = 1 if _is_small(model) else machine.cores // (max(1, actors) * lanes)
    return max(1, int(section.cpus), share)


def _cache_mib(config: Config, model: ModelFacts, machine: Machine, in_flight: int, lanes: int) -> int:
    """Room for every episode at half of its greatest length, within a share of the memory; always for one sequence."""
    asked, bytes_each = config.generator.kv_cache_mib, model.cache_bytes(config.weights_dtype)
    share_mib = machine.memory // (CACHE_SHARE * config.generator.replicas * lanes * MIB)
    if bytes_each is None:
        return asked or max(LEAST_CACHE_MIB, share_mib)
    blocks = math.ceil(config.context_tokens / CACHE_BLOCK)
    least = math.ceil((blocks + 1) * CACHE_BLOCK * bytes_each / MIB)
    if asked is not None:
        if asked < least and not on_accelerators(config, machine):
            raise ConfigError(
                f"generator.kv_cache_mib = {asked} holds no sequence of model.max_tokens = {config.context_tokens}, "
                f"which takes {bytes_each} bytes a token; set at least {least}, or leave it unset"
            )
        return asked
    wanted = math.ceil((in_flight * blocks / 2 + 1) * CACHE_BLOCK * bytes_each / MIB)
    return max(LEAST_CACHE_MIB, least, min(wanted, share_mib))


def _trains_alone(config: Config, model: ModelFacts, machine: Machine, lanes: int) -> bool:
    if model.parameters is None or on_accelerators(config, machine):
        return False
    return lanes * (_sampling_bytes(config, model, LEAST_CACHE_MIB) + _training_bytes(config, model)) > machine.memory


def _sampling_bytes(config: Config, model: ModelFacts, cache_mib: int) -> int:
    weights = (model.parameters or 0) * BYTES[config.weights_dtype]
    return config.generator.replicas * (weights + cache_mib * MIB + ENGINE_BYTES)


def _training_bytes(config: Config, model: ModelFacts) -> int:
    """Of the largest training: the generator's, if there is one, or the verifier's. Adapters take next to nothing."""
    tuned = config.run.iterations > 0 and config.fine_tune.lora_rank is None
    judged = not config.verifier.freeze and config.verifier.lora_rank is None
    each = TRAINED_BYTES if tuned or judged else BYTES[config.weights_dtype]
    return (model.parameters or 0) * each + TRAINER_BYTES


def check_memory(config: Config, model: ModelFacts, machine: Machine, sizes: Sizes, *, trains: bool) -> None:
    """Raises ConfigError if sampling or training needs more memory than there is; on accelerators, others look."""
    if on_accelerators(config, machine):
        return
    needs = {"sampling": _sampling_bytes(config, model, sizes.kv_cache_mib)}
    if trains:
        needs["training"] = _training_bytes(config, model)
    for phase, need in needs.items():
        if need > machine.memory:
            raise ConfigError(
                f"{phase} with {config.model.generator!r} ({(model.parameters or 0) / 1e6:.0f} M parameters in "
                f"{config.weights_dtype}) needs at least {need / GIB:.1f} GiB, and {machine.memory / GIB:.1f} GiB may "
                f"be used here: {REMEDIES[phase]}"
            )


REMEDIES = {
    "sampling": "lower generator.replicas, generator.kv_cache_mib or model.max_tokens, take a smaller model, or more "
    "memory",
    "training": "take a smaller model or more memory, set fine_tune.lora_rank and verifier.lora_rank, or set "
    "verifier.freeze with run.iterations = 0",
}
