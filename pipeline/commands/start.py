"""`mucode run`: read the settings, then print what they come to (--dry-run), or execute them."""

import argparse

from pipeline.commands.options import add_set_option
from pipeline.config.load import EMBEDDED, load_config
from pipeline.config.schema import Config
from pipeline.durations.cluster import DescribedCluster, parse_cluster
from pipeline.errors import ConfigError
from pipeline.preflight.check import check_settings
from pipeline.preflight.estimate import describe_run
from pipeline.preflight.settling import choices_text
from pipeline.state.problems import ProblemSplits


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "config",
        nargs="*",
        help="TOML files, or names of shipped ones as in llama-3.2-1b; later ones win key by key; none is the built-in "
        "0.2 M-parameter model and problems, on this machine",
    )
    add_set_option(parser)
    parser.add_argument("--dry-run", action="store_true", help="print the resolved settings and what the run will cost")
    parser.add_argument(
        "--on", metavar="CLUSTER", help="with --dry-run: on which accelerators, as in 4x8xH100 for 4 nodes of 8"
    )


def execute_command(options: argparse.Namespace) -> int:
    config, splits = load_config(options.config or EMBEDDED, options.set), ProblemSplits()
    options.directory = f"{config.run.root}/{config.run.name}"
    if options.dry_run:
        cluster = parse_cluster(options.on) if options.on else None
        settled = check_settings(config, splits)
        print(describe_run(settled, splits))
        print(_durations(settled, splits, cluster))
        print(choices_text(config, settled, trains=config.learns))
        return 0
    if options.on:
        raise ConfigError(f"--on {options.on}: only a dry run is imagined; add --dry-run, or leave it out")
    from pipeline.commands.run import execute_run

    return execute_run(config, splits)


def _durations(config: Config, splits: ProblemSplits, cluster: DescribedCluster | None) -> str:
    try:
        from pipeline.durations.text import describe_durations  # the plan of stages imports pyarrow
    except ModuleNotFoundError as missing:
        return f"time         not estimated: {missing.name} is not installed (docs/installation.md)"
    return describe_durations(config, splits, cluster)
