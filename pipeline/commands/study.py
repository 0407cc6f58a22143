"""`mucode study`: execute a study file, or print its runs and their cost (--dry-run)."""

import argparse

from pipeline.preflight.check import check_settings
from pipeline.state.problems import ProblemSplits
from pipeline.study.runs import distinct_configs, settled_runs, study_runs


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", metavar="FILE", help="a study file, as configs/study-tiny.toml is")
    parser.add_argument("--dry-run", action="store_true", help="print the runs, what they share, and the time")


def execute_command(options: argparse.Namespace) -> int:
    from pipeline.study.load import load_study  # its hypotheses import numpy and pyarrow

    study = load_study(options.study)
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
