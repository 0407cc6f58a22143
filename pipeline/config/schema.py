"""Every setting of a run, with its unit in its name. Imports nothing heavy.

A field is *identity* (it changes the data) unless it is marked operational: replicas, pools, deadlines,
paths. Stages hash only the identity fields they read, so a resume on another cluster size is normal.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveInt, model_validator
from pydantic.fields import FieldInfo

from actors.search.selectors import check_evaluated
from pipeline.config.presets import with_preset


def operational(default: Any, **kwargs: Any) -> Any:
    """A field that changes how a run is carried out, never what it produces."""
    return Field(default, json_schema_extra={"operational": True}, **kwargs)


def added(default: Any, **kwargs: Any) -> Any:
    """An identity field that came after 0.1.0: left out of the identity while it equals `default`.

    Run directories of earlier versions know nothing of it, and their stages keep the identity that they were made
    with. The default must therefore do what earlier versions did.
    """
    return Field(default, json_schema_extra={"added": True}, **kwargs)


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class RunSection(Section):
    name: str = operational("embedded", pattern=r"^[A-Za-z0-9._-]+$")
    """Folder under `root`."""
    root: str = operational("runs")
    """A local path, or s3:// gs:// … that every node reaches."""
    stages: str = operational("")
    """Where runs share stages, relative to the run's folder, as in ../../stages; empty: in the run's own folder."""
    iterations: int = operational(2, ge=0)
    """Trainings of the generator; iteration 0 is the base model. More iterations extend a finished run."""
    seed: int = 0
    strategy: str = "mucode"
    control: bool = True
    """Also fine-tune once on unfiltered samples with the same steps, and evaluate that."""
    trackers: tuple[str, ...] = operational(("console", "jsonl"))
    """Who is told of training steps, stages and metrics: console, jsonl, tensorboard, or one of your own."""


class ProblemsSection(Section):
    train: str = "builtin:train"
    validation: str = "builtin:validation"
    """Held-out problems for the verifier's pair accuracy."""
    test: str = "builtin:test"
    limit_train: int | None = Field(None, ge=1)
    limit_validation: int | None = Field(None, ge=1)
    limit_test: int | None = Field(None, ge=1)


