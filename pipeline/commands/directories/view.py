"""`mucode view`: all episodes of a run as a page to filter and search, or as logs for Inspect. It only reads."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipeline.commands.directories.export import parse_iteration
from pipeline.commands.options import named_directory, parse_count
from pipeline.errors import ConfigError
from pipeline.overview.text import bytes_text
from pipeline.trackers.console import ProgressLine, counted

LIMIT = 200_000


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_dir", metavar="RUN", help="the directory or address of a run, which may be at work")
    parser.add_argument(
        "--out", metavar="DIR", help="write the page there: a folder or address, new or of an earlier view"
    )
    parser.add_argument("--inspect", metavar="DIR", help="write logs of Inspect there: `inspect view --log-dir DIR`")
    parser.add_argument(
        "--limit", type=parse_count, default=LIMIT, help="most episodes, the newest first (default: %(default)s)"
    )
    parser.add_argument(
        "--iteration", type=parse_iteration, action="append", default=[], help="of this iteration alone; repeatable"
    )
    parser.add_argument(
        "--stage", action="append", default=[], help="of this stage alone, as in search_greedy; repeatable"
    )


def execute_command(options: argparse.Namespace) -> int:
    if options.out is None and options.inspect is None:
        raise ConfigError("mucode view writes a page with --out DIR, logs of Inspect with --inspect DIR, or both")
    from pipeline.episode_view.choice import choose_episodes
    from pipeline.episode_view.inspect_logs import open_log_place, write_logs
    from pipeline.episode_view.page import open_view_place, write_view
    from pipeline.overview.directory_status import STUDY
    from pipeline.state.run_directory import require_run_directory
    from pipeline.state.store import Store

    options.directory = root = named_directory(options.run_dir)
    store = Store(root)
    if store.exists(STUDY):
        raise ConfigError(f"{root} is a study; give one of its runs, which are the folders of {root}/cells")
    require_run_directory(store)
    choice = choose_episodes(store, options.limit, options.iteration, options.stage)
    page = None if options.out is None else open_view_place(options.out)
    logs = None if options.inspect is None else open_log_place(options.inspect)
    for stage in choice.stages:
        print(stage.state)
    if choice.note:
        print(f"{choice.note}. --limit raises it, --iteration and --stage choose")
    if page is not None:
        with _progress("page", choice.shown) as told:
            view = write_view(store, choice, page, told)
        print(f"page: {view.index} ({counted(view.chunks, 'chunk')}, {bytes_text(view.size_bytes)})")
    if logs is not None:
        with _progress("logs", choice.shown) as told:
            made = write_logs(store, choice, logs, told)
        print(f"logs: {counted(made.samples, 'sample')} in {len(made.files)} files, {bytes_text(made.size_bytes)}")
        print(f"next: inspect view --log-dir {logs.root}")
    return 0


@contextmanager
def _progress(title: str, total: int) -> Iterator[Callable[[int], None]]:
    line = ProgressLine(title, total, unit="episodes", told=False)
    try:
        yield line.update
    finally:
        line.close()
