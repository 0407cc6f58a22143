"""`mucode config`: list all settings, explain one, or write docs/configuration.md (--markdown)."""

import argparse
import difflib
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel

from pipeline.config.describe import Setting, all_settings, model_settings, model_summary
from pipeline.config.page import configuration_page, explain_setting, list_settings
from pipeline.config.schema import Config
from pipeline.errors import ConfigError
from pipeline.study.dials.spec import DialPoint, DialSection
from pipeline.study.spec import CurvesSection, HiddenTestsSection, MethodsSection, Study
from sandbox.problems.data_set import DataSetLoader
from sandbox.problems.load import DATA_SETS

PAGE = Path("docs") / "configuration.md"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", nargs="?", help="a setting as in rollouts.samples, or a section; none lists all")
    parser.add_argument("--markdown", action="store_true", help=f"write {PAGE} of this checkout from the schema")


def execute_command(options: argparse.Namespace) -> int:
    settings = described_settings()
    if options.markdown:
        print(write_page(settings))
    elif options.key is None:
        print(list_settings(settings))
    else:
        print("\n\n".join(map(explain_setting, find_settings(settings, options.key))))
    return 0


def described_settings() -> dict[str, Setting]:
    """Every setting, with the rows of every table that one names."""
    settings = all_settings()
    data_sets = {name: f"{row.label}{_splits(row)}" for name, row in DATA_SETS.items()}
    return settings | {"problems.train": replace(settings["problems.train"], rows=data_sets)}


def study_settings() -> dict[str, list[Setting]]:
    """The settings of a study file, by what their table is about."""
    tables: dict[str, type[BaseModel]] = {
        "": Study,
        "methods.": MethodsSection,
        "curves.": CurvesSection,
        "hidden_tests.": HiddenTestsSection,
        "dials.": DialSection,
        "dials.points.": DialPoint,
    }
    return {model_summary(table): list(model_settings(table, prefix).values()) for prefix, table in tables.items()}


def _splits(row: DataSetLoader) -> str:
    return f", as {', '.join(f'{row.name}:{split}' for split in row.splits)}" if row.splits else ""


def find_settings(settings: dict[str, Setting], key: str) -> list[Setting]:
    """The setting `key`, or all of the section `key`. Raises ConfigError that names the nearest one."""
    if key in settings:
        return [settings[key]]
    if key in Config.model_fields:
        return [setting for name, setting in settings.items() if name.startswith(f"{key}.")]
    (close,) = difflib.get_close_matches(key, [*settings, *Config.model_fields], n=1, cutoff=0.0)
    raise ConfigError(f"unknown config key {key!r}; the nearest valid one is {close!r}; `mucode config` lists all")


def write_page(settings: dict[str, Setting]) -> Path:
    """Write docs/configuration.md below the working directory. Raises ConfigError if this is no checkout."""
    if not PAGE.parent.is_dir():
        raise ConfigError(f"there is no folder {PAGE.parent} here; run this in a checkout of mucode")
    PAGE.write_text(configuration_page(settings, study_settings()))
    return PAGE
