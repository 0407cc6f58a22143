"""The runs of a study: every strategy × loss × seed, then further searches of some of their models.

Each is an ordinary run under `<root>/<name>/cells/`; all keep their stages in `<root>/<name>/stages/`, so what two runs
have in common (base episodes, a seed's first verifier, a trained policy) is computed once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from pipeline.config.fields import AS_STORED
from pipeline.config.load import validated_config
from pipeline.config.schema import Config, EvalSection
from pipeline.errors import ConfigError
from pipeline.methods.strategies import strategy_label, trains_generator
from pipeline.preflight.settling import settle_config
from pipeline.study.dials.spec import DialPoint, DialSection, SectionSettings
from pipeline.study.spec import Study, StudyView

SHARED_STAGES = "../../stages"
"""Relative to a run's folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRun:
    """One run of a study. `view` says what of it is new, `variant` what sets it apart from others of its strategy."""

    strategy: str
    variant: str = ""
    loss: str
    seed: int
    view: StudyView
    config: Config

    @property
    def name(self) -> str:
        return self.config.run.name

    @property
    def method(self) -> str:
        """How the study's comparisons name it: "mucode", "mucode+drop"."""
        return f"{self.strategy}+{self.variant}" if self.variant else self.strategy

    @property
    def model(self) -> tuple[str, str, int]:
        """Runs of equal model share everything but their searches."""
        return self.method, self.loss, self.seed


def study_runs(study: Study) -> list[StudyRun]:
    """Every run, seed by seed, further searches last.

    Raises ConfigError if the axes do not fit together, or if a name of a row is unknown.
    """
    runs = stored_study_runs(study)
    for config in distinct_configs(runs):
        validated_config(config.model_dump())
    return runs


def stored_study_runs(study: Study) -> list[StudyRun]:
    """As `study_runs`, for commands that only read: names of plug-ins, which may not be installed, are not checked."""
    main = sorted(_main_runs(study), key=lambda run: run.seed)  # stable: methods in the order of the file
    _require_once(main)
    further = [*_curve_runs(study), *_hidden_test_runs(study)]
    dials = list(_dial_runs(study))
    _require_once(dials)
    trained = {run.model for run in main}
    for run in further:
        if run.model not in trained:
            key = "hidden_tests" if run.view == "hidden_tests" else "curves"
            raise ConfigError(
                f"{key}: strategy {run.strategy!r}, loss {run.loss!r}, seed {run.seed} is in no [[methods]], "
                "so nothing trains it; add it there, or take it out here"
            )
    for run in main + further + dials:
        _require_searches(run)
    if study.lanes > 1 and "://" in study.root:
        raise ConfigError(
            f"lanes = {study.lanes}: worker processes guard the stages that they share by file locks, which "
            f"{study.root} does not know; use lanes = 1, or a root on a file system"
        )
    return main + further + dials


def distinct_configs(runs: Sequence[StudyRun]) -> list[Config]:
    """The configs among those of the runs that can be wrong each in its own way."""
    return list({run.config.model_dump_json(exclude={"run": {"name", "seed"}}): run.config for run in runs}.values())


def settled_runs(runs: Sequence[StudyRun], *, fetch: bool) -> list[StudyRun]:
    """The runs with settled configs, as `settle_config` says."""
    return [replace(run, config=settle_config(run.config, trains=run.config.learns, fetch=fetch)) for run in runs]


def main_settings(runs: Sequence[StudyRun]) -> EvalSection:
    """How the main runs are evaluated: all alike but for their selectors."""
    return next(run.config.eval for run in runs if run.view == "main")


def _require_once(runs: Sequence[StudyRun]) -> None:
    names = [run.name for run in runs]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"the study names the run {name} twice; each strategy, loss, seed and position once")


def _require_searches(run: StudyRun) -> None:
    """What a study's tables rest on: searches at the N that they name."""
    settings = run.config.eval
    if run.view not in ("best_of", "one_turn") and settings.widths and settings.best_of not in settings.widths:
        raise ConfigError(
            f"config.eval.widths = {list(settings.widths)} lacks config.eval.best_of = {settings.best_of}, which the "
            "tables show; leave widths out (curves.best_of draws the curve over N)"
        )


