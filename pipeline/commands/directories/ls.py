"""`mucode ls`: the runs, studies and evaluations below a folder, a line each. It only reads."""

import argparse
import json

from pipeline.commands.options import named_directory


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "root", metavar="ROOT", nargs="?", default="runs", help="a folder or address, as run.root is (default: runs)"
    )
    parser.add_argument("--json", action="store_true", help="one line of JSON for each, as `mucode status` prints it")


def execute_command(options: argparse.Namespace) -> int:
    from pipeline.overview.listing import list_runs
    from pipeline.overview.text import listing_text

    root = named_directory(options.root)
    found = list_runs(root)
    if options.json:
        print("".join(f"{json.dumps(one.to_json())}\n" for one in found), end="")
    else:
        print(listing_text(found) if found else f"{root} holds no folder")
    return 0
