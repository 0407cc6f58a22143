"""Settings of training: the verifier's, the generator's, Ray Train and DeepSpeed for both, and Ray Data before it."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from actors.scorers.table import SCORERS
from pipeline.config.fields import MOST_SECONDS, MOST_THREADS, OneOf, Section, added, operational
from pipeline.config.losses import BRADLEY_TERRY, LOSSES


class TrainedSection(Section):
    """Training length is `steps` or `epochs`, never both."""

    steps: int | None = Field(200, ge=1)
    """Optimiser steps of a training; unset if `epochs` is given."""
    epochs: float | None = Field(None, gt=0)
    """Passes over the training data, instead of `steps`; unset uses `steps`."""
    lora_rank: int | None = added(None, ge=1, le=1024)
    """Rank of low-rank adapters (LoRA) that are trained on linear layers while the model stays as it is; unset trains
    all weights. Adapters want higher learning rates, of about 1e-4."""
    lora_alpha: float | None = added(None, gt=0)
    """The adapters' product is multiplied by this, divided by the rank; unset takes twice the rank."""

    @model_validator(mode="before")
    @classmethod
    def _one_length(cls, data: Any) -> Any:
        if not isinstance(data, dict) or data.get("epochs") is None:
            return data
        if data.get("steps") is not None:
            raise ValueError(f"steps = {data['steps']} and epochs = {data['epochs']} are both set; set one")
        return {**data, "steps": None}

    @model_validator(mode="after")
    def _alpha_needs_a_rank(self) -> "TrainedSection":
        if self.lora_alpha is not None and self.lora_rank is None:
            raise ValueError(f"lora_alpha = {self.lora_alpha:g} without lora_rank, so there are no adapters; set both")
        return self


class VerifierSection(TrainedSection):
    """Which pairs of answers the verifier learns from, how, and how it scores."""

    loss: Annotated[str, OneOf(LOSSES)] = BRADLEY_TERRY
    """What the verifier learns from a pair of answers."""
    reward_l2: float = Field(1e-3, ge=0)
    """Weight of the mean squared reward in the Bradley-Terry loss, as in the released code; 0 leaves it out, and other
    losses ignore it."""
    pairs_per_problem: int = Field(32, ge=1)
    """Most training pairs made of the answers to one problem."""
    pairs_per: Literal["problem", "iteration"] = added("problem")
    """What pairs_per_problem bounds: pairs of all iterations together, or of each iteration's answers by themselves."""
    pairs_replaced: bool = added(False)
    """Draw pairs with replacement, from all answers instead of the distinct ones: always pairs_per_problem of them, if
    there are a better and a worse answer. Losses that judge each answer by itself ignore it."""
    pairs: Literal["right_wrong", "dense"] = "right_wrong"
    """Which answers make a pair: a right and a wrong one, or (dense) any two of which the better passes at least
    `verifier.margin` more tests, which needs rollouts.every_test."""
    margin: int = Field(1, ge=1)
    """Tests, public and private together, by which the better answer of a dense pair leads; right_wrong ignores it."""
    learning_rate: float = Field(1e-6, gt=0)
    """Highest learning rate of AdamW; it falls linearly to 0 without warm-up."""
    batch_pairs: int = Field(64, ge=1)
    """Pairs per optimiser step, over all workers together."""
    adam_eps: float = Field(1e-5, gt=0)
    """AdamW's ε; the default is the released code's."""
    max_grad_norm: float = added(1.0, ge=0)
    """Gradients with a larger L2 norm are scaled down to it; 0 leaves them as they are."""
    max_tokens: int | None = Field(None, ge=16)
    """Longest prompt and answer together, in tokens, that is trained on and scored; unset takes model.max_tokens."""
    freeze: bool = added(False)
    """Train the head alone, on the model of model.verifier as it is: every answer passes the model once and no
    optimiser state is kept for it. A fresh head needs a higher verifier.learning_rate, of about 1e-3."""
    scorer: Annotated[str, OneOf(SCORERS)] = added("learned_verifier")
    """What scores answers by the trained checkpoint, or package.module:NAME of your own."""
    replicas: int = operational(1, ge=1)
    """Actors that score answers with the verifier at the same time."""
    cpus: float = operational(0.5, ge=0)
    """CPU cores that Ray reserves for each scoring actor."""
    threads: int | None = operational(None, ge=1, le=MOST_THREADS)
    """CPU threads that each scoring actor computes with; unset: its share of the cores, one for a small model."""
    gpus: float = operational(0.0, ge=0)
    """Accelerators that Ray reserves for each scoring actor; 0 scores on CPU."""
    stall_s: float = operational(600.0, gt=0, le=MOST_SECONDS)
    """Seconds in which a scoring actor with work scores no batch before it is started again; loading counts as one."""

    @model_validator(mode="after")
    def _freeze_leaves_nothing_to_adapt(self) -> "VerifierSection":
        if self.freeze and self.lora_rank is not None:
            raise ValueError(f"freeze trains the head alone, lora_rank = {self.lora_rank} adapters beside it; set one")
        return self


