"""`mucode study`: execute a study file, or print its runs and their cost; make its results again from its cells."""

import argparse
from pathlib import Path

from pipeline.commands.extras import TRAINING_MODULES, require_modules
from pipeline.commands.options import add_set_option
from pipeline.errors import ConfigError
from pipeline.preflight.check import check_settings
from pipeline.state.problems import ProblemSplits
from pipeline.study.runs import distinct_configs, settled_runs, study_runs

RECOMPUTE = "recompute"


def add_options(parser: argparse.ArgumentParser) -> None:
    own = "[-h] [--dry-run] [--name NAME] [--set section.key=value] FILE"
    parser.usage = f"mucode study {own}\n       mucode study {RECOMPUTE} [--out DIR] CELLS"
    parser.add_argument(
        "study",
        metavar="FILE",
        nargs="+",
        help=f"a study file, as configs/study-tiny.toml is; or `{RECOMPUTE}` and the cells.parquet of a study, to make "
        "its tables and claims again from that alone",
    )
    parser.add_argument("--name", metavar="NAME", help="another folder than the file's `name`, as for another model")
    add_set_option(parser)
    parser.add_argument("--dry-run", action="store_true", help="print the runs, what they share, and the time")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help=f"with {RECOMPUTE}: also write results.json and results.md in there"
    )


def execute_command(options: argparse.Namespace) -> int:
    if options.study[0] == RECOMPUTE:
        return _recompute(options)
    if len(options.study) > 1 or options.out is not None:
        extra = f"--out {options.out}" if options.out is not None else " ".join(options.study[1:])
        raise ConfigError(f"mucode study takes one file, found {extra!r} beside {options.study[0]!r}")
    return _execute(options.study[0], options)


def _recompute(options: argparse.Namespace) -> int:
    from pipeline.study.publish import recompute_study

    files = options.study[1:]
    if len(files) != 1 or options.dry_run or options.name or options.set:
        raise ConfigError(f"mucode study {RECOMPUTE} takes one cells.parquet and --out DIR, found {files}")
    print(recompute_study(Path(files[0]), options.out), end="")
    return 0


def _execute(file: str, options: argparse.Namespace) -> int:
    if not options.dry_run:
        require_modules(TRAINING_MODULES)
    from pipeline.study.load import load_study  # its hypotheses import numpy and pyarrow

    study = load_study(file, {"name": options.name} if options.name else None, options.set)
    options.directory = study.directory
    if options.dry_run:
        from pipeline.study.forecast import describe_study

        splits = ProblemSplits()
        runs = study_runs(study)
        for config in distinct_configs(runs):
            check_settings(config, splits)
        print(describe_study(study, settled_runs(runs, fetch=False)))
        return 0
    from pipeline.study.execute import execute_study

    return execute_study(study)
