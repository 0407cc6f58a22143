"""The sandbox on its own: `python -m sandbox build`, `selftest` and `check ...`."""

import argparse
import sys

from sandbox.cli import add_actions
from sandbox.errors import UserError
from sandbox.terminal import expand_home, print_anything


def main() -> int:
    print_anything()
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Judge untrusted programs in Docker boxes.")
    add_actions(parser)
    options = parser.parse_args([expand_home(word) for word in sys.argv[1:]])
    try:
        return int(options.command(options))
    except UserError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print("sandbox: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
