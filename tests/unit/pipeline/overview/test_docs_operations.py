"""docs/operations.md names every field of the JSON and every state."""

import dataclasses
import re
from pathlib import Path
from typing import get_args

from pipeline.overview.run_status import SCHEMA, RunStatus, State

TEXT = (Path(__file__).parents[4] / "docs" / "operations.md").read_text()


def test_every_field_and_every_state_is_described() -> None:
    rows = TEXT.partition("## The JSON")[2]
    named = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", rows, re.MULTILINE))))
    assert named == {"schema", *(one.name for one in dataclasses.fields(RunStatus))}
    assert SCHEMA in rows
    assert all(f"`{state}`" in TEXT for state in get_args(State))
