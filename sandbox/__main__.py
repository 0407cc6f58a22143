"""The sandbox on its own: `python -m sandbox build` and `python -m sandbox check ...`."""

import argparse
import sys
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.languages import LANGUAGES


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Judge untrusted programs in Docker boxes.")
    actions = parser.add_subparsers(dest="action", required=True)
    build = actions.add_parser("build", help="build the boxes' image")
    build.add_argument("--language", default="python", choices=sorted(LANGUAGES))
    selftest = actions.add_parser("selftest", help="try every limit of the boxes on this machine, in a few seconds")
    selftest.add_argument("--runtime", choices=["runc", "runsc"], default="runc")
    check = actions.add_parser("check", help="judge programs that anybody wrote")
    check.add_argument(
        "--dataset",
        required=True,
        help="NAME, NAME:SPLIT, NAME@FILE, or a file of problems",
    )
    check.add_argument("--samples", required=True, help="JSONL with task_id and solution, or 'reference'")
    check.add_argument("--out", required=True, type=Path, help="results, JSONL in the order of the samples")
    check.add_argument("--json", action="store_true", help="print the summary as JSON")
    check.add_argument("--boxes", type=int, default=2)
    options = parser.parse_args()
    try:
        return _act(options)
    except SandboxError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2


def _act(options: argparse.Namespace) -> int:
    if options.action == "build":
        from sandbox.image.build import ensure_image

        print(ensure_image(language=options.language))
        return 0
    if options.action == "selftest":
        from sandbox import selftest

        print(selftest.run(options.runtime))
        return 0
    from sandbox.check import check

    return check(options.dataset, options.samples, options.out, as_json=options.json, boxes=options.boxes)


if __name__ == "__main__":
    raise SystemExit(main())
