"""Statements that come with the beginning of the program."""

STARTER = "\n\nComplete this code:\n\n"
"""Between a statement and its code: what is behind it is no part of the statement's text."""


def with_starter(statement: str, code: str) -> str:
    """The prompt of a problem with `code` to begin with, which may be empty."""
    return f"{statement.strip()}{STARTER}{code.rstrip()}\n" if code.strip() else statement.strip()
