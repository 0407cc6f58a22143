"""`mucode study`: execute a study file, or print its runs and their cost; make its results again from its cells."""

import argparse
import re
from pathlib import Path

from pipeline.commands.extras import TRAINING_MODULES, require_modules
from pipeline.commands.options import add_set_option
from pipeline.errors import ConfigError
from pipeline.preflight.check import check_settings
from pipeline.state.problems import ProblemSplits
from pipeline.study.dials.spec import NAME
from pipeline.study.runs import distinct_configs, settled_runs, study_runs

RECOMPUTE = "recompute"


def add_options(parser: argparse.ArgumentParser) -> None:
    own = "[-h] [--dry-run] [--name NAME] [--set section.key=value] FILE"
    parser.usage = f"mucode study {own}\n       mucode study {RECOMPUTE} [--out DIR] [--name NAME] CELLS..."
    parser.add_argument(
        "study",
        metavar="FILE",
        nargs="+",
        help=f"a study file, as configs/study-tiny.toml is; or `{RECOMPUTE}` and the cells.parquet of a study, to make "
        "its tables and claims again from that alone; several are laid together if only their test problems differ",
    )
    parser.add_argument("--name", metavar="NAME", help="another folder than the file's `name`, as for another model")
    add_set_option(parser)
    parser.add_argument("--dry-run", action="store_true", help="print the runs, what they share, and the time")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help=f"with {RECOMPUTE}: also write results.json and results.md in there, and the cells of several files",
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
    if not files or options.dry_run or options.set or (options.name and len(files) == 1):
        raise ConfigError(
            f"mucode study {RECOMPUTE} takes the cells.parquet of a study and --out DIR, or several files and --name; "
            f"found {' '.join(files) or 'no file'}"
        )
    if options.name and not re.fullmatch(NAME, options.name):
        raise ConfigError(f"--name {options.name!r}: expected letters, digits, dots, hyphens and underscores")
    print(recompute_study([Path(file) for file in files], options.out, options.name), end="")
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
