"""The study file: which methods, losses, seeds and selectors are compared, and on which cells the curves are drawn.

A *cell* is an ordinary run under `<root>/<name>/cells/`; all cells keep their stages in `<root>/<name>/stages/`, so
what two cells have in common (base episodes, a seed's first verifier, a trained policy) is computed once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import Field, ValidationError

from pipeline.config.load import EMBEDDED, explain, read_toml, validated
from pipeline.config.schema import Config, EvalSection, Section
from pipeline.errors import ConfigError
from pipeline.methods.strategies import STRATEGIES

SHARED = "../../stages"
BASE = "base"
"""The strategy of cells that train no generator."""

Loss = Literal["bt", "bce"]
View = Literal["main", "best_of", "turns", "hidden_tests"]
ClaimName = Literal[
    "multi_turn_over_single",
    "mucode_at_least_rft",
    "rft_over_base",
    "both_rewards",
    "best_of_n_over_greedy",
    "pt_lv_at_least_pt",
    "pt_over_lv",
    "lv_over_random",
    "bt_against_bce",
    "n_scaling_flattens",
]
CLAIMS: tuple[ClaimName, ...] = get_args(ClaimName)


class Methods(Section):
    """Cells: every strategy × loss × seed."""

    strategies: tuple[str, ...] = Field(min_length=1)
    """Rows of the strategy table, and "base" for the model as it is."""
    losses: tuple[Loss, ...] = Field(("bt",), min_length=1)
    """Of the verifier."""
    seeds: tuple[int, ...] = Field(min_length=1)
    selectors: tuple[str, ...] | None = None
    """None: those of config.eval."""


class Curves(Section):
    """More searches of some cells: best of each N over one set of samples, and one search of more turns."""

    strategies: tuple[str, ...] = (BASE, "mucode")
    loss: Loss = "bt"
    seeds: tuple[int, ...] = Field(min_length=1)
    selectors: tuple[str, ...] = ("pt_lv",)
    best_of: tuple[int, ...] = ()
    turns: int | None = Field(None, ge=1)


class HiddenTests(Section):
    """The whole loop again without the public tests in the prompt."""

    strategies: tuple[str, ...] = (BASE, "mucode")
    loss: Loss = "bt"
    seeds: tuple[int, ...] = Field(min_length=1)
    selectors: tuple[str, ...] = ("pt", "lv", "pt_lv")


class Study(Section):
    name: str = Field(pattern=r"^[A-Za-z0-9._-]+$")
    """Folder under `root`."""
    root: str = "runs"
    base: str = "embedded"
    """The config that every cell starts from: "embedded", or a TOML file beside this one."""
    config: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Settings laid over it, in the sections of a config; once loaded, all of them."""
    methods: tuple[Methods, ...] = Field(min_length=1)
    curves: Curves | None = None
    hidden_tests: HiddenTests | None = None
    lanes: int = Field(1, ge=1)
    """Seeds that are carried out side by side, each with actors of its own. Changes no data."""
    claims: tuple[ClaimName, ...] = CLAIMS
    """Which of the paper's claims are tested."""

    @property
    def directory(self) -> str:
        root = self.root if "://" in self.root else str(Path(self.root).resolve())
        return f"{root.rstrip('/')}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One run of the study. `view` says what of it is new: all of it, or further searches of a cell's models."""

    strategy: str
    loss: str
    seed: int
    view: View
    config: Config

    @property
    def name(self) -> str:
        return self.config.run.name

    @property
    def model(self) -> tuple[str, str, int]:
        """Cells of equal model share everything but their searches."""
        return self.strategy, self.loss, self.seed


def load_study(path: str | Path, overrides: dict[str, Any] | None = None) -> Study:
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


def cells(study: Study) -> list[Cell]:
    """Every cell, seed by seed, further searches last. Raises ConfigError where the axes do not fit together."""
    own = {"root": f"{study.directory}/cells", "stages": SHARED, "control": False}
    settings = study.config | {"run": study.config.get("run", {}) | own}
    found = [*_main(study, settings)]
    found.sort(key=lambda cell: cell.seed)  # stable: methods in the order of the file
    trained = {cell.model for cell in found}
    if len({cell.name for cell in found}) < len(found):
        twice = next(cell.name for cell in found if [other.name for other in found].count(cell.name) > 1)
        raise ConfigError(f"methods name the cell {twice} twice; each strategy, loss and seed once")
    further = [*_curves(study, settings), *_hidden(study, settings)]
    for cell in further:
        if cell.model not in trained:
            key = "hidden_tests" if cell.view == "hidden_tests" else "curves"
            raise ConfigError(
                f"{key}: strategy {cell.strategy!r}, loss {cell.loss!r}, seed {cell.seed} is in no [[methods]], "
                "so nothing trains it; add it there, or take it out here"
            )
    for cell in found + further:
        _require_searches(cell)
    if study.lanes > 1 and "://" in study.root:
        raise ConfigError(
            f"lanes = {study.lanes}: lanes guard their shared stages by file locks, which {study.root} does not know; "
            "use lanes = 1, or a root on a file system"
        )
    return found + further


