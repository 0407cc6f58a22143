"""The study file: which methods, losses, seeds and selectors are compared, and for which runs curves are drawn."""

import difflib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError

from pipeline.config.load import EMBEDDED, explain, read_toml
from pipeline.config.schema import Config, Section
from pipeline.errors import ConfigError
from pipeline.methods.strategies import BASE_STRATEGY, STRATEGIES
from pipeline.study.hypotheses import HYPOTHESES

StudyView = Literal["main", "best_of", "turns", "hidden_tests"]
"""What of a run is new: all of it, or further searches of another run's models, or all of it without public tests."""
SectionSettings = dict[str, object]


def _known_hypothesis(name: str) -> str:
    if name not in HYPOTHESES:
        close = difflib.get_close_matches(name, HYPOTHESES, n=1, cutoff=0.0)
        raise ValueError(f"no claim is named {name!r}; did you mean {close[0]!r}? All: {', '.join(HYPOTHESES)}")
    return name


StrategyName = Annotated[str, AfterValidator(STRATEGIES.check)]
HypothesisName = Annotated[str, AfterValidator(_known_hypothesis)]


class MethodsSection(Section):
    """Runs: every strategy × loss × seed."""

    strategies: tuple[StrategyName, ...] = Field(min_length=1)
    """Strategies as in run.strategy, and "base" for the model as it is."""
    losses: tuple[str, ...] = Field(("bt",), min_length=1)
    """Losses of the verifier, as in verifier.loss."""
    seeds: tuple[int, ...] = Field(min_length=1)
    """Values of run.seed."""
    selectors: tuple[str, ...] | None = None
    """As in eval.selectors; none said: those of config.eval."""


class CurvesSection(Section):
    """More searches of some runs' models: best of each N over one set of samples, and one search of more turns."""

    strategies: tuple[StrategyName, ...] = (BASE_STRATEGY, "mucode")
    """Whose curves are drawn; each must be trained by a [[methods]]."""
    loss: str = "bt"
    """The loss of their verifiers."""
    seeds: tuple[int, ...] = Field(min_length=1)
    """Values of run.seed."""
    selectors: tuple[str, ...] = ("pt_lv",)
    """One line for each."""
    best_of: tuple[int, ...] = ()
    """Values of N, answers per turn; none said: no curve over N."""
    turns: int | None = Field(None, ge=1)
    """Turns of the longer search; none said: no curve over turns."""


class HiddenTestsSection(Section):
    """The whole loop again without the public tests in the prompt."""

    strategies: tuple[StrategyName, ...] = (BASE_STRATEGY, "mucode")
    """Which methods; each must be trained by a [[methods]], too."""
    loss: str = "bt"
    """The loss of their verifiers."""
    seeds: tuple[int, ...] = Field(min_length=1)
    """Values of run.seed."""
    selectors: tuple[str, ...] = ("pt", "lv", "pt_lv")
    """As in eval.selectors."""


class Study(Section):
    """A study file."""

    name: str = Field(pattern=r"^[A-Za-z0-9._-]+$")
    """Folder under `root`."""
    root: str = "runs"
    """A local path, or s3:// gs:// … that every node reaches."""
    base: str = "embedded"
    """The config that every run starts from: "embedded", or a TOML file beside this one."""
    config: dict[str, SectionSettings] = Field(default_factory=dict)
    """Settings laid over it, in the sections of a config; once loaded, all of them."""
    methods: tuple[MethodsSection, ...] = Field(min_length=1)
    """What is compared."""
    curves: CurvesSection | None = None
    """None said: no curves."""
    hidden_tests: HiddenTestsSection | None = None
    """None said: nothing is run without the public tests."""
    lanes: int = Field(1, ge=1)
    """Worker processes, each with actors of its own and one seed at a time. Changes no data."""
    claims: tuple[HypothesisName, ...] = tuple(HYPOTHESES)
    """Which of the paper's claims are tested; none said: all."""

    @property
    def directory(self) -> str:
        root = self.root if "://" in self.root else str(Path(self.root).resolve())
        return f"{root.rstrip('/')}/{self.name}"


def load_study(path: str | Path, overrides: dict[str, object] | None = None) -> Study:
    """Read a study file; `overrides` replace its top-level values. Raises ConfigError, one line per mistake."""
    data = read_toml(path) | (overrides or {})
    if "methods" not in data and set(data) & set(Config.model_fields):
        raise ConfigError(f"{path} is the config of a run, since it has no [[methods]]; `mucode run {path}` runs it")
    try:
        study = Study.model_validate(data)
    except ValidationError as error:
        raise ConfigError("\n".join(explain(item, Study) for item in error.errors())) from None
    base = read_toml(EMBEDDED if study.base == "embedded" else Path(path).parent / study.base)
    if bare := [key for key, value in base.items() if not isinstance(value, dict)]:
        raise ConfigError(f"base = {study.base!r}: {bare[0]} = {base[bare[0]]!r} is in no section, as in [run]")
    settings = {section: base.get(section, {}) | study.config.get(section, {}) for section in {**base, **study.config}}
    return study.model_copy(update={"config": settings})
