"""What each role takes of an accelerator's memory, held against what its share of the accelerator has.

Certain is what weights, gradients, optimiser and one sequence's cache take: too much of it is refused. Activations are
an estimate: too much of them is a note. CUDA's own context, some 0.5 GiB per process, is counted as `CONTEXT_GIB`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from actors.batch_tokens import ON_ACCELERATOR
from pipeline.config.schema import Config
from pipeline.placement.model_shape import ModelShape, find_model_shape
from pipeline.placement.nodes import Node, ResourceError
from pipeline.placement.resources import ResourcePlan

GIB = 2**30
CONTEXT_GIB = 0.5
ADAM_BYTES = 8
"""AdamW's two moments in fp32, per parameter."""
FP32_BYTES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryNeed:
    """GiB that one process takes of each of its accelerators, and the GiB that it may take."""

    role: str
    certain: float
    estimated: float
    allowed: float
    remedy: str

    def text(self) -> str:
        rest = f" and about {self.estimated:.1f} GiB of activations" if self.estimated else ""
        return f"{self.role} takes {self.certain:.1f} GiB{rest}, and may take {self.allowed:.1f} GiB"


def check_memory(config: Config, plan: ResourcePlan, nodes: Sequence[Node]) -> list[str]:
    """What to know of the accelerators' memory. Raises ResourceError if a role cannot fit into its share.

    All accelerators are taken to be as small as the smallest: Ray Train chooses nodes itself.
    """
    _require_shares(config, plan)
    if not _uses_accelerators(plan):
        return []
    known = [(node.accelerator_gib, node.name) for node in nodes if node.accelerators and node.accelerator_gib]
    if not known:
        return ["the accelerators' memory is not known, so it was not checked"]
    memory, name = min(known)
    models = {name: find_model_shape(name) for name in (config.model.generator, config.model.verifier)}
    notes = [f"{model}: {_unknown(shape)}" for model, shape in models.items() if shape is None or shape.by_name]
    for need in memory_needs(config, plan, memory, models[config.model.generator], models[config.model.verifier]):
        if need.certain + need.estimated <= need.allowed:
            continue
        text = f"{need.text()} of an accelerator with {memory:.0f} GiB: {need.remedy} (node {name})"
        if need.certain > need.allowed:
            raise ResourceError(text)
        notes.append(text)
    return notes


def _unknown(shape: ModelShape | None) -> str:
    if shape is None:
        return "size unknown, so its memory was not checked"
    return f"its name says {shape.parameters:.3g} parameters; its activations and its cache were not checked"


def _uses_accelerators(plan: ResourcePlan) -> bool:
    return any(demand.gpus for demand in (plan.generator, plan.scorer, plan.trainer))


def _require_shares(config: Config, plan: ResourcePlan) -> None:
    """vLLM takes its fraction of the whole accelerator, whatever share Ray gave it."""
    share, fraction = plan.generator.gpus, config.generator.gpu_memory_fraction
    if 0 < share < 1 and fraction > share:
        raise ResourceError(
            f"generator.gpu_memory_fraction = {fraction:g} is more than each generator's share of an "
            f"accelerator, generator.gpus = {share:g}; lower it to {share:g} or less, or raise generator.gpus"
        )


def memory_needs(
    config: Config, plan: ResourcePlan, memory: float, generator: ModelShape | None, verifier: ModelShape | None
) -> Iterator[MemoryNeed]:
    """Of each role that has accelerators of `memory` GiB, as far as the models are known."""
    size = 2 if config.weights_dtype == "bfloat16" else 4
    if generator and plan.generator.gpus:
        yield _generator(config, memory, generator, size)
    if verifier and plan.scorer.gpus:
        yield _without_gradients(config, memory, plan.scorer.gpus, "each verifier", verifier, size)
    if generator and plan.trainer.gpus and (config.run.iterations or not config.verifier.freeze):
        yield _training(config, plan, memory, "fine-tuning", generator, size)
    if verifier and plan.trainer.gpus:
        role = "training of the verifier"
        frozen = _without_gradients(config, memory, plan.trainer.gpus, f"each worker of {role}", verifier, size)
        yield frozen if config.verifier.freeze else _training(config, plan, memory, role, verifier, size)


