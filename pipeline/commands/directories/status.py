"""`mucode status`: what a run, a study or an evaluation is doing. It only reads, here or in an object store."""

import argparse
import json
import sys
import time

from pipeline.commands.options import named_directory

WATCH_S = 5.0
OVER = ("finished", "failed", "stopped")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_dir", metavar="DIR", help="the directory or address of the run, study or evaluation")
    parser.add_argument(
        "--watch",
        nargs="?",
        const=WATCH_S,
        type=_seconds,
        metavar="SECONDS",
        help=f"look again and again until it has ended (default: every {WATCH_S:g} s)",
    )
    parser.add_argument("--json", action="store_true", help="one line of JSON for each look")


def execute_command(options: argparse.Namespace) -> int:
    from pipeline.errors import StoreError
    from pipeline.overview.directory_status import directory_status
    from pipeline.overview.text import status_text

    root = named_directory(options.run_dir)
    while True:
        status = directory_status(root)
        if status.kind == "unknown":
            raise StoreError(f"{root} is {status.told_by}. Runs are folders under run.root; `mucode ls` lists them")
        clear = "\x1b[2J\x1b[H" if options.watch and not options.json and sys.stdout.isatty() else ""
        print(clear + (json.dumps(status.to_json()) if options.json else status_text(status)), flush=True)
        if not options.watch or status.state in OVER:
            return 0
        time.sleep(options.watch)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"expected seconds above 0, found {text!r}")
    return seconds
