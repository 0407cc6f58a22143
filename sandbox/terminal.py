"""What a command line is given, and the terminal that it prints to."""

import re
import sys
from pathlib import Path

HOME = re.compile(r"(--[a-z-]+=|[^@~]*@)?~(?=/|$)")
"""The home directory at the start of a path, of an option's value, or of the file of NAME@FILE."""


def expand_home(text: str) -> str:
    """`text` with a leading `~` as the home directory. Shells leave it if it is quoted or inside a word."""
    if (found := HOME.match(text)) is None:
        return text
    try:
        home = str(Path.home())
    except RuntimeError:  # nobody knows it; whoever opens the path is told
        return text
    return f"{found[1] or ''}{home}{text[found.end() :]}"


def is_file(name: str | Path) -> bool:
    """Whether a name that somebody gave is that of a file: not if it can be none, as it is too long or holds a NUL."""
    try:
        return Path(name).is_file()
    except (OSError, ValueError):
        return False


def is_folder(name: str | Path) -> bool:
    """The same of a folder."""
    try:
        return Path(name).is_dir()
    except (OSError, ValueError):
        return False


def print_anything() -> None:
    """From now on a letter that the terminal's encoding lacks is printed as a question mark, and ends nothing."""
    for stream in (sys.stdout, sys.stderr):
        if (reconfigure := getattr(stream, "reconfigure", None)) is not None:
            reconfigure(errors="replace")
