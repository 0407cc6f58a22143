"""The study file: which methods, losses, seeds and selectors are compared, and for which runs curves are drawn."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.config.fields import OneOf
from pipeline.config.losses import BRADLEY_TERRY
from pipeline.config.schema import Section
from pipeline.methods.strategies import BASE_STRATEGY, STRATEGIES
from pipeline.study.dials.spec import NAME, DialSection, SectionSettings

StudyView = Literal["main", "best_of", "turns", "one_turn", "hidden_tests", "dials"]
"""What of a run is new: all of it, or further searches of another run's models, or all of it without public tests,
or at a position of a dial."""


StrategyName = Annotated[str, OneOf(STRATEGIES)]


class MethodsSection(Section):
    """Runs: every strategy × loss × seed."""

    strategies: tuple[StrategyName, ...] = Field(min_length=1)
    """Strategies, as in run.strategy; "base" is the model as it is, without training."""
    losses: tuple[str, ...] = Field((BRADLEY_TERRY,), min_length=1)
    """Losses of the verifier, as in verifier.loss; each strategy is trained with each of them."""
    seeds: tuple[int, ...] = Field(min_length=1)
    """Values of run.seed; each strategy is trained with each loss once per seed."""
    selectors: tuple[str, ...] | None = None
    """Selectors of the best-of-N searches, as in eval.selectors; unset takes those of config.eval."""
    variant: str = Field("", pattern=r"^[A-Za-z0-9_]*$")
    """What sets these runs apart from others of their strategies: letters, digits and underscores; needs `config`."""
    config: dict[str, SectionSettings] = Field(default_factory=dict)
    """Settings of these runs alone, in the sections of a config, over those of the study; needs `variant`."""

    @model_validator(mode="after")
    def _a_variant_is_settings(self) -> "MethodsSection":
        if "eval" in self.config:
            raise ValueError(
                "config.eval: methods are compared under the same searches; leave it to the study's [config.eval]"
            )
        if bool(self.variant) != bool(self.config):
            lacking = "config, the settings that it changes" if self.variant else "variant, a name for these settings"
            raise ValueError(f"strategies {', '.join(self.strategies)} have no {lacking}")
        return self


class CurvesSection(Section):
    """More searches of some runs' models: best of each N over one set of samples, more turns, and one turn."""

    strategies: tuple[StrategyName, ...] = (BASE_STRATEGY, "mucode")
    """Strategies whose curves are drawn; each must stand in a [[methods]] table, which trains it."""
    loss: str = BRADLEY_TERRY
    """Loss of the verifiers that they search with."""
    seeds: tuple[int, ...] = Field(min_length=1)
    """Values of run.seed; the curves show the mean over them."""
    selectors: tuple[str, ...] = ("pt_lv",)
    """Selectors, as in eval.selectors; a curve has one line for each."""
    best_of: tuple[int, ...] = ()
    """Values of N of the curve over N, in answers per turn; none draws no such curve."""
    turns: int | None = Field(None, ge=1)
    """Turns of the search behind the curve over turns; unset draws no such curve."""
    one_turn: tuple[int, ...] = ()
    """Values of N of searches that answer once, with which the search of several turns is compared at equal cost; none
    compares nothing."""


class HiddenTestsSection(Section):
    """The whole loop again without the public tests in the prompt."""

    strategies: tuple[StrategyName, ...] = (BASE_STRATEGY, "mucode")
    """Strategies that are run without public tests; each must stand in a [[methods]] table, too."""
    loss: str = BRADLEY_TERRY
    """Loss of their verifiers, as in verifier.loss."""
    seeds: tuple[int, ...] = Field(min_length=1)
    """Values of run.seed of these runs."""
    selectors: tuple[str, ...] = ("pt", "lv", "pt_lv")
    """Selectors of the best-of-N searches, as in eval.selectors."""


class Study(Section):
    """What stands at the top of the file."""

    name: str = Field(pattern=NAME)
    """Name of the study's folder under `root`: letters, digits, dots, hyphens and underscores."""
    root: str = Field("runs", min_length=1)
    """Folder that holds studies: a local path, or an s3:// or gs:// address that every node reaches."""
    base: str = "embedded"
    """Config that every run starts from: "embedded" (built-in model and data), "defaults" (every setting's own), or a
    TOML file beside the study's."""
    config: dict[str, SectionSettings] = Field(default_factory=dict)
    """Settings that replace those of `base`, in the sections of a config, as in [config.rollouts]."""
    methods: tuple[MethodsSection, ...] = Field(min_length=1)
    """Methods that are compared: a run for every strategy, loss and seed of each table."""
    curves: CurvesSection | None = None
    """Further searches, from which curves over N and over turns are drawn; unset draws none."""
    hidden_tests: HiddenTestsSection | None = None
    """Methods that are run again without public tests in the prompt; unset runs none."""
    dials: tuple[DialSection, ...] = ()
    """Dials that are turned, each with its methods, seeds and positions; none turns none."""
    lanes: int = Field(1, ge=1)
    """Worker processes, each with actors of its own and one seed at a time; the number changes no data."""
    claims: tuple[str, ...] = ()
    """Statements that are tested; the default tests those of the paper."""

    @property
    def directory(self) -> str:
        root = self.root if "://" in self.root else str(Path(self.root).resolve())
        return f"{root.rstrip('/')}/{self.name}"