class ModelSection(Section):
    generator: str = "builtin:generator"
    """A Hugging Face directory or name."""
    verifier: str = "builtin:verifier"
    """What verifier training starts from: a causal or a sequence-classification model."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    max_tokens: int = Field(4096, ge=16)
    """Longest prompt + answer, in tokens."""


class DialogueSection(Section):
    style: Literal["bare", "paper", "release"] = "paper"
    """Prompts and answers; the last two end their prompts as the paper and its released code do."""
    feedback: Literal["values", "traceback", "explain"] = "values"
    """What a model is told about a failure: got and expected, a Python traceback, or a request for a diagnosis."""
    show_tests: bool = True
    """Whether the first prompt shows the public tests."""

    @model_validator(mode="after")
    def _go_together(self) -> "DialogueSection":
        if self.feedback == "explain" and self.style == "bare":
            raise ValueError(
                "feedback = 'explain' asks for words before the program; with style = 'bare' an answer is a program"
            )
        return self


class ProtocolSection(Section):
    """What the paper and its released code do differently and no other section holds (docs/strategies.md)."""

    name: Literal["default", "paper", "release"] = operational("default")
    """Fills in every setting of pipeline/config/presets.py that the config does not name."""
    train_tests: Literal["split", "all_public"] = "split"
    """Of the training problems: public and private as loaded, or every test public."""
    stop: Literal["public", "all"] = "public"
    """What ends an episode of the rollouts and of greedy evaluation: a pass of the public tests, or of all tests."""
    candidates: Literal["all", "final"] = "all"
    ranking: Literal["correct_first", "weighted_sum"] = "correct_first"
    oracle_weight: float = Field(1.0, ge=0)
    verifier_weight: float = Field(0.1, ge=0)
    unsolved: Literal["drop", "best_wrong", "reference"] = "drop"
    positives: Literal["relabelled", "own"] = "relabelled"
    own_target: Literal["own_final", "own_next"] = "own_final"
    """Candidates to own_target: what a strategy leaves open (pipeline/methods/strategies.py)."""
    old_labels: Literal["renewed", "kept"] = "renewed"
    """Whether episodes of earlier iterations are relabelled with the newest verifier, or keep their examples."""
    returned: Literal["last", "best_on_validation"] = "last"
    """The iteration whose policy and verifier are searched with at the end."""


class RolloutsSection(Section):
    samples: int = Field(15, ge=1)
    turns: int = Field(3, ge=1)
    temperature: float = Field(0.7, ge=0)
    top_p: float = Field(1.0, gt=0, le=1)
    max_tokens: int = Field(1000, ge=1)
    """Longest answer, in tokens."""
    every_test: bool = False
    """Run every test of an answer, past the first that fails, so that partial passes are known; costs sandbox time."""
    shard_episodes: int = Field(200, ge=1)
    """About how many episodes one committed part holds; what a crash can lose."""


class GeneratorSection(Section):
    engine: Literal["auto", "in_process", "async"] = operational("auto")
    replicas: int = operational(1, ge=1)
    tensor_parallel: int = operational(1, ge=1)
    cpus: float = operational(1.0, ge=0)
    gpus: float | None = operational(None, ge=0)
    """Per tensor-parallel rank; None takes one where the cluster has accelerators."""
    episodes_in_flight: int = operational(96, ge=1)
    kv_cache_mib: int = operational(128, ge=16)
    """On CPU."""
    gpu_memory_fraction: float = operational(0.85, gt=0, le=1)
    start_deadline_s: float = operational(600.0, gt=0)
    turn_deadline_s: float = operational(600.0, gt=0)


class ExecutorSection(Section):
    replicas: int = operational(1, ge=1)
    boxes: int = operational(2, ge=1)
    """Warm containers per executor; at most the cores it may use."""
    runtime: Literal["runc", "runsc"] = operational("runc")
    start_deadline_s: float = operational(180.0, gt=0)
    max_infrastructure_rate: float = operational(0.05, ge=0, le=1)
    """Above this share of judgements a stage stops and says so."""


class TrainedSection(Section):
    """Training length is `steps` or `epochs`, never both."""

    steps: int | None = Field(200, ge=1)
    epochs: float | None = Field(None, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _one_length(cls, data: Any) -> Any:
        if not isinstance(data, dict) or data.get("epochs") is None:
            return data
        if data.get("steps") is not None:
            raise ValueError(f"steps = {data['steps']} and epochs = {data['epochs']} are both set; set one")
        return {**data, "steps": None}


class VerifierSection(TrainedSection):
    loss: Literal["bt", "bce"] = "bt"
    reward_l2: float = Field(1e-3, ge=0)
    """Weight of mean squared reward in the Bradley-Terry loss, as in the released code."""
    pairs_per_problem: int = Field(32, ge=1)
    pairs: Literal["right_wrong", "dense"] = "right_wrong"
    """dense: the chosen answer passes at least `margin` more tests than the rejected one; needs rollouts.every_test."""
    margin: int = Field(1, ge=1)
    """In tests, public and private together."""
    learning_rate: float = Field(1e-6, gt=0)
    batch_pairs: int = Field(64, ge=1)
    adam_eps: float = Field(1e-5, gt=0)
    """AdamW's ε; the default is the released code's."""
    max_tokens: int | None = Field(None, ge=16)
    """Longest prompt + answer that is trained on and scored; None: model.max_tokens."""
    replicas: int = operational(1, ge=1)
    """Scoring actors of the Ray Data stage."""
    cpus: float = operational(0.5, ge=0)
    gpus: float = operational(0.0, ge=0)


class FineTuneSection(TrainedSection):
    learning_rate: float = Field(5e-7, gt=0)
    batch_examples: int = Field(32, ge=1)
    warmup_fraction: float = Field(0.05, ge=0, le=1)
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    weight_decay: float = Field(0.0, ge=0)
    max_grad_norm: float = Field(1.0, gt=0)
    trajectories_per_problem: Annotated[int, Field(ge=1)] | Literal["all"] = 3
    """How many trajectories lend their histories to the best answer; "all" is the paper's."""


