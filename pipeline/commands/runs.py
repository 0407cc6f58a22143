"""`mucode runs verify`: whether a run directory, or a study's, holds what was written. It changes nothing."""

import argparse
import posixpath
from typing import TYPE_CHECKING

from pipeline.commands.options import named_directory

if TYPE_CHECKING:
    from pipeline.integrity.inspection import Inspected  # imports pyarrow


def add_options(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="action", dest="action")
    verify = actions.add_parser("verify", help="read every file of a run or a study, and name what is damaged")
    verify.add_argument("run_dir", metavar="DIR", help="the directory of the run, evaluation or study")


def execute_command(options: argparse.Namespace) -> int:
    """1 if anything is wrong."""
    from pipeline.integrity.inspection import inspect_run
    from pipeline.state.store import Store

    root = named_directory(options.run_dir)
    passed: set[str] = set()
    problems = parts = size = 0
    for directory in _run_directories(root):
        for found in inspect_run(Store(directory), passed):
            _print_lines(found, root)
            problems, parts, size = problems + len(found.problems), parts + len(found.parts), size + found.size_bytes
    verdict = f"{problems} problem{'s' * (problems > 1)}" if problems else "all is what was written"
    print(f"{len(passed)} stages, {parts} parts of {size / (1 << 20):.1f} MiB: {verdict}")
    return 1 if problems else 0


def _run_directories(root: str) -> list[str]:
    """The runs of a study that were begun; or the run itself."""
    from pipeline.state.run_directory import CONFIG, run_root
    from pipeline.state.store import Store
    from pipeline.study.execute import stored_study
    from pipeline.study.runs import stored_study_runs

    study = stored_study(root)
    if study is None:
        return [root]
    roots = [run_root(run.config) for run in stored_study_runs(study)]
    return [one for one in roots if Store(one).exists(CONFIG)]


def _print_lines(found: "Inspected", root: str) -> None:
    place = found.directory.removeprefix(f"{root}/") if found.directory != root else posixpath.basename(root)
    for problem in found.problems:
        print(f"FAIL  {problem}", flush=True)
    if not found.problems and found.parts:
        mark, state = ("ok", "") if found.finished else ("-", ", not finished")
        print(f"{mark:5} {place}: {len(found.parts)} parts, {found.rows} rows{state}", flush=True)
    elif not found.problems:
        note = found.note if found.finished else "not finished"
        print(f"{'ok' if found.finished else '-':5} {place}{': ' if note else ''}{note}", flush=True)
