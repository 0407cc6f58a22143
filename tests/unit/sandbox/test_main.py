"""The sandbox on its own, as `python -m sandbox`."""

import sys

import pytest

from sandbox.__main__ import main


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["build", "--language", "nope"], "no language is named 'nope'"),
        (
            ["check", "--dataset", "absent.sets:X", "--samples", "reference", "--out", "/dev/null"],
            "data set 'absent.sets:X' cannot be imported",
        ),
    ],
)
def test_a_wrong_name_is_one_line(
    words: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["sandbox", *words])
    assert main() == 2
    text = capsys.readouterr().err
    assert text.startswith(f"sandbox: {said}") and len(text.splitlines()) == 1
