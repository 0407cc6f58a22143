"""Options that several sub-commands have, and values that several of them read."""

import argparse


def add_set_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="section.key=value",
        help="override one setting; repeatable; `mucode config` lists them",
    )


def named_directory(text: str) -> str:
    """The directory that a DIR argument names: an address, whose store has answered just now, or an absolute path.

    Raises AddressError, StorageError.
    """
    from actors.storage.reach import require_reachable
    from pipeline.state.run_files import absolute_root

    require_reachable(text)
    return absolute_root(text)


def parse_count(text: str) -> int:
    """A whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, found {text!r}")
    return int(text)


def parse_numbers(text: str) -> list[int]:
    """Numbers with commas between them."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected numbers with commas between them, as in 1,5; found {text!r}"
        ) from None
