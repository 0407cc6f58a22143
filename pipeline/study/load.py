"""Reading a study file: its base config, its settings, its hypotheses."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipeline.config.fields import AS_STORED
from pipeline.config.load import EMBEDDED, apply_override, find_config, read_toml
from pipeline.config.mistakes import Sources, explain_mistakes
from pipeline.config.schema import Config
from pipeline.errors import ConfigError, StoreError
from pipeline.study.hypotheses import HYPOTHESES
from pipeline.study.spec import Study


def load_study(path: str | Path, overrides: dict[str, object] | None = None, settings: Sequence[str] = ()) -> Study:
    """Read a study file; `overrides` replace its top-level values, and `settings` (`section.key=value`) those of its
    config. Raises ConfigError, one line per mistake."""
    data = read_toml(path) | (overrides or {})
    sources = Sources()
    sources.note(data, str(path))
    if not isinstance(data.setdefault("config", {}), dict):
        raise ConfigError(f"{path}: config = {str(data['config'])[:40]!r}: expected sections, as in [config.rollouts]")
    for setting in settings:
        apply_override(data["config"], setting)
    if "methods" not in data and set(data) & set(Config.model_fields):
        raise ConfigError(f"{path} is the config of a run, since it has no [[methods]]; `mucode run {path}` runs it")
    try:
        study = Study.model_validate(data)
    except ValidationError as error:
        raise ConfigError("\n".join(explain_mistakes(error, Study, sources))) from None
    base = _base_settings(path, study.base)
    if bare := [key for key, value in base.items() if not isinstance(value, dict)]:
        raise ConfigError(f"base = {study.base!r}: {bare[0]} = {base[bare[0]]!r} is in no section, as in [run]")
    merged = {section: base.get(section, {}) | study.config.get(section, {}) for section in {**base, **study.config}}
    return study.model_copy(update={"config": merged, "claims": _known_hypotheses(study.claims)})


def _base_settings(path: str | Path, base: str) -> dict[str, Any]:
    if base == "defaults":
        return {}
    return read_toml(EMBEDDED if base == "embedded" else find_config(path).parent / base)


def study_as_stored(data: dict[str, Any], where: str) -> Study:
    """What a study wrote of its file, settings of the base filled in; names of plug-ins are not looked up.

    Raises StoreError if `where` does not hold it.
    """
    try:
        study = Study.model_validate(data, context=AS_STORED)
        _known_hypotheses(study.claims)
        return study
    except ConfigError as error:
        raise StoreError(f"{where} is not what a study of this version wrote: {error}. Restore it") from None
    except ValidationError as error:
        mistakes = "\n".join(explain_mistakes(error, Study))
        raise StoreError(f"{where} is not what a study wrote: {mistakes}. Restore it") from None


def _known_hypotheses(names: tuple[str, ...]) -> tuple[str, ...]:
    """The hypotheses to test: those that are named, or those that are tested by default."""
    for name in names:
        if name not in HYPOTHESES:
            close = difflib.get_close_matches(name, HYPOTHESES, n=1, cutoff=0.0)
            raise ConfigError(f"no claim is named {name!r}; did you mean {close[0]!r}? All: {', '.join(HYPOTHESES)}")
    return names or tuple(name for name, row in HYPOTHESES.items() if row.default)
