"""`mucode resume`: continue a run, or a study, with the settings that its directory holds."""

import argparse
from pathlib import Path
from typing import Any

from pipeline.commands.options import add_set_option, named_directory
from pipeline.config.load import load_config, validated_config
from pipeline.config.schema import Config
from pipeline.errors import ConfigError
from pipeline.state.problems import ProblemSplits


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_dir", metavar="DIR", help="the directory of the run or study")
    add_set_option(parser)


def execute_command(options: argparse.Namespace) -> int:
    from pipeline.commands.run import execute_run
    from pipeline.state.run_directory import stored_config
    from pipeline.study.execute import execute_study, stored_study

    options.directory = root = named_directory(options.run_dir)
    study = None if "://" in root else stored_study(root)
    if study is not None:
        if options.set:
            raise ConfigError("a study takes its settings from its file; change that, and run `mucode study FILE`")
        return execute_study(study)
    config = stored_config(options.run_dir)
    _require_a_run(root)
    data = _overridden(config, options.set)
    if "://" not in root:  # a run directory may have been moved
        data["run"] |= {"root": str(Path(root).parent), "name": Path(root).name}
    return execute_run(validated_config(data), ProblemSplits())


def _require_a_run(root: str) -> None:
    from pipeline.state.run_directory import EVALUATION
    from pipeline.state.store import Store

    if Store(root).exists(EVALUATION):
        raise ConfigError(f"{root} is an evaluation; the same `mucode eval` again continues it")


def _overridden(config: Config, overrides: list[str]) -> dict[str, Any]:
    checked = load_config(None, overrides)  # names and types, with the usual messages
    data = config.model_dump()
    for override in overrides:
        section, name = override.partition("=")[0].strip().split(".", 1)
        if (section, name) == ("protocol", "name"):
            raise ConfigError("protocol.name only fills in what a config leaves open, and this run's is complete")
        data[section][name] = getattr(getattr(checked, section), name)
    return data
