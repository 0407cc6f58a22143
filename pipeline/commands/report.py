"""`mucode report`: print the results of a run or a study, and write its report.html. It never works on the run."""

import argparse

from pipeline.commands.options import named_directory


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_dir", metavar="DIR", help="the directory of the run or study")


def execute_command(options: argparse.Namespace) -> int:
    from pipeline.study.execute import stored_study
    from pipeline.study.publish import publish_study
    from pipeline.study.runs import stored_study_runs

    options.directory = root = named_directory(options.run_dir)
    study = stored_study(root)
    if study is None:
        return _report_run(root)
    print(publish_study(study, stored_study_runs(study)))
    print(f"report: {root}/report.html")
    return 0


def _report_run(root: str) -> int:
    from pipeline.report.page import write_report
    from pipeline.report.results import print_results
    from pipeline.state.run_directory import require_run_directory
    from pipeline.state.store import Store

    store = Store(root)
    require_run_directory(store)
    print(print_results(store))
    print(f"report: {write_report(store)}")
    return 0