class FineTuneSection(TrainedSection):
    """How the generator is fine-tuned in each iteration."""

    learning_rate: float = Field(5e-7, gt=0)
    """Highest learning rate of AdamW, reached after the warm-up."""
    batch_examples: int = Field(32, ge=1)
    """Examples per optimiser step, over all workers together."""
    warmup_fraction: float = Field(0.05, ge=0, le=1)
    """Share of the steps in which the learning rate rises linearly from 0."""
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    """How the learning rate falls after the warm-up: to 0 by a cosine or a line, or not at all."""
    weight_decay: float = Field(0.0, ge=0)
    """AdamW's weight decay; 0 leaves it out."""
    max_grad_norm: float = Field(1.0, gt=0)
    """Gradients with a larger L2 norm are scaled down to it."""
    trajectories_per_problem: Annotated[int, Field(ge=1)] | Literal["all"] = 3
    """How many trajectories of a problem give their histories to train on; "all" is the paper's."""


class TrainingSection(Section):
    """Ray Train and DeepSpeed, for the verifier and the generator alike."""

    zero_stage: Literal[0, 1, 2, 3] = operational(1)
    """DeepSpeed ZeRO stage: workers share nothing (0), optimiser state (1), gradients too (2), weights too (3)."""
    offload: bool = operational(False)
    """Keep the optimiser's state in CPU memory (with zero_stage 3 the weights too): slower, for a fraction of the
    accelerator's memory."""
    gradient_checkpointing: bool = operational(False)
    """Compute activations again in the backward pass: a third more arithmetic for a fraction of the memory."""
    workers: int = operational(1, ge=0)
    """Training workers, one process each; 0 trains in the command's own process (Ray Train's local mode): small
    models only."""
    cpus: float = operational(1.0, ge=0)
    """CPU cores that Ray reserves for each training worker."""
    threads: int | None = operational(None, ge=1, le=MOST_THREADS)
    """CPU threads that each training worker computes with; unset: its share of the cores, one for a small model."""
    gpus: float | None = operational(None, ge=0)
    """Accelerators of each training worker; unset takes one if the cluster has any."""
    micro_batch_tokens: int | None = operational(None, ge=64)
    """Most padded tokens in one forward pass, of a training or of scoring; unset takes 8192 on an accelerator, and 1024
    on CPU, where more would only waste memory and padding."""
    save_every_s: float = operational(600.0, ge=0)
    """Seconds after which a training saves its state, from which a killed one goes on; 0 saves none. A pause is at
    least ten times as long as the write before it."""
    max_failures: int = operational(2, ge=0)
    """How often a training goes on after a worker died, or starts again; one more failure ends the command."""
    keep_workers: bool = operational(True)
    """Training workers start early, and wait between a run's trainings, instead of starting for each: for a small
    model, on CPU, where Ray is the command's own, and if memory holds them beside everything else."""
    start_deadline_s: float = operational(300.0, gt=0, le=MOST_SECONDS)
    """Seconds within which all training workers must have started; later ends the command."""
    stall_s: float = operational(1800.0, gt=0, le=MOST_SECONDS)
    """Seconds that a training worker may wait for another one, or give no sign, before the training starts again."""


class DataSection(Section):
    """Ray Data tasks between sampling and training: pairs, scores, training examples."""

    stall_s: float = operational(1800.0, gt=0, le=MOST_SECONDS)
    """Seconds in which a task makes no progress with its shard before it begins anew in another process, or in which no
    task begins; must exceed verifier.stall_s."""
