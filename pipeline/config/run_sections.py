"""Settings of the run as a whole: its directory, its problems, its models."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.config.fields import MOST_SECONDS, HomePath, OneOf, Section, operational
from pipeline.methods.strategies import STRATEGIES
from pipeline.trackers.kinds import TRACKERS

Dtype = Literal["float32", "bfloat16"]
KeepCheckpoints = Literal["all", "last", "last+best"]


class RunSection(Section):
    """Which run this is, how long it goes on, and what it learns from."""

    name: str = operational("embedded", pattern=r"^[A-Za-z0-9._-]+$")
    """Name of the run's folder under `run.root`: letters, digits, dots, hyphens and underscores."""
    root: HomePath = operational("runs", min_length=1)
    """Folder that holds runs: a local path, or an s3:// or gs:// address that every node reaches."""
    stages: HomePath = operational("")
    """Folder in which several runs share finished stages, relative to the run's own (as in ../../stages); empty keeps
    them in the run's folder."""
    reuse: HomePath = operational("")
    """Directory or address of another run: stages that it finished and that this run would make in the same way are
    copied instead, as the first episodes of another strategy; empty makes all of them."""
    iterations: int = operational(2, ge=0)
    """How often the generator is trained; iteration 0 evaluates the base model, and a finished run continues when the
    number is raised. With 0, and selectors that ask for no scores, a run samples no training problems either."""
    seed: int = 0
    """Seed of all sampling, pair drawing and training; two runs with equal settings and seed on the same kind of
    hardware give equal numbers."""
    strategy: Annotated[str, OneOf(STRATEGIES)] = "mucode"
    """Which answers the generator is trained on, after which histories; or package.module:NAME of your own."""
    control: bool = True
    """Also fine-tune once on unfiltered samples with as many steps, and evaluate that model: the row that a gain must
    beat."""
    keep_checkpoints: KeepCheckpoints = operational("all")
    """Checkpoints that stay when an iteration is finished: "last" keeps those of the last iteration, "last+best" also
    those of the iteration with the highest greedy accuracy (on validation if the run searches there, else on the test
    problems). What the rest of the run reads stays in any case. Runs that share stages keep all: see `mucode gc`."""
    trackers: tuple[Annotated[str, OneOf(TRACKERS)], ...] = operational(("console", "jsonl"))
    """Who is told of training steps, stages and metrics: rows of the tracker table, or package.module:NAME of your
    own."""
    lease_s: float = operational(60.0, ge=1, le=3600)
    """How long a driver may give no sign before one on another host takes its run directory over; it gives one every
    third of that, so it must be longer than the storage is ever out of reach."""
    wait_for_nodes_s: float = operational(0.0, ge=0, le=MOST_SECONDS)
    """On a cluster that grows: seconds to wait for the next node that the run lacks; Ray's autoscaler is asked for it,
    and nodes that came stay until the run ends. With 0 a cluster that is too small is refused at once."""


class ProblemsSection(Section):
    """What is trained on, what is held out, and what is evaluated: a data set's name, or a file of problems."""

    train: HomePath = "builtin:train"
    """Problems whose sampled answers train the generator and the verifier: NAME, NAME:SPLIT or NAME@FILE of a data set,
    package.module:ROW of your own, or a JSONL file; several are joined by +."""
    validation: HomePath = "builtin:validation"
    """Held-out problems that measure the verifier and, under protocol.returned = "best_on_validation", choose the
    iteration; named as problems.train is."""
    test: HomePath = "builtin:test"
    """Problems on which every iteration is evaluated, never trained on; named as problems.train is."""
    limit_train: int | None = Field(None, ge=1)
    """Only the first so many training problems; unset takes all."""
    limit_validation: int | None = Field(None, ge=1)
    """Only the first so many validation problems; unset takes all."""
    limit_test: int | None = Field(None, ge=1)
    """Only the first so many test problems; unset takes all."""


class ModelSection(Section):
    """The two models that training starts from."""

    generator: HomePath = "builtin:generator"
    """Model that writes programs, before any training: a Hugging Face directory or name, or builtin:generator."""
    verifier: HomePath = "builtin:verifier"
    """Model that verifier training starts from: a causal model, which gets a fresh scalar head, or a verifier."""
    dtype: Dtype | None = None
    """Number format of the weights in sampling, training and scoring; bfloat16 halves the memory. Unset: that of the
    model's files, if accelerators or CPU compute in it; chosen at the first start and kept by the run."""
    max_tokens: int | None = Field(None, ge=16)
    """Longest prompt and answer together, in tokens; longer ones are neither sampled nor trained on. Unset: 4096, or
    more if the answers of all turns need it, at most the model's positions; chosen at the first start and kept by the
    run."""
