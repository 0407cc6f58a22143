"""`mucode study`: execute a study file, or print its runs and their cost (--dry-run)."""

import argparse

from pipeline.preflight.check import check_settings
from pipeline.state.problems import ProblemSplits
from pipeline.study.spec import cells, distinct, load_study


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", metavar="FILE", help="a study file, as configs/study-tiny.toml is")
    parser.add_argument("--dry-run", action="store_true", help="print the runs, what they share, and the time")


def execute_command(options: argparse.Namespace) -> int:
    study = load_study(options.study)
    options.directory = study.directory
    if options.dry_run:
        from pipeline.study.forecast import describe

        splits = ProblemSplits()
        for config in distinct(cells(study)):
            check_settings(config, splits)
        print(describe(study, cells(study)))
        return 0
    from pipeline.study.sequential import execute

    return execute(study)
