"""Every setting of a run, with its unit in its name. Imports nothing heavy.

A field is *identity* (it changes the data) unless it is marked operational: replicas, pools, deadlines,
paths. Stages hash only the identity fields they read, so a resume on another cluster size is normal.
"""

from typing import Any

from pydantic import model_validator

from actors.search.selectors import SELECTORS
from pipeline.config.eval_section import EvalSection
from pipeline.config.fields import Section, names_data
from pipeline.config.losses import LOSSES
from pipeline.config.method_sections import DialogueSection, ProtocolSection
from pipeline.config.presets import with_preset
from pipeline.config.run_sections import Dtype, ModelSection, ProblemsSection, RunSection
from pipeline.config.sampling_sections import ExecutorSection, GeneratorSection, RolloutsSection, SandboxSection
from pipeline.config.training_sections import DataSection, FineTuneSection, TrainingSection, VerifierSection


class Config(Section):
    """All settings of a run, in sections."""

    run: RunSection = RunSection()
    problems: ProblemsSection = ProblemsSection()
    model: ModelSection = ModelSection()
    dialogue: DialogueSection = DialogueSection()
    protocol: ProtocolSection = ProtocolSection()
    rollouts: RolloutsSection = RolloutsSection()
    generator: GeneratorSection = GeneratorSection()
    executor: ExecutorSection = ExecutorSection()
    sandbox: SandboxSection = SandboxSection()
    verifier: VerifierSection = VerifierSection()
    fine_tune: FineTuneSection = FineTuneSection()
    training: TrainingSection = TrainingSection()
    data: DataSection = DataSection()
    eval: EvalSection = EvalSection()

    @model_validator(mode="after")
    def _pairs_can_be_made(self) -> "Config":
        if self.verifier.pairs == "dense" and not self.rollouts.every_test:
            raise ValueError(
                "verifier.pairs = 'dense' counts the tests that an answer passes; set rollouts.every_test = true"
            )
        if self.verifier.pairs == "dense" and LOSSES[self.verifier.loss].labels:
            without = next(name for name, loss in LOSSES.items() if not loss.labels)
            raise ValueError(
                f"verifier.pairs = 'dense' orders answers, verifier.loss = {self.verifier.loss!r} needs labels; "
                f"use loss = {without!r}"
            )
        return self

    @model_validator(mode="after")
    def _beam_can_be_kept(self) -> "Config":
        widest = max(self.eval.widths or (self.eval.best_of,))
        if self.eval.beam > widest:
            raise ValueError(f"eval.beam = {self.eval.beam} cannot be kept from {widest} answers; lower it")
        return self

    @model_validator(mode="before")
    @classmethod
    def _preset(cls, data: Any) -> Any:
        return with_preset(data) if isinstance(data, dict) else data

    @property
    def learns(self) -> bool:
        """Whether episodes are sampled to learn from and a verifier is trained: not if the model is only evaluated as
        it is, and no selector asks for scores."""
        asked = any(name not in SELECTORS or SELECTORS[name].needs_scores for name in self.eval.selectors)
        return self.run.iterations > 0 or asked

    @property
    def verifier_tokens(self) -> int:
        """The longest prompt + answer that a verifier reads."""
        return self.verifier.max_tokens or self.context_tokens

    @property
    def is_settled(self) -> bool:
        """Whether what a start chooses was chosen: not in a dry run whose models are elsewhere."""
        return self.model.max_tokens is not None and self.model.dtype is not None

    @property
    def context_tokens(self) -> int:
        """model.max_tokens of a settled config."""
        assert self.model.max_tokens is not None, "preflight settles it"
        return self.model.max_tokens

    @property
    def weights_dtype(self) -> Dtype:
        """model.dtype of a settled config."""
        assert self.model.dtype is not None, "preflight settles it"
        return self.model.dtype

    def identity(self, *paths: str) -> dict[str, Any]:
        """Identity fields of the named sections or fields, flat: {"rollouts.samples": 4, …}.

        Operational fields are left out, and so are `added` ones that equal their default.
        """
        chosen = {}
        for section_name in type(self).model_fields:
            section = getattr(self, section_name)
            for name, field in type(section).model_fields.items():
                key, value = f"{section_name}.{name}", getattr(section, name)
                if (section_name in paths or key in paths) and names_data(field, value):
                    chosen[key] = value
        return chosen