def distinct(cells: Sequence[Cell]) -> list[Config]:
    """The configs among those of the cells that can be wrong each in its own way."""
    return list(
        {cell.config.model_dump_json(exclude={"run": {"name", "seed"}}): cell.config for cell in cells}.values()
    )


def _require_searches(cell: Cell) -> None:
    """What a study's tables rest on: one search per problem, at the N that they name."""
    settings = cell.config.eval
    if settings.searches > 1:
        raise ConfigError(
            f"config.eval.searches = {settings.searches}: a study searches once per seed; give more seeds"
        )
    if cell.view != "best_of" and settings.widths and settings.best_of not in settings.widths:
        raise ConfigError(
            f"config.eval.widths = {list(settings.widths)} lacks config.eval.best_of = {settings.best_of}, which the "
            "tables show; leave widths out (curves.best_of draws the curve over N)"
        )


def main_settings(cells: Sequence[Cell]) -> EvalSection:
    """How the main cells are evaluated: all alike but for their selectors."""
    return next(cell.config.eval for cell in cells if cell.view == "main")


def _main(study: Study, settings: dict[str, Any]) -> Iterator[Cell]:
    for methods in study.methods:
        extra = {} if methods.selectors is None else {"eval.selectors": methods.selectors}
        for strategy in methods.strategies:
            for loss in methods.losses:
                for seed in methods.seeds:
                    yield _cell(settings, strategy, loss, seed, "main", "", extra)


def _curves(study: Study, settings: dict[str, Any]) -> Iterator[Cell]:
    curves = study.curves
    if curves is None:
        return
    common = {"eval.selectors": curves.selectors}
    for strategy, seed in _product(curves.strategies, curves.seeds):
        if curves.best_of:
            extra = common | {"eval.widths": curves.best_of}
            yield _cell(settings, strategy, curves.loss, seed, "best_of", "-over-n", extra)
        if curves.turns:
            more = common | {"eval.turns": curves.turns}
            yield _cell(settings, strategy, curves.loss, seed, "turns", f"-t{curves.turns}", more)


def _hidden(study: Study, settings: dict[str, Any]) -> Iterator[Cell]:
    hidden = study.hidden_tests
    if hidden is None:
        return
    extra = {"dialogue.show_tests": False, "eval.selectors": hidden.selectors}
    for strategy, seed in _product(hidden.strategies, hidden.seeds):
        yield _cell(settings, strategy, hidden.loss, seed, "hidden_tests", "-hidden", extra)


def _product(strategies: Sequence[str], seeds: Sequence[int]) -> Iterator[tuple[str, int]]:
    return ((strategy, seed) for strategy in strategies for seed in seeds)


def _cell(
    settings: dict[str, Any], strategy: str, loss: str, seed: int, view: View, suffix: str, extra: dict[str, Any]
) -> Cell:
    if strategy != BASE and strategy not in STRATEGIES:
        raise ConfigError(f"strategy {strategy!r}: expected one of {BASE}, {', '.join(STRATEGIES)}")
    data = {section: dict(values) for section, values in settings.items()}
    data["run"] |= {"name": f"{strategy}-{loss}-seed{seed}{suffix}", "seed": seed}
    data["run"] |= {"iterations": 0} if strategy == BASE else {"strategy": strategy}
    if strategy != BASE and data["run"].get("iterations") == 0:
        raise ConfigError(f"config.run.iterations = 0 trains nothing, so strategy {strategy!r} would be {BASE!r}")
    data.setdefault("verifier", {})["loss"] = loss
    for key, value in extra.items():
        section, _, name = key.partition(".")
        data.setdefault(section, {})[name] = value
    return Cell(strategy=strategy, loss=loss, seed=seed, view=view, config=validated(data))
