"""Whatever is killed, a run ends as if nothing had been: same rows, same weights, each episode once, nothing left."""

import os
import re
from pathlib import Path

import pytest

from tests.kills.disturbed import Reference, disturb
from tests.kills.results import record
from tests.kills.rows import ROWS, Row

pytestmark = [pytest.mark.docker, pytest.mark.e2e, pytest.mark.slow]


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_a_run_that_was_hit_ends_as_an_undisturbed_one(row: Row, reference: Reference, tmp_path: Path) -> None:
    outcome = disturb(row, reference, tmp_path / "row")
    if file := os.environ.get("MUCODE_KILLS_OUT"):
        record(Path(file), row, outcome)
    print(outcome)
    assert outcome.status == row.status, outcome
    assert re.search(row.says, "\n".join(outcome.said)), outcome
    assert outcome.differing == (), outcome
    assert outcome.left == (), outcome