class TrainingSection(Section):
    """Ray Train and DeepSpeed, for the verifier and the generator alike."""

    zero_stage: Literal[0, 1, 2, 3] = operational(1)
    offload: bool = operational(False)
    gradient_checkpointing: bool = operational(False)
    """Compute activations again in the backward pass: a third more arithmetic for a fraction of the memory."""
    workers: int = operational(1, ge=0)
    """0 trains in the driver's process (Ray Train's local mode): small studies only."""
    cpus: float = operational(1.0, ge=0)
    gpus: float | None = operational(None, ge=0)
    micro_batch_tokens: int = operational(8192, ge=64)
    """Most padded tokens in one forward pass, of a training or of scoring. Small cuts waste less on padding; an
    accelerator wants them large."""
    max_failures: int = operational(2, ge=0)
    start_deadline_s: float = operational(300.0, gt=0)


class EvalSection(Section):
    turns: int = Field(3, ge=1)
    best_of: int = Field(5, ge=1)
    temperature: float = Field(0.7, gt=0)
    selectors: tuple[Annotated[str, AfterValidator(check_evaluated)], ...] = ("random", "pt", "lv", "pt_lv")
    """Rows of actors/search/selectors.py, or plug-ins as package.module:NAME; each is searched with."""
    no_repeat: bool = True
    """A program that already failed in the history is not selected again."""
    beam: int = Field(1, ge=1)
    """Histories kept from turn to turn in a sweep; 1 is multi-turn best-of-N."""
    widths: tuple[PositiveInt, ...] = ()
    """Each N of a sweep, over one set of samples; none: best_of alone."""
    passes: tuple[PositiveInt, ...] = ()
    """Each k of pass@k, from the first turn of a sweep."""
    greedy_alone: bool = False
    """Greedy evaluation one episode at a time per generator and without the prefix cache: slow, and free of what
    batches do to rounding."""
    searches: int = Field(1, ge=1)
    """How often a sweep is repeated on each problem, with other samples."""


class Config(Section):
    run: RunSection = RunSection()
    problems: ProblemsSection = ProblemsSection()
    model: ModelSection = ModelSection()
    dialogue: DialogueSection = DialogueSection()
    protocol: ProtocolSection = ProtocolSection()
    rollouts: RolloutsSection = RolloutsSection()
    generator: GeneratorSection = GeneratorSection()
    executor: ExecutorSection = ExecutorSection()
    verifier: VerifierSection = VerifierSection()
    fine_tune: FineTuneSection = FineTuneSection()
    training: TrainingSection = TrainingSection()
    eval: EvalSection = EvalSection()

    @model_validator(mode="after")
    def _pairs_can_be_made(self) -> "Config":
        if self.verifier.pairs == "dense" and not self.rollouts.every_test:
            raise ValueError(
                "verifier.pairs = 'dense' counts the tests that an answer passes; set rollouts.every_test = true"
            )
        if self.verifier.pairs == "dense" and self.verifier.loss == "bce":
            raise ValueError(
                "verifier.pairs = 'dense' orders answers, verifier.loss = 'bce' needs labels; use loss = 'bt'"
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
    def verifier_tokens(self) -> int:
        """The longest prompt + answer that a verifier reads."""
        return self.verifier.max_tokens or self.model.max_tokens

    def identity(self, *paths: str) -> dict[str, Any]:
        """Identity fields of the named sections or fields, flat: {"rollouts.samples": 4, …}.

        Operational fields are left out, and so are `added` ones that equal their default.
        """
        chosen = {}
        for section_name in type(self).model_fields:
            section = getattr(self, section_name)
            for name, field in type(section).model_fields.items():
                key, value = f"{section_name}.{name}", getattr(section, name)
                if (section_name in paths or key in paths) and _counts(field, value):
                    chosen[key] = value
        return chosen


def _counts(field: FieldInfo, value: Any) -> bool:
    """Whether a field's value is part of what names a stage's content."""
    if marked(field, "operational"):
        return False
    return not (marked(field, "added") and value == field.get_default(call_default_factory=True))


def marked(field: FieldInfo, mark: str) -> bool:
    """Whether a field was declared by `operational` or `added`."""
    return isinstance(field.json_schema_extra, dict) and bool(field.json_schema_extra.get(mark))
