"""How many cases were tried, and how they ended, at the end of the output."""

import pytest

from tests.fuzz.cases import TALLY


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    titles = dict.fromkeys(title for title, _ in sorted(TALLY))
    if titles:
        terminalreporter.write_sep("-", "damaged input")
    for title in titles:
        read, refused = TALLY[title, "read"], TALLY[title, "refused"]
        terminalreporter.write_line(f"{title:<40}{read + refused:>7} cases, {read} read, {refused} refused")
    if titles:
        terminalreporter.write_line(f"{'all':<40}{TALLY.total():>7} cases")