def _main_runs(study: Study) -> Iterator[StudyRun]:
    for methods in study.methods:
        extra: dict[str, object] = {
            f"{one}.{key}": value for one, two in methods.config.items() for key, value in two.items()
        }
        if methods.selectors is not None:
            extra["eval.selectors"] = methods.selectors
        for strategy, loss, seed in product(methods.strategies, methods.losses, methods.seeds):
            yield _study_run(study, strategy, loss, seed, "main", "", extra, methods.variant)


def _curve_runs(study: Study) -> Iterator[StudyRun]:
    curves = study.curves
    if curves is None:
        return
    common: dict[str, object] = {"eval.selectors": curves.selectors}
    for strategy, seed in product(curves.strategies, curves.seeds):
        if curves.best_of:
            extra = common | {"eval.widths": curves.best_of}
            yield _study_run(study, strategy, curves.loss, seed, "best_of", "-over-n", extra)
        if curves.turns:
            more = common | {"eval.turns": curves.turns}
            yield _study_run(study, strategy, curves.loss, seed, "turns", f"-t{curves.turns}", more)
        if curves.one_turn:
            _require_one_model(study)
            once = common | {"eval.turns": 1, "eval.widths": curves.one_turn}
            yield _study_run(study, strategy, curves.loss, seed, "one_turn", "-one-turn", once)


def _require_one_model(study: Study) -> None:
    """Validation is played with as many turns as tests are, so another number might return another iteration."""
    if validated_config(dict(study.config), AS_STORED).protocol.returned == "best_on_validation":
        raise ConfigError(
            "curves.one_turn beside config.protocol.returned = 'best_on_validation': searches of one turn might be of "
            'another iteration than those of several; set returned = "last", or leave one_turn out'
        )


def _hidden_test_runs(study: Study) -> Iterator[StudyRun]:
    hidden = study.hidden_tests
    if hidden is None:
        return
    extra = {"dialogue.show_tests": False, "eval.selectors": hidden.selectors}
    for strategy, seed in product(hidden.strategies, hidden.seeds):
        yield _study_run(study, strategy, hidden.loss, seed, "hidden_tests", "-hidden", extra)


def _dial_runs(study: Study) -> Iterator[StudyRun]:
    for dial in study.dials:
        for seed, point, method in product(dial.seeds, dial.points, dial.methods):
            strategy, _, variant = dial.run_method(point, method).partition("+")
            yield _study_run(
                study, strategy, dial.loss, seed, "dials", "", _dial_settings(dial, point, method), variant
            )


def _dial_settings(dial: DialSection, point: DialPoint, method: str) -> dict[str, object]:
    try:
        return {"eval.selectors": dial.selectors, **dial.settings(point, method)}
    except KeyError as error:
        raise ConfigError(
            f"dials: {dial.name} names the method {method!r}, but has no variant {error}: give its settings in "
            "dials.variants, or leave it out"
        ) from None


def _study_run(
    study: Study,
    strategy: str,
    loss: str,
    seed: int,
    view: StudyView,
    suffix: str,
    extra: Mapping[str, object],
    variant: str = "",
) -> StudyRun:
    """`extra`: further settings by their keys."""
    trains = trains_generator(strategy)
    data: dict[str, SectionSettings] = {section: dict(values) for section, values in study.config.items()}
    called = f"{strategy}-{variant}" if variant else strategy
    name = f"{called.replace(':', '.')}-{loss}-seed{seed}{suffix}"
    run = data.get("run", {}) | {"root": f"{study.directory}/cells", "stages": SHARED_STAGES, "control": False}
    data["run"] = run | {"name": name, "seed": seed} | ({"strategy": strategy} if trains else {"iterations": 0})
    if trains and data["run"].get("iterations") == 0:
        raise ConfigError(f"config.run.iterations = 0 trains no generator, so {strategy!r} would be the base model")
    data.setdefault("verifier", {})["loss"] = loss
    for key, value in extra.items():
        section, _, field = key.partition(".")
        data.setdefault(section, {})[field] = value
    config = validated_config(data, AS_STORED)
    return StudyRun(strategy=strategy, variant=variant, loss=loss, seed=seed, view=view, config=config)


def method_label(method: str) -> str:
    """How tables and figures call a method (`StudyRun.method`): "µCode", "µCode (drop)"."""
    strategy, _, variant = method.partition("+")
    return f"{strategy_label(strategy)} ({variant.replace('_', ' ')})" if variant else strategy_label(strategy)
