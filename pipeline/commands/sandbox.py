"""`mucode sandbox`: the actions of `python -m sandbox`."""

import argparse

from sandbox.cli import add_actions


def add_options(parser: argparse.ArgumentParser) -> None:
    add_actions(parser)


def execute_command(options: argparse.Namespace) -> int:
    """The action that was asked for."""
    return int(options.command(options))
