"""`mucode trace`: when a run worked at what, as a file that Perfetto and chrome://tracing open. It only reads."""

import argparse
import json
from pathlib import Path

from pipeline.commands.options import named_directory


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_dir", metavar="DIR", help="the directory or address of the run, study or evaluation")
    parser.add_argument("--out", required=True, metavar="FILE", help="the file to write, as trace.json")


def execute_command(options: argparse.Namespace) -> int:
    from pipeline.errors import ConfigError
    from pipeline.overview.chrome_trace import chrome_trace
    from pipeline.overview.directory_timelines import directory_timelines
    from pipeline.trackers.console import counted

    out = Path(options.out)
    timelines = directory_timelines(named_directory(options.run_dir))
    try:
        out.write_text(json.dumps(chrome_trace(timelines)) + "\n")
    except OSError as error:
        why = f"--out {out} cannot be written: {error.strerror}; name a file in a folder that is there"
        raise ConfigError(why) from error
    drivers = [work for of_run in timelines.values() for work in of_run]
    stages = sum(len(work.stages) for work in drivers)
    holds = f"{counted(len(timelines), 'run')}, {counted(len(drivers), 'driver')}, {counted(stages, 'stage')}"
    print(f"{out}: {holds}; open it at ui.perfetto.dev or in chrome://tracing")
    return 0
