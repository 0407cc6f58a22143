"""docs/run-directory.md: its tables are those of the code, and its stages are those of an iteration."""

import re

import pytest

from pipeline.stages.catalogue import STAGE_NAMES
from tests.support import schema_page

TEXT = schema_page.PAGE.read_text()


def test_the_tables_are_those_of_the_code() -> None:
    assert schema_page.with_tables(TEXT) == TEXT, "run `python -m tests.support.schema_page`"


def test_a_column_without_a_meaning_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(schema_page.MEANINGS["scores"], "score")
    with pytest.raises(KeyError, match="score"):
        schema_page.tables()


def test_every_stage_is_listed() -> None:
    described = re.findall(r"`(\w+)`", TEXT.partition("## Stages of an iteration")[2].partition("## A study")[0])
    assert set(STAGE_NAMES) <= set(described)
