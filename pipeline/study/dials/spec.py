"""The tables [[dials]] of a study file: one property of the problems, or of the models, turned step by step."""

from pydantic import Field

from pipeline.config.losses import BRADLEY_TERRY
from pipeline.config.schema import Section

NAME = r"^[A-Za-z0-9._-]+$"
SectionSettings = dict[str, object]


class DialPoint(Section):
    """One position of a dial."""

    at: str = Field(pattern=NAME)
    """What the position is called, also in the names of its runs; a curve is drawn if all of a dial's are integers."""
    config: dict[str, SectionSettings] = Field(default_factory=dict)
    """Settings of the position over those of the dial, in the sections of a config, as in config.problems.train."""


class DialSection(Section):
    """The whole loop again at every position of a dial."""

    name: str = Field(pattern=r"^[A-Za-z0-9_]+$")
    """Name of the dial, also in the names of its runs: letters, digits and underscores."""
    title: str
    """What is turned, as tables and pictures call it."""
    claim: str
    """Sentence that holds if the first method is better than each of the others at the last position."""
    methods: tuple[str, ...] = Field(min_length=2)
    """Methods at every position: a strategy as in run.strategy, or STRATEGY+VARIANT with one of `variants`; the first
    is compared with each of the others."""
    variants: dict[str, dict[str, SectionSettings]] = Field(default_factory=dict)
    """Settings of one variant over those of the position, in the sections of a config, by the variant's name."""
    loss: str = BRADLEY_TERRY
    """Loss of their verifiers, as in verifier.loss."""
    seeds: tuple[int, ...] = Field(min_length=1)
    """Values of run.seed; each method is run with each of them at every position."""
    selectors: tuple[str, ...] = ("pt_lv",)
    """Selectors of the best-of-N searches, as in eval.selectors; greedy answers are compared as well."""
    config: dict[str, SectionSettings] = Field(default_factory=dict)
    """Settings of all positions over those of the study, in the sections of a config, as in config.model.verifier."""
    points: tuple[DialPoint, ...] = Field(min_length=1)
    """Positions, in order. A stage whose settings are those of another run is shared with it."""

    def run_method(self, point: DialPoint, method: str) -> str:
        """What `StudyRun.method` is at a position, as in "mucode_ov+unsolved-75-drop" for "mucode_ov+drop"."""
        strategy, _, variant = method.partition("+")
        return f"{strategy}+{'-'.join(filter(None, (self.name, point.at, variant)))}"

    def settings(self, point: DialPoint, method: str) -> dict[str, object]:
        """Those of a method at a position, by their keys. Raises KeyError for a variant that the dial lacks."""
        variant = method.partition("+")[2]
        layers = (self.config, point.config, self.variants[variant] if variant else {})
        every = [pair for layer in layers for pair in layer.items()]
        return {f"{section}.{name}": value for section, values in every for name, value in values.items()}
