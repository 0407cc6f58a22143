"""The sandbox on its own: `python -m sandbox build`, `selftest` and `check ...`."""

import argparse
import sys

from sandbox.cli import add_actions
from sandbox.errors import SandboxError


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Judge untrusted programs in Docker boxes.")
    add_actions(parser)
    options = parser.parse_args()
    try:
        return int(options.command(options))
    except SandboxError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("sandbox: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
