"""Texts of a program's making, made safe."""

import pytest

from sandbox.rendering import plain_name


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("ZeroDivisionError", "ZeroDivisionError"),
        ("a b\n<script>é\x00", "abscript"),
        ("", "unnamed"),
        ("ééé", "unnamed"),
        ("x" * 10**6, "x" * 64),
    ],
)
def test_a_name_is_one_short_word(said: str, shown: str) -> None:
    assert plain_name(said) == shown
