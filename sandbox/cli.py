"""The actions of `python -m sandbox` and `mucode sandbox`."""

import argparse
from pathlib import Path
from typing import Any

from sandbox import languages
from sandbox.languages import LANGUAGES
from sandbox.packages import parse_packages


def add_actions(parser: argparse.ArgumentParser) -> None:
    """Each action sets `command`, a function of the parsed options that returns the exit status."""
    actions: Any = parser.add_subparsers(required=True, metavar="action")

    build = actions.add_parser("build", help="build the boxes' image")
    build.add_argument("--language", default="python", help=f"{', '.join(LANGUAGES)}, or package.module:NAME")
    _add_packages(build)
    build.set_defaults(command=_build)

    selftest = actions.add_parser("selftest", help="try every limit of the boxes on this machine, in a few seconds")
    selftest.add_argument("--runtime", choices=["runc", "runsc"], default="runc")
    selftest.set_defaults(command=_selftest)

    datasets = actions.add_parser("datasets", help="list the data sets that come with this")
    datasets.set_defaults(command=_datasets)

    overlap = actions.add_parser("overlap", help="problems that data sets have in common, by id or by text")
    overlap.add_argument("names", nargs="*", metavar="NAME", help="data sets; without any all that can be read here")
    overlap.set_defaults(command=_overlap)

    check = actions.add_parser("check", help="judge programs that anybody wrote")
    check.add_argument(
        "--dataset",
        required=True,
        help="NAME, NAME:SPLIT, NAME@FILE, package.module:ROW, or a file of problems; `datasets` lists the names",
    )
    check.add_argument("--samples", required=True, help="JSONL with task_id and solution, 'reference', or 'null'")
    check.add_argument("--out", required=True, type=Path, help="results, JSONL in the order of the samples")
    check.add_argument("--json", action="store_true", help="print the summary as JSON")
    check.add_argument("--boxes", type=int, default=2, help="warm containers; at most the cores to use")
    check.add_argument(
        "--second-seed",
        action="store_true",
        help="judge what is accepted once more under another seed of hashes and random numbers, and count what flips",
    )
    _add_packages(check)
    check.set_defaults(command=_check)


def _add_packages(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--packages", nargs="+", default=[], metavar="NAME==VERSION", help="libraries of the Python boxes beyond numpy"
    )


def _build(options: argparse.Namespace) -> int:
    from sandbox.containers.docker_client import connect_engine
    from sandbox.image.build import ensure_image, installed_packages

    packages, language = parse_packages(options.packages), languages.get_language(options.language)
    image = ensure_image(client := connect_engine(), language, packages)
    print(image)
    if packages and not language.files:
        print(installed_packages(client, image), end="")
    return 0


def _selftest(options: argparse.Namespace) -> int:
    from sandbox.selftest import selftest

    print(selftest.run_selftest(options.runtime))
    return 0


def _datasets(options: argparse.Namespace) -> int:
    from sandbox.problems.load import describe_data_sets

    print(describe_data_sets())
    return 0


def _overlap(options: argparse.Namespace) -> int:
    from sandbox.commands.overlap import print_overlaps

    return print_overlaps(options.names)


def _check(options: argparse.Namespace) -> int:
    from sandbox.commands.check import check_samples

    given = (options.dataset, options.samples, options.out)
    return check_samples(
        *given,
        as_json=options.json,
        boxes=options.boxes,
        packages=parse_packages(options.packages),
        second_seed=options.second_seed,
    )