def _generator(config: Config, memory: float, shape: ModelShape, size: int) -> MemoryNeed:
    cache = shape.layers * shape.kv_width * config.context_tokens * size
    return MemoryNeed(
        role="each rank of a generator, with the cache of one longest sequence,",
        certain=(shape.parameters * size + cache) / config.generator.tensor_parallel / GIB,
        estimated=0.0,
        allowed=config.generator.gpu_memory_fraction * memory,
        remedy="raise generator.gpu_memory_fraction or generator.tensor_parallel, or lower model.max_tokens",
    )


def _without_gradients(
    config: Config, memory: float, gpus: float, role: str, shape: ModelShape, size: int
) -> MemoryNeed:
    """Of who scores, or trains a head on a frozen model: one layer's activations live at a time, no optimiser does."""
    layer = _pass_tokens(config) * (4 * shape.hidden + 3 * shape.intermediate) * size
    return MemoryNeed(
        role=role,
        certain=shape.parameters * size / GIB + CONTEXT_GIB,
        estimated=layer / GIB,
        allowed=min(gpus, 1.0) * memory,
        remedy="raise verifier.gpus or training.gpus, or lower training.micro_batch_tokens",
    )


def _training(config: Config, plan: ResourcePlan, memory: float, role: str, shape: ModelShape, size: int) -> MemoryNeed:
    logits = shape.vocabulary if role == "fine-tuning" else 0  # a verifier has one output
    rank = config.fine_tune.lora_rank if role == "fine-tuning" else config.verifier.lora_rank
    return MemoryNeed(
        role=f"each worker of {role}",
        certain=training_state_bytes(config, shape, size, rank) / GIB + CONTEXT_GIB,
        estimated=activation_bytes(config, shape, size, logits) / GIB,
        allowed=min(plan.trainer.gpus, 1.0) * memory,
        remedy="raise training.workers with training.zero_stage = 3, lower training.micro_batch_tokens, or set "
        "training.gradient_checkpointing, training.offload, or lora_rank",
    )


def training_state_bytes(config: Config, shape: ModelShape, size: int, rank: int | None = None) -> float:
    """Weights, gradients and optimiser on one worker, as ZeRO shares them (arXiv 1910.02054, section 3 and figure 1).

    `size`: bytes per weight; below 4, the optimiser keeps an fp32 copy, too. `rank`: of adapters, of which alone there
    are gradients then.
    """
    training = config.training
    optimiser = ADAM_BYTES + (FP32_BYTES if size < FP32_BYTES else 0)
    workers = max(training.workers, 1)
    shared = {"weights": training.zero_stage >= 3, "gradients": training.zero_stage >= 2}
    weights = 0.0 if training.offload and shared["weights"] else size / (workers if shared["weights"] else 1)
    gradients = size / (workers if shared["gradients"] else 1)
    states = 0.0 if training.offload else optimiser / (workers if training.zero_stage >= 1 else 1)
    trained = shape.parameters if rank is None else shape.adapter_parameters(rank)
    return shape.parameters * weights + trained * (gradients + states)


def activation_bytes(config: Config, shape: ModelShape, size: int, logits: int) -> float:
    """About what one forward pass keeps for the backward pass, of a model with gated MLPs; 0 if its shape is not known.

    Per token and layer: 6 vectors of the hidden width, 4 of the MLP's, keys and values, all in the weights' type, and
    2 of the hidden width in fp32, for the RMS norms (as transformers' Llama and Qwen2 keep them). With checkpointing
    one vector per layer, and one layer whole. Logits are kept in the weights' type and in fp32, beside their gradient.
    """
    layer = size * (6 * shape.hidden + shape.kv_width + 4 * shape.intermediate) + 2 * FP32_BYTES * shape.hidden
    if config.training.gradient_checkpointing:
        kept = shape.layers * shape.hidden * size + layer
    else:
        kept = shape.layers * layer
    return _pass_tokens(config) * (kept + logits * (size + 2 * FP32_BYTES))


def _pass_tokens(config: Config) -> int:
    """Of accelerators, whose memory this is about."""
    return config.training.micro_batch_tokens or ON_ACCELERATOR
